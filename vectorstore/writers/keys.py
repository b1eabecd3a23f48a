"""Keys that entries are cited by, such as `quill2024lamp`."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from vectorstore.records import Record

MINOR = frozenset("a an and at by do does for from how in is of on or the to what with".split())
MAX_WORD_CHARACTERS = 40


class CiteKeys:
    """Hands out keys, no key twice: one that is taken gets a hash of the record's id behind it."""

    def __init__(self) -> None:
        """Has handed out none yet."""
        self._taken: set[int] = set()

    def next(self, record: Record) -> str:
        """The key of a record; equal records do not come twice."""
        key = cite_key(record)
        if hash(key) in self._taken:
            key = f"{key}-{_hash(record.id)}"
        while hash(key) in self._taken:
            key += "x"
        self._taken.add(hash(key))
        return key


def cite_key(record: Record) -> str:
    """Author, year and a word of the title, in small letters and digits."""
    author = _family(record.authors[0]) if record.authors else ""
    words = (_ascii(word) for word in record.title[:400].split())
    word = next((word for word in words if word and word not in MINOR), "")
    return f"{author}{record.year or ''}{word}" if author or word else _ascii(record.id)


def _family(name: str) -> str:
    """The family name in `Ada Quill` or `Quill, Ada`."""
    before, comma, _ = name.partition(",")
    words = name.split()
    return _ascii(before if comma else (words[-1] if words else ""))


def _ascii(text: str) -> str:
    """Small letters and digits alone, accents taken off."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)[:MAX_WORD_CHARACTERS]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]
