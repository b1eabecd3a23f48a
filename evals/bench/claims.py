"""`bench claims`: does the checker tell what abstracts support, contradict, and do not say?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.beir import find_file
from evals.bench.cases import as_json
from evals.bench.pairs import Check, tell_apart
from evals.bench.progress import tracked
from evals.errors import EvalError
from evals.files import read_objects
from evals.metrics import bootstrap_statistic, macro_f1
from rag.checking import Finding, Kind

_LABELS: dict[str, Kind] = {"SUPPORT": "support", "CONTRADICT": "contradict"}


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, an abstract that it cites, and what that abstract says of it."""

    name: str
    text: str
    abstract: str
    label: Kind


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, the finding, and how long it took."""

    claim: Claim
    finding: Finding
    milliseconds: float


def run_claims(folder: Path, split: str, check: Check) -> dict[str, Any]:
    """The figures of `bench claims`."""
    claims = list(load_claims(folder, split))
    if not claims:
        raise EvalError(f"{folder}: no claims in claims_{split}.jsonl.")
    judged = [_judge(claim, check) for claim in tracked("Checking", claims)]
    return {"name": f"{folder.name} ({split})", **summarise(judged)}


def load_claims(folder: Path, split: str) -> Iterator[Claim]:
    """Every claim with every abstract that it cites, from SciFact's files.

    Raises:
        EvalError: A file is missing, or a claim cites an abstract that the corpus lacks.
    """
    if not folder.is_dir():
        raise EvalError(f"{folder}: no such folder; expected SciFact's corpus and claims.")
    corpus = dict(
        _read_abstract(item, place)
        for place, item in read_objects(find_file(folder, "corpus.jsonl"))
    )
    for place, item in read_objects(find_file(folder, f"claims_{split}.jsonl")):
        evidence = item.get("evidence") or {}
        if not isinstance(item.get("claim"), str) or not isinstance(evidence, dict):
            raise EvalError(f"{place}: expected 'claim', a text, and 'evidence', an object.")
        for cited in map(str, item.get("cited_doc_ids") or evidence):
            if cited not in corpus:
                raise EvalError(f"{place}: the corpus has no document {cited}.")
            label = _label(evidence.get(cited), place)
            yield Claim(str(item.get("id")), item["claim"], corpus[cited], label)


def _read_abstract(item: dict[str, Any], place: str) -> tuple[str, str]:
    sentences = item.get("abstract")
    if "doc_id" not in item or not isinstance(sentences, list):
        raise EvalError(
            f"{place}: expected 'doc_id' and 'abstract', a list of sentences "
            f"(found: {', '.join(item)})."
        )
    title = str(item.get("title", "")).rstrip(".")
    return str(item["doc_id"]), " ".join([f"{title}.", *map(str, sentences)])


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """How well support is told from contradiction, all three apart, and supported from not.

    The first two go by the models alone; the last by the verdict, as users see it.
    """
    labels = [item.claim.label for item in judged]
    stated = [item for item in judged if item.claim.label != "not_enough"]
    leaning = [item.finding.agreement for item in stated]
    kinds = [item.finding.kind for item in judged]
    return {
        "claims": len(judged),
        "labels": {name: labels.count(name) for name in ("support", "contradict", "not_enough")},
        "support_against_contradiction": tell_apart(
            leaning,
            [value >= 0.5 for value in leaning],  # noqa: PLR2004 - even chances
            [item.claim.label == "support" for item in stated],
        ),
        "three_way": {
            "macro_f1": as_json(
                bootstrap_statistic(
                    len(judged),
                    lambda chosen: macro_f1(
                        [kinds[place] for place in chosen], [labels[place] for place in chosen]
                    ),
                )
            )
        },
        "supported_or_not": tell_apart(
            [item.finding.probability for item in judged],
            [item.finding.verdict != "unsupported" for item in judged],
            [label == "support" for label in labels],
        ),
        "p50_ms": round(float(np.median([item.milliseconds for item in judged])), 3),
    }


def _judge(claim: Claim, check: Check) -> Judged:
    started = time.perf_counter()
    finding = check(claim.text, [claim.abstract])
    return Judged(claim, finding, 1000 * (time.perf_counter() - started))


def _label(rationales: Any, place: str) -> Kind:  # noqa: ANN401 - whatever the file holds
    """What a claim's rationales in one abstract say; without any, the abstract says nothing."""
    if not rationales:
        return "not_enough"
    first = rationales[0] if isinstance(rationales, list) else None
    label = first.get("label") if isinstance(first, dict) else None
    if label not in _LABELS:
        raise EvalError(
            f"{place}: evidence with the label {label!r}; expected SUPPORT, CONTRADICT."
        )
    return _LABELS[label]
