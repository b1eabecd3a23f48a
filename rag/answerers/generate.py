"""An LLM answers from numbered passages; each `[n]` of its reply becomes a place in an abstract.

Nothing that it writes is believed: the verifier judges every sentence. The embedded answerer reads
the same papers first: where it sees nothing near the question, no LLM is asked; where the LLM
fails, it answers in its place, and the reason says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Protocol

from prompts import Source, render
from rag.answer import Draft, DraftSentence, Evidence
from rag.drafts import CitedSentence, SentenceStream, is_refusal, parse_draft, without_reasoning
from rag.llm import ChatDoor, Completion, LLMError
from vectorstore.latex import readable
from vectorstore.records import Hit

BYTES_PER_TOKEN = 3
"""English has about 4.5 bytes a token, LaTeX 3 and Chinese 3 to 4: an estimate that is not low."""
TOKENS_AROUND = 30
"""Tokens that the fence of a passage and its labels take."""

_ENDED = re.compile(r"[.!?。！？][\"'”’)\]]*$")
_REFUSED = "The LLM found no answer in the abstracts it was shown."


class Embedded(Protocol):
    """The answerer that needs no LLM."""

    def answer(self, question: str, hits: list[Hit]) -> Draft:
        """Drafts an answer, or an abstention."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What the LLM is shown of one paper."""

    evidence: Evidence
    source: Source


class GenerateAnswerer:
    """Drafts answers with an LLM, and without one where it fails."""

    def __init__(
        self, door: ChatDoor, embedded: Embedded, top_passages: int = 8, threshold: float = 0.4
    ) -> None:
        """Sets up who writes.

        Args:
            door: To the LLM.
            embedded: Reads first, and stands in.
            top_passages: Papers that the LLM is shown, at most.
            threshold: Least confidence of an answer that is given. No LLM is asked where the
                embedded answerer's is below its square: none of its answers could reach it
                (`rag.verify.confidence_of`).
        """
        self._door = door
        self._embedded = embedded
        self._top_passages = top_passages
        self._threshold = threshold

    def answer(self, question: str, hits: list[Hit]) -> Draft:
        """Drafts an answer to a standalone question from the papers that a search found.

        Args:
            question: Complete in itself.
            hits: Best first; none gives an abstention without a request.
        """
        quoted = self._embedded.answer(question, hits)
        if quoted.confidence < self._threshold**2:
            return quoted
        shown = self._show(hits)
        try:
            return self._settle(self._door.complete(_prompt(question, shown)), shown, quoted)
        except LLMError as error:
            return _stand_in(quoted, error)

    def stream(self, question: str, hits: list[Hit]) -> Generator[DraftSentence, None, Draft]:
        """Yields sentences as the LLM finishes them; returns the whole draft, which alone counts.

        Where the LLM fails midway, the draft is the embedded answerer's. Closing the generator
        ends the request.
        """
        quoted = self._embedded.answer(question, hits)
        if quoted.confidence < self._threshold**2:
            return quoted
        shown = self._show(hits)
        parser = SentenceStream()
        try:
            with closing(self._door.stream(_prompt(question, shown))) as pieces:
                said = (sentence for piece in pieces for sentence in parser.feed(piece))
                for sentence in _until_refusal(said):
                    yield _cite(sentence, shown)
                for _ in pieces:
                    pass
            if pieces.completion is None:
                raise LLMError(f"{self._door.name} gave no whole reply.")
            return self._settle(pieces.completion, shown, quoted)
        except LLMError as error:
            return _stand_in(quoted, error)

    @property
    def _name(self) -> str:
        return f"llm:{self._door.name}"

    def _show(self, hits: Sequence[Hit]) -> list[Shown]:
        return choose_passages(hits[: self._top_passages], self._door.options.passage_tokens)

    def _settle(self, reply: Completion, shown: Sequence[Shown], quoted: Draft) -> Draft:
        """The draft that a whole reply makes, with the embedded answerer's to fall back on."""
        usage = reply.usage.to_json()
        found = parse_draft(without_reasoning(reply.text))
        if is_refusal(found[0].text if found else reply.text):
            return Draft(
                (),
                quoted.confidence,
                reason=_REFUSED,
                answerer=self._name,
                usage=usage,
                fallback=quoted,
            )
        if reply.cut and found and not _ENDED.search(found[-1].text):
            found.pop()
        sentences = tuple(_cite(sentence, shown) for sentence in _until_refusal(found))
        if not sentences:
            raise LLMError(f"{self._door.name} gave a reply without a whole sentence.")
        return Draft(
            sentences,
            quoted.confidence,
            answerer=self._name,
            usage=usage,
            fallback=quoted,
            threshold=self._threshold,
        )


def choose_passages(hits: Iterable[Hit], budget: int) -> list[Shown]:
    """What to show of each paper, best first, within a budget of tokens.

    A paper's whole abstract where there is room for it, else its best passage; at least that of
    the first paper.
    """
    chosen: list[Shown] = []
    left = budget
    for hit in hits:
        spans = [(0, len(hit.record.abstract)), (hit.passage.start, hit.passage.end)]
        candidates = [_show_span(hit, start, end) for start, end in spans]
        fitting = [item for item in candidates if _tokens_of(item.source) <= left]
        if not fitting and chosen:
            break
        item = fitting[0] if fitting else candidates[-1]
        chosen.append(item)
        left -= _tokens_of(item.source)
    return chosen


def count_tokens(text: str) -> int:
    """About how many tokens a text has for any model; rather too many than too few."""
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


def _show_span(hit: Hit, start: int, end: int) -> Shown:
    record = hit.record
    text = readable(record.abstract[start:end])
    return Shown(Evidence(record, start, end), Source(readable(record.title), record.year, text))


def _tokens_of(source: Source) -> int:
    return count_tokens(source.title) + count_tokens(source.text) + TOKENS_AROUND


def _prompt(question: str, shown: Sequence[Shown]) -> str:
    return render("answer", question=question, passages=[item.source for item in shown])


def _until_refusal(found: Iterable[CitedSentence]) -> Iterator[CitedSentence]:
    """The sentences before one that says `NO ANSWER`, which is none, and voids what follows."""
    return takewhile(lambda sentence: not is_refusal(sentence.text), found)


def _cite(sentence: CitedSentence, shown: Sequence[Shown]) -> DraftSentence:
    """The sentence with the places that its numbers stand for; invented ones stand for none."""
    numbers = [number for number in sentence.numbers if 1 <= number <= len(shown)]
    return DraftSentence(sentence.text, tuple(shown[number - 1].evidence for number in numbers))


def _stand_in(quoted: Draft, error: LLMError) -> Draft:
    """The embedded answerer's draft, with what went wrong."""
    told = f"The LLM failed ({str(error).rstrip('.')}); answered by the embedded answerer."
    return replace(quoted, reason=f"{told} {quoted.reason}" if quoted.reason else told)
