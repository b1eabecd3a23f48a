"""`Answer`, which every way in returns, and `Draft`, which an answerer hands to the verifier."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from vectorstore.records import Record

Verdict = Literal["supported", "partly", "unsupported"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place in an abstract: `record.abstract[start:end]`."""

    record: Record
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The words at that place, verbatim."""
        return self.record.abstract[self.start : self.end]


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence that an answerer wrote, with the evidence it gives.

    Attributes:
        text: As it is to be read, without citation marks.
        evidence: The places it rests on.
        quoted: Whether `text` gives the evidence in its own words, between quotation marks.
    """

    text: str
    evidence: tuple[Evidence, ...]
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answerer proposes, before anything of it is checked.

    Attributes:
        sentences: The answer; none where it abstains.
        confidence: Probability that the answer is right, or would be, had it been given.
        nearest: The places that come nearest to an answer.
        reason: Why it abstains; None where it answers.
        answerer: Who wrote it.
        usage: Tokens and cost where an LLM ran.
        fallback: Quotations that stand in where too little of an LLM's draft is left.
        threshold: Least confidence at which it is given, once it has been checked.
    """

    sentences: tuple[DraftSentence, ...]
    confidence: float
    nearest: tuple[Evidence, ...] = ()
    reason: str | None = None
    answerer: str = "quote"
    usage: dict[str, Any] | None = None
    fallback: Draft | None = None
    threshold: float = 0.0


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered place in an abstract, with what a reader needs to find the paper."""

    number: int
    record_id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    url: str | None
    sources: tuple[str, ...]
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and what the check of it found."""

    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer, or an abstention; `to_json` is the stable form of DESIGN.

    Attributes:
        question: As asked.
        standalone_question: As answered: the same, or a follow-up made complete.
        text: All sentences with their citation marks, or the words of the abstention.
        abstained: Whether the abstracts do not say.
        reason: Why it abstained, or what else the reader should know.
        confidence: Calibrated probability that the answer is right.
        sentences: What is shown, each with a verdict.
        removed: What an answerer wrote and the check refused.
        citations: The places that the sentences rest on.
        nearest: When abstaining, the nearest places; not an answer.
        answerer: Who wrote it.
        timings_ms: Milliseconds by step, and in total.
        usage: Tokens and cost where an LLM ran.
    """

    question: str
    standalone_question: str
    text: str
    abstained: bool
    reason: str | None
    confidence: float
    sentences: tuple[Sentence, ...] = ()
    removed: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()
    answerer: str = "quote"
    timings_ms: dict[str, float] = field(default_factory=dict)
    usage: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer as plain JSON values."""
        values = asdict(self)
        values["confidence"] = round(self.confidence, 4)
        plain: dict[str, Any] = json.loads(json.dumps(values))
        return plain


def cite(number: int, evidence: Evidence) -> Citation:
    """The numbered citation of a place."""
    record = evidence.record
    return Citation(
        number=number,
        record_id=record.id,
        title=record.title,
        authors=record.authors,
        year=record.year,
        url=record.url,
        sources=record.sources,
        quote=evidence.quote,
        start=evidence.start,
        end=evidence.end,
    )


def fold(text: str) -> str:
    """Text with every run of white space as one space: line breaks of a file do not count."""
    return " ".join(text.split())
