"""Which words of a sentence a negation bears on; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.checking.lexicon import (
    EXEMPT_PAIRS,
    GENERIC,
    NEEDLESS,
    NEEDS,
    NEGATING_PAIRS,
    NEGATORS,
    OBJECT_VERBS,
    PASSED_OVER,
)
from rag.checking.opposites import polarities
from vectorstore.terms import STOPWORDS, stem

_NEGATED_WORDS = 7
_PAIR_WORDS = 4
_NEGATED_CONTENT = 2
_SPENT = 10
_DIRECTIONS = frozenset({"amount", "quality", "retain", "speed"})
"""Families of opposites on which a negation is spent."""
_COMPARED = ("more", "less", "fewer", "later")


def freed_places(text: str, matches: Sequence[re.Match[str]]) -> list[int]:
    """Places of words that `-free` follows, as in `training-free`."""
    return [
        place
        for place, (word, following) in enumerate(pairwise(matches))
        if following.group().casefold() == "free" and text[word.end() : following.start()] == "-"
    ]


def find_negations(
    folded: list[str], clauses: list[int], freed: Sequence[int]
) -> tuple[list[bool], list[bool]]:
    """Which words stand in the scope of a negation, and which are the first content in it.

    Two negations before one word cancel each other. `non` and `un` bear on the next word only,
    and `-free` on the one before it. After `or` the next content counts as first again. A
    negation is spent on a word of direction: who says that nothing is lost in accuracy does not
    deny the accuracy. And it bears on a verb of having before it: `needs no training` is `does not
    need training`.
    """
    negated, core = [False] * len(folded), [False] * len(folded)
    for place in freed:
        negated[place] = core[place] = True
    for place, word in enumerate(folded):
        following = folded[place + 1] if place + 1 < len(folded) else ""
        if not _negates(folded, place):
            continue
        if word == "no" and following not in STOPWORDS and _has_object(folded, place - 1):
            negated[place - 1] = not negated[place - 1]
        reach, content = _reach(word, following), 0
        for other in range(place + 1, min(place + 1 + reach, len(folded))):
            if clauses[other] != clauses[place] and content:
                break
            negated[other] = not negated[other]
            if folded[other] in ("or", "nor") and content < _SPENT:
                content = 0
            if folded[other] not in STOPWORDS and content < _NEGATED_CONTENT:
                if _bears(folded[other]):
                    content += _SPENT if _turns(folded[other]) else 1
                core[other] = True
    return negated, core


def _reach(word: str, following: str) -> int:
    if word == "non":
        return 1
    return _PAIR_WORDS if (word, following) in NEGATING_PAIRS else _NEGATED_WORDS


def _bears(folded: str) -> bool:
    """Whether a negation may end with this word: not with an adverb, or with `show` or `result`."""
    return not (folded in GENERIC or folded in PASSED_OVER or folded.endswith("ly"))


def _turns(folded: str) -> bool:
    return any(found.family in _DIRECTIONS for found in polarities(stem(folded)))


def _has_object(folded: list[str], place: int) -> bool:
    return place >= 0 and stem(folded[place]) in OBJECT_VERBS


def _negates(folded: list[str], place: int) -> bool:
    word, *after = folded[place : place + 4]
    following = after[0] if after else ""
    if (word, following) in EXEMPT_PAIRS or (word == "not" and folded[place - 1 : place] == ["or"]):
        return False
    if word in ("no", "not") and following in _COMPARED and after[1:2] == ["than"]:
        return False
    return (
        word in NEGATORS
        or word.endswith("n't")
        or (word, following) in NEGATING_PAIRS
        or (word in NEEDLESS and not NEEDS.isdisjoint(after))
    )
