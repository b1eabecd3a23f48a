"""The figures of `bench ingest` as tables; pure but for rich's objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from evals.tables import Figures, make_table, spell


def ingest_tables(result: Figures) -> list[Table]:
    """One row a format; then how well duplicates are told, where that was measured."""
    title = (
        f"Reading exports of {result['records']:,} invented papers; counts are what they must be, "
        "or `found of expected`; memory is the peak of a process over that after a small file"
    )
    columns = ("format", "MB", "records/s", "memory, MB", "exact", "skipped", "rejected")
    formats = make_table(title, columns, map(_format_row, result["formats"]))
    return [formats, *_duplicate_tables(result["duplicates"])]


def _format_row(row: Figures) -> list[object]:
    memory = row["memory_mb"]
    return [
        row["format"],
        f"{row['bytes'] / 1e6:.1f}",
        f"{row['records_per_second']:,}",
        "-" if memory is None else f"{memory:.1f}",
        *(_of(row[name]) for name in ("exact", "skipped", "rejected")),
    ]


def _of(counts: Figures) -> str:
    found, expected = counts["found"], counts["expected"]
    return f"{found:,}" if found == expected else f"{found:,} of {expected:,}"


def _duplicate_tables(result: dict[str, Any] | None) -> Iterator[Table]:
    if result is None:
        return
    ways = {"rules alone": result["compare"], "keys and rules": result["road"]}
    yield make_table(
        f"Duplicates: {result['pairs']:,} pairs; share [95% interval]",
        ("way", "precision", "recall", "F1"),
        (
            [
                name,
                spell(way["overall"]["precision"]),
                spell(way["overall"]["recall"]),
                way["overall"]["f1"],
            ]
            for name, way in ways.items()
        ),
    )
    kinds = result["road"]["kinds"]
    yield make_table(
        "By kind",
        ("pairs", "papers", "n", "judged rightly"),
        (
            [kind, "one" if item["same"] else "two", item["pairs"], spell(item["right"])]
            for kind, item in kinds.items()
        ),
    )
