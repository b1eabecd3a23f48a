"""Values of BibTeX fields: in braces, in quotation marks, numbers, macros, and `#` between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vectorstore.readers.fields import shorten

MAX_MACRO_CHARACTERS = 10_000
MAX_MACROS_CHARACTERS = 1_000_000
MONTHS = "January February March April May June July August September October November December"
MACRO = re.compile(r"\s*([^\s,={}()\"#%'\\]+)\s*")
MARK = re.compile(r"(?<!\\)[{}\"]")
JOINT = re.compile(r"\s*#\s*")


class MalformedError(Exception):
    """A value that is none; the message says what was found."""


@dataclass
class Macros:
    """What `@string` blocks defined so far, in bounded memory.

    Attributes:
        texts: By names in lower case.
        size: Characters in all texts.
        unknown: Names that were used and not defined, each once.
    """

    texts: dict[str, str] = field(
        default_factory=lambda: {month[:3].lower(): month for month in MONTHS.split()}
    )
    size: int = 0
    unknown: dict[str, None] = field(default_factory=dict)

    def define(self, name: str, raw: str) -> None:
        """Takes in a macro.

        Raises:
            MalformedError: Its value is none, or too long.
        """
        text = self.read(raw)
        self.size += len(text) + len(name)
        if len(text) > MAX_MACRO_CHARACTERS or self.size > MAX_MACROS_CHARACTERS:
            raise MalformedError("macros are too long; expected at most 10,000 characters in one")
        self.texts[name.lower()] = text

    def read(self, raw: str) -> str:
        """The text of a value; of a macro that is not defined, its name.

        Raises:
            MalformedError: It is not written as values are.
        """
        texts, position = [], 0
        while True:
            text, position = self._read_piece(raw, position)
            texts.append(text)
            if position >= len(raw.rstrip()):
                return "".join(texts)
            joint = JOINT.match(raw, position)
            if not joint:
                found = shorten(raw[position:], 30)
                raise MalformedError(f"a comma is missing before '{found}'")
            position = joint.end()

    def _read_piece(self, raw: str, position: int) -> tuple[str, int]:
        """One piece, and where it ends."""
        if raw.startswith("{", position):
            end = _find_end(raw, position, "}")
            return raw[position + 1 : end], end + 1
        if raw.startswith('"', position):
            end = _find_end(raw, position, '"')
            return raw[position + 1 : end], end + 1
        name = MACRO.match(raw, position)
        if not name:
            found = shorten(raw[position:], 30) or "the end"
            raise MalformedError(f"a value is missing before '{found}'")
        return self._expand(name[1]), name.end()

    def _expand(self, name: str) -> str:
        if name.isdigit():
            return name
        if name.lower() not in self.texts:
            self.unknown[name] = None
        return self.texts.get(name.lower(), name)


def _find_end(raw: str, start: int, closing: str) -> int:
    """Where the piece ends that starts with a brace or quotation mark."""
    depth = 0
    for mark in MARK.finditer(raw, start + 1):
        if mark.group() == closing and depth == 0:
            return mark.start()
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
    raise MalformedError(f"'{shorten(raw[start:], 30)}' is never closed")
