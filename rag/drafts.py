"""LLM text -> sentences with the numbers that they cite, at once or as it streams; pure.

Never raises, whatever a model wrote. A number is kept whether or not there is such a passage:
who knows the passages drops the invented ones, and counts them. What is no sentence of the answer
is left out: headings, rules, reasoning between `<think>` and `</think>`, and a list of references
at the end. A row of a table is a sentence of its cells, each after the name of its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.marks import CITATION, CitedSentence, finished, has_words, once, read_paragraph
from rag.marks import take_out_marks as _take_out

__all__ = [
    "CitedSentence",
    "SentenceStream",
    "is_refusal",
    "parse_draft",
    "without_reasoning",
]

REFUSAL = "NO ANSWER"
WRAPPED = 60
"""A line shorter than this, in characters, does not go on in one that starts with a capital."""

_THINKING = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_LONGEST_TAG = len("</thinking>")
_FENCE_TAG = re.compile(r"</?(?:passage|turn)\b[^<>\n]{0,40}>", re.IGNORECASE)
_NO_TEXT = re.compile(r"(?:(?:```|~~~)\w*|([-*_=])(?:\s*\1){2,})?$")
_HEADING = re.compile(r"(?:#{1,6}(?:\s|$)|(\*\*|__)[^*_.!?\[\]]{1,80}\1:?\s*$)")
_REFERENCES_WORD = r"\W*(?:references?|sources?|citations?|bibliography|footnotes?|works cited)\b"
_REFERENCES = re.compile(rf"{_REFERENCES_WORD}(?:\W*$|\W*:\W*(?-i:{CITATION}))", re.IGNORECASE)
_MAYBE_REFERENCES = re.compile(_REFERENCES_WORD.replace("works cited", "works"), re.IGNORECASE)
_LIST_MARKER = r"(?:[-*+•‣–]|\d{1,3}[.)])\s+"
_LIST_ITEM = re.compile(_LIST_MARKER)
_BLOCK_QUOTE = re.compile(r">\s*")
_ONLY_MARKS = re.compile(rf"(?:\s*{CITATION}\s*[.,;]?)+\s*$")
_STARTS_WITH_MARK = re.compile(rf"{CITATION}:?\s*[^\s.,;:]")
_ENDS_WITH_MARK = re.compile(rf"{CITATION}[*_`]*$")
_SENTENCE_END = re.compile(r"[.!?:…。！？][\"'”’)\]*_`]*$")
_PLAIN_START = re.compile(rf"(?:{_LIST_MARKER})?[\"“‘]?[^\W\d_][\w'’-]*[,:]?\s")
_SEPARATOR = re.compile(r"\|(?:\s*:?-+:?\s*\|)*(?:\s*:?-+:?)?$")


def parse_draft(text: str) -> list[CitedSentence]:
    """The sentences of an LLM's reply."""
    stream = SentenceStream()
    return [*stream.feed(text), *stream.finish()]


def is_refusal(text: str) -> bool:
    """Whether a reply says that the passages do not answer: it begins with `NO ANSWER`."""
    words = re.sub(r"^[\W_]+", "", without_reasoning(text))
    return bool(
        re.match(rf"{REFUSAL}(?![\w-])", words)
        or re.fullmatch(rf"{REFUSAL}(?:[\W_]|\d)*", words, re.IGNORECASE)
    )


def without_reasoning(text: str) -> str:
    """A whole reply without what precedes the end of its thinking, opened by a tag or not."""
    ends = [match.end() for match in _THINKING.finditer(text) if match[1]]
    return text[ends[-1] :] if ends else text


class SentenceStream:
    """Pieces of a reply in, sentences out, each as soon as nothing to come can change it.

    However a reply is cut into pieces, the sentences are those of `parse_draft`.
    """

    def __init__(self) -> None:
        """Starts at the beginning of a reply."""
        self._thoughts = _Thoughts()
        self._blocks = _Blocks()
        self._line = ""

    def feed(self, piece: str) -> Iterator[CitedSentence]:
        """Takes in a piece; yields the sentences that are finished now."""
        yield from self._take(self._thoughts.feed(piece))

    def finish(self) -> Iterator[CitedSentence]:
        """Ends the reply; yields what was left of it."""
        yield from self._take(self._thoughts.finish())
        yield from self._blocks.take_line(self._line)
        yield from self._blocks.close()

    def _take(self, text: str) -> Iterator[CitedSentence]:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            yield from self._blocks.take_line(line)
        if re.search(r"\s", text):
            yield from self._blocks.look_at(self._line)


class _Thoughts:
    """Takes what stands between the tags of thinking out of a stream; one left open hides all."""

    def __init__(self) -> None:
        self._thinking = False
        self._held = ""

    def feed(self, piece: str) -> str:
        text = self._held + piece
        cut = text.rfind("<", max(0, len(text) - _LONGEST_TAG + 1))
        cut = len(text) if cut < 0 or ">" in text[cut:] else cut
        self._held = text[cut:]
        return self._filter(text[:cut])

    def finish(self) -> str:
        return self._filter(self._held)

    def _filter(self, text: str) -> str:
        kept, start = [], 0
        for match in _THINKING.finditer(text):
            kept.append("" if self._thinking else text[start : match.start()])
            self._thinking, start = not match[1], match.end()
        kept.append("" if self._thinking else text[start:])
        return "".join(kept)


class _Blocks:
    """Lines in, sentences out: knows which lines belong together, and which say nothing."""

    def __init__(self) -> None:
        self._block = ""  # the open paragraph or list item, with single spaces
        self._last = ""  # its last line
        self._given = 0  # how many of its sentences were given
        self._blank = False  # whether an empty line follows it
        self._cited = False  # whether a mark after a sentence was seen
        self._references = False  # whether the list of references has begun
        self._table: _Table | None = None

    def take_line(self, line: str) -> Iterator[CitedSentence]:
        """Takes in a whole line."""
        line = _FENCE_TAG.sub(" ", line).strip()
        while match := _BLOCK_QUOTE.match(line):
            line = line[match.end() :]
        if _NO_TEXT.match(line):
            self._blank = True
            yield from self._end_table()
        elif self._block and _ONLY_MARKS.match(line):
            self._block += " " + _fold(line)
        elif line.startswith("|"):
            yield from self._take_row(line)
        else:
            yield from self._take_text(line)

    def look_at(self, rest: str) -> Iterator[CitedSentence]:
        """Gives what is finished in view of the beginning of a line, without taking that in."""
        rest = rest.lstrip()
        special = self._references or self._table or _MAYBE_REFERENCES.match(rest)
        if special or not _PLAIN_START.match(rest):
            return
        if self._block and not self._goes_on(rest):
            yield from self.close()
        words = _FENCE_TAG.sub(" ", rest[: len(rest) - len(re.split(r"\s", rest)[-1])])
        yield from self._give(finished(self._joined(words)))

    def close(self) -> Iterator[CitedSentence]:
        """Ends the open block or table; gives the rest of it."""
        yield from self._end_table()
        if self._block:
            yield from self._give(read_paragraph(self._block))
            self._block, self._given = "", 0

    def _take_text(self, line: str) -> Iterator[CitedSentence]:
        """Takes in a line of text, a heading or a reference."""
        if not self._goes_on(line):
            yield from self.close()
        self._references = self._references or bool(_REFERENCES.match(line))
        if self._references or _HEADING.match(line) or self._is_reference(line):
            return
        self._block, self._last, self._blank = self._joined(line), line, False

    def _joined(self, line: str) -> str:
        item = _LIST_ITEM.match(line)
        return f"{self._block} {_fold(line[item.end() :] if item else line)}".strip()

    def _is_reference(self, line: str) -> bool:
        """Whether `[1] Title` stands below a text whose marks stand after what they mark."""
        item = _LIST_ITEM.match(line)
        return self._cited and bool(_STARTS_WITH_MARK.match(line, item.end() if item else 0))

    def _goes_on(self, line: str) -> bool:
        """Whether a line goes on with the open block; its beginning is enough to tell."""
        if not self._block or self._blank:
            return False
        if _LIST_ITEM.match(line) or _HEADING.match(line) or _STARTS_WITH_MARK.match(line):
            return False
        if _SENTENCE_END.search(self._last) or _ENDS_WITH_MARK.search(self._last):
            return False
        return len(self._last) >= WRAPPED or not line[:1].isupper()

    def _give(self, found: list[CitedSentence]) -> Iterator[CitedSentence]:
        for sentence in found[self._given :]:
            self._given += 1
            leading = _STARTS_WITH_MARK.match(self._block)
            self._cited = self._cited or bool(sentence.numbers and not leading)
            yield sentence

    def _take_row(self, line: str) -> Iterator[CitedSentence]:
        if not self._table:
            yield from self.close()
            self._table = _Table()
        if not self._references:
            yield from self._table.take(line)

    def _end_table(self) -> Iterator[CitedSentence]:
        table, self._table = self._table, None
        if table:
            yield from table.finish()


class _Table:
    """Rows in, sentences out; a first row above a separator names the columns."""

    def __init__(self) -> None:
        self._first: str | None = None
        self._columns: list[str] = []
        self._rows = 0

    def take(self, line: str) -> Iterator[CitedSentence]:
        self._rows += 1
        if self._rows == 1:
            self._first = line
        elif self._rows == 2 and self._first and _SEPARATOR.match(line):
            self._columns = [_take_out(cell)[0].strip() for cell in _cells(self._first)]
            self._first = None
        else:
            yield from self.finish()
            yield from self._say(line)

    def finish(self) -> Iterator[CitedSentence]:
        first, self._first = self._first, None
        if first:
            yield from self._say(first)

    def _say(self, line: str) -> Iterator[CitedSentence]:
        if _SEPARATOR.match(line):
            return
        taken = [_take_out(cell) for cell in _cells(line)]
        cells = [(text.strip(), marks) for text, marks in taken]
        named = self._columns if len(self._columns) == len(cells) else [""] * len(cells)
        texts = [
            f"{name}: {text}" if name else text
            for name, (text, _) in zip(named, cells, strict=True)
            if text
        ]
        numbers = [number for _, marks in cells for mark in marks for number in mark.numbers]
        if has_words("".join(texts)):
            yield CitedSentence("; ".join(texts), once(numbers))


def _cells(line: str) -> list[str]:
    inner = line.removeprefix("|").removesuffix("|")
    return [_fold(cell).replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def _fold(text: str) -> str:
    return " ".join(text.split())
