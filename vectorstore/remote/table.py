"""The rows of a library on a Chroma server, which several clients share.

A step is written by who holds the pen: its entry in the log, then the rows, then the revision in
the collection's metadata. What a client that is killed leaves, the next one that holds the pen
finds, since the log has steps beyond the revision, and finishes:

- killed before the entry: nothing was written.
- after it, or amid the rows: each paper is its old state or its new one, since one request writes
  all rows of a paper. Rows of longer former states are known by their stamp, and deleted.
- amid the deletions of a removal: the removal is done again.
- before the revision: it is noted.

Until then others see the rows, and their terms follow once the step is finished.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from vectorstore.address import Address, ServerOptions
from vectorstore.errors import LibraryError
from vectorstore.manifest import Manifest, check_manifest
from vectorstore.minilm import Vectors
from vectorstore.remote.log import EMPTY, Step, StepLog, following, number_of
from vectorstore.remote.pen import ServerPen
from vectorstore.remote.server import AbsentError, Server
from vectorstore.rows import Metadata, batches, row_id
from vectorstore.table import PAGE_ROWS, Table

TRIES = 5


def exists(address: Address, options: ServerOptions) -> bool:
    """Whether there is a library of that name on the server.

    Raises:
        LibraryError: The server fails.
    """
    server = Server(address, options)
    try:
        server.get(address.name)
    except AbsentError:
        return False
    finally:
        server.close()
    return True


class ServerTable(Table):
    """The same as a `Table`, on a server; written in `step`s by who holds the `pen`.

    Attributes:
        pen: Who holds it may write.
    """

    def __init__(self, address: Address, manifest: Manifest, options: ServerOptions) -> None:
        """Opens the table, or makes one there.

        Raises:
            LibraryError: The server fails, or the table was built by something else.
        """
        self.turn = threading.RLock()
        self.revision = EMPTY
        self.tail = 0
        self.folders: dict[str, str] = {}
        self._manifest = manifest
        self._address = address
        self._server = Server(address, options)
        self._client = self._server
        self.pen = ServerPen(self._server)
        try:
            self.open()
        except BaseException:
            self._server.close()
            raise

    @property
    def identity(self) -> str:
        """Tells this table from one of the same name that was made before or after it."""
        return str(self._collection.id)

    def open(self) -> None:
        """Takes up the state of the rows, which are made where they are not there."""
        with self.turn:
            try:
                self._collection = self._server.get(self._address.name)
            except AbsentError:
                StepLog(self._server)
                told = {"manifest": self._manifest.to_text(), "revision": EMPTY, "folders": "{}"}
                self._collection = self._server.create(self._address.name, told, True)
            metadata = self._collection.metadata or {}
            check_manifest(self._address, metadata, self._manifest)
            self._log = StepLog(self._server)
            self._limit = self._server.get_max_batch_size()
            self._take_up(metadata)

    def close(self) -> None:
        """Lets go of the connection."""
        self._server.close()

    def is_current(self) -> bool:
        """Whether no client has changed the rows since; their state now is taken up."""
        with self.turn:
            revision, found = self.revision, self._server.get(self._address.name)
            is_same = str(found.id) == self.identity
            self._collection = found
            self._take_up(found.metadata or {})
            return is_same and revision == self.revision

    def tell(self, waiting: Callable[[str], None] | None) -> None:
        """Names who is told when the server is away for a moment."""
        self._server.tell = waiting

    def get(self, ids: Sequence[str]) -> dict[str, Metadata]:
        """Metadata by row id, of those of these rows that there are."""
        found: dict[str, Metadata] = {}
        for page in batches(ids, self._page):
            found |= super().get(page)
        return found

    def select(self, where: dict[str, Any]) -> dict[str, Metadata]:
        """Metadata by row id, of the rows that a Chroma filter lets through."""
        return dict(self._all(where, ["metadatas"]))

    def ids(self, where: dict[str, Any]) -> list[str]:
        """The ids of the rows that a Chroma filter lets through, oldest first."""
        return [row for row, _ in self._all(where, [])]

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Vectors by row id, of those of these rows that there are."""
        found: dict[str, Vectors] = {}
        for page in batches(ids, self._page):
            found |= super().vectors(page)
        return found

    @contextmanager
    def step(self, put: Sequence[str], removed: Sequence[str]) -> Iterator[None]:
        """One step: papers of these ids are written, and removed, within.

        Raises:
            LibraryError: Another client overtook this one, or the server fails.
        """
        with self.turn:
            self.pen.renew()
            revision = following(self.revision)
            self._log.note(revision, put, removed)
            yield
            self.pen.must_be_held()
            self._note(revision, 0)

    def finish_what_was_left(self) -> bool:
        """Finishes steps of a client that was killed; whether there were any. For the holder."""
        with self.turn:
            left = [step for step in self.steps_since(self.revision) if self._is_open(step)]
            for step in left:
                self._finish(step)
                self._note(step.revision, 0)
            return bool(left)

    def steps_since(self, revision: str) -> list[Step]:
        """The logged steps from the one that led to a state, itself included where it is there."""
        return self._log.since(number_of(revision))

    def remember_folder(self, name: str, place: str) -> None:
        """Notes where a folder lies that the library is kept in step with."""
        with self.pen.held(), self.turn:
            self.is_current()
            self.folders[name] = place
            self._note(self.revision, 0)

    def upsert_rows(self, rows: Sequence[tuple[str, Metadata]], vectors: Vectors) -> None:
        """Writes rows as they are, at most as many as Chroma takes. Within `step` only."""
        self.pen.must_be_held()
        super().upsert_rows(rows, vectors)

    def delete(self, ids: Sequence[str]) -> None:
        """Deletes rows. Within `step` only."""
        for page in batches(ids, self._page):
            self.pen.must_be_held()
            super().delete(page)

    def checkpoint(self) -> None:
        """A server sees to its own files."""

    @property
    def _page(self) -> int:
        return max(1, min(PAGE_ROWS, self._limit))

    def _take_up(self, told: dict[str, Any]) -> None:
        self.revision = str(told.get("revision", EMPTY))
        self.folders = dict(json.loads(told.get("folders") or "{}"))

    def _note(self, revision: str, tail: int) -> None:
        """Writes the collection's metadata."""
        del tail
        told = {"manifest": self._manifest.to_text(), "folders": json.dumps(self.folders)}
        self._collection.modify(metadata={**told, "revision": revision})
        self.revision = revision

    def _is_open(self, step: Step) -> bool:
        return number_of(step.revision) > number_of(self.revision)

    def _finish(self, step: Step) -> None:
        for batch in batches([*step.put, *step.removed], PAGE_ROWS):
            rows = self.select({"record_id": {"$in": batch}})
            gone = set(step.removed)
            stamps = {key: (rows.get(row_id(key, 0)) or {}).get("stamp") for key in batch}
            stale = [
                row
                for row, told in rows.items()
                if told["record_id"] in gone or told["stamp"] != stamps[told["record_id"]]
            ]
            self.delete(stale)

    def _all(self, where: dict[str, Any], include: list[str]) -> list[tuple[str, Metadata]]:
        """All rows that a filter lets through, of one state: pages shift where rows go."""
        for _ in range(TRIES):
            with self.turn:
                before = self._revision_now()
                found, pages = self._pages(where, include)
                if pages == 1 or self._revision_now() == before:
                    return found
        raise LibraryError(
            f"{self._address} was changed by others while it was read, {TRIES} times. "
            "Do the same again once they are done."
        )

    def _pages(
        self, where: dict[str, Any], include: list[str]
    ) -> tuple[list[tuple[str, Metadata]], int]:
        size, pages = self._page if include else max(1, self._limit), 0
        found: list[tuple[str, Metadata]] = []
        while True:
            page = self._collection.get(where=where, include=include, limit=size, offset=len(found))
            pages += 1
            found += zip(page["ids"], page["metadatas"] or [{}] * len(page["ids"]), strict=True)
            if len(page["ids"]) < size:
                return found, pages

    def _revision_now(self) -> str:
        return str((self._server.get(self._address.name).metadata or {}).get("revision"))

    def _stated(self) -> AbstractContextManager[None]:
        return nullcontext()  # the server's requests state what fails
