"""Libraries to measure, built of a test set's documents or of records, and opened as stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from evals.beir import Beir
from evals.bench.cache import built_library, library_key
from evals.bench.progress import progress
from evals.bench.retrieval import Scores, Search, as_records
from evals.errors import EvalError
from evals.files import read_objects
from rag.config import read_settings
from vectorstore.adding import add
from vectorstore.embedding import Embedder, open_embedder
from vectorstore.manifest import Manifest
from vectorstore.minilm import Vectors
from vectorstore.papers import alone
from vectorstore.records import Record
from vectorstore.store import Store

BATCH_RECORDS = 256


class RecordingEmbedder(Embedder):
    """An embedder that keeps the batches of texts that it is asked for."""

    def __init__(self, inner: Embedder) -> None:
        """Does as `inner` does."""
        super().__init__(inner.model, inner.identity, inner.window)
        self.batches: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, which are kept."""
        self.batches.append(list(texts))
        return super().embed(texts)


def chosen_embedder() -> Embedder:
    """The embedder that the settings name."""
    return open_embedder(read_settings().embedding)


def write_records(folder: Path, records: Sequence[Record], embedder: Embedder) -> None:
    """A library of exactly these records: equal abstracts stay apart, each under its own id."""
    bar = progress("Records to add", len(records))
    with Store(folder, embedder) as store, store.writing(), bar as advance:
        for start in range(0, len(records), BATCH_RECORDS):
            batch = records[start : start + BATCH_RECORDS]
            store.put(list(map(alone, batch)))
            advance(len(batch))


def ingest(folder: Path, records: Sequence[Record], embedder: Embedder) -> None:
    """Records to a library on disk by the road that `quoth add` takes."""
    with Store(folder, embedder) as store:
        add(store, records)


def manifest_of(embedder: Embedder) -> str:
    """What a library built with the embedder depends on, as text."""
    return Manifest(embedder.identity, embedder.window).to_text()


def build_beir(root: Path, beir: Beir, embedder: Embedder) -> Path:
    """The library of a test set's documents, from the cache where it is there."""
    key = library_key([beir.corpus_path], manifest_of(embedder))
    return built_library(
        root,
        f"{beir.name}-{key}",
        lambda folder: write_records(folder, as_records(beir.corpus), embedder),
    )


def build_corpus(root: Path, path: Path, records: Sequence[Record], embedder: Embedder) -> Path:
    """The library of the first records of a file, from the cache where it is there."""
    key = library_key([path], manifest_of(embedder), len(records))
    return built_library(
        root,
        f"{path.name.split('.')[0]}-{len(records)}-{key}",
        lambda folder: write_records(folder, records, embedder),
    )


def search_of(store: Store) -> Search:
    """The store's search, as a function to record ids."""
    return lambda text, mode, depth: [
        hit.record.id
        for hit in store.search(text, top_k=depth, mode=mode)  # type: ignore[arg-type]
    ]


def scores_of(store: Store) -> Scores:
    """The two halves of the store's search, as a function to scores."""

    def scores(text: str, depth: int) -> tuple[dict[str, float], dict[str, float]]:
        near = store.search(text, top_k=depth, mode="vectors")
        matching = store.search(text, top_k=depth, mode="terms")
        return (
            {hit.record.id: hit.similarity for hit in near if hit.similarity is not None},
            {hit.record.id: hit.terms for hit in matching},
        )

    return scores


def read_abstracts(path: Path, limit: int) -> list[Record]:
    """The first `limit` records of a JSON Lines file that have both title and abstract.

    Where it tells when they were `published` and of which `categories`, that is their year and
    their groups.
    """
    usable = (
        Record(
            f"bench:{number}",
            item["title"],
            item["abstract"],
            year=year_of(item.get("published")),
            groups=groups_of(item.get("categories")),
        )
        for number, (_, item) in enumerate(read_objects(path))
        if is_text(item.get("title")) and is_text(item.get("abstract"))
    )
    records = list(islice(usable, limit))
    if not records:
        raise EvalError(f"{path}: no line has 'title' and 'abstract'; expected both as strings.")
    return records


def year_of(published: object) -> int | None:
    """The year that a date begins with."""
    digits = str(published or "")[:4]
    return int(digits) if digits.isdigit() and len(digits) == 4 else None


def groups_of(categories: object) -> tuple[str, ...]:
    """Categories in a list, or one behind the other in a text."""
    given = categories.split() if isinstance(categories, str) else categories
    return tuple(filter(is_text, given)) if isinstance(given, list) else ()


def is_text(value: object) -> bool:
    """Whether it is a string that says anything."""
    return isinstance(value, str) and bool(value.strip())


def copies(records: Sequence[Record], number: int) -> list[Record]:
    """`number` records, made of these over and over, each copy told apart by a last sentence."""
    return [
        replace(
            records[place % len(records)],
            id=f"bench:{place}",
            abstract=f"{records[place % len(records)].abstract} Copy {place // len(records)}.",
        )
        for place in range(number)
    ]
