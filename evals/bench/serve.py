"""Many users at once at a started server: errors, latency against that of one, memory."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from evals.errors import EvalError
from evals.speed.timing import questions_from

AIMS = {"errors": 0, "ratio": 10.0}
"""No error; p95 of all users under so many times the p50 of one."""
STARTUP_SECONDS = 60.0
REPLY_SECONDS = 60.0
SINGLE_QUESTIONS = 60
WARMING = 10
_PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Load:
    """What is put to the server.

    Attributes:
        users: How many ask at the same time.
        seconds: How long.
        pause: Seconds that each reads an answer before asking on.
    """

    users: int
    seconds: float
    pause: float


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: how long its whole answer took, in ms, and what went wrong, if anything."""

    took: float
    error: str | None


@contextmanager
def started(folder: Path) -> Iterator[tuple[int, int]]:
    """Process and port of a server over a library.

    Raises:
        EvalError: It does not start.
    """
    command = [sys.executable, "-m", "rag.cli", "serve", "--no-page", "--port", "0"]
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen([*command, "--library", str(folder)], stderr=told)
        try:
            yield process.pid, _port_of(process, told)
        finally:
            process.terminate()
            process.wait()


def run_load(folder: Path, titles: Sequence[str], load: Load) -> dict[str, Any]:
    """One user's latency, then that of all, over a server of its own.

    Args:
        folder: The library.
        titles: Of its papers, from which the questions are made.
        load: What is put to the server.
    """
    questions = questions_from(titles)
    with started(folder) as (process, port):
        for question in islice(cycle(questions), WARMING):
            ask(port, question)
        alone = [ask(port, question) for question in islice(cycle(questions), SINGLE_QUESTIONS)]
        before = memory_of(process)
        together, middle = _ask_together(port, process, questions, load)
        after = memory_of(process)
    return summarise(alone, together, load) | {
        "memory_mb": {"before": before, "middle": middle, "after": after}
    }


def summarise(alone: Sequence[Asked], together: Sequence[Asked], load: Load) -> dict[str, Any]:
    """The figures of a load, in milliseconds; questions that failed count as errors only.

    Raises:
        EvalError: Nothing was answered.
    """
    single = [one.took for one in alone if one.error is None]
    many = [one.took for one in together if one.error is None]
    errors = [one.error for one in (*alone, *together) if one.error is not None]
    if not single or not many:
        raise EvalError(f"The server answered nothing: {errors[0] if errors else 'not asked'}.")
    p50, p95 = (float(one) for one in np.quantile(many, [0.5, 0.95]))
    base = float(np.median(single))
    return {
        "users": load.users,
        "seconds": load.seconds,
        "pause": load.pause,
        "answers": len(many),
        "answers_per_second": len(many) / load.seconds,
        "errors": len(errors),
        "first_error": errors[0] if errors else None,
        "single_p50_ms": base,
        "p50_ms": p50,
        "p95_ms": p95,
        "ratio": p95 / base,
    }


def ask(port: int, question: str) -> Asked:
    """Puts a question, and reads the whole answer."""
    start = time.perf_counter()
    error = None
    try:
        status, body = _post(port, {"question": question})
        if status != 200:
            error = f"{status}: {body[:200]!r}"
        elif "text" not in json.loads(body):
            error = f"no answer: {body[:200]!r}"
    except (OSError, http.client.HTTPException, ValueError) as caught:
        error = f"{type(caught).__name__}: {caught}"
    return Asked((time.perf_counter() - start) * 1000, error)


def memory_of(process: int) -> float | None:
    """Megabytes that a process holds; None where the system does not say so."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * _PAGE_BYTES / 1e6


def _ask_together(
    port: int, process: int, questions: Sequence[str], load: Load
) -> tuple[list[Asked], float | None]:
    """All that the users asked, and the memory when half of the time was over."""
    end = time.monotonic() + load.seconds

    def use(number: int) -> list[Asked]:
        asked = []
        time.sleep(load.pause * number / load.users)
        for question in islice(cycle(questions), number, None):
            if time.monotonic() >= end:
                break
            asked.append(ask(port, question))
            time.sleep(load.pause)
        return asked

    with ThreadPoolExecutor(load.users) as pool:
        users = pool.map(use, range(load.users))
        time.sleep(load.seconds / 2)
        middle = memory_of(process)
        return [one for user in users for one in user], middle


def _post(port: int, body: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REPLY_SECONDS)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/ask", json.dumps(body), headers)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def _port_of(process: subprocess.Popen[bytes], told: Any) -> int:  # noqa: ANN401 - a text file
    """The port that a server says it listens on."""
    until = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < until and process.poll() is None:
        told.seek(0)
        for line in told.read().splitlines():
            head, _, rest = line.partition("http://127.0.0.1:")
            if not head and rest:
                return int(rest.split()[0])
        time.sleep(0.1)
    told.seek(0)
    raise EvalError(f"The server did not start: {told.read().strip()[-300:] or 'it was silent'}")
