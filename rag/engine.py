"""The only place where the parts meet: a LlamaIndex query engine whose answers are checked."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol, runtime_checkable

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.answer import Answer, Citation, Draft, DraftSentence, Sentence
from rag.checking import Judge, Reader
from rag.retriever import to_hits
from rag.review import Reviewed, review
from rag.verify import Numbering, finish, settle
from vectorstore.records import Hit


class Answerer(Protocol):
    """Whatever proposes an answer from what retrieval found."""

    def answer(self, question: str, hits: list[Hit]) -> Draft:
        """Drafts an answer to a standalone question, or an abstention."""
        ...


@runtime_checkable
class StreamingAnswerer(Answerer, Protocol):
    """An answerer whose sentences come one after the other."""

    def stream(self, question: str, hits: list[Hit]) -> Generator[DraftSentence, None, Draft]:
        """Yields sentences as they are finished; returns the whole draft, which alone counts."""
        ...


@dataclass
class CheckedResponse(Response):
    """A LlamaIndex response with the whole `Answer` attached."""

    answer: Answer | None = None


class AnswerStream:
    """An iterator over the sentences of an answer, each as soon as it has been checked.

    Attributes:
        answer: The whole answer, once the iteration has ended; it alone counts: where an LLM
            breaks off, or the whole stays below the threshold, sentences that were yielded are
            not part of it.
    """

    def __init__(self, steps: Generator[Sentence, None, Answer], cited: list[Citation]) -> None:
        """Made by `CheckedQueryEngine.stream`."""
        self.answer: Answer | None = None
        self._steps = steps
        self._cited = cited

    def __iter__(self) -> Iterator[Sentence]:
        """Itself."""
        return self

    def __next__(self) -> Sentence:
        """The next sentence that withstood the check."""
        try:
            return next(self._steps)
        except StopIteration as end:
            self.answer = end.value or self.answer
            raise

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The places that the sentences so far rest on."""
        return tuple(self._cited)

    def close(self) -> None:
        """Ends the answer early; an LLM that is writing is hung up on."""
        self._steps.close()


class CheckedQueryEngine(BaseQueryEngine):
    """Retrieves, drafts, verifies: `query` returns a response whose every sentence was checked."""

    def __init__(
        self,
        retriever: BaseRetriever,
        answerer: Answerer,
        read: Reader | None = None,
        judge: Judge | None = None,
    ) -> None:
        """Composes an engine.

        Args:
            retriever: Any LlamaIndex retriever.
            answerer: Writes drafts.
            read: For the check: token states by the embedding model; None goes by words.
            judge: For the check: reads a sentence together with passages; None goes by rules.
        """
        self._retriever = retriever
        self._answerer = answerer
        self._read, self._judge = read, judge
        super().__init__(callback_manager=CallbackManager([]))

    def ask(self, question: str, standalone: str | None = None) -> Answer:
        """Answers a question; `standalone` is the question made complete, where it follows one."""
        return self._respond(question, standalone or question)[0]

    def stream(self, question: str, standalone: str | None = None) -> AnswerStream:
        """`ask`, sentence by sentence; `timings_ms` has `first_sentence` too."""
        cited: list[Citation] = []
        return AnswerStream(self._steps(question, standalone or question, cited), cited)

    def _query(self, query_bundle: QueryBundle) -> CheckedResponse:
        answer, nodes = self._respond(query_bundle.query_str, query_bundle.query_str)
        return CheckedResponse(
            response=answer.text,
            source_nodes=nodes,
            metadata={"answer": answer.to_json()},
            answer=answer,
        )

    async def _aquery(self, query_bundle: QueryBundle) -> CheckedResponse:
        return await asyncio.to_thread(self._query, query_bundle)

    def _respond(self, question: str, standalone: str) -> tuple[Answer, list[NodeWithScore]]:
        clock = _Clock()
        nodes = self._retriever.retrieve(standalone)
        clock.tell("retrieve")
        hits = to_hits(nodes)
        draft = self._answerer.answer(standalone, hits)
        clock.tell("answer")
        retrieved = [hit.record for hit in hits]
        answer = finish(question, standalone, draft, {}, retrieved, self._read, self._judge)
        clock.tell("verify")
        return replace(answer, timings_ms=clock.timings()), nodes

    def _steps(
        self, question: str, standalone: str, cited: list[Citation]
    ) -> Generator[Sentence, None, Answer]:
        clock, numbering = _Clock(), Numbering()
        hits = to_hits(self._retriever.retrieve(standalone))
        clock.tell("retrieve")
        drafting = _Drafting(self._answerer, standalone, hits)
        reviewed: list[Reviewed] = []
        shown = 0
        with closing(iter(drafting)) as drafted:
            for sentence in drafted:
                reviewed.append(self._review(sentence, standalone, hits))
                if reviewed[-1].kept:
                    shown += 1
                    clock.tell_first("first_sentence")
                    ready = numbering.present(reviewed[-1])
                    cited[:] = numbering.citations
                    yield ready
        clock.tell("answer")
        if drafting.has_changed:
            reviewed = []
        reviewed += [
            self._review(sentence, standalone, hits)
            for sentence in drafting.draft.sentences[len(reviewed) :]
        ]
        answer = settle(question, standalone, drafting.draft, reviewed, {})
        clock.tell("verify")
        cited[:] = answer.citations
        if not (shown and drafting.has_changed):
            for ready in answer.sentences[shown:]:
                clock.tell_first("first_sentence")
                yield ready
        return replace(answer, timings_ms=clock.timings())

    def _review(self, sentence: DraftSentence, question: str, hits: list[Hit]) -> Reviewed:
        retrieved = [hit.record for hit in hits]
        return review(sentence, retrieved, question, self._read, self._judge)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


class _Drafting:
    """Iterates over the sentences of a draft as they come, and keeps the whole."""

    def __init__(self, answerer: Answerer, question: str, hits: list[Hit]) -> None:
        self.draft = Draft((), 0.0)
        self._answerer, self._question, self._hits = answerer, question, hits
        self._drafted: list[DraftSentence] = []

    def __iter__(self) -> Generator[DraftSentence, None, None]:
        """The sentences; of an answerer that does not stream, none."""
        if not isinstance(self._answerer, StreamingAnswerer):
            self.draft = self._answerer.answer(self._question, self._hits)
            return
        self.draft = yield from self._noted(self._answerer.stream(self._question, self._hits))

    def _noted(
        self, steps: Generator[DraftSentence, None, Draft]
    ) -> Generator[DraftSentence, None, Draft]:
        with closing(steps):
            while True:
                try:
                    sentence = next(steps)
                except StopIteration as end:
                    draft: Draft = end.value
                    return draft
                self._drafted.append(sentence)
                yield sentence

    @property
    def has_changed(self) -> bool:
        """Whether the draft is another than its sentences promised: an LLM broke off."""
        return self.draft.sentences[: len(self._drafted)] != tuple(self._drafted)


class _Clock:
    """Milliseconds by step."""

    def __init__(self) -> None:
        self._start = self._last = perf_counter()
        self._told: dict[str, float] = {}

    def tell(self, step: str) -> None:
        """Ends a step that began with the end of the last."""
        now = perf_counter()
        self._told[step] = _ms(self._last, now)
        self._last = now

    def tell_first(self, moment: str) -> None:
        """Notes how long after the start something happened for the first time."""
        self._told.setdefault(moment, _ms(self._start, perf_counter()))

    def timings(self) -> dict[str, float]:
        """All steps so far, and their total."""
        return self._told | {"total": _ms(self._start, perf_counter())}


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
