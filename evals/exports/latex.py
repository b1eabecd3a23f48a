"""Text as BibTeX files have it: for engines of old, and as Zotero escapes it."""

from __future__ import annotations

import unicodedata

from evals.exports.wording import MATHS

ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u",
    "\u0307": ".", "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d",
    "\u0327": "c", "\u0328": "k", "\u0331": "b",
}  # fmt: skip
LETTERS = {
    "æ": r"\ae", "Æ": r"\AE", "ø": r"\o", "Ø": r"\O", "å": r"\aa", "Å": r"\AA", "ß": r"\ss",
    "ł": r"\l", "Ł": r"\L", "œ": r"\oe",
}  # fmt: skip
SIGNS = {
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}",
}  # fmt: skip
ZOTERO_SIGNS = {
    "|": r"{\textbar}", "<": r"{\textless}", ">": r"{\textgreater}", "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}", "\\": r"{\textbackslash}", "{": r"\{\vphantom{\}}",
    "}": r"\vphantom{\{}\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_",
}  # fmt: skip


def for_zotero(text: str) -> str:
    """Text as Zotero exports it: letters as they are, every sign of TeX's escaped, maths too."""
    return "".join(ZOTERO_SIGNS.get(letter, letter) for letter in text)


def for_old_tex(text: str, style: int = 0) -> str:
    """Text in which accents are commands; formulas stay as they are.

    Args:
        text: Plain text, with formulas between dollar signs.
        style: 0, 1 or 2, for the three ways in which people write an accent.
    """
    pieces, end = [], 0
    for match in MATHS.finditer(text):
        pieces += [_escape(text[end : match.start()], style), match.group()]
        end = match.end()
    return "".join([*pieces, _escape(text[end:], style)])


def _escape(text: str, style: int) -> str:
    return "".join(SIGNS.get(letter) or _accent(letter, style) for letter in text)


def _accent(letter: str, style: int) -> str:
    if letter in LETTERS:
        return f"{{{LETTERS[letter]}}}"
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) != 2 or parts[1] not in ACCENTS:
        return letter
    base, command = parts[0].replace("i", r"\i"), ACCENTS[parts[1]]
    if style == 0 or command.isalpha():
        return f"{{\\{command}{{{base}}}}}"
    return f"\\{command}{{{base}}}" if style == 1 else f"{{\\{command}{base}}}"
