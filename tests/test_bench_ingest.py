"""`bench ingest`: what is lost or changed by a reader is counted and told."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from evals import cli, processes
from evals.bench import ingest
from evals.bench.ingest import compare_found, failures, measure_reading, run_ingest
from evals.bench.ingest_tables import ingest_tables
from evals.bench.reading import STATUS, peak_megabytes
from evals.errors import EvalError
from evals.exports import EXPORTS, Export, make_papers, write_export

PAPERS = make_papers(30)
BEIR = next(export for export in EXPORTS if export.name == "BEIR")
LISTING = next(export for export in EXPORTS if export.name == "listing")


def found_in(export: Export, folder: Path) -> dict[str, object]:
    return compare_found(export, write_export(export, PAPERS, folder))


def test_all_that_was_written_is_found(tmp_path: Path) -> None:
    assert found_in(BEIR, tmp_path) == {
        "exact": {"found": 24, "expected": 24},
        "invented": 0,
        "skipped": {"found": 3, "expected": 3},
        "rejected": {"found": 3, "expected": 3},
        "passed": True,
    }


def test_a_record_that_differs_in_one_field_is_not_the_known_one(tmp_path: Path) -> None:
    other = replace(BEIR, carry=lambda paper: replace(BEIR.carry(paper), year=1999))
    found = found_in(other, tmp_path)
    assert found["exact"] == {"found": 0, "expected": 24}
    assert (found["invented"], found["passed"]) == (24, False)


def test_a_broken_line_that_nobody_expected_fails_the_format(tmp_path: Path) -> None:
    written = replace(write_export(BEIR, PAPERS, tmp_path), rejected=2)
    found = compare_found(BEIR, written)
    assert found["rejected"] == {"found": 3, "expected": 2}
    row = {"format": "BEIR", **found}
    assert not found["passed"]
    assert failures({"formats": [row]}) == [
        "BEIR: 24 of 24 records came back exactly, 0 others; skipped 3 (expected 3), "
        "rejected 3 (expected 2)"
    ]


def test_a_file_is_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    path = write_export(BEIR, PAPERS, tmp_path).path
    measured = measure_reading(path, path, BEIR)
    assert set(measured) == {"seconds", "memory_mb"}
    assert 0 < measured["seconds"] < 30
    assert (measured["memory_mb"] is not None) == STATUS.exists()


def test_a_process_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.sys, "executable", "/bin/false")
    with pytest.raises(EvalError, match=r"^BEIR: reading a\.jsonl failed \(no message\)\.$"):
        measure_reading(tmp_path / "a.jsonl", tmp_path / "a.jsonl", BEIR)


@pytest.mark.skipif(not STATUS.exists(), reason="the peak of memory is known on Linux only")
def test_the_peak_of_memory_counts_what_was_let_go() -> None:
    before = peak_megabytes()
    block = bytearray(200_000_000)
    held = len(block)
    del block
    after = peak_megabytes()
    assert held == 200_000_000
    assert before is not None
    assert after is not None
    assert after >= 190


def test_memory_is_unknown_where_the_system_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.bench.reading.STATUS", tmp_path / "none")
    assert peak_megabytes() is None


def test_formats_are_shown_with_what_was_found_of_what_was_written() -> None:
    result = run_ingest(30, exports=[BEIR, LISTING])
    assert (result["records"], result["passed"], result["duplicates"]) == (30, True, None)
    assert [row["entries"] for row in result["formats"]] == [30, 26]
    (table,) = ingest_tables(result)
    console = Console(width=160)
    with console.capture() as capture:
        console.print(table)
    shown = capture.get()
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.split("\n")]
    counts = {row[0]: row[4:] for row in rows if len(row) == 7}
    assert counts == {"BEIR": ["24", "3", "3"], "listing": ["24", "0", "2"]}


def test_an_unknown_peak_is_a_dash_and_what_differs_is_told() -> None:
    row = {
        "format": "BEIR", "bytes": 2_500_000, "records_per_second": 12345, "memory_mb": None,
        "exact": {"found": 1, "expected": 2},
        **{name: {"found": 3, "expected": 3} for name in ("skipped", "rejected")},
    }  # fmt: skip
    (table,) = ingest_tables({"records": 1, "formats": [row], "duplicates": None})
    assert [str(next(iter(column.cells))) for column in table.columns] == [
        "BEIR", "2.5", "12,345", "-", "1 of 2", "3", "3",
    ]  # fmt: skip


def invoke(monkeypatch: pytest.MonkeyPatch, export: Export, *options: str) -> tuple[int, str, str]:
    monkeypatch.setattr(ingest, "run_ingest", partial(run_ingest, exports=[export]))
    done = CliRunner().invoke(cli.app, ["bench", "ingest", "--records", "30", *options])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_prints_one_json_object(monkeypatch: pytest.MonkeyPatch) -> None:
    code, printed, _ = invoke(monkeypatch, BEIR, "--json")
    found = json.loads(printed)
    assert (code, found["passed"]) == (0, True)
    assert found["formats"][0]["exact"] == {"found": 24, "expected": 24}


def test_the_command_fails_where_anything_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(BEIR, carry=lambda paper: replace(BEIR.carry(paper), year=1999))
    code, _, told = invoke(monkeypatch, other)
    assert code == 1
    assert "BEIR: 0 of 24 records came back exactly, 24 others; skipped 3 (expected 3)" in told


def test_duplicates_are_measured_in_a_collection(tmp_path: Path) -> None:
    path = tmp_path / "real.jsonl"
    lines = (
        json.dumps({"title": paper.title, "abstract": " ".join(paper.paragraphs)})
        for paper in make_papers(80)
        if not paper.flaw
    )
    path.write_text("\n".join(lines))
    result = run_ingest(1, path, exports=[])
    assert result["duplicates"]["pairs"] > 50
    formats, overall, kinds = ingest_tables(result)
    assert [str(cell) for cell in next(iter(overall.columns)).cells] == [
        "rules alone", "keys and rules",
    ]  # fmt: skip
    assert kinds.row_count == len(result["duplicates"]["road"]["kinds"])
    assert formats.row_count == 0


def test_a_collection_without_records_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(EvalError) as caught:
        run_ingest(1, tmp_path / "none.jsonl", exports=[])
    assert str(caught.value) == f"{tmp_path}/none.jsonl: no records (does not exist)."
