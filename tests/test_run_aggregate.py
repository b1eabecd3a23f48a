"""Means over cases: crashes count, what has no value is in no mean, all have intervals."""

from __future__ import annotations

from typing import Any

import pytest

from evals.run.aggregate import (
    calibration_of,
    curve_of,
    kinds_of,
    metrics_of,
    timings_of,
    usage_of,
)


def case(outcome: str, **more: Any) -> dict[str, Any]:
    given = {
        "id": "c",
        "kind": "fact",
        "answerable": True,
        "outcome": outcome,
        "abstained": outcome == "abstained",
        "history": [],
        "confidence": 0.8,
        "sentences": [],
        "scores": {"hit@5": 1.0, "faithfulness": 1.0},
        "timings_ms": {"total": 10.0},
        "usage": None,
    }
    return given | more


RIGHT, WRONG = case("right"), case("wrong", confidence=0.6)
GAVE_UP = case("abstained", confidence=0.2)
CRASHED = case("crashed", confidence=0.0, scores={"hit@5": 0.0}, timings_ms={})
REFUSED = case("right", kind="near_miss", answerable=False, abstained=True, confidence=0.1)
FOOLED = case("wrong", kind="near_miss", answerable=False, confidence=0.5)
ALL = [RIGHT, WRONG, GAVE_UP, CRASHED, REFUSED, FOOLED]


def test_metrics_of_six_cases_worked_out_by_hand() -> None:
    metrics = metrics_of(ALL)
    means = {name: found and round(found["mean"], 4) for name, found in metrics.items()}
    assert means["answer_accuracy"] == 0.25
    assert means["abstention_precision"] == 0.5
    assert means["abstention_recall"] == 0.5
    assert means["coverage"] == 0.6667
    assert means["wrong_among_given"] == 0.75
    assert means["hit@5"] == 0.75
    assert means["follow_up_accuracy"] is None


def test_a_crash_is_unfaithful_and_badly_cited() -> None:
    found = metrics_of([RIGHT, CRASHED])["faithfulness"]
    assert (found["mean"], found["n"]) == (0.5, 2)


def test_every_metric_has_its_interval_and_count() -> None:
    found = metrics_of(ALL)["answer_accuracy"]
    assert found["low"] <= found["mean"] <= found["high"]
    assert found["n"] == 4


def test_the_error_of_calibration_is_the_gap_of_each_bin() -> None:
    cases = [case("right", confidence=0.95), case("wrong", confidence=0.95)]
    assert metrics_of(cases)["ece"]["mean"] == pytest.approx(0.45)
    assert calibration_of(cases) == [
        {"low": 0.9, "high": 1.0, "n": 2, "confidence": 0.95, "accuracy": 0.5}
    ]


def test_the_curve_answers_the_surest_first() -> None:
    cases = [case("right", confidence=0.9), case("wrong", confidence=0.4)]
    assert curve_of(cases) == [
        {"coverage": 0.5, "risk": 0.0, "threshold": 0.9},
        {"coverage": 1.0, "risk": 0.5, "threshold": 0.4},
    ]


def test_kinds_count_what_became_of_them() -> None:
    found = kinds_of(ALL)
    assert list(found) == ["fact", "near_miss"]
    assert (found["fact"]["n"], found["fact"]["abstained"], found["fact"]["wrong_given"]) == (
        4,
        1,
        2,
    )
    assert found["near_miss"]["right"]["mean"] == 0.5


def test_unscored_sentences_have_a_column_of_their_own() -> None:
    both = case("right", sentences=[{"faithful": None}, {"faithful": True}])
    assert metrics_of([both])["unscored"]["mean"] == 0.5


def test_times_and_tokens() -> None:
    used = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cost": None}
    cases = [case("right", usage=used), case("right", usage=used), CRASHED]
    assert timings_of(cases) == {"p50_ms": 10.0, "p95_ms": 10.0, "p99_ms": 10.0, "n": 2}
    assert usage_of(cases) == {
        "prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30, "cost": 0
    }  # fmt: skip
    assert usage_of([RIGHT]) is None


def test_no_cases_have_no_figures() -> None:
    assert set(metrics_of([]).values()) == {None}
    assert (curve_of([]), calibration_of([]), kinds_of([])) == ([], [], {})
