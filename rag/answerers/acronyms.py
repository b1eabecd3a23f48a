"""Which words an acronym stands for, where an abstract spells it out; pure.

The rule is that of Schwartz and Hearst (2003): the letters of the acronym are found from right to
left in the words before its bracket, the first of them at the start of a word.
"""

from __future__ import annotations

import re

from vectorstore.sentences import Span

_BRACKET = re.compile(r"\(([^()]{2,80})\)")
_MARKUP = re.compile(r"\\[a-zA-Z]+(?=\{)|[\\${}'’\"*]")
_REACH = 400
"""Characters, at most, that the words before a bracket take."""
_SHORT_FOR = re.compile(
    r"(?<![\w-])([\w+-]{2,20})(?:,? (?:is )?short for|,? (?:which )?stands for|, or|, i\.e\.,?) "
    r"([^().;:]{2,120})"
)
_CALLED = re.compile(r",? (?:called|named|dubbed|termed|abbreviated as|denoted as) ([\w+-]{2,20})")


def find_expansion(text: str, acronym: str) -> Span | None:
    """Where a text spells out an acronym: the words and the acronym after them, or before.

    `Long Form (LF)`, `LF (Long Form)`, `Long Form, called LF` and `LF, short for Long Form` count.
    """
    letters = _letters(acronym)
    for match in _CALLED.finditer(text):
        start = _start_of_words(text[: match.start()], letters)
        if _names(match.group(1), acronym) and start is not None:
            return Span(start, match.end())
    for match in _BRACKET.finditer(text):
        before = text[: match.start()].rstrip()
        start = _start_of_words(before, letters)
        if _names(match.group(1), acronym) and start is not None:
            return Span(start, match.end())
        word = before.rpartition(" ")[2]
        if _names(word, acronym) and _start_of_words(match.group(1), letters) == 0:
            return Span(len(before) - len(word), match.end())
    for match in _SHORT_FOR.finditer(text):
        if _names(match.group(1), acronym):
            length = _length_of_words(match.group(2), letters)
            if length:
                return Span(match.start(), match.start(2) + length)
    return None


def _length_of_words(after: str, letters: str) -> int | None:
    """How many characters of a text the words take that an acronym stands for."""
    for match in re.finditer(r"\S+", after):
        if _start_of_words(after[: match.end()].rstrip(".,;:"), letters) == 0:
            return len(after[: match.end()].rstrip(".,;:"))
    return None


def _letters(acronym: str) -> str:
    """Its letters, those of a plural without its s.

    A digit repeats the letter before it: `V2PE` is spelled v, v, p, e.
    """
    letters = re.sub(r"[^a-z0-9]", "", acronym.removesuffix("s").casefold())
    return re.sub(r"([a-z])([2-9])", lambda match: match.group(1) * int(match.group(2)), letters)


def _names(text: str, acronym: str) -> bool:
    """Whether a bracket or word gives the acronym, in the plural or with markup perhaps."""
    plain = _MARKUP.sub("", text).strip()
    head = re.split(r"[;,]", plain)[0].strip()
    forms = {acronym, acronym + "s", acronym.removesuffix("s")}
    return plain in forms or head in forms or head.startswith(acronym + "-")


def _start_of_words(before: str, letters: str) -> int | None:
    """Where the words begin whose letters, read from the right, hold all of `letters`."""
    place = len(before) - 1
    least = max(0, len(before) - _REACH)
    for index in range(len(letters) - 1, -1, -1):
        while place >= least and not _fits(before, place, letters[index], first=index == 0):
            place -= 1
        if place < least:
            return None
        place -= 1
    start = place + 1
    words = before[start:].split()
    return start if len(words) <= min(len(letters) + 5, len(letters) * 2 + 1) else None


def _fits(text: str, place: int, letter: str, first: bool) -> bool:
    if text[place].casefold() != letter:
        return False
    return not first or place == 0 or not text[place - 1].isalnum()
