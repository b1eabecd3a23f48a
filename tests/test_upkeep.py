"""`quoth check`, `backup` and `restore`: what they print, and how they end."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from test_cli import BREAD, GEARS, MOTHS, TIDES, quoth

from rag.library import Library


@pytest.fixture
def own(library_folder: Path, tmp_path: Path) -> Path:
    """A library that a test may change."""
    return Path(shutil.copytree(library_folder, tmp_path / "own"))


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "chroma.sqlite3")) as database, database:
        assert database.execute(statement).rowcount > 0


def lose_vectors(folder: Path) -> None:
    change(folder, f"DELETE FROM embeddings_queue WHERE id IN ('{MOTHS}#0', '{TIDES}#0')")


def lose_a_record(folder: Path) -> None:
    change(
        folder,
        "UPDATE embedding_metadata SET string_value = '' WHERE key = 'record' AND "
        f"id = (SELECT id FROM embeddings WHERE embedding_id = '{BREAD}#0')",
    )


def test_check_says_that_nothing_is_wrong(own: Path) -> None:
    checked = quoth("check", "--library", own)
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout == f"Nothing is wrong: 4 papers with 4 passages in {own}.\n"
    repaired = quoth("check", "--repair", "--library", own)
    assert (repaired.exit_code, repaired.stdout) == (0, checked.stdout)


def test_check_tells_what_is_wrong_and_fails(own: Path) -> None:
    lose_vectors(own)
    shutil.rmtree(own / "terms")
    checked = quoth("check", "--library", own)
    assert checked.exit_code == 1
    assert checked.stdout == (
        f"Checked 4 papers with 4 passages in {own}. Wrong:\n"
        f"  - passages without a vector (2): {MOTHS}#0, {TIDES}#0\n"
        "  - the term index is missing, damaged or out of step\n"
        f"Mend it: quoth check --repair --library {own}\n"
    )


def test_repair_tells_what_it_did(own: Path) -> None:
    lose_vectors(own)
    repaired = quoth("check", "--repair", "--library", own)
    assert repaired.exit_code == 0
    (copy,) = own.parent.glob("own.before-repair-*")
    assert repaired.stdout == (
        f"Checked 4 papers with 4 passages in {own}. Wrong:\n"
        f"  - passages without a vector (2): {MOTHS}#0, {TIDES}#0\n"
        f"Copied the library as it was to {copy}.\n"
        "Rebuilt: 2 papers kept, 2 embedded anew.\n"
        f"Nothing is wrong: 4 papers with 4 passages in {own}.\n"
    )


def test_repair_names_what_is_lost_and_fails(own: Path) -> None:
    lose_a_record(own)
    repaired = quoth("check", "--repair", "--no-copy", "--library", own)
    assert repaired.exit_code == 1
    assert repaired.stdout == (
        f"Checked 4 papers with 4 passages in {own}. Wrong:\n"
        "  - papers whose abstract cannot be read; a repair takes out what is left of them (1): "
        f"{BREAD}\n"
        "Rebuilt: 3 papers kept, 0 embedded anew.\n"
        "Lost, as the abstract cannot be read; add these again (1):\n"
        f"  {BREAD}\n"
        f"Nothing is wrong: 3 papers with 3 passages in {own}.\n"
    )
    assert [path.name for path in own.parent.iterdir()] == ["own"]
    assert quoth("check", "--library", own).exit_code == 0


def test_what_cannot_be_repaired_is_said(own: Path) -> None:
    (own / "chroma.sqlite3").unlink()
    for arguments in (["check"], ["check", "--repair"]):
        checked = quoth(*arguments, "--library", own)
        assert checked.exit_code == 1
        assert (
            "  - the Chroma file is gone, and the papers with it; expected "
            f"{own / 'chroma.sqlite3'} (cannot be repaired)\n"
        ) in checked.stdout
        assert "Mend it" not in checked.stdout


def test_check_speaks_json(own: Path) -> None:
    lose_vectors(own)
    found = json.loads(quoth("check", "--json", "--library", own).stdout)
    assert found == {
        "library": str(own),
        "sound": False,
        "papers": 4,
        "passages": 4,
        "findings": [
            {
                "kind": "no vector",
                "text": "passages without a vector",
                "count": 2,
                "examples": [f"{MOTHS}#0", f"{TIDES}#0"],
                "repairable": True,
            }
        ],
    }
    done = json.loads(quoth("check", "--repair", "--no-copy", "--json", "--library", own).stdout)
    assert done["before"] == found
    assert done["after"] == {**found, "sound": True, "findings": []}
    assert (done["copy"], done["kept"], done["embedded"], done["lost"]) == (None, 2, 2, [])


def test_check_of_a_folder_without_a_library_fails(tmp_path: Path) -> None:
    checked = quoth("check", "--library", tmp_path / "none")
    assert (checked.exit_code, checked.stdout, checked.stderr) == (
        1,
        "",
        f"No library at {tmp_path / 'none'}; expected a folder that `quoth add` made.\n",
    )


def test_a_library_is_saved_and_restored(own: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "papers.zip", tmp_path / "other"
    saved = quoth("backup", file, "--library", own)
    assert (saved.exit_code, saved.stdout) == (0, f"Saved 4 passages of {own} to {file}.\n")
    restored = quoth("restore", file, "--library", other)
    assert restored.exit_code == 0
    assert re.fullmatch(
        re.escape(f"Restored 4 passages to {other}, as saved on ") + r"\S+\.\n", restored.stdout
    )
    with Library.open(other) as library:
        assert {paper.id for paper in library.records()} == {MOTHS, TIDES, BREAD, GEARS}
    again = quoth("restore", file, "--library", other)
    assert (again.exit_code, again.stderr) == (
        1,
        f"{other} holds a library already. Name another folder, or let the backup take its place "
        "(--replace).\n",
    )
    replaced = json.loads(quoth("restore", file, "--replace", "--json", "--library", other).stdout)
    assert (replaced["folder"], replaced["passages"]) == (str(other), 4)


def test_a_backup_speaks_json_and_overwrites_nothing(own: Path, tmp_path: Path) -> None:
    file = tmp_path / "papers.zip"
    saved = json.loads(quoth("backup", file, "--json", "--library", own).stdout)
    assert {name: saved[name] for name in ("file", "folder", "passages")} == {
        "file": str(file),
        "folder": str(own),
        "passages": 4,
    }
    again = quoth("backup", file, "--library", own)
    assert (again.exit_code, again.stderr) == (
        1,
        f"{file} exists already. Name another file, or remove it first.\n",
    )
