"""Records -> the papers that they are of: found, kept up to date, united; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from vectorstore.matching import Match, compare, keys
from vectorstore.papers import (
    Paper,
    Part,
    assemble,
    content_of,
    free_id,
    from_source,
    look_up_keys,
    without_source,
)
from vectorstore.records import Record

Outcome = Literal["added", "updated", "merged", "unchanged"]
RULES = ("doi", "arxiv", "pmid", "abstract", "title", "similar abstract")
STRONG = 4
"""So many of the rules are certain enough to unite papers that were apart."""


@dataclass(slots=True)
class Run:
    """What was read so far, from the first file named to the last.

    Attributes:
        new_ids: Papers that this run added.
        seen: What each file said, as `said` has it.
        exported: Papers that this run read from an export, each of them another one.
    """

    new_ids: set[str] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    exported: set[str] = field(default_factory=set)


def said(source: str, record: Record) -> int:
    """Tells what one file says from everything else, within this process."""
    return hash((source, content_of(record)))


class _Found(NamedTuple):
    paper: Paper
    match: Match
    rank: tuple[bool, bool, int]


class Plan:
    """The state that the papers of a batch end in.

    Attributes:
        before: Papers as they are in the library, by id.
        after: The same as they will be, with new ones.
    """

    def __init__(self, papers: Iterable[Paper]) -> None:
        """Starts from papers of the library: all that share a key with a record of the batch."""
        self.before: dict[str, Paper] = {}
        self.after: dict[str, Paper] = {}
        self._by_key: dict[str, dict[str, None]] = {}
        for paper in papers:
            self.before[paper.id] = paper
            self._set(paper)

    def changed(self) -> list[Paper]:
        """Papers that are not as they were."""
        return [item for key, item in self.after.items() if self.before.get(key) != item]

    def gone(self) -> list[str]:
        """Ids of papers that became part of others."""
        return [key for key in self.before if key not in self.after]

    def place(self, record: Record, run: Run) -> Outcome:
        """Puts a record to the paper that it is of, or makes one."""
        found = sorted(self._find(record, run), key=lambda item: item.rank)
        outcome: Outcome = "added"
        if found:
            papers = len(self.after)
            paper, outcome = self._put(self._unite(found), record, found[0].match, run)
            if outcome == "unchanged" and len(self.after) < papers:
                outcome = "merged"
        else:
            paper = assemble(
                free_id(record, self.after.keys() | self.before.keys()), [Part(record)]
            )
            run.new_ids.add(paper.id)
        run.seen.update(said(source, record) for source in record.sources)
        self._set(paper)
        return outcome

    def place_paper(self, paper: Paper, run: Run) -> Outcome:
        """Puts a paper that a library exported: as it was, where none of its records is known."""
        found = [item.paper for part in paper.parts for item in self._find(part.record, run)]
        others = (item for item in found if item.id not in run.exported)
        known = [item for item in others if not _are_apart(item, paper)]
        run.exported.add(paper.id)
        if known or paper.id in self.after:
            outcomes = [self.place(part.record, run) for part in paper.parts]
            return next((item for item in outcomes if item != "unchanged"), "unchanged")
        for part in paper.parts:
            run.seen.update(said(source, part.record) for source in part.record.sources)
        run.new_ids.add(paper.id)
        self._set(paper)
        return "added"

    def _find(self, record: Record, run: Run) -> list[_Found]:
        """The papers that a record may be of, with what shows it."""
        sharing = dict.fromkeys(
            paper_id for key in (record.id, *keys(record)) for paper_id in self._by_key.get(key, ())
        )
        found = []
        for paper in (self.after[paper_id] for paper_id in sharing if paper_id in self.after):
            matches = [match for part in paper.parts if (match := compare(part.record, record))]
            if matches:
                best = min(matches, key=lambda match: RULES.index(match.rule))
                found.append(_Found(paper, best, _rank(paper, record, best, run)))
        return found

    def _unite(self, found: Sequence[_Found]) -> Paper:
        """The first paper, and with it those that the record shows for certain to be the same."""
        first = found[0].paper
        for item in found[1:] if RULES.index(found[0].match.rule) < STRONG else ():
            certain = RULES.index(item.match.rule) < STRONG
            if certain and not _are_apart(first, item.paper):
                first = self._join(first, item)
        return first

    def _join(self, kept: Paper, item: _Found) -> Paper:
        del self.after[item.paper.id]
        held = {content_of(part.record) for part in kept.parts}
        joined = [
            replace(part, why=part.why or item.match.detail)
            for part in item.paper.parts
            if content_of(part.record) not in held
        ]
        apart = (*kept.apart, *item.paper.apart)
        paper = assemble(kept.id, (*kept.parts, *joined), apart)
        self._set(paper)
        return paper

    def _put(self, paper: Paper, record: Record, match: Match, run: Run) -> tuple[Paper, Outcome]:
        """The paper with a record of it, and what became of the record."""
        former = {source for part in paper.parts for source in part.record.sources}
        parts = list(paper.parts)
        for source in record.sources:
            parts = _say(parts, record, source, match.detail, run)
        put = assemble(paper.id, parts, paper.apart)
        if put == paper and paper.id not in run.new_ids:
            return put, "unchanged"
        if paper.id in run.new_ids or not set(record.sources) <= former:
            return put, "merged"
        return put, "updated"

    def _set(self, paper: Paper) -> None:
        self.after[paper.id] = paper
        for key in look_up_keys(paper):
            self._by_key.setdefault(key, {})[paper.id] = None


def _are_apart(one: Paper, other: Paper) -> bool:
    """Whether a user said that they are two."""
    return one.id in other.apart or other.id in one.apart


def _rank(paper: Paper, record: Record, match: Match, run: Run) -> tuple[bool, bool, int]:
    """Sorts first the paper that says the same, then the one whose former state this may be."""
    content = content_of(record)
    same = any(content_of(part.record) == content for part in paper.parts)
    former = any(
        part.record.id == record.id and said(source, part.record) not in run.seen
        for part in paper.parts
        for source in record.sources
        if source in part.record.sources
    )
    return not same, not former, RULES.index(match.rule)


def _say(parts: list[Part], record: Record, source: str, why: str, run: Run) -> list[Part]:
    """The parts once a file says a record: in place of what it said before, where it did."""
    content = content_of(record)
    same = next((at for at, part in enumerate(parts) if content_of(part.record) == content), None)
    if same is not None and source in parts[same].record.sources:
        return parts
    stale = _former(parts, record, source, run)
    new = Part(replace(record, sources=(source,)), why)
    if same is not None:
        held = parts[same].record
        parts = _with(parts, same, replace(held, sources=(*held.sources, source)))
    if stale is None:
        return parts if same is not None else [*parts, new]
    left = without_source(parts[stale], source)
    kept = [*parts[:stale], *([left] if left else []), *([] if same is not None else [new])]
    return [*kept, *parts[stale + 1 :]]


def _former(parts: Sequence[Part], record: Record, source: str, run: Run) -> int | None:
    """The part that a file said before and has not said again: of the same id, else the first."""
    paper = Paper(record, tuple(parts))
    places = [
        place
        for place in from_source(paper, source)
        if said(source, parts[place].record) not in run.seen
    ]
    same_id = (place for place in places if parts[place].record.id == record.id)
    return next(same_id, places[0] if places else None)


def _with(parts: Sequence[Part], place: int, record: Record) -> list[Part]:
    return [replace(part, record=record) if at == place else part for at, part in enumerate(parts)]
