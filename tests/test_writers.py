"""Writers: what is written is read back as it was, in each format, and others can read it."""

from __future__ import annotations

import io
from contextlib import nullcontext
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.papers import Paper, Part, assemble
from vectorstore.readers import Item, read_document
from vectorstore.readers.document import Document, shown_name
from vectorstore.readers.fields import build
from vectorstore.records import Record
from vectorstore.writers import Format, write

FORMATS = get_args(Format)
MOTHS = Record(
    id="doi:10.5555/moth_1",
    title="Moths & Lamps at $\\alpha$ Night",
    abstract="Moths fly to 50% of lamps -- we don't know why.",
    authors=("Ada Quill", "Dusk, Ludwig van", "Band and Sons", "Erdős Pál"),
    year=2024,
    venue="Journal of Moths",
    url="https://moths.example/a_b?c=1&d=%20",
    doi="10.5555/moth_1",
    arxiv_id="2401.00001",
    pmid="12345",
    keywords=("moths", "lamps, bright"),
    groups=("Night", "Insects"),
    sources=("export.bib", "old list.ris"),
)
TIDES = Record(
    id="text:0123456789abcdef",
    title="Tides",
    abstract="Tides\nrise.\n\n\n  {They} fall $5 \\emph{twice}$ a day.",
    title_derived=True,
    sources=("tides.txt",),
    digest=True,
)


def document(content: bytes, name: str = "back.txt") -> Document:
    return Document(name, lambda: nullcontext(io.BytesIO(content)))


def read_back(papers: list[Record | Paper], form: Format) -> list[Item]:
    return list(read_document(document("".join(write(papers, form)).encode("utf-8"))))


# Records of the kind that the readers make: what they make of arbitrary values.

ODD = "{}\\%$&#_~^@\"'`-,;:.=()[]<>|/ \t\n\x7f\u0085\u00a0\u2028éßøŁ漢字\U0001f98b"
WORDS = st.sampled_from(
    ["and", "others", "AB  - ", "TY  - JOUR", "ER  - ", "@article{x,", "\\emph{", "$x_{1}$",
     "--", "``", "''", "\\'e", "{\\o}", "von", "a", "%7B", "quoth-abstract: 1", "\n\n", "\n@a{b,"]
)  # fmt: skip
TEXT = st.lists(WORDS | st.text(ODD, max_size=5) | st.text(max_size=5), max_size=8).map("".join)
SPACED = st.lists(WORDS | st.text(ODD, max_size=5), max_size=8).map(" ".join)
ANY = TEXT | SPACED
DOIS = st.text("abcXYZ019()_-.;/<>%&{}\\$", min_size=1, max_size=12).map("10.5555/".__add__)
VALUES = st.fixed_dictionaries(
    {"abstract": ANY.map("a".__add__) | ANY.map(lambda text: f"{text} b")},
    optional={
        "title": ANY,
        "title_derived": st.booleans(),
        "authors": st.lists(ANY, max_size=4),
        "year": st.integers(1500, 2100),
        "venue": ANY,
        "url": st.text(ODD, max_size=12).map("https://x.example/".__add__),
        "doi": DOIS | st.just("10.48550/arXiv.2401.00001"),
        "arxiv_id": st.sampled_from(["2401.00001", "hep-th/9901001", "math.gt/0309136"]),
        "pmid": st.integers(1, 99_999_999),
        "keywords": st.lists(ANY, max_size=4),
        "groups": st.lists(ANY, max_size=4),
        "sources": st.lists(ANY.map(shown_name), max_size=3),
        "digest": st.booleans(),
        "quoth_id": st.sampled_from(["doi:10.5555/else", "text:0123456789abcdef", "pmid:1"]),
    },
)


def as_read(values: dict[str, object]) -> list[Record]:
    items = list(build(values, "file.bib", "line 1"))
    return [item for item in items if isinstance(item, Record)]


RECORDS = st.lists(VALUES, max_size=3).map(
    lambda listed: [record for values in listed for record in as_read(values)]
)


@pytest.mark.parametrize("form", FORMATS)
@settings(deadline=None)
@given(RECORDS.filter(bool))
def test_what_is_written_is_read_back_as_it_was(form: Format, records: list[Record]) -> None:
    assert read_back([*records], form) == records


@pytest.mark.parametrize("form", FORMATS)
def test_records_of_all_kinds_are_read_back_as_they_were(form: Format) -> None:
    assert read_back([MOTHS, TIDES], form) == [MOTHS, TIDES]


@pytest.mark.parametrize("form", FORMATS)
def test_merged_papers_are_read_back_with_their_records(form: Format) -> None:
    first = replace(MOTHS, doi=None, id="arxiv:2401.00001")
    second = replace(MOTHS, abstract=MOTHS.abstract + " Twice.", sources=("new.xml",))
    paper = assemble(first.id, [Part(first), Part(second, "arxiv")], ["doi:10.5555/other"])
    assert paper.id != second.id
    assert read_back([paper], form) == [paper]
