"""The learned part of the checker: from figures to probabilities.

Three forests, fitted by `evals.fit_checker` on public claims, on those that were written for the
reader, and on reworded and changed sentences of arXiv abstracts: whether the passages support a
claim; whether, if they speak of it, they agree; and whether, if they do not support it, they
contradict it. Where a reader gave its opinion, too, weights join that to each of them.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from rag.checking.meaning import Leaning
from rag.trees import Matrix, Trees, read_trees, sigmoid

MODEL_FILE = "checker_model.json.gz"
FORESTS = ("support", "agree", "against")


class Odds(NamedTuple):
    """Probabilities by figures alone.

    Attributes:
        support: That the passages support a claim.
        agree: The same, given that they either support or contradict it.
        against: That they contradict it, given that they do not support it.
        strict: That they support it, before what lets freely worded drafts pass.
    """

    support: float
    agree: float
    against: float
    strict: float


@dataclass(frozen=True)
class Forests:
    """The three forests behind `Odds`."""

    support: Trees
    agree: Trees
    against: Trees

    def judge(self, row: Matrix) -> LogOdds:
        """The log-odds of a claim by its figures."""
        return LogOdds(
            *(
                log_odds(float(forest.predict(row[None])[0]))
                for forest in (self.support, self.agree, self.against)
            )
        )


class LogOdds(NamedTuple):
    """What `Odds` says, before offsets and as logarithms."""

    support: float
    agree: float
    against: float


class Weights(NamedTuple):
    """Of one question: the weight of the forests, of the reader, and of neither."""

    forests: float = 1.0
    reader: float = 0.0
    bias: float = 0.0

    def join(self, forests: float, reader: float) -> float:
        """The log-odds out of both."""
        return self.forests * forests + self.reader * reader + self.bias


class LogWeights(NamedTuple):
    """Weights by question, as in `LogOdds`; the reader has a say only where it has a weight."""

    support: Weights = Weights()
    agree: Weights = Weights()
    against: Weights = Weights()


@dataclass(frozen=True)
class Judge:
    """A reader of claims together with passages, and how much its word counts.

    Attributes:
        read: (claim, sentences) -> how these lean, as `rag.reader.model.CrossEncoder.judge`.
        weights: What joins it to the forests, as `evals.fit_joined` fits it.
        offset: By what both together are too strict.
    """

    read: Callable[[str, Sequence[str]], Leaning]
    weights: LogWeights
    offset: float = 0.0


@dataclass(frozen=True)
class CheckerModel:
    """Forests for figures by words alone, and for those with figures of meaning.

    The first have seen abstracts' own sentences reworded and changed, which keep close to their
    words; the second only claims that people or LLMs wrote, which do not.
    """

    words: Forests
    meaning: Forests

    def judge(
        self,
        figures: Mapping[str, float],
        opinion: Leaning | None = None,
        judge: Judge | None = None,
    ) -> Odds:
        """The odds of a claim.

        Args:
            figures: Of `rag.checking.features.figures`.
            opinion: A reader's, if there is one; it joins only both views together.
            judge: Whose it is.
        """
        total, offset = self.weigh(figures), 0.0
        if "means_support" in figures and opinion is not None and judge is not None:
            offset = judge.offset
            triples = zip(judge.weights, total, reader_odds(opinion), strict=True)
            total = LogOdds(*(own.join(forests, reader) for own, forests, reader in triples))
        support, agree, against, strict = (
            float(sigmoid(np.array(value))) for value in (total[0] + offset, *total[1:], total[0])
        )
        return Odds(support, agree, against, strict)

    def weigh(self, figures: Mapping[str, float]) -> LogOdds:
        """What the forests say: support by both views together, all else by meaning."""
        row = np.fromiter(figures.values(), dtype=np.float64)
        words = self.words.judge(row)
        if "means_support" not in figures:
            return words
        meaning = self.meaning.judge(row)
        return meaning._replace(support=(words.support + meaning.support) / 2)


def reader_odds(opinion: Leaning) -> LogOdds:
    """What a reader's opinion says to the same questions."""
    others = np.logaddexp(opinion.contradict, opinion.neither)
    return LogOdds(
        opinion.support - float(others),
        opinion.support - opinion.contradict,
        opinion.contradict - opinion.neither,
    )


def log_odds(probability: float) -> float:
    """The logarithm of the odds."""
    return math.log(probability / (1 - probability))


@lru_cache(maxsize=1)
def load_model() -> CheckerModel:
    """The model that comes with the package."""
    packed = (files("rag.checking") / MODEL_FILE).read_bytes()
    return from_json(json.loads(gzip.decompress(packed)))


def from_json(values: dict[str, Any]) -> CheckerModel:
    """The model that these values describe."""
    return CheckerModel(_forests(values["words"]), _forests(values["meaning"]))


def _forests(values: dict[str, Any]) -> Forests:
    return Forests(*(read_trees(values[name]) for name in FORESTS))
