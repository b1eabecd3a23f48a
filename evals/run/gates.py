"""Gates: what a report must reach, and how much worse than a baseline it may be; pure.

`gates.toml` holds one table a metric: `minimum` or `maximum`, and `tolerance`, the drop against
the baseline that is let pass. A drop counts once a paired bootstrap over the cases that both
reports have is sure of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from evals.metrics import paired_bootstrap
from evals.run.aggregate import PER_CASE, RETRIEVAL, is_by_llm, is_given, is_right, score_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FIELDS = ("minimum", "maximum", "tolerance")
EMBEDDED = "quote"
"""Who answers where no LLM is named."""
NOT_COMPARED = ("ece", "unscored", "judge_catch_rate", "judge_false_alarm_rate")
"""Metrics without a value for each case, which a paired comparison takes."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What one metric must reach.

    Attributes:
        metric: Its name in a report.
        minimum: Least value, where more is better.
        maximum: Greatest value, where less is better.
        tolerance: How much worse than the baseline is let pass; None: not compared.
    """

    metric: str
    minimum: float | None = None
    maximum: float | None = None
    tolerance: float | None = None


def load_gates(path: Path, known: Sequence[str]) -> list[Gate]:
    """The gates of a file.

    Args:
        path: TOML.
        known: Names of metrics.

    Raises:
        EvalError: The file cannot be read, or holds what is no gate.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvalError(f"{path}: cannot be read as TOML ({error}).") from error
    if not tables:
        raise EvalError(f"{path}: no gates; expected tables such as [answer_accuracy].")
    return [_read_gate(path, name, table, known) for name, table in tables.items()]


def _read_gate(path: Path, name: str, table: Any, known: Sequence[str]) -> Gate:  # noqa: ANN401
    if name not in known:
        raise EvalError(f"{path}: no metric is called '{name}'; known: {', '.join(known)}.")
    if not isinstance(table, dict) or not set(table) <= set(FIELDS):
        raise EvalError(f"{path}, [{name}]: expected {', '.join(FIELDS)} alone.")
    for field, value in table.items():
        if not _is_number(value):
            raise EvalError(f"{path}, [{name}]: '{field}' is {value!r}; expected a number.")
    if ("minimum" in table) == ("maximum" in table):
        raise EvalError(f"{path}, [{name}]: expected either 'minimum' or 'maximum'.")
    if "tolerance" in table and name in NOT_COMPARED:
        raise EvalError(
            f"{path}, [{name}]: 'tolerance' cannot be held to, since single cases have no {name}; "
            "leave it out."
        )
    return Gate(name, **{field: float(value) for field, value in table.items()})


def _is_number(value: object) -> bool:
    """Whether a value of TOML is a number that is something: no `nan`, no `inf`, no boolean."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= sys.float_info.max  # false of NaN too


def check(
    gates: Sequence[Gate], report: Mapping[str, Any], baseline: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Each gate with its value and whether it is passed, as plain JSON values."""
    return [_check(gate, report, baseline) for gate in gates]


def check_llm(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A failed gate where an LLM was named and nothing is by it; none otherwise.

    What the embedded answerer reaches in its stead is no figure of that LLM.
    """
    cases = report["cases"]
    if not _has_llm(report) or any(is_by_llm(case) for case in cases):
        return []
    first = sorted(cases, key=lambda case: not is_given(case))[:1]
    reasons = [case["answer_reason"] or case["error"] or "no reason given" for case in first]
    found = report["metrics"]["llm_fallback"]
    return [
        {
            **asdict(Gate("llm_fallback")),
            "value": found and found["mean"],
            "baseline": None,
            "passed": False,
            "message": f"no answer is by {report['run']['answerer']}: {'; '.join(reasons)}",
        }
    ]


def share_a_case(report: Mapping[str, Any], baseline: Mapping[str, Any]) -> bool:
    """Whether there is a case that both hold."""
    return not _by_id(report).keys().isdisjoint(_by_id(baseline))


def changes(report: Mapping[str, Any], baseline: Mapping[str, Any]) -> dict[str, list[str]]:
    """Cases that came out better or worse than in the baseline, are new, or are gone."""
    now, then = _by_id(report), _by_id(baseline)
    both = [name for name in now if name in then]
    return {
        "better": [name for name in both if is_right(now[name]) > is_right(then[name])],
        "worse": [name for name in both if is_right(now[name]) < is_right(then[name])],
        "new": [name for name in now if name not in then],
        "gone": [name for name in then if name not in now],
    }


def _check(
    gate: Gate, report: Mapping[str, Any], baseline: Mapping[str, Any] | None
) -> dict[str, Any]:
    found = report["metrics"].get(gate.metric)
    before = (baseline or {}).get("metrics", {}).get(gate.metric)
    told: dict[str, Any] = {
        **asdict(gate),
        "value": found and found["mean"],
        "baseline": before and before["mean"],
    }
    if found is None and not _applies(gate.metric, report):
        return told | {"passed": True, "message": f"{gate.metric} is not applicable to these cases"}
    if found is None:
        return told | {"passed": False, "message": f"{gate.metric} could not be measured"}
    message = _beyond(gate, found["mean"])
    if not message and baseline is not None and gate.tolerance is not None:
        message = _worse(gate, report, baseline)
    return told | {"passed": not message, "message": message or "passed"}


def _has_llm(report: Mapping[str, Any]) -> bool:
    return bool(report["run"]["answerer"] != EMBEDDED)


def _applies(metric: str, report: Mapping[str, Any]) -> bool:
    """Whether a case could have a part in a metric; where one crashed, it might have had."""
    if metric == "llm_fallback" and not _has_llm(report):
        return False
    if metric == "follow_up_accuracy":
        return any(case["history"] for case in report["cases"])
    if metric in ("abstention_precision", "abstention_recall"):
        return any(not case["answerable"] for case in report["cases"])
    if metric in ("answer_accuracy", *RETRIEVAL):
        return any(case["answerable"] for case in report["cases"])
    return any(case["answerable"] or case["outcome"] == "crashed" for case in report["cases"])


def _beyond(gate: Gate, value: float) -> str | None:
    if gate.minimum is not None and value < gate.minimum:
        return f"{gate.metric} is {value:.3f}, below {gate.minimum:.3f}"
    if gate.maximum is not None and value > gate.maximum:
        return f"{gate.metric} is {value:.3f}, above {gate.maximum:.3f}"
    return None


def _worse(gate: Gate, report: Mapping[str, Any], baseline: Mapping[str, Any]) -> str | None:
    """What is said of a drop that is surely more than the tolerance, or cannot be told."""
    now, then = _by_id(report), _by_id(baseline)
    if not share_a_case(report, baseline):
        return f"{gate.metric} cannot be compared: the baseline shares no case with this run"
    pairs = [
        (_value(gate.metric, now[name]), _value(gate.metric, then[name]))
        for name in now
        if name in then
    ]
    known = [(new, old) for new, old in pairs if new is not None and old is not None]
    if not known:
        return None
    sign = 1.0 if gate.minimum is not None else -1.0
    drop = paired_bootstrap(
        [sign * old for _, old in known], [sign * new for new, _ in known]
    ).difference
    tolerance = gate.tolerance or 0.0
    if drop.mean > tolerance and drop.low > 0:
        return (
            f"{gate.metric} is worse than the baseline by {drop.mean:.3f} "
            f"[{drop.low:.3f}, {drop.high:.3f}] over {len(known)} cases; let pass: {tolerance:.3f}"
        )
    return None


def _value(metric: str, case: Mapping[str, Any]) -> float | None:
    """The part of one case in a metric; None where it has none, or the metric is no mean."""
    if metric in PER_CASE:
        return score_of(case, metric)
    if metric == "span_validity":
        valid = case["scores"].get("spans_valid")
        return None if valid is None else float(valid)
    applies, value = {
        "answer_accuracy": (case["answerable"], is_right(case)),
        "abstention_precision": (case["abstained"], not case["answerable"]),
        "abstention_recall": (not case["answerable"], case["abstained"]),
        "coverage": (True, is_given(case)),
        "crashed": (True, case["outcome"] == "crashed"),
        "wrong_among_given": (is_given(case), not is_right(case)),
        "llm_fallback": (is_given(case), not is_by_llm(case)),
        "follow_up_accuracy": (bool(case["history"]), is_right(case)),
    }.get(metric, (False, False))
    return float(value) if applies else None


def _by_id(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {case["id"]: case for case in report["cases"]}
