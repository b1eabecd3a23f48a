"""A library -> one file that holds it as it was at one moment.

A backup is a ZIP archive of the Chroma file, the vector index and `manifest.json`, which names
each member with its size and SHA-256. The term index is left out: it is derived from the rest,
and opening the library makes it anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from filelock import FileLock

from vectorstore.address import Address
from vectorstore.checkpoint import COPY
from vectorstore.errors import LibraryError
from vectorstore.failures import unusable
from vectorstore.pen import Waiting, holding_pen
from vectorstore.swap import DATABASE, READY, SEGMENTS, holds_library, settle
from vectorstore.table import STEP_FILE
from vectorstore.upkeep.rawrows import RawLibrary, opened_raw

FORMAT = 1
"""Raised when a backup's layout changes."""
MANIFEST = "manifest.json"
MEMBER = re.compile(
    r"chroma\.sqlite3|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/"
    r"(?:data_level0|header|length|link_lists)\.bin|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/"
    r"index_metadata\.pickle"
)
"""The only names that a backup may hold, its manifest aside."""
_WRITING = re.compile("disk is full|disk I/O error|unable to open")
"""What SQLite says where its copy, rather than the library, is what fails."""
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a backup: its size, and what its content hashes to."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was saved, or put back.

    Attributes:
        file: The backup.
        folder: The library, or its address on a server.
        passages: How many it has.
        bytes: Size of the library's files, without its term index.
        made: When the backup was made, in UTC.
    """

    file: Path
    folder: Path | Address
    passages: int
    bytes: int
    made: str

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {**asdict(self), "file": str(self.file), "folder": str(self.folder)}


def backup(
    folder: Path, file: Path, waiting: Waiting | None = None, replace: bool = False
) -> BackupReport:
    """Saves the library in a folder as one file, in the state of one moment.

    Args:
        folder: The library. Readers go on; a writer is waited for.
        file: Where to; written under another name, and renamed once it is whole.
        waiting: Told what it waits for, where another process is adding.
        replace: Whether a file of that name may be replaced.

    Raises:
        LibraryError: The library is damaged, or the file cannot be written; no file is left.
    """
    if not holds_library(folder):
        raise LibraryError(f"No library at {folder}; expected a folder that `quoth add` made.")
    if file.exists() and not replace:
        raise LibraryError(f"{file} exists already. Name another file, or remove it first.")
    workplace = file.absolute().with_name(f".{file.name}.new")
    with holding_pen(folder, waiting), _written(folder, file):
        shutil.rmtree(workplace, ignore_errors=True)  # of a backup that was killed
        try:
            workplace.mkdir()
            (workplace / "copy").mkdir()
            report = _save(folder, file, workplace)
            settle(workplace / "whole")
            (workplace / "whole").replace(file)
        finally:
            shutil.rmtree(workplace, ignore_errors=True)
    return report


@contextmanager
def _written(folder: Path, file: Path) -> Iterator[None]:
    """Restates why a backup cannot be written, or the library not be read."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        told = getattr(error, "strerror", None) or str(error)
        if isinstance(error, sqlite3.Error) and not _WRITING.search(told):
            raise unusable(folder, error) from error
        raise LibraryError(
            f"The backup {file} cannot be written: {told}. Name a file in a folder that you may "
            "write, on a disk with room for it; the library is as it was."
        ) from error


def _save(folder: Path, file: Path, workplace: Path) -> BackupReport:
    made = datetime.now(timezone.utc).isoformat(timespec="seconds")
    copy = workplace / "copy"
    with FileLock(folder / STEP_FILE):
        _copy_files(folder, copy)
    with _sound(folder, copy) as raw:
        manifest, passages = json.loads(raw.metadata["manifest"]), raw.count()
    members: dict[str, Member] = {}
    with zipfile.ZipFile(workplace / "whole", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in copy.rglob("*") if path.is_file()):
            name = path.relative_to(copy).as_posix()
            archive.write(path, name)
            members[name] = Member(path.stat().st_size, _hash(path))
        told = {
            "quoth_backup": FORMAT,
            "made": made,
            "passages": passages,
            "library": manifest,
            "members": {name: asdict(member) for name, member in members.items()},
        }
        archive.writestr(MANIFEST, json.dumps(told, indent=1))
    size = sum(member.bytes for member in members.values())
    return BackupReport(file, folder, passages, size, made)


def _copy_files(folder: Path, copy: Path) -> None:
    """Copies the database as of one moment, and the index files, which only steps change."""
    if (folder / COPY).exists() or (folder / READY).exists():
        raise LibraryError(
            f"The library {folder} was left in the midst of a write. Open it once, which finishes "
            "that (quoth status), and back it up again."
        )
    address = f"{(folder / DATABASE).absolute().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=30)) as source,
        closing(sqlite3.connect(copy / DATABASE)) as target,
    ):
        source.backup(target)
    for segment in folder.glob(SEGMENTS):
        for path in segment.iterdir():
            if MEMBER.fullmatch(f"{segment.name}/{path.name}"):
                (copy / segment.name).mkdir(exist_ok=True)
                shutil.copyfile(path, copy / segment.name / path.name)


@contextmanager
def _sound(folder: Path, copy: Path) -> Iterator[RawLibrary]:
    """The copy, opened, unless SQLite or the index files are damaged."""
    with opened_raw(copy) as raw:
        if raw.faults():
            raise sqlite3.DatabaseError(f"malformed: {raw.faults()[0]}")
        try:
            raw.vectors()
        except LibraryError as error:
            raise LibraryError(
                f"The library {folder} holds a damaged vector index, and is not saved as it is. "
                "Mend it (quoth check --repair), and back it up then."
            ) from error
        yield raw


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()
