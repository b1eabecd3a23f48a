"""What `evals fit` learns from: cases whole and cut down, claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mills import PAPERS, cases_of, open_mills

from evals import fit_examples
from evals.beir import Beir
from evals.cases import Case
from evals.fit_examples import (
    Example,
    cut_down,
    examples_of_cases,
    examples_of_claims,
    take_out,
)
from rag.answerers.judging import OWN_FEATURES, READ_PAPERS
from rag.answerers.reading import TextReader
from vectorstore.embedding import default_embedder
from vectorstore.papers import alone
from vectorstore.records import Record
from vectorstore.sentences import Span
from vectorstore.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_mills(tmp_path_factory.mktemp("mills")) as store:
        yield store


@pytest.fixture(scope="module")
def examples(store: Store) -> list[Example]:
    cases = [case for record in PAPERS for case in cases_of(record)]
    return list(examples_of_cases(store, cases, TextReader()))


def test_answerable_case_is_asked_with_its_paper_and_without(examples: list[Example]) -> None:
    asked = [item for item in examples if not item.short][:2]
    assert [(item.kind, item.answerable, item.weight, item.worded) for item in asked] == [
        ("answerable", True, 1.0, True),
        ("withheld", False, 0.5, False),
    ]
    assert {item.group for item in asked} == {"text:Arlen"}
    assert {item.rows.shape for item in asked} == {(3 * READ_PAPERS, OWN_FEATURES)}
    assert [item.right.sum() for item in asked] == [1.0, 0.0]


def test_unanswerable_case_is_asked_with_its_paper_there(examples: list[Example]) -> None:
    own = [item for item in examples if item.group == "text:Arlen" and not item.short]
    answerable = [("answerable", True), ("withheld", False)]
    assert [(item.kind, item.worded) for item in own] == [
        *answerable, *answerable, ("near_miss", True), ("near_miss", True),
    ]  # fmt: skip


def test_each_is_asked_again_of_papers_cut_down(examples: list[Example]) -> None:
    whole, cut = ([e for e in examples if e.short is short] for short in (False, True))
    extra = [item for item in cut if item.kind == "taken_out"]
    known = [item for item in cut if item.kind != "taken_out"]
    for one, other in zip(whole, known, strict=True):
        assert (other.kind, other.group, other.worded) == (one.kind, one.group, False)
        assert other.weight == one.weight / 2
        assert other.right.sum() == one.right.sum()
    assert len(extra) == sum(item.answerable for item in whole)
    assert {(item.answerable, item.worded, item.weight) for item in extra} == {(False, False, 0.25)}
    assert not any(item.right.any() for item in extra)
    lengths = {len(item.rows) for item in cut}
    assert lengths <= set(range(1, 2 * READ_PAPERS + 1))
    assert lengths > {1, 2}


def test_what_answers_is_taken_out_and_the_rest_stays(store: Store) -> None:
    case = next(cases_of(PAPERS[0]))
    hits = store.search(case.question, READ_PAPERS)
    left = take_out(case, hits, TextReader())
    assert [hit.record.id for hit in left] == [hit.record.id for hit in hits]
    for hit, other in zip(hits, left, strict=True):
        if hit.record.id == "text:Arlen":
            assert other.record.abstract == "The mill of Arlen grinds rye. We visited it in 1890."
            assert other.similarity != hit.similarity
        else:
            assert other is hit


@pytest.mark.parametrize("spans", [((0, 500),), ()])
def test_nothing_is_taken_out_of_what_is_not_there_or_answers_as_a_whole(
    store: Store, spans: tuple[tuple[int, int], ...]
) -> None:
    case = replace(next(cases_of(PAPERS[0])), spans=spans)
    hits = store.search(case.question, READ_PAPERS, exclude=() if spans else case.papers)
    assert take_out(case, hits, TextReader()) == []


def test_paper_cut_down_keeps_a_marked_sentence_and_the_names_asked_for(store: Store) -> None:
    reader, titled = TextReader(), set()
    for record in PAPERS:
        known = list(cases_of(record))[:2]
        more = [replace(case, question=f"{case.question} Tell me.") for case in known]
        for case in [*known, *more]:
            hits = [hit for hit in store.search(case.question, 8) if hit.record.id == record.id]
            cut = cut_down(case, hits, reader)
            assert cut is not None
            (short,), (span,) = cut.hits, cut.spans
            (whole,) = case.spans
            assert short.record.abstract[slice(*span)] == record.abstract[slice(*whole)]
            assert short.record.abstract in record.abstract != short.record.abstract
            assert record.id.removeprefix("text:") in (
                f"{short.record.title} {short.record.abstract}"
            )
            titled.add(short.record.title == record.title)
    assert titled == {True, False}


def test_own_paper_is_kept_where_it_was_found_and_cut_down(store: Store) -> None:
    case = next(cases_of(PAPERS[0]))
    hits = store.search(case.question, READ_PAPERS)
    others = [hit for hit in hits if hit.record.id not in case.papers]
    (own,) = [hit for hit in hits if hit.record.id in case.papers]
    for number in range(20):
        asked = replace(case, question=f"{case.question} {number}")
        cut = cut_down(asked, [*others, own], TextReader())
        assert cut is not None
        assert [hit.record.id for hit in cut.hits][-1] == own.record.id
        first = cut_down(asked, [own, *others], TextReader())
        assert first is not None
        assert 1 <= len(first.hits) <= READ_PAPERS


def test_case_whose_name_would_be_lost_is_not_cut_down(store: Store) -> None:
    paper = Record("text:x", "On mills", "Arlen has a mill. Its wheel turns. It has 12 blades.")
    start = paper.abstract.index("It has")
    case = Case("x", "fact", "How many blades has Arlen?", True, ("text:x",), (("12",),),
                spans=((start, len(paper.abstract)),))  # fmt: skip
    hit = store.search(case.question, 1)[0]
    assert cut_down(case, [replace(hit, record=paper)], TextReader()) is None


def test_case_of_several_papers_is_left_out(store: Store) -> None:
    case = replace(next(cases_of(PAPERS[0])), papers=("text:Arlen", "text:Brock"))
    assert list(examples_of_cases(store, [case], TextReader())) == []


def test_claim_is_asked_with_its_documents_and_without(tmp_path: Path) -> None:
    records = [replace(record, id=f"beir:{place}") for place, record in enumerate(PAPERS[:3])]
    beir = Beir("mills", tmp_path, {}, {"c": "Arlen grinds rye."}, {"c": {"0": 1, "1": 0}})
    with Store(tmp_path, default_embedder()) as store:
        with store.writing():
            store.put(list(map(alone, records)))
        found = list(examples_of_claims(store, beir, ["c"], TextReader()))
    assert [(item.kind, item.answerable, item.group, item.weight) for item in found] == [
        ("claim", True, "claim:c", 0.5), ("claim", False, "claim:c", 0.5)
    ]  # fmt: skip
    assert [len(item.rows) for item in found] == [9, 6]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [([(10, 20)], True), ([(0, 15)], True), ([(16, 30)], False), ([(9, 12), (17, 20)], True),
     ([(0, 10)], False), ([], False)],
)  # fmt: skip
def test_sentence_answers_where_half_of_it_is_marked(
    marked: list[tuple[int, int]], expected: bool
) -> None:
    assert fit_examples._overlaps(Span(10, 20), marked) is expected
