"""The pen of a library: one process at a time holds it, and may write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from vectorstore.failures import stated

PEN_FILE = "writer.lock"

Waiting = Callable[[str], None]
"""Told, in one line, what a writer waits for."""


@contextmanager
def holding_pen(folder: Path, waiting: Waiting | None = None) -> Iterator[None]:
    """Keeps all writers away; one that is at work is waited for.

    Raises:
        LibraryError: The folder cannot be written.
    """
    pen = FileLock(folder / PEN_FILE)
    with stated(folder):
        take_pen(pen, folder, waiting)
    try:
        yield
    finally:
        pen.release()


def take_pen(pen: FileLock, folder: Path, waiting: Waiting | None) -> None:
    """Takes the pen, once whoever holds it lays it down."""
    try:
        pen.acquire(timeout=0)
    except Timeout:
        if waiting:
            waiting(f"Another process is adding to {folder}; waiting for it.")
        pen.acquire()
