"""Scored cases -> the figures of a report; pure. A crash is no answer, and has score 0."""

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
RETRIEVAL = ("hit@5", "mrr", "ndcg@10")
PER_CASE = (*RETRIEVAL, "citation_precision", "citation_recall", "faithfulness")


def metrics_of(cases: Sequence[Scored], with_llm: bool = False) -> dict[str, Any]:
    """Every metric with its bootstrap interval and the number of values behind it.

    Args:
        cases: As scored.
        with_llm: Whether an LLM was named to answer them.
    """
    answerable = [case for case in cases if case["answerable"]]
    unanswerable = [case for case in cases if not case["answerable"]]
    given = [case for case in cases if is_given(case)]
    refused = [case for case in cases if case["abstained"]]
    follow_ups = [case for case in cases if case["history"]]
    spans = [case["scores"].get("spans_valid") for case in cases]
    sentences = [item for case in cases for item in case["sentences"]]
    return {name: estimate(_scores(cases, name)) for name in PER_CASE} | {
        "span_validity": estimate(value for value in spans if value is not None),
        "answer_accuracy": estimate(is_right(case) for case in answerable),
        "abstention_precision": estimate(not case["answerable"] for case in refused),
        "abstention_recall": estimate(case["abstained"] for case in unanswerable),
        "coverage": estimate(is_given(case) for case in cases),
        "crashed": estimate(case["outcome"] == "crashed" for case in cases),
        "wrong_among_given": estimate(not is_right(case) for case in given),
        "llm_fallback": estimate(not is_by_llm(case) for case in given) if with_llm else None,
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
            "wrong_given": sum(is_given(case) and not is_right(case) for case in members),
        }
        for kind, members in found.items()
        if members
    }


def curve_of(cases: Sequence[Scored]) -> list[dict[str, float]]:
    """Risk against coverage, were the threshold of the confidence another."""
    return [asdict(point) for point in risk_coverage(*_confidences(cases))]


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


def timings_of(cases: Sequence[Scored]) -> dict[str, float | None]:
    """Percentiles of the time that an answer took, in milliseconds; None where there is none."""
    taken = [case["timings_ms"]["total"] for case in cases if case["timings_ms"]]
    spread: dict[str, float | None] = {
        f"p{share}_ms": round(float(np.percentile(taken, share)), 2) if taken else None
        for share in (50, 95, 99)
    }
    return spread | {"n": len(taken)}


def usage_of(cases: Sequence[Scored]) -> dict[str, float] | None:
    """Tokens and cost in total, making questions complete included; None where no LLM ran."""
    known = [case["usage"] for case in cases if case["usage"]]
    used = known + [item["condense"] for item in known if item.get("condense")]
    names = ("prompt_tokens", "completion_tokens", "total_tokens", "cost")
    if not used:
        return None
    return {name: sum(item.get(name) or 0 for item in used) for name in names}


def is_right(case: Scored) -> bool:
    """Whether a case came out as it should."""
    return bool(case["outcome"] == "right")


def is_given(case: Scored) -> bool:
    """Whether a case got an answer."""
    return not case["abstained"] and case["outcome"] != "crashed"


def is_by_llm(case: Scored) -> bool:
    """Whether the answer, or the abstention, is an LLM's."""
    return str(case.get("answered_by") or "").startswith("llm:")


def score_of(case: Scored, name: str) -> float | None:
    """A score of a case, 0 where asking crashed; None where it can have none."""
    if name in RETRIEVAL and not case["answerable"]:
        return None
    if case["outcome"] == "crashed":
        return 0.0
    value = case["scores"].get(name)
    return None if value is None else float(value)


def estimate(values: Iterable[float]) -> dict[str, Any] | None:
    """The mean with its interval and the number of values; None where there are none."""
    known = [float(value) for value in values]
    return {**asdict(bootstrap(known)), "n": len(known)} if known else None


def _scores(cases: Sequence[Scored], name: str) -> list[float]:
    """A score of each case that can have it."""
    found = (score_of(case, name) for case in cases)
    return [value for value in found if value is not None]


def _confidences(cases: Sequence[Scored]) -> tuple[list[float], list[bool]]:
    """The confidence in an answer, given or not, and whether it would be right.

    Of an answer that was not given this is whether the question has an answer. A crash has none.
    """
    asked = [case for case in cases if case["outcome"] != "crashed"]
    scores = [float(case["confidence"]) for case in asked]
    right = [case["answerable"] if case["abstained"] else is_right(case) for case in asked]
    return scores, right


def _calibration_error(cases: Sequence[Scored]) -> dict[str, Any] | None:
    scores, right = _confidences(cases)

    def error_of(chosen: Indices) -> float | None:
        return expected_calibration_error(
            [scores[place] for place in chosen], [right[place] for place in chosen]
        )

    found = bootstrap_statistic(len(scores), error_of)
    return {**asdict(found), "n": len(scores)} if found else None
