"""Puts a whole new state of a library in place of the old one: all of it, or nothing.

The new state is written to a draft inside the library's folder; renaming the draft is the step
that counts. What is left of the way, moving files, is done by whoever opens the library next
where this process was killed. Only who holds the pen and the step may do so.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from vectorstore.checkpoint import COPY

DATABASE = "chroma.sqlite3"
TERMS_FOLDER = "terms"
DRAFT = "incoming.new"
READY = "incoming"
SEGMENTS = "*-*-*-*-*"
_CONTENTS = "contents.json"
_JOURNALS = (f"{DATABASE}-journal", f"{DATABASE}-wal", f"{DATABASE}-shm")


def holds_library(folder: Path) -> bool:
    """Whether there is a library in a folder, be it damaged."""
    signs = (DATABASE, f"{SEGMENTS}/*.bin", f"{TERMS_FOLDER}/stamp.json", f"{READY}/{_CONTENTS}")
    return any(True for sign in signs for _ in folder.glob(sign))


def new_draft(folder: Path) -> Path:
    """An empty folder for the new state of the library in `folder`."""
    draft = folder / DRAFT
    drop_draft(folder)
    draft.mkdir()
    return draft


def drop_draft(folder: Path) -> None:
    """Removes a draft that comes to nothing."""
    shutil.rmtree(folder / DRAFT, ignore_errors=True)


def put_in_place(folder: Path) -> None:
    """Makes the draft, which is complete, the library."""
    draft = folder / DRAFT
    contents = sorted(path.name for path in draft.iterdir())
    (draft / _CONTENTS).write_text(json.dumps(contents), encoding="utf-8")
    for path in [*draft.rglob("*"), draft]:
        settle(path)
    draft.replace(folder / READY)
    settle(folder)
    finish_swap(folder)


def finish_swap(folder: Path) -> bool:
    """Does what is left to do of `put_in_place`; the same again where it was killed meanwhile.

    Returns:
        Whether there was anything to do.
    """
    ready = folder / READY
    if not (ready / _CONTENTS).is_file():
        shutil.rmtree(ready, ignore_errors=True)  # killed while it was being removed
        return False
    contents = json.loads((ready / _CONTENTS).read_text(encoding="utf-8"))
    for path in _old_parts(folder):
        if path.name not in contents or (ready / path.name).exists():
            _remove(path)
    for name in contents:
        if (ready / name).exists():
            (ready / name).replace(folder / name)
    settle(folder)
    (ready / _CONTENTS).unlink()
    shutil.rmtree(ready)
    return True


def settle(path: Path) -> None:
    """Has the system write a file or folder to disk, where it can."""
    with suppress(PermissionError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _old_parts(folder: Path) -> Iterator[Path]:
    """Everything of a library but its locks."""
    yield from folder.glob(SEGMENTS)
    for name in (*_JOURNALS, COPY, TERMS_FOLDER, DATABASE):
        if (folder / name).exists():
            yield folder / name


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
