"""A question -> hits: the two rankings fused, and the passage of each record that matches best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vectorstore.filters import Filter
from vectorstore.fusion import Mode, Scored, fuse
from vectorstore.lexical import LexicalIndex
from vectorstore.minilm import Vectors
from vectorstore.records import Hit, Passage, Record
from vectorstore.rows import Metadata, record_id_of, row_id, to_passage, to_record
from vectorstore.table import Table
from vectorstore.terms import index_terms

CANDIDATES = 100
"""Passages that vectors, and records that terms, put forward for one question."""


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


def find_hits(wanted: Wanted, table: Table, lexical: LexicalIndex) -> list[Hit]:
    """One hit a record, best first.

    Args:
        wanted: What is looked for.
        table: The passages and their vectors.
        lexical: The terms of the records.

    Raises:
        LibraryError: One of the two indexes cannot be read.
    """
    depth = max(CANDIDATES, 2 * wanted.top_k) + len(wanted.exclude)
    near: dict[str, float] = {}
    terms: dict[str, float] = {}
    if wanted.vector is not None:
        near = table.nearest(wanted.vector, depth, wanted.where.chroma())
    if wanted.mode != "vectors":
        terms = dict(lexical.search(index_terms(wanted.question), depth, wanted.where))
    ranked = fuse(_best_by_record(near), terms, wanted.mode)
    kept = [item for item in ranked if item.key not in wanted.exclude][: wanted.top_k]
    return _hits(wanted.question, kept, near, table, lexical)


def _hits(
    question: str,
    ranked: Sequence[Scored],
    near: Mapping[str, float],
    table: Table,
    lexical: LexicalIndex,
) -> list[Hit]:
    """Hits with their records, and the passage of each that matches best."""
    best = {record_id_of(row): row for row in sorted(near, key=near.__getitem__)}
    rows = _rows(ranked, best, table)
    hits = []
    for item in ranked:
        first = rows.get(row_id(item.key, 0))
        if first is None:
            continue  # removed between the two look-ups
        record = to_record(first)
        row = rows.get(best.get(item.key, ""))
        if row is not None and row["stamp"] == first["stamp"]:
            passage = to_passage(row, record)
        else:
            passage = _best_by_terms(_passages(record, rows), question, lexical)
        hits.append(Hit(passage, item.score, record, item.similarity, item.terms))
    return hits


def _rows(ranked: Sequence[Scored], best: Mapping[str, str], table: Table) -> dict[str, Metadata]:
    """The first row of each record and its nearest one; all rows where vectors found none."""
    firsts = [row_id(item.key, 0) for item in ranked]
    nearest = [best[item.key] for item in ranked if item.key in best]
    rows = table.get(list(dict.fromkeys(firsts + nearest)))
    further = [
        row_id(item.key, ordinal)
        for item in ranked
        if item.key not in best and row_id(item.key, 0) in rows
        for ordinal in range(1, rows[row_id(item.key, 0)]["passages"])
    ]
    return rows | table.get(further)


def _passages(record: Record, rows: Mapping[str, Metadata]) -> list[Passage]:
    """The passages of a record that these rows hold, in order."""
    first = rows[row_id(record.id, 0)]
    own = (rows.get(row_id(record.id, ordinal)) for ordinal in range(first["passages"]))
    return [to_passage(row, record) for row in own if row and row["stamp"] == first["stamp"]]


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
