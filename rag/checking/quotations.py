"""Whether what stands between quotation marks stands in a passage, word for word; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from rag.checking.lexicon import HEDGES, NEGATORS, SCOPES, SOFTENERS
from rag.checking.numbers import is_number_word
from rag.checking.opposites import polarities
from vectorstore.terms import stem

LEAST_WORDS = 4
_QUOTATION = re.compile(r"“([^“”]{1,4000})”|\"([^\"]{1,4000})\"")
_WORD = re.compile(r"[^\W_]+(?:[-.'’/+][^\W_]+)*\+*")
_ELLIPSIS = re.compile(r"\s*(?:\[\s?(?:\.\.\.|…)\s?\]|\.\.\.|…)\s*")
_MOST_GAP = 40
_MOST_STARTS = 4
_MOST_WORDS = 400
_MEANING = HEDGES | NEGATORS | SCOPES | SOFTENERS | {"and", "or", "than", "from", "to", "with"}


class Repair(NamedTuple):
    """The passage's own words for a quotation: `passages[passage][start:end]`."""

    passage: int
    start: int
    end: int


class _Word(NamedTuple):
    text: str
    folded: str
    start: int
    end: int


def check_quotations(claim: str, passages: Sequence[str]) -> list[str]:
    """The quotations of four words or more that stand in no passage; white space is folded."""
    folded = [_fold(text) for text in passages]
    return [
        quotation
        for quotation in find_quotations(claim)
        if not any(_fold(quotation) in text for text in folded)
    ]


def find_quotations(claim: str) -> list[str]:
    """What stands between quotation marks, if it has four words or more."""
    found = (match[1] or match[2] for match in _QUOTATION.finditer(claim))
    return [text for text in found if len(list(islice(_WORD.finditer(text), 4))) >= LEAST_WORDS]


def repair_quotation(quotation: str, passages: Sequence[str]) -> Repair | None:
    """The span that a quotation nearly is; None where none is near enough.

    White space, case, the marks at its ends, one word inside changed, added or left out, and words
    left out at an ellipsis are forgiven; never a number, a name, a negation, or a word of
    direction, hedge or scope.
    """
    parts = [_words(part) for part in _ELLIPSIS.split(quotation)]
    parts = [part for part in parts if part]
    if not parts or sum(map(len, parts)) > _MOST_WORDS:
        return None
    for number, passage in enumerate(passages):
        words = _words(passage)
        span = _find_parts(parts, words)
        if span is not None:
            first, last = span
            return Repair(number, words[first].start, _closing(passage, words[last].end, quotation))
    return None


def _closing(passage: str, end: int, quotation: str) -> int:
    """Takes in the mark that ends the passage's sentence, if the quotation ends with one."""
    same = quotation.rstrip()[-1:] in ".!?%)" and passage[end : end + 1] == quotation.rstrip()[-1:]
    return end + 1 if same else end


def _find_parts(parts: list[list[_Word]], words: list[_Word]) -> tuple[int, int] | None:
    """First and last word of the span that holds all parts in order, not too far apart."""
    first = None
    last = -1
    for part in parts:
        end = len(words) if first is None else min(len(words), last + 1 + _MOST_GAP + len(part))
        found = _find(part, words, last + 1, end, exact=len(parts) > 1)
        if found is None:
            return None
        first = found[0] if first is None else first
        last = found[1]
    return None if first is None else (first, last)


def _find(
    part: list[_Word], words: list[_Word], start: int, end: int, exact: bool
) -> tuple[int, int] | None:
    """Where a part stands among `words[start:end]`, at most one harmless word apart."""
    for begin in _likely_starts(part, words, start, end):
        for shift in (0, 1, -1):
            span = _compare(part, words, begin + shift, end, exact)
            if span is not None and begin + shift >= start:
                return span
    return None


def _likely_starts(part: list[_Word], words: list[_Word], start: int, end: int) -> list[int]:
    """Where a part would begin for most of its words to stand in their places."""
    places: dict[str, list[int]] = {}
    for place in range(start, end):
        known = places.setdefault(words[place].folded, [])
        if len(known) < 50:
            known.append(place)
    votes = Counter(
        place - offset
        for offset, word in enumerate(part)
        for place in places.get(word.folded, ())
        if place - offset >= start - 1
    )
    return [begin for begin, _ in votes.most_common(_MOST_STARTS)]


def _compare(
    part: list[_Word], words: list[_Word], begin: int, end: int, exact: bool
) -> tuple[int, int] | None:
    """The span from `begin` on that is the part but for at most one harmless word."""
    if begin < 0:
        return None
    here = [word.folded for word in part]
    for length in (len(part), len(part) + 1, len(part) - 1):
        if length < 1 or begin + length > end or (exact and length != len(part)):
            continue
        there = [word.folded for word in words[begin : begin + length]]
        if _is_near(part, words[begin : begin + length], here, there, exact):
            return begin, begin + length - 1
    return None


def _is_near(
    part: list[_Word], span: list[_Word], here: list[str], there: list[str], exact: bool
) -> bool:
    if here == there:
        return True
    if exact or len(part) < LEAST_WORDS:
        return False
    left = next(
        (place for place, (a, b) in enumerate(zip(here, there, strict=False)) if a != b),
        min(len(here), len(there)),
    )
    cut_here = left + (len(here) >= len(there))
    cut_there = left + (len(there) >= len(here))
    if not left or not here[cut_here:] or here[cut_here:] != there[cut_there:]:
        return False
    return all(map(_is_harmless, [*part[left:cut_here], *span[left:cut_there]]))


def _is_harmless(word: _Word) -> bool:
    """Whether a quotation may differ by this word: it is no number, name, negation or direction."""
    if any(letter.isdigit() or letter.isupper() for letter in word.text):
        return False
    means = word.folded in _MEANING or is_number_word(word.folded)
    return not means and not polarities(stem(word.folded))


def _words(text: str) -> list[_Word]:
    return [
        _Word(match.group(), match.group().casefold(), match.start(), match.end())
        for match in _WORD.finditer(text)
    ]


def _fold(text: str) -> str:
    return " ".join(text.split())
