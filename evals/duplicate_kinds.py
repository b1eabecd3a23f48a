"""The kinds of pairs that papers which come twice are measured on: one paper, or two; seeded."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from evals import duplicate_edits as edits
from vectorstore.records import Record

SERIES = (
    "Part I",
    "Part II",
    "Part III",
    "Part 1",
    "Part 2",
    "Part Two",
    "Part B",
    "II",
    "3",
    "IV",
)
COMPANIONS = ("Comment on ", "Reply to ", "Erratum: ", "Corrigendum to ", "Response to comment on ")
NOTICES = (
    "No abstract available.",
    "This is an editorial. There is no abstract.",
    "Abstract not available for this item.",
)
GENERIC = ("Editorial", "Introduction", "Letter to the editor", "Preface", "Book reviews", "Reply")


Maker = Callable[[Record, Record, random.Random], tuple[Record, Record]]
"""(a record with authors, another one, chance) -> a pair."""


def sign(record: Record, chance: random.Random) -> Record:
    """The record under invented authors, for the arXiv collection names none."""
    return replace(record, authors=edits.invent_authors(chance))


def elsewhere(record: Record, chance: random.Random, **changes: object) -> Record:
    """The record as another database has it: author names, title and year in its own manner."""
    year = record.year + chance.choice((0, 0, 1, -1)) if record.year else None
    other = replace(
        record,
        year=year if chance.random() < 0.9 else None,
        title=edits.retitle(record.title, chance),
        authors=edits.write_authors(record.authors, chance) if chance.random() < 0.85 else (),
        abstract=edits.export(record.abstract, chance),
    )
    return replace(other, **changes)  # type: ignore[arg-type]


def with_typos(rate: float) -> Maker:
    """A copy with slips in this share of the words of title and abstract."""

    def make(record: Record, _: Record, chance: random.Random) -> tuple[Record, Record]:
        title = edits.make_typos(record.title, rate, chance)
        abstract = edits.make_typos(record.abstract, rate, chance)
        return record, elsewhere(record, chance, abstract=abstract, title=title)

    return make


def cut_at(characters: int) -> Maker:
    """A copy whose abstract is cut off."""

    def make(record: Record, _: Record, chance: random.Random) -> tuple[Record, Record]:
        copy = elsewhere(record, chance)
        return record, replace(copy, abstract=edits.cut_off(copy.abstract, characters))

    return make


def published(share: float) -> Maker:
    """A preprint and its publication, with this share of the sentences reworded."""

    def make(record: Record, other: Record, chance: random.Random) -> tuple[Record, Record]:
        text = edits.revise(record.abstract, share, chance)
        if chance.random() < 0.4:
            text = edits.add_headings(text)
        if chance.random() < 0.4:
            text = edits.add_sentence(text, other.abstract, chance)
        return record, elsewhere(record, chance, abstract=text)

    return make


def retitled(share: float) -> Maker:
    """The same, under a title in other words, without its subtitle, or with slips."""

    def make(record: Record, other: Record, chance: random.Random) -> tuple[Record, Record]:
        left, right = published(share)(record, other, chance)
        return left, replace(right, title=edits.change_title(record.title, chance))

    return make


def rewritten(record: Record, other: Record, chance: random.Random) -> tuple[Record, Record]:
    """The same title over an abstract of which half is new, in print up to three years later."""
    right = elsewhere(record, chance, abstract=edits.mix(record.abstract, other.abstract, chance))
    return record, replace(right, year=record.year and record.year + chance.randint(0, 3))


def untitled(record: Record, other: Record, chance: random.Random) -> tuple[Record, Record]:
    """The same, half reworded, where nothing but the abstract is known of one."""
    left, right = published(0.5)(record, other, chance)
    return left, replace(
        right, title=right.abstract[:60], title_derived=True, authors=(), year=None
    )


def all_at_once(record: Record, _: Record, chance: random.Random) -> tuple[Record, Record]:
    """A copy that is reworded, cut off and retitled, with slips."""
    text = edits.make_typos(edits.revise(record.abstract, 0.2, chance), 0.02, chance)
    copy = elsewhere(record, chance, abstract=edits.cut_off(text, 500))
    return record, replace(copy, title=edits.change_title(record.title, chance))


def in_series(record: Record, _: Record, chance: random.Random) -> tuple[Record, Record]:
    """Two parts of a series, or the first one without a number, with nearly the same abstract."""
    first, second = chance.sample(SERIES, 2)
    mark = chance.choice((": ", ". ", " - ", ", "))
    if chance.random() < 0.2:
        return record, _follow_up(record, f"{record.title}{mark}Part II", chance)
    if _value(first) == _value(second):
        second = "Part V"
    left = replace(record, title=f"{record.title}{mark}{first}")
    return left, _follow_up(record, f"{record.title}{mark}{second}", chance)


def _value(part: str) -> str:
    last = part.split()[-1]
    values = {"I": "1", "II": "2", "III": "3", "IV": "4", "Two": "2", "V2": "2", "2.0": "2"}
    return values.get(last, last)


def _follow_up(record: Record, title: str, chance: random.Random) -> Record:
    abstract = edits.change_numbers(edits.revise(record.abstract, 0.3, chance), chance)
    return elsewhere(record, chance, title=title, abstract=abstract)


def yearly(record: Record, _: Record, chance: random.Random) -> tuple[Record, Record]:
    """Two years of one data release or challenge."""
    year = chance.randint(2005, 2024)
    text = f"This is the release of {year}, with 12 new tables. {record.abstract}"
    left = replace(record, title=f"{record.title}: results of {year}", abstract=text, year=year)
    right = replace(left, title=f"{record.title}: results of {year + 1}", year=year + 1)
    return left, replace(right, abstract=text.replace(str(year), str(year + 1)))


def unlabelled_yearly(record: Record, _: Record, chance: random.Random) -> tuple[Record, Record]:
    """The same, where neither title nor authors are known; only the numbers tell them apart."""
    counts = [str(chance.randint(20, 900)) for _ in range(8)]
    text = (
        f"{record.abstract} Release {counts[0]} holds {counts[1]} sites, {counts[2]} stations and "
        f"{counts[3]} series, of which {counts[4]} are new."
    )
    derived = {"title": text[:60], "title_derived": True, "authors": (), "year": None}
    left = replace(record, abstract=text, **derived)  # type: ignore[arg-type]
    return left, replace(left, abstract=edits.change_numbers(text, chance))


def companion(record: Record, _: Record, chance: random.Random) -> tuple[Record, Record]:
    """A paper, and a comment on it, a reply or an erratum that repeats its abstract."""
    sign_of = chance.choice(COMPANIONS)
    quoted = f'{sign_of}"{record.title}"' if chance.random() < 0.5 else sign_of + record.title
    text = record.abstract if chance.random() < 0.5 else edits.revise(record.abstract, 0.5, chance)
    return record, elsewhere(record, chance, title=quoted, abstract=text)


def noticed(record: Record, other: Record, chance: random.Random) -> tuple[Record, Record]:
    """Two papers with a notice for an abstract."""
    notice = chance.choice(NOTICES)
    right = replace(sign(other, chance), abstract=notice)
    return replace(record, abstract=notice), right


def generic(record: Record, other: Record, chance: random.Random) -> tuple[Record, Record]:
    """Two papers of the same authors with a title that says nothing."""
    title = chance.choice(GENERIC)
    right = replace(other, title=title, authors=record.authors, year=record.year)
    return replace(record, title=title), right


def next_paper(record: Record, other: Record, chance: random.Random) -> tuple[Record, Record]:
    """Two papers of the same authors, with half of an abstract in common."""
    abstract = edits.mix(record.abstract, other.abstract, chance)
    return record, replace(elsewhere(record, chance, abstract=abstract), title=other.title)


def same_short_title(record: Record, other: Record, chance: random.Random) -> tuple[Record, Record]:
    """Two papers under the same four words, of other authors or of none that are known."""
    title = " ".join(record.title.split()[:4])
    authors = sign(other, chance).authors if chance.random() < 0.5 else ()
    right = replace(other, title=title, authors=authors, year=record.year)
    return replace(record, title=title), right


def same_authors(record: Record, other: Record, chance: random.Random) -> tuple[Record, Record]:
    """Two papers of the same authors and year."""
    authors = edits.write_authors(record.authors, chance)
    return record, replace(other, authors=authors, year=record.year)


SAME: dict[str, Maker] = {
    "typos in 2% of words": with_typos(0.02),
    "typos in 8% of words": with_typos(0.08),
    "typos in 20% of words": with_typos(0.2),
    "cut off at 200 characters": cut_at(200),
    "cut off at 500 characters": cut_at(500),
    "cut off at 1,000 characters": cut_at(1_000),
    "published, a third reworded": published(0.33),
    "published, all reworded": published(1.0),
    "a third reworded, title changed": retitled(0.33),
    "all reworded, title changed": retitled(1.0),
    "half of the abstract rewritten": rewritten,
    "without title and authors": untitled,
    "all at once": all_at_once,
}
APART: dict[str, Maker] = {
    "parts of a series": in_series,
    "years of a release": yearly,
    "releases without titles": unlabelled_yearly,
    "comment, reply or erratum": companion,
    "notice for an abstract": noticed,
    "title that says nothing": generic,
    "next paper, half an abstract shared": next_paper,
    "same short title": same_short_title,
    "same authors": same_authors,
}
