"""A large library made of a small one's: texts and vectors perturbed, for the purpose.

What comes of it is no collection of papers, and answers nothing; it has the sizes of one. Each
copy of a record has every twentieth word taken from another record, and vectors a little off.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from evals.bench.progress import progress
from vectorstore.embedding import Embedder
from vectorstore.minilm import Vectors, unit
from vectorstore.papers import alone
from vectorstore.preparing import Ahead, Cut, cut, key_of
from vectorstore.records import Record
from vectorstore.rows import batches
from vectorstore.store import Store

SEED = 20_261_125
EVERY = 20
NOISE = 0.03
"""Standard deviation of what is added to each dimension: cosine about .86 to the original."""
WRITTEN_AT_ONCE = 512


def build_perturbed(folder: Path, source: Path, number: int, embedder: Embedder) -> None:
    """A library of `number` records made of those of another, in a folder.

    Args:
        folder: Where to.
        source: The library that they are made of, with its vectors.
        number: How many.
        embedder: The model that built it.
    """
    draw = np.random.default_rng(SEED)
    records, originals = _read(source, embedder)
    made = islice(perturb(records), number)
    with Store(folder, embedder) as store, store.writing(), progress("Records", number) as advance:
        for batch in batches(made, WRITTEN_AT_ONCE):
            cuts = {key_of(item): cut(item, embedder) for item in batch}
            vectors = {
                text: vector
                for item in batch
                for text, vector in _vectors(
                    cuts[key_of(item)], originals[_origin(item, len(records))], draw
                )
            }
            store.put(list(map(alone, batch)), Ahead(cuts, vectors))
            advance(len(batch))


def perturb(records: Sequence[Record]) -> Iterator[Record]:
    """Records made of these over and over, without end; always the same ones."""
    draw = random.Random(SEED)
    number = 0
    while True:
        for record in records:
            words = record.abstract.split()
            other = records[draw.randrange(len(records))].abstract.split()
            for place in range(draw.randrange(EVERY), len(words), EVERY):
                words[place] = other[draw.randrange(len(other))]
            abstract = " ".join(words)
            yield replace(record, id=f"bench:{number}", abstract=abstract)
            number += 1


def _read(source: Path, embedder: Embedder) -> tuple[list[Record], list[Vectors]]:
    """The records of a library, and the vectors of the passages of each."""
    with Store(source, embedder) as store:
        records = list(store.records())
        vectors: dict[str, Vectors] = {}
        for batch in batches(records, WRITTEN_AT_ONCE):
            vectors |= store.vectors([record.id for record in batch])
    return records, [vectors[record.id] for record in records]


def _origin(record: Record, count: int) -> int:
    return int(record.id.partition(":")[2]) % count


def _vectors(
    made: Cut, original: Vectors, draw: np.random.Generator
) -> Iterator[tuple[str, Vectors]]:
    """A vector for each passage: that of the original's passage in its place, a little off."""
    for place, text in enumerate(made.texts):
        base = original[min(place, len(original) - 1)]
        yield text, unit((base + draw.normal(0, NOISE, base.shape))[None].astype(np.float32))[0]
