"""The default model, all-MiniLM-L6-v2 with int8 weights: from text to vectors, by onnxruntime.

It reads one text at a time, several side by side (`vectorstore.fused` says why). Imports nothing
slow, so that it can be loaded while slower packages are being imported.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import EmbeddingError
from vectorstore.modelfiles import checked_file, fused_model

MODEL_NAME = "all-MiniLM-L6-v2-int8"
MODEL_WINDOW = 254
"""Tokens that the model takes at once, [CLS] and [SEP] aside."""
LONGEST_WORD = 100
"""Characters of a word; the tokenizer's own limit."""
LEAST_SHARE = 4
"""Texts that a thread takes at once, at least, where many are embedded."""

_LOADING = Lock()

Vectors = NDArray[np.float32]
Result = TypeVar("Result")


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
    order = sorted(range(len(pieces)), key=lambda place: -len(pieces[place][1]))
    shares = shared_out(order)
    means = _threads().map(lambda share: run([pieces[place][1] for place in share]).means, shares)
    sums = np.zeros((len(texts), 384), dtype=np.float32)
    for share, vectors in zip(shares, means, strict=True):
        for place, vector in zip(share, unit(vectors), strict=True):
            sums[pieces[place][0]] += vector
    return unit(sums)


def shared_out(order: Sequence[int]) -> list[list[int]]:
    """Items in shares that get smaller, so that threads that take turns at them end together.

    Each share is what a thread works off without Python; docs/speed.md says why that matters.
    """
    shares = []
    rest = list(order)
    while rest:
        size = max(LEAST_SHARE, len(rest) // (2 * thread_count()))
        shares.append(rest[:size])
        rest = rest[size:]
    return shares


def read(texts: Sequence[str]) -> list[TokenStates]:
    """The states of every token, and the text's vector; of each text the first window."""
    return read_with(texts, lambda _, states: states)


def read_with(texts: Sequence[str], act: Callable[[str, TokenStates], Result]) -> list[Result]:
    """What `act` makes of each text and its states, while others are still being read."""
    encoded = load_tokenizer().encode_batch(list(texts), add_special_tokens=False)

    def read_one(place: int) -> Result:
        ids = encoded[place].ids[:MODEL_WINDOW]
        offsets = encoded[place].offsets[: len(ids)]
        found = run([ids])
        return act(texts[place], TokenStates(offsets, found.states[1:-1], unit(found.means)[0]))

    return _each(read_one, [len(item.ids) for item in encoded])


def _each(act: Callable[[int], Result], sizes: Sequence[int]) -> list[Result]:
    """`act` on every place, several at the same time; the largest are begun first."""
    places = range(len(sizes))
    if len(sizes) < 2:
        return [act(place) for place in places]
    order = sorted(places, key=lambda place: -sizes[place])
    found = dict(zip(order, _threads().map(act, order), strict=True))
    return [found[place] for place in places]


class Outcome(NamedTuple):
    """What the model gives for some texts.

    Attributes:
        states: The states of the last text's tokens, [CLS] and [SEP] included; shape
            (tokens + 2, 384).
        means: The mean of each text's states; shape (texts, 384).
    """

    states: Vectors
    means: Vectors


def run(texts: Sequence[Sequence[int]], session: Any = None) -> Outcome:  # noqa: ANN401
    """Puts texts (token ids, without [CLS] and [SEP]) to the model, one after the other."""
    framed = [[101, *ids, 102] for ids in texts]
    ends = np.cumsum([len(ids) for ids in framed], dtype=np.int64)
    starts = ends - np.array([len(ids) for ids in framed], dtype=np.int64)
    tokens = np.concatenate([np.array(ids, dtype=np.int64) for ids in framed])
    given = {"input_ids": tokens, "starts": starts, "ends": ends}
    return Outcome(*(session or load_session()).run(None, given))


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    """One thread for each text that is read at the same time; onnxruntime lets go of Python."""
    return ThreadPoolExecutor(thread_count(), thread_name_prefix="quoth-embedding")


def thread_count() -> int:
    """How many texts are read at the same time: OMP_NUM_THREADS, else the cores to be had."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isdigit() and int(told):
        return int(told)
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(affinity(0)) if affinity else os.cpu_count() or 1


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
    return open_session(fused_model())


def open_session(model: str | bytes, exact: bool = False, threads: int = 1) -> Any:  # noqa: ANN401
    """A session of onnxruntime; by default for one thread: texts are read side by side instead.

    Args:
        model: A file's path, or what it holds.
        threads: That share each product.
        exact: Whether weights of 8 bits go a slower way where the processor's products of them
            would overflow (x86 without VNNI); unneeded for those of 7.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


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


def unit(vectors: Vectors) -> Vectors:
    """The rows scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)
