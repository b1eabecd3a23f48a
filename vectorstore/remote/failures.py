"""What a Chroma server, or the way to it, fails with, in words that a user can act on."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from vectorstore.address import Address, ServerOptions
from vectorstore.errors import LibraryError

KEPT = "What was added so far is kept"
_AWAY = (502, 503, 504)
"""What a proxy answers whose server is away."""


def is_passing(error: BaseException) -> bool:
    """Whether the same may succeed shortly: the server is started again, or has too much to do."""
    if type(error).__name__ == "RateLimitError":
        return True
    found = next((item for item in _chain(error) if isinstance(item, httpx.HTTPError)), None)
    if isinstance(found, httpx.HTTPStatusError):
        return found.response.status_code in _AWAY
    untrusted = found is not None and "CERTIFICATE" in str(found).upper()
    return isinstance(found, httpx.TransportError) and not (
        isinstance(found, httpx.TimeoutException) or untrusted
    )


def is_absent(error: BaseException) -> bool:
    """Whether a collection that was named is not there."""
    return type(error).__name__ == "NotFoundError"


def is_refused(error: BaseException) -> bool:
    """Whether the server does not offer what it was asked for."""
    return type(error).__name__ == "InvalidArgumentError" or "not implemented" in str(error).lower()


def is_taken(error: BaseException) -> bool:
    """Whether a collection of that name is there already."""
    return type(error).__name__ == "UniqueConstraintError" or "already exists" in str(error)


def unreachable(address: Address, options: ServerOptions, error: BaseException) -> LibraryError:
    """The error of a library on a server: what was found, and what to do."""
    text = _told(address, options, list(_chain(error)))
    return LibraryError(text.replace(options.token, "...") if options.token else text)


def _told(address: Address, options: ServerOptions, causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, httpx.HTTPStatusError) and cause.response.status_code in (401, 403):
            return _refused(address, options, cause.response.status_code)
        if isinstance(cause, httpx.TimeoutException):
            return (
                f"The Chroma server {address.server} did not answer within {options.timeout:g} "
                f"seconds. {KEPT}; do the same again, or wait longer: QUOTH_CHROMA_TIMEOUT=SECONDS."
            )
        if isinstance(cause, httpx.TransportError):
            return _cut_off(address, str(cause))
    first = causes[0]
    if type(first).__name__ in ("ChromaAuthError", "AuthorizationError"):
        return _refused(address, options, 403)
    if is_absent(first) or "does not exist" in str(first):
        return (
            f"The library {address} is not there, in the database {options.database!r} of the "
            f"tenant {options.tenant!r} ({_line(first)}). Name another one, or set "
            "QUOTH_CHROMA_TENANT and QUOTH_CHROMA_DATABASE."
        )
    return f"The library {address} cannot be used: {_line(first)}. {KEPT}."


def _refused(address: Address, options: ServerOptions, status: int) -> str:
    found = "refused the token" if options.token else "asks for a token"
    return (
        f"The Chroma server {address.server} {found} (status {status}). "
        "Set QUOTH_CHROMA_TOKEN to one that it takes."
    )


def _cut_off(address: Address, told: str) -> str:
    if "CERTIFICATE" in told.upper():
        return (
            f"The certificate of the Chroma server {address.server} cannot be verified ({told}). "
            "Name the file of the authority that signed it: QUOTH_CHROMA_CA=FILE."
        )
    if "SSL" in told.upper():
        return (
            f"The Chroma server {address.server} does not speak TLS ({told}). "
            "Write chroma:// instead of chromas://."
        )
    return (
        f"No Chroma server answers at {address.server} ({told or 'the connection was closed'}). "
        f"Start it (chroma run --host HOST --port {address.port}), or name another library "
        f"(--library). {KEPT}."
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).removesuffix(".") or type(error).__name__
