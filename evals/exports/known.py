"""What a reader must find in an export: records to the letter, and how many are kept out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evals.exports.papers import Author, Paper
from vectorstore.naming import derive_title
from vectorstore.records import Record, identify

ARXIV_DOI = "10.48550/arxiv."
ARXIV_ADDRESS = "http://arxiv.org/abs/"


@dataclass(frozen=True, slots=True)
class Carried:
    """What a format says of a paper, in the words in which the file says it.

    Attributes:
        abstract: As the format gives it, white space and all.
        title: None where the paper has none.
        authors: In the order and the form in which the file has them.
        year: Of publication.
        venue: Journal or proceedings.
        url: As the file has it.
        doi: As the file has it.
        arxiv_id: Where the file names it in a field of its own.
        pmid: As `arxiv_id`.
        keywords: As the file has them.
        groups: Headings above it.
    """

    abstract: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str | None = None
    url: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    pmid: str | None = None
    keywords: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def as_record(carried: Carried, source: str) -> Record:
    """The record that a reader owes; identifiers are taken from arXiv's addresses and DOIs, too."""
    abstract = carried.abstract.strip()
    doi = carried.doi.lower() if carried.doi else None
    arxiv_id = carried.arxiv_id
    if doi and doi.startswith(ARXIV_DOI):
        arxiv_id = arxiv_id or doi.removeprefix(ARXIV_DOI)
    if carried.url and carried.url.startswith(ARXIV_ADDRESS):
        arxiv_id = arxiv_id or carried.url.removeprefix(ARXIV_ADDRESS)
    title = " ".join(carried.title.split()) if carried.title else None
    return Record(
        id=identify(abstract, doi, arxiv_id, carried.pmid),
        title=title or derive_title(abstract),
        abstract=abstract,
        title_derived=not title,
        authors=carried.authors,
        year=carried.year,
        venue=carried.venue,
        url=carried.url,
        doi=doi,
        arxiv_id=arxiv_id,
        pmid=carried.pmid,
        keywords=carried.keywords,
        groups=carried.groups,
        sources=(source,),
    )


def family_first(authors: Iterable[Author]) -> tuple[str, ...]:
    """`Müller, Anna`."""
    return tuple(author.family_first for author in authors)


def given_first(authors: Iterable[Author]) -> tuple[str, ...]:
    """`Anna Müller`."""
    return tuple(author.given_first for author in authors)


def on_one_line(paper: Paper) -> str:
    """The abstract where a format has no line breaks."""
    return " ".join(" ".join(paper.paragraphs).split())


def on_lines(paper: Paper) -> str:
    """The abstract where a format keeps line breaks."""
    return "\n".join(paper.paragraphs)
