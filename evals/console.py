"""What all commands of `python -m evals` share: options, and how results are printed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import RenderableType
    from rich.table import Table

Split = Annotated[str, typer.Option(help="Split of the test set: qrels/SPLIT.tsv.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Cache = Annotated[
    Path | None, typer.Option(help="Where built libraries are kept.", show_default="user cache")
]
ReaderFolder = Annotated[
    Path,
    typer.Option(
        "--reader", metavar="on|off|DIR", help="A reader, measured with and without; off: without."
    ),
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


def show_beside(
    measured: dict[str, dict[str, Any]],
    as_json: bool,
    render: Callable[[dict[str, Any]], Sequence[Table]],
) -> None:
    """Print what was measured: in several ways, by their names, in one table or as one object."""
    if len(measured) == 1:
        (only,) = measured.values()
        show(only, as_json, render)
        return
    from evals.tables import beside

    show(measured, as_json, lambda _: beside({name: render(own) for name, own in measured.items()}))


def tell(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(message + "\n")
