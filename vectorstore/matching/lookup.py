"""Keys by which records of the same paper find each other; pure."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from vectorstore.matching import sketch
from vectorstore.matching.folding import split_words
from vectorstore.matching.identifiers import read_identifiers
from vectorstore.matching.rules import LEAST_WORDS
from vectorstore.matching.titles import read_title
from vectorstore.records import Record

VERSION = 1
"""Of the keys: those of another version are not to be compared with."""


@lru_cache(maxsize=1024)  # a record is looked up, placed and indexed within one step
def keys(record: Record) -> tuple[str, ...]:
    """Look-up keys, at most 40: two records of the same paper share at least one, nearly always.

    They are its identities (a notice instead of an abstract is none, where there is another), its
    title, if that says something, and runs of content words of its abstract: the least by their
    hash of all of it, and all of its beginning, since some databases cut abstracts off.
    """
    words = sketch.read_words(split_words(record.abstract))
    says_something = len(words.codes) >= LEAST_WORDS
    found = [*_identities(record, says_something), *_title_keys(record)]
    if says_something:
        found += _abstract_keys(words)
    return tuple(dict.fromkeys(found)) or record.identities


def _identities(record: Record, with_text: bool) -> list[str]:
    identifiers = read_identifiers(record)
    named = (
        ("doi", record.doi),
        ("doi", identifiers.doi),
        ("arxiv", identifiers.arxiv),
        ("pmid", identifiers.pmid),
    )
    texts = record.identities[-1:] if with_text else ()
    return [*(f"{scheme}:{value}" for scheme, value in named if value), *texts]


def _title_keys(record: Record) -> list[str]:
    title = read_title(record)
    if not title or not title.is_meaningful:
        return []
    return ["t" + blake2b(title.key.encode(), digest_size=6).hexdigest()]


def _abstract_keys(words: sketch.Words) -> list[str]:
    runs = sketch.shingles(words.codes, words.run)
    body, head = sketch.least(runs, sketch.BODY_KEYS), runs[: sketch.HEAD_KEYS]
    # 48 bits: among the 30 million keys of a million records, one in ten million meets by chance.
    return [f"a{value >> 16:012x}" for value in (*body.tolist(), *head.tolist())]
