"""Where reading, cutting and embedding are done: in this process, or spread over a Ray cluster.

Placing and writing stay with the caller, in the order of the files: so every engine makes the same
library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypeAlias

from vectorstore.embedding import Embedder
from vectorstore.errors import EngineError
from vectorstore.preparing import Preparer
from vectorstore.readers import Item, read

Engine: TypeAlias = Literal["local", "ray"]
ENGINES: tuple[Engine, ...] = ("local", "ray")
Tell = Callable[[str], None]


class Named(NamedTuple):
    """A file or folder that a user named, to be read wherever it can be.

    Attributes:
        path: Where it lies.
        columns: Names that the user gave for fields.
        source: How it is to be named; by its own name where None.
    """

    path: Path
    columns: Mapping[str, str] | None = None
    source: str | None = None


Source = Named | Iterator[Item]
"""What is read somewhere, or only here: standard input, the network."""


class Running(Protocol):
    """An engine at work."""

    def read(self, sources: Iterable[Source]) -> Iterator[Item]:
        """All that the sources hold, one after the other, in the order of `readers.read`."""

    @property
    def preparer(self) -> Preparer | None:
        """What cuts and embeds records; None: whoever adds them does it itself."""


class Choice(NamedTuple):
    """Which engine, and how it is to run.

    Attributes:
        name: Of the engine.
        workers: Processes that embed; as many as there are CPUs where None.
        address: Of a running Ray cluster; `RAY_ADDRESS` of the environment where None, and else
            Ray is started on this machine for as long as it is needed.
        tell: Told in one line what a user should know of the run.
    """

    name: str = "local"
    workers: int | None = None
    address: str | None = None
    tell: Tell | None = None


class Local:
    """Everything in this process."""

    preparer = None

    def read(self, sources: Iterable[Source]) -> Iterator[Item]:
        """Each source, read in turn."""
        for source in sources:
            yield from read(*source) if isinstance(source, Named) else source


def start(choice: Choice, embedder: Embedder) -> AbstractContextManager[Running]:
    """The chosen engine, for as long as it is needed.

    Raises:
        EngineError: There is no such engine, or it cannot be started.
    """
    if choice.name not in ENGINES:
        raise EngineError(f"No engine is called {choice.name!r}; expected 'local' or 'ray'.")
    if choice.name == "local":
        if choice.workers is not None:
            raise EngineError("The local engine has no workers; they are for the engine 'ray'.")
        return nullcontext(Local())
    if choice.workers is not None and choice.workers < 1:
        raise EngineError(f"{choice.workers} workers cannot embed; expected 1 or more.")
    from vectorstore.engines.cluster import start_ray

    return start_ray(choice, embedder)
