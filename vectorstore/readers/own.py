"""A line of our own export that tells of more than a record: merged, or kept apart by a user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vectorstore.papers import Part, assemble
from vectorstore.readers.fields import OWN_ID, Item, build
from vectorstore.records import Note, Record

MAX_PARTS = 1000


def is_own(values: Mapping[str, object]) -> bool:
    """Whether an object tells of the records that a paper was made from, or of papers apart."""
    return isinstance(values.get("parts"), list) or isinstance(values.get("apart"), list)


def read_paper(values: Mapping[str, object], source: str, where: str) -> Iterator[Item]:
    """The paper with all its records, or what can be read of it, with a note."""
    read = [_read_part(part, source, where) for part in _listed(values, "parts")[:MAX_PARTS]]
    parts = [part for part in read if part]
    record = next(iter(build(values, source, where)))
    if isinstance(record, Record) and not read:
        parts = [Part(record)]
    if not isinstance(record, Record) or not parts or len(parts) < len(read):
        yield from build(values, source, where)
        yield Note(source, where, "'parts' cannot be read; the record was taken as it is")
        return
    own_id = _ids([values.get("id")])
    yield assemble(own_id[0] if own_id else record.id, parts, _ids(_listed(values, "apart")))


def _listed(values: Mapping[str, object], key: str) -> list[object]:
    found = values.get(key)
    return found if isinstance(found, list) else []


def _read_part(part: object, source: str, where: str) -> Part | None:
    if not isinstance(part, dict) or not isinstance(part.get("record"), dict):
        return None
    record = next(iter(build(part["record"], source, where)))
    why = part.get("why")
    said = why if isinstance(why, str) else ""
    return Part(record, said) if isinstance(record, Record) else None


def _ids(values: list[object]) -> list[str]:
    return [value for value in values if isinstance(value, str) and OWN_ID.fullmatch(value)]
