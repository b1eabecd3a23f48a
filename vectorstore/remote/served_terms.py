"""The terms of a library where the server keeps them: distributed and hosted Chroma.

The first row of each paper carries a sparse vector of all of the paper: a dimension for each term,
with BM25's weight of it, and one for each look-up key. Dimensions are hashes of 32 bits. A weight
needs the length of abstracts on average, for which a constant stands, so that no paper's weights
depend on others; a term's rarity, which does, is the server's to know (`bm25` in its index). It
counts rows, and so passages instead of papers.

A single server refuses such an index. This was tested with a stand-in of the server's answers,
made after Chroma's source, and never with a distributed Chroma.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, Protocol

from vectorstore.filters import Filter
from vectorstore.lexical import MAX_ALIKE, LexicalHit, LexicalIndex, stamp_of
from vectorstore.lexical_documents import Piece
from vectorstore.papers import Paper, look_up_keys
from vectorstore.remote.sparse import FIELD, Weights, vector
from vectorstore.rows import Metadata, Shelved, record_id_of, row_id, to_shelf
from vectorstore.terms import index_terms

K1, B = 1.2, 0.75
"""BM25's constants, Tantivy's too."""
AVERAGE_TERMS = 150
"""Terms of a title and an abstract: 150.4 on average over the 5,183 abstracts of SciFact."""


class Rows(Protocol):
    """What terms need of a table."""

    revision: str

    def get(self, ids: Sequence[str]) -> dict[str, Metadata]:
        """Metadata by row id."""

    def ids(self, where: dict[str, Any]) -> list[str]:
        """Ids of rows."""

    def pieces(self, ids: Sequence[str]) -> list[Piece]:
        """Papers with their passages."""

    def ranked(
        self, weights: Weights, depth: int, where: dict[str, Any] | None
    ) -> dict[str, float]:
        """Rows by the product of their sparse vectors with these weights, best first."""


class ServedTerms(LexicalIndex):
    """The same as a `LexicalIndex`, asked of the server; always in step with the rows."""

    def __init__(self, rows: Rows) -> None:
        """Asks nothing yet."""
        self._rows = rows

    @property
    def stamp(self) -> dict[str, Any]:
        """What the terms are in step with: the rows as they are."""
        return stamp_of(self._rows.revision)

    def put_stamp(self, stamp: dict[str, Any]) -> None:
        """The terms are part of the rows."""

    def replace(self, pieces: Iterable[Piece], removed: Iterable[str] = ()) -> None:
        """The terms are part of the rows."""

    def clear(self) -> None:
        """The terms are part of the rows."""

    def refresh(self) -> None:
        """The terms are part of the rows."""

    def __len__(self) -> int:
        """The number of records."""
        return len(self._rows.ids({"ordinal": 0}))

    def ids(self) -> set[str]:
        """The ids of all records."""
        return {record_id_of(row) for row in self._rows.ids({"ordinal": 0})}

    def lacking(self, papers: Iterable[Paper]) -> list[str]:
        """The ids of those of these papers whose rows carry other terms or keys."""
        wanted = {row_id(paper.id, 0): paper for paper in papers}
        rows = self._rows.get(list(wanted))
        return [
            paper.id
            for row, paper in wanted.items()
            if rows.get(row, {}).get(FIELD) != vector(weigh(paper))
        ]

    def fetch(self, ids: Sequence[str]) -> dict[str, Shelved]:
        """The papers of these ids, as far as they are there."""
        pieces = self._rows.pieces(ids)
        return {paper.id: Shelved(to_shelf(paper, passages)) for paper, passages in pieces}

    def search(self, terms: Sequence[str], top_k: int, where: Filter) -> list[LexicalHit]:
        """The records that share most with `terms`, best first."""
        wanted = Counter(_dimension("term", term) for term in terms)
        return self._ranked(dict(wanted), top_k, where)

    def find(self, keys: Sequence[str]) -> list[str]:
        """Ids of the papers that share most with these look-up keys."""
        wanted = {_dimension("key", key): 1.0 for key in keys}
        return [hit.record_id for hit in self._ranked(wanted, MAX_ALIKE, Filter())]

    def rarity(self, term: str) -> float:
        """The same for every term: the server tells nobody how rare one is."""
        del term
        return 1.0

    def _ranked(self, weights: Weights, depth: int, where: Filter) -> list[LexicalHit]:
        if not weights:
            return []
        found = self._rows.ranked(weights, depth, where.chroma())
        return [LexicalHit(record_id_of(row), score) for row, score in found.items()]


def weigh(paper: Paper) -> dict[int, float]:
    """The sparse vector of a paper: BM25's part of each term, and 1 for each look-up key.

    The part is f (k1 + 1) / (f + k1 (1 - b + b n / m)), for a term that occurs f times among n,
    where m is `AVERAGE_TERMS` (Robertson and Zaragoza 2009, 3.3).
    """
    counts = Counter([*index_terms(paper.record.title), *index_terms(paper.record.abstract)])
    norm = K1 * (1 - B + B * counts.total() / AVERAGE_TERMS)
    weights = {_dimension("key", key): 1.0 for key in look_up_keys(paper)}
    return weights | {
        _dimension("term", term): count * (K1 + 1) / (count + norm)
        for term, count in counts.items()
    }


def _dimension(kind: str, value: str) -> int:
    digest = blake2b(value.encode(), digest_size=4, person=kind.encode()).digest()
    return int.from_bytes(digest, "big")
