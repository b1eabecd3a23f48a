"""`chroma://HOST:PORT/NAME`: where a library on a Chroma server is; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vectorstore.errors import LibraryError

PLAIN, SECURE = "chroma", "chromas"
PORTS = {PLAIN: 8000, SECURE: 443}
"""Where a server listens whose address names no port."""
EXPECTED = "expected chroma://HOST:PORT/NAME, or chromas://HOST:PORT/NAME with TLS"
_ADDRESS = re.compile(r"chromas?:/", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,398}[A-Za-z0-9]")
_TAKEN = re.compile(r"\.(?:log|pen)(?:\.|$)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a library is.

    Attributes:
        host: Name or number of the server.
        port: Where it listens.
        name: The library's, and so that of its collection.
        is_secure: Whether the server is spoken to by TLS.
    """

    host: str
    port: int
    name: str
    is_secure: bool = False

    def __str__(self) -> str:
        """As it is written."""
        return f"{SECURE if self.is_secure else PLAIN}://{self.server}/{self.name}"

    @property
    def server(self) -> str:
        """`HOST:PORT`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How a server is spoken to.

    Attributes:
        token: Sent as a bearer token; never shown.
        authority: File of the certificate authority that is trusted instead of the usual ones.
        tenant: Whose databases.
        database: Which of them.
        timeout: Seconds of silence after which a request is given up.
    """

    token: str | None = field(default=None, repr=False)
    authority: str | None = None
    tenant: str = "default_tenant"
    database: str = "default_database"
    timeout: float = 30.0


def is_address(text: str) -> bool:
    """Whether a text is meant as the address of a server, rather than as a path."""
    return _ADDRESS.match(text) is not None


def parse_address(text: str) -> Address:
    """The address that a user wrote.

    Raises:
        LibraryError: It is none; a password or token in it is not shown.
    """
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError as error:
        raise LibraryError(f"The address of the library cannot be read; {EXPECTED}.") from error
    if "@" in text or parts.query or parts.fragment:
        raise LibraryError(
            f"The address of the library holds more than a host and a name; {EXPECTED}. "
            "Put a token into QUOTH_CHROMA_TOKEN."
        )
    name = parts.path.removeprefix("/")
    if scheme not in PORTS or not host or port == 0:
        raise LibraryError(f"{text} is no address of a library; {EXPECTED}.")
    if not _NAME.fullmatch(name) or ".." in name or _TAKEN.search(name):
        raise LibraryError(
            f"{name!r} cannot be the name of a library on a Chroma server; expected 3 to 400 of "
            "the characters a-z, A-Z, 0-9, '.', '_' and '-', with a letter or digit at both ends, "
            "and no '.log' or '.pen' in it."
        )
    return Address(host, port or PORTS[scheme], name, scheme == SECURE)
