"""Chroma as a table of passages that several processes share, and that no kill can break.

Who changes or loads Chroma's files holds the step (`step.lock`), for as long as that takes; texts
are embedded without it. The revision, kept in Chroma, changes with each step: a process that
finds it changed loads Chroma's vectors anew, since those in its memory are outdated.

What is added stays in SQLite until Chroma writes it into its vector index. It does so at
checkpoints only, and under their protection; the tail, kept in Chroma, counts the rows since.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any
from uuid import uuid4

from filelock import FileLock

from vectorstore.checkpoint import drop_copy, keep_copy, put_back_copy
from vectorstore.errors import LibraryError
from vectorstore.failures import RESTORE, stated
from vectorstore.manifest import Manifest, check_manifest
from vectorstore.minilm import Vectors
from vectorstore.papers import Paper
from vectorstore.records import Passage
from vectorstore.rows import Metadata, batches, to_metadata
from vectorstore.swap import DATABASE, finish_swap

COLLECTION = "passages"
STEP_FILE = "step.lock"
PAGE_ROWS = 1000
TAIL_ROWS = 1000
"""Rows that Chroma's vector index lacks on disk when the end of an `add` has it written; until
then each process that opens the library inserts them anew, at 0.3 ms a row."""
LONG_TAIL_ROWS = 4000
"""The same, in the midst of an `add`; where more rows are settled, a quarter of those, since the
whole index is copied and loaded at each checkpoint."""
NEVER = 1_000_000_000
LOCKED_WAITS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between tries of a change that finds the database locked."""

Connect = Callable[[str], Any]
"""Opens a Chroma client on a path."""

_opened = count(1)


class Table:
    """The rows of a library's passages, with their vectors.

    Attributes:
        turn: Held by the thread that uses the table.
        revision: Names the state of the rows that this process has loaded.
        tail: Rows written since the last checkpoint.
        folders: Where the folders lie that the library is kept in step with, by their names.
    """

    def __init__(self, folder: Path, manifest: Manifest, connect: Connect) -> None:
        """Opens the table in a folder, or makes one there.

        Raises:
            LibraryError: It cannot be read or written, or was built by something else.
        """
        self.turn = threading.RLock()
        self.revision = ""
        self.tail = 0
        self.folders: dict[str, str] = {}
        self._folder = folder
        self._manifest = manifest
        self._connect = connect
        self._path = _own_path(folder)
        self._sealed = ""
        self._settled = 0
        self._file = (0, 0)
        self._step = FileLock(folder / STEP_FILE)
        self._client: Any = None
        self._collection: Any = None
        self.open()

    def open(self) -> None:
        """Opens Chroma, anew if need be, and loads its vectors while nobody changes them."""
        with self.turn, self._stated(), self._step, ExitStack() as undo:
            self.close()
            finish_swap(self._folder)
            was_broken_off = put_back_copy(self._folder)
            self._load()
            undo.callback(self.close)
            check_manifest(self._folder, self._collection.metadata or {}, self._manifest)
            if was_broken_off:
                self._write_index_after(NEVER)
                self._seal()
            self._must_be_as_sealed()
            self._settled = int(self._collection.count()) - self.tail
            undo.pop_all()

    def tail_is_long(self, least: int) -> bool:
        """Whether the tail is of at least so many rows, and of a quarter of those settled."""
        return self.tail >= max(least, self._settled // 4)

    def close(self) -> None:
        """Lets go of the files."""
        with self.turn:
            if self._client is not None:
                self._client.close()

    def is_current(self) -> bool:
        """Whether no other process has changed the rows since they were loaded."""
        with self.turn, self._stated():
            if self._file != self._database_file():
                return False  # repaired or restored: what is open is a file that is gone
            now = self._client.get_collection(COLLECTION, embedding_function=None)
            return bool((now.metadata or {}).get("revision") == self.revision)

    def count(self) -> int:
        """The number of rows."""
        with self.turn, self._stated():
            return int(self._collection.count())

    def get(self, ids: Sequence[str]) -> dict[str, Metadata]:
        """Metadata by row id, of those of these rows that there are."""
        found: dict[str, Metadata] = {}
        for page in batches(ids, PAGE_ROWS):
            with self.turn, self._stated():
                rows = self._collection.get(ids=page, include=["metadatas"])
            found |= zip(rows["ids"], rows["metadatas"], strict=True)
        return found

    def select(self, where: dict[str, Any]) -> dict[str, Metadata]:
        """Metadata by row id, of the rows that a Chroma filter lets through."""
        with self.turn, self._stated():
            rows = self._collection.get(where=where, include=["metadatas"])
        return dict(zip(rows["ids"], rows["metadatas"], strict=True))

    def ids(self, where: dict[str, Any]) -> list[str]:
        """The ids of the rows that a Chroma filter lets through, oldest first."""
        with self.turn, self._stated():
            return list(self._collection.get(where=where, include=[])["ids"])

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Vectors by row id, of those of these rows that there are."""
        with self.turn, self._stated():
            rows = self._collection.get(ids=list(ids), include=["embeddings"])
        return dict(zip(rows["ids"], rows["embeddings"], strict=True))

    def nearest(
        self, vector: Vectors, depth: int, where: dict[str, Any] | None
    ) -> dict[str, float]:
        """Ids of the rows that are nearest to a vector, with their cosine similarity."""
        with self.turn, self._stated():
            found = self._collection.query(
                query_embeddings=[vector], n_results=depth, where=where, include=["distances"]
            )
        ranked = zip(found["ids"][0], found["distances"][0], strict=True)
        return {row: 1.0 - float(distance) for row, distance in ranked}

    @contextmanager
    def changing(self, rows: int) -> Iterator[None]:
        """One step: up to about so many rows are written or deleted within."""
        with self.turn, self._stated(), self._step:
            self._note(uuid4().hex, self.tail + rows)
            yield

    def remember_folder(self, name: str, place: str) -> None:
        """Notes where a folder lies that the library is kept in step with."""
        with self.turn, self._stated(), self._step:
            self.folders[name] = place
            self._note(self.revision, self.tail)

    def upsert(self, pieces: Sequence[tuple[Paper, list[Passage]]], vectors: Vectors) -> None:
        """Writes the rows of papers, all of a paper at once. Within `changing` only."""
        limit = self._client.get_max_batch_size()
        start = 0
        rows: list[tuple[str, Metadata]] = []
        for paper, passages in pieces:
            if rows and len(rows) + len(passages) > limit:
                self.upsert_rows(rows, vectors[start : start + len(rows)])
                start, rows = start + len(rows), []
            ids = [passage.id for passage in passages]
            rows += zip(ids, self._metadata(paper, passages), strict=True)
        self.upsert_rows(rows, vectors[start : start + len(rows)])

    def upsert_rows(self, rows: Sequence[tuple[str, Metadata]], vectors: Vectors) -> None:
        """Writes rows as they are, at most as many as Chroma takes. Within `changing` only."""
        ids, metadatas = zip(*rows, strict=True)
        self._collection.upsert(ids=list(ids), embeddings=vectors, metadatas=list(metadatas))

    def _metadata(self, paper: Paper, passages: Sequence[Passage]) -> list[Metadata]:
        return to_metadata(paper, passages)

    def delete(self, ids: Sequence[str]) -> None:
        """Deletes rows. Within `changing` only."""
        for page in batches(ids, PAGE_ROWS):
            self._collection.delete(ids=page)

    def checkpoint(self) -> None:
        """Has Chroma write its vector index to disk."""
        with self.turn, self._stated(), self._step:
            keep_copy(self._folder)
            try:
                self._write_index_after(2)
                self.close()
                self._load()
                self._collection.count()  # brings the index up to date, and so writes it
                self.tail = 0
                self._seal()
                self._write_index_after(NEVER)
                drop_copy(self._folder)
            except BaseException:
                with suppress(LibraryError):
                    self.open()  # with the copy
                raise
            self.open()

    def _load(self) -> None:
        self._must_not_be_lost()
        self._client = self._connect(self._path)
        self._collection = self._client.get_or_create_collection(
            COLLECTION,
            configuration={"hnsw": {"space": "cosine", "sync_threshold": NEVER}},
            metadata={"manifest": self._manifest.to_text(), "revision": "empty", "tail": 0},
            embedding_function=None,
        )
        self._file = self._database_file()
        told = self._collection.metadata or {}
        self.revision, self.tail = str(told.get("revision")), int(told.get("tail", 0))
        self._sealed = str(told.get("index", ""))
        self.folders = dict(json.loads(told.get("folders") or "{}"))

    def _note(self, revision: str, tail: int) -> None:
        """Writes the collection's metadata."""
        kept = {
            "manifest": self._manifest.to_text(),
            "index": self._sealed,
            "folders": json.dumps(self.folders),
        }
        self._collection.modify(metadata={**kept, "revision": revision, "tail": tail})
        self.revision, self.tail = revision, tail

    def _seal(self) -> None:
        """Notes the sizes of the index files, which stay as they are until the next checkpoint."""
        self._sealed = self._index_files()
        self._note(self.revision, self.tail)

    def _must_be_as_sealed(self) -> None:
        """Chroma crashes the process on some index files that were cut off, and others it mends.

        What it mends lacks vectors, and says nothing of it.
        """
        if self._sealed and self._index_files() != self._sealed:
            raise LibraryError(
                f"The library {self._folder} holds a damaged vector index; expected files of the "
                f"sizes {self._sealed}, found {self._index_files()}. {RESTORE}."
            )

    def _database_file(self) -> tuple[int, int]:
        """Tells the file that lies there from one that took its place."""
        try:
            found = (self._folder / DATABASE).stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_dev, found.st_ino

    def _index_files(self) -> str:
        files = sorted(path for path in self._folder.glob("*-*-*-*-*/*") if path.is_file())
        return ", ".join(
            f"{path.parent.name[:8]}/{path.name} {path.stat().st_size}" for path in files
        )

    def _write_index_after(self, rows: int) -> None:
        """How many rows Chroma takes in before it writes its index, once it is opened again.

        Chroma's own work in the background may hold the database for a moment.
        """
        for wait in (*LOCKED_WAITS, None):
            try:
                self._collection.modify(configuration={"hnsw": {"sync_threshold": rows}})
                return
            except Exception as error:
                if wait is None or "database is locked" not in str(error):
                    raise
                sleep(wait)

    def _must_not_be_lost(self) -> None:
        """Chroma would make a new file in place of a missing one, and the library be empty."""
        file = self._folder / DATABASE
        was_there = self._index_files() or (self._folder / "terms" / "stamp.json").exists()
        if was_there and not (file.is_file() and file.stat().st_size):
            raise LibraryError(
                f"The library {self._folder} has lost its Chroma file; expected {file}. {RESTORE}."
            )

    def _stated(self) -> AbstractContextManager[None]:
        return stated(self._folder)


def _own_path(folder: Path) -> str:
    """The folder, spelled as nowhere else in this process.

    Chroma has clients of one path share their state, which then cannot be loaded anew.
    """
    return str(folder) + "".join("/." if bit == "1" else "/" for bit in f"{next(_opened):b}")
