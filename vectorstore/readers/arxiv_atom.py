"""The Atom feed of arXiv's API (https://info.arxiv.org/help/api/user-manual.html)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from vectorstore.readers.fields import Item, Values, build
from vectorstore.readers.opening import Document
from vectorstore.readers.text import Head
from vectorstore.readers.xml_stream import Found, read_elements, text_of
from vectorstore.records import RejectedRecord

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
ENTRY = f"{ATOM}entry"
SIGN = "http://www.w3.org/2005/Atom"
SIGN_CHARACTERS = 4000
ERRORS = "arxiv.org/api/errors"


def matches(head: Head) -> bool:
    """Whether it is an Atom feed."""
    start = head.text[:SIGN_CHARACTERS]
    return start.startswith("<") and "<feed" in start and SIGN in start


def read_items(document: Document) -> Iterator[Item]:
    """A record, a skipped one or a rejection for each entry, and notes."""
    empty = True
    for found in read_elements(document, frozenset({ENTRY})):
        empty = False
        if not isinstance(found, Found):
            yield found
        elif ERRORS in text_of(found.element.find(f"{ATOM}id")):
            reason = f"arXiv answered: {text_of(found.element.find(f'{ATOM}summary'))}"
            yield RejectedRecord(document.source, found.where, reason)
        else:
            yield from build(_values(found.element), document.source, found.where)
    if empty:
        yield document.useless("is a feed without any entry")


def _values(entry: Element) -> Values:
    address = text_of(entry.find(f"{ATOM}id"))
    terms = (item.get("term") for item in entry.findall(f"{ATOM}category"))
    names = (text_of(item) for item in entry.findall(f"{ATOM}author/{ATOM}name"))
    return {
        "abstract": text_of(entry.find(f"{ATOM}summary")),
        "title": text_of(entry.find(f"{ATOM}title")),
        "authors": [name for name in names if name],
        "year": text_of(entry.find(f"{ATOM}published")),
        "venue": text_of(entry.find(f"{ARXIV}journal_ref")) or None,
        "url": address or None,
        "doi": text_of(entry.find(f"{ARXIV}doi")) or None,
        "arxiv_id": address if "arxiv.org" in address else None,
        "keywords": [term for term in terms if term],
    }
