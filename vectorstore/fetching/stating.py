"""What a service did instead of answering, in words."""

from __future__ import annotations

import re

from vectorstore.errors import FetchError
from vectorstore.fetching.service import HEAD_BYTES, Request
from vectorstore.readers.fields import shorten

AGAIN = "do the same again; it goes on where it stopped."
HTML = re.compile(rb"<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
HIDDEN = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
WORDS = 80


def failure(request: Request, outcome: str, advice: str) -> FetchError:
    """A stated failure: what was asked, what came back, what to do."""
    return FetchError(
        f"{request.service.host} was asked for {request.asked_for} and {outcome}. {advice}"
    )


def check(request: Request) -> str:
    """What to do where the service is perhaps not the one that answered."""
    name, host = request.service.name, request.service.host
    return f"Check that {host} is {name}'s address and that no proxy answers for it; then {AGAIN}"


def first_words(body: bytes) -> str:
    """How a reply starts, without markup, fit to be shown."""
    text = HIDDEN.sub(" ", body[:HEAD_BYTES].decode("utf-8", "replace"))
    return shorten(text.strip(), WORDS)
