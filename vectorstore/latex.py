r"""What remains of LaTeX in an abstract, made readable: `$40\times$` as `40×`.

Own code, since `pylatexenc` takes `100% of` for a comment, `$5 and $10` for mathematics, drops
the braces of `UCGM-{T,S}`, and fails on text that is no LaTeX (`\textbf{` 2,000 times).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from vectorstore.latex_tables import (
    ACCENTS,
    BLACKBOARD,
    DELIMITERS,
    DROPPED,
    ESCAPED,
    FRACTIONS,
    LAST_ARGUMENT,
    LETTERS,
    OPERATORS,
    SCRIPTS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    SWITCHES,
    SYMBOLS,
    UMLAUTS,
    WRAPPERS,
)

TOKEN = re.compile(
    r"""
    \\(?P<accent>['`^"~=.]|(?:[cHvukrbd]|hat|tilde|bar|vec|d?dot|widehat|widetilde)(?=[ ]?\{|[ ]))
      (?:[ ]?\{[ ]?\\?(?P<braced>[a-zA-Z])[ ]?\}
        | (?:(?<=[a-zA-Z])[ ])?(?:\\(?=[ij](?![a-zA-Z])))?(?P<bare>[a-zA-Z]))
    | \\(?P<command>[a-zA-Z]+)\*?
    | \\(?P<escape>.)
    | (?P<script>[_^](?:[-+−]?\d+)?)
    | (?P<dollar>\$\$?)
    | (?P<dash>-{2,})
    | (?P<quote>``|'')
    | (?P<tie>~)
    | (?P<open>\{)
    | (?P<close>\})
    | [^\\{}$~_^`'-]+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
MARKUP = re.compile(r"[\\$^~]|--|``|_\{")
NUMBER = re.compile(r"[-+−]?\d+")
MAX_MATHS_CHARACTERS = 400
STYLED = re.compile(r"\\(?:text|math|operatorname|mbox)[a-z]*\*?\{[^{}]*\}")
INDEX = re.compile(r"[_^]\{[^{}]*\}")
COMMAND = re.compile(r"\\[a-zA-Z]+|[_^]")
WORD = re.compile(r"[A-Za-z]{3,}")
PRICE = re.compile(r"\d[\d,.]*\s")
DASHES = {"--": "–", "---": "—"}
STYLES = SWITCHES | WRAPPERS
BEFORE_TIE = frozenset(".,)]}%'\"")
AFTER_TIE = frozenset("\\$([")
SEARCH_FORMS = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "\xa0": " ", "\u202f": " "}
    | {"“": '"', "”": '"', "‘": "'", "’": "'", "∼": "~"}
)


def readable(text: str) -> str:
    """The text with its LaTeX written in Unicode; text without LaTeX as it is.

    Prices (`$5 and $10`), unbalanced braces and commands that are not known stay as they are.
    Takes time in proportion to the length of the text, whatever it holds.
    """
    return _Reader(text).read() if MARKUP.search(text) else text


def searchable(text: str) -> str:
    """The readable text in the forms that people type: `40x` for `40×`, plain dashes and quotes.

    For embedding and for matching terms, of passages and of questions alike. It is never shown,
    and offsets into it mean nothing.
    """
    return readable(text).translate(SEARCH_FORMS)


def is_maths(content: str, after: str) -> bool:
    """Whether what stands between two dollar signs is mathematics, rather than prices or words.

    Args:
        content: The text between the two.
        after: The character that follows the second; empty at the end of the text.
    """
    trimmed = content == content.strip()
    if not content.strip() or "\n\n" in content or (after.isdigit() and content[-1].isspace()):
        return False
    bare = COMMAND.sub(" ", INDEX.sub(" ", STYLED.sub(" ", content)))
    if WORD.search(bare):
        token = not any(map(str.isspace, content)) and not after.isalnum()
        return trimmed and (token or bare != content) and not PRICE.match(content)
    sign = not any(map(str.isalnum, content))
    letter = content.strip().isalpha() and len(content.strip()) == 1
    return bare != content or sign or ((trimmed or letter) and not after.isdigit())


class _Reader:
    """One text on its way to Unicode, token by token; braces and delimiters are paired first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(TOKEN.finditer(text))
        self.closing = self.pair_braces()
        self.delimiters = self.pair_delimiters()
        self.instead: dict[int, str] = {}
        self.out: list[str] = []
        self.maths = False
        self.trimmed: int | None = None
        self.quotes = 0

    def read(self) -> str:
        """The readable text."""
        index = 0
        while index < len(self.tokens):
            step = STEPS.get(self.tokens[index].lastgroup or "", _Reader.read_text)
            index = step(self, index) + 1
        return "".join(self.out)

    def pair_braces(self) -> dict[int, int]:
        """The token that closes each brace that is closed."""
        pairs: dict[int, int] = {}
        opened: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.lastgroup == "open":
                opened.append(index)
            elif token.lastgroup == "close" and opened:
                pairs[opened.pop()] = index
        return pairs

    def pair_delimiters(self) -> dict[int, bool]:
        """The delimiters of mathematics: True before it, False behind it."""
        pairs: dict[int, bool] = {}
        first: int | None = None
        for index, token in enumerate(self.tokens):
            closes = first is not None and token.group() == DELIMITERS[self.token(first)]
            if first is not None and closes and self.encloses_maths(first, index):
                pairs[first], pairs[index], first = True, False, None
            elif token.group() in DELIMITERS:
                first = index
        return pairs

    def encloses_maths(self, first: int, last: int) -> bool:
        """Whether mathematics stands between two delimiters that fit each other."""
        start, end = self.tokens[first].end(), self.tokens[last].start()
        if self.tokens[first].lastgroup == "escape" or end - start > MAX_MATHS_CHARACTERS:
            return end - start <= MAX_MATHS_CHARACTERS
        behind = self.tokens[last].end()
        return is_maths(self.text[start:end], self.text[behind : behind + 1])

    def token(self, index: int) -> str:
        """The text of a token; empty behind the last."""
        return self.tokens[index].group() if index < len(self.tokens) else ""

    def previous(self) -> str:
        """The last character that was written."""
        return self.out[-1][-1:] if self.out else ""

    def write(self, text: str) -> None:
        """Add to the readable text."""
        if text:
            self.out.append(text)

    def is_wide(self, first: int, last: int) -> bool:
        """Whether the group between two braces needs parentheses once these are gone."""
        inner = self.token(first + 1)
        return last - first > 2 or not (inner.isalnum() or inner.startswith("\\"))

    def unwrap(self, first: int, last: int, before: str = "", after: str = "") -> int:
        """Let other text be written for the braces of a group; the last token that was read."""
        self.instead[last] = after
        self.write(before)
        return first

    def read_text(self, index: int) -> int:
        """Text without markup, or a sign that means nothing here."""
        text = self.token(index)
        self.write(text.lstrip() if index == self.trimmed else text)
        return index

    def read_accent(self, index: int) -> int:
        """A letter with an accent, where there is such a letter."""
        token = self.tokens[index]
        name, letter = token["accent"], token["braced"] or token["bare"]
        accented = unicodedata.normalize("NFC", letter + ACCENTS[name])
        sure = len(name) > 1 or (len(accented) == 1 and (name != '"' or letter in UMLAUTS))
        self.write(accented if sure else token.group())
        return index

    def read_command(self, index: int) -> int:
        """A command: a symbol, or one that styles the group behind it."""
        name = self.tokens[index]["command"]
        last = self.closing.get(index + 1)
        if name in SYMBOLS:
            self.write(SYMBOLS[name])
            return index + 2 if last == index + 2 else index
        if name in OPERATORS:
            self.write(f" {name}" if self.previous().isalnum() else name)
        elif name in DROPPED or (self.maths and last is None and name in STYLES):
            self.trimmed = index + 1
        else:
            return self.read_group(name, index, last)
        return index

    def read_group(self, name: str, index: int, last: int | None) -> int:
        """A command with the group behind it; one that is not known stays as it is."""
        first = index + 1
        second = None if last is None else self.closing.get(last + 1)
        if last is None:
            self.write(self.token(index))
            return index
        if name == "mathbb" and self.token(first + 1) in BLACKBOARD and last == first + 2:
            self.write(BLACKBOARD[self.token(first + 1)])
            return last
        if name == "url":
            self.write(self.text[self.tokens[first].end() : self.tokens[last].start()])
            return last
        if name in WRAPPERS:
            return self.unwrap(first, last)
        if name == "sqrt":
            wide = self.is_wide(first, last)
            return self.unwrap(first, last, "√(" if wide else "√", ")" if wide else "")
        if name in SCRIPTS:
            return self.read_script_group(SCRIPTS[name], first, last)
        if second is not None and name in LAST_ARGUMENT:
            return self.unwrap(last + 1, second)
        if second is not None and name in FRACTIONS:
            return self.read_fraction(first, last, second)
        self.write(self.token(index))
        return index

    def read_fraction(self, first: int, last: int, second: int) -> int:
        """A fraction on one line."""
        above, below = self.is_wide(first, last), self.is_wide(last + 1, second)
        self.instead[last + 1] = "(" if below else ""
        self.instead[second] = ")" if below else ""
        return self.unwrap(first, last, "(" if above else "", ")/" if above else "/")

    def read_escape(self, index: int) -> int:
        """A sign that LaTeX wants escaped, or a space of its own."""
        token = self.tokens[index]
        if index in self.delimiters:
            return self.read_delimiter(index)
        self.write(ESCAPED.get(token["escape"], " " if self.maths else token.group()))
        return index

    def read_script(self, index: int) -> int:
        """A number or a group that is raised or lowered."""
        text, first = self.token(index), index + 1
        last = self.closing.get(first)
        raised = text[0] == "^" and (self.previous().isalnum() or self.previous() == ")")
        if len(text) > 1:
            self.write(_raise(text) if self.maths or raised else text)
        elif last is not None:
            return self.read_script_group(text, first, last)
        elif self.token(first) == "\\circ":
            self.write("°")
            return first
        else:
            self.write(text)
        return index

    def read_script_group(self, sign: str, first: int, last: int) -> int:
        """A group that is raised or lowered: in small digits, or else behind its sign."""
        content = "".join(map(self.token, range(first + 1, min(last, first + 3))))
        small = last - first <= 3 and NUMBER.fullmatch(content)
        if small or (content == "\\circ" and last == first + 2):
            self.write(_raise(sign + content) if small else "°")
            return last
        if not self.maths:
            self.write(sign)
            return first - 1
        wide = self.is_wide(first, last)
        return self.unwrap(first, last, f"{sign}(" if wide else sign, ")" if wide else "")

    def read_delimiter(self, index: int) -> int:
        """A delimiter of mathematics, or a dollar."""
        if index not in self.delimiters:
            self.write(self.token(index))
            return index
        self.maths = self.delimiters[index]
        self.trimmed = index + 1 if self.maths else None
        if not self.maths and self.out:
            self.out[-1] = self.out[-1].rstrip()
        return index

    def read_dash(self, index: int) -> int:
        """A dash, unless it introduces an option of a command line."""
        token = self.tokens[index]
        behind = self.text[token.end() : token.end() + 1]
        option = behind.isalpha() and not self.previous().strip(" \n([`'\"")
        self.write(token.group() if option else DASHES.get(token.group(), token.group()))
        return index

    def read_quote(self, index: int) -> int:
        """A quotation mark, where it was opened the way of LaTeX."""
        opens = self.token(index) == "``"
        self.write("“" if opens else "”" if self.quotes > 0 else "''")
        self.quotes += 1 if opens else -1
        return index

    def read_tie(self, index: int) -> int:
        """A space that does not break, unless the sign means `about`."""
        before, behind = self.previous(), self.token(index + 1)[:1]
        digits = before.isdigit() and behind.isdigit()
        tied = before.isalnum() or before in BEFORE_TIE
        ties = tied and not digits and (behind.isalnum() or behind in AFTER_TIE)
        self.write(" " if ties and before and behind else "~")
        return index

    def read_open(self, index: int) -> int:
        """The start of a group: gone in mathematics, around a switch, and around a letter."""
        last = self.closing.get(index)
        if index in self.instead:
            self.write(self.instead[index])
        elif last is None:
            self.write("{")
        elif self.maths:
            self.instead[last] = ""
        else:
            return self.read_plain_group(index, last)
        return index

    def read_plain_group(self, index: int, last: int) -> int:
        """A group in running text, whose braces stay unless they only delimit a command."""
        inner = self.tokens[index + 1]
        name = inner["command"]
        switch = name in SWITCHES
        letter = last == index + 2 and (inner["accent"] is not None or name in LETTERS)
        if not switch and not letter:
            self.write("{")
            return index
        self.instead[last] = ""
        self.trimmed = index + 2
        return index + 1 if switch else index

    def read_close(self, index: int) -> int:
        """The end of a group."""
        self.write(self.instead.get(index, "}"))
        return index


def _raise(script: str) -> str:
    """`^2` and `_2` in small digits."""
    return script[1:].translate(SUPERSCRIPTS if script[0] == "^" else SUBSCRIPTS)


STEPS: dict[str, Callable[[_Reader, int], int]] = {
    "braced": _Reader.read_accent,
    "bare": _Reader.read_accent,
    "command": _Reader.read_command,
    "escape": _Reader.read_escape,
    "script": _Reader.read_script,
    "dollar": _Reader.read_delimiter,
    "dash": _Reader.read_dash,
    "quote": _Reader.read_quote,
    "tie": _Reader.read_tie,
    "open": _Reader.read_open,
    "close": _Reader.read_close,
}
