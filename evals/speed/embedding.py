"""The ways of running the default model, side by side: speed, start-up, memory, size, quality."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from evals.beir import Beir
from evals.bench.progress import progress
from evals.bench.retrieval import as_records, leave_out_itself
from evals.metrics import bootstrap, ndcg_at, paired_bootstrap
from evals.processes import measure_in_process
from evals.speed.variants import SINGLE, VARIANTS, Shape, embed_all
from vectorstore.embedding import Embedder
from vectorstore.latex import searchable
from vectorstore.minilm import MODEL_WINDOW, load_tokenizer
from vectorstore.preparing import cut
from vectorstore.records import Record

TEXTS = 256
FASTEST = Shape(8, 2)
NOT_INSTALLED = "not installed"


def compare_variants(
    records: Sequence[Record], embedder: Embedder, beir: Beir | None = None
) -> dict[str, Any]:
    """The figures of `bench embedding`, by variant.

    Args:
        records: Whose passages are embedded, for speed.
        embedder: Cuts them.
        beir: A test set to rank by each variant's vectors, for quality; None for speed only.
    """
    texts = token_ids([text for item in records for text in cut(item, embedder).texts])[:TEXTS]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.json"
        file.write_text(json.dumps(texts), encoding="utf-8")
        found = {name: measure_variant(name, file) for name in VARIANTS}
    if beir is not None:
        add_quality(found, beir, embedder)
    first = next(iter(found.values()))["best"]
    for figures in found.values():
        if "best" in figures:
            figures["ratio"] = figures["best"] / first
    tokens = float(np.mean([len(ids) for ids in texts]))
    return {"texts": len(texts), "tokens": tokens, "variants": found}


def measure_variant(name: str, file: Path) -> dict[str, Any]:
    """The figures of one variant, measured in a process of its own."""
    needed = VARIANTS[name][2]
    sizes = [package_size(package) for package in needed]
    if None in sizes:
        return {"state": NOT_INSTALLED}
    figures = measure_in_process(name, "evals.speed.variants", [name, str(file)])
    return {**figures, "install_mb": sum(size or 0.0 for size in sizes)}


def package_size(name: str) -> float | None:
    """Megabytes that an installed package takes on disk; None where it is not installed."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return None
    paths = (Path(str(item.locate())) for item in files)
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def add_quality(found: dict[str, dict[str, Any]], beir: Beir, embedder: Embedder) -> None:
    """Adds nDCG@10 of vectors alone, and its paired difference from the first variant."""
    records = as_records(beir.corpus)
    cuts = [cut(record, embedder) for record in records]
    owners = [record.id for record, item in zip(records, cuts, strict=True) for _ in item.texts]
    documents = token_ids([text for item in cuts for text in item.texts])
    queries = beir.choose(None)
    asked = token_ids([searchable(beir.queries[query]) for query in queries])
    first: list[float] | None = None
    measured = [name for name, figures in found.items() if "best" in figures]
    with progress("Ranking by each variant", len(measured)) as advance:
        for name in measured:
            load, shapes, _ = VARIANTS[name]
            shape = SINGLE[-1] if shapes == SINGLE else FASTEST
            run = load(shape)
            near = embed_all(run, asked, shape) @ embed_all(run, documents, shape).T
            scores = rank_all(beir, queries, near, owners)
            first = first or scores
            found[name]["ndcg@10"] = asdict(bootstrap(scores))
            found[name]["loss"] = asdict(paired_bootstrap(first, scores))
            advance(1)


def rank_all(beir: Beir, queries: Sequence[str], near: Any, owners: Sequence[str]) -> list[float]:  # noqa: ANN401
    """nDCG@10 of every query; documents are ranked by their nearest passage."""
    scores = []
    for query, similarities in zip(queries, near, strict=True):
        order = np.argsort(-similarities, kind="stable")[:200]
        ranked = list(dict.fromkeys(owners[place] for place in order))
        scores.append(ndcg_at(leave_out_itself(beir, query, ranked), beir.qrels[query], 10))
    return scores


def token_ids(texts: Sequence[str]) -> list[list[int]]:
    """Token ids of texts, without special ones; of each the first window."""
    encoded = load_tokenizer().encode_batch(list(texts), add_special_tokens=False)
    return [encoding.ids[:MODEL_WINDOW] for encoding in encoded]
