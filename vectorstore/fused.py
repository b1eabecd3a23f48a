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

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

VERSION = 2
"""Raised whenever the graph changes, so that files made by earlier ones are left alone."""
LAYERS = 6
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

    graph = _Graph(_Published(onnx.load(published).graph), steps)
    graph.embeddings()
    for layer in range(LAYERS):
        graph.layer(layer)
    return graph.to_bytes()


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


class _Graph:
    """The new graph while it is being made; `_state` is the name of the text's state so far."""

    def __init__(self, published: _Published, steps: int | None) -> None:
        self._published = published
        self._steps = steps
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._rounded: dict[str, tuple[str, str, str]] = {}
        self._state = ""

    def embeddings(self) -> None:
        """Words, places and the one kind of segment, added and normalised."""
        from onnx import TensorProto

        words, places = self._published.embedding("word"), self._published.embedding("position")
        segment = self._published.get("embeddings.token_type_embeddings.weight")[0]
        self._constant(ZERO, np.array([0], dtype=np.int64))
        ids = self._text()
        steps = self._node("Gather", [self._constant("words", words.steps), ids], "word_steps")
        plain = self._node("Cast", [steps], "word_plain", to=TensorProto.FLOAT)
        scale = self._node("Gather", [self._constant("scales", words.scale), ids], "word_scale")
        word = self._node("Mul", [plain, scale], "word")
        count = self._node("Shape", [ids], "count", start=1, end=2)
        table = self._constant("places", places.plain() + segment)
        place = self._node("Slice", [table, ZERO, count, ZERO], "place")
        self._state = self._normalised(self._node("Add", [word, place], "sum"), "embeddings")

    def _text(self) -> str:
        """The token ids of the text whose turn it is; shape (1, tokens)."""
        sides = [self._node("Gather", [side, "turn"], f"{side}_now") for side in ("starts", "ends")]
        sides = [self._node("Unsqueeze", [side, ZERO], f"{side}_here") for side in sides]
        return self._node(
            "Unsqueeze", [self._node("Slice", ["input_ids", *sides], "ids"), ZERO], "text"
        )

    def layer(self, number: int) -> None:
        """Attention, then two products with a curve between them, each added to what came in."""
        name = f"encoder.layer.{number}"
        parts = ("query", "key", "value")
        asked = [
            self._product(number, place, self._state, f"{name}.attention.self.{part}.bias")
            for place, part in enumerate(parts)
        ]
        seen = self._node(
            "MultiHeadAttention", asked, f"{name}.seen", domain=CUSTOM, num_heads=HEADS
        )
        told = self._product(number, 3, seen, f"{name}.attention.output.dense.bias")
        self._add(told, f"{name}.attention.output")
        wide = self._product(number, 4, self._state, f"{name}.intermediate.dense.bias")
        curved = self._node("Gelu", [wide], f"{name}.curved", domain=CUSTOM)
        self._add(self._product(number, 5, curved, f"{name}.output.dense.bias"), f"{name}.output")

    def to_bytes(self) -> bytes:
        """The model, as its file holds it: `layer` and `embeddings` in a loop over the texts."""
        from onnx import helper

        turn = self._turn()
        self._nodes = []
        count = self._node("Squeeze", [self._node("Shape", ["starts"], "texts"), ZERO], "turns")
        none = self._constant("none", np.zeros((0, 384), dtype=np.float32))
        self._node("Loop", [count, "", none], "last_hidden_state", "means", body=turn)
        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [_value(name, "INT64", name) for name in ("input_ids", "starts", "ends")],
            [_value(name, "FLOAT", name, 384) for name in ("last_hidden_state", "means")],
            self._constants,
        )
        versions = [helper.make_opsetid("", 17), helper.make_opsetid(CUSTOM, 1)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=9)
        return bytes(model.SerializeToString(deterministic=True))

    def _turn(self) -> Any:  # noqa: ANN401 - onnx's types come with onnx
        """What is done for each text; of its states only the last text's outlive it."""
        from onnx import helper

        states = self._node("Squeeze", [self._state, ZERO], "states")
        mean = self._node("ReduceMean", [states], "mean", axes=[0], keepdims=0)
        on = self._node("Identity", ["going"], "goes_on")
        earlier = _value("earlier", "FLOAT", "before", 384)
        return helper.make_graph(
            self._nodes,
            "text",
            [_value("turn", "INT64"), _value("going", "BOOL"), earlier],
            [_value(on, "BOOL"), _value(states, "FLOAT", "now", 384), _value(mean, "FLOAT", 384)],
        )

    def _add(self, told: str, name: str) -> None:
        self._state = self._normalised(self._node("Add", [told, self._state], f"{name}.sum"), name)

    def _normalised(self, state: str, name: str) -> str:
        kinds = ("weight", "bias")
        given = [f"{name}.LayerNorm.{kind}" for kind in kinds]
        inputs = [state, *(self._constant(item, self._published.get(item)) for item in given)]
        return self._node("LayerNormalization", inputs, f"{name}.state", axis=-1, epsilon=EPSILON)

    def _product(self, layer: int, place: int, state: str, bias: str) -> str:
        """The state times a matrix, plus a bias."""
        weight = self._published.product(layer, place)
        name = bias.removesuffix(".bias")
        added = self._constant(bias, self._published.get(bias))
        if self._steps is None:
            plain = self._constant(f"{name}.weight", weight.plain())
            return self._node(
                "Add", [self._node("MatMul", [state, plain], f"{name}.product"), added], name
            )
        highest = int(np.abs(weight.steps).max())
        steps = np.rint(weight.steps * (self._steps / highest)).astype(np.int8)
        scale = (weight.scale * (highest / self._steps)).astype(np.float32).reshape(-1)
        rounded, factor, zero = self._quantise(state)
        matrix = self._constant(f"{name}.weight", steps)
        factors = self._constant(f"{name}.scale", scale)
        inputs = [rounded, matrix, factor, factors, zero, "", added]
        return self._node("MatMulIntegerToFloat", inputs, name, domain=CUSTOM)

    def _quantise(self, state: str) -> tuple[str, str, str]:
        """The state in uint8, its scale and its zero; once, however many products read it."""
        if state not in self._rounded:
            names = (f"{state}.steps", f"{state}.scale", f"{state}.zero")
            self._node("DynamicQuantizeLinear", [state], *names)
            self._rounded[state] = names
        return self._rounded[state]

    def _constant(self, name: str, value: Array) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, kind: str, inputs: list[str], *outputs: str, **more: Any) -> str:  # noqa: ANN401
        """Adds a node; the name of its first output."""
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, outputs, name=outputs[0], **more))
        return outputs[0]


def _value(name: str, kind: str, *shape: str | int) -> Any:  # noqa: ANN401
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, getattr(TensorProto, kind), shape)
