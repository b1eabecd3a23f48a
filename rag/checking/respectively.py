"""Lists that pair up in order: `on A and B, by 3% and 5%, respectively`; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.checking.numbers import Quantity
from rag.checking.reading import COMPOUND, Sentence
from rag.checking.worth import same_value
from rag.question import squash

_AND = re.compile(r"[^\W_][\w.'+/-]*(?:, [\w][\w.'+/-]*){0,8},? (?:and|or) [\w][\w.'+/-]*")
_JOIN = re.compile(r"(?:,| and|, and| or|,? to| vs\.?)\s*[-+$]?")
_WORD = "respectively"


def wrong_partner(
    claim: Sentence, quantity: Quantity, evidence: Sentence, use: Quantity
) -> str | None:
    """The thing that a claim pairs a number with, where the evidence pairs it with another.

    Args:
        claim: What is checked.
        quantity: A number of it.
        evidence: A sentence that has the same number.
        use: The number there.
    """
    if _WORD not in evidence.words:
        return None
    run = next((run for run in runs_of_numbers(evidence) if use in run), None)
    if run is None:
        return None
    index = run.index(use)
    for items in lists_of_words(evidence.text):
        if len(items) == len(run):
            named = _partner(claim, quantity, run, items)
            if named is not None and named != index:
                return items[named]
    return None


def runs_of_numbers(sentence: Sentence) -> list[list[Quantity]]:
    """Runs of two or more numbers with nothing between them but commas and `and`."""
    runs: list[list[Quantity]] = []
    for quantity in sentence.quantities:
        between = sentence.text[runs[-1][-1].end : quantity.start][:8] if runs else ""
        if runs and _JOIN.fullmatch(between):
            runs[-1].append(quantity)
        else:
            runs.append([quantity])
    return [run for run in runs if len(run) > 1]


def lists_of_words(text: str) -> Iterator[list[str]]:
    """The items of every list of single words or compounds that holds no number."""
    for match in _AND.finditer(text):
        items = re.split(r",? (?:and|or) |, ", match.group())
        if len(items) > 1 and not any(item[0].isdigit() for item in items):
            yield items


def _partner(
    claim: Sentence, quantity: Quantity, run: list[Quantity], items: list[str]
) -> int | None:
    """Which of the items the claim pairs the number with; None where it names none, or any."""
    places = {
        number: match.start()
        for match in COMPOUND.finditer(claim.text)
        for number, item in enumerate(items)
        if squash(match.group()) == squash(item)
    }
    if not places:
        return None
    numbers = [q for q in claim.quantities if any(same_value(q, other) for other in run)]
    if len(numbers) == len(places) > 1:
        ordered = sorted(places, key=lambda number: places[number])
        return ordered[numbers.index(quantity)] if quantity in numbers else None
    return min(places, key=lambda number: abs(places[number] - quantity.start))
