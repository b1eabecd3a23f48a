"""A real llama.cpp server with a small, real model, which is often wrong: that is the point."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.answer import Answer
from rag.config import Settings
from rag.library import Library
from rag.llm import Endpoint, LLMOptions, open_llm

pytestmark = pytest.mark.slow

MODEL = "openai:smollm2"
FEW_STEPS = "How many sampling steps does the few-step UCGM model need to reach 1.42 FID?"
OPTIONS = LLMOptions(passage_tokens=700, max_tokens=60)


@pytest.fixture
def library(llama_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Library]:
    monkeypatch.setenv("OPENAI_BASE_URL", llama_url)
    settings = Settings(
        llm=MODEL, llm_passage_tokens=700, llm_max_tokens=100, cache=tmp_path / "cache"
    )
    with Library.open_sample(settings) as library:
        yield library


def check(answer: Answer, library: Library) -> None:
    """What holds of every answer, whatever the model wrote."""
    for citation in (*answer.citations, *answer.nearest):
        record = library.get(citation.record_id)
        assert record is not None
        assert record.abstract[citation.start : citation.end] == citation.quote
    for sentence in answer.sentences:
        assert sentence.verdict in ("supported", "partly")
        assert sentence.citations
    for sentence in answer.removed:
        assert (sentence.verdict, bool(sentence.reason)) == ("unsupported", True)
    if answer.usage is not None:
        assert answer.usage["completion_tokens"] > 0
        assert answer.usage["prompt_tokens"] > 0


def test_a_model_that_is_wrong_misleads_nobody(library: Library) -> None:
    answer = library.ask(FEW_STEPS)
    check(answer, library)
    assert answer.usage is not None
    shown = [item for item in answer.sentences if "1.42" in item.text]
    assert all(" 2 steps" in item.text for item in shown)
    assert not any("40" in item.text and "1.42" in item.text for item in answer.sentences)


@pytest.mark.parametrize(
    "question",
    ["What does RetroInfer store in its wave index?", "Which optimizer does QVGen use?"],
)
def test_every_shown_sentence_is_supported(library: Library, question: str) -> None:
    check(library.ask(question), library)


def test_a_stream_ends_in_the_answer_that_it_showed(library: Library) -> None:
    stream = library.stream(FEW_STEPS)
    shown = tuple(stream)
    assert stream.answer is not None
    check(stream.answer, library)
    assert shown == stream.answer.sentences
    assert stream.answer.timings_ms["total"] > 0


def test_two_questions_at_once(library: Library) -> None:
    async def ask_both() -> list[Answer]:
        return await asyncio.gather(
            library.aask(FEW_STEPS), library.aask("What does KAPE stand for?")
        )

    for answer in asyncio.run(ask_both()):
        check(answer, library)


def test_pieces_come_one_by_one_with_their_usage(llama_url: str) -> None:
    door = open_llm(MODEL, OPTIONS, Endpoint(llama_url))
    stream = door.stream("Name three colours.")
    pieces = list(stream)
    assert len(pieces) > 1
    assert stream.completion is not None
    assert stream.completion.text == "".join(pieces)
    assert 0 < (stream.completion.usage.completion_tokens or 0) <= OPTIONS.max_tokens


def test_a_stream_that_is_closed_frees_the_server(llama_url: str) -> None:
    door = open_llm(MODEL, LLMOptions(max_tokens=1500), Endpoint(llama_url))
    streams: list[Any] = [door.stream("Tell a very long story of a mill.") for _ in range(2)]
    for stream in streams:
        next(stream)
        stream.close()
    start = time.perf_counter()
    open_llm(MODEL, OPTIONS, Endpoint(llama_url)).complete("Say one word.")
    assert time.perf_counter() - start < 20
