"""Embedding: the default model, models plugged in, and an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_embedding import HashEmbedding

from vectorstore import minilm
from vectorstore.embedding import Embedder, MiniLMEmbedding, default_embedder, open_embedder
from vectorstore.errors import EmbeddingError
from vectorstore.minilm import load_tokenizer, unit

MODEL_HASH = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TEXTS = [
    "Counting moths at night is slow work.",
    "Old ship logs hold tide readings that nobody has used, in 17 harbours of the northern sea.",
    "Bread.",
    "Gears made of laminated beech are quieter than gears of steel; wear was 0.2 mm a year.",
]


@pytest.fixture(scope="module")
def model() -> Embedder:
    return default_embedder()


# The default model ---------------------------------------------------------------------------


def test_vectors_have_unit_length_and_keep_the_order(model: Embedder) -> None:
    vectors = model.embed(TEXTS)
    assert vectors.shape == (4, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    for row, text in enumerate(TEXTS):
        assert np.array_equal(vectors[row], model.embed([text])[0])


def test_a_vector_does_not_depend_on_what_is_embedded_with_it(model: Embedder) -> None:
    many = [f"{text} {number}" for number in range(6) for text in TEXTS]
    together, reversed_ = model.embed(many), model.embed(many[::-1])[::-1]
    assert np.array_equal(together, reversed_)


def test_threads_are_as_many_as_one_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert minilm.thread_count() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert minilm.thread_count() == len(os.sched_getaffinity(0))


def test_like_texts_are_nearer_than_others(model: Embedder) -> None:
    moths, tides, asked = model.embed([TEXTS[0], TEXTS[1], "How are night moths counted?"])
    assert asked @ moths > 0.5 > 0.3 > asked @ tides


def test_a_text_beyond_the_window_is_the_mean_of_its_windows(model: Embedder) -> None:
    halves = ["moth " * 254, "tide " * 254]
    expected = unit(model.embed(halves).mean(axis=0, keepdims=True))[0]
    assert model.embed(["".join(halves)])[0] == pytest.approx(expected, abs=1e-5)


def test_nothing_and_empty_text_have_vectors_too(model: Embedder) -> None:
    assert model.embed([]).shape == (0, 384)
    assert np.linalg.norm(model.embed([""])[0]) == pytest.approx(1.0, abs=1e-5)


def test_token_states_stand_where_their_tokens_do(model: Embedder) -> None:
    text = TEXTS[3]
    read = minilm.read([text, TEXTS[2]])[0]
    assert [text[start:end] for start, end in read.offsets][:4] == ["Gears", "made", "of", "lam"]
    assert read.states.shape == (len(read.offsets), 384)
    assert read.vector == pytest.approx(model.embed([text])[0], abs=1e-5)


def test_llama_index_gets_the_same_vectors(model: Embedder) -> None:
    rows = model.model.get_text_embedding_batch(TEXTS[:2])
    assert np.array_equal(np.asarray(rows, dtype=np.float32), model.embed(TEXTS[:2]))
    assert model.model.get_query_embedding(TEXTS[2]) == model.embed(TEXTS[2:3])[0].tolist()


def test_the_default_embedder_names_the_weights() -> None:
    assert default_embedder().identity == "all-MiniLM-L6-v2-int8@8199be6f699a"
    assert open_embedder().identity == default_embedder().identity
    assert open_embedder(MiniLMEmbedding()).window == 126


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Two Tyaris", ["two", "ty", "##aris"]),
        ("[SEP] is text", ["[", "sep", "]", "is", "text"]),
        ("ab " + "x" * 100 + " cd", ["ab", "xx", *["##xx"] * 49, "cd"]),
        ("x" * 250, [*["xx", *["##xx"] * 49] * 2, "xx", *["##xx"] * 24]),
        ("日本", ["日", "本"]),
    ],
)
def test_no_word_is_too_long_and_no_text_special(text: str, tokens: list[str]) -> None:
    found = load_tokenizer().encode(text, add_special_tokens=False).tokens
    assert found == tokens
    assert default_embedder().count_tokens(text) == len(tokens)


# Models plugged in ---------------------------------------------------------------------------


class Answering(HashEmbedding):
    """Answers every batch alike."""

    answer: Any = None

    def get_text_embedding_batch(self, texts: list[str], *_: Any, **__: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def get_query_embedding(self, query: str) -> Any:
        return self.get_text_embedding_batch([query])


def test_vectors_of_a_plugged_in_model_are_scaled() -> None:
    vectors = Embedder(Answering(answer=[[3.0, 4.0], [0.0, 0.0]]), "fake").embed(["a", "b"])
    assert vectors.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            [[1.0, 2.0]],
            "gave an array of shape (1, 2) for 2 texts; expected one finite vector for each.",
        ),
        (
            [1.0, 2.0],
            "gave an array of shape (2,) for 2 texts; expected one finite vector for each.",
        ),
        (
            [[], []],
            "gave an array of shape (2, 0) for 2 texts; expected one finite vector for each.",
        ),
        (
            [[1.0, float("nan")], [1.0, 2.0]],
            "gave an array of shape (2, 2) for 2 texts; expected one finite vector for each.",
        ),
        (None, "gave an array of shape () for 2 texts; expected one finite vector for each."),
        (OSError("server is down"), "failed: server is down"),
    ],
)
def test_garbage_is_refused(answer: Any, message: str) -> None:
    with pytest.raises(EmbeddingError) as caught:
        Embedder(Answering(answer=answer), "fake").embed(["a", "b"])
    assert str(caught.value) == f"The embedding model fake {message}"


@pytest.mark.parametrize(
    "answer", [[[1.0], [1.0, 2.0]], ["moth", "tide"], [[1.0, None], [2.0, "x"]]]
)
def test_what_are_no_numbers_is_refused(answer: Any) -> None:
    with pytest.raises(EmbeddingError, match="^The embedding model fake failed: "):
        Embedder(Answering(answer=answer), "fake").embed(["a", "b"])


def test_a_garbled_vector_of_a_question_is_refused() -> None:
    with pytest.raises(EmbeddingError, match=r"gave an array of shape \(1, 1, 2\) for 1 texts"):
        Embedder(Answering(answer=[[1.0, 2.0]]), "fake").embed_question("a")


def test_a_plugged_in_model_is_known_by_class_and_name() -> None:
    assert open_embedder(HashEmbedding()).identity == "base_component:words"


@pytest.mark.parametrize("name", ["word2vec", "openai:", "other:model", ""])
def test_an_unknown_model_is_refused(name: str) -> None:
    with pytest.raises(EmbeddingError) as caught:
        open_embedder(name)
    assert str(caught.value) == (
        f"No embedding model is called {name!r}; "
        "expected 'all-MiniLM-L6-v2-int8' or 'openai:MODEL'."
    )


# An OpenAI-compatible endpoint ---------------------------------------------------------------


class Endpoint(BaseHTTPRequestHandler):
    """Gives each text the vector (its length, 1); keeps the requests."""

    requests: list[tuple[str, str | None, dict[str, Any]]] = []
    status = 200

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append((self.path, self.headers["Authorization"], body))
        data = [
            {"object": "embedding", "index": index, "embedding": [float(len(text)), 1.0]}
            for index, text in enumerate(body["input"])
        ]
        answer = {"object": "list", "data": data, "model": body["model"], "usage": {}}
        reply = json.dumps(answer if self.status == 200 else {"error": {"message": "no moths"}})
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Endpoint]]:
    handler = type("Handler", (Endpoint,), {"requests": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-a-test")
    yield handler
    server.shutdown()
    server.server_close()


def test_an_endpoint_is_asked_for_all_texts_in_order(endpoint: type[Endpoint]) -> None:
    embedder = open_embedder("openai:moth-embed")
    assert endpoint.requests == []
    vectors = embedder.embed(["x" * number for number in range(1, 71)])
    assert vectors[:, 0] / vectors[:, 1] == pytest.approx(np.arange(1, 71), rel=1e-5)
    assert embedder.embed_question("xyz").tolist() == pytest.approx([3 / 10**0.5, 1 / 10**0.5])
    assert embedder.identity == "openai:moth-embed"
    assert [len(body["input"]) for _, _, body in endpoint.requests] == [64, 6, 1]
    assert {(path, key, body["model"]) for path, key, body in endpoint.requests} == {
        ("/v1/embeddings", "Bearer key-of-a-test", "moth-embed")
    }


def test_a_refusal_of_the_endpoint_is_told(endpoint: type[Endpoint]) -> None:
    endpoint.status = 400
    with pytest.raises(EmbeddingError) as caught:
        open_embedder("openai:moth-embed").embed(["moths"])
    assert str(caught.value) == (
        "The embedding model openai:moth-embed failed: "
        "Error code: 400 - {'error': {'message': 'no moths'}}"
    )


# No network ----------------------------------------------------------------------------------

ALONE = """
import socket, sys
def refuse(*args, **more):
    sys.exit(f"reached out: {args}")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from pathlib import Path
from vectorstore.embedding import default_embedder
from vectorstore.store import Store
from vectorstore.papers import alone
from vectorstore.records import Record
with Store(Path(sys.argv[1]), default_embedder()) as store, store.writing():
    store.put([alone(Record("text:1", "Moths", "They fly at night."))])
    print(store.search("night")[0].record.id)
"""


def test_a_library_is_built_and_searched_without_any_request(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path / "lib")],
        capture_output=True, text=True, cwd=root, timeout=120,
        env={"HOME": str(tmp_path), "PATH": "", "OPENAI_API_KEY": "key-of-a-test"},
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("text:1\n", "", 0)


def test_a_model_of_the_users_own_is_asked_by_one_thread_at_a_time() -> None:
    class Slow(HashEmbedding):
        inside: int = 0
        most: int = 0

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            self.inside += 1
            self.most = max(self.most, self.inside)
            time.sleep(0.05)
            self.inside -= 1
            return super()._get_text_embeddings(texts)

    model = Slow()
    with ThreadPoolExecutor(2) as executor:
        list(executor.map(Embedder(model, "slow", 126).embed, [["a"], ["b"], ["c"]]))
    assert model.most == 1
