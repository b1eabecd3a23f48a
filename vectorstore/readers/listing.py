"""The plain listing: a heading, then one `Abstract:` paragraph a line.

Lines that directly follow an `Abstract:` line continue it. Label lines (`Title:`, `Authors:`,
`Year:`, `DOI:`, `URL:`) before an `Abstract:` line belong to it. A short line that stands alone
is the heading of what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vectorstore.readers.fields import (
    MAX_ABSTRACT_CHARACTERS,
    UNSTORABLE,
    WHITE,
    Item,
    build,
    describe_length,
    shorten,
)
from vectorstore.readers.text import Line
from vectorstore.records import Note, RejectedRecord

LABEL = re.compile(
    r"[ \t\xa0]*(abstract|title|authors?|year|doi|url)[ \t\xa0]*:(.*)", re.IGNORECASE | re.DOTALL
)
SHOWN = {
    "abstract": "Abstract",
    "title": "Title",
    "authors": "Authors",
    "year": "Year",
    "doi": "DOI",
    "url": "URL",
}
STARTS = ("abstract", "title")
MAX_HEADING_WORDS = 12
MAX_HEADING_CHARACTERS = 200
EXPECTED = "expected `Abstract:` before it, or a heading of at most 12 words on a line alone"
SENTENCE_ENDS = (".", "!", "?", ".)", '."', ".”")


@dataclass(slots=True)
class Paragraph:
    """Consecutive lines that belong together: a label and its text, or text without a label.

    Attributes:
        label: In lower case; None for text without a label.
        block: Number of the run of lines without a blank one that the paragraph stands in.
        first: Number of the first line.
        last: Number of the last line.
        lines: The text, without the label; no more of it than an abstract may have.
        length: In characters, with those that were not kept.
        oversized: The first line that was too long to be read, if any.
    """

    label: str | None
    block: int
    first: int
    last: int = 0
    lines: list[str] = field(default_factory=list)
    length: int = -1
    oversized: Line | None = None

    def extend(self, line: Line, text: str) -> None:
        """Take one more line, keeping no more text than can be used."""
        self.last = line.number
        self.length += len(text) + 1
        self.oversized = self.oversized or (line if line.too_long else None)
        if not self.oversized and self.length <= 2 * MAX_ABSTRACT_CHARACTERS:
            self.lines.append(text)

    @property
    def text(self) -> str:
        """The kept lines, verbatim but for white space around them."""
        return "\n".join(self.lines).strip(WHITE)

    @property
    def where(self) -> str:
        """The lines that the paragraph stands in."""
        return describe_lines(self.first, self.last)


def starts_abstract(line: Line) -> bool:
    """Whether a line starts with `Abstract:`."""
    return find_label(line)[0] == "abstract"


def find_label(line: Line) -> tuple[str | None, str]:
    """The label that a line starts with, if any, and the text behind it."""
    match = LABEL.match(line.text)
    if not match:
        return None, line.text
    label = match.group(1).lower()
    return "authors" if label == "author" else label, match.group(2)


def describe_lines(first: int, last: int) -> str:
    """`line 3`, or `lines 3-5`."""
    return f"line {first}" if first == last else f"lines {first}-{last}"


def read_items(lines: Iterable[Line], source: str) -> Iterator[Item]:
    """A record or a rejection for each paragraph with an abstract, and what else was found."""
    listing = _Listing(source)
    for paragraph in split_paragraphs(lines):
        yield from listing.take(paragraph)
    yield from listing.end()


def split_paragraphs(lines: Iterable[Line]) -> Iterator[Paragraph]:
    """The paragraphs of a listing, in bounded memory: none spans a blank line or a label."""
    current, block = None, 0
    for line in lines:
        if line.blank:
            yield from [current] if current else []
            current, block = None, block + 1
            continue
        label, text = find_label(line)
        if current and label:
            yield from _part_heading(current) if label in STARTS else [current]
            current = None
        current = current or Paragraph(label, block, line.number)
        current.extend(line, text)
    yield from [current] if current else []


def _part_heading(paragraph: Paragraph) -> Iterator[Paragraph]:
    """A paragraph, and the heading between it and the next one where no blank line parts them."""
    lines, last = paragraph.lines, paragraph.last
    kept = paragraph.label == "abstract" and 1 < len(lines) == last - paragraph.first + 1
    if kept and lines[-2].rstrip().endswith(SENTENCE_ENDS) and is_heading(lines[-1]):
        paragraph.last -= 1
        heading = Paragraph(None, paragraph.block, last, last, [lines.pop()])
        yield from (paragraph, heading)
    else:
        yield paragraph


def is_heading(text: str) -> bool:
    """Whether a line is short, no sentence and no address."""
    text = text.strip()
    short = len(text.split()) <= MAX_HEADING_WORDS and len(text) <= MAX_HEADING_CHARACTERS
    return bool(text) and short and not text.endswith(".") and "://" not in text


class _Listing:
    """What holds for the next abstract: the heading above it and the labels before it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.heading: Paragraph | None = None
        self.heading_used = False
        self.labels: dict[str, Paragraph] = {}
        self.abstract_block = -1
        self.started = False

    def take(self, paragraph: Paragraph) -> Iterator[Item]:
        """The items that are complete once this paragraph is known."""
        if any(self.is_astray(label, paragraph.block) for label in self.labels.values()):
            yield from self.drop_labels()
        if paragraph.label == "abstract":
            yield from self.take_abstract(paragraph)
        elif paragraph.oversized:
            yield paragraph.oversized.rejected(self.source)
        elif paragraph.label:
            yield from self.take_label(paragraph.label, paragraph)
        else:
            yield from self.take_text(paragraph)
        self.started = True

    def end(self) -> Iterator[Item]:
        """The items that are complete at the end of the file."""
        yield from self.drop_labels()
        yield from self.leave_heading()

    def take_abstract(self, paragraph: Paragraph) -> Iterator[Item]:
        """A record, or its rejection."""
        self.abstract_block, self.heading_used = paragraph.block, True
        labels, self.labels = self.labels, {}
        first = min((label.first for label in labels.values()), default=paragraph.first)
        where = describe_lines(first, paragraph.last)
        if paragraph.oversized:
            yield paragraph.oversized.rejected(self.source)
        elif paragraph.length > 2 * MAX_ABSTRACT_CHARACTERS:
            reason = describe_length("abstract", paragraph.length)
            yield RejectedRecord(self.source, where, reason)
        elif not paragraph.text:
            yield RejectedRecord(self.source, where, "`Abstract:` with nothing behind it")
        else:
            values: dict[str, object] = {name: label.text for name, label in labels.items()}
            values["group"] = self.heading.text if self.heading else None
            yield from build(values | {"abstract": paragraph.text}, self.source, where)

    def take_label(self, label: str, paragraph: Paragraph) -> Iterator[Item]:
        """Nothing yet, unless labels before it turn out to have no abstract."""
        if label in self.labels:
            yield from self.drop_labels()
        self.labels[label] = paragraph

    def take_text(self, paragraph: Paragraph) -> Iterator[Item]:
        """A new heading, or the rejection of a paragraph that is none."""
        yield from self.drop_labels()
        text, shown = paragraph.text, shorten(paragraph.text)
        alone = paragraph.first == paragraph.last
        if not (alone and is_heading(text.removesuffix("" if self.started else "."))):
            reason = f"a paragraph without `Abstract:` ('{shown}'); {EXPECTED}"
            yield RejectedRecord(self.source, paragraph.where, reason)
            return
        yield from self.leave_heading()
        self.heading, self.heading_used = paragraph, False
        if UNSTORABLE.search(text):
            self.heading = None
            reason = f"the heading '{shown}' holds a control character; remove it"
            yield RejectedRecord(self.source, paragraph.where, reason)

    def is_astray(self, label: Paragraph, block: int) -> bool:
        """Whether a label stands behind an abstract, and not before one in the same block."""
        return label.block == self.abstract_block != block

    def drop_labels(self) -> Iterator[Item]:
        """The rejection of labels that no abstract follows."""
        if self.labels:
            places = list(self.labels.values())
            names = ", ".join(f"`{SHOWN[name]}:`" for name in self.labels)
            where = describe_lines(places[0].first, places[-1].last)
            self.labels = {}
            reason = f"{names} with no `Abstract:` behind; expected labels before their abstract"
            yield RejectedRecord(self.source, where, reason)

    def leave_heading(self) -> Iterator[Item]:
        """A note on a heading that nothing stands under."""
        if self.heading and not self.heading_used:
            reason = f"no abstract stands under the heading '{shorten(self.heading.text)}'"
            yield Note(self.source, self.heading.where, reason)
