"""What Chroma, SQLite, Tantivy or the file system raise, in words that a user can act on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vectorstore.errors import LibraryError, QuothError

_WRITABLE = "Make the folder writable, or copy it to one that is"
_SPACE = "Free some space and do the same again; what was added so far is kept"
RESTORE = (
    "Mend it (quoth check --repair), restore a backup of it, or add your files to a new library "
    "(--library PATH)"
)
_SIGNS = (
    ("readonly", "is read-only", _WRITABLE),
    ("read-only", "is read-only", _WRITABLE),
    ("permission denied", "may not be written", _WRITABLE),
    ("not permitted", "may not be written", _WRITABLE),
    ("not a directory", "is not a folder", "Name a folder"),
    ("file exists", "is not a folder", "Name a folder"),
    ("disk is full", "has no room left on its disk", _SPACE),
    ("no space left", "has no room left on its disk", _SPACE),
    ("not a database", "holds a damaged Chroma file", RESTORE),
    ("malformed", "holds a damaged Chroma file", RESTORE),
    ("file is encrypted", "holds a damaged Chroma file", RESTORE),
    ("database is locked", "is in use by another process", "Wait for it and do the same again"),
)
_LITTLE_ROOM = 4 * 1024 * 1024
"""Bytes: with less than that free, an error that names no cause is laid to the full disk."""


@contextmanager
def stated(folder: Path) -> Iterator[None]:
    """Restates whatever fails inside as a `LibraryError`; our own errors pass.

    Panics of Rust code count too: they are `BaseException`s outside of `Exception`.
    """
    try:
        yield
    except QuothError:
        raise
    except BaseException as error:
        if not is_failure(error):
            raise
        raise unusable(folder, error) from error


def is_failure(error: BaseException) -> bool:
    """Whether it is an error or a Rust panic, rather than a request to stop."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def unusable(folder: Path, error: BaseException) -> LibraryError:
    """The error of a library in a folder: what was found, and what to do."""
    told = [" ".join(str(item).split()) or type(item).__name__ for item in _causes(error)]
    for text in told:
        for sign, found, todo in _SIGNS:
            if sign in text.lower():
                return LibraryError(f"The library {folder} {found}. {todo}. ({text})")
    if _free_bytes(folder) < _LITTLE_ROOM:
        return LibraryError(
            f"The library {folder} has no room left on its disk. {_SPACE}. ({told[-1]})"
        )
    return LibraryError(f"The library {folder} cannot be used: {told[-1]}. {RESTORE}.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it came from, and so on: Chroma fails again while it clears up."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return _LITTLE_ROOM
