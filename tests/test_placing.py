"""Records find their papers: kept up to date, united, apart; whatever order they come in."""

from __future__ import annotations

from dataclasses import replace

from fake_embedding import record

from vectorstore.papers import Paper, Part, alone, assemble, content_of, split_off
from vectorstore.placing import Outcome, Plan, Run
from vectorstore.records import Record

MOTHS = record("Moths", "Moths fly at night.", doi="10.5555/moth", year=2024)
DRAFT = record("Moths, a draft", "Moths do fly.", arxiv_id="2401.00001", doi=None)
LINK = record("Moths", "Moths fly.", doi="10.5555/moth", arxiv_id="2401.00001", sources=("l.ris",))


def place(papers: list[Paper], *records: Record) -> tuple[dict[str, Paper], list[Outcome]]:
    """What one run over these records makes of a library, in one batch."""
    plan, run = Plan(papers), Run()
    outcomes = [plan.place(item, run) for item in records]
    return plan.after, outcomes


def place_again(
    papers: dict[str, Paper], *records: Record
) -> tuple[dict[str, Paper], list[Outcome]]:
    return place(list(papers.values()), *records)


def test_a_new_record_is_a_paper() -> None:
    assert place([], MOTHS) == ({MOTHS.id: alone(MOTHS)}, ["added"])


def test_a_newer_export_takes_the_place_of_what_the_file_said() -> None:
    newer = replace(MOTHS, abstract="Moths fly.", year=None)
    after, outcomes = place([alone(MOTHS)], newer)
    assert (after, outcomes) == ({MOTHS.id: alone(newer)}, ["updated"])


def test_another_file_adds_what_it_says() -> None:
    other = replace(MOTHS, year=2025, groups=("Night",), sources=("b.ris",))
    after, outcomes = place([alone(MOTHS)], other)
    assert outcomes == ["merged"]
    assert after[MOTHS.id].parts == (Part(MOTHS), Part(other, "same DOI 10.5555/moth"))
    assert after[MOTHS.id].record == replace(other, sources=("a.jsonl", "b.ris"))
    assert place_again(after, other, MOTHS) == (after, ["unchanged", "unchanged"])


def test_a_file_that_says_the_same_is_noted_and_nothing_else() -> None:
    after, outcomes = place([alone(MOTHS)], replace(MOTHS, sources=("b.ris",)))
    assert outcomes == ["merged"]
    assert after[MOTHS.id] == alone(replace(MOTHS, sources=("a.jsonl", "b.ris")))


def test_what_two_files_said_is_parted_when_one_says_otherwise() -> None:
    both = alone(replace(MOTHS, sources=("a.jsonl", "b.ris")))
    newer = replace(MOTHS, year=2025, sources=("b.ris",))
    after, outcomes = place([both], newer)
    assert outcomes == ["updated"]
    assert after[MOTHS.id].parts == (Part(MOTHS), Part(newer, "same DOI 10.5555/moth"))


def test_a_file_that_lists_a_paper_twice_keeps_both_and_does_not_flap() -> None:
    twice = replace(MOTHS, groups=("Night",))
    after, outcomes = place([], MOTHS, twice)
    assert outcomes == ["added", "merged"]
    assert place_again(after, MOTHS, twice) == (after, ["unchanged", "unchanged"])
    newer = replace(twice, year=2025)
    changed, outcomes = place_again(after, MOTHS, newer)
    assert outcomes == ["unchanged", "updated"]
    assert [part.record for part in changed[MOTHS.id].parts] == [MOTHS, newer]


def test_a_record_with_two_identifiers_unites_two_papers() -> None:
    after, outcomes = place([alone(MOTHS), alone(DRAFT)], LINK)
    assert outcomes == ["merged"]
    assert list(after) == [MOTHS.id]
    (paper,) = after.values()
    assert [part.record for part in paper.parts] == [MOTHS, DRAFT, LINK]
    assert (paper.record.doi, paper.record.arxiv_id) == ("10.5555/moth", "2401.00001")


def test_papers_that_were_parted_stay_so() -> None:
    paper = place([], MOTHS, LINK)[0][MOTHS.id]
    stayed, gone = split_off(paper, 1, [paper.id])
    after, outcomes = place([stayed, gone], MOTHS, LINK)
    assert outcomes == ["unchanged", "unchanged"]
    assert after == {stayed.id: stayed, gone.id: gone}
    newer = replace(LINK, year=2025)
    after, outcomes = place([stayed, gone], newer)
    assert outcomes == ["updated"]
    assert (after[stayed.id], after[gone.id].record.year) == (stayed, 2025)


def test_an_id_that_another_paper_has_by_now_is_not_taken() -> None:
    was = record("Owls", "Owls watch.")
    moved = assemble(was.id, [Part(record("Owls", "Other words, all of them, of late."))])
    hawks = replace(was, title="Hawks")
    after, outcomes = place([moved], hawks)
    assert outcomes == ["added"]
    assert set(after) == {was.id, f"{was.id}~{content_of(hawks)[:16]}"}
    assert after[was.id] == moved
    assert place_again(after, hawks) == (after, ["unchanged"])


def test_a_notice_without_a_title_unites_no_papers() -> None:
    moths, tides = (
        record(title, "No abstract available.") for title in ("Moths at night", "Tides")
    )
    bare = replace(moths, title="No abstract available", title_derived=True, sources=("c.txt",))
    after, outcomes = place([], moths, tides, bare)
    assert (len(after), outcomes) == (3, ["added", "added", "added"])
    assert place_again(after, moths, tides, bare) == (after, ["unchanged"] * 3)
