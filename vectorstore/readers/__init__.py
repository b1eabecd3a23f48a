"""Files of abstracts in, records out: one module a format, picked by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from vectorstore.readers import (
    arxiv_atom,
    bibtex,
    json_document,
    jsonl,
    medline,
    plain,
    pubmed_xml,
    ris,
    table,
    wos,
)
from vectorstore.readers.fields import MAX_ABSTRACT_CHARACTERS, Item
from vectorstore.readers.opening import (
    UNREADABLE,
    Document,
    File,
    Found,
    describe_failure,
    find_documents,
    open_file,
)
from vectorstore.readers.text import MAX_LINE_BYTES, WHOLE_FILE, Head, look
from vectorstore.records import Note, RejectedRecord

__all__ = [
    "MAX_ABSTRACT_CHARACTERS",
    "MAX_LINE_BYTES",
    "Item",
    "Note",
    "read",
    "read_document",
    "read_file",
]


class Format(Protocol):
    """What a module of this package offers."""

    def matches(self, head: Head) -> bool:
        """Whether a document that starts like this is in this format."""

    def read_items(self, document: Document) -> Iterator[Item]:
        """A record, a rejection or a skipped record for each one, and notes.

        What opening or unpacking raises (`UNREADABLE`) passes; nothing else is ever raised.
        """


FORMATS: tuple[Format, ...] = (
    pubmed_xml,
    arxiv_atom,
    json_document,
    jsonl,
    bibtex,
    ris,
    medline,
    wos,
    table,
    plain,
)
"""In the order in which they are tried; the last one takes everything."""


def read(
    path: Path, columns: Mapping[str, str] | None = None, source: str | None = None
) -> Iterator[Item]:
    """Every record of what a user named, as it comes, in bounded memory.

    Args:
        path: A file in one of the formats, plain or packed; a folder or a zip archive of such; or
            `-`, standard input. The format is told by the content.
        columns: Names that the user gave for fields, such as `{"Summary": "abstract"}`.
        source: How it is to be named; by its own name where None.

    Yields:
        A `Record`, a `RejectedRecord` or a `SkippedRecord` for each record, and a `Note` for what
        is worth knowing. A file that cannot be read at all is one `RejectedRecord`.
    """
    yield from _read_all(find_documents(path, columns, source))


def read_file(file: File) -> Iterator[Item]:
    """The same, of one file that `find_files` found."""
    yield from _read_all(open_file(file))


def _read_all(documents: Iterable[Found]) -> Iterator[Item]:
    for found in documents:
        if isinstance(found, Document):
            yield from read_document(found)
        else:
            yield found


def read_document(document: Document) -> Iterator[Item]:
    """Every record of one document."""
    try:
        head = look(document)
        if isinstance(head, str):
            yield document.useless(head)
        else:
            chosen = next(item for item in FORMATS if item.matches(head))
            yield from chosen.read_items(document)
    except UNREADABLE as error:
        yield RejectedRecord(document.source, WHOLE_FILE, describe_failure(error))
