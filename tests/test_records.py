"""Records: identities, merging, JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vectorstore.records import (
    AddReport,
    Note,
    Passage,
    Record,
    RejectedRecord,
    SkippedRecord,
    clean_arxiv_id,
    clean_doi,
    clean_pmid,
    identify,
    same_text,
    text_identity,
)

RECORD = Record(
    id="doi:10.1000/bees",
    title="Bees",
    abstract="Bees dance.",
    authors=("Ada Bee",),
    year=2024,
    doi="10.1000/bees",
    arxiv_id="2401.00001",
    groups=("Hive",),
    sources=("a.txt",),
)


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/BEES", "10.1000/bees"),
        ("doi:10.1000/bees.", "10.1000/bees"),
        ("https://doi.org/10.1000/bees", "10.1000/bees"),
        ("(see 10.1000/bees)", "10.1000/bees"),
        ("10.1016/S0140-6736(05)67889-0", "10.1016/s0140-6736(05)67889-0"),
        ("10.1002/(SICI)1097(1998)", "10.1002/(sici)1097(1998)"),
        ("bees", None),
        ("10.1000/.", None),
    ],
)
def test_dois_are_found_in_any_dress(text: str, doi: str | None) -> None:
    assert clean_doi(text) == doi


@pytest.mark.parametrize(
    ("text", "arxiv_id"),
    [
        ("2401.00001", "2401.00001"),
        ("arXiv:2401.00001v3", "2401.00001"),
        ("http://arxiv.org/abs/2401.00001v1", "2401.00001"),
        ("https://arxiv.org/pdf/2401.00001.pdf", "2401.00001"),
        ("hep-th/9901001v2", "hep-th/9901001"),
        ("math.GT/0309136", "math.gt/0309136"),
        ("10.48550/arXiv.2401.00001", "2401.00001"),
        ("paper/1234567", None),
        ("2413.00001", None),
        ("bees", None),
    ],
)
def test_arxiv_identifiers_lose_their_version(text: str, arxiv_id: str | None) -> None:
    assert clean_arxiv_id(text) == arxiv_id


@pytest.mark.parametrize(
    ("text", "pmid"),
    [
        ("12345", "12345"),
        ("PMID: 12345", "12345"),
        ("https://pubmed.ncbi.nlm.nih.gov/12345/", "12345"),
        ("123456789", None),
    ],
)
def test_pubmed_identifiers_are_found(text: str, pmid: str | None) -> None:
    assert clean_pmid(text) == pmid


def test_a_doi_identifies_before_an_arxiv_identifier_before_a_pmid() -> None:
    assert identify("Bees.", "10.1000/bees", "2401.00001", "1") == "doi:10.1000/bees"
    assert identify("Bees.", None, "2401.00001", "1") == "arxiv:2401.00001"
    assert identify("Bees.", None, None, "1") == "pmid:1"
    assert identify("Bees.") == text_identity("Bees.")


def test_the_doi_of_an_arxiv_record_is_its_arxiv_identity() -> None:
    assert identify("B.", "10.48550/arxiv.2401.00001", "2401.00001") == "arxiv:2401.00001"


def test_a_record_answers_to_all_its_identities() -> None:
    assert RECORD.identities == (
        "doi:10.1000/bees",
        "arxiv:2401.00001",
        text_identity("Bees dance."),
    )


def test_case_width_punctuation_and_white_space_make_no_other_text() -> None:
    assert same_text("Bees  dance, twice.", "ＢＥＥＳ dance twice")
    assert not same_text("Bees dance twice.", "Bees dance thrice.")


def test_a_record_survives_json() -> None:
    assert Record.from_json(RECORD.to_json()) == RECORD


def test_keys_of_later_versions_are_left_out() -> None:
    assert Record.from_json({**RECORD.to_json(), "mood": "good"}) == RECORD


def test_the_fingerprint_changes_with_any_content() -> None:
    assert replace(RECORD).fingerprint == RECORD.fingerprint
    assert replace(RECORD, year=2025).fingerprint != RECORD.fingerprint


def test_a_passage_is_named_after_its_record_and_place() -> None:
    assert Passage("doi:10.1000/bees", 2, 0, 4, "Bees").id == "doi:10.1000/bees#2"


def test_a_report_is_plain_json() -> None:
    report = AddReport(
        read=2,
        added=1,
        rejected=[RejectedRecord("a.txt", "line 1", "is empty")],
        skipped=[SkippedRecord("a.txt", "line 3", "no 'abstract'")],
        notes=[Note("a.txt", "line 2", "odd")],
    )
    assert report.to_json() == {
        "read": 2,
        "added": 1,
        "updated": 0,
        "merged": 0,
        "unchanged": 0,
        "embedded": 0,
        "kept": 0,
        "rejected": [{"source": "a.txt", "where": "line 1", "reason": "is empty"}],
        "skipped": [{"source": "a.txt", "where": "line 3", "reason": "no 'abstract'"}],
        "notes": [{"source": "a.txt", "where": "line 2", "reason": "odd"}],
    }
