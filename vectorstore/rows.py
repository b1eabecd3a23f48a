"""Papers and passages as Chroma rows, and back; pure.

A record's rows are its passages. The first one carries the whole record, and the records that it
was made from, as JSON. `stamp` ties the rows of one state of a record together: rows of an older
state, left by an `add` that was killed, are known by another stamp. What filters need stands in
each row only on a server; a folder's filters go by the term index, and every value kept in a row
costs a row of SQLite (docs/speed.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from vectorstore.papers import Paper, from_columns, to_columns
from vectorstore.records import Passage, Record
from vectorstore.terms import index_terms

Metadata = dict[str, Any]
Item = TypeVar("Item")


def row_id(record_id: str, ordinal: int) -> str:
    """The id of a passage's row."""
    return f"{record_id}#{ordinal}"


def record_id_of(row: str) -> str:
    """The record that a row belongs to."""
    return row.rpartition("#")[0]


def to_metadata(paper: Paper, passages: Sequence[Passage]) -> list[Metadata]:
    """One row's metadata for each passage of a paper.

    What a record lacks is None: Chroma keeps what an earlier state of a row said otherwise.
    """
    record = paper.record
    shared: Metadata = {
        "record_id": record.id,
        "stamp": record.fingerprint,
        "passages": len(passages),
    }
    rows = [
        {**shared, "ordinal": item.ordinal, "start": item.start, "end": item.end}
        for item in passages
    ]
    rows[0]["record"] = json.dumps(record.to_json(), ensure_ascii=False)
    for name, value in to_columns(paper).items():
        rows[0][name] = value and json.dumps(value, ensure_ascii=False)
    return rows


def filter_columns(record: Record) -> Metadata:
    """What a row carries besides, where Chroma's own filters are used (`Filter.chroma`)."""
    return {
        "year": record.year,
        "groups": [value.casefold() for value in record.groups] or None,
        "sources": [value.casefold() for value in record.sources] or None,
        "title_terms": sorted(set(index_terms(record.title))) or None,
    }


def to_shelf(paper: Paper, passages: Sequence[Passage]) -> bytes:
    """A paper and where its passages lie, as the term index keeps them."""
    spans = [[item.start, item.end] for item in passages]
    values = {"record": paper.record.to_json(), "spans": spans, **to_columns(paper)}
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")


class Shelved:
    """A paper as the term index keeps it; read in full only where that is asked for."""

    def __init__(self, content: bytes) -> None:
        """Takes what `to_shelf` made."""
        self._values = json.loads(content.decode("utf-8", "surrogatepass"))
        self.record = Record.from_json(self._values["record"])

    @property
    def passages(self) -> list[Passage]:
        """The record's passages, in order."""
        record = self.record
        return [
            Passage(record.id, ordinal, start, end, record.abstract[start:end])
            for ordinal, (start, end) in enumerate(self._values["spans"])
        ]

    @property
    def paper(self) -> Paper:
        """The paper, with the records that it was made from."""
        return from_columns(self.record, self._values["parts"], self._values["apart"])


def to_record(metadata: Metadata) -> Record:
    """The record that the metadata of a first row carries."""
    return Record.from_json(json.loads(metadata["record"]))


def to_paper(metadata: Metadata) -> Paper:
    """The paper that the metadata of a first row carries."""
    parts, apart = (json.loads(metadata.get(name) or "null") for name in ("parts", "apart"))
    return from_columns(to_record(metadata), parts, apart)


def to_passage(metadata: Metadata, record: Record) -> Passage:
    """The passage that a row's metadata places in a record."""
    start, end = int(metadata["start"]), int(metadata["end"])
    return Passage(record.id, int(metadata["ordinal"]), start, end, record.abstract[start:end])


def sorted_out(
    papers: Sequence[Paper], rows: Mapping[str, Metadata]
) -> tuple[list[tuple[Paper, list[Passage]]], list[str]]:
    """Papers with their passages, and the rows that are left of other states of them."""
    passages: dict[str, list[Passage]] = {paper.id: [] for paper in papers}
    records = {paper.id: paper.record for paper in papers}
    stale = []
    for row, data in rows.items():
        record = records[data["record_id"]]
        if data["stamp"] == record.fingerprint:
            passages[record.id].append(to_passage(data, record))
        else:
            stale.append(row)
    ordered = {key: sorted(found, key=lambda item: item.ordinal) for key, found in passages.items()}
    return [(paper, ordered[paper.id]) for paper in papers], stale


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Consecutive lists of at most `size` items."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
