"""The model's confidence in an answer, bound by what is plain; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answerers.reading import ReadText
from rag.question import Question

DOUBTFUL = 0.4
ASSURED = 0.6
HELD = 0.6
"""Least share of a question's words in a sentence that is surely to the point."""
COUNT_REACH = 6
"""Words, at most, between a number and the thing that it counts."""


def weigh(
    asked: Question,
    picked: Sequence[ReadText],
    confidence: float,
    said: frozenset[str] = frozenset(),
    own: frozenset[str] = frozenset(),
) -> float:
    """The model's confidence, bound by what is plain.

    Sentences without a number, or that do not speak of what is counted, do not say how many. A
    number asked about (`4-bit`, `512x512`) that no picked sentence holds is not the number that
    they speak of. What abstracts seldom say (`optimizer`, `epochs`) is not said in one that lacks
    the word. A sentence of the best paper that holds a number, every name and most words of the
    question is seldom beside the point.

    Args:
        asked: The question.
        picked: The sentences to be quoted.
        confidence: The model's.
        said: Terms of the best paper, all of them.
        own: What that paper calls its own: such names need not stand in the sentence.
    """
    held = frozenset[str]().union(*(sentence.squashed for sentence in picked))
    lacking = asked.counts and not any(_counts(asked, sentence) for sentence in picked)
    foreign = any(re.match(r"\d", word.text) and word.squashed not in held for word in asked.words)
    unsaid = said and not said.issuperset(asked.attributes)
    if lacking or foreign or unsaid:
        return confidence * DOUBTFUL
    asks_for_it = asked.quantity or not asked.openings.isdisjoint({"what", "which"})
    ours = [item for item in picked if not said or said.issuperset(item.terms)]
    if asks_for_it and asked.names and any(_holds_most(asked, item, own) for item in ours):
        return max(confidence, ASSURED)
    return confidence


def _counts(asked: Question, sentence: ReadText) -> bool:
    """Whether a sentence holds a number, by a word for what is counted where that is known."""
    if not sentence.amounts or not asked.counted:
        return bool(sentence.amounts)
    terms = {term for word in asked.counted for term in word.terms}
    counted = [p for p, word in enumerate(sentence.words) if not terms.isdisjoint(word.terms)]
    return any(abs(a - b) <= COUNT_REACH for a in counted for b in sentence.amounts)


def _holds_most(asked: Question, sentence: ReadText, own: frozenset[str]) -> bool:
    """Whether a sentence holds a number, every name but the paper's own, and most words."""
    known = sentence.squashed | own
    others = [word for word in asked.words if word.squashed not in own]
    held = [word for word in others if not sentence.terms.isdisjoint(word.terms)]
    named = all(name.squashed in known for name in asked.names)
    return _counts(asked, sentence) and named and len(held) >= HELD * len(others)
