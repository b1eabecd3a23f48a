"""Plain text: the listing of `Abstract:` paragraphs, or one abstract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from vectorstore.readers import listing, prose
from vectorstore.readers.fields import Item, build
from vectorstore.readers.opening import Document
from vectorstore.readers.text import Head, Line, read_lines
from vectorstore.records import Note

EXPECTED = (
    "expected an export in BibTeX, RIS, MEDLINE or PubMed XML, arXiv Atom, JSON, JSON Lines, CSV "
    "or TSV, one abstract as prose, or a heading and one `Abstract:` paragraph a line"
)
ABOUT_FILES = (
    "authors changelog changes citation contributing copying history install licence license "
    "manifest news notice readme requirements todo version"
).split()
"""Files that lie beside others to tell about them."""


def matches(head: Head) -> bool:
    """Any text."""
    del head
    return True


def read_items(document: Document) -> Iterator[Item]:
    """A record or a rejection for each paragraph with an abstract, and notes."""
    first = next((line for line in read_lines(document) if not line.blank), None)
    if first is None:
        yield document.useless(f"is empty; {EXPECTED}")
    elif any(listing.starts_abstract(line) for line in read_lines(document)):
        notes: list[Note] = []
        yield from listing.read_items(read_lines(document, notes), document.source)
        yield from notes
    else:
        yield from _read_prose(document)


def _read_prose(document: Document) -> Iterator[Item]:
    """The record of a text that is one abstract, or why it is none."""
    notes: list[Note] = []
    lines = _take_start(read_lines(document, notes))
    text = prose.part_title([line.text for line in lines])
    obstacle = prose.find_obstacle(text.abstract) if lines else prose.TOO_LONG
    if document.companion and PurePosixPath(document.source).stem.lower() in ABOUT_FILES:
        yield document.useless("is named like a file about other files")
    elif obstacle:
        yield document.useless(f"no line starts with `Abstract:`, and {obstacle}; {EXPECTED}")
    else:
        where = listing.describe_lines(lines[0].number, lines[-1].number)
        values = {"title": text.title, "abstract": text.abstract}
        yield from build(values, document.source, where)
        yield from notes


def _take_start(lines: Iterator[Line]) -> list[Line]:
    """All lines but blank ones around them; none where they are too long for an abstract."""
    kept: list[Line] = []
    left = prose.MAX_BYTES
    for line in lines:
        left -= line.length + 1
        if left < 0:
            return []
        if kept or not line.blank:
            kept.append(line)
    while kept and kept[-1].blank:
        kept.pop()
    return kept
