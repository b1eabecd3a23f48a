"""Chunking: passages are spans, cover the abstract, and fit the embedder's window."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from fake_embedding import record
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.chunking import chunk, embedded_texts
from vectorstore.embedding import WINDOW, default_embedder
from vectorstore.records import Passage, Record

count_tokens = default_embedder().count_tokens


def embedded_text(paper: Record, passage: Passage, window: int) -> str:
    return embedded_texts(paper, [passage], count_tokens, window)[0]


def check(paper: Record, window: int) -> list[Passage]:
    passages = chunk(paper, count_tokens, window)
    end = 0
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert passage.text
        assert paper.abstract[passage.start : passage.end] == passage.text
        assert passage.start >= end
        assert not paper.abstract[end : passage.start].strip()
        assert count_tokens(embedded_text(paper, passage, window)) <= window
        end = passage.end
    assert not paper.abstract[end:].strip()
    return passages


WORDS = st.sampled_from(
    "the model moth Lamp reaches 91.4% of F1. However, we show (Fig. 2) $3.5\\times$ KV-cache"
    " $\\alpha_{1}$ e.g. i.e. et al. internationalisation Überprüfung naïve 日本語 模型。 ... x!"
    " \\textbf{bold} 10^{-3} [MASK]".split()
)
TITLES = st.one_of(st.just(""), st.lists(WORDS, max_size=12).map(" ".join), st.text(max_size=30))


@settings(max_examples=40)
@given(
    TITLES,
    st.lists(WORDS, min_size=1, max_size=300).map(" ".join),
    st.sampled_from([8, 30, WINDOW]),
)
def test_passages_cover_the_abstract_and_fit(title: str, abstract: str, window: int) -> None:
    check(record(title, abstract), window)


@settings(max_examples=30)
@given(st.text(max_size=60), st.text(min_size=1).filter(str.strip), st.integers(6, 20))
def test_passages_of_any_text_cover_it_and_fit(title: str, abstract: str, window: int) -> None:
    check(record(title, abstract), window)


@pytest.mark.parametrize("words", [1, 50, 3000])
def test_passages_of_long_and_short_abstracts_fit(words: int) -> None:
    text = " ".join(["We count moths at night with lamps."] * (words // 7 + 1))
    passages = check(record("Moths", " ".join(text.split()[:words])), WINDOW)
    assert len(passages) == {1: 1, 50: 1, 3000: 29}[words]  # of 15 sentences, 8 tokens each


@pytest.mark.parametrize(
    "abstract",
    ["x" * 3000, "é" * 3000, "词" * 3000, "A sentence without end " * 200, "词语。" * 1000],
    ids=["one word", "one accented word", "Chinese without stops", "one sentence", "Chinese"],
)
def test_texts_without_a_place_to_cut_are_cut_all_the_same(abstract: str) -> None:
    assert len(check(record("Moths", abstract), WINDOW)) > 1


@pytest.mark.parametrize("title", ["moth " * 2000, "x" * 3000, "词" * 3000])
def test_an_absurdly_long_title_leaves_half_of_the_window(title: str) -> None:
    paper = record(title, "We count moths at night with lamps. " * 30)
    passages = check(paper, WINDOW)
    text = embedded_text(paper, passages[0], WINDOW)
    assert text[:3] == title[:3]
    assert count_tokens(passages[0].text) >= WINDOW * 0.3


def test_passages_are_of_about_equal_size() -> None:
    paper = record("Moths", " ".join(f"We saw {number} moths at the lamp." for number in range(20)))
    sizes = [count_tokens(passage.text) for passage in check(paper, WINDOW)]
    assert len(sizes) == 2
    assert max(sizes) - min(sizes) <= 9


def test_the_title_is_read_with_each_passage_and_latex_made_readable() -> None:
    paper = record(r"Fast \emph{moths}", r"They are $3.5\times$ faster.")
    passage = check(paper, WINDOW)[0]
    assert embedded_text(paper, passage, WINDOW) == "Fast moths. They are 3.5x faster."
    assert passage.text == r"They are $3.5\times$ faster."


def test_a_record_without_title_is_read_without_context() -> None:
    paper = replace(record("Moths", "They fly."), title="")
    assert embedded_text(paper, check(paper, WINDOW)[0], WINDOW) == "They fly."


@pytest.mark.parametrize("piece", ["The method works well in most cases. ", "word ", "x", ". "])
def test_an_abstract_of_100_000_characters_is_cut_quickly(piece: str) -> None:
    start = time.perf_counter()
    chunk(record("Moths", piece * (100_000 // len(piece))), count_tokens, WINDOW)
    assert time.perf_counter() - start < 15
