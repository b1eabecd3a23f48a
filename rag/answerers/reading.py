"""Text -> words with vectors: what the features of a sentence are made from."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from threading import Lock

import numpy as np

from rag.question import Word, is_name, split_words, squash
from vectorstore import minilm
from vectorstore.latex import searchable
from vectorstore.minilm import TokenStates, Vectors, load_tokenizer, unit
from vectorstore.records import Record
from vectorstore.sentences import Span, split_sentences

_NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve dozen half twice double triple"
    " hundred thousand million billion first second third single".split()
)
_ORDINALS = frozenset("first second third".split())

_CLAUSE_END = re.compile(r"[,;:](?=\s)|\b(?:while|whereas|but|and)\b")
_FIRST_WORD = 1996
"""Id of `the`, the first word of BERT's vocabulary; single characters come before it."""


@dataclass(frozen=True)
class ReadText:
    """A text, its words, and what the model made of them.

    Attributes:
        text: In readable form.
        words: All its words, function words too.
        vectors: One unit vector a word, in context; shape (len(words), 384).
        vector: Of the whole text; shape (384,).
    """

    text: str
    words: list[Word]
    vectors: Vectors
    vector: Vectors

    @cached_property
    def terms(self) -> frozenset[str]:
        """All terms of the text."""
        return frozenset(term for word in self.words for term in word.terms)

    @cached_property
    def squashed(self) -> frozenset[str]:
        """Its words, and the parts of its compounds, without punctuation."""
        parts = (part for word in self.words for part in (word.text, *re.split(r"[-/]", word.text)))
        return frozenset(squash(part) for part in parts)

    @cached_property
    def numbers(self) -> list[int]:
        """Places, among the words, of those with a digit."""
        return [place for place, word in enumerate(self.words) if re.search(r"\d", word.text)]

    @cached_property
    def amounts(self) -> list[int]:
        """Places of numbers of something, in digits or spelled out; `First` and `(1)` are none."""
        digits = [p for p in self.numbers if re.match(r"[\d.]+(?![\dA-Z])", self.words[p].text)]
        listed = {m.start(1) for m in re.finditer(r"\((\d)\)", self.text)}
        spelled = [p for p in self.number_words if self.words[p].text.casefold() not in _ORDINALS]
        return sorted([p for p in digits if self.words[p].start not in listed] + spelled)

    @cached_property
    def number_words(self) -> list[int]:
        """Places of numbers that are spelled out."""
        return [
            place for place, word in enumerate(self.words) if word.text.casefold() in _NUMBER_WORDS
        ]

    @cached_property
    def clauses(self) -> list[range]:
        """Runs of word places between commas and the like, or `while`, `and`, `but`."""
        cuts = [match.start() for match in _CLAUSE_END.finditer(self.text)]
        bounds = sorted({bisect_left([word.start for word in self.words], cut) for cut in cuts})
        edges = [0, *bounds, len(self.words)]
        return [range(a, b) for a, b in zip(edges, edges[1:], strict=False) if b > a]

    @cached_property
    def names(self) -> list[int]:
        """Places of words that name something."""
        return [
            place for place, word in enumerate(self.words) if is_name(word.text, first=place == 0)
        ]


@dataclass(frozen=True)
class ReadRecord:
    """An abstract, read sentence by sentence.

    Attributes:
        record: The paper.
        spans: Its sentences.
        sentences: What was read of each.
        title_terms: Terms of its title.
    """

    record: Record
    spans: list[Span]
    sentences: list[ReadText]
    title_words: list[Word] = field(default_factory=list)

    @cached_property
    def terms(self) -> frozenset[str]:
        """All terms of title and abstract."""
        titled = (term for word in self.title_words for term in word.terms)
        return frozenset(titled).union(*(sentence.terms for sentence in self.sentences))

    @cached_property
    def squashed(self) -> frozenset[str]:
        """All words of title and abstract, without punctuation."""
        titled = frozenset(
            squash(part)
            for word in self.title_words
            for part in (word.text, *re.split(r"[-/]", word.text))
        )
        return titled.union(*(sentence.squashed for sentence in self.sentences))

    @cached_property
    def initials(self) -> frozenset[str]:
        """First letters of every run of two to five words: what an acronym may stand for."""
        letters = [
            word.text[0].casefold() for sentence in self.sentences for word in sentence.words
        ]
        return frozenset(
            "".join(letters[start : start + length])
            for length in range(2, 6)
            for start in range(len(letters) - length + 1)
        )


@lru_cache(maxsize=65536)
def rarity(word: str) -> float:
    """How rare a word is in English at large, from 0 to about 1.5.

    The vocabulary of BERT's tokenizer is sorted by frequency: the logarithm of a word's rank in
    it stands for its rarity, and each further piece of a word that it does not hold adds to it.
    """
    ids = load_tokenizer().encode(word.casefold(), add_special_tokens=False).ids
    ranks = [max(1, token - _FIRST_WORD) for token in ids] or [1]
    return math.log(max(ranks)) / math.log(30_522) + 0.1 * (len(ranks) - 1)


class TextReader:
    """Reads texts with the default model, and remembers the abstracts that it read last."""

    def __init__(self, capacity: int = 256) -> None:
        """Remembers at most `capacity` abstracts."""
        self._capacity = capacity
        self._read: dict[str, ReadRecord] = {}
        self._writing = Lock()

    def read_text(self, text: str) -> ReadText:
        """Reads one text."""
        return self.read_texts([text])[0]

    def read_texts(self, texts: Sequence[str]) -> list[ReadText]:
        """Reads texts, all at once."""
        return minilm.read_with([searchable(text) for text in texts], _with_words)

    def read_records(self, records: Sequence[Record]) -> list[ReadRecord]:
        """Reads abstracts, those not remembered all at once."""
        keys = [item.fingerprint for item in records]
        held = ((key, self._read.get(key)) for key in keys)
        found = {key: read for key, read in held if read is not None}
        fresh = {key: item for key, item in zip(keys, records, strict=True) if key not in found}
        spans = {key: split_sentences(item.abstract) for key, item in fresh.items()}
        texts = [fresh[key].abstract[span.start : span.end] for key in fresh for span in spans[key]]
        sentences = iter(self.read_texts(texts))
        for key, record in fresh.items():
            own = [next(sentences) for _ in spans[key]]
            title = split_words(searchable(record.title))
            found[key] = ReadRecord(record, spans[key], own, title)
        self._remember({key: found[key] for key in fresh})
        return [found[key] for key in keys]

    def _remember(self, read: dict[str, ReadRecord]) -> None:
        """Keeps what was read; forgets the oldest beyond the capacity."""
        with self._writing:
            self._read.update(read)
            while len(self._read) > self._capacity:
                del self._read[next(iter(self._read))]


def _with_words(text: str, states: TokenStates) -> ReadText:
    """Joins token states to words; words beyond the model's window have zero vectors."""
    words = split_words(text)
    vectors = np.zeros((len(words), states.vector.shape[0]), dtype=np.float32)
    token = 0
    for place, word in enumerate(words):
        end = word.start + len(word.text)
        while token < len(states.offsets) and states.offsets[token][1] <= word.start:
            token += 1
        first = token
        while token < len(states.offsets) and states.offsets[token][1] <= end:
            token += 1
        if token > first:
            vectors[place] = states.states[first:token].mean(axis=0)
    return ReadText(text, words, unit(vectors), states.vector)
