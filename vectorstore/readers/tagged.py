"""What RIS, MEDLINE and Web of Science share: a tag, then text, and lines that continue it.

References are cut out here, one in memory at a time. Of a whole file, `rispy` keeps all in memory,
drops what stands between references, and joins or loses those that lack their end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vectorstore.readers.fields import Item
from vectorstore.readers.listing import describe_lines
from vectorstore.readers.text import Line
from vectorstore.records import Note, RejectedRecord

MAX_REFERENCE_CHARACTERS = 2_000_000


class Tagged(NamedTuple):
    """A line, and what it says.

    Attributes:
        line: As it stands in the file.
        tag: In capitals; None where the line continues the one before.
        text: Without the tag and white space around it.
    """

    line: Line
    tag: str | None
    text: str


@dataclass(slots=True)
class Reference:
    """The lines of one reference.

    Attributes:
        first: Number of its first line.
        last: Number of its last line.
        fields: Tags and the texts of their lines, in order.
        length: In characters, with those that were not kept.
        begun: Whether it has the tag that begins one.
        ended: Whether it has the tag that ends one.
        oversized: The first line that was too long to be read, if any.
    """

    first: int
    last: int = 0
    fields: list[tuple[str, list[str]]] = field(default_factory=list)
    length: int = 0
    begun: bool = False
    ended: bool = False
    oversized: Line | None = None

    @property
    def where(self) -> str:
        """The lines that it stands in."""
        return describe_lines(self.first, self.last)

    def extend(self, tagged: Tagged) -> None:
        """Takes one more line, keeping no more text than can be used."""
        if tagged.text or tagged.tag:
            self.last = tagged.line.number
        self.length += len(tagged.text) + 1
        self.oversized = self.oversized or (tagged.line if tagged.line.too_long else None)
        if self.oversized or self.length > MAX_REFERENCE_CHARACTERS:
            return
        if tagged.tag:
            self.fields.append((tagged.tag, [tagged.text]))
        elif self.fields:
            self.fields[-1][1].append(tagged.text)

    def find_fault(self, source: str) -> RejectedRecord | None:
        """Why it cannot be read, if it cannot."""
        if self.oversized:
            return self.oversized.rejected(source)
        if self.length > MAX_REFERENCE_CHARACTERS:
            limit = f"expected at most {MAX_REFERENCE_CHARACTERS:,}"
            reason = f"the reference is {self.length:,} characters long; {limit}"
            return RejectedRecord(source, self.where, reason)
        return None


@dataclass
class Strays:
    """Lines outside of any reference, which are left out.

    Attributes:
        first: Number of the first one.
        more: How many there are besides.
    """

    first: int = 0
    more: int = -1

    def count(self, line: Line) -> None:
        """One more."""
        self.first = self.first or line.number
        self.more += 1

    def notes(self, source: str) -> Iterator[Note]:
        """A note on them, if there are any."""
        if self.first:
            lines = "this line was" if not self.more else f"this line and {self.more:,} more were"
            reason = f"{lines} left out, outside of any reference"
            yield Note(source, f"line {self.first}", reason)


def split_references(
    lines: Iterable[Tagged], starts: str, ends: str | None, strays: Strays
) -> Iterator[Reference]:
    """The references in a file.

    Args:
        lines: Of the file.
        starts: The tag that begins a reference.
        ends: The tag that ends one, where the format has it.
        strays: Takes in what stands outside of references.
    """
    reference: Reference | None = None
    for tagged in lines:
        repeated = ends and reference and reference.begun and _is_bare(reference, starts)
        if reference and tagged.tag == starts and not repeated:
            yield reference
            reference = None
        if tagged.tag == ends and ends:
            if reference:
                reference.last, reference.ended = tagged.line.number, True
                yield reference
            reference = None
        elif reference:
            reference.extend(tagged)
        elif tagged.tag or tagged.line.too_long:
            reference = Reference(tagged.line.number, begun=tagged.tag == starts)
            reference.extend(tagged)
        elif tagged.text:
            strays.count(tagged.line)
    if reference:
        yield reference


def _is_bare(reference: Reference, starts: str) -> bool:
    """Whether it holds nothing but the tag that begins it, once or twice."""
    return len(reference.fields) < 3 and all(tag == starts for tag, _ in reference.fields)


def gather(reference: Reference) -> dict[str, list[str]]:
    """The texts under each tag."""
    texts: dict[str, list[str]] = {}
    for tag, lines in reference.fields:
        texts.setdefault(tag, []).extend(lines)
    return texts


def join(texts: Sequence[str]) -> str:
    """The text of lines that continue each other; an empty line parts paragraphs."""
    paragraphs: list[list[str]] = [[]]
    for text in texts:
        if text:
            paragraphs[-1].append(text)
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join(" ".join(lines) for lines in paragraphs if lines)


def first_of(fields: Mapping[str, Sequence[str]], tags: str) -> str | None:
    """The text under the first of some tags that says something."""
    texts = (join(fields.get(tag, ())) for tag in tags.split())
    return next((text for text in texts if text), None)


def all_of(fields: Mapping[str, Sequence[str]], tags: str) -> list[str]:
    """The texts under some tags, one an item."""
    return [text for tag in tags.split() for text in fields.get(tag, ()) if text]


def with_columns(
    values: Mapping[str, object], reference: Reference, columns: Mapping[str, str]
) -> dict[str, object]:
    """What is not empty of the values, and of tags that the user gave the names of fields."""
    texts = gather(reference) if columns else {}
    given = {field: join(texts[tag]) for tag, field in columns.items() if tag in texts}
    return {name: value for name, value in {**values, **given}.items() if value}


def note_on_ends(
    reference: Reference, source: str, starts: str, ends: str | None
) -> Iterator[Item]:
    """A note on a reference that lacks its beginning or its end."""
    if not reference.begun:
        yield Note(source, reference.where, f"no `{starts}` begins this reference; it was read")
    if ends and not reference.ended:
        reason = f"no `{ends}` ends this reference; it was read as far as it goes"
        yield Note(source, reference.where, reason)
