"""Whether a library is whole: every row, vector and term of it is read, and nothing is changed.

What opening a library always mends, a write that was broken off, is mended here too.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vectorstore.address import Address
from vectorstore.checkpoint import COPY, DRAFT
from vectorstore.embedding import Embedder
from vectorstore.errors import LibraryError
from vectorstore.failures import stated
from vectorstore.lexical import LexicalIndex, stamp_of
from vectorstore.manifest import Manifest, check_manifest
from vectorstore.minilm import Vectors
from vectorstore.papers import Paper
from vectorstore.pen import Waiting, holding_pen
from vectorstore.rows import batches
from vectorstore.store import connect
from vectorstore.swap import DATABASE, READY, TERMS_FOLDER, holds_library
from vectorstore.swap import DRAFT as SWAP_DRAFT
from vectorstore.table import Table
from vectorstore.upkeep.examined import FAULTS, Examined, judge
from vectorstore.upkeep.pages import recover_papers
from vectorstore.upkeep.rawrows import RawLibrary, opened_raw

EXAMPLES = 5
"""Ids that a finding shows."""
LIGHT = ("leftovers", "terms")
"""Kinds that opening a library mends; all others take a library made anew."""
_LEFTOVERS = (COPY, DRAFT, READY, SWAP_DRAFT)
_BATCH = 500

Progress = Callable[[int], None]
"""Told how many papers were just dealt with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: A word for it: `database`, `index`, `terms`, `leftovers`, or one of `examined.FAULTS`.
        text: What is wrong.
        count: How many of them.
        examples: Ids of some.
        repairable: Whether `repair` can mend it.
    """

    kind: str
    text: str
    count: int = 1
    examples: tuple[str, ...] = ()
    repairable: bool = True


@dataclass(slots=True)
class HealthReport:
    """What a check found.

    Attributes:
        folder: The library's.
        papers: Those that were read.
        passages: Their rows.
        findings: What is wrong; nothing where the library is whole.
        address: Where the library is instead, on a server.
    """

    folder: Path
    papers: int = 0
    passages: int = 0
    findings: list[Finding] = field(default_factory=list)
    address: Address | None = None

    @property
    def place(self) -> Path | Address:
        """Where the library is."""
        return self.address or self.folder

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def note(
        self, kind: str, text: str, ids: Iterable[str] = (), *, repairable: bool = True
    ) -> None:
        """Adds a finding, of one thing where there are no ids."""
        named = list(ids)
        shown = tuple(named[:EXAMPLES])
        self.findings.append(Finding(kind, text, len(named) or 1, shown, repairable))

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        found = [asdict(item) for item in self.findings]
        return {
            "library": str(self.place),
            "sound": self.is_sound,
            "papers": self.papers,
            "passages": self.passages,
            "findings": found,
        }


def check(
    folder: Path,
    embedder: Embedder,
    waiting: Waiting | None = None,
    progress: Progress | None = None,
) -> HealthReport:
    """Verifies the library in a folder, also one that does not open.

    Args:
        folder: Where it lies.
        embedder: The model that it was built with.
        waiting: Told what it waits for, where another process is adding.
        progress: Told of each step.

    Raises:
        LibraryError: There is no library, or the folder cannot be read or written.
    """
    if not holds_library(folder):
        raise LibraryError(f"No library at {folder}; expected a folder that `quoth add` made.")
    with holding_pen(folder, waiting):
        return examine(folder, embedder, progress)


def examine(folder: Path, embedder: Embedder, progress: Progress | None = None) -> HealthReport:
    """`check`, for who holds the pen."""
    report = HealthReport(folder)
    manifest = Manifest(embedder.identity, embedder.window)
    _look_for_leftovers(report, manifest)
    if not _is_there(report):
        return report
    with stated(folder):
        try:
            with opened_raw(folder) as raw:
                faults = raw.faults()
                if faults:
                    raise sqlite3.DatabaseError("; ".join(faults[:3]))
                check_manifest(folder, raw.metadata, manifest)
                vectors = _read_vectors(report, raw)
                _examine_papers(report, raw, vectors, progress)
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "readonly" in str(error):
                raise
            _note_damage(report, error)
        except sqlite3.Error as error:
            _note_damage(report, error)
        except LibraryError as error:
            report.note("library", str(error), repairable=False)
        else:
            _open(report, manifest)
    return report


def _look_for_leftovers(report: HealthReport, manifest: Manifest) -> None:
    """Notes what a killed process left, and finishes it, as opening a library does."""
    left = [name for name in _LEFTOVERS if (report.folder / name).exists()]
    if left:
        report.note("leftovers", "folders that a killed process left", left)
    if {COPY, READY} & set(left):
        with suppress(LibraryError):  # what hinders it is found below
            Table(report.folder, manifest, connect).close()


def _is_there(report: HealthReport) -> bool:
    file = report.folder / DATABASE
    if file.is_file() and file.stat().st_size:
        return True
    text = f"the Chroma file is gone, and the papers with it; expected {file}"
    report.note("database", text, repairable=False)
    return False


def _note_damage(report: HealthReport, error: sqlite3.Error) -> None:
    found = len(recover_papers(report.folder / DATABASE))
    told = " ".join(str(error).split())
    text = f"the Chroma file is damaged ({told}); {found:,} papers can be read from it"
    report.findings = [item for item in report.findings if item.kind in LIGHT]
    report.note("database", text, repairable=found > 0)
    report.papers = found


def _read_vectors(report: HealthReport, raw: RawLibrary) -> Mapping[str, Vectors] | None:
    """All vectors; None where the files that hold them are damaged."""
    try:
        return raw.vectors()
    except LibraryError as error:
        report.note("index", str(error))
        return None


def _examine_papers(
    report: HealthReport,
    raw: RawLibrary,
    vectors: Mapping[str, Vectors] | None,
    progress: Progress | None,
) -> None:
    faults: dict[str, list[str]] = defaultdict(list)
    unread = vectors is None
    rows: set[str] = set()
    terms = _Terms(report, raw)
    for batch in batches(raw.papers(), _BATCH):
        papers = [judge(key, own, vectors or {}, raw.dimension) for key, own in batch]
        for paper in papers:
            for kind, ids in paper.faults.items():
                faults[kind] += ids
        rows.update(row.id for _, own in batch for row in own)
        report.papers += len(papers)
        terms.compare(papers)
        if progress:
            progress(len(papers))
    report.passages = len(rows)
    for kind, text in FAULTS.items():
        if faults[kind] and not (unread and kind == "no vector"):
            report.note(kind, text, faults[kind])
    surplus = sorted(set(vectors or ()) - rows)
    if surplus:
        report.note("surplus vectors", "vectors of passages that are not there", surplus)
    terms.conclude()


class _Terms:
    """The term index, compared with the papers."""

    def __init__(self, report: HealthReport, raw: RawLibrary) -> None:
        self._report = report
        self._index = LexicalIndex(report.folder / TERMS_FOLDER)
        self._wanted = stamp_of(str(raw.metadata.get("revision")))
        self._is_current = self._index.stamp == self._wanted
        self._ids: set[str] = set()
        self._lacking: list[str] = []

    def compare(self, papers: Sequence[Examined]) -> None:
        """Looks papers up."""
        whole: list[Paper] = [item.paper for item in papers if item.paper]
        self._ids.update(paper.id for paper in papers)
        if self._is_current:
            with suppress(LibraryError):
                self._lacking += self._index.lacking(whole)
                return
            self._is_current = False

    def conclude(self) -> None:
        """Notes what was found."""
        if not self._is_current:
            self._report.note("terms", "the term index is missing, damaged or out of step")
            return
        if self._lacking:
            text = "papers that the term index lacks, or knows by other words"
            self._report.note("terms", text, self._lacking)
        surplus = sorted(self._index.ids() - self._ids)
        if surplus:
            self._report.note("terms", "papers in the term index that are not there", surplus)


def _open(report: HealthReport, manifest: Manifest) -> None:
    """Has Chroma open and count, unless its files are known to be such as may crash it."""
    if any(item.kind == "index" for item in report.findings):
        return
    try:
        table = Table(report.folder, manifest, connect)
    except LibraryError as error:
        report.note("index", str(error))
        return
    try:
        found = table.count()
        if found != report.passages:
            text = f"Chroma counts {found:,} passages, and its file holds {report.passages:,}"
            report.note("index", text)
    except LibraryError as error:
        report.note("index", str(error))
    finally:
        table.close()
