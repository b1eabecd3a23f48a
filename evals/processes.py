"""A measurement in a process of its own: its memory and its start-up are nobody else's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from evals.errors import EvalError


def measure_in_process(what: str, module: str, arguments: Sequence[str]) -> dict[str, Any]:
    """The JSON object that a module prints.

    Args:
        what: Named where it fails.
        module: Run as `python -m MODULE`.
        arguments: Given to it.

    Raises:
        EvalError: It failed; the last line that it wrote to stderr is told.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise EvalError(f"{what} failed ({last}).")
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured
