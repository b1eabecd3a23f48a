"""A backup -> a library: all of it, verified, or nothing."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from filelock import FileLock

from vectorstore.errors import LibraryError
from vectorstore.failures import stated
from vectorstore.manifest import refused_schema
from vectorstore.pen import Waiting, holding_pen
from vectorstore.swap import DATABASE, READY, drop_draft, holds_library, new_draft, put_in_place
from vectorstore.table import STEP_FILE
from vectorstore.upkeep.backup import FORMAT, MANIFEST, MEMBER, BackupReport, Member

_MOST_MANIFEST_BYTES = 1_000_000
_CHUNK = 1024 * 1024
_MARGIN = 8 * _CHUNK
"""Bytes that stay free on a disk when a backup is restored."""
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError
)  # fmt: skip
"""What `zipfile` raises for members that are broken, encrypted or packed otherwise."""


def restore(
    file: Path, folder: Path, replace: bool = False, waiting: Waiting | None = None
) -> BackupReport:
    """Puts the library of a backup into a folder.

    Args:
        file: The backup; each of its members is verified before any is put in place.
        folder: Where to; made where it is not there.
        replace: Whether a library that is there may be replaced. It stays as it is until the
            other one lies whole beside it.
        waiting: Told what it waits for, where another process is adding.

    Raises:
        LibraryError: It is no backup, a damaged one, or one that this Quoth cannot read; there
            is a library already, or no room. The folder is as it was.
    """
    with _opened_backup(file) as (archive, told, members):
        if holds_library(folder) and not replace:
            raise LibraryError(
                f"{folder} holds a library already. Name another folder, or let the backup "
                "take its place (--replace)."
            )
        was_there = folder.exists()
        try:
            with stated(folder):
                folder.mkdir(parents=True, exist_ok=True)
                _must_have_room(folder, members)
            with holding_pen(folder, waiting), stated(folder):
                _put_back(archive, members, file, folder)
        except BaseException:
            _leave_as_it_was(folder, was_there)
            raise
    size = sum(member.bytes for member in members.values())
    return BackupReport(file, folder, int(told["passages"]), size, str(told["made"]))


@contextmanager
def _opened_backup(
    file: Path,
) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any], dict[str, Member]]]:
    with ExitStack() as opened:
        try:
            archive = opened.enter_context(zipfile.ZipFile(file))
        except OSError as error:
            raise LibraryError(
                f"The backup {file} cannot be read: {error.strerror or error}."
            ) from error
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise _no_backup(file, "it is no ZIP archive, or was cut off") from error
        told = _read_manifest(archive, file)
        yield archive, told, _stated_members(archive, told, file)


def _read_manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    try:
        found = archive.getinfo(MANIFEST)
        if found.file_size > _MOST_MANIFEST_BYTES:
            raise ValueError(MANIFEST)
        with archive.open(found) as stream:
            told = dict(json.loads(stream.read(_MOST_MANIFEST_BYTES)))
        version, schema = int(told["quoth_backup"]), dict(told["library"]).get("schema")
    except (*_BROKEN, LookupError, TypeError, RecursionError) as error:
        raise _no_backup(file, f"it has no {MANIFEST} that Quoth wrote") from error
    if version > FORMAT:
        raise LibraryError(
            f"The backup {file} was made by a newer Quoth (format {version}; this one reads "
            f"{FORMAT}). Update Quoth (pip install --upgrade quoth)."
        )
    refusal = refused_schema(schema)
    if refusal:
        raise LibraryError(f"The backup {file} {refusal}")
    return told


def _stated_members(
    archive: zipfile.ZipFile, told: dict[str, Any], file: Path
) -> dict[str, Member]:
    """The members that the manifest names, where they are those that the archive has."""
    try:
        members = {
            str(name): Member(int(item["bytes"]), str(item["sha256"]))
            for name, item in told["members"].items()
        }
        told["passages"], told["made"] = int(told["passages"]), str(told["made"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _no_backup(file, f"its {MANIFEST} does not name its members") from error
    strange = [name for name in members if not MEMBER.fullmatch(name)]
    sizes = [(item.filename, item.file_size) for item in archive.infolist()]
    stated_sizes = [(name, member.bytes) for name, member in members.items()]
    held = sorted(item for item in sizes if item[0] != MANIFEST)
    if strange or DATABASE not in members or held != sorted(stated_sizes):
        raise _no_backup(file, f"its members are not those that its {MANIFEST} names")
    return members


def _must_have_room(folder: Path, members: dict[str, Member]) -> None:
    if sum(member.bytes for member in members.values()) + _MARGIN > shutil.disk_usage(folder).free:
        raise _no_room(folder, members)


def _put_back(
    archive: zipfile.ZipFile, members: dict[str, Member], file: Path, folder: Path
) -> None:
    with FileLock(folder / STEP_FILE):
        draft = new_draft(folder)
        for name, member in members.items():
            target = draft / name
            target.parent.mkdir(exist_ok=True)
            try:
                with archive.open(name) as stream:
                    found = _extract(stream, target, member.bytes)
            except _BROKEN as error:
                raise _damaged(file, name) from error
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                raise _no_room(folder, members) from error
            if found != member.sha256:
                raise _damaged(file, name)
        put_in_place(folder)


def _extract(stream: IO[bytes], target: Path, size: int) -> str:
    """Writes a member, never more than was stated, and tells what it hashes to."""
    digest = hashlib.sha256()
    left = size + 1
    with target.open("wb") as written:
        while left > 0 and (part := stream.read(min(left, _CHUNK))):
            left -= len(part)
            digest.update(part)
            written.write(part)
    return digest.hexdigest()


def _leave_as_it_was(folder: Path, was_there: bool) -> None:
    """Removes what a restore that failed has made."""
    if (folder / READY).exists():
        return  # the library is complete, and opening it finishes the way
    drop_draft(folder)
    if not was_there and folder.is_dir() and not holds_library(folder):
        for path in folder.glob("*.lock"):
            path.unlink()
        with suppress(OSError):
            folder.rmdir()


def _no_room(folder: Path, members: dict[str, Member]) -> LibraryError:
    needed = sum(member.bytes for member in members.values())
    return LibraryError(
        f"No room in {folder}: the library takes {needed:,} bytes, and "
        f"{shutil.disk_usage(folder).free:,} are free. Free some space and do the same again; "
        "nothing was changed."
    )


def _no_backup(file: Path, found: str) -> LibraryError:
    return LibraryError(
        f"{file} is no backup that can be restored: {found}. Name a file that `quoth backup` "
        "wrote; nothing was changed."
    )


def _damaged(file: Path, name: str) -> LibraryError:
    return LibraryError(
        f"The backup {file} is damaged: {name} is not what was saved. Use another backup; "
        "nothing was changed."
    )
