"""Lets Chroma write its vector index to disk such that a kill at any moment loses nothing.

Chroma keeps what is added in SQLite until it writes it into its vector index, in place: killed
while it does so, Chroma 1.5 crashes the process (a segmentation fault) whenever the library is
used again. So it writes at set moments only, while a copy of the index lies beside it. A copy
that is found on opening belongs to a process that was killed, and tells how far it came.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

COPY = "checkpoint"
DRAFT = "checkpoint.new"
_PROGRESS = "progress.json"


def keep_copy(folder: Path) -> None:
    """Copies the vector index; from now on, `put_back_copy` returns to it."""
    draft = folder / DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    progress = _progress(folder)
    for name in progress:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, draft / name)
    (draft / _PROGRESS).write_text(json.dumps(progress), encoding="utf-8")
    draft.replace(folder / COPY)


def drop_copy(folder: Path) -> None:
    """Removes the copy: the index was written whole."""
    shutil.rmtree(folder / DRAFT, ignore_errors=True)
    (folder / COPY).replace(folder / DRAFT)
    shutil.rmtree(folder / DRAFT)


def put_back_copy(folder: Path) -> bool:
    """Undoes what a killed process left half-written; Chroma must not have been opened.

    Chroma notes in SQLite how much its index holds as its last step: where that note is as it
    was before, the index was not finished.

    Returns:
        Whether there was a copy.
    """
    copy = folder / COPY
    shutil.rmtree(folder / DRAFT, ignore_errors=True)
    if not copy.is_dir():
        return False
    before = json.loads((copy / _PROGRESS).read_text(encoding="utf-8"))
    after = _progress(folder)
    for name in before:
        if (copy / name).is_dir() and after.get(name) == before[name]:
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copytree(copy / name, folder / name)
    drop_copy(folder)
    return True


def _progress(folder: Path) -> dict[str, int]:
    """How far the index of each segment got, by the segment's name; -1 where it has none yet."""
    address = f"{(folder / 'chroma.sqlite3').absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True)) as database:
        rows = database.execute(
            "SELECT segments.id, COALESCE(max_seq_id.seq_id, -1) FROM segments"
            " LEFT JOIN max_seq_id ON max_seq_id.segment_id = segments.id"
        )
        return {name: int(place) for name, place in rows}
