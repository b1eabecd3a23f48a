"""Reading exports of every format: speed, memory, and whether all that they hold is found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evals.bench.progress import tracked
from evals.errors import EvalError
from evals.exports import EXPORTS, Export, Paper, Written, make_papers, write_export
from evals.processes import measure_in_process
from vectorstore.readers import read
from vectorstore.records import Record, RejectedRecord, SkippedRecord

SMALL = 20


def run_ingest(
    records: int, arxiv: Path | None = None, seed: int = 0, exports: Sequence[Export] = EXPORTS
) -> dict[str, Any]:
    """The figures of `bench ingest`.

    Args:
        records: How many papers to invent; a format leaves out those that it cannot hold.
        arxiv: A collection in which to measure how well duplicates are told; not measured where
            None.
        seed: Of the papers and of the pairs.
        exports: The formats.

    Returns:
        `formats`, one object each; `passed`, whether all that was written was found in all of
        them; `duplicates`, as `measure_duplicates` gives it, or None.

    Raises:
        EvalError: The collection holds no records, or reading a file failed.
    """
    known = _read_records(arxiv) if arxiv else None
    papers = make_papers(records, seed)
    rows = [measure_export(export, papers) for export in tracked("Reading", exports)]
    return {
        "records": records,
        "seed": seed,
        "formats": rows,
        "passed": all(row["passed"] for row in rows),
        "duplicates": _measure_duplicates(known, seed) if known else None,
    }


def measure_export(export: Export, papers: Sequence[Paper]) -> dict[str, Any]:
    """What was found in one export, how fast it was read and in how much memory."""
    with TemporaryDirectory(prefix="quoth-ingest-") as folder:
        small, whole = Path(folder) / "small", Path(folder) / "whole"
        small.mkdir()
        whole.mkdir()
        first = write_export(export, papers[:SMALL], small)
        written = write_export(export, papers, whole)
        taken = measure_reading(written.path, first.path, export)
        found = compare_found(export, written)
    entries = len(written.records) + written.skipped + written.rejected
    return {
        "format": export.name,
        "bytes": written.size,
        "entries": entries,
        "records_per_second": round(entries / taken["seconds"]) if taken["seconds"] else None,
        **taken,
        **found,
    }


def compare_found(export: Export, written: Written) -> dict[str, Any]:
    """Records that came back to the letter, and how many were kept out, beside what must be.

    A record that was not written counts against the reader as one that was not found.
    """
    items = list(read(written.path, export.columns))
    found = Counter(item.fingerprint for item in items if isinstance(item, Record))
    wanted = Counter(record.fingerprint for record in written.records)
    skipped = sum(isinstance(item, SkippedRecord) for item in items)
    rejected = sum(isinstance(item, RejectedRecord) for item in items)
    return {
        "exact": {"found": (found & wanted).total(), "expected": wanted.total()},
        "invented": (found - wanted).total(),
        "skipped": {"found": skipped, "expected": written.skipped},
        "rejected": {"found": rejected, "expected": written.rejected},
        "passed": found == wanted and (skipped, rejected) == (written.skipped, written.rejected),
    }


def measure_reading(path: Path, small: Path, export: Export) -> dict[str, Any]:
    """Seconds and memory of a process that reads the file and nothing else.

    Raises:
        EvalError: It failed.
    """
    arguments = [str(path), str(small), json.dumps(dict(export.columns))]
    what = f"{export.name}: reading {path.name}"
    return measure_in_process(what, "evals.bench.reading", arguments)


def failures(result: dict[str, Any]) -> list[str]:
    """One line for each format in which not exactly the known content was found."""
    return [
        f"{row['format']}: {row['exact']['found']:,} of {row['exact']['expected']:,} records came "
        f"back exactly, {row['invented']:,} others; {_differing(row)}"
        for row in result["formats"]
        if not row["passed"]
    ]


def _differing(row: dict[str, Any]) -> str:
    counts = (
        f"{name} {row[name]['found']:,} (expected {row[name]['expected']:,})"
        for name in ("skipped", "rejected")
    )
    return ", ".join(counts)


def _read_records(path: Path) -> list[Record]:
    items = list(read(path))
    records = [item for item in items if isinstance(item, Record)]
    if not records:
        told = next((item for item in items if isinstance(item, RejectedRecord)), None)
        raise EvalError(f"{path}: no records ({told.reason if told else 'nothing was read'}).")
    return records


def _measure_duplicates(records: Sequence[Record], seed: int) -> dict[str, Any]:
    from evals.duplicates import measure_duplicates

    return measure_duplicates(records, seed)
