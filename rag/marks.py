r"""One paragraph of an LLM's reply -> its sentences and the numbers that each cites; pure.

Citations are taken out in every form that models write: `[1, 2]`, `[1][2]`, `[1-3]`, `【1】`,
`\[1\]`, `[^1]`, `[1](url)`, `(passage 1)`, and leads such as `According to passage 1,` or
`[1] states that`. `(1)` is none, and `[0, 1]` is an interval. Emphasis goes, mathematics stays.

What is read of a text does not change when more text follows, but for its last sentence and for
what `settled` cuts off: `rag.drafts` relies on that to read a stream.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

from vectorstore.sentences import split_sentences

MAX_RANGE = 20
"""Longest range of citations that is spelled out; of a longer one, both ends are taken."""
MAX_MARK = 300
"""No mark is longer than this many characters."""

_DIGITS = r"#?(?:0?[1-9]\d{0,3}|[１-９][０-９]{0,3})"
_NUMBER = rf"\^?{_DIGITS}(?: ?[-–—‑−] ?\^?{_DIGITS})?"
_NUMBERS = rf"{_NUMBER}(?: ?(?:[,;，、&]|and) ?{_NUMBER}){{0,9}}"
_NOUN = r"(?i:passages?|sources?)[.:]? "
_NAMED = r"(?i:passages?|sources?|abstracts?|papers?|doc(?:ument)?s?|refs?|references?)[.:]? "
CITATION = (
    rf"(?:\\?[\[【［〔] ?(?:{_NAMED})?"
    rf"{_NUMBERS} ?\\?[\]】］〕](?:\([^()\s]{{0,80}}\))?|\( ?{_NOUN}{_NUMBERS} ?\))"
)
"""Pattern of one citation, in text with single spaces."""
_SUBJECT = rf"(?:(?i:the )?{_NOUN}(?:{_NUMBER}(?: and {_NUMBER})?|{CITATION})|{CITATION})"
_SEVERAL = rf"{CITATION}(?: ?(?:[,;]|and)? ?{CITATION})*"
_LEAD = (
    rf"(?:^|(?<=[.!?] ))(?:"
    rf"(?i:according to|as \w+ (?:in|by)|based on|in|per|from) {_SUBJECT}[,:] "
    rf"|{_SUBJECT} (?:states|says|reports|shows|notes|explains|mentions|indicates) that )"
)
_TOKEN = re.compile(
    rf"(?P<lead>{_LEAD})|(?P<mark>\( ?{_SEVERAL} ?\)|{_SEVERAL})"
    r"|(?P<emphasis>\*{1,3}|_{1,3}|~~|`{1,3})"
)
_RANGE = re.compile(r"(\d{1,5})(?: ?[-–—‑−] ?\^?#?(\d{1,5}))?")
_ADDRESS = re.compile(r"\]\([^()\s]*\)")
_MAYBE_LEAD = re.compile(
    r"(?:according|as|based|in|per|from|the|passages?|sources?)\b\S*(?: \S+){0,7}$", re.IGNORECASE
)
_LOWER_WORD = re.compile(r"[a-z]+(?!\w)")
_CLOSERS = {"[": "]", "【": "】", "［": "］", "〔": "〕", "<": ">", "(": ")"}


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence without its citation marks, and the numbers it cites, in order."""

    text: str
    numbers: tuple[int, ...] = ()


class Mark(NamedTuple):
    """Citations taken out of a text, and where; `leads`: before the sentence that they mark."""

    at: int
    numbers: list[int]
    leads: bool


def read_paragraph(text: str) -> list[CitedSentence]:
    """The sentences of a text with single spaces.

    A mark belongs to the sentence that it stands in, or after. In a text that begins with a mark,
    one between two sentences belongs to the second.
    """
    plain, marks = take_out_marks(text)
    spans = split_sentences(plain)
    starts, ends = [span.start for span in spans], [span.end for span in spans]
    leading = bool(marks) and marks[0].at == 0
    numbers: list[list[int]] = [[] for _ in spans]
    for mark in marks if spans else []:
        place = max(bisect_left(starts, mark.at) - 1, 0)
        after = mark.leads or leading
        if after and mark.at >= ends[place] and place + 1 < len(spans):
            place += 1
        numbers[place] += mark.numbers
    return [
        CitedSentence(plain[span.start : span.end], once(found))
        for span, found in zip(spans, numbers, strict=True)
        if has_words(plain[span.start : span.end])
    ]


def has_words(text: str) -> bool:
    """Whether a text says anything."""
    return bool(re.search(r"[^\W_]", text))


def once(numbers: list[int]) -> tuple[int, ...]:
    """The numbers without repetition."""
    return tuple(dict.fromkeys(numbers))


def take_out_marks(text: str) -> tuple[str, list[Mark]]:
    """The text without citations and emphasis, and the citations with their places in it."""
    plain, marks, open_emphasis, start = "", list[Mark](), list[str](), 0
    for match in _TOKEN.finditer(text):
        plain += text[start : match.start()]
        start = match.end()
        if match["emphasis"]:
            plain += "" if _is_markup(text, match, open_emphasis) else match.group()
        elif match["lead"]:
            marks.append(Mark(len(plain), _numbers(match.group()), True))
            word = _LOWER_WORD.match(text, start)
            if word:
                plain += word.group().capitalize()
                start = word.end()
        else:
            plain = plain.rstrip(" ")
            marks.append(Mark(len(plain), _numbers(match.group()), False))
            plain += " " if re.compile(r"[*_~`]*[^\W_]").match(text, start) else ""
    return plain + text[start:], marks


def _is_markup(text: str, match: re.Match[str], opened: list[str]) -> bool:
    """Whether a run of `*`, `_`, `~~` or backticks is emphasis; keeps count of what is open.

    `A*`, `x_i`, `2 * 3` and `2**3` are none: emphasis opens before a word and closes after one.
    """
    run = match.group()
    if run[0] in "`~":
        return True
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    word_before, word_after = before.isalnum(), after.isalnum()
    if run in opened and before.strip() and (len(run) > 1 or not word_after):
        opened.remove(run)
        return True
    if after.strip() and not word_before:
        opened.append(run)
        return True
    return False


def _numbers(mark: str) -> list[int]:
    """The numbers of a mark, with ranges spelled out."""
    found: list[int] = []
    for match in _RANGE.finditer(_ADDRESS.sub("]", mark)):
        first, last = int(match[1]), int(match[2] or match[1])
        found += range(first, last + 1) if 0 <= last - first <= MAX_RANGE else (first, last)
    return found


def settled(text: str) -> int:
    """Up to where more text cannot change how this one is read, given that it ends with a word.

    A bracket that is still open may become a mark.
    """
    start = max(0, len(text) - MAX_MARK)
    stack: list[tuple[str, int]] = []
    for place, character in enumerate(text[start:], start):
        if character in _CLOSERS:
            stack.append((_CLOSERS[character], place))
        elif stack and character == stack[-1][0]:
            stack.pop()
    return stack[0][1] if stack else len(text)


def finished(text: str) -> list[CitedSentence]:
    """The sentences of a text that no continuation can change."""
    found = read_paragraph(text[: settled(text)])
    if not found or _MAYBE_LEAD.match(found[-1].text):
        return []
    return found[:-1]
