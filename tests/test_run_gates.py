"""Gates: read strictly, and failed by what they name."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import evals.run.gates
from evals.errors import EvalError
from evals.report import check_report
from evals.run.aggregate import metrics_of
from evals.run.gates import Gate, changes, check, load_gates
from evals.run.running import default_gates, run_cases

KNOWN = ("answer_accuracy", "abstention_recall", "ece", "judge_catch_rate")


def report_of(*right: bool) -> dict[str, Any]:
    cases = [
        {
            "id": f"c{place}",
            "kind": "fact",
            "answerable": True,
            "outcome": "right" if value else "wrong",
            "abstained": False,
            "history": [],
            "confidence": 0.8,
            "sentences": [],
            "scores": {},
            "timings_ms": {},
            "usage": None,
        }
        for place, value in enumerate(right)
    ]
    return {"cases": cases, "metrics": metrics_of(cases)}


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gates.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_gates_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path, "[answer_accuracy]\nminimum = 0.8\ntolerance = 0.03\n[ece]\nmaximum = 0.2"
    )
    assert load_gates(path, KNOWN) == [
        Gate("answer_accuracy", minimum=0.8, tolerance=0.03),
        Gate("ece", maximum=0.2),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no gates"),
        ("[accuracy]\nminimum = 1", "no metric is called 'accuracy'"),
        ("[ece]\nminimum = 0.1\nmaximum = 0.2", "expected either 'minimum' or 'maximum'"),
        ("[ece]\ntolerance = 0.1", "expected either 'minimum' or 'maximum'"),
        ("[ece]\nmaximum = true", "'maximum' is True; expected a number"),
        ('[ece]\nmaximum = "0.2"', "expected a number"),
        ("[ece]\nmaximum = nan", "'maximum' is nan; expected a number"),
        ("[answer_accuracy]\nminimum = -inf", "'minimum' is -inf; expected a number"),
        ("[answer_accuracy]\nminimum = 0\ntolerance = inf", "'tolerance' is inf"),
        (f"[ece]\nmaximum = 1{'0' * 400}", "expected a number"),
        ("[ece]\nmaximum = 0.2\ntolerance = 0", r"\[ece\]: 'tolerance' cannot be held to"),
        ("[judge_catch_rate]\nminimum = 0\ntolerance = 0", "leave it out"),
        ("[ece]\nmaximum = 0.2\nminimal = 1", "expected minimum, maximum, tolerance alone"),
        ("ece = 0.2", "expected minimum, maximum, tolerance alone"),
        ("[ece", "cannot be read as TOML"),
    ],
)
def test_what_is_no_gate_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(EvalError, match=told):
        load_gates(write(tmp_path, text), KNOWN)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="cannot be read"):
        load_gates(tmp_path / "none.toml", KNOWN)


def test_a_report_holds_to_its_schema(tmp_path: Path) -> None:
    one = write(tmp_path, "[coverage]\nmaximum = 1.0\n")
    cases = tmp_path / "cases.jsonl"
    cases.write_text(
        '{"kind": "off_topic", "question": "What is the boiling point of ethanol?",'
        ' "answerable": false, "reason": "not stated"}\n',
        encoding="utf-8",
    )
    check_report(run_cases(cases, [], tmp_path, one), "here")


def test_our_own_gates_can_be_read() -> None:
    known = [*metrics_of([]), "judge_catch_rate", "judge_false_alarm_rate"]
    names = {gate.metric for gate in load_gates(default_gates(), known)}
    assert {"answer_accuracy", "abstention_recall", "span_validity", "judge_catch_rate"} <= names


def test_a_value_below_the_minimum_fails_and_is_named() -> None:
    gates = [Gate("answer_accuracy", minimum=0.8)]
    (failed,) = check(gates, report_of(True, True, False), None)
    assert (failed["passed"], failed["message"]) == (
        False, "answer_accuracy is 0.667, below 0.800"
    )  # fmt: skip
    (passed,) = check(gates, report_of(True, True), None)
    assert (passed["passed"], passed["message"]) == (True, "passed")


def test_a_value_above_the_maximum_fails() -> None:
    (failed,) = check([Gate("wrong_among_given", maximum=0.1)], report_of(True, False), None)
    assert failed["message"] == "wrong_among_given is 0.500, above 0.100"


def test_a_fallback_has_no_share_without_an_llm() -> None:
    report = report_of(True) | {"run": {"answerer": "quote"}}
    (passed,) = check([Gate("llm_fallback", maximum=0.1)], report, None)
    assert "not applicable" in passed["message"]


def crash(report: dict[str, Any], count: int, **more: Any) -> dict[str, Any]:
    """The report, had its first cases crashed."""
    cases = [case | {"outcome": "crashed"} | more for case in report["cases"][:count]]
    cases += report["cases"][count:]
    return {"cases": cases, "metrics": metrics_of(cases)}


@pytest.mark.parametrize(
    "metric", ["follow_up_accuracy", "abstention_precision", "abstention_recall"]
)
def test_what_no_case_can_tell_is_not_applicable(metric: str) -> None:
    (passed,) = check([Gate(metric, minimum=0.1)], report_of(True), None)
    assert passed["passed"]
    assert passed["message"] == f"{metric} is not applicable to these cases"


def test_answers_are_not_applicable_where_none_is_wanted() -> None:
    refused = report_of(True)["cases"][0] | {"answerable": False, "abstained": True}
    report = {"cases": [refused], "metrics": metrics_of([refused])}
    names = ["hit@5", "answer_accuracy", "faithfulness", "judge_catch_rate", "wrong_among_given"]
    found = check([Gate(name, minimum=0.1) for name in names], report, None)
    assert all("not applicable" in gate["message"] for gate in found)


def test_what_could_not_be_measured_for_crashes_fails() -> None:
    gates = [Gate(name, maximum=1.0) for name in ("ece", "span_validity", "wrong_among_given")]
    found = check(gates, crash(report_of(True), 1, answerable=False), None)
    assert [gate["message"] for gate in found] == [
        "ece could not be measured",
        "span_validity could not be measured",
        "wrong_among_given could not be measured",
    ]


def test_crashes_are_no_coverage_and_have_a_gate_of_their_own() -> None:
    gates = [Gate("coverage", minimum=1.0), Gate("crashed", maximum=0.0)]
    found = check(gates, crash(report_of(True, True), 1), None)
    assert [gate["message"] for gate in found] == [
        "coverage is 0.500, below 1.000",
        "crashed is 0.500, above 0.000",
    ]
    assert "[crashed]\nmaximum = 0.0\n" in default_gates().read_text(encoding="utf-8")


def test_crashes_are_a_drop_against_the_baseline() -> None:
    before = report_of(*[True] * 20)
    for case in before["cases"]:
        case["scores"] = {"faithfulness": 1.0}
    gates = [Gate("faithfulness", minimum=0.0, tolerance=0.01)]
    (failed,) = check(gates, crash(before, 12, scores={}), before)
    assert failed["message"].startswith("faithfulness is worse than the baseline by 0.600 [")


def test_a_baseline_of_other_cases_fails_what_is_to_be_compared() -> None:
    before = report_of(True)
    before["cases"][0]["id"] = "another"
    gates = [Gate("answer_accuracy", minimum=0.1, tolerance=0.1), Gate("coverage", minimum=0.1)]
    failed, passed = check(gates, report_of(True), before)
    assert failed["message"] == (
        "answer_accuracy cannot be compared: the baseline shares no case with this run"
    )
    assert passed["passed"]


def test_a_sure_drop_against_the_baseline_fails() -> None:
    gates = [Gate("answer_accuracy", minimum=0.1, tolerance=0.05)]
    before = report_of(*[True] * 40)
    (failed,) = check(gates, report_of(*[False] * 12, *[True] * 28), before)
    assert failed["message"].startswith("answer_accuracy is worse than the baseline by 0.300 [")
    (passed,) = check(gates, report_of(*[False], *[True] * 39), before)
    assert passed["passed"]
    (same,) = check(gates, before, before)
    assert (same["passed"], same["baseline"]) == (True, 1.0)


def test_a_metric_where_less_is_better_may_not_rise() -> None:
    gates = [Gate("wrong_among_given", maximum=0.9, tolerance=0.0)]
    (failed,) = check(gates, report_of(*[False] * 12, *[True] * 28), report_of(*[True] * 40))
    assert not failed["passed"]


def test_cases_that_changed_are_named() -> None:
    now, before = report_of(True, False, True), report_of(False, True)
    assert changes(now, before) == {"better": ["c0"], "worse": ["c1"], "new": ["c2"], "gone": []}


def test_gates_are_read_on_python_3_10_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    monkeypatch.setitem(sys.modules, "tomli", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "tomllib", None)
    spec = importlib.util.spec_from_file_location("gates_on_3_10", evals.run.gates.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "gates_on_3_10", module)
    spec.loader.exec_module(module)
    assert module.tomllib is sys.modules["tomli"]
