"""From the values that a file gives for a paper to a checked `Record`, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from vectorstore.naming import derive_title
from vectorstore.papers import Paper
from vectorstore.readers.document import shown_name
from vectorstore.records import (
    Note,
    Record,
    RejectedRecord,
    SkippedRecord,
    clean_arxiv_id,
    clean_doi,
    clean_pmid,
    identify,
    unite,
)

Item: TypeAlias = Record | Paper | RejectedRecord | SkippedRecord | Note
Values: TypeAlias = Mapping[str, object]

MAX_ABSTRACT_CHARACTERS = 100_000
MAX_TITLE_CHARACTERS = 2_000
ABSTRACT_KEYS = ("abstract", "summary", "text")
IDENTIFIERS = {
    "doi": "a DOI",
    "arxiv_id": "an arXiv identifier",
    "pmid": "a PubMed identifier",
}
YEAR_KEYS = ("year", "date", "published", "update_date")
OWN_ID = re.compile(r"(?:doi|arxiv|pmid|text):\S{1,300}")
WHITE = " \t\r\n\xa0\ufeff"
SHOWN_KEYS = 12

# What Chroma does not store reliably (NUL), what no page shows, and what UTF-8 cannot encode.
UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d|2100)(?=\d{4}(?!\d)|(?!\d))")
WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
DOI_ALONE = re.compile(
    r"(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?10\.\d{4,9}/\S+", re.IGNORECASE | re.ASCII
)
PMID_NAMED = re.compile(r"(?:pmid:?\s*|https?://pubmed\.ncbi\.nlm\.nih\.gov/)\d", re.IGNORECASE)


class UnusableError(Exception):
    """A value that makes a record unusable; the message says what was found and expected."""


class NoAbstractError(Exception):
    """A record without an abstract; the message says what there is instead."""


def renamed(values: Values, columns: Mapping[str, str]) -> Values:
    """Values under the names that the user gave to some of the keys."""
    if not columns:
        return values
    given = {columns[key]: value for key, value in values.items() if key in columns}
    return {**values, **given}


def build(values: Values, source: str, where: str) -> Iterator[Item]:
    """The record that `values` describe and notes on what was left out of it, or why there is none.

    Keys that count: `abstract` (a string, or a list of strings), `title`, `authors` (a list of
    names, or of objects with `name` or with `given` and `family`; or one string), `year` (or a
    date), `venue`, `url`, `doi`, `arxiv_id`, `pmid`, `id` (an identifier of a known scheme),
    `keywords` and `groups` (lists or strings), `digest`. What is absent may be None or left out.

    Two keys keep what an export says of a record rather than of the paper: `sources` (a list of
    names) stands for the file that it is read from, and `quoth_id` for the id that the record
    would have, as that of a merged paper is the id of the record that came first. An `id` of the
    form `text:...` is always made anew.

    Args:
        values: What the file gives: plain JSON values, of any type.
        source: Name of the file.
        where: Line or lines of the record.
    """
    notes: list[str] = []
    try:
        record = _make_record(values, source, notes)
    except NoAbstractError as error:
        yield SkippedRecord(source, where, str(error))
        return
    except UnusableError as error:
        yield RejectedRecord(source, where, str(error))
        return
    yield record
    yield from (Note(source, where, note) for note in notes)


def kind_of(value: object) -> str:
    """The JSON type of a value, in words."""
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return "null" if value is None else kinds.get(type(value), "a number")


def shorten(text: str, limit: int = 60) -> str:
    """Text fit for a message: on one line, printable, and not long."""
    line = " ".join(text[: 4 * limit].split())
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in line)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _make_record(values: Values, source: str, notes: list[str]) -> Record:
    abstract = _read_abstract(values)
    title = _read_title(values)
    doi, arxiv_id, pmid = _read_identifiers(values, notes)
    return Record(
        id=_read_own_id(values, notes) or identify(abstract, doi, arxiv_id, pmid),
        title=title or derive_title(abstract),
        abstract=abstract,
        title_derived=_read_flag(values, "title_derived") if title else True,
        authors=_read_authors(values),
        year=_read_year(values, notes),
        venue=_read_string(values, "venue", "journal", "journal-ref"),
        url=_read_url(values, notes),
        doi=doi,
        arxiv_id=arxiv_id,
        pmid=pmid,
        keywords=unite(
            _read_strings(values, "keywords", r"[;,\n]"),
            _read_strings(values, "categories", r"[;,\s]"),
        ),
        groups=unite(_read_strings(values, "group"), _read_strings(values, "groups")),
        sources=_read_sources(values) or (source,),
        digest=_read_flag(values, "digest"),
    )


def _read_abstract(values: Values) -> str:
    key = next((key for key in ABSTRACT_KEYS if values.get(key)), None)
    if key is None:
        raise NoAbstractError(_describe_missing(values))
    value = values[key]
    if isinstance(value, list):
        value = " ".join(_check_items(key, value))
    if not isinstance(value, str):
        raise UnusableError(f"'{key}' is {kind_of(value)}; expected a string or a list of strings")
    return _check_abstract(key, value.strip(WHITE))


def _describe_missing(values: Values) -> str:
    given = next((key for key in ABSTRACT_KEYS if key in values), None)
    if given:
        return f"'{given}' is empty"
    keys = [shorten(key, 30) for key in list(values)[:SHOWN_KEYS]]
    more = [f"{len(values) - SHOWN_KEYS} more"] if len(values) > SHOWN_KEYS else []
    return f"no 'abstract' (found: {', '.join(keys + more) or 'nothing'})"


def _check_abstract(key: str, abstract: str) -> str:
    if not abstract:
        raise NoAbstractError(f"'{key}' is empty")
    if len(abstract) > MAX_ABSTRACT_CHARACTERS:
        raise UnusableError(describe_length(key, len(abstract)))
    _check_storable(key, abstract)
    if not any(letter.isalpha() for letter in abstract):
        raise UnusableError(f"'{key}' holds no letters ('{shorten(abstract, 30)}')")
    return abstract


def describe_length(key: str, length: int, limit: int = MAX_ABSTRACT_CHARACTERS) -> str:
    """The reason to reject a text of `length` characters."""
    return f"'{key}' is {length:,} characters long; expected at most {limit:,}"


def _check_storable(key: str, text: str) -> str:
    match = UNSTORABLE.search(text)
    if match:
        code = ord(match.group())
        kind = "lone surrogate" if code >= 0xD800 else "control character"
        place = f"at character {match.start() + 1:,}"
        raise UnusableError(f"'{key}' holds the {kind} U+{code:04X} {place}; remove it")
    return text


def _check_items(key: str, items: list[object]) -> list[str]:
    for item in items:
        if not isinstance(item, str):
            raise UnusableError(f"'{key}' lists {kind_of(item)}; expected strings")
    return [_check_storable(key, item) for item in items if isinstance(item, str)]


def _read_string(values: Values, *keys: str) -> str | None:
    """The first of the values under `keys` that says something, on one line."""
    for key in keys:
        value = values.get(key)
        if value is None:
            continue
        if not isinstance(value, str):
            raise UnusableError(f"'{key}' is {kind_of(value)}; expected a string")
        line = " ".join(_check_storable(key, value).split())
        if line:
            return line
    return None


def _read_strings(values: Values, key: str, separator: str | None = None) -> tuple[str, ...]:
    """The strings under `key`: a list, or one string, split where a separator is given."""
    value = values.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        _check_storable(key, value)
        value = re.split(separator, value) if separator else [value]
    if not isinstance(value, list):
        raise UnusableError(f"'{key}' is {kind_of(value)}; expected a string or a list of strings")
    lines = (" ".join(item.split()) for item in _check_items(key, value))
    return tuple(dict.fromkeys(line for line in lines if line))


def _read_sources(values: Values) -> tuple[str, ...]:
    """The files that a record states to be from; empty where it states none."""
    value = values.get("sources")
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return ()
    return tuple(dict.fromkeys(shown_name(item) for item in value if item))


def _read_title(values: Values) -> str | None:
    title = _read_string(values, "title")
    if title and len(title) > MAX_TITLE_CHARACTERS:
        raise UnusableError(describe_length("title", len(title), MAX_TITLE_CHARACTERS))
    return title


def _read_flag(values: Values, key: str) -> bool:
    value = values.get(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise UnusableError(f"'{key}' is {kind_of(value)}; expected true or false")


def _read_authors(values: Values) -> tuple[str, ...]:
    value = values.get("authors")
    if isinstance(value, str):
        value = _split_names(_check_storable("authors", value))
    if value is None:
        return ()
    if not isinstance(value, list):
        raise UnusableError(f"'authors' is {kind_of(value)}; expected a list or a string of names")
    names = (" ".join(_read_name(item).split()) for item in value)
    return tuple(name for name in names if name)


def _read_name(item: object) -> str:
    if isinstance(item, dict):
        parts = [item.get("name")] if item.get("name") else [item.get("given"), item.get("family")]
        given = [part for part in parts if isinstance(part, str)]
        if given:
            return _check_storable("authors", " ".join(given))
    if isinstance(item, str):
        return _check_storable("authors", item)
    raise UnusableError(
        f"'authors' lists {kind_of(item)}; expected strings, "
        "or objects with 'name' or with 'given' and 'family'"
    )


def _split_names(text: str) -> list[object]:
    """The names in one string; commas part names only where each part is a full name."""
    if ";" in text:
        return list(text.split(";"))
    names: list[object] = []
    for part in re.split(r",?\sand\s", text):
        pieces = [piece.strip() for piece in part.split(",")]
        full = all(len(piece.split()) > 1 for piece in pieces if piece)
        names.extend(pieces if full else [part])
    return names


def _read_year(values: Values, notes: list[str]) -> int | None:
    unread: list[str] = []
    for key in YEAR_KEYS:
        value = values.get(key)
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise UnusableError(f"'{key}' is {kind_of(value)}; expected a year or a date")
        match = YEAR.search(str(value))
        if match:
            return int(match.group())
        unread.append(f"'{key}' was left out: no year from 1500 to 2100 in '{shorten(str(value))}'")
    notes.extend(unread)
    return None


def _read_url(values: Values, notes: list[str]) -> str | None:
    for key in ("url", "link"):
        address = _read_string(values, key)
        if address and WEB_ADDRESS.fullmatch(address):
            return address
        if address:
            found = f"'{shorten(address)}' is not an http or https address"
            notes.append(f"'{key}' was left out: {found}")
    return None


def _read_identifiers(
    values: Values, notes: list[str]
) -> tuple[str | None, str | None, str | None]:
    """DOI, arXiv id and PMID: from their own keys, else from an address or an id that names them.

    An `id` of no known scheme says nothing outside its file, so it identifies nothing here.
    """
    addresses = (_read_string(values, key) for key in ("url", "link"))
    hints = [hint for hint in (_read_id(values), *addresses) if hint]
    doi = _read_identifier(values, "doi", clean_doi, notes)
    arxiv_id = _read_identifier(values, "arxiv_id", clean_arxiv_id, notes)
    pmid = _read_identifier(values, "pmid", clean_pmid, notes)
    doi = doi or next((clean_doi(hint) for hint in hints if DOI_ALONE.fullmatch(hint)), None)
    arxiv_id = arxiv_id or next(filter(None, map(clean_arxiv_id, [doi or "", *hints])), None)
    pmid = pmid or next((clean_pmid(hint) for hint in hints if PMID_NAMED.match(hint)), None)
    return doi, arxiv_id, pmid


def _read_identifier(
    values: Values, key: str, clean: Callable[[str], str | None], notes: list[str]
) -> str | None:
    """The identifier under `key`, with a note where what is given there is none."""
    given = _read_number(values, key) or (_read_string(values, "arxiv") if "arxiv" in key else None)
    found = clean(given) if given else None
    if given and not found:
        notes.append(f"'{key}' was left out: '{shorten(given)}' is not {IDENTIFIERS[key]}")
    return found


def _read_id(values: Values) -> str | None:
    """The record's `id` where it is a string; numbers count within their file only.

    Beside `quoth_id`, it is the id of an export, which may be that of a record merged before.
    """
    if values.get("quoth_id") is not None:
        return None
    key = "id" if values.get("id") is not None else "_id"
    value = values.get(key)
    if isinstance(value, dict | list | bool):
        raise UnusableError(f"'{key}' is {kind_of(value)}; expected a string or a number")
    return _read_string(values, key) if isinstance(value, str) else None


def _read_own_id(values: Values, notes: list[str]) -> str | None:
    """The id that one of our exports states."""
    value = values.get("quoth_id")
    if isinstance(value, str) and OWN_ID.fullmatch(_check_storable("quoth_id", value)):
        return value
    if value is not None:
        shown = f"'{shorten(value)}'" if isinstance(value, str) else kind_of(value)
        notes.append(f"'quoth_id' was left out: {shown} is no id that Quoth gives")
    return None


def _read_number(values: Values, key: str) -> str | None:
    """The text of a number that may be given as a string."""
    value = values.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value).removesuffix(".0")
    return _read_string(values, key)
