"""The edge to the terminal: results to stdout, messages to stderr, text from outside as data."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TextIO

import typer

from vectorstore.errors import QuothError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

# What terminals obey: colours and cursor moves (CSI), then titles and links (OSC).
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:[\x07\x9c]|\x1b\\)?"
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Marks that change the direction of what follows, and invisible tags.
_HIDDEN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Block(NamedTuple):
    """A paragraph and how far to indent it."""

    text: Text
    indent: int = 0


def as_data(text: str) -> str:
    """Text from outside on one line, without anything that a terminal would obey."""
    spaced = " ".join(_ESCAPES.sub("", text).split())
    return _SURROGATES.sub("\ufffd", _HIDDEN.sub("", _CONTROLS.sub("", spaced)))


def tell(message: str) -> None:
    """Writes a message to stderr, line by line as data."""
    lines = (as_data(line) for line in message.splitlines())
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def write_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Writes a JSON value as one line to stdout, in ASCII where stdout takes nothing else."""
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        line = json.dumps(value)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def write_rows(rows: Iterable[Iterable[str]]) -> None:
    """Writes tab-separated lines to stdout."""
    for row in rows:
        sys.stdout.write("\t".join(row) + "\n")


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Writes a table to a terminal, and tab-separated lines without a heading elsewhere.

    The first column is never cut: it holds what other commands ask for.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    console = open_console(sys.stdout)
    if not console.is_terminal:
        write_rows(rows)
        return
    table = Table(box=SIMPLE_HEAD)
    for place, name in enumerate(columns):
        table.add_column(name, no_wrap=place == 0)
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def write_blocks(blocks: Iterable[Block]) -> None:
    """Writes paragraphs to stdout: wrapped on a terminal, a line each elsewhere."""
    from rich.padding import Padding
    from rich.text import Text

    console = open_console(sys.stdout)
    for text, indent in blocks:
        if console.is_terminal and text:
            console.print(Padding(text, (0, 0, 0, indent), expand=False))
        else:
            console.print(Text.assemble(" " * indent, text), soft_wrap=True)


def open_console(stream: TextIO) -> Console:
    """A rich console that takes text as it is: no markup, no emoji codes, no guessed colours."""
    from rich.console import Console

    class PlainConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # for `stated_failures`, instead of an exit code of rich's own

    return PlainConsole(file=stream, markup=False, emoji=False, highlight=False)


def keep_writable() -> None:
    """Lets streams of narrow encodings show what they lack as escapes, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def stated_failures() -> Iterator[None]:
    """Turns whatever goes wrong inside into a line or two on stderr and an exit code."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except QuothError as error:
        _exit(FAILED, str(error))
    except typer.TyperException as error:
        _exit(MISUSED, _usage_help(error))
    except BrokenPipeError:
        _drop_stdout()
        _exit(DONE)
    except (KeyboardInterrupt, typer.Abort):
        _exit(INTERRUPTED, "Interrupted.")
    except typer.Exit:
        raise
    except Exception as error:
        # Read here, as settings may be what failed.
        if os.environ.get("QUOTH_DEBUG"):
            raise
        told = f"{type(error).__name__}: {error}".removesuffix(": ").removesuffix(".")
        _exit(FAILED, f"unexpected: {as_data(told)}; set QUOTH_DEBUG=1 to see where")


def _exit(code: int, message: str = "") -> NoReturn:
    tell(message)
    raise SystemExit(code)


def _usage_help(error: typer.TyperException) -> str:
    """What is wrong with a command line, and where its help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "quoth"
    message = error.format_message()
    return f"{message}\nSee: {command} --help" if message else ""


def _drop_stdout() -> None:
    """Sends the rest of stdout nowhere: its reader has gone (`quoth list | head`)."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
