"""`python -m evals new`: accepting drafts on a terminal, writing them in a pipe, files kept."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evals import cli
from evals.cases import load_cases
from evals.errors import EvalError
from evals.new import choose_records, describe, review, run_new
from vectorstore.records import Record

DRAFTS: list[dict[str, Any]] = [
    {
        "id": f"draft-000{number}",
        "kind": "fact",
        "papers": ["a:1"],
        "question": f"What is {number}?",
        "answerable": True,
        "facts": [["91.4%", "91.4"], ["12"]],
        "evidence": ["It is 91.4% of 12."],
        "reason": "",
        "draft": True,
    }
    for number in (1, 2, 3)
]


def replies(*given: str) -> Callable[[str], str]:
    waiting = list(given)

    def ask(_: str) -> str:
        if not waiting:
            raise EOFError
        return waiting.pop(0)

    return ask


def kept(*given: str) -> list[str]:
    return [case["question"] for case in review(DRAFTS, replies(*given), lambda _: None)]


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(cli.app, ["new", *map(str, arguments)])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_drafts_are_accepted_skipped_or_edited() -> None:
    assert kept("a", "s", "Accept") == ["What is 1?", "What is 3?"]
    assert kept("e", "  Which one? ", "a", "s", "s") == ["Which one?"]
    assert kept("e", "", "a", "s", "s") == ["What is 1?"]
    assert kept("e", "Which one?", "s", "s", "s") == []


def test_quitting_keeps_what_was_accepted() -> None:
    assert kept("a", "q", "a") == ["What is 1?"]
    assert kept("a") == ["What is 1?"]


def test_an_unknown_reply_is_asked_again() -> None:
    assert kept("", "yes", "a", "s", "s") == ["What is 1?"]


def test_an_accepted_draft_is_none_any_more() -> None:
    (case, *_) = review(DRAFTS, replies("a"), lambda _: None)
    assert case == {name: value for name, value in DRAFTS[0].items() if name != "draft"}


def test_a_draft_is_shown_with_its_answer_and_without_orders_to_the_terminal() -> None:
    assert describe({**DRAFTS[0], "question": "What \x1b[31mis\nit?"}) == (
        "fact, of a:1\nQ: What is it?\nA: 91.4% or 91.4; 12\nEvidence: It is 91.4% of 12."
    )
    missed = {**DRAFTS[0], "kind": "near_miss", "answerable": False, "reason": "not stated"}
    assert describe(missed).splitlines()[2:] == ["No answer, because: not stated"]


def test_papers_are_drawn_by_the_seed_whatever_their_order() -> None:
    records = [Record(f"a:{number}", "T", "x") for number in range(20)]
    drawn = choose_records(records, 5, 1)
    assert len(drawn) == 5
    assert choose_records(records[::-1], 5, 1) == drawn
    assert choose_records(records, 5, 2) != drawn


def test_a_pipe_gets_drafts_that_the_loader_refuses(library_folder: Path, tmp_path: Path) -> None:
    result = invoke("--library", library_folder, "--count", 4)
    assert result.exit_code == 0, result.output
    drafts = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(drafts) == 4
    assert all(draft["draft"] for draft in drafts)
    assert result.stderr == (
        "4 drafts. Read each beside its paper; delete '\"draft\": true' from those that are right,"
        " and the lines of the others.\n"
    )
    path = tmp_path / "x.jsonl"
    path.write_text(result.stdout)
    with pytest.raises(EvalError, match=r"x.jsonl, line 1: a draft that nobody has accepted\."):
        load_cases(path)


def test_a_file_is_not_replaced_unless_asked(library_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "cases.jsonl"
    out.write_text("mine\n")
    refused = invoke("--library", library_folder, "--out", out)
    assert str(refused.exception) == (
        f"{out} is there already; give another --out, or replace it: --overwrite."
    )
    assert out.read_text() == "mine\n"
    result = invoke("--library", library_folder, "--out", out, "--count", 3, "--overwrite")
    assert result.stderr.splitlines()[0] == f"{out} is there already; it will be replaced."
    assert len(out.read_text().splitlines()) == 3
    assert "mine" not in out.read_text()


def on_a_terminal(patch: pytest.MonkeyPatch, *given: str) -> None:
    patch.setattr(sys, "stdin", Terminal())
    patch.setattr(sys, "stdout", Terminal())
    patch.setattr("builtins.input", replies(*given))


def test_a_terminal_is_asked_about_each_draft(
    library_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "cases.jsonl"
    on_a_terminal(monkeypatch, "a", "s", "a", "q")
    run_new(library_folder, out, count=4, seed=0, overwrite=False)
    assert len(load_cases(out)) == 2
    assert capsys.readouterr().err.endswith(f"2 of 4 drafts accepted in {out}.\n")


def test_nothing_accepted_leaves_the_file_as_it_was(
    library_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "cases.jsonl"
    out.write_text("mine\n")
    on_a_terminal(monkeypatch, "q")
    run_new(library_folder, out, count=4, seed=0, overwrite=True)
    assert out.read_text() == "mine\n"


def test_a_file_that_cannot_be_written_is_named(library_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "absent" / "cases.jsonl"
    result = invoke("--library", library_folder, "--out", out)
    assert str(result.exception) == f"{out}: cannot be written (No such file or directory)."


def test_a_library_without_anything_to_ask_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.new.draft_cases", lambda *_: [])
    result = invoke("--out", tmp_path / "cases.jsonl")
    assert str(result.exception) == (
        "No question could be drafted from 19 papers; expected abstracts that state figures, "
        "lists or acronyms. docs/cases.md says how to write cases by hand."
    )
