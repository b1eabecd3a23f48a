"""Who is set above whom: `A outperforms B`, `B is slower than A`; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag.checking.opposites import polarities
from rag.checking.reading import Sentence
from vectorstore.terms import stem

_ABOVE = frozenset(map(stem, "outperform surpass exceed beat outstrip outdo superior".split()))
_BELOW = frozenset(map(stem, "underperform inferior lag trail".split()))
_AGAINST = frozenset({"than", "over", "versus", "vs"})
_PHRASES = frozenset({("compared", "with"), ("compared", "to"), ("relative", "to"),
                      ("comparison", "with"), ("comparison", "to")})  # fmt: skip
_RANKED = ("quality", "amount", "speed", "cost", "strength", "ease", "density", "order", "age")
_REACH = 9
_AS_REACH = 4


class Ranking(NamedTuple):
    """Two sides of a comparison, as stems, and whether the first is set above (1) or below (-1)."""

    first: frozenset[str]
    second: frozenset[str]
    sign: int
    family: str


def is_swapped(claim: Sentence, evidence: Sequence[Sentence]) -> Ranking | None:
    """The claim's comparison, where the evidence ranks the same two the other way round."""
    rankings = [other for text in evidence for other in rank(text)]
    for mine in rank(claim):
        crossed = [other for other in rankings if _fits(mine, other) < 0]
        if crossed and not any(_fits(mine, other) > 0 for other in rankings):
            return mine
    return None


def agreed_families(claim: Sentence, evidence: Sequence[Sentence]) -> frozenset[str]:
    """The pairs of opposites by which claim and evidence rank the same two alike.

    `B is slower than A` agrees with `A is faster than B`, though `slower` opposes `faster`.
    """
    rankings = [other for text in evidence for other in rank(text)]
    return frozenset(
        mine.family for mine in rank(claim) if any(_fits(mine, other) > 0 for other in rankings)
    )


def rank(sentence: Sentence) -> Iterator[Ranking]:
    """Every comparison of a sentence."""
    tokens = sentence.tokens
    for place, token in enumerate(tokens):
        following = tokens[place + 1].folded if place + 1 < len(tokens) else ""
        if token.stem in _ABOVE or token.stem in _BELOW:
            sign = 1 if token.stem in _ABOVE else -1
            passive = following == "by"
            yield _ranking(sentence, place, place + 1, -sign if passive else sign, "quality")
        elif _sets_against(sentence, place, following):
            found = _sign_before(sentence, place)
            if found is not None:
                yield _ranking(sentence, found[0], place + 1, found[1], found[2])


def _sets_against(sentence: Sentence, place: int, following: str) -> bool:
    """Whether what follows is what something is compared with: `than`, `over`, the second `as`."""
    word = sentence.tokens[place].folded
    if word == "as":
        before = sentence.tokens[max(0, place - _AS_REACH) : place - 1]
        return any(token.folded == "as" for token in before)
    return word in _AGAINST or (word, following) in _PHRASES


def _sign_before(sentence: Sentence, place: int) -> tuple[int, int, str] | None:
    """(place, side, family) of the last word of direction before a comparing word."""
    for before in range(place - 1, max(-1, place - _REACH), -1):
        token = sentence.tokens[before]
        for found in polarities(token.stem):
            if found.family in _RANKED:
                return before, -found.side if token.negated else found.side, found.family
    return None


def _ranking(sentence: Sentence, left: int, right: int, sign: int, family: str) -> Ranking:
    first = _stems(sentence, max(0, left - _REACH), left)
    second = _stems(sentence, right, min(len(sentence.tokens), right + _REACH))
    return Ranking(first - second, second - first, sign, family)


def _stems(sentence: Sentence, start: int, end: int) -> frozenset[str]:
    return frozenset(token.stem for token in sentence.tokens[start:end] if token.weight)


def _fits(mine: Ranking, other: Ranking) -> int:
    """1 where two comparisons agree, -1 where they rank the same two in opposite order, else 0."""
    straight = min(len(mine.first & other.first), len(mine.second & other.second))
    crossed = min(len(mine.first & other.second), len(mine.second & other.first))
    if mine.family != other.family or straight == crossed:
        return 0
    order = 1 if straight > crossed else -1
    return order * mine.sign * other.sign
