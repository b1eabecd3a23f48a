"""From what a user names (a file, a folder, an archive, standard input) to documents to read."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from vectorstore.readers.archives import find_members
from vectorstore.readers.document import WHOLE_FILE, Document, Found, Opener, shown_name
from vectorstore.readers.packing import (
    CHUNK_BYTES,
    GZIP_MAGIC,
    PEEK_BYTES,
    UNREADABLE,
    ZIP_MAGIC,
    Allowance,
    describe_failure,
    find_packing,
    unpack_gzip,
)
from vectorstore.records import Note, RejectedRecord

__all__ = [
    "CHUNK_BYTES",
    "UNREADABLE",
    "WHOLE_FILE",
    "Document",
    "File",
    "Found",
    "Opener",
    "describe_failure",
    "find_documents",
    "find_files",
    "open_file",
    "shown_name",
    "source_name",
]

STANDARD_INPUT = "-"
LEFT_OUT = "__MACOSX"


@dataclass(frozen=True, slots=True)
class File:
    """A file that a user named, or that lies in a folder that was named.

    Attributes:
        path: Where it lies.
        source: Its name, fit to be shown.
        columns: As of a `Document`.
        companion: As of a `Document`.
    """

    path: Path
    source: str
    columns: Mapping[str, str] = field(default_factory=dict)
    companion: bool = False

    def document(self) -> Document:
        """The file, taken for one document."""
        return Document(self.source, lambda: _open(self.path), self.columns, self.companion)


def find_documents(
    path: Path, columns: Mapping[str, str] | None = None, source: str | None = None
) -> Iterator[Found]:
    """The documents in what a user named.

    Args:
        path: A file, plain or packed; a folder, whose files are taken at any depth, in order of
            their names, hidden ones left out; or `-`, standard input.
        columns: Names that the user gave for fields.
        source: How it is to be named; by its own name where None. A file in a folder or archive
            is named behind it: `papers/2024/export.bib`.

    Yields:
        Documents, each to be used before the next is asked for, and a `RejectedRecord` or `Note`
        for what is none.
    """
    if str(path) == STANDARD_INPUT:
        yield from _spool(File(path, source or "standard input", columns or {}))
        return
    for found in find_files(path, columns, source):
        if isinstance(found, File):
            yield from open_file(found)
        else:
            yield found


def find_files(
    path: Path, columns: Mapping[str, str] | None = None, source: str | None = None
) -> Iterator[File | RejectedRecord | Note]:
    """The files in what a user named, unopened; `find_documents` but for standard input."""
    file = File(path, source or source_name(path), columns or {})
    try:
        folder = path.is_dir()
        obstacle = None if folder else _find_obstacle(path)
    except (OSError, ValueError) as error:
        folder, obstacle = False, _cannot(error)
    if obstacle:
        yield file.document().rejected(obstacle)
    elif folder:
        yield from _walk(file)
    else:
        yield file


def source_name(path: Path) -> str:
    """The file's name, with whatever cannot be shown written as escapes."""
    return shown_name(path.name or path.absolute().name or str(path))


def _cannot(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be opened ({error.strerror or error})"
    return "is not the name of a file"


def _find_obstacle(path: Path) -> str | None:
    if not path.exists():
        return "does not exist"
    return None if path.is_file() else "is not a regular file; save its content to a file first"


def _spool(file: File) -> Iterator[Found]:
    """Standard input, kept in a file meanwhile: telling a format takes a second look."""
    document = file.document()
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        yield document.rejected(
            "nothing is piped in; expected, for instance: quoth add - < export.bib"
        )
        return
    with TemporaryDirectory(prefix="quoth-") as folder:
        path = Path(folder) / "stdin"
        try:
            with path.open("wb") as kept:
                shutil.copyfileobj(sys.stdin.buffer, kept)
        except OSError as error:
            yield document.rejected(describe_failure(error))
        else:
            yield from open_file(replace(file, path=path))


def _walk(top: File) -> Iterator[File | RejectedRecord | Note]:
    """The files of a folder, named behind it; links to folders are not followed."""
    waiting, empty = [top.path], True
    while waiting:
        folder = waiting.pop()
        try:
            names, folders = _list(folder)
        except OSError as error:
            empty = False
            yield _behind(top, folder).document().rejected(_cannot(error))
            continue
        waiting += [folder / name for name in reversed(folders)]
        for name in names:
            empty = False
            yield _take(_behind(top, folder / name))
    if empty:
        yield top.document().rejected("is a folder without files")


def _list(folder: Path) -> tuple[list[str], list[str]]:
    """What a folder holds in order, folders apart, without what is hidden or a system's own."""
    names: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.name != LEFT_OUT:
                (folders if entry.is_dir(follow_symlinks=False) else names).append(entry.name)
    return sorted(names), sorted(folders)


def _behind(top: File, path: Path) -> File:
    """A file in a folder, named behind it."""
    if path == top.path:
        return top
    name = shown_name(path.relative_to(top.path).as_posix())
    return replace(top, path=path, source=f"{top.source}/{name}", companion=True)


def _take(file: File) -> File | RejectedRecord | Note:
    """An entry of a folder, unless it is no file."""
    path, document = file.path, file.document()
    try:
        if path.is_file():
            return file
        if path.is_symlink():
            kind = "a link to a folder" if path.is_dir() else "a link to nothing"
            return document.useless(f"is {kind}")
        return document.useless("is not a regular file")
    except OSError as error:  # Some Pythons say so where a link points in a circle.
        return document.rejected(_cannot(error))


def open_file(file: File) -> Iterator[Found]:
    """The document in a file, or those in the archive that it is."""
    path, document = file.path, file.document()
    try:
        with path.open("rb") as raw:
            start = raw.read(len(ZIP_MAGIC[0]))
        if start in ZIP_MAGIC:
            yield from find_members(path, document)
            return
        with document.open() as stream:
            start = stream.read(PEEK_BYTES)
    except UNREADABLE as error:
        known = isinstance(error, OSError) and error.errno
        yield document.rejected(_cannot(error) if known else describe_failure(error))
        return
    packing = find_packing(start)
    yield document.rejected(packing) if packing else document


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where gzip packed them."""
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        raw.seek(0)
        yield unpack_gzip(raw, Allowance(path.stat().st_size)) if packed else raw
