"""Query engines of others with the check around them."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response, StreamingResponse
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.llms import MockLLM
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag import verified
from rag.engine import CheckedResponse
from rag.library import Library

OWLS = "Owls hear mice under 30 cm of snow. They hunt by night."
MILLS = "The mill at Ober grinds 4 tons of rye a day."
TEXT = "Owls hear mice under 30 cm of snow [1]. The mill grinds 9 tons a day [2]. Owls swim [7]."


class Told(BaseQueryEngine):
    """An engine that says what it was told to, with two source nodes."""

    def __init__(self, text: str = TEXT, streams: bool = False) -> None:
        self._text, self._streams = text, streams
        super().__init__(callback_manager=CallbackManager([]))

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        texts = [OWLS, MILLS, " "]
        nodes = [
            NodeWithScore(node=TextNode(id_=f"n{place}", text=text), score=0.5)
            for place, text in enumerate(texts)
        ]
        if self._streams:
            return StreamingResponse(response_gen=self._pieces(), source_nodes=nodes)
        return Response(response=self._text, source_nodes=nodes, metadata={"kept": 1})

    def _pieces(self) -> Generator[str, None, None]:
        yield from self._text.split(" ")

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return self._query(query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def test_only_what_the_nodes_say_is_left_and_every_sentence_has_a_verdict() -> None:
    response = verified(Told()).query("What do owls hear?")
    assert isinstance(response, CheckedResponse)
    assert response.answer is not None
    assert str(response) == "Owls hear mice under 30 cm of snow. [1]"
    assert [item.verdict for item in response.answer.sentences] == ["supported"]
    assert [item.text for item in response.answer.removed] == [
        "The mill grinds 9 tons a day.",
        "Owls swim.",
    ]
    assert response.answer.citations[0].quote == "Owls hear mice under 30 cm of snow."
    assert response.answer.answerer == "Told"
    assert [item.node.node_id for item in response.source_nodes] == ["n0", "n1", "n2"]
    assert response.metadata is not None
    assert response.metadata["kept"] == 1


def test_a_wrong_number_is_corrected() -> None:
    response = verified(Told("The mill at Ober grinds 4 tons of rye a day [1].")).query("?")
    assert response.answer.citations[0].record_id == "n1"


def test_an_engine_that_says_nothing_abstains() -> None:
    answer = verified(Told("")).query("What do owls hear?").answer
    assert (answer.abstained, answer.reason) == (True, "The query engine gave no sentence.")


def test_streams_are_read_to_their_end() -> None:
    assert verified(Told("Whales sing.", streams=True)).query("?").answer.abstained


def test_it_is_asked_without_blocking_too() -> None:
    response = asyncio.run(verified(Told()).aquery("What do owls hear?"))
    assert str(response) == "Owls hear mice under 30 cm of snow. [1]"


def test_their_citation_engine_over_our_retriever(small_library: Library) -> None:
    theirs = CitationQueryEngine(small_library.retriever(top_k=2), llm=MockLLM())
    answer = verified(theirs).query("How many pages of ship logs were digitised?").answer
    assert answer.answerer == "CitationQueryEngine"
    for citation in answer.citations:
        record = small_library.get(citation.record_id)
        assert record is not None
        assert record.abstract[citation.start : citation.end] == citation.quote


def test_our_own_engine_inside_gives_the_same_papers(small_library: Library) -> None:
    question = "How many pages of ship logs were digitised?"
    inner = small_library.query_engine()
    outer = verified(inner).query(question).answer
    assert {item.record_id for item in outer.citations} == {
        item.record_id for item in inner.query(question).answer.citations
    }
