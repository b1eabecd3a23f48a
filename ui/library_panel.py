"""What the page does with the library: the functions behind its panel, without Gradio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock

from rag import AddReport, Library, QuothError
from ui.asking import without_llm
from ui.records import (
    MAX_LISTED,
    absent_html,
    hits_html,
    record_html,
    records_html,
    report_html,
    summary_html,
)
from ui.render import notice_html, starters_html
from ui.starters import starter_questions

MAX_FILES = 20
MAX_CHOICES = 500


@dataclass(frozen=True, slots=True)
class Contents:
    """What a library holds, as far as the page tells of it.

    Attributes:
        summary: HTML: papers, years, files.
        groups: What can be filtered by.
        sources: The same of files.
        starters: HTML: questions to begin with.
    """

    summary: str
    groups: tuple[str, ...]
    sources: tuple[str, ...]
    starters: str


class Shelf:
    """The library as its panel shows and changes it."""

    def __init__(self, library: Library, may_change: bool = True) -> None:
        """Shows a library.

        Args:
            library: Which.
            may_change: Whether the page may add and remove papers; never those of the sample.
        """
        self.may_change = may_change and not library.is_sample
        self.library = library
        self._known: tuple[int, Contents] | None = None
        self._lock = Lock()

    def contents(self) -> Contents:
        """What the library holds; read again only where it may have changed."""
        with self._lock:
            size = len(self.library)
            if self._known is None or self._known[0] != size:
                self._known = (size, self._read_contents())
            return self._known[1]

    def find(self, words: str, where: Sequence[str] = ()) -> str:
        """Papers that some words are about; all, in order of adding, where there are none."""
        if not words.strip():
            return records_html(islice(self.library.records(), MAX_LISTED), len(self.library))
        try:
            return hits_html(self.library.search(words, top_k=30, where=list(where)))
        except QuothError as error:
            return notice_html(str(error))

    def show(self, record_id: str, start: int = 0, end: int = 0) -> str:
        """A paper, with a place in it marked."""
        record = self.library.get(record_id)
        if record is None:
            return absent_html(record_id)
        return record_html(record, start, end, self.may_change)

    def add(self, paths: Sequence[str], progress: Callable[[int], None] | None = None) -> str:
        """Adds files that were uploaded, and deletes the uploads; a report."""
        try:
            if len(paths) > MAX_FILES:
                return notice_html(f"{len(paths)} files; expected at most {MAX_FILES} at a time.")
            report = self._add(paths, progress)
        except QuothError as error:
            return notice_html(str(error))
        finally:
            for path in paths:
                Path(path).unlink(missing_ok=True)
        return report_html(report)

    def remove(self, record_id: str) -> str:
        """Takes a paper out; what became of it."""
        if not self.may_change:
            return notice_html("This page may not change the library.")
        try:
            removed = self.library.remove(record_id)
        except QuothError as error:
            return notice_html(str(error))
        self._known = None
        return notice_html("Removed." if removed else "It was no longer there.")

    def _add(self, paths: Sequence[str], progress: Callable[[int], None] | None) -> AddReport:
        if not self.may_change:
            raise QuothError("This page may not change the library.")
        try:
            return self.library.add(list(map(Path, paths)), progress)  # never names on the network
        finally:
            self._known = None

    def _read_contents(self) -> Contents:
        records = list(self.library.records())
        groups = sorted({group for record in records for group in record.groups})
        sources = sorted({source for record in records for source in record.sources})
        if records:
            self.library.search(records[0].title)  # the first one waits for the model to load
        place = (
            "The bundled sample: digests of recent papers"
            if self.library.is_sample
            else self.library.store.at.name
        )
        return Contents(
            summary_html(records, place),
            tuple(groups[:MAX_CHOICES]),
            tuple(sources[:MAX_CHOICES]),
            starters_html(starter_questions(without_llm(self.library))),
        )


FILTERS = {
    "year-from": ("year>={}", "Year from {}"),
    "year-to": ("year<={}", "Year to {}"),
    "group": ("group={}", "Group: {}"),
    "source": ("source={}", "File: {}"),
}
"""Each filter as the library reads it, and in words."""


def conditions(*given: str | None) -> list[str]:
    """The filters that were set, in the order of `FILTERS`, as the library reads them."""
    return [FILTERS[name][0].format(value) for name, value in _set(given).items()]


def described(*given: str | None) -> dict[str, str]:
    """The filters that were set, in words."""
    return {name: FILTERS[name][1].format(value) for name, value in _set(given).items()}


def _set(given: Sequence[str | None]) -> dict[str, str]:
    paired = zip(FILTERS, given, strict=True)
    return {name: value.strip() for name, value in paired if value and value.strip()}
