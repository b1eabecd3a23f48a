"""The elements of an XML document that hold a record each, in bounded memory, read safely.

No entity is ever declared, and nothing is fetched: a DOCTYPE may name its DTD, as PubMed's do, and
is not followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from vectorstore.readers.markup import is_power
from vectorstore.readers.opening import CHUNK_BYTES, WHOLE_FILE, Document
from vectorstore.records import RejectedRecord

MAX_DEPTH = 100
MAX_RECORD_BYTES = 32_000_000
MAX_TAG_BYTES = 2_000_000


class Found(NamedTuple):
    """An element that holds a record, and where."""

    element: Element
    where: str


FoundOrNot: TypeAlias = Found | RejectedRecord


def read_elements(document: Document, tags: frozenset[str]) -> Iterator[FoundOrNot]:
    """The outermost elements of these tags, one at a time; what breaks it off is a rejection."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    picker = _Picker(tags)
    parser = DefusedXMLParser(target=picker)
    count, broken = 0, ""
    chunks = _chunks(document)
    while not broken:
        chunk = next(chunks, b"")
        try:
            parser.feed(chunk) if chunk else parser.close()
            picker.count(len(chunk))
        except DefusedXmlException:
            broken = "it declares entities, or refers to some elsewhere"
        except (_TooMuchError, ParseError, ValueError, LookupError) as error:
            broken = str(error)
        for element in picker.take():
            count += 1
            yield Found(element, f"record {count}")
        if not chunk and not broken:
            return
    where = f"record {count + 1}" if count else WHOLE_FILE
    reason = f"not XML that can be read from here on: {broken}"
    yield RejectedRecord(document.source, where, reason)


def text_of(element: Element | None) -> str:
    """All text in an element and the elements in it, on one line; powers as `10^6`."""
    pieces: list[str] = []
    if element is not None:
        _collect(element, pieces)
    return " ".join("".join(pieces).split())


def _collect(element: Element, pieces: list[str]) -> None:
    text = element.text or ""
    if element.tag == "sup" and pieces and is_power(pieces[-1], text):
        pieces.append("^")
    pieces.append(text)
    for child in element:
        _collect(child, pieces)
        pieces.append(child.tail or "")


def _chunks(document: Document) -> Iterator[bytes]:
    with document.open() as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


class _TooMuchError(Exception):
    """More than one record may hold; the message says of what."""


class _Picker:
    """Takes the parser's events, and keeps the elements of some tags only."""

    def __init__(self, tags: frozenset[str]) -> None:
        self._tags = tags
        self._depth = 0
        self._outer = 0
        self._bytes = 0
        self._silent = 0
        self._builder: TreeBuilder | None = None
        self._ready: list[Element] = []

    def count(self, read: int) -> None:
        """So many more bytes were read."""
        self._bytes = 0 if self._ready else self._bytes + read
        self._silent += read
        if self._silent > MAX_TAG_BYTES:
            raise _TooMuchError(f"a tag or a comment is longer than {MAX_TAG_BYTES:,} bytes")
        if self._bytes > MAX_RECORD_BYTES:
            raise _TooMuchError(f"over {MAX_RECORD_BYTES:,} bytes hold no whole record")

    def take(self) -> list[Element]:
        """The elements that are complete."""
        ready, self._ready = self._ready, []
        return ready

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._silent = 0
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooMuchError(f"it is nested deeper than {MAX_DEPTH} elements")
        if self._builder is None and tag in self._tags:
            self._builder, self._outer = TreeBuilder(), self._depth
        if self._builder is not None:
            self._builder.start(tag, attributes)

    def data(self, text: str) -> None:
        """Text."""
        self._silent = 0
        if self._builder is not None:
            self._builder.data(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        self._silent = 0
        if self._builder is not None:
            self._builder.end(tag)
            if self._depth == self._outer:
                self._ready.append(self._builder.close())
                self._builder = None
        self._depth -= 1

    def close(self) -> Any:  # noqa: ANN401 - what the parser wants
        """The document ends."""
        return None
