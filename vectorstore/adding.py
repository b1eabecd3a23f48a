"""Read records -> a library: what is new, what changed, what is the same paper again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from vectorstore.papers import Paper
from vectorstore.pen import Waiting
from vectorstore.placing import Outcome, Plan, Run
from vectorstore.records import AddReport, Note, Record, RejectedRecord, SkippedRecord
from vectorstore.rows import batches
from vectorstore.store import Written

BATCH_RECORDS = 64
"""Records written in one step: all that a killed `add` has to do again."""

Read = Record | Paper | RejectedRecord | SkippedRecord | Note
Progress = Callable[[int], None]
"""Told how many records were just dealt with."""


class Shelf(Protocol):
    """Where papers go: a `Store`, or a `Rehearsal` of what would become of one."""

    def writing(self, waiting: Waiting | None = None) -> AbstractContextManager[None]:
        """Held while papers are written."""

    def find_same(self, records: Sequence[Record]) -> list[Paper]:
        """The papers that may be those of these records."""

    def put(self, papers: Sequence[Paper]) -> Written:
        """Writes papers, in place of those of the same ids."""

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Takes papers out."""

    def papers(self) -> Iterable[Paper]:
        """All papers."""


def add(
    store: Shelf,
    items: Iterable[Read],
    progress: Progress | None = None,
    waiting: Waiting | None = None,
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
            report.rejected += [item for item in batch if isinstance(item, RejectedRecord)]
            report.skipped += [item for item in batch if isinstance(item, SkippedRecord)]
            report.notes += [item for item in batch if isinstance(item, Note)]
            _add_batch(
                store, [item for item in batch if isinstance(item, Record | Paper)], report, run
            )
            report.read += sum(not isinstance(item, Note) for item in batch)
            if progress:
                progress(len(batch))
    return report


def _add_batch(store: Shelf, items: Sequence[Record | Paper], report: AddReport, run: Run) -> None:
    usable = [item for item in items if _is_usable(item, report)]
    plan = Plan(store.find_same([record for item in usable for record in _records_of(item)]))
    for item in usable:
        _count(report, _place(plan, item, run))
    written = store.put(plan.changed())
    report.embedded += written.embedded
    report.kept += written.kept
    store.remove(plan.gone())


def _place(plan: Plan, item: Record | Paper, run: Run) -> Outcome:
    return plan.place(item, run) if isinstance(item, Record) else plan.place_paper(item, run)


def _records_of(item: Record | Paper) -> list[Record]:
    """A record, or all that a paper is known by."""
    return [item] if isinstance(item, Record) else [item.record, *(p.record for p in item.parts)]


def _is_usable(item: Record | Paper, report: AddReport) -> bool:
    record = item if isinstance(item, Record) else item.record
    if record.abstract.strip():
        return True
    reason = "the abstract is empty; expected text"
    report.rejected.append(RejectedRecord("; ".join(record.sources), record.id, reason))
    return False


def _count(report: AddReport, outcome: Outcome) -> None:
    setattr(report, outcome, getattr(report, outcome) + 1)
