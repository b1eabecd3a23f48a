"""Which other passage supports a sentence that its own citation does not; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rag.checking.alignment import align, covered, joined
from rag.checking.check import Finding, check_claim
from rag.checking.meaning import Reader
from rag.checking.model import Judge
from rag.checking.reading import Place, Sentence, read_passages, read_sentence

_LEAST_COVERAGE = 0.6
_LEAST_PROBABILITY = 0.7
_MOST_CHECKED = 3


class Support(NamedTuple):
    """A passage that supports a sentence, by its place among those given, and the finding."""

    passage: int
    finding: Finding


def find_support(
    claim: str,
    passages: Sequence[str],
    question: str = "",
    read: Reader | None = None,
    judge: Judge | None = None,
) -> Support | None:
    """The passage that supports a sentence in full, and most surely; None where none does.

    Only the few passages that carry most of its words are checked, so that twenty passages cost
    little more than one. A passage found by looking through many must be surer than one cited.

    Args:
        claim: Without citation marks.
        passages: Texts to choose from: title and abstract, or passages.
        question: What was asked.
        read: As for `check_claim`.
        judge: As for `check_claim`.
    """
    sentence = read_sentence(claim)
    fits = [_fit(sentence, read_passages([passage])) for passage in passages]
    likely = [number for number, fit in enumerate(fits) if fit.coverage >= _LEAST_COVERAGE]
    likely.sort(key=lambda number: (-fits[number].numbers, -fits[number].coverage))
    found = [
        Support(number, check_claim(claim, [passages[number]], question, read, judge=judge))
        for number in likely[:_MOST_CHECKED]
    ]
    sure = [
        item
        for item in found
        if item.finding.verdict == "supported" and item.finding.probability >= _LEAST_PROBABILITY
    ]
    return max(sure, key=lambda item: item.finding.probability, default=None)


class _Fit(NamedTuple):
    """How many of a claim's numbers a passage has, and what share of its weight it carries."""

    numbers: int
    coverage: float


def _fit(claim: Sentence, places: Sequence[Place]) -> _Fit:
    values = [other.value for place in places for other in place.sentence.quantities]
    strengths = joined([align(claim, place) for place in places])
    return _Fit(sum(q.value in values for q in claim.quantities), covered(claim, strengths))
