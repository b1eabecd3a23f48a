"""A paper as its rows tell it, and what is wrong with them; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vectorstore.minilm import Vectors
from vectorstore.papers import Paper, alone
from vectorstore.records import Record
from vectorstore.rows import Metadata, row_id, to_paper
from vectorstore.upkeep.pages import readable_record
from vectorstore.upkeep.rawrows import RawRow, is_good

LOST = "lost"

FAULTS = {
    LOST: "papers whose abstract cannot be read; a repair takes out what is left of them",
    "stale": "rows of former states of papers, left by a process that was killed",
    "passages": "papers that lack passages, or whose passages do not cover the abstract",
    "records": "papers whose rows do not tell which records they were made from",
    "columns": "papers whose rows say something else than their record",
    "no vector": "passages without a vector",
    "bad vector": "passages whose vector is not finite, of length 1 and of the right dimension",
}
"""What can be wrong with rows, in the order in which it is told."""


@dataclass(slots=True)
class Examined:
    """A paper of a library.

    Attributes:
        id: Its id, as its rows' ids have it.
        record: None where it cannot be read.
        rows: Its rows of one state, in order, where they are all there.
        vectors: Those of its rows that there are, by row id.
        first: The metadata of its first row.
        faults: What is wrong, by kind: ids of rows, or its own.
    """

    id: str
    record: Record | None = None
    rows: list[RawRow] = field(default_factory=list)
    vectors: dict[str, Vectors] = field(default_factory=dict)
    first: Metadata = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)

    @property
    def paper(self) -> Paper | None:
        """With the records that it was made from; with its own alone where they cannot be read."""
        if self.record is None:
            return None
        try:
            return to_paper(self.first)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            return alone(self.record)

    @property
    def can_be_kept(self) -> bool:
        """Whether its live rows and vectors are all as they must be."""
        return bool(self.rows) and not self.faults.keys() - {"stale"}


def judge(
    key: str,
    rows: Sequence[RawRow],
    vectors: Mapping[str, Vectors],
    dimension: int,
    columns: Callable[[Record], Metadata] | None = None,
) -> Examined:
    """What the rows of one record id amount to.

    Args:
        key: The record id.
        rows: All rows of that id.
        vectors: By row id; also those of other papers.
        dimension: Of the vectors.
        columns: What each row must carry besides.
    """
    paper = Examined(key)
    named = {row.id: row for row in rows}
    first = named.get(row_id(key, 0))
    if first is not None:
        paper.first = first.values
        paper.record = readable_record(first.values)
    if paper.record is None or paper.record.id != key:
        paper.record = None
        paper.faults[LOST] = [key]
        return paper
    stamp = paper.first.get("stamp")
    paper.rows = sorted(
        (row for row in rows if row.values.get("stamp") == stamp), key=lambda row: _ordinal(row)
    )
    _note(paper, "stale", [row.id for row in rows if row.values.get("stamp") != stamp])
    _note(paper, "passages", [] if _cover(paper.rows, paper.record) else [key])
    if "passages" not in paper.faults:
        _note(paper, "columns", [] if _agree(paper.rows, paper.record, columns) else [key])
        _note(paper, "records", [] if _tells_records(paper) else [key])
    paper.vectors = {row.id: vectors[row.id] for row in paper.rows if row.id in vectors}
    bad = [row for row, vector in paper.vectors.items() if not is_good(vector, dimension)]
    _note(paper, "no vector", [row.id for row in paper.rows if row.id not in vectors])
    _note(paper, "bad vector", bad)
    return paper


def _note(paper: Examined, kind: str, ids: list[str]) -> None:
    if ids:
        paper.faults[kind] = ids


def _ordinal(row: RawRow) -> int:
    value = row.values.get("ordinal")
    return value if isinstance(value, int) else -1


def _cover(rows: Sequence[RawRow], record: Record) -> bool:
    """Whether there are all passages, and nothing but white space lies between them."""
    at = 0
    for ordinal, row in enumerate(rows):
        start, end = row.values.get("start"), row.values.get("end")
        if not isinstance(start, int) or not isinstance(end, int) or not at <= start < end:
            return False
        if row.id != row_id(record.id, ordinal) or row.values.get("passages") != len(rows):
            return False
        if _ordinal(row) != ordinal or record.abstract[at:start].strip():
            return False
        at = end
    return at <= len(record.abstract) and not record.abstract[at:].strip()


def _agree(
    rows: Sequence[RawRow], record: Record, columns: Callable[[Record], Metadata] | None
) -> bool:
    """Whether rows hold what their record has in them; `_cover` must hold."""
    if rows[0].values.get("stamp") != record.fingerprint:
        return False
    wanted = {"record_id": record.id} | (columns(record) if columns else {})
    return all(_same(row.values.get(name), value) for row in rows for name, value in wanted.items())


def _tells_records(paper: Examined) -> bool:
    """Whether the records that a paper was made from can be read."""
    told = [paper.first.get(name) for name in ("parts", "apart")]
    whole = paper.paper
    return whole is not None and (not any(told) or whole != alone(whole.record))


def _same(found: object, wanted: object) -> bool:
    """Whether a column holds a value; the order of several does not matter."""
    if isinstance(found, list) and isinstance(wanted, list):
        return sorted(map(str, found)) == sorted(map(str, wanted))
    return found == wanted
