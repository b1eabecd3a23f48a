"""The default model's graph, made anew for speed: from the published file to one that fits a CPU.

The published graph keeps its weights in int8 and computes with float32, over some 450 nodes. Here
the same weights are put into 100 nodes of onnxruntime's own kind: whole attention heads, and
matrix products of int8 by int8, whose inputs are quantised as they come. One text at a time is
read, without padding, so that a vector never depends on which other texts were embedded with it;
several threads read several texts. The graph itself goes from text to text, so that a thread needs
Python's lock only once for many of them: others hold that lock for long, Chroma for as long as it
writes. docs/speed.md has the table by which this was chosen.

The weights of products keep their 8 bits where the processor multiplies such numbers exactly, and
7 where it adds pairs of products in 16 bits, which 8 would overflow: on x86 without VNNI.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

VERSION = 3
"""Raised whenever the graph changes, so that files made by earlier ones are left alone."""
LAYERS = 6
PLACES = 256
"""Tokens of a text at most, special ones included."""
HEADS = 12
EPSILON = 1e-12
CUSTOM = "com.microsoft"
ZERO = "zero"
FINE, COARSE = 127, 64
"""Steps on either side of zero that a weight takes: of 8 bits, and of 7."""

Array = NDArray[Any]


class Weight(NamedTuple):
    """A matrix as the published file has it: int8 `steps` times one `scale` a column."""

    steps: Array
    scale: Array

    def plain(self) -> Array:
        """The matrix in float32."""
        return np.asarray(self.steps.astype(np.float32) * self.scale, dtype=np.float32)


class Weights(Protocol):
    """The weights of an encoder like MiniLM-L6, by what they are for."""

    def product(self, layer: int, place: int) -> Weight:
        """A matrix of a layer: query, key, value, output, widening, narrowing."""

    def embedding(self, name: str) -> Weight:
        """The table of `word` or of `position`."""

    def get(self, name: str) -> Array:
        """Anything else, by its name."""


def fuse(published: str, steps: int | None = FINE) -> bytes:
    """The model file, remade.

    Args:
        published: Path of the file.
        steps: Steps on either side of zero that weights take (`FINE`, `COARSE`); None for
            products of float32, for comparison.

    Returns:
        An ONNX model. It takes the token ids of all texts, one after the other (`input_ids`), and
        where each text begins and ends among them (`starts`, `ends`); it gives the mean of each
        text's states (`means`, shape (texts, 384)), and the states of the last text
        (`last_hidden_state`, shape (tokens, 384)).
    """
    import onnx

    graph = Graph(_Published(onnx.load(published).graph), steps)
    states = graph.node("Squeeze", [graph.encode(), ZERO], "states")
    mean = graph.node("ReduceMean", [states], "mean", axes=[0], keepdims=0)
    return graph.to_bytes("all-MiniLM-L6-v2", ["input_ids"], {"means": (mean, (384,))}, states)


class _Published:
    """The weights of the published file, by what they are for."""

    def __init__(self, graph: Any) -> None:  # noqa: ANN401 - onnx's types come with onnx
        from onnx import numpy_helper

        self._arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
        self._products = self._in_order(graph)

    def _in_order(self, graph: Any) -> list[Weight]:  # noqa: ANN401
        """The matrices of products: query, key, value, output, widening, narrowing, by layer."""
        names = (name for node in graph.node if node.op_type == "MatMul" for name in node.input)
        return [
            Weight(self._arrays[f"{name}_q"], self._arrays[f"{name}_scale"])
            for name in names
            if f"{name}_q" in self._arrays
        ]

    def product(self, layer: int, place: int) -> Weight:
        return self._products[6 * layer + place]

    def embedding(self, name: str) -> Weight:
        name = f"inner.embeddings.{name}_embeddings.weight"
        return Weight(self._arrays[f"{name}_q"], self._arrays[f"{name}_scale"])

    def get(self, name: str) -> Array:
        return self._arrays[f"inner.{name}"]


class Graph:
    """A graph that goes from text to text while it is being made; `node` adds to one turn of it.

    The tokens of all texts come one after the other, with `starts` and `ends` of each text.
    """

    def __init__(self, weights: Weights, steps: int | None) -> None:
        """Begins with nothing.

        Args:
            weights: Those of the encoder.
            steps: As in `fuse`.
        """
        self._weights = weights
        self._steps = steps
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._rounded: dict[str, tuple[str, str, str]] = {}
        self._state = ""
        self.constant(ZERO, np.array([0], dtype=np.int64))
        self._sides = [
            self.node(
                "Unsqueeze",
                [self.node("Gather", [side, "turn"], f"{side}_now"), ZERO],
                f"{side}_here",
            )
            for side in ("starts", "ends")
        ]

    def slice(self, name: str) -> str:
        """What an input holds of the text whose turn it is; shape (tokens,)."""
        return self.node("Slice", [name, *self._sides], f"{name}_now")

    def encode(self, marks: str | None = None) -> str:
        """The states of a text's tokens; shape (1, tokens, 384).

        Args:
            marks: Name of what says of which kind each token is; shape (tokens,). One kind, the
                first, where None.
        """
        self._embed(marks)
        for number in range(LAYERS):
            self._layer(number)
        return self._state

    def _embed(self, marks: str | None) -> None:
        """Words, places and kinds, added and normalised."""
        from onnx import TensorProto

        words, places = self._weights.embedding("word"), self._weights.embedding("position")
        kinds = self._weights.get("embeddings.token_type_embeddings.weight")
        ids = self.node("Unsqueeze", [self.slice("input_ids"), ZERO], "text")
        steps = self.node("Gather", [self.constant("words", words.steps), ids], "word_steps")
        plain = self.node("Cast", [steps], "word_plain", to=TensorProto.FLOAT)
        scale = self.node("Gather", [self.constant("scales", words.scale), ids], "word_scale")
        word = self.node("Mul", [plain, scale], "word")
        count = self.node("Shape", [ids], "count", start=1, end=2)
        table = self.constant("places", places.plain()[:PLACES] + (0 if marks else kinds[0]))
        place = self.node("Slice", [table, ZERO, count, ZERO], "place")
        total = self.node("Add", [word, place], "sum")
        if marks is not None:
            kind = self.node("Gather", [self.constant("kinds", kinds), marks], "kind")
            total = self.node("Add", [total, kind], "sum_of_three")
        self._state = self._normalised(total, "embeddings")

    def _layer(self, number: int) -> None:
        """Attention, then two products with a curve between them, each added to what came in."""
        name = f"encoder.layer.{number}"
        parts = ("query", "key", "value")
        asked = [
            self._product(number, place, self._state, f"{name}.attention.self.{part}.bias")
            for place, part in enumerate(parts)
        ]
        seen = self.node(
            "MultiHeadAttention", asked, f"{name}.seen", domain=CUSTOM, num_heads=HEADS
        )
        told = self._product(number, 3, seen, f"{name}.attention.output.dense.bias")
        self._add(told, f"{name}.attention.output")
        wide = self._product(number, 4, self._state, f"{name}.intermediate.dense.bias")
        curved = self.node("Gelu", [wide], f"{name}.curved", domain=CUSTOM)
        self._add(self._product(number, 5, curved, f"{name}.output.dense.bias"), f"{name}.output")

    def to_bytes(
        self,
        name: str,
        inputs: Sequence[str],
        outputs: dict[str, tuple[str, tuple[int, ...]]],
        states: str,
    ) -> bytes:
        """The model, as its file holds it: all nodes so far in a loop over the texts.

        Args:
            name: Of the model.
            inputs: One number a token, for all texts.
            outputs: What each turn gives, and of which shape; one row a text.
            states: What only the last turn gives (`last_hidden_state`, shape (tokens, 384)).
        """
        from onnx import helper

        turn = self._turn(outputs, states)
        self._nodes = []
        count = self.node("Squeeze", [self.node("Shape", ["starts"], "texts"), ZERO], "turns")
        none = self.constant("none", np.zeros((0, 384), dtype=np.float32))
        self.node("Loop", [count, "", none], "last_hidden_state", *outputs, body=turn)
        shapes = {"last_hidden_state": (384,)} | {key: shape for key, (_, shape) in outputs.items()}
        graph = helper.make_graph(
            self._nodes,
            name,
            [_value(item, "INT64", item) for item in (*inputs, "starts", "ends")],
            [_value(item, "FLOAT", item, *shape) for item, shape in shapes.items()],
            self._constants,
        )
        versions = [helper.make_opsetid("", 17), helper.make_opsetid(CUSTOM, 1)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=9)
        return bytes(model.SerializeToString(deterministic=True))

    def _turn(self, outputs: dict[str, tuple[str, tuple[int, ...]]], states: str) -> Any:  # noqa: ANN401 - onnx's types come with onnx
        """What is done for each text; of its states only the last text's outlive it."""
        from onnx import helper

        on = self.node("Identity", ["going"], "goes_on")
        given = [_value(name, "FLOAT", *shape) for name, shape in outputs.values()]
        return helper.make_graph(
            self._nodes,
            "text",
            [
                _value("turn", "INT64"),
                _value("going", "BOOL"),
                _value("earlier", "FLOAT", "before", 384),
            ],
            [_value(on, "BOOL"), _value(states, "FLOAT", "now", 384), *given],
        )

    def _add(self, told: str, name: str) -> None:
        self._state = self._normalised(self.node("Add", [told, self._state], f"{name}.sum"), name)

    def _normalised(self, state: str, name: str) -> str:
        kinds = ("weight", "bias")
        given = [f"{name}.LayerNorm.{kind}" for kind in kinds]
        inputs = [state, *(self.constant(item, self._weights.get(item)) for item in given)]
        return self.node("LayerNormalization", inputs, f"{name}.state", axis=-1, epsilon=EPSILON)

    def _product(self, layer: int, place: int, state: str, bias: str) -> str:
        """The state times a matrix, plus a bias."""
        weight = self._weights.product(layer, place)
        name = bias.removesuffix(".bias")
        added = self.constant(bias, self._weights.get(bias))
        if self._steps is None:
            plain = self.constant(f"{name}.weight", weight.plain())
            return self.node(
                "Add", [self.node("MatMul", [state, plain], f"{name}.product"), added], name
            )
        highest = int(np.abs(weight.steps).max())
        steps = np.rint(weight.steps * (self._steps / highest)).astype(np.int8)
        scale = (weight.scale * (highest / self._steps)).astype(np.float32).reshape(-1)
        rounded, factor, zero = self._quantise(state)
        matrix = self.constant(f"{name}.weight", steps)
        factors = self.constant(f"{name}.scale", scale)
        inputs = [rounded, matrix, factor, factors, zero, "", added]
        return self.node("MatMulIntegerToFloat", inputs, name, domain=CUSTOM)

    def _quantise(self, state: str) -> tuple[str, str, str]:
        """The state in uint8, its scale and its zero; once, however many products read it."""
        if state not in self._rounded:
            names = (f"{state}.steps", f"{state}.scale", f"{state}.zero")
            self.node("DynamicQuantizeLinear", [state], *names)
            self._rounded[state] = names
        return self._rounded[state]

    def constant(self, name: str, value: Array) -> str:
        """Adds an array; its name."""
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], *outputs: str, **more: Any) -> str:  # noqa: ANN401
        """Adds a node; the name of its first output."""
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, outputs, name=outputs[0], **more))
        return outputs[0]


def _value(name: str, kind: str, *shape: str | int) -> Any:  # noqa: ANN401
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, getattr(TensorProto, kind), shape)
