"""Libraries checked, mended, saved and put back, in a folder or on a server.

Those in folders are dealt with as files, also where they do not open; those on servers are opened.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

from rag.config import Settings
from rag.places import open_store, place_of
from vectorstore.embedding import Embedder, open_embedder
from vectorstore.errors import LibraryError
from vectorstore.pen import Waiting
from vectorstore.store import Store

if TYPE_CHECKING:
    from vectorstore.remote.store import ServerStore
    from vectorstore.upkeep.backup import BackupReport
    from vectorstore.upkeep.health import HealthReport
    from vectorstore.upkeep.repair import RepairReport

Subject: TypeAlias = "Path | ServerStore"
"""A library: its folder, or what is open of it on a server."""


def subject_of(store: Store) -> Subject:
    """A library that is open."""
    from vectorstore.remote.store import ServerStore

    return store if isinstance(store, ServerStore) else store.folder


@contextmanager
def subject(settings: Settings) -> Iterator[tuple[Subject, Embedder]]:
    """The library of the settings, and its model.

    Raises:
        LibraryError: It is on a server that has none of that name, or cannot be reached.
    """
    place, embedder = place_of(None, settings), open_embedder(settings.embedding)
    if isinstance(place, Path):
        yield place, embedder
        return
    from vectorstore.remote.store import ServerStore
    from vectorstore.remote.table import exists

    if not exists(place, settings.server_options):
        raise LibraryError(f"No library at {place}; expected one that `quoth add` made.")
    with ServerStore(place, embedder, settings.cache, settings.server_options) as store:
        yield subject_of(store), embedder


def check(library: Subject, embedder: Embedder, waiting: Waiting | None = None) -> HealthReport:
    """Verifies a library; see `vectorstore.upkeep.health.check`."""
    if isinstance(library, Path):
        from vectorstore.upkeep.health import check as check_folder

        return check_folder(library, embedder, waiting)
    from vectorstore.remote.upkeep import check as check_server

    return check_server(library, waiting)


def repair(
    library: Subject, embedder: Embedder, keep_copy: bool = True, waiting: Waiting | None = None
) -> RepairReport:
    """Mends a library; see `vectorstore.upkeep.repair.repair`.

    Raises:
        LibraryError: It could not be mended; or it is on a server, and a copy is wanted.
    """
    if isinstance(library, Path):
        from vectorstore.upkeep.repair import repair as repair_folder

        return repair_folder(library, embedder, keep_copy, waiting)
    if keep_copy:
        raise LibraryError(
            f"{library.at} is on a server, and cannot be copied there before a repair. Save it "
            "(quoth backup FILE), and mend it without a copy (quoth check --repair --no-copy)."
        )
    from vectorstore.remote.upkeep import repair as repair_server

    return repair_server(library, waiting)


def backup(
    library: Subject, file: Path, waiting: Waiting | None = None, replace: bool = False
) -> BackupReport:
    """Saves a library as one file; see `vectorstore.upkeep.backup.backup`."""
    if isinstance(library, Path):
        from vectorstore.upkeep.backup import backup as save_folder

        return save_folder(library, file, waiting, replace)
    from vectorstore.remote.upkeep import backup as save_server

    return save_server(library, file, waiting, replace)


def restore(
    file: Path, settings: Settings, replace: bool = False, waiting: Waiting | None = None
) -> BackupReport:
    """Puts a saved library where the settings say; see `vectorstore.upkeep.restore.restore`.

    One that goes onto a server is unpacked and verified in a folder first.
    """
    from vectorstore.upkeep.restore import restore as restore_folder

    place = place_of(None, settings)
    if isinstance(place, Path):
        return restore_folder(file, place, replace, waiting)
    from vectorstore.remote.upkeep import put_back

    embedder = open_embedder(settings.embedding)
    with TemporaryDirectory() as unpacked:
        report = restore_folder(file, Path(unpacked))
        with (
            Store(Path(unpacked), embedder) as saved,
            open_store(place, settings, embedder) as store,
        ):
            put_back(saved, store, replace, waiting)
    return dataclasses.replace(report, folder=place)
