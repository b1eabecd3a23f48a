"""The naive baseline: the two sentences nearest to the question, always given as the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evals.replies import Reply
from vectorstore.records import Hit
from vectorstore.sentences import split_sentences

HITS = 5
SENTENCES = 2


class Vectoriser(Protocol):
    """What the baseline needs of an embedding model: unit vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text."""

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """The vector of a question."""


def answer_naively(
    question: str, search: Callable[[str, int], Sequence[Hit]], embedder: Vectoriser
) -> Reply:
    """Cite the sentences of the first hits' passages that are most similar to the question."""
    sentences = [
        (hit.record.id, hit.passage.text[span.start : span.end])
        for hit in search(question, HITS)
        for span in split_sentences(hit.passage.text)
    ]
    if not sentences:
        return Reply(abstained=True)
    similarities = embedder.embed([text for _, text in sentences]) @ embedder.embed_question(
        question
    )
    best = np.argsort(-similarities, kind="stable")[:SENTENCES]
    return Reply(
        text=" ".join(sentences[place][1] for place in best),
        quotes=tuple(sentences[place][1] for place in best),
        cited=tuple(sentences[place][0] for place in best),
        confidence=float(np.clip(similarities[best[0]], 0, 1)),
    )
