"""The learned part of the checker: from figures to probabilities.

Three forests, fitted by `evals.fit_checker` on public pairs and on reworded and changed sentences
of arXiv abstracts: whether the passages support a claim; whether, if they speak of it, they agree;
and whether, if they do not support it, they contradict it.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from rag.trees import Matrix, Trees, read_trees, sigmoid

MODEL_FILE = "checker_model.json.gz"
FORESTS = ("support", "agree", "against")
_OFFSET = 0.4
"""By what two views together are too strict: set on the first half of evals/cases/drafts.jsonl."""


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

    def judge(self, row: Matrix) -> Odds:
        """The odds of a claim by its figures."""
        support, agree, against = (
            float(forest.predict(row[None])[0])
            for forest in (self.support, self.agree, self.against)
        )
        return Odds(support, agree, against, support)


@dataclass(frozen=True)
class CheckerModel:
    """Forests for figures by words alone, and for those with figures of meaning.

    The first have seen abstracts' own sentences reworded and changed, which keep close to their
    words; the second only claims that people wrote, which do not.
    """

    words: Forests
    meaning: Forests

    def judge(self, figures: Mapping[str, float]) -> Odds:
        """The odds of a claim by its figures (`rag.checking.features.figures`)."""
        row = np.fromiter(figures.values(), dtype=np.float64)
        by_words = self.words.judge(row)
        if "means_support" not in figures:
            return by_words
        by_meaning = self.meaning.judge(row)
        total = _log_odds(by_words.support) + _log_odds(by_meaning.support)
        strict, support = (float(sigmoid(np.array(total / 2 + more))) for more in (0, _OFFSET))
        return by_meaning._replace(support=support, strict=strict)


def _log_odds(probability: float) -> float:
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
