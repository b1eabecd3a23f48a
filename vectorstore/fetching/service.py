"""A service on the network, and what it is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

HEAD_BYTES = 4_000
TAIL_BYTES = 200


class AbsentError(Exception):
    """The service does not know what it was asked for."""


@dataclass(frozen=True, slots=True)
class Form:
    """The format that a service answers in.

    Attributes:
        name: With its article, such as `an Atom feed`.
        beginning: Found in the first bytes of every reply.
        ending: Found in the last bytes of a reply that is whole.
    """

    name: str
    beginning: re.Pattern[bytes]
    ending: re.Pattern[bytes]

    def is_begun(self, body: bytes) -> bool:
        """Whether a reply starts like this format."""
        return self.beginning.search(body[:HEAD_BYTES]) is not None

    def is_whole(self, body: bytes) -> bool:
        """Whether a reply ends like this format: nothing was cut off."""
        return self.ending.search(body.rstrip()[-TAIL_BYTES:]) is not None


@dataclass(frozen=True, slots=True)
class Service:
    """A service.

    Attributes:
        name: Such as `arXiv`.
        address: Where its API is.
        pause: Seconds to leave it alone after each request.
        form: What it answers in.
        answers: Statuses of HTTP whose body is an answer in that form.
        absent: Found in what it says where it does not know what was asked for.
        personal: Parameters that say who asks.
    """

    name: str
    address: str
    pause: float
    form: Form
    answers: frozenset[int] = frozenset({200})
    absent: re.Pattern[bytes] | None = None
    personal: tuple[tuple[str, str], ...] = ()

    @property
    def host(self) -> str:
        """Host and port, without a password that the address may hold."""
        return urlsplit(self.address).netloc.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask a service.

    Attributes:
        service: Which one.
        asked_for: In words, for messages.
        path: Behind the service's address, percent-encoded.
        parameters: Of the query.
    """

    service: Service
    asked_for: str
    path: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def identity(self) -> str:
        """The address without who asks: equal where the same reply is expected."""
        return _join(self.service.address, self.path, self.parameters)

    @property
    def address(self) -> str:
        """What the request is sent to."""
        return _join(self.service.address, self.path, self.parameters + self.service.personal)


def _join(address: str, path: str, parameters: tuple[tuple[str, str], ...]) -> str:
    joined = address.rstrip("/") + path
    return f"{joined}?{urlencode(parameters, quote_via=quote)}" if parameters else joined
