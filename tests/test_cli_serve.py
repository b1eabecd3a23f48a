"""`quoth serve` and `quoth password`, as commands."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import rag
from rag.cli import app
from ui.passwords import Passwords

ROOT = Path(rag.__file__).parent.parent


@contextmanager
def serving(*arguments: str | Path) -> Iterator[tuple[Any, str]]:
    """The process of `quoth serve` and its address; ended as Ctrl-C does."""
    command = [sys.executable, "-m", "rag.cli", "serve", "--port", "0", "--no-page"]
    process = subprocess.Popen(
        [*command, *map(str, arguments)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.match(r"http://127\.0\.0\.1:\d+", line):
                yield process, found[0]
                break
        else:
            pytest.fail("It ended before it served anything.")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stderr.close()


def test_library_is_served_until_interrupted(library_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_text(CliRunner().invoke(app, ["password", "ada"], input="moths\n").stdout)
    with serving("--library", library_folder, "--auth", file) as (process, address):
        assert httpx.get(f"{address}/api/records").status_code == 401
        listed = httpx.get(f"{address}/api/records", auth=("ada", "moths"))
        assert listed.json()["total"] == 4
    assert process.returncode == 0


def test_password_is_read_from_a_pipe(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["password", "bo"], input="a secret\r\n")
    file = tmp_path / "passwords"
    file.write_text(ended.stdout)
    assert Passwords.load(file).admit("bo", "a secret")
    assert not Passwords.load(file).admit("bo", "a secret\r")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["password", "a b"], "'a b' cannot be a name"),
        (["serve", "--auth", "absent"], "Cannot read absent: No such file or directory."),
        (["serve", "--library", "absent"], "No library at absent."),
    ],
)
def test_what_cannot_be_done_is_told(arguments: list[str], told: str) -> None:
    ended = CliRunner().invoke(app, arguments, input="x\n")
    assert ended.exit_code == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
