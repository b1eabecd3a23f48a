"""Fits the embedded answerer's model, without a reader or with one, to questions.

Folds keep the questions of one paper together; what the second stage learns from is always
predicted by a first stage that did not see the paper. The first stage sees nothing of a reader, so
the same sentences are picked with it and without; the second hears it.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.fit_examples import Example
from evals.fit_wording import fit_wording
from evals.metrics import auroc
from rag.answerers.judging import OWN_FEATURES
from rag.answerers.model import AnswerModel, answer_features, from_json
from rag.answerers.picking import MAX_SENTENCES, SECOND_SHARE
from rag.trees import Matrix

FOLDS = 5


def fit(examples: Sequence[Example]) -> dict[str, Any]:
    """The model as JSON values, and how it did on folds that it had not seen."""
    fold = folds_of([example.group for example in examples])
    odds, probabilities = np.zeros(len(examples)), [np.zeros(0)] * len(examples)
    for number in range(FOLDS):
        train = [item for item in range(len(examples)) if fold[item] != number]
        wording = fit_wording([examples[item] for item in train])
        trees = _fit_sentences([examples[item] for item in train])
        for item in range(len(examples)):
            if fold[item] == number:
                odds[item] = wording.odds(examples[item].question, examples[item].meaning)
                probabilities[item] = trees(examples[item].rows)
    inputs = np.array(
        [
            answer_features(example.rows, probabilities[item], odds[item])
            for item, example in enumerate(examples)
        ]
    )
    right = np.array([_is_right(e, p) for e, p in zip(examples, probabilities, strict=True)])
    weight = np.array([example.weight for example in examples])
    confidence = np.zeros(len(examples))
    for number in range(FOLDS):
        answers = _fit_answers(
            inputs[fold != number], right[fold != number], weight[fold != number]
        )
        confidence[fold == number] = answers.predict_proba(inputs[fold == number])[:, 1]
    wording = fit_wording(examples)
    model = {
        "sentences": _to_trees(_fit_forest(examples)),
        "wording": wording.ngrams,
        "wording_bias": wording.bias,
        "meaning": wording.meaning.tolist(),
        "answers": _to_trees(_fit_answers(inputs, right, weight)),
    }
    return {"model": model, "report": _report(examples, right, confidence, odds)}


def save(values: dict[str, Any], path: Path) -> AnswerModel:
    """Writes the model, the same bytes for the same values, and reads it back."""
    text = json.dumps(values, separators=(",", ":"), sort_keys=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return from_json(values)


def _is_right(example: Example, probabilities: Matrix) -> bool:
    """Whether the sentences that would be picked hold one that answers.

    Claims have no marked sentences: there the paper decides.
    """
    if not example.answerable:
        return False
    if example.kind == "claim":
        return True
    order = np.argsort(-probabilities, kind="stable")[:MAX_SENTENCES]
    picked = [
        item for item in order if probabilities[item] >= SECOND_SHARE * probabilities[order[0]]
    ]
    return bool(example.right[picked].any())


def folds_of(groups: Sequence[str]) -> Matrix:
    """The fold of each example: examples of one group share it."""
    known = sorted(set(groups))
    order = np.random.default_rng(0).permutation(len(known))
    number = {group: int(place) % FOLDS for group, place in zip(known, order, strict=True)}
    return np.array([number[group] for group in groups])


def _fit_forest(examples: Sequence[Example]) -> Any:  # noqa: ANN401 - scikit-learn is untyped
    from sklearn.ensemble import HistGradientBoostingClassifier

    marked = [example for example in examples if example.kind != "claim"]
    forest = HistGradientBoostingClassifier(
        max_iter=250,
        max_depth=4,
        learning_rate=0.06,
        min_samples_leaf=40,
        l2_regularization=5,
        early_stopping=False,
        random_state=0,
    )
    weights = np.concatenate([np.full(len(e.rows), e.weight) for e in marked])
    return forest.fit(
        np.vstack([example.rows[:, :OWN_FEATURES] for example in marked]),
        np.concatenate([example.right for example in marked]),
        sample_weight=weights,
    )


def _fit_sentences(examples: Sequence[Example]) -> Callable[[Matrix], Matrix]:
    forest = _fit_forest(examples)
    return lambda rows: np.asarray(forest.predict_proba(rows[:, :OWN_FEATURES])[:, 1])


def _to_trees(forest: Any) -> dict[str, Any]:  # noqa: ANN401 - scikit-learn is untyped
    """A forest in the form that `rag.answerers.model.Trees` evaluates."""
    trees = []
    for (predictor,) in forest._predictors:  # noqa: SLF001 - the only door to the nodes
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            [
                [
                    -1 if end else int(name)
                    for end, name in zip(leaf, nodes["feature_idx"], strict=True)
                ],
                [
                    0.0 if end else float(v)
                    for end, v in zip(leaf, nodes["num_threshold"], strict=True)
                ],
                [int(value) for value in nodes["left"]],
                [int(value) for value in nodes["right"]],
                [
                    round(float(value), 6) if end else 0.0
                    for end, value in zip(leaf, nodes["value"], strict=True)
                ],
            ]
        )
    return {"bias": float(np.ravel(forest._baseline_prediction)[0]), "trees": trees}  # noqa: SLF001


def _fit_answers(inputs: Matrix, right: Matrix, weight: Matrix) -> Any:  # noqa: ANN401
    from sklearn.ensemble import HistGradientBoostingClassifier

    forest = HistGradientBoostingClassifier(
        max_iter=150,
        max_depth=3,
        learning_rate=0.06,
        min_samples_leaf=40,
        l2_regularization=5,
        early_stopping=False,
        random_state=0,
    )
    return forest.fit(inputs, right, sample_weight=weight)


def _report(
    examples: Sequence[Example], right: Matrix, confidence: Matrix, odds: Matrix
) -> dict[str, Any]:
    """Cross-validated figures, by kind of example."""
    kinds = np.array([example.kind for example in examples])
    answerable = np.array([example.answerable for example in examples])
    short = np.array([example.short for example in examples])
    table: dict[str, Any] = {"examples": {}}
    for name, chosen in (("whole", ~short), ("cut down", short)):
        if not chosen.any():
            continue
        table["examples"][name] = dict(Counter(kinds[chosen].tolist()))
        table[name] = _report_group(
            kinds[chosen],
            answerable[chosen],
            right[chosen],
            {"confidence": confidence[chosen], "wording_alone": odds[chosen]},
        )
    return table


def _report_group(
    kinds: Matrix, answerable: Matrix, right: Matrix, scores: dict[str, Matrix]
) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, values in scores.items():
        for label, chosen in (
            ("near_miss", np.isin(kinds, ["answerable", "near_miss"])),
            ("withheld", np.isin(kinds, ["answerable", "withheld"])),
            ("taken_out", np.isin(kinds, ["answerable", "taken_out"])),
            ("claims", kinds == "claim"),
        ):
            if 0 < answerable[chosen].sum() < chosen.sum():
                told = auroc(values[chosen].tolist(), answerable[chosen].tolist())
                table[f"auroc_{label}_{name}"] = told
    own, confidence = kinds != "claim", scores["confidence"]
    table["right_if_always_answering"] = _share(right[kinds == "answerable"])
    table["thresholds"] = [
        {
            "threshold": round(float(threshold), 2),
            "answerable_given": _share(confidence[kinds == "answerable"] >= threshold),
            "near_miss_refused": _share(confidence[kinds == "near_miss"] < threshold),
            "withheld_refused": _share(confidence[kinds == "withheld"] < threshold),
            "taken_out_refused": _share(confidence[kinds == "taken_out"] < threshold),
            "wrong_among_given": _share(~right[own & (confidence >= threshold)]),
        }
        for threshold in np.arange(0.1, 0.95, 0.05)
    ]
    return table


def _share(holds: Matrix) -> float | None:
    """Of how many something holds; None where there are none."""
    return float(holds.mean()) if len(holds) else None
