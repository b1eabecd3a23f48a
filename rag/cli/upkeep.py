"""`quoth check`, `quoth backup`, `quoth restore`: commands on a library's files as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.commands import app
from rag.cli.console import FAILED, tell, write_blocks, write_json
from rag.cli.options import AsJson, LibraryPath


@app.command()
def check(
    repair: Annotated[bool, typer.Option("--repair", help="Rebuild what can be rebuilt.")] = False,
    keep_copy: Annotated[
        bool,
        typer.Option(
            "--copy/--no-copy", help="Before a repair, copy the library to LIBRARY.before-repair-*."
        ),
    ] = True,
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Verify the library: every paper, passage, vector and term of it."""
    from rag import upkeep
    from rag.cli.findings import health_blocks, repair_blocks
    from rag.config import read_settings

    with upkeep.subject(read_settings(library=library)) as (held, embedder):
        if repair:
            mended = upkeep.repair(held, embedder, keep_copy, tell)
            is_sound = mended.after.is_sound and not mended.lost
            values, blocks = mended.to_json(), repair_blocks(mended)
        else:
            found = upkeep.check(held, embedder, tell)
            is_sound = found.is_sound
            values, blocks = found.to_json(), health_blocks(found)
    if as_json:
        write_json(values)
    else:
        write_blocks(blocks)
    if not is_sound:
        raise typer.Exit(FAILED)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to, such as papers.zip.")],
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Save the library as one file."""
    from rag import upkeep
    from rag.cli.findings import backup_blocks
    from rag.config import read_settings

    with upkeep.subject(read_settings(library=library)) as (held, _):
        saved = upkeep.backup(held, file.expanduser(), tell)
    if as_json:
        write_json(saved.to_json())
    else:
        write_blocks(backup_blocks(saved))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Written by `quoth backup`.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Let it take the place of the library there.")
    ] = False,
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Put a saved library back, once all of it was verified."""
    from rag import upkeep
    from rag.cli.findings import restore_blocks
    from rag.config import read_settings

    restored = upkeep.restore(file.expanduser(), read_settings(library=library), replace, tell)
    if as_json:
        write_json(restored.to_json())
    else:
        write_blocks(restore_blocks(restored))
