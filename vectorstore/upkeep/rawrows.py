"""A library's rows and vectors, read from its files without Chroma: for checks and repairs."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vectorstore.errors import LibraryError
from vectorstore.minilm import Vectors
from vectorstore.rows import Metadata, batches, record_id_of
from vectorstore.swap import DATABASE
from vectorstore.table import COLLECTION
from vectorstore.upkeep.indexfiles import read_index

_PAGE = 500
_REMOVAL = 3
"""The operation that Chroma's queue notes for a row that was deleted."""
_VALUES = "string_value, int_value, float_value, bool_value"


class RawRow(NamedTuple):
    """A row as SQLite holds it."""

    id: str
    values: Metadata


class RawLibrary:
    """The parts of an open SQLite file that are Quoth's.

    Attributes:
        metadata: What the collection says of itself: manifest, revision, tail, index.
        dimension: Length of its vectors; 0 where it has none yet.
    """

    def __init__(self, database: sqlite3.Connection, folder: Path) -> None:
        """Finds the collection.

        Raises:
            LibraryError: There is none.
            sqlite3.Error: The file is damaged.
        """
        self._database = database
        self._folder = folder
        found = database.execute(
            "SELECT id, dimension FROM collections WHERE name = ?", [COLLECTION]
        ).fetchone()
        if found is None:
            raise LibraryError(f"{folder} holds a Chroma database without a library in it.")
        self._collection, self.dimension = str(found[0]), int(found[1] or 0)
        told = database.execute(
            "SELECT key, str_value, int_value, float_value, bool_value "
            "FROM collection_metadata WHERE collection_id = ?",
            [self._collection],
        )
        self.metadata: dict[str, Any] = {key: _value(values) for key, *values in told}
        scopes = database.execute(
            "SELECT scope, id FROM segments WHERE collection = ?", [self._collection]
        )
        self._segments = {str(scope): str(name) for scope, name in scopes}

    def faults(self) -> list[str]:
        """What SQLite finds wrong with its file; nothing where it is sound."""
        told = self._database.execute("PRAGMA integrity_check(20)").fetchall()
        return [] if told == [("ok",)] else [" ".join(str(line).split()) for (line,) in told]

    def count(self) -> int:
        """The number of rows."""
        (found,) = self._database.execute(
            "SELECT count(*) FROM embeddings WHERE segment_id = ?", [self._segments["METADATA"]]
        ).fetchone()
        return int(found)

    def papers(self) -> Iterator[tuple[str, list[RawRow]]]:
        """The rows of each record id, in the order in which the first of them were added."""
        rows = self._database.execute(
            "SELECT id, embedding_id FROM embeddings WHERE segment_id = ? ORDER BY id",
            [self._segments["METADATA"]],
        ).fetchall()
        papers: dict[str, list[int]] = defaultdict(list)
        for number, row in rows:
            papers[record_id_of(row)].append(number)
        names = dict(rows)
        for batch in batches(papers, _PAGE):
            values = self._metadata_of([number for key in batch for number in papers[key]])
            for key in batch:
                yield key, [RawRow(names[item], values[item]) for item in papers[key]]

    def vectors(self) -> dict[str, Vectors]:
        """The vectors by row id: those written to the index, and over them those of the queue.

        Raises:
            LibraryError: The index files are damaged.
        """
        found = read_index(self._folder / self._segments["VECTOR"], self.dimension)
        for row, vector in self.queued():
            if vector is None:
                found.pop(row, None)
            else:
                found[row] = vector
        return found

    def queued(self) -> Iterator[tuple[str, Vectors | None]]:
        """What is not in the index files yet, oldest first: a row's vector, None if deleted."""
        rows = self._database.execute(
            "SELECT id, operation, vector FROM embeddings_queue WHERE topic LIKE '%/' || ? "
            "AND seq_id > COALESCE((SELECT seq_id FROM max_seq_id WHERE segment_id = ?), -1) "
            "ORDER BY seq_id",
            [self._collection, self._segments["VECTOR"]],
        )
        for row, operation, vector in rows:
            if operation == _REMOVAL:
                yield row, None
            elif vector is not None:
                whole = vector[: len(vector) // 4 * 4]
                yield row, np.frombuffer(whole, dtype="<f4")

    def _metadata_of(self, numbers: list[int]) -> dict[int, Metadata]:
        found: dict[int, Metadata] = {number: {} for number in numbers}
        for page in batches(numbers, _PAGE):
            marks = ",".join("?" * len(page))
            single = f"SELECT id, key, {_VALUES} FROM embedding_metadata WHERE id IN ({marks})"
            for number, key, *values in self._database.execute(single, page):
                found[number][key] = _value(values)
            several = (
                f"SELECT id, key, {_VALUES} FROM embedding_metadata_array "
                f"WHERE id IN ({marks}) ORDER BY rowid"
            )
            for number, key, *values in self._database.execute(several, page):
                found[number].setdefault(key, []).append(_value(values))
        return found


@contextmanager
def opened_raw(folder: Path) -> Iterator[RawLibrary]:
    """The library in a folder, opened without Chroma.

    Raises:
        LibraryError: There is none, or one that Chroma keeps in other tables than we know.
        sqlite3.Error: The file is damaged.
    """
    address = f"{(folder / DATABASE).absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
        try:
            yield RawLibrary(database, folder)
        except sqlite3.OperationalError as error:
            if not str(error).startswith("no such "):
                raise
            raise LibraryError(
                f"{folder / DATABASE} is laid out as no Chroma of version 1.5 does it ({error})."
            ) from error


def is_good(vector: Vectors, dimension: int) -> bool:
    """Whether a vector is of the right dimension, finite and of length 1."""
    if len(vector) != dimension or not np.isfinite(vector).all():
        return False
    return bool(abs(float(np.linalg.norm(vector)) - 1.0) < 1e-3)


def _value(values: list[Any]) -> Any:  # noqa: ANN401 - a column of any type
    text, whole, real, truth = values
    if truth is not None:
        return bool(truth)
    return next((value for value in (text, whole, real) if value is not None), None)
