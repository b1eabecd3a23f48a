"""What comes back from an LLM -> a whole reply with its usage, or a failure in words; pure."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatResponse

MAX_CHARACTERS = 100_000
"""A longer reply is refused: nothing that was asked for is as long."""
MAX_QUOTED = 200
"""Characters of a server's own words in a message."""

_KEY = re.compile(r"\b(?:sk|pk|key|gsk|hf|xai)[-_][\w*.-]{4,}|(?i:bearer)\s+\S+")
_SILENT = {"APITimeoutError", "ReadTimeout", "WriteTimeout", "TimeoutError"}
_UNREACHABLE = {"ConnectError", "ConnectionRefusedError"}
_BROKEN = {"APIConnectionError", "ConnectionError", "NetworkError", "ProtocolError"}
_UNREADABLE = {
    "APIResponseValidationError",
    "AttributeError",
    "IndexError",
    "JSONDecodeError",
    "KeyError",
    "TypeError",
    "UnicodeError",
    "ValidationError",
}


@dataclass(frozen=True, slots=True)
class LLMOptions:
    """How an LLM is asked.

    Attributes:
        timeout_connect: Seconds to wait for a connection.
        timeout_read: Seconds of silence after which a reply is given up.
        retries: Further tries after 429 or 5xx.
        passage_tokens: Most tokens of passages in a prompt.
        max_tokens: Most tokens of a reply.
        temperature: 0 for the likeliest words.
        seed: For servers that take one.
        price_in: Price of a million tokens of the prompt, in any currency.
        price_out: Price of a million tokens of the reply, in the same one.
    """

    timeout_connect: float = 5.0
    timeout_read: float = 60.0
    retries: int = 2
    passage_tokens: int = 2000
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int | None = None
    price_in: float | None = None
    price_out: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a reply took; None where the server, or the price, does not say."""

    model: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The usage as plain JSON values."""
        known = self.prompt_tokens is not None and self.completion_tokens is not None
        total = (self.prompt_tokens or 0) + (self.completion_tokens or 0) if known else None
        return {
            "model": self.model,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": total,
            "cost": self.cost,
        }


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole reply.

    Attributes:
        text: What the model wrote; never empty.
        usage: What it took.
        cut: Whether the model was stopped before it came to an end.
    """

    text: str
    usage: Usage
    cut: bool = False


class UnusableError(Exception):
    """A reply that came, but is none; the message says what it is."""


class Reading:
    """Puts a reply together out of its parts; one part where it is not streamed."""

    def __init__(self, name: str, options: LLMOptions) -> None:
        """Begins with no part.

        Args:
            name: The model's.
            options: What it was asked with: prices, for the cost.
        """
        self.text = ""
        self.completion: Completion | None = None
        self._name = name
        self._options = options
        self._counts: tuple[int, int] | None = None
        self._reason: str | None = None
        self._gives_reasons = False

    def take(self, part: ChatResponse) -> str:
        """Takes in a part; returns its text.

        Raises:
            UnusableError: The reply is too long.
        """
        piece = part.delta if part.delta is not None else (part.message.content or "")
        if len(self.text) + len(piece) > MAX_CHARACTERS:
            raise UnusableError(f"wrote more than {MAX_CHARACTERS:,} characters")
        self.text += piece
        for choice in _value(part.raw, "choices") or ():
            self._gives_reasons = True
            self._reason = _value(choice, "finish_reason") or self._reason
        usage = _value(part.raw, "usage")
        counts = _value(usage, "prompt_tokens"), _value(usage, "completion_tokens")
        if isinstance(counts[0], int) and isinstance(counts[1], int):
            self._counts = counts
        return piece

    def end(self) -> Completion:
        """The whole reply, once its last part was taken.

        Raises:
            UnusableError: It is empty, or its end is missing.
        """
        if self._gives_reasons and not self._reason:
            raise UnusableError("broke off in the middle of its reply")
        if not self.text.strip():
            raise UnusableError("gave an empty reply")
        cut = self._reason in ("length", "content_filter")
        self.completion = Completion(self.text, self._usage(), cut)
        return self.completion

    def _usage(self) -> Usage:
        if self._counts is None:
            return Usage(self._name)
        price_in, price_out = self._options.price_in, self._options.price_out
        cost = None
        if price_in is not None and price_out is not None:
            cost = (self._counts[0] * price_in + self._counts[1] * price_out) / 1_000_000
        return Usage(self._name, *self._counts, cost)


def redact(text: str, secret: str | None) -> str:
    """The text without the key, or anything that looks like one."""
    hidden = text.replace(secret, "…") if secret else text
    return _KEY.sub("…", hidden)


def status_of(error: Exception) -> int | None:
    """The HTTP status that an error stands for; None where it stands for none."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def retry_after(error: Exception) -> float | None:
    """Seconds that a server asks to be left alone; None where it does not say.

    `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3).
    """
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    given = headers.get("retry-after")
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(given).timestamp() - time.time()
        except ValueError:
            return None
    return max(seconds, 0.0) if seconds == seconds else None


def restate(error: Exception, who: str, options: LLMOptions, tries: int) -> str:
    """What went wrong, in one sentence without its full stop.

    Args:
        error: Whatever was raised; clients are told apart by the names of their errors, so that
            any LlamaIndex LLM may have raised it.
        who: The model, and where it runs.
        options: What it was asked with.
        tries: How many requests were made.
    """
    status = status_of(error)
    if status is not None:
        return _restate_status(error, status, who, tries)
    if isinstance(error, UnusableError):
        return f"{who} {error}"
    names = set(_names(error))
    if "ConnectTimeout" in names:
        return f"{who} could not be reached within {options.timeout_connect:g} s"
    if names & _SILENT:
        return f"{who} was silent for {options.timeout_read:g} s"
    if names & _UNREACHABLE:
        return f"{who} cannot be reached: nothing answers there"
    if names & _BROKEN:
        return f"{who} broke off in the middle of its reply"
    if names & _UNREADABLE:
        return f"{who} gave a reply that cannot be read"
    return f"{who} failed: {_shorten(str(error) or type(error).__name__)}"


def _restate_status(error: Exception, status: int, who: str, tries: int) -> str:
    after = f", {tries} tries" if tries > 1 else ""
    if status in (401, 403):
        return f"{who} refused the key (HTTP {status}); set OPENAI_API_KEY to one that it takes"
    if status == 429:
        return f"{who} takes no more requests for now (HTTP 429{after})"
    if status >= 500:
        return f"{who} failed (HTTP {status}{after})"
    return f"{who} rejected the request (HTTP {status}): {_shorten(_server_words(error))}"


def _server_words(error: Exception) -> str:
    message = _value(getattr(error, "body", None), "message")
    return message if isinstance(message, str) and message else str(error)


def _shorten(text: str) -> str:
    """A server's own words as a part of a sentence: on one line, visible, and not long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MAX_QUOTED else line[: MAX_QUOTED - 1] + "…"


def _names(error: BaseException | None) -> Iterator[str]:
    """Names of the classes of an error, and of what caused it."""
    for _ in range(8):
        if error is None:
            return
        yield from (kind.__name__ for kind in type(error).__mro__)
        error = error.__cause__


def _value(holder: object, name: str) -> Any:  # noqa: ANN401 - whatever a server sent
    """An item of a mapping, or an attribute; None where there is none."""
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)
