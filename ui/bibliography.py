"""Papers as BibTeX and RIS; pure. Text from outside cannot end its field or begin an entry."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator

from rag import Record
from rag.cli.console import as_data
from rag.cli.rendering import for_reading

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_MINOR = frozenset("a an and at by do does for from how in is of on or the to what with".split())


def to_bibtex(records: Iterable[Record]) -> str:
    """An entry for each paper, in UTF-8; keys are author, year and a word of the title."""
    listed = list(records)
    return "\n".join(map(_entry, cite_keys(listed), listed))


def to_ris(records: Iterable[Record]) -> str:
    """A reference for each paper, its lines ending as the format wants it."""
    listed = list(records)
    keyed = zip(cite_keys(listed), listed, strict=True)
    return "".join("\r\n".join((*_ris_lines(*one), "ER  - ", "")) for one in keyed)


def cite_keys(records: Iterable[Record]) -> list[str]:
    """A key for each record; the same records have the same keys, whatever their order.

    Where two records would have the same key, each ends in a hash of its id.
    """
    listed = list(records)
    plain = [_key(record) for record in listed]
    return [
        f"{key}-{_hash(record.id)}" if plain.count(key) > 1 else key
        for key, record in zip(plain, listed, strict=True)
    ]


def _entry(key: str, record: Record) -> str:
    fields = [f"  {name} = {{{value}}}" for name, value in _bibtex_fields(record)]
    return f"@{_bibtex_kind(record)}{{{key},\n" + ",\n".join(fields) + "\n}\n"


def _bibtex_kind(record: Record) -> str:
    return "article" if record.venue and not record.arxiv_id else "misc"


def _bibtex_fields(record: Record) -> Iterator[tuple[str, str]]:
    """Names and values, escaped; the title keeps its capitals by a second pair of braces."""
    if record.authors:
        yield "author", " and ".join(_bibtex_name(name) for name in record.authors)
    yield "title", f"{{{_tex(record.title)}}}"
    if record.year is not None:
        yield "year", str(record.year)
    if record.venue:
        yield (
            ("journal" if _bibtex_kind(record) == "article" else "howpublished"),
            _tex(record.venue),
        )
    if record.doi:
        yield "doi", _verbatim(record.doi)
    if record.arxiv_id:
        yield "eprint", _verbatim(record.arxiv_id)
        yield "archiveprefix", "arXiv"
    if record.url:
        yield "url", _verbatim(record.url)
    if record.keywords:
        yield "keywords", ", ".join(_tex(keyword) for keyword in record.keywords)


def _bibtex_name(name: str) -> str:
    """A name; in braces, as one whole, where it holds the word that stands between names."""
    text = _tex(name)
    return f"{{{text}}}" if re.search(r"(?i)(^|\s)and(\s|$)|,.*,.*,", text) else text


def _ris_lines(key: str, record: Record) -> Iterator[str]:
    yield f"TY  - {'JOUR' if record.venue and not record.arxiv_id else 'GEN'}"
    yield f"ID  - {key}"
    yield f"TI  - {for_reading(record.title)}"
    yield from (f"AU  - {as_data(name)}" for name in record.authors)
    if record.year is not None:
        yield f"PY  - {record.year}"
    if record.venue:
        yield f"JO  - {as_data(record.venue)}"
    if record.doi:
        yield f"DO  - {as_data(record.doi)}"
    if record.url:
        yield f"UR  - {as_data(record.url)}"
    yield from (f"KW  - {as_data(keyword)}" for keyword in record.keywords)
    if record.abstract:
        yield f"AB  - {for_reading(record.abstract)}"


def _key(record: Record) -> str:
    """Such as `quill2024lanternnet`."""
    author = _family(record.authors[0]) if record.authors else ""
    words = [_ascii(word) for word in record.title.split()]
    word = next((word for word in words if word and word not in _MINOR), "")
    return f"{author}{record.year or ''}{word}" if author or word else _ascii(record.id)


def _family(name: str) -> str:
    """The family name in `Ada Quill` or `Quill, Ada`."""
    given_last, comma, _ = name.partition(",")
    words = name.split()
    return _ascii(given_last if comma else (words[-1] if words else ""))


def _ascii(text: str) -> str:
    """Small letters and digits alone, accents taken off."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", text).casefold())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]


def _tex(text: str) -> str:
    """Text for a field, its LaTeX written in Unicode: no command from outside is ever run."""
    return "".join(_SPECIAL.get(character, character) for character in for_reading(text))


def _verbatim(text: str) -> str:
    """An address or number, what would end its field written in percent form."""
    return re.sub(r"[{}\\\s^`<>\"]", lambda found: f"%{ord(found[0]):02X}", as_data(text))
