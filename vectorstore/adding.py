"""Read records -> a library: what is new, what changed, what is the same paper again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vectorstore.placing import Outcome, Plan, Run
from vectorstore.records import AddReport, Note, Record, RejectedRecord, SkippedRecord
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
    run: Run | None = None,
) -> AddReport:
    """Adds what readers read; each item shows up once in the report.

    Args:
        store: Where to.
        items: Records, and what could not be read.
        progress: Told of each step.
        waiting: Told what it waits for, where another process is adding.
        run: Takes in what was read.

    Raises:
        LibraryError: The library cannot be written; what the report would have counted up to the
            last step is in the library, whole, and adding the same items again completes it.
    """
    report = AddReport()
    run = run or Run()
    with store.writing(waiting):
        for batch in batches(items, BATCH_RECORDS):
            records = [item for item in batch if isinstance(item, Record)]
            report.rejected += [item for item in batch if isinstance(item, RejectedRecord)]
            report.skipped += [item for item in batch if isinstance(item, SkippedRecord)]
            report.notes += [item for item in batch if isinstance(item, Note)]
            _add_batch(store, records, report, run)
            report.read += sum(not isinstance(item, Note) for item in batch)
            if progress:
                progress(len(batch))
    return report


def _add_batch(store: Store, records: list[Record], report: AddReport, run: Run) -> None:
    usable = [record for record in records if _is_usable(record, report)]
    plan = Plan(store.find_same(usable) if usable else [])
    for record in usable:
        _count(report, plan.place(record, run))
    written = store.put(plan.changed())
    report.embedded += written.embedded
    report.kept += written.kept
    store.remove(plan.gone())


def _is_usable(record: Record, report: AddReport) -> bool:
    if record.abstract.strip():
        return True
    reason = "the abstract is empty; expected text"
    report.rejected.append(RejectedRecord("; ".join(record.sources), record.id, reason))
    return False


def _count(report: AddReport, outcome: Outcome) -> None:
    setattr(report, outcome, getattr(report, outcome) + 1)
