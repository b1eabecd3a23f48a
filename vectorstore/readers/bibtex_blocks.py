"""A BibTeX file cut into its blocks, one in memory at a time: a broken one costs only itself.

A block starts with `@word{` or `@word(` and ends where its brackets are balanced. Where they never
are, it ends before the next line that starts a block. What stands between blocks is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vectorstore.readers.fields import shorten
from vectorstore.readers.text import Line

MAX_BLOCK_CHARACTERS = 2_000_000
START = re.compile(r"@[ \t]*([^\W\d_][\w-]*)[ \t]*([{(])")
START_OF_LINE = re.compile(r"[ \t]*" + START.pattern)
HALF_START = re.compile(r"[ \t]*@[ \t]*[^\W\d_][\w-]*[ \t]*")
KEY = re.compile(r"[^{(]*[{(]\s*([^\s,={}()\"#%\\]{1,100})(?![^\s,={}()\"#%\\]|\s*=)")
MARKS = {"{": re.compile(r"(?<!\\)[{}]"), "(": re.compile(r"(?<!\\)[{})\"]")}
LEFT_OVER = re.compile(r"[\s,}]*[A-Za-z][\w-]*\s*=")
UNCLOSED = "a bracket that is opened in it is never closed"
OVERCLOSED = "it is closed before its end, by a bracket too many"


@dataclass(slots=True)
class Block:
    """One block of a file.

    Attributes:
        kind: The word behind the `@`, in lower case.
        bracket: The one that it was opened with.
        first: Number of its first line.
        text: From the `@` to the bracket that closes it; of one too long, no more than the start.
        length: In characters.
        fault: Why it cannot be read, if it cannot.
    """

    kind: str
    bracket: str
    first: int
    text: str = ""
    length: int = 0
    fault: str | None = None

    @property
    def key(self) -> str | None:
        """The name that an entry is cited by."""
        found = KEY.match(self.text[:1000])
        return shorten(found[1]) if found else None


def split_blocks(lines: Iterable[Line]) -> Iterator[Block | Line]:
    """The blocks of a file, and lines outside of them that are too long to be read."""
    splitter = _Splitter()
    for line in lines:
        yield from splitter.take(line)
    yield from splitter.end()


@dataclass
class _Splitter:
    """What was read of a block so far.

    Attributes:
        block: The block that is open.
        depth: Its brackets that are open.
        quoted: Whether a quotation mark is, in a block in parentheses.
        parts: Its text.
        closed: The block before, until what stands behind it shows that it ended there.
        half: A line with `@word` whose bracket may follow.
    """

    block: Block | None = None
    depth: int = 0
    quoted: bool = False
    parts: list[str] = field(default_factory=list)
    closed: Block | None = None
    half: str = ""

    def take(self, line: Line) -> Iterator[Block | Line]:
        """The blocks that are complete once this line is known."""
        if line.too_long and not self.block:
            yield from self.release()
            yield line
            return
        text = self.half + line.text
        self.half = ""
        if self.block and START_OF_LINE.match(text):
            yield self.close(self.block, UNCLOSED)
        position = 0
        while position < len(text):
            if self.block:
                position = self.scan(self.block, text, position, line.length)
            else:
                start = START.search(text, position)
                yield from self.skip(text[position : start.start() if start else len(text)])
                if not start:
                    if HALF_START.fullmatch(text, position):
                        self.half = text + " "
                    return
                yield from self.release()
                position = self.open(start, line.number)
        if self.block:
            self.add("\n")

    def end(self) -> Iterator[Block]:
        """The blocks that are complete at the end of the file."""
        yield from self.release()
        if self.block:
            yield self.close(self.block, UNCLOSED)

    def open(self, start: re.Match[str], number: int) -> int:
        """Begins a block; where its content starts."""
        self.block = Block(start[1].lower(), start[2], number)
        self.depth, self.quoted, self.parts = int(start[2] == "{"), False, []
        self.add(f"@{start[1]}{start[2]}")
        return start.end()

    def scan(self, block: Block, text: str, position: int, length: int) -> int:
        """Takes in what belongs to the block; where it ends in this line."""
        for mark in MARKS[block.bracket].finditer(text, position):
            sign = mark.group()
            if sign == '"':
                self.quoted ^= self.depth == 0
            elif sign == "{":
                self.depth += 1
            elif sign == "}":
                self.depth -= 1
            ended = sign == ")" and self.depth == 0 and not self.quoted
            if ended or (self.depth <= 0 and sign == "}" and block.bracket == "{"):
                self.add(text[position : mark.end()])
                self.closed = self.close(block)
                return mark.end()
        self.add(text[position:])
        block.length += max(0, length - len(text))
        return len(text)

    def add(self, text: str) -> None:
        """Keeps text of the block, as long as it is not too long to be read."""
        if self.block:
            self.block.length += len(text)
            if self.block.length <= MAX_BLOCK_CHARACTERS:
                self.parts.append(text)

    def close(self, block: Block, fault: str | None = None) -> Block:
        """The block that was open, with all that was kept of it."""
        self.block = None
        block.text, block.fault = "".join(self.parts), fault
        if block.length > MAX_BLOCK_CHARACTERS:
            block.text = block.text[:1000]
            limit = f"expected at most {MAX_BLOCK_CHARACTERS:,}"
            block.fault = f"it is {block.length:,} characters long; {limit}"
        return block

    def skip(self, text: str) -> Iterator[Block]:
        """A comment, unless it is what was left of the block before."""
        if self.closed and text.strip(", \t"):
            if LEFT_OVER.match(text) and not self.closed.fault:
                self.closed.fault = OVERCLOSED
            if text.strip("}, \t"):
                yield from self.release()

    def release(self) -> Iterator[Block]:
        """The block before, which is complete by now."""
        if self.closed:
            yield self.closed
            self.closed = None
