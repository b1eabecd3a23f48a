"""What an entry cannot say in the fields that its format has, found by reading it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vectorstore.papers import Paper, to_columns
from vectorstore.readers.fields import Item
from vectorstore.readers.kept import PREFIX, pack
from vectorstore.records import Record, identify


def record_of(paper: Record | Paper) -> Record:
    """What is known about a paper."""
    return paper if isinstance(paper, Record) else paper.record


def fields_to_keep(paper: Record | Paper, read: Iterable[Item]) -> Iterator[tuple[str, str]]:
    """Names and packed values of the fields of ours that an entry needs.

    Args:
        paper: What was written.
        read: What our reader makes of the entry without these fields.
    """
    record = record_of(paper)
    found = next((item.to_json() for item in read if isinstance(item, Record)), {})
    plain_id = identify(record.abstract, record.doi, record.arxiv_id, record.pmid)
    for name, value in record.to_json().items():
        differs = value != (plain_id if name == "id" else found.get(name))
        if differs:
            yield f"{PREFIX}{name}", pack(value)
    if isinstance(paper, Paper):
        told = {name: value for name, value in to_columns(paper).items() if value is not None}
        yield from ((f"{PREFIX}{name}", pack(value)) for name, value in told.items())
