"""What a library holds: papers added, kept in step, merged and parted, written out, kept whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rag import upkeep
from rag.config import Settings
from rag.upkeep import subject_of
from vectorstore.errors import LibraryError
from vectorstore.papers import Paper
from vectorstore.pen import Waiting
from vectorstore.records import AddReport, Record
from vectorstore.store import Store

if TYPE_CHECKING:  # imported where they are used: asking needs none of them
    from vectorstore.adding import Progress
    from vectorstore.engines import Choice
    from vectorstore.syncing import Confirm, SyncReport
    from vectorstore.upkeep.backup import BackupReport
    from vectorstore.upkeep.health import HealthReport
    from vectorstore.upkeep.repair import RepairReport
    from vectorstore.writers import Format


class Holdings:
    """The papers of a library; `Library` adds the asking.

    Attributes:
        store: The records and their indexes.
        settings: What it was opened with.
        is_sample: Whether it is the bundled sample, which cannot be changed.
    """

    def __init__(self, store: Store, settings: Settings, is_sample: bool = False) -> None:
        """Wraps an open store."""
        self.store = store
        self.settings = settings
        self.is_sample = is_sample

    def __len__(self) -> int:
        """The number of papers."""
        return len(self.store)

    def add(
        self,
        paths: str | Path | Iterable[str | Path],
        progress: Progress | None = None,
        waiting: Waiting | None = None,
        columns: Mapping[str, str] | None = None,
        limit: int = 100,
        dry_run: bool = False,
        engine: str = "local",
        workers: int | None = None,
    ) -> AddReport:
        """Adds papers; what each record became is in the report.

        Args:
            paths: One or several: files and folders, in formats told by their content, or names
                of papers on the network (`arxiv:ID`, `arxiv-search:QUERY`, `doi:DOI`, `pmid:ID`).
            progress: Told how many records were just dealt with.
            waiting: Told in one line what it waits for, where another process is adding.
            columns: What columns or keys hold, where their names do not tell:
                `{"Summary": "abstract"}`.
            limit: Papers that a search on the network may bring, at most.
            dry_run: Whether to report what would become of them, and change nothing.
            engine: `local`, or `ray`: files are read and records embedded by processes of a Ray
                cluster. The library is the same.
            workers: Processes that embed; as many as the cluster has CPUs where None.

        Raises:
            QuothError: The library cannot be written, or the engine or the embedding model fails;
                adding the same again goes on from there.
        """
        from rag.gathering import sources_of
        from vectorstore.adding import add
        from vectorstore.engines import start
        from vectorstore.rehearsal import Rehearsal

        self._must_be_ones_own()
        several = [paths] if isinstance(paths, (str, Path)) else list(paths)
        sources = sources_of(several, self.settings, columns, limit)
        with start(self._choice(engine, workers, waiting), self.store.embedder) as running:
            preparer = None if dry_run else running.preparer
            items = running.read(sources)
            shelf = Rehearsal(self.store) if dry_run else self.store
            return add(shelf, items, progress, waiting, preparer=preparer)

    def sync(
        self,
        folder: str | Path,
        name: str | None = None,
        dry_run: bool = False,
        confirm: Confirm | None = None,
        progress: Progress | None = None,
        waiting: Waiting | None = None,
        engine: str = "local",
        workers: int | None = None,
    ) -> SyncReport:
        """Adds what the files of a folder say, and removes what they ceased to say.

        Args:
            folder: Where the files lie, at any depth.
            name: What they are named behind; the folder's own name where None.
            dry_run: Whether to report what would be done, and change nothing.
            confirm: Told what would be removed, before it is; says whether to.
            progress: Told how many records were just dealt with.
            waiting: Told in one line what it waits for, where another process is adding.
            engine: As of `add`.
            workers: As of `add`.

        Raises:
            LibraryError: There is no such folder, or nothing in it can be read.
            QuothError: As of `add`.
        """
        from vectorstore.engines import start
        from vectorstore.syncing import sync_folder

        self._must_be_ones_own()
        place = Path(folder).expanduser()
        with start(self._choice(engine, workers, waiting), self.store.embedder) as running:
            return sync_folder(
                self.store, place, name, dry_run, confirm, progress, waiting, running
            )

    def duplicates(self) -> list[Paper]:
        """Papers that were made from more than one record, with those records and why."""
        return [paper for paper in self.store.papers() if len(paper.parts) > 1]

    def split(
        self, record_id: str, number: int | None = None, waiting: Waiting | None = None
    ) -> tuple[Paper, Paper]:
        """Takes a merged paper apart for good.

        Args:
            record_id: The paper's id.
            number: Which of its records goes, counted from 1; the last where None.
            waiting: Told in one line what it waits for, where another process is adding.

        Returns:
            What is left of the paper, and the new one.

        Raises:
            LibraryError: There is no such paper or record.
        """
        from vectorstore.splitting import split

        self._must_be_ones_own()
        return split(self.store, record_id, number, waiting)

    def export(self, form: Format = "jsonl") -> Iterator[str]:
        """All papers as JSON Lines, BibTeX or RIS, in pieces; `add` reads them back as they are."""
        from vectorstore.writers import write

        return write(self.store.papers(), form)

    def remove(self, ids: str | Iterable[str], waiting: Waiting | None = None) -> list[str]:
        """Takes papers out, by one id or several; returns the ids of those that were there."""
        self._must_be_ones_own()
        several = [ids] if isinstance(ids, str) else list(ids)
        with self.store.writing(waiting):
            return self.store.remove(several)

    def get(self, record_id: str) -> Record | None:
        """The paper of an id, or with such an identifier (`doi:...`); None where there is none."""
        paper = self.paper(record_id)
        return paper.record if paper else None

    def paper(self, record_id: str) -> Paper | None:
        """The same, with the records that it was made from."""
        return self.store.find_named(record_id)

    def records(self) -> Iterator[Record]:
        """All papers."""
        return self.store.records()

    def check(self) -> HealthReport:
        """Verifies every paper, passage, vector and term; changes nothing.

        `vectorstore.upkeep.health.check` does the same for a library that does not open.
        """
        return upkeep.check(subject_of(self.store), self.store.embedder)

    def repair(self, keep_copy: bool = True) -> RepairReport:
        """Rebuilds what can be rebuilt, after copying the library to `FOLDER.before-repair-DATE`.

        `vectorstore.upkeep.repair.repair` does the same for a library that does not open.
        """
        self._must_be_ones_own()
        return upkeep.repair(subject_of(self.store), self.store.embedder, keep_copy)

    def backup(self, file: str | Path, replace: bool = False) -> BackupReport:
        """Saves the library as one file, in the state of one moment.

        Args:
            file: Where to.
            replace: Whether a file of that name may be replaced.
        """
        return upkeep.backup(subject_of(self.store), Path(file), replace=replace)

    def _choice(self, engine: str, workers: int | None, tell: Waiting | None) -> Choice:
        from vectorstore.engines import Choice

        return Choice(engine, workers, self.settings.ray_address, tell)

    def _must_be_ones_own(self) -> None:
        if self.is_sample:
            raise LibraryError(
                "The bundled sample cannot be changed; open a library of your own: "
                "Library.open(PATH), or quoth add FILE --library PATH."
            )
