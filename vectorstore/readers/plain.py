"""Plain text: the listing of `Abstract:` paragraphs."""

from __future__ import annotations

from collections.abc import Iterator

from vectorstore.readers import listing
from vectorstore.readers.fields import Item
from vectorstore.readers.opening import Document
from vectorstore.readers.text import Head, read_lines
from vectorstore.records import Note

EXPECTED = (
    "expected a heading and one `Abstract:` paragraph a line, "
    "or JSON Lines with an 'abstract' in each object"
)


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
    elif first.text.strip() == "{" or first.text.strip().startswith("["):
        yield document.useless(
            "is JSON, but not JSON Lines; expected one object a line "
            "(`jq -c` writes that: `jq -c .` from objects, `jq -c '.[]'` from a list)",
        )
    else:
        yield document.useless(f"no line starts with `Abstract:`; {EXPECTED}")
