"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

LibraryPath = Annotated[
    str | None,
    typer.Option(
        "--library",
        metavar="PATH",
        help="Folder of the library, or chroma://HOST:PORT/NAME on a Chroma server; "
        "else QUOTH_LIBRARY, else the user's data folder.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, verbatim.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILTER",
        help="Which papers: year>=2024, group=NAME, source=FILE, title=WORDS. Repeat to narrow.",
    ),
]
EngineName = Annotated[
    Literal["local", "ray"],
    typer.Option(
        "--engine",
        help="Who reads and embeds: this process, or Ray's workers (QUOTH_RAY_ADDRESS or "
        "RAY_ADDRESS, else some started here). The library is the same.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Processes that embed, with --engine ray; else one a CPU."),
]

LLMName = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="openai:MODEL",
        help="Let an LLM write: OPENAI_BASE_URL's or OpenAI's own. Else QUOTH_LLM, else none.",
    ),
]
