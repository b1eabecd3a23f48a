"""Read records -> a library: what is new, what changed, what is the same paper again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from vectorstore.records import AddReport, Note, Record, RejectedRecord, merge
from vectorstore.store import Store

BATCH_RECORDS = 64
"""Records written in one step: all that a killed `add` has to do again."""

Read = Record | RejectedRecord | Note
Progress = Callable[[int], None]
"""Told how many records were just dealt with."""


def add(
    store: Store,
    items: Iterable[Read],
    progress: Progress | None = None,
    waiting: Callable[[str], None] | None = None,
) -> AddReport:
    """Adds what readers read; each item shows up once in the report.

    Args:
        store: Where to.
        items: Records, and what could not be read.
        progress: Told of each step.
        waiting: Told what it waits for, where another process is adding.

    Raises:
        LibraryError: The library cannot be written; what the report would have counted up to the
            last step is in the library, whole, and adding the same items again completes it.
    """
    report = AddReport()
    new_ids: set[str] = set()
    with store.writing(waiting):
        for batch in _batches(items):
            records = [item for item in batch if isinstance(item, Record)]
            report.rejected += [item for item in batch if isinstance(item, RejectedRecord)]
            report.notes += [item for item in batch if isinstance(item, Note)]
            _add_batch(store, records, report, new_ids)
            report.read += sum(not isinstance(item, Note) for item in batch)
            if progress:
                progress(len(batch))
    return report


@dataclass(slots=True)
class _Plan:
    """The state that each paper of a batch ends in, found under all its identities."""

    known: dict[str, str] = field(default_factory=dict)
    before: dict[str, Record] = field(default_factory=dict)
    after: dict[str, Record] = field(default_factory=dict)

    def find(self, record: Record) -> Record | None:
        for identity in (record.id, *record.identities):
            if identity in self.known:
                return self.after[self.known[identity]]
        return None

    def set(self, record: Record) -> None:
        self.after[record.id] = record
        for identity in (record.id, *record.identities):
            self.known.setdefault(identity, record.id)


def _add_batch(
    store: Store, records: list[Record], report: AddReport, new_ids: set[str]
) -> None:
    plan = _Plan()
    for record in store.find_same(records) if records else []:
        plan.before[record.id] = record
        plan.set(record)
    for record in records:
        _place(plan, record, report, new_ids)
    changed = [item for key, item in plan.after.items() if plan.before.get(key) != item]
    same_text = [item for item in changed if _embeds_alike(plan.before.get(item.id), item)]
    store.put([item for item in changed if item not in same_text])
    store.put_metadata(same_text)


def _place(plan: _Plan, record: Record, report: AddReport, new_ids: set[str]) -> None:
    """Finds the paper that a record is of, and counts what becomes of the record."""
    known = plan.find(record)
    if known is None:
        plan.set(record)
        new_ids.add(record.id)
        report.added += 1
        return
    united = merge(known, record)
    plan.set(united)
    if united == known and known.id not in new_ids:
        report.unchanged += 1
    elif known.id in new_ids or not set(record.sources) <= set(known.sources):
        report.merged += 1
    else:
        report.updated += 1


def _embeds_alike(before: Record | None, after: Record) -> bool:
    """Whether the vectors of the former state serve the latter."""
    return before is not None and (before.title, before.abstract) == (after.title, after.abstract)


def _batches(items: Iterable[Read]) -> Iterator[list[Read]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH_RECORDS)):
        yield batch
