"""Stand-in until the real one is merged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from vectorstore.records import Record

Format = Literal["jsonl", "bibtex", "ris"]


def write(records: Iterable[Record], form: Format) -> Iterator[str]:
    """Pieces."""
    return (json.dumps(record.to_json()) + "\n" for record in records)


def write_file(path: Path, pieces: Iterable[str], overwrite: bool) -> None:
    """File."""
    path.write_text("".join(pieces))
