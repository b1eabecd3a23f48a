"""A LlamaIndex retriever over a library, and the way from its nodes back to hits."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from vectorstore.filters import Filter
from vectorstore.fusion import Mode
from vectorstore.naming import derive_title
from vectorstore.records import Hit, Passage, Record
from vectorstore.store import Store

RECORD_KEY = "quoth_record"
"""Metadata key of the whole record, kept out of what embedders and LLMs are shown."""


class LibraryRetriever(BaseRetriever):
    """Hybrid retrieval from a library: one node a paper, its best passage, best first."""

    def __init__(
        self,
        store: Store,
        top_k: int,
        where: Filter | None = None,
        exclude: Collection[str] = (),
        mode: Mode = "hybrid",
    ) -> None:
        """Binds a store to how it is to be searched."""
        self._store = store
        self._top_k = top_k
        self._where = where
        self._exclude = exclude
        self._mode: Mode = mode
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._store.search(
            query_bundle.query_str, self._top_k, self._where, self._mode, self._exclude
        )
        return [to_node(hit) for hit in hits]


def to_node(hit: Hit) -> NodeWithScore:
    """A hit as LlamaIndex knows it: the passage's text, the paper's data as metadata."""
    record = hit.record
    node = TextNode(
        id_=hit.passage.id,
        text=hit.passage.text,
        metadata={
            "title": record.title,
            "authors": "; ".join(record.authors),
            "year": record.year,
            "url": record.url,
            "record_id": record.id,
            "start": hit.passage.start,
            "end": hit.passage.end,
            "similarity": hit.similarity,
            "terms": hit.terms,
            RECORD_KEY: json.dumps(record.to_json(), ensure_ascii=False),
        },
        excluded_embed_metadata_keys=[
            RECORD_KEY,
            "record_id",
            "start",
            "end",
            "url",
            "similarity",
            "terms",
        ],
        excluded_llm_metadata_keys=[
            RECORD_KEY,
            "record_id",
            "start",
            "end",
            "url",
            "similarity",
            "terms",
        ],
    )
    return NodeWithScore(node=node, score=hit.score)


def to_hits(nodes: Sequence[NodeWithScore]) -> list[Hit]:
    """The hits that nodes stand for, one a paper, best first.

    Nodes of other retrievers are taken as papers of their own: the node's text is the abstract.
    A node without text is left out: there is nothing in it to quote.
    """
    hits: dict[str, Hit] = {}
    for item in nodes:
        if not item.node.get_content().strip():
            continue
        hit = _to_hit(item)
        hits.setdefault(hit.record.id, hit)
    return list(hits.values())


def _to_hit(item: NodeWithScore) -> Hit:
    data = item.node.metadata
    score = float(item.score or 0.0)
    if RECORD_KEY not in data:
        text = item.node.get_content()
        given = str(data.get("title") or "")
        title = given or derive_title(text)
        record = Record(item.node.node_id, title, text, title_derived=not given)
        return Hit(Passage(record.id, 0, 0, len(text), text), score, record)
    record = Record.from_json(json.loads(data[RECORD_KEY]))
    start, end = int(data["start"]), int(data["end"])
    ordinal = item.node.node_id.rpartition("#")[2]
    number = int(ordinal) if ordinal.isdigit() else 0  # others cut our nodes and name them anew
    passage = Passage(record.id, number, start, end, record.abstract[start:end])
    return Hit(passage, score, record, data["similarity"], data["terms"])
