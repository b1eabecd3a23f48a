"""From what a user names (a file, a folder, an archive, standard input) to documents to read.

A `Document` is one file of text or XML, wherever it lies: on disk, packed with gzip, in a zip
archive. Names inside archives are shown, never used as paths; what unpacks to far more than it
takes up packed is broken off.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, TypeAlias, cast

from vectorstore.records import Note, RejectedRecord

STANDARD_INPUT = "-"
CHUNK_BYTES = 65_536
WHOLE_FILE = "whole file"
MAX_RATIO = 200
"""Text packs 3 to 15 times; deflate's limit, which only bombs come near, is 1,032 times."""
FREE_BYTES = 50_000_000
"""What may be unpacked whatever it took up packed."""
MAX_MEMBERS = 10_000

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
OFFICE_MEMBER = "[Content_Types].xml"
UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What opening or unpacking may raise; all that a reader need not catch itself."""

Opener: TypeAlias = Callable[[], AbstractContextManager[IO[bytes]]]
Found: TypeAlias = "Document | RejectedRecord | Note"


class BombError(OSError):
    """A packed file that unpacks to too much."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file of text or XML.

    Attributes:
        source: Its name, fit to be shown.
        opener: Opens its bytes from the start, unpacked; may be called again and again.
        columns: Names that the user gave for fields: `{"Summary": "abstract"}` reads the column
            or key `Summary` as the abstract.
        companion: Whether it was found in a folder or an archive rather than named: what holds no
            abstracts is then no mistake of the user's.
    """

    source: str
    opener: Opener
    columns: Mapping[str, str] = field(default_factory=dict)
    companion: bool = False

    def open(self) -> AbstractContextManager[IO[bytes]]:
        """Its bytes, unpacked.

        Raises:
            OSError, EOFError, zlib.error, ...: `UNREADABLE`, here or while it is read.
        """
        return self.opener()

    def useless(self, reason: str) -> RejectedRecord | Note:
        """That nothing can be read from it: a rejection where it was named, else a note."""
        if self.companion:
            return Note(self.source, WHOLE_FILE, f"left out: {reason}")
        return RejectedRecord(self.source, WHOLE_FILE, reason)


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
    document = Document(source or source_name(path), nullcontext, columns or {})  # type: ignore[arg-type]
    if str(path) == STANDARD_INPUT:
        yield from _spool(replace(document, source=source or "standard input"))
        return
    try:
        if path.is_dir():
            yield from _walk(path, document)
            return
        obstacle = _find_obstacle(path)
    except (OSError, ValueError) as error:
        obstacle = _cannot(error)
    if obstacle:
        yield RejectedRecord(document.source, WHOLE_FILE, obstacle)
    else:
        yield from _open_file(path, document)


def source_name(path: Path) -> str:
    """The file's name, with whatever cannot be shown written as escapes."""
    return shown_name(path.name or path.absolute().name or str(path))


def shown_name(name: str) -> str:
    """A name with whatever cannot be shown written as escapes."""
    encoded = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in encoded
    )


def describe_failure(error: BaseException) -> str:
    """Why something could not be read to its end."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"could not be read to its end ({reason})"


def _cannot(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be opened ({error.strerror or error})"
    return "is not the name of a file"


def _find_obstacle(path: Path) -> str | None:
    if not path.exists():
        return "does not exist"
    return None if path.is_file() else "is not a regular file; save its content to a file first"


def _spool(document: Document) -> Iterator[Found]:
    """Standard input, kept in a file meanwhile: telling a format takes a second look."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        reason = "nothing is piped in; expected, for instance: quoth add - < export.bib"
        yield RejectedRecord(document.source, WHOLE_FILE, reason)
        return
    with TemporaryDirectory(prefix="quoth-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
        yield from _open_file(path, document)


def _walk(folder: Path, document: Document) -> Iterator[Found]:
    """The files of a folder, named behind it; links to folders are not followed."""
    problems: list[OSError] = []
    empty = True
    for place, folders, names in os.walk(folder, onerror=problems.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            empty = False
            path = Path(place) / name
            shown = shown_name(path.relative_to(folder).as_posix())
            inside = replace(document, source=f"{document.source}/{shown}", companion=True)
            if path.is_file():
                yield from _open_file(path, inside)
            else:
                yield inside.useless("is not a regular file")
    for error in problems:
        name = shown_name(str(error.filename))
        yield RejectedRecord(document.source, name, f"cannot be read ({error.strerror})")
    if empty and not problems:
        yield RejectedRecord(document.source, WHOLE_FILE, "is a folder without files")


def _open_file(path: Path, document: Document) -> Iterator[Found]:
    """The document in a file, or those in the archive that it is."""
    opened = replace(document, opener=lambda: _open(path))
    try:
        with path.open("rb") as raw:
            start = raw.read(4)
        if start in ZIP_MAGIC:
            yield from _open_archive(path, document)
            return
        with opened.open() as stream:
            stream.read(1)
    except UNREADABLE as error:
        reason = _cannot(error) if isinstance(error, OSError) else describe_failure(error)
        yield RejectedRecord(document.source, WHOLE_FILE, reason)
        return
    yield opened


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where gzip packed them."""
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        raw.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield bounded(unpacked, path.stat().st_size)
        else:
            yield raw


def _open_archive(path: Path, document: Document) -> Iterator[Found]:
    """The documents in a zip archive; none is ever written to disk."""
    with zipfile.ZipFile(path) as archive:
        members = [item for item in archive.infolist() if _counts(item)]
        names = {item.filename for item in members}
        if OFFICE_MEMBER in names:
            yield document.useless("is an Office document; save it as CSV or plain text")
        elif len(members) > MAX_MEMBERS:
            reason = f"holds {len(members):,} files; expected at most {MAX_MEMBERS:,}"
            yield RejectedRecord(document.source, WHOLE_FILE, reason)
        elif not members:
            yield RejectedRecord(document.source, WHOLE_FILE, "is a zip archive without files")
        else:
            for item in members:
                yield _member(archive, item, document)


def _counts(item: zipfile.ZipInfo) -> bool:
    """Whether a member is a file that a user packed, not a folder or a system's own."""
    parts = item.filename.split("/")
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return not item.is_dir() and not hidden and "__MACOSX" not in parts


def _member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, document: Document) -> Found:
    inside = replace(
        document,
        source=f"{document.source}/{shown_name(item.filename)}",
        opener=lambda: _open_member(archive, item),
        companion=True,
    )
    if item.flag_bits & 1:
        return RejectedRecord(inside.source, WHOLE_FILE, "is encrypted; unpack the archive first")
    try:
        with inside.open() as stream:
            start = stream.read(4)
    except UNREADABLE as error:
        return RejectedRecord(inside.source, WHOLE_FILE, describe_failure(error))
    if start in ZIP_MAGIC:
        return RejectedRecord(inside.source, WHOLE_FILE, "is an archive in an archive; unpack it")
    return inside


@contextmanager
def _open_member(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    """The bytes of a member, unpacked twice where gzip had packed it before."""
    with archive.open(item) as stream:
        packed = stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    with archive.open(item) as stream:
        if packed:
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield bounded(unpacked, item.compress_size)
        else:
            yield bounded(stream, item.compress_size)


def bounded(stream: IO[bytes] | gzip.GzipFile, packed_bytes: int) -> IO[bytes]:
    """The stream, broken off by a `BombError` where it unpacks to too much."""
    return cast(IO[bytes], _Bounded(stream, max(FREE_BYTES, packed_bytes * MAX_RATIO)))


class _Bounded:
    """A stream to read from, up to a limit."""

    def __init__(self, stream: Any, limit: int) -> None:  # noqa: ANN401 - any binary stream
        self._stream = stream
        self._left = self._limit = limit

    def read(self, size: int = -1) -> bytes:
        """As of any stream; of one that is asked for whole, no more than the limit."""
        chunk: bytes = self._stream.read(size if size >= 0 else self._left + 1)
        self._left -= len(chunk)
        if self._left < 0:
            raise BombError(
                f"it unpacks to more than {self._limit:,} bytes, over {MAX_RATIO} times its size"
            )
        return chunk

    def readable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Left to whoever opened the stream."""
