"""Decoding the lines of a document, in bounded memory whatever it holds."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vectorstore.readers.opening import CHUNK_BYTES, WHOLE_FILE, Document
from vectorstore.records import Note, RejectedRecord

__all__ = ["CHUNK_BYTES", "MAX_LINE_BYTES", "WHOLE_FILE", "Head", "Line", "look", "read_lines"]

MAX_LINE_BYTES = 2_000_000
HEAD_BYTES = 200

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
FROM_BINARY = "export the papers in one of the formats that Quoth reads: BibTeX, RIS, CSV, JSON"
FROM_WIDE = "save it again as UTF-8"
MAGIC = (
    (b"%PDF-", f"is a PDF, not text; {FROM_BINARY}"),
    (b"SQLite format 3\x00", f"is an SQLite database, not text; {FROM_BINARY}"),
    (b"\xff\xfe\x00\x00", f"is text in UTF-32; {FROM_WIDE}"),
    (b"\x00\x00\xfe\xff", f"is text in UTF-32; {FROM_WIDE}"),
)
CONTROL_BYTES = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1b") + b"\x7f"
FEW_CONTROLS = 3
TEXT_SHARE = 20  # In text, at most one byte in twenty is a control character.


@dataclass(frozen=True, slots=True)
class Head:
    """How a document starts, to tell its format by.

    Attributes:
        name: Its name in lower case, without the ending `.gz`; a hint only.
        text: About its first 64 kB, decoded; without byte order mark and leading white space.
        columns: Names that the user gave for fields.
    """

    name: str
    text: str
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The first line, without white space around it."""
        return self.text.split("\n", 1)[0].strip()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file.

    Attributes:
        number: Counted from 1.
        text: Without its end; of a line that is too long, no more than the beginning.
        length: In bytes of UTF-8.
        foreign_byte: The first byte that is not UTF-8, where there is one.
    """

    number: int
    text: str
    length: int
    foreign_byte: int | None = None

    @property
    def blank(self) -> bool:
        """Whether the line holds nothing but white space."""
        return not self.too_long and not self.text.strip()

    @property
    def too_long(self) -> bool:
        """Whether the line was not read whole."""
        return self.length > MAX_LINE_BYTES

    def rejected(self, source: str) -> RejectedRecord:
        """The rejection of a line that is too long."""
        reason = f"is {self.length:,} bytes long; expected at most {MAX_LINE_BYTES:,} a line"
        return RejectedRecord(source, f"line {self.number}", reason)


def look(document: Document) -> Head | str:
    """How a document starts, or why no text can be read from it."""
    with document.open() as stream:
        start = stream.read(CHUNK_BYTES)
    encoding = UTF16_BOMS.get(start[:2]) if not start.startswith(MAGIC[2][0]) else None
    obstacle = None if encoding else _find_binary(start)
    if obstacle:
        return obstacle
    text = start[2:].decode(encoding, "replace") if encoding else _decode_start(start)
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    name = document.source.lower().removesuffix(".gz")
    return Head(name, unified.lstrip(), document.columns)


def read_lines(document: Document, notes: list[Note] | None = None) -> Iterator[Line]:
    """The lines of a document, ended by LF, CR LF or CR; one too long is skipped in chunks.

    Args:
        document: In UTF-8, or in UTF-16 with a byte order mark; lines that are not valid UTF-8
            are read as Windows-1252.
        notes: Takes in, at the end, a note on lines that were not UTF-8.
    """
    lines = _read_lines(document)
    return lines if notes is None else _watch_decoding(lines, document.source, notes)


def _read_lines(document: Document) -> Iterator[Line]:
    kept, length, number = bytearray(), 0, 1
    for chunk in _unify_line_ends(read_chunks(document)):
        for ended, piece in enumerate(chunk.split(b"\n")):
            if ended:
                yield _decode(bytes(kept), length, number)
                kept, length, number = bytearray(), 0, number + 1
            length += len(piece)
            if length <= MAX_LINE_BYTES:
                kept += piece
            else:
                kept = (kept + piece)[:HEAD_BYTES]
    if length:
        yield _decode(bytes(kept), length, number)


def _watch_decoding(lines: Iterator[Line], source: str, notes: list[Note]) -> Iterator[Line]:
    """The same lines; at their end, what was not UTF-8 is put into `notes`."""
    first, more = None, 0
    for line in lines:
        if line.foreign_byte is not None:
            more += first is not None
            first = first or line
        yield line
    if first:
        lines_read = "this line was" if not more else f"this line and {more:,} more were"
        reason = f"byte 0x{first.foreign_byte:02X} is not UTF-8: {lines_read} read as Latin-1"
        notes.append(Note(source, f"line {first.number}", f"{reason} (Windows-1252)"))


def _find_binary(start: bytes) -> str | None:
    """Why a file that starts like this holds no text that can be read; None where it does."""
    for magic, reason in MAGIC:
        if start.startswith(magic):
            return reason
    controls = len(start) - len(start.translate(None, CONTROL_BYTES))
    if controls > max(FEW_CONTROLS, len(start) // TEXT_SHARE):
        share = f"{controls:,} of its first {len(start):,} bytes are control characters"
        return f"is not text ({share}); {FROM_BINARY}"
    return None


def read_chunks(document: Document) -> Iterator[bytes]:
    """The content in chunks of UTF-8 or of what an 8-bit machine wrote, without byte order mark."""
    with document.open() as stream:
        chunk = stream.read(CHUNK_BYTES)
        encoding = UTF16_BOMS.get(chunk[:2])
        decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
        chunk = chunk[2:] if encoding else chunk.removeprefix(UTF8_BOM)
        while chunk:
            yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk
            chunk = stream.read(CHUNK_BYTES)


def _unify_line_ends(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks with each line ended by LF alone."""
    held = b""
    for chunk in chunks:
        whole = held + chunk
        held = b"\r" if whole.endswith(b"\r") else b""
        yield whole.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if held:
        yield b"\n"


def _decode(raw: bytes, length: int, number: int) -> Line:
    """A line of text: UTF-8, or else what its bytes mean to a Western machine of old."""
    if length > MAX_LINE_BYTES:
        return Line(number, raw.decode("utf-8", "replace"), length)
    try:
        return Line(number, raw.decode("utf-8"), length)
    except UnicodeDecodeError as error:
        return Line(number, _decode_latin(raw), length, raw[error.start])


def _decode_start(start: bytes) -> str:
    """The first bytes as text, whatever was cut off at their end."""
    start = start.removeprefix(UTF8_BOM)
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return _decode_latin(start)


def _decode_latin(raw: bytes) -> str:
    """Bytes as Windows-1252, or as Latin-1 where they use what that leaves undefined."""
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
