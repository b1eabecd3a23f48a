"""Replies of services, kept as files for a day: what was fetched once is not asked for again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from xml.etree.ElementTree import Element

from vectorstore.fetching.client import Client
from vectorstore.fetching.options import FetchOptions
from vectorstore.fetching.service import Request
from vectorstore.fetching.stating import AGAIN, failure
from vectorstore.readers import Item, read
from vectorstore.readers.document import Document
from vectorstore.readers.xml_stream import Found, read_elements
from vectorstore.records import Note, RejectedRecord, SkippedRecord

DAY = 24 * 60 * 60
ENDING = ".reply"
DRAFT = ".draft"


class Kept:
    """The replies in a folder, and the client that asks for those that are missing."""

    def __init__(self, client: Client, options: FetchOptions) -> None:
        """The replies in `options.folder`, without those that are too old."""
        self._client = client
        self._options = options
        self._drop_old()

    def obtain(self, request: Request) -> Path:
        """The file of a reply, asked for unless it is kept.

        Raises:
            AbsentError: The service does not know what it was asked for.
            FetchError: It could not be fetched.
            OSError: It could not be written.
        """
        digest = hashlib.sha256(request.identity.encode("utf-8")).hexdigest()[:32]
        path = self._options.folder / f"{digest}{ENDING}"
        if not self._is_young(path):
            self._write(path, self._client.get(request))
        return path

    def elements(self, request: Request, path: Path, tags: frozenset[str]) -> Iterator[Element]:
        """The outermost elements of these tags in a reply.

        Raises:
            FetchError: It is not XML; it is not kept then.
        """
        document = Document(path.name, lambda: path.open("rb"))
        for found in read_elements(document, tags):
            if not isinstance(found, Found):
                path.unlink(missing_ok=True)
                outcome = f"sent what cannot be read ({found.reason})"
                raise failure(request, outcome, f"Later, {AGAIN}")
            yield found.element

    def _write(self, path: Path, body: bytes) -> None:
        """Writes a file whole or not at all."""
        folder = self._options.folder
        with NamedTemporaryFile(dir=folder, suffix=DRAFT, delete=False) as draft:
            draft.write(body)
            draft.flush()
            os.fsync(draft.fileno())
        now = self._options.clock()
        os.utime(draft.name, (now, now))
        os.replace(draft.name, path)

    def _is_young(self, path: Path) -> bool:
        """Whether it is there, and of use; another process may remove it at any time."""
        try:
            return 0 <= self._options.clock() - path.stat().st_mtime < DAY
        except FileNotFoundError:
            return False

    def _drop_old(self) -> None:
        """Removes what nobody will use again."""
        for ending in (ENDING, DRAFT):
            for path in self._options.folder.glob(f"*{ending}"):
                if not self._is_young(path):
                    path.unlink(missing_ok=True)


def read_reply(path: Path, source: str, place: str) -> Iterator[Item]:
    """The records in a reply, and, with the place of the reply, what could not be used."""
    for item in read(path, source=source):
        if isinstance(item, (RejectedRecord, SkippedRecord, Note)):
            yield replace(item, where=f"{place}, {item.where}")
        else:
            yield item
