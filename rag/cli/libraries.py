"""The library that a command works on: the user's own, or the bundled sample."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from rag.cli.console import open_console, tell
from rag.config import Settings, read_settings
from rag.library import Library
from vectorstore.errors import LibraryError

Report = TypeVar("Report")


@contextmanager
def opened(
    path: str | Path | None, must_exist: bool = False, dry_run: bool = False
) -> Iterator[Library]:
    """The user's own library, made where there is none unless it must exist.

    For a dry run an empty one that is not there is made elsewhere, and thrown away.
    """
    settings = read_settings(library=path)
    exists = Library.exists(settings.library, settings)
    if must_exist and not exists:
        raise absent_library(settings)
    with ExitStack() as stack:
        elsewhere = stack.enter_context(TemporaryDirectory()) if dry_run and not exists else None
        yield stack.enter_context(Library.open(elsewhere, settings))


@contextmanager
def opened_for_reading(path: str | Path | None, llm: str | None = None) -> Iterator[Library]:
    """The library; where none was named and there is none yet, the bundled sample."""
    settings = read_settings(library=path, llm=llm)
    named = "library" in settings.model_fields_set
    if named and not Library.exists(settings.library, settings):
        raise absent_library(settings)
    library = open_filled(settings, named)
    if library is None:
        library = Library.open_sample(settings)
        tell(
            f"No library yet: this is the bundled sample, digests of {len(library)} papers. "
            f"Start your own: quoth add FILE"
        )
    elif len(library) == 0:
        folder = settings.library
        tell(f"No papers in {folder} yet. Add some: quoth add FILE --library {folder}")
    with library:
        yield library


def open_filled(settings: Settings, named: bool) -> Library | None:
    """The library of the settings; None where it holds nothing and nobody named it."""
    if not Library.exists(settings.library, settings):
        return None
    library = Library.open(settings=settings)
    if len(library) or named:
        return library
    library.close()
    return None


def absent_library(settings: Settings) -> LibraryError:
    """The failure of a library that was named and is not there."""
    folder = settings.library
    return LibraryError(f"No library at {folder}. Make one: quoth add FILE --library {folder}")


def missing(record_id: str, library: Library) -> str:
    """The message about a paper that is not there."""
    place = "the bundled sample" if library.is_sample else library.store.at
    return f"No paper {record_id!r} in {place}; `quoth list` shows the ids."


def with_progress(work: Callable[[Callable[[int], None]], Report]) -> Report:
    """Does work that tells how many records it dealt with; counted where stderr is a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} records"), TimeElapsedColumn())
    console = open_console(sys.stderr)
    shown = console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as progress:
        task = progress.add_task("", total=None)
        return work(lambda count: progress.advance(task, count))
