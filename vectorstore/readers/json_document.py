"""JSON documents: a list of objects, one object, or one that holds the list of a service's reply.

They are read as a stream (ijson): no more is held than the record at hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from vectorstore.readers.fields import Item, kind_of
from vectorstore.readers.opening import Document
from vectorstore.readers.shapes import read_object
from vectorstore.readers.text import MAX_LINE_BYTES, WHOLE_FILE, Head, read_chunks
from vectorstore.records import RejectedRecord

MAX_DEPTH = 64
MAX_TOKEN_BYTES = 32_000_000
MAX_DIGITS = 2_000
"""Python refuses to convert 4,300, which takes ijson's C code out of step."""
DIGITS = re.compile(rb"[0-9]{%d}" % MAX_DIGITS)
LISTS = ("results", "data", "items", "papers", "recommendedPapers")
"""Keys under which services list what they found: OpenAlex, Semantic Scholar, Crossref."""
MESSAGE = "message"
"""The key under which Crossref puts its reply."""
WRAPPER = re.compile(rf'\{{\s*"(?:{"|".join(LISTS)}|message|meta|status|total|offset|next)"\s*:')
LIST = re.compile(r"\[\s*(?:[{\]]|null\s*[,\]]|$)")
"""Semantic Scholar puts null where it knows no paper of a name that was asked for."""


def matches(head: Head) -> bool:
    """Whether it is JSON, and not an object a line."""
    if not head.text.startswith("{"):
        return LIST.match(head.text) is not None
    first, *rest = (line for line in head.text.split("\n") if line.strip())
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return bool(WRAPPER.match(head.text)) or bool(rest and not rest[0].lstrip().startswith("{"))
    return isinstance(found, dict) and _is_wrapper(found)


def read_items(document: Document) -> Iterator[Item]:
    """A record or a rejection for each object, and notes."""
    from ijson import JSONError

    count = 0
    try:
        for found in _Walk(document).records():
            count += 1
            yield from _read(found, document, f"record {count}")
    except (JSONError, UnicodeDecodeError, ArithmeticError) as error:
        where = f"record {count + 1}" if count else WHOLE_FILE
        yield RejectedRecord(document.source, where, f"not JSON from here on ({_told(error)})")
    except _TooLongError:
        reason = f"holds over {MAX_TOKEN_BYTES:,} bytes without an end; the rest is left unread"
        yield RejectedRecord(document.source, f"record {count + 1}", reason)
    else:
        if not count:
            yield document.useless("is JSON that lists no record")


def _is_wrapper(found: dict[str, Any]) -> bool:
    """Whether an object is a service's reply rather than a record."""
    reply = found.get(MESSAGE)
    return isinstance(reply, dict) or any(isinstance(found.get(key), list) for key in LISTS)


def _read(found: object, document: Document, where: str) -> Iterator[Item]:
    if isinstance(found, dict):
        yield from read_object(found, document, where)
    elif isinstance(found, _Excess):
        yield RejectedRecord(document.source, where, found.reason)
    else:
        reason = f"{kind_of(found)} instead of an object with an 'abstract'"
        yield RejectedRecord(document.source, where, reason)


def _told(error: Exception) -> str:
    """What a parser says, without the text that it found."""
    if isinstance(error, UnicodeDecodeError):
        return "half of a character, such as \\udc00, without the other"
    if isinstance(error, ArithmeticError):
        return "a number that is too large"
    text = error.args[0] if error.args else ""
    line = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return line.split("\n")[0].strip().rstrip(".")


class _TooLongError(Exception):
    """A string, a number or white space that would fill the memory."""


class _Excess(NamedTuple):
    """What is left of a record that is too much."""

    reason: str


class _Feed:
    """The content as the parser reads it, which may not read on and on without an event."""

    def __init__(self, document: Document) -> None:
        self._chunks = read_chunks(document)
        self._end = b""
        self._stopped = False
        self.silent = 0

    def read(self, size: int = -1) -> bytes:
        """The next chunk, however large; the parser takes what it gets."""
        if size == 0:
            return b""
        chunk = next(self._chunks, b"")
        self.silent += len(chunk)
        if self.silent > MAX_TOKEN_BYTES:
            raise _TooLongError
        return self._before_long_numbers(chunk)

    def _before_long_numbers(self, chunk: bytes) -> bytes:
        """The chunk, up to a number that is too long: what stands before it can still be parsed."""
        found = DIGITS.search(self._end + chunk)
        if found:
            chunk = chunk[: max(0, found.start() - len(self._end))]
        if self._stopped or (found and not chunk):
            raise OverflowError
        self._stopped = found is not None
        self._end = chunk[-MAX_DIGITS:]
        return chunk


class _Walk:
    """One pass over a document."""

    def __init__(self, document: Document) -> None:
        import ijson

        self._feed = _Feed(document)
        self._events = ijson.basic_parse(self._feed, multiple_values=True)

    def records(self) -> Iterator[object]:
        """Every record of the document, in order."""
        for event, value in self._events:
            if event == "start_array":
                yield from self._listed()
            elif event == "start_map":
                yield from self._wrapped()
            else:
                yield value

    def _next(self) -> tuple[str, Any]:
        self._feed.silent = 0
        event, value = next(self._events)
        return event, float(value) if isinstance(value, Decimal) else value

    def _listed(self) -> Iterator[object]:
        """The elements of an array that has begun."""
        while (found := self._next())[0] != "end_array":
            yield self._build(*found, _Budget())

    def _wrapped(self) -> Iterator[object]:
        """The records that an object which has begun lists, else the object itself."""
        own: dict[str, object] = {}
        budget, lists = _Budget(), False
        while (found := self._next())[0] != "end_map":
            key, (event, value) = found[1], self._next()
            if (key in LISTS and event == "start_array") or (key, event) == (MESSAGE, "start_map"):
                lists = True
                yield from self._listed() if event == "start_array" else self._wrapped()
            else:
                own[key] = self._build(event, value, budget.less(key))
        if not lists:
            excess = (value for value in own.values() if isinstance(value, _Excess))
            yield next(excess, own)

    def _build(self, event: str, value: Any, budget: _Budget) -> object:  # noqa: ANN401 - JSON
        """The value that begins with an event; its events are read to its end."""
        stack: list[Any] = []
        keys: list[str] = []
        while True:
            if event == "map_key":
                keys[-1] = value
                budget.less(value)
            elif event.startswith("end"):
                done = stack.pop()
                keys.pop()
                if not stack:
                    return budget.judge(done)
            else:
                node: Any = {"start_map": {}, "start_array": []}.get(event, value)
                budget.less(value, len(stack))
                _attach(stack, keys, node, budget)
                if not event.startswith("start"):
                    if not stack:
                        return budget.judge(node)
                else:
                    stack.append(node)
                    keys.append("")
            event, value = self._next()


def _attach(stack: list[Any], keys: list[str], node: object, budget: _Budget) -> None:
    """Puts a node into the innermost one that has begun, unless there is too much already."""
    if not stack or budget.reason:
        return
    if isinstance(stack[-1], dict):
        stack[-1][keys[-1]] = node
    else:
        stack[-1].append(node)


class _Budget:
    """How much more of a record can be kept."""

    def __init__(self) -> None:
        self.left = MAX_LINE_BYTES
        self.reason = ""

    def less(self, value: object, depth: int = 0) -> _Budget:
        """Takes in what a value costs, and how deep it lies."""
        self.left -= 8 + (len(value) if isinstance(value, str) else 0)
        if self.left < 0:
            self.reason = f"is longer than {MAX_LINE_BYTES:,} characters; expected a shorter record"
        elif depth > MAX_DEPTH:
            self.reason = f"is nested deeper than {MAX_DEPTH} levels; expected fewer"
        return self

    def judge(self, found: object) -> object:
        """What was built, or that it was too much."""
        return _Excess(self.reason) if self.reason else found
