"""A question -> hits: the two rankings fused, and the passage of each record that matches best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from vectorstore.filters import Filter
from vectorstore.fusion import Mode, Scored, fuse
from vectorstore.lexical import LexicalIndex
from vectorstore.minilm import Vectors
from vectorstore.records import Hit, Passage
from vectorstore.rows import record_id_of
from vectorstore.terms import index_terms

CANDIDATES = 100
"""Passages that vectors, and records that terms, put forward for one question."""


Nearest = Callable[[Vectors, int, Filter], Mapping[str, float]]
"""(unit vector, how many, which records) -> cosine similarity by row id."""


class Wanted(NamedTuple):
    """What is looked for.

    Attributes:
        question: What is asked.
        vector: Its unit vector; None where only terms count.
        top_k: Most hits.
        where: Which records may be found.
        mode: Both rankings, or one of them.
        exclude: Ids of records that must not be found.
    """

    question: str
    vector: Vectors | None
    top_k: int
    where: Filter
    mode: Mode
    exclude: frozenset[str]


def find_hits(wanted: Wanted, nearest: Nearest, lexical: LexicalIndex) -> list[Hit]:
    """One hit a record, best first.

    Args:
        wanted: What is looked for.
        nearest: Finds the rows nearest to a vector.
        lexical: The terms of the records.

    Raises:
        LibraryError: One of the two indexes cannot be read.
    """
    depth = max(CANDIDATES, 2 * wanted.top_k) + len(wanted.exclude)
    near: Mapping[str, float] = {}
    terms: dict[str, float] = {}
    if wanted.vector is not None:
        near = nearest(wanted.vector, depth, wanted.where)
    if wanted.mode != "vectors":
        terms = dict(lexical.search(index_terms(wanted.question), depth, wanted.where))
    ranked = fuse(_best_by_record(near), terms, wanted.mode)
    kept = [item for item in ranked if item.key not in wanted.exclude][: wanted.top_k]
    return _hits(wanted.question, kept, near, lexical)


def _hits(
    question: str, ranked: Sequence[Scored], near: Mapping[str, float], lexical: LexicalIndex
) -> list[Hit]:
    """Hits with their records, and the passage of each that matches best."""
    best = {record_id_of(row): row for row in sorted(near, key=near.__getitem__)}
    kept = lexical.fetch([item.key for item in ranked])
    hits = []
    for item in ranked:
        if item.key not in kept:
            continue  # its rows are those of a record that an `add` was killed over
        passages = kept[item.key].passages
        nearest = next((p for p in passages if p.id == best.get(item.key)), None)
        passage = nearest or _best_by_terms(passages, question, lexical)
        hits.append(Hit(passage, item.score, kept[item.key].record, item.similarity, item.terms))
    return hits


def _best_by_terms(passages: Sequence[Passage], question: str, lexical: LexicalIndex) -> Passage:
    """The passage that shares most with a question, the first among equals."""
    wanted = {term: lexical.rarity(term) for term in index_terms(question)}
    return max(
        passages,
        key=lambda item: sum(wanted.get(term, 0.0) for term in set(index_terms(item.text))),
    )


def _best_by_record(near: Mapping[str, float]) -> dict[str, float]:
    """The greatest similarity among each record's rows."""
    best: dict[str, float] = {}
    for row, similarity in near.items():
        record_id = record_id_of(row)
        best[record_id] = max(similarity, best.get(record_id, -1.0))
    return best
