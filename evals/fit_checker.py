"""Fits the checker's model (rag/checking/checker_model.json.gz); needs the extra `train`.

`python -m evals.fit_checker --claims FILE --abstracts FILE --out FILE`. Examples are pairs of
public sets, weighed by how far they can be trusted, and sentences of arXiv abstracts, reworded
(still true) and changed in one point (no longer true). SciFact and SummEdits stay unseen. Figures
are cross-validated; folds keep the claims about one document together.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.bench.progress import tracked
from evals.edits import make_pairs
from evals.files import read_objects
from evals.fit import _to_trees
from evals.metrics import auroc, balanced_accuracy
from rag.answerers.model import Matrix
from rag.checking import THRESHOLD
from rag.checking.comparison import compare
from rag.checking.features import figures
from rag.checking.model import CheckerModel, from_json

FOLDS = 5
SOURCES = {
    "check_covid": (1.0, 2266), "evidence_inference_v2": (0.5, 800), "feverous_dev": (0.5, 600),
    "fool_me_twice": (1.0, 1200), "fever_symmetric": (1.0, 1000), "wice": (1.0, 1200),
    "mnli_llmsknow": (0.7, 1000), "semi_auto_nli_wiki": (1.0, 1200), "negation_nli": (0.5, 500),
    "breaking_nli": (0.3, 300), "cad_snli": (0.3, 400), "entailment_tree_nli": (0.3, 300),
}  # fmt: skip
"""Weight of a claim, and how many are drawn. Left out: drop_nli (its contradictions are
arithmetic), semantic_fragments and conj_nli (templates), citation_integrity (supports that go
beyond)."""

BY_CLAIM = frozenset({"check_covid", "fool_me_twice"})
"""Sets that put one claim to many documents: their folds keep the claim together."""

ABSTRACTS = 1500
OWN_WEIGHT = 1.0
OWN = "own: "
TASKS = {"support": ("support", None), "agree": ("support", "neutral"),
         "against": ("contradict", "support")}  # fmt: skip
"""By forest: the label that it tells from the others, and the label that it never sees."""

RISING = frozenset(
    "coverage_best coverage_chosen coverage_all strict_best strict_all pairs_best pairs_all"
    " agreeing coverage_title coverage_second sentences_near weaker_half weaker_half_best"
    " weakest_clause".split()
)
"""Figures of which more never speaks against a claim."""

FALLING = frozenset(
    "missing_most missing_sum missing_count missing_share missing_lead numbers_absent"
    " numbers_misused names_absent names_marked_absent names_displaced names_margin reversal_most"
    " reversal_margin reversals_clear reversed_prefix negation_most negation_margin opposing"
    " swapped unmet".split()
)
"""Figures of which more never speaks for one."""

_CARRIED = RISING - {"agreeing"} | frozenset(
    "missing_most missing_sum missing_count missing_share missing_lead names_absent"
    " names_marked_absent unmet".split()
)
ORDERED = {"support": RISING | FALLING, "agree": (RISING | FALLING) - _CARRIED, "against": _CARRIED}
"""By forest: the figures that may only speak one way, which carries over to texts unlike these."""

_MOST_CHARACTERS = 6000


@dataclass(frozen=True)
class Example:
    """A claim's figures and its label.

    Attributes:
        row: Figures, by name.
        label: `support`, `contradict` or `neutral`.
        source: The set that it comes from, or the kind of change that was made.
        group: The document: kept in one fold.
        weight: How much it counts.
    """

    row: dict[str, float]
    label: str
    source: str
    group: str
    weight: float


def read_claims(path: Path, seed: int = 0) -> Iterator[Example]:
    """Drawn claims of the public sets."""
    known: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, item in read_objects(path):
        if item["source"] in SOURCES and len(item["document"]) <= _MOST_CHARACTERS:
            known[item["source"]].append(item)
    chance = random.Random(seed)
    drawn = [
        item
        for source, (_, count) in SOURCES.items()
        for item in chance.sample(known[source], min(count, len(known[source])))
    ]
    for item in tracked("Reading claims", drawn):
        row = _figures_of(item["claim"], item["document"])
        if row is not None:
            weight = SOURCES[item["source"]][0]
            group = item["claim"] if item["source"] in BY_CLAIM else item["document"][:200]
            yield Example(row, item["label"], item["source"], group, weight)


def read_abstracts(path: Path, count: int = ABSTRACTS, seed: int = 0) -> Iterator[Example]:
    """Reworded and changed sentences of drawn abstracts."""
    known = [(item["title"], item["abstract"]) for _, item in read_objects(path)]
    drawn = random.Random(seed).sample(known, min(count, len(known)))
    for pair in tracked("Reading abstracts", list(make_pairs(drawn, seed))):
        row = _figures_of(pair.claim, pair.document)
        if row is not None:
            yield Example(row, pair.label, OWN + pair.kind, pair.document[:200], OWN_WEIGHT)


def fit(examples: Sequence[Example]) -> dict[str, Any]:
    """The model as JSON values, and how it did on folds that it had not seen."""
    rows = np.array([list(example.row.values()) for example in examples], float)
    names = list(examples[0].row)
    labels = np.array([example.label for example in examples])
    folds = _folds(examples)
    model, unseen = {}, {}
    for name, (wanted, left_out) in TASKS.items():
        asked, truth = labels != left_out, labels == wanted
        weights, signs = _weights(examples, asked, truth), _signs(name, names)
        unseen[name] = np.zeros(len(examples))
        for fold in range(FOLDS):
            here, there = folds == fold, asked & (folds != fold)
            forest = _fit_forest(signs, rows[there], truth[there], weights[there])
            unseen[name][here] = forest.predict_proba(rows[here])[:, 1]
        model[name] = _to_trees(_fit_forest(signs, rows[asked], truth[asked], weights[asked]))
    return {"model": model, "report": _report(examples, unseen)}


def save(values: dict[str, Any], path: Path) -> CheckerModel:
    """Writes the model, the same bytes for the same values, and reads it back."""
    text = json.dumps(values, separators=(",", ":"), sort_keys=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return from_json(values)


def _figures_of(claim: str, document: str) -> dict[str, float] | None:
    found = compare(claim, [document])
    return None if found is None else figures(found)


def _folds(examples: Sequence[Example]) -> Matrix:
    groups = sorted({example.group for example in examples})
    order = np.random.default_rng(0).permutation(len(groups))
    number = {group: int(place) % FOLDS for group, place in zip(groups, order, strict=True)}
    return np.array([number[example.group] for example in examples])


def _weights(examples: Sequence[Example], asked: Matrix, truth: Matrix) -> Matrix:
    """Weights by which, of the public and of the own claims, both answers count the same."""
    own = np.array([example.source.startswith(OWN) for example in examples])
    weights = np.array([example.weight for example in examples])
    balanced = weights.copy()
    for kind in (own, np.logical_not(own)):
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
    sets = {name: sources == name for name in sorted(set(sources[~own]))} | {"own": own}
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
    """Reads, fits, writes the model and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--claims", type=Path, required=True)
    parser.add_argument("--abstracts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    examples = [*read_claims(given.claims), *read_abstracts(given.abstracts)]
    found = fit(examples)
    save(found["model"], given.out)
    sys.stdout.write(json.dumps(found["report"], indent=1) + "\n")


if __name__ == "__main__":
    main()
