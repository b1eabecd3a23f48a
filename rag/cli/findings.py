"""What checks, repairs and backups found and did -> paragraphs to read; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from rag.cli.console import Block, as_data

if TYPE_CHECKING:
    from vectorstore.upkeep.backup import BackupReport
    from vectorstore.upkeep.health import Finding, HealthReport
    from vectorstore.upkeep.repair import RepairReport


def health_blocks(report: HealthReport, advise: bool = True) -> Iterator[Block]:
    """What a check found, each finding with some ids, and whether it can be mended.

    Args:
        report: The findings.
        advise: Whether to name the command that mends them.
    """
    checked = f"{report.papers:,} papers with {report.passages:,} passages in {report.place}"
    if report.is_sound:
        yield Block(Text(as_data(f"Nothing is wrong: {checked}.")))
        return
    yield Block(Text(as_data(f"Checked {checked}. Wrong:")))
    for finding in report.findings:
        yield Block(Text(as_data(_finding_line(finding))), 2)
    if advise and any(finding.repairable for finding in report.findings):
        yield Block(Text(as_data(f"Mend it: quoth check --repair --library {report.place}")))


def repair_blocks(report: RepairReport) -> Iterator[Block]:
    """What a repair found, what it did, and what is left."""
    if report.before.is_sound:
        yield from health_blocks(report.before)
        return
    yield from health_blocks(report.before, advise=False)
    if report.copy:
        yield Block(Text(as_data(f"Copied the library as it was to {report.copy}.")))
    if report.kept or report.embedded:
        told = f"Rebuilt: {report.kept:,} papers kept, {report.embedded:,} embedded anew."
        yield Block(Text(told))
    if report.lost:
        told = f"Lost, as the abstract cannot be read; add these again ({len(report.lost):,}):"
        yield Block(Text(told))
        for record_id in report.lost:
            yield Block(Text(as_data(record_id)), 2)
    yield from health_blocks(report.after, advise=False)


def backup_blocks(report: BackupReport) -> Iterator[Block]:
    """What a backup holds."""
    told = f"Saved {report.passages:,} passages of {report.folder} to {report.file}."
    yield Block(Text(as_data(told)))


def restore_blocks(report: BackupReport) -> Iterator[Block]:
    """What was restored."""
    when = f"as saved on {report.made}"
    told = f"Restored {report.passages:,} passages to {report.folder}, {when}."
    yield Block(Text(as_data(told)))


def _finding_line(finding: Finding) -> str:
    rest = ", ..." if finding.count > len(finding.examples) else ""
    shown = ", ".join(finding.examples)
    ids = f" ({finding.count:,}): {shown}{rest}" if finding.examples else ""
    mending = "" if finding.repairable else " (cannot be repaired)"
    return f"- {finding.text}{ids}{mending}"
