"""A `Document`: one file of text or XML, wherever its bytes lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, TypeAlias

from vectorstore.records import Note, RejectedRecord

WHOLE_FILE = "whole file"

Opener: TypeAlias = Callable[[], AbstractContextManager[IO[bytes]]]
Found: TypeAlias = "Document | RejectedRecord | Note"


@dataclass(frozen=True, slots=True)
class Document:
    """One file of text or XML.

    Attributes:
        source: Its name, fit to be shown.
        opener: Opens its bytes from the start, unpacked; may be called again and again.
        columns: Names that the user gave for fields: `{"Summary": "abstract"}` reads the column
            or key `Summary` as the abstract.
        companion: Whether it was found in a folder or an archive rather than named: what holds no
            abstracts is then no mistake of the user's.
    """

    source: str
    opener: Opener
    columns: Mapping[str, str] = field(default_factory=dict)
    companion: bool = False

    def open(self) -> AbstractContextManager[IO[bytes]]:
        """Its bytes, unpacked.

        Raises:
            OSError, EOFError, zlib.error, ...: `UNREADABLE`, here or while it is read.
        """
        return self.opener()

    def useless(self, reason: str) -> RejectedRecord | Note:
        """That nothing can be read from it: a rejection where it was named, else a note."""
        if self.companion:
            return Note(self.source, WHOLE_FILE, f"left out: {reason}")
        return self.rejected(reason)

    def rejected(self, reason: str) -> RejectedRecord:
        """That it could not be read, though it may well hold abstracts."""
        return RejectedRecord(self.source, WHOLE_FILE, reason)


def shown_name(name: str) -> str:
    """A name with whatever cannot be shown written as escapes."""
    encoded = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in encoded
    )
