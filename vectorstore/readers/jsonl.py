"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from vectorstore.readers.fields import Item, build, kind_of
from vectorstore.readers.text import Line
from vectorstore.records import RejectedRecord


def read_items(lines: Iterable[Line], source: str) -> Iterator[Item]:
    """A record or a rejection for each line that is not blank, and notes."""
    for line in lines:
        if line.too_long:
            yield line.rejected(source)
        elif not line.blank:
            yield from _read_object(line, source)


def _read_object(line: Line, source: str) -> Iterator[Item]:
    """The record in one line."""
    where = f"line {line.number}"
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
            yield from build(values, source, where)
        else:
            found = kind_of(values)
            yield RejectedRecord(source, where, f"{found} instead of an object with an 'abstract'")
