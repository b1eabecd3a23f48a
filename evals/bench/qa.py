"""`bench qa`: PubMedQA's yes, no or maybe, from the abstract and without its conclusion.

The embedded answerer quotes; it does not decide. What stands in for a decision is the check of a
sentence: the question, turned into a statement, is checked against the abstract.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.bench.cases import as_json
from evals.bench.pairs import Check
from evals.bench.progress import tracked
from evals.errors import EvalError
from evals.metrics import bootstrap, bootstrap_statistic, macro_f1
from rag.checking import Finding

ANSWERS = ("yes", "no", "maybe")
UNSURE = 0.1
"""Agreement this near to one half, where the abstract does not say enough, is a maybe."""
_ASKING = re.compile(
    r"^(?:do|does|did|is|are|was|were|can|could|should|has|have|may|will|would)\s+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Item:
    """A question, its abstract without the conclusion, and the experts' answer."""

    question: str
    abstract: str
    answer: str


def load_pubmedqa(path: Path) -> list[Item]:
    """PubMedQA's expert-labelled questions, as JSON, plain or gzipped.

    Raises:
        EvalError: The file cannot be read, or holds something else.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as stream:
            values = json.load(stream)
        items = [
            Item(item["QUESTION"], " ".join(item["CONTEXTS"]), item["final_decision"])
            for item in values.values()
        ]
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise EvalError(f"{path}: cannot be read as JSON ({error}).") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise EvalError(
            f"{path}: not in PubMedQA's form ({error!r}); expected an object of objects with "
            "QUESTION, CONTEXTS and final_decision."
        ) from error
    unknown = {item.answer for item in items} - set(ANSWERS)
    if unknown or not items:
        raise EvalError(f"{path}: answers {sorted(unknown) or 'none'}; expected yes, no, maybe.")
    return items


def run_qa(path: Path, check: Check) -> dict[str, Any]:
    """The figures of `bench qa`, beside always giving the commonest answer."""
    items = load_pubmedqa(path)
    said, taken = [], []
    for item in tracked("Asking", items):
        start = time.perf_counter()
        said.append(decide(check(as_statement(item.question), [item.abstract])))
        taken.append(1000 * (time.perf_counter() - start))
    truth = [item.answer for item in items]
    commonest = Counter(truth).most_common(1)[0][0]
    return {
        "file": path.name,
        "questions": len(items),
        "answers": {name: truth.count(name) for name in ANSWERS},
        "systems": {
            "check of the question": _figures(said, truth),
            f"always {commonest}": _figures([commonest] * len(truth), truth),
        },
        "p50_ms": round(float(np.median(taken)), 2),
    }


def as_statement(question: str) -> str:
    """The question without its opening verb and its mark: near enough to what it asks about."""
    plain = _ASKING.sub("", question.strip().rstrip("? "), count=1)
    return f"{plain[:1].upper()}{plain[1:]}."


def decide(finding: Finding) -> str:
    """Yes where the abstract leans to support, no where it leans against, maybe between them."""
    if finding.kind == "not_enough" and abs(finding.agreement - 0.5) < UNSURE:
        return "maybe"
    return "yes" if finding.agreement >= 0.5 else "no"  # noqa: PLR2004


def _figures(said: Sequence[str], truth: Sequence[str]) -> dict[str, Any]:
    right = [guess == answer for guess, answer in zip(said, truth, strict=True)]
    return {
        "accuracy": as_json(bootstrap(right)),
        "macro_f1": as_json(
            bootstrap_statistic(
                len(truth),
                lambda chosen: macro_f1([said[n] for n in chosen], [truth[n] for n in chosen]),
            )
        ),
    }
