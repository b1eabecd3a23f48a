"""BibTeX and BibLaTeX: blocks cut by us, each read by `bibtexparser`.

Given a whole file, that library keeps all of it in memory several times over, and an entry that is
not closed can take those behind it along.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from vectorstore.readers import kept
from vectorstore.readers.bibtex_blocks import Block, split_blocks
from vectorstore.readers.bibtex_values import Macros, MalformedError
from vectorstore.readers.fields import Item, shorten
from vectorstore.readers.opening import Document
from vectorstore.readers.tex import decode, decode_address, unwrap
from vectorstore.readers.text import Head, Line, read_lines
from vectorstore.records import Note, RejectedRecord, clean_arxiv_id

ENDINGS = (".bib", ".bibtex", ".biblatex")
MAX_LINES_BEFORE = 5
SHOWN_NAMES = 10
FIRST_BLOCK = re.compile(r"^[ \t]*@[ \t]*[^\W\d_][\w-]*\s*[{(]", re.MULTILINE)
SILENCE = logging.NullHandler()
"""For what the library logs of broken entries: each is rejected with the reason."""
NO_ENTRIES = ("comment", "preamble", "string")
VENUES = ("journal", "journaltitle", "booktitle", "howpublished")
ADDRESS = re.compile(r"\s*(?:https?://|\\url\b|\\href\b)", re.IGNORECASE)


def matches(head: Head) -> bool:
    """Whether a block of BibTeX stands in it, near the start unless the name promises one."""
    start = FIRST_BLOCK.search(head.text)
    if not start:
        return False
    lines = head.text[: start.start()].split("\n")
    before = sum(bool(line.strip()) and not line.lstrip().startswith("%") for line in lines)
    return before <= MAX_LINES_BEFORE or head.name.endswith(ENDINGS)


def read_items(document: Document) -> Iterator[Item]:
    """A record, a rejection or a skipped record for each entry, and notes."""
    notes: list[Note] = []
    macros = Macros()
    found = False
    for block in split_blocks(read_lines(document, notes)):
        if isinstance(block, Line):
            yield block.rejected(document.source)
        elif block.kind not in NO_ENTRIES:
            yield from read_entry(block, macros, document.source, document.columns)
        elif block.kind == "string":
            yield from _read_macro(block, macros, document.source)
            continue
        else:
            continue
        found = True
    if not found:
        yield document.useless("is BibTeX without entries")
    yield from notes


def read_entry(
    block: Block, macros: Macros, source: str, columns: Mapping[str, str] | None = None
) -> Iterator[Item]:
    """What one entry holds."""
    where = f"entry {block.key} (line {block.first})" if block.key else f"line {block.first}"
    try:
        entry = _read_fields(block, macros)
    except MalformedError as fault:
        yield RejectedRecord(source, where, f"the entry cannot be read: {fault}")
        return
    own = [(name, text) for name, text in entry.texts.items() if kept.is_kept(name)]
    yield from kept.read_record(_to_values(entry.texts, columns or {}), own, source, where)
    if entry.repeated:
        reason = f"{_quote(entry.repeated)} more than once in it; the first was taken"
        yield Note(source, where, reason)
    if entry.texts.get("crossref") or entry.texts.get("xdata"):
        yield Note(source, where, "what it takes over from another entry was left out")
    if entry.unknown:
        reason = f"no macro defines {_quote(entry.unknown)}; the name was taken for its text"
        yield Note(source, where, reason)


def _quote(names: Iterable[str]) -> str:
    return shorten(", ".join(f"'{name}'" for name in islice(names, SHOWN_NAMES)))


@dataclass
class _Entry:
    """The fields of an entry by their names in lower case, as they stand in the file."""

    texts: dict[str, str] = field(default_factory=dict)
    repeated: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)


def _read_fields(block: Block, macros: Macros) -> _Entry:
    """The fields of an entry, their macros replaced."""
    entry = _Entry()
    for name, raw in _parse(block):
        if name in entry.texts:
            entry.repeated[name] = None
            continue
        macros.unknown.clear()
        entry.texts[name] = _read_value(name, raw, macros)
        entry.unknown |= macros.unknown if name != "month" else {}
    return entry


def _read_value(name: str, raw: str, macros: Macros) -> str:
    try:
        return macros.read(raw)
    except MalformedError as fault:
        raise MalformedError(f"in '{shorten(name, 30)}' {fault}") from None


def _parse(block: Block) -> Iterator[tuple[str, str]]:
    """Names (in lower case) and values of the fields, as `bibtexparser` splits them."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry, ParsingFailedBlock, String

    logging.getLogger("bibtexparser").addHandler(SILENCE)
    if block.fault:
        raise MalformedError(block.fault)
    parsed = parse_string(block.text, parse_stack=[]).blocks
    first = parsed[0] if parsed else None
    if isinstance(first, DuplicateFieldKeyBlock):
        first = first.ignore_error_block
    if isinstance(first, Entry):
        yield from ((_read_name(item.key), str(item.value)) for item in first.fields)
    elif isinstance(first, String):
        yield first.key, str(first.value)
    else:
        error = first.error if isinstance(first, ParsingFailedBlock) else None
        raise MalformedError(_describe(str(getattr(error, "abort_reason", "it is no entry"))))


def _read_name(key: str) -> str:
    """The name of a field in lower case, without comments on the lines before it.

    BibTeX knows none inside an entry, biber does; `% abstract = {...}` stays what nobody asks for.
    """
    *comments, name = (line.strip() for line in key.lower().split("\n"))
    is_commented = all(not line or line.startswith("%") for line in comments)
    return name if is_commented else " ".join([*comments, name])


def _describe(reason: str) -> str:
    """The library's reason, as the end of a sentence."""
    line = " ".join(reason.replace("`", "'").split()).rstrip(".")
    return line[:1].lower() + line[1:]


def _read_macro(block: Block, macros: Macros, source: str) -> Iterator[Item]:
    try:
        for name, raw in _parse(block):
            macros.define(name, raw)
    except MalformedError as fault:
        yield Note(source, f"line {block.first}", f"a macro was left out: {fault}")


def _to_values(texts: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, object]:
    """What the fields of an entry say, under the names that `build` takes."""
    named = {name.lower(): name_of for name, name_of in columns.items()}
    given = {**texts, **{named[name]: text for name, text in texts.items() if name in named}}
    venues = (_read_line(given.get(name, "")) for name in VENUES if not _is_address(given, name))
    values: dict[str, object] = {
        "abstract": decode(unwrap(given.get("abstract", ""))),
        "title": _read_title(given),
        "authors": _read_names(given.get("author") or given.get("authors") or ""),
        "year": _read_line(given.get("year", "")),
        "date": _read_line(given.get("date", "")),
        "venue": next((venue for venue in venues if venue), None),
        "url": _read_address(given),
        "doi": decode_address(given.get("doi", "")) or None,
        "pmid": decode_address(given.get("pmid", "")) or None,
        "keywords": _read_list(given.get("keywords") or given.get("keyword") or "", ";"),
        "groups": _read_list(given.get("groups", ""), ","),
    }
    values |= _read_eprint(given)
    return {name: value for name, value in values.items() if value or name in texts}


def _read_line(raw: str) -> str:
    return " ".join(decode(raw).split())


def _read_title(given: Mapping[str, str]) -> str:
    """The title, with a subtitle where BibLaTeX has one."""
    title, subtitle = _read_line(given.get("title", "")), _read_line(given.get("subtitle", ""))
    return f"{title}: {subtitle}" if title and subtitle else title


def _read_names(raw: str) -> list[str]:
    """The names between `and`, as they are given; braces keep one together."""
    from bibtexparser.middlewares.names import split_multiple_persons_names

    names = split_multiple_persons_names(raw)
    if names and names[-1].strip().lower() == "others":
        names.pop()
    return [_read_line(re.sub(r"(?<!\\)~", " ", name)) for name in names]


def _read_list(raw: str, separator: str) -> list[str]:
    """Keywords or groups; commas part them where no semicolon does."""
    text = _read_line(raw)
    items = text.split(separator if separator in text else ",")
    return [item.strip() for item in items if item.strip()]


def _is_address(given: Mapping[str, str], name: str) -> bool:
    return bool(ADDRESS.match(given.get(name, "")))


def _read_address(given: Mapping[str, str]) -> str | None:
    """The address of a paper; old files have it in `howpublished`."""
    name = "url" if given.get("url") else "howpublished"
    is_one = name == "url" or _is_address(given, name)
    return decode_address(given.get(name, "")) or None if is_one else None


def _read_eprint(given: Mapping[str, str]) -> dict[str, object]:
    """The identifier in an archive of preprints, where it is one that we know."""
    eprint = decode_address(given.get("eprint", ""))
    kind = (given.get("archiveprefix") or given.get("eprinttype") or "").strip().lower()
    arxiv_id = given.get("arxivid") or given.get("arxiv_id") or given.get("arxiv")
    if arxiv_id:
        return {"arxiv_id": decode_address(arxiv_id)}
    if eprint and (kind == "arxiv" or (not kind and clean_arxiv_id(eprint))):
        return {"arxiv_id": eprint}
    if eprint and kind in ("pubmed", "pmid") and not given.get("pmid"):
        return {"pmid": eprint}
    return {}
