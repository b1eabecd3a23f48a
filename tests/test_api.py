"""The API over a real socket: answers, events, OpenAI's own client, guards, and hostile input."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from api_server import served
from llm_server import Reply, ScriptedServer

from rag import Answer, Library, QuothError, Settings
from ui.passwords import PasswordError, Passwords, make_line
from ui.server import listen

FIRST = "What F1 score does LanternNet reach?"
NEXT = "How much faster is it than manual sorting?"
WHOLE = "How much faster is LanternNet than manual sorting?"
UNKNOWN = "Who won the cup in 1954?"


@pytest.fixture(scope="module")
def address(small_library: Library) -> Iterator[str]:
    with served(small_library) as found:
        yield found


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


@pytest.fixture
def client(address: str) -> Iterator[openai.OpenAI]:
    with asking_at(address) as made:
        yield made


def asking_at(address: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)


def without_times(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "timings_ms"}


def failed(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["message"]


# /api


def test_answer_is_that_of_the_library(http: httpx.Client, small_library: Library) -> None:
    for question in (FIRST, UNKNOWN):
        reply = http.post("/api/ask", json={"question": question})
        assert reply.status_code == 200
        expected = without_times(small_library.ask(question).to_json())
        assert without_times(reply.json()) == expected


def test_where_narrows(http: httpx.Client) -> None:
    for where in ("year<=2019", ["year<=2024", "group=Oceans"]):
        assert http.post("/api/ask", json={"question": FIRST, "where": where}).json()["abstained"]


def events_of(text: str) -> list[tuple[str, Any]]:
    parts = [part.split("\n") for part in text.rstrip("\n").split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data[6:])) for name, data in parts]


def test_events_are_sentences_then_the_answer(http: httpx.Client) -> None:
    reply = http.post("/api/ask", json={"question": FIRST, "stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    *sentences, (last, answer) = events_of(reply.text)
    assert (last, {name for name, _ in sentences}) == ("answer", {"sentence"})
    plain = [
        {name: value for name, value in one.items() if name != "cited"} for _, one in sentences
    ]
    assert plain == answer["sentences"]
    assert [one["cited"] for _, one in sentences] == [answer["citations"]]


def test_search_gives_hits(http: httpx.Client) -> None:
    hits = http.post("/api/search", json={"text": "moths", "top_k": 2}).json()["hits"]
    assert len(hits) == 2
    assert hits[0]["title"] == "LanternNet: counting moths by night"


def test_records_come_in_pages(http: httpx.Client, small_library: Library) -> None:
    pages = [http.get("/api/records", params={"offset": at, "limit": 3}).json() for at in (0, 3)]
    assert [(page["total"], len(page["records"])) for page in pages] == [(4, 3), (4, 1)]
    assert [record for page in pages for record in page["records"]] == [
        record.to_json() for record in small_library.records()
    ]


def test_manual_names_each_route_and_needs_nothing_from_outside(http: httpx.Client) -> None:
    manual = http.get("/api").text
    for path in ("/api/ask", "/api/search", "/api/records", "/v1/chat/completions", "/v1/models"):
        assert path in manual
        assert path in http.get("/api/openapi.json").json()["paths"]
    assert "<script" not in manual
    assert "src=" not in manual
    assert "href=" not in manual


# Failures


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("ask", {"question": " "}, "The question is empty"),
        ("ask", {"question": "word " * 2000}, "The question has 9,999 characters"),
        ("ask", {"question": FIRST, "where": "colour=red"}, "colour"),
        ("ask", {"quesion": FIRST}, "question: Field required"),
        ("ask", {"question": 7}, "question: Input should be a valid string"),
        ("ask", [], "body: Input should be"),
        ("search", {"text": "moths", "top_k": 0}, "top_k: Input should be greater"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(
    path: str, body: Any, told: str, http: httpx.Client
) -> None:
    for stream in (False, True):
        asked = body | {"stream": True} if stream and path == "ask" and body else body
        status, message = failed(http.post(f"/api/{path}", json=asked))
        assert status == 400
        assert told in message


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b"[" * 100_000, b'{"question": "\\ud800"}', b'{"question": NaN}', b""],
)
def test_body_that_is_no_json_is_refused(body: bytes, http: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    status, message = failed(http.post("/api/ask", content=body, headers=headers))
    assert status == 400
    assert message


def test_hostile_questions_are_data(http: httpx.Client) -> None:
    for question in (
        "<img src=x onerror=alert(1)>",
        "moths\u202e\x1b[31m\ndata: x\n\n",
        "moths " + "💥" * 900,
    ):
        reply = http.post("/api/ask", json={"question": question, "stream": True})
        assert events_of(reply.text)[-1][0] == "answer"


def test_other_bodies_and_paths_are_refused(http: httpx.Client) -> None:
    assert failed(http.post("/api/ask", data={"question": FIRST}))[0] == 415
    assert (
        failed(http.post("/api/ask", content=b"{}", headers={"content-type": "text/plain"}))[0]
        == 415
    )
    large = json.dumps({"question": "x" * 1_000_001}).encode()
    headers = {"content-type": "application/json"}
    assert failed(http.post("/api/ask", content=large, headers=headers)) == (
        413,
        "The body is too large; expected at most 1,000,000 bytes.",
    )
    assert http.get("/api/ask").status_code == 405
    assert failed(http.get("/api/nowhere")) == (404, "Not Found")
    assert http.get("/api/records", params={"limit": 501}).status_code == 400


def test_failure_of_ours_is_told_and_of_others_is_not(
    address: str, small_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {QuothError("The disk is full."): "The disk is full.", ValueError("secret"): "log"}
    for error, words in told.items():

        def fail(*_: object, error: Exception = error) -> Answer:
            raise error

        monkeypatch.setattr(small_library, "ask", fail)
        status, message = failed(httpx.post(f"{address}/api/ask", json={"question": FIRST}))
        assert status == 500
        assert words in message
        assert "secret" not in message


# OpenAI's client


def say(*texts: str) -> list[Any]:
    roles = ("user", "assistant")
    return [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)]


def test_client_of_openai_asks_and_asks_on(client: openai.OpenAI) -> None:
    first = client.chat.completions.create(model="quoth", messages=say(FIRST))
    text = first.choices[0].message.content or ""
    assert "91.4%" in text
    assert "\n\nReferences:\n[1] Ada Quill, Bo Reed (2024). LanternNet" in text
    assert first.choices[0].finish_reason == "stop"
    assert first.usage is not None
    assert first.usage.total_tokens == 0
    then = client.chat.completions.create(model="quoth", messages=say(FIRST, text, NEXT))
    assert (then.model_extra or {})["quoth"]["standalone_question"] == WHOLE


def test_stream_says_the_same_as_the_whole(client: openai.OpenAI) -> None:
    for question in (FIRST, UNKNOWN):
        whole = client.chat.completions.create(model="quoth", messages=say(question))
        chunks = list(
            client.chat.completions.create(
                model="quoth",
                messages=say(question),
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        assert "".join(pieces) == whole.choices[0].message.content
        assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
        assert chunks[-1].usage is not None


def test_abstention_is_a_text(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(model="quoth", messages=say(UNKNOWN))
    assert (reply.choices[0].message.content or "").startswith("The abstracts do not say.")


def test_history_of_another_server_makes_complete_too(client: openai.OpenAI) -> None:
    parts = [{"type": "text", "text": NEXT}]
    history = [{"role": "system", "content": "Be brief."}, *say(FIRST, "It reaches 91.4%.")]
    messages: Any = [*history, {"role": "user", "content": parts}]
    reply = client.chat.completions.create(model="quoth", messages=messages, temperature=1)
    assert (reply.model_extra or {})["quoth"]["standalone_question"] == WHOLE


def test_model_is_listed_and_no_other_is_there(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["quoth"]
    assert client.models.retrieve("quoth").owned_by == "quoth"
    with pytest.raises(openai.NotFoundError, match="There is no model 'gpt'"):
        client.chat.completions.create(model="gpt", messages=say(FIRST))


def test_messages_must_end_in_a_question(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="The last message is by 'assistant'"):
        client.chat.completions.create(model="quoth", messages=say(FIRST, "?"))
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match="The question is empty"):
            client.chat.completions.create(model="quoth", messages=say(" "), stream=stream)


def test_two_users_at_once_keep_apart(client: openai.OpenAI) -> None:
    other = "How much less noise do gears of laminated beech make?"

    def talk(question: str) -> list[str]:
        said, standalone = [question], []
        for _ in range(3):
            reply = client.chat.completions.create(model="quoth", messages=say(*said))
            standalone.append((reply.model_extra or {})["quoth"]["standalone_question"])
            said += [reply.choices[0].message.content or "", "Who wrote it?"]
        return standalone

    with ThreadPoolExecutor(2) as pool:
        moths, gears = pool.map(talk, (FIRST, other))
    assert "LanternNet" in moths[1]
    assert not {"LanternNet", "moths"} & set(" ".join(gears).split())


@pytest.fixture
def served_llm(library_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    @contextmanager
    def with_reply(reply: Reply) -> Iterator[tuple[str, ScriptedServer]]:
        with ScriptedServer(reply) as llm:
            monkeypatch.setenv("OPENAI_BASE_URL", llm.url)
            settings = Settings(llm="openai:tiny", llm_retries=0, llm_timeout_read=5.0)
            with Library.open(library_folder, settings) as library, served(library) as address:
                yield address, llm

    return with_reply


SCORE = "LanternNet reaches an F1 score of 91.4% on 12 species [1]."


def test_llm_writes_and_its_tokens_are_counted(served_llm: Any) -> None:
    with served_llm(Reply(SCORE)) as (address, _), asking_at(address) as asking:
        reply = asking.chat.completions.create(model="quoth", messages=say(FIRST))
    assert reply.usage is not None
    assert reply.usage.total_tokens == 18
    assert (reply.choices[0].message.content or "").startswith("LanternNet reaches an F1 score")


def test_stream_tells_where_the_llm_broke_off(served_llm: Any) -> None:
    reply = Reply(f"{SCORE} It is", cut="loud")
    with served_llm(reply) as (address, _), asking_at(address) as asking:
        made = asking.chat.completions.create(model="quoth", messages=say(FIRST), stream=True)
        chunks = list(made)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    before, changed, after = text.partition("(The answer changed once it was whole. It is:)")
    assert before.strip() == SCORE.replace(" [1].", ". [1]")
    assert changed
    assert after.strip().startswith("LanternNet: “")


def test_llm_is_hung_up_on_when_the_reader_leaves(served_llm: Any) -> None:
    with served_llm(Reply(pieces=(f"{SCORE} ",), endless=True)) as (address, llm):
        body = {"question": FIRST, "stream": True}
        with httpx.stream("POST", f"{address}/api/ask", json=body, timeout=30) as reply:
            assert next(reply.iter_lines()) == "event: sentence"
        assert llm.hung_up.wait(20)


# Guards


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"host": "192.0.2.1"}, 421),
        ({"host": ""}, 421),
        ({"host": "localhost:1"}, 200),
        ({"host": "LOCALHOST."}, 200),
        ({"host": "[::1]:7860"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "localhost:7860", "origin": "http://localhost:7860"}, 200),
    ],
)
def test_other_names_and_other_sites_are_refused(
    headers: dict[str, str], status: int, http: httpx.Client
) -> None:
    reply = http.post("/api/search", json={"text": "moths"}, headers=headers)
    assert reply.status_code == status
    assert "access-control-allow-origin" not in reply.headers


def test_further_names_are_known(small_library: Library) -> None:
    with served(small_library, names=["papers.example"]) as address:
        headers = {"host": "papers.example"}
        assert httpx.get(f"{address}/v1/models", headers=headers).status_code == 200


@pytest.fixture(scope="module")
def password_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("auth") / "passwords"
    file.write_text(f"# who\n\n{make_line('ada', 'mö:th s')}\n{make_line('bo', 'x')}\n")
    return file


def test_password_opens_page_and_api(small_library: Library, password_file: Path) -> None:
    with served(small_library, passwords=Passwords.load(password_file)) as address:
        for path in ("/", "/api", "/api/records", "/v1/models", "/api/openapi.json"):
            refused = httpx.get(address + path)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Basic ")
            admitted = httpx.get(address + path, auth=("ada", "mö:th s"))
            assert admitted.status_code == (404 if path == "/" else 200)
        for auth in (("ada", "x"), ("bo", ""), ("eve", "x"), ("", "")):
            assert httpx.get(f"{address}/api", auth=auth).status_code == 401
        for given in ("Basic !", "Basic eA==", "Bearer", "Bearer bo:y", "Digest bo:x"):
            headers = {"authorization": given}
            assert httpx.get(f"{address}/api", headers=headers).status_code == 401
        with openai.OpenAI(base_url=f"{address}/v1", api_key="bo:x") as asking:
            assert [model.id for model in asking.models.list()] == ["quoth"]


def test_file_of_passwords_shows_none(password_file: Path) -> None:
    text = password_file.read_text()
    assert "mö" not in text
    assert len({line.rsplit("$", 1)[1] for line in text.splitlines() if "$" in line}) == 2
    assert make_line("ada", "same") != make_line("ada", "same")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "has no entry"),
        ("ada:secret", "line 1: no entry"),
        ("ada:scrypt$3$8$1$AA==$AA==", "line 1: no entry"),
        ("ada:scrypt$99999999999999$8$1$AA==$AA==", "line 1: no entry"),
        (":scrypt$16384$8$1$AA==$AA==", "line 1: no entry"),
    ],
)
def test_broken_file_of_passwords_is_refused(content: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_text(content)
    with pytest.raises(PasswordError, match=told) as found:
        Passwords.load(file)
    assert "secret" not in str(found.value)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\nb", "#a"])
def test_name_that_would_break_the_file_is_refused(name: str) -> None:
    with pytest.raises(PasswordError, match="cannot be a name"):
        make_line(name, "x")


def test_full_server_says_so_and_recovers(
    small_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, ask = threading.Semaphore(0), threading.Event(), small_library.ask

    def slowly(*given: Any) -> Answer:
        begun.release()
        assert go_on.wait(20)
        return ask(*given)

    monkeypatch.setattr(small_library, "ask", slowly)
    with served(small_library, at_once=1, waiting=0) as address, ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, address)
        assert begun.acquire(timeout=20)
        refused = post(address)
        assert failed(refused)[0] == 503
        assert refused.headers["retry-after"] == "2"
        go_on.set()
        assert first.result().status_code == 200
        assert post(address).status_code == 200


def post(address: str) -> httpx.Response:
    return httpx.post(f"{address}/api/ask", json={"question": FIRST}, timeout=30)


def test_some_wait_for_their_turn(small_library: Library) -> None:
    with served(small_library, at_once=1, waiting=5) as address, ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(post, [address] * 6))
    assert [reply.status_code for reply in replies] == [200] * 6


def test_reader_who_leaves_gives_the_place_back(small_library: Library) -> None:
    with served(small_library, at_once=1, waiting=0) as address:
        for _ in range(5):
            with httpx.stream(
                "POST", f"{address}/api/ask", json={"question": FIRST, "stream": True}
            ) as reply:
                assert reply.status_code in (200, 503)
        until = time.monotonic() + 20
        while httpx.get(f"{address}/v1/models").status_code != 200:
            assert time.monotonic() < until


def test_port_that_is_taken_is_told() -> None:
    told = r"Cannot listen on 127\.0\.0\.1, port \d+: Address already in use"
    with listen("127.0.0.1", 0) as bound, pytest.raises(QuothError, match=told):
        listen("127.0.0.1", bound.getsockname()[1])
