"""Papers out of the records that were read of them, and taken apart again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_embedding import record

from vectorstore.papers import (
    Part,
    alone,
    assemble,
    content_of,
    from_columns,
    is_preprint,
    is_published,
    merge,
    split_off,
    to_columns,
)
from vectorstore.records import Record, text_identity

BEES = Record(
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
PREPRINT = record(
    "Bees, a draft", "Bees dance. They may.", arxiv_id="2401.00001", year=2023, sources=("x.xml",)
)
PUBLISHED = record(
    "Bees", "Bees dance well.", doi="10.1000/bees", year=2024, venue="Hives", sources=("p.ris",)
)


def test_merging_unites_sources_and_groups_and_keeps_the_identity() -> None:
    new = Record(
        "text:1", "T", "Bees dance!", title_derived=True, groups=("Nest",), sources=("b.txt",)
    )
    assert merge(BEES, new) == replace(BEES, groups=("Hive", "Nest"), sources=("a.txt", "b.txt"))


def test_merging_takes_what_is_newer() -> None:
    new = replace(BEES, title="Wasps", abstract="Wasps sting us.", year=2025)
    assert merge(BEES, new) == new


def test_merging_keeps_the_longer_abstract_whichever_came_first() -> None:
    cut_off = replace(BEES, abstract="Bees da...")
    assert merge(BEES, cut_off).abstract == merge(cut_off, BEES).abstract == "Bees dance."


def test_merging_a_digest_keeps_the_abstract_of_the_authors() -> None:
    digest = replace(BEES, abstract="They dance and dance.", digest=True)
    assert merge(BEES, digest).abstract == merge(digest, BEES).abstract == "Bees dance."
    assert not merge(BEES, digest).digest


@pytest.mark.parametrize(("old", "new"), [(PREPRINT, PUBLISHED), (PUBLISHED, PREPRINT)])
def test_a_publication_says_more_than_its_preprint(old: Record, new: Record) -> None:
    merged = merge(old, new)
    assert (merged.title, merged.year, merged.venue) == ("Bees", 2024, "Hives")
    assert (merged.doi, merged.arxiv_id) == ("10.1000/bees", "2401.00001")
    assert (merged.id, merged.abstract) == (old.id, "Bees dance. They may.")


@pytest.mark.parametrize(
    ("doi", "arxiv_id", "preprint", "published"),
    [
        ("10.1000/bees", None, False, True),
        ("10.1000/bees", "2401.00001", False, True),
        ("10.48550/arxiv.2401.00001", "2401.00001", True, False),
        ("10.1101/2024.01.01", None, True, False),
        (None, "2401.00001", True, False),
        (None, None, False, False),
    ],
)
def test_preprints_are_known_by_their_identifiers(
    doi: str | None, arxiv_id: str | None, preprint: bool, published: bool
) -> None:
    known = replace(BEES, doi=doi, arxiv_id=arxiv_id)
    assert (is_preprint(known), is_published(known)) == (preprint, published)


def test_content_is_the_same_whoever_says_it() -> None:
    assert content_of(BEES) == content_of(replace(BEES, id="text:1", sources=("b.txt",)))
    assert content_of(BEES) != content_of(replace(BEES, groups=()))


def test_a_paper_split_is_two_that_know_each_other() -> None:
    paper = assemble(PREPRINT.id, [Part(PREPRINT), Part(PUBLISHED, "same title")])
    stayed, gone = split_off(paper, 1, [paper.id])
    assert stayed == replace(alone(PREPRINT), apart=(PUBLISHED.id,))
    assert gone == replace(alone(PUBLISHED), apart=(PREPRINT.id,))


def test_the_first_part_can_go_too_and_the_id_stays() -> None:
    paper = assemble(PREPRINT.id, [Part(PREPRINT), Part(PUBLISHED, "same title")])
    stayed, gone = split_off(paper, 0, [paper.id])
    assert (stayed.id, stayed.parts) == (PREPRINT.id, (Part(PUBLISHED),))
    assert stayed.record == replace(PUBLISHED, id=PREPRINT.id)
    assert gone.id == text_identity(PREPRINT.abstract)


def test_a_part_with_no_id_of_its_own_gets_one_of_its_content() -> None:
    same = replace(PUBLISHED, title="Wasps")
    paper = assemble(PUBLISHED.id, [Part(PUBLISHED), Part(same, "same DOI")])
    taken = [text_identity(PUBLISHED.abstract)]
    assert split_off(paper, 1, taken)[1].id == f"{taken[0]}~{content_of(same)[:16]}"


def test_columns_hold_what_the_record_does_not_tell() -> None:
    assert to_columns(alone(BEES)) == {"parts": None, "apart": None}
    for paper in (
        alone(BEES),
        assemble("doi:x", [Part(BEES)], ["doi:y"]),
        assemble(PREPRINT.id, [Part(PREPRINT), Part(PUBLISHED, "same title")]),
    ):
        columns = to_columns(paper)
        assert from_columns(paper.record, columns["parts"], columns["apart"]) == paper
