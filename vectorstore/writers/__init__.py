"""Papers out, in formats that other programs read and that our readers read back as they were."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from vectorstore.errors import QuothError
from vectorstore.papers import Paper
from vectorstore.records import Record
from vectorstore.writers import bibtex, jsonl, ris

__all__ = ["Format", "WriteError", "write", "write_file"]

Format: TypeAlias = Literal["jsonl", "bibtex", "ris"]
WRITERS = {"jsonl": jsonl.write, "bibtex": bibtex.write, "ris": ris.write}


class WriteError(QuothError):
    """A file that cannot be written."""


def write(papers: Iterable[Record | Paper], form: Format) -> Iterator[str]:
    """Each paper as one piece of text; `vectorstore.readers` reads it back as it was.

    What a format has no place for stands in fields of ours, named `quoth-...`: always the
    sources, and whatever else would be read back differently, such as an abstract's line ends.

    Args:
        papers: Records, or papers with the records that they were made from; taken one by one.
        form: JSON Lines (one object a line), BibTeX, or RIS (with lines ended by CR LF).
    """
    return WRITERS[form](papers)


def write_file(path: Path, pieces: Iterable[str], overwrite: bool) -> None:
    """Writes a file in UTF-8, whole or not at all.

    Raises:
        WriteError: It is there already and `overwrite` is false, or it cannot be written.
    """
    if path.exists() and not overwrite:
        raise WriteError(f"{path} exists already; name another file, or allow to overwrite it")
    try:
        if path.exists() and not path.is_file():
            _write_into(path, pieces)
        else:
            _write_whole(path.resolve(), pieces)
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"{path} cannot be written ({reason}); name another file") from error


def _write_into(path: Path, pieces: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)


def _write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Writes beside the file first: nobody ever finds half of it in its place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write_into(beside, pieces)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
