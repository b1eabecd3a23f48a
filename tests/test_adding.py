"""Adding: new, changed, merged, removed; killed, hurried, out of room; and what is left then."""

from __future__ import annotations

import json
import multiprocessing
import multiprocessing.forkserver
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_embedding import fake_embedder, numbered, record

import vectorstore.store
import vectorstore.table
from vectorstore.adding import add
from vectorstore.errors import LibraryError
from vectorstore.filters import parse_filter
from vectorstore.lexical import LexicalIndex
from vectorstore.papers import alone
from vectorstore.records import AddReport, Note, Record, RejectedRecord, text_identity
from vectorstore.store import Store
from vectorstore.table import Table

NIGHT = "Moths fly at night and gather under lamps, where we counted them with a camera trap."
MOTHS = record("Moths", NIGHT, doi="10.5555/moth", year=2024, groups=("Insects",))
TIDES = record("Tides", "Tides come twice a day.")

ROOT = Path(__file__).parent.parent


def counts(report: AddReport) -> dict[str, int]:
    """What became of the records."""
    names = ("read", "added", "updated", "merged", "unchanged")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def contents(folder: Path) -> dict[str, Any]:
    """Every row with its vector, and which records terms find."""
    with Store(folder, fake_embedder()) as store:
        rows = store._table.select({"start": {"$gte": 0}})
        assert store.count_passages() == len(rows)
        vectors = store._table.vectors(list(rows))
        terms = store.search("moth lamp times", top_k=len(rows), mode="terms")
        return {
            "records": len(store),
            "rows": {row: (rows[row], np.round(vectors[row], 5).tolist()) for row in rows},
            "terms": sorted(hit.record.id for hit in terms),
        }


def add_to(folder: Path, items: list[Any]) -> AddReport:
    with Store(folder, fake_embedder()) as store:
        return add(store, items)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lib"


# What becomes of each record -----------------------------------------------------------------


def test_every_item_is_counted_once(folder: Path) -> None:
    rejected = RejectedRecord("a.jsonl", "line 3", "no abstract")
    blank = replace(TIDES, id="doi:blank", abstract=" \n")
    note = Note("a.jsonl", "line 1", "read as Latin-1")
    report = add_to(folder, [MOTHS, rejected, note, TIDES, MOTHS, blank])
    assert counts(report) == {"read": 5, "added": 2, "merged": 1}
    assert report.rejected == [
        rejected,
        RejectedRecord("a.jsonl", "doi:blank", "the abstract is empty; expected text"),
    ]
    assert report.notes == [note]


def test_progress_is_told_of_each_step(folder: Path) -> None:
    steps: list[int] = []
    with Store(folder, fake_embedder()) as store:
        add(store, iter(numbered(300)), steps.append)
        assert steps == [128, 128, 44]
        assert len(store) == 300


def test_the_same_file_twice_changes_nothing(folder: Path) -> None:
    papers = [*numbered(70, sentences=30), MOTHS]
    add_to(folder, papers)
    before = contents(folder)
    assert counts(add_to(folder, papers)) == {"read": 71, "unchanged": 71}
    assert contents(folder) == before
    assert before["records"] == 71


def test_a_renamed_file_changes_sources_only_and_embeds_nothing(folder: Path) -> None:
    papers = numbered(70)
    add_to(folder, papers)
    before = contents(folder)
    embedder = fake_embedder()
    with Store(folder, embedder) as store:
        renamed = [replace(paper, sources=("renamed.jsonl",)) for paper in papers]
        assert counts(add(store, renamed)) == {"read": 70, "merged": 70}
        assert embedder.model.texts == []  # type: ignore[attr-defined]
        assert list(store.records()) == [
            replace(paper, sources=("a.jsonl", "renamed.jsonl")) for paper in papers
        ]
    after = contents(folder)
    assert {row: vector for row, (_, vector) in after["rows"].items()} == {
        row: vector for row, (_, vector) in before["rows"].items()
    }
    assert after["terms"] == before["terms"]


def test_a_changed_abstract_takes_the_place_of_the_former(folder: Path) -> None:
    add_to(folder, [replace(MOTHS, abstract="Moths fly at night by lamps. " * 60)])
    assert counts(add_to(folder, [MOTHS])) == {"read": 1, "updated": 1}
    fresh = folder.with_name("fresh")
    add_to(fresh, [MOTHS])
    assert contents(folder) == contents(fresh)


def test_the_same_paper_from_two_files_becomes_one(folder: Path) -> None:
    bare = record("", MOTHS.abstract.upper(), title_derived=True, sources=("list.txt",))
    add_to(folder, [bare])
    assert counts(add_to(folder, [MOTHS])) == {"read": 1, "merged": 1}
    with Store(folder, fake_embedder()) as store:
        (united,) = store.records()
        assert (united.id, united.title, united.doi) == (bare.id, "Moths", "10.5555/moth")
        assert united.sources == ("list.txt", "a.jsonl")
    assert counts(add_to(folder, [bare, MOTHS])) == {"read": 2, "unchanged": 2}


def test_a_record_that_shows_two_papers_to_be_the_same_unites_them(folder: Path) -> None:
    early = "An early draft on insects that are drawn to light, with traps of wood and muslin."
    draft = record("Draft on insects", early, sources=("draft.txt",))
    assert counts(add_to(folder, [MOTHS, draft, TIDES])) == {"read": 3, "added": 3}
    link = replace(MOTHS, abstract=draft.abstract, sources=("link.txt",))
    assert counts(add_to(folder, [link])) == {"read": 1, "merged": 1}
    with Store(folder, fake_embedder()) as store:
        tides, united = sorted(store.records(), key=lambda paper: paper.title, reverse=True)
        assert (tides, united.id, united.abstract) == (TIDES, MOTHS.id, MOTHS.abstract)
        assert set(united.sources) == {"a.jsonl", "draft.txt", "link.txt"}
        assert (len(store), store.count_passages()) == (2, 2)


def test_a_former_abstract_does_not_overwrite_its_paper(folder: Path) -> None:
    bare = record("Moths", NIGHT, sources=("list.txt",))
    add_to(folder, [bare])
    add_to(folder, [MOTHS])
    add_to(folder, [replace(MOTHS, abstract="All other words.")])
    assert counts(add_to(folder, [bare])) == {"read": 1, "unchanged": 1}
    with Store(folder, fake_embedder()) as store:
        (united,) = store.records()
        assert (united.id, united.doi, united.year) == (bare.id, "10.5555/moth", 2024)


def test_within_one_file_the_same_paper_is_merged_too(folder: Path) -> None:
    other = replace(MOTHS, groups=("Night",))
    assert counts(add_to(folder, [MOTHS, TIDES, other])) == {"read": 3, "added": 2, "merged": 1}
    with Store(folder, fake_embedder()) as store:
        assert store.get([MOTHS.id])[MOTHS.id].groups == ("Insects", "Night")
        for mode in ("vectors", "terms"):
            hits = store.search("moths", where=parse_filter("group=night"), mode=mode)
            assert [hit.record.id for hit in hits] == [MOTHS.id]


def test_many_papers_with_the_same_notice_stay_many(folder: Path) -> None:
    papers = [
        record(f"Lantern {chr(97 + number % 26) * 3}{chr(97 + number // 26) * 3}", "No abstract.")
        for number in range(150)
    ]
    assert counts(add_to(folder, papers)) == {"read": 150, "added": 150}
    assert counts(add_to(folder, papers)) == {"read": 150, "unchanged": 150}
    with Store(folder, fake_embedder()) as store:
        assert {paper.title for paper in store.records()} == {paper.title for paper in papers}


def test_the_real_model_builds_the_same_library_twice(folder: Path) -> None:
    from vectorstore.embedding import default_embedder

    found = []
    for name in ("one", "two"):
        with Store(folder / name, default_embedder()) as store:
            add(store, [MOTHS, TIDES] if name == "one" else [TIDES, MOTHS])
            rows = sorted(store._table.select({"start": {"$gte": 0}}))
            vectors = store._table.vectors(rows)
            found.append((rows, [vectors[row].tolist() for row in rows]))
    assert found[0] == found[1]
    assert text_identity(TIDES.abstract) + "#0" in found[0][0]


# Other processes -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def processes() -> Any:
    """Starts processes of their own, forked from one that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["test_adding"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests")]))
        multiprocessing.forkserver.ensure_running()
    return context


def add_and_report(folder: Path, items: list[Record], told: Any) -> None:
    with Store(folder, fake_embedder()) as store:
        report = add(store, items, waiting=told.put)
    told.put(counts(report))


def test_a_second_process_waits_and_says_so(folder: Path, processes: Any) -> None:
    told = processes.Queue()
    with Store(folder, fake_embedder()) as store:
        with store.writing():
            other = processes.Process(target=add_and_report, args=(folder, numbered(70), told))
            other.start()
            message = told.get(timeout=60)
            store.put([alone(TIDES)])
        assert message == f"Another process is adding to {folder}; waiting for it."
        assert told.get(timeout=60) == {"read": 70, "added": 70}
        other.join()
        assert {paper.id for paper in store.records()} == {
            paper.id for paper in [TIDES, *numbered(70)]
        }


def test_two_processes_that_add_at_once_both_succeed(folder: Path, processes: Any) -> None:
    papers = numbered(260)
    told = processes.Queue()
    halves = (papers[:140], papers[120:])
    running = [
        processes.Process(target=add_and_report, args=(folder, half, told)) for half in halves
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(timeout=60)
    assert [process.exitcode for process in running] == [0, 0]
    fresh = folder.with_name("fresh")
    add_to(fresh, papers)
    assert contents(folder) == contents(fresh)


def test_readers_see_what_another_process_adds(folder: Path, processes: Any) -> None:
    add_to(folder, numbered(20))
    told = processes.Queue()
    with Store(folder, fake_embedder()) as reader, Store(folder, fake_embedder()) as idle:
        other = processes.Process(target=add_and_report, args=(folder, numbered(200), told))
        other.start()
        while other.is_alive():
            for where in (None, "year>=2000"):
                assert reader.search("moth at lamp", where=parse_filter(where))
        assert told.get(timeout=60) == {"read": 200, "added": 180, "unchanged": 20}
        last = numbered(200)[-1]
        for store in (reader, idle):
            for mode in ("vectors", "terms"):
                for where in (None, "group=group 1"):
                    hits = store.search(last.abstract, mode=mode, where=parse_filter(where))
                    assert hits[0].record == last
            assert len(store) == 200


def test_threads_search_while_another_one_adds(folder: Path) -> None:
    papers = numbered(200)
    with Store(folder, fake_embedder()) as store, ThreadPoolExecutor(4) as pool:
        add(store, papers[:10])
        adding = pool.submit(add, store, papers)

        def search() -> None:
            while not adding.done():
                assert store.search("moth at lamp", where=parse_filter("year>=2000"))

        for future in [pool.submit(search) for _ in range(3)]:
            future.result()
        assert counts(adding.result()) == {"read": 200, "added": 190, "unchanged": 10}
        assert len(store) == 200


# Killed --------------------------------------------------------------------------------------

PAPERS = numbered(140, sentences=10)


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_before(_: Callable[..., Any]) -> Callable[..., Any]:
    return die


def dying_after(call: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any, **more: Any) -> None:
        call(*args, **more)
        die()

    return called


def dying_with_torn_files(call: Callable[..., Any]) -> Callable[..., Any]:
    """Killed while Chroma writes its index, which it does in place."""

    def called(table: Table) -> None:
        if (table._folder / "checkpoint").exists():
            for file in table._folder.glob("*-*/*.bin"):
                file.write_bytes(b"\xff" * file.stat().st_size)
            die()
        call(table)

    return called


KILLS: dict[str, tuple[Any, str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = {
    "after rows were written": (Table, "upsert", dying_after),
    "before former rows are dropped": (Table, "delete", dying_before),
    "before terms are written": (LexicalIndex, "replace", dying_before),
    "before terms are stamped": (LexicalIndex, "put_stamp", dying_before),
    "after the index was copied": (vectorstore.table, "keep_copy", dying_after),
    "while the index is written": (Table, "_load", dying_with_torn_files),
    "after the index was written": (vectorstore.table, "drop_copy", dying_before),
}


def add_until_killed(folder: Path, items: list[Record], kill: str) -> None:
    vectorstore.store.TAIL_ROWS = vectorstore.store.LONG_TAIL_ROWS = 50
    with Store(folder, fake_embedder()) as store:
        place, name, dying = KILLS[kill]
        setattr(place, name, dying(getattr(place, name)))
        add(store, items)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A library of a former state of half of the papers, and the contents after all are added."""
    start = tmp_path_factory.mktemp("undisturbed") / "lib"
    former = [replace(paper, abstract=paper.abstract * 4) for paper in PAPERS[:66]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectorstore.store, "TAIL_ROWS", 50)
        add_to(start, former)
    complete = shutil.copytree(start, start.with_name("complete"))
    add_to(complete, PAPERS)
    return start, contents(complete)


@pytest.mark.parametrize("kill", KILLS)
def test_a_killed_add_leaves_whole_records_and_is_completed_by_the_next(
    kill: str, undisturbed: tuple[Path, dict[str, Any]], folder: Path, processes: Any
) -> None:
    start, expected = undisturbed
    shutil.copytree(start, folder)
    other = processes.Process(target=add_until_killed, args=(folder, PAPERS, kill))
    other.start()
    other.join(timeout=60)
    assert other.exitcode == -signal.SIGKILL
    with Store(folder, fake_embedder()) as store:
        records = list(store.records())
        assert len(records) == len(store) >= 66
        passages = 0
        for paper in records:
            cut = store.passages(paper)
            assert "".join("".join(item.text for item in cut).split()) == "".join(
                paper.abstract.split()
            )
            passages += len(cut)
        assert store.count_passages() == passages
        assert store.search(records[-1].abstract, mode="vectors")
        assert counts(add(store, PAPERS))["read"] == 140
    assert contents(folder) == expected
    assert not (folder / "checkpoint").exists()


# No room, no permission ----------------------------------------------------------------------


def add_within(folder: Path, most: int, told: Any) -> None:
    """Adds while no file may grow beyond so many bytes; then without that limit."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        with Store(folder, fake_embedder()) as store:
            add(store, PAPERS)
    except LibraryError as error:
        told.put(str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with Store(folder, fake_embedder()) as store:
        told.put(counts(add(store, PAPERS)))


def test_a_disk_that_refuses_is_told_and_what_failed_can_be_done_again(
    folder: Path, processes: Any
) -> None:
    told = processes.Queue()
    other = processes.Process(target=add_within, args=(folder, 600 * 1024, told))
    other.start()
    message = told.get(timeout=60)
    assert message.startswith(f"The library {folder} cannot be used: ")
    assert "\n" not in message
    assert told.get(timeout=60)["read"] == 140
    other.join()
    add_to(folder.with_name("fresh"), PAPERS)
    assert contents(folder) == contents(folder.with_name("fresh"))


MOUNTED = """
import json, subprocess, sys
import vectorstore.store
from test_adding import PAPERS, Path, Store, add, contents, counts, fake_embedder
from vectorstore.errors import LibraryError

read_only, full = Path(sys.argv[1]), Path(sys.argv[2])
told = {}
try:
    Store(read_only, fake_embedder())
except LibraryError as error:
    told["read-only"] = str(error)
vectorstore.store.TAIL_ROWS = vectorstore.store.LONG_TAIL_ROWS = 50
try:
    with Store(full / "lib", fake_embedder()) as store:
        add(store, PAPERS)
except LibraryError as error:
    told["full"] = str(error)
subprocess.run(["mount", "-o", "remount,size=100m", str(full)], check=True)
with Store(full / "lib", fake_embedder()) as store:
    told["kept"] = len(store)
    told["again"] = counts(add(store, PAPERS))
told["contents"] = contents(full / "lib")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is told of a library on a read-only mount, and of one on a disk of 600 kB.

    The mounts are those of one process, in a namespace of its own.
    """
    folder = tmp_path_factory.mktemp("mounted")
    read_only, full = folder / "lib", folder / "disk"
    full.mkdir()
    add_to(read_only, [MOTHS])
    own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    mount = (
        f"mount --bind {read_only} {read_only} && mount -o remount,ro,bind {read_only} && "
        f"mount -t tmpfs -o size=600k tmpfs {full}"
    )
    if subprocess.run([*own, "sh", "-c", mount], capture_output=True).returncode != 0:
        pytest.skip("This machine does not allow mounts; other tests refuse writes without.")
    done = subprocess.run(
        [*own, "sh", "-c", f'{mount} && exec "$@"', "sh"]
        + [sys.executable, "-c", MOUNTED, str(read_only), str(full)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {"folder": folder, **json.loads(done.stdout)}


def test_a_full_disk_is_told_and_the_rest_added_once_there_is_room(
    mounted: dict[str, Any], folder: Path
) -> None:
    library = mounted["folder"] / "disk" / "lib"
    assert mounted["full"].startswith(
        f"The library {library} has no room left on its disk. Free some space and do the same "
        "again; what was added so far is kept. ("
    )
    assert mounted["kept"] < 140
    assert mounted["again"]["read"] == 140
    add_to(folder, PAPERS)
    assert mounted["contents"] == json.loads(json.dumps(contents(folder)))


def test_a_library_on_a_read_only_mount_is_told(mounted: dict[str, Any]) -> None:
    library = mounted["folder"] / "lib"
    assert mounted["read-only"].startswith(
        f"The library {library} is read-only. Make the folder writable, or copy it to one that "
        "is. ("
    )


def test_a_record_of_the_batch_ahead_is_found_though_it_was_not_written_yet(folder: Path) -> None:
    records = numbered(300)
    again = replace(records[100], sources=("b.jsonl",))  # met while its first is being written
    changed = replace(records[100], abstract=records[100].abstract + " Wings, too.")
    with Store(folder, fake_embedder()) as store:
        report = add(store, iter([*records[:130], again, *records[130:260], changed]))
        assert len(store) == 260
        paper = store.get_papers([records[100].id])[records[100].id]
    assert (report.added, report.merged + report.updated) == (260, 2)
    assert {source for part in paper.parts for source in part.record.sources} == {
        "b.jsonl", *records[100].sources
    }  # fmt: skip
    assert paper.record.abstract == changed.abstract


def test_what_is_in_the_library_is_not_embedded_again(folder: Path) -> None:
    asked: list[str] = []
    model = fake_embedder()
    with Store(folder, model) as store:
        first = add(store, iter(numbered(200)))
        embed = model.embed
        model.embed = lambda texts: asked.extend(texts) or embed(texts)  # type: ignore[method-assign]
        again = add(store, iter(numbered(201)))
    assert (first.added, again.unchanged, again.added) == (200, 200, 1)
    assert len(asked) == again.embedded == 1
