"""What can be read from an SQLite file that SQLite refuses: its pages one by one.

Format: https://www.sqlite.org/fileformat2.html. A leaf page states where its cells are, and a
cell is a whole row, so that rows are found without the pages above them. Pages on the free list
hold rows that were deleted; those that the list still names are left out.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vectorstore.records import Record
from vectorstore.rows import Metadata

_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR = 0x0D, 0x0A, 0x02
_METADATA_COLUMNS = 6
_QUEUE_COLUMNS = 8
_INDEX_COLUMNS = 3
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)
_MOST_BYTES = 64 * 1024 * 1024


def recover_papers(file: Path) -> list[tuple[Record, Metadata]]:
    """All papers that are whole somewhere in a file, each with what is left of its first row.

    Chroma keeps a paper up to three times: in its table, in its queue, and in an index of values,
    where other columns are missing. The table's states are preferred, since they are the latest.
    """
    pages = _Pages(file.read_bytes())
    table: dict[int, Metadata] = {}
    queued: dict[str, tuple[Record, Metadata]] = {}
    indexed: dict[str, tuple[Record, Metadata]] = {}
    for cell in pages.cells():
        if len(cell) == _METADATA_COLUMNS and isinstance(cell[0], int):
            value = next((item for item in cell[2:] if item is not None), None)
            table.setdefault(cell[0], {})[str(cell[1])] = value
        elif len(cell) == _QUEUE_COLUMNS:
            _keep(queued, _parsed(cell[7]))
        elif len(cell) == _INDEX_COLUMNS and cell[0] == "record":
            _keep(indexed, {"record": cell[1]})
    found: dict[str, tuple[Record, Metadata]] = {}
    for number in sorted(table):
        _keep(found, table[number])
    for key, paper in [*queued.items(), *indexed.items()]:
        found.setdefault(key, paper)
    return list(found.values())


def _keep(found: dict[str, tuple[Record, Metadata]], row: Metadata) -> None:
    record = readable_record(row)
    if record is not None:
        found[record.id] = record, row


def readable_record(row: Metadata) -> Record | None:
    """The record of a first row; None where it holds none that can be read."""
    values = _parsed(row.get("record"))
    try:
        record = Record.from_json(values)
    except TypeError:
        return None
    texts = (record.id, record.title, record.abstract)
    return record if all(isinstance(text, str) for text in texts) and record.id else None


def _parsed(text: Any) -> dict[str, Any]:  # noqa: ANN401 - a column of any type
    try:
        return dict(json.loads(text))
    except (TypeError, ValueError, RecursionError):
        return {}


class _Pages:
    """The pages of a file, of which any may be missing or hold something else."""

    def __init__(self, data: bytes) -> None:
        (stated,) = struct.unpack_from(">H", data.ljust(100, b"\0"), 16)
        is_size = stated >= 512 and stated & (stated - 1) == 0
        self._data = data
        self._size = stated if is_size else 4096
        self._free = self._free_pages()

    def cells(self) -> Iterator[tuple[Any, ...]]:
        """The rows on all pages that are in use, each as its columns."""
        for number in range(1, len(self._data) // self._size + 1):
            if number not in self._free:
                yield from self._cells_of(number)

    def _page(self, number: int) -> bytes:
        return self._data[(number - 1) * self._size : number * self._size]

    def _free_pages(self) -> set[int]:
        """Pages that the free list names, as far as it can be followed."""
        free: set[int] = set()
        (trunk,) = struct.unpack_from(">I", self._data.ljust(100, b"\0"), 32)
        while trunk and trunk not in free and len(page := self._page(trunk)) == self._size:
            following, count = struct.unpack_from(">II", page)
            free.add(trunk)
            if count > self._size // 4 - 2:
                break
            free.update(struct.unpack_from(f">{count}I", page, 8))
            trunk = following
        return free

    def _cells_of(self, number: int) -> Iterator[tuple[Any, ...]]:
        page = self._page(number)
        top = 100 if number == 1 else 0
        kind = page[top]
        if kind not in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR):
            return
        (count,) = struct.unpack_from(">H", page, top + 3)
        start = top + (12 if kind == _INDEX_INTERIOR else 8)
        if start + 2 * count > self._size:
            return
        for at in struct.unpack_from(f">{count}H", page, start):
            try:
                yield _columns(self._payload(page, at, kind))
            except (IndexError, ValueError, struct.error):
                continue  # not a cell, or not whole

    def _payload(self, page: bytes, at: int, kind: int) -> bytes:
        at += 4 if kind == _INDEX_INTERIOR else 0
        size, at = _varint(page, at)
        if kind == _TABLE_LEAF:
            _, at = _varint(page, at)
        local = self._local_bytes(size, kind)
        held = page[at : at + local]
        if local == size:
            return held
        (overflow,) = struct.unpack_from(">I", page, at + local)
        return self._with_overflow(held, size, overflow)

    def _local_bytes(self, size: int, kind: int) -> int:
        """How much of a row stands on its own page; the rest is on overflow pages."""
        least = (self._size - 12) * 32 // 255 - 23
        most = self._size - 35 if kind == _TABLE_LEAF else (self._size - 12) * 64 // 255 - 23
        if size <= most:
            return size
        fitting = least + (size - least) % (self._size - 4)
        return fitting if fitting <= most else least

    def _with_overflow(self, held: bytes, size: int, number: int) -> bytes:
        if size > min(_MOST_BYTES, len(self._data)):
            raise ValueError(size)
        parts = [held]
        missing = size - len(held)
        while missing > 0:
            page = self._page(number) if number else b""
            if len(page) < self._size:
                raise ValueError(number)
            (number,) = struct.unpack_from(">I", page)
            parts.append(page[4 : 4 + missing])
            missing -= self._size - 4
        return b"".join(parts)


def _columns(payload: bytes) -> tuple[Any, ...]:
    """The values of a row in SQLite's record format."""
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values = []
    at = end
    for kind in kinds:
        size = _INTEGER_BYTES[kind] if kind < 7 else 8 if kind == 7 else max(0, (kind - 12) // 2)
        part = payload[at : at + size]
        if len(part) < size:
            raise ValueError(size)
        values.append(_value(kind, part))
        at += size
    return tuple(values)


def _value(kind: int, part: bytes) -> Any:  # noqa: ANN401 - a column of any type
    if kind == 0:
        return None
    if kind < 7:
        return int.from_bytes(part, "big", signed=True)
    if kind == 7:
        return struct.unpack(">d", part)[0]
    if kind < 12:
        return kind - 8  # the numbers 0 and 1 take no room
    return part.decode("utf-8") if kind % 2 else part


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of 1 to 9 bytes, and where it ends."""
    value = 0
    for place in range(8):
        byte = data[at + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    return value << 8 | data[at + 8], at + 9
