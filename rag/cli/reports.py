"""What became of files and papers -> paragraphs to read; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from rag.cli.console import Block, as_data
from rag.cli.rendering import GAP, for_reading, joined
from vectorstore.papers import Paper
from vectorstore.records import AddReport, Note, RejectedRecord, SkippedRecord
from vectorstore.syncing import SyncReport

SHOWN = 20
"""Places of one kind that are told one by one."""
SHOWN_SKIPPED = 3

Located = RejectedRecord | SkippedRecord | Note


def report_blocks(report: AddReport, holding: str) -> Iterator[Block]:
    """What became of the records of the files that were added, and what the library holds now."""
    yield Block(Text(counted(report)))
    yield from _places("rejected", report.rejected, SHOWN, "red")
    yield from _places("no abstract", report.skipped, SHOWN_SKIPPED, "yellow")
    yield from _places("note", report.notes, SHOWN, "yellow")
    yield Block(Text(as_data(holding), "dim"))


def counted(report: AddReport) -> str:
    """How many records became what, in a line."""
    counts = (
        ("added", report.added),
        ("updated", report.updated),
        ("merged", report.merged),
        ("unchanged", report.unchanged),
        ("without an abstract", len(report.skipped)),
        ("rejected", len(report.rejected)),
    )
    told = ", ".join(f"{count:,} {name}" for name, count in counts if count or name == "added")
    work = f" {report.embedded:,} passages embedded, {report.kept:,} kept." if report.kept else ""
    return f"{report.read:,} records read: {told}.{work}"


def sync_blocks(report: SyncReport) -> Iterator[Block]:
    """What became of a library and a folder, or would."""
    would = "would be" if report.dry_run else "to be"
    gone = f"{would} removed, since no file says so any longer: {len(report.removed):,} papers."
    notes = [gone.capitalize() if report.removed else "Nothing to remove."]
    if report.reduced:
        notes.append(f"Kept, since other files say so: {report.reduced:,} papers.")
    if report.doubtful:
        files = joined(report.doubtful[:SHOWN], ", ")
        notes.append(
            f"Nothing was removed for want of files that could not be read whole: {files}."
        )
    yield from report_blocks(report.added, " ".join(notes))
    shown = report.removed[:SHOWN]
    for paper_id, title in shown:
        yield Block(Text(f"{would} removed: {as_data(paper_id)}  {for_reading(title)}"), 2)
    yield from _more(len(report.removed) - len(shown))


def duplicate_blocks(papers: Sequence[Paper]) -> Iterator[Block]:
    """Papers with the records that each was made from, numbered, and why."""
    for paper in papers:
        yield Block(Text.assemble((for_reading(paper.record.title), "bold"), f"  {paper.id}"))
        for number, part in enumerate(paper.parts, start=1):
            record = part.record
            known = (record.title, str(record.year or ""), *record.identities[:-1], *record.sources)
            why = f" ({as_data(part.why)})" if part.why else ""
            yield Block(Text(f"{number}. {joined(tuple(map(for_reading, known)))}{why}"), 3)
    if papers:
        yield GAP
        yield Block(Text("quoth split ID NUMBER takes one apart.", "dim"))
    else:
        yield Block(Text("No paper was made from more than one record."))


def duplicate_values(paper: Paper) -> dict[str, Any]:
    """A paper and the records that it was made from, as plain JSON values."""
    return {
        "id": paper.id,
        "title": paper.record.title,
        "apart": list(paper.apart),
        "records": [{"why": part.why or None, **part.record.to_json()} for part in paper.parts],
    }


def split_blocks(stayed: Paper, gone: Paper) -> Iterator[Block]:
    """The two papers that one was split into."""
    for paper in (stayed, gone):
        yield Block(Text.assemble((for_reading(paper.record.title), "bold"), f"  {paper.id}"))
    yield Block(Text("They are two papers from now on, and will not be merged again.", "dim"))


def located(item: Located) -> str:
    """Where in a file something was found, and what."""
    return as_data(f"{item.source}, {item.where}: {item.reason}")


def _places(kind: str, items: Sequence[Located], most: int, style: str) -> Iterator[Block]:
    for item in items[:most]:
        yield Block(Text(f"{kind}: {located(item)}", style))
    yield from _more(len(items) - most)


def _more(count: int) -> Iterator[Block]:
    if count > 0:
        yield Block(Text(f"and {count:,} more (--json lists all)", "dim"))
