"""Which papers fit a question for papers, and which of their sentences shows it; pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answerers.reading import rarity
from rag.question import SEEKING, Question, Word, split_words
from vectorstore.latex import searchable
from vectorstore.records import Hit, Record
from vectorstore.sentences import Span, split_sentences

LISTED_COVERAGE = 0.6
LISTED_SIMILARITY = 0.42


def fits(asked: Question, hit: Hit) -> bool:
    """Whether a paper is about what a question for papers names."""
    terms = _terms(hit.record.title + " " + hit.record.abstract)
    covered = _coverage(_topic(asked), terms)
    similar = hit.similarity or 0.0
    return covered >= LISTED_COVERAGE or (
        similar >= LISTED_SIMILARITY and covered >= LISTED_COVERAGE / 2
    )


def _topic(asked: Question) -> list[Word]:
    """The words that say what papers are sought about."""
    return [word for word in asked.words if word.text.casefold() not in SEEKING] or list(
        asked.words
    )


def most_covering(asked: Question, record: Record) -> Span:
    """The sentence that holds most of what a question names, the first among equals."""
    return max(
        split_sentences(record.abstract),
        key=lambda span: _coverage(_topic(asked), _terms(record.abstract[span.start : span.end])),
    )


def _coverage(words: Sequence[Word], terms: frozenset[str]) -> float:
    """The share of the words, by rarity, that these terms hold."""
    total = sum(rarity(word.text) for word in words)
    held = sum(rarity(word.text) for word in words if not terms.isdisjoint(word.terms))
    return held / total if total else 0.0


def _terms(text: str) -> frozenset[str]:
    return frozenset(term for word in split_words(searchable(text)) for term in word.terms)
