"""Whether sentences support or contradict a claim by meaning: a small network over word states.

The states are those of an embedding model's last layer, given in as a function. The network lets
each word of the claim look for its like in the evidence and the other way round (decomposable
attention: Parikh et al. 2016, "A Decomposable Attention Model for Natural Language Inference"),
compares what has met, and sums up. `evals.fit_meaning` fits it; here it is evaluated with numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.checking.lexicon import NEGATORS, groups
from rag.checking.reading import Sentence
from vectorstore.minilm import TokenStates, unit

NETWORK_FILE = "meaning.npz"
MOST_TOKENS = 64
"""Tokens of a sentence that are looked at."""

States = NDArray[np.float32]
Reader = Callable[[Sequence[str]], Sequence[TokenStates]]
"""Texts -> the states of their tokens, as `vectorstore.embedding.MiniLMEmbedding.read`."""


class Leaning(NamedTuple):
    """Logarithms of the probabilities that evidence supports, contradicts, or says neither."""

    support: float
    contradict: float
    neither: float


class Words(NamedTuple):
    """The words of a text as the network takes them, one row each.

    Attributes:
        states: Unit vectors; shape (words, 384).
        marks: What the words are and whether the other text has them; shape (words, 10).
    """

    states: States
    marks: States


class Reading(NamedTuple):
    """A claim and its evidence as the network takes them."""

    claim: Words
    evidence: Words


@dataclass(frozen=True)
class Network:
    """The weights, by the names that `evals.fit_meaning` gives them."""

    weights: dict[str, States]

    def judge(self, reading: Reading) -> Leaning:
        """How the evidence leans."""
        claim, evidence = reading
        alike = claim.states @ evidence.states.T
        mine, theirs = (
            np.hstack([self._layer("project", text.states), text.marks])
            for text in (claim, evidence)
        )
        scores = self._layer("ask", mine) @ self._layer("key", theirs).T / self.weights["scale"]
        scores += self.weights["cosine"] * alike
        pooled = np.concatenate(
            [
                self._pool(mine, _softmax(scores) @ theirs, alike.max(axis=1)),
                self._pool(theirs, _softmax(scores.T) @ mine, alike.max(axis=0)),
            ]
        )
        found = self._layer("decide", _relu(self._layer("sum", pooled)))
        return Leaning(*map(float, found - np.log(np.exp(found).sum())))

    def _pool(self, words: States, met: States, alike: States) -> States:
        """Mean and maximum over the words of how each compares with what it met."""
        pairs = np.hstack([words, met, words - met, words * met, alike[:, None]])
        compared = _relu(self._layer("refine", _relu(self._layer("compare", pairs))))
        return np.concatenate([compared.mean(axis=0), compared.max(axis=0)])

    def _layer(self, name: str, rows: States) -> States:
        found: States = rows @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return found


@lru_cache(maxsize=1)
def load_network() -> Network:
    """The network that comes with the package."""
    with (files("rag.checking") / NETWORK_FILE).open("rb") as file, np.load(file) as arrays:
        return Network({name: arrays[name].astype(np.float32) for name in arrays.files})


def read_meaning(claim: Sentence, evidence: Sequence[Sentence], read: Reader) -> Reading | None:
    """Reads a claim and its evidence; None where one side has no word."""
    texts = [claim, *evidence]
    states = read([text.text for text in texts])
    mine, *others = (join_words(*pair) for pair in zip(texts, states, strict=True))
    parts = [
        mark_words(text, words, [claim], place == 0)
        for place, (text, words) in enumerate(zip(evidence, others, strict=True))
    ]
    theirs = Words(*(np.concatenate(rows) for rows in zip(*parts, strict=True)))
    if not mine.places or not len(theirs.states):
        return None
    return Reading(mark_words(claim, mine, evidence, True), theirs)


class WordStates(NamedTuple):
    """Unit vectors of words, and the places of those words in their sentence."""

    vectors: States
    places: list[int]


def join_words(sentence: Sentence, read: TokenStates) -> WordStates:
    """The mean state of every word's tokens; words beyond the first tokens have none."""
    offsets = read.offsets[:MOST_TOKENS]
    vectors, places = [], []
    token = 0
    for place, word in enumerate(sentence.tokens):
        while token < len(offsets) and offsets[token][1] <= word.start:
            token += 1
        first = token
        while token < len(offsets) and offsets[token][1] <= word.end:
            token += 1
        if token > first:
            vectors.append(read.states[first:token].mean(axis=0))
            places.append(place)
    empty = np.zeros((0, read.states.shape[1]), np.float32)
    return WordStates(unit(np.array(vectors)) if vectors else empty, places)


def mark_words(
    sentence: Sentence, words: WordStates, others: Sequence[Sentence], first: bool
) -> Words:
    """Adds to the states what the words are: rare, negated, numbers, shared with the others."""
    stems = frozenset[str]().union(*(text.stems for text in others))
    alike = frozenset[int]().union(*(text.groups for text in others))
    sides = {(family, side) for text in others
             for family, found in text.families.items() for _, side in found}  # fmt: skip
    marks = np.zeros((len(words.places), 10), np.float32)
    for row, place in enumerate(words.places):
        token = sentence.tokens[place]
        own = [(found.family, -found.side if token.negated else found.side)
               for found in token.polarities]  # fmt: skip
        marks[row] = (
            token.weight,
            token.stem in stems,
            not alike.isdisjoint(groups(token.stem)),
            any(side in sides for side in own),
            any((family, -side) in sides for family, side in own),
            token.negated,
            token.core,
            token.folded[0].isdigit(),
            token.folded in NEGATORS,
            first,
        )
    return Words(words.vectors, marks)


def _softmax(scores: States) -> States:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: States = raised / raised.sum(axis=1, keepdims=True)
    return found


def _relu(rows: States) -> States:
    return np.maximum(rows, 0.0)


class Memory:
    """A reader that remembers what it read: the same abstracts are cited again and again."""

    def __init__(self, read: Reader, capacity: int = 2048) -> None:
        """Remembers at most `capacity` texts; beyond that it begins anew."""
        self._read = read
        self._capacity = capacity
        self._known: dict[str, TokenStates] = {}

    def __call__(self, texts: Sequence[str]) -> Sequence[TokenStates]:
        """The states of texts, of which only new ones are read."""
        known = self._known
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        found = {**known, **dict(zip(fresh, self._read(fresh), strict=True))} if fresh else known
        self._known = found if len(found) <= self._capacity else {}
        return [found[text] for text in texts]
