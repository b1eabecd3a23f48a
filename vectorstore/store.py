"""A library on disk: records in, ranked hits out. `remote` has those on a Chroma server.

Chroma holds everything; one upsert writes all rows of a record, so that a killed `add` leaves
whole records only. The term index beside it is derived, and stamped with the revision of Chroma's
rows that it agrees with. One process at a time holds the pen (`writer.lock`), for a whole `add`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from filelock import FileLock, Timeout

from vectorstore.address import Address
from vectorstore.embedding import Embedder
from vectorstore.errors import LibraryError
from vectorstore.failures import RESTORE, stated
from vectorstore.filters import Filter
from vectorstore.fusion import Mode
from vectorstore.latex import searchable
from vectorstore.lexical import LexicalIndex, stamp_of
from vectorstore.lexical_documents import Piece
from vectorstore.manifest import Manifest
from vectorstore.matching import keys
from vectorstore.minilm import Vectors
from vectorstore.narrowing import Narrowing
from vectorstore.papers import Paper, identities_of, own_ids
from vectorstore.pen import PEN_FILE, Waiting, take_pen
from vectorstore.preparing import NOTHING, Ahead, Cut, cut, key_of, prepare
from vectorstore.records import Hit, Passage, Record
from vectorstore.rows import batches, row_id, sorted_out, to_paper, to_passage
from vectorstore.searching import Wanted, find_hits
from vectorstore.swap import TERMS_FOLDER, drop_draft
from vectorstore.table import LONG_TAIL_ROWS, PAGE_ROWS, TAIL_ROWS, Table

PAPERS_AT_ONCE = 64


class Written(NamedTuple):
    """What it took to write papers.

    Attributes:
        embedded: Passages that the embedding model read.
        kept: Passages whose vectors were there already.
    """

    embedded: int = 0
    kept: int = 0


class Store:
    """An open library of records, their passages, vectors and terms.

    Attributes:
        folder: Where its files lie, or what is derived from a server's rows.
        at: Where it is: the folder, or the address on a server.
        embedder: The model.
        manifest: What it is built with.
        lexical: The terms.
    """

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Opens the library in a folder, or makes one there.

        Args:
            folder: Where it lies.
            embedder: The model; a library opens only with the one that built it.

        Raises:
            LibraryError: It cannot be read or written, or was built by something else.
        """
        self.folder = folder
        self.at: Path | Address = folder
        self.embedder = embedder
        self.manifest = Manifest(embedder.identity, embedder.window)
        with stated(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._pen = FileLock(folder / PEN_FILE)
        self._table = Table(folder, self.manifest, connect)
        self.lexical = LexicalIndex(folder / TERMS_FOLDER)
        self._narrowing = Narrowing(self._table, self.lexical)
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
        return {key: paper.record for key, paper in self.get_papers(ids).items()}

    def get_papers(self, ids: Iterable[str]) -> dict[str, Paper]:
        """The papers of these ids, in that order; those that are not there are left out."""
        unique = list(dict.fromkeys(ids))
        rows = self._table.get([row_id(item, 0) for item in unique])
        found = {row["record_id"]: to_paper(row) for row in rows.values()}
        return {item: found[item] for item in unique if item in found}

    def records(self) -> Iterator[Record]:
        """All records, in the order in which they were first added."""
        return (paper.record for paper in self.papers())

    def papers(self) -> Iterator[Paper]:
        """All papers, in the order in which they were first added."""
        for page in batches(self._table.ids({"ordinal": 0}), PAGE_ROWS):
            rows = self._table.get(page)
            yield from (to_paper(rows[row]) for row in page if row in rows)

    def find_same(self, records: Sequence[Record]) -> list[Paper]:
        """The papers that share a look-up key with one of these records, or have an id of its."""
        own = [item for record in records for item in own_ids(record)]
        with self._table.turn:
            self._keep_up()
            ids = [found for item in records for found in self.lexical.find([item.id, *keys(item)])]
            unique = list(dict.fromkeys([*own, *ids]))
            kept = self.lexical.fetch(unique) if unique else {}
        return [kept[item].paper for item in unique if item in kept]

    def find_named(self, identity: str) -> Paper | None:
        """The paper of an id, or with a record of that identity (`doi:10.1101/x`), if any."""
        found = self.get_papers([identity]).get(identity)
        with self._table.turn:
            self._keep_up()
            sharing = [] if found else self.lexical.find([identity.lower()])
        others = self.get_papers(sharing).values()
        named = (paper for paper in others if identity.lower() in identities_of(paper))
        return found or next(named, None)

    def passages(self, record: Record) -> list[Passage]:
        """The passages of a record of the library, in order."""
        rows = self._table.select({"record_id": record.id}).values()
        live = [to_passage(row, record) for row in rows if row["stamp"] == record.fingerprint]
        return sorted(live, key=lambda passage: passage.ordinal)

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The unit vectors of these papers' passages, in order; shape (passages, dimensions)."""
        with self._table.turn:
            self._keep_up()
            kept = self.lexical.fetch(ids)
            rows = {key: [item.id for item in paper.passages] for key, paper in kept.items()}
            found = self._table.vectors([row for own in rows.values() for row in own])
        return {key: np.stack([found[row] for row in own]) for key, own in rows.items()}

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
                return find_hits(wanted, self._narrowing.nearest, self.lexical)
            except LibraryError:  # another process wrote meanwhile, or the term index is damaged
                self._reopen()
                return find_hits(wanted, self._narrowing.nearest, self.lexical)

    @property
    def folders(self) -> dict[str, str]:
        """Where the folders lie that the library is kept in step with, by their names."""
        self._keep_up()
        return dict(self._table.folders)

    def place_of(self, folder: Path) -> str:
        """How a folder is named that the library is kept in step with."""
        return str(folder.resolve())

    def is_there(self, place: str) -> bool:
        """Whether a folder that was named so may still be there."""
        return Path(place).is_dir()

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

    def prepare(self, records: Sequence[Record]) -> Ahead:
        """Cuts and embeds records, ahead of `put`; touches nothing of the library."""
        return prepare(records, self.embedder)

    def put(self, papers: Sequence[Paper], ahead: Ahead = NOTHING) -> Written:
        """Writes papers, in place of those of the same ids. Within `writing` only.

        Passages that were there before keep their vectors.

        Args:
            papers: Each of another id.
            ahead: What was prepared; the rest is prepared now.
        """
        if not papers:
            return Written()
        former = list(self.get([paper.id for paper in papers]).values())
        known = self._known_vectors(former)
        cuts = [self._cut(paper.record, ahead) for paper in papers]
        texts = [text for cut in cuts for text in cut.texts]
        wanted = {text for text in texts if text not in known}
        known |= {text: vector for text, vector in ahead.vectors.items() if text in wanted}
        lacking = list(dict.fromkeys(text for text in texts if text not in known))
        if lacking:
            known |= zip(lacking, self.embedder.embed(lacking), strict=True)
        pieces = [(paper, cut.passages) for paper, cut in zip(papers, cuts, strict=True)]
        vectors = np.asarray([known[text] for text in texts], dtype=np.float32)
        self._write(pieces, vectors, {record.id for record in former})
        return Written(len(wanted), len(texts) - len(wanted))

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Takes records out: passages, vectors and terms. Within `writing` only.

        Returns:
            The ids of those that were there.
        """
        present = list(self.get(ids))
        for batch in batches(present, PAGE_ROWS):
            with self._changing(len(batch), removed=batch):
                self._table.delete(self._table.ids({"record_id": {"$in": batch}}))
        return present

    def remember_folder(self, name: str, place: str) -> None:
        """Notes where a folder lies that the library is kept in step with."""
        self._table.remember_folder(name, place)

    def take_over(self, other: Store) -> None:
        """Writes all papers of a library that the same model built, with its vectors.

        Within `writing` only.

        Raises:
            LibraryError: It lacks a vector.
        """
        for batch in batches(other.papers(), PAPERS_AT_ONCE):
            pieces = [(paper, self._cut(paper.record).passages) for paper in batch]
            ids = [item.id for _, passages in pieces for item in passages]
            found = other._table.vectors(ids)
            lacking = next((row for row in ids if row not in found), None)
            if lacking:
                raise LibraryError(f"{other.at} lacks the vector of {lacking}. {RESTORE}.")
            vectors = np.asarray([found[row] for row in ids], dtype=np.float32)
            self._write(pieces, vectors, self.get([paper.id for paper in batch]))

    def _cut(self, record: Record, ahead: Ahead = NOTHING) -> Cut:
        found = ahead.cuts.get(key_of(record))
        return found.of(record) if found else cut(record, self.embedder)

    def _known_vectors(self, records: Iterable[Record]) -> dict[str, Vectors]:
        """Vectors of the passages that records have now, by what was embedded."""
        texts: dict[str, str] = {}
        for passages, embedded in map(self._cut, records):
            texts |= zip([item.id for item in passages], embedded, strict=True)
        vectors = self._table.vectors(list(texts)) if texts else {}
        return {texts[row]: vector for row, vector in vectors.items()}

    def _write(
        self, pieces: list[tuple[Paper, list[Passage]]], vectors: Vectors, former: Collection[str]
    ) -> None:
        """Writes papers; those of the ids `former` were there before."""
        old = [paper for paper, _ in pieces if paper.id in former]
        with self._changing(len(vectors), pieces):
            self._table.upsert(pieces, vectors)
            self._table.delete(self._stale_rows(old) if old else [])
        if self._table.tail_is_long(LONG_TAIL_ROWS):
            self._table.checkpoint()

    @contextmanager
    def _changing(
        self, rows: int, put: Sequence[Piece] = (), removed: Sequence[str] = ()
    ) -> Iterator[None]:
        """One step of Chroma's rows, of papers that are put and removed; the terms follow."""
        with self._table.changing(rows):
            yield
            if put or removed:
                self.lexical.replace(put, removed)
            self.lexical.put_stamp(self._stamp())

    def _stale_rows(self, papers: Sequence[Paper]) -> list[str]:
        """Rows of earlier, longer states of papers."""
        rows = self._table.select({"record_id": {"$in": [paper.id for paper in papers]}})
        return sorted_out(papers, rows)[1]

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
        return stamp_of(self._table.revision)

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
            for batch in batches(self.papers(), PAGE_ROWS):
                rows = self._table.select({"record_id": {"$in": [paper.id for paper in batch]}})
                live, old = sorted_out(batch, rows)
                self.lexical.replace(live)
                stale += old
        with self._changing(len(stale)):
            self._table.delete(stale)


def connect(path: str) -> Any:  # noqa: ANN401 - Chroma's types lack `close`, and much it takes
    """A Chroma client on a folder, for this process alone; nothing is reported to anyone."""
    return chromadb.PersistentClient(path=path, settings=ChromaSettings(anonymized_telemetry=False))
