"""BibTeX: an entry for each paper. Text from outside cannot end its field or begin an entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vectorstore.papers import Paper
from vectorstore.readers.bibtex import read_entry
from vectorstore.readers.bibtex_blocks import Block
from vectorstore.readers.bibtex_values import Macros
from vectorstore.records import Record
from vectorstore.writers.keeping import fields_to_keep, record_of
from vectorstore.writers.keys import CiteKeys
from vectorstore.writers.tex import encode, encode_address

NO_SINGLE_NAME = re.compile(r"(?:^|\s)and(?:\s|$)|,.*,.*,|^\s*others\s*$", re.IGNORECASE)


def write(papers: Iterable[Record | Paper]) -> Iterator[str]:
    """An entry for each paper, and a blank line."""
    keys = CiteKeys()
    for paper in papers:
        record = record_of(paper)
        kind = "article" if record.venue and not record.arxiv_id else "misc"
        start, fields = f"@{kind}{{{keys.next(record)},\n", list(_fields(record, kind))
        written = Block(kind, "{", 1, _enclose(start, fields))
        own = fields_to_keep(paper, read_entry(written, Macros(), ""))
        yield _enclose(start, [*fields, *own]) + "\n\n"


def _enclose(start: str, fields: Iterable[tuple[str, str]]) -> str:
    lines = (f"  {name} = {{{value}}}" for name, value in fields)
    return start + ",\n".join(lines) + "\n}"


def _fields(record: Record, kind: str) -> Iterator[tuple[str, str]]:
    """Names and values; the title keeps its capitals by a second pair of braces."""
    if record.authors:
        yield "author", " and ".join(map(_encode_name, record.authors))
    yield "title", f"{{{encode(record.title)}}}"
    if record.venue:
        yield ("journal" if kind == "article" else "howpublished"), encode(record.venue)
    if record.year is not None:
        yield "year", str(record.year)
    if record.doi:
        yield "doi", encode_address(record.doi)
    if record.arxiv_id:
        yield "eprint", encode_address(record.arxiv_id)
        yield "archiveprefix", "arXiv"
    if record.pmid:
        yield "pmid", encode_address(record.pmid)
    if record.url:
        yield "url", encode_address(record.url)
    yield "abstract", encode(record.abstract)
    if record.keywords:
        yield "keywords", _join(record.keywords)
    if record.groups:
        yield "groups", _join(record.groups)


def _encode_name(name: str) -> str:
    """A name; in braces, as one whole, where its words would be taken for several."""
    text = encode(name)
    return f"{{{text}}}" if NO_SINGLE_NAME.search(name) else text


def _join(items: Iterable[str]) -> str:
    """Parted by commas, or by semicolons where one holds a comma."""
    texts = [encode(item) for item in items]
    return ("; " if any("," in text for text in texts) else ", ").join(texts)
