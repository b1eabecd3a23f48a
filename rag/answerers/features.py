"""What speaks for a sentence as the answer to a question, in numbers; pure.

Three things are weighed: how much of the question the sentence carries (by term, by name and by
meaning), how much of it the whole abstract carries (a paper that never speaks of what is asked
cannot answer), and whether the sentence holds something of the asked kind that is news.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.answerers.reading import ReadRecord, ReadText, rarity
from rag.question import Question, Word

Row = NDArray[np.float64]

NAMES = (
    "similarity", "similarity_lead", "similarity_rank",
    "covered", "covered_soft", "plain_covered", "plain_soft", "plain_weakest_soft",
    "plain_weakest", "record_covered", "record_plain", "record_weakest_soft", "record_soft",
    "names_missing", "names", "names_here", "numbers_missing",
    "focus_covered", "focus_soft", "focus_record_soft", "focus_record",
    "quantity", "how_many", "new_numbers", "number_words", "number_to_focus", "number_lacking",
    "record_numbers",
    "yes_no", "why", "how", "who", "when", "where", "which", "what", "definition",
    "new_names", "length", "position", "question_words",
    "missing_soft", "missing", "missing_here", "gives_reason",
    "clause_covered", "number_clause_covered", "names_all_here",
    "window_similarity", "window_covered", "window_soft", "similarity_best", "similarity_z",
    "content_similarity", "pairs", "record_pairs", "names_near", "introduces",
)  # fmt: skip

_REASON = re.compile(
    r"\b(because|due to|since|owing|to address|in order|to avoid|lack|challeng|motivat|hinder"
    r"|limit|however|yet|but)",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(
    r"\b(we|paper|study|work|authors|is|are|was|were) (\w+ )?"
    r"(propos|introduc|present|develop|call|describ|offer)",
    re.IGNORECASE,
)
_FAR = 9.0
PAIR_REACH = 4
"""Words apart, at most, that two words of a sentence stand together."""


def sentence_features(question: Question, asked: ReadText, record: ReadRecord) -> Row:
    """One row for each sentence of a record.

    Args:
        question: Taken apart.
        asked: The same, read.
        record: The paper whose sentences are judged.

    Returns:
        Shape (sentences, len(NAMES)).
    """
    match = _Match(question, asked, record)
    return np.array(
        [match.row(place) for place in range(len(record.sentences))], dtype=np.float64
    ).reshape(-1, len(NAMES))


class _Match:
    """The question's words against a record's, worked out once for all its sentences."""

    def __init__(self, question: Question, asked: ReadText, record: ReadRecord) -> None:
        self.question = question
        self.asked = asked
        self.record = record
        words = question.words
        self.weights = np.array([rarity(word.text) for word in words])
        self.is_plain = np.array([word not in question.names for word in words], dtype=bool)
        self.is_focus = np.array([word in question.focus for word in words], dtype=bool)
        self.exact = np.array(
            [
                [not sentence.terms.isdisjoint(w.terms) for w in words]
                for sentence in record.sentences
            ]
        ).reshape(len(record.sentences), len(words))
        self.soft = self._soft(asked)
        self.in_record = np.array([not record.terms.isdisjoint(w.terms) for w in words], dtype=bool)
        self.similarities = np.array([float(asked.vector @ s.vector) for s in record.sentences])
        self.known = frozenset(term for word in words for term in word.terms)
        self.shared = self._shared()
        self.windows = self._windows()
        self.pairs = [self._pairs(sentence) for sentence in record.sentences]
        content = [
            vector for vector, plain in zip(self.read_words, self.is_plain, strict=True) if plain
        ]
        self.content = _unit(np.sum(content, axis=0)) if content else asked.vector

    def _soft(self, asked: ReadText) -> Row:
        """Closeness of each question word to the closest word of each sentence, 1 if the same."""
        starts = {word.start: place for place, word in enumerate(asked.words)}
        rows = [starts.get(word.start, 0) for word in self.question.words]
        self.read_words = [asked.vectors[row] for row in rows]
        soft = np.zeros(self.exact.shape)
        for place, sentence in enumerate(self.record.sentences):
            if len(sentence.words) and rows:
                soft[place] = (asked.vectors[rows] @ sentence.vectors.T).max(axis=1)
        return np.where(self.exact, 1.0, soft)

    def _shared(self) -> list[float]:
        """The features that are the same for all sentences of the record."""
        question, plain = self.question, self.is_plain
        best = self.soft.max(axis=0) if len(self.soft) else np.zeros(len(plain))
        lacking = np.where(self.in_record, 0.0, self.weights)[plain]
        numbers = sum(
            len(_news(sentence, sentence.numbers, self.known)) for sentence in self.record.sentences
        )
        opened = [
            name in question.openings
            for name in ("why", "how", "who", "when", "where", "which", "what")
        ]
        return [
            _mean(self.in_record, self.weights, 0.0),
            _mean(self.in_record[plain], self.weights[plain], 1.0),
            float(best[plain].min(initial=1.0)),
            _mean(best[plain], self.weights[plain], 1.0),
            float(sum(not self._holds(word) for word in question.names)),
            float(len(question.names)),
            float(
                sum(
                    bool(re.search(r"\d", w.text)) and w.squashed not in self.record.squashed
                    for w in question.words
                )
            ),
            float(best[self.is_focus].min()) if self.is_focus.any() else -1.0,
            float(self.in_record[self.is_focus].mean()) if self.is_focus.any() else -1.0,
            float(min(numbers, 20)),
            *map(float, opened),
            float((self.weights * (1 - best))[plain].max(initial=0.0)),
            float(lacking.max(initial=0.0)),
        ]

    def _holds(self, name: Word) -> bool:
        """Whether the record holds a name, in other punctuation, in the plural, or spelled out."""
        squashed = name.squashed
        return (
            squashed in self.record.squashed
            or squashed.removesuffix("s") in self.record.squashed
            or (bool(name.terms) and self.record.terms.issuperset(name.terms))
            or squashed.removesuffix("s") in self.record.initials
        )

    def _windows(self) -> list[float]:
        """Similarity of the question to each sentence taken together with the one before it."""
        vectors = [sentence.vector for sentence in self.record.sentences]
        before = [np.zeros_like(vectors[0]), *vectors[:-1]] if vectors else []
        return [
            float(self.asked.vector @ _unit(left + right))
            for left, right in zip(before, vectors, strict=True)
        ]

    def _pairs(self, sentence: ReadText) -> float:
        """The share of the question's neighbouring words that stand together in a sentence."""
        words = self.question.words
        places = [
            [
                p
                for p, other in enumerate(sentence.words)
                if not set(w.terms).isdisjoint(other.terms)
            ]
            for w in words
        ]
        near = [
            any(0 < abs(a - b) <= PAIR_REACH for a in left for b in right)
            for left, right in pairwise(places)
        ]
        return sum(near) / len(near) if near else 0.0

    def row(self, place: int) -> list[float]:
        """The features of one sentence, in the order of NAMES."""
        question, sentence = self.question, self.record.sentences[place]
        exact, soft, plain, weights = (
            self.exact[place],
            self.soft[place],
            self.is_plain,
            self.weights,
        )
        (
            record_covered, record_plain, record_weakest, record_soft, names_missing, names,
            numbers_missing, focus_record_soft, focus_record, record_numbers,
            why, how, who, when, where, which, what, missing_soft, missing,
        ) = self.shared  # fmt: skip
        news = _news(sentence, sentence.numbers, self.known)
        here = sum(
            name.squashed in sentence.squashed
            or name.squashed.removesuffix("s") in sentence.squashed
            for name in question.names
        )
        ordered = np.sort(self.similarities)[::-1]
        return [
            self.similarities[place],
            self.similarities[place] - ordered[min(1, len(ordered) - 1)],
            float((self.similarities > self.similarities[place]).sum()),
            _mean(exact, weights, 0.0),
            _mean(soft, weights, 0.0),
            _mean(exact[plain], weights[plain], 1.0),
            _mean(soft[plain], weights[plain], 1.0),
            float(soft[plain].min(initial=1.0)),
            float(exact[plain].min(initial=True)),
            record_covered, record_plain, record_weakest, record_soft,
            names_missing, names, here / max(1.0, names), numbers_missing,
            _mean(exact[self.is_focus], weights[self.is_focus], -1.0),
            _mean(soft[self.is_focus], weights[self.is_focus], -1.0),
            focus_record_soft, focus_record,
            float(question.quantity),
            float(bool(re.search(r"how (many|much)", question.text, re.IGNORECASE))),
            float(len(news)),
            float(len(sentence.number_words)),
            self._number_to_focus(sentence, news),
            float(question.quantity and not news and not sentence.number_words),
            record_numbers,
            float(question.yes_no), why, how, who, when, where, which, what,
            float(bool(question.acronyms)),
            float(len(_news(sentence, sentence.names, self.known))),
            float(len(sentence.words)),
            place / max(1, len(self.record.sentences) - 1),
            float(len(question.words)),
            missing_soft, missing,
            float((weights * (1 - soft))[plain].max(initial=0.0)),
            float(bool(_REASON.search(sentence.text))),
            self._clause_covered(sentence, range(len(sentence.words))),
            self._clause_covered(sentence, [*news, *sentence.number_words]),
            float(here == len(question.names) > 0),
            *self._around(place),
        ]  # fmt: skip

    def _around(self, place: int) -> list[float]:
        """The features of a sentence in its place: with the one before, and against the others."""
        plain, weights = self.is_plain, self.weights
        first = max(0, place - 1)
        near = self.record.sentences[first : place + 1]
        names = [name.squashed for name in self.question.names]
        known = frozenset[str]().union(*(sentence.squashed for sentence in near))
        best, spread = self.similarities.max(), max(0.02, float(self.similarities.std()))
        return [
            self.windows[place],
            _mean(self.exact[first : place + 1].max(axis=0), weights, 0.0),
            _mean(self.soft[first : place + 1].max(axis=0)[plain], weights[plain], 1.0),
            float(best),
            float((self.similarities[place] - self.similarities.mean()) / spread),
            float(self.content @ self.record.sentences[place].vector),
            self.pairs[place],
            max(self.pairs),
            sum(name in known or name.removesuffix("s") in known for name in names)
            / max(1, len(names)),
            float(bool(_INTRODUCES.search(self.record.sentences[place].text))),
        ]

    def _clause_covered(self, sentence: ReadText, places: Sequence[int]) -> float:
        """The most of the question that one clause with any of these words carries."""
        best = 0.0
        for clause in sentence.clauses:
            if any(place in clause for place in places):
                terms = {term for place in clause for term in sentence.words[place].terms}
                held = [not terms.isdisjoint(word.terms) for word in self.question.words]
                best = max(best, _mean(np.array(held), self.weights, 0.0))
        return best

    def _number_to_focus(self, sentence: ReadText, news: list[int]) -> float:
        """Words between a number that is news and the thing asked for; _FAR where either lacks."""
        focus = {term for word in self.question.focus for term in word.terms}
        places = [i for i, word in enumerate(sentence.words) if not focus.isdisjoint(word.terms)]
        numbers = news + sentence.number_words
        if not places or not numbers:
            return _FAR
        return float(min(_FAR, min(abs(a - b) for a in places for b in numbers)))


def _news(sentence: ReadText, places: list[int], known: frozenset[str]) -> list[int]:
    """Those places of a sentence whose word the question does not hold."""
    return [place for place in places if known.isdisjoint(sentence.words[place].terms)]


def _mean(values: NDArray[Any], weights: Row, default: float) -> float:
    """The weighted mean, a default where there is nothing to weigh."""
    total = float(weights.sum())
    return float((values * weights).sum() / total) if total > 0 else default


def _unit(vector: NDArray[Any]) -> NDArray[Any]:
    """The vector at length one; of no length, as it is."""
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
