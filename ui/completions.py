"""`/v1`: a library as a model, in the form of OpenAI's chat completions."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from threading import Lock
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from rag import Answer, AnswerStream, Conversation, Library, QuestionError, Sentence
from rag.cli.console import as_data
from rag.conversation import REMEMBERED
from rag.transcript import Turn
from ui.events import EventResponse, JsonReply, failure, format_event, sentences_of
from ui.export import answer_with_references
from ui.guard import error_body

MODEL = "quoth"
MAX_KEPT_TURNS = 1000
CHANGED = "\n\n(The answer changed once it was whole. It is:)\n\n"


class Message(BaseModel):
    """A message of a conversation."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """Its words, those of several parts joined."""
        if isinstance(self.content, str):
            return self.content
        parts = (part.get("text") for part in self.content or [])
        return "\n".join(part for part in parts if isinstance(part, str))


class StreamOptions(BaseModel):
    """What else a stream is to tell."""

    include_usage: bool = False


class CompletionBody(BaseModel):
    """A conversation that ends in a question; what else OpenAI knows (temperature) is left out."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(default=MODEL, description="As listed by /v1/models.", examples=[MODEL])
    messages: list[Message] = Field(
        description="The last one is the question; of the others, those by user and assistant "
        "make it complete. System messages have no effect: answers come from the abstracts.",
        min_length=1,
        max_length=1000,
        examples=[[{"role": "user", "content": "What is UCGM?"}]],
    )
    n: int = Field(default=1, ge=1, le=1, description="One answer only.")
    stream: bool = Field(default=False, description="Send chunks, a sentence each.")
    stream_options: StreamOptions | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether the last chunk is to count tokens."""
        return self.stream_options is not None and self.stream_options.include_usage


class Past:
    """Turns that this server has answered, found again by the messages up to their answer."""

    def __init__(self, most: int = MAX_KEPT_TURNS) -> None:
        """Keeps the latest."""
        self._turns: OrderedDict[bytes, Turn] = OrderedDict()
        self._most = most
        self._lock = Lock()

    def keep(self, messages: Sequence[Message], content: str, turn: Turn) -> None:
        """Keeps the turn that answered these messages with this content."""
        key = _key([*messages, Message(role="assistant", content=content)])
        with self._lock:
            self._turns[key] = turn
            while len(self._turns) > self._most:
                self._turns.popitem(last=False)

    def turns_of(self, messages: Sequence[Message]) -> list[Turn]:
        """The turns of messages; of one that was answered elsewhere, its words alone are known."""
        turns: list[Turn] = []
        asked = ""
        for place, message in enumerate(messages):
            if message.role == "user":
                asked = message.text
            elif message.role == "assistant" and asked:
                with self._lock:
                    known = self._turns.get(_key(messages[: place + 1]))
                turns.append(known or _foreign(asked, message.text))
                asked = ""
        return turns[-REMEMBERED:]


def completions_router(library: Library) -> APIRouter:
    """The routes of `/v1`."""
    router, past = APIRouter(prefix="/v1"), Past()

    @router.get("/models", summary="List the models: the library is the only one")
    async def models() -> Response:
        listed = {"id": MODEL, "object": "model", "created": 0, "owned_by": "quoth"}
        return JsonReply({"object": "list", "data": [listed]})

    @router.get("/models/{name}", include_in_schema=False)
    async def model(name: str) -> Response:
        if name != MODEL:
            return _unknown(name)
        return JsonReply({"id": MODEL, "object": "model", "created": 0, "owned_by": "quoth"})

    @router.post("/chat/completions", summary="Answer the last message of a conversation")
    async def complete(body: CompletionBody) -> Response:
        """The form of OpenAI's chat completions, so that chat clients can ask a library.

        The answer's references follow it in the text; an abstention is a text that says so. The
        answer as `/api/ask` gives it is under `quoth`.
        """
        if body.model != MODEL:
            return _unknown(body.model)
        question, conversation = await run_in_threadpool(_begin, library, past, body.messages)
        if body.stream:
            stream = await run_in_threadpool(conversation.stream, question)
            keep = partial(past.keep, body.messages)
            return EventResponse(_chunks(stream, keep, conversation, body.wants_usage))
        answer = await run_in_threadpool(conversation.ask, question)
        content = text_of(answer)
        past.keep(body.messages, content, conversation.turns[-1])
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        whole = {"choices": [choice], "usage": usage_of(answer), "quoth": answer.to_json()}
        return JsonReply(_frame("chat.completion") | whole)

    return router


def text_of(answer: Answer) -> str:
    """An answer as one message: its sentences, then its references."""
    return answer_with_references(answer).rstrip("\n")


def usage_of(answer: Answer) -> dict[str, int]:
    """Tokens that the LLM read and wrote, condensing included; 0 where none ran."""
    spent = [answer.usage or {}, (answer.usage or {}).get("condense", {})]
    read, written = (
        sum(int(one.get(name) or 0) for one in spent)
        for name in ("prompt_tokens", "completion_tokens")
    )
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _begin(library: Library, past: Past, messages: Sequence[Message]) -> tuple[str, Conversation]:
    """The question, and the conversation that it goes on with.

    Raises:
        QuestionError: The last message is no question.
    """
    if messages[-1].role != "user":
        raise QuestionError(
            f"The last message is by {messages[-1].role!r}; expected the question, by 'user'."
        )
    conversation = library.conversation()
    conversation.resume(past.turns_of(messages[:-1]))
    return messages[-1].text, conversation


async def _chunks(
    stream: AnswerStream,
    keep: Callable[[str, Turn], None],
    conversation: Conversation,
    wants_usage: bool,
) -> AsyncIterator[str]:
    """The chunks of a completion: a sentence each, then the references."""
    frame = _frame("chat.completion.chunk")
    try:
        yield _chunk(frame, {"role": "assistant", "content": ""})
        shown = ""
        async for sentence in sentences_of(stream):
            piece = (" " if shown else "") + _marked(sentence)
            shown += piece
            yield _chunk(frame, {"content": piece})
        assert stream.answer is not None
        rest = _rest(shown, text_of(stream.answer))
        keep(shown + rest, conversation.turns[-1])
        yield _chunk(frame, {"content": rest})
        yield _chunk(frame, {}, "stop", stream.answer)
        if wants_usage:
            yield format_event(frame | {"choices": [], "usage": usage_of(stream.answer)})
    except Exception as error:  # noqa: BLE001 - the reply has begun: this is the only way to tell
        yield format_event(failure(error))
    yield format_event("[DONE]")


def _rest(shown: str, whole: str) -> str:
    """What is left to send; all of it where what was shown is no longer how it begins."""
    return whole[len(shown) :] if whole.startswith(shown) else CHANGED + whole


def _marked(sentence: Sentence) -> str:
    return as_data(sentence.text + "".join(f" [{number}]" for number in sentence.citations))


def _chunk(
    frame: dict[str, Any],
    delta: dict[str, Any],
    finish: str | None = None,
    answer: Answer | None = None,
) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    more = {"quoth": answer.to_json()} if answer else {}
    return format_event(frame | {"choices": [choice]} | more)


def _frame(kind: str) -> dict[str, Any]:
    name = f"chatcmpl-{secrets.token_hex(12)}"
    return {"id": name, "object": kind, "created": int(time.time()), "model": MODEL}


def _unknown(name: str) -> Response:
    told = f"There is no model {name!r}; expected {MODEL!r}."
    return JsonReply(error_body("model_not_found", told), 404)


def _foreign(asked: str, answered: str) -> Turn:
    return Turn(asked, asked, Answer(asked, asked, answered, False, None, 0.0))


def _key(messages: Sequence[Message]) -> bytes:
    said = [(one.role, one.text) for one in messages if one.role in ("user", "assistant")]
    return hashlib.sha256(json.dumps(said).encode()).digest()
