"""Numbers in a text: what they are worth, in what unit, with what bound; which are the same."""

from __future__ import annotations

import pytest

from rag.checking.binding import check_numbers
from rag.checking.numbers import read_quantities
from rag.checking.reading import read_sentence
from rag.checking.worth import same_unit, same_value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("32.2M masks", [(32_200_000.0, "")]),
        ("5 million images", [(5_000_000.0, "")]),
        ("1,234 cases", [(1234.0, "")]),
        ("twenty-one of thirty", [(21.0, ""), (30.0, "")]),
        ("4.5X faster", [(4.5, "times")]),
        ("4.5 times as fast", [(4.5, "times")]),
        ("a 4.5-fold gain", [(4.5, "times")]),
        ("twice as fast", [(2.0, "times")]),
        ("gains of 2-6%", [(2.0, "%"), (6.0, "%")]),
        ("ten to fifteen percent", [(10.0, "%"), (15.0, "%")]),
        ("12 percent", [(12.0, "%")]),
        ("in 5 ms or 3 hours", [(5.0, "ms"), (3.0, "h")]),
        ("costs $20", [(20.0, "dollar")]),
        ("GPT-4 on ImageNet-1K", []),
        ("in the 1990s", []),
    ],
)
def test_numbers_are_read_with_their_worth_and_unit(
    text: str, values: list[tuple[float, str]]
) -> None:
    found = read_quantities(text)
    assert [quantity.unit for quantity in found] == [unit for _, unit in values]
    assert [quantity.value for quantity in found] == pytest.approx([value for value, _ in values])


@pytest.mark.parametrize(
    ("text", "bound", "role"),
    [
        ("at least 5 cases", "least", ""),
        ("more than 5 cases", "least", ""),
        ("no more than 5 cases", "most", ""),
        ("up to 5 cases", "most", ""),
        ("about 5 cases", "about", ""),
        ("5 cases", "", ""),
        ("falls from 5", "", "from"),
        ("rises to 5", "", "to"),
    ],
)
def test_bounds_and_ends_of_a_change_are_read(text: str, bound: str, role: str) -> None:
    (found,) = read_quantities(text)
    assert (found.bound, found.role) == (bound, role)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("0.8", "80%", True),
        ("5,000", "5K", True),
        ("twice", "2x", True),
        ("five", "5", True),
        ("5", "5.1", False),
        ("91", "91 years", True),
        ("10%", "10", False),
        ("5%", "5 times", False),
        ("5 ms", "5 s", False),
    ],
)
def test_same_number_in_other_dress_is_the_same(first: str, second: str, same: bool) -> None:
    (left,), (right,) = read_quantities(first), read_quantities(second)
    assert (same_value(left, right) and (same_unit(left, right) or "0.8" in first)) == same


@pytest.mark.parametrize(
    ("claim", "evidence", "kinds"),
    [
        ("It has 7 parts.", "It has 7 parts and 9 screws.", []),
        ("It has 8 parts.", "It has 7 parts and 9 screws.", [("absent", "8")]),
        ("It has 9 parts.", "It has 7 parts and 9 screws.", [("about", "9")]),
        ("It lasts 7 ms.", "It lasts 7 s.", [("unit", "7 ms")]),
        ("Begun in 1970.", "Begun in 1970, ended in 1972 by 4 men.", []),
        ("It has at least 7 parts.", "It has up to 7 parts.", [("bound", "7")]),
        ("Loss fell from 3 to 5.", "Loss fell from 5 to 3.", [("rival", "3"), ("rival", "5")]),
        (
            "A and B score 90 and 80, respectively.",
            "A and B score 80 and 90, respectively.",
            [("about", "90"), ("about", "80")],
        ),
    ],
)
def test_what_is_wrong_with_a_number_is_named(
    claim: str, evidence: str, kinds: list[tuple[str, str]]
) -> None:
    texts = [read_sentence(evidence)]
    found = check_numbers(read_sentence(claim), texts, texts, close=True)
    assert [(problem.kind, problem.text) for problem in found] == kinds
