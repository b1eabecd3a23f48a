"""Whether two lists of authors can be those of one paper, however names are written; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vectorstore.matching.folding import split_words
from vectorstore.records import Record

MAX_AUTHORS = 50
MAX_CHARACTERS = 200
SHARED = 0.5
"""Share of the shorter list that must stand in the longer one."""
_NO_NAMES = "et al and others jr sr dr prof phd md van von de der den la le del di da dos el al bin"
NO_NAMES = frozenset(_NO_NAMES.split())
UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a name, in no order.

    Attributes:
        written: Those that are written out.
        family: Those of them that may be the family name.
        initials: The first letters of all.
    """

    written: frozenset[str]
    family: frozenset[str]
    initials: frozenset[str]


def agree(left: Record, right: Record) -> bool | None:
    """Whether the authors agree; None where one of the records names none."""
    left_names, right_names = read_names(left.authors), read_names(right.authors)
    if not left_names or not right_names:
        return None
    fewer, more = sorted((left_names, right_names), key=len)
    shared = sum(any(can_be_one(name, other) for other in more) for name in fewer)
    # Sorting keeps lists of equal length in order; the other way round may count differently.
    if len(fewer) == len(more):
        shared = min(shared, sum(any(can_be_one(name, other) for other in fewer) for name in more))
    return shared >= SHARED * len(fewer)


def read_names(authors: Iterable[str]) -> list[Name]:
    """The names of the first authors, without `et al.`."""
    names = map(read_name, list(authors)[:MAX_AUTHORS])
    return [name for name in names if name.written]


def read_name(author: str) -> Name:
    """A name, whether `Smith, John A.`, `J. A. Smith`, `Smith JA` or in Chinese characters."""
    author = author[:MAX_CHARACTERS]
    words = _split(author)
    if words and all(len(word) == 1 and _is_spaceless(word) for word in words):
        whole = frozenset({"".join(words)})
        return Name(whole, whole, whole)
    capitals = {word.lower() for word in author.split() if word.isupper() and len(word) <= 3}
    long = [word for word in words if len(word) > 1]
    written = [word for word in long if word not in capitals] or long
    before, comma, _ = author.partition(",")
    family = set(_split(before)) if comma else set(written[-1:])
    letters = {letter for word in words if word not in written for letter in word}
    return Name(
        frozenset(map(_plain, written)),
        frozenset(map(_plain, family)),
        frozenset(letters | {word[0] for word in written}),
    )


def _split(text: str) -> list[str]:
    return [word for word in split_words(text) if word not in NO_NAMES]


def _is_spaceless(letter: str) -> bool:
    return letter > "\u0dff"


def _plain(word: str) -> str:
    for spelled, letter in UMLAUTS:
        word = word.replace(spelled, letter)
    return word


def can_be_one(left: Name, right: Name) -> bool:
    """Whether two names have a family name in common and no initials that contradict each other."""
    if not left.family & right.family:
        return left.written == right.written  # `Zhang Wei` and `Wei Zhang`
    return left.initials <= right.initials or right.initials <= left.initials
