"""The trained reader: texts in, log-probabilities out, by onnxruntime.

`rag.reader.train` trains it and writes its file; docs/reader.md says on what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.checking.meaning import Leaning
from rag.reader.encoding import MOST_READ, Pair, choose, pair
from vectorstore import minilm
from vectorstore.latex import searchable

MODEL_FILE = "reader.onnx"
HASH_FILE = "reader.sha256"
VERDICTS = 3
MISSING = -30.0
"""Log-probability of an answer in a sentence that was not read."""

Array = NDArray[Any]


class Found(NamedTuple):
    """What a passage has for a question.

    Attributes:
        answerable: Log-odds that the passage answers it.
        relevant: Log-odds that it is about what is asked.
        sentences: Of each sentence, the logarithm of the probability of the best answer in it.
    """

    answerable: float
    relevant: float
    sentences: tuple[float, ...]


class _Framed(NamedTuple):
    """A pair, and where each sentence of the passage that was taken begins and ends in it."""

    pair: Pair
    spans: dict[int, tuple[int, int]]


class CrossEncoder:
    """Reads a question or a claim together with a passage."""

    def __init__(self, model: bytes) -> None:
        """Takes the model's file, as `rag.reader.graph.export` writes it."""
        self._session = minilm.open_session(model, exact=True, threads=minilm.thread_count())

    def judge(self, claim: str, sentences: Sequence[str]) -> Leaning:
        """Whether a passage supports a claim.

        Args:
            claim: One sentence.
            sentences: The passage; where it is too long, those that have most of the claim's words.
        """
        odds, _ = self._run([_frame(*_tokens(claim, [sentences]), 0).pair])
        verdict = odds[0, :VERDICTS].astype(float)
        return Leaning(*map(float, verdict - _log_sum(verdict)))

    def find(self, question: str, passages: Sequence[Sequence[str]]) -> list[Found]:
        """What each passage, in sentences, has for a question."""
        if not passages:
            return []
        asked, split = _tokens(question, passages)
        framed = [_frame(asked, split, number) for number in range(len(passages))]
        odds, edges = self._run([item.pair for item in framed])
        return [
            Found(
                float(odds[row, VERDICTS]),
                float(odds[row, VERDICTS + 1]),
                _best_spans(edges[row], item, len(passages[row])),
            )
            for row, item in enumerate(framed)
        ]

    def _run(self, pairs: Sequence[Pair]) -> tuple[Array, Array]:
        ends = np.cumsum([len(item.ids) for item in pairs], dtype=np.int64)
        given = {
            "input_ids": np.concatenate([np.array(item.ids, np.int64) for item in pairs]),
            "marks": np.concatenate([np.array(item.marks, np.int64) for item in pairs]),
            "starts": np.concatenate([[0], ends[:-1]]),
            "ends": ends,
        }
        odds, edges = self._session.run(["odds", "edges"], given)
        return odds, edges


def _tokens(asked: str, passages: Sequence[Sequence[str]]) -> tuple[list[int], list[list[Any]]]:
    """Token ids of what is asked, and of every sentence of every passage."""
    texts = [asked, *(sentence for passage in passages for sentence in passage)]
    encoded = minilm.load_tokenizer().encode_batch(
        [searchable(text) for text in texts], add_special_tokens=False
    )
    ids = iter([item.ids for item in encoded])
    return next(ids), [[next(ids) for _ in passage] for passage in passages]


def _frame(asked: list[int], passages: Sequence[Sequence[list[int]]], number: int) -> _Framed:
    sentences = passages[number]
    taken = choose(asked, sentences, most=MOST_READ)
    made = pair(asked, [token for place in taken for token in sentences[place]])
    spans = {}
    start, last = made.passage, len(made.ids) - 1
    for place in taken:
        end = min(start + len(sentences[place]), last)
        if end > start:
            spans[place] = (start, end)
        start = end
    return _Framed(made, spans)


def _best_spans(edges: Array, framed: _Framed, count: int) -> tuple[float, ...]:
    """Of each sentence, the log-probability of its likeliest answer."""
    start, end = (side - _log_sum(side) for side in edges.astype(float).T)
    likely = [MISSING] * count
    for place, (first, stop) in framed.spans.items():
        begun = np.maximum.accumulate(start[first:stop])
        likely[place] = max(MISSING, float((begun + end[first:stop]).max()))
    return tuple(likely)


def _log_sum(values: Array) -> float:
    most = values.max()
    return float(most + np.log(np.exp(values - most).sum()))
