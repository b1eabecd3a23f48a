"""A library as it would be: what is there is read, what would be written is kept in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from vectorstore.matching import keys
from vectorstore.papers import Paper, look_up_keys, own_ids
from vectorstore.pen import Waiting
from vectorstore.preparing import NOTHING, Ahead
from vectorstore.records import Record
from vectorstore.store import Store, Written


class Rehearsal:
    """Takes what a store would take, and leaves the store as it is."""

    def __init__(self, store: Store) -> None:
        """Starts from what the store holds."""
        self._store = store
        self._changed: dict[str, Paper] = {}
        self._gone: set[str] = set()
        self._by_key: dict[str, set[str]] = {}

    def writing(self, waiting: Waiting | None = None) -> AbstractContextManager[None]:
        """Nothing is written, so nobody is kept waiting."""
        del waiting
        return nullcontext()

    def find_same(self, records: Sequence[Record]) -> list[Paper]:
        """The papers that share their id or a look-up key with one of these records."""
        found = {paper.id: paper for paper in self._as_changed(self._store.find_same(records))}
        for record in records:
            for key in (*own_ids(record), *keys(record)):
                for paper_id in self._by_key.get(key, ()):
                    if paper_id in self._changed:
                        found[paper_id] = self._changed[paper_id]
        return list(found.values())

    def prepare(self, records: Sequence[Record]) -> Ahead:
        """Nothing is embedded."""
        del records
        return NOTHING

    def put(self, papers: Sequence[Paper], ahead: Ahead = NOTHING) -> Written:
        """Keeps papers."""
        del ahead
        for paper in papers:
            self._changed[paper.id] = paper
            self._gone.discard(paper.id)
            for key in look_up_keys(paper):
                self._by_key.setdefault(key, set()).add(paper.id)
        return Written()

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Forgets papers."""
        removed = list(ids)
        for paper_id in removed:
            self._changed.pop(paper_id, None)
            self._gone.add(paper_id)
        return removed

    def papers(self) -> Iterator[Paper]:
        """All papers, as they would be."""
        old: set[str] = set()
        for paper in self._store.papers():
            old.add(paper.id)
            yield from self._as_changed([paper])
        yield from (paper for key, paper in self._changed.items() if key not in old)

    def _as_changed(self, papers: Iterable[Paper]) -> Iterator[Paper]:
        for paper in papers:
            if paper.id not in self._gone:
                yield self._changed.get(paper.id, paper)
