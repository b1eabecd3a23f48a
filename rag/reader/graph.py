"""The trained network as an ONNX graph of int8 products, as `vectorstore.fused` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.reader.encoding import MOST_TOKENS
from vectorstore.fused import CUSTOM, FINE, ZERO, Graph, Weight

Array = NDArray[Any]
WIDTH, ODDS = 384, 5
NOWHERE = -1e4
PARTS = (
    "attention.self.query", "attention.self.key", "attention.self.value",
    "attention.output.dense", "intermediate.dense", "output.dense",
)  # fmt: skip


class _Trained:
    """The weights of the network's encoder."""

    def __init__(self, state: Mapping[str, Array]) -> None:
        self._state = state

    def product(self, layer: int, place: int) -> Weight:
        return quantise(self.get(f"encoder.layer.{layer}.{PARTS[place]}.weight").T, axis=0)

    def embedding(self, name: str) -> Weight:
        return quantise(self.get(f"embeddings.{name}_embeddings.weight"), axis=1)

    def get(self, name: str) -> Array:
        return self._state[f"encoder.{name}"]


def quantise(matrix: Array, axis: int) -> Weight:
    """Int8 steps, and a scale for each line along an axis, whose greatest value takes them all."""
    greatest = np.abs(matrix).max(axis=axis, keepdims=True)
    scale = np.where(greatest > 0, greatest / FINE, 1.0).astype(np.float32)
    return Weight(np.rint(matrix / scale).astype(np.int8), scale)


def export(state: Mapping[str, Array], steps: int | None = FINE) -> bytes:
    """The network as an ONNX model.

    Args:
        state: Its weights, by the names that PyTorch gives them.
        steps: As in `vectorstore.fused.fuse`.

    Returns:
        A model that takes token ids and marks of all pairs, one after the other (`input_ids`,
        `marks`), and where each begins and ends (`starts`, `ends`); it gives the odds of each pair
        (`odds`, shape (pairs, 5)) and of each of its tokens to begin and to end the answer
        (`edges`, shape (pairs, 256, 2); far below zero where there is none).
    """
    graph = Graph(_Trained(state), steps)
    marks = graph.slice("marks")
    states = graph.node("Squeeze", [graph.encode(marks), ZERO], "states")
    theirs = graph.node("Cast", [_parity(graph, marks)], "theirs", to=1)
    ours = graph.node("Sub", [graph.constant("one", np.ones(1, np.float32)), theirs], "ours")
    odds = _odds(graph, state, states, ours, theirs)
    edges = _edges(graph, state, states, ours)
    outputs = {"odds": (odds, (ODDS,)), "edges": (edges, (MOST_TOKENS, 2))}
    return graph.to_bytes("quoth-reader", ["input_ids", "marks"], outputs, states)


def _parity(graph: Graph, marks: str) -> str:
    return graph.node("Mod", [marks, graph.constant("two", np.array([2], np.int64))], "parity")


def _mean(graph: Graph, states: str, weights: str) -> str:
    row = graph.node("Unsqueeze", [weights, ZERO], f"{weights}_row")
    total = graph.node("MatMul", [row, states], f"{weights}_total")
    count = graph.node("ReduceSum", [row], f"{weights}_count", keepdims=1)
    return graph.node("Div", [total, count], f"{weights}_mean")


def _odds(graph: Graph, state: Mapping[str, Array], states: str, ours: str, theirs: str) -> str:
    asked, passage = _mean(graph, states, ours), _mean(graph, states, theirs)
    end = graph.constant("first", np.array([1], np.int64))
    head = graph.node("Slice", [states, ZERO, end, ZERO], "head")
    apart = graph.node("Abs", [graph.node("Sub", [asked, passage], "difference")], "apart")
    both = graph.node("Mul", [asked, passage], "both")
    joined = graph.node("Concat", [head, asked, passage, apart, both], "joined", axis=1)
    wide = _linear(graph, state, "wide", joined)
    curved = graph.node("Gelu", [wide], "wide_curved", domain=CUSTOM)
    return graph.node("Squeeze", [_linear(graph, state, "whole", curved), ZERO], "pair_odds")


def _edges(graph: Graph, state: Mapping[str, Array], states: str, ours: str) -> str:
    edges = _linear(graph, state, "edges", states)
    nowhere = graph.constant("nowhere", np.array([NOWHERE], np.float32))
    last = graph.constant("last", np.array([1], np.int64))
    barred = graph.node("Mul", [ours, nowhere], "barred")
    barred = graph.node("Unsqueeze", [barred, last], "barred_column")
    edges = graph.node("Add", [edges, barred], "edges_barred")
    count = graph.node("Shape", [states], "length", start=0, end=1)
    most = graph.constant("most", np.array([MOST_TOKENS], np.int64))
    lacking = graph.node("Sub", [most, count], "lacking")
    before = graph.constant("before", np.zeros(2, np.int64))
    pads = graph.node("Concat", [before, lacking, ZERO], "pads", axis=0)
    filling = graph.constant("filling", np.array(NOWHERE, np.float32))
    return graph.node("Pad", [edges, pads, filling], "pair_edges")


def _linear(graph: Graph, state: Mapping[str, Array], name: str, given: str) -> str:
    weight = graph.constant(f"{name}.weight", state[f"{name}.weight"].T)
    bias = graph.constant(f"{name}.bias", state[f"{name}.bias"])
    product = graph.node("MatMul", [given, weight], f"{name}.product")
    return graph.node("Add", [product, bias], f"{name}.sum")
