"""Gates: read strictly, and failed by what they name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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


def test_what_could_not_be_measured_fails() -> None:
    (failed,) = check([Gate("follow_up_accuracy", minimum=0.1)], report_of(True), None)
    assert failed["message"] == "follow_up_accuracy could not be measured"


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
