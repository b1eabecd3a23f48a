"""What built a library: stored with it, and compared whenever it is opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from vectorstore.address import Address
from vectorstore.errors import LibraryError

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a library's rows depend on.

    Attributes:
        embedding: Identity of the embedding model, with its hash where known.
        window: Tokens of a passage and its title, special ones aside.
        chunking: Version of the rules that cut abstracts into passages.
        schema: Version of the rows.
    """

    embedding: str
    window: int
    chunking: int = 1
    schema: int = SCHEMA_VERSION

    def to_text(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self))


def check_manifest(folder: Path | Address, metadata: Mapping[str, Any], wanted: Manifest) -> None:
    """Refuses a library that was built by something else than it is opened with.

    Raises:
        LibraryError: Naming what built it, what opens it, and what to do.
    """
    found = _read(folder, metadata)
    told = refused_schema(found.get("schema"), wanted.schema)
    if told:
        raise LibraryError(f"The library {folder} {told}")
    for item in fields(Manifest):
        built, opening = found.get(item.name), getattr(wanted, item.name)
        if built != opening:
            raise LibraryError(
                f"The library {folder} was built with {item.name} {built!r}, "
                f"and is being opened with {item.name} {opening!r}. "
                f"Open it with the former, or add its files to a new library."
            )


def refused_schema(found: object, read: int = SCHEMA_VERSION) -> str:
    """Who made rows of another schema than this Quoth reads, and what to do; empty if it is that.

    Args:
        found: The schema of a library or a backup.
        read: The one that this Quoth reads.
    """
    if not isinstance(found, int) or found == read:
        return ""
    which = "a newer" if found > read else "an older"
    todo = (
        "Update Quoth (pip install --upgrade quoth)"
        if found > read
        else "Open it with the Quoth that made it"
    )
    return (
        f"was made by {which} Quoth (schema {found}; this one reads {read}). {todo}, or add its "
        "files to a new library (--library PATH)."
    )


def _read(folder: Path | Address, metadata: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(json.loads(metadata["manifest"]))
    except (KeyError, TypeError, ValueError) as error:
        raise LibraryError(
            f"{folder} holds a Chroma collection that Quoth did not make; "
            f"expected a manifest in its metadata. Name another {_kind(folder)}."
        ) from error


def _kind(place: Path | Address) -> str:
    return "folder" if isinstance(place, Path) else "library"
