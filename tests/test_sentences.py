"""Sentences: where abstracts are cut, and that nothing falls between."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.sentences import split_sentences


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Some models, e.g. BERT, are large.",
        "The rest, i.e. Layer 3, stays.",
        "This follows Smith et al. (2020), whose work is older.",
        "As Smith et al. Show in passing, it holds.",
        "We see it in Fig. 2 and in Sec. 4.1 below.",
        "It runs 4.5X faster than v1.5 on average.",
        "The samples are i.i.d. Gaussian.",
        "The U.S. Army used it.",
        "The theorem of J. R. Smith holds.",
        "It was red vs. Blue in the end.",
        "Words are left out ... Nobody knows which.",
        "The value was approx. 5 (cf. Table 3).",
        "It is called X (a.k.a. Y) by all.",
        "Is it 3.14 or 2,000.5?",
        "Nothing ends here",
    ],
)
def test_a_sentence_stays_whole(sentence: str) -> None:
    assert cut(sentence) == [sentence]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One ends. Two ends! Three?", ["One ends.", "Two ends!", "Three?"]),
        ("It holds (see below.) Next one.", ["It holds (see below.)", "Next one."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("What?! Yes. No...", ["What?!", "Yes.", "No..."]),
        ("It ran 3 times. 12 failed.", ["It ran 3 times.", "12 failed."]),
        ("We follow Smith et al. The rest is new.", ["We follow Smith et al.", "The rest is new."]),
        ("Samples are i.i.d. We prove it.", ["Samples are i.i.d.", "We prove it."]),
        ("Made in the U.S. The end.", ["Made in the U.S.", "The end."]),
        ("It goes on ... We stop.", ["It goes on ...", "We stop."]),
        ("We use v2.0. $x$ is small.", ["We use v2.0.", "$x$ is small."]),
        ("这是一句。那是二！“好。”三", ["这是一句。", "那是二！", "“好。”", "三"]),
        ("A title\n\nlower text\n \nend", ["A title", "lower text", "end"]),
        ("a line\nof text. New one", ["a line\nof text.", "New one"]),
        ("  One.\u00a0Two.  ", ["One.", "Two."]),
    ],
)
def test_sentences_end_where_they_do(text: str, sentences: list[str]) -> None:
    assert cut(text) == sentences


PIECES = st.sampled_from(
    [
        ".",
        "!",
        "?",
        "...",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\t",
        "\u00a0",
        "A",
        "b",
        "e.g",
        "Fig",
        "U.S",
        "3",
    ]
    + [
        "4.5",
        '"',
        ")",
        "(",
        "“",
        "”",
        "。",
        "！",
        "』",
        "$",
        "\\",
        "The",
        "et al",
        "é",
        "Ä",
        "日本",
        "𝔸",
        "\u200b",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)))
def test_all_that_is_not_white_space_lies_in_exactly_one_span(text: str) -> None:
    spans = split_sentences(text)
    end = 0
    for span in spans:
        assert end <= span.start < span.end
        assert not text[end : span.start].strip()
        end = span.end
    assert not text[end:].strip()
    assert all(piece == piece.strip() for piece in cut(text))


HOSTILE = {
    "dots": "." * 100_000,
    "marks": "?!." * 33_000 + "x",
    "capitals": "A" * 100_000,
    "initials": "A. " * 33_000,
    "dotted letters": "A." * 50_000,
    "spaces": "." + " " * 100_000 + "a",
    "blank lines": "\n" * 100_000,
    "blank lines with tabs": "\n \t\r" * 25_000,
    "quotes": '."""' * 25_000,
    "dollars": ". $" * 33_000,
    "backslashes": ". \\" * 33_000,
    "wide stops": "。" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_linear_time(name: str) -> None:
    start = time.perf_counter()
    split_sentences(HOSTILE[name])
    assert time.perf_counter() - start < 5, "took 190 s for dots while it was quadratic"
