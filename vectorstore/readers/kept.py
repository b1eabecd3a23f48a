"""Fields of our own in formats of others: what they have no place for, or would change.

A field `quoth-NAME` holds a value of a record as JSON, in which signs that end or change a field
elsewhere are written in percent form: `%7B` for a brace.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from vectorstore.readers.fields import Item, build
from vectorstore.readers.own import is_own, read_paper
from vectorstore.records import Note

PREFIX = "quoth-"
NAMES = frozenset(
    "id title abstract title_derived authors year venue url doi arxiv_id pmid keywords groups "
    "sources digest parts apart".split()
)
UNSAFE = re.compile(r"[%{}\\\x7f]")
ESCAPED = re.compile("%([0-9A-F]{2})")


def pack(value: object) -> str:
    """A plain JSON value on one line, in signs that mean nothing to BibTeX or RIS."""
    text = json.dumps(value, ensure_ascii=False)
    return UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", text)


def unpack(text: str) -> object:
    """The value that was packed.

    Raises:
        ValueError: This is none.
    """
    try:
        return json.loads(ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_record(
    values: Mapping[str, object], kept: Iterable[tuple[str, str]], source: str, where: str
) -> Iterator[Item]:
    """As `fields.build`, with values that kept fields state in place of those given.

    Args:
        values: What the fields of the format give.
        kept: Names, as `quoth-abstract`, and texts of the fields of ours.
        source: Name of the file.
        where: Place of the record.
    """
    notes: list[Note] = []
    stated = dict(values)
    for field, text in kept:
        name = field.lower().removeprefix(PREFIX)
        try:
            value = unpack(text)
        except ValueError:
            notes.append(Note(source, where, f"'{PREFIX}{name}' was left out: it is damaged"))
            continue
        stated[name] = value
    own_id = stated.pop("id", None)
    if own_id is not None:
        stated["quoth_id"] = own_id
    if is_own(stated):
        yield from read_paper({**stated, "id": own_id}, source, where)
    else:
        yield from build(stated, source, where)
    yield from notes


def is_kept(field: str) -> bool:
    """Whether a field is one of ours."""
    name = field.lower()
    return name.startswith(PREFIX) and name.removeprefix(PREFIX) in NAMES
