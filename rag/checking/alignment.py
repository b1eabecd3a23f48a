"""Which words of the passages the words of a claim stand for; pure.

A claim rests on the sentence that carries most of it and, where a second one carries a good part
of the rest, on both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rag.checking.lexicon import PREFIXES, groups, without_prefix
from rag.checking.reading import Place, Sentence, Token

SAME, RELATED, OPPOSED, PREFIXED = 1.0, 0.8, 0.5, 0.4
_SECOND_GAIN = 0.08
_SHARED_HEAD = 0.6
_LEAST_BASE = 5
_LEAST_LINKS = 4
_CLOSE, _COPIED = 0.8, 0.9


@dataclass(frozen=True, slots=True)
class Link:
    """A word of the claim and the word of a sentence that it stands for."""

    claim: int
    evidence: int
    strength: float


@dataclass(frozen=True, eq=False)
class Alignment:
    """A claim against one sentence of the passages; equal to itself only."""

    claim: Sentence
    place: Place
    links: tuple[Link, ...]

    @cached_property
    def strengths(self) -> dict[int, float]:
        """How well each aligned word of the claim is carried."""
        return {link.claim: link.strength for link in self.links}

    @cached_property
    def coverage(self) -> float:
        """The share of the claim's weight that the sentence carries."""
        return covered(self.claim, self.strengths)

    @cached_property
    def is_close(self) -> bool:
        """Whether the claim keeps so closely to the sentence's words that their order speaks."""
        return len(self.links) >= _LEAST_LINKS and self.coverage >= _CLOSE and self.order >= _CLOSE

    @cached_property
    def is_copy(self) -> bool:
        """Whether the claim is the sentence over again, but for a word or two."""
        return self.is_close and self.coverage >= _COPIED

    @cached_property
    def order(self) -> float:
        """The share of the aligned words that stand in the same order."""
        return _longest_rise([link.evidence for link in self.links]) / max(1, len(self.links))


def covered(claim: Sentence, strengths: dict[int, float]) -> float:
    """The share of a claim's weight that these strengths carry; 1 of a claim without weight."""
    total = sum(claim.tokens[place].weight for place in claim.content)
    carried = sum(claim.tokens[place].weight * strengths.get(place, 0.0) for place in claim.content)
    return carried / total if total else 1.0


def align(claim: Sentence, place: Place) -> Alignment:
    """Each content word of the claim with the likeliest word of a sentence, where there is one."""
    evidence = place.sentence
    links: list[Link] = []
    last = -1
    for number in claim.content:
        link = _link(claim, number, evidence, last)
        if link is not None:
            links.append(link)
            last = link.evidence
    return Alignment(claim, place, tuple(links))


def choose(alignments: Sequence[Alignment], bonus: Sequence[float]) -> list[Alignment]:
    """The sentences that a claim rests on: one, or two; best first.

    Args:
        alignments: One a sentence of the passages.
        bonus: What else speaks for each sentence, in the unit of coverage.
    """
    scores = [found.coverage + extra for found, extra in zip(alignments, bonus, strict=True)]
    first = max(range(len(scores)), key=lambda number: scores[number])
    best = alignments[first]
    gains = [
        covered(best.claim, joined([best, other])) - best.coverage + 0.1 * extra
        for other, extra in zip(alignments, bonus, strict=True)
    ]
    second = max(range(len(gains)), key=lambda number: gains[number])
    chosen = [best, alignments[second]]
    return chosen if second != first and gains[second] >= _SECOND_GAIN else [best]


def joined(alignments: Sequence[Alignment]) -> dict[int, float]:
    """How well each word of a claim is carried by several sentences together."""
    together: dict[int, float] = {}
    for found in alignments:
        for place, strength in found.strengths.items():
            together[place] = max(strength, together.get(place, 0.0))
    return together


def _link(claim: Sentence, number: int, evidence: Sentence, last: int) -> Link | None:
    token = claim.tokens[number]
    for strength, places in (
        (SAME, evidence.stems.get(token.stem, ())),
        (RELATED, _synonyms(token, evidence)),
        (RELATED, _kin(token, evidence)),
        (OPPOSED, _in_family(token, evidence)),
        (PREFIXED, prefixed(token, evidence)),
    ):
        if places:
            return Link(number, _nearest(places, last), strength)
    return None


def _synonyms(token: Token, evidence: Sentence) -> list[int]:
    same_side = [
        place
        for found in token.polarities
        for place, _ in evidence.families.get(found.family, ())
        if found in evidence.tokens[place].polarities
    ]
    return same_side or [p for group in groups(token.stem) for p in evidence.groups.get(group, ())]


def _kin(token: Token, evidence: Sentence) -> list[int]:
    """A word that begins alike: `optimizing` and `optimization`, `depends` and `dependence`."""
    place = evidence.heads.get(token.folded[:5]) if len(token.folded) >= 5 else None
    if place is None:
        return []
    other = evidence.tokens[place].folded
    length = _common_length(token.folded, other)
    return [place] if length >= _SHARED_HEAD * max(len(token.folded), len(other)) else []


def _in_family(token: Token, evidence: Sentence) -> list[int]:
    return [p for found in token.polarities for p, _ in evidence.families.get(found.family, ())]


def prefixed(token: Token, evidence: Sentence) -> list[int]:
    """Places of the word with a negating prefix more or less: of `stable`, those of `unstable`."""
    bare = without_prefix(token.folded)
    if bare is not None and bare in evidence.stems:
        return evidence.stems[bare]
    if len(token.folded) < _LEAST_BASE:
        return []
    return [p for prefix in PREFIXES for p in evidence.stems.get(prefix + token.stem, ())]


def _nearest(places: Sequence[int], last: int) -> int:
    """The place that follows the last one most closely; one behind it counts as far."""
    return min(places, key=lambda place: place - last if place > last else 3 * (last - place) + 3)


def _common_length(first: str, second: str) -> int:
    length = 0
    for left, right in zip(first, second, strict=False):
        if left != right:
            break
        length += 1
    return length


def _longest_rise(values: Sequence[int]) -> int:
    """The length of the longest strictly rising subsequence."""
    tails: list[int] = []
    for value in values:
        place = bisect_left(tails, value)
        tails[place : place + 1] = [value]
    return len(tails)
