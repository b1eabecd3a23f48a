"""Where an OpenAI-compatible server is, and the key that it is shown: read, and checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from dotenv import dotenv_values

from vectorstore.errors import QuothError

OPENAI = "https://api.openai.com/v1"
ENV_FILE = ".env"


class LLMError(QuothError):
    """An LLM that could not be asked, or gave nothing that can be used; says why, never the key."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server, and what it is shown; that of OpenAI where `base_url` is None."""

    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str | None] | None = None) -> Endpoint:
        """As the usual variables say: `OPENAI_BASE_URL` or `OPENAI_API_BASE`, `OPENAI_API_KEY`.

        Those of the process come before those of a `.env` file, whose address is never shown
        a key of the process: a folder from elsewhere must not be able to fetch it.

        Args:
            environment: Where to look instead of both.
        """
        if environment is not None:
            return cls(_address(environment), environment.get("OPENAI_API_KEY") or None)
        file = dotenv_values(ENV_FILE)
        own = _address(os.environ)
        key = file.get("OPENAI_API_KEY") or None
        if own or not _address(file):
            return cls(own, os.environ.get("OPENAI_API_KEY") or key)
        return cls(_address(file), key)

    @property
    def address(self) -> str:
        """The address that requests go to."""
        return self.base_url or OPENAI


def _address(environment: Mapping[str, str | None]) -> str | None:
    """Where a set of variables sends requests."""
    return environment.get("OPENAI_BASE_URL") or environment.get("OPENAI_API_BASE") or None


def checked_place(endpoint: Endpoint) -> str:
    """Host and port of an endpoint, without a password that its address may hold.

    Raises:
        LLMError: Its address is none.
    """
    try:
        parts = urlsplit(endpoint.address)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in ("http", "https") or not host:
        raise LLMError(
            "OPENAI_BASE_URL is no address of a server; "
            "expected one such as http://127.0.0.1:8080/v1."
        )
    return f"{host}:{port}" if port else host


def checked_key(endpoint: Endpoint) -> str:
    """The key; empty for a server of one's own, which may need none.

    Raises:
        LLMError: It is missing, or none that could be sent.
    """
    key = (endpoint.api_key or "").strip()
    if not key and endpoint.base_url is None:
        raise LLMError(
            "OPENAI_API_KEY is not set, and api.openai.com needs it; set it, or set "
            "OPENAI_BASE_URL to a server that needs none."
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise LLMError("OPENAI_API_KEY holds characters that are in no key; expected one word.")
    return key
