"""Web of Science, plain text: tags of two letters, text from the fourth column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vectorstore.readers.fields import Item, build
from vectorstore.readers.opening import Document
from vectorstore.readers.tagged import (
    Reference,
    Strays,
    Tagged,
    all_of,
    first_of,
    gather,
    note_on_ends,
    split_references,
    with_columns,
)
from vectorstore.readers.text import Head, Line, read_lines
from vectorstore.records import Note

TAG = re.compile(r"([A-Z][A-Z0-9])(?: (.*)|\s*$)", re.DOTALL)
START = re.compile(r"^PT [A-Z][\w ]{0,30}$", re.MULTILINE)
FIELD = re.compile(r"^(?:AU|TI|SO) \S", re.MULTILINE)
OF_THE_FILE = ("FN", "VR", "EF")


def matches(head: Head) -> bool:
    """Whether a reference begins in it, with a field of one."""
    start = START.search(head.text)
    return bool(start and FIELD.search(head.text, start.end()))


def read_items(document: Document) -> Iterator[Item]:
    """A record, a rejection or a skipped record for each reference, and notes."""
    notes: list[Note] = []
    strays = Strays()
    tagged = _tag_lines(read_lines(document, notes))
    for reference in split_references(tagged, "PT", "ER", strays):
        yield from _read_reference(reference, document)
    yield from strays.notes(document.source)
    yield from notes


def _tag_lines(lines: Iterable[Line]) -> Iterator[Tagged]:
    """The lines with their tags, without those that tell of the file."""
    for line in lines:
        found = None if line.too_long else TAG.match(line.text)
        if not found:
            yield Tagged(line, None, line.text.strip())
        elif found[1] not in OF_THE_FILE:
            yield Tagged(line, found[1], (found[2] or "").strip())


def _read_reference(reference: Reference, document: Document) -> Iterator[Item]:
    source = document.source
    fault = reference.find_fault(source)
    if fault:
        yield fault
        return
    values = with_columns(_to_values(reference), reference, document.columns)
    yield from build(values, source, reference.where)
    yield from note_on_ends(reference, source, "PT", "ER")


def _to_values(reference: Reference) -> dict[str, object]:
    """What a reference says, under the names that `build` takes; each author has a line."""
    fields = gather(reference)
    keywords = "; ".join(filter(None, (first_of(fields, tag) for tag in ("DE", "ID"))))
    return {
        "abstract": first_of(fields, "AB"),
        "title": first_of(fields, "TI"),
        "authors": [*(all_of(fields, "AF") or all_of(fields, "AU")), *all_of(fields, "CA")],
        "year": first_of(fields, "PY EY"),
        "date": first_of(fields, "EA PD"),
        "venue": first_of(fields, "SO JI J9"),
        "doi": first_of(fields, "DI D2"),
        "pmid": first_of(fields, "PM"),
        "keywords": [part.strip() for part in keywords.split(";") if part.strip()],
    }
