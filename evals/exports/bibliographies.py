"""BibTeX and BibLaTeX."""

from __future__ import annotations

import textwrap
import unicodedata
from dataclasses import replace

from evals.exports.export import Export
from evals.exports.known import Carried, family_first, on_one_line
from evals.exports.latex import for_old_tex, for_zotero
from evals.exports.papers import Paper
from evals.exports.wording import VENUES

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
CLASSIC_START = (
    "% Encoding: US-ASCII\n\nThis file is kept by hand; text between entries is a comment.\n\n"
    '@preamble{"\\newcommand{\\noopsort}[1]{}"}\n'
    "@comment{jabref-meta: databaseType:bibtex;}\n\n"
)
STRINGS = "".join(
    f'@string{{venue{place} = "{for_old_tex(venue, 2)}"}}\n' for place, venue in enumerate(VENUES)
)
WIDTH = 78


def cite_key(paper: Paper) -> str:
    """Family name, in ASCII, and number."""
    family = paper.authors[0].family if paper.authors else "anonymous"
    plain = unicodedata.normalize("NFKD", family).encode("ascii", "ignore").decode("ascii").lower()
    return "".join(filter(str.isalnum, plain)) + f"_{paper.number}"


def _carry(paper: Paper) -> Carried:
    return Carried(
        abstract=on_one_line(paper),
        title=paper.title,
        authors=family_first(paper.authors),
        year=paper.year,
        venue=paper.venue,
        url=paper.url,
        doi=paper.doi,
        arxiv_id=paper.arxiv_id if paper.preprint else None,
        keywords=paper.keywords,
    )


def _tear(entry: str) -> str:
    """The entry without its end: its last braces are never closed."""
    return entry[: entry.lower().index("abstract ") + 60] + "\n\n"


# As kept by hand: accents as commands, @string, quotation marks, concatenation, wrapped lines.


def _classic(paper: Paper) -> str:
    style = paper.number % 3
    names = " and ".join(
        for_old_tex(author.family_first, style) if author.given else f"{{{author.family}}}"
        for author in paper.authors
    )
    venue = VENUES.index(paper.venue) if paper.venue else None
    fields = [
        ("Author", f"{{{names}}}" if names else None),
        ("Title", _classic_title(paper, style)),
        ("Journal", f"venue{venue}" if venue is not None else None),
        ("Year", str(paper.year) if paper.year else None),
        ("Month", f'"5~" # {MONTHS[paper.month - 1]}'),
        ("Doi", f"{{{paper.doi}}}" if paper.doi else None),
        ("Url", rf"{{{paper.url}}}" if paper.url else None),
        ("Eprint", f"{{{paper.arxiv_id}}}" if paper.preprint else None),
        ("Archiveprefix", "{arXiv}" if paper.preprint else None),
        ("Keywords", f"{{{for_old_tex(', '.join(paper.keywords), style)}}}"),
        ("Abstract", _classic_abstract(paper, style)),
    ]
    lines = [f"  {name:<13} = {value}" for name, value in fields if value and value != "{}"]
    brackets = "()" if paper.number % 7 == 6 and not paper.flaw else "{}"
    kind = "@ARTICLE" if paper.number % 2 else "@InProceedings"
    inside = ",\n".join([cite_key(paper), *lines])
    return f"{kind}{brackets[0]}{inside},\n{brackets[1]}\n\n"


def _classic_title(paper: Paper, style: int) -> str | None:
    if paper.title is None:
        return None
    if paper.number % 2 == 0:  # Quotation marks need accents in braces.
        return f'"{for_old_tex(paper.title)}"'
    first, _, rest = paper.title.partition(" ")
    return f"{{{{{for_old_tex(first, style)}}} {for_old_tex(rest, style)}}}"


def _classic_abstract(paper: Paper, style: int) -> str | None:
    if not paper.sections:
        return None
    text = for_old_tex(on_one_line(paper), style)
    wrapped = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
    return f"{{{(chr(10) + ' ' * 4).join(wrapped)}}}"


# As Zotero writes it: blank lines between paragraphs.


def _carry_zotero(paper: Paper) -> Carried:
    return replace(_carry(paper), abstract="\n\n".join(paper.paragraphs))


def _zotero(paper: Paper) -> str:
    names = " and ".join(
        for_zotero(author.family_first) if author.given else f"{{{for_zotero(author.family)}}}"
        for author in paper.authors
    )
    note = f"arXiv:{paper.arxiv_id} [physics]" if paper.preprint else ""
    fields = {
        "title": _brace_capitals(for_zotero(paper.title or "")),
        "volume": str(paper.number % 60 + 1),
        "issn": "1234-5678",
        "url": for_zotero_address(paper.url or ""),
        "doi": paper.doi or "",
        "abstract": for_zotero("\n\n".join(paper.paragraphs)),
        "language": "en",
        "urldate": "2024-03-01",
        "journal": for_zotero(paper.venue or ""),
        "author": names,
        "month": MONTHS[paper.month - 1],
        "year": str(paper.year or ""),
        "note": note,
        "keywords": for_zotero(", ".join(paper.keywords)),
        "file": f"Full Text PDF:C\\:\\\\Users\\\\me\\\\{paper.number}.pdf:application/pdf",
    }
    lines = [
        f"\t{name} = {value if name == 'month' else f'{{{value}}}'},"
        for name, value in fields.items()
        if value
    ]
    return "\n".join([f"\n@article{{{cite_key(paper)},", *lines, "}\n"])


def _biblatex(paper: Paper) -> str:
    names = " and ".join(
        for_zotero(author.family_first) if author.given else f"{{{for_zotero(author.family)}}}"
        for author in paper.authors
    )
    fields = {
        "title": _brace_capitals(for_zotero(paper.title or "")),
        "author": names,
        "date": f"{paper.year}-{paper.month:02d}-05" if paper.year else "",
        "journaltitle": for_zotero(paper.venue or ""),
        "shortjournal": "",
        "eprint": paper.arxiv_id if paper.preprint else "",
        "eprinttype": "arXiv" if paper.preprint else "",
        "eprintclass": "physics" if paper.preprint else "",
        "doi": paper.doi or "",
        "url": for_zotero_address(paper.url or ""),
        "urldate": "2024-03-01",
        "abstract": for_zotero("\n\n".join(paper.paragraphs)),
        "langid": "english",
        "keywords": for_zotero(",".join(paper.keywords)),
    }
    kind = "online" if paper.preprint else "article"
    lines = [f"\t{name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"\n@{kind}{{{cite_key(paper)},", *lines, "}\n"])


def for_zotero_address(address: str) -> str:
    """Addresses stand as they are, but for what would end the value."""
    return address.replace("{", "%7B").replace("}", "%7D")


def _brace_capitals(title: str) -> str:
    """Every other word that begins with a capital, behind the first, in braces."""
    words = title.split(" ")
    return " ".join(
        f"{{{word}}}" if place % 2 and word[:1].isupper() and word.isalpha() else word
        for place, word in enumerate(words)
    )


BIBLIOGRAPHIES = (
    Export(
        "BibTeX, by hand", "papers.bib", _classic, _carry, CLASSIC_START + STRINGS + "\n",
        tear=_tear,
    ),
    Export("BibTeX, Zotero", "zotero.bib.gz", _zotero, _carry_zotero, tear=_tear, packing="gzip"),
    Export("BibLaTeX, Zotero", "zotero-biblatex.bib", _biblatex, _carry_zotero, tear=_tear),
)  # fmt: skip
