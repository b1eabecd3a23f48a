"""What is wrong with a claim, put in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from rag.checking.binding import NumberProblem
from rag.checking.comparison import Comparison

Gravity = Literal["veto", "doubt", "weaker"]
_NUMBERS: dict[str, Gravity] = {"bound": "weaker", "counted": "doubt"}
"""How grave a problem with a number is; a `veto` where none is named."""
_MOST_WORDS = 3
_PLAIN_LIKENESS, _PLAIN_MARGIN = 0.5, 0.25


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        gravity: A `veto` is never supported; a `doubt` is a reason if the model says no; a
            `weaker` claim is supported in part.
        reason: In words.
    """

    gravity: Gravity
    reason: str


def find_problems(found: Comparison, cited: str) -> list[Problem]:
    """All that is wrong, gravest first.

    Args:
        found: The claim against the passages.
        cited: How the passages are called, as `[2]`.
    """
    order = {"veto": 0, "doubt": 1, "weaker": 2}
    every = [*number_problems(found, cited), *_names(found, cited), *_directions(found, cited),
             *_weaker(found, cited), *_missing(found, cited)]  # fmt: skip
    return sorted(every, key=lambda problem: order[problem.gravity])


def join_labels(labels: Sequence[str]) -> str:
    """`[1]`, `[1] or [2]`, `[1], [2] or [3]`."""
    if len(labels) < 2:  # noqa: PLR2004
        return "".join(labels)
    return f"{', '.join(labels[:-1])} or {labels[-1]}"


def number_problems(found: Comparison, cited: str) -> Iterator[Problem]:
    """What is wrong with the numbers."""
    for problem in found.numbers:
        yield Problem(_NUMBERS.get(problem.kind, "veto"), _spell_number(problem, cited))


def _spell_number(problem: NumberProblem, cited: str) -> str:
    number, thing = problem.text, problem.thing
    return {
        "absent": f"number {number} is not stated in {cited}",
        "counted": f"number {number} is not stated in {cited}",
        "unit": f"number {number} is not stated in {cited}, which has {thing}",
        "about": f"number {number} is not stated of {thing} in {cited}",
        "rival": f"number {number} is stated of something else in {cited}, which has {thing} here",
        "pair": f"number {number} is not stated with {thing} in {cited}",
        "role": f"number {number} is the other end of the change in {cited}",
        "bound": f"{cited} gives number {number} with another bound",
    }[problem.kind]


def _names(found: Comparison, cited: str) -> Iterator[Problem]:
    for name in found.absent:
        gravity: Gravity = "veto" if name.marked else "doubt"
        yield Problem(gravity, f"name {name.text} is not in {cited}")
    for item in found.displaced:
        if item.clear:
            apart: Gravity = "veto" if found.chosen[0].is_copy else "doubt"
            yield Problem(apart, f"{cited} says this of {item.other}, not of {item.name}")


def _directions(found: Comparison, cited: str) -> Iterator[Problem]:
    if found.swapped is not None:
        yield Problem("veto", f"the comparison is the other way round in {cited}")
    for item in found.reversals:
        plain = item.strength >= _PLAIN_LIKENESS and item.margin >= _PLAIN_MARGIN
        plain = plain and (not item.negation or found.chosen[0].is_copy)
        if item.clear:
            reason = f"“{item.word}” stands against “{item.other}” in {cited}"
            yield Problem("veto" if plain else "doubt", reason)


def _weaker(found: Comparison, cited: str) -> Iterator[Problem]:
    for word in (found.hedge, found.softener):
        if word is not None:
            yield Problem("weaker", f"“{word}” of {cited} is left out")
    for word in found.scopes:
        yield Problem("weaker", f"“{word}” is not in {cited}")


def _missing(found: Comparison, cited: str) -> Iterator[Problem]:
    words = list(dict.fromkeys(token.text for token in found.missing))[:_MOST_WORDS]
    if words:
        spelled = [f"“{word}”" for word in words]
        verb = "is" if len(words) == 1 else "are"
        joined = spelled[0] if len(words) == 1 else f"{', '.join(spelled[:-1])} and {spelled[-1]}"
        yield Problem("doubt", f"{joined} {verb} not in {cited}")
