"""`quoth add` with its options, `sync`, `duplicates`, `split`, `export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag.cli.commands import app
from rag.cli.reports import report_blocks
from vectorstore.records import AddReport, Note, RejectedRecord, SkippedRecord

MOTHS = {"title": "Moths", "abstract": "Moths fly at night.", "doi": "10.5555/moth", "year": 2024}
NIGHT = "Moths fly at night and gather under lamps, where we counted them with a camera trap."
TIDES = {"title": "Tides", "abstract": "Tides come twice a day.", "doi": "10.5555/tide"}


def quoth(*arguments: str | Path, given: str | None = None) -> Any:
    return CliRunner().invoke(app, [str(item) for item in arguments], input=given)


def write(path: Path, *papers: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers), encoding="utf-8")
    return path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "lib"


# add -----------------------------------------------------------------------------------------


def test_keys_are_read_as_the_user_says(tmp_path: Path, library: Path) -> None:
    file = write(tmp_path / "a.jsonl", {"Summary": "Moths fly.", "Heading": "M", "title": "x"})
    maps = ("--map", "abstract=Summary", "--map", "title=Heading")
    assert quoth("add", file, *maps, "--library", library).exit_code == 0
    (paper,) = json.loads(quoth("list", "--library", library, "--json").stdout)
    assert paper["title"] == "M"


def test_a_map_that_is_none_is_wrong_usage(tmp_path: Path, library: Path) -> None:
    shown = quoth("add", tmp_path, "--map", "summary=Abstract", "--library", library)
    assert shown.exit_code == 2
    assert (
        "'summary=Abstract' is not FIELD=COLUMN; FIELD is one of abstract, title, authors, year, "
        "venue, url, doi, arxiv_id, pmid, keywords, groups, id"
    ) in " ".join(shown.stderr.replace("│", " ").split())


def test_a_dry_run_changes_nothing(tmp_path: Path, library: Path) -> None:
    file = write(tmp_path / "a.jsonl", MOTHS, TIDES)
    shown = quoth("add", file, "--dry-run", "--library", library)
    assert shown.stdout == "2 records read: 2 added.\nNothing was changed.\n"
    assert not library.exists()


def test_a_newer_export_embeds_only_what_changed(tmp_path: Path, library: Path) -> None:
    file = write(tmp_path / "a.jsonl", MOTHS, TIDES)
    quoth("add", file, "--library", library)
    write(file, {**MOTHS, "year": 2025}, TIDES)
    assert quoth("add", file, "--library", library).stdout.splitlines()[0] == (
        "2 records read: 0 added, 1 updated, 1 unchanged. 0 passages embedded, 1 kept."
    )


def test_long_lists_of_places_are_cut_and_say_so() -> None:
    report = AddReport(
        read=40,
        rejected=[RejectedRecord("a", f"line {number}", "odd") for number in range(22)],
        skipped=[SkippedRecord("a", f"line {number}", "no 'abstract'") for number in range(4)],
        notes=[Note("a", "line 1", "read as Latin-1")],
    )
    lines = [block.text.plain for block in report_blocks(report, "5 papers")]
    assert lines[0] == "40 records read: 0 added, 4 without an abstract, 22 rejected."
    assert lines[1:2] + lines[20:] == [
        "rejected: a, line 0: odd",
        "rejected: a, line 19: odd",
        "and 2 more (--json lists all)",
        "no abstract: a, line 0: no 'abstract'",
        "no abstract: a, line 1: no 'abstract'",
        "no abstract: a, line 2: no 'abstract'",
        "and 1 more (--json lists all)",
        "note: a, line 1: read as Latin-1",
        "5 papers",
    ]


# sync ----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, library: Path) -> Path:
    """In step with the library, but for a paper that was taken out since."""
    place = tmp_path / "papers"
    write(place / "a.jsonl", MOTHS, TIDES)
    assert quoth("sync", place, "--library", library).exit_code == 0
    write(place / "a.jsonl", MOTHS)
    return place


def test_sync_says_what_it_removes(folder: Path, library: Path) -> None:
    dry = quoth("sync", folder, "--dry-run", "--library", library)
    assert dry.stdout.splitlines() == [
        "1 records read: 0 added, 1 unchanged.",
        "Would be removed, since no file says so any longer: 1 papers.",
        "  would be removed: doi:10.5555/tide  Tides",
    ]
    assert dry.stderr == "Nothing was changed.\n"
    shown = quoth("sync", folder, "--library", library)
    assert shown.stdout.splitlines() == [
        "1 records read: 0 added, 1 unchanged.",
        "To be removed, since no file says so any longer: 1 papers.",
        "  to be removed: doi:10.5555/tide  Tides",
    ]
    assert shown.stderr == f"Removed.\n1 papers in {library}\n"


def test_sync_as_json(folder: Path, library: Path) -> None:
    told = json.loads(quoth("sync", folder, "--library", library, "--json").stdout)
    assert told["removed"] == [{"id": "doi:10.5555/tide", "title": "Tides"}]
    assert (told["read"], told["unchanged"], told["confirmed"]) == (1, 1, True)


def test_sync_of_no_folder_fails(tmp_path: Path, library: Path) -> None:
    shown = quoth("sync", tmp_path / "none", "--library", library)
    assert (shown.exit_code, shown.stderr) == (
        1,
        f"{tmp_path / 'none'} is no folder; expected one with files of abstracts.\n",
    )


# duplicates, split ---------------------------------------------------------------------------


@pytest.fixture
def merged(tmp_path: Path, library: Path) -> Path:
    """A library with one paper from two records."""
    write(tmp_path / "a.jsonl", MOTHS)
    write(tmp_path / "b.jsonl", {**MOTHS, "title": "Moths by night", "year": 2025})
    assert quoth("add", tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--library", library)
    return library


def test_duplicates_are_listed_with_the_reason(merged: Path) -> None:
    assert quoth("duplicates", "--library", merged).stdout.splitlines() == [
        "Moths by night  doi:10.5555/moth",
        "   1. Moths · 2024 · doi:10.5555/moth · a.jsonl",
        "   2. Moths by night · 2025 · doi:10.5555/moth · b.jsonl (same DOI 10.5555/moth)",
        "",
        "quoth split ID NUMBER takes one apart.",
    ]
    (paper,) = json.loads(quoth("duplicates", "--library", merged, "--json").stdout)
    assert (paper["id"], [item["why"] for item in paper["records"]]) == (
        "doi:10.5555/moth",
        [None, "same DOI 10.5555/moth"],
    )


def test_a_split_paper_is_two(merged: Path) -> None:
    shown = quoth("split", "doi:10.5555/moth", "--library", merged)
    first, second, last = shown.stdout.splitlines()
    assert first == "Moths  doi:10.5555/moth"
    assert second.startswith("Moths by night  text:")
    assert last == "They are two papers from now on, and will not be merged again."
    assert len(quoth("list", "--library", merged).stdout.splitlines()) == 2
    assert quoth("duplicates", "--library", merged).stdout == (
        "No paper was made from more than one record.\n"
    )


def test_a_paper_shows_every_identifier_of_its_records(tmp_path: Path, library: Path) -> None:
    preprint = {**MOTHS, "doi": None, "arxiv_id": "2401.00001", "abstract": NIGHT}
    write(tmp_path / "a.jsonl", preprint, {**MOTHS, "abstract": NIGHT + " Twice."})
    quoth("add", tmp_path / "a.jsonl", "--library", library)
    shown = json.loads(quoth("show", "doi:10.5555/MOTH", "--library", library, "--json").stdout)
    assert shown["id"] == "arxiv:2401.00001"
    assert shown["identifiers"] == ["arxiv:2401.00001", "doi:10.5555/moth"]
    told = quoth("show", "arxiv:2401.00001", "--library", library).stdout
    assert "arxiv:2401.00001 · doi:10.5555/moth" in told


def test_status_names_the_folders_in_step(folder: Path, library: Path) -> None:
    shown = quoth("status", "--library", library).stdout
    assert f"{folder} (papers)" in shown


def test_a_paper_that_cannot_be_split_fails(merged: Path) -> None:
    shown = quoth("split", "nothing", "--library", merged)
    assert (shown.exit_code, shown.stderr) == (
        1,
        "No paper 'nothing'; `quoth duplicates` lists the merged ones.\n",
    )


# export --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["jsonl", "bib", "ris"])
def test_what_is_exported_is_added_as_it_was(merged: Path, tmp_path: Path, ending: str) -> None:
    out, again = tmp_path / f"out.{ending}", tmp_path / "again"
    shown = quoth("export", out, "--library", merged)
    form = {"jsonl": "jsonl", "bib": "bibtex", "ris": "ris"}[ending]
    assert shown.stderr == f"1 papers written to {out} as {form}.\n"
    assert quoth("add", out, "--library", again).exit_code == 0
    shown_before, shown_after = (
        quoth("show", "doi:10.5555/moth", "--library", place, "--json").stdout
        for place in (merged, again)
    )
    assert json.loads(shown_after) == json.loads(shown_before)


def test_an_export_to_standard_output_is_jsonl(merged: Path) -> None:
    (line,) = quoth("export", "--library", merged).stdout.splitlines()
    assert json.loads(line)["title"] == "Moths by night"


def test_an_export_replaces_no_file_unasked(merged: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("mine")
    shown = quoth("export", out, "--library", merged)
    assert (shown.exit_code, out.read_text()) == (1, "mine")
    assert shown.stderr == (f"{out} exists already; name another file, or allow to overwrite it\n")
    assert quoth("export", out, "--overwrite", "--library", merged).exit_code == 0
    assert json.loads(out.read_text())["doi"] == "10.5555/moth"
