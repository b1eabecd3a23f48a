"""Names and hashed passwords in a file: `name:scrypt$16384$8$1$SALT$HASH` a line."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from rag import QuothError

# RFC 7914's parameters for interactive log-ins: 16 MiB, some 50 ms.
_N, _R, _P = 2**14, 8, 1
_SALT_BYTES, _HASH_BYTES = 16, 32
_MAX_MEMORY = 128 * 2**20
_NAME = re.compile(r"[^\s:\x00-\x1f\x7f]{1,100}")
MAX_FILE_BYTES = 1_000_000


class PasswordError(QuothError):
    """A file of passwords, or a new entry, that cannot be used."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How a password is known: by what scrypt makes of it."""

    cost: int
    block: int
    parallel: int
    salt: bytes
    hashed: bytes

    def matches(self, password: str) -> bool:
        """Whether it is the password; takes some 50 ms."""
        return hmac.compare_digest(_hash(password, self), self.hashed)


class Passwords:
    """Who may come in."""

    def __init__(self, entries: dict[str, Entry]) -> None:
        """Takes entries by name."""
        self._entries = entries
        self._nobody = _entry(secrets.token_hex(8))

    def admit(self, name: str, password: str) -> bool:
        """Whether the name has this password; a name that is unknown takes as long to refuse."""
        entry = self._entries.get(name)
        return (entry or self._nobody).matches(password) and entry is not None

    @classmethod
    def load(cls, path: str | Path) -> Passwords:
        """The entries of a file; empty lines and lines that begin with # do not count.

        Raises:
            PasswordError: It cannot be read, holds no entry, or a line is none.
        """
        try:
            with open(path, "rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise PasswordError(f"Cannot read {path}: {why}.") from error
        return cls.parse(data, str(path))

    @classmethod
    def parse(cls, data: bytes, place: str = "the file") -> Passwords:
        """The entries of what such a file holds.

        Raises:
            PasswordError: There is none, or a line is none.
        """
        if len(data) > MAX_FILE_BYTES:
            raise PasswordError(f"{place} is larger than {MAX_FILE_BYTES:,} bytes.")
        entries: dict[str, Entry] = {}
        for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), start=1):
            if line.strip() and not line.startswith("#"):
                name, entry = _parse(line.strip(), f"{place}, line {number}")
                entries[name] = entry
        if not entries:
            raise PasswordError(f"{place} has no entry. Make one: quoth password NAME >> {place}")
        return cls(entries)


def make_line(name: str, password: str) -> str:
    """The line of a file for a name and its password, salted anew.

    Raises:
        PasswordError: The name cannot stand in such a line, or the password is empty.
    """
    if not _NAME.fullmatch(name) or name.startswith("#"):
        raise PasswordError(
            f"{name!r} cannot be a name; expected up to 100 characters without space or colon."
        )
    if not password:
        raise PasswordError("The password is empty; expected at least one character.")
    entry = _entry(password)
    salt, hashed = (base64.b64encode(part).decode() for part in (entry.salt, entry.hashed))
    return f"{name}:scrypt${entry.cost}${entry.block}${entry.parallel}${salt}${hashed}"


def _entry(password: str) -> Entry:
    empty = Entry(_N, _R, _P, secrets.token_bytes(_SALT_BYTES), b"")
    return Entry(_N, _R, _P, empty.salt, _hash(password, empty))


def _hash(password: str, entry: Entry) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=entry.salt,
        n=entry.cost,
        r=entry.block,
        p=entry.parallel,
        maxmem=_MAX_MEMORY,
        dklen=_HASH_BYTES,
    )


def _parse(line: str, place: str) -> tuple[str, Entry]:
    name, _, rest = line.partition(":")
    try:
        scheme, cost, block, parallel, salt, hashed = rest.split("$")
        if scheme != "scrypt" or not _NAME.fullmatch(name):
            raise ValueError(scheme)
        entry = Entry(
            int(cost),
            int(block),
            int(parallel),
            base64.b64decode(salt, validate=True),
            base64.b64decode(hashed, validate=True),
        )
        _hash("", entry)
    except (ValueError, binascii.Error, OverflowError) as error:
        raise PasswordError(
            f"{place}: no entry; expected NAME:scrypt$N$R$P$SALT$HASH, as `quoth password NAME` "
            "writes it."
        ) from error
    return name, entry
