"""What is done to a record before it is written: it is cut into passages, and those are embedded.

It takes no library, so that it can be done ahead of writing: in another thread, or elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from vectorstore.chunking import chunk, embedded_texts
from vectorstore.embedding import Embedder
from vectorstore.minilm import Vectors
from vectorstore.records import Passage, Record

AHEAD = 2
"""Batches that are being prepared at the same time."""

Key = tuple[str, str]
"""Title and abstract: all of a record that is embedded."""


class Cut(NamedTuple):
    """The passages of a record.

    Attributes:
        passages: In order.
        texts: What the embedding model reads for each.
    """

    passages: list[Passage]
    texts: list[str]

    def of(self, record: Record) -> Cut:
        """The same passages, as those of another record with this title and abstract."""
        return Cut([replace(item, record_id=record.id) for item in self.passages], self.texts)


class Ahead(NamedTuple):
    """What was done ahead for some records.

    Attributes:
        cuts: Passages, by the title and abstract of their record.
        vectors: Unit vectors, by the text that was embedded.
    """

    cuts: Mapping[Key, Cut]
    vectors: Mapping[str, Vectors]


NOTHING = Ahead({}, {})


class Preparer(NamedTuple):
    """Prepares batches while others are written.

    Attributes:
        begin: Begins to prepare records; what it returns waits for the outcome, and raises an
            `EmbeddingError` where the model could not be asked.
        depth: How many batches are begun before the first of them is written, that one aside.
    """

    begin: Callable[[Sequence[Record]], Callable[[], Ahead]]
    depth: int


def key_of(record: Record) -> Key:
    """What decides how a record is cut and embedded."""
    return record.title, record.abstract


def cut(record: Record, embedder: Embedder) -> Cut:
    """The passages of a record, and what is embedded for them."""
    passages = chunk(record, embedder.count_tokens, embedder.window)
    return Cut(passages, embedded_texts(record, passages, embedder.count_tokens, embedder.window))


def prepare(records: Iterable[Record], embedder: Embedder) -> Ahead:
    """Cuts and embeds records.

    Raises:
        EmbeddingError: The model could not be asked.
    """
    cuts = {key_of(record): cut(record, embedder) for record in records}
    texts = list(dict.fromkeys(text for item in cuts.values() for text in item.texts))
    vectors = embedder.embed(texts) if texts else ()
    return Ahead(cuts, dict(zip(texts, vectors, strict=True)))


@contextmanager
def in_threads(prepare: Callable[[Sequence[Record]], Ahead]) -> Iterator[Preparer]:
    """Prepares batches while one before them is written.

    Of two batches, one is cut while the other is embedded: Python's lock is Chroma's alone for as
    long as it writes, and what is to be embedded meanwhile must have been cut before.
    """
    with ThreadPoolExecutor(AHEAD, thread_name_prefix="quoth-adding") as executor:
        yield Preparer(lambda records: executor.submit(prepare, records).result, depth=AHEAD)
