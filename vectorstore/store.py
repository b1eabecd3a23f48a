"""A library on disk: records in, ranked hits out. The only importer of chromadb.

Chroma holds everything. One upsert writes all rows of a record, so that a killed `add` leaves
whole records only. The term index beside it is derived: Chroma's revision changes before
anything is written, and the index is stamped with it once the two are in step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from filelock import FileLock, Timeout

from vectorstore.chunking import chunk, embedded_text
from vectorstore.embedding import Embedder, Vectors
from vectorstore.errors import LibraryError
from vectorstore.filters import Filter
from vectorstore.fusion import Mode, Scored, fuse
from vectorstore.lexical import VERSION as LEXICAL_VERSION
from vectorstore.lexical import LexicalIndex, open_index
from vectorstore.manifest import Manifest, check_manifest
from vectorstore.records import Hit, Passage, Record
from vectorstore.rows import (
    identity_clauses,
    record_id_of,
    row_id,
    to_metadata,
    to_passage,
    to_record,
)
from vectorstore.terms import index_terms

COLLECTION = "passages"
PAGE_ROWS = 1000
CANDIDATES = 100
"""Passages that vectors, and records that terms, put forward for one question."""
LOCK_FILE = "writer.lock"

Waiting = Callable[[str], None]
"""Told, in one line, what a writer waits for."""


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
        self._lock = FileLock(folder / LOCK_FILE)
        self._connect()
        self.lexical: LexicalIndex = open_index(folder / "terms")
        self._rebuild_terms_if_stale()

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
        self._client.close()

    # Reading ---------------------------------------------------------------------------------

    def __len__(self) -> int:
        """The number of records."""
        return len(self.lexical)

    def count_passages(self) -> int:
        """The number of passages."""
        return int(self._collection.count())

    def get(self, ids: Sequence[str]) -> dict[str, Record]:
        """The records of these ids, in that order; those that are not there are left out."""
        rows = self._rows(ids=[row_id(item, 0) for item in ids])
        found = {row["record_id"]: to_record(row) for row in rows.values()}
        return {item: found[item] for item in ids if item in found}

    def records(self) -> Iterator[Record]:
        """All records, by id."""
        for offset in range(0, self.count_passages(), PAGE_ROWS):
            page = self._collection.get(include=["metadatas"], limit=PAGE_ROWS, offset=offset)
            yield from (to_record(row) for row in page["metadatas"] if row["ordinal"] == 0)

    def find_same(self, records: Sequence[Record]) -> list[Record]:
        """The records of the library that share a DOI, arXiv id, PMID or abstract with these."""
        found: dict[str, Record] = {}
        for clause in identity_clauses(records):
            for row in self._rows(where=clause).values():
                found[row["record_id"]] = to_record(row)
        return list(found.values())

    def passages(self, record: Record) -> list[Passage]:
        """The passages of a record of the library, in order."""
        rows = self._rows(where={"record_id": record.id}).values()
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
        """
        where = where or Filter()
        self._reopen_if_changed()
        depth = max(CANDIDATES, 2 * top_k) + len(exclude)
        passages = self._nearest(question, depth, where) if mode != "terms" else {}
        terms = self._matching(question, depth, where) if mode != "vectors" else {}
        similarities = _best_by_record(passages)
        ranked = fuse(similarities, terms, mode)
        kept = [item for item in ranked if item.key not in exclude]
        return self._hits(kept[:top_k], passages, question)

    def _nearest(self, question: str, depth: int, where: Filter) -> dict[str, float]:
        """Row ids of the nearest passages, with their cosine similarity."""
        titled = self.lexical.titled(where.title_words) if where.title_words else []
        if where.title_words and not titled:
            return {}
        found = self._collection.query(
            query_embeddings=[self.embedder.embed_question(question)],
            n_results=min(depth, max(1, self.count_passages())),
            where=where.chroma(titled),
            include=["distances"],
        )
        return {
            row: 1.0 - float(distance)
            for row, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        }

    def _matching(self, question: str, depth: int, where: Filter) -> dict[str, float]:
        """Record ids by their BM25 score."""
        return dict(self.lexical.search(index_terms(question), depth, where))

    def _hits(self, ranked: list[Scored], passages: dict[str, float], question: str) -> list[Hit]:
        """Hits with their records, and the passage of each that matches best."""
        records = self.get([item.key for item in ranked])
        best = {record_id_of(row): row for row in sorted(passages, key=passages.__getitem__)}
        rows = self._rows(ids=[best[item.key] for item in ranked if item.key in best])
        hits = []
        for item in ranked:
            record = records.get(item.key)
            if record is None:
                continue  # removed between the two look-ups
            row = rows.get(best.get(item.key, ""))
            if row is not None and row["stamp"] == record.fingerprint:
                passage = to_passage(row, record)
            else:
                passage = self._best_by_terms(record, question)
            hits.append(Hit(passage, item.score, record, item.similarity, item.terms))
        return hits

    def _best_by_terms(self, record: Record, question: str) -> Passage:
        """The passage of a record that shares most with a question, the first among equals."""
        wanted = {term: self.lexical.rarity(term) for term in index_terms(question)}
        return max(
            self._cut(record),
            key=lambda item: sum(wanted.get(term, 0.0) for term in set(index_terms(item.text))),
        )

    # Writing ---------------------------------------------------------------------------------

    @contextmanager
    def writing(self, waiting: Waiting | None = None) -> Iterator[None]:
        """Holds the library's only pen; another process that wants it waits, and is told.

        Raises:
            LibraryError: The folder cannot be written.
        """
        try:
            self._take_lock(waiting)
        except OSError as error:
            raise _unusable(self.folder, error) from error
        try:
            self._reopen_if_changed()
            self._rebuild_terms_if_stale(locked=True)
            self._change_revision()
            yield
            self.lexical.put_stamp(self._stamp())
        except LibraryError:
            raise
        except (chromadb.errors.ChromaError, OSError) as error:
            raise _unusable(self.folder, error) from error
        finally:
            self._lock.release()

    def put(self, records: Sequence[Record]) -> None:
        """Writes records, in place of those of the same ids. Within `writing` only."""
        if not records:
            return
        pieces = [(record, self._cut(record)) for record in records]
        vectors = self.embedder.embed([
            embedded_text(record, passage, self.embedder.count_tokens, self.embedder.window)
            for record, passages in pieces
            for passage in passages
        ])
        self._upsert(pieces, vectors)
        self._drop_stale_rows(records)
        self.lexical.replace(records)

    def put_metadata(self, records: Sequence[Record]) -> None:
        """Writes records whose title and abstract are as they were: vectors stay as they are."""
        if not records:
            return
        pieces = [(record, self._cut(record)) for record in records]
        ids = [passage.id for _, passages in pieces for passage in passages]
        kept = self._collection.get(ids=ids, include=["embeddings"])
        by_id = dict(zip(kept["ids"], kept["embeddings"], strict=True))
        self._upsert(pieces, np.asarray([by_id[item] for item in ids], dtype=np.float32))
        self.lexical.replace(records)

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Takes records out: passages, vectors and terms. Within `writing` only.

        Returns:
            The ids of those that were there.
        """
        present = list(self.get(ids))
        if present:
            self._collection.delete(where={"record_id": {"$in": present}})
            self.lexical.replace([], removed=present)
        return present

    def _cut(self, record: Record) -> list[Passage]:
        return chunk(record, self.embedder.count_tokens, self.embedder.window)

    def _upsert(self, pieces: list[tuple[Record, list[Passage]]], vectors: Vectors) -> None:
        """Writes the rows of records, never splitting a record between two upserts."""
        limit = self._client.get_max_batch_size()
        start = 0
        ids: list[str] = []
        metadatas: list[dict[str, Any]] = []
        for record, passages in pieces:
            if ids and len(ids) + len(passages) > limit:
                self._collection.upsert(
                    ids=ids, embeddings=vectors[start : start + len(ids)], metadatas=metadatas
                )
                start, ids, metadatas = start + len(ids), [], []
            ids += [passage.id for passage in passages]
            metadatas += to_metadata(record, passages)
        if ids:
            self._collection.upsert(
                ids=ids, embeddings=vectors[start : start + len(ids)], metadatas=metadatas
            )

    def _drop_stale_rows(self, records: Sequence[Record]) -> None:
        """Removes rows of earlier, longer states of records that were just written."""
        stamps = {record.id: record.fingerprint for record in records}
        rows = self._rows(where={"record_id": {"$in": list(stamps)}})
        stale = [row for row, data in rows.items() if data["stamp"] != stamps[data["record_id"]]]
        if stale:
            self._collection.delete(ids=stale)

    # Keeping in step -------------------------------------------------------------------------

    def _connect(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._client = chromadb.PersistentClient(
                path=str(self.folder), settings=ChromaSettings(anonymized_telemetry=False)
            )
            self._collection = self._client.get_or_create_collection(
                COLLECTION,
                configuration={"hnsw": {"space": "cosine"}},
                metadata={"manifest": self.manifest.to_text(), "revision": "empty"},
                embedding_function=None,
            )
        except Exception as error:  # noqa: BLE001 - Chroma raises bare exceptions; restated
            raise _unusable(self.folder, error) from error
        self._revision = self._read_revision()
        check_manifest(self.folder, self._collection.metadata or {}, self.manifest)

    def _read_revision(self) -> str:
        current = self._client.get_collection(COLLECTION, embedding_function=None)
        return str((current.metadata or {}).get("revision"))

    def _change_revision(self) -> None:
        self._revision = uuid4().hex
        self._collection.modify(
            metadata={"manifest": self.manifest.to_text(), "revision": self._revision}
        )

    def _reopen_if_changed(self) -> None:
        """Opens Chroma anew where another process wrote: its vectors in memory are outdated."""
        if self._read_revision() != self._revision:
            self._client.close()
            self._connect()
            self.lexical.refresh()

    def _stamp(self) -> dict[str, Any]:
        return {"revision": self._revision, "version": LEXICAL_VERSION}

    def _rebuild_terms_if_stale(self, locked: bool = False) -> None:
        """Makes the term index anew where it is not that of Chroma's current state.

        Where another process is writing, it is that one's to finish.
        """
        if self.lexical.stamp == self._stamp():
            return
        if not locked:
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                return
        try:
            self.lexical.clear()
            for batch in batches(self.records(), PAGE_ROWS):
                self.lexical.replace(batch)
                self._drop_stale_rows(batch)  # what a killed `add` may have left
            self.lexical.put_stamp(self._stamp())
        finally:
            if not locked:
                self._lock.release()

    def _take_lock(self, waiting: Waiting | None) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            if waiting:
                waiting(f"Another process is adding to {self.folder}; waiting for it.")
            self._lock.acquire()

    def _rows(self, **which: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401
        """Metadata by row id, of the rows that `ids` or `where` name."""
        if not which.get("ids", True):
            return {}
        found = self._collection.get(include=["metadatas"], **which)
        return dict(zip(found["ids"], found["metadatas"], strict=True))


def batches(items: Iterable[Record], size: int) -> Iterator[list[Record]]:
    """Consecutive lists of at most `size` items."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _best_by_record(passages: Mapping[str, float]) -> dict[str, float]:
    """The greatest score among each record's rows."""
    best: dict[str, float] = {}
    for row, score in passages.items():
        record_id = record_id_of(row)
        best[record_id] = max(score, best.get(record_id, -1.0))
    return best


def _unusable(folder: Path, error: BaseException) -> LibraryError:
    """The error in words that a user can act on."""
    told = " ".join(str(error).split()) or type(error).__name__
    advice = "Check the disk, or add your files to a new library (--library PATH)"
    for sign, found, todo in (
        ("readonly", "is read-only", "Make the folder writable, or name another (--library PATH)"),
        ("read-only", "is read-only", "Make the folder writable, or name another (--library PATH)"),
        ("ermission denied", "may not be written", "Change its permissions, or name another folder"),
        ("disk is full", "has no room left on its disk", "Free some space and add the files again"),
        ("No space left", "has no room left on its disk", "Free some space and add the files again"),
        ("not a database", "holds a damaged Chroma file", "Restore a copy, or add your files anew"),
        ("malformed", "holds a damaged Chroma file", "Restore a copy, or add your files anew"),
    ):
        if sign in told:
            return LibraryError(f"The library {folder} {found}. {todo}. ({told})")
    return LibraryError(f"The library {folder} cannot be used: {told}. {advice}.")
