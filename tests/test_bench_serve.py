"""`bench serve`: its figures by hand, a real server for a second, and one that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.bench.serve import Asked, Load, ask, started, summarise
from evals.cli import app
from evals.errors import EvalError

LOAD = Load(users=2, seconds=4.0, pause=0.0)


def test_figures_are_those_of_what_was_answered() -> None:
    alone = [Asked(10.0, None), Asked(30.0, None), Asked(20.0, None), Asked(999.0, "503: full")]
    together = [Asked(float(took), None) for took in range(0, 101)] + [Asked(0.1, "gone")]
    found = summarise(alone, together, LOAD)
    assert (found["errors"], found["first_error"]) == (2, "503: full")
    assert (found["answers"], found["answers_per_second"]) == (101, 101 / 4)
    assert (found["single_p50_ms"], found["p50_ms"], found["p95_ms"]) == (20.0, 50.0, 95.0)
    assert found["ratio"] == 4.75


def test_nothing_answered_is_a_failure() -> None:
    with pytest.raises(EvalError, match="The server answered nothing: gone"):
        summarise([Asked(1.0, "gone")], [], LOAD)


def test_server_that_is_not_there_is_an_error_of_each_question() -> None:
    assert (ask(1, "What?").error or "").startswith("ConnectionRefusedError")


def test_server_that_does_not_start_is_told(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    with pytest.raises(EvalError, match="did not start: No library at"), started(absent):
        pytest.fail("It started.")


@pytest.mark.slow
def test_real_server_is_measured(tmp_path: Path) -> None:
    options = ["--users", "3", "--seconds", "1", "--pause", "0", "--json"]
    ended = CliRunner().invoke(app, ["bench", "serve", *options, "--cache", str(tmp_path)])
    found = json.loads(ended.stdout)
    assert (found["documents"], found["errors"]) == (19, 0)
    assert found["answers"] >= 3
    assert found["p95_ms"] >= found["p50_ms"] > 0
    assert found["memory_mb"]["after"] > 50
