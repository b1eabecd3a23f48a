"""What all commands of `python -m evals` share: options, and how results are printed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

Split = Annotated[str, typer.Option(help="Split of the test set: qrels/SPLIT.tsv.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Cache = Annotated[
    Path | None, typer.Option(help="Where built libraries are kept.", show_default="user cache")
]
Corpus = Annotated[list[Path] | None, typer.Option(help="Abstracts, in any format Quoth reads.")]


def show(
    result: dict[str, Any],
    as_json: bool,
    render: Any,  # noqa: ANN401 - a function of the result
) -> None:
    """Print one JSON object, or what `render` makes of the result."""
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        return
    from rich.console import Console

    console = Console()
    parts: Iterable[RenderableType] = render(result)
    for part in parts:
        console.print(part)


def tell(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(message + "\n")
