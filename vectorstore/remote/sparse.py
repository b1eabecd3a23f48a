"""Sparse vectors in Chroma's own types: how a collection is made for them, and asked by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chromadb import K, Knn, Schema, Search, SparseVector
from chromadb.api.types import SparseVectorIndexConfig, VectorIndexConfig

FIELD = "terms"
"""The metadata that holds a paper's sparse vector."""

Weights = Mapping[int, float]
"""Weight by dimension."""


def schema() -> Any:  # noqa: ANN401 - of Chroma
    """A collection with an index of sparse vectors; the server weighs a question by rarity."""
    made = Schema()
    made.create_index(VectorIndexConfig(space="cosine", embedding_function=None))
    made.create_index(SparseVectorIndexConfig(bm25=True), key=FIELD)
    return made


def vector(weights: Weights) -> Any:  # noqa: ANN401 - of Chroma
    """The weights as Chroma keeps them."""
    dimensions = sorted(weights)
    return SparseVector(dimensions, [float(weights[item]) for item in dimensions])


def search(weights: Weights, depth: int, where: dict[str, Any] | None) -> Any:  # noqa: ANN401
    """A search for the rows whose vectors have the greatest products with these weights."""
    ranked = Search().rank(Knn(query=vector(weights), key=FIELD, limit=depth)).limit(depth)
    ranked = ranked.select(K.SCORE)
    return ranked.where(where) if where else ranked


def scores(found: Mapping[str, Any]) -> dict[str, float]:
    """The products by row id, best first; Chroma tells 1 minus the product."""
    ranked = zip(found["ids"][0], found["scores"][0], strict=True)
    return {row: 1.0 - float(score) for row, score in ranked if score < 1.0}
