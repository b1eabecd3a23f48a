"""Reports: read back as written, the same bytes twice, and right for CI and the terminal."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from made_up_report import case, empty_report, made_up_report
from rich.console import Console

from evals.errors import EvalError
from evals.report import load_report, terminal_tables, write_reports
from evals.report.words import visible

NAMES = ("report.json", "junit.xml", "report.html")


def written(folder: Path, **more: Any) -> dict[str, str]:
    write_reports(made_up_report(**more), folder)
    return {name: (folder / name).read_text(encoding="utf-8") for name in NAMES}


def test_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    write_reports(made_up_report(), tmp_path)
    assert load_report(tmp_path / "report.json") == made_up_report()


def test_report_of_nothing_is_read_back_too(tmp_path: Path) -> None:
    write_reports(empty_report(), tmp_path)
    assert load_report(tmp_path / "report.json") == empty_report()


def test_reports_are_the_same_bytes_twice_and_from_their_own_json(tmp_path: Path) -> None:
    first, second, third = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    write_reports(made_up_report(), first)
    write_reports(dict(reversed(made_up_report().items())), second)
    write_reports(load_report(first / "report.json"), third)
    for name in NAMES:
        content = (first / name).read_bytes()
        assert content == (second / name).read_bytes() == (third / name).read_bytes()


def test_reports_leave_nothing_else_in_the_folder(tmp_path: Path) -> None:
    written(tmp_path / "new" / "folder")
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == set(NAMES)


def test_report_json_is_sorted_and_in_utf_8(tmp_path: Path) -> None:
    text = written(tmp_path, quoth="0.1 – β")["report.json"]
    assert list(json.loads(text)) == sorted(made_up_report())
    assert '"quoth": "0.1 – β"' in text


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EvalError, match=r"file/report.json: cannot be written \(File exists\)"):
        write_reports(made_up_report(), tmp_path / "file")


def test_failed_writing_leaves_the_report_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written(tmp_path)

    def fail(path: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(EvalError, match="No space left on device"):
        write_reports(empty_report(), tmp_path)
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == before


REMEDY = "Make a new one with `python -m evals run`."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", f"found list; expected the JSON object of a report. {REMEDY}"),
        ("{}", f"found no 'schema'; expected schema 1. {REMEDY}"),
        ('{"schema": 2}', f"found schema 2; expected schema 1. {REMEDY}"),
        ('{"schema": true}', f"found schema true; expected schema 1. {REMEDY}"),
        ('{"schema": "1"}', f'found schema "1"; expected schema 1. {REMEDY}'),
        ('{"schema": 1}', f"'quoth' is missing; expected a report of schema 1. {REMEDY}"),
        ('{"schema": NaN}', f"not JSON in UTF-8 (found NaN); expected a report.json. {REMEDY}"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "old.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvalError) as caught:
        load_report(path)
    assert str(caught.value) == f"{path}: {message}"


def test_cut_off_report_is_refused(tmp_path: Path) -> None:
    text = written(tmp_path)["report.json"]
    (tmp_path / "report.json").write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(EvalError, match="not JSON in UTF-8"):
        load_report(tmp_path / "report.json")


def test_report_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(b'{"schema": "\xff"}')
    with pytest.raises(EvalError, match="not JSON in UTF-8"):
        load_report(tmp_path / "report.json")


def test_missing_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"none.json: cannot be read \(No such file or directory\)"):
        load_report(tmp_path / "none.json")


def test_wrong_value_deep_within_is_named(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(made_up_report(cases=[case("a", "fine")])), encoding="utf-8")
    with pytest.raises(EvalError) as caught:
        load_report(path)
    assert str(caught.value) == (
        f"{path}: 'cases.0.outcome' is \"fine\"; expected otherwise: "
        f"input should be 'right', 'wrong', 'abstained' or 'crashed'. {REMEDY}"
    )


def test_values_are_not_converted(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(made_up_report(passed="yes")), encoding="utf-8")
    with pytest.raises(EvalError, match="'passed' is \"yes\"; expected otherwise: "):
        load_report(path)


def test_junit_counts_gates_and_cases(tmp_path: Path) -> None:
    root = ElementTree.fromstring(written(tmp_path)["junit.xml"])
    counts = {
        suite.get("name"): [suite.get(name) for name in ("tests", "failures", "errors", "time")]
        for suite in root
    }
    assert counts == {"gates": ["3", "1", "0", "0.000"], "cases": ["6", "3", "1", "1.704"]}
    assert [root.get(name) for name in ("tests", "failures", "errors")] == ["9", "4", "1"]


def test_junit_names_the_kind_and_tells_what_was_wanted_and_said(tmp_path: Path) -> None:
    root = ElementTree.fromstring(written(tmp_path)["junit.xml"])
    (test,) = root.findall(".//testcase[@name='fact-2']")
    assert test.get("classname") == "cases.fact"
    (failure,) = test
    assert failure.tag == "failure"
    assert failure.get("message") == "wrong: How well does LanternNet count?"
    assert failure.text == (
        "question: How well does LanternNet count?\n"
        "wanted: 91.4% / 91.4 percent; 12 species from doi:10.5555/moth.1\n"
        "said: LanternNet counts 12 of 19 moths. [1]\n"
        "cited: [1] doi:10.5555/moth.1: "
        "LanternNet counts with an F1 score of 91.4% on 12 species.\n"
        "removed: It is 40 times faster. (40 is not stated in [1])"
    )


def test_junit_has_an_error_for_a_crash_and_a_failure_for_a_gate(tmp_path: Path) -> None:
    root = ElementTree.fromstring(written(tmp_path)["junit.xml"])
    (error,) = root.findall(".//testcase[@name='hostile-1']/error")
    assert "said: crashed: RuntimeError: <script>" in str(error.text)
    (failure,) = root.findall(".//testcase[@classname='gates']/failure")
    assert failure.get("message") == "judge_catch_rate is .880; expected at least .900"


def test_junit_passes_a_right_abstention(tmp_path: Path) -> None:
    root = ElementTree.fromstring(written(tmp_path)["junit.xml"])
    (test,) = root.findall(".//testcase[@name='near_miss-1']")
    assert list(test) == []


@pytest.mark.parametrize("code", [0, 1, 8, 0xB, 0x1B, 0x7F, 0x85, 0x202E, 0xD800, 0xFFFE, 0x1FFFF])
def test_no_file_holds_a_character_that_it_may_not(tmp_path: Path, code: int) -> None:
    files = written(tmp_path, cases=[case("a", "wrong", question=f"a{chr(code)}b")])
    ElementTree.fromstring(files["junit.xml"])
    assert chr(code) not in files["report.html"] + files["junit.xml"]


def test_control_characters_are_shown_as_their_pictures() -> None:
    assert visible("a\x00\x1b\x7f\r\nb\tc\ufffe\U0001f98b") == "a␀␛␡\nb\tc\ufffd\U0001f98b"


def printed(report: dict[str, Any]) -> str:
    console = Console(width=160, record=True, force_terminal=False, file=io.StringIO())
    for table in terminal_tables(report):
        console.print(table)
    return console.export_text()


def test_terminal_shows_every_part() -> None:
    text = printed(made_up_report())
    for title in (
        "6 cases of sample.jsonl on sample (19 papers); answerer quote, judge verifier",
        "6 questions: p50 51.2 ms, p95 900 ms, p99 1,500 ms",
        "Against the baseline: 2 worse, 1 better, 0 new, 1 gone",
        "Crashed (counted as wrong)",
        "judge_catch_rate is .880; expected at least .900",
        "Failed: 1 of 3 gates (Judge: catch rate)",
    ):
        assert title in text
    assert re.search(r"Answer accuracy +│ +\.831 \[\.781, \.871\] │ +110", text)
    assert re.search(r"Follow-up accuracy +│ +- │ +0", text)
    assert re.search(r"a number changed +│ +40 │ +\.900 \[\.850, \.940\]", text)
    assert re.search(r"worse +│ +fact-2 │ +fact │ +wrong │ +How well does LanternNet count\?", text)
    assert re.search(r"gone +│ +fact-0 │", text)


def test_terminal_gets_no_control_character() -> None:
    text = printed(made_up_report())
    assert "\x1b" not in text
    assert "␛[31m" in text


def test_terminal_leaves_out_what_there_is_none_of() -> None:
    text = printed(empty_report())
    assert "baseline:" not in text
    assert "Crashed" not in text
    assert "Passed: no gates were set" in text
