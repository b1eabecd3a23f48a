"""Rows of a table from lines of text, on Python's csv, in bounded memory whatever the quoting.

A row that cannot be read is given up, and reading begins anew on the line behind its first one:
a quotation mark that is never closed costs its own row, not those that it swallowed. From there on,
what does not look like a whole row is taken for the rest of the broken one.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vectorstore.readers.listing import describe_lines
from vectorstore.readers.text import MAX_LINE_BYTES, Line

MAX_ROW_CHARACTERS = MAX_LINE_BYTES
MAX_REREAD_CHARACTERS = 5 * MAX_ROW_CHARACTERS
QUOTE = '"'
FEW_CELLS = 2
UNCLOSED = "a quotation mark that is opened in it is never closed"
NUL = "holds a NUL character (U+0000); remove it"
CSV_FAULTS = {
    "unexpected end of data": UNCLOSED,
    "expected after": "a quotation mark inside a quoted field is not doubled, or not closed",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How the cells of a table are written.

    Attributes:
        delimiter: What parts cells.
        quoted: Whether quotation marks around a cell are no part of it.
        spaced: Whether a space behind a delimiter is no part of the cell.
        preface: Whether a line `sep=;` stands before the header.
    """

    delimiter: str = ","
    quoted: bool = True
    spaced: bool = False
    preface: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its lines and its cells, or why it could not be read.

    Attributes:
        first: Number of its first line.
        last: Number of its last line.
        cells: What it holds.
        fault: Why it could not be read.
        torn: Whether the lines behind it may be a part of it.
    """

    first: int
    last: int
    cells: list[str]
    fault: str | None = None
    torn: bool = False

    @property
    def where(self) -> str:
        """The lines that the row stands in."""
        return describe_lines(self.first, self.last)


class RowReader:
    """The rows of a table that are not blank, one by one.

    Attributes:
        width: How many cells a whole row has; to be set once the header is known.
    """

    def __init__(self, lines: Iterator[Line], layout: Layout) -> None:
        """Reads `lines`, which it may take more of than of the rows handed out."""
        self.width = 0
        self._layout = layout
        self._feed = _Feed(lines)
        self._reread = MAX_REREAD_CHARACTERS
        self._reader = csv.reader(
            self._feed,
            delimiter=layout.delimiter,
            quoting=csv.QUOTE_MINIMAL if layout.quoted else csv.QUOTE_NONE,
            skipinitialspace=layout.spaced,
            strict=True,
        )

    def __iter__(self) -> Iterator[Row]:
        """Each row, and one with a `fault` for what could not be read."""
        torn: Row | None = None
        while (row := self._read()) is not None:
            if torn and not self._is_whole(row):
                torn = replace(torn, last=row.last)
                continue
            yield from [torn] if torn else []
            torn = row if row.torn else None
            yield from [] if torn else [row]
        yield from [torn] if torn else []

    def _read(self) -> Row | None:
        """The next row that is not blank; None at the end."""
        cells: list[str] = []
        while not any(cell.strip() for cell in cells):
            self._feed.begin()
            try:
                cells = next(self._reader)
            except StopIteration:
                return None
            except (csv.Error, _RowError) as error:
                return self._take_first_line() or self._give_up(_describe(error))
        if self._merges_rows():
            return self._take_first_line()
        return Row(self._feed.taken[0].number, self._feed.taken[-1].number, cells)

    def _merges_rows(self) -> bool:
        """Whether quotation marks in two rows, meant as text, made one of them.

        No text has tabs, so lines with as many as a row has are rows.
        """
        lines = self._feed.taken
        tabs = self._layout.delimiter == "\t" and self.width > 1 and len(lines) > 1
        return tabs and all(line.text.count("\t") == self.width - 1 for line in lines)

    def _take_first_line(self) -> Row | None:
        """The first line taken as a row as it stands, where tabs tell that it is one."""
        first = self._feed.taken[0]
        cells = first.text.split("\t")
        if self._layout.delimiter != "\t" or len(cells) != self.width or _find_fault(first):
            return None
        self._feed.put_back()
        return Row(first.number, first.number, cells)

    def _give_up(self, fault: str) -> Row:
        lines = self._feed.taken
        if _find_fault(lines[0]):
            return Row(lines[0].number, lines[0].number, [], fault)
        self._reread -= sum(len(line.text) for line in lines[1:])
        if self._reread >= 0:
            self._feed.put_back()
            return Row(lines[0].number, lines[0].number, [], fault, torn=True)
        return Row(lines[0].number, lines[-1].number, [], fault, torn=True)

    def _is_whole(self, row: Row) -> bool:
        """Whether this is a row rather than a piece of a text that a broken row left behind."""
        if row.fault or len(row.cells) != self.width:
            return False
        full = sum(bool(cell.strip()) for cell in row.cells) >= min(FEW_CELLS, self.width)
        paired = all(cell.count(QUOTE) % 2 == 0 for cell in row.cells)
        return full and paired and not any(cell.startswith(" ") for cell in row.cells[1:])


class _RowError(Exception):
    """What makes a row unreadable before it is parsed."""


class _Feed:
    """The lines that csv reads, remembered until its row is complete."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self.taken: list[Line] = []
        self._lines = lines
        self._ahead: deque[Line] = deque()
        self._characters = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else next(self._lines)
        self.taken.append(line)
        self._characters += len(line.text)
        fault = _find_fault(line)
        if fault and len(self.taken) > 1:
            fault = UNCLOSED
        if self._characters > MAX_ROW_CHARACTERS:
            fault = fault or f"is longer than {MAX_ROW_CHARACTERS:,} characters, or {UNCLOSED}"
        if fault:
            raise _RowError(fault)
        return f"{line.text}\n"

    def begin(self) -> None:
        """Forget the lines of the row before."""
        self.taken, self._characters = [], 0

    def put_back(self) -> None:
        """Have the lines behind the first one of this row read again."""
        self._ahead.extendleft(reversed(self.taken[1:]))


def _find_fault(line: Line) -> str | None:
    if line.too_long:
        return line.rejected("").reason
    return NUL if "\0" in line.text else None


def _describe(error: Exception) -> str:
    text = str(error)
    if "field limit" in text:
        return f"a field is longer than {csv.field_size_limit():,} characters, or {UNCLOSED}"
    return next((told for sign, told in CSV_FAULTS.items() if sign in text), text)
