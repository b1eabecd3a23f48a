"""Quotations: found, compared word for word, and repaired from the passage where nearly right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.checking import check_quotations, repair_quotation

PASSAGE = (
    "Rain may reduce the catch. On warm nights, blue lamps attract 40% more moths than white"
    " lamps, while traps without bait stay empty."
)


def test_verbatim_quotation_passes_whatever_its_white_space() -> None:
    assert check_quotations("It says “blue lamps\n attract 40% more moths”.", [PASSAGE]) == []


@pytest.mark.parametrize("marks", ["“{}”", '"{}"'])
def test_changed_quotation_is_found(marks: str) -> None:
    words = "blue lamps attract 30% more moths"
    assert check_quotations(f"It says {marks.format(words)}.", [PASSAGE]) == [words]


def test_single_words_in_quotation_marks_are_no_quotation() -> None:
    assert check_quotations("So-called “lamp traps” help.", [PASSAGE]) == []


@pytest.mark.parametrize(
    ("quotation", "repaired"),
    [
        ("Blue lamps attract 40% more moths", "blue lamps attract 40% more moths"),
        ("lamps attract 40% more of moths", "lamps attract 40% more moths"),
        ("on warm nights, blue lamp attract 40%", "On warm nights, blue lamps attract 40%"),
        ("Rain may reduce the catch", "Rain may reduce the catch"),
        ("Rain may reduce catch.", "Rain may reduce the catch."),
        ("lamps attract … than white lamps", "lamps attract 40% more moths than white lamps"),
    ],
)
def test_near_quotation_gets_the_passages_own_words(quotation: str, repaired: str) -> None:
    found = repair_quotation(quotation, ["Bees hum.", PASSAGE])
    assert found is not None
    assert found.passage == 1
    assert PASSAGE[found.start : found.end] == repaired


@pytest.mark.parametrize(
    "quotation",
    [
        "blue lamps attract 30% more moths",
        "blue lamps attract 40% fewer moths",
        "rain must reduce the catch",
        "Rain reduce the catch",
        "traps with bait stay empty",
        "green lamps attract 40% of all bees",
        "",
        "…",
    ],
)
def test_number_direction_hedge_or_negation_is_never_repaired(quotation: str) -> None:
    assert repair_quotation(quotation, [PASSAGE]) is None


@given(st.text(max_size=60), st.text(max_size=120))
def test_repair_is_a_place_in_the_passage(quotation: str, passage: str) -> None:
    found = repair_quotation(quotation, [passage])
    assert found is None or 0 <= found.start < found.end <= len(passage)
