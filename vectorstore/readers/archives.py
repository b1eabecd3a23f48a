"""The documents in a zip archive: none is ever written to disk, no name in it used as a path."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from vectorstore.readers.document import Document, Found, shown_name
from vectorstore.readers.packing import (
    FAULTS,
    GZIP_MAGIC,
    PEEK_BYTES,
    UNREADABLE,
    ZIP_MAGIC,
    Allowance,
    DamagedError,
    bounded,
    describe_failure,
    find_packing,
    unpack_gzip,
)
from vectorstore.records import RejectedRecord

MAX_MEMBERS = 10_000
MAX_LIST_BYTES = 5_000_000
"""Of the list of members, which is read at once: 500 bytes for each."""
MAX_NAME_CHARACTERS = 300
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those of nearly all archives, and ones whose unpacking takes little memory."""
OFFICE = "is an Office document; save it as CSV or plain text"
OFFICE_MEMBERS = ("[Content_Types].xml", "META-INF/manifest.xml", "META-INF/container.xml")
OFFICE_STARTS = (b"[Content_Types].xml", b"mimetypeapplication/")
NAME_PLACE = 30
"""Where the name of the first member stands in a zip archive."""


class TooManyError(OSError):
    """An archive that lists more members than any user packs."""


def find_members(path: Path, document: Document) -> Iterator[Found]:
    """The documents in a zip archive, and a rejection or a note for each file that is none.

    Raises:
        OSError: The archive itself cannot be opened.
    """
    try:
        with path.open("rb", buffering=0) as raw, zipfile.ZipFile(_Listing(raw)) as archive:
            members = [item for item in archive.infolist() if _counts(item)]
            obstacle = _find_obstacle(members, document)
            if obstacle:
                yield obstacle
            else:
                yield from _open_members(archive, members, document, path.stat().st_size)
    except TooManyError as error:
        yield document.rejected(str(error))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, *FAULTS) as error:
        yield document.rejected(f"is a zip archive that is cut off or damaged ({error})")


class _Listing(io.BufferedReader):
    """A file that is not read in gulps; zipfile reads the whole list of members in one."""

    def read(self, size: int | None = -1) -> bytes:
        """As of any file, up to a limit."""
        content = super().read(MAX_LIST_BYTES + 1 if size is None or size < 0 else size)
        if len(content) > MAX_LIST_BYTES:
            reason = f"lists its files in over {MAX_LIST_BYTES:,} bytes"
            raise TooManyError(f"{reason}; expected at most {MAX_MEMBERS:,} files")
        return content


def _find_obstacle(members: list[zipfile.ZipInfo], document: Document) -> Found | None:
    """Why an archive is not looked into, where it is not."""
    if {item.filename for item in members} & set(OFFICE_MEMBERS):
        return document.useless(OFFICE)
    if len(members) > MAX_MEMBERS:
        reason = f"holds {len(members):,} files; expected at most {MAX_MEMBERS:,}"
        return document.rejected(reason)
    return None if members else document.useless("is a zip archive without files")


def _open_members(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], document: Document, size: int
) -> Iterator[Found]:
    """The members one by one, until all of them together unpack to too much."""
    allowance = Allowance(size)
    for part, item in enumerate(members):
        yield _open_member(archive, item, document, allowance, part)
        unread = len(members) - part - 1
        if allowance.left < 0 and unread:
            reason = f"is broken off there; {unread:,} more files were not read"
            yield RejectedRecord(document.source, _member_name(item), reason)
            return


def _counts(item: zipfile.ZipInfo) -> bool:
    """Whether a member is a file that a user packed, not a folder or a system's own."""
    parts = item.filename.replace("\\", "/").split("/")
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return not item.is_dir() and not hidden and "__MACOSX" not in parts


def _member_name(item: zipfile.ZipInfo) -> str:
    """The name of a member, fit to be shown; of a long one, its end."""
    name = shown_name(item.filename)
    return name if len(name) <= MAX_NAME_CHARACTERS else "…" + name[1 - MAX_NAME_CHARACTERS :]


def _open_member(
    archive: zipfile.ZipFile,
    item: zipfile.ZipInfo,
    document: Document,
    allowance: Allowance,
    part: int,
) -> Found:
    inside = replace(
        document,
        source=f"{document.source}/{_member_name(item)}",
        opener=lambda: _unpack(archive, item, allowance, part),
        companion=True,
    )
    if item.flag_bits & 1:
        return inside.rejected("is encrypted; unpack the archive first")
    if item.compress_type not in METHODS:
        return inside.rejected("is packed by another method than deflate; unpack the archive first")
    try:
        with inside.open() as stream:
            start = stream.read(PEEK_BYTES)
    except UNREADABLE as error:
        return inside.rejected(describe_failure(error))
    if start.startswith(ZIP_MAGIC) and start.startswith(OFFICE_STARTS, NAME_PLACE):
        return inside.useless(OFFICE)
    packing = find_packing(start)
    return inside.rejected(packing) if packing else inside


@contextmanager
def _unpack(
    archive: zipfile.ZipFile, item: zipfile.ZipInfo, allowance: Allowance, part: int
) -> Iterator[IO[bytes]]:
    """The bytes of a member, unpacked twice where gzip had packed it before."""
    with _open(archive, item) as stream:
        start = bounded(stream, allowance, part).read(len(GZIP_MAGIC))
    with _open(archive, item) as stream:
        if start == GZIP_MAGIC:
            once = bounded(stream, allowance, (part, "packed"))
            yield unpack_gzip(once, allowance, part)
        else:
            yield bounded(stream, allowance, part)


def _open(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(item)
    except FAULTS as error:
        raise DamagedError(str(error)) from None
