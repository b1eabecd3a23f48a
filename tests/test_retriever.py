"""Hits as LlamaIndex nodes, and back; nodes of other retrievers as papers of their own."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.schema import MetadataMode, NodeWithScore, TextNode

from rag.library import Library
from rag.retriever import RECORD_KEY, to_hits, to_node
from vectorstore.filters import parse_filter
from vectorstore.records import Hit, Passage, Record

RECORD = Record(
    "doi:10.5555/owl",
    "Owls at 3 a.m.",
    "Owls hear mice. They weigh 400 g.",
    authors=("Ada Quill", "Bo Reed"),
    year=2024,
    url="https://doi.org/10.5555/owl",
    groups=("Birds",),
)
HIT = Hit(Passage(RECORD.id, 1, 16, 33, "They weigh 400 g."), 0.75, RECORD, 0.5, 2.25)


def test_node_holds_the_passage_and_what_a_reader_needs() -> None:
    item = to_node(HIT)
    assert (item.score, item.node.node_id) == (0.75, "doi:10.5555/owl#1")
    assert item.node.get_content() == "They weigh 400 g."
    shown = {key: item.node.metadata[key] for key in item.node.metadata if key != RECORD_KEY}
    assert shown == {
        "title": "Owls at 3 a.m.",
        "authors": "Ada Quill; Bo Reed",
        "year": 2024,
        "url": "https://doi.org/10.5555/owl",
        "record_id": "doi:10.5555/owl",
        "start": 16,
        "end": 33,
        "similarity": 0.5,
        "terms": 2.25,
    }


@pytest.mark.parametrize("mode", [MetadataMode.LLM, MetadataMode.EMBED])
def test_models_are_shown_title_authors_and_year_only(mode: MetadataMode) -> None:
    assert to_node(HIT).node.get_content(mode) == (
        "title: Owls at 3 a.m.\nauthors: Ada Quill; Bo Reed\nyear: 2024\n\nThey weigh 400 g."
    )


def test_hit_comes_back_from_its_node_as_it_was() -> None:
    assert to_hits([to_node(HIT)]) == [HIT]


def test_hit_survives_the_node_as_json() -> None:
    node = TextNode.from_json(to_node(HIT).node.to_json())
    assert to_hits([NodeWithScore(node=node, score=0.75)]) == [HIT]


@given(st.text(min_size=1).filter(str.strip), st.data())
def test_any_hit_comes_back_from_its_node(abstract: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(abstract) - 1))
    end = data.draw(st.integers(start + 1, len(abstract)))
    record = Record("text:#7", data.draw(st.text()), abstract)
    passage = Passage(record.id, 3, start, end, abstract[start:end])
    hit = Hit(passage, 0.5, record)
    assert to_hits([to_node(hit)]) == ([hit] if passage.text.strip() else [])


def test_paper_of_several_nodes_is_one_hit_at_its_first_place() -> None:
    other = Hit(Passage("text:2", 0, 0, 4, "Bats"), 0.5, Record("text:2", "Bats", "Bats"))
    first = Hit(Passage(RECORD.id, 0, 0, 15, "Owls hear mice."), 0.9, RECORD)
    assert to_hits([to_node(first), to_node(other), to_node(HIT)]) == [first, other]


def test_node_of_another_retriever_is_a_paper_of_its_own() -> None:
    node = TextNode(id_="n1", text="Bats sleep by day.", metadata={"title": "Bats"})
    assert to_hits([NodeWithScore(node=node, score=0.25)]) == [
        Hit(
            Passage("n1", 0, 0, 18, "Bats sleep by day."),
            0.25,
            Record("n1", "Bats", "Bats sleep by day."),
        )
    ]


def test_node_without_title_or_score_gets_a_title_from_its_text() -> None:
    (hit,) = to_hits([NodeWithScore(node=TextNode(id_="n1", text="Bats sleep. They snore."))])
    assert (hit.record.title, hit.score) == ("Bats sleep", 0.0)


@pytest.mark.parametrize("text", ["", " \n"])
def test_node_without_text_is_left_out(text: str) -> None:
    assert to_hits([NodeWithScore(node=TextNode(text=text))]) == []


def test_retrieves_one_node_a_paper_best_first(small_library: Library) -> None:
    nodes = small_library.retriever().retrieve("How quiet are gears of beech?")
    assert nodes[0].node.metadata["title"] == "Quiet gears"
    assert len({item.node.metadata["record_id"] for item in nodes}) == len(nodes) == 4
    assert [item.score for item in nodes] == sorted((n.score for n in nodes), reverse=True)


def test_retrieves_the_same_without_blocking(small_library: Library) -> None:
    retriever = small_library.retriever()
    nodes = asyncio.run(retriever.aretrieve("tides of old harbours"))
    assert nodes == retriever.retrieve("tides of old harbours")


def test_retrieves_at_most_as_many_as_told(small_library: Library) -> None:
    assert len(small_library.retriever(top_k=2).retrieve("moths, gears, bread, tides")) == 2


def test_retrieves_within_the_filter_and_without_the_excluded(small_library: Library) -> None:
    retriever = small_library.retriever(
        where=parse_filter("year>=2021"), exclude={"doi:10.5555/moth.1"}
    )
    found = {item.node.metadata["record_id"] for item in retriever.retrieve("moths at night")}
    assert found == {"doi:10.5555/bread.3", "doi:10.5555/gear.4"}
