"""Fits what the wording of a question tells: whether abstracts tend to say what it asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evals.fit_examples import Example
from rag.answerers.model import Wording, wording

MIN_WORDING = 3
STRENGTH = 0.1
"""Inverse of the regularization."""
SCALE = 3.0
"""Length of a question's vector beside its n-grams, each of which counts 1."""


def fit_wording(examples: Sequence[Example]) -> Wording:
    """Log-odds, by n-gram and by meaning, that what a question asks for is said; names masked."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    worded = [example for example in examples if example.worded]
    counter = CountVectorizer(
        analyzer=_identity, preprocessor=None, min_df=MIN_WORDING, binary=True
    )
    table = counter.fit_transform([wording(example.question) for example in worded])
    meanings = SCALE * np.array([example.meaning for example in worded], dtype=np.float64)
    model = LogisticRegression(C=STRENGTH, max_iter=5000)
    inputs = hstack([table, csr_matrix(meanings)]).tocsr()
    model.fit(inputs, [example.answerable for example in worded])
    names, weights = counter.get_feature_names_out(), model.coef_[0]
    ngrams = {
        str(name): round(float(value), 4)
        for name, value in zip(names, weights, strict=False)
        if abs(value) >= 0.005
    }
    meaning = np.round(SCALE * np.asarray(weights[len(names) :], dtype=np.float64), 4)
    return Wording(ngrams, meaning, round(float(model.intercept_[0]), 4))


def _identity(tokens: list[str]) -> list[str]:
    return tokens
