"""The only network door to LLMs: opened for the model that the user named, and for no other.

Requests go through LlamaIndex's OpenAI classes, with clients of our own in them. Retrying is ours
too: LlamaIndex hands one `max_retries` to its own loop and to the client's, so that 3 can become
16 requests; it leaves out streams, whose request is made after its loop; both try again after a
time-out; and the client waits up to two minutes where a server asks for it. Here 429 and 5xx
alone are tried again, a bounded number of times, after the time that the server asks for.

A client serves one request (opening one takes 20 ms): closing it is the one sure way to hang up
on a stream, whose response the client's own objects keep alive, and none outlives its event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from rag.endpoint import Endpoint, LLMError, checked_key, checked_place
from rag.replies import (
    Completion,
    LLMOptions,
    Reading,
    Usage,
    redact,
    restate,
    retry_after,
    status_of,
)

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

__all__ = [
    "AsyncTextStream",
    "ChatDoor",
    "Completion",
    "Endpoint",
    "LLMError",
    "LLMOptions",
    "TextStream",
    "Usage",
    "open_llm",
]

FIRST_DELAY = 0.5
"""Seconds before the first retry, where the server asks for none; each further one doubles it."""
LONGEST_DELAY = 30.0
"""Seconds; a server that asks for more is not waited for."""
PROMPT_ROOM = 1024
"""Tokens that a prompt may have beside its passages."""


def open_llm(named: str | LLM, options: LLMOptions, endpoint: Endpoint | None = None) -> ChatDoor:
    """The door to the LLM that a user named; no request is made.

    Args:
        named: `openai:MODEL`, or a LlamaIndex LLM object (its own settings for time-outs, retries
            and length of reply hold).
        options: How it is asked.
        endpoint: That of the environment where None.

    Raises:
        LLMError: There is no such LLM, or the server's address or the key is missing or wrong.
    """
    if not isinstance(named, str):
        name = named.metadata.model_name
        key = getattr(named, "api_key", None)
        secret = key if isinstance(key, str) else None
        return ChatDoor(_Given(named, secret), name, replace(options, retries=0))
    scheme, _, model = named.partition(":")
    if scheme != "openai" or not model.strip():
        raise LLMError(
            f"No LLM is called {named!r}; expected 'openai:MODEL', such as 'openai:gpt-4o-mini'."
        )
    return _open_named(model.strip(), options, endpoint or Endpoint.from_environment())


class ChatDoor:
    """An LLM that answers prompts, and fails in sentences.

    Attributes:
        name: The model's.
        options: How it is asked.
    """

    def __init__(self, line: _Line, name: str, options: LLMOptions) -> None:
        """Made by `open_llm`.

        Args:
            line: What each request goes through.
            name: As shown to the reader.
            options: How it is asked.
        """
        self.name = name
        self.options = options
        self._line = line
        self._who = f"{name} at {line.place}" if line.place else name

    def __repr__(self) -> str:
        """Name and place; nothing of the key."""
        return f"<ChatDoor to {self._who}>"

    def complete(self, prompt: str) -> Completion:
        """The reply to a prompt.

        Raises:
            LLMError: There is none that can be used.
        """
        for tried in count():
            reading = Reading(self.name, self.options)
            try:
                with self._line.connect() as llm:
                    reading.take(llm.chat(_messages(prompt)))
                return reading.end()
            except Exception as error:  # noqa: BLE001 - any client's; restated, never hidden
                delay = self._delay(error, tried)
            time.sleep(delay)
        raise AssertionError

    async def acomplete(self, prompt: str) -> Completion:
        """`complete`, without blocking the event loop."""
        for tried in count():
            reading = Reading(self.name, self.options)
            try:
                async with self._line.aconnect() as llm:
                    reading.take(await llm.achat(_messages(prompt)))
                return reading.end()
            except Exception as error:  # noqa: BLE001 - any client's; restated, never hidden
                delay = self._delay(error, tried)
            await asyncio.sleep(delay)
        raise AssertionError

    def stream(self, prompt: str) -> TextStream:
        """The reply to a prompt in pieces, requested when the first is asked for.

        What it yields may raise `LLMError`, also after pieces were given.
        """
        reading = Reading(self.name, self.options)
        return TextStream(self._pieces(prompt, reading), reading)

    def astream(self, prompt: str) -> AsyncTextStream:
        """`stream`, without blocking the event loop."""
        reading = Reading(self.name, self.options)
        return AsyncTextStream(self._apieces(prompt, reading), reading)

    def _pieces(self, prompt: str, reading: Reading) -> Generator[str, None, None]:
        for tried in count():
            try:
                with self._line.connect() as llm:
                    for part in llm.stream_chat(_messages(prompt), **self._line.streaming):
                        yield reading.take(part)
                reading.end()
                return
            except Exception as error:  # noqa: BLE001 - any client's; restated, never hidden
                delay = self._delay(error, tried)
            time.sleep(delay)

    async def _apieces(self, prompt: str, reading: Reading) -> AsyncGenerator[str, None]:
        for tried in count():
            try:
                async with self._line.aconnect() as llm:
                    asked = llm.astream_chat(_messages(prompt), **self._line.streaming)
                    async for part in await asked:
                        yield reading.take(part)
                reading.end()
                return
            except Exception as error:  # noqa: BLE001 - any client's; restated, never hidden
                delay = self._delay(error, tried)
            await asyncio.sleep(delay)

    def _delay(self, error: Exception, tried: int) -> float:
        """Seconds to wait before the next try; a status is told before any piece, never midway.

        Raises:
            LLMError: There is no next try; from None, since a client's own text may hold the key.
        """
        status = status_of(error)
        again = status is not None and (status == 429 or status >= 500)
        if again and tried < self.options.retries:
            asked = retry_after(error)
            if asked is None:
                return min(FIRST_DELAY * 2.0**tried, LONGEST_DELAY)
            if asked <= LONGEST_DELAY:
                return asked
        words = redact(restate(error, self._who, self.options, tried + 1), self._line.secret)
        raise LLMError(words + ".") from None


class TextStream:
    """An iterator over the pieces of a reply; `completion` is the whole once they are all read."""

    def __init__(self, pieces: Generator[str, None, None], reading: Reading) -> None:
        """Made by `ChatDoor.stream`."""
        self._pieces = pieces
        self._reading = reading

    def __iter__(self) -> Iterator[str]:
        """Itself."""
        return self

    def __next__(self) -> str:
        """The next piece."""
        return next(self._pieces)

    def close(self) -> None:
        """Ends the request; the server may stop writing."""
        self._pieces.close()

    @property
    def completion(self) -> Completion | None:
        """The whole reply; None before its end."""
        return self._reading.completion


class AsyncTextStream:
    """`TextStream` for `async for`."""

    def __init__(self, pieces: AsyncGenerator[str, None], reading: Reading) -> None:
        """Made by `ChatDoor.astream`."""
        self._pieces = pieces
        self._reading = reading

    def __aiter__(self) -> AsyncIterator[str]:
        """Itself."""
        return self

    async def __anext__(self) -> str:
        """The next piece."""
        return await self._pieces.__anext__()

    async def aclose(self) -> None:
        """Ends the request; the server may stop writing."""
        await self._pieces.aclose()

    @property
    def completion(self) -> Completion | None:
        """The whole reply; None before its end."""
        return self._reading.completion


def _open_named(model: str, options: LLMOptions, endpoint: Endpoint) -> ChatDoor:
    """A door to a model behind an OpenAI-compatible endpoint."""
    place, secret = checked_place(endpoint), checked_key(endpoint)
    line = _Named(model, options, endpoint.address, place, secret, endpoint.base_url is None)
    with line.connect():
        return ChatDoor(line, model, options)


class _Line(Protocol):
    """What the requests of a door go through: a LlamaIndex LLM for the time of each.

    Attributes:
        place: Where it runs, for messages.
        secret: What no message may show.
        streaming: Further arguments of a streamed request.
    """

    @property
    def place(self) -> str: ...
    @property
    def secret(self) -> str | None: ...
    @property
    def streaming(self) -> dict[str, Any]: ...
    def connect(self) -> AbstractContextManager[LLM]: ...
    def aconnect(self) -> AbstractAsyncContextManager[LLM]: ...


@dataclass(frozen=True)
class _Given:
    """A LlamaIndex LLM object that the user made."""

    llm: LLM = field(repr=False)
    secret: str | None = field(repr=False)
    place: str = ""
    streaming: dict[str, Any] = field(default_factory=dict)

    def connect(self) -> AbstractContextManager[LLM]:
        return nullcontext(self.llm)

    def aconnect(self) -> AbstractAsyncContextManager[LLM]:
        return nullcontext(self.llm)


@dataclass(frozen=True)
class _Named:
    """A model behind an OpenAI-compatible endpoint."""

    model: str
    options: LLMOptions
    address: str
    place: str
    secret: str = field(repr=False)
    hosted: bool
    streaming: dict[str, Any] = field(
        default_factory=lambda: {"stream_options": {"include_usage": True}}
    )

    @contextmanager
    def connect(self) -> Iterator[LLM]:
        from openai import OpenAI

        with OpenAI(**self._client_settings()) as client:
            yield self._llm({"openai_client": client})

    @asynccontextmanager
    async def aconnect(self) -> AsyncIterator[LLM]:
        from openai import AsyncOpenAI

        async with AsyncOpenAI(**self._client_settings()) as client:
            yield self._llm({"async_openai_client": client})

    def _client_settings(self) -> dict[str, Any]:
        from openai import Timeout

        return {
            "api_key": self.secret or "none",
            "base_url": self.address,
            "max_retries": 0,
            "timeout": Timeout(self.options.timeout_read, connect=self.options.timeout_connect),
        }

    def _llm(self, client: dict[str, Any]) -> LLM:
        """LlamaIndex's class for OpenAI itself, where it knows the model; else that for the like.

        A model of OpenAI's that this LlamaIndex does not know is newer than it: such models take
        `max_completion_tokens` alone.
        """
        from llama_index.llms.openai import OpenAI
        from llama_index.llms.openai_like import OpenAILike

        options = self.options
        extra = {} if options.seed is None else {"seed": options.seed}
        settings: dict[str, Any] = client | {
            "model": self.model,
            "api_base": self.address,
            "api_key": "kept in the client",
            "temperature": options.temperature,
            "max_retries": 0,
        }
        if self.hosted and _is_known(self.model):
            return OpenAI(max_tokens=options.max_tokens, additional_kwargs=extra, **settings)
        if self.hosted:
            extra["max_completion_tokens"] = options.max_tokens
        llm: LLM = OpenAILike(
            is_chat_model=True,
            context_window=options.passage_tokens + PROMPT_ROOM + options.max_tokens,
            max_tokens=None if self.hosted else options.max_tokens,
            additional_kwargs=extra,
            **settings,
        )
        return llm


def _is_known(model: str) -> bool:
    """Whether LlamaIndex's class for OpenAI knows a model, and that it chats."""
    from llama_index.llms.openai import OpenAI

    try:
        return bool(OpenAI(model=model, api_key="none").metadata.is_chat_model)
    except ValueError:
        return False


def _messages(prompt: str) -> list[ChatMessage]:
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    return [ChatMessage(role=MessageRole.USER, content=prompt)]
