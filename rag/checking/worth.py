"""Whether two numbers, one of a claim and one of its evidence, say the same; pure."""

from __future__ import annotations

from math import floor, log10

from rag.checking.numbers import Quantity
from rag.checking.units import convert

_LOOSELY = 0.1
"""By what share of itself a rounded number may be off, at most."""
_SHARE_POINTS, _SHARE_LOOSELY = 2.5, 0.25
"""By how many points, and what share of itself, `one in four` may be off."""
_MONTHS = 0.02
"""Months and years are not of one length."""


def same_value(claimed: Quantity, stated: Quantity) -> bool:
    """Whether a claim's number is worth as much as one of the evidence.

    A share of 0.8 is 80%, and so are `four in five`; two weeks are 14 days. `about 25%` and
    `more than 500` stand for 24.7% and 512, where the evidence has no such word itself.
    """
    if equal(claimed.value, stated.value) or _is_converted(claimed, stated):
        return True
    if "%" in {claimed.unit, stated.unit} and (claimed.share or stated.share):
        return _is_share(claimed, stated)
    share, percentage = (claimed, stated) if stated.unit == "%" else (stated, claimed)
    fits = percentage.unit == "%" and not share.unit and 0 < abs(share.value) < 1
    return (fits and equal(share.value * 100, percentage.value)) or is_rounded(claimed, stated)


def same_unit(claimed: Quantity, stated: Quantity) -> bool:
    """Whether their units agree; a bare number passes for one with a unit of measure.

    Points pass for percentages, `two-time` for `twice`, and an odds ratio of 2.4 for 2.4 times.
    """
    units = {claimed.unit, stated.unit}
    spelled = claimed.spelled and stated.spelled and units == {"", "times"}
    bare = "" in units and units.isdisjoint({"%", "times"})
    ratio = "ratio" in units and units <= {"ratio", "times", ""}
    alike = len(units) == 1 or units == {"%", "point"}
    return alike or bare or spelled or ratio or _is_converted(claimed, stated)


def equal(first: float, second: float) -> bool:
    """Whether two numbers are the same but for their signs."""
    return abs(abs(first) - abs(second)) <= 1e-9 * max(1e-9, abs(first), abs(second))


def _is_converted(claimed: Quantity, stated: Quantity) -> bool:
    """Whether both measure the same, in different units: 21 days are three weeks."""
    first = convert(claimed.value, claimed.unit)
    second = convert(stated.value, stated.unit)
    if first is None or second is None or claimed.unit == stated.unit or first[0] != second[0]:
        return False
    loose = _MONTHS if {claimed.unit, stated.unit} & {"month", "year"} else 1e-6
    return abs(first[1] - second[1]) <= loose * abs(first[1])


def _is_share(claimed: Quantity, stated: Quantity) -> bool:
    """Whether one is about the other; a bare number beside `one in four` is a share below 1."""
    first, second = (
        100 * item.value if not item.unit and 0 < item.value < 1 else item.value
        for item in (claimed, stated)
    )
    if not {claimed.unit, stated.unit} <= {"%", ""} or max(first, second) > 100:  # noqa: PLR2004
        return False
    return abs(first - second) <= min(_SHARE_POINTS, _SHARE_LOOSELY * first)


def is_rounded(claimed: Quantity, stated: Quantity) -> bool:
    """Whether a claim's number, with `about` or `more than` before it, rounds the evidence's."""
    if claimed.bound not in ("about", "least") or stated.bound == claimed.bound:
        return False
    value, other = abs(claimed.value), abs(stated.value)
    if not value or equal(value, other) or not same_unit(claimed, stated):
        return False
    most = _LOOSELY * value
    if claimed.bound == "least":
        return value < other < value + min(_last_digit(value), most)
    return abs(value - other) <= min(_last_digit(value) / 2, most)


def _last_digit(value: float) -> float:
    """What its last digit but zeros is worth: 100 of 500, 1 of 25, .1 of 2.5."""
    digits = f"{value:.6g}"
    if "e" in digits:
        return float(10 ** floor(log10(value)))
    if "." in digits:
        return float(10 ** -len(digits.split(".")[1]))
    return float(10 ** (len(digits) - len(digits.rstrip("0"))))
