"""Names in a claim that the passages lack, or have in another part; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from rag.checking.alignment import Alignment
from rag.checking.context import likeness, nearest_token
from rag.checking.reading import Sentence
from rag.checking.units import UNITS
from rag.question import squash
from vectorstore.terms import STOPWORDS, stem

_MOST_NAMES = 12
_CLEARLY = 0.15
_MOST_INITIALS = 6
_PLAIN = re.compile(r"[A-Z][a-z]+(?:['’]s)?")
_ADDED = re.compile(
    r"anti|non|pre|post|multi|based|like|free|null|type|style|specific|aware|negative|positive"
    r"|[a-z]+(?:ing|ed|ent|ive)"
)
"""Parts of a compound that say what is done with a name: `Dicer1-deficient`, `anti-CD3`."""
_SPEAKING = frozenset(
    "authors author researchers paper study work however moreover furthermore additionally"
    " according experiments results both one two three four five while when since although".split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """A word of a sentence that names something.

    Attributes:
        text: As written.
        start: Where it begins.
        squashed: Its letters and digits, lower-cased.
        marked: Whether more than its first capital makes it a name: `BERT`, `LoRA`, `GPT-4`.
    """

    text: str
    start: int
    squashed: str
    marked: bool


def names_of(sentence: Sentence) -> list[Name]:
    """The names of a sentence; its first word counts only with a capital or digit inside."""
    found = []
    for match in sentence.compounds:
        word = match.group()
        marked = _is_marked(word) and word not in UNITS
        first = not sentence.text[: match.start()].strip(" \"'“‘([") or _opens(
            sentence, match.start()
        )
        plain = _PLAIN.fullmatch(word) and not first and word.casefold() not in STOPWORDS
        if marked or (plain and word.casefold() not in _SPEAKING):
            text = re.sub(r"['’]s$", "", word)
            found.append(Name(text, match.start(), squash(text), marked))
    return [name for name in found if len(name.squashed) > 1]


def _is_marked(word: str) -> bool:
    if re.search(r"\d", word):
        return bool(re.match(r"[^\W\d_]", word) and re.search(r"[A-Z]", word)) or bool(
            re.fullmatch(r"[A-Za-z]+-?\d[\w.-]*", word)
        )
    return bool(re.search(r"[a-z][A-Z]|[A-Z][^a-z]*[A-Z]", word))


def _opens(sentence: Sentence, start: int) -> bool:
    """Whether a sentence or quotation begins at that place."""
    return sentence.text[max(0, start - 2) : start] in (". ", ": ", "! ", "? ", ' "') or (
        sentence.text[max(0, start - 1) : start] in '"“'
    )


@dataclass(frozen=True)
class Vocabulary:
    """All that the passages could mean by a name."""

    sentences: tuple[Sentence, ...]

    @cached_property
    def squashed(self) -> frozenset[str]:
        """Words, compounds and their parts, and neighbouring pairs, without punctuation."""
        found: set[str] = set()
        for sentence in self.sentences:
            words = [match.group() for match in sentence.compounds]
            plain = [squash(word) for word in words]
            found.update(plain)
            found.update(a + b for a, b in zip(plain, plain[1:], strict=False))
            found.update(squash(part) for word in words for part in re.split(r"[-/.]", word))
        return frozenset(found)

    @cached_property
    def initials(self) -> frozenset[str]:
        """First letters of every run of two to six words, function words in and out."""
        found: set[str] = set()
        for sentence in self.sentences:
            every = [token.folded for token in sentence.tokens]
            for words in (every, [word for word in every if word not in STOPWORDS]):
                letters = "".join(word[0] for word in words)
                found.update(
                    letters[start : start + length]
                    for length in range(2, _MOST_INITIALS + 1)
                    for start in range(len(letters) - length + 1)
                )
        return frozenset(found)

    @cached_property
    def stems(self) -> frozenset[str]:
        """All stems."""
        return frozenset(token.stem for text in self.sentences for token in text.tokens)

    def has(self, name: Name) -> bool:
        """Whether they have a name: as such, as plural, in parts, spelled out or abbreviated."""
        forms = {name.squashed, name.squashed.removesuffix("s"), name.squashed + "s"}
        if not forms.isdisjoint(self.squashed) or stem(name.text.casefold()) in self.stems:
            return True
        if not forms.isdisjoint(self.initials) and name.text.removesuffix("s").isupper():
            return True
        parts = [part for part in re.split(r"[-/]", name.text) if part]
        bare = [part for part in parts if not _ADDED.fullmatch(part)]
        return len(parts) > 1 and all(self._has_part(squash(part)) for part in bare)

    def _has_part(self, part: str) -> bool:
        return not {part, part + "s", part.removesuffix("s")}.isdisjoint(self.squashed)


def absent_names(names: Iterable[Name], passages: Vocabulary) -> list[Name]:
    """The names that the passages do not have."""
    return [name for name in names if not passages.has(name)]


class Displaced(NamedTuple):
    """A name in whose place the evidence has another.

    Attributes:
        name: As the claim has it.
        other: The name that stands there instead.
        margin: By how much the other fits the surroundings better.
        sure: Whether the sentence that the claim rests on lacks the name, or the claim keeps so
            closely to its words that their order speaks.
    """

    name: str
    other: str
    margin: float
    sure: bool

    @property
    def clear(self) -> bool:
        """Whether it is plain enough to say so."""
        return self.sure and self.margin >= _CLEARLY


def displaced_names(names: Sequence[Name], chosen: Sequence[Alignment]) -> list[Displaced]:
    """Names in whose place the sentence that a claim rests on has another."""
    found = chosen[0]
    evidence = found.place.sentence
    others = [item for item in names_of(evidence) if item.marked][:_MOST_NAMES]
    known = {name.squashed for name in names}
    displaced = []
    for name in [name for name in names if name.marked][:_MOST_NAMES]:
        own = _fit(name, [o for o in others if _same(name, o)], found)
        absent = name.squashed not in evidence.forms
        rivals = [
            o for o in others if not _same(name, o) and (not absent or o.squashed not in known)
        ]
        best = max(rivals, key=lambda rival: _fit(name, [rival], found), default=None)
        if best is not None:
            margin = _fit(name, [best], found) - own
            displaced.append(Displaced(name.text, best.text, margin, absent or found.is_close))
    return displaced


def _fit(name: Name, others: Sequence[Name], found: Alignment) -> float:
    """How well the best of the evidence's names fits the surroundings of the claim's."""
    here = nearest_token(found.claim, name.start)
    evidence = found.place.sentence
    return max(
        (
            likeness(found.claim, here, evidence, nearest_token(evidence, other.start), True)
            for other in others
        ),
        default=0.0,
    )


def _same(first: Name, second: Name) -> bool:
    return first.squashed.removesuffix("s") == second.squashed.removesuffix("s")
