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


def build_perturbed(
    folder: Path, records: Sequence[Record], number: int, embedder: Embedder
) -> None:
    """A library of `number` records made of these, in a folder.

    Args:
        folder: Where to.
        records: What they are made of; those are embedded, each once.
        number: How many.
        embedder: Cuts texts, and embeds the originals.
    """
    draw = np.random.default_rng(SEED)
    originals = _embedded(records, embedder)
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


def _embedded(records: Sequence[Record], embedder: Embedder) -> list[Vectors]:
    """The vectors of the passages of each record; shape (passages, dimensions) each."""
    cuts = [cut(record, embedder) for record in records]
    vectors = iter(embedder.embed([text for item in cuts for text in item.texts]))
    return [np.stack([next(vectors) for _ in item.texts]) for item in cuts]


def _origin(record: Record, count: int) -> int:
    return int(record.id.partition(":")[2]) % count


def _vectors(
    made: Cut, original: Vectors, draw: np.random.Generator
) -> Iterator[tuple[str, Vectors]]:
    """A vector for each passage: that of the original's passage in its place, a little off."""
    for place, text in enumerate(made.texts):
        base = original[min(place, len(original) - 1)]
        yield text, unit((base + draw.normal(0, NOISE, base.shape))[None].astype(np.float32))[0]
