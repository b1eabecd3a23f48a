"""One way of running the default model, measured in a process of its own.

`python -m evals.speed.variants NAME FILE` reads token ids from FILE (JSON: lists of numbers) and
prints one JSON object. A process each, so that start-up and memory are those of the variant alone.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vectorstore import minilm
from vectorstore.fused import COARSE, FINE, fuse
from vectorstore.minilm import Vectors, unit
from vectorstore.modelfiles import checked_file

Ids = Sequence[int]
Run = Callable[[Sequence[Ids]], Vectors]
"""Token ids of texts -> their unit vectors."""
CORES = os.cpu_count() or 1
QUESTION_TOKENS = 16


class Shape(NamedTuple):
    """How texts are put to a model.

    Attributes:
        batch: Texts at once, padded to the longest.
        threads: Threads that share one batch.
        beside: Batches that run at the same time.
    """

    batch: int
    threads: int
    beside: int = 1

    @property
    def name(self) -> str:
        """As a table has it."""
        return f"{self.batch} x {self.threads}" + (
            f", {self.beside} beside" if self.beside > 1 else ""
        )


BATCHED = (Shape(1, CORES), Shape(8, 1), Shape(8, CORES), Shape(32, CORES))
SINGLE = (Shape(1, 1), Shape(1, CORES), Shape(1, 1, CORES))


def onnxruntime_published(shape: Shape) -> Callable[[Sequence[Ids]], Vectors]:
    """The published file as it is."""
    session = _session(checked_file("model"), shape.threads)
    return lambda batch: _pooled(*_padded(batch), lambda given: session.run(None, given)[0])


def onnxruntime_fused(steps: int | None) -> Callable[[Shape], Run]:
    """Our own graph; None for products of float32."""

    def load(shape: Shape) -> Run:
        session = _session(fuse(checked_file("model"), steps), shape.threads)
        return lambda batch: unit(minilm.run(batch, session).means)

    return load


def openvino(**settings: str) -> Callable[[Shape], Run]:
    """The published file by OpenVINO."""

    def load(shape: Shape) -> Run:
        import openvino

        wanted = {"INFERENCE_NUM_THREADS": str(shape.threads), **settings}
        model = openvino.Core().compile_model(checked_file("model"), "CPU", wanted)
        request = model.create_infer_request()
        return lambda batch: _pooled(*_padded(batch), lambda given: request.infer(given)[0])

    return load


VARIANTS: dict[str, tuple[Callable[[Shape], Run], tuple[Shape, ...], tuple[str, ...]]] = {
    "onnxruntime, as published": (onnxruntime_published, BATCHED, ("onnxruntime",)),
    "onnxruntime, fused, float32": (onnxruntime_fused(None), SINGLE, ("onnxruntime", "onnx")),
    "onnxruntime, fused, int8 by int8": (onnxruntime_fused(FINE), SINGLE, ("onnxruntime", "onnx")),
    "onnxruntime, fused, int8 by 7 bits": (
        onnxruntime_fused(COARSE),
        SINGLE,
        ("onnxruntime", "onnx"),
    ),
    "OpenVINO, float32": (
        openvino(INFERENCE_PRECISION_HINT="f32", DYNAMIC_QUANTIZATION_GROUP_SIZE="0"),
        BATCHED,
        ("openvino",),
    ),
    "OpenVINO, its defaults": (openvino(), BATCHED, ("openvino",)),
    "OpenVINO, int8 by groups of 128": (
        openvino(INFERENCE_PRECISION_HINT="f32", DYNAMIC_QUANTIZATION_GROUP_SIZE="128"),
        BATCHED,
        ("openvino",),
    ),
}
"""How each is loaded, the shapes that it takes, and the packages that it needs."""


def embed_all(run: Run, texts: Sequence[Ids], shape: Shape) -> Vectors:
    """The vectors of all texts, in their order; texts of like length share a batch."""
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    batches = [order[start : start + shape.batch] for start in range(0, len(order), shape.batch)]
    with ThreadPoolExecutor(shape.beside) as executor:
        found = executor.map(lambda batch: run([texts[place] for place in batch]), batches)
        vectors = np.concatenate(list(found))
    return np.asarray(vectors[np.argsort(order)])


def measure(name: str, texts: Sequence[Ids]) -> dict[str, Any]:
    """Start-up, latency, memory, and throughput by shape, of one variant in this process."""
    load, shapes, _ = VARIANTS[name]
    before, start = _memory(), time.perf_counter()
    run = load(shapes[-1] if name.startswith("onnxruntime, fused") else Shape(1, CORES))
    question = [texts[0][:QUESTION_TOKENS]]
    run(question)
    ready = time.perf_counter() - start
    single = sorted(_seconds(lambda: run(question)) for _ in range(50))[25]
    rates = dict(_rates(load, shapes, texts))
    return {
        "ready_s": ready,
        "question_ms": single * 1000,
        "memory_mb": _memory() - before,
        "texts_per_second": rates,
        "best": max(rates.values()),
    }


def _rates(
    load: Callable[[Shape], Run], shapes: Sequence[Shape], texts: Sequence[Ids]
) -> Iterator[tuple[str, float]]:
    for shape in shapes:
        run = load(shape)
        embed_all(run, texts[:32], shape)
        taken = min(_seconds(lambda: embed_all(run, texts, shape)) for _ in range(2))  # noqa: B023
        yield shape.name, len(texts) / taken


def _session(model: str | bytes, threads: int) -> Any:  # noqa: ANN401 - no type stubs
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _padded(batch: Sequence[Ids]) -> tuple[dict[str, Any], Any]:
    tokens = np.zeros((len(batch), max(map(len, batch)) + 2), dtype=np.int64)
    mask = np.zeros_like(tokens)
    for row, ids in enumerate(batch):
        tokens[row, : len(ids) + 2] = [101, *ids, 102]
        mask[row, : len(ids) + 2] = 1
    given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
    return given, mask


def _pooled(given: dict[str, Any], mask: Any, run: Callable[[dict[str, Any]], Any]) -> Vectors:  # noqa: ANN401
    states = np.asarray(run(given))
    weights = mask[:, :, None].astype(np.float32)
    return unit((states * weights).sum(axis=1) / weights.sum(axis=1))


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _memory() -> float:
    """Most megabytes that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    wanted, file = sys.argv[1:]
    sys.stdout.write(json.dumps(measure(wanted, json.loads(Path(file).read_text("utf-8")))) + "\n")
