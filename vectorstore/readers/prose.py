"""Telling a text that is one abstract from whatever else is kept in text files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vectorstore.readers.fields import WHITE

MIN_LETTERS = 60
"""About a sentence: in English a dozen words, in Chinese two sentences."""
MAX_CHARACTERS = 10_000
"""Structured abstracts stay below 6,000; a whole paper has 30,000."""
MAX_BYTES = 4 * MAX_CHARACTERS
TOO_LONG = f"it is too long for an abstract (over {MAX_CHARACTERS:,} characters)"
MAX_TITLE_CHARACTERS = 250
MAX_SENTENCE_CHARACTERS = 1_500
FORMULA = re.compile(r"\$(?=\S)[^$]{1,300}(?<=\S)\$(?!\d)")
"""By what stands beside its dollar signs: sums of money have white space or figures there."""
LETTERS_SHARE = 0.7
SYMBOLS_SHARE = 0.04

MARKUP = re.compile(r"</?[A-Za-z!?][^<>]*>")
SYMBOLS = re.compile(r"[{}\[\]<>=;|#*&@~_\\\x00-\x08\x0b-\x1f]")
SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s|$)|[。！？]")
PARAGRAPH_ENDS = re.compile(r"[.!?…。！？][\"'”’)\]]*$")
CODE_LINE = re.compile(r".*[;{}]$|\s*(?:#include|import |from \w+ import|def |class |function )")
LAID_OUT_LINE = re.compile(r"\s*(?:[=~^*+-]{3,}|```.*|\"{3}.*|'{3}.*|#{1,6} .*|\.\. .*)$")
LIST_LINE = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s")
ODD_SHARE = 0.2
"""Of the lines: more of them than in prose that was wrapped."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of one abstract: its title, where a short first line stands alone, and the rest."""

    title: str | None
    abstract: str


def part_title(lines: Sequence[str]) -> Text:
    """Parts the first of the lines from the rest where it stands alone and is no sentence."""
    given = "\n".join(lines).strip(WHITE).split("\n")
    title = given[0].strip(WHITE).lstrip("#").strip()
    alone = len(given) > 2 and not given[1].strip()
    if alone and 0 < len(title) <= MAX_TITLE_CHARACTERS and not title.endswith("."):
        return Text(title, "\n".join(given[1:]).strip(WHITE))
    return Text(None, "\n".join(given))


def find_obstacle(abstract: str) -> str | None:
    """Why a text cannot be an abstract; None where it reads like one."""
    letters = sum(letter.isalpha() for letter in abstract)
    if len(abstract) > MAX_CHARACTERS:
        return TOO_LONG
    if letters < MIN_LETTERS:
        return f"it is too short for an abstract ({letters} letters; at least {MIN_LETTERS})"
    if MARKUP.match(abstract):
        return "it is markup, not prose"
    plain = FORMULA.sub(" ", abstract)
    lines = [line for line in plain.split("\n") if line.strip()]
    disorder = _find_disorder(lines)
    if disorder:
        return disorder
    if _is_full_of_symbols(plain):
        return "it has too many figures and symbols for prose"
    return _find_lack_of_sentences(abstract)


def _is_full_of_symbols(text: str) -> bool:
    """Whether so many characters outside of formulas are no letters that it cannot be prose."""
    letters = sum(letter.isalpha() for letter in text)
    solid = len("".join(text.split()))
    return letters < LETTERS_SHARE * solid or len(SYMBOLS.findall(text)) > SYMBOLS_SHARE * solid


def _find_disorder(lines: Sequence[str]) -> str | None:
    """Why lines are laid out otherwise than prose that was wrapped."""
    if sum(bool(CODE_LINE.match(line)) for line in lines) > max(1, ODD_SHARE * len(lines)):
        return "it looks like source code"
    listed = sum(bool(LIST_LINE.match(line)) for line in lines[1:])
    if listed > ODD_SHARE * len(lines) or any(map(LAID_OUT_LINE.match, lines)):
        return "it is laid out as a document with headings or lists"
    if sum(line.strip().count("\t") for line in lines) >= len(lines):
        return "it looks like a table"
    return None


def _find_lack_of_sentences(abstract: str) -> str | None:
    """Why a text is no prose though its characters and lines are those of prose."""
    ends = len(SENTENCE_END.findall(abstract))
    if not ends or len(abstract) > ends * MAX_SENTENCE_CHARACTERS:
        return "it has no sentences"
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", abstract)]
    ended = sum(len(part) for part in paragraphs if PARAGRAPH_ENDS.search(part))
    if len(paragraphs) > 1 and 2 * ended < len(abstract):
        return "its paragraphs are no whole sentences"
    return None
