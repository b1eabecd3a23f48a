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
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from vectorstore.address import Address, ServerOptions
from vectorstore.errors import LibraryError
from vectorstore.lexical_documents import Piece
from vectorstore.manifest import Manifest, check_manifest
from vectorstore.minilm import Vectors
from vectorstore.papers import Paper
from vectorstore.pen import Waiting
from vectorstore.records import Passage
from vectorstore.remote import sparse
from vectorstore.remote.log import EMPTY, Step, StepLog, following, number_of
from vectorstore.remote.pen import ServerPen
from vectorstore.remote.served_terms import weigh
from vectorstore.remote.server import AbsentError, RefusedError, Server
from vectorstore.rows import Metadata, batches, filter_columns, row_id, sorted_out, to_paper
from vectorstore.table import PAGE_ROWS, Table

TRIES = 5
SPARSE = "sparse 1"
"""Says that the terms are kept as sparse vectors, and by which rules."""


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
        keeps_terms: Whether the server keeps the terms too.
    """

    def __init__(self, address: Address, manifest: Manifest, options: ServerOptions) -> None:
        """Opens the table, or makes one there.

        Raises:
            LibraryError: The server fails, or the table was built by something else.
        """
        self.turn = threading.RLock()
        self.revision = EMPTY
        self.tail = 0
        self._settled = 0
        self.folders: dict[str, str] = {}
        self._manifest = manifest
        self._address = address
        self._server = Server(address, options)
        self._client = self._server
        self.pen = ServerPen(self._server)
        self._log = StepLog(self._server)
        self._is_torn = False
        self.keeps_terms = False
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
                self._collection = self._make()
            metadata = self._collection.metadata or {}
            check_manifest(self._address, metadata, self._manifest)
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

    def tell(self, waiting: Waiting | None) -> Waiting | None:
        """Names who is told when the server is away for a moment; who was so far."""
        before, self._server.tell = self._server.tell, waiting
        return before

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

    def pieces(self, ids: Sequence[str]) -> list[Piece]:
        """Those of these papers that are there, with their passages."""
        rows = self.select({"record_id": {"$in": list(ids)}}) if ids else {}
        papers = [to_paper(rows[first]) for item in ids if (first := row_id(item, 0)) in rows]
        known = {row: told for row, told in rows.items() if row_id(told["record_id"], 0) in rows}
        return list(sorted_out(papers, known)[0])

    @contextmanager
    def step(self, put: Sequence[str], removed: Sequence[str]) -> Iterator[None]:
        """One step: papers of these ids are written, and removed, within.

        Raises:
            LibraryError: Another client overtook this one, or the server fails.
        """
        with self.turn:
            self.pen.renew()
            if self._is_torn:
                self.finish_what_was_left()
            revision = following(self.revision)
            self._is_torn = True
            self._log.note(revision, put, removed)
            yield
            self.pen.must_be_held()
            self._note(revision, 0)
            self._is_torn = False

    def finish_what_was_left(self) -> None:
        """Finishes steps that were broken off. For who holds the pen."""
        with self.turn:
            left = [step for step in self.steps_since(self.revision) if self._is_open(step)]
            if left:
                fates = {key: is_put for step in left for key, is_put in _fates(step)}
                for batch in batches(fates, PAGE_ROWS):
                    self.delete(self._stale_of({key: fates[key] for key in batch}))
                self._note(left[-1].revision, 0)
            self._is_torn = False

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
        if self.keeps_terms:
            rows = [(row, _with_terms(told)) for row, told in rows]
        super().upsert_rows(rows, vectors)

    def _metadata(self, paper: Paper, passages: Sequence[Passage]) -> list[Metadata]:
        columns = filter_columns(paper.record)
        return [row | columns for row in super()._metadata(paper, passages)]

    def delete(self, ids: Sequence[str]) -> None:
        """Deletes rows. Within `step` only."""
        for page in batches(ids, self._page):
            self.pen.must_be_held()
            super().delete(page)

    def checkpoint(self) -> None:
        """A server sees to its own files."""

    def ranked(
        self, weights: sparse.Weights, depth: int, where: dict[str, Any] | None
    ) -> dict[str, float]:
        """Rows by the product of their sparse vectors with these weights, best first."""
        with self.turn:
            return sparse.scores(self._collection.search(sparse.search(weights, depth, where)))

    @property
    def _page(self) -> int:
        return min(PAGE_ROWS, self._limit)

    def _make(self) -> Any:  # noqa: ANN401 - of Chroma
        """A new collection; with an index of terms, where the server offers that."""
        told = {"manifest": self._manifest.to_text(), "revision": EMPTY, "folders": "{}"}
        name, schema = self._address.name, sparse.schema()
        try:
            return self._server.create(name, {**told, "terms": SPARSE}, True, schema)
        except RefusedError:
            return self._server.create(name, told, True)

    def _take_up(self, told: dict[str, Any]) -> None:
        self.keeps_terms = told.get("terms") == SPARSE
        self.revision = str(told.get("revision", EMPTY))
        self.folders = dict(json.loads(told.get("folders") or "{}"))

    def _note(self, revision: str, tail: int) -> None:
        """Writes the collection's metadata."""
        del tail
        told = {"manifest": self._manifest.to_text(), "folders": json.dumps(self.folders)}
        if self.keeps_terms:
            told["terms"] = SPARSE
        self._collection.modify(metadata={**told, "revision": revision})
        self.revision = revision

    def _is_open(self, step: Step) -> bool:
        return number_of(step.revision) > number_of(self.revision)

    def _stale_of(self, fates: dict[str, bool]) -> list[str]:
        """Rows of papers that are to go, and of former states of those that are to stay."""
        rows = self.select({"record_id": {"$in": list(fates)}})
        stamps = {key: rows.get(row_id(key, 0), {}).get("stamp") for key in fates if fates[key]}
        return [row for row, told in rows.items() if told["stamp"] != stamps.get(told["record_id"])]

    def _all(self, where: dict[str, Any], include: list[str]) -> list[tuple[str, Metadata]]:
        """All rows that a filter lets through, of one state: pages shift where rows go."""
        size = self._page if include else self._limit
        found = self._rows_from(0, size, where, include)
        if len(found) < size:
            return found
        for _ in range(TRIES):
            before, found = self._revision_now(), []
            while page := self._rows_from(len(found), size, where, include):
                found += page
            if self._revision_now() == before:
                return found
        raise LibraryError(
            f"{self._address} was changed by others while it was read, {TRIES} times. "
            "Do the same again once they are done."
        )

    def _rows_from(
        self, start: int, size: int, where: dict[str, Any], include: list[str]
    ) -> list[tuple[str, Metadata]]:
        page = self._collection.get(where=where, include=include, limit=size, offset=start)
        told = page["metadatas"] or [{}] * len(page["ids"])
        return list(zip(page["ids"], told, strict=True))

    def _revision_now(self) -> str:
        return str((self._server.get(self._address.name).metadata or {}).get("revision"))

    def _stated(self) -> AbstractContextManager[None]:
        return nullcontext()  # the server's requests state what fails


def _with_terms(told: Metadata) -> Metadata:
    """A row with the terms of its paper, if it is the first one."""
    return (
        {**told, sparse.FIELD: sparse.vector(weigh(to_paper(told)))} if "record" in told else told
    )


def _fates(step: Step) -> Iterator[tuple[str, bool]]:
    """The papers of a step, and whether it put them."""
    yield from ((key, True) for key in step.put)
    yield from ((key, False) for key in step.removed)
