"""Fits the weights that join a reader to the checker's forests; needs the extra `fit`.

`python -m evals.fit_joined --data DIR --reader DIR` writes them into the reader's folder: for
whether passages agree with a claim, and whether they contradict it; and for whether they support
it, as `evals.settling` tells. They are fitted to claims that neither the forests nor the reader has
learned from, neither the claim nor its document: of the forests' public sets (the network for
meaning, whose leaning the forests weigh, has seen some of them), and of those that were written for
the reader plainly, as an expert notes them down. The figures are cross-validated by document, and
told of those that were written as an LLM words them, too. (Of some papers of the written ones both
have seen pairs invented from the abstracts.) Of a set of n claims each counts as the root of 1/n;
all in an LLM's words together, where they are fitted to, count as much as all others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evals.bench.asking import sample_files
from evals.bench.progress import tracked
from evals.checker_examples import FOREST_SOURCES, draw_claims
from evals.files import read_objects
from evals.fit import FOLDS, folds_of
from evals.fit_checker import TASKS
from evals.metrics import auroc, balanced_accuracy
from evals.settling import (
    Sentence,
    drafted_sentences,
    look_at,
    settle,
    written_sentences,
)
from rag.checking.comparison import compare
from rag.checking.features import figures
from rag.checking.meaning import Reader
from rag.checking.model import Judge, LogOdds, LogWeights, load_model, reader_odds
from rag.reader.examples import NAMES, is_held_out
from rag.reader.papers import PUBLIC
from rag.reader.trained import WEIGHTS_FILE, open_reader
from rag.reader.written import PLAIN, SOURCE, written_papers
from rag.trees import Matrix, sigmoid
from vectorstore import minilm

JOINED = ("agree", "against")
"""What the reader has a say in by weights that are fitted: to public claims and plain ones."""
CASES = Path(__file__).parent / "cases"
DRAFTS = (CASES / "drafts.jsonl", CASES / "drafts_fresh.jsonl")
"""About the sample's papers."""


class Heard(NamedTuple):
    """A claim that both have judged.

    Attributes:
        forests: The log-odds of the forests.
        reader: Those of the reader.
        label: `support`, `contradict` or `neutral`.
        source: The set that it comes from.
        document: What it is about.
    """

    forests: LogOdds
    reader: LogOdds
    label: str
    source: str
    document: str


def unlearned(path: Path) -> list[Sentence]:
    """The claims of the forests' public sets that neither has learned from."""
    everything = [item for _, item in read_objects(path)]
    drawn = [
        item
        for name, items in draw_claims(path)
        if name in FOREST_SOURCES
        for item in items[: FOREST_SOURCES[name].claims]
    ]
    claims = {item["claim"] for item in everything if not is_held_out(item["document"])}
    claims |= {item["claim"] for item in drawn}
    documents = {item["document"] for item in drawn}
    return [
        Sentence(item["source"], item["claim"], item["document"], item["label"])
        for item in everything
        if item["source"] in FOREST_SOURCES
        and is_held_out(item["document"])
        and item["claim"] not in claims
        and item["document"] not in documents
    ]


def hear(items: Sequence[Sentence], read: Reader, judge: Judge) -> Iterator[Heard]:
    """What both say of claims about documents."""
    model = load_model()
    for item in tracked("Checking", list(items)):
        found = compare(item.claim, [item.paper], read=read, judge=judge)
        if found is not None and found.leaning is not None and found.opinion is not None:
            forests = model.weigh(figures(found))
            yield Heard(forests, reader_odds(found.opinion), item.label, item.origin, item.paper)


def fit(heard: Sequence[Heard]) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """By question, the weight of the forests, of the reader and of neither; and how all did."""
    labels = np.array([item.label for item in heard])
    folds = folds_of([item.document for item in heard])
    weights = {name: list(own) for name, own in LogWeights()._asdict().items()}
    counts = Counter(item.source for item in heard)
    counted = np.array([counts[item.source] ** -0.5 for item in heard])
    written, plain = (np.array([item.source == name for item in heard]) for name in (SOURCE, PLAIN))
    if written.any() and not written.all():
        counted[written] *= counted[~written].sum() / counted[written].sum()
    report: dict[str, Any] = {"claims": dict(counts)}
    for place, (name, (wanted, left_out)) in enumerate(TASKS.items()):
        asked, truth = labels != left_out, labels == wanted
        fitted = asked & ~written if name in JOINED and not written.all() else asked
        rows = np.array([(item.forests[place], item.reader[place]) for item in heard])
        joined = np.zeros(len(heard))
        for fold in range(FOLDS):
            here, there = folds == fold, fitted & (folds != fold)
            *slopes, bias = _regress(rows[there], truth[there], counted[there])
            joined[here] = rows[here] @ np.array(slopes) + bias
        ways = {"reader off": rows[:, 0], "reader alone": rows[:, 1], "reader on": joined}
        report[name] = {
            kind: {way: _tell(odds[here], truth[here]) for way, odds in ways.items()}
            for kind, here in (
                ("public", asked & ~written & ~plain),
                ("written", asked & written),
                ("written plainly", asked & plain),
            )
            if here.any()
        }
        if name in JOINED:
            weights[name] = _regress(rows[fitted], truth[fitted], counted[fitted])
    return weights, report


def _regress(rows: Matrix, truth: Matrix, counted: Matrix) -> list[float]:
    """Of a logistic regression on as many of both answers: each column's weight, and the bias."""
    from sklearn.linear_model import LogisticRegression

    balanced = counted.copy()
    for answer in (truth, np.logical_not(truth)):
        balanced[answer] /= counted[answer].sum()
    found = LogisticRegression(C=100.0).fit(rows, truth, sample_weight=balanced * len(truth))
    return [round(float(value), 4) for value in (*found.coef_[0], found.intercept_[0])]


def _tell(odds: Matrix, truth: Matrix) -> dict[str, float | None]:
    said = (sigmoid(odds) >= 0.5).tolist()  # noqa: PLR2004 - even chances
    found = {
        "auroc": auroc(odds.tolist(), truth.tolist()),
        "balanced_accuracy": balanced_accuracy(said, truth.tolist()),
    }
    return {name: value and round(value, 3) for name, value in found.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads, fits, writes the weights into the model and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="As of rag.reader.train.")
    parser.add_argument("--reader", type=Path, required=True, help="A trained reader's folder.")
    given = parser.parse_args(arguments)
    reader = open_reader(given.reader)
    judge = Judge(reader.encoder.judge, LogWeights())
    written = list(written_sentences(written_papers(given.data)))
    public = unlearned(given.data / PUBLIC / NAMES[0])
    weights, report = fit(list(hear([*public, *written], minilm.read, judge)))
    drafts = drafted_sentences(DRAFTS, sample_files()[0])
    settled = settle(look_at([*written, *drafts], judge))
    joined = {**weights, "support": settled.weights, "offset": settled.offset}
    values = {"reader": reader.hash, **joined}
    (given.reader / WEIGHTS_FILE).write_text(json.dumps(values) + "\n", "utf-8")
    report = {"weights": joined, **report, "settled": settled.report}
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
