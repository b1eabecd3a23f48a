"""What `quoth status` tells: a library, the settings with their origins, versions."""

from __future__ import annotations

import platform
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rag.config import Settings, origins
from rag.library import Library
from rag.places import place_of
from vectorstore.address import Address
from vectorstore.errors import LibraryError

PARTS = ("quoth", "llama-index-core", "chromadb", "tantivy", "onnxruntime")


def gather_status(settings: Settings, given: frozenset[str]) -> dict[str, Any]:
    """The status as plain JSON values; a library that is not there is not made.

    Args:
        settings: As read.
        given: Names of the settings that came as arguments.
    """
    place = place_of(None, settings)
    origin = origins(settings, given)
    return {
        "library": str(place),
        **_look_at(place, settings),
        "settings": {
            name: {"value": value, "origin": origin[name]}
            for name, value in settings.model_dump(mode="json").items()
        },
        "versions": {name: version_of(name) for name in PARTS}
        | {"python": platform.python_version()},
    }


def _look_at(place: Path | Address, settings: Settings) -> dict[str, Any]:
    """Whether there is a library, and what it holds; of a server that fails, how it does."""
    try:
        exists = Library.exists(place, settings)
        return {"exists": exists, **(_describe(settings) if exists else {})}
    except LibraryError as error:
        if isinstance(place, Path):
            raise
        return {"exists": False, "problem": str(error)}


def version_of(distribution: str) -> str:
    """The version of an installed distribution."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"


def _describe(settings: Settings) -> dict[str, Any]:
    sources: Counter[str] = Counter()
    years: Counter[str] = Counter()
    with Library.open(settings=settings) as library:
        for record in library.records():
            sources.update(record.sources)
            years[str(record.year or "unknown")] += 1
        return {
            "papers": len(library),
            "passages": library.store.count_passages(),
            "embedding": library.store.embedder.identity,
            "disk_bytes": _size(library.store.folder),
            "sources": dict(sorted(sources.items())),
            "years": dict(sorted(years.items())),
            "folders": library.store.folders,
        }


def _size(folder: Path) -> int:
    """Bytes of all files; one that goes away meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
