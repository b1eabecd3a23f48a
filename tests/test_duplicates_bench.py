"""The bench of papers that come twice."""

from __future__ import annotations

import random

import pytest

from evals import duplicate_edits as edits
from evals.duplicate_kinds import APART, SAME
from evals.duplicate_pairs import NEAR, NUMBERED_PAIRS, VERSIONS, make_pairs
from evals.duplicates import half_of, measure_duplicates, measure_keys, summarise, wilson
from evals.metrics import Interval
from vectorstore.matching import compare
from vectorstore.records import Record

SUBJECTS = (
    "moths",
    "tides",
    "bread",
    "gears",
    "looms",
    "kilns",
    "wells",
    "reeds",
    "bells",
    "ferries",
)


def paper(number: int, title: str | None = None, ending: str = "") -> Record:
    """One of a series of invented papers, each with its own words."""
    first = SUBJECTS[number % len(SUBJECTS)]
    own = " ".join(f"{first}{letter}{number}x" for letter in "abcdefghijklmnopqrst")
    abstract = (
        f"We watched {first} over {number + 3} winters. Counts of {own} rose each year. "
        f"The coldest {first} rested longest at site {number}. Warm rooms changed little.{ending}"
    )
    return Record(
        id=f"arxiv:2101.{number:05}",
        title=title or f"How old {first} of valley {number} rest: a long account",
        abstract=abstract,
        year=2021,
        arxiv_id=f"2101.{number:05}",
    )


RECORDS = [
    *(paper(number) for number in range(60)),
    paper(7, "How old moths rest: a revised account", " We added a sentence."),
    *(paper(60 + part, f"On the long rest of looms, Part {'I' * part}: wool") for part in (1, 2)),
]


def test_pairs_of_every_kind_are_made_and_none_shares_an_identifier() -> None:
    pairs = make_pairs(RECORDS, 200, seed=0)
    assert {pair.kind for pair in pairs} == {*SAME, *APART, VERSIONS, NEAR, NUMBERED_PAIRS}
    assert all(pair.same == (pair.kind in {*SAME, VERSIONS}) for pair in pairs)
    for pair in pairs:
        match = compare(pair.left, pair.right)
        assert match is None or match.rule not in {"doi", "arxiv", "pmid"}


def test_the_same_seed_makes_the_same_pairs() -> None:
    assert make_pairs(RECORDS, 100, seed=1) == make_pairs(RECORDS, 100, seed=1)
    assert make_pairs(RECORDS, 100, seed=1) != make_pairs(RECORDS, 100, seed=2)


def test_versions_of_a_paper_fall_into_the_same_half() -> None:
    assert half_of(RECORDS[7]) == half_of(RECORDS[60])
    assert {half_of(record) for record in RECORDS} == {"tuning", "report"}


def test_figures_of_one_half_are_measured() -> None:
    figures = measure_duplicates(RECORDS, seed=0, limit=150)
    assert figures["half"] == "report"
    assert figures["pairs"] == sum(one["pairs"] for one in figures["compare"]["kinds"].values())
    assert (
        figures["road"]["overall"]["recall"]["mean"]
        <= figures["compare"]["overall"]["recall"]["mean"]
    )
    assert figures["compare"]["kinds"]["typos in 2% of words"]["right"]["mean"] == 1.0
    assert figures["compare"]["kinds"]["same authors"]["right"]["mean"] == 1.0


def test_precision_recall_and_f1() -> None:
    pairs = make_pairs(RECORDS, 100, seed=0)
    same = [pair for pair in pairs if pair.same][:4]
    apart = [pair for pair in pairs if not pair.same][:2]
    said = [
        *((pair, True) for pair in same[:3]),
        (same[3], False),
        (apart[0], True),
        (apart[1], False),
    ]
    overall = summarise(said)["overall"]
    assert overall["precision"]["mean"] == 0.75
    assert overall["recall"]["mean"] == 0.75
    assert overall["f1"] == 0.75


def test_wilson_interval() -> None:
    # Newcombe 1998, table I: 81 of 263 gives .2553 to .3662.
    interval = wilson(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) == Interval(0.0, 0.0, 1.0)


def test_keys_are_measured() -> None:
    figures = measure_keys([paper(1), paper(2), paper(2)])
    assert figures["records"] == 3
    assert figures["candidates_most"] == 1
    assert figures["largest"] == 2
    assert (figures["candidate_pairs"], figures["called_same"]) == (1, 1)


def test_keys_that_do_not_meet_make_the_road_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.duplicates.keys", lambda record: (str(id(record)),))
    figures = measure_duplicates(RECORDS, seed=0, limit=100)
    assert figures["compare"]["overall"]["recall"]["mean"] > 0.9
    assert figures["road"]["overall"]["recall"]["mean"] == 0.0


def test_edits() -> None:
    chance = random.Random(0)
    assert edits.cut_off("Moths rest by day.", 6) == "Moths..."
    assert edits.spell_british("The color of labeled fibers") == "The colour of labelled fibres"
    assert edits.make_typos("Moths rest in 1901", 0.0, chance) == "Moths rest in 1901"
    assert edits.make_typos("Moths rest in 1901", 1.0, chance).endswith(" in 1901")
    assert edits.make_typos("Moths rest in 1901", 1.0, chance) != "Moths rest in 1901"
    assert edits.add_headings("One rests. Two rest. Three rest. Four rest.") == (
        "BACKGROUND: One rests. METHODS: Two rest. RESULTS: Three rest. CONCLUSIONS: Four rest."
    )
    assert edits.write_authors(("Ada B. Brandt",), random.Random(1)) == ("Brandt, Ada B.",)
