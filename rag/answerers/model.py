"""The learned part of the embedded answerer: which sentence answers, and whether any does.

Two small models, fitted by `python -m evals fit` on questions about arXiv abstracts and on
SciFact train (docs/answering.md), stored as JSON and evaluated here with numpy: gradient-boosted
trees that judge a sentence, and others that judge the best of them together with how much
abstracts tend to say of what such words ask for.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.question import Question
from rag.trees import Matrix, Trees, read_trees

MODEL_FILE = "answer_model.json.gz"


@dataclass(frozen=True)
class Wording:
    """How often abstracts say what a question in such words, of such a meaning, asks for.

    Attributes:
        ngrams: Log-odds by word and by pair of words.
        meaning: Log-odds by dimension of the vector of the question without its names.
        bias: Log-odds to start with.
    """

    ngrams: dict[str, float]
    meaning: Matrix
    bias: float

    def odds(self, question: Question, meaning: NDArray[Any]) -> float:
        """The log-odds that abstracts say it.

        Args:
            question: Taken apart.
            meaning: The vector of `mask_names(question)`.
        """
        found = sum(self.ngrams.get(item, 0.0) for item in set(wording(question)))
        return self.bias + found + float(self.meaning @ meaning)


@dataclass(frozen=True)
class AnswerModel:
    """Both models, and the wording that they weigh.

    Attributes:
        sentences: Whether a sentence answers.
        wording: Whether abstracts say what the question asks for.
        answers: Whether the best sentence does answer.
    """

    sentences: Trees
    wording: Wording
    answers: Trees

    def judge_sentences(self, rows: Matrix) -> Matrix:
        """The probability of each sentence to answer; its features by row."""
        return self.sentences.predict(rows)

    def judge_answer(
        self, question: Question, meaning: NDArray[Any], rows: Matrix, probabilities: Matrix
    ) -> float:
        """The probability that the best of these sentences answers the question."""
        odds = self.wording.odds(question, meaning)
        return float(self.answers.predict(answer_features(rows, probabilities, odds)[None])[0])


def mask_names(question: Question) -> str:
    """The question with `it` in place of each name: what it asks, not of what."""
    text, end = "", 0
    for name in sorted(question.names, key=lambda name: name.start):
        text += question.text[end : name.start] + "it"
        end = name.start + len(name.text)
    return text + question.text[end:]


def wording(question: Question) -> list[str]:
    """The words of a question and their pairs, with a mark in place of each name."""
    named = {word.start for word in question.names}
    tokens = [
        "<name>" if match.start() in named else match.group().casefold()
        for match in re.finditer(r"[^\W_]+(?:[-.'’/+][^\W_]+)*\+*", question.text)
    ]
    return [*tokens, *(f"{left} {right}" for left, right in zip(tokens, tokens[1:], strict=False))]


def answer_features(rows: Matrix, probabilities: Matrix, odds: float) -> Matrix:
    """What the answer as a whole is judged by: its two best sentences, and the best of all."""
    order = np.argsort(-probabilities, kind="stable")
    best, second = order[0], order[min(1, len(order) - 1)]
    ranked = probabilities[order]
    share = np.clip(ranked[0], 1e-6, 1 - 1e-6)
    summary = [ranked[0], ranked[min(1, len(ranked) - 1)], ranked.mean(), len(ranked)]
    return np.concatenate(
        [rows[best], rows[second], rows.max(axis=0), summary, [np.log(share / (1 - share)), odds]]
    )


@lru_cache(maxsize=1)
def load_model() -> AnswerModel:
    """The model that comes with the package."""
    packed = (files("rag.answerers") / MODEL_FILE).read_bytes()
    return from_json(json.loads(gzip.decompress(packed)))


def from_json(values: dict[str, Any]) -> AnswerModel:
    """The model that these values describe."""
    return AnswerModel(
        read_trees(values["sentences"]),
        Wording(values["wording"], np.asarray(values["meaning"]), values["wording_bias"]),
        read_trees(values["answers"]),
    )
