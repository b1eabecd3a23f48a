"""Draft -> Answer: decides what the reader gets to see; pure, and needs no LLM.

A sentence that quotes must quote exactly. Any other must say what the abstracts that it cites say
(`rag.checking`). What does not hold is removed and listed as removed. Where too little of an LLM's
draft is left, the quotations of its fallback stand in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import sqrt

from rag.answer import Answer, Citation, Draft, Evidence, Sentence, cite
from rag.checking import Judge, Reader
from rag.review import Reviewed, label, review
from vectorstore.records import Record

ABSTENTION = "The abstracts do not say."
LEAST_KEPT = 0.5
"""Share of an LLM's sentences that must withstand the check, or else quotations join them."""
_NOTHING_LEFT = "Nothing of the drafted answer withstood the check against the abstracts."
_QUOTED_INSTEAD = (
    "Nothing that the LLM wrote withstood the check against the abstracts; "
    "answered in their own words."
)
_QUOTED_TOO = (
    "Little that the LLM wrote withstood the check against the abstracts; "
    "their own words were added."
)
_LABEL = re.compile(re.escape(label("\0")).replace("\0", "(.+?)"))


class Numbering:
    """Numbers of citations: from 1, in order of first use, one for each place."""

    def __init__(self) -> None:
        """Starts with none."""
        self._numbered: dict[tuple[str, int, int], Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All so far."""
        return tuple(self._numbered.values())

    def present(self, reviewed: Reviewed) -> Sentence:
        """The sentence with the numbers of its citations, in its reason too."""
        places = [place for place in reviewed.sentence.evidence if _is_place(place)]
        numbers = tuple(dict.fromkeys(self._number(place) for place in places))
        by_record = {place.record.id: self._number(place) for place in reversed(places)}
        reason = reviewed.reason and _LABEL.sub(
            lambda match: f"[{by_record[match[1]]}]" if match[1] in by_record else "the abstract",
            reviewed.reason,
        )
        return Sentence(reviewed.sentence.text, numbers, reviewed.verdict, reason)

    def _number(self, place: Evidence) -> int:
        key = (place.record.id, place.start, place.end)
        if key not in self._numbered:
            self._numbered[key] = cite(len(self._numbered) + 1, place)
        return self._numbered[key].number


def finish(
    question: str,
    standalone: str,
    draft: Draft,
    timings: Mapping[str, float],
    retrieved: Sequence[Record] = (),
    read: Reader | None = None,
    judge: Judge | None = None,
) -> Answer:
    """The answer that a draft makes once every sentence of it has been checked.

    Args:
        question: As asked.
        standalone: Complete in itself.
        draft: By whichever answerer.
        timings: Milliseconds by step.
        retrieved: The papers found: a citation that fails is corrected to one of these.
        read: Token states by the embedding model, for meaning; None goes by words alone.
        judge: Reads a sentence together with passages; None goes by rules alone.
    """
    reviewed = [review(item, retrieved, standalone, read, judge) for item in draft.sentences]
    return settle(question, standalone, draft, reviewed, timings)


def settle(
    question: str,
    standalone: str,
    draft: Draft,
    reviewed: Sequence[Reviewed],
    timings: Mapping[str, float],
) -> Answer:
    """The answer that a draft makes, its sentences being reviewed, in their order."""
    kept = [item for item in reviewed if item.kept]
    confidence = confidence_of(draft, kept)
    if kept and confidence < draft.threshold:
        reason = f"the confidence in the answer is {confidence:.2f}, below {draft.threshold:.2f}"
        reviewed = [
            replace(item, verdict="unsupported", reason=reason) if item.kept else item
            for item in reviewed
        ]
        kept, confidence = [], draft.confidence
    added = _stand_in(draft, kept, len(reviewed))
    numbering = Numbering()
    sentences = tuple(numbering.present(item) for item in (*kept, *added))
    removed = tuple(numbering.present(item) for item in reviewed if not item.kept)
    abstained = not sentences
    nearest = (draft.nearest or _nearest_of(draft.fallback)) if abstained else ()
    return Answer(
        question=question,
        standalone_question=standalone,
        text=ABSTENTION if abstained else " ".join(_marked(sentence) for sentence in sentences),
        abstained=abstained,
        reason=_reason(draft, kept, added, bool(removed)),
        confidence=confidence,
        sentences=sentences,
        removed=removed,
        citations=numbering.citations,
        nearest=tuple(cite(number, place) for number, place in enumerate(nearest, start=1)),
        answerer=draft.fallback.answerer if draft.fallback and added and not kept
        else draft.answerer,
        timings_ms=dict(timings),
        usage=draft.usage,
    )  # fmt: skip


def _stand_in(draft: Draft, kept: Sequence[Reviewed], drafted: int) -> list[Reviewed]:
    """Quotations to add where too little of a draft was kept."""
    if draft.fallback is None or not drafted or len(kept) >= LEAST_KEPT * drafted:
        return []
    quoted = [review(sentence) for sentence in draft.fallback.sentences]
    return [item for item in quoted if item.kept]


def confidence_of(draft: Draft, kept: Sequence[Reviewed]) -> float:
    """The confidence in a draft, given what was kept of it.

    What an LLM wrote is right if the abstracts say it, and if they answer the question: the
    lesser of the two counts. That an LLM found an answer at all makes the second likelier than
    the embedded answerer thinks; the root of its confidence is a guess, not calibrated.
    """
    if draft.fallback is None or not kept:
        return draft.confidence
    held = sum(item.probability for item in kept) / len(kept)
    return min(sqrt(draft.confidence), held)


def _reason(
    draft: Draft, kept: Sequence[Reviewed], added: Sequence[Reviewed], removed: bool
) -> str | None:
    if added:
        return _QUOTED_TOO if kept else _QUOTED_INSTEAD
    if kept:
        return draft.reason
    if draft.reason is None and removed:
        return _NOTHING_LEFT
    return draft.reason or "No abstract states what is asked."


def _nearest_of(draft: Draft | None) -> tuple[Evidence, ...]:
    if draft is None:
        return ()
    return draft.nearest or tuple(place for item in draft.sentences for place in item.evidence)


def _is_place(place: Evidence) -> bool:
    return 0 <= place.start < place.end <= len(place.record.abstract)


def _marked(sentence: Sentence) -> str:
    return sentence.text + "".join(f" [{number}]" for number in sentence.citations)
