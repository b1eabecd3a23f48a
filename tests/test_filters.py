"""Filters: what users write, and what Chroma is asked."""

from __future__ import annotations

import pytest

from vectorstore.errors import QuestionError
from vectorstore.filters import Condition, Filter, parse_filter

EXPECTED = "expected year>=2024 (or = != < <= >), group=NAME, source=FILE or title=WORDS."


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("year>=2024", Condition("year", ">=", 2024)),
        (" year <= 2024 ", Condition("year", "<=", 2024)),
        ("year!=2024", Condition("year", "!=", 2024)),
        ("year=800", Condition("year", "=", 800)),
        ("year>1", Condition("year", ">", 1)),
        ("year<2024", Condition("year", "<", 2024)),
        ("group=Perry Group", Condition("group", "=", "perry group")),
        ("group=a=b", Condition("group", "=", "a=b")),
        ("source=Export.BIB", Condition("source", "=", "export.bib")),
        ("title=Moths at Night", Condition("title", "=", "moths at night")),
        ("group=two\nlines", Condition("group", "=", "two\nlines")),
    ],
)
def test_a_condition_is_read(text: str, condition: Condition) -> None:
    assert parse_filter(text) == Filter((condition,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"Cannot read the filter ''; {EXPECTED}"),
        ("year", f"Cannot read the filter 'year'; {EXPECTED}"),
        ("group=", f"Cannot read the filter 'group='; {EXPECTED}"),
        ("author=Bee", f"Cannot read the filter 'author=Bee'; {EXPECTED}"),
        ("year>=MMXX", f"Not a year in the filter 'year>=MMXX'; {EXPECTED}"),
        ("year=20245", f"Not a year in the filter 'year=20245'; {EXPECTED}"),
        ("year=٢٠٢٤", f"Not a year in the filter 'year=٢٠٢٤'; {EXPECTED}"),
        ("group>=A", f"Cannot compare group by '>=' in 'group>=A'; {EXPECTED}"),
        ("title=the", f"No word to look for in the filter 'title=the'; {EXPECTED}"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(QuestionError) as caught:
        parse_filter(text)
    assert str(caught.value) == message


def test_nothing_and_filters_pass() -> None:
    assert parse_filter(None) == parse_filter([]) == Filter()
    assert parse_filter(parse_filter("year=3")) == parse_filter(["year=3"])


@pytest.mark.parametrize(
    ("texts", "clause"),
    [
        ([], None),
        (["year>=2024"], {"year": {"$gte": 2024}}),
        (["year!=3"], {"$or": [{"year": {"$lt": 3}}, {"year": {"$gt": 3}}]}),
        (["group=A"], {"groups": {"$contains": "a"}}),
        (["title=The Moths"], {"title_terms": {"$contains": "moth"}}),
        (
            ["year<3", "source=A.bib", "title=moths fly"],
            {
                "$and": [
                    {"year": {"$lt": 3}},
                    {"sources": {"$contains": "a.bib"}},
                    {"title_terms": {"$contains": "moth"}},
                    {"title_terms": {"$contains": "fli"}},
                ]
            },
        ),
    ],
)
def test_chroma_is_asked_the_same(texts: list[str], clause: dict[str, object] | None) -> None:
    assert parse_filter(texts).chroma() == clause
