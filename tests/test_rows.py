"""Rows: a record and its passages to Chroma and back."""

from __future__ import annotations

from dataclasses import replace

from fake_embedding import record
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.papers import Part, alone, assemble
from vectorstore.records import Passage, Record
from vectorstore.rows import (
    batches,
    filter_columns,
    record_id_of,
    row_id,
    to_metadata,
    to_paper,
    to_passage,
    to_record,
)

MOTHS = record(
    "The Moths",
    "They fly. They rest.",
    doi="10.5555/moth#1",
    year=2024,
    groups=("Night Life",),
    sources=("A.bib",),
)
PASSAGES = [Passage(MOTHS.id, 0, 0, 9, "They fly."), Passage(MOTHS.id, 1, 10, 20, "They rest.")]


def test_rows_carry_where_they_stand_and_the_first_one_the_record() -> None:
    first, second = to_metadata(alone(MOTHS), PASSAGES)
    shared = {"record_id": "doi:10.5555/moth#1", "stamp": MOTHS.fingerprint, "passages": 2}
    assert second == {**shared, "ordinal": 1, "start": 10, "end": 20}
    assert first.pop("record")
    assert first == {
        **shared,
        "ordinal": 0,
        "start": 0,
        "end": 9,
        "parts": None,
        "apart": None,
    }


def test_what_filters_need_is_folded() -> None:
    assert filter_columns(MOTHS) == {
        "year": 2024,
        "groups": ["night life"],
        "sources": ["a.bib"],
        "title_terms": ["moth"],
    }


def test_columns_of_a_bare_record_say_what_it_lacks() -> None:
    columns = filter_columns(Record("text:1", "", "They fly."))
    assert columns == dict.fromkeys(("year", "groups", "sources", "title_terms"))


def test_passages_and_record_come_back() -> None:
    rows = to_metadata(alone(MOTHS), PASSAGES)
    assert to_record(rows[0]) == MOTHS
    assert [to_passage(row, MOTHS) for row in rows] == PASSAGES


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(max_size=9))
def test_any_record_comes_back(abstract: str, title: str) -> None:
    paper = Record("text:1", title, abstract, authors=(title,), groups=(abstract,))
    passage = Passage("text:1", 0, 0, len(abstract), abstract)
    row = to_metadata(alone(paper), [passage])[0]
    assert to_record(row) == paper
    assert to_passage(row, paper) == passage


def test_the_record_of_a_row_is_in_its_id() -> None:
    assert row_id(MOTHS.id, 12) == "doi:10.5555/moth#1#12"
    assert record_id_of("doi:10.5555/moth#1#12") == MOTHS.id


def test_the_records_of_a_paper_come_back_too() -> None:
    other = replace(MOTHS, title="Moths", sources=("b.ris",))
    paper = assemble(MOTHS.id, [Part(MOTHS), Part(other, "same DOI")], ["doi:10.5555/owl"])
    assert to_paper(to_metadata(paper, PASSAGES)[0]) == paper
    assert to_paper(to_metadata(alone(MOTHS), PASSAGES)[0]) == alone(MOTHS)


def test_batches_are_consecutive() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches([], 2)) == []
