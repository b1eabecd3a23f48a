"""What built a library: stored with it, and compared whenever it is opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from vectorstore.errors import LibraryError

SCHEMA_VERSION = 2


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


def check_manifest(folder: Path, metadata: Mapping[str, Any], wanted: Manifest) -> None:
    """Refuses a library that was built by something else than it is opened with.

    Raises:
        LibraryError: Naming what built it, what opens it, and what to do.
    """
    found = _read(folder, metadata)
    for item in fields(Manifest):
        built, opening = found.get(item.name), getattr(wanted, item.name)
        if built != opening:
            raise LibraryError(
                f"The library {folder} was built with {item.name} {built!r}, "
                f"and is being opened with {item.name} {opening!r}. "
                f"Open it with the former, or add its files to a new library."
            )


def _read(folder: Path, metadata: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(json.loads(metadata["manifest"]))
    except (KeyError, TypeError, ValueError) as error:
        raise LibraryError(
            f"{folder} holds a Chroma collection that Quoth did not make; "
            f"expected a manifest in its metadata. Name another folder."
        ) from error
