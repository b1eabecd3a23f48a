"""The commands that fill a library and keep it in order: add, sync, duplicates, split, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.cli.console import FAILED, tell, write_blocks, write_json
from rag.cli.options import AsJson, EngineName, LibraryPath, Workers

if TYPE_CHECKING:
    from vectorstore.syncing import SyncReport

FIELDS = (
    "abstract", "title", "authors", "year", "venue", "url", "doi", "arxiv_id", "pmid", "keywords",
    "groups", "id",
)  # fmt: skip
"""Names on the left of `--map`."""

Format = Literal["jsonl", "bibtex", "ris"]
ENDINGS: dict[str, Format] = {".jsonl": "jsonl", ".bib": "bibtex", ".ris": "ris"}

Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN",
        help="What a column or key holds, such as abstract=Summary. Repeat for more.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")]


def add(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files, folders, - (standard input), or papers from the network: "
            "arxiv:ID, arxiv-search:QUERY, doi:DOI, pmid:ID.",
        ),
    ],
    columns: Columns = None,
    limit: Annotated[
        int, typer.Option("--max", min=1, help="Papers that a search may bring, at most.")
    ] = 100,
    dry_run: DryRun = False,
    engine: EngineName = "local",
    workers: Workers = None,
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Add papers to the library: exports of any kind, or by name from the network."""
    renamed = read_columns(columns)
    from rag.cli.libraries import opened, with_progress
    from rag.cli.reports import report_blocks

    with opened(library, dry_run=dry_run) as own:
        report = with_progress(
            lambda advance: own.add(files, advance, tell, renamed, limit, dry_run, engine, workers)
        )
        holding = f"{len(own):,} papers in {own.store.at}"
    if as_json:
        write_json(report.to_json())
    else:
        write_blocks(report_blocks(report, "Nothing was changed." if dry_run else holding))
    if report.read == len(report.rejected) + len(report.skipped):
        tell("No record could be used; nothing was added.")
        raise typer.Exit(FAILED)


def sync(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Files of abstracts.")],
    name: Annotated[
        str | None, typer.Option(help="What its files are named behind; else the folder's name.")
    ] = None,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove papers without asking.")] = False,
    engine: EngineName = "local",
    workers: Workers = None,
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Keep the library in step with a folder: add, update, and remove what disappeared from it."""
    from rag.cli.libraries import opened, with_progress
    from rag.cli.reports import sync_blocks

    def confirm(report: SyncReport) -> bool:
        if not as_json:
            write_blocks(sync_blocks(report))
        count = len(report.removed)
        return yes or not sys.stdin.isatty() or typer.confirm(f"Remove {count:,} papers?", err=True)

    with opened(library, dry_run=dry_run) as own:
        report = with_progress(
            lambda advance: own.sync(folder, name, dry_run, confirm, advance, tell, engine, workers)
        )
        holding = f"{len(own):,} papers in {own.store.at}"
    if as_json:
        write_json(report.to_json())
        return
    if not report.removed or dry_run:
        write_blocks(sync_blocks(report))
    if report.removed and not dry_run:
        tell("Removed." if report.confirmed else "Nothing was removed.")
    tell("Nothing was changed." if dry_run else holding)


def duplicates(library: LibraryPath = None, as_json: AsJson = False) -> None:
    """List papers that were merged from several records, and why."""
    from rag.cli.libraries import opened_for_reading
    from rag.cli.reports import duplicate_blocks, duplicate_values

    with opened_for_reading(library) as read:
        papers = read.duplicates()
    if as_json:
        write_json([duplicate_values(paper) for paper in papers])
    else:
        write_blocks(duplicate_blocks(papers))


def split(
    record_id: Annotated[str, typer.Argument(metavar="ID", help="As listed by `duplicates`.")],
    number: Annotated[
        int | None, typer.Argument(metavar="NUMBER", help="Which record goes; else the last.")
    ] = None,
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Take a merged paper apart: one of its records becomes a paper of its own, for good."""
    from rag.cli.libraries import opened
    from rag.cli.reports import duplicate_values, split_blocks

    with opened(library, must_exist=True) as own:
        stayed, gone = own.split(record_id, number, tell)
    if as_json:
        write_json([duplicate_values(paper) for paper in (stayed, gone)])
    else:
        write_blocks(split_blocks(stayed, gone))


def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to; else standard output.")
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Else told by the ending of FILE, else jsonl."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
    library: LibraryPath = None,
) -> None:
    """Write the library as JSON Lines, BibTeX or RIS; `quoth add` reads it back as it is."""
    from rag.cli.libraries import opened_for_reading
    from vectorstore.writers import write_file

    chosen = form or (ENDINGS.get(file.suffix.lower(), "jsonl") if file else "jsonl")
    with opened_for_reading(library) as read:
        if file is None:
            for piece in read.export(chosen):
                sys.stdout.write(piece)
            return
        write_file(file, read.export(chosen), overwrite)
        tell(f"{len(read):,} papers written to {file} as {chosen}.")


def read_columns(given: list[str] | None) -> dict[str, str]:
    """Names of columns, and the fields that they hold: `abstract=Summary` the other way round.

    Raises:
        BadParameter: One is not of that form, or names no field.
    """
    columns: dict[str, str] = {}
    for text in given or ():
        field, sign, column = text.partition("=")
        if not sign or not column or field not in FIELDS:
            raise typer.BadParameter(
                f"{text!r} is not FIELD=COLUMN; FIELD is one of {', '.join(FIELDS)}",
                param_hint="--map",
            )
        columns[column] = field
    return columns
