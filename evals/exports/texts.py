"""Plain text: the listing, and a folder with a file for each abstract."""

from __future__ import annotations

import textwrap

from evals.exports.export import Export
from evals.exports.known import Carried, given_first, on_lines, on_one_line
from evals.exports.papers import Author, Paper

HEADINGS = ("Moths and tides", "Bread", "Gears, bells and kites")
WIDTH = 90
UNDER_ONE_HEADING = 50


def _listing(paper: Paper) -> str:
    """Labels before an abstract; a heading in front of every so many.

    It stands in front of the second, too: the first may have no abstract, and be left out.
    """
    names = ", ".join(given_first(_people(paper)))
    fields = [
        ("Title", paper.title),
        ("Authors", names),
        ("Year", str(paper.year or "")),
        ("DOI", paper.doi),
        ("URL", paper.url),
        ("Abstract", on_lines(paper)),
    ]
    lines = [f"{name}: {value}" for name, value in fields if value]
    heading = f"{_heading(paper)}\n\n" if paper.number % UNDER_ONE_HEADING < 2 else ""
    return heading + "\n".join(lines) + "\n\n"


def _people(paper: Paper) -> list[Author]:
    return [author for author in paper.authors if author.given]


def _heading(paper: Paper) -> str:
    return HEADINGS[paper.number // UNDER_ONE_HEADING % len(HEADINGS)]


def _carry_listing(paper: Paper) -> Carried:
    return Carried(
        abstract=on_lines(paper),
        title=paper.title,
        authors=given_first(_people(paper)),
        year=paper.year,
        url=paper.url,
        doi=paper.doi,
        groups=(_heading(paper),),
    )


def _file(paper: Paper) -> str:
    """The title alone on the first line, then the abstract, wrapped."""
    head = f"{paper.title}\n\n" if paper.title else ""
    return f"{head}{_wrap(paper)}\n"


def _wrap(paper: Paper) -> str:
    return textwrap.fill(on_one_line(paper), WIDTH, break_long_words=False, break_on_hyphens=False)


def _carry_file(paper: Paper) -> Carried:
    return Carried(abstract=_wrap(paper), title=paper.title)


TEXTS = (
    Export(
        "listing", "listing.txt", _listing, _carry_listing,
        leaves_out=frozenset({"no abstract"}),
    ),
    Export(
        "text files", "abstracts", _file, _carry_file, packing="folder",
        leaves_out=frozenset({"no abstract", "no letters", "too long", "control character"}),
    ),
)  # fmt: skip
