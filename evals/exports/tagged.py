"""Formats of tagged lines: RIS, PubMed's MEDLINE, Web of Science."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from evals.exports.export import Export
from evals.exports.known import Carried, family_first, on_one_line
from evals.exports.papers import Paper

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
WIDTH = 82


# RIS.


def _lines(fields: Iterable[tuple[str, str | None]]) -> str:
    lines = [f"{tag}  - {value}" for tag, value in fields if value]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def _zotero_ris(paper: Paper) -> str:
    """One line a field; paragraphs of the abstract stand on lines without a tag."""
    return _lines(
        [
            ("TY", "JOUR"),
            ("TI", paper.title),
            *(("AU", author.family_first) for author in paper.authors),
            ("T2", paper.venue),
            ("AB", "\r\n".join(paper.paragraphs)),
            ("DA", f"{paper.year}/{paper.month:02d}/05/" if paper.year else None),
            ("PY", str(paper.year or "")),
            ("DO", paper.doi),
            ("VL", "12"),
            ("SP", "1"),
            ("EP", "10"),
            ("LA", "en"),
            ("SN", "1234-5678"),
            ("UR", paper.url),
            ("Y2", "2024/03/01/12:30:00"),
            *(("KW", keyword) for keyword in paper.keywords),
        ]
    )


def _old_ris(paper: Paper) -> str:
    """The tags of Reference Manager, as publishers' sites still write them."""
    return _lines(
        [
            ("TY", "CHAP" if paper.number % 4 == 1 else "JOUR"),
            ("ID", str(paper.number)),
            ("T1", paper.title),
            *(("A1", author.family_first) for author in paper.authors),
            ("Y1", f"{paper.year}/{paper.month:02d}//" if paper.year else None),
            ("N2", on_one_line(paper)),
            *(("KW", keyword) for keyword in paper.keywords),
            ("JF", paper.venue),
            ("VL", "12"),
            ("SP", "1"),
            ("EP", "10"),
            ("N1", f"Cited By: {paper.number}"),
            ("UR", paper.url),
            ("DO", f"https://doi.org/{paper.doi}" if paper.doi else None),
            ("PB", "Tide & Sons"),
        ]
    )


def _carry_ris(paper: Paper) -> Carried:
    return Carried(
        abstract=on_one_line(paper),
        title=paper.title,
        authors=family_first(paper.authors),
        year=paper.year,
        venue=paper.venue,
        url=paper.url,
        doi=paper.doi,
        keywords=paper.keywords,
    )


# MEDLINE.


def _medline(paper: Paper) -> str:
    people = [author for author in paper.authors if author.given]
    names = [
        field
        for author in people
        for field in (("FAU", author.family_first), ("AU", author.initials))
    ]
    date = f"{paper.written_year} {MONTHS[paper.month - 1]}"
    fields = [
        ("PMID", paper.pmid),
        ("OWN", "NLM"),
        ("STAT", "MEDLINE"),
        ("DCOM", "20240401"),
        ("IS", "1234-5678 (Electronic)"),
        ("VI", "12"),
        ("DP", f"{date} {paper.number % 28 + 1}" if paper.number % 3 else f"{date}-Dec"),
        ("TI", _as_sentence(paper.title)),
        ("PG", "1-10"),
        ("LID", f"{paper.doi} [doi]" if paper.doi else None),
        ("AB", on_one_line(paper)),
        ("CI", "Copyright (c) the keepers." if paper.number % 2 else None),
        *names,
        *(("CN", author.family) for author in paper.authors if not author.given),
        ("AD", "Department of Moths and Tides, University of the Harbour, Example City, Nowhere."),
        ("LA", "eng"),
        ("PT", "Journal Article"),
        ("DEP", f"{paper.written_year}{paper.month:02d}05"),
        ("PL", "England"),
        ("TA", "J Ex" if paper.venue else None),
        ("JT", paper.venue),
        ("JID", "0000001"),
        ("SB", "IM"),
        *(("OT", keyword) for keyword in paper.keywords),
        ("EDAT", f"{paper.written_year}/{paper.month:02d}/06 06:00"),
        ("AID", f"S{paper.number} [pii]"),
        ("AID", f"{paper.doi} [doi]" if paper.doi else None),
        ("PST", "ppublish"),
        ("SO", f"J Ex. {date};12(3):1-10."),
    ]
    return "".join(_wrap(tag, value) for tag, value in fields if value) + "\n"


def _wrap(tag: str, value: str) -> str:
    return _fill(f"{tag:<4}- ", value)


def _fill(start: str, value: str) -> str:
    """A field whose further lines stand under its text."""
    filled = textwrap.fill(
        value,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{filled}\n"


def _as_sentence(title: str | None) -> str | None:
    """PubMed ends titles with a full stop."""
    return None if title is None else f"{title}."


def _carry_medline(paper: Paper) -> Carried:
    people = [author for author in paper.authors if author.given]
    groups = [author for author in paper.authors if not author.given]
    return Carried(
        abstract=on_one_line(paper),
        title=_as_sentence(paper.title),
        authors=family_first([*people, *groups]),
        year=paper.written_year,
        venue=paper.venue,
        doi=paper.doi,
        pmid=paper.pmid,
        keywords=paper.keywords,
    )


# Web of Science: one name a line.


def _web_of_science(paper: Paper) -> str:
    people = [author for author in paper.authors if author.given]
    half = len(paper.keywords) // 2
    fields = [
        ("PT", "J"),
        ("AU", "\n   ".join(", ".join(author.initials.rsplit(" ", 1)) for author in people)),
        ("AF", "\n   ".join(author.family_first for author in people)),
        ("CA", "\n   ".join(author.family for author in paper.authors if not author.given)),
        ("TI", paper.title),
        ("SO", (paper.venue or "").upper()),
        ("LA", "English"),
        ("DT", "Article"),
        ("DE", "; ".join(paper.keywords[:half])),
        ("ID", "; ".join(paper.keywords[half:])),
        ("AB", on_one_line(paper)),
        ("C1", "[Keeper, A.] Univ Harbour, Dept Moths & Tides, Example City, Nowhere."),
        ("CR", "Quill A, 1888, J EX, V1, P1, DOI 10.5555/cited\n   Reed B, 1901, J EX, V2, P9"),
        ("NR", "2"),
        ("TC", str(paper.number)),
        ("SN", "1234-5678"),
        ("PD", "MAR 5"),
        ("PY", str(paper.year or "")),
        ("DI", paper.doi),
        ("UT", f"WOS:{paper.number:015d}"),
        ("PM", paper.pmid if paper.indexed else None),
    ]
    lines = (
        f"{tag} {value}\n" if "\n   " in value else _fill(f"{tag} ", value)
        for tag, value in fields
        if value
    )
    return "".join(lines) + "ER\n\n"


def _carry_web_of_science(paper: Paper) -> Carried:
    return Carried(
        abstract=on_one_line(paper),
        title=paper.title,
        authors=family_first(sorted(paper.authors, key=lambda author: not author.given)),
        year=paper.year,
        venue=paper.venue.upper() if paper.venue else None,
        doi=paper.doi,
        pmid=paper.pmid if paper.indexed else None,
        keywords=paper.keywords,
    )


TAGGED = (
    Export("RIS, Zotero", "zotero.ris", _zotero_ris, _carry_ris),
    Export("RIS, publishers", "articles.ris", _old_ris, _carry_ris, encoding="utf-8-sig"),
    Export("PubMed (MEDLINE)", "pubmed.nbib", _medline, _carry_medline, begin="\n"),
    Export(
        "Web of Science, tagged", "savedrecs-tagged.txt", _web_of_science, _carry_web_of_science,
        "FN Clarivate Analytics Web of Science\nVR 1.0\n", end="EF\n", encoding="utf-8-sig",
    ),
)  # fmt: skip
