"""What a library of a size costs: opening, searching, answering, one more paper, memory, disk."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from evals.processes import measure_in_process
from evals.speed.timing import measure_calls, questions_from, seconds
from rag import Library, Settings
from vectorstore.embedding import open_embedder
from vectorstore.filters import Condition, Filter
from vectorstore.papers import alone
from vectorstore.records import Record
from vectorstore.terms import index_terms

QUESTIONS = 100
FILTERS = (
    "the commonest group", "the commonest year", "a group of 1% of the papers", "a word in titles",
)  # fmt: skip
MEGABYTE = 1e6


def measure_library(folder: Path) -> dict[str, Any]:
    """The figures of one library, measured in a process of its own."""
    return measure_in_process(f"Measuring {folder}", "evals.speed.asking", [str(folder)])


def measure_here(folder: Path) -> dict[str, Any]:
    """The same, in this process."""
    open_embedder().embed_question("Is the model loaded?")
    before = memory()
    start = time.perf_counter()
    library = Library.open(folder, Settings())
    opened = time.perf_counter() - start
    with library:
        papers = list(islice(library.records(), 0, None, max(1, len(library) // 2000)))
        questions = questions_from([paper.title for paper in papers], QUESTIONS)
        held = {
            "search": measure_calls(questions, library.search),
            "ask": measure_calls(questions, library.ask, runs=1),
            "filtered": {
                name: {
                    "passing": library.store.lexical.count(where),
                    **measure_calls(questions, lambda text: library.search(text, where=where)),  # noqa: B023
                }
                for name, where in choose_filters(papers).items()
            },
        }
        figures = {
            "records": len(library),
            "passages": library.store.count_passages(),
            "open_s": opened,
            **held,
            "memory_mb": memory() - before,
            "disk_mb": disk(folder),
        }
    return {**figures, **time_copy(folder, papers[0])}


def choose_filters(papers: Sequence[Record]) -> dict[str, Filter]:
    """Broad ones and narrow ones, as far as these papers have years and groups."""
    groups = ranked([name for paper in papers for name in paper.groups])
    years = ranked([paper.year for paper in papers if paper.year])
    words = ranked([word for paper in papers for word in index_terms(paper.title)])
    found: dict[str, Filter] = {}
    if groups:
        rare = min(groups, key=lambda name: abs(groups[name] - len(papers) / 100))
        found[FILTERS[0]] = narrowed("group", next(iter(groups)).casefold())
        found[FILTERS[2]] = narrowed("group", rare.casefold())
    if years:
        found[FILTERS[1]] = narrowed("year", next(iter(years)))
    return {**found, FILTERS[3]: narrowed("title", next(iter(words)))}


def narrowed(field: str, value: str | int) -> Filter:
    """A filter of one condition."""
    return Filter((Condition(field, "=", value),))


def ranked(values: Sequence[Any]) -> dict[Any, int]:
    """How often each occurs, the commonest first."""
    counts: dict[Any, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def time_copy(folder: Path, paper: Record) -> dict[str, float]:
    """Seconds to open a fresh copy of the library, and then to add one record to it.

    The system still has the files of the copy in memory, as it has those of a library that was
    opened lately; the first opening may find them on the disk only.
    """
    more = replace(paper, id="bench:more", abstract=f"{paper.abstract} And one more.")
    with tempfile.TemporaryDirectory(dir=folder.parent) as elsewhere:
        copy = Path(elsewhere) / "library"
        shutil.copytree(folder, copy)
        start = time.perf_counter()
        library = Library.open(copy, Settings())
        opened = time.perf_counter() - start
        with library, library.store.writing():
            added = seconds(lambda: library.store.put([alone(more)]))
    return {"open_again_s": opened, "one_more_s": added}


def disk(folder: Path) -> float:
    """Megabytes that a library takes."""
    return sum(item.stat().st_size for item in folder.rglob("*") if item.is_file()) / MEGABYTE


def memory() -> float:
    """Megabytes that this process holds now; at most, where the system does not tell."""
    status = Path("/proc/self/statm")
    if status.exists():
        pages = int(status.read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / MEGABYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure_here(Path(sys.argv[1]))) + "\n")
