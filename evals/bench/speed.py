"""How much time Quoth takes beyond what it cannot do without: everything is a ratio in one run."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from evals.errors import EvalError

RUNS = 3
PROCESS_RUNS = 5
QUESTIONS = 40
AIMS = {"ingest": 0.85, "ask": 2.5}
"""At least this share of the bare embedding throughput; at most this many times as slow."""


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def measure_ingest(
    records: int,
    ingest: Callable[[Path], object],
    embed: Callable[[], object],
    runs: int = RUNS,
) -> dict[str, Any]:
    """Records to a library on disk, against embedding the same batches of texts; alternated.

    Args:
        records: How many `ingest` writes.
        ingest: Writes them to the folder that it is given.
        embed: Embeds what `ingest` embeds.
        runs: How often; the figures are medians.
    """
    pairs = []
    for _ in range(runs):
        bare = seconds(embed)
        with tempfile.TemporaryDirectory() as folder:
            pairs.append((bare, seconds(lambda: ingest(Path(folder) / "library"))))  # noqa: B023
    return {
        "records": records,
        "records_per_second": records / median(full for _, full in pairs),
        "embedding_per_second": records / median(bare for bare, _ in pairs),
        "ratio": median(bare / full for bare, full in pairs),
    }


def measure_ask(
    records: int, questions: Sequence[str], ask: Callable[[str], object], runs: int = RUNS
) -> dict[str, Any]:
    """Latency of warm questions, in milliseconds: quantiles of each run, medians over the runs."""
    for question in questions[:3]:
        ask(question)
    quantiles = [
        np.quantile([seconds(lambda: ask(question)) for question in questions], [0.5, 0.95])  # noqa: B023
        for _ in range(runs)
    ]
    p50, p95 = np.median(np.asarray(quantiles) * 1000, axis=0)
    return {
        "records": records,
        "questions": len(questions),
        "p50_ms": float(p50),
        "p95_ms": float(p95),
    }


def compare_latency(small: dict[str, Any], large: dict[str, Any] | None) -> dict[str, Any]:
    """Both, and how many times as slow the larger library is."""
    ratios = {
        f"ratio_{name}": large[f"{name}_ms"] / small[f"{name}_ms"] if large else None
        for name in ("p50", "p95")
    }
    return {"sample": small, "corpus": large, **ratios}


def measure_processes(
    ours: Sequence[str], bare: Sequence[str], runs: int = PROCESS_RUNS
) -> dict[str, Any]:
    """The median ratio of whole processes, alternated, after one of each to warm the disk."""
    times = [(run_process(ours), run_process(bare)) for _ in range(runs + 1)][1:]
    return {
        "seconds": median(first for first, _ in times),
        "bare_seconds": median(second for _, second in times),
        "ratio": median(first / second for first, second in times),
    }


def run_process(command: Sequence[str]) -> float:
    """How long the command takes, start to end.

    Raises:
        EvalError: It cannot be started, or fails.
    """
    start = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise EvalError(f"{command[0]}: cannot be started ({error.strerror}).") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise EvalError(f"{' '.join(command)}: exit code {done.returncode} ({last}).")
    return time.perf_counter() - start


def questions_from(titles: Iterable[str], count: int = QUESTIONS) -> list[str]:
    """Up to `count` questions about evenly spaced titles, always the same ones."""
    known = [" ".join(title.split()).rstrip(".") for title in titles]
    step = max(1, len(known) // count)
    return [f"What does the work on {title} find?" for title in known[::step][:count]]


def figures(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the table: name, value, unit, aim."""
    ingest, ask, processes = result["ingest"], result["ask"], result["processes"]
    rows = [
        ("ingest throughput", ingest["records_per_second"], "records/s", None),
        ("bare embedding of the same texts", ingest["embedding_per_second"], "records/s", None),
        ("ingest over bare embedding", ingest["ratio"], "ratio", f">= {AIMS['ingest']}"),
        *latency_rows("sample", ask["sample"]),
        *latency_rows("corpus", ask["corpus"]),
        ("p50, corpus over sample", ask["ratio_p50"], "ratio", f"<= {AIMS['ask']}"),
        ("p95, corpus over sample", ask["ratio_p95"], "ratio", f"<= {AIMS['ask']}"),
        ("quoth --help over python -c pass", processes["help"]["ratio"], "ratio", None),
        ("quoth ask over importing its parts", processes["ask"]["ratio"], "ratio", None),
    ]
    return [
        {"name": name, "value": value, "unit": unit, "aim": aim}
        for name, value, unit, aim in rows
        if value is not None
    ]


def latency_rows(
    name: str, latency: dict[str, Any] | None
) -> list[tuple[str, float, str, str | None]]:
    """p50 and p95 of one library; nothing where it was not measured."""
    if latency is None:
        return []
    return [
        (f"ask, {name} of {latency['records']}, {quantile}", latency[f"{quantile}_ms"], "ms", None)
        for quantile in ("p50", "p95")
    ]
