"""`bench speed` and `bench embedding`; heavy imports wait until a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.beir import load_beir
from evals.console import AsJson, Cache, Split, show, tell


def speed(
    corpus: Annotated[
        Path | None, typer.Option(help="JSON Lines of title and abstract, plain or gzipped.")
    ] = None,
    sizes: Annotated[
        str, typer.Option(help="Papers of the libraries that are asked.")
    ] = "1000,10000,46114",
    large: Annotated[
        int | None,
        typer.Option(min=1, help="Papers of one more library, of perturbed copies of the corpus."),
    ] = None,
    engines: Annotated[bool, typer.Option("--engines", help="Add by Ray's workers, too.")] = False,
    variants: Annotated[
        bool, typer.Option("--variants", help="Run the model in several ways, too.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw cost against size, as PNG or SVG.")
    ] = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Time adding, opening, searching and answering; memory and disk; everything as ratios."""
    from evals.speed.plot import plot_cost
    from evals.speed.run import run_speed
    from evals.speed.tables import speed_tables

    result = run_speed(corpus, cache, read_sizes(sizes), large, engines, variants)
    if corpus is None:
        tell("Figures of the sample only; --corpus FILE.jsonl measures libraries of many sizes.")
    show(result, as_json, speed_tables)
    if plot:
        plot_cost(result["libraries"], plot)


def embedding(
    corpus: Annotated[
        Path | None, typer.Option(help="JSON Lines of title and abstract, plain or gzipped.")
    ] = None,
    beir: Annotated[
        Path | None, typer.Option(help="BEIR test set: ranks it by each variant's vectors.")
    ] = None,
    split: Split = "train",
    others: Annotated[
        int | None,
        typer.Option(min=0, help="Of its documents, those that answer and this many others only."),
    ] = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Run the default model in several ways: throughput, latency, start-up, memory, quality."""
    from evals.speed.run import run_embedding
    from evals.speed.tables import embedding_tables

    known = load_beir(beir, split) if beir else None
    show(run_embedding(corpus, known, others, cache), as_json, embedding_tables)


def read_sizes(text: str) -> list[int]:
    """Numbers between commas."""
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1:
        raise typer.BadParameter(f"{text!r}: expected numbers such as 1000,10000")
    return sizes
