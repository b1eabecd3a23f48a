"""What a title says about which paper it is: its wording, its numbers, its kind; pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from vectorstore.matching.folding import EMPTY_WORDS, SPACELESS, american, fold, split_folded
from vectorstore.records import Record

MAX_CHARACTERS = 1_000
ARTICLES = frozenset("a an the and".split())
_GENERIC = """
    editorial editor editors letter letters preface foreword review reviews literature report
    reports news special issue book obituary case conference proceedings comment comments reply
    response erratum corrigendum correction overview survey note notes chapter part volume
    supplement supplementary appendix annual meeting table contents untitled title no not
"""
GENERIC_WORDS = EMPTY_WORDS | frozenset(_GENERIC.split())
MEANINGFUL_WORDS = 2
MEANINGFUL_CHARACTERS = 12
MEANINGFUL_SPACELESS = 6

_ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
ROMAN = {numeral: str(value) for value, numeral in enumerate(_ROMAN.split(), 1)}
_COUNTED = """
    one first two second three third four fourth five fifth six sixth seven seventh eight eighth
    nine ninth ten tenth eleven eleventh twelve twelfth thirteen thirteenth fourteen fourteenth
"""
COUNTED = {word: str(place // 2 + 1) for place, word in enumerate(_COUNTED.split())}
PART = r"(?:part|vol|volume|chapter|book|phase|no)\b"
# A lone letter counts only where a series is numbered: "Part A", "Foo I: bar", "Foo (V)".
SERIES = re.compile(
    rf"\b{PART}[\s.:#(-]{{0,3}}(?P<part>\d{{1,3}}|[b-hivx]|[ivx]{{2,5}}|{'|'.join(COUNTED)})\b"
    r"|\bpart\s(?P<first>a)(?=\W*$|\s*[:.,)-])"
    r"|(?:(?<=[\s(,:-])|^)(?P<roman>[ivx]{2,5})\b"
    r"|(?<=[\s(,:-])(?P<letter>[ivx])(?=\s*(?:[:,)]|$|\.(?:\s|$)))"
    r"|(?<=[\s(,:-])(?P<last>\d{1,2})(?=\s*(?:[:)]|\.?\s*$))"
)
DIGITS = re.compile(r"\d+")
RETRACTED = re.compile(
    r"^\W*(?:retracted|withdrawn|removed)(?:\s+(?:article|paper))?\s*[\]:.)-]\s*"
)
_KINDS = {
    "comment": r"comments?|commentary",
    "reply": r"reply|replies|response|rejoinder",
    "correction": r"errat(?:um|a)|corrigend(?:um|a)|corrections?|addend(?:um|a)",
    "retraction": r"retraction|withdrawal|expression of concern",
    "discussion": r"discussion|remarks?|notes?|editorial|letter",
    "supplement": r"supplement(?:ary|al)?(?: (?:material|information|data))?",
}
ABOUT = r"(?:\s+(?:notice|note|letter))?\s*(?:\b(?:on|to|for|of|regarding|about)\b|[:\"“'])"
WHOSE = r"(?:(?:an?|the|some|further|brief|short|authors?'?s?|publishers?'?s?)\s+)*"
COMPANIONS = {
    kind: re.compile(
        rf"^\W*{WHOSE}(?:{words}){ABOUT}|(?:[:.(\[–—]|\s-)\s*{WHOSE}(?:{words})(?:\s+notice)?\W*$"
    )
    for kind, words in _KINDS.items()
}


@dataclass(frozen=True)
class Title:
    """A title that was given, folded.

    Attributes:
        text: Without markup, LaTeX, accents and case.
    """

    text: str

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words, in a spelling that is shared, numerals as digits."""
        found = split_folded(self.text)
        return tuple(ROMAN.get(word, american(word)) for word in found if word not in ARTICLES)

    @cached_property
    def key(self) -> str:
        """Its words run together, so that hyphens and spaces make no difference."""
        return "".join(self.words)

    @cached_property
    def weight(self) -> int:
        """How many of its words say something."""
        return sum(word not in GENERIC_WORDS for word in split_folded(self.text))

    @property
    def is_meaningful(self) -> bool:
        """Whether two papers of this title are likely to be one."""
        if re.match(f"[{SPACELESS}]", self.key):
            return len(self.key) >= MEANINGFUL_SPACELESS
        return self.weight >= MEANINGFUL_WORDS and len(self.key) >= MEANINGFUL_CHARACTERS

    @cached_property
    def series(self) -> Counter[str]:
        """The numbers by which it counts itself: `Part II`, `Foo 3:`."""
        return Counter(
            ROMAN.get(found, COUNTED.get(found, found))
            for found in (match[match.lastgroup or 0] for match in SERIES.finditer(self.text))
        )

    @cached_property
    def numbers(self) -> Counter[str]:
        """All its numbers, in whatever letters, as digits."""
        words = split_folded(self.text)
        spelled = [COUNTED.get(word) or ROMAN.get(word) for word in words if len(word) > 1]
        series = (match[match.lastgroup or 0] for match in SERIES.finditer(self.text))
        letters = [ROMAN.get(found, found) for found in series if found.isalpha() and not found[1:]]
        digits = [found.lstrip("0") for found in DIGITS.findall(self.text)]
        return Counter([*digits, *filter(None, spelled), *letters])

    @cached_property
    def letters(self) -> Counter[str]:
        """Its words of one letter, as in `vitamin D`."""
        return Counter(word for word in self.words if len(word) == 1 and word.isascii())

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Whether it is a comment, a reply, a correction... of another paper."""
        return frozenset(kind for kind, sign in COMPANIONS.items() if sign.search(self.text))

    @cached_property
    def grams(self) -> frozenset[str]:
        """Every three letters in a row."""
        return frozenset(self.key[start : start + 3] for start in range(max(len(self.key) - 2, 1)))


def read_title(record: Record) -> Title | None:
    """The title of a record; None where it was made from the abstract."""
    if record.title_derived or not record.title.strip():
        return None
    return Title(RETRACTED.sub("", fold(record.title[:MAX_CHARACTERS])))


def likeness(left: Title, right: Title) -> float:
    """How alike two titles are, in [0, 1]: Dice's coefficient of their letters by threes."""
    return 2 * len(left.grams & right.grams) / (len(left.grams) + len(right.grams))


def are_apart(left: Title, right: Title) -> bool:
    """Whether the titles say that these are two papers: part I and part II, a paper and a reply.

    A number that only one of them has is no proof, unless it counts a series.
    """
    if left.kinds != right.kinds:
        return True
    if left.series != right.series and left.numbers != right.numbers:
        return True
    return _differ(left.numbers, right.numbers) or _differ(left.letters, right.letters)


def _differ(left: Counter[str], right: Counter[str]) -> bool:
    """Whether each has something that the other has not."""
    return bool(left - right) and bool(right - left)


def have_other_numbers(left: Title, right: Title) -> bool:
    """Whether one of them has a number that the other has not."""
    return left.numbers != right.numbers
