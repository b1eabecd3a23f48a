"""A tiny embedding model for tests in which the model does not matter, and records to go with."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding

from vectorstore.embedding import Embedder
from vectorstore.records import Record, identify


class HashEmbedding(BaseEmbedding):
    """Each word adds 1 to one of 64 dimensions; the calls are kept."""

    model_name: str = "words"
    embed_batch_size: int = 2048
    texts: list[str] = []

    def _get_text_embedding(self, text: str) -> list[float]:
        self.texts.append(text)
        vector = [0.01] * 64
        for word in re.findall(r"\w+", text.lower()):
            vector[hashlib.md5(word.encode()).digest()[0] % 64] += 1.0
        return vector

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def fake_embedder(window: int = 126) -> Embedder:
    return Embedder(HashEmbedding(), "fake:words", window)


def record(title: str, abstract: str, **more: Any) -> Record:
    more = {"sources": ("a.jsonl",), **more}
    named = {name: more.get(name) for name in ("doi", "arxiv_id", "pmid")}
    return Record(more.pop("id", identify(abstract, **named)), title, abstract, **more)


def numbered(count: int, sentences: int = 2) -> list[Record]:
    """Records that differ in every sentence."""
    return [
        record(
            f"Paper {number} about moths",
            " ".join(
                f"Moth {number} was seen {step} times at lamp{number}." for step in range(sentences)
            ),
            year=2000 + number % 20,
            groups=(f"Group {number % 3}",),
        )
        for number in range(count)
    ]


MOTHS = record(
    "Moths at night",
    "Counting moths at night is slow work. We count them by lamp and camera.",
    year=2024, groups=("Insects",), sources=("a.bib",), doi="10.5555/moth",
)  # fmt: skip
TIDES = record(
    "Harbour tides",
    "Ship logs hold tide readings. They differ from gauges by 6 cm.",
    year=2019, groups=("Oceans", "History"), sources=("a.bib", "b.ris"),
)  # fmt: skip
BREAD = record("Bread mould", "Mould grows on bread at night.", groups=("Kitchens",))
PAPERS = [MOTHS, TIDES, BREAD]
