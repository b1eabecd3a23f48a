"""The way to a Chroma server: requests that wait a little for one that is started again.

Chroma's own `HttpClient` is not used: it asks three questions before the first one of ours, and
knows no timeout. What it is made of, `ServerAPI` and `Collection`, is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any, TypeVar

from chromadb.api import ServerAPI
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings, System

from vectorstore.address import Address, ServerOptions
from vectorstore.errors import LibraryError
from vectorstore.pen import Waiting
from vectorstore.remote.failures import (
    is_absent,
    is_passing,
    is_refused,
    is_taken,
    unreachable,
)

WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 4.0)
"""Seconds between tries of a request that finds no server, where one was there before."""
PLAIN: Any = {"hnsw": {"space": "cosine"}, "embedding_function": None}
LISTED = 1000
UNSTATED = 100
"""Rows in one request, where the server does not state how many it takes."""
Result = TypeVar("Result")


class AbsentError(LibraryError):
    """A collection that is not there."""


class RefusedError(LibraryError):
    """What this server does not offer."""


class TakenError(LibraryError):
    """A collection that cannot be made, since it is there."""


class Server:
    """A Chroma server, and the database on it that holds a library.

    Attributes:
        address: The library's.
        tell: Told in one line what is waited for.
    """

    def __init__(self, address: Address, options: ServerOptions) -> None:
        """Opens a connection, without a request.

        Raises:
            LibraryError: The token or the authority's file cannot be used.
        """
        self.address = address
        self.tell: Waiting | None = None
        self._options = options
        self._where = {"tenant": options.tenant, "database": options.database}
        self._was_there = False
        self._most_rows = 0
        self._api: Any = _connect(address, options)

    def close(self) -> None:
        """Lets go of the connection."""
        self._api._session.close()

    def get(self, name: str) -> Any:  # noqa: ANN401 - Chroma's collections, whose calls are ours
        """A collection, as it is now.

        Raises:
            AbsentError: It is not there.
            LibraryError: The server fails.
        """
        return self._opened(self.call(lambda: self._api.get_collection(name, **self._where)))

    def create(
        self,
        name: str,
        metadata: dict[str, Any],
        get_or_create: bool = False,
        schema: Any = None,  # noqa: ANN401 - of Chroma
    ) -> Any:  # noqa: ANN401 - the same
        """A new collection; of several that make the same one at once, one succeeds.

        Args:
            name: Its name.
            metadata: What it says of itself.
            get_or_create: Whether one that is there will do.
            schema: Its indexes, if others than one of vectors by their cosine.

        Raises:
            RefusedError: The server does not offer these indexes.
            TakenError: It is there already.
            LibraryError: The server fails.
        """
        model = self.call(
            lambda: self._api.create_collection(
                name,
                schema=schema,
                configuration=None if schema else PLAIN,
                metadata=metadata,
                get_or_create=get_or_create,
                **self._where,
            )
        )
        return self._opened(model)

    def delete(self, name: str) -> None:
        """Deletes a collection, where it is there."""
        try:
            self.call(lambda: self._api.delete_collection(name, **self._where))
        except AbsentError:
            return

    def named(self, prefix: str) -> dict[str, dict[str, Any]]:
        """Metadata by name, of the collections whose name begins so."""
        found: dict[str, dict[str, Any]] = {}
        read, page = 0, self._listed(0)
        while page:
            found |= {item.name: dict(item.metadata or {}) for item in page}
            read += len(page)  # not the names found: one may come twice, if others make some
            page = self._listed(read) if len(page) == LISTED else []
        return {name: found[name] for name in found if name.startswith(prefix)}

    def get_max_batch_size(self) -> int:
        """Rows that the server takes in one request; asked once."""
        if not self._most_rows:
            stated = int(self.call(self._api.get_max_batch_size))
            self._most_rows = stated if stated > 0 else UNSTATED
        return self._most_rows

    def call(self, work: Callable[[], Result]) -> Result:
        """Does a request, which may be done twice.

        Raises:
            LibraryError: The server does not answer, or refuses.
        """
        waits = iter(WAITS if self._was_there else ())
        while True:
            try:
                result = work()
            except Exception as error:
                wait = next(waits, None) if is_passing(error) else None
                if wait is None:
                    raise self._failure(error) from error
                self._await(wait)
            else:
                self._was_there = True
                return result

    def _listed(self, offset: int) -> list[Any]:
        return list(self.call(lambda: self._api.list_collections(LISTED, offset, **self._where)))

    def _failure(self, error: Exception) -> LibraryError:
        stated = unreachable(self.address, self._options, error)
        if is_absent(error):
            return AbsentError(str(stated))
        if is_refused(error):
            return RefusedError(str(stated))
        return TakenError(str(stated)) if is_taken(error) else stated

    def _await(self, seconds: float) -> None:
        if seconds == WAITS[0] and self.tell:
            self.tell(f"The Chroma server {self.address.server} is away; waiting for it.")
        sleep(seconds)

    def _opened(self, model: Any) -> Any:  # noqa: ANN401 - of Chroma
        return _Patient(Collection(self._api, model, embedding_function=None), self)


class _Patient:
    """A Chroma collection each of whose requests is one of `Server.call`."""

    def __init__(self, collection: Any, server: Server) -> None:  # noqa: ANN401 - of Chroma
        self._collection = collection
        self._server = server

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of Chroma
        found = getattr(self._collection, name)
        if not callable(found):
            return found
        return lambda *given, **named: self._server.call(lambda: found(*given, **named))


def _connect(address: Address, options: ServerOptions) -> Any:  # noqa: ANN401 - of Chroma
    token, authority = options.token, options.authority
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise LibraryError(
            "QUOTH_CHROMA_TOKEN cannot be a token; expected ASCII characters without spaces."
        )
    if authority and not Path(authority).is_file():
        raise LibraryError(f"There is no file {authority}; QUOTH_CHROMA_CA names one.")
    host = f"[{address.host}]" if ":" in address.host else address.host
    settings = Settings(
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=host,
        chroma_server_http_port=address.port,
        chroma_server_ssl_enabled=address.is_secure,
        chroma_server_ssl_verify=authority,
        chroma_server_headers={"Authorization": f"Bearer {token}"} if token else {},
        anonymized_telemetry=False,
    )
    system = System(settings)
    api: Any = system.instance(ServerAPI)  # type: ignore[type-abstract]
    system.start()
    api._session.timeout = options.timeout
    return api
