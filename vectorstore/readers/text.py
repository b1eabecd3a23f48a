"""Opening files and decoding their lines, in bounded memory whatever they hold."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from vectorstore.records import Note, RejectedRecord

MAX_LINE_BYTES = 2_000_000
CHUNK_BYTES = 65_536
HEAD_BYTES = 200
WHOLE_FILE = "whole file"

UTF8_BOM = b"\xef\xbb\xbf"
GZIP_MAGIC = b"\x1f\x8b"
FROM_BINARY = "export the abstracts as JSON Lines, or as a listing of `Abstract:` paragraphs"
FROM_WIDE = "save it again as UTF-8"
MAGIC = (
    (b"%PDF-", f"is a PDF, not text; {FROM_BINARY}"),
    (b"PK\x03\x04", f"is a zip archive (or an Office document), not text; {FROM_BINARY}"),
    (b"SQLite format 3\x00", f"is an SQLite database, not text; {FROM_BINARY}"),
    (b"\xff\xfe\x00\x00", f"is text in UTF-32; {FROM_WIDE}"),
    (b"\x00\x00\xfe\xff", f"is text in UTF-32; {FROM_WIDE}"),
    (b"\xff\xfe", f"is text in UTF-16; {FROM_WIDE}"),
    (b"\xfe\xff", f"is text in UTF-16; {FROM_WIDE}"),
)
CONTROL_BYTES = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1b") + b"\x7f"
FEW_CONTROLS = 3
TEXT_SHARE = 20  # In text, at most one byte in twenty is a control character.


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file.

    Attributes:
        number: Counted from 1.
        text: Without its end; of a line that is too long, no more than the beginning.
        length: In bytes.
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


def source_name(path: Path) -> str:
    """The file's name, with whatever cannot be shown written as escapes."""
    name = (path.name or str(path)).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in name
    )


def find_obstacle(path: Path) -> str | None:
    """Why no text can be read from `path`; None where it can be tried."""
    try:
        if path.is_dir():
            return "is a folder; name the files in it"
        if not path.exists():
            return "does not exist"
        if not path.is_file():
            return "is not a regular file; save its content to a file first"
        with _open(path) as stream:
            return _find_binary(stream.read(CHUNK_BYTES))
    except OSError as error:
        return f"cannot be opened ({error.strerror or error})"
    except ValueError:
        return "is not the name of a file"


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a file, ended by LF, CR LF or CR; one that is too long is skipped in chunks."""
    kept, length, number = bytearray(), 0, 1
    with _open(path) as stream:
        for chunk in _unify_line_ends(stream):
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


def watch_decoding(lines: Iterator[Line], source: str, notes: list[Note]) -> Iterator[Line]:
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


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where gzip packed them."""
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        raw.seek(0)
        if not packed:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield cast(IO[bytes], unpacked)


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


def _unify_line_ends(stream: IO[bytes]) -> Iterator[bytes]:
    """The content without byte order mark, in chunks, each line ended by LF alone."""
    chunk = stream.read(CHUNK_BYTES).removeprefix(UTF8_BOM)
    held = b""
    while chunk:
        chunk = held + chunk
        held = b"\r" if chunk.endswith(b"\r") else b""
        yield chunk.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        chunk = stream.read(CHUNK_BYTES)
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


def _decode_latin(raw: bytes) -> str:
    """Bytes as Windows-1252, or as Latin-1 where they use what that leaves undefined."""
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
