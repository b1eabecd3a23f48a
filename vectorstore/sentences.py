"""Text -> sentence spans, by rules that know how abstracts are written; pure.

A boundary is a run of `.`, `!` or `?` (with closing quotes or brackets) before white space and
something that can open a sentence, unless the dot belongs to an abbreviation, an initial or a
number. Full-width marks (`。！？`) end a sentence without white space; so does an empty line.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ABBREVIATIONS = frozenset(
    "e.g i.e et al cf vs viz fig figs eq eqs eqn sec sect ref refs tab no nos vol pp ch chap app"
    " dr prof mr mrs ms st jr sr inc ltd co corp univ dept approx resp incl excl est ca max min avg"
    " def thm lem prop cor w.r.t w.l.o.g a.k.a i.i.d s.t a.s a.e d.o.f std wt temp conc op"
    " cit".split()
)
"""Lower-cased, without the final dot; a dot after one of these ends no sentence."""

SOMETIMES_FINAL = frozenset("al i.i.d co inc ltd corp a.s a.e etc no max min avg std".split())
"""Abbreviations that do end a sentence where a word that opens sentences follows."""

OPENERS = frozenset(
    "the this these that those we our it its in on to for from by with here however moreover"
    " furthermore finally first second third thus hence therefore additionally specifically"
    " experiments results extensive code although while when as a an they there such both"
    " existing previous recent unlike despite given after before besides also empirically".split()
)

_OPENING = r"[\"'“‘(\[{$\\]{0,3}[^\W_a-z]|[\"'“‘(\[]{1,3}\w|\$|\\"
_BOUNDARY = re.compile(
    rf"(?<![.!?])(?P<mark>[.!?]+[\"'”’)\]}}]{{0,3}})\s+(?={_OPENING})"
    r"|(?P<wide>[。！？]+[”’」』）]{0,3})"
    r"|(?P<break>\n[ \t\r]*\n\s*)"
)
_LAST_WORD = re.compile(r"[^\s(\[{\"'“‘]{1,40}$")
_NEXT_WORD = re.compile(r"[\w'-]{1,40}")
_DOTTED_LETTERS = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")


class Span(NamedTuple):
    """A half-open range of offsets into a text."""

    start: int
    end: int


def split_sentences(text: str) -> list[Span]:
    """The spans of the sentences of `text`, in order, without white space at their ends.

    All that is not white space lies in exactly one span.
    """
    spans: list[Span] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if match["mark"] and not _ends_sentence(text, match):
            continue
        cut = match.start() if match["break"] else match.end(match.lastgroup or 0)
        _append_trimmed(spans, text, start, cut)
        start = cut
    _append_trimmed(spans, text, start, len(text))
    return spans


def _append_trimmed(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        left = start + len(piece) - len(piece.lstrip())
        spans.append(Span(left, left + len(stripped)))


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    mark = match["mark"]
    if not mark.startswith("."):
        return True
    following = _NEXT_WORD.search(text, match.end(), match.end() + 44)
    opens = following is not None and following.group().lower() in OPENERS
    if mark.startswith(".."):
        return opens  # words left out, unless a new sentence plainly begins
    found = _LAST_WORD.search(text[max(0, match.start() - 41) : match.start()])
    word = found.group() if found else ""
    plain = word.lower().rstrip(",;")
    if plain in ABBREVIATIONS:
        return opens and plain in SOMETIMES_FINAL
    if len(word) == 1 and word.isalpha() and word.isupper():
        return opens  # an initial, as in "J. Smith", unless a new sentence plainly begins
    if _DOTTED_LETTERS.fullmatch(word):
        return opens  # dotted letters, as in "U.S. Army"
    return True
