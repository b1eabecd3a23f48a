"""Draft -> Answer: decides what the reader gets to see; pure, and needs no LLM.

A sentence that quotes must quote exactly: its evidence is a span of the abstract, and those words
stand in it between quotation marks. What does not hold is removed and listed as removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.answer import (
    Answer,
    Citation,
    Draft,
    DraftSentence,
    Evidence,
    Sentence,
    Verdict,
    cite,
    fold,
)

ABSTENTION = "The abstracts do not say."


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one sentence, and its reason in words."""

    verdict: Verdict
    reason: str | None = None


def check_sentence(sentence: DraftSentence) -> Finding:
    """Whether a sentence says what its evidence says."""
    if not sentence.evidence:
        return Finding("unsupported", "it cites nothing")
    for place in sentence.evidence:
        problem = _misplaced(place)
        if problem:
            return Finding("unsupported", problem)
        if sentence.quoted and f"“{fold(place.quote)}”" not in fold(sentence.text):
            return Finding("unsupported", "its quotation is not what the abstract says there")
    if not sentence.quoted:
        return Finding("unsupported", "it does not quote its evidence")
    return Finding("supported")


def finish(question: str, standalone: str, draft: Draft, timings: Mapping[str, float]) -> Answer:
    """The answer that a draft makes once every sentence of it has been checked."""
    kept: list[tuple[DraftSentence, Finding]] = []
    removed: list[tuple[DraftSentence, Finding]] = []
    for sentence in draft.sentences:
        finding = check_sentence(sentence)
        (removed if finding.verdict == "unsupported" else kept).append((sentence, finding))
    citations = _number([place for sentence, _ in kept + removed for place in sentence.evidence])
    shown = tuple(_present(sentence, finding, citations) for sentence, finding in kept)
    abstained = not shown
    nearest = draft.nearest if abstained else ()
    return Answer(
        question=question,
        standalone_question=standalone,
        text=ABSTENTION if abstained else " ".join(_marked(sentence) for sentence in shown),
        abstained=abstained,
        reason=_reason(draft, removed) if abstained else draft.reason,
        confidence=draft.confidence,
        sentences=shown,
        removed=tuple(_present(sentence, finding, citations) for sentence, finding in removed),
        citations=tuple(citations.values()),
        nearest=tuple(cite(number, place) for number, place in enumerate(nearest, start=1)),
        answerer=draft.answerer,
        timings_ms=dict(timings),
    )


def _misplaced(place: Evidence) -> str | None:
    """What is wrong with a place as a place; None where it is one."""
    if not 0 <= place.start < place.end <= len(place.record.abstract):
        return f"[{place.start}, {place.end}) is no place in the abstract"
    return None


def _number(places: list[Evidence]) -> dict[tuple[str, int, int], Citation]:
    """Citations by place, numbered from 1 in order of first use; misplaced ones have none."""
    numbered: dict[tuple[str, int, int], Citation] = {}
    for place in places:
        key = (place.record.id, place.start, place.end)
        if key not in numbered and not _misplaced(place):
            numbered[key] = cite(len(numbered) + 1, place)
    return numbered


def _present(
    sentence: DraftSentence, finding: Finding, citations: Mapping[tuple[str, int, int], Citation]
) -> Sentence:
    keys = [(place.record.id, place.start, place.end) for place in sentence.evidence]
    numbers = tuple(dict.fromkeys(citations[key].number for key in keys if key in citations))
    return Sentence(sentence.text, numbers, finding.verdict, finding.reason)


def _marked(sentence: Sentence) -> str:
    return sentence.text + "".join(f" [{number}]" for number in sentence.citations)


def _reason(draft: Draft, removed: list[tuple[DraftSentence, Finding]]) -> str:
    if draft.reason is None and removed:
        return "Nothing of the drafted answer withstood the check against the abstracts."
    return draft.reason or "No abstract states what is asked."
