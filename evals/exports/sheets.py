"""Tables: CSV of Zotero, Scopus and Dimensions, Web of Science as tabs, a team's own sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

from evals.exports.export import Export
from evals.exports.known import Carried, family_first, on_lines, on_one_line
from evals.exports.papers import Author, Paper

ZOTERO = (
    "Key,Item Type,Publication Year,Author,Title,Publication Title,ISBN,ISSN,DOI,Url,Abstract Note,"
    "Date,Date Added,Date Modified,Access Date,Pages,Num Pages,Issue,Volume,Number Of Volumes,"
    "Journal Abbreviation,Short Title,Series,Series Number,Series Text,Series Title,Publisher,"
    "Place,Language,Rights,Type,Archive,Archive Location,Library Catalog,Call Number,Extra,Notes,"
    "File Attachments,Link Attachments,Manual Tags,Automatic Tags,Editor,Series Editor,Translator"
).split(",")
SCOPUS = (
    "Authors,Author full names,Author(s) ID,Title,Year,Source title,Volume,Issue,Art. No.,"
    "Page start,Page end,Cited by,DOI,Link,Abstract,Author Keywords,Index Keywords,PubMed ID,"
    "Document Type,Publication Stage,Open Access,Source,EID"
).split(",")
WEB_OF_SCIENCE = (
    "PT AU BA BE GP AF BF CA TI SO SE BS LA DT CT CY CL SP HO DE ID AB C1 C3 RP EM RI OI FU FP FX "
    "CR NR TC Z9 U1 U2 PU PI PA SN EI BN J9 JI PD PY VL IS PN SU SI MA BP EP AR DI DL D2 EA PG WC "
    "WE SC GA PM OA HC HP DA UT"
).split()
DIMENSIONS = (
    "Rank,Publication ID,DOI,PMID,PMCID,ISBN,Title,Abstract,Acknowledgements,Funding,Source title,"
    "Anthology title,Book editors,MeSH terms,Publication date,PubYear,Publication date (online),"
    "Publication date (print),Volume,Issue,Pagination,Open Access,Publication Type,Authors,"
    "Authors (Raw Affiliation),Corresponding Authors,Authors Affiliations,Times cited,"
    "Source Linkout,Dimensions URL"
).split(",")
ABOUT_DIMENSIONS = (
    '"About the data: Exported on Mar 01, 2024. Criteria: \'moths, ""tides""\' in title and '
    'abstract; Publication Year is 2024 or 2023; (c) 2024 the keepers, all rights reserved."\r\n'
)
SHEET = ("Nr.", "Title", "Writers", "Summary", "Abstract", "Year", "Remarks")


def _row(
    names: Sequence[str], values: Mapping[str, str], delimiter: str = ",", quote_all: bool = False
) -> str:
    line = io.StringIO()
    writer = csv.writer(
        line,
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
        lineterminator="\r\n",
    )
    writer.writerow([values.get(name, "") for name in names])
    return line.getvalue()


def _header(names: Sequence[str], delimiter: str = ",", quote_all: bool = False) -> str:
    return _row(names, {name: name for name in names}, delimiter, quote_all)


def _add_cells(delimiter: str, end: str = "\r\n") -> str:
    return f"{delimiter}spilt{delimiter}over{end}"


# Zotero.


def _zotero(paper: Paper) -> str:
    half = len(paper.keywords) // 2
    values = {
        "Key": f"K{paper.number:07d}",
        "Item Type": "preprint" if paper.preprint else "journalArticle",
        "Publication Year": str(paper.year or ""),
        "Author": "; ".join(family_first(paper.authors)),
        "Title": paper.title or "",
        "Publication Title": paper.venue or "",
        "ISSN": "1234-5678",
        "DOI": paper.doi or "",
        "Url": paper.url or "",
        "Abstract Note": on_lines(paper),
        "Date": f"{paper.year}-{paper.month:02d}-05" if paper.year else "",
        "Date Added": "2024-03-01 12:00:00",
        "Date Modified": "2024-03-01 12:00:00",
        "Language": "en",
        "Extra": _extra(paper),
        "Manual Tags": "; ".join(paper.keywords[:half]),
        "Automatic Tags": "; ".join(paper.keywords[half:]),
    }
    return _row(ZOTERO, values, quote_all=True)


def _extra(paper: Paper) -> str:
    """What Zotero has no column for."""
    preprint = [f"arXiv:{paper.arxiv_id} [physics]"] if paper.preprint else []
    indexed = [f"PMID: {paper.pmid}", f"PMCID: PMC{paper.number + 1}"] if paper.indexed else []
    return "\n".join([*preprint, *indexed])


def _carry_zotero(paper: Paper) -> Carried:
    return Carried(
        abstract=on_lines(paper),
        title=paper.title,
        authors=family_first(paper.authors),
        year=paper.year,
        venue=paper.venue,
        url=paper.url,
        doi=paper.doi,
        arxiv_id=paper.arxiv_id if paper.preprint else None,
        pmid=paper.pmid if paper.indexed else None,
        keywords=paper.keywords,
    )


# Scopus.


def _scopus(paper: Paper) -> str:
    names = enumerate(family_first(paper.authors))
    half = len(paper.keywords) // 2
    values = {
        "Authors": "; ".join(_with_dots(author.initials) for author in paper.authors),
        "Author full names": "; ".join(f"{name} ({57_000_000_000 + n})" for n, name in names),
        "Author(s) ID": "; ".join(str(57_000_000_000 + n) for n in range(len(paper.authors))),
        "Title": paper.title or "",
        "Year": str(paper.written_year),
        "Source title": paper.venue or "",
        "Volume": "12",
        "Cited by": str(paper.number),
        "DOI": paper.doi or "",
        "Link": _scopus_address(paper),
        "Abstract": on_one_line(paper) or "[No abstract available]",
        "Author Keywords": "; ".join(paper.keywords[:half]),
        "Index Keywords": "; ".join(paper.keywords[half:]),
        "PubMed ID": paper.pmid if paper.indexed else "",
        "Document Type": "Article",
        "Publication Stage": "Final",
        "Source": "Scopus",
        "EID": f"2-s2.0-85{paper.number:09d}",
    }
    return _row(SCOPUS, values, quote_all=True)


def _with_dots(name: str) -> str:
    """`Müller A.`, as Scopus shortens names."""
    family, space, initials = name.rpartition(" ")
    return family + space + "".join(f"{letter}." for letter in initials) if space else name


def _scopus_address(paper: Paper) -> str:
    number = f"2-s2.0-85{paper.number:09d}"
    return f"https://www.scopus.com/inward/record.uri?eid={number}&partnerID=40&md5=0a1b2c"


def _carry_scopus(paper: Paper) -> Carried:
    return replace(
        _carry_zotero(paper),
        abstract=on_one_line(paper),
        year=paper.written_year,
        url=_scopus_address(paper),
        arxiv_id=None,
    )


# Web of Science: no quotation marks around anything, nothing behind the last cell.


def _web_of_science(paper: Paper) -> str:
    people = [author for author in paper.authors if author.given]
    groups = [author.family for author in paper.authors if not author.given]
    half = len(paper.keywords) // 2
    values = {
        "PT": "J",
        "AU": "; ".join(author.initials for author in people),
        "AF": "; ".join(author.family_first for author in people),
        "CA": "; ".join(groups),
        "TI": f'"{paper.title}"' if paper.title and paper.number % 4 == 1 else paper.title or "",
        "SO": (paper.venue or "").upper(),
        "LA": "English",
        "DT": "Article",
        "DE": "; ".join(paper.keywords[:half]),
        "ID": "; ".join(paper.keywords[half:]),
        "AB": on_one_line(paper),
        "TC": str(paper.number),
        "SN": "1234-5678",
        "PD": "MAR 5",
        "PY": str(paper.year or ""),
        "DI": paper.doi or "",
        "PM": paper.pmid if paper.indexed else "",
        "DA": "2024-03-01",
        "UT": f"WOS:{paper.number:015d}",
    }
    return "\t".join(values.get(name, "") for name in WEB_OF_SCIENCE) + "\r\n"


def _carry_web_of_science(paper: Paper) -> Carried:
    quoted = paper.title and paper.number % 4 == 1
    return replace(
        _carry_zotero(paper),
        abstract=on_one_line(paper),
        title=f'"{paper.title}"' if quoted else paper.title,
        authors=family_first(sorted(paper.authors, key=lambda author: not author.given)),
        venue=paper.venue.upper() if paper.venue else None,
        url=None,
        arxiv_id=None,
    )


# Dimensions: a line about the search, then the table.


def _dimensions(paper: Paper) -> str:
    names = "; ".join(family_first(paper.authors))
    values = {
        "Rank": "500",
        "Publication ID": f"pub.{1_100_000_000 + paper.number}",
        "DOI": paper.doi or "",
        "PMID": paper.pmid if paper.indexed else "",
        "Title": paper.title or "",
        "Abstract": on_one_line(paper),
        "Source title": paper.venue or "",
        "MeSH terms": "; ".join(paper.keywords),
        "Publication date": f"{paper.year}-{paper.month:02d}-05" if paper.year else "",
        "PubYear": str(paper.year or ""),
        "Authors": names,
        "Authors (Raw Affiliation)": f"{names} (University of the Harbour)" if names else "",
        "Times cited": str(paper.number),
        "Dimensions URL": _dimensions_address(paper),
    }
    return _row(DIMENSIONS, values)


def _dimensions_address(paper: Paper) -> str:
    return f"https://app.dimensions.ai/details/publication/pub.{1_100_000_000 + paper.number}"


def _carry_dimensions(paper: Paper) -> Carried:
    return replace(
        _carry_zotero(paper),
        abstract=on_one_line(paper),
        url=_dimensions_address(paper),
        arxiv_id=None,
    )


# A team's own sheet, as a European Excel saves it: what is called Abstract is their verdict.


def _sheet(paper: Paper) -> str:
    values = {
        "Nr.": str(paper.number),
        "Title": paper.title or "",
        "Writers": " and ".join(author.given_first for author in _people(paper)),
        "Summary": "\n".join(paper.paragraphs),
        "Abstract": "screened; in" if paper.number % 2 else "unclear",
        "Year": f"{paper.year}.0" if paper.year else "",
        "Remarks": 'says "maybe"',
    }
    return _row(SHEET, values, ";")


def _people(paper: Paper) -> list[Author]:
    return [author for author in paper.authors if author.given]


def _carry_sheet(paper: Paper) -> Carried:
    return Carried(
        abstract=on_lines(paper),
        title=paper.title,
        authors=tuple(author.given_first for author in paper.authors if author.given),
        year=paper.year,
    )


SHEETS = (
    Export(
        "CSV, Zotero", "zotero.csv", _zotero, _carry_zotero, _header(ZOTERO, quote_all=True),
        encoding="utf-8-sig", tear=lambda row: row.removesuffix("\r\n") + _add_cells(","),
    ),
    Export(
        "CSV, Scopus", "scopus.csv.zip", _scopus, _carry_scopus, _header(SCOPUS, quote_all=True),
        encoding="utf-8-sig", tear=lambda row: row.removesuffix("\r\n") + _add_cells(","),
        packing="zip",
    ),
    Export(
        "Web of Science, UTF-8", "savedrecs.txt", _web_of_science, _carry_web_of_science,
        _header(WEB_OF_SCIENCE, "\t"), encoding="utf-8-sig",
        tear=lambda row: row.removesuffix("\r\n") + _add_cells("\t"),
    ),
    Export(
        "Web of Science, UTF-16", "savedrecs-win.txt", _web_of_science, _carry_web_of_science,
        _header(WEB_OF_SCIENCE, "\t"), encoding="utf-16",
        tear=lambda row: row.removesuffix("\r\n") + _add_cells("\t"),
    ),
    Export(
        "CSV, Dimensions", "dimensions.csv", _dimensions, _carry_dimensions,
        ABOUT_DIMENSIONS + _header(DIMENSIONS), encoding="utf-8-sig",
        tear=lambda row: row.removesuffix("\r\n") + _add_cells(","),
    ),
    Export(
        "CSV, own columns", "screening.csv", _sheet, _carry_sheet, _header(SHEET, ";"),
        columns={"Summary": "abstract", "Writers": "authors"},
        tear=lambda row: row.removesuffix("\r\n") + _add_cells(";"),
    ),
)  # fmt: skip
