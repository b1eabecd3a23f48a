"""The only door to Ray: files are read and records prepared by processes of a cluster.

Reading is a task a file, whose batches wait until they are asked for; preparing is a call to one of
the workers, each with a model loaded once and one CPU. Ray starts what was lost again, elsewhere if
need be. Results are taken in the order of the files, and a bounded number is on its way.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from types import ModuleType
from typing import Any

from vectorstore.embedding import Embedder
from vectorstore.engines import Choice, Named, Source
from vectorstore.engines.worker import Unseen, Worker, kind_of, read_in_batches
from vectorstore.errors import EngineError, QuothError
from vectorstore.minilm import thread_count
from vectorstore.preparing import NOTHING, Ahead, Preparer
from vectorstore.readers import Item, read_file
from vectorstore.readers.opening import File, find_files
from vectorstore.records import Record

RETRIES = 3
"""How often the same work is done again that was lost with its process."""
START_SECONDS = 120
BATCHES_READ_AHEAD = 2
"""Of each file that is being read."""
BATCHES_EACH = 2
"""On their way for each worker: one that it prepares, one that waits for it."""
STORE_BYTES = 256 * 1024 * 1024
"""Of shared memory, for results on their way, where Ray runs on this machine alone."""
LOCAL = "local"
LOOPBACK = "127.0.0.1"


@contextmanager
def start_ray(choice: Choice, embedder: Embedder) -> Iterator[Cluster]:
    """A cluster to work with: the one that this process is joined to already, else as chosen.

    Raises:
        EngineError: Ray is not installed, or cannot be used.
    """
    address = choice.address or os.environ.get("RAY_ADDRESS") or LOCAL
    ray = _import_ray(address)
    joined = ray.is_initialized()
    if not joined:
        _join(ray, address, choice.workers)
    cluster = None
    try:
        cluster = Cluster(ray, _count_workers(ray, choice), embedder, choice.tell or _say_nothing)
        yield cluster
    finally:
        if cluster:
            cluster.close()
        if not joined:
            ray.shutdown()


class Cluster:
    """Workers of a cluster, and the files that it reads."""

    def __init__(
        self, ray: ModuleType, workers: int, embedder: Embedder, tell: Callable[[str], None]
    ) -> None:
        """Starts nothing yet: reading needs no worker."""
        self._ray = ray
        self._count = workers
        self._embedder = embedder
        self._tell = tell
        self._workers: list[Any] = []
        self._on_their_way: list[list[Any]] = []
        self._streams: list[Any] = []
        self._read_here = False

    def close(self) -> None:
        """Ends the workers, and the reading that nobody waits for any longer."""
        for stream in self._streams:
            self._ray.cancel(stream, force=True)
        for worker in self._workers:
            self._ray.kill(worker)

    # Reading ---------------------------------------------------------------------------------

    def read(self, sources: Iterable[Source]) -> Iterator[Item]:
        """All that the sources hold, in their order; the next files are opened meanwhile."""
        begun: deque[Iterator[Item]] = deque()
        for part in self._begin_reading(sources):
            begun.append(part)
            if len(begun) > 1 + self._count // 4:
                yield from begun.popleft()
        while begun:
            yield from begun.popleft()

    def _begin_reading(self, sources: Iterable[Source]) -> Iterator[Iterator[Item]]:
        for source in sources:
            if isinstance(source, Named):
                for found in find_files(*source):
                    yield self._begin_file(found) if isinstance(found, File) else iter([found])
            else:
                yield source

    def _begin_file(self, file: File) -> Iterator[Item]:
        """Begins to read a file, wherever there is room; needs next to no CPU beside a model."""
        try:
            size = file.path.stat().st_size
        except OSError:
            return read_file(file)  # which tells why
        read = self._ray.remote(
            num_cpus=0,
            max_retries=RETRIES,
            num_returns="streaming",
            _generator_backpressure_num_objects=BATCHES_READ_AHEAD,
        )(read_in_batches)
        stream = read.remote(replace(file, path=file.path.absolute()), size)
        self._streams.append(stream)
        return self._items(file, stream)

    def _items(self, file: File, stream: Iterator[object]) -> Iterator[Item]:
        for reference in stream:
            batch: list[Item] | Unseen = self._result(reference, f"that read {file.source}")
            if isinstance(batch, Unseen):
                self._tell_of_unseen(file)
                yield from read_file(file)
            else:
                yield from batch
        self._streams.remove(stream)

    def _tell_of_unseen(self, file: File) -> None:
        if not self._read_here:
            self._read_here = True
            self._tell(
                f"A worker does not see {file.path} as it is here, so such files are read here; "
                f"put them in a folder that all machines of the cluster share."
            )

    # Preparing -------------------------------------------------------------------------------

    @cached_property
    def preparer(self) -> Preparer:
        """The workers, started when they are first needed.

        Raises:
            EngineError: They do not start, or one is not as this process is.
        """
        kind = kind_of(self._embedder)
        start = self._ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=RETRIES)(Worker)
        self._workers = [start.remote(self._embedder, kind) for _ in range(self._count)]
        self._on_their_way = [[] for _ in self._workers]
        started = [worker.check.remote() for worker in self._workers]
        ready, _ = self._ray.wait(started, num_returns=self._count, timeout=START_SECONDS)
        for reference in ready:
            self._result(reference, "that started")
        if len(ready) < self._count:
            free = self._ray.available_resources().get("CPU", 0)
            raise EngineError(
                f"{len(ready)} of {self._count} workers started within {START_SECONDS} seconds; "
                f"{free:g} CPUs of the cluster are free, and each worker takes one. "
                f"Ask for fewer: --workers N"
            )
        return Preparer(self._begin, BATCHES_EACH * self._count)

    def _begin(self, records: Sequence[Record]) -> Callable[[], Ahead]:
        """Gives a batch to the worker that has least to do."""
        if not records:
            return lambda: NOTHING
        self._forget_what_is_done()
        least = min(range(self._count), key=lambda place: len(self._on_their_way[place]))
        reference = self._workers[least].prepare.remote(list(records))
        self._on_their_way[least].append(reference)
        return lambda: self._result(reference, "that prepared a batch of records")

    def _forget_what_is_done(self) -> None:
        waited_for = [reference for batch in self._on_their_way for reference in batch]
        if waited_for:
            _, left = self._ray.wait(waited_for, num_returns=len(waited_for), timeout=0)
            self._on_their_way = [
                [reference for reference in batch if reference in left]
                for batch in self._on_their_way
            ]

    def _result(self, reference: object, role: str) -> Any:  # noqa: ANN401 - each role has its own
        """What a process of the cluster made.

        Raises:
            QuothError: As it was raised there; or the process was lost, and so were others that
                did the same work again.
        """
        failures = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except failures.RayTaskError as error:
            if isinstance(error.cause, QuothError):
                raise error.cause from None
            raise EngineError(f"The worker {role} failed: {_last_line(error)}") from error
        except failures.RayError as error:
            raise EngineError(
                f"The worker {role} was lost, and so were those that did it again, "
                f"{RETRIES} times at most: {_last_line(error)} Is there too little memory? "
                f"What was written is kept; add the same files again to go on."
            ) from error


def _import_ray(address: str) -> ModuleType:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if address != LOCAL:  # each try takes up to 40 seconds, and Ray's own 20 of them a quarter hour
        os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")
    try:
        import ray
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ray":
            raise
        raise EngineError(f"{error}. It comes with: pip install 'quoth[ray]'") from error
    return ray


def _join(ray: ModuleType, address: str, workers: int | None) -> None:
    """Joins a running cluster, or starts Ray on this machine; no file is sent anywhere."""
    if address.startswith("ray://"):
        raise EngineError(
            f"{address} is an address of Ray Client, which does not read in batches; expected "
            f"HOST:PORT of a cluster that this machine is part of."
        )
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address == LOCAL:
        options |= {
            "num_cpus": workers or thread_count(),
            "object_store_memory": STORE_BYTES,
            "include_dashboard": False,
            "_node_ip_address": LOOPBACK,
        }
    try:
        ray.init(address, **options)
    except (RuntimeError, ValueError, OSError) as error:
        raise EngineError(
            f"Ray at {address} cannot be used: {_last_line(error)}. Does it run there? A cluster "
            f"that asks for a token wants RAY_AUTH_MODE=token in the environment."
        ) from error


def _count_workers(ray: ModuleType, choice: Choice) -> int:
    """As many as were asked for, else one a CPU.

    Raises:
        EngineError: There are not so many CPUs.
    """
    there = int(ray.cluster_resources().get("CPU", 0))
    wanted = choice.workers or max(1, there)
    if wanted > there:
        raise EngineError(
            f"The cluster has {there} CPUs; expected {wanted}, one for each worker. "
            f"Ask for fewer: --workers N"
        )
    return wanted


def _say_nothing(_message: str) -> None:
    """For those who did not ask."""


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
