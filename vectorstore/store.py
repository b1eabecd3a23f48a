"""A library on disk: records in, ranked hits out. The only importer of chromadb.

Chroma holds everything; one upsert writes all rows of a record, so that a killed `add` leaves
whole records only. The term index beside it is derived, and stamped with the revision of Chroma's
rows that it agrees with. One process at a time holds the pen (`writer.lock`), for a whole `add`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from filelock import FileLock, Timeout

from vectorstore.chunking import chunk, embedded_text
from vectorstore.embedding import Embedder
from vectorstore.errors import LibraryError
from vectorstore.failures import stated
from vectorstore.filters import Filter
from vectorstore.fusion import Mode
from vectorstore.latex import searchable
from vectorstore.lexical import VERSION as LEXICAL_VERSION
from vectorstore.lexical import LexicalIndex
from vectorstore.manifest import Manifest
from vectorstore.minilm import Vectors
from vectorstore.pen import PEN_FILE, Waiting, take_pen
from vectorstore.records import Hit, Passage, Record
from vectorstore.rows import (
    batches,
    identity_clauses,
    row_id,
    to_passage,
    to_record,
)
from vectorstore.searching import Wanted, find_hits
from vectorstore.swap import TERMS_FOLDER, drop_draft
from vectorstore.table import LONG_TAIL_ROWS, PAGE_ROWS, TAIL_ROWS, Table


class Store:
    """An open library of records, their passages, vectors and terms."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Opens the library in a folder, or makes one there.

        Args:
            folder: Where it lies.
            embedder: The model; a library opens only with the one that built it.

        Raises:
            LibraryError: It cannot be read or written, or was built by something else.
        """
        self.folder = folder
        self.embedder = embedder
        self.manifest = Manifest(embedder.identity, embedder.window)
        with stated(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._pen = FileLock(folder / PEN_FILE)
        self._table = Table(folder, self.manifest, connect)
        self.lexical = LexicalIndex(folder / TERMS_FOLDER)
        self._finish_what_was_left()

    def __enter__(self) -> Store:
        """The store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the store."""
        self.close()

    def close(self) -> None:
        """Lets go of the files."""
        self._table.close()

    # Reading ---------------------------------------------------------------------------------

    def __len__(self) -> int:
        """The number of records."""
        self._keep_up()
        return len(self.lexical)

    def count_passages(self) -> int:
        """The number of passages."""
        return self._table.count()

    def get(self, ids: Iterable[str]) -> dict[str, Record]:
        """The records of these ids, in that order; those that are not there are left out."""
        unique = list(dict.fromkeys(ids))
        rows = self._table.get([row_id(item, 0) for item in unique])
        found = {row["record_id"]: to_record(row) for row in rows.values()}
        return {item: found[item] for item in unique if item in found}

    def records(self) -> Iterator[Record]:
        """All records, in the order in which they were first added."""
        for page in batches(self._table.ids({"ordinal": 0}), PAGE_ROWS):
            rows = self._table.get(page)
            yield from (to_record(rows[row]) for row in page if row in rows)

    def find_same(self, records: Sequence[Record]) -> list[Record]:
        """The records that have the id, a DOI, arXiv id, PMID or the abstract of one of these."""
        found = self.get([record.id for record in records])
        for clause in identity_clauses(records):
            for row in self._table.select(clause).values():
                found.setdefault(row["record_id"], to_record(row))
        return list(found.values())

    def passages(self, record: Record) -> list[Passage]:
        """The passages of a record of the library, in order."""
        rows = self._table.select({"record_id": record.id}).values()
        live = [to_passage(row, record) for row in rows if row["stamp"] == record.fingerprint]
        return sorted(live, key=lambda passage: passage.ordinal)

    def search(
        self,
        question: str,
        top_k: int = 10,
        where: Filter | None = None,
        mode: Mode = "hybrid",
        exclude: Collection[str] = (),
    ) -> list[Hit]:
        """The records that a question is about, each with the passage that matches best.

        Args:
            question: What is asked, in plain words.
            top_k: Most hits to return.
            where: Which records may be found.
            mode: Both rankings, or one of them.
            exclude: Ids of records that must not be found.

        Returns:
            One hit a record, best first.

        Raises:
            LibraryError: The library cannot be read.
            EmbeddingError: The question could not be embedded.
        """
        vector = None if mode == "terms" else self.embedder.embed_question(searchable(question))
        wanted = Wanted(question, vector, top_k, where or Filter(), mode, frozenset(exclude))
        with self._table.turn:
            self._keep_up()
            try:
                return find_hits(wanted, self._table, self.lexical)
            except LibraryError:  # another process wrote meanwhile, or the term index is damaged
                self._reopen()
                return find_hits(wanted, self._table, self.lexical)

    # Writing ---------------------------------------------------------------------------------

    @contextmanager
    def writing(self, waiting: Waiting | None = None) -> Iterator[None]:
        """Holds the library's only pen; another process that wants it waits, and is told.

        Raises:
            LibraryError: The folder cannot be written.
        """
        with stated(self.folder):
            take_pen(self._pen, self.folder, waiting)
        try:
            self._keep_up()
            self._finish_what_was_left()
            drop_draft(self.folder)
            yield
            if self._table.tail >= TAIL_ROWS:
                self._table.checkpoint()
        finally:
            self._pen.release()

    def put(self, records: Sequence[Record]) -> None:
        """Writes records, in place of those of the same ids. Within `writing` only."""
        if not records:
            return
        pieces = [(record, self._cut(record)) for record in records]
        texts = [
            embedded_text(record, passage, self.embedder.count_tokens, self.embedder.window)
            for record, passages in pieces
            for passage in passages
        ]
        self._write(pieces, self.embedder.embed(texts))

    def put_metadata(self, records: Sequence[Record]) -> None:
        """Writes records whose title and abstract are as they were: vectors stay as they are."""
        if not records:
            return
        pieces = [(record, self._cut(record)) for record in records]
        ids = [passage.id for _, passages in pieces for passage in passages]
        kept = self._table.vectors(ids)
        if len(kept) < len(ids):
            self.put(records)
        else:
            self._write(pieces, np.asarray([kept[item] for item in ids], dtype=np.float32))

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Takes records out: passages, vectors and terms. Within `writing` only.

        Returns:
            The ids of those that were there.
        """
        present = list(self.get(ids))
        for batch in batches(present, PAGE_ROWS):
            with self._changing(len(batch)):
                self._table.delete(self._table.ids({"record_id": {"$in": batch}}))
                self.lexical.replace([], removed=batch)
        return present

    def _cut(self, record: Record) -> list[Passage]:
        return chunk(record, self.embedder.count_tokens, self.embedder.window)

    def _write(self, pieces: list[tuple[Record, list[Passage]]], vectors: Vectors) -> None:
        records = [record for record, _ in pieces]
        with self._changing(len(vectors)):
            self._table.upsert(pieces, vectors)
            self._table.delete(self._stale_rows(records))
            self.lexical.replace(records)
        if self._table.tail >= LONG_TAIL_ROWS:
            self._table.checkpoint()

    @contextmanager
    def _changing(self, rows: int) -> Iterator[None]:
        """One step of Chroma's rows and of the terms with them."""
        with self._table.changing(rows):
            yield
            self.lexical.put_stamp(self._stamp())

    def _stale_rows(self, records: Sequence[Record]) -> list[str]:
        """Rows of earlier, longer states of records."""
        stamps = {record.id: record.fingerprint for record in records}
        rows = self._table.select({"record_id": {"$in": list(stamps)}})
        return [row for row, data in rows.items() if data["stamp"] != stamps[data["record_id"]]]

    # Keeping in step -------------------------------------------------------------------------

    def _keep_up(self) -> None:
        """Loads the rows anew where another process wrote."""
        with self._table.turn:
            if not self._table.is_current():
                self._reopen()

    def _reopen(self) -> None:
        self._table.open()
        with suppress(LibraryError):  # damage takes back the stamp, and so is mended below
            self.lexical.refresh()
        self._finish_what_was_left()

    def _stamp(self) -> dict[str, Any]:
        return {"revision": self._table.revision, "version": LEXICAL_VERSION}

    def _is_finished(self) -> bool:
        return self._table.tail < TAIL_ROWS and self.lexical.stamp == self._stamp()

    def _finish_what_was_left(self) -> None:
        """Does what a killed process left undone, and makes a damaged term index anew.

        Where another process holds the pen, it is that one's to finish.
        """
        if self._is_finished():
            return
        with stated(self.folder):
            try:
                self._pen.acquire(timeout=0)
            except Timeout:
                return
        try:
            self._keep_up()
            if self.lexical.stamp != self._stamp():
                self._rebuild_terms()
            if self._table.tail >= TAIL_ROWS:
                self._table.checkpoint()
        finally:
            self._pen.release()

    def _rebuild_terms(self) -> None:
        """Makes the term index anew, and removes rows that a killed `add` left of longer states."""
        stale: list[str] = []
        with stated(self.folder):
            self.lexical.clear()
            for batch in batches(self.records(), PAGE_ROWS):
                self.lexical.replace(batch)
                stale += self._stale_rows(batch)
        with self._changing(len(stale)):
            self._table.delete(stale)


def connect(path: str) -> Any:  # noqa: ANN401 - Chroma's types lack `close`, and much it takes
    """A Chroma client on a folder, for this process alone; nothing is reported to anyone."""
    return chromadb.PersistentClient(path=path, settings=ChromaSettings(anonymized_telemetry=False))
