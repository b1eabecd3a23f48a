"""Reading bytes with one reader, and holding what it gives to what every reader promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import fields, replace
from io import BytesIO

from evals.exports import EXPORTS, Export, make_papers, render
from evals.exports.export import kind_of
from vectorstore.readers import FORMATS, MAX_ABSTRACT_CHARACTERS, Item, read_document
from vectorstore.readers.document import Document
from vectorstore.readers.fields import UNSTORABLE
from vectorstore.readers.text import Head, look
from vectorstore.records import Record

ANY = "any"
"""In place of a format: the one that the content tells."""
READERS = {form.__name__.rpartition(".")[2]: form for form in FORMATS}  # type: ignore[attr-defined]
TARGETS = (ANY, *READERS)
SOURCE = "fuzzed"
COULD_NOT = "could not be read to its end"
SEED_CHARACTERS = 300


class BrokenPromiseError(Exception):
    """A reader gave what none may give."""


def check_reading(content: bytes, target: str) -> int:
    """Reads the bytes, and gives the number of items.

    Raises:
        BrokenPromiseError: An item is not well-formed, or nothing is said of what holds something.
        Exception: Whatever the reader raised. Bytes in memory can always be read to their end, so
            not even `UNREADABLE` is excused here.
    """
    document = Document(SOURCE, lambda: nullcontext(BytesIO(content)))
    count = 0
    for item in _read(document, target):
        check_item(item)
        count += 1
    if not count and _is_expected_to_speak(document, target):
        raise BrokenPromiseError("nothing is said of a file that is not empty")
    return count


def check_item(item: Item) -> None:
    """Raises `BrokenPromiseError` where an item is not well-formed."""
    for name, text in _texts(item):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BrokenPromiseError(f"{name} cannot be stored: {error.reason}") from error
    if isinstance(item, Record):
        _check_record(item)
    else:
        empty = [name for name, text in _texts(item) if not text.strip()]
        if empty or item.reason.startswith(COULD_NOT):
            raise BrokenPromiseError(f"{type(item).__name__}: {empty or item.reason}")


def _check_record(record: Record) -> None:
    empty = [name for name in ("id", "title", "abstract", "sources") if not getattr(record, name)]
    if empty:
        raise BrokenPromiseError(f"a record without {', '.join(empty)}")
    unstorable = [name for name, text in _texts(record) if UNSTORABLE.search(text)]
    if unstorable:
        raise BrokenPromiseError(f"control characters in {', '.join(unstorable)}")
    if len(record.abstract) > MAX_ABSTRACT_CHARACTERS:
        raise BrokenPromiseError("an abstract that is too long")
    if Record.from_json(record.to_json()) != record:
        raise BrokenPromiseError("a record that is not what its JSON says")


def _read(document: Document, target: str) -> Iterator[Item]:
    return read_document(document) if target == ANY else READERS[target].read_items(document)


def _is_expected_to_speak(document: Document, target: str) -> bool:
    """Whether the target is the one that would be chosen for this content."""
    head = look(document)
    return target == ANY or (isinstance(head, Head) and READERS[target].matches(head))


def _texts(item: Item) -> Iterator[tuple[str, str]]:
    """Every string of an item, with the name of its field."""
    for field in fields(item):
        value = getattr(item, field.name)
        if isinstance(value, str):
            yield field.name, value
        elif isinstance(value, tuple):
            yield from ((field.name, text) for text in value)


def seeds(target: str) -> list[bytes]:
    """Small exports in the format of a target."""
    made = [make_seed(export) for export in EXPORTS]
    return [content for content in made if target in (ANY, _target_of(content))]


def make_seed(export: Export) -> bytes:
    """An export of three papers with short abstracts, one of them without any."""
    papers = [paper for paper in make_papers(12) if kind_of(paper) in (None, "no abstract")]
    short = [
        replace(
            paper, sections=tuple((name, text[:SEED_CHARACTERS]) for name, text in paper.sections)
        )
        for paper in papers[3:6]
        if kind_of(paper) not in export.leaves_out
    ]
    return "".join(render(export, short)).encode(export.encoding)


def _target_of(content: bytes) -> str:
    head = look(Document(SOURCE, lambda: nullcontext(BytesIO(content))))
    assert isinstance(head, Head)
    return next(name for name, form in READERS.items() if form.matches(head))
