"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vectorstore.readers.fields import Item, kind_of
from vectorstore.readers.opening import Document
from vectorstore.readers.shapes import read_object
from vectorstore.readers.text import Head, Line, read_lines
from vectorstore.records import Note, RejectedRecord


def matches(head: Head) -> bool:
    """Whether it starts with an object; JSON that is no JSON Lines was recognised before."""
    return head.text.startswith("{")


def read_items(document: Document) -> Iterator[Item]:
    """A record or a rejection for each line that is not blank, and notes."""
    notes: list[Note] = []
    for line in read_lines(document, notes):
        if line.too_long:
            yield line.rejected(document.source)
        elif not line.blank:
            yield from _read_object(line, document)
    yield from notes


def _read_object(line: Line, document: Document) -> Iterator[Item]:
    """The record in one line."""
    where, source = f"line {line.number}", document.source
    try:
        values = json.loads(line.text)
    except json.JSONDecodeError as error:
        yield RejectedRecord(source, where, f"not JSON ({error.msg}, column {error.colno})")
    except ValueError:  # Python refuses to convert an integer of thousands of digits.
        yield RejectedRecord(source, where, "not JSON that can be read (a number is too long)")
    except RecursionError:
        yield RejectedRecord(source, where, "not JSON that can be read (nested too deeply)")
    else:
        if isinstance(values, dict):
            yield from read_object(values, document, where)
        else:
            found = kind_of(values)
            yield RejectedRecord(source, where, f"{found} instead of an object with an 'abstract'")
