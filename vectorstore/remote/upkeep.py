"""A library on a server checked, mended, saved and put back: what `upkeep` does for a folder.

All of it goes through the server's own requests: whether its files are sound is the server's to
know. A backup has the form of one of a folder, and may be restored to a folder or to a server.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from vectorstore.errors import LibraryError
from vectorstore.papers import Paper
from vectorstore.pen import Waiting
from vectorstore.remote.store import ServerStore
from vectorstore.rows import batches, filter_columns, record_id_of
from vectorstore.store import Store
from vectorstore.upkeep import backup as files
from vectorstore.upkeep.backup import BackupReport
from vectorstore.upkeep.examined import FAULTS, LOST, Examined, judge
from vectorstore.upkeep.health import HealthReport
from vectorstore.upkeep.rawrows import RawRow
from vectorstore.upkeep.repair import RepairReport

_BATCH = 250


def check(store: ServerStore, waiting: Waiting | None = None) -> HealthReport:
    """Verifies every row, vector and term of a library.

    Args:
        store: The library.
        waiting: Told what it waits for, where another client is adding.

    Raises:
        LibraryError: The server fails.
    """
    with store.writing(waiting):
        return _examine(store)[0]


def repair(store: ServerStore, waiting: Waiting | None = None) -> RepairReport:
    """Mends a library: papers that lack something are cut and embedded anew, in place.

    There is no copy of the library as it was: `backup` makes one.

    Args:
        store: The library.
        waiting: Told what it waits for, where another client is adding.

    Raises:
        LibraryError: The server fails; what was mended so far is.
        EmbeddingError: What is missing could not be embedded; the same.
    """
    with store.writing(waiting):
        before, faulty = _examine(store)
        report = RepairReport(before, before, kept=before.papers - len(faulty))
        for batch in batches(faulty, _BATCH):
            store.remove_rows([paper.id for paper in batch])
            whole = [paper.paper for paper in batch if paper.paper]
            store.put(whole)
            report.embedded += len(whole)
            report.lost += [paper.id for paper in batch if not paper.paper]
        if any(item.kind == "terms" for item in before.findings):
            store.rebuild_terms()
        report.after = _examine(store)[0]
    return report


def backup(
    store: ServerStore, file: Path, waiting: Waiting | None = None, replace_file: bool = False
) -> BackupReport:
    """Saves a library as one file, by way of a copy in a folder for a while.

    Args:
        store: The library.
        file: Where to.
        waiting: Told what it waits for, where another client is adding.
        replace_file: Whether a file of that name may be replaced.

    Raises:
        LibraryError: The server fails, or the file cannot be written; no file is left.
    """
    with TemporaryDirectory() as place:
        with store.writing(waiting), Store(Path(place), store.embedder) as copy, copy.writing():
            copy.take_over(store)
            for name, folder in store.folders.items():
                copy.remember_folder(name, folder)
        report = files.backup(Path(place), file, replace=replace_file)
    return replace(report, folder=store.at)


def put_back(
    saved: Store, store: Store, replace_papers: bool = False, waiting: Waiting | None = None
) -> None:
    """Puts a library that was saved onto a server, in place of what is there.

    One that is broken off leaves papers of both; the same again completes it.

    Args:
        saved: The library as it was unpacked.
        store: Where to.
        replace_papers: Whether papers that are there may go.
        waiting: Told what it waits for, where another client is adding.

    Raises:
        LibraryError: There are papers; or the server fails.
    """
    with store.writing(waiting):
        if len(store) and not replace_papers:
            raise LibraryError(
                f"{store.at} holds a library already. Name another one, or let the backup take "
                "its place (--replace)."
            )
        store.take_over(saved)
        kept = {paper.id for paper in saved.papers()}
        store.remove([paper.id for paper in store.papers() if paper.id not in kept])
        for name, folder in saved.folders.items():
            store.remember_folder(name, folder)


def _examine(store: ServerStore) -> tuple[HealthReport, list[Examined]]:
    """What is wrong, and the papers that something is wrong with."""
    report, faults, faulty = (
        HealthReport(store.folder, address=store.address),
        defaultdict[str, list[str]](list),
        [],
    )
    ids: set[str] = set()
    lacking: list[str] = []
    for papers in _examined(store):
        ids.update(paper.id for paper in papers)
        faulty += [paper for paper in papers if paper.faults]
        for paper in papers:
            report.passages += len(paper.rows)
            for kind, found in paper.faults.items():
                faults[kind] += found
        whole: list[Paper] = [paper.paper for paper in papers if paper.paper]
        lacking += store.lexical.lacking(whole)
    report.papers = len(ids)
    for kind, text in FAULTS.items():
        if faults[kind]:
            report.note(kind, text, faults[kind])
    if lacking:
        report.note("terms", "papers that the term index lacks, or knows by other words", lacking)
    surplus = sorted(store.lexical.ids() - ids - {*faults[LOST]})
    if surplus:
        report.note("terms", "papers in the term index that are not there", surplus)
    return report, faulty


def _examined(store: ServerStore) -> Iterator[list[Examined]]:
    """All papers, with what is wrong of each; also those of whom only later rows are left."""
    table = store.table
    keys = dict.fromkeys(record_id_of(row) for row in table.ids({"start": {"$gte": 0}}))
    dimension = 0
    for batch in batches(keys, _BATCH):
        rows = table.select({"record_id": {"$in": batch}})
        vectors = table.vectors(list(rows))
        dimension = dimension or len(next(iter(vectors.values()), ()))
        named: dict[str, list[RawRow]] = {key: [] for key in batch}
        for row, told in rows.items():
            named[record_id_of(row)].append(RawRow(row, told))
        yield [judge(key, own, vectors, dimension, filter_columns) for key, own in named.items()]
