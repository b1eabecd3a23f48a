"""Clocks: of calls, of warm questions, of whole processes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from statistics import median

import numpy as np

from evals.errors import EvalError

RUNS = 3
PROCESS_RUNS = 5
QUESTIONS = 100
QUANTILES = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def measure_calls(
    arguments: Sequence[str], call: Callable[[str], object], runs: int = RUNS
) -> dict[str, float]:
    """Latency of warm calls, in milliseconds: quantiles of each run, medians over the runs."""
    for argument in arguments[:3]:
        call(argument)
    found = [
        np.quantile([seconds(lambda: call(item)) for item in arguments], list(QUANTILES.values()))  # noqa: B023
        for _ in range(runs)
    ]
    middle = np.median(np.asarray(found) * 1000, axis=0)
    return dict(zip(QUANTILES, map(float, middle), strict=True))


def measure_processes(
    ours: Sequence[str], bare: Sequence[str], runs: int = PROCESS_RUNS
) -> dict[str, float]:
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
