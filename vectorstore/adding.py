"""Read records -> a library: what is new, what changed, what is the same paper again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, Protocol

from vectorstore.matching import keys
from vectorstore.papers import Paper, look_up_keys
from vectorstore.pen import Waiting
from vectorstore.placing import Outcome, Plan, Run
from vectorstore.preparing import NOTHING, Ahead, Preparer, in_threads
from vectorstore.records import AddReport, Note, Record, RejectedRecord, SkippedRecord
from vectorstore.rows import batches
from vectorstore.store import Written

BATCH_RECORDS = 128
"""Records written in one step: all that a killed `add` has to do again, of those embedded."""

Read = Record | Paper | RejectedRecord | SkippedRecord | Note
Progress = Callable[[int], None]
"""Told how many records were just dealt with."""


class Shelf(Protocol):
    """Where papers go: a `Store`, or a `Rehearsal` of what would become of one."""

    def writing(self, waiting: Waiting | None = None) -> AbstractContextManager[None]:
        """Held while papers are written."""

    def find_same(self, records: Sequence[Record]) -> list[Paper]:
        """The papers that may be those of these records."""

    def prepare(self, records: Sequence[Record]) -> Ahead:
        """Cuts and embeds records, ahead of `put`; may be called in another thread."""

    def put(self, papers: Sequence[Paper], ahead: Ahead = NOTHING) -> Written:
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
    preparer: Preparer | None = None,
) -> AddReport:
    """Adds what readers read; each item shows up once in the report.

    Args:
        store: Where to.
        items: Records, and what could not be read.
        progress: Told of each step.
        waiting: Told what it waits for, where another process is adding.
        run: Takes in what was read.
        preparer: Cuts and embeds records ahead; a thread of this process where None.

    Raises:
        LibraryError: The library cannot be written; what the report would have counted up to the
            last step is in the library, whole, and adding the same items again completes it.
    """
    preparing = nullcontext(preparer) if preparer else in_threads(store.prepare)
    with store.writing(waiting), preparing as ahead:
        adding = _Adding(store, run or Run(), ahead)
        for step in adding.steps(batches(items, BATCH_RECORDS)):
            adding.write(step)
            if progress:
                progress(step.size)
    return adding.report


class _Step(NamedTuple):
    """A batch on its way.

    Attributes:
        size: Items that were read.
        usable: Those of them that can be added.
        ahead: Waits for what is being prepared of those that seem to be new.
    """

    size: int
    usable: list[Record | Paper]
    ahead: Callable[[], Ahead]


class _Adding:
    """What was added so far."""

    def __init__(self, store: Shelf, run: Run, preparer: Preparer) -> None:
        self.report = AddReport()
        self._store = store
        self._run = run
        self._preparer = preparer

    def steps(self, batched: Iterable[list[Read]]) -> Iterator[_Step]:
        """The batches; while one is being written, the next ones are being prepared."""
        waiting: deque[_Step] = deque()
        for items in batched:
            waiting.append(self._begin(items))
            if len(waiting) > self._preparer.depth:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()

    def write(self, step: _Step) -> None:
        """Puts a batch into the library."""
        plan = Plan(self._find_same(step.usable))
        for item in step.usable:
            outcome = _place(plan, item, self._run)
            setattr(self.report, outcome, getattr(self.report, outcome) + 1)
        written = self._store.put(plan.changed(), step.ahead())
        self.report.embedded += written.embedded
        self.report.kept += written.kept
        self._store.remove(plan.gone())

    def _find_same(self, items: Sequence[Record | Paper]) -> list[Paper]:
        return self._store.find_same([record for item in items for record in _records_of(item)])

    def _begin(self, items: list[Read]) -> _Step:
        report = self.report
        report.read += sum(not isinstance(item, Note) for item in items)
        report.rejected += [item for item in items if isinstance(item, RejectedRecord)]
        report.skipped += [item for item in items if isinstance(item, SkippedRecord)]
        report.notes += [item for item in items if isinstance(item, Note)]
        given = [item for item in items if isinstance(item, Record | Paper)]
        usable = [item for item in given if _is_usable(item, report)]
        held = {key for paper in self._find_same(usable) for key in look_up_keys(paper)}
        new = [record for item in usable if held.isdisjoint(keys(record := _record_of(item)))]
        return _Step(len(items), usable, self._preparer.begin(new))


def _place(plan: Plan, item: Record | Paper, run: Run) -> Outcome:
    return plan.place(item, run) if isinstance(item, Record) else plan.place_paper(item, run)


def _record_of(item: Record | Paper) -> Record:
    return item if isinstance(item, Record) else item.record


def _records_of(item: Record | Paper) -> list[Record]:
    """A record, or all that a paper is known by."""
    return [item] if isinstance(item, Record) else [item.record, *(p.record for p in item.parts)]


def _is_usable(item: Record | Paper, report: AddReport) -> bool:
    """Whether it has an abstract; one without is told of."""
    record = _record_of(item)
    if record.abstract.strip():
        return True
    reason = "the abstract is empty; expected text"
    report.rejected.append(RejectedRecord("; ".join(record.sources), record.id, reason))
    return False
