"""A server on loopback that tests ask as an LLM; it says what it was told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal


@dataclass(frozen=True)
class Reply:
    """What the scripted server says to one request.

    Attributes:
        text: The model's words.
        pieces: Those of a stream; words with their spaces where empty.
        finish: `finish_reason`; None leaves it out.
        usage: Tokens of prompt and completion; None leaves them out.
        status: Of HTTP.
        headers: Further ones.
        body: Sent instead of a reply in the form of OpenAI.
        cut: Of a stream: ends without an end (`quiet`), or breaks its chunked encoding (`loud`).
        delay: Seconds before anything is sent.
        endless: Whether the stream goes on until the client hangs up.
    """

    text: str = ""
    pieces: tuple[str, ...] = ()
    finish: str | None = "stop"
    usage: tuple[int, int] | None = (11, 7)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    cut: Literal["quiet", "loud"] | None = None
    delay: float = 0.0
    endless: bool = False


class ScriptedServer:
    """An OpenAI-compatible server that says what it was told to; the last reply is repeated."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hung_up = threading.Event()
        self._closing = threading.Event()
        handler = type("Handler", (_Handler,), {"scripted": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    @property
    def prompts(self) -> list[str]:
        return [request["messages"][-1]["content"] for request in self.requests]

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def wait(self, seconds: float) -> None:
        self._closing.wait(seconds)

    @property
    def is_closing(self) -> bool:
        return self._closing.is_set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: ScriptedServer

    def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.scripted.requests.append(request | {"path": self.path})
        self.scripted.headers.append({name.lower(): value for name, value in self.headers.items()})
        reply = self.scripted.next()
        self.scripted.wait(reply.delay)
        try:
            self._send(reply, streamed=bool(request.get("stream")))
        except OSError:
            self.scripted.hung_up.set()

    def _send(self, reply: Reply, streamed: bool) -> None:
        if reply.body is not None:
            self._send_whole(reply, reply.body)
        elif reply.status != 200:
            error = {"message": reply.text or "as scripted", "type": "scripted"}
            self._send_whole(reply, json.dumps({"error": error}))
        elif streamed:
            self._send_stream(reply)
        else:
            self._send_whole(reply, json.dumps(_whole(reply)))

    def _send_whole(self, reply: Reply, body: str) -> None:
        data = body.encode()
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json"} | reply.headers
        for name, value in (headers | {"Content-Length": str(len(data))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _send_stream(self, reply: Reply) -> None:
        chunked = reply.cut != "quiet"
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header(*(_CHUNKED if chunked else _CLOSE))
        self.end_headers()
        for event in _events(reply, self.scripted):
            data = f"data: {event}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
            self.wfile.flush()
        if chunked and not reply.cut:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *args: object) -> None:
        """Says nothing."""


_CHUNKED = ("Transfer-Encoding", "chunked")
_CLOSE = ("Connection", "close")


def _whole(reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish}
    return _frame("chat.completion", [choice]) | _usage(reply)


def _events(reply: Reply, server: ScriptedServer) -> Iterator[str]:
    pieces = reply.pieces or tuple(word + " " for word in reply.text.split(" "))
    while True:
        for piece in pieces:
            yield json.dumps(_frame("chat.completion.chunk", [_delta(piece, None)]))
        if not reply.endless or server.is_closing:
            break
        server.wait(0.01)
    if reply.cut:
        return
    yield json.dumps(_frame("chat.completion.chunk", [_delta(None, reply.finish)]))
    yield json.dumps(_frame("chat.completion.chunk", []) | _usage(reply))
    yield "[DONE]"


def _delta(content: str | None, finish: str | None) -> dict[str, Any]:
    delta = {} if content is None else {"role": "assistant", "content": content}
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _frame(kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "1", "object": kind, "created": 1, "model": "scripted", "choices": choices}


def _usage(reply: Reply) -> dict[str, Any]:
    if reply.usage is None:
        return {}
    read, written = reply.usage
    counts = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return {"usage": counts}
