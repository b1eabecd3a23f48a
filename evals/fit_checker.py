"""Fits the checker's models, which come with rag/checking; needs the extras `fit` and `train`.

`python -m evals.fit_checker --data DIR --out FOLDER`. Figures are cross-validated: forests are
tried on folds that they have not seen, on leanings by a network that has not seen them either;
folds keep the claims about one document together.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.checker_examples import OWN, Example, read_abstracts, read_claims, read_written
from evals.fit import FOLDS, _to_trees, folds_of
from evals.fit_meaning import fit_network, save_network
from evals.metrics import auroc, balanced_accuracy
from rag.checking import THRESHOLD
from rag.checking.features import meaning_figures
from rag.checking.meaning import NETWORK_FILE, Network
from rag.checking.model import MODEL_FILE, CheckerModel, from_json
from rag.reader.examples import NAMES
from rag.reader.papers import ABSTRACTS, PUBLIC
from rag.reader.written import PLAIN, SOURCE, written_papers
from rag.trees import Matrix
from vectorstore import minilm

SUPPORT = "support"
TASKS = {SUPPORT: ("support", None), "agree": ("support", "neutral"),
         "against": ("contradict", "support")}  # fmt: skip
"""By forest: the label that it tells from the others, and the label that it never sees."""

WRITTEN = (SOURCE, PLAIN)
"""Claims that were written; of those in an LLM's words only the forest for support learns."""

RISING = frozenset(
    "coverage_best coverage_chosen coverage_all strict_best strict_all pairs_best pairs_all"
    " agreeing coverage_title coverage_second sentences_near weaker_half weaker_half_best"
    " weakest_clause means_support means_agree".split()
)
"""Figures of which more never speaks against a claim."""

FALLING = frozenset(
    "missing_most missing_sum missing_count missing_share missing_lead numbers_absent"
    " numbers_misused names_absent names_marked_absent names_displaced names_margin reversal_most"
    " reversal_margin reversals_clear reversed_prefix negation_most negation_margin opposing"
    " swapped unmet means_contradict".split()
)
"""Figures of which more never speaks for one."""

_CARRIED = RISING - {"agreeing"} | frozenset(
    "missing_most missing_sum missing_count missing_share missing_lead names_absent"
    " names_marked_absent unmet".split()
)
ORDERED = {"support": RISING | FALLING, "agree": (RISING | FALLING) - _CARRIED, "against": _CARRIED}
"""By forest: the figures that may only speak one way, which carries over to texts unlike these."""


def fit(examples: Sequence[Example]) -> tuple[Network, dict[str, Any], dict[str, Any]]:
    """The network, the forests as JSON values, and how they did on what they had not seen."""
    readable = [example for example in examples if example.reading is not None]
    learned = [example for example in readable if example.weight]
    network = _fit_network(learned)
    fresh = {id(e): _meaning_of(e, network) for e in readable if not e.weight}
    halves = [zlib.crc32(example.group.encode()) % 2 for example in learned]
    for half in (0, 1):
        other = _fit_network([e for e, own in zip(learned, halves, strict=True) if own != half])
        for example, own in zip(learned, halves, strict=True):
            if own == half and example.forest_weight:
                fresh[id(example)] = _meaning_of(example, other)
    judged = [example for example in examples if example.forest_weight]
    words, report = _fit_forests(judged, [example.figures for example in judged])
    seen = [e for e in judged if id(e) in fresh and not e.source.startswith(OWN)]
    rows = [{**example.figures, **fresh[id(example)]} for example in seen]
    meaning, second = _fit_forests(seen, rows)
    model = {"words": words, "meaning": meaning}
    return network, model, {"words": report, "meaning": second}


def _fit_network(examples: Sequence[Example]) -> Network:
    readings = [example.reading for example in examples if example.reading is not None]
    weights = np.array([example.weight for example in examples])
    return fit_network(readings, [example.label for example in examples], weights)


def _meaning_of(example: Example, network: Network) -> dict[str, float]:
    assert example.reading is not None
    return meaning_figures(network.judge(example.reading))


def _fit_forests(
    examples: Sequence[Example], figures: Sequence[dict[str, float]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The forests as JSON values, and how they did on folds that they had not seen."""
    rows = np.array([list(row.values()) for row in figures], float)
    names = list(figures[0])
    labels = np.array([example.label for example in examples])
    in_llm_words = np.array([example.source == SOURCE for example in examples])
    folds = folds_of([example.group for example in examples])
    model, unseen = {}, {}
    for name, (wanted, left_out) in TASKS.items():
        asked, truth = labels != left_out, labels == wanted
        if name != SUPPORT:
            asked &= ~in_llm_words
        weights, signs = _weights(examples, asked, truth), _signs(name, names)
        unseen[name] = np.zeros(len(examples))
        for fold in range(FOLDS):
            here, there = folds == fold, asked & (folds != fold)
            forest = _fit_forest(signs, rows[there], truth[there], weights[there])
            unseen[name][here] = forest.predict_proba(rows[here])[:, 1]
        model[name] = _to_trees(_fit_forest(signs, rows[asked], truth[asked], weights[asked]))
    return model, _report(examples, unseen)


def save(values: dict[str, Any], path: Path) -> CheckerModel:
    """Writes the model, the same bytes for the same values, and reads it back."""
    text = json.dumps(values, separators=(",", ":"), sort_keys=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return from_json(values)


def _weights(examples: Sequence[Example], asked: Matrix, truth: Matrix) -> Matrix:
    """Weights by which both answers count the same: of public claims, of own, of written ones."""
    sources = np.array([example.source for example in examples])
    own, written = np.char.startswith(sources, OWN), np.isin(sources, WRITTEN)
    kinds = [own, ~(own | written), *(sources == name for name in WRITTEN)]
    weights = np.array([example.forest_weight for example in examples])
    balanced = weights.copy()
    for kind in kinds:
        if not (asked & kind).any():
            continue
        whole = weights[asked & kind].sum()
        for answer in (truth, np.logical_not(truth)):
            part = asked & kind & answer
            balanced[part] *= whole / (2 * weights[part].sum())
    return balanced


def _signs(task: str, names: Sequence[str]) -> list[int]:
    """For each figure, whether more of it may only speak for (1) or against (-1), or both (0)."""
    ordered = ORDERED[task]
    return [(name in RISING & ordered) - (name in FALLING & ordered) for name in names]


def _fit_forest(signs: list[int], rows: Matrix, wanted: Matrix, weights: Matrix) -> Any:  # noqa: ANN401 - scikit-learn is untyped
    from sklearn.ensemble import HistGradientBoostingClassifier

    forest = HistGradientBoostingClassifier(
        max_iter=160,
        max_depth=4,
        learning_rate=0.06,
        min_samples_leaf=40,
        l2_regularization=5,
        early_stopping=False,
        monotonic_cst=signs,
        random_state=0,
    )
    return forest.fit(rows, wanted, sample_weight=weights)


def _report(examples: Sequence[Example], unseen: dict[str, Matrix]) -> dict[str, Any]:
    """How each set's claims came out in unseen folds, and how often each change was missed."""
    sources = np.array([example.source for example in examples])
    labels = np.array([example.label for example in examples])
    own = np.char.startswith(sources, OWN)
    said = unseen["support"] >= THRESHOLD
    sets = {name: sources == name for name in sorted(set(sources[~own]))}
    if own.any():
        sets["own"] = own
    return {
        "examples": len(examples),
        "sets": {name: _figures(unseen, labels, here) for name, here in sets.items()},
        "own, called supported": {
            name.removeprefix(OWN): round(float(said[sources == name].mean()), 3)
            for name in sorted(set(sources[own]))
        },
    }


def _figures(unseen: dict[str, Matrix], labels: Matrix, here: Matrix) -> dict[str, Any]:
    """Support against all else, and against contradiction alone."""
    stated = here & (labels != "neutral")
    table: dict[str, Any] = {"n": int(here.sum())}
    for name, chosen in (("support", here), ("agree", stated)):
        scores, truth = unseen[name][chosen], (labels[chosen] == "support").tolist()
        area = auroc(scores.tolist(), truth)
        share = balanced_accuracy((scores >= THRESHOLD).tolist(), truth)
        table[name] = {
            "auroc": area and round(area, 3),
            "balanced_accuracy": share and round(share, 3),
        }
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads, fits, writes the models and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="As of rag.reader.train.")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    read, abstracts = minilm.read, given.data / ABSTRACTS
    papers = written_papers(given.data)
    examples = [*read_claims(given.data / PUBLIC / NAMES[0], read)]
    examples += [*read_abstracts(abstracts, read), *read_written(papers, read)]
    network, model, report = fit(examples)
    save_network(network, given.out / NETWORK_FILE)
    save(model, given.out / MODEL_FILE)
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
