"""RIS: every reference becomes a record, a skipped record or a rejection, however it is written."""

from __future__ import annotations

import io
import tracemalloc
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.readers import Item, read_document
from vectorstore.readers.document import Document
from vectorstore.readers.ris import matches
from vectorstore.readers.text import Head
from vectorstore.records import Note, Record, RejectedRecord, SkippedRecord, text_identity

MOTHS = """Provider: Lamps

TY  - JOUR
ID  - quill2024
T1  - Moths and
      lamps
A1  - Quill, Ada
A1  - Dusk, Ludwig van
Y1  - 2024/03/01/
JF  - Journal of Moths
JA  - J. Moths
N2  - Another text.
AB  - Moths fly
to lamps - mostly.

We count them.
KW  - moths; lamps
KW  - night
light
DO  - https://doi.org/10.5555/MOTH
UR  - file:///moth.pdf; https://moths.example/1
L1  - internal-pdf://moth.pdf
ER  -

TY  - CONF
TI  - Tides
AU  - Ebb, E.
PY  - 2021
T2  - Proc. Tides
N2  - Tides rise.
ER  - 
"""


def items_of(text: str | bytes, **columns: str) -> list[Item]:
    content = text.encode("utf-8") if isinstance(text, str) else text
    document = Document("in.ris", lambda: nullcontext(io.BytesIO(content)), columns)
    return list(read_document(document))


def record_of(*lines: str, **columns: str) -> Record:
    items = items_of("\n".join(["TY  - JOUR", "AB  - Moths fly.", *lines, "ER  - ", ""]), **columns)
    (record,) = items
    assert isinstance(record, Record)
    return record


def abstracts(items: list[Item]) -> list[str]:
    return [item.abstract for item in items if isinstance(item, Record)]


def reasons(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.where, item.reason) for item in items if not isinstance(item, Record)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_is_read_whole(end: str, mark: bytes) -> None:
    assert items_of(mark + MOTHS.replace("\n", end).encode("utf-8")) == [
        Record(
            id="doi:10.5555/moth",
            title="Moths and lamps",
            abstract="Moths fly to lamps - mostly.\n\nWe count them.",
            authors=("Quill, Ada", "Dusk, Ludwig van"),
            year=2024,
            venue="Journal of Moths",
            url="https://moths.example/1",
            doi="10.5555/moth",
            keywords=("moths", "lamps", "night", "light"),
            sources=("in.ris",),
        ),
        Record(
            id=text_identity("Tides rise."),
            title="Tides",
            abstract="Tides rise.",
            authors=("Ebb, E.",),
            year=2021,
            venue="Proc. Tides",
            sources=("in.ris",),
        ),
        Note("in.ris", "line 1", "this line was left out, outside of any reference"),
    ]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["CT  - Unpublished"], {"title": "Unpublished"}),
        (["TI  - One", "T1  - Two"], {"title": "One"}),
        (["JO  - J. Moths"], {"venue": "J. Moths"}),
        (["JA  - J. Moths"], {"venue": "J. Moths"}),
        (["BT  - Moths"], {"venue": "Moths"}),
        (["DA  - 2020/03/01/"], {"year": 2020}),
        (["PY  - 2020///", "DA  - 2019/03"], {"year": 2020}),
        (["L1  - https://moths.example/1.pdf"], {"url": "https://moths.example/1.pdf"}),
        (["UR  - https://arxiv.org/abs/2401.00001v2"], {"arxiv_id": "2401.00001"}),
        (["AN  - 12345", "DB  - PubMed"], {"pmid": "12345"}),
        (["AN  - 12345", "DB  - Scopus"], {"pmid": None}),
        (["AN  - arXiv:2401.00001"], {"arxiv_id": "2401.00001"}),
        (["TI  -  spaced  "], {"title": "spaced"}),
        (["TI  -no space"], {"title": "no space"}),
        (["U9  - unknown"], {"venue": None}),
    ],
)
def test_tags_of_all_versions_count(lines: list[str], found: dict[str, object]) -> None:
    record = record_of(*lines)
    assert {name: getattr(record, name) for name in found} == found


def test_tags_that_the_user_names_count() -> None:
    assert record_of("N1  - Night", N1="title").title == "Night"


@pytest.mark.parametrize(
    "text",
    [
        "ty  - JOUR\nti  - Moths\nab  - Moths fly.\nin - the night.\ner  - \n",
        "TY - JOUR\nTI - Moths\nAB - Moths fly.\nin - the night.\nER -\n",
        "  TY  - JOUR\n  TI  - Moths\n  AB  - Moths fly.\nin - the night.\n  ER  -\n",
    ],
)
def test_tags_may_be_written_as_the_first_one_is(text: str) -> None:
    (record,) = items_of(text)
    assert isinstance(record, Record)
    assert (record.title, record.abstract) == ("Moths", "Moths fly. in - the night.")


def test_a_line_like_a_tag_is_text_where_tags_are_written_well() -> None:
    text = "TY  - JOUR\nAB  - Moths\nAN - other thing\nab  - more\nER  - \n"
    assert abstracts(items_of(text)) == ["Moths AN - other thing ab  - more"]


def test_tags_in_other_letters_than_the_first_one_are_text() -> None:
    text = "TY - JOUR\nAB - Moths\nan - other thing\nER -\n"
    assert abstracts(items_of(text)) == ["Moths an - other thing"]


def test_a_reference_without_its_end_is_read() -> None:
    items = items_of("TY  - JOUR\nAB  - One.\nTY  - JOUR\nAB  - Two.\n")
    assert abstracts(items) == ["One.", "Two."]
    reason = "no `ER` ends this reference; it was read as far as it goes"
    assert reasons(items) == [("lines 1-2", reason), ("lines 3-4", reason)]


def test_a_reference_without_its_beginning_is_read() -> None:
    items = items_of("TY  - JOUR\nAB  - One.\nER  - \n\nAB  - Two.\nER  - \n")
    assert abstracts(items) == ["One.", "Two."]
    assert reasons(items) == [("lines 5-6", "no `TY` begins this reference; it was read")]


def test_a_beginning_that_stands_twice_begins_one_reference() -> None:
    items = items_of("TY  - JOUR\nTY  - CONF\nAB  - One.\nER  - \n")
    assert [type(item) for item in items] == [Record]


def test_a_reference_without_an_abstract_is_skipped() -> None:
    expected = [SkippedRecord("in.ris", "lines 1-3", "no 'abstract' (found: title)")]
    assert items_of("TY  - JOUR\nTI  - Moths\nER  - \n") == expected


def test_lines_between_references_are_counted() -> None:
    items = items_of("One\nTwo\nTY  - JOUR\nAB  - One.\nER  - \nThree\n")
    reason = "this line and 2 more were left out, outside of any reference"
    assert reasons(items) == [("line 1", reason)]


def test_a_reference_that_is_too_long_is_rejected_in_bounded_memory() -> None:
    long = "TY  - JOUR\nAB  - x\n" + ("moth " * 200 + "\n") * 20_000 + "ER  - \n"
    content = (long + "TY  - JOUR\nAB  - Two.\nER  - \n").encode("utf-8")
    tracemalloc.start()
    items = items_of(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    reason = "the reference is 20,000,007 characters long; expected at most 2,000,000"
    assert reasons(items) == [("lines 1-20003", reason)]
    assert abstracts(items) == ["Two."]
    assert peak < 20_000_000


def test_a_line_that_is_too_long_costs_its_reference() -> None:
    items = items_of(
        f"TY  - JOUR\nAB  - {'a' * 2_000_000}\nER  - \nTY  - JOUR\nAB  - Two.\nER  - \n"
    )
    reason = "is 2,000,006 bytes long; expected at most 2,000,000 a line"
    assert items[0] == RejectedRecord("in.ris", "line 2", reason)
    assert abstracts(items) == ["Two."]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("TY  - JOUR\nTI", True),
        ("Provider: x\n\nty - jour\n", True),
        ("TY  - Journal Article\n", True),
        ("PARTY  - JOUR", False),
        ("TYP: x", False),
    ],
)
def test_ris_is_told_by_its_content(start: str, expected: bool) -> None:
    assert matches(Head("in.txt", start)) is expected


LINES = st.sampled_from(
    ["TY  - JOUR", "ty - JOUR", "ER  - ", "ER", "AB  - Moths.", "AB  -", "AU  - ", "KW  - a;b",
     "C8  - quoth-abstract: 1", "C8  - quoth-year: [", "DO  - x", "PY  - x", "UR  - x", "", "moths",
     "UK  - x", "TY  - ", "   - x", "\x00"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(LINES | st.text(), max_size=15).map("\n".join))
def test_whatever_looks_like_ris_is_read_or_rejected(text: str) -> None:
    assert items_of("TY  - JOUR\n" + text)


@settings(deadline=None)
@given(st.binary())
def test_whatever_bytes_stand_in_a_reference_are_read_or_rejected(content: bytes) -> None:
    assert items_of(b"TY  - JOUR\nTI  - x\nAB  - " + content)
