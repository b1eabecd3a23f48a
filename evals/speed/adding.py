"""Adding, against embedding alone and against the stock pipeline; alternated, in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from evals.bench.libraries import RecordingEmbedder, ingest
from evals.speed.timing import RUNS, seconds
from vectorstore.embedding import Embedder
from vectorstore.records import Record
from vectorstore.store import connect


def measure_adding(
    records: Sequence[Record], embedder: Embedder, stock: bool, runs: int = RUNS
) -> dict[str, Any]:
    """Throughput of adding, of embedding the same texts, and of the stock pipeline.

    Args:
        records: What is added, each time to a new library.
        embedder: The model.
        stock: Whether to measure the stock pipeline, too.
        runs: How often; the figures are medians.
    """
    recorder = RecordingEmbedder(embedder)
    with tempfile.TemporaryDirectory() as folder:
        ingest(Path(folder) / "library", records, recorder)
    ways: dict[str, Callable[[Path], object]] = {
        "bare": lambda _: [embedder.embed(batch) for batch in recorder.batches],
        "quoth": lambda folder: ingest(folder, records, embedder),
    }
    if stock:
        from evals.speed.baseline import StockEmbedding, ingest_stock

        model = StockEmbedding()
        ways["stock"] = lambda folder: ingest_stock(folder, records, model, connect)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, act in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                taken[name].append(seconds(lambda: act(Path(folder) / "library")))  # noqa: B023
    return summarise(len(records), taken)


def summarise(records: int, taken: dict[str, list[float]]) -> dict[str, Any]:
    """Records a second of each way, and the ratios between them."""
    rates = {name: records / median(times) for name, times in taken.items()}
    pairs = {"over_bare": "bare", "over_stock": "stock"}
    ratios = {
        name: median(other / own for other, own in zip(taken[against], taken["quoth"], strict=True))
        for name, against in pairs.items()
        if against in taken
    }
    return {"records": records, "records_per_second": rates, **ratios}
