"""Gradient-boosted trees, fitted elsewhere and walked here: all of them at once; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Nodes(NamedTuple):
    """Nodes of trees, an array for each of their properties."""

    feature: NDArray[np.int64]
    threshold: Matrix
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Matrix


@dataclass(frozen=True)
class Trees:
    """Boosted regression trees over features, summed and squashed to a probability.

    Attributes:
        bias: What the sum starts with.
        nodes: Arrays over the nodes of all trees, one tree after the other; a row goes left
            where its feature is at most the threshold, and a leaf's children are itself.
        roots: Where each tree begins.
        depth: Steps, at most, from a root to a leaf.
    """

    bias: float
    nodes: Nodes
    roots: NDArray[np.int64]
    depth: int

    def predict(self, rows: Matrix) -> Matrix:
        """A probability for each row."""
        nodes = self.nodes
        at = np.repeat(self.roots[None, :], len(rows), axis=0)
        places = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            goes_left = rows[places, nodes.feature[at]] <= nodes.threshold[at]
            at = np.where(goes_left, nodes.left[at], nodes.right[at])
        return np.asarray(sigmoid(self.bias + nodes.value[at].sum(axis=1)))


def sigmoid(value: Any) -> Any:  # noqa: ANN401 - a number or an array, given back as such
    """1 / (1 + e^-x)."""
    return 1.0 / (1.0 + np.exp(-np.clip(value, -60, 60)))


def read_trees(values: dict[str, Any]) -> Trees:
    """The trees of a model's file: of each tree a list a property, -1 for the feature of a leaf."""
    sizes = np.array([len(tree[0]) for tree in values["trees"]], dtype=np.int64)
    roots = np.cumsum(sizes) - sizes
    columns = [[item for tree in values["trees"] for item in tree[place]] for place in range(5)]
    feature, left, right = (np.array(columns[place], dtype=np.int64) for place in (0, 2, 3))
    threshold, value = (np.array(columns[place], dtype=np.float64) for place in (1, 4))
    inner, own = feature >= 0, np.arange(len(feature))
    first = np.repeat(roots, sizes)
    nodes = Nodes(
        np.where(inner, feature, 0),
        threshold,
        np.where(inner, left + first, own),
        np.where(inner, right + first, own),
        value,
    )
    return Trees(values["bias"], nodes, roots, _depth(nodes, roots))


def _depth(nodes: Nodes, roots: NDArray[np.int64]) -> int:
    depth, level = 0, roots
    while len(level := level[nodes.left[level] != level]):
        level = np.concatenate([nodes.left[level], nodes.right[level]])
        depth += 1
    return depth
