"""The engine as a plain LlamaIndex object: their parts in ours, ours in theirs."""

from __future__ import annotations

import asyncio

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.answer import Draft, DraftSentence, Evidence
from rag.answerers.quote import QuoteAnswerer
from rag.engine import CheckedQueryEngine, CheckedResponse
from rag.library import Library
from vectorstore.records import Hit

QUESTION = "How many pages of ship logs were digitised?"
QUOTE = "We digitised 4,200 pages from 17 harbours."


class Shelf(BaseRetriever):
    """A retriever of somebody else's: two texts, always."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        self.asked = query_bundle.query_str
        return [
            NodeWithScore(node=TextNode(id_=f"n{place}", text=text), score=1 - place / 10)
            for place, text in enumerate(["Bats sleep by day. They snore.", "Owls hunt by night."])
        ]


class Parrot:
    """An answerer that repeats the first abstract, and adds what nobody said."""

    def answer(self, question: str, hits: list[Hit]) -> Draft:
        self.asked, self.hits = question, hits
        record = hits[0].record
        place = Evidence(record, 0, len(record.abstract))
        return Draft(
            (
                DraftSentence(f"It says: “{place.quote}”", (place,), True),
                DraftSentence("“Bats fly.”", (place,), True),
            ),
            0.5,
        )


class Thrower:
    def answer(self, question: str, hits: list[Hit]) -> Draft:
        raise ValueError("the answerer broke")


def test_response_is_a_llama_index_response_with_the_answer_attached() -> None:
    response = CheckedQueryEngine(Shelf(), Parrot()).query("Do bats snore?")
    assert isinstance(response, Response)
    assert isinstance(response, CheckedResponse)
    assert str(response) == "It says: “Bats sleep by day. They snore.” [1]"
    assert [item.node.node_id for item in response.source_nodes] == ["n0", "n1"]
    assert response.answer is not None
    assert response.metadata == {"answer": response.answer.to_json()}
    assert response.get_formatted_sources() != ""


def test_whatever_the_answerer_says_is_checked() -> None:
    answer = CheckedQueryEngine(Shelf(), Parrot()).ask("Do bats snore?")
    assert [(item.text, item.reason) for item in answer.removed] == [
        ("“Bats fly.”", "its quotation is not what the abstract says there")
    ]


def test_standalone_question_is_what_is_looked_up_and_answered() -> None:
    shelf, parrot = Shelf(), Parrot()
    answer = CheckedQueryEngine(shelf, parrot).ask("do they snore?", "Do bats snore?")
    assert (shelf.asked, parrot.asked) == ("Do bats snore?", "Do bats snore?")
    assert (answer.question, answer.standalone_question) == ("do they snore?", "Do bats snore?")


def test_time_is_told_by_step_and_adds_up() -> None:
    timings = CheckedQueryEngine(Shelf(), Parrot()).ask("Do bats snore?").timings_ms
    assert list(timings) == ["retrieve", "answer", "verify", "total"]
    steps = timings["retrieve"] + timings["answer"] + timings["verify"]
    assert timings["total"] == pytest.approx(steps, abs=0.05)


def test_failure_of_an_answerer_is_no_abstention() -> None:
    with pytest.raises(ValueError, match="^the answerer broke$"):
        CheckedQueryEngine(Shelf(), Thrower()).query("Do bats snore?")


def test_library_is_queried_like_any_engine(small_library: Library) -> None:
    response = small_library.query_engine().query(QUESTION)
    assert QUOTE in str(response)
    assert response.source_nodes[0].node.metadata["title"] == "Harbour tides from ship logs"
    assert response.answer.citations[0].quote == QUOTE


def test_library_is_queried_without_blocking(small_library: Library) -> None:
    async def query() -> CheckedResponse:
        return await small_library.query_engine().aquery(QUESTION)

    assert str(asyncio.run(query())) == str(small_library.query_engine().query(QUESTION))


def test_retriever_of_another_library_is_answered_from(small_library: Library) -> None:
    engine = CheckedQueryEngine(Shelf(), QuoteAnswerer(threshold=0.0))
    answer = engine.ask("When do bats sleep?")
    assert answer.citations[0].record_id == "n0"
    assert answer.citations[0].quote == "Bats sleep by day."
    assert answer.citations[0].title == "Bats sleep by day"


def test_our_retriever_works_in_their_query_engine(small_library: Library) -> None:
    engine = RetrieverQueryEngine.from_args(small_library.retriever(top_k=2), llm=MockLLM())
    response = engine.query(QUESTION)
    told = str(response)  # the fake repeats what it was told
    assert "title: Harbour tides from ship logs" in told
    assert QUOTE in told
    assert "quoth_record" not in told
    assert [item.node.metadata["record_id"] for item in response.source_nodes][0] == (
        "doi:10.5555/tide.2"
    )


def test_engine_has_no_prompts_of_its_own(small_library: Library) -> None:
    assert small_library.query_engine().get_prompts() == {}
