"""`quoth ui`, `serve`, `password` and `mcp`: the page and the API, for others too if wanted.

The package `ui` is imported by name: `rag` must not depend on it, as it is built upon `rag`.
"""

from __future__ import annotations

import getpass
import sys
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from rag.cli.commands import app
from rag.cli.console import tell, write_rows
from rag.cli.options import LibraryPath, LLMName
from vectorstore.errors import QuothError

if TYPE_CHECKING:
    from rag.library import Library

Host = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Listen there; 0.0.0.0: on all addresses.")
]
Port = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="0: any.", show_default="the first free from 7860"),
]
AuthFile = Annotated[
    Path | None,
    typer.Option("--auth", metavar="FILE", help="Let in who has a line: quoth password NAME."),
]
Names = Annotated[
    list[str] | None,
    typer.Option("--name", metavar="HOST", help="A further name of this server. Repeat for more."),
]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Visitors change nothing.")]


@app.command()
def ui(
    host: Host = "127.0.0.1",
    port: Port = None,
    library: LibraryPath = None,
    llm: LLMName = None,
    auth: AuthFile = None,
    names: Names = None,
    read_only: ReadOnly = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
) -> None:
    """Open the chat page in the browser; the API stands beside it."""
    server = import_module("ui.server")
    guarding = server.Guarding(host, names or [], _passwords(auth))
    _serve(_Serving(guarding, port, True, read_only, browser), library, llm)


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = None,
    library: LibraryPath = None,
    llm: LLMName = None,
    auth: AuthFile = None,
    names: Names = None,
    read_only: ReadOnly = False,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Page and API, or API alone.")
    ] = True,
) -> None:
    """Serve page and API (its manual is at /api), until interrupted."""
    server = import_module("ui.server")
    guarding = server.Guarding(host, names or [], _passwords(auth))
    _serve(_Serving(guarding, port, page, read_only), library, llm)


@app.command()
def password(name: Annotated[str, typer.Argument(help="Who is to be let in.")]) -> None:
    """Write a line for the file of --auth; the password is asked for, or read from a pipe."""
    passwords = import_module("ui.passwords")
    if sys.stdin.isatty():
        given = getpass.getpass(f"Password of {name}: ")
        if getpass.getpass("Once more: ") != given:
            raise passwords.PasswordError("The two differ; nothing was written.")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    write_rows([[passwords.make_line(name, given)]])


@app.command()
def mcp(library: LibraryPath = None, llm: LLMName = None) -> None:
    """Offer `ask` and `search` to an MCP client, over standard input and output."""
    try:
        server = import_module("ui.mcp_server")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise QuothError(f"{error}. It comes with: pip install 'quoth[mcp]'") from error
    from rag.cli.libraries import opened_for_reading

    with opened_for_reading(library, llm) as read:
        server.make_server(read).run()


class _Serving(NamedTuple):
    """What is served, and how."""

    guarding: Any
    port: int | None
    page: bool
    read_only: bool
    browser: bool = False


def _serve(wanted: _Serving, path: str | None, llm: str | None) -> None:
    from vectorstore.minilm import load_ahead

    load_ahead()
    from rag.cli.libraries import opened_for_reading

    server, host = import_module("ui.server"), wanted.guarding.host
    with opened_for_reading(path, llm) as library, server.listen(host, wanted.port) as bound:
        served = server.create_app(library, *_page_of(library, wanted), wanted.guarding)
        address = server.address_of(bound)
        if wanted.guarding.passwords is None and not _is_loopback(host):
            tell("Whoever can reach this machine can use this library; --auth FILE sees to that.")
        server.serve(served, bound, lambda: _announce(address, wanted.browser))


def _page_of(library: Library, wanted: _Serving) -> tuple[Any, Any]:
    """The page and its presentation, where it is wanted."""
    if not wanted.page:
        return None, None
    page = import_module("ui.app").build_page(library, may_change=not wanted.read_only)
    return page, import_module("ui.look").presentation()


def _passwords(file: Path | None) -> Any:  # noqa: ANN401 - `ui.passwords.Passwords`, or none
    return import_module("ui.passwords").Passwords.load(file) if file else None


def _announce(address: str, browser: bool) -> None:
    tell(f"{address} (API: {address}/api). Ctrl-C ends it.")
    if browser:
        import webbrowser

        webbrowser.open(address)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
