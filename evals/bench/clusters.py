"""Adding with Ray's workers against adding in one process: speed, memory, and the same library.

`python -m evals.bench.clusters ENGINE FILE FOLDER` adds a file in a process of its own.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from evals.bench.reading import peak_megabytes
from evals.errors import EvalError
from evals.processes import measure_in_process
from vectorstore.adding import add
from vectorstore.embedding import default_embedder
from vectorstore.engines import Choice, Named, start
from vectorstore.papers import Paper
from vectorstore.readers import read
from vectorstore.records import Record
from vectorstore.rows import batches
from vectorstore.store import Store, connect
from vectorstore.table import PAGE_ROWS, Table
from vectorstore.writers import write, write_file

WORKERS = 2
PROCESSES = Path("/proc")
ROLES = {"worker_mb": "ray::Worker", "reader_mb": "ray::read_in_batches"}


def measure_engines(records_file: Path, count: int) -> dict[str, Any]:
    """The same records, added by each engine in a process of its own.

    Args:
        records_file: Abstracts in any format.
        count: How many of its records are added.

    Returns:
        `local` and `ray`, each with `start_seconds` (of the engine), `seconds` (of adding),
        `records_per_second`, `driver_mb` and, of Ray and where the system tells, `worker_mb` and
        `reader_mb` (the most that one held) and `object_store_mb` (of shared memory, all that the
        driver ever used: whatever goes through Ray goes through it); `same`, whether both libraries
        hold the same papers, and `vector_difference`, the largest between their vectors.

    Raises:
        EvalError: There are no records, or adding failed.
    """
    records = list(islice((item for item in read(records_file) if isinstance(item, Record)), count))
    if not records:
        raise EvalError(f"{records_file}: no records; expected a file of abstracts.")
    with TemporaryDirectory(prefix="quoth-engines-") as name:
        folder = Path(name)
        write_file(folder / "records.jsonl", write(records, "jsonl"), overwrite=False)
        measured: dict[str, Any] = {
            engine: measure_in_process(
                f"Adding with the engine {engine}",
                "evals.bench.clusters",
                [engine, str(folder / "records.jsonl"), str(folder / engine)],
            )
            for engine in ("local", "ray")
        }
        return {"records": len(records), **measured, **_compare(folder / "local", folder / "ray")}


def _compare(one: Path, other: Path) -> dict[str, Any]:
    papers, vectors = _contents(one)
    others, other_vectors = _contents(other)
    same = papers == others and vectors.keys() == other_vectors.keys()
    most = max(float(np.abs(vectors[row] - other_vectors[row]).max()) for row in vectors)
    return {"same": same, "vector_difference": most if same else None}


def _contents(folder: Path) -> tuple[list[Paper], dict[str, Any]]:
    with Store(folder, default_embedder()) as store:
        papers = list(store.papers())
        ids = [item.id for paper in papers for item in store.passages(paper.record)]
        manifest = store.manifest
    table = Table(folder, manifest, connect)
    vectors: dict[str, Any] = {}
    for page in batches(ids, PAGE_ROWS):
        vectors |= table.vectors(page)
    table.close()
    return papers, vectors


def measure_adding(engine: str, file: Path, folder: Path) -> dict[str, float | None]:
    """Seconds and megabytes of adding a file in this process; see `measure_engines`."""
    embedder = default_embedder()
    embedder.embed(["The model is loaded."])
    most: dict[str, float] = {}

    def look(_count: int) -> None:
        for role, megabytes in _cluster_memory():
            most[role] = max(most.get(role, 0), megabytes)

    workers, told = (WORKERS, look) if engine == "ray" else (None, None)
    begin = time.perf_counter()
    with Store(folder, embedder) as store, start(Choice(engine, workers), embedder) as running:
        preparer = running.preparer
        ready = time.perf_counter()
        report = add(store, running.read([Named(file)]), told, preparer=preparer)
        seconds = time.perf_counter() - ready
    return {
        "start_seconds": ready - begin,
        "seconds": seconds,
        "records_per_second": report.read / seconds,
        "driver_mb": peak_megabytes(),
        **most,
    }


def _cluster_memory() -> Iterator[tuple[str, float]]:
    """What Ray's processes on this machine hold, where the system tells (Linux does)."""
    for process in PROCESSES.glob("[0-9]*"):
        try:
            title = (process / "cmdline").read_text(errors="replace")
            status = (process / "status").read_text()
        except OSError:  # it ended meanwhile
            continue
        if process.name == str(os.getpid()):
            yield "object_store_mb", _megabytes(status, "RssShmem")
        for role, start_of_title in ROLES.items():
            if title.startswith(start_of_title):
                yield role, _megabytes(status, "VmHWM")


def _megabytes(status: str, name: str) -> float:
    found = re.search(rf"{name}:\s*(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0.0


if __name__ == "__main__":
    chosen, file, folder = sys.argv[1:]
    sys.stdout.write(json.dumps(measure_adding(chosen, Path(file), Path(folder))))
