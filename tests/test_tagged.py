"""MEDLINE and Web of Science: every reference becomes a record, a skipped one or a rejection."""

from __future__ import annotations

import io
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.readers import Item, medline, read_document, wos
from vectorstore.readers.document import Document
from vectorstore.readers.text import Head
from vectorstore.records import Note, Record, RejectedRecord, SkippedRecord, text_identity

PUBMED = """
PMID- 12345678
OWN - NLM
STAT- MEDLINE
DP  - 2024 Mar 15
TI  - Moths and lamps: what they
      see at night.
LID - 10.5555/moth.1 [doi]
LID - e17 [pii]
AB  - BACKGROUND: Moths fly to lamps. METHODS: We count
      them. RESULTS: 40 - of 50 -
      come.
CI  - (c) 2024 The Moths.
FAU - Quill, Ada
AU  - Quill A
AD  - Institute of Moths,
      Dusk.
FAU - Dusk, Ludwig van
AU  - Dusk LV
CN  - Lamp Study Group
TA  - J Moths
JT  - The journal of moths
MH  - *Moths/physiology
MH  - Night
OT  - lamps
PMC - PMC7654321
AID - 10.5555/other [doi]
SO  - J Moths. 2024 Mar 15.

PMID- 23456789
TI  - [Les marees.]
TT  - Les marees.
OAB - Publisher: Les marees montent.
AU  - Ebb E
TA  - Tides
DP  - 2021 Winter

PMID- 34567890
TI  - No abstract.
"""
WOS = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Quill, A
   Dusk, LV
AF Quill, Ada
   Dusk, Ludwig van
TI Moths and lamps: what they
   see at night
SO JOURNAL OF MOTHS
DE moths; lamps; night
   flight
ID LIGHT; INSECTS
AB Moths fly to lamps. We count
   them.

   (c) 2024 The Moths.
C1 [Quill, Ada] Inst Moths, Dusk.
PD MAR
PY 2024
DI 10.5555/moth.1
PM 12345678
UT WOS:000000000000001
ER

PT C
AU Ebb, E
TI Tides
SO PROC TIDES
AB Tides rise.
EY 2021
ER

EF
"""


def items_of(text: str | bytes, **columns: str) -> list[Item]:
    content = text.encode("utf-8") if isinstance(text, str) else text
    document = Document("in.txt", lambda: nullcontext(io.BytesIO(content)), columns)
    return list(read_document(document))


def record_of(text: str, **columns: str) -> Record:
    (record,) = items_of(text, **columns)
    assert isinstance(record, Record)
    return record


def reasons(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.where, item.reason) for item in items if not isinstance(item, Record)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_medline_file_is_read_whole(end: str) -> None:
    assert items_of(PUBMED.replace("\n", end)) == [
        Record(
            id="doi:10.5555/moth.1",
            title="Moths and lamps: what they see at night.",
            abstract="BACKGROUND: Moths fly to lamps. METHODS: We count them. "
            "RESULTS: 40 - of 50 - come.",
            authors=("Quill, Ada", "Dusk, Ludwig van", "Lamp Study Group"),
            year=2024,
            venue="The journal of moths",
            url="https://pmc.ncbi.nlm.nih.gov/articles/PMC7654321/",
            doi="10.5555/moth.1",
            pmid="12345678",
            keywords=("Moths/physiology", "Night", "lamps"),
            sources=("in.txt",),
        ),
        Record(
            id="pmid:23456789",
            title="[Les marees.]",
            abstract="Publisher: Les marees montent.",
            authors=("Ebb E",),
            year=2021,
            venue="Tides",
            pmid="23456789",
            sources=("in.txt",),
        ),
        SkippedRecord("in.txt", "lines 38-39", "no 'abstract' (found: title, pmid)"),
    ]


def test_a_web_of_science_file_is_read_whole() -> None:
    assert items_of(WOS.encode("utf-8-sig")) == [
        Record(
            id="doi:10.5555/moth.1",
            title="Moths and lamps: what they see at night",
            abstract="Moths fly to lamps. We count them.\n\n(c) 2024 The Moths.",
            authors=("Quill, Ada", "Dusk, Ludwig van"),
            year=2024,
            venue="JOURNAL OF MOTHS",
            doi="10.5555/moth.1",
            pmid="12345678",
            keywords=("moths", "lamps", "night flight", "LIGHT", "INSECTS"),
            sources=("in.txt",),
        ),
        Record(
            id=text_identity("Tides rise."),
            title="Tides",
            abstract="Tides rise.",
            authors=("Ebb, E",),
            year=2021,
            venue="PROC TIDES",
            sources=("in.txt",),
        ),
    ]


def test_an_identifier_of_arxiv_counts() -> None:
    record = record_of("PMID- 1\nLID - 2401.00001 [arxiv]\nAB  - Moths fly.\n")
    assert record.arxiv_id == "2401.00001"


def test_medline_tags_that_the_user_names_count() -> None:
    assert record_of("PMID- 1\nGN  - Moths fly.\n", GN="abstract").abstract == "Moths fly."


def test_web_of_science_tags_that_the_user_names_count() -> None:
    record = record_of("PT J\nAU Quill\nFX Moths fly.\nER\n", FX="abstract")
    assert record.abstract == "Moths fly."


def test_a_dash_elsewhere_than_in_the_fifth_column_ends_no_tag() -> None:
    assert record_of("PMID- 1\nAB  - Moths\nAN - other.\n").abstract == "Moths AN - other."


def test_references_of_medline_need_no_blank_line_between_them() -> None:
    items = items_of("PMID- 1\nAB  - One.\nPMID- 2\nAB  - Two.\n")
    assert [item.pmid for item in items if isinstance(item, Record)] == ["1", "2"]


def test_a_reference_of_medline_with_nothing_in_it_is_skipped() -> None:
    items = items_of("PMID- 1\nPMID- 2\nAB  - Two.\n")
    assert reasons(items) == [("line 1", "no 'abstract' (found: pmid)")]


def test_a_reference_without_its_beginning_is_read() -> None:
    first, *rest = items_of("AB  - One.\n\nPMID- 2\nAB  - Two.\n")
    assert isinstance(first, Record)
    note, second = rest
    assert note == Note("in.txt", "line 1", "no `PMID` begins this reference; it was read")
    assert isinstance(second, Record)


def test_a_reference_without_its_end_is_read() -> None:
    items = items_of("PT J\nAU A\nAB One.\nPT J\nAB Two.\nER\n")
    assert [item.abstract for item in items if isinstance(item, Record)] == ["One.", "Two."]
    reason = "no `ER` ends this reference; it was read as far as it goes"
    assert reasons(items) == [("lines 1-3", reason)]


@pytest.mark.parametrize("start", ["PMID- 1\nAB  - ", "PT J\nAU A\nAB "])
def test_what_is_too_long_is_rejected(start: str) -> None:
    end = "ER\n" if start.startswith("PT") else ""
    (long,) = items_of(start + "x\n" + f"      {'moths ' * 20}\n" * 20_000 + end)
    assert isinstance(long, RejectedRecord)
    assert long.reason.endswith("characters long; expected at most 2,000,000")


@pytest.mark.parametrize(
    ("start", "expected"),
    [("PMID- 1\n", True), ("x\nPMID-1\n", True), ("PMID: 1", False), ("PMID- see below", False)],
)
def test_medline_is_told_by_its_content(start: str, expected: bool) -> None:
    assert medline.matches(Head("in.txt", start)) is expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("FN x\nVR 1.0\nPT J\nAU A\n", True),
        ("PT J\nTI Moths\n", True),
        ("PT J\n", False),
        ("PT JOURNAL OF MOTHS AND OTHER INSECTS OF THE NIGHT\nAU A", False),
    ],
)
def test_web_of_science_is_told_by_its_content(start: str, expected: bool) -> None:
    assert wos.matches(Head("in.txt", start)) is expected


LINES = st.sampled_from(
    ["PMID- 1", "PMID- ", "AB  - Moths.", "OAB - Moths.", "LID - x [doi]", "FAU - ", "      x", "",
     "PT J", "AU A", "AB Moths.", "ER", "EF", "FN", "   x", "TI", "\x00", "DP  - x", "PY 20"]
)  # fmt: skip


@settings(deadline=None)
@given(
    st.sampled_from(["PMID- 1\n", "PT J\nAU A\n"]),
    st.lists(LINES | st.text(), max_size=15).map("\n".join),
)
def test_whatever_looks_tagged_is_read_or_rejected(start: str, text: str) -> None:
    assert items_of(start + text)


@settings(deadline=None)
@given(st.sampled_from([b"PMID- 1\nAB  - ", b"PT J\nAU A\nAB "]), st.binary())
def test_whatever_bytes_stand_in_it_are_read_or_rejected(start: bytes, content: bytes) -> None:
    assert items_of(start + content)
