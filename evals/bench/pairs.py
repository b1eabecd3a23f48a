"""`bench pairs`: does the checker tell supported claims from unsupported ones?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.bench.cases import as_json
from evals.bench.progress import tracked
from evals.errors import EvalError
from evals.files import read_objects
from evals.metrics import auroc, balanced_accuracy, bootstrap_statistic
from rag.checking import THRESHOLD, Finding

Check = Callable[[str, Sequence[str]], Finding]
"""(claim, texts that it cites) -> finding."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim about a document, and whether the document supports it."""

    document: str
    claim: str
    supported: bool
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair and what the checker made of it.

    Attributes:
        pair: The claim.
        probability: That it is supported.
        said: Whether it was called supported, in full or in part.
        milliseconds: How long that took.
    """

    pair: Pair
    probability: float
    said: bool
    milliseconds: float


def run_pairs(path: Path, check: Check) -> dict[str, Any]:
    """The figures of `bench pairs`."""
    pairs = load_pairs(path)
    judged = [judge(pair, check) for pair in tracked("Checking", pairs)]
    return {"pairs": len(judged), "file": path.name, **summarise(judged)}


def load_pairs(path: Path) -> list[Pair]:
    """The pairs of a JSON Lines file, plain or gzipped.

    Raises:
        EvalError: A line lacks `document`, `claim` or `supported`, or there is no line.
    """
    pairs = [_read_pair(item, place) for place, item in read_objects(path)]
    if not pairs:
        raise EvalError(f"{path}: no pairs.")
    return pairs


def judge(pair: Pair, check: Check) -> Judged:
    """Checks one claim and takes the time."""
    started = time.perf_counter()
    finding = check(pair.claim, [pair.document])
    elapsed = 1000 * (time.perf_counter() - started)
    return Judged(pair, finding.probability, finding.probability >= THRESHOLD, elapsed)


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """Balanced accuracy and AUROC, over all and by domain, with 95% bootstrap intervals."""
    domains = sorted({item.pair.domain for item in judged if item.pair.domain is not None})
    return {
        "overall": _figures(judged),
        "domains": {
            name: _figures([item for item in judged if item.pair.domain == name])
            for name in domains
        },
        "p50_ms": round(float(np.median([item.milliseconds for item in judged])), 3),
    }


def _figures(judged: Sequence[Judged]) -> dict[str, Any]:
    truth = [item.pair.supported for item in judged]
    said, scores = [item.said for item in judged], [item.probability for item in judged]
    return {**tell_apart(scores, said, truth), "n": len(judged), "supported": sum(truth)}


def tell_apart(
    scores: Sequence[float], said: Sequence[bool], truth: Sequence[bool]
) -> dict[str, dict[str, float] | None]:
    """How well yes is told from no, with 95% bootstrap intervals.

    Args:
        scores: Higher for yes.
        said: What was answered.
        truth: What is right.
    """

    def at(values: Sequence[Any], chosen: Iterable[int]) -> list[Any]:
        return [values[place] for place in chosen]

    return {
        "balanced_accuracy": as_json(
            bootstrap_statistic(
                len(truth), lambda chosen: balanced_accuracy(at(said, chosen), at(truth, chosen))
            )
        ),
        "auroc": as_json(
            bootstrap_statistic(
                len(truth), lambda chosen: auroc(at(scores, chosen), at(truth, chosen))
            )
        ),
    }


def _read_pair(item: dict[str, Any], place: str) -> Pair:
    for name in ("document", "claim"):
        if not isinstance(item.get(name), str):
            raise EvalError(f"{place}: no text under '{name}' (found: {', '.join(item)}).")
    label = item.get("supported")
    if not isinstance(label, int) or label not in (0, 1):
        raise EvalError(f"{place}: 'supported' is {label!r}; expected true, false, 1 or 0.")
    domain = item.get("domain")
    domain = None if domain is None else str(domain)
    return Pair(item["document"], item["claim"], bool(label), domain)
