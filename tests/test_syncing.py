"""A library in step with a folder; a rehearsal of it; what was merged, taken apart again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_embedding import fake_embedder, record

from vectorstore.adding import add
from vectorstore.errors import LibraryError
from vectorstore.readers import read
from vectorstore.rehearsal import Rehearsal
from vectorstore.splitting import split
from vectorstore.store import Store
from vectorstore.syncing import SyncReport, name_folder, sync

NIGHT = "Moths fly at night and gather under lamps, where we counted them with a camera trap."
MOTHS = {"title": "Moths", "abstract": "Moths fly at night.", "doi": "10.5555/moth"}
TIDES = {"title": "Tides", "abstract": "Tides come twice a day.", "doi": "10.5555/tide"}
BREAD = {"title": "Bread", "abstract": "Bread goes mouldy.", "doi": "10.5555/bread"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "lib", fake_embedder()) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "papers"
    (place / "old").mkdir(parents=True)
    write(place / "a.jsonl", MOTHS, TIDES)
    write(place / "old" / "b.jsonl", BREAD)
    return place


def write(path: Path, *papers: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers), encoding="utf-8")


def in_step(store: Store, folder: Path, **options: Any) -> SyncReport:
    return sync(store, folder.name, read(folder), **options)


def rehearse(store: Store, folder: Path) -> SyncReport:
    return sync(Rehearsal(store), folder.name, read(folder))


def titles(store: Store) -> list[str]:
    return [paper.title for paper in store.records()]


def told(report: SyncReport) -> dict[str, Any]:
    """What is not nothing."""
    known = {**report.to_json(), "embedded": 0, "kept": 0, "rejected": 0}
    return {name: value for name, value in known.items() if value and value is not True}


def test_a_folder_is_added_and_its_files_are_named_behind_it(store: Store, folder: Path) -> None:
    assert told(in_step(store, folder)) == {"read": 3, "added": 3}
    sources = {paper.title: paper.sources for paper in store.records()}
    assert sources == {
        "Moths": ("papers/a.jsonl",),
        "Tides": ("papers/a.jsonl",),
        "Bread": ("papers/old/b.jsonl",),
    }
    assert told(in_step(store, folder)) == {"read": 3, "unchanged": 3}


def test_what_changed_is_updated_and_what_disappeared_removed(store: Store, folder: Path) -> None:
    in_step(store, folder)
    write(folder / "a.jsonl", {**MOTHS, "year": 2024})
    (folder / "old" / "b.jsonl").unlink()
    write(folder / "c.jsonl", record("Gears", "Gears turn.").to_json())
    report = in_step(store, folder)
    assert told(report) == {
        "read": 2,
        "added": 1,
        "updated": 1,
        "removed": [
            {"id": "doi:10.5555/tide", "title": "Tides"},
            {"id": "doi:10.5555/bread", "title": "Bread"},
        ],
    }
    assert titles(store) == ["Moths", "Gears"]
    assert (report.added.embedded, report.added.kept) == (1, 1)


def test_a_rehearsal_tells_the_same_and_changes_nothing(store: Store, folder: Path) -> None:
    in_step(store, folder)
    before = list(store.papers())
    write(folder / "a.jsonl", {**MOTHS, "year": 2024}, BREAD)
    rehearsed = rehearse(store, folder)
    assert list(store.papers()) == before
    assert told(rehearsed) == told(in_step(store, folder)) == {
        "read": 3,
        "updated": 1,
        "unchanged": 1,
        "merged": 1,
        "removed": [{"id": "doi:10.5555/tide", "title": "Tides"}],
    }  # fmt: skip


def test_a_rehearsal_knows_what_it_would_have_added(store: Store, tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", *[MOTHS] * 2, *[{**TIDES, "title": f"T{n}"} for n in range(99)])
    report = add(Rehearsal(store), read(tmp_path / "a.jsonl"))
    assert (report.read, report.added, report.merged, len(store)) == (101, 2, 99, 0)


def test_a_paper_stays_as_long_as_another_file_says_it(store: Store, folder: Path) -> None:
    write(folder.parent / "mine.jsonl", {**TIDES, "group": "Sea"})
    add(store, read(folder.parent / "mine.jsonl"))
    in_step(store, folder)
    write(folder / "a.jsonl", MOTHS)
    assert told(in_step(store, folder)) == {"read": 2, "unchanged": 2, "reduced": 1}
    (tides,) = (paper for paper in store.papers() if paper.record.title == "Tides")
    assert (tides.record.sources, len(tides.parts)) == (("mine.jsonl",), 1)


def test_a_file_that_cannot_be_read_whole_takes_nothing_with_it(store: Store, folder: Path) -> None:
    in_step(store, folder)
    (folder / "a.jsonl").write_text('{"abstract": 1}\n' + json.dumps(MOTHS) + "\n")
    report = in_step(store, folder)
    assert (report.removed, report.doubtful) == ([], ["papers/a.jsonl"])
    assert titles(store) == ["Moths", "Tides", "Bread"]


def test_nothing_is_removed_unless_it_is_confirmed(store: Store, folder: Path) -> None:
    in_step(store, folder)
    write(folder / "a.jsonl", TIDES)
    asked: list[list[tuple[str, str]]] = []

    def refuse(report: SyncReport) -> bool:
        asked.append(report.removed)
        return False

    report = in_step(store, folder, confirm=refuse)
    assert asked == [[("doi:10.5555/moth", "Moths")]]
    assert not report.confirmed
    assert titles(store) == ["Moths", "Tides", "Bread"]
    assert in_step(store, folder, confirm=lambda _: True).confirmed
    assert titles(store) == ["Tides", "Bread"]


def test_a_folder_that_lost_everything_removes_nothing(store: Store, folder: Path) -> None:
    in_step(store, folder)
    (folder / "a.jsonl").unlink()
    (folder / "old" / "b.jsonl").unlink()
    with pytest.raises(LibraryError) as error:
        in_step(store, folder)
    assert str(error.value) == (
        "No record could be read in papers, though 3 papers came from it; nothing was removed. "
        "Is it the right folder? `quoth remove ID...` takes papers out."
    )
    assert len(store) == 3


def test_two_folders_cannot_go_by_one_name(store: Store, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "papers"
    other.mkdir(parents=True)
    name_folder(store, folder, "papers")
    name_folder(store, folder, "papers")
    with pytest.raises(LibraryError) as error:
        name_folder(store, other, "papers")
    assert str(error.value) == (
        f"The library is kept in step with {folder} under the name 'papers', "
        f"and {other} is another folder. Give that one another name: --name NAME"
    )
    with store.writing():
        store.put([])
    with Store(store.folder, fake_embedder()) as again:
        assert again.folders == {"papers": str(folder)}


def test_a_folder_that_moved_keeps_its_name(store: Store, folder: Path, tmp_path: Path) -> None:
    name_folder(store, folder, "papers")
    moved = folder.rename(tmp_path / "moved")
    name_folder(store, moved, "papers")
    assert store.folders == {"papers": str(moved)}


# Taken apart ---------------------------------------------------------------------------------


def test_a_merged_paper_is_split_for_good(store: Store, folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", {**MOTHS, "title": "Moths II", "abstract": "They rest by day."})
    add(store, read(folder / "a.jsonl"))
    add(store, read(tmp_path / "b.jsonl"))
    stayed, gone = split(store, "doi:10.5555/moth")
    assert (stayed.record.title, gone.record.title) == ("Moths", "Moths II")
    assert (stayed.apart, gone.apart) == ((gone.id,), (stayed.id,))
    before = list(store.papers())
    assert len(before) == 3
    for name in ("b.jsonl", "papers/a.jsonl"):
        report = add(store, read(tmp_path / name))
        assert (report.unchanged, report.read) in [(1, 1), (2, 2)]
    assert list(store.papers()) == before
    assert store.search("rest by day", mode="terms")[0].record.id == gone.id


def test_a_paper_is_found_under_every_identifier_of_its_records(store: Store) -> None:
    preprint = record("Moths", NIGHT, arxiv_id="2401.00001", sources=("x.xml",))
    published = record("Moths", NIGHT, doi="10.5555/MOTH".lower(), sources=("p.ris",))
    other_doi = record("Moths", NIGHT, doi="10.1101/moth", sources=("b.ris",))
    add(store, [preprint, published, other_doi])
    assert len(store) == 1
    for name in ("arxiv:2401.00001", "doi:10.5555/moth", "doi:10.1101/MOTH"):
        found = store.find_named(name)
        assert found
        assert found.id == "arxiv:2401.00001"
    assert store.find_named("doi:10.5555/mo") is None


@pytest.mark.parametrize(
    ("paper_id", "number", "message"),
    [
        ("x", None, "No paper 'x'; `quoth duplicates` lists the merged ones."),
        (
            "doi:10.5555/tide",
            None,
            "doi:10.5555/tide was made from one record, and cannot be split; "
            "`quoth duplicates` lists the merged ones.",
        ),
        (
            "doi:10.5555/moth",
            3,
            "doi:10.5555/moth was made from 2 records, and 3 is none of them; "
            "`quoth duplicates` lists the merged ones.",
        ),
    ],
)
def test_what_cannot_be_split_is_told(
    store: Store, folder: Path, tmp_path: Path, paper_id: str, number: int | None, message: str
) -> None:
    add(store, read(folder / "a.jsonl"))
    write(tmp_path / "b.jsonl", {**MOTHS, "title": "Moths II"})
    add(store, read(tmp_path / "b.jsonl"))
    with pytest.raises(LibraryError) as error:
        split(store, paper_id, number)
    assert str(error.value) == message
