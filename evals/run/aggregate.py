"""Scored cases -> the figures of a report; pure. A crashed case is in every mean that it hurts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from evals.cases import KINDS
from evals.metrics import (
    Indices,
    bootstrap,
    bootstrap_statistic,
    expected_calibration_error,
    risk_coverage,
)

Scored = Mapping[str, Any]
BINS = 10
PER_CASE = ("hit@5", "mrr", "ndcg@10", "citation_precision", "citation_recall", "faithfulness")


def metrics_of(cases: Sequence[Scored]) -> dict[str, Any]:
    """Every metric with its bootstrap interval and the number of values behind it."""
    answerable = [case for case in cases if case["answerable"]]
    unanswerable = [case for case in cases if not case["answerable"]]
    given = [case for case in cases if not case["abstained"]]
    refused = [case for case in cases if case["abstained"]]
    follow_ups = [case for case in cases if case["history"]]
    spans = [case["scores"].get("spans_valid") for case in cases]
    sentences = [item for case in cases for item in case["sentences"]]
    return {name: estimate(_scores(cases, name)) for name in PER_CASE} | {
        "span_validity": estimate(value for value in spans if value is not None),
        "answer_accuracy": estimate(is_right(case) for case in answerable),
        "abstention_precision": estimate(not case["answerable"] for case in refused),
        "abstention_recall": estimate(case["abstained"] for case in unanswerable),
        "coverage": estimate(not case["abstained"] for case in cases),
        "wrong_among_given": estimate(not is_right(case) for case in given),
        "ece": _calibration_error(cases),
        "follow_up_accuracy": estimate(is_right(case) for case in follow_ups),
        "unscored": estimate(item["faithful"] is None for item in sentences),
    }


def kinds_of(cases: Sequence[Scored]) -> dict[str, Any]:
    """What became of the cases of each kind."""
    found = {kind: [case for case in cases if case["kind"] == kind] for kind in KINDS}
    return {
        kind: {
            "n": len(members),
            "right": estimate(is_right(case) for case in members),
            "abstained": sum(case["abstained"] for case in members),
            "wrong_given": sum(not case["abstained"] and not is_right(case) for case in members),
        }
        for kind, members in found.items()
        if members
    }


def curve_of(cases: Sequence[Scored]) -> list[dict[str, float]]:
    """Risk against coverage, were the threshold of the confidence another."""
    points = risk_coverage(*_confidences(cases)) if cases else []
    return [asdict(point) for point in points]


def calibration_of(cases: Sequence[Scored]) -> list[dict[str, float]]:
    """Confidence against accuracy, in bins of equal width; empty bins are left out."""
    scores, right = (np.asarray(values, float) for values in _confidences(cases))
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        {
            "low": number / BINS,
            "high": (number + 1) / BINS,
            "n": int(here.sum()),
            "confidence": float(scores[here].mean()),
            "accuracy": float(right[here].mean()),
        }
        for number in range(BINS)
        if (here := places == number).any()
    ]


def timings_of(cases: Sequence[Scored]) -> dict[str, float]:
    """Percentiles of the time that an answer took, in milliseconds."""
    taken = [case["timings_ms"]["total"] for case in cases if case["timings_ms"]]
    if not taken:
        return {"n": 0}
    low, high, most = (round(float(np.percentile(taken, share)), 2) for share in (50, 95, 99))
    return {"p50_ms": low, "p95_ms": high, "p99_ms": most, "n": len(taken)}


def usage_of(cases: Sequence[Scored]) -> dict[str, float] | None:
    """Tokens and cost in total; None where no LLM ran."""
    used = [case["usage"] for case in cases if case["usage"]]
    names = ("prompt_tokens", "completion_tokens", "total_tokens", "cost")
    if not used:
        return None
    return {name: sum(item[name] or 0 for item in used) for name in names}


def is_right(case: Scored) -> bool:
    """Whether a case came out as it should."""
    return bool(case["outcome"] == "right")


def estimate(values: Iterable[float]) -> dict[str, Any] | None:
    """The mean with its interval and the number of values; None where there are none."""
    known = [float(value) for value in values]
    return {**asdict(bootstrap(known)), "n": len(known)} if known else None


def _scores(cases: Sequence[Scored], name: str) -> list[float]:
    """A score of each case that can have it: where asking crashed, 0."""
    wanted = [
        case for case in cases if case["answerable"] or not name.startswith(("hit", "m", "n"))
    ]
    crashed = [0.0 for case in wanted if case["outcome"] == "crashed"]
    known = (case["scores"].get(name) for case in wanted if case["outcome"] != "crashed")
    return crashed + [value for value in known if value is not None]


def _confidences(cases: Sequence[Scored]) -> tuple[list[float], list[bool]]:
    """The confidence in an answer, given or not, and whether it would be right.

    Of an answer that was not given this is whether the question has an answer.
    """
    scores = [float(case["confidence"]) for case in cases]
    right = [case["answerable"] if case["abstained"] else is_right(case) for case in cases]
    return scores, right


def _calibration_error(cases: Sequence[Scored]) -> dict[str, Any] | None:
    scores, right = _confidences(cases)

    def error_of(chosen: Indices) -> float | None:
        return expected_calibration_error(
            [scores[place] for place in chosen], [right[place] for place in chosen]
        )

    found = bootstrap_statistic(len(cases), error_of)
    return {**asdict(found), "n": len(cases)} if found else None
