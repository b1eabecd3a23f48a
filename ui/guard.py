"""What stands before page and API: which hosts, who, how much, how many at once. Plain ASGI."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.passwords import Passwords

MAX_BODY_BYTES = 1_000_000
BODY_SECONDS = 15.0
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
MAX_REMEMBERED = 1000
MAX_IN_LINE = 100
"""Passwords that wait to be checked; more are refused unchecked."""
API_PATHS = ("/api", "/v1")
# Gradio's own scripts are inline, and some of them evaluate text.
_SEALS = {
    "content-security-policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def is_api(scope: Scope) -> bool:
    """Whether a request is for the API rather than the page."""
    path: str = scope.get("path", "")
    return any(path == root or path.startswith(f"{root}/") for root in API_PATHS)


class Hosts:
    """Answers only to names of this server: no site can rebind its own name to it.

    What changes anything must also come from a page of this server, where it comes from a page.
    """

    def __init__(self, app: ASGIApp, names: Collection[str], any_address: bool) -> None:
        """Takes the names, and whether any bare address will do, which nobody can rebind."""
        self._app = app
        self._names = frozenset(name.casefold() for name in names) | LOOPBACK_NAMES
        self._any_address = any_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or refuses it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._knows(host):
            await refuse(send, scope, 421, "host", "This server does not go by that name.")
        elif origin is not None and _is_elsewhere(origin, host) and _changes(scope):
            await refuse(send, scope, 403, "origin", "Pages of other sites may not ask here.")
        else:
            await self._app(scope, receive, send)

    def _knows(self, host: str) -> bool:
        name = _name_of(f"//{host}")
        return name in self._names or (self._any_address and _is_address(name))


class Sealed:
    """Tells browsers to fetch nothing from elsewhere, and not to show a page within another's."""

    def __init__(self, app: ASGIApp) -> None:
        """Takes what is to be sealed."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through; its reply gets further headers."""

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_SEALS)
            await send(message)

        await self._app(scope, receive, sealed)


class Auth:
    """Asks for name and password: `Authorization: Basic`, or `Bearer NAME:PASSWORD` for clients."""

    def __init__(self, app: ASGIApp, passwords: Passwords) -> None:
        """Takes who may come in."""
        self._app = app
        self._passwords = passwords
        self._secret = secrets.token_bytes(32)
        self._known: dict[bytes, None] = {}
        self._one_at_a_time = asyncio.Semaphore(1)
        self._in_line = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or refuses it."""
        allowed = scope["type"] not in ("http", "websocket") or await self._admits(
            Headers(scope=scope).get("authorization", "")
        )
        if allowed:
            await self._app(scope, receive, send)
        else:
            ask = {"www-authenticate": 'Basic realm="Quoth", charset="UTF-8"'}
            await refuse(send, scope, 401, "auth", "Name and password are needed, or wrong.", ask)

    async def _admits(self, given: str) -> bool:
        """Hashing is slow by design: one at a time, and what was right once is kept as a digest."""
        credentials = _credentials(given)
        if credentials is None:
            return False
        digest = hmac.digest(self._secret, given.encode(), hashlib.sha256)
        if digest in self._known:
            return True
        if self._in_line >= MAX_IN_LINE:
            return False
        self._in_line += 1
        try:
            async with self._one_at_a_time:
                if not await run_in_threadpool(self._passwords.admit, *credentials):
                    return False
        finally:
            self._in_line -= 1
        while len(self._known) >= MAX_REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[digest] = None
        return True


class Bounds:
    """Reads the body of an API request whole, up to a size and within a time."""

    def __init__(self, app: ASGIApp, most: int = MAX_BODY_BYTES) -> None:
        """Takes the most bytes."""
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through with its body, or refuses it."""
        if scope["type"] != "http" or not is_api(scope) or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            told = "Expected a body in JSON, with Content-Type: application/json."
            await refuse(send, scope, 415, "content_type", told)
            return
        try:
            body = await asyncio.wait_for(_read(receive, self._most), BODY_SECONDS)
        except (asyncio.TimeoutError, ConnectionError):
            await refuse(send, scope, 408, "timeout", "The body did not come in time.")
            return
        if body is None:
            told = f"The body is too large; expected at most {self._most:,} bytes."
            await refuse(send, scope, 413, "too_large", told, {"connection": "close"})
            return
        await self._app(scope, _replayed(body, receive), send)


class Gate:
    """Lets in so many API requests at a time; some wait, and the rest are told to come again."""

    def __init__(self, app: ASGIApp, at_once: int, waiting: int) -> None:
        """Takes how many are dealt with at once, and how many may wait."""
        self._app = app
        self._places = at_once + waiting
        self._inside = 0
        self._turns = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through when it is its turn, or refuses it."""
        if scope["type"] != "http" or not is_api(scope):
            await self._app(scope, receive, send)
            return
        if self._inside >= self._places:
            told = f"The server is full: {self._inside} requests are being dealt with. Try again."
            await refuse(send, scope, 503, "busy", told, {"retry-after": "2"})
            return
        self._inside += 1
        try:
            async with self._turns:
                await self._app(scope, receive, send)
        finally:
            self._inside -= 1


def error_body(kind: str, message: str) -> dict[str, Any]:
    """The JSON of a failure, in the form of OpenAI's."""
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


async def refuse(
    send: Send,
    scope: Scope,
    status: int,
    kind: str,
    message: str,
    headers: dict[str, str] | None = None,
) -> None:
    """Sends a failure."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": message})
        return
    body = json.dumps(error_body(kind, message)).encode()
    plain = {"content-type": "application/json", "content-length": str(len(body))}
    listed = [(name.encode(), value.encode()) for name, value in (plain | (headers or {})).items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})


async def _read(receive: Receive, most: int) -> bytes | None:
    """The body; None where it is larger."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once more."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _credentials(given: str) -> tuple[str, str] | None:
    """Name and password of an `Authorization` header."""
    scheme, _, rest = given.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return None
    elif scheme.lower() == "bearer":
        given = rest.strip()
    else:
        return None
    name, colon, password = given.partition(":")
    return (name, password) if colon else None


def _name_of(address: str) -> str:
    """The host of an address, without port and brackets; empty where it cannot be read."""
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_elsewhere(origin: str, host: str) -> bool:
    return origin.casefold().partition("://")[2] != host.casefold()


def _changes(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
