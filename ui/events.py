"""Replies: plain JSON, and an answer as server-sent events, sentence by sentence."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, StreamingResponse

from rag import AnswerStream, QuothError, Sentence
from ui.guard import error_body

UNEXPECTED = "Something unexpected went wrong; the log of the server says what."
_log = logging.getLogger(__name__)


class JsonReply(JSONResponse):
    """JSON in ASCII: whatever an LLM or a file holds can be sent."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - any JSON value
        """The body."""
        return json.dumps(content).encode("ascii")


class EventResponse(StreamingResponse):
    """Events as they come; no proxy should hold them back."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[str]) -> None:
        """Takes the events, each as `format_event` makes it."""
        super().__init__(events, headers={"cache-control": "no-store", "x-accel-buffering": "no"})


def format_event(data: Any, name: str | None = None) -> str:  # noqa: ANN401 - any JSON value
    """One event; in ASCII, so that no text from outside can end it."""
    text = data if isinstance(data, str) else json.dumps(data)
    return f"event: {name}\ndata: {text}\n\n" if name else f"data: {text}\n\n"


async def sentences_of(stream: AnswerStream) -> AsyncIterator[Sentence]:
    """The sentences, awaited in a thread; the stream is closed where the reader goes away."""
    try:
        while True:
            sentence = await run_in_threadpool(next, stream, None)
            if sentence is None:
                return
            yield sentence
    finally:
        stream.close()


async def answer_events(stream: AnswerStream) -> AsyncIterator[str]:
    """An event `sentence` for each, with what it cites; then `answer`, or `error`."""
    try:
        async for sentence in sentences_of(stream):
            cited = [asdict(one) for one in stream.citations if one.number in sentence.citations]
            yield format_event({**asdict(sentence), "cited": cited}, "sentence")
        assert stream.answer is not None
        yield format_event(stream.answer.to_json(), "answer")
    except Exception as error:  # noqa: BLE001 - the reply has begun: this is the only way to tell
        yield format_event(failure(error), "error")


def failure(error: Exception) -> dict[str, Any]:
    """The JSON of a failure: Quoth's own words, or none but that there was one."""
    if isinstance(error, QuothError):
        return error_body("failed", str(error))
    _log.error("unexpected", exc_info=error)
    return error_body("unexpected", UNEXPECTED)
