"""Tables, as CSV or TSV: Zotero, Scopus, Web of Science, Dimensions and whatever has a header."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from vectorstore.readers.cells import Layout, Row, RowReader
from vectorstore.readers.fields import Item, build, shorten
from vectorstore.readers.listing import LABEL
from vectorstore.readers.opening import Document
from vectorstore.readers.text import Head, Line, look, read_lines
from vectorstore.records import Note, RejectedRecord, SkippedRecord, normalise

Columns = dict[str, list[int]]
"""Where the values of each field stand, those that count first before the others."""

MAX_COLUMNS = 2_000
SHOWN_COLUMNS = 20
DELIMITERS = (",", ";", "\t", "|")
ENDINGS = (".csv", ".tsv", ".tab")
SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"\x00]|\t)"?[ ,;]*', re.IGNORECASE)
ABOUT_LINE = re.compile(r'"?About the data: ')
"""Dimensions tells of the search above the header."""
SYNONYMS = {
    "abstract": "abstract abstractnote abstracttext abstracts ab summary description text",
    "title": "title articletitle documenttitle papertitle primarytitle ti",
    "authors": "authorfullnames af authors author authornames creators creator au",
    "year": "year publicationyear publishedyear pubyear py date publicationdate published pubdate "
    "coverdate updatedate",
    "venue": "publicationtitle sourcetitle journal journaltitle journalbook venue booktitle "
    "secondarytitle containertitle conferencename publication so",
    "doi": "doi doilink di",
    "pmid": "pmid pubmedid pm",
    "arxiv_id": "arxivid arxiv",
    "url": "url link weblink articleurl urls links externalurl pdflink dimensionsurl",
    "id": "id",
    "keywords": "keywords keyword authorkeywords indexkeywords manualtags automatictags tags "
    "subjects de meshterms",
    "groups": "groups group collections collection folder",
    "extra": "extra",
}
"""Names of columns, as `_key` makes them, for each field, those that count first in front."""
FAMILY_FIRST = {"authorfullnames", "af", "au"}
"""Columns of names such as `García Márquez, Ana; Reed, Bo`: a comma never parts two of them."""
ALSO_FAMILY_FIRST = {"itemtype": "author", "dimensionsurl": "authors"}
"""Columns by which Zotero and Dimensions are known, and those of names in their tables."""
TELLING = ("abstract", "title", "authors", "doi", "pmid")
UNITED = ("keywords", "groups")
WEB_OF_SCIENCE = {"pt", "au", "ti"}
NO_ABSTRACT = re.compile(
    r"\W*(?:no abstract(?: is)?(?: available)?|abstract not available|n/?a|none|null|nan)\W*",
    re.IGNORECASE,
)
SCOPUS_NUMBER = re.compile(r"\(\d{6,}\)")
EXTRA_LINE = re.compile(
    r"^(?:PMID: ?(?P<pmid>\d{1,8})|arXiv: ?(?P<arxiv_id>[\w./-]{9,30})(?: \[[\w.-]{1,20}\])?)$",
    re.IGNORECASE | re.MULTILINE,
)


class HeaderError(Exception):
    """Why a table cannot be read by its header."""


def matches(head: Head) -> bool:
    """Whether the first row is the header of a table of papers, or the name and it say so."""
    return _find_layout(head) is not None


def read_items(document: Document) -> Iterator[Item]:
    """A record, a rejection or a skipped record for each row, and notes."""
    notes: list[Note] = []
    head = look(document)
    layout = (_find_layout(head) if isinstance(head, Head) else None) or Layout()
    lines = read_lines(document, notes)
    reader = RowReader(_skip_preface(lines) if layout.preface else lines, layout)
    rows = iter(reader)
    header = next(rows, None)
    if header is None:
        yield document.useless("is a table without a header")
        return
    try:
        columns = _read_header(header, document.columns)
    except HeaderError as error:
        yield document.rejected(str(error))
        return
    if "abstract" not in columns:
        yield document.useless(_describe_missing(header.cells))
        return
    yield Note(document.source, header.where, _describe_columns(header.cells, columns))
    reader.width = len(header.cells)
    whole = _find_whole_names(header.cells)
    for row in rows:
        yield from _read_row(row, columns, whole, reader.width, document.source)
    yield from notes


# From the first row to a layout and columns.


def _find_layout(head: Head) -> Layout | None:
    """How the table is written whose header a document starts with; None where it is none."""
    first, _, rest = head.text.partition("\n")
    if LABEL.match(first):
        return None
    separator = SEPARATOR_LINE.fullmatch(first)
    preface = bool(separator or ABOUT_LINE.match(first))
    text = rest if preface else head.text
    delimiters = separator.group(1) if separator else DELIMITERS
    headers = {item: _split_header(text, item) for item in delimiters}
    known = {item: _count_fields(cells, head.columns) for item, cells in headers.items()}
    best = max(headers, key=lambda item: (known[item], len(headers[item])))
    cells, several = headers[best], len(headers[best]) > 1
    named = head.name.endswith(ENDINGS) and (several or known[best])
    if not (separator or named or (several and known[best] > 1)):
        return None
    return Layout(
        best,
        quoted=not (best == "\t" and {_key(cell) for cell in cells} >= WEB_OF_SCIENCE),
        spaced=several and all(cell.startswith(" ") for cell in cells[1:]),
        preface=preface,
    )


def _split_header(text: str, delimiter: str) -> list[str]:
    """The cells of the first row; none where it cannot be told."""
    lines = text.replace("\0", "\ufffd").split("\n")  # Some Pythons refuse to read NUL.
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        return []


def _count_fields(cells: Sequence[str], given: Mapping[str, str]) -> int:
    """How many fields a header names; 0 where none tells of papers, many where the user did."""
    keys = [_key(cell) for cell in cells[:MAX_COLUMNS]]
    if any(_find_column(name, cells) is not None for name in given):
        return len(SYNONYMS)
    fields = {field for field, names in _synonyms(set(keys)).items() if set(names) & set(keys)}
    return len(fields) if fields & set(TELLING) else 0


def _skip_preface(lines: Iterator[Line]) -> Iterator[Line]:
    first = next((line for line in lines if not line.blank), None)
    return lines if first else iter(())


def _key(name: str) -> str:
    """A column's name without what differs between exports: case, white space, punctuation."""
    return normalise(name[:200].replace("_", " ")).replace(" ", "")


def _synonyms(keys: set[str]) -> dict[str, list[str]]:
    """Names of columns for each field; in Web of Science, `ID` are keywords, and `CA` groups."""
    names = {field: known.split() for field, known in SYNONYMS.items()}
    if keys >= WEB_OF_SCIENCE:
        names |= {"id": [], "keywords": ["de", "id"], "group authors": ["ca"]}
    return names


def _read_header(header: Row, given: Mapping[str, str]) -> Columns:
    """The columns of each field that the header names.

    Raises:
        HeaderError: It cannot be used; the message says why.
    """
    if header.fault:
        raise HeaderError(f"its header ({header.where}) cannot be used: {header.fault}")
    if len(header.cells) > MAX_COLUMNS:
        raise HeaderError(f"has {len(header.cells):,} columns; expected at most {MAX_COLUMNS:,}")
    keys = [_key(cell) for cell in header.cells]
    columns = {
        field: [keys.index(name) for name in names if name in keys]
        for field, names in _synonyms(set(keys)).items()
    }
    chosen = _read_given(header.cells, given)
    taken = {place for places in chosen.values() for place in places}
    left = {field: [place for place in columns[field] if place not in taken] for field in columns}
    return {field: places for field, places in (left | chosen).items() if places}


def _read_given(cells: Sequence[str], given: Mapping[str, str]) -> Columns:
    """The columns that the user named."""
    columns: Columns = {}
    for name, field in given.items():
        place = _find_column(name, cells)
        if place is None:
            raise HeaderError(f"no column '{shorten(name)}' (found: {_list(cells)})")
        columns.setdefault(field, []).append(place)
    return columns


def _find_column(name: str, cells: Sequence[str]) -> int | None:
    """The place of the column that a user calls `name`, told apart by case only where needed."""
    exact = [cell.strip() for cell in cells]
    if name.strip() in exact:
        return exact.index(name.strip())
    keys = [_key(cell) for cell in cells]
    return keys.index(_key(name)) if _key(name) in keys and _key(name) else None


def _find_whole_names(cells: Sequence[str]) -> frozenset[int]:
    """The columns in which semicolons alone part names."""
    keys = [_key(cell) for cell in cells]
    names = FAMILY_FIRST | {name for sign, name in ALSO_FAMILY_FIRST.items() if sign in keys}
    return frozenset(place for place, key in enumerate(keys) if key in names)


def _describe_missing(cells: Sequence[str]) -> str:
    found = f"no column with abstracts (found: {_list(cells)})"
    keys = {_key(cell) for cell in cells}
    if keys >= {"pmid", "createdate"}:
        return f"{found}; PubMed's CSV has none: save the papers in its format 'PubMed' instead"
    return f"{found}; name one: --map abstract=COLUMN"


def _describe_columns(cells: Sequence[str], columns: Columns) -> str:
    taken = (
        f"{field} from {_list([cells[place] for place in places])}"
        for field, places in columns.items()
    )
    return f"columns taken: {'; '.join(taken)}"


def _list(cells: Sequence[str]) -> str:
    names = [f"'{shorten(cell.strip(), 40)}'" for cell in cells[:SHOWN_COLUMNS]]
    more = [f"{len(cells) - SHOWN_COLUMNS:,} more"] if len(cells) > SHOWN_COLUMNS else []
    return ", ".join(names + more)


# From the other rows to records.


def _read_row(
    row: Row, columns: Columns, whole: frozenset[int], width: int, source: str
) -> Iterator[Item]:
    """The record in one row; what it lacks at its end is empty."""
    reason = row.fault or _find_surplus(row.cells, width)
    if reason:
        yield RejectedRecord(source, row.where, reason)
        return
    values = _read_values(row.cells, columns, whole)
    abstract = values.get("abstract")
    if isinstance(abstract, str) and NO_ABSTRACT.fullmatch(abstract):
        yield SkippedRecord(source, row.where, f"the abstract is '{shorten(abstract)}'")
    else:
        yield from build(values, source, row.where)


def _find_surplus(cells: Sequence[str], width: int) -> str | None:
    """Why a row holds more than the header names; empty cells at its end count for nothing."""
    if not any(cell.strip() for cell in islice(cells, width, None)):
        return None
    return f"holds {len(cells):,} fields, but the header has {width:,}; quote texts with delimiters"


def _read_values(
    cells: Sequence[str], columns: Columns, whole: frozenset[int]
) -> dict[str, object]:
    """What `fields.build` takes; of several columns for a field, the first that is not empty."""
    values: dict[str, object] = {}
    for field, places in columns.items():
        given = [place for place in places if place < len(cells) and cells[place].strip()]
        texts = [f"{cells[place]};" if place in whole else cells[place] for place in given]
        values[field] = _split(texts) if field in UNITED else next(iter(texts), "")
    for extra in EXTRA_LINE.finditer(str(values.pop("extra", ""))):
        name = str(extra.lastgroup)
        values[name] = values.get(name) or extra[name]
    authors = (values.get("authors"), values.pop("group authors", ""))
    values["authors"] = SCOPUS_NUMBER.sub("", ";".join(str(text) for text in authors if text))
    values["pmid"] = str(values.get("pmid", "")).strip().removesuffix(".0")
    return values


def _split(cells: Iterable[str]) -> list[str]:
    """The parts of lists, each in a cell; commas part only where nothing else does."""
    return [
        part
        for cell in cells
        for part in re.split(r"[;|\n]" if re.search(r"[;|\n]", cell) else ",", cell)
    ]
