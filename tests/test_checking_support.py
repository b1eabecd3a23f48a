"""A sentence that its citation does not support finds the passage that does."""

from __future__ import annotations

import time

import pytest

from rag.checking import find_support

PASSAGES = [
    "Bees. Bees dance for 20 minutes. They hum at night.",
    "Moth traps. Blue lamps attract 40% more moths than white lamps. Rain may reduce the catch.",
    "Lamp trials. Blue lamps attract 30% more moths than white lamps.",
]


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("Blue lamps attract 30% more moths than white lamps do.", 2),
        ("Blue lamps attract 40% more moths than white lamps do.", 1),
        ("Bees dance for 20 minutes.", 0),
    ],
)
def test_passage_that_states_it_is_found(claim: str, passage: int) -> None:
    found = find_support(claim, PASSAGES)
    assert found is not None
    assert found.passage == passage
    assert found.finding.verdict == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "Blue lamps attract 50% more moths than white lamps do.",
        "Rain reduces the catch.",
        "Glaciers melt.",
        "",
    ],
)
def test_nothing_is_found_where_none_supports_it_in_full(claim: str) -> None:
    assert find_support(claim, PASSAGES) is None


def test_no_passages_support_nothing() -> None:
    assert find_support("Bees hum.", []) is None


def test_twenty_abstracts_are_searched_in_a_moment() -> None:
    passages = [
        " ".join(f"Lamp {n} of garden {m} catches {n * m} moths a night." for n in range(10))
        for m in range(20)
    ]
    passages[13] += " Heated lamps attract 77 moths."
    claim = "The heated lamps attract 77 moths."
    find_support(claim, passages)
    started = time.perf_counter()
    found = find_support(claim, passages)
    assert time.perf_counter() - started < 0.5
    assert found is not None
    assert found.passage == 13
