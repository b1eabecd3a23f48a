"""`quoth chat`: piped lines, orders, files, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import rag
from rag.cli import app

FIRST = "What F1 score does LanternNet reach?"
NEXT = "How much faster is it than manual sorting?"
WHOLE = "How much faster is LanternNet than manual sorting?"


def chat(folder: Path, *arguments: str | Path, given: str | bytes = "") -> Any:
    parts = ["chat", "--library", str(folder), *(str(item) for item in arguments)]
    return CliRunner().invoke(app, parts, input=given)


def test_follow_up_is_shown_as_understood(library_folder: Path) -> None:
    ended = chat(library_folder, given=f"{FIRST}\n\n{NEXT}\n")
    assert ended.exit_code == 0
    assert ended.stdout.startswith(f"> {FIRST}\nLanternNet: “")
    assert f"> {NEXT}\nUnderstood as: {WHOLE}\n" in ended.stdout
    assert ended.stdout.count("Understood as") == 1


def test_json_is_one_answer_a_line(library_folder: Path) -> None:
    ended = chat(library_folder, "--json", given=f"\ufeff{FIRST}\r\n{NEXT}")
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [item["question"] for item in answers] == [FIRST, NEXT]
    assert [item["standalone_question"] for item in answers] == [FIRST, WHOLE]


def test_new_forgets_what_was_said(library_folder: Path) -> None:
    ended = chat(library_folder, "--json", given=f"{FIRST}\n/new\n{NEXT}\n")
    assert json.loads(ended.stdout.splitlines()[1])["standalone_question"] == NEXT
    assert ended.stderr == "A new conversation.\n"


def test_quit_leaves_the_rest_unasked(library_folder: Path) -> None:
    ended = chat(library_folder, "--json", given=f"{FIRST}\n/quit\n{NEXT}\n")
    assert (ended.exit_code, len(ended.stdout.splitlines())) == (0, 1)


def test_bad_lines_are_told_and_the_rest_goes_on(library_folder: Path) -> None:
    lines = b"/fly\n/save\n?!\n" + b"long " * 2000 + b"\n\xff\xfe moths?\n/help\n" + FIRST.encode()
    ended = chat(library_folder, "--json", given=lines)
    told = ended.stderr.splitlines()
    assert told[0] == "There is no order /fly; /help shows those there are."
    assert told[1] == "/save needs the name of a file: /save FILE"
    assert told[2].startswith("The question is empty;")
    assert told[3].startswith("The question has 9,999 characters;")
    assert told[4] == "/new forget what was said"
    assert (ended.exit_code, len(ended.stdout.splitlines())) == (1, 2)


def test_saved_conversation_is_gone_on_with(library_folder: Path, tmp_path: Path) -> None:
    file, later = tmp_path / "a talk.json", tmp_path / "later.json"
    assert chat(library_folder, given=f"{FIRST}\n/save {file}\n").stderr == (
        f"Saved 1 turns to {file}.\n"
    )
    ended = chat(library_folder, "--json", "--load", file, "--save", later, given=NEXT)
    assert json.loads(ended.stdout)["standalone_question"] == WHOLE
    assert [turn["question"] for turn in json.loads(later.read_text())["turns"]] == [FIRST, NEXT]


@pytest.mark.parametrize("content", ["{", '{"format": "quoth conversation", "version": 9}'])
def test_broken_file_is_refused_before_anything_is_asked(
    content: str, library_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "talk.json"
    file.write_text(content)
    ended = chat(library_folder, "--load", file, given=FIRST)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.startswith(str(file))


def test_where_narrows_all_answers(library_folder: Path) -> None:
    ended = chat(library_folder, "--json", "--where", "year<=2019", given=FIRST)
    assert json.loads(ended.stdout)["abstained"]


def test_library_that_was_named_and_is_not_there_is_a_failure(tmp_path: Path) -> None:
    ended = chat(tmp_path / "none", given=FIRST)
    assert (ended.exit_code, ended.stderr.startswith("No library at ")) == (1, True)


def test_control_characters_of_a_line_reach_no_terminal(library_folder: Path) -> None:
    ended = chat(library_folder, given=f"{FIRST}\n\x1b]0;title\x07Is it fast?\x1b[2J\n")
    assert "\x1b" not in ended.stdout
    assert "\x07" not in ended.stdout


def test_interrupt_ends_without_a_failure(library_folder: Path, tmp_path: Path) -> None:
    saved = tmp_path / "talk.json"
    source = str(Path(rag.__file__).parents[1])
    arguments = ["chat", "--json", "--library", str(library_folder), "--save", str(saved)]
    with subprocess.Popen(
        [sys.executable, "-m", "rag.cli", *arguments],
        env={**os.environ, "PYTHONPATH": source},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin
        assert running.stdout
        assert running.stderr
        running.stdin.write(FIRST + "\n")
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["question"] == FIRST
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
        assert "Traceback" not in running.stderr.read()
    assert len(json.loads(saved.read_text())["turns"]) == 1
