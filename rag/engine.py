"""The only place where the parts meet: a LlamaIndex query engine whose answers are checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle

from rag.answer import Answer, Draft
from rag.retriever import to_hits
from rag.verify import finish
from vectorstore.records import Hit


class Answerer(Protocol):
    """Whatever proposes an answer from what retrieval found."""

    def answer(self, question: str, hits: list[Hit]) -> Draft:
        """Drafts an answer to a standalone question, or an abstention."""
        ...


@dataclass
class CheckedResponse(Response):
    """A LlamaIndex response with the whole `Answer` attached."""

    answer: Answer | None = None


class CheckedQueryEngine(BaseQueryEngine):
    """Retrieves, drafts, verifies: `query` returns a response whose every sentence was checked."""

    def __init__(self, retriever: BaseRetriever, answerer: Answerer) -> None:
        """Composes an engine of any LlamaIndex retriever and an answerer."""
        self._retriever = retriever
        self._answerer = answerer
        super().__init__(callback_manager=CallbackManager([]))

    def ask(self, question: str, standalone: str | None = None) -> Answer:
        """Answers a question; `standalone` is the question made complete, where it follows one."""
        return self._respond(question, standalone or question).answer  # type: ignore[return-value]

    def _query(self, query_bundle: QueryBundle) -> CheckedResponse:
        return self._respond(query_bundle.query_str, query_bundle.query_str)

    async def _aquery(self, query_bundle: QueryBundle) -> CheckedResponse:
        return await asyncio.to_thread(self._query, query_bundle)

    def _respond(self, question: str, standalone: str) -> CheckedResponse:
        start = perf_counter()
        nodes = self._retriever.retrieve(standalone)
        retrieved = perf_counter()
        draft = self._answerer.answer(standalone, to_hits(nodes))
        drafted = perf_counter()
        answer = finish(question, standalone, draft, {})
        end = perf_counter()
        timings = {
            "retrieve": _ms(start, retrieved),
            "answer": _ms(retrieved, drafted),
            "verify": _ms(drafted, end),
            "total": _ms(start, end),
        }
        answer = replace(answer, timings_ms=timings)
        return CheckedResponse(
            response=answer.text,
            source_nodes=nodes,
            metadata={"answer": answer.to_json()},
            answer=answer,
        )

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
