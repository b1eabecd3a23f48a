"""Which papers fit a question for papers, and which of their sentences shows it; pure.

What is sought is taken as units: a word; words of which one will do (`code or data`); words
with the acronym that stands for them (`singular value decomposition`, SVD), whichever of the two
the question gives. A paper fits if neighbouring sentences of its abstract hold most units, the
rarer ones counting for more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.answerers.acronyms import find_expansion
from rag.answerers.reading import rarity
from rag.question import SEEKING, Question, Word, is_name, split_words
from vectorstore.latex import readable, searchable
from vectorstore.records import Hit, Record
from vectorstore.sentences import Span, split_sentences

LISTED_COVERAGE = 0.6
LISTED_SIMILARITY = 0.42
MENTIONED = 0.75
"""Share of the units held by an abstract as a whole, though by no two of its sentences."""
COMMON = 0.5
"""Share of its weight that a unit loses where all papers at hand hold it."""
LONGEST = 5
"""Words, at most, that one acronym stands for."""
_OR = re.compile(r"\s*,?\s*(and/)?or\s+(?:(?:a|an|the|their|its|of)\s+)*", re.IGNORECASE)

Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing sought: any of these runs of words will do."""

    alternatives: tuple[Words, ...]

    @property
    def weight(self) -> float:
        """How rare its rarest alternative is."""
        return max(_weight(words) for words in self.alternatives)

    def held(self, terms: frozenset[str]) -> float:
        """The share of its best alternative that these terms hold."""
        return max(_share(words, terms) for words in self.alternatives)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a question for papers seeks, each unit with its weight among the papers at hand."""

    units: tuple[Unit, ...]
    weights: tuple[float, ...]

    def covered(self, terms: frozenset[str]) -> float:
        """The share of the topic, by weight, that these terms hold."""
        total = sum(self.weights)
        held = sum(w * u.held(terms) for u, w in zip(self.units, self.weights, strict=True))
        return held / total if total else 0.0


def find_topic(asked: Question, hits: Sequence[Hit]) -> Topic:
    """What a question for papers seeks; the papers at hand tell what acronyms stand for."""
    words = [w for w in asked.words if w.text.casefold() not in SEEKING] or list(asked.words)
    texts = [asked.text, *(readable(hit.record.abstract) for hit in hits)]
    units = tuple(_units(asked.text, words, texts))
    papers = [_terms(text) for text in texts[1:]]
    weights = tuple(unit.weight * _distinction(unit, papers) for unit in units)
    return Topic(units, weights)


def fits(topic: Topic, hit: Hit) -> bool:
    """Whether a paper is about what a question for papers seeks."""
    title = _terms(hit.record.title)
    sentences = [title, *_sentence_terms(hit.record)]
    windows = [a | b for a, b in zip(sentences, sentences[1:], strict=False)]
    near = max((topic.covered(terms) for terms in windows), default=0.0)
    whole = topic.covered(title.union(*sentences))
    similar = (hit.similarity or 0.0) >= LISTED_SIMILARITY
    return (
        near >= LISTED_COVERAGE or whole >= MENTIONED or (similar and near >= LISTED_COVERAGE / 2)
    )


def most_covering(topic: Topic, record: Record) -> Span:
    """The sentence that holds most of what is sought, the first among equals."""
    spans = split_sentences(record.abstract)
    covered = [topic.covered(terms) for terms in _sentence_terms(record)]
    return spans[covered.index(max(covered))]


def _units(text: str, words: Sequence[Word], texts: Sequence[str]) -> Iterator[Unit]:
    """The units of a topic, in the order of its words."""
    place = 0
    while place < len(words):
        end, alternative = _acronym_at(words, place, texts)
        alternatives = [tuple(words[place:end]), *([alternative] if alternative else [])]
        while end < len(words) and _joined_by_or(text, words[end - 1], words[end]):
            alternatives.append((words[end],))
            end += 1
        yield Unit(tuple(alternatives))
        place = end


def _joined_by_or(text: str, left: Word, right: Word) -> bool:
    return bool(_OR.fullmatch(text[left.start + len(left.text) : right.start]))


def _acronym_at(words: Sequence[Word], place: int, texts: Sequence[str]) -> tuple[int, Words]:
    """Where a run of words from `place` ends that is an acronym or has one, and the other form.

    A run of several words has one if a text at hand spells the acronym out with their letters.
    """
    for end in range(min(len(words), place + LONGEST), place + 1, -1):
        run = words[place:end]
        initials = "".join(word.text[0] for word in run).casefold()
        following = words[end : end + 1]
        if following and _singular(following[0].text).casefold() == initials:
            return end + 1, tuple(following)
        if len(run) > 2 and any(_spells(text, initials.upper()) for text in texts):
            return end, tuple(split_words(initials.upper()))
    if is_name(words[place].text, first=False):
        return place + 1, _spelled_out(_singular(words[place].text), texts)
    return place + 1, ()


def _spells(text: str, acronym: str) -> bool:
    return acronym in text and find_expansion(text, acronym) is not None


def _spelled_out(acronym: str, texts: Sequence[str]) -> Words:
    """The content words that an acronym stands for in the first text that says so."""
    for text in texts:
        span = find_expansion(text, acronym) if acronym in text else None
        if span is not None:
            found = split_words(text[span.start : span.end])
            return tuple(word for word in found if word.terms and acronym not in word.text)
    return ()


def _singular(name: str) -> str:
    return name.removesuffix("s") if name[:-1].isupper() else name


def _distinction(unit: Unit, papers: Sequence[frozenset[str]]) -> float:
    """What is left of a unit's weight where papers at hand hold it anyway."""
    holding = sum(unit.held(terms) for terms in papers)
    return 1 - COMMON * holding / len(papers) if papers else 1.0


def _weight(words: Words) -> float:
    return sum(rarity(word.text) for word in words)


def _share(words: Words, terms: frozenset[str]) -> float:
    """The share of these words, by rarity, that the terms hold."""
    held = sum(rarity(word.text) for word in words if not terms.isdisjoint(word.terms))
    total = _weight(words)
    return held / total if total else 0.0


def _sentence_terms(record: Record) -> list[frozenset[str]]:
    return [
        _terms(record.abstract[span.start : span.end]) for span in split_sentences(record.abstract)
    ]


def _terms(text: str) -> frozenset[str]:
    return frozenset(term for word in split_words(searchable(text)) for term in word.terms)
