"""Files of abstracts in, records out: one module a format, picked by content."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from vectorstore.readers import jsonl, listing
from vectorstore.readers.fields import MAX_ABSTRACT_CHARACTERS, Item
from vectorstore.readers.text import (
    MAX_LINE_BYTES,
    WHOLE_FILE,
    Line,
    find_obstacle,
    read_lines,
    source_name,
    watch_decoding,
)
from vectorstore.records import Note, RejectedRecord

__all__ = ["MAX_ABSTRACT_CHARACTERS", "MAX_LINE_BYTES", "Item", "Note", "read"]

EXPECTED = (
    "expected a heading and one `Abstract:` paragraph a line, "
    "or JSON Lines with an 'abstract' in each object"
)


def read(path: Path) -> Iterator[Item]:
    """Every record of a file as it comes, in bounded memory.

    The format is told by the content: JSON Lines where the first line that is not blank starts
    with `{`, else a listing. Files packed with gzip are read as what they hold.

    Args:
        path: A file in UTF-8; lines that are not valid UTF-8 are read as Latin-1, with a note.

    Yields:
        A `Record` or a `RejectedRecord` for each record of the file, and a `Note` for what is
        worth knowing. A file that cannot be read at all is one `RejectedRecord`.
    """
    source = source_name(path)
    try:
        obstacle = find_obstacle(path)
        if obstacle:
            yield RejectedRecord(source, WHOLE_FILE, obstacle)
        else:
            yield from _read_text(path, source)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield RejectedRecord(source, WHOLE_FILE, f"could not be read to its end ({reason})")


def _read_text(path: Path, source: str) -> Iterator[Item]:
    """The items of a file that holds text."""
    notes: list[Note] = []
    lines = watch_decoding(read_lines(path), source, notes)
    first = next((line for line in lines if not line.blank), None)
    if first is None:
        yield RejectedRecord(source, WHOLE_FILE, f"is empty; {EXPECTED}")
        return
    yield from _read_format(path, source, first, chain([first], lines))
    yield from notes


def _read_format(path: Path, source: str, first: Line, lines: Iterable[Line]) -> Iterator[Item]:
    """The items of a file whose first line that is not blank is `first`."""
    start = first.text.strip()
    if start == "{" or (start.startswith("[") and start[1:].lstrip()[:1] in ("", "{")):
        yield RejectedRecord(
            source,
            WHOLE_FILE,
            "is JSON, but not JSON Lines; expected one object a line "
            "(`jq -c` writes that: `jq -c .` from objects, `jq -c '.[]'` from a list)",
        )
    elif start.startswith("{"):
        yield from jsonl.read_items(lines, source)
    elif any(listing.starts_abstract(line) for line in read_lines(path)):
        yield from listing.read_items(lines, source)
    else:
        reason = f"no line starts with `Abstract:`; {EXPECTED}"
        yield RejectedRecord(source, WHOLE_FILE, reason)
