"""What each step of a library on a server wrote: its terms are kept in step by it.

The log is a collection, `NAME.log`, with a row for each of the last steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple
from uuid import uuid4

from vectorstore.remote.server import Server

KEPT_STEPS = 10_000
"""Terms that are further behind are made anew."""
TRIMMED_EVERY = 100
PAGE_STEPS = 250
EMPTY = "0-empty"
"""The revision of a library that nothing was ever written to."""


class Step(NamedTuple):
    """One step.

    Attributes:
        revision: Names the state that it led to: its number, and what tells it from any other.
        put: Ids of the papers that were written.
        removed: Ids of those that were taken out.
    """

    revision: str
    put: list[str]
    removed: list[str]


def number_of(revision: str) -> int:
    """The number of the step that led to a state."""
    return int(revision.partition("-")[0])


def following(revision: str) -> str:
    """A name for the state after this one."""
    return f"{number_of(revision) + 1}-{uuid4().hex[:12]}"


class StepLog:
    """The last steps of one library."""

    def __init__(self, server: Server) -> None:
        """Asks nothing yet: who only reads, and is in step, needs no log."""
        self._server = server

    @cached_property
    def _rows(self) -> Any:  # noqa: ANN401 - of Chroma
        return self._server.create(f"{self._server.address.name}.log", {"of": "steps"}, True)

    def note(self, revision: str, put: Iterable[str], removed: Iterable[str]) -> None:
        """States what a step is about to write."""
        number = number_of(revision)
        self._rows.upsert(
            ids=[revision],
            embeddings=[[1.0]],
            metadatas=[{"step": number}],
            documents=[json.dumps({"put": list(put), "removed": list(removed)})],
        )
        if number % TRIMMED_EVERY == 0:
            self._rows.delete(where={"step": {"$lt": number - KEPT_STEPS}})

    def since(self, number: int) -> list[Step]:
        """The steps of this number and higher ones, in order."""
        found: list[tuple[int, Step]] = []
        size = min(PAGE_STEPS, self._server.get_max_batch_size())
        while True:
            page = self._page(number, len(found), size)
            found += page
            if len(page) < size:
                return [step for _, step in sorted(found, key=lambda item: item[0])]

    def _page(self, number: int, offset: int, size: int) -> list[tuple[int, Step]]:
        page: dict[str, Any] = self._rows.get(
            where={"step": {"$gte": number}},
            limit=size,
            offset=offset,
            include=["documents"],
        )
        told = map(json.loads, page["documents"])
        steps = zip(page["ids"], told, strict=True)
        return [(number_of(row), Step(row, item["put"], item["removed"])) for row, item in steps]
