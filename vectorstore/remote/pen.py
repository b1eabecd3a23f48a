"""The pen of a library on a server: one client at a time holds it, and may write.

The pen is a collection, `NAME.pen.GENERATION`; a server makes a collection of a name once. The
one of the highest generation is the pen. Who wants it, and finds it laid down, makes the next
generation; of several who try, one succeeds. The former one is deleted after that, and the
highest never is, so that nobody can mistake an old generation for the pen.

Who holds it changes its metadata every few seconds. Where that ceases for `LEASE` seconds, by the
clock of who waits, the holder is overtaken: by the next generation, made before the former one is
deleted. A holder writes only where it changed the metadata within half that time, by its own
clock; one that was overtaken finds its pen gone, and stops.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from vectorstore.errors import LibraryError
from vectorstore.pen import Waiting
from vectorstore.remote.server import AbsentError, Server, TakenError

LEASE = 60.0
"""Seconds of silence after which a holder is overtaken."""
BEAT = 10.0
"""Seconds between two signs of life."""
POLL = 0.3
"""Seconds between two looks of who waits."""


class ServerPen:
    """The pen of one library, for all threads of this process."""

    def __init__(self, server: Server) -> None:
        """Takes nothing yet."""
        self._server = server
        self._prefix = f"{server.address.name}.pen."
        self._thread = threading.RLock()
        self._telling = threading.RLock()
        self._depth = 0
        self._holder = uuid4().hex
        self._collection: Any = None
        self._beat = 0
        self._renewed = 0.0
        self._done = threading.Event()

    @contextmanager
    def held(self, waiting: Waiting | None = None) -> Iterator[bool]:
        """Holds the pen; whether it was taken just now, rather than held already.

        Raises:
            LibraryError: The server fails.
        """
        with self._among_threads(waiting):
            if self._depth > 1:
                yield False
                return
            self._take(waiting)
            try:
                yield True
            finally:
                self._lay_down()

    @contextmanager
    def _among_threads(self, waiting: Waiting | None) -> Iterator[None]:
        if not self._thread.acquire(blocking=False):
            self._say(waiting)
            self._thread.acquire()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self._thread.release()

    def must_be_held(self) -> None:
        """Makes sure that nobody overtook this client.

        Raises:
            LibraryError: Somebody did, or the server fails.
        """
        if monotonic() - self._renewed > LEASE / 2:
            self.renew()

    def renew(self) -> None:
        """Gives a sign of life.

        Raises:
            LibraryError: Another client overtook this one, or the server fails.
        """
        try:
            with self._telling:
                asked = monotonic()
                self._tell("held")
        except AbsentError as error:
            raise LibraryError(
                f"Another client took over {self._server.address}, since this one gave no sign of "
                f"life for {LEASE:g} seconds. What was added so far is kept; do the same again."
            ) from error
        self._renewed = asked

    def _take(self, waiting: Waiting | None) -> None:
        seen: tuple[int, Any] | None = None
        since = monotonic()
        while True:
            generation, told = self._highest()
            mark = (generation, told.get("beat"))
            if mark != seen:
                seen, since = mark, monotonic()
            is_free = told.get("state", "free") == "free" or monotonic() - since > LEASE
            if is_free and self._make(generation + 1):
                break
            if not is_free:
                self._say(waiting)
                waiting = None
            sleep(POLL)  # also where another one was faster
        self._done = threading.Event()
        threading.Thread(target=self._keep_alive, args=(self._done,), daemon=True).start()

    def _say(self, waiting: Waiting | None) -> None:
        if waiting:
            waiting(f"Another client is adding to {self._server.address}; waiting for it.")

    def _highest(self) -> tuple[int, dict[str, Any]]:
        """The generation of the pen, 0 where there never was one, and what it says."""
        told = self._generations()
        highest = max(told, default=0)
        return highest, told.get(highest, {})

    def _generations(self) -> dict[int, dict[str, Any]]:
        found = self._server.named(self._prefix)
        ends = ((name.removeprefix(self._prefix), told) for name, told in found.items())
        return {int(end): told for end, told in ends if end.isdecimal()}

    def _make(self, generation: int) -> bool:
        """Whether this client made the next generation, and so holds the pen."""
        name = f"{self._prefix}{generation}"
        self._renewed = monotonic()
        try:
            self._collection = self._server.create(name, self._metadata("held"))
        except TakenError:
            self._collection = self._server.get(name)
            if (self._collection.metadata or {}).get("holder") != self._holder:
                return False  # else it is this client's: its request was repeated
        try:
            return self._is_pen(generation)
        except BaseException:
            self._lay_down()
            raise

    def _is_pen(self, generation: int) -> bool:
        """Whether what was made is the pen; then those before it go, else it does."""
        made = self._generations()
        stale = [item for item in made if item < generation]
        if max(made, default=0) != generation:
            stale = [generation]
        for item in stale:
            self._server.delete(f"{self._prefix}{item}")
        return stale != [generation]

    def _lay_down(self) -> None:
        """Others wait for the end of the lease where the server cannot be told."""
        with self._telling, suppress(LibraryError):
            self._done.set()
            self._tell("free")

    def _keep_alive(self, done: threading.Event) -> None:
        """What fails here shows at the next step."""
        while not done.wait(BEAT):
            with self._telling, suppress(LibraryError):
                if not done.is_set():  # else it would take back what was laid down
                    self.renew()

    def _tell(self, state: str) -> None:
        self._beat += 1
        self._collection.modify(metadata=self._metadata(state))

    def _metadata(self, state: str) -> dict[str, Any]:
        return {"holder": self._holder, "beat": self._beat, "state": state}
