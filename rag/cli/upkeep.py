"""`quoth check`, `quoth backup`, `quoth restore`: commands on a library's files as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from rag.cli.commands import AsJson, LibraryPath, app
from rag.cli.console import FAILED, Block, as_data, tell, write_blocks, write_json

if TYPE_CHECKING:
    from vectorstore.backup import BackupReport
    from vectorstore.health import Finding, HealthReport
    from vectorstore.repair import RepairReport


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
    from rag.config import read_settings
    from vectorstore.embedding import open_embedder
    from vectorstore.health import check as examine
    from vectorstore.repair import repair as mend

    settings = read_settings(library=library)
    folder, embedder = settings.library.expanduser(), open_embedder(settings.embedding)
    if repair:
        mended = mend(folder, embedder, keep_copy, tell)
        is_sound = mended.after.is_sound and not mended.lost
        values, blocks = mended.to_json(), repair_blocks(mended)
    else:
        found = examine(folder, embedder, tell)
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
    from rag.config import read_settings
    from vectorstore.backup import backup as save

    settings = read_settings(library=library)
    saved = save(settings.library.expanduser(), file.expanduser(), tell)
    if as_json:
        write_json(saved.to_json())
    else:
        write_blocks([Block(Text(saved_line(saved)))])


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
    from rag.config import read_settings
    from vectorstore.restore import restore as put_back

    settings = read_settings(library=library)
    restored = put_back(file.expanduser(), settings.library.expanduser(), replace, tell)
    if as_json:
        write_json(restored.to_json())
    else:
        write_blocks([Block(Text(restored_line(restored)))])


def health_blocks(report: HealthReport, advise: bool = True) -> Iterator[Block]:
    """What a check found, each finding with some ids, and whether it can be mended.

    Args:
        report: The findings.
        advise: Whether to name the command that mends them.
    """
    checked = f"{report.papers:,} papers with {report.passages:,} passages in {report.folder}"
    if report.is_sound:
        yield Block(Text(as_data(f"Nothing is wrong: {checked}.")))
        return
    yield Block(Text(as_data(f"Checked {checked}. Wrong:")))
    for finding in report.findings:
        yield Block(Text(as_data(_finding_line(finding))), 2)
    if advise and any(finding.repairable for finding in report.findings):
        yield Block(Text(as_data(f"Mend it: quoth check --repair --library {report.folder}")))


def repair_blocks(report: RepairReport) -> Iterator[Block]:
    """What a repair found, what it did, and what is left."""
    if report.before.is_sound:
        yield from health_blocks(report.before)
        return
    yield from health_blocks(report.before, advise=False)
    if report.copy:
        yield Block(Text(as_data(f"Copied the library as it was to {report.copy}.")))
    if report.kept or report.embedded:
        told = f"Rebuilt: {report.kept:,} papers kept, {report.embedded:,} embedded anew."
        yield Block(Text(told))
    if report.lost:
        told = f"Lost, as the abstract cannot be read; add these again ({len(report.lost):,}):"
        yield Block(Text(told))
        for record_id in report.lost:
            yield Block(Text(as_data(record_id)), 2)
    yield from health_blocks(report.after, advise=False)


def saved_line(report: BackupReport) -> str:
    """What a backup holds, in a line."""
    return as_data(f"Saved {report.passages:,} passages of {report.folder} to {report.file}.")


def restored_line(report: BackupReport) -> str:
    """What was restored, in a line."""
    return as_data(
        f"Restored {report.passages:,} passages to {report.folder}, as saved on {report.made}."
    )


def _finding_line(finding: Finding) -> str:
    rest = ", ..." if finding.count > len(finding.examples) else ""
    shown = ", ".join(finding.examples)
    ids = f" ({finding.count:,}): {shown}{rest}" if finding.examples else ""
    mending = "" if finding.repairable else " (cannot be repaired)"
    return f"- {finding.text}{ids}{mending}"
