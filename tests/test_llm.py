"""The door to LLMs: a scripted server for what goes wrong, a real llama.cpp for what goes right."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from llama_index.core.llms import MockLLM
from llm_server import Reply, ScriptedServer

from rag.llm import ChatDoor, Endpoint, LLMError, LLMOptions, open_llm

KEY = "sk-secret-of-the-user-0123456789"
FAST = LLMOptions(timeout_connect=2, timeout_read=5, retries=2)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the door would have slept."""
    taken: list[float] = []

    async def nap(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr("rag.llm.time", SimpleNamespace(sleep=taken.append))
    monkeypatch.setattr("rag.llm.asyncio", SimpleNamespace(sleep=nap))
    return taken


def door_to(server: ScriptedServer | str, options: LLMOptions = FAST) -> ChatDoor:
    url = server if isinstance(server, str) else server.url
    return open_llm("openai:tiny", options, Endpoint(url, KEY))


async def gather(door: ChatDoor) -> str:
    return "".join([piece async for piece in door.astream("Q?")])


def ask_in_every_way(door: ChatDoor) -> list[str]:
    """What each of the four ways to ask gives: the reply, or the words of the failure."""

    def told(ask: Any) -> str:
        try:
            return str(ask())
        except LLMError as error:
            return str(error)

    return [
        told(lambda: door.complete("Q?").text),
        told(lambda: "".join(door.stream("Q?"))).rstrip(),
        told(lambda: asyncio.run(door.acomplete("Q?")).text),
        told(lambda: asyncio.run(gather(door))).rstrip(),
    ]


def test_reply_comes_with_usage_and_cost() -> None:
    options = LLMOptions(price_in=1.0, price_out=10.0)
    with ScriptedServer(Reply("It is 2 [1].", usage=(1000, 50))) as server:
        reply = door_to(server, options).complete("Q?")
    assert (reply.text, reply.cut) == ("It is 2 [1].", False)
    assert reply.usage.to_json() == {
        "model": "tiny",
        "prompt_tokens": 1000,
        "completion_tokens": 50,
        "total_tokens": 1050,
        "cost": 0.0015,
    }


def test_stream_gives_pieces_then_usage() -> None:
    with ScriptedServer(Reply(pieces=("It ", "is 2", " [1]."), usage=(12, 3))) as server:
        stream = door_to(server).stream("Q?")
        assert (server.requests, stream.completion) == ([], None)
        assert [piece for piece in stream if piece] == ["It ", "is 2", " [1]."]
    assert stream.completion is not None
    assert stream.completion.text == "It is 2 [1]."
    assert stream.completion.usage.to_json()["total_tokens"] == 15
    assert stream.completion.usage.cost is None


def test_async_stream_gives_pieces_then_usage() -> None:
    async def ask(door: ChatDoor) -> tuple[str, Any]:
        stream = door.astream("Q?")
        return "".join([piece async for piece in stream]), stream.completion

    with ScriptedServer(Reply("It is 2.", usage=(12, 3))) as server:
        text, completion = asyncio.run(ask(door_to(server)))
        again = asyncio.run(door_to(server).acomplete("Q?"))
    assert text == "It is 2. "
    assert completion.usage.prompt_tokens == 12
    assert again.text == "It is 2."


def test_one_door_serves_one_event_loop_after_another() -> None:
    with ScriptedServer(Reply("It is 2.")) as server:
        door = door_to(server)
        assert [asyncio.run(door.acomplete("Q?")).text for _ in range(3)] == ["It is 2."] * 3


def test_missing_usage_is_not_made_up() -> None:
    with ScriptedServer(Reply("It is 2.", usage=None)) as server:
        usage = door_to(server, LLMOptions(price_in=1, price_out=1)).complete("Q?").usage
    assert usage.to_json() == {
        "model": "tiny",
        "prompt_tokens": None,
        "completion_tokens": None,
        "total_tokens": None,
        "cost": None,
    }


def test_request_holds_what_was_set_and_nothing_of_tools() -> None:
    options = LLMOptions(temperature=0.25, seed=7, max_tokens=99)
    with ScriptedServer(Reply("Yes.")) as server:
        door_to(server, options).complete("Q?")
        list(door_to(server, LLMOptions()).stream("Q?"))
    whole, streamed = server.requests
    assert whole == {
        "path": "/v1/chat/completions",
        "model": "tiny",
        "messages": [{"role": "user", "content": "Q?"}],
        "temperature": 0.25,
        "max_tokens": 99,
        "seed": 7,
        "stream": False,
    }
    assert streamed["stream_options"] == {"include_usage": True}
    assert "seed" not in streamed
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_reply_that_was_cut_by_its_length_says_so() -> None:
    with ScriptedServer(Reply("It is", finish="length")) as server:
        assert door_to(server).complete("Q?").cut
        stream = door_to(server).stream("Q?")
        assert list(stream)
        assert stream.completion
        assert stream.completion.cut


# Failures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "told", "requests"),
    [
        (
            Reply(f"Incorrect API key provided: {KEY}", status=401),
            "refused the key (HTTP 401); set OPENAI_API_KEY to one that it takes.",
            1,
        ),
        (
            Reply(f"no model 'tiny' for {KEY}", status=404),
            "rejected the request (HTTP 404): no model 'tiny' for ….",
            1,
        ),
        (Reply(status=429), "takes no more requests for now (HTTP 429, 3 tries).", 3),
        (Reply(status=503), "failed (HTTP 503, 3 tries).", 3),
        (Reply(""), "gave an empty reply.", 1),
        (Reply(" \n"), "gave an empty reply.", 1),
    ],
)
@pytest.mark.usefixtures("naps")
def test_failure_is_one_sentence_in_every_way_of_asking(
    reply: Reply, told: str, requests: int
) -> None:
    with ScriptedServer(reply) as server:
        said = ask_in_every_way(door_to(server))
        place = server.url.split("/")[2]
    assert said == [f"tiny at {place} {told}"] * 4
    assert len(server.requests) == requests * 4


@pytest.mark.parametrize("reply", [Reply(status=429), Reply(status=500), Reply(status=503)])
def test_busy_server_is_asked_again_after_growing_delays(reply: Reply, naps: list[float]) -> None:
    for way in range(4):
        with ScriptedServer(reply, reply, Reply("It is 2.")) as server:
            assert ask_in_every_way(door_to(server))[way] == "It is 2."
    assert naps[:2] == [0.5, 1.0]


def test_retry_after_is_honoured(naps: list[float]) -> None:
    with ScriptedServer(Reply(status=429, headers={"Retry-After": "7"}), Reply("Yes.")) as server:
        assert door_to(server).complete("Q?").text == "Yes."
    assert naps == [7.0]


def test_retry_after_may_be_a_date(naps: list[float]) -> None:
    date = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=20), usegmt=True)
    with ScriptedServer(Reply(status=503, headers={"Retry-After": date}), Reply("Yes.")) as server:
        assert door_to(server).complete("Q?").text == "Yes."
    assert 15 < naps[0] <= 20


def test_longer_retry_after_is_not_waited_for(naps: list[float]) -> None:
    with (
        ScriptedServer(Reply(status=429, headers={"Retry-After": "3600"})) as server,
        pytest.raises(LLMError, match=r"takes no more requests for now \(HTTP 429\)\.$"),
    ):
        door_to(server).complete("Q?")
    assert (naps, len(server.requests)) == ([], 1)


def test_silent_server_is_given_up_after_one_time_out() -> None:
    options = LLMOptions(timeout_read=0.2)
    with ScriptedServer(Reply("Late.", delay=20)) as server:
        said = ask_in_every_way(door_to(server, options))
        place = server.url.split("/")[2]
    assert said == [f"tiny at {place} was silent for 0.2 s."] * 4
    assert len(server.requests) == 4


def test_server_that_is_down_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said = ask_in_every_way(door_to(f"http://127.0.0.1:{port}/v1"))
    assert said == [f"tiny at 127.0.0.1:{port} cannot be reached: nothing answers there."] * 4


def test_password_in_the_address_is_not_shown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(LLMError) as caught:
        door_to(f"http://me:hidden@127.0.0.1:{port}/v1").complete("Q?")
    assert str(caught.value).startswith(f"tiny at 127.0.0.1:{port} cannot be reached")


@pytest.mark.parametrize("cut", ["quiet", "loud"])
def test_stream_that_breaks_off_is_a_failure(cut: Any) -> None:
    with ScriptedServer(Reply("It is 2 [1]", cut=cut)) as server:
        stream = door_to(server).stream("Q?")
        pieces: list[str] = []
        with pytest.raises(LLMError, match="broke off in the middle of its reply"):
            pieces.extend(stream)
        with pytest.raises(LLMError, match="broke off in the middle of its reply"):
            asyncio.run(gather(door_to(server)))
    assert "".join(pieces).strip() == "It is 2 [1]"
    assert stream.completion is None


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "",
        "<html>Welcome</html>",
        "[]",
        "{}",
        '{"choices": []}',
        '{"choices": null}',
        '"x"',
        "5",
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_garbage_is_no_reply(body: str, kind: str) -> None:
    with ScriptedServer(Reply(body=body, headers={"Content-Type": kind})) as server:
        place = server.url.split("/")[2]
        for told in ask_in_every_way(door_to(server)):
            assert told in (
                f"tiny at {place} gave a reply that cannot be read.",
                f"tiny at {place} gave an empty reply.",
            )


def test_malformed_event_in_a_stream_is_no_reply() -> None:
    body = 'data: {"choices": [{"index": 0, "delta": {"content": "It"}}]}\n\ndata: {oops\n\n'
    with (
        ScriptedServer(Reply(body=body, headers={"Content-Type": "text/event-stream"})) as server,
        pytest.raises(LLMError, match="gave a reply that cannot be read"),
    ):
        list(door_to(server).stream("Q?"))


def test_error_told_within_a_stream_is_told() -> None:
    body = 'data: {"error": {"message": "out of memory\\n\\u001b[31m at ' + KEY + '"}}\n\n'
    with (
        ScriptedServer(Reply(body=body, headers={"Content-Type": "text/event-stream"})) as server,
        pytest.raises(LLMError, match=r"failed: out of memory \[31m at …\.$"),
    ):
        list(door_to(server).stream("Q?"))


def test_endless_reply_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.replies.MAX_CHARACTERS", 50)
    with (
        ScriptedServer(Reply("and so on", endless=True)) as server,
        pytest.raises(LLMError, match="wrote more than 50 characters"),
    ):
        list(door_to(server).stream("Q?"))


def test_closed_stream_hangs_up() -> None:
    with ScriptedServer(Reply("and so on", endless=True)) as server:
        stream = door_to(server).stream("Q?")
        assert [next(stream), next(stream)] == ["and ", "so "]
        stream.close()
        assert server.hung_up.wait(5)


def test_cancelled_async_stream_hangs_up() -> None:
    async def ask(door: ChatDoor) -> None:
        stream = door.astream("Q?")
        assert await stream.__anext__() == "and "
        await stream.aclose()
        assert await asyncio.to_thread(server.hung_up.wait, 5)

    with ScriptedServer(Reply("and so on", endless=True)) as server:
        asyncio.run(ask(door_to(server)))


# Consent and secrets ---------------------------------------------------------------------------


def test_opening_makes_no_request() -> None:
    with ScriptedServer(Reply("Yes.")) as server:
        door_to(server)
    assert server.requests == []


@pytest.mark.parametrize("named", ["", "openai:", "openai: ", "gpt-4o", "ollama:llama3"])
def test_llm_that_does_not_exist_is_refused(named: str) -> None:
    with pytest.raises(LLMError) as caught:
        open_llm(named, FAST, Endpoint("http://127.0.0.1:9/v1", KEY))
    assert str(caught.value) == (
        f"No LLM is called {named!r}; expected 'openai:MODEL', such as 'openai:gpt-4o-mini'."
    )


@pytest.mark.parametrize("url", ["127.0.0.1:80", "ftp://a/b", "http://", "http://[", "http://a:b"])
def test_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(LLMError, match="OPENAI_BASE_URL is no address of a server"):
        open_llm("openai:tiny", FAST, Endpoint(url, KEY))


def test_openai_needs_a_key() -> None:
    with pytest.raises(LLMError, match="OPENAI_API_KEY is not set, and api.openai.com needs it"):
        open_llm("openai:gpt-4o-mini", FAST, Endpoint())


@pytest.mark.parametrize("key", ["sk-a\nsk-b", "sk-ä", "sk a"])
def test_key_that_cannot_be_sent_is_refused_unseen(key: str) -> None:
    with pytest.raises(LLMError) as caught:
        open_llm("openai:gpt-4o-mini", FAST, Endpoint(None, key))
    assert str(caught.value) == (
        "OPENAI_API_KEY holds characters that are in no key; expected one word."
    )


def test_server_of_ones_own_needs_no_key() -> None:
    with ScriptedServer(Reply("Yes.")) as server:
        assert open_llm("openai:tiny", FAST, Endpoint(server.url)).complete("Q?").text == "Yes."
    assert server.headers[0]["authorization"] == "Bearer none"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Endpoint(None, None)),
        ({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": ""}, Endpoint(None, KEY)),
        ({"OPENAI_API_BASE": "http://a/v1"}, Endpoint("http://a/v1", None)),
        ({"OPENAI_API_BASE": "http://a", "OPENAI_BASE_URL": "http://b"}, Endpoint("http://b")),
    ],
)
def test_endpoint_is_read_from_the_usual_variables(
    environment: dict[str, str], expected: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Endpoint.from_environment() == expected
    assert Endpoint.from_environment(environment) == expected


@pytest.mark.parametrize(
    ("file", "process", "expected"),
    [
        (
            "OPENAI_BASE_URL=http://evil/v1",
            {"OPENAI_API_KEY": "sk-own"},
            Endpoint("http://evil/v1"),
        ),
        ("OPENAI_API_KEY=sk-file", {}, Endpoint(None, "sk-file")),
        ("OPENAI_API_KEY=sk-file", {"OPENAI_API_KEY": "sk-own"}, Endpoint(None, "sk-own")),
        (
            "OPENAI_BASE_URL=http://file/v1\nOPENAI_API_KEY=sk-file",
            {"OPENAI_BASE_URL": "", "OPENAI_API_KEY": "sk-own"},
            Endpoint("http://file/v1", "sk-file"),
        ),
        (
            "OPENAI_BASE_URL=http://file/v1",
            {"OPENAI_API_BASE": "http://own/v1", "OPENAI_API_KEY": "sk-own"},
            Endpoint("http://own/v1", "sk-own"),
        ),
    ],
)
def test_an_env_file_cannot_send_a_key_of_the_process_elsewhere(
    file: str,
    process: dict[str, str],
    expected: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / ".env").write_text(file, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name, value in process.items():
        monkeypatch.setenv(name, value)
    assert Endpoint.from_environment() == expected


def test_key_is_in_no_representation() -> None:
    door = open_llm("openai:gpt-4o-mini", FAST, Endpoint(None, KEY))
    assert repr(door) == "<ChatDoor to gpt-4o-mini at api.openai.com>"
    with door._line.connect() as llm:
        shown = [door, Endpoint(None, KEY), door._line, llm, llm.to_payload()]
        assert not [item for item in shown if KEY in repr(item)]


@pytest.mark.parametrize(
    ("model", "url", "kind"),
    [
        ("gpt-4o-mini", None, "openai_llm"),
        ("gpt-9-ultra", None, "OpenAILike"),
        ("gpt-4o-mini", "http://127.0.0.1:9/v1", "OpenAILike"),
    ],
)
def test_llama_index_class_fits_the_endpoint(model: str, url: str | None, kind: str) -> None:
    door = open_llm(f"openai:{model}", LLMOptions(max_tokens=99), Endpoint(url, KEY))
    with door._line.connect() as llm:
        assert (llm.class_name(), llm.metadata.is_chat_model) == (kind, True)
        sent: dict[str, Any] = llm._get_model_kwargs()  # type: ignore[attr-defined]
    spelling = "max_completion_tokens" if "9" in model else "max_tokens"
    assert {name: sent[name] for name in sent if "tokens" in name} == {spelling: 99}


def test_any_llama_index_llm_can_be_the_llm() -> None:
    door = open_llm(MockLLM(), FAST)
    assert (
        ask_in_every_way(door)
        == [
            "user: Q?\nassistant: ",
            "user: Q?\nassistant:",
        ]
        * 2
    )
    assert door.complete("Q?").usage.prompt_tokens is None


def test_failure_of_a_llama_index_llm_is_restated() -> None:
    class Broken(MockLLM):
        def chat(self, *args: Any, **more: Any) -> Any:
            raise RuntimeError("the tape is torn")

    with pytest.raises(LLMError, match=r"failed: the tape is torn\.$"):
        open_llm(Broken(), FAST).complete("Q?")


def test_importing_the_door_imports_no_client() -> None:
    script = (
        "import sys, rag.llm; "
        "print([name for name in ('openai', 'llama_index', 'httpx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
