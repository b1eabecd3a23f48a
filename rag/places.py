"""Where a library is, in a folder or on a Chroma server, and the store that opens it there."""

from __future__ import annotations

from pathlib import Path

from rag.config import Settings
from vectorstore.address import Address, is_address, parse_address
from vectorstore.embedding import Embedder
from vectorstore.store import Store


def place_of(given: str | Path | Address | None, settings: Settings) -> Path | Address:
    """The folder or the server's address that was given; that of the settings where None.

    Raises:
        LibraryError: It is no address of a library.
    """
    if isinstance(given, str):
        given = parse_address(given) if is_address(given) else Path(given)
    place = given or settings.library
    return place.expanduser() if isinstance(place, Path) else place


def open_store(place: Path | Address, settings: Settings, embedder: Embedder) -> Store:
    """Opens the library that is there, or makes one.

    Raises:
        LibraryError: It cannot be opened.
    """
    if isinstance(place, Path):
        return Store(place, embedder)
    from vectorstore.remote.store import ServerStore

    return ServerStore(place, embedder, settings.cache, settings.server_options)
