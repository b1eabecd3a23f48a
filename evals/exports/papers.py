"""Invented papers, always the same ones for a seed: what exports in every format are made of."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from evals.exports import wording

Flaw = Literal["no letters", "control character", "torn", "too long"]

FLAWED: dict[int, Flaw] = {
    7: "no letters",
    19: "control character",
    29: "torn",
    41: "too long",
}
FLAWS_EVERY = 500
WITHOUT_ABSTRACT = 11
TOO_LONG_CHARACTERS = 120_000
OLD_ARCHIVES = ("hep-th", "math", "cs", "cond-mat", "physics", "q-bio", "nlin", "gr-qc", "quant-ph")


@dataclass(frozen=True, slots=True)
class Author:
    """A person, or a group where `given` is None."""

    family: str
    given: str | None = None

    @property
    def family_first(self) -> str:
        """As reference managers keep names: `Müller, Anna`."""
        return f"{self.family}, {self.given}" if self.given else self.family

    @property
    def given_first(self) -> str:
        """As names are said: `Anna Müller`."""
        return f"{self.given} {self.family}" if self.given else self.family

    @property
    def initials(self) -> str:
        """As PubMed keeps names: `Müller A`."""
        if not self.given:
            return self.family
        parts = self.given.replace("-", " ").replace(".", " ").split()
        return f"{self.family} {''.join(part[0] for part in parts)}"


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known of a paper.

    Attributes:
        number: Counted from 0; decides identifiers.
        title: None where it is not known.
        sections: Label and text of each part of a structured abstract, or `("", text)` for each
            paragraph of another; empty where there is no abstract.
        authors: In order.
        year: None where it is not known.
        month: 1 to 12.
        venue: None where it is not known.
        doi: As a publisher would print it, capitals and all.
        arxiv_id: Without a version; every paper has one, for exports that need it.
        pmid: As `arxiv_id`.
        preprint: Whether the paper is on arXiv: exports that can leave `arxiv_id` out do so
            elsewhere.
        indexed: Whether the paper is in PubMed; the same for `pmid`.
        keywords: As given.
        url: Where to read it.
        flaw: What makes its record useless.
    """

    number: int
    title: str | None
    sections: tuple[tuple[str, str], ...]
    authors: tuple[Author, ...]
    year: int | None
    month: int
    venue: str | None
    doi: str | None
    arxiv_id: str
    pmid: str
    preprint: bool
    indexed: bool
    keywords: tuple[str, ...]
    url: str | None
    flaw: Flaw | None = None

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The parts of the abstract, each with its label."""
        return tuple(f"{label}: {text}" if label else text for label, text in self.sections)

    @property
    def written_year(self) -> int:
        """The year, for exports that cannot do without one."""
        return self.year or 2019


def make_papers(count: int, seed: int = 0) -> list[Paper]:
    """So many papers, some with fields missing, some without an abstract, a few with a flaw."""
    return [_make_paper(number, Random(f"{seed}/{number}")) for number in range(count)]


def _make_paper(number: int, random: Random) -> Paper:
    year = random.choice((*range(2015, 2026), 2009, 2003))
    month = random.randint(1, 12)
    arxiv_id = _make_arxiv_id(number, year, month)
    preprint = random.random() < 0.4
    return Paper(
        number=number,
        title=None if number % 23 == 17 else wording.write_title(random, number),
        sections=_make_sections(number, random),
        authors=() if number % 19 == 11 else _make_authors(random),
        year=None if number % 29 == 23 else year,
        month=month,
        venue=None if number % 7 == 3 else random.choice(wording.VENUES),
        doi=_make_doi(number, random, arxiv_id if preprint else None),
        arxiv_id=arxiv_id,
        pmid=str(30_000_000 + number),
        preprint=preprint,
        indexed=random.random() < 0.4,
        keywords=tuple(random.sample(wording.KEYWORDS, random.randint(0, 5))),
        url=_make_url(number, random, arxiv_id if preprint else None),
        flaw=FLAWED.get(number % FLAWS_EVERY),
    )


def _make_sections(number: int, random: Random) -> tuple[tuple[str, str], ...]:
    flaw = FLAWED.get(number % FLAWS_EVERY)
    if flaw == "no letters":
        return (("", "12.5 (3) – 7."),)
    text = wording.write_text(random, random.randint(3, 14), number)
    if flaw == "too long":
        return (("", (text + " ") * (TOO_LONG_CHARACTERS // len(text) + 1)),)
    if flaw == "control character":
        return (("", f"{text} The end\x01 was lost."),)
    if number % WITHOUT_ABSTRACT == 5 and not flaw:
        return ()
    if number % 5 == 2:
        more = (wording.write_text(random, 3, number) for _ in wording.LABELS)
        return tuple(zip(wording.LABELS, more, strict=True))
    if number % 13 == 4:
        return (("", text), ("", wording.write_text(random, 2, number)))
    return (("", text),)


def _make_authors(random: Random) -> tuple[Author, ...]:
    people = {
        Author(random.choice(wording.FAMILIES), random.choice(wording.GIVEN)): None
        for _ in range(random.choice((1, 1, 2, 3, 3, 4, 6, 9)))
    }
    groups = [Author(random.choice(wording.GROUPS))] if random.random() < 0.1 else []
    return (*people, *groups)


def _make_arxiv_id(number: int, year: int, month: int) -> str:
    if year < 2007:
        archive = OLD_ARCHIVES[number // 1000 % len(OLD_ARCHIVES)]
        return f"{archive}/{year % 100:02d}{month:02d}{number % 1000:03d}"
    return f"{year % 100:02d}{month:02d}.{number:0{5 if year >= 2015 else 4}d}"


def _make_doi(number: int, random: Random, arxiv_id: str | None) -> str | None:
    if arxiv_id and random.random() < 0.3:
        return f"10.48550/arXiv.{arxiv_id}"
    patterns = (
        f"10.5555/moths.{number}", f"10.5555/S0140-6736(21){number:05d}-4",
        f"10.5555/978-3-030-{number:05d}-6_7", f"10.5555/TIDES/{number}", None,
    )  # fmt: skip
    return random.choice(patterns)


def _make_url(number: int, random: Random, arxiv_id: str | None) -> str | None:
    if arxiv_id:
        return f"http://arxiv.org/abs/{arxiv_id}"
    addresses = (
        f"https://journal.example/articles/{number}?lang=en&view=full",
        f"https://papers.example/~moths/paper_{number}.html", None,
    )  # fmt: skip
    return random.choice(addresses)
