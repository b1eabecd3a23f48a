"""A sentence taken apart for checking: words, numbers, names, clauses, negations; pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rag.answerers.reading import rarity
from rag.checking.lexicon import (
    GENERIC,
    NEGATORS,
    groups,
)
from rag.checking.negations import find_negations, freed_places
from rag.checking.numbers import Quantity, read_quantities
from rag.checking.opposites import Polarity, polarities
from rag.question import squash
from vectorstore.latex import searchable
from vectorstore.sentences import split_sentences
from vectorstore.terms import STOPWORDS, stem

WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*\+*")
COMPOUND = re.compile(r"[^\W_]+(?:[-.'’/+][^\W_]+)*\+*")
_CLAUSE = re.compile(
    r"[,;:()](?=\s|$)|\s[-–—]\s|\((?=\w)"
    r"|\b(?:while|whereas|but|although|as well as|though|which|who|because|since|unless|if|when"
    r"|thereby)\b"
    r"|\band\b(?!\s+[-+$]?[\d.])"
)
_MARKS = re.compile(r"\s?\[\d{1,3}(?:\s?[,-]\s?\d{1,3})*\]")
_PER_CENT = re.compile(r"\bper cent\b")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED_RUN = re.compile("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
GENERIC_SHARE = 0.25
MIDDLING = 0.3


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence.

    Attributes:
        text: As written.
        folded: Case-folded.
        stem: Its stem.
        start: Where it begins.
        end: Where it ends.
        clause: Number of the clause that it stands in.
        weight: How much it matters that the passage has it; 0 for function words and numbers.
        negated: Whether a negation bears on it.
        core: Whether a negation bears on it as on one of the first words after it.
    """

    text: str
    folded: str
    stem: str
    start: int
    end: int
    clause: int
    weight: float
    negated: bool
    core: bool

    @property
    def polarities(self) -> tuple[Polarity, ...]:
        """The pairs of opposites that it belongs to."""
        return polarities(self.stem)


@dataclass(frozen=True, eq=False)
class Sentence:
    """One sentence, taken apart; equal to itself only.

    Attributes:
        text: In searchable form.
        tokens: Its words, function words too.
        quantities: Its numbers.
        clause_starts: Where its clauses begin, in order.
    """

    text: str
    tokens: tuple[Token, ...]
    quantities: tuple[Quantity, ...]
    clause_starts: tuple[int, ...]

    @cached_property
    def content(self) -> tuple[int, ...]:
        """Places of the words that carry weight."""
        return tuple(place for place, token in enumerate(self.tokens) if token.weight)

    @cached_property
    def stems(self) -> dict[str, list[int]]:
        """Places of the first few words of each stem."""
        table: dict[str, list[int]] = {}
        for place in self.content:
            places = table.setdefault(self.tokens[place].stem, [])
            if len(places) < 8:
                places.append(place)
        return table

    @cached_property
    def groups(self) -> dict[int, list[int]]:
        """Places of the first few words of each group of synonyms."""
        table: dict[int, list[int]] = {}
        for name, places in self.stems.items():
            for group in groups(name):
                table.setdefault(group, []).extend(places[:4])
        return table

    @cached_property
    def heads(self) -> dict[str, int]:
        """The first word with each opening of five letters."""
        table: dict[str, int] = {}
        for place in self.content:
            table.setdefault(self.tokens[place].folded[:5], place)
        return table

    @cached_property
    def families(self) -> dict[str, list[tuple[int, int]]]:
        """(place, side) of the first few words of each pair of opposites, negation counted in."""
        table: dict[str, list[tuple[int, int]]] = {}
        for place, token in enumerate(self.tokens):
            for found in token.polarities:
                side = -found.side if token.negated else found.side
                entries = table.setdefault(found.family, [])
                if len(entries) < 12:
                    entries.append((place, side))
        return table

    @cached_property
    def words(self) -> frozenset[str]:
        """All its words, case-folded."""
        return frozenset(token.folded for token in self.tokens)

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Stems of neighbouring content words."""
        stems = [self.tokens[place].stem for place in self.content]
        return frozenset(zip(stems, stems[1:], strict=False))

    @cached_property
    def compounds(self) -> tuple[re.Match[str], ...]:
        """Its words with compounds whole."""
        return tuple(COMPOUND.finditer(self.text))

    @cached_property
    def forms(self) -> frozenset[str]:
        """Its words, compounds and their parts, without punctuation."""
        words = [match.group() for match in self.compounds]
        parts = (part for word in words for part in (word, *re.split(r"[-/.]", word)))
        return frozenset(map(squash, parts))

    def clause_of(self, place: int) -> int:
        """The number of the clause that a character stands in."""
        return bisect_right(self.clause_starts, place)


@dataclass(frozen=True)
class Place:
    """A sentence of a passage: which passage, and where in it."""

    passage: int
    start: int
    end: int
    sentence: Sentence


def normalise(text: str) -> str:
    """Text as it is compared: readable, typed forms, powers as `^-3`, no citation marks."""
    plain = _PER_CENT.sub("percent", _MARKS.sub("", searchable(text)))
    return _RAISED_RUN.sub(lambda match: "^" + match.group().translate(_RAISED), plain)


def read_passages(passages: Sequence[str]) -> list[Place]:
    """Every sentence of the passages, in order."""
    return [
        Place(number, start, end, read_sentence(text[start:end]))
        for number, text in enumerate(passages)
        for start, end in _spans(text)
    ]


@lru_cache(maxsize=256)
def _spans(text: str) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in split_sentences(text)]


@lru_cache(maxsize=4096)
def read_sentence(text: str) -> Sentence:
    """Takes a sentence apart; remembers those read last."""
    plain = normalise(text)
    quantities = tuple(read_quantities(plain))
    cuts = tuple(match.start() for match in _CLAUSE.finditer(plain))
    matches = list(WORD.finditer(plain))
    folded = [match.group().casefold().replace("’", "'") for match in matches]
    clauses = [bisect_right(cuts, match.start()) for match in matches]
    negated, core = find_negations(folded, clauses, freed_places(plain, matches))
    counted = _inside(matches, quantities)
    tokens = tuple(
        Token(
            match.group(),
            word,
            stem(_singular(word)),
            match.start(),
            match.end(),
            clauses[place],
            0.0 if counted[place] else _weight(word),
            negated[place],
            core[place],
        )
        for place, (match, word) in enumerate(zip(matches, folded, strict=True))
    )
    return Sentence(plain, tokens, quantities, cuts)


def _singular(word: str) -> str:
    return word[:-2] if word.endswith("'s") else word


def _inside(matches: Sequence[re.Match[str]], quantities: Sequence[Quantity]) -> list[bool]:
    """Which words belong to a number."""
    starts = [quantity.start for quantity in quantities]
    inside = []
    for match in matches:
        before = bisect_right(starts, match.start()) - 1
        inside.append(before >= 0 and match.start() < quantities[before].end)
    return inside


@lru_cache(maxsize=65536)
def _weight(folded: str) -> float:
    if folded in STOPWORDS or folded in NEGATORS or folded[0].isdigit() or len(folded) < 2:
        return 0.0
    weight = max(rarity(folded), MIDDLING)
    return GENERIC_SHARE * weight if folded in GENERIC else weight
