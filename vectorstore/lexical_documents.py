"""A paper as a document of the term index: what it is found by, and the paper itself; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import tantivy

from vectorstore.papers import Paper, look_up_keys
from vectorstore.records import Passage
from vectorstore.rows import to_shelf
from vectorstore.terms import index_terms

Piece = tuple[Paper, Sequence[Passage]]
"""A paper and its passages."""


def number_of(record_id: str) -> int:
    """64 bits that stand for an id: of these the index keeps a column, quick to read."""
    content = record_id.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")


def schema() -> tantivy.Schema:
    """What the index keeps of a paper."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("record", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("group", "source"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("body", "title"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_integer_field("year", indexed=True)
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("paper", stored=True, indexed=False)
    builder.add_unsigned_field("number", indexed=True, fast=True)
    return builder.build()


def document_of(paper: Paper, passages: Sequence[Passage]) -> tantivy.Document:
    """A paper as the index takes it in."""
    record = paper.record
    title = index_terms(record.title)
    document = tantivy.Document(
        record=record.id,
        title=" ".join(title),
        body=" ".join([*title, *index_terms(record.abstract)]),
    )
    if record.year is not None:
        document.add_integer("year", record.year)
    for name, values in (("group", record.groups), ("source", record.sources)):
        for value in values:
            document.add_text(name, value.casefold())
    for key in look_up_keys(paper):
        document.add_text("key", key)
    document.add_bytes("paper", to_shelf(paper, passages))
    document.add_unsigned("number", number_of(record.id))
    return document
