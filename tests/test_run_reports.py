"""Runs that go wrong: what is said of them, and what their reports hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from llm_server import Reply, ScriptedServer
from made_up_report import case, made_up_report

from evals import cli
from evals.cases import Case
from evals.errors import EvalError
from evals.report import load_report, terminal_tables, write_reports
from evals.run import running
from evals.run.running import run_cases
from rag import Answer, Library

PAPERS = [
    {
        "title": "Ponds of the high moor",
        "abstract": "We sounded 31 ponds of the high moor. The ponds freeze 9 days later than "
        "they did in 1950. Newts may profit.",
    },
    {
        "title": "Chalk in old paintings",
        "abstract": "Chalk grounds crack along the grain. In 48 panels, cracks were 2 mm apart.",
    },
]
QUESTION = "How much later do the ponds of the high moor freeze?"
FACT = {
    "id": "p1",
    "kind": "fact",
    "papers": ["Ponds of"],
    "question": QUESTION,
    "answerable": True,
    "facts": [["9 days"]],
}
REFUSED = {
    "id": "p2",
    "kind": "off_topic",
    "question": "Who won the chess match of 1972?",
    "answerable": False,
    "reason": "not stated",
}


def lines(path: Path, items: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Asks cases of a corpus, with gates as TOML."""

    def ask(
        cases: list[dict[str, Any]],
        papers: list[dict[str, Any]] | None = None,
        gates: str = "[coverage]\nminimum = 0.0\n",
        **more: Any,
    ) -> dict[str, Any]:
        wanted = tmp_path / "gates.toml"
        wanted.write_text(gates, encoding="utf-8")
        corpus = lines(tmp_path / "corpus.jsonl", papers or PAPERS)
        asked = lines(tmp_path / "cases.jsonl", cases)
        return run_cases(asked, [corpus], tmp_path / "cache", wanted, **more)

    return ask


@pytest.fixture
def crashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking breaks down."""

    def fail(library: Library, case: Case) -> Answer:
        raise RuntimeError("the lamp went out")

    monkeypatch.setattr(running, "ask_in_turn", fail)


@pytest.mark.usefixtures("crashing")
def test_a_report_of_crashes_is_written_shown_and_read_as_a_baseline(
    run: Any, tmp_path: Path
) -> None:
    report = run([FACT, REFUSED], gates="[crashed]\nmaximum = 0.0\n")
    assert not report["passed"]
    assert [item["error"] for item in report["crashed"]] == ["RuntimeError: the lamp went out"] * 2
    terminal_tables(report)
    write_reports(report, tmp_path / "out")
    assert load_report(tmp_path / "out" / "report.json") == report


def test_a_corpus_of_one_paper_can_be_run(run: Any, tmp_path: Path) -> None:
    report = run([FACT], PAPERS[:1])
    assert report["cases"][0]["outcome"] == "right"
    assert report["judge"]["mutations"]["citation"]["n"] == 0
    assert report["judge"]["mutations"]["number"]["n"] == 1
    write_reports(report, tmp_path / "out")


def test_judges_that_agree_on_nothing_are_written_shown_and_read_back(tmp_path: Path) -> None:
    report = made_up_report(cases=[case("fact-1")])
    nothing = {"judge": "openai:tiny", "n": 0, "agreed": None, "kappa": None}
    report["judge"] = {**report["judge"], "agreement": nothing}
    terminal_tables(report)
    write_reports(report, tmp_path)
    assert "agrees in – (Cohen" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert load_report(tmp_path / "report.json") == report


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    cases = lines(tmp_path / "cases.jsonl", [REFUSED])
    with pytest.raises(EvalError, match="cases.jsonl: no library can be built there"):
        run_cases(cases, [lines(tmp_path / "corpus.jsonl", PAPERS)], cases)


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`python -m evals run` with these options: its exit code and stderr."""

    def call(*options: object) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["evals", "run", *map(str, options)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code, capsys.readouterr().err

    return call


def test_a_failure_that_nobody_foresaw_is_one_line(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "cases.jsonl")

    monkeypatch.setattr(running, "run_cases", fail)
    code, told = main()
    assert code == 1
    assert told == (
        "unexpected: PermissionError: [Errno 13] Permission denied: 'cases.jsonl'; "
        "set QUOTH_DEBUG=1 to see where\n"
    )


@pytest.fixture
def in_ci(main: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The line that the docs give for CI, with a gate that holds or fails."""
    monkeypatch.chdir(tmp_path)
    lines(tmp_path / "corpus.jsonl", PAPERS)
    lines(tmp_path / "cases.jsonl", [FACT])

    def call(minimum: float, cases: str = "cases.jsonl", *more: str) -> tuple[object, str]:
        gates = f"[answer_accuracy]\nminimum = {minimum}\ntolerance = 0.0\n"
        Path("gates.toml").write_text(gates, encoding="utf-8")
        options = ["--cases", cases, "--corpus", "corpus.jsonl", "--gates", "gates.toml"]
        return main(*options, *more, "--cache", "cache", "--baseline", "report.json", "--out", ".")

    return call


def test_a_baseline_that_is_not_there_yet_is_no_error(in_ci: Any) -> None:
    code, told = in_ci(1.0)
    assert code == 0
    assert "report.json: no baseline yet; nothing is compared.\n" in told
    assert load_report(Path("report.json"))["changes"] is None
    code, told = in_ci(1.0)
    assert (code, "no baseline yet" in told) == (0, False)


def test_a_failed_run_leaves_the_baseline_as_it_was(in_ci: Any) -> None:
    in_ci(1.0)
    before = Path("report.json").read_bytes()
    code, told = in_ci(2.0)
    assert code == 1
    assert "report.json stays as it is; the report is report.failed.json.\n" in told
    assert Path("report.json").read_bytes() == before
    assert not load_report(Path("report.failed.json"))["passed"]
    assert Path("junit.xml").is_file()


def test_a_failed_run_is_no_first_baseline(in_ci: Any) -> None:
    assert in_ci(2.0)[0] == 1
    assert not Path("report.json").exists()
    assert Path("report.failed.json").exists()


def test_a_baseline_of_other_cases_is_told_of(in_ci: Any, tmp_path: Path) -> None:
    in_ci(1.0)
    lines(tmp_path / "others.jsonl", [FACT | {"id": "another"}])
    code, told = in_ci(1.0, "others.jsonl")
    assert code == 1
    assert "report.json and this run share no case: nothing could be compared.\n" in told


@pytest.fixture
def llm(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """An LLM that is named to answer, and refuses every request."""
    with ScriptedServer(Reply(status=401)) as server:
        monkeypatch.setenv("QUOTH_LLM", "openai:tiny")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


@pytest.mark.usefixtures("llm")
def test_a_dead_llm_fails_the_run_whatever_the_gates_say(run: Any, tmp_path: Path) -> None:
    report = run([FACT])
    (case,) = report["cases"]
    assert (case["outcome"], case["answered_by"]) == ("right", "quote")
    assert case["answer_reason"].startswith("The LLM failed (")
    assert report["metrics"]["llm_fallback"]["mean"] == 1.0
    gate = report["gates"][-1]
    assert (gate["metric"], gate["passed"], report["passed"]) == ("llm_fallback", False, False)
    assert gate["message"].startswith("no answer is by openai:tiny: The LLM failed (")
    terminal_tables(report)
    write_reports(report, tmp_path / "out")
    assert "Answer by quote" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert load_report(tmp_path / "out" / "report.json") == report


def test_an_llm_that_answers_is_named_in_its_cases(run: Any, llm: ScriptedServer) -> None:
    llm.replies = [Reply("The ponds freeze 9 days later than in 1950 [1].")]
    report = run([FACT])
    assert report["cases"][0]["answered_by"] == "llm:tiny"
    assert report["metrics"]["llm_fallback"]["mean"] == 0.0
    assert report["passed"]


def test_a_dead_judge_is_told_of(in_ci: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(Reply(status=401)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        _, told = in_ci(1.0, "cases.jsonl", "--judge", "openai:tiny")
    errors = load_report(Path("report.json"))["judge"]["errors"]
    assert errors["failed"] > 0
    assert f"The judge failed to give {errors['failed']} verdicts: {errors['first']}\n" in told
    assert errors["first"] in unescape(Path("report.html").read_text(encoding="utf-8"))
