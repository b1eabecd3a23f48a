"""What a user names to be added -> sources: files, folders, standard input, or the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rag.config import Settings
from vectorstore.engines import Named, Source
from vectorstore.readers import Item, read


def sources_of(
    names: Sequence[str | Path], settings: Settings, columns: Mapping[str, str] | None, limit: int
) -> Iterator[Source]:
    """What was named, to be read by an engine one after the other.

    Args:
        names: Files, folders, `-`, or names of papers on the network; a file of that very name
            comes first.
        settings: Where the network's services are, and how to reach the user.
        columns: Names that the user gave for fields.
        limit: Papers that a search may bring, at most.
    """
    for name in names:
        if _is_on_network(name):
            yield _fetched(str(name), settings, limit)
        elif str(name) == "-":
            yield read(Path(name), columns)
        else:
            yield Named(Path(name).expanduser(), columns)


def _is_on_network(name: str | Path) -> bool:
    from vectorstore.fetching import is_name

    return isinstance(name, str) and is_name(name)


def _fetched(name: str, settings: Settings, limit: int) -> Iterator[Item]:
    from vectorstore.fetching import FetchOptions, fetch

    return fetch(
        name,
        FetchOptions(
            folder=settings.cache / "fetched",
            contact=settings.contact,
            arxiv_url=settings.arxiv_url,
            crossref_url=settings.crossref_url,
            pubmed_url=settings.pubmed_url,
            max_results=limit,
        ),
    )
