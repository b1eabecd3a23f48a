"""RIS: references cut out and cleaned by us, each read by `rispy`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from vectorstore.readers import kept
from vectorstore.readers.fields import Item
from vectorstore.readers.opening import Document
from vectorstore.readers.tagged import (
    Reference,
    Strays,
    Tagged,
    all_of,
    first_of,
    note_on_ends,
    split_references,
    with_columns,
)
from vectorstore.readers.text import Head, Line, read_lines
from vectorstore.records import Note, clean_arxiv_id

STRICT = re.compile(r"([A-Z][A-Z0-9])  -[ \t]*(.*)", re.DOTALL)
LOOSE = re.compile(r"[ \t]{0,3}([A-Za-z][A-Za-z0-9])[ \t]{0,3}-[ \t]*(.*)", re.DOTALL)
START = re.compile(
    r"^[ \t]{0,3}TY[ \t]{0,3}-[ \t]*[A-Z][A-Z ]{0,30}$", re.IGNORECASE | re.MULTILINE
)
MORE_TAGS = {"BT": "book_title", "CT": "unpublished_title"}
"""Of the first version of the format, which `rispy` does not know."""
SIGNED = re.compile(r"(quoth-[a-z_]+): ?(.*)", re.DOTALL)
TITLES = "title primary_title unpublished_title translated_title short_title"
VENUES = (
    "alternate_title3 journal_name secondary_title alternate_title1 alternate_title2 book_title"
)
"""`JF`, `JO`, `T2`, `J2`, `JA`: the full name of a journal before a short one."""
KEYWORD_PARTS = re.compile(r"[;\n]")
ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def matches(head: Head) -> bool:
    """Whether a line stands in it that begins a reference."""
    return bool(START.search(head.text))


def read_items(document: Document) -> Iterator[Item]:
    """A record, a rejection or a skipped record for each reference, and notes."""
    notes: list[Note] = []
    strays = Strays()
    tagged = tag_lines(read_lines(document, notes))
    for reference in split_references(tagged, "TY", "ER", strays):
        yield from read_reference(reference, document.source, document.columns)
    yield from strays.notes(document.source)
    yield from notes


def read_reference(
    reference: Reference, source: str, columns: Mapping[str, str] | None = None
) -> Iterator[Item]:
    """What one reference holds."""
    fault = reference.find_fault(source)
    if fault:
        yield fault
        return
    fields = _parse(reference)
    own = [found.groups() for text in fields.get("custom8", ()) if (found := SIGNED.match(text))]
    values = with_columns(_to_values(fields), reference, columns or {})
    pairs = [(name, text) for name, text in own if kept.is_kept(name)]
    yield from kept.read_record(values, pairs, source, reference.where)
    yield from note_on_ends(reference, source, "TY", "ER")


def tag_lines(lines: Iterable[Line]) -> Iterator[Tagged]:
    """The lines with their tags: as the format wants them, or as `TY` before them is written."""
    from rispy.config import TAG_KEY_MAPPING

    known = {*TAG_KEY_MAPPING, *MORE_TAGS}
    loose: str | None = None
    for line in lines:
        if START.match(line.text):
            found = LOOSE.match(line.text)
            loose = found[1] if found and not STRICT.match(line.text) else None
        found = STRICT.match(line.text)
        if loose and not found:
            found = LOOSE.match(line.text)
            same = found and found[1].isupper() == loose.isupper() and found[1].upper() in known
            found = found if same else None
        if found and not line.too_long:
            yield Tagged(line, found[1].upper(), found[2].strip())
        else:
            yield Tagged(line, None, line.text.strip())


def _parse(reference: Reference) -> dict[str, list[str]]:
    """All texts under the names that `rispy` has for tags."""
    from rispy.config import TAG_KEY_MAPPING
    from rispy.parser import RisParser

    known = TAG_KEY_MAPPING | MORE_TAGS
    parser = RisParser(mapping=known, list_tags=[*known], delimiter_tags_mapping={})
    lines = ["TY  - "]
    for tag, texts in reference.fields:
        lines.append(f"{tag}  - {texts[0]}")
        lines += [f"      {text}" for text in texts[1:]]
    (fields,) = parser.parse_lines(iter([*lines, "ER  - "]))
    return {name: texts for name, texts in fields.items() if isinstance(texts, list)}


def _to_values(fields: Mapping[str, list[str]]) -> dict[str, object]:
    """What a reference says, under the names that `build` takes."""
    addresses = [part for text in all_of(fields, "urls") for part in text.split(";")]
    web = [part.strip() for part in addresses if ADDRESS.match(part.strip())]
    files = [text for text in all_of(fields, "file_attachments1") if ADDRESS.match(text)]
    links = web or files or addresses
    return {
        "abstract": first_of(fields, "abstract notes_abstract"),
        "title": first_of(fields, TITLES),
        "authors": all_of(fields, "authors first_authors"),
        "year": first_of(fields, "year publication_year"),
        "date": first_of(fields, "date"),
        "venue": first_of(fields, VENUES),
        "url": links[0] if links else None,
        "doi": first_of(fields, "doi"),
        "keywords": _split_keywords(all_of(fields, "keywords")),
        **_read_identifiers(fields, web),
    }


def _split_keywords(texts: list[str]) -> list[str]:
    """One keyword a line, or several that semicolons part."""
    return [part.strip() for text in texts for part in KEYWORD_PARTS.split(text) if part.strip()]


def _read_identifiers(fields: Mapping[str, list[str]], addresses: list[str]) -> dict[str, object]:
    """What accession numbers and addresses tell of identifiers elsewhere."""
    found: dict[str, object] = {}
    database = (first_of(fields, "name_of_database") or "").lower()
    number = first_of(fields, "accession_number") or ""
    if number.isdigit() and ("pubmed" in database or "medline" in database):
        found["pmid"] = number
    named = filter(None, map(clean_arxiv_id, [*addresses, number]))
    arxiv_id = next(named, None)
    return {**found, "arxiv_id": arxiv_id} if arxiv_id else found
