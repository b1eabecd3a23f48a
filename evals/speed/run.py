"""`bench speed` from its inputs to its figures; progress goes to stderr."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals.beir import Beir
from evals.bench.asking import open_files, sample_files
from evals.bench.cache import built_library, default_folder, library_key
from evals.bench.libraries import (
    build_corpus,
    chosen_embedder,
    copies,
    manifest_of,
    read_abstracts,
)
from evals.bench.progress import tracked
from evals.speed.adding import measure_adding
from evals.speed.asking import measure_library
from evals.speed.embedding import compare_variants
from evals.speed.perturbed import build_perturbed
from evals.speed.starting import measure_starting
from vectorstore.embedding import Embedder
from vectorstore.records import Record

SIZES = (1_000, 10_000, 46_114)
ADDED = 1024
VARIANT_RECORDS = 120
ENGINE_RECORDS = 2_000


def run_speed(
    corpus: Path | None,
    cache: Path | None,
    sizes: Sequence[int] = SIZES,
    large: int | None = None,
    engines: bool = False,
    variants: bool = False,
) -> dict[str, Any]:
    """The figures of `bench speed`.

    Args:
        corpus: Abstracts, as JSON Lines; the sample alone where None.
        cache: Where built libraries are kept.
        sizes: Papers of the libraries that are asked, as far as the corpus has them.
        large: Papers of one more library, made of perturbed copies.
        engines: Whether to measure adding with Ray, too.
        variants: Whether to run the model in several ways, too.
    """
    root = cache or default_folder()
    embedder = chosen_embedder()
    with open_files(sample_files(), root) as library:
        sample = sorted(library.records(), key=lambda record: record.id)
        folder = library.store.folder
    records = read_abstracts(corpus, max(sizes)) if corpus else copies(sample, ADDED)
    libraries = {"sample": folder}
    if corpus:
        libraries |= build_libraries(root, corpus, records, sizes, large, embedder)
    result: dict[str, Any] = {
        "machine": {"cores": os.cpu_count(), "processor": processor()},
        "corpus": corpus.name if corpus else None,
        "adding": measure_adding(records[:ADDED], embedder, stock=corpus is not None),
        "libraries": {
            name: measure_library(path)
            for name, path in tracked("Asking libraries", list(libraries.items()))
        },
        "starting": measure_starting(folder, sample[0].title),
    }
    if engines and corpus:
        from evals.bench.clusters import measure_engines

        result["engines"] = measure_engines(corpus, ENGINE_RECORDS)
    if variants:
        result["embedding"] = compare_variants(records[:VARIANT_RECORDS], embedder)
    return result


def processor() -> str:
    """What this machine computes with, as far as it tells."""
    return platform.processor() or platform.machine()


def build_libraries(
    root: Path,
    corpus: Path,
    records: Sequence[Record],
    sizes: Sequence[int],
    large: int | None,
    embedder: Embedder,
) -> dict[str, Path]:
    """The libraries to ask, by name; from the cache where they are there."""
    wanted = sorted({min(size, len(records)) for size in sizes})
    built = {f"{size:,}": build_corpus(root, corpus, records[:size], embedder) for size in wanted}
    if large:
        key = library_key([corpus], manifest_of(embedder), len(records), large)
        source = built[f"{wanted[-1]:,}"]
        built[f"{large:,}, perturbed"] = built_library(
            root,
            f"perturbed-{large}-{key}",
            lambda folder: build_perturbed(folder, source, large, embedder),
        )
    return built


def run_embedding(
    corpus: Path | None, beir: Beir | None, others: int | None, cache: Path | None
) -> dict[str, Any]:
    """The figures of `bench embedding`.

    Args:
        corpus: Abstracts for speed, as JSON Lines; the sample where None.
        beir: A test set for quality; none where None.
        others: Of its documents, keep those that answer and so many others; all where None.
        cache: Where the sample's library is kept.
    """
    if beir and others is not None:
        beir = with_fewer_documents(beir, others)
    embedder = chosen_embedder()
    if corpus:
        records = read_abstracts(corpus, VARIANT_RECORDS)
    else:
        with open_files(sample_files(), cache or default_folder()) as library:
            records = copies(list(library.records()), VARIANT_RECORDS)
    return compare_variants(records, embedder, beir)


def with_fewer_documents(beir: Beir, others: int) -> Beir:
    """The test set with the documents that answer any query, and the first `others` besides."""
    wanted = {document for query in beir.qrels for document in beir.relevant(query)}
    besides = [item for item in beir.corpus if item.id not in wanted][:others]
    kept = [item for item in beir.corpus if item.id in wanted] + besides
    return replace(beir, corpus=kept)
