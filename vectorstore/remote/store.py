"""A library on a Chroma server: the same as one in a folder, for several clients at once.

The rows are the server's. The terms are each machine's own, derived, and lie in its cache folder:
after each step of anyone they are brought in step by the papers that the server's log names, and
made anew where they are further behind than the log reaches. Processes of one machine share them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from platform import node
from typing import Any

from filelock import FileLock

from vectorstore.address import Address, ServerOptions
from vectorstore.embedding import Embedder
from vectorstore.errors import LibraryError
from vectorstore.failures import stated
from vectorstore.filters import Filter
from vectorstore.lexical import LexicalIndex, stamp_of
from vectorstore.lexical_documents import Piece
from vectorstore.manifest import Manifest
from vectorstore.minilm import Vectors
from vectorstore.narrowing import Narrowing
from vectorstore.pen import Waiting
from vectorstore.remote.log import EMPTY
from vectorstore.remote.served_terms import ServedTerms
from vectorstore.remote.table import ServerTable
from vectorstore.rows import batches
from vectorstore.store import Store
from vectorstore.swap import TERMS_FOLDER
from vectorstore.table import PAGE_ROWS

CACHED = "remote"
TERMS_LOCK = "terms.lock"


class _Narrowing(Narrowing):
    """Leaves filters to the server: vectors are not fetched to compare them here."""

    def nearest(self, vector: Vectors, depth: int, where: Filter) -> dict[str, float]:
        """The rows nearest to a vector, of records that pass, with their cosine similarity."""
        return self._table.nearest(vector, depth, where.chroma())


class ServerStore(Store):
    """An open library on a Chroma server."""

    def __init__(
        self, address: Address, embedder: Embedder, cache: Path, options: ServerOptions
    ) -> None:
        """Opens a library, or makes it.

        Args:
            address: Where it is.
            embedder: The model; a library opens only with the one that built it.
            cache: Folder for what is derived.
            options: How the server is spoken to.

        Raises:
            LibraryError: The server fails, or the library was built by something else.
        """
        self.at = address
        self.address = address
        self.embedder = embedder
        self.manifest = Manifest(embedder.identity, embedder.window)
        self._cache = cache
        self._shared = ServerTable(address, self.manifest, options)
        self._table = self._shared
        try:
            self._open_terms()
            self._keep_up()
        except BaseException:
            self.close()
            raise

    def place_of(self, folder: Path) -> str:
        """How a folder is named that the library is kept in step with: behind its machine."""
        return f"{node()}:{folder.resolve()}"

    def is_there(self, place: str) -> bool:
        """Whether a folder that was named so may still be there; one of another machine may."""
        machine, _, path = place.partition(":")
        return machine != node() or Path(path).is_dir()

    @contextmanager
    def writing(self, waiting: Waiting | None = None) -> Iterator[None]:
        """Holds the library's only pen; another client that wants it waits, and is told.

        Raises:
            LibraryError: The server fails.
        """
        before = self._shared.tell(waiting)
        try:
            with self._shared.pen.held(waiting) as is_new:
                if is_new:
                    self._shared.is_current()
                    self._shared.finish_what_was_left()
                    self._keep_up()
                yield
        finally:
            self._shared.tell(before)

    @property
    def table(self) -> ServerTable:
        """The rows, as they are on the server."""
        return self._shared

    def remove_rows(self, ids: Sequence[str]) -> None:
        """Deletes all rows of papers, also of those that cannot be read. Within `writing` only."""
        with self._changing(len(ids), removed=ids):
            self._table.delete(self._table.ids({"record_id": {"$in": list(ids)}}))

    def rebuild_terms(self) -> None:
        """Makes the terms anew, though they are in step."""
        with self._table.turn, self._terms_held():
            self._rebuild_terms()
            self.lexical.put_stamp(self._stamp())

    @contextmanager
    def _changing(
        self, rows: int, put: Sequence[Piece] = (), removed: Sequence[str] = ()
    ) -> Iterator[None]:
        """One step of the rows; the terms follow from what was written, where they were in step."""
        del rows
        with self._table.turn:
            before = self._stamp()
            with self._shared.step([paper.id for paper, _ in put], removed):
                yield
            with self._terms_held():
                if self.lexical.stamp == before:
                    self.lexical.replace(put, removed)
                    self.lexical.put_stamp(self._stamp())
                else:
                    self._catch_up()
                self._seen = self._table.revision

    def _keep_up(self) -> None:
        """Brings the terms in step, where anyone wrote since they were."""
        with self._table.turn:
            if self._table.is_current() and self._seen == self._table.revision:
                return
            if self._identity != self._shared.identity:
                self._open_terms()
            with self._terms_held():
                self._table.is_current()
                self._catch_up()
                self._seen = self._table.revision

    def _reopen(self) -> None:
        self._seen = ""
        self._keep_up()

    def _finish_what_was_left(self) -> None:
        """Whoever holds the pen next does."""

    def _open_terms(self) -> None:
        """The terms of this very collection: one of the same name may have been deleted before."""
        self._seen = ""
        self._identity = self._shared.identity
        told = f"{self.at} {self._identity}"
        digest = hashlib.sha256(told.encode()).hexdigest()[:16]
        self.folder = self._cache / CACHED / digest
        with stated(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        self.lexical = (
            ServedTerms(self._shared)
            if self._shared.keeps_terms
            else LexicalIndex(self.folder / TERMS_FOLDER)
        )
        self._narrowing = _Narrowing(self._table, self.lexical)

    @contextmanager
    def _terms_held(self) -> Iterator[None]:
        """Keeps other processes of this machine from the terms; sees what they wrote."""
        with stated(self.folder), FileLock(self.folder / TERMS_LOCK):
            with suppress(LibraryError):  # damage takes back the stamp, and so is mended within
                self.lexical.refresh()
            yield

    def _catch_up(self) -> None:
        """Brings the terms to the state of the rows."""
        wanted, found = self._stamp(), self.lexical.stamp
        if found == wanted:
            return
        changed = self._changed_since(found)
        if changed is None:
            self._rebuild_terms()
        else:
            for batch in batches(changed, PAGE_ROWS):
                self.lexical.replace(self._shared.pieces(batch), removed=batch)
        self.lexical.put_stamp(wanted)

    def _changed_since(self, stamp: dict[str, Any]) -> list[str] | None:
        """Ids of the papers that were written since; None where the log does not tell."""
        revision = str(stamp.get("revision", EMPTY))
        if revision == EMPTY or stamp != stamp_of(revision):
            return None
        steps = self._shared.steps_since(revision)
        if revision not in (step.revision for step in steps):
            return None
        later = [step for step in steps if step.revision != revision]
        return list(dict.fromkeys(key for step in later for key in (*step.put, *step.removed)))

    def _rebuild_terms(self) -> None:
        self.lexical.clear()
        for batch in batches(self.papers(), PAGE_ROWS):
            self.lexical.replace(self._shared.pieces([paper.id for paper in batch]))
