"""Any LlamaIndex query engine, with the check of every sentence around it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import (
    RESPONSE_TYPE,
    AsyncStreamingResponse,
    StreamingResponse,
)
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.answer import Draft, DraftSentence, Evidence
from rag.checking import Judge, Memory, Reader
from rag.config import read_settings
from rag.drafts import CitedSentence, parse_draft, without_reasoning
from rag.engine import CheckedResponse
from rag.reader.trained import open_verifier
from rag.retriever import to_hits
from rag.verify import finish
from vectorstore import minilm
from vectorstore.records import Record

UNDISPUTED = 1.0
"""Confidence that the sources answer the question: nothing but the engine's word is known."""


def verified(
    query_engine: BaseQueryEngine,
    read: Reader | None = None,
    judge: Judge | None = None,
) -> VerifiedQueryEngine:
    """A query engine whose responses hold only sentences that their source nodes support.

    Responses are `CheckedResponse`: their text has new citation marks, and `answer` holds the
    verdict of every sentence, those removed included. `[n]` in the engine's text is read as its
    n-th source node; a sentence without a mark is looked up in all of them.

    Args:
        query_engine: Any; `CitationQueryEngine` for one.
        read: Token states by an embedding model, for meaning; the default model's where None.
        judge: Reads a sentence together with passages; where None, the reader that `QUOTH_READER`
            names, and by default that of the package.

    Raises:
        ReaderError: That reader cannot be used.
    """
    judge = judge or open_verifier(read_settings().reader, ready=True)
    return VerifiedQueryEngine(query_engine, read or Memory(minilm.read), judge)


class VerifiedQueryEngine(BaseQueryEngine):
    """What `verified` returns."""

    def __init__(self, query_engine: BaseQueryEngine, read: Reader, judge: Judge | None) -> None:
        """Wraps an engine."""
        self._inner = query_engine
        self._read, self._judge = read, judge
        super().__init__(callback_manager=CallbackManager([]))

    def _query(self, query_bundle: QueryBundle) -> CheckedResponse:
        response = self._inner.query(query_bundle)
        if isinstance(response, AsyncStreamingResponse):
            response = asyncio.run(response.get_response())
        return self._check(query_bundle.query_str, response)

    async def _aquery(self, query_bundle: QueryBundle) -> CheckedResponse:
        response = await self._inner.aquery(query_bundle)
        if isinstance(response, AsyncStreamingResponse):
            response = await response.get_response()
        return await asyncio.to_thread(self._check, query_bundle.query_str, response)

    def _check(self, question: str, response: RESPONSE_TYPE) -> CheckedResponse:
        if isinstance(response, StreamingResponse):
            response = response.get_response()
        start = perf_counter()
        retrieved = [_record_of(node) for node in response.source_nodes]
        drafted = parse_draft(without_reasoning(_text_of(response)))
        draft = Draft(
            tuple(_cite(sentence, retrieved) for sentence in drafted),
            UNDISPUTED,
            reason=None if drafted else "The query engine gave no sentence.",
            answerer=type(self._inner).__name__,
        )
        records = list({record.id: record for record in retrieved if record}.values())
        answer = finish(question, question, draft, {}, records, self._read, self._judge)
        taken = round((perf_counter() - start) * 1000, 2)
        answer = replace(answer, timings_ms={"verify": taken, "total": taken})
        return CheckedResponse(
            response=answer.text,
            source_nodes=response.source_nodes,
            metadata={**(response.metadata or {}), "answer": answer.to_json()},
            answer=answer,
        )

    def _get_prompt_modules(self) -> PromptMixinType:
        return {"query_engine": self._inner}


def _text_of(response: RESPONSE_TYPE) -> str:
    """What a response says; for an object, its JSON."""
    said = getattr(response, "response", None)
    return said if isinstance(said, str) else str(response) if said is not None else ""


def _record_of(node: NodeWithScore) -> Record | None:
    """The paper of a node; None where the node has no text."""
    return next((hit.record for hit in to_hits([node])), None)


def _cite(sentence: CitedSentence, retrieved: Sequence[Record | None]) -> DraftSentence:
    """The sentence with the nodes that its numbers stand for; invented ones stand for none."""
    named = [retrieved[number - 1] for number in sentence.numbers if number <= len(retrieved)]
    evidence = tuple(Evidence(record, 0, len(record.abstract)) for record in named if record)
    return DraftSentence(sentence.text, evidence)
