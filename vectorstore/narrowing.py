"""The nearest passages among the records that a filter lets through.

Chroma finds them by looking the filter up in SQLite first, which takes many times as long as the
search itself; the term index knows in a fraction of a millisecond how many records pass. Where
few do, their vectors are compared one by one, and kept for the next question that is narrowed
alike. Where many do, more passages are asked for than are wanted, and those of other records are
left out.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from vectorstore.filters import Filter
from vectorstore.lexical import LexicalIndex
from vectorstore.minilm import Vectors
from vectorstore.rows import batches, record_id_of
from vectorstore.table import PAGE_ROWS, Table

NARROW = 5000
"""Records up to which a filter is narrow: their vectors take 25 MB, half a second to gather."""
NARROW_SHARE = 0.01
"""Share of the records up to which it is narrow, too: one passage in a hundred passes."""
SLACK = 1.5
"""How many times as many passages are asked for as should be needed."""
KEPT = 4
"""Filters whose vectors are kept."""


class _Matrix(NamedTuple):
    """Vectors of the rows that a filter lets through; shape (rows, dimensions)."""

    rows: list[str]
    vectors: Vectors


class Narrowing:
    """Searches a table's vectors under filters."""

    def __init__(self, table: Table, lexical: LexicalIndex) -> None:
        """Binds a table to the term index that is in step with it."""
        self._table = table
        self._lexical = lexical
        self._kept: OrderedDict[tuple[str, Filter], _Matrix] = OrderedDict()

    def nearest(self, vector: Vectors, depth: int, where: Filter) -> dict[str, float]:
        """The rows nearest to a vector, of records that pass, with their cosine similarity."""
        if not where.conditions:
            return self._table.nearest(vector, depth, None)
        count = self._lexical.count(where)
        share = count / max(1, len(self._lexical))
        if count <= NARROW or share <= NARROW_SHARE:
            return _closest(self._matrix(where, count), vector, depth)
        return self._filtered(vector, depth, where, share)

    def _filtered(
        self, vector: Vectors, depth: int, where: Filter, share: float
    ) -> dict[str, float]:
        """Asks for so many that enough should pass, and for more where they do not."""
        asked = math.ceil(depth / share * SLACK)
        while True:
            near = self._table.nearest(vector, asked, None)
            ids = list(dict.fromkeys(map(record_id_of, near)))
            passing = set(self._lexical.passing(where, len(ids), ids))
            found = [(row, near[row]) for row in near if record_id_of(row) in passing]
            if len(found) >= depth or len(near) < asked:
                return dict(found[:depth])
            asked *= 2

    def _matrix(self, where: Filter, count: int) -> _Matrix:
        key = self._table.revision, where
        if key not in self._kept:
            self._kept[key] = self._gather(where, count)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _gather(self, where: Filter, count: int) -> _Matrix:
        ids = self._lexical.passing(where, count) if count else []
        rows = [item.id for kept in self._lexical.fetch(ids).values() for item in kept.passages]
        found: dict[str, Vectors] = {}
        for page in batches(rows, PAGE_ROWS):
            found |= self._table.vectors(page)
        return _Matrix(list(found), np.asarray(list(found.values()), dtype=np.float32))


def _closest(matrix: _Matrix, vector: Vectors, depth: int) -> dict[str, float]:
    if not matrix.rows:
        return {}
    similarities = matrix.vectors @ vector
    best = np.argsort(-similarities, kind="stable")[:depth]
    return {matrix.rows[place]: float(similarities[place]) for place in best}
