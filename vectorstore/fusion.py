"""Two rankings -> one: a weighted sum of scores made comparable; pure.

Both scores are scaled over the candidates of one question: cosine similarity from the least to
the greatest, BM25 from nothing to the greatest. What one ranking did not put forward counts as
its least. The weight was chosen on SciFact train; docs/retrieval.md has the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Mode = Literal["hybrid", "vectors", "terms"]

VECTOR_WEIGHT = 0.4


class Scored(NamedTuple):
    """A candidate's fused score and the two that it is made of."""

    key: str
    score: float
    similarity: float | None
    terms: float


def fuse(
    similarities: Mapping[str, float],
    terms: Mapping[str, float],
    mode: Mode = "hybrid",
    weight: float = VECTOR_WEIGHT,
) -> list[Scored]:
    """Ranks candidates by both scores.

    Args:
        similarities: Cosine similarity of each candidate that vectors put forward.
        terms: BM25 score of each candidate that terms put forward.
        mode: Which of the two count.
        weight: Share of the vectors, in [0, 1], where both do.

    Returns:
        All candidates that the mode admits, best first; equal scores by key, so that the order
        never depends on chance. Scores lie in [0, 1].
    """
    share = {"hybrid": weight, "vectors": 1.0, "terms": 0.0}[mode]
    dense = _scaled(similarities, min(similarities.values(), default=0.0)) if share > 0 else {}
    sparse = _scaled(terms, 0.0) if share < 1 else {}
    ranked = [
        Scored(
            key,
            share * dense.get(key, 0.0) + (1 - share) * sparse.get(key, 0.0),
            similarities.get(key),
            terms.get(key, 0.0),
        )
        for key in {**dense, **sparse}
    ]
    return sorted(ranked, key=lambda item: (-item.score, item.key))


def _scaled(scores: Mapping[str, float], least: float) -> dict[str, float]:
    """Scores mapped linearly so that `least` becomes 0 and the greatest 1."""
    greatest = max(scores.values(), default=0.0)
    if greatest <= least:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - least) / (greatest - least) for key, score in scores.items()}
