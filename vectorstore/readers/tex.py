r"""Text of a BibTeX field as it is meant: `Erd{\H o}s` as `Erdős`, mathematics as it stands.

Own code, since `pylatexenc`, which `bibtexparser` decodes with, takes `100% of` for a comment and
rewrites mathematics. Commands that mean no letter or sign stay: whoever shows an abstract reads
them (`vectorstore.latex`). Takes time in proportion to the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vectorstore.latex import DASHES, MAX_MATHS_CHARACTERS, TOKEN, is_maths
from vectorstore.latex_tables import ACCENTS, ESCAPED, LETTERS, SYMBOLS
from vectorstore.readers.tagged import join

NAMED = (
    "S P copyright pounds ldots dots textellipsis texteuro textasciitilde textasciicircum "
    "textbackslash textbar textless textgreater textendash textemdash textmu textdegree"
).split()
SIGNS = {name: SYMBOLS[name] for name in (*LETTERS, *NAMED)} | {
    "textbraceleft": "{",
    "textbraceright": "}",
    "textdollar": "$",
    "textunderscore": "_",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textquotesingle": "'",
    "textasciigrave": "`",
    "textbar": "|",
    "th": "þ",
    "TH": "Þ",
    "dh": "ð",
    "DH": "Ð",
    "dj": "đ",
    "DJ": "Đ",
    "ng": "ŋ",
    "NG": "Ŋ",
}
MATHS = re.compile(
    r"(?<!\\)(\$\$?)((?:\\.|[^\\$])+)\1|\\\(((?:[^\\]|\\[^()\[\]])*)\\\)"
    r"|\\\[((?:[^\\]|\\[^()\[\]])*)\\\]",
    re.DOTALL,
)
MARKUP = re.compile(r"[\\{}~]|--|``")
PHANTOM = re.compile(r"\\vphantom\{\\[{}]\}")
"""What Zotero writes beside each brace that it escapes, so that a value has as many of both."""
ESCAPED_SIGN = re.compile(r"\{?\\([%&#_$~])(?:\{\}|\})?")
ADDRESS = re.compile(r"\s*\\(?:url|href)\s*\{([^{}]*)\}.*", re.DOTALL)


def decode(text: str) -> str:
    """The text with accents, letters, signs, dashes and quotation marks in Unicode.

    Braces that only group are gone; those of a command that stays are kept, and so is what stands
    between `$` signs (where that is mathematics, not prices).
    """
    if not MARKUP.search(text):
        return text
    reader = _Decoder()
    for maths, piece in part_maths(PHANTOM.sub("", text)):
        if maths:
            reader.write(piece)
        else:
            for token in TOKEN.finditer(piece):
                reader.take(token)
    return "".join(reader.out)


def unwrap(text: str) -> str:
    """The text with its lines joined; empty lines part paragraphs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return join([line.strip(" \t") for line in lines])


def decode_address(text: str) -> str:
    r"""An address or identifier without escapes and braces: `a{\_}b` as `a_b`."""
    plain = ESCAPED_SIGN.sub(r"\1", text)
    command = ADDRESS.fullmatch(plain)
    return re.sub(r"\\?[{}]", "", command[1] if command else plain).strip()


def part_maths(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces: whether it is mathematics (with its delimiters), and the piece."""
    start = position = 0
    while found := MATHS.search(text, position):
        if _is_maths(found, text):
            if found.start() > start:
                yield False, text[start : found.start()]
            yield True, found.group()
            start = position = found.end()
        else:
            position = found.start() + len(found[1] or "\\(")
    if start < len(text):
        yield False, text[start:]


def _is_maths(found: re.Match[str], text: str) -> bool:
    if len(found.group()) > MAX_MATHS_CHARACTERS:
        return False
    return not found[1] or is_maths(found[2], text[found.end() : found.end() + 1])


@dataclass
class _Decoder:
    """One text on its way.

    Attributes:
        out: What was written.
        kept: For each open brace, whether it is written.
        argument: Whether a brace would start an argument of a command that stays.
        trim: Whether white space only ends the command before it.
        quotes: Quotation marks that are open.
    """

    out: list[str] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)
    argument: bool = False
    trim: bool = False
    quotes: int = 0

    def write(self, text: str, argument: bool = False, trim: bool = False) -> None:
        self.out.append(text)
        self.argument, self.trim = argument, trim

    @property
    def previous(self) -> str:
        """The last character written."""
        return next((text[-1] for text in reversed(self.out[-3:]) if text), "")

    def take(self, token: re.Match[str]) -> None:
        """One token of text."""
        step = _STEPS.get(token.lastgroup or "")
        if step:
            step(self, token)
        else:
            text = token.group()
            option = self.argument and text.startswith("[") and text.endswith("]")
            self.write(text.lstrip(" \t\r\n") if self.trim else text, argument=option)

    def take_accent(self, token: re.Match[str]) -> None:
        name, letter = token["accent"], token["braced"] or token["bare"]
        accented = unicodedata.normalize("NFC", letter + ACCENTS[name])
        known = len(name) == 1 and len(accented) == 1
        self.write(accented if known else token.group())

    def take_command(self, token: re.Match[str]) -> None:
        sign = SIGNS.get(token["command"])
        if sign is None:
            self.write(token.group(), argument=True)
        else:
            self.write(sign, trim=True)

    def take_escape(self, token: re.Match[str]) -> None:
        sign = token["escape"]
        if sign == "~":
            self.write("~")
        else:
            self.write(ESCAPED.get(sign, token.group()), argument=sign not in ESCAPED)

    def take_open(self, _token: re.Match[str]) -> None:
        self.kept.append(self.argument)
        self.write("{" if self.argument else "")

    def take_close(self, _token: re.Match[str]) -> None:
        kept = self.kept.pop() if self.kept else True
        self.write("}" if kept else "", argument=kept)

    def take_dash(self, token: re.Match[str]) -> None:
        text, behind = token.group(), token.string[token.end() : token.end() + 1]
        option = len(text) == 2 and behind.isalpha() and not self.previous.strip()
        self.write(text if option else DASHES.get(text, text))

    def take_quote(self, token: re.Match[str]) -> None:
        opens = token.group() == "``"
        self.write("“" if opens else "”" if self.quotes else "''")
        self.quotes = self.quotes + 1 if opens else max(0, self.quotes - 1)

    def take_tie(self, token: re.Match[str]) -> None:
        behind = token.string[token.end() : token.end() + 1]
        numbers = self.previous.isdigit() and behind.isdigit()
        ties = self.previous.strip() and behind.strip() and not numbers
        self.write(" " if ties else "~")


_STEPS: dict[str, Callable[[_Decoder, re.Match[str]], None]] = {
    "braced": _Decoder.take_accent,
    "bare": _Decoder.take_accent,
    "command": _Decoder.take_command,
    "escape": _Decoder.take_escape,
    "dash": _Decoder.take_dash,
    "quote": _Decoder.take_quote,
    "tie": _Decoder.take_tie,
    "open": _Decoder.take_open,
    "close": _Decoder.take_close,
}
