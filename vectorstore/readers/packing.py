"""Unpacking in bounds: what unpacks to far more than it takes up packed is broken off."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Hashable
from typing import IO, Any, cast

CHUNK_BYTES = 65_536
MAX_RATIO = 100
"""Deflate's limit, which only bombs come near, is 1,032 times."""
FREE_BYTES = 50_000_000
"""What may be unpacked whatever it took up packed."""
PEEK_BYTES = 512
PACKED_BYTES = 16_384
GZIP_BITS = 16 + zlib.MAX_WBITS
CUT_OFF = "Compressed file ended before the end-of-stream marker was reached"

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
PACKINGS = (
    (GZIP_MAGIC, 0, "is packed with gzip twice"),
    (b"PK\x03\x04", 0, "is an archive in an archive"),
    (b"\xfd7zXZ\x00", 0, "is packed with xz"),
    (b"BZh91AY&SY", 0, "is packed with bzip2"),
    (b"\x28\xb5\x2f\xfd", 0, "is packed with zstd"),
    (b"7z\xbc\xaf\x27\x1c", 0, "is a 7z archive"),
    (b"Rar!\x1a\x07", 0, "is a RAR archive"),
    (b"ustar", 257, "is a tar archive"),
)
"""How a packing that is not unpacked is known: its mark, the place of it, and what it is."""

UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What opening or unpacking may raise; all that a reader need not catch itself."""
FAULTS = (ValueError, LookupError, ArithmeticError, struct.error)
"""What the standard library lets through besides where an archive is damaged."""


class DamagedError(OSError):
    """A packed file whose inner order is broken."""


class BombError(OSError):
    """A packed file that unpacks to too much."""


class Allowance:
    """What may be unpacked from one packed file, over all its parts and however often."""

    def __init__(self, packed_bytes: int) -> None:
        """Allows for as much as a file of `packed_bytes` that is no bomb unpacks to."""
        self.limit = max(FREE_BYTES, packed_bytes * MAX_RATIO)
        self.left = self.limit
        self._reached: dict[Hashable, int] = {}

    def charge(self, part: Hashable, position: int) -> None:
        """Takes note that a part was unpacked up to `position`; again costs nothing.

        Raises:
            BombError: That is more than is allowed.
        """
        self.left -= max(0, position - self._reached.get(part, 0))
        self._reached[part] = max(position, self._reached.get(part, 0))
        if self.left < 0:
            raise BombError(
                f"it unpacks to more than {self.limit:,} bytes, over {MAX_RATIO} times its size"
            )


def bounded(stream: Any, allowance: Allowance, part: Hashable = 0) -> IO[bytes]:  # noqa: ANN401
    """A stream that is being unpacked (a file with `read1`), broken off where it is too much."""
    return cast("IO[bytes]", _Unpacked(stream, allowance, part))


def unpack_gzip(stream: IO[bytes], allowance: Allowance, part: Hashable = 0) -> IO[bytes]:
    """What gzip packed into a stream: one member or several in a row."""
    return bounded(_Gunzipped(stream), allowance, part)


def find_packing(start: bytes) -> str | None:
    """Why a document that starts like this needs unpacking by the user; None where it does not."""
    for mark, place, kind in PACKINGS:
        if start.startswith(mark, place):
            return f"{kind}; unpack it first"
    return None


def describe_failure(error: BaseException) -> str:
    """Why something could not be read to its end."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"could not be read to its end ({reason})"


class _Gunzipped:
    """Unpacks gzip with zlib alone, which takes no time over the header of a member."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._engine = zlib.decompressobj(GZIP_BITS)
        self._inside = self._ended = False
        self._ahead = b""

    def read1(self, size: int) -> bytes:
        """The next bytes, none at the end only."""
        piece = b""
        while not piece and not self._ended:
            piece = self._step(size)
        return piece

    def _step(self, size: int) -> bytes:
        packed = self._ahead or self._stream.read(PACKED_BYTES)
        if not packed:
            self._ended = True
            if self._inside:
                raise EOFError(CUT_OFF)
        if not self._inside:
            packed = packed.lstrip(b"\0")  # Zeros may fill up a file behind its last member.
            self._engine = zlib.decompressobj(GZIP_BITS)
            self._inside = bool(packed)
        piece = self._engine.decompress(packed, size)
        self._ahead = self._engine.unconsumed_tail or self._engine.unused_data
        self._inside = self._inside and not self._engine.eof
        return piece


class _Unpacked(io.RawIOBase):
    """Hands out what could be unpacked before it raises what went wrong behind that."""

    def __init__(self, stream: Any, allowance: Allowance, part: Hashable) -> None:  # noqa: ANN401
        super().__init__()
        self._stream = stream
        self._allowance = allowance
        self._part = part
        self._position = 0
        self._fault: Exception | None = None

    def read(self, size: int | None = -1) -> bytes:
        """As of any stream: fewer bytes than asked for only at its end, or before a fault."""
        wanted = self._allowance.limit + 1 if size is None or size < 0 else size
        kept = bytearray()
        while len(kept) < wanted and (piece := self._unpack(wanted - len(kept), bool(kept))):
            kept += piece
        return bytes(kept)

    def _unpack(self, size: int, postpone: bool) -> bytes:
        try:
            if self._fault:
                raise self._fault
            piece: bytes = self._stream.read1(min(size, CHUNK_BYTES))
            self._position += len(piece)
            self._allowance.charge(self._part, self._position)
        except (*UNREADABLE, *FAULTS) as error:
            self._fault = error if isinstance(error, UNREADABLE) else DamagedError(str(error))
            if postpone:
                return b""
            raise self._fault from None
        return piece

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """What wrappers such as `io.TextIOWrapper` read by."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def readable(self) -> bool:
        """Always."""
        return True
