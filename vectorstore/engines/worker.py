"""What runs in the processes of a cluster: reading a file in batches, preparing records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from vectorstore.embedding import Embedder, MiniLMEmbedding, default_embedder
from vectorstore.errors import EngineError
from vectorstore.preparing import Ahead, prepare
from vectorstore.readers import Item, read_file
from vectorstore.readers.opening import File
from vectorstore.records import Record
from vectorstore.rows import batches

BATCH_ITEMS = 128


class Unseen:
    """Stands for a file that a worker does not see as the process does that asked it to read."""


def read_in_batches(file: File, size: int) -> Iterator[list[Item] | Unseen]:
    """What a file of so many bytes holds, or `Unseen` where no such file is to be found here."""
    try:
        seen = file.path.stat().st_size == size
    except OSError:
        seen = False
    if seen:
        yield from batches(read_file(file), BATCH_ITEMS)
    else:
        yield Unseen()


class Worker:
    """Prepares records with a model that is loaded once."""

    def __init__(self, embedder: Embedder, expected: str) -> None:
        """Takes the model of the process that started it.

        Args:
            embedder: As it is there.
            expected: What `kind_of` says there.
        """
        self._embedder = embedder
        self._expected = expected

    def check(self) -> None:
        """Raises an `EngineError` where Quoth or its model is another one here."""
        found = kind_of(self._embedder)
        if found != self._expected:
            raise EngineError(
                f"A worker runs {found}, expected {self._expected}. "
                f"Install the same release of quoth on every machine of the cluster."
            )

    def prepare(self, records: Sequence[Record]) -> Ahead:
        """Cuts and embeds records; see `vectorstore.preparing.prepare`."""
        self.check()
        return prepare(records, self._embedder)


def kind_of(embedder: Embedder) -> str:
    """The release of Quoth in this process, and the identity that the model has in it."""
    own = isinstance(embedder.model, MiniLMEmbedding)
    identity = default_embedder().identity if own else embedder.identity
    return f"quoth {version('quoth')} with {identity}"
