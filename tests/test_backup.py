"""Backups: one file that holds all of a library, and puts it back whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_embedding import fake_embedder, numbered, record
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from test_adding import ROOT, add_and_report, add_to, contents, processes

from rag.config import Settings
from rag.library import Library
from vectorstore.errors import LibraryError
from vectorstore.papers import alone
from vectorstore.store import Store
from vectorstore.upkeep.backup import backup
from vectorstore.upkeep.health import check
from vectorstore.upkeep.restore import restore

__all__ = ["processes"]

PAPERS = numbered(40)
OWLS = record("Owls", "Owls watch.")
NO_BACKUP = "Name a file that `quoth backup` wrote; nothing was changed."


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 40 papers, 30 of them in the index files; to be copied, not changed."""
    folder = tmp_path_factory.mktemp("shelf") / "lib"
    with Store(folder, fake_embedder()) as store:
        with store.writing():
            store.put(list(map(alone, PAPERS[:30])))
            store._table.checkpoint()
        with store.writing():
            store.put(list(map(alone, PAPERS[30:])))
    return folder


@pytest.fixture(scope="module")
def expected(shelf: Path) -> dict[str, Any]:
    return contents(shelf)


@pytest.fixture(scope="module")
def saved(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of that library; to be copied, not changed."""
    file = tmp_path_factory.mktemp("saved") / "papers.zip"
    backup(shelf, file)
    return file


@pytest.fixture
def file(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(saved, tmp_path / "papers.zip"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lib"


def refusal(work: Callable[..., Any], *args: Any, **more: Any) -> str:
    with pytest.raises(LibraryError) as caught:
        work(*args, **more)
    return str(caught.value)


# There and back ------------------------------------------------------------------------------


def test_a_restored_library_has_all_that_was_saved(
    shelf: Path, folder: Path, tmp_path: Path, expected: dict[str, Any]
) -> None:
    file = tmp_path / "papers.zip"
    made = backup(shelf, file)
    assert (made.file, made.folder, made.passages) == (file, shelf, 40)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", made.made)
    assert [path.name for path in tmp_path.iterdir()] == ["papers.zip"]
    restored = restore(file, folder)
    assert restored.to_json() == {
        "file": str(file),
        "folder": str(folder),
        "passages": 40,
        "bytes": made.bytes,
        "made": made.made,
    }
    assert contents(folder) == expected
    assert check(folder, fake_embedder()).findings == []


def test_the_manifest_names_each_member_with_its_size_and_hash(file: Path, shelf: Path) -> None:
    (segment,) = [path.name for path in shelf.glob("*-*") if path.is_dir()]
    with zipfile.ZipFile(file) as archive:
        told = json.loads(archive.read("manifest.json"))
        assert told["members"] == {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name in archive.namelist()
            if name != "manifest.json"
            for content in [archive.read(name)]
        }
    assert (told["quoth_backup"], told["passages"]) == (1, 40)
    assert told["library"] == {
        "embedding": "fake:words", "window": 126, "chunking": 1, "schema": 1,
    }  # fmt: skip
    assert sorted(told["members"]) == sorted([
        *(f"{segment}/{name}" for name in ("data_level0.bin", "header.bin")),
        *(f"{segment}/{name}" for name in ("index_metadata.pickle", "length.bin")),
        f"{segment}/link_lists.bin",
        "chroma.sqlite3",
    ])  # fmt: skip


def test_a_library_that_was_never_written_to_its_index_comes_back_too(
    tmp_path: Path, folder: Path
) -> None:
    add_to(tmp_path / "new", PAPERS[:3])
    backup(tmp_path / "new", tmp_path / "new.zip")
    restore(tmp_path / "new.zip", folder)
    assert contents(folder) == contents(tmp_path / "new")


def test_a_library_takes_the_place_of_another_one_that_is_open(
    file: Path, folder: Path, expected: dict[str, Any]
) -> None:
    add_to(folder, [OWLS])
    with Store(folder, fake_embedder()) as store:
        assert store.search("owls")[0].record == OWLS
        restore(file, folder, replace=True)
        assert len(store) == 40
        assert store.get([OWLS.id]) == {}
        hit = store.search(PAPERS[7].abstract)[0]
        assert hit.record == PAPERS[7]
        with store.writing():
            store.put(list(map(alone, [OWLS])))
            store.remove([OWLS.id])
    assert contents(folder) == expected
    assert check(folder, fake_embedder()).findings == []


def test_the_facade_saves_and_restores(library_folder: Path, tmp_path: Path) -> None:
    with Library.open(library_folder, Settings()) as library:
        library.backup(tmp_path / "four.zip")
        records = list(library.records())
    with Library.restore(tmp_path / "four.zip", tmp_path / "lib", Settings()) as library:
        assert list(library.records()) == records
        assert library.check().is_sound
        assert library.ask("What F1 score does LanternNet reach?").sentences


# Others at work ------------------------------------------------------------------------------


def test_a_backup_waits_for_a_writer_and_says_so(shelf: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shelf, tmp_path / "lib"))
    pen = FileLock(folder / "writer.lock")
    told: list[str] = []

    def release(message: str) -> None:
        told.append(message)
        pen.release()

    with pen:
        backup(folder, tmp_path / "papers.zip", release)
    assert told == [f"Another process is adding to {folder}; waiting for it."]


def test_backups_between_two_processes_at_work_hold_whole_papers(
    shelf: Path, tmp_path: Path, processes: Any
) -> None:
    folder = Path(shutil.copytree(shelf, tmp_path / "lib"))
    told = processes.Queue()
    papers = numbered(300)
    halves = (papers[:170], papers[150:])
    running = [
        processes.Process(target=add_and_report, args=(folder, half, told)) for half in halves
    ]
    with Store(folder, fake_embedder()) as reader:
        for process in running:
            process.start()
        sizes = []
        for number in range(4):
            sizes.append(backup(folder, tmp_path / f"{number}.zip").passages)
            assert reader.search("moth at lamp", mode="vectors")
        for process in running:
            process.join(timeout=60)
        sizes.append(backup(folder, tmp_path / "4.zip").passages)
    assert sizes == sorted(sizes)
    assert sizes[-1] == 300
    for number, size in enumerate(sizes):
        restored = tmp_path / f"lib-{number}"
        restore(tmp_path / f"{number}.zip", restored)
        with Store(restored, fake_embedder()) as store:
            assert len(store) == store.count_passages() == size
        assert check(restored, fake_embedder()).findings == []


# What is not saved ---------------------------------------------------------------------------


def test_no_file_is_overwritten_unless_wanted(shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "papers.zip"
    file.write_text("notes")
    assert refusal(backup, shelf, file) == (
        f"{file} exists already. Name another file, or remove it first."
    )
    assert file.read_text() == "notes"
    backup(shelf, file, replace=True)
    assert zipfile.is_zipfile(file)


def test_a_folder_without_a_library_cannot_be_saved(tmp_path: Path) -> None:
    assert refusal(backup, tmp_path, tmp_path / "papers.zip") == (
        f"No library at {tmp_path}; expected a folder that `quoth add` made."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told(shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "absent" / "papers.zip"
    assert refusal(backup, shelf, file) == (
        f"The backup {file} cannot be written: No such file or directory. Name a file in a folder "
        "that you may write, on a disk with room for it; the library is as it was."
    )


def test_a_write_that_was_broken_off_is_to_be_finished_first(shelf: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shelf, tmp_path / "lib"))
    (folder / "checkpoint").mkdir()
    assert refusal(backup, folder, tmp_path / "papers.zip") == (
        f"The library {folder} was left in the midst of a write. Open it once, which finishes "
        "that (quoth status), and back it up again."
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("chroma.sqlite3", "a damaged Chroma file. Mend it (quoth check --repair), restore a"),
        (
            "*-*/link_lists.bin",
            "a damaged vector index, and is not saved as it is. Mend it (quoth check --repair), "
            "and back it up then.",
        ),
    ],
)
def test_a_damaged_library_is_not_saved(name: str, told: str, shelf: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shelf, tmp_path / "lib"))
    (file,) = folder.glob(name)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert refusal(backup, folder, tmp_path / "papers.zip").startswith(
        f"The library {folder} holds {told}"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["lib"]


# What is not restored ------------------------------------------------------------------------


def test_a_library_is_not_replaced_unless_wanted(file: Path, folder: Path) -> None:
    add_to(folder, [OWLS])
    before = contents(folder)
    assert refusal(restore, file, folder) == (
        f"{folder} holds a library already. Name another folder, or let the backup take its place "
        "(--replace)."
    )
    assert contents(folder) == before


def rewrite(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Writes an archive anew, with its members changed."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def restate(members: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> None:
    told = json.loads(members["manifest.json"])
    change(told)
    members["manifest.json"] = json.dumps(told).encode()


def stating(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    """Adds a member that the manifest names rightly."""

    def change(members: dict[str, bytes]) -> None:
        members[name] = content
        stated = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        restate(members, lambda told: told["members"].update({name: stated}))

    return change


def grow(members: dict[str, bytes]) -> None:
    """A bomb: what the manifest states is small, what the archive holds is not."""
    members["chroma.sqlite3"] = bytes(200_000_000)


STRANGE = "its members are not those that its manifest.json names"
UNNAMED = "its manifest.json does not name its members"
UNWRITTEN = "it has no manifest.json that Quoth wrote"
TRICKS: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "a path upwards": (stating("../evil.bin", b"x"), STRANGE),
    "an absolute path": (stating("/tmp/evil.bin", b"x"), STRANGE),
    "a Windows path": (stating("..\\evil.bin", b"x"), STRANGE),
    "another file": (stating("writer.lock", b"x"), STRANGE),
    "a path within a path": (stating("checkpoint/progress.json", b"{}"), STRANGE),
    "a member not named": (lambda members: members.update({"notes.txt": b"x"}), STRANGE),
    "a member missing": (lambda members: members.pop("chroma.sqlite3") and None, STRANGE),
    "a member that grew": (grow, STRANGE),
    "no Chroma file": (
        lambda members: restate(members, lambda told: told["members"].pop("chroma.sqlite3"))
        or members.pop("chroma.sqlite3") and None,
        STRANGE,
    ),
    "members of another shape": (
        lambda members: restate(members, lambda told: told.update(members=["chroma.sqlite3"])),
        UNNAMED,
    ),
    "sizes that are no numbers": (
        lambda members: restate(
            members, lambda told: told["members"]["chroma.sqlite3"].update(bytes="many")
        ),
        UNNAMED,
    ),
    "no manifest": (lambda members: members.pop("manifest.json") and None, UNWRITTEN),
    "a manifest that is no JSON": (
        lambda members: members.update({"manifest.json": b"{"}),
        UNWRITTEN,
    ),
    "a manifest of something else": (
        lambda members: members.update({"manifest.json": b'{"quoth_backup": null}'}),
        UNWRITTEN,
    ),
    "a manifest nested deep": (
        lambda members: members.update({"manifest.json": b"[" * 100_000}),
        UNWRITTEN,
    ),
    "a manifest without end": (
        lambda members: members.update({"manifest.json": b" " * 2_000_000}),
        UNWRITTEN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_an_archive_that_quoth_did_not_write_is_refused(
    trick: str, file: Path, folder: Path
) -> None:
    change, found = TRICKS[trick]
    rewrite(file, change)
    assert refusal(restore, file, folder) == (
        f"{file} is no backup that can be restored: {found}. {NO_BACKUP}"
    )
    assert [path.name for path in folder.parent.iterdir()] == ["papers.zip"]


def test_a_member_twice_is_refused(file: Path, folder: Path) -> None:
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(file, "a") as archive,
    ):
        archive.writestr("chroma.sqlite3", b"x")
    assert STRANGE in refusal(restore, file, folder)


@pytest.mark.parametrize("content", [b"", b"@article{}", b"PK\3\4" + bytes(100)])
def test_a_file_that_is_no_backup_is_refused(content: bytes, file: Path, folder: Path) -> None:
    file.write_bytes(content)
    assert refusal(restore, file, folder) == (
        f"{file} is no backup that can be restored: it is no ZIP archive, or was cut off. "
        f"{NO_BACKUP}"
    )


def test_a_file_that_is_not_there_is_told(tmp_path: Path, folder: Path) -> None:
    assert refusal(restore, tmp_path / "none.zip", folder) == (
        f"The backup {tmp_path / 'none.zip'} cannot be read: No such file or directory."
    )


def test_a_backup_that_was_cut_off_is_refused(file: Path, folder: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])
    assert "it is no ZIP archive, or was cut off" in refusal(restore, file, folder)


def test_a_member_that_changed_is_refused_and_the_old_library_stays(
    file: Path, folder: Path
) -> None:
    add_to(folder, [OWLS])
    before = contents(folder)

    def change(members: dict[str, bytes]) -> None:
        content = members["chroma.sqlite3"]
        members["chroma.sqlite3"] = content[:-1] + bytes([content[-1] ^ 1])

    rewrite(file, change)
    assert refusal(restore, file, folder, replace=True) == (
        f"The backup {file} is damaged: chroma.sqlite3 is not what was saved. Use another backup; "
        "nothing was changed."
    )
    assert contents(folder) == before
    assert not (folder / "incoming.new").exists()


@given(st.data())
def test_a_backup_with_any_byte_changed_is_refused_or_restored_whole(
    saved: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(saved.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    file = tmp_path_factory.getbasetemp() / "changed.zip"
    file.write_bytes(content)
    folder = tmp_path_factory.getbasetemp() / "changed"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        restore(file, folder)
    except LibraryError:
        assert not folder.exists()
        return
    with zipfile.ZipFile(saved) as archive:
        for name in set(archive.namelist()) - {"manifest.json"}:
            assert (folder / name).read_bytes() == archive.read(name)


def test_a_manifest_that_cannot_be_decompressed_is_refused(saved: Path, tmp_path: Path) -> None:
    content = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as archive:
        found = archive.getinfo("manifest.json")
    start = found.header_offset + 30 + len(found.filename)
    content[start] |= 0b110  # a kind of block that there is not
    file = tmp_path / "changed.zip"
    file.write_bytes(content)
    with pytest.raises(LibraryError, match=r"it has no manifest\.json that Quoth wrote"):
        restore(file, tmp_path / "library")


def test_a_backup_of_a_newer_schema_or_format_is_refused(file: Path, folder: Path) -> None:
    rewrite(
        file,
        lambda members: restate(members, lambda told: told["library"].update(schema=3)),
    )
    assert refusal(restore, file, folder) == (
        f"The backup {file} was made by a newer Quoth (schema 3; this one reads 1). Update Quoth "
        "(pip install --upgrade quoth), or add its files to a new library (--library PATH)."
    )
    rewrite(file, lambda members: restate(members, lambda told: told.update(quoth_backup=2)))
    assert refusal(restore, file, folder) == (
        f"The backup {file} was made by a newer Quoth (format 2; this one reads 1). Update Quoth "
        "(pip install --upgrade quoth)."
    )
    assert not folder.exists()


# No room, no permission ----------------------------------------------------------------------


def test_a_disk_without_room_is_told_before_anything_is_written(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(file)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    told = refusal(restore, file, folder)
    assert re.fullmatch(
        re.escape(f"No room in {folder}: the library takes ")
        + r"[\d,]+ bytes, and 1,000 are free. Free some space and do the same again; nothing was "
        "changed.",
        told,
    )
    assert not folder.exists()


MOUNTED = """
import json, sys
from pathlib import Path
from test_adding import contents
from vectorstore.upkeep.backup import backup
from vectorstore.errors import LibraryError
from vectorstore.upkeep.restore import restore

library, read_only, full = map(Path, sys.argv[1:])
told = {}
for name, work in {
    "backup full": lambda: backup(library, full / "papers.zip"),
    "backup read-only": lambda: backup(library, read_only / "papers.zip"),
    "restore full": lambda: restore(read_only / "saved.zip", full / "lib"),
    "restore read-only": lambda: restore(read_only / "saved.zip", read_only / "lib"),
}.items():
    try:
        work()
    except LibraryError as error:
        told[name] = str(error)
told["left"] = [path.name for path in (*full.iterdir(), *read_only.iterdir())]
print(json.dumps(told))
"""


def test_full_and_read_only_disks_are_told_and_nothing_is_left_there(
    shelf: Path, file: Path, tmp_path: Path, expected: dict[str, Any]
) -> None:
    library = shutil.copytree(shelf, tmp_path / "lib")
    read_only, full = tmp_path / "read-only", tmp_path / "full"
    read_only.mkdir()
    full.mkdir()
    file.rename(read_only / "saved.zip")
    own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    mount = (
        f"mount --bind {read_only} {read_only} && mount -o remount,ro,bind {read_only} && "
        f"mount -t tmpfs -o size=200k tmpfs {full}"
    )
    if subprocess.run([*own, "sh", "-c", mount], capture_output=True).returncode != 0:
        pytest.skip("This machine does not allow mounts; other tests refuse writes without.")
    done = subprocess.run(
        [*own, "sh", "-c", f'{mount} && exec "$@"', "sh"]
        + [sys.executable, "-c", MOUNTED, str(library), str(read_only), str(full)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    todo = "Name a file in a folder that you may write, on a disk with room for it"
    for name, place, reason in (
        ("backup full", full, "database or disk is full"),
        ("backup read-only", read_only, "Read-only file system"),
    ):
        assert told[name] == (
            f"The backup {place / 'papers.zip'} cannot be written: {reason}. {todo}; the library "
            "is as it was."
        )
    assert told["restore full"].startswith(f"No room in {full / 'lib'}: the library takes ")
    assert told["restore read-only"].startswith(
        f"The library {read_only / 'lib'} is read-only. Make the folder writable, or copy it to "
        "one that is. ("
    )
    assert told["left"] == ["saved.zip"]
    assert contents(Path(library)) == expected


def test_a_restore_that_fails_midway_leaves_nothing(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vectorstore.upkeep.restore._extract", fail)
    assert refusal(restore, file, folder).startswith(f"No room in {folder}: the library takes ")
    assert not folder.exists()
    add_to(folder, [OWLS])
    before = contents(folder)
    assert refusal(restore, file, folder, replace=True).startswith(f"No room in {folder}: ")
    assert contents(folder) == before


def test_a_library_of_before_is_not_mixed_with_the_one_restored(
    shelf: Path, folder: Path, tmp_path: Path, expected: dict[str, Any]
) -> None:
    """The same library at a later state: index folders have the same names."""
    shutil.copytree(shelf, folder)
    backup(folder, tmp_path / "papers.zip")
    with Store(folder, fake_embedder()) as store, store.writing():
        store.remove([paper.id for paper in PAPERS[:10]])
        store.put(list(map(alone, [replace(PAPERS[20], abstract="All other words.")])))
        store._table.checkpoint()
    restore(tmp_path / "papers.zip", folder, replace=True)
    assert contents(folder) == expected
    assert check(folder, fake_embedder()).findings == []
