"""A library kept in step with a folder: what its files say is there, what they ceased to say goes.

Only what came from that folder can go: files of a folder are named behind it (`papers/a.bib`), and
a paper stays as long as any other file says it. A file that could not be read whole this time
takes nothing with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vectorstore.adding import Progress, Read, Shelf, add
from vectorstore.engines import Local, Named, Running
from vectorstore.errors import LibraryError
from vectorstore.papers import Paper, Part, assemble, without_source
from vectorstore.pen import Waiting
from vectorstore.placing import Run, said
from vectorstore.preparing import Preparer
from vectorstore.readers.opening import source_name
from vectorstore.records import AddReport, Record
from vectorstore.rehearsal import Rehearsal
from vectorstore.rows import batches
from vectorstore.store import Store

WRITTEN_AT_ONCE = 64

Confirm = Callable[["SyncReport"], bool]
"""Told what would be removed; says whether to."""


@dataclass(slots=True)
class SyncReport:
    """What became of a library and a folder.

    Attributes:
        added: What became of every record of the folder's files.
        removed: Papers (id and title) that no file says any longer.
        reduced: Papers that some file of the folder ceased to say, and others still do.
        doubtful: Files that could not be read whole, for want of which nothing was removed.
        dry_run: Whether all this was only worked out.
        confirmed: Whether what was to be removed was.
    """

    added: AddReport
    removed: list[tuple[str, str]] = field(default_factory=list)
    reduced: int = 0
    doubtful: list[str] = field(default_factory=list)
    dry_run: bool = False
    confirmed: bool = True

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            **self.added.to_json(),
            "removed": [{"id": paper_id, "title": title} for paper_id, title in self.removed],
            "reduced": self.reduced,
            "doubtful": self.doubtful,
            "dry_run": self.dry_run,
            "confirmed": self.confirmed,
        }


def sync_folder(
    store: Store,
    folder: Path,
    name: str | None = None,
    dry_run: bool = False,
    confirm: Confirm | None = None,
    progress: Progress | None = None,
    waiting: Waiting | None = None,
    engine: Running | None = None,
) -> SyncReport:
    """Keeps a library in step with a folder; see `sync`.

    Args:
        store: The library.
        folder: Where the files lie, at any depth.
        name: What they are named behind; the folder's own name where None.
        dry_run: Whether to work out the report, and change nothing.
        confirm: Asked before anything is removed.
        progress: Told how many records were just dealt with.
        waiting: Told what it waits for, where another process is adding.
        engine: Reads the files and prepares the records; this process where None.

    Raises:
        LibraryError: There is no such folder, or another one goes by its name; or as `sync`.
    """
    if not folder.is_dir():
        raise LibraryError(f"{folder} is no folder; expected one with files of abstracts.")
    name = name or source_name(folder)
    engine = engine or Local()
    items = engine.read([Named(folder, source=name)])
    if dry_run:
        report = sync(Rehearsal(store), name, items, progress=progress)
        report.dry_run = True
        return report
    name_folder(store, folder, name)
    return sync(store, name, items, confirm, progress, waiting, engine.preparer)


def name_folder(store: Store, folder: Path, name: str) -> None:
    """Notes which folder goes by a name in this library.

    Raises:
        LibraryError: Another folder does, and is still there: its papers would be removed.
    """
    place, known = store.place_of(folder), store.folders.get(name)
    if known and known != place and store.is_there(known):
        raise LibraryError(
            f"The library is kept in step with {known} under the name {name!r}, "
            f"and {place} is another folder. Give that one another name: --name NAME"
        )
    if known != place:
        store.remember_folder(name, place)


def sync(
    shelf: Shelf,
    name: str,
    items: Iterable[Read],
    confirm: Confirm | None = None,
    progress: Progress | None = None,
    waiting: Waiting | None = None,
    preparer: Preparer | None = None,
) -> SyncReport:
    """Adds what the files of a folder say, and removes what they ceased to say.

    Args:
        shelf: The library, or a `Rehearsal` of it.
        name: The folder's; sources of its files begin with it.
        items: All that its files hold.
        confirm: Asked before anything is removed.
        progress: Told how many records were just dealt with.
        waiting: Told what it waits for, where another process is adding.
        preparer: As of `add`.

    Raises:
        LibraryError: The library cannot be written; or the folder holds no record at all, though
            papers came from it: then nothing is removed.
    """
    run = Run()
    with shelf.writing(waiting):
        report = SyncReport(add(shelf, items, progress, waiting, run, preparer))
        unread = {item.source for item in report.added.rejected} if run.seen else set()
        reduced, removed, report.doubtful = _sweep(shelf, name, run, unread)
        if (reduced or removed) and not run.seen:
            raise LibraryError(
                f"No record could be read in {name}, though {len(reduced) + len(removed):,} papers "
                f"came from it; nothing was removed. Is it the right folder? "
                f"`quoth remove ID...` takes papers out."
            )
        report.reduced = len(reduced)
        report.removed = [(paper.id, paper.record.title) for paper in removed]
        if removed and confirm and not confirm(report):
            report.confirmed = False
            return report
        for batch in batches(reduced, WRITTEN_AT_ONCE):
            shelf.put(batch)
        shelf.remove([paper.id for paper in removed])
    return report


def _sweep(
    shelf: Shelf, name: str, run: Run, unread: Iterable[str]
) -> tuple[list[Paper], list[Paper], list[str]]:
    """Papers without what the folder's files ceased to say, and papers that nothing says now.

    Also the files that might have said more, had they been read whole.
    """
    broken = tuple(f"{source}/" for source in unread)
    doubtful: set[str] = set()

    def is_gone(source: str, record: Record) -> bool:
        if not source.startswith(f"{name}/") or said(source, record) in run.seen:
            return False
        if f"{source}/".startswith(broken):
            doubtful.add(source)
            return False
        return True

    reduced, removed = [], []
    for paper in shelf.papers():
        left = [kept for part in paper.parts if (kept := _still_said(part, is_gone))]
        if not left:
            removed.append(paper)
        elif tuple(left) != paper.parts:
            reduced.append(assemble(paper.id, left, paper.apart))
    return reduced, removed, sorted(doubtful)


def _still_said(part: Part, is_gone: Callable[[str, Record], bool]) -> Part | None:
    """A part without the files that ceased to say it; None where no other says it."""
    kept: Part | None = part
    for source in part.record.sources:
        if kept and is_gone(source, part.record):
            kept = without_source(kept, source)
    return kept
