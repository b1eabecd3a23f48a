"""Whether two records are the same paper, and by which rule; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from vectorstore.matching import names, sketch, titles
from vectorstore.matching.folding import split_words
from vectorstore.matching.identifiers import contradict, read_identifiers
from vectorstore.matching.titles import Title
from vectorstore.records import Record

Rule = Literal["doi", "arxiv", "pmid", "abstract", "title", "similar abstract"]

LEAST_WORDS = 8
"""Content words of an abstract that means something; fewer are a notice (No abstract available)."""
CLEAR_TITLE_WORDS = 4
"""Words that say something in a title that is clear enough to need no look at the abstracts."""
YEARS_APART = 1
YEARS_TO_PRINT = 4
SIMILAR_TITLE = 0.5
ALIKE_UNDER_TITLE = 0.1
"""Under one title; of 1,800 pairs of unrelated arXiv abstracts, 99% have less than 0.03."""
ALIKE_YEARS_LATER = 0.3
ALIKE_REPORTS = 0.6
"""From here on, abstracts with other numbers are taken for those of an annual report."""
ALIKE_AND_AUTHORS = 0.5
ALIKE_AND_TITLE = 0.55
ALIKE_UNTITLED = 0.7
ALIKE_OTHER_TITLE = 0.8
ALIKE_OTHER_NUMBERS = 0.9
LEAST_NUMBERS = 3
SHARED_NUMBERS = 0.5


@dataclass(frozen=True, slots=True)
class Match:
    """That two records are the same paper.

    Attributes:
        rule: What showed it.
        detail: The same to be read: `same DOI 10.1000/x`, `abstracts 94% alike`.
    """

    rule: Rule
    detail: str


def compare(left: Record, right: Record) -> Match | None:
    """How it is known that two records are the same paper; None where it is not known.

    The order of the two makes no difference. An identifier that they share settles it. Two
    identifiers of one kind that differ speak against it and are overruled by one thing only: the
    same title over the same text, as of a paper that was submitted twice.
    """
    pair = Pair(left, right)
    found = _match_identifier(pair)
    if found or pair.are_apart:
        return found
    return _match_text(pair) or _match_title(pair) or _match_likeness(pair)


class Pair:
    """Two records, and what their comparison needs, worked out when it is first asked for."""

    def __init__(self, left: Record, right: Record) -> None:
        """Take two records; the order makes no difference."""
        self.left, self.right = left, right
        self.identifiers = read_identifiers(left), read_identifiers(right)
        self.contradict = contradict(*self.identifiers)

    @cached_property
    def titles(self) -> tuple[Title, Title] | None:
        """Both titles, where both were given."""
        left, right = titles.read_title(self.left), titles.read_title(self.right)
        return (left, right) if left and right else None

    @property
    def are_apart(self) -> bool:
        """Whether the titles say that these are two papers."""
        return self.titles is not None and titles.are_apart(*self.titles)

    @property
    def same_title(self) -> Title | None:
        """The title, where both have it, in the spelling of more words (`low-rank`, `lowrank`)."""
        if not self.titles or self.titles[0].key != self.titles[1].key:
            return None
        return max(self.titles, key=lambda title: title.weight)

    @cached_property
    def title_likeness(self) -> float:
        """How alike the titles are; 0 where one is missing."""
        return titles.likeness(*self.titles) if self.titles else 0.0

    @cached_property
    def authors_agree(self) -> bool | None:
        """Whether the authors agree; None where one of the records names none."""
        return names.agree(self.left, self.right)

    @property
    def years_apart(self) -> int | None:
        """By how many years they differ; None where one has none."""
        if self.left.year is None or self.right.year is None:
            return None
        return abs(self.left.year - self.right.year)

    @cached_property
    def texts(self) -> tuple[list[str], list[str]]:
        """The words of both abstracts."""
        return split_words(self.left.abstract), split_words(self.right.abstract)

    @cached_property
    def words(self) -> tuple[sketch.Words, sketch.Words]:
        """The content words of both abstracts."""
        return sketch.read_words(self.texts[0]), sketch.read_words(self.texts[1])

    @property
    def is_short(self) -> bool:
        """Whether one of the abstracts is too short to mean something."""
        return min(len(words.codes) for words in self.words) < LEAST_WORDS

    @cached_property
    def likeness(self) -> float:
        """How alike the abstracts are, in [0, 1]."""
        return sketch.likeness(*self.words)

    @cached_property
    def numbers_differ(self) -> bool:
        """Whether both abstracts state numbers, and hardly the same ones."""
        left, right = (Counter(filter(str.isdecimal, words)) for words in self.texts)
        fewer = min(left.total(), right.total())
        return fewer >= LEAST_NUMBERS and (left & right).total() < SHARED_NUMBERS * fewer


def _match_identifier(pair: Pair) -> Match | None:
    left, right = pair.identifiers
    if left.doi and left.doi == right.doi:
        return Match("doi", f"same DOI {left.doi}")
    if left.arxiv and left.arxiv == right.arxiv:
        return Match("arxiv", f"same arXiv id {left.arxiv}")
    if left.pmid and left.pmid == right.pmid:
        return Match("pmid", f"same PMID {left.pmid}")
    return None


def _match_text(pair: Pair) -> Match | None:
    if pair.texts[0] != pair.texts[1]:
        return None
    free = not pair.contradict and pair.authors_agree is not False
    likely = not pair.is_short and (free or pair.same_title is not None)
    # A record of nothing but a notice is no other than itself.
    untitled = not any(map(titles.read_title, (pair.left, pair.right)))
    itself = pair.left.id == pair.right.id and (untitled or pair.same_title is not None)
    return Match("abstract", "identical abstracts") if likely or itself else None


def _match_title(pair: Pair) -> Match | None:
    title, years = pair.same_title, pair.years_apart or 0
    if not title or not title.is_meaningful or pair.contradict or pair.authors_agree is False:
        return None
    if years > YEARS_TO_PRINT or (years and pair.numbers_differ and pair.likeness >= ALIKE_REPORTS):
        return None
    agreeing = "authors and year" if pair.years_apart == 0 else "authors"
    if pair.authors_agree and years <= YEARS_APART and title.weight >= CLEAR_TITLE_WORDS:
        return Match("title", f"same title, {agreeing}")
    near = pair.authors_agree or years <= YEARS_APART
    if pair.likeness >= (ALIKE_UNDER_TITLE if near else ALIKE_YEARS_LATER):
        return Match("title", f"same title, {_alike(pair)}")
    return None


def _match_likeness(pair: Pair) -> Match | None:
    if pair.contradict or pair.is_short or pair.authors_agree is False or pair.numbers_differ:
        return None
    if (pair.years_apart or 0) > YEARS_TO_PRINT or pair.likeness < _threshold(pair):
        return None
    return Match("similar abstract", _alike(pair))


def _threshold(pair: Pair) -> float:
    """How alike the abstracts must be: the less, the more else agrees."""
    if not pair.titles:
        return ALIKE_UNTITLED
    if titles.have_other_numbers(*pair.titles):
        return ALIKE_OTHER_NUMBERS
    if pair.title_likeness < SIMILAR_TITLE:
        return ALIKE_OTHER_TITLE
    return ALIKE_AND_AUTHORS if pair.authors_agree else ALIKE_AND_TITLE


def _alike(pair: Pair) -> str:
    return f"abstracts {pair.likeness:.0%} alike"
