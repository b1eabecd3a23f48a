"""The server of `quoth ui` and `quoth serve`: page and API as one app, behind `ui.guard`."""

from __future__ import annotations

import platform
import socket
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware

from rag import Library, QuothError
from ui.api import add_failures, add_manual, api_router
from ui.completions import completions_router
from ui.guard import Auth, Bounds, Gate, Hosts, Sealed
from ui.passwords import Passwords

if TYPE_CHECKING:
    import gradio as gr

DEFAULT_PORT = 7860
PORTS_TRIED = 10
MAX_CONNECTIONS = 500
DESCRIPTION = """Ask a library of abstracts over HTTP. Each answer quotes its sources; each
sentence of it has been checked against them, and where the abstracts do not say, it says so.

Failures are JSON too: {"error": {"message": ..., "type": ...}}. Where the server is full it says
503 with Retry-After. Where it asks for a password: curl -u NAME:PASSWORD, or NAME:PASSWORD as the
API key of a client of OpenAI, whose base URL is this server's address and /v1."""


@dataclass(frozen=True, slots=True)
class Guarding:
    """Who is let in, and how many.

    Attributes:
        host: The address that is listened on.
        names: Further names that this server goes by, such as that of a proxy before it.
        passwords: Who may come in; None: everybody who can reach it.
        at_once: API requests that are dealt with at a time.
        waiting: Those that may wait besides.
    """

    host: str = "127.0.0.1"
    names: Collection[str] = ()
    passwords: Passwords | None = None
    at_once: int = 4
    waiting: int = 60


def create_app(
    library: Library,
    page: gr.Blocks | None = None,
    presentation: Mapping[str, Any] | None = None,
    guarding: Guarding | None = None,
) -> FastAPI:
    """Page and API of a library as one ASGI app.

    Args:
        library: What is asked; it stays open as long as the app runs.
        page: The Gradio page, mounted at `/`; None: the API alone. Its events must not be an API
            of their own: `api_visibility="private"` for each, `page.queue(api_open=False)`.
        presentation: Arguments of `gradio.mount_gradio_app` for the page, such as theme and CSS.
        guarding: Who is let in, and how many.
    """
    app = FastAPI(
        title="Quoth",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        middleware=_middleware(guarding or Guarding()),
    )
    add_failures(app)
    app.include_router(api_router(library))
    app.include_router(completions_router(library))
    add_manual(app)
    if page is not None:
        import gradio as gr

        gr.mount_gradio_app(app, page, path="/", **(presentation or {}))
    return app


def listen(host: str, port: int | None) -> socket.socket:
    """A socket to serve on; without a port the first free one from `DEFAULT_PORT` on.

    Raises:
        QuothError: The address or the port cannot be had.
    """
    wanted = [port] if port is not None else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    why: OSError | None = None
    for number in wanted:
        try:
            family = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((host, number), family=family, backlog=256)
        except (OSError, OverflowError, UnicodeError) as error:
            why = error if isinstance(error, OSError) else OSError(str(error))
    told = (why and why.strerror) or why
    raise QuothError(
        f"Cannot listen on {host}, port {wanted[0]}: {told}. Choose another: --port 0 takes any."
    )


def address_of(bound: socket.socket) -> str:
    """Where to find what is served on a socket; of all addresses, the one of this machine."""
    host, port = bound.getsockname()[:2]
    address = ip_address(host)
    if address.is_unspecified:
        host = "127.0.0.1"
    elif address.version == 6:
        host = f"[{host}]"
    return f"http://{host}:{port}"


def serve(app: FastAPI, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Serves until it is interrupted; calls `ready` once it answers."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=3,
    )
    with suppress(KeyboardInterrupt):  # raised once more when all has been shut down
        _Server(config, ready).run(sockets=[bound])


class _Server(uvicorn.Server):
    """Tells when it has started."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _middleware(guarding: Guarding) -> list[Middleware]:
    """The outermost first."""
    names = {guarding.host, *guarding.names}
    everywhere = _is_unspecified(guarding.host)
    if everywhere:
        names |= {platform.node()}
    listed = [Middleware(Sealed), Middleware(Hosts, names=names, any_address=everywhere)]
    if guarding.passwords is not None:
        listed.append(Middleware(Auth, passwords=guarding.passwords))
    return [
        *listed,
        Middleware(Bounds),
        Middleware(Gate, at_once=guarding.at_once, waiting=guarding.waiting),
    ]


def _is_unspecified(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
