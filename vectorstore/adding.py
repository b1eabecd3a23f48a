"""Read records -> a library: what is new, what changed, what is the same paper again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from vectorstore.records import AddReport, Note, Record, RejectedRecord, SkippedRecord, merge
from vectorstore.rows import batches
from vectorstore.store import Store

BATCH_RECORDS = 64
"""Records written in one step: all that a killed `add` has to do again."""

Read = Record | RejectedRecord | SkippedRecord | Note
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
        for batch in batches(items, BATCH_RECORDS):
            records = [item for item in batch if isinstance(item, Record)]
            report.rejected += [item for item in batch if isinstance(item, RejectedRecord)]
            report.skipped += [item for item in batch if isinstance(item, SkippedRecord)]
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
        """The paper that a record is of; papers that it shows to be the same become one."""
        known = [self.known[item] for item in _names(record) if item in self.known]
        same = [self.after[key] for key in dict.fromkeys(known)]
        for other in same[1:]:
            same[0] = self._unite(same[0], other)
        return same[0] if same else None

    def set(self, record: Record) -> None:
        self.after[record.id] = record
        for item in _names(record):
            self.known.setdefault(item, record.id)

    def _unite(self, kept: Record, other: Record) -> Record:
        del self.after[other.id]
        united = replace(merge(other, kept), id=kept.id)
        self.known |= {item: kept.id for item, key in self.known.items() if key == other.id}
        self.set(united)
        return united


def _names(record: Record) -> tuple[str, ...]:
    return (record.id, *record.identities)


def _add_batch(store: Store, records: list[Record], report: AddReport, new_ids: set[str]) -> None:
    plan = _Plan()
    for record in store.find_same(records) if records else []:
        plan.before[record.id] = record
        plan.set(record)
    for record in records:
        _place(plan, record, report, new_ids)
    changed = [item for key, item in plan.after.items() if plan.before.get(key) != item]
    store.put([item for item in changed if not _embeds_alike(plan.before.get(item.id), item)])
    store.put_metadata([item for item in changed if _embeds_alike(plan.before.get(item.id), item)])
    store.remove(plan.before.keys() - plan.after.keys())


def _place(plan: _Plan, record: Record, report: AddReport, new_ids: set[str]) -> None:
    """Finds the paper that a record is of, and counts what becomes of the record."""
    if not record.abstract.strip():
        reason = "the abstract is empty; expected text"
        report.rejected.append(RejectedRecord("; ".join(record.sources), record.id, reason))
        return
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
