"""What each number of a claim is said of, and whether the passages say it of the same; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from rag.checking.context import likeness, nearest_token
from rag.checking.labels import head_of, labels_of, spell
from rag.checking.numbers import Quantity
from rag.checking.reading import Sentence
from rag.checking.respectively import runs_of_numbers, wrong_partner
from rag.checking.worth import is_rounded, same_unit, same_value
from rag.question import squash

Misuse = Literal["absent", "counted", "unit", "about", "rival", "pair", "bound", "role"]
_NUMBERED = re.compile(r"\d+(?!(?:st|nd|rd|th)\b)[A-Za-z-]")
_CLEARLY = 0.2
_LEAST_LIKENESS = 0.35
_MOST_PLACES = 12
_CLAUSE_GAP = 30
_MOST_COUNTED = 10


class NumberProblem(NamedTuple):
    """A number of the claim that the passages do not state so.

    Attributes:
        kind: `absent`; absent, but perhaps `counted` by the claim itself; another `unit`; stated
            `about` something else; a `rival` stands there instead; stated, but not in a `pair` with
            another number of the claim; with another `bound`; at the other end of a change
            (`role`).
        text: The number, as the claim has it.
        thing: What the claim says it of or with, or what the passages have instead.
    """

    kind: Misuse
    text: str
    thing: str = ""


class _Use(NamedTuple):
    """A number where it stands in a passage."""

    quantity: Quantity
    sentence: Sentence


def check_numbers(
    claim: Sentence, chosen: Sequence[Sentence], everything: Sequence[Sentence], close: bool
) -> list[NumberProblem]:
    """What is wrong with the claim's numbers.

    Args:
        claim: What is checked.
        chosen: The sentences that it rests on.
        everything: All sentences of the passages, titles included.
        close: Whether it keeps so closely to the first of them that the order of words speaks.
    """
    stated = [q for q in claim.quantities if not (q.spelled and q.value == 1)]
    uses = {quantity: _uses(quantity, chosen, everything) for quantity in stated}
    pairs = {q: _check_pair(claim, q, _fitting(q, uses[q])) for q in stated}
    confirmed = {item for q, (others, _) in pairs.items() if others for item in (q, *others)}
    found = []
    for quantity in stated:
        problem = _check_statement(claim, quantity, uses[quantity], chosen) or pairs[quantity][1]
        if problem is None and uses[quantity]:
            fitting = _fitting(quantity, uses[quantity])
            sure = quantity in confirmed
            problem = _check_thing(claim, quantity, fitting, close, sure)
            if problem is None and not sure:
                problem = _check_lead(claim, quantity, fitting, chosen[0], close)
        if problem is not None:
            found.append(problem)
    return [*found, *_absent_compounds(claim, everything)]


def _absent_compounds(claim: Sentence, everything: Sequence[Sentence]) -> Iterator[NumberProblem]:
    """Words that begin with digits but are no numbers, as `256x256`, that the passages lack."""
    forms = frozenset[str]().union(*(text.forms for text in everything))
    for match in claim.compounds:
        counted = any(q.start < match.end() and match.start() < q.end for q in claim.quantities)
        if _NUMBERED.match(match.group()) and not counted and squash(match.group()) not in forms:
            yield NumberProblem("absent", match.group())


def _fitting(quantity: Quantity, uses: list[_Use]) -> list[_Use]:
    return [use for use in uses if same_unit(quantity, use.quantity)]


def _uses(
    quantity: Quantity, chosen: Sequence[Sentence], everything: Sequence[Sentence]
) -> list[_Use]:
    """Where the passages have a number of that worth; in the chosen sentences, if they do."""
    for sentences in (chosen, everything):
        uses = [
            _Use(other, text)
            for text in sentences
            for other in text.quantities
            if same_value(quantity, other)
        ]
        fitting = [use for use in uses if same_unit(quantity, use.quantity)]
        if fitting or (uses and sentences is everything):
            return (fitting or uses)[:_MOST_PLACES]
    return []


def _check_statement(
    claim: Sentence, quantity: Quantity, uses: list[_Use], chosen: Sequence[Sentence]
) -> NumberProblem | None:
    """Whether the passages have the number at all, and in its unit."""
    if not uses:
        if _is_named(quantity, chosen):
            return None
        own = _is_counted(claim, quantity, chosen)
        return NumberProblem("counted" if own else "absent", quantity.text)
    if not _fitting(quantity, uses):
        return NumberProblem("unit", quantity.text, uses[0].quantity.text)
    return None


def _is_counted(claim: Sentence, quantity: Quantity, chosen: Sequence[Sentence]) -> bool:
    """Whether a number may be the claim's own count of what the passages tell: `in two languages`.

    Not where these have another number of the same things, another share or another multiple.
    """
    others = [(text, other) for text in chosen for other in text.quantities]
    units = {other.unit for _, other in others}
    if quantity.share or (quantity.spelled and quantity.unit == "times"):
        return units.isdisjoint({"%"} if quantity.share else {"times", "ratio"})
    if not quantity.spelled or quantity.unit or quantity.value > _MOST_COUNTED:
        return False
    labels = labels_of(claim, quantity)[0]
    return not any(labels & labels_of(text, other)[0] for text, other in others)


def _check_thing(
    claim: Sentence, quantity: Quantity, uses: list[_Use], close: bool, confirmed: bool
) -> NumberProblem | None:
    """Whether the passages say the number of the same thing."""
    problem = _check_partner(claim, quantity, uses) or _check_label(claim, quantity, uses)
    if problem is None and _is_listed(uses):
        problem = _check_order(claim, quantity, uses)
    elif problem is None and not confirmed and not _has_role(quantity, uses):
        problem = _check_rival(claim, quantity, uses, close)
    return problem or _check_bound(quantity, uses)


def _has_role(quantity: Quantity, uses: list[_Use]) -> bool:
    """Whether the number is the same end of a change in the claim and in the passages."""
    return bool(quantity.role) and any(use.quantity.role == quantity.role for use in uses)


def _is_listed(uses: list[_Use]) -> bool:
    """Whether the passages give the number in a list with others, in which each rivals the next."""
    return any(use.quantity in run for use in uses for run in runs_of_numbers(use.sentence))


def _is_named(quantity: Quantity, sentences: Sequence[Sentence]) -> bool:
    """Whether the digits stand in a name or compound of the passages, as in `256x256`."""
    digits = re.sub(r"[^\d.]", "", quantity.text)
    return bool(digits) and any(
        digits in re.findall(r"[\d.]+", match.group())
        for text in sentences
        for match in text.compounds
    )


def _check_pair(
    claim: Sentence, quantity: Quantity, uses: list[_Use]
) -> tuple[list[Quantity], NumberProblem | None]:
    """The counted numbers beside a number in the claim that the passages confirm, or the first not.

    In `1.42 FID in 40 steps`, the steps beside 1.42 are 40; where the passage has `2 steps for an
    FID of 1.42`, they are 2.
    """
    confirmed: list[Quantity] = []
    for other in claim.quantities[: 2 * _MOST_PLACES]:
        labels = labels_of(claim, other)[0]
        if other is quantity or not labels or not _are_beside(claim, quantity, other, labels):
            continue
        beside = [_nearest_labelled(use.sentence, use.quantity, labels) for use in uses]
        if any(found is not None and same_value(other, found) for found in beside):
            confirmed.append(other)
        elif uses and all(found is not None for found in beside):
            return confirmed, NumberProblem("pair", other.text, spell(claim, quantity))
    return confirmed, None


def _are_beside(
    sentence: Sentence, first: Quantity, second: Quantity, labels: frozenset[str]
) -> bool:
    """Whether each is the other's nearest of those that count the same, or do not."""
    if _nearest_labelled(sentence, first, labels) is not second:
        return False
    others = [
        item
        for item in sentence.quantities
        if item is not second and not labels & labels_of(sentence, item)[0]
    ]
    return bool(others) and min(others, key=lambda item: _gap(sentence, item, second)) is first


def _nearest_labelled(
    sentence: Sentence, quantity: Quantity, labels: frozenset[str]
) -> Quantity | None:
    """The nearest other number that counts one of these things."""
    found = [
        item
        for item in sentence.quantities
        if item is not quantity and labels & labels_of(sentence, item)[0]
    ]
    return min(found, key=lambda item: _gap(sentence, item, quantity)) if found else None


def _gap(sentence: Sentence, first: Quantity, second: Quantity) -> int:
    """Characters between two numbers, each clause boundary counting as many more."""
    left, right = sorted((first, second), key=lambda item: item.start)
    clauses = sentence.clause_of(right.start) - sentence.clause_of(left.start)
    return right.start - left.end + _CLAUSE_GAP * clauses


def _check_partner(claim: Sentence, quantity: Quantity, uses: list[_Use]) -> NumberProblem | None:
    """In a list with `respectively`, the thing that the passages pair with another number."""
    partners = [wrong_partner(claim, quantity, use.sentence, use.quantity) for use in uses]
    wrong = next((partner for partner in partners if partner), None)
    return NumberProblem("about", quantity.text, wrong) if wrong and all(partners) else None


def _check_label(claim: Sentence, quantity: Quantity, uses: list[_Use]) -> NumberProblem | None:
    """What the claim counts by this number and the passages count by another."""
    right, left = labels_of(claim, quantity)
    head = head_of(claim, quantity)
    if head and uses and all(_counts_not(use, head) for use in uses):
        return _is_about(claim, quantity, head)
    for use in uses:
        own = frozenset[str]().union(*labels_of(use.sentence, use.quantity))
        if not (right | left) or not own or own & (right | left):
            return None
    for label in sorted(right):
        if all(_counted_otherwise(use, label) for use in uses):
            return _is_about(claim, quantity, label)
    return None


def _is_about(claim: Sentence, quantity: Quantity, label: str) -> NumberProblem:
    word = next(token.text for token in claim.tokens if token.stem == label)
    return NumberProblem("about", quantity.text, word)


def _counts_not(use: _Use, head: str) -> bool:
    """Whether a number has other labels than this noun, which another number beside it counts."""
    own = frozenset[str]().union(*labels_of(use.sentence, use.quantity))
    return bool(own) and head not in own and _counted_otherwise(use, head)


def _counted_otherwise(use: _Use, label: str) -> bool:
    return any(
        label in labels_of(use.sentence, other)[0]
        for other in use.sentence.quantities
        if not same_value(other, use.quantity)
    )


def _check_order(claim: Sentence, quantity: Quantity, uses: list[_Use]) -> NumberProblem | None:
    """A list of numbers that the passages have in another order."""
    mine = next((run for run in runs_of_numbers(claim) if quantity in run), None)
    if mine is None or len({item.value for item in mine}) < len(mine):
        return None
    for use in uses:
        run = next((r for r in runs_of_numbers(use.sentence) if use.quantity in r), [])
        order = [n for q in mine for n, other in enumerate(run) if same_value(q, other)]
        if len(order) < len(mine) or order == sorted(order) or _has_partner(claim, use):
            return None
    return NumberProblem("rival", quantity.text, mine[mine.index(quantity) - 1].text)


def _has_partner(claim: Sentence, use: _Use) -> bool:
    """Whether a list of the passages is paired with things, of which the claim names some."""
    return "respectively" in use.sentence.words and bool(claim.quantities)


def _check_rival(
    claim: Sentence, quantity: Quantity, uses: list[_Use], close: bool
) -> NumberProblem | None:
    """Another number of the same kind that stands much more plainly where the claim has this."""
    best, rivals = _rivalry(claim, quantity, uses, close)
    needed = max(best + _CLEARLY, _LEAST_LIKENESS)
    stronger = [(score, other) for score, other in rivals if score > needed]
    if not stronger or not labels_agree(claim, quantity, uses, [other for _, other in stronger]):
        return None
    return NumberProblem("rival", quantity.text, max(stronger, key=lambda item: item[0])[1].text)


def _may_rival(quantity: Quantity, other: Quantity) -> bool:
    """Whether another number could stand in the place of one: same unit, years for years."""
    return other.unit == quantity.unit and not other.spelled and other.is_year == quantity.is_year


def _check_lead(
    claim: Sentence, quantity: Quantity, uses: list[_Use], lead: Sentence, close: bool
) -> NumberProblem | None:
    """Another number where the claim has this, in a sentence that says the rest of the claim."""
    if any(use.sentence is lead for use in uses):
        return None
    best, _ = _rivalry(claim, quantity, uses, close)
    here, label = nearest_token(claim, quantity.start), labels_of(claim, quantity)[0]
    for other in lead.quantities[:_MOST_PLACES]:
        counted = labels_of(lead, other)[0]
        alike = _may_rival(quantity, other) and (not label or not counted or label & counted)
        fit = _likeness(claim, here, lead, other, close)
        if alike and fit > max(best + _CLEARLY, _LEAST_LIKENESS):
            return NumberProblem("rival", quantity.text, other.text)
    return None


def _rivalry(
    claim: Sentence, quantity: Quantity, uses: Sequence[_Use], close: bool
) -> tuple[float, list[tuple[float, Quantity]]]:
    """How well a number's own places fit its surroundings, and how well those of others do."""
    here = nearest_token(claim, quantity.start)
    best = max(_likeness(claim, here, use.sentence, use.quantity, close) for use in uses)
    rivals = [
        (_likeness(claim, here, sentence, other, close), other)
        for sentence in {id(use.sentence): use.sentence for use in uses}.values()
        for other in sentence.quantities[:_MOST_PLACES]
        if not same_value(quantity, other) and _may_rival(quantity, other)
    ]
    return best, rivals


def labels_agree(
    claim: Sentence, quantity: Quantity, uses: list[_Use], rivals: list[Quantity]
) -> bool:
    """Whether rivals count the same sort of thing as the number, or neither says what it counts."""
    own = labels_of(claim, quantity)[0]
    for use in uses:
        for rival in rivals:
            if rival in use.sentence.quantities:
                other = labels_of(use.sentence, rival)[0]
                if not own or not other or own & other:
                    return True
    return False


def _likeness(
    claim: Sentence, here: int, sentence: Sentence, other: Quantity, ordered: bool
) -> float:
    there = nearest_token(sentence, other.start)
    return likeness(claim, here, sentence, there, ordered)


def _check_bound(quantity: Quantity, uses: list[_Use]) -> NumberProblem | None:
    bounds = {use.quantity.bound for use in uses if not is_rounded(quantity, use.quantity)}
    if not bounds or quantity.share:
        return None
    if "about" in {quantity.bound, *bounds}:
        bounds |= {"", quantity.bound}
    if quantity.bound in bounds:
        roles = {use.quantity.role for use in uses}
        turned = {"from": "to", "to": "from"}.get(quantity.role)
        if turned and roles == {turned}:
            return NumberProblem("role", quantity.text)
        return None
    return NumberProblem("bound", quantity.text, next(iter(sorted(bounds))))
