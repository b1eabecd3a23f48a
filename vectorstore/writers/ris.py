"""RIS: a reference for each paper. Text from outside cannot end its line or begin a reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vectorstore.papers import Paper
from vectorstore.readers.fields import Item
from vectorstore.readers.ris import read_reference, tag_lines
from vectorstore.readers.tagged import Strays, split_references
from vectorstore.readers.text import Line
from vectorstore.records import Record
from vectorstore.writers.keeping import fields_to_keep, record_of
from vectorstore.writers.keys import CiteKeys

OWN_TAG = "C8"
"""The last of the custom fields, which reference managers leave to users."""
LINE_END = re.compile(r"[\r\n\t\x7f]+")


def write(papers: Iterable[Record | Paper]) -> Iterator[str]:
    """A reference for each paper, its lines ended the way that the format wants."""
    keys = CiteKeys()
    for paper in papers:
        record = record_of(paper)
        fields = [*_fields(record, keys.next(record))]
        lines = [f"{tag}  - {LINE_END.sub(' ', text)}" for tag, text in fields]
        own = fields_to_keep(paper, _read([*lines, "ER  - "]))
        lines += [f"{OWN_TAG}  - {name}: {text}" for name, text in own]
        yield "".join(f"{line}\r\n" for line in (*lines, "ER  - ", ""))


def _read(lines: Iterable[str]) -> Iterator[Item]:
    """What our reader makes of lines."""
    numbered = (Line(number, text, len(text)) for number, text in enumerate(lines, 1))
    for reference in split_references(tag_lines(numbered), "TY", "ER", Strays()):
        yield from read_reference(reference, "")


def _fields(record: Record, key: str) -> Iterator[tuple[str, str]]:
    """Tags and texts."""
    yield "TY", "JOUR" if record.venue and not record.arxiv_id else "GEN"
    yield "ID", key
    yield "TI", record.title
    yield from (("AU", name) for name in record.authors)
    if record.year is not None:
        yield "PY", str(record.year)
    if record.venue:
        yield "JO", record.venue
    if record.doi:
        yield "DO", record.doi
    if record.arxiv_id:
        yield "AN", f"arXiv:{record.arxiv_id}"
        yield "DB", "arXiv"
    elif record.pmid:
        yield "AN", record.pmid
        yield "DB", "PubMed"
    if record.url:
        yield "UR", record.url
    yield "AB", record.abstract
    yield from (("KW", keyword) for keyword in record.keywords)
