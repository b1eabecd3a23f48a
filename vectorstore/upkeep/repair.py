"""Rebuilds what can be rebuilt of a damaged library, beside the old one, which it then replaces.

Papers whose rows and vectors are whole are taken over as they are; the others are cut and
embedded anew from their abstracts. Nothing of the old state is touched before the new one is
complete and has been checked.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from vectorstore.checkpoint import DRAFT as CHECKPOINT_DRAFT
from vectorstore.embedding import Embedder
from vectorstore.errors import LibraryError
from vectorstore.failures import stated
from vectorstore.lexical import STAMP_FILE, LexicalIndex
from vectorstore.manifest import Manifest
from vectorstore.minilm import Vectors
from vectorstore.papers import Paper
from vectorstore.pen import Waiting, holding_pen
from vectorstore.preparing import cut
from vectorstore.rows import Metadata, batches, to_metadata
from vectorstore.store import Store, connect
from vectorstore.swap import DATABASE, TERMS_FOLDER, drop_draft, new_draft, put_in_place
from vectorstore.table import LONG_TAIL_ROWS, PAGE_ROWS, STEP_FILE, Table
from vectorstore.upkeep.examined import Examined, judge
from vectorstore.upkeep.health import LIGHT, Finding, HealthReport, Progress, check, examine
from vectorstore.upkeep.pages import recover_papers
from vectorstore.upkeep.rawrows import opened_raw

_BATCH = 64

Row = tuple[str, Metadata, Vectors]


@dataclass(slots=True)
class RepairReport:
    """What a repair did.

    Attributes:
        before: What was wrong.
        after: What still is.
        copy: Where the library as it was lies; None where nothing was changed, or no copy wanted.
        kept: Papers that were taken over as they were.
        embedded: Papers that were cut and embedded anew.
        lost: Ids of papers whose abstract could not be read any more.
    """

    before: HealthReport
    after: HealthReport
    copy: Path | None = None
    kept: int = 0
    embedded: int = 0
    lost: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "copy": str(self.copy) if self.copy else None,
            "kept": self.kept,
            "embedded": self.embedded,
            "lost": self.lost,
        }


def repair(
    folder: Path,
    embedder: Embedder,
    keep_copy: bool = True,
    waiting: Waiting | None = None,
    progress: Progress | None = None,
) -> RepairReport:
    """Mends the library in a folder as far as it can be.

    Args:
        folder: Where it lies.
        embedder: The model that it was built with.
        keep_copy: Whether to copy it to `FOLDER.before-repair-DATE` first.
        waiting: Told what it waits for, where another process is adding.
        progress: Told of each step.

    Raises:
        LibraryError: It could not be mended, and is as it was.
        EmbeddingError: What is missing could not be embedded; the library is as it was.
    """
    before = check(folder, embedder, waiting)
    report = RepairReport(before, before)
    if not any(item.repairable for item in before.findings):
        return report
    with holding_pen(folder, waiting), stated(folder):
        report.before = examine(folder, embedder)  # another process may have been faster
        todo = [item for item in report.before.findings if item.repairable]
        if todo and keep_copy:
            report.copy = _copy_aside(folder)
        _mend(report, todo, embedder, progress)
    Store(folder, embedder).close()  # makes the terms anew where they are not in step
    report.after = check(folder, embedder, waiting)
    return report


def _mend(
    report: RepairReport, todo: list[Finding], embedder: Embedder, progress: Progress | None
) -> None:
    folder = report.before.folder
    if any(item.kind not in LIGHT for item in todo):
        try:
            _rebuild(report, embedder, progress)
        finally:
            drop_draft(folder)
        return
    shutil.rmtree(folder / CHECKPOINT_DRAFT, ignore_errors=True)
    drop_draft(folder)
    if any(item.kind == "terms" for item in todo):
        (folder / TERMS_FOLDER / STAMP_FILE).unlink(missing_ok=True)


def _copy_aside(folder: Path) -> Path:
    """Copies the library beside it; the copy has its name once it is whole."""
    whole = folder.absolute()
    name = f"{whole.name}.before-repair"
    when = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    copies = (whole.with_name(f"{name}-{when}-{number}") for number in count(1))
    copy = next(path for path in copies if not path.exists())
    draft = whole.with_name(f"{name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        shutil.copytree(folder, draft, ignore=shutil.ignore_patterns("*.lock"))
        draft.replace(copy)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return copy


def _rebuild(report: RepairReport, embedder: Embedder, progress: Progress | None) -> None:
    folder = report.before.folder
    draft = new_draft(folder)
    table = Table(draft, Manifest(embedder.identity, embedder.window), connect)
    try:
        table.folders = _folders(folder)
        for batch in batches(_readable_papers(report), _BATCH):
            _write(table, _rows_of(batch, report, embedder))
            if progress:
                progress(len(batch))
        table.checkpoint()
    finally:
        table.close()
    _must_be_whole(report, examine(draft, embedder))
    (draft / STEP_FILE).unlink()
    with FileLock(folder / STEP_FILE):
        put_in_place(folder)


def _folders(folder: Path) -> dict[str, str]:
    """The folders that a library is kept in step with; none where that cannot be read."""
    try:
        with opened_raw(folder) as raw:
            return dict(json.loads(str(raw.metadata.get("folders") or "{}")))
    except (LibraryError, sqlite3.Error, ValueError):
        return {}


def _readable_papers(report: RepairReport) -> Iterator[Examined]:
    """The papers that can be read, with what is sound of them; others are noted as lost."""
    folder = report.before.folder
    if any(item.kind == "database" for item in report.before.findings):
        yield from _recovered_papers(report)
        return
    with opened_raw(folder) as raw:
        try:
            vectors = raw.vectors()
        except LibraryError:  # damaged index files: what is in the queue is still good
            vectors = {row: vector for row, vector in raw.queued() if vector is not None}
        for key, rows in raw.papers():
            paper = judge(key, rows, vectors, raw.dimension)
            if paper.record is None:
                report.lost.append(key)
            else:
                yield paper


def _recovered_papers(report: RepairReport) -> Iterator[Examined]:
    """Papers read from the pages of a damaged file; the term index tells which ones are lost."""
    folder = report.before.folder
    firsts = recover_papers(folder / DATABASE)
    papers = [Examined(record.id, record, first=row) for record, row in firsts]
    with suppress(LibraryError):
        known = LexicalIndex(folder / TERMS_FOLDER).ids()
        report.lost += sorted(known - {paper.id for paper in papers})
    yield from papers


def _rows_of(papers: Iterable[Examined], report: RepairReport, embedder: Embedder) -> list[Row]:
    """The rows of papers, in order: as they are where they are whole, else made anew."""
    rows: list[tuple[str, Metadata, Vectors | None]] = []
    texts: list[str] = []
    for paper in papers:
        if paper.can_be_kept:
            report.kept += 1
            rows += [(row.id, row.values, paper.vectors[row.id]) for row in paper.rows]
        elif paper.paper:
            report.embedded += 1
            for row, values, text in _cut_anew(paper.paper, embedder):
                rows.append((row, values, None))
                texts.append(text)
    made = iter(embedder.embed(texts) if texts else ())
    return [(row, values, next(made) if vector is None else vector) for row, values, vector in rows]


def _cut_anew(paper: Paper, embedder: Embedder) -> Iterator[tuple[str, Metadata, str]]:
    """Row id, metadata and the text to embed of each passage of a paper."""
    passages, texts = cut(paper.record, embedder)
    rows = to_metadata(paper, passages)
    for passage, values, text in zip(passages, rows, texts, strict=True):
        yield passage.id, values, text


def _write(table: Table, rows: Sequence[Row]) -> None:
    for page in batches(rows, PAGE_ROWS):
        with table.changing(len(page)):
            vectors = np.asarray([vector for *_, vector in page], dtype=np.float32)
            table.upsert_rows([(row, values) for row, values, _ in page], vectors)
        if table.tail_is_long(LONG_TAIL_ROWS):
            table.checkpoint()


def _must_be_whole(report: RepairReport, made: HealthReport) -> None:
    wrong = [item.text for item in made.findings if item.kind not in LIGHT]
    expected = report.kept + report.embedded
    if made.papers != expected:
        wrong.append(f"{made.papers:,} papers instead of {expected:,}")
    if wrong:
        raise LibraryError(
            f"The library {report.before.folder} could not be repaired, and is as it was: what "
            f"was made of it has {'; '.join(wrong)}."
        )
