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

import tomllib

from evals.errors import EvalError
from evals.metrics import paired_bootstrap
from evals.run.aggregate import PER_CASE, is_right

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FIELDS = ("minimum", "maximum", "tolerance")


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
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
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
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise EvalError(f"{path}, [{name}]: '{field}' is {value!r}; expected a number.")
    if ("minimum" in table) == ("maximum" in table):
        raise EvalError(f"{path}, [{name}]: expected either 'minimum' or 'maximum'.")
    return Gate(name, **{field: float(value) for field, value in table.items()})


def check(
    gates: Sequence[Gate], report: Mapping[str, Any], baseline: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Each gate with its value and whether it is passed, as plain JSON values."""
    return [_check(gate, report, baseline) for gate in gates]


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
    if found is None:
        return told | {"passed": False, "message": f"{gate.metric} could not be measured"}
    message = _beyond(gate, found["mean"])
    if not message and baseline is not None and gate.tolerance is not None:
        message = _worse(gate, report, baseline)
    return told | {"passed": not message, "message": message or "passed"}


def _beyond(gate: Gate, value: float) -> str | None:
    if gate.minimum is not None and value < gate.minimum:
        return f"{gate.metric} is {value:.3f}, below {gate.minimum:.3f}"
    if gate.maximum is not None and value > gate.maximum:
        return f"{gate.metric} is {value:.3f}, above {gate.maximum:.3f}"
    return None


def _worse(gate: Gate, report: Mapping[str, Any], baseline: Mapping[str, Any]) -> str | None:
    """What is said of a drop that is surely more than the tolerance."""
    now, then = _by_id(report), _by_id(baseline)
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
    if metric in PER_CASE or metric == "span_validity":
        value = case["scores"].get("spans_valid" if metric == "span_validity" else metric)
        return None if value is None else float(value)
    applies, value = {
        "answer_accuracy": (case["answerable"], is_right(case)),
        "abstention_precision": (case["abstained"], not case["answerable"]),
        "abstention_recall": (not case["answerable"], case["abstained"]),
        "coverage": (True, not case["abstained"]),
        "wrong_among_given": (not case["abstained"], not is_right(case)),
        "follow_up_accuracy": (bool(case["history"]), is_right(case)),
    }.get(metric, (False, False))
    return float(value) if applies else None


def _by_id(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {case["id"]: case for case in report["cases"]}
