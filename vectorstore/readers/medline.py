"""MEDLINE, the text that PubMed exports: tags of four letters, text from the seventh column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from vectorstore.readers.fields import Item, build
from vectorstore.readers.opening import Document
from vectorstore.readers.tagged import (
    Reference,
    Strays,
    Tagged,
    first_of,
    gather,
    join,
    note_on_ends,
    split_references,
    with_columns,
)
from vectorstore.readers.text import Head, Line, read_lines
from vectorstore.records import Note

TAG = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)", re.DOTALL)
START = re.compile(r"^PMID ?- ?\d+[ \t]*$", re.MULTILINE)
IDENTIFIER = re.compile(r"(.*\S)\s*\[(doi|pii|pmc|arxiv)\]", re.IGNORECASE)
PMC_ADDRESS = "https://pmc.ncbi.nlm.nih.gov/articles/{}/"
PMC = re.compile(r"PMC\d{1,12}")
NOT_A_KEYWORD = "NOTNLM"


def matches(head: Head) -> bool:
    """Whether a line stands in it that begins a reference."""
    return bool(START.search(head.text))


def read_items(document: Document) -> Iterator[Item]:
    """A record, a rejection or a skipped record for each reference, and notes."""
    notes: list[Note] = []
    strays = Strays()
    tagged = _tag_lines(read_lines(document, notes))
    for reference in split_references(tagged, "PMID", None, strays):
        yield from _read_reference(reference, document)
    yield from strays.notes(document.source)
    yield from notes


def _tag_lines(lines: Iterable[Line]) -> Iterator[Tagged]:
    for line in lines:
        found = None if line.too_long or line.text[4:5] != "-" else TAG.match(line.text)
        if found:
            yield Tagged(line, found[1], found[2].strip())
        else:
            yield Tagged(line, None, line.text.strip())


def _read_reference(reference: Reference, document: Document) -> Iterator[Item]:
    source = document.source
    fault = reference.find_fault(source)
    if fault:
        yield fault
        return
    values = with_columns(_to_values(reference), reference, document.columns)
    yield from build(values, source, reference.where)
    yield from note_on_ends(reference, source, "PMID", None)


def _to_values(reference: Reference) -> dict[str, object]:
    """What a reference says, under the names that `build` takes."""
    fields = gather(reference)
    identifiers = _read_identifiers(reference)
    return {
        "abstract": first_of(fields, "AB OAB"),
        "title": first_of(fields, "TI BTI TT"),
        "authors": _read_authors(reference),
        "year": first_of(fields, "DP"),
        "date": first_of(fields, "DEP EDAT"),
        "venue": first_of(fields, "JT TA CTI"),
        "url": _read_address(fields),
        "doi": identifiers.get("doi"),
        "arxiv_id": identifiers.get("arxiv"),
        "pmid": first_of(fields, "PMID"),
        "keywords": [text.replace("*", "") for text in _texts(reference, "MH OT")],
    }


def _texts(reference: Reference, tags: str) -> list[str]:
    """The text of each field of some tags, its lines joined."""
    named = tags.split()
    return [text for tag, lines in reference.fields if tag in named and (text := join(lines))]


def _read_authors(reference: Reference) -> list[str]:
    """Full names, else short ones; groups as they stand among them."""
    full = "FAU" if _texts(reference, "FAU") else "AU"
    return _texts(reference, f"{full} CN")


def _read_identifiers(reference: Reference) -> dict[str, str]:
    """Identifiers by kind, in lower case, from `10.1000/moth [doi]`."""
    found: dict[str, str] = {}
    for text in _texts(reference, "LID AID"):
        match = IDENTIFIER.fullmatch(text)
        if match:
            found.setdefault(match[2].lower(), match[1])
    return found


def _read_address(fields: Mapping[str, list[str]]) -> str | None:
    """Where PubMed Central has the paper, if it does."""
    number = PMC.search(first_of(fields, "PMC") or "")
    return PMC_ADDRESS.format(number.group()) if number else None
