"""Text -> vectors: the only door to embedding models.

The default model (`vectorstore.minilm`) comes with the package. Others come through LlamaIndex: an
OpenAI-compatible endpoint, or any `BaseEmbedding` object.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding

from vectorstore import minilm
from vectorstore.errors import EmbeddingError
from vectorstore.minilm import MODEL_NAME, Vectors, load_tokenizer, unit
from vectorstore.modelfiles import FILES

WINDOW = 126
"""Tokens of a passage with its title, [CLS] and [SEP] aside. The model takes 256; passages of half
that rank better (docs/retrieval.md) and embed faster."""


_TURN = Lock()


class MiniLMEmbedding(BaseEmbedding):
    """The default model as a LlamaIndex embedding: unit vectors of 384 dimensions."""

    model_name: str = MODEL_NAME
    embed_batch_size: int = 2048

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex lists this class."""
        return "MiniLMEmbedding"

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, row)) for row in minilm.embed(texts)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


class Embedder:
    """A LlamaIndex embedding model, with what a library must know of it.

    Attributes:
        model: The LlamaIndex object.
        identity: Name and, where known, hash of the model: what a manifest binds a library to.
        window: Most tokens of a passage, counted by `count_tokens`.
    """

    def __init__(self, model: BaseEmbedding, identity: str, window: int = WINDOW) -> None:
        """Wraps a model.

        Args:
            model: The LlamaIndex object.
            identity: What a manifest binds a library to.
            window: Most tokens of a passage, counted for every model by the default model's
                tokenizer, special ones aside: 126 of them fit models of 512 positions or more.
        """
        self.model = model
        self.identity = identity
        self.window = window

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one row a text, in the order given.

        Raises:
            EmbeddingError: The model could not be asked, or gave something else than vectors.
        """
        if isinstance(self.model, MiniLMEmbedding):
            return minilm.embed(texts)
        with _TURN:  # batches are prepared in several threads, which not every model bears
            return self._asked(lambda: self.model.get_text_embedding_batch(list(texts)), len(texts))

    def embed_question(self, text: str) -> Vectors:
        """The unit vector of a question; shape (dimensions,)."""
        if isinstance(self.model, MiniLMEmbedding):
            vectors = minilm.embed([text])
        else:
            vectors = self._asked(lambda: [self.model.get_query_embedding(text)], 1)
        return np.asarray(vectors[0])

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, without special ones."""
        return len(load_tokenizer().encode(text, add_special_tokens=False).ids)

    def _asked(self, ask: Callable[[], list[list[float]]], rows: int) -> Vectors:
        """What a plugged-in model answers, once it is found to be vectors."""
        try:
            vectors = np.asarray(ask(), dtype=np.float32)
        except Exception as error:  # noqa: BLE001 - whatever the model raises; restated
            raise EmbeddingError(f"The embedding model {self.identity} failed: {error}") from error
        shaped = vectors.ndim == 2 and len(vectors) == rows and vectors.shape[1] > 0
        if not shaped or not np.isfinite(vectors).all():
            raise EmbeddingError(
                f"The embedding model {self.identity} gave an array of shape {vectors.shape} "
                f"for {rows} texts; expected one finite vector for each."
            )
        return unit(vectors)


def default_embedder() -> Embedder:
    """The default model: nothing to download, no key, no network."""
    return Embedder(MiniLMEmbedding(), f"{MODEL_NAME}@{FILES['model'][2][:12]}")


def open_embedder(model: str | BaseEmbedding = MODEL_NAME) -> Embedder:
    """The embedder that a setting names.

    Args:
        model: The default's name, `openai:MODEL` for an OpenAI-compatible endpoint (address and
            key from `OPENAI_BASE_URL` and `OPENAI_API_KEY`), or a LlamaIndex embedding object.

    Raises:
        EmbeddingError: No such model, or its package is missing.
    """
    if isinstance(model, MiniLMEmbedding) or model == MODEL_NAME:
        return default_embedder()
    if isinstance(model, BaseEmbedding):
        return Embedder(model, f"{model.class_name()}:{model.model_name}")
    scheme, _, name = model.partition(":")
    if scheme == "openai" and name:
        return Embedder(_open_endpoint(name), model)
    raise EmbeddingError(
        f"No embedding model is called {model!r}; expected {MODEL_NAME!r} or 'openai:MODEL'."
    )


def _open_endpoint(name: str) -> BaseEmbedding:
    from llama_index.embeddings.openai_like import OpenAILikeEmbedding

    endpoint: BaseEmbedding = OpenAILikeEmbedding(
        model_name=name,
        api_base=os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1"),
        api_key=os.environ.get("OPENAI_API_KEY", "none"),
        embed_batch_size=64,
        max_retries=2,
    )
    return endpoint
