"""A library on a real Chroma server: what one in a folder holds and finds, for several clients."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from chroma_server import ChromaServer, running_chroma
from chromadb.api.models.Collection import Collection
from fake_embedding import BREAD, MOTHS, PAPERS, TIDES, fake_embedder, numbered

import vectorstore.remote.pen
from vectorstore.adding import add
from vectorstore.address import ServerOptions, parse_address
from vectorstore.errors import LibraryError
from vectorstore.filters import parse_filter
from vectorstore.lexical import LexicalIndex
from vectorstore.papers import alone
from vectorstore.records import AddReport, Record
from vectorstore.remote import log, upkeep
from vectorstore.remote.log import StepLog
from vectorstore.remote.store import ServerStore
from vectorstore.remote.table import ServerTable
from vectorstore.rows import filter_columns
from vectorstore.splitting import split
from vectorstore.store import Store
from vectorstore.syncing import sync_folder
from vectorstore.writers import write

ROOT = Path(__file__).parent.parent
LONG = numbered(70, sentences=20)


def opened(address: str, cache: Path, **options: Any) -> ServerStore:
    return ServerStore(parse_address(address), fake_embedder(), cache, ServerOptions(**options))


@pytest.fixture
def address(chroma: ChromaServer) -> str:
    """A library of the test's own."""
    return chroma.address(f"test-{uuid4().hex[:12]}")


@pytest.fixture
def store(address: str, tmp_path: Path) -> Iterator[ServerStore]:
    with opened(address, tmp_path / "cache") as store:
        yield store


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "local", fake_embedder()) as store:
        yield store


def contents(store: Store) -> dict[str, Any]:
    """Every row with its vector, and which records terms find; a server's columns aside."""
    columns = filter_columns(MOTHS).keys()
    rows = store._table.select({"start": {"$gte": 0}})
    assert store.count_passages() == len(rows)
    vectors = store._table.vectors(list(rows))
    terms = store.search("moth lamp times", top_k=max(1, len(rows)), mode="terms")
    return {
        "records": len(store),
        "rows": {
            row: sorted((name, str(told[name])) for name in told.keys() - columns)
            for row, told in rows.items()
        },
        "vectors": {
            row: np.asarray(vector, dtype=np.float64).round(5).tolist()
            for row, vector in vectors.items()
        },
        "terms": sorted(hit.record.id for hit in terms),
    }


def counts(report: AddReport) -> dict[str, int]:
    names = ("read", "added", "updated", "merged", "unchanged")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def found(store: Store, question: str, where: Any = None, **more: Any) -> list[tuple[Any, ...]]:
    hits = store.search(question, where=parse_filter(where), **more)
    return [
        (hit.record, hit.passage, round(hit.score, 4), round(hit.similarity or 0, 4))
        for hit in hits
    ]


# The same as a folder ------------------------------------------------------------------------


def test_the_same_records_are_the_same_library(store: ServerStore, local: Store) -> None:
    shorter = replace(MOTHS, abstract="Moths fly by night.")
    longer = replace(TIDES, abstract=TIDES.abstract * 30)
    for batch in (PAPERS, [longer], [shorter, TIDES], numbered(70)):
        assert counts(add(store, batch)) == counts(add(local, batch))
    assert list(store.papers()) == list(local.papers())
    assert contents(store) == contents(local)
    assert list(write(store.papers(), "jsonl")) == list(write(local.papers(), "jsonl"))


@pytest.mark.parametrize("mode", ["hybrid", "vectors", "terms"])
@pytest.mark.parametrize(
    "where",
    [None, "year>=2020", "year!=2019", "group=insects", "source=b.ris", "title=tides"],
)
def test_the_same_is_found(store: ServerStore, local: Store, mode: Any, where: str | None) -> None:
    for each in (store, local):
        add(each, PAPERS)
    for question in ("moths at night", "ship logs and tides", "10.5555/moth", "zebra"):
        assert found(store, question, where, mode=mode) == found(local, question, where, mode=mode)


def test_papers_are_removed_merged_and_split(store: ServerStore, local: Store) -> None:
    twin = replace(MOTHS, id="doi:other", doi="10.5555/other", sources=("c.bib",))
    for each in (store, local):
        add(each, [*PAPERS, twin])
        with each.writing():
            assert each.remove([BREAD.id, "not there"]) == [BREAD.id]
    merged = [paper.id for paper in store.papers() if len(paper.parts) > 1]
    assert merged == [paper.id for paper in local.papers() if len(paper.parts) > 1] != []
    assert split(store, merged[0]) == split(local, merged[0])
    assert list(store.papers()) == list(local.papers())
    assert contents(store) == contents(local)
    assert store._table.select({"record_id": BREAD.id}) == {}


def test_a_folder_is_kept_in_step(store: ServerStore, address: str, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    for item in PAPERS:
        text = "".join(write([alone(replace(item, sources=()))], "jsonl"))
        (folder / f"{item.title}.jsonl").write_text(text, encoding="utf-8")
    sync_folder(store, folder)
    (folder / f"{BREAD.title}.jsonl").unlink()
    report = sync_folder(store, folder)
    assert [title for _, title in report.removed] == [BREAD.title]
    with opened(address, tmp_path / "other") as other:
        assert {item.title for item in other.records()} == {MOTHS.title, TIDES.title}
        assert other.folders == {"papers": other.place_of(folder)}


def test_a_folder_of_another_machine_is_not_taken_for_ones_own(
    store: ServerStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.jsonl").write_text("".join(write([alone(MOTHS)], "jsonl")), encoding="utf-8")
    monkeypatch.setattr("vectorstore.remote.store.node", lambda: "ada")
    sync_folder(store, folder)
    monkeypatch.setattr("vectorstore.remote.store.node", lambda: "bo")
    with pytest.raises(LibraryError) as caught:
        sync_folder(store, folder)
    assert str(caught.value) == (
        f"The library is kept in step with ada:{folder} under the name 'papers', and bo:{folder} "
        "is another folder. Give that one another name: --name NAME"
    )


def test_no_more_rows_are_sent_or_asked_for_than_the_server_takes(
    store: ServerStore, local: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def noting(whole: Any) -> Any:
        def noted(self: Any, **named: Any) -> Any:
            sizes.append(max(len(named.get("ids") or []), named.get("limit") or 0))
            return whole(self, **named)

        return noted

    batches = (numbered(30), [replace(item, year=1999) for item in numbered(40)])
    for batch in batches:
        add(local, batch)
    for name in ("get", "upsert", "delete"):
        monkeypatch.setattr(Collection, name, noting(getattr(Collection, name)))
    store._shared._limit = store._shared._server._most_rows = 7
    for batch in batches:
        add(store, batch)
    papers = list(store.papers())
    assert 0 < max(sizes) <= 7
    assert papers == list(local.papers())


# Several clients -----------------------------------------------------------------------------


def test_the_terms_of_another_client_follow_by_what_was_changed(
    store: ServerStore, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, numbered(100))
    with opened(address, tmp_path / "other") as other:
        fetched: list[str] = []
        get = other.table.pieces

        def noted(ids: Any) -> Any:
            several = list(ids)
            fetched.extend(several)
            return get(several)

        monkeypatch.setattr(other.table, "pieces", noted)
        monkeypatch.setattr(other, "_rebuild_terms", pytest.fail)
        add(store, [MOTHS])
        gone = numbered(3)[2].id
        with store.writing():
            store.remove([gone])
        assert len(other) == 100
        assert sorted(fetched) == sorted([MOTHS.id, gone])
        assert found(other, "moths camera", mode="terms")[0][0] == MOTHS
        fetched.clear()
        assert len(other) == 100
        assert fetched == []
    with opened(address, tmp_path / "other") as again:  # it was away, and its terms are there
        assert again.lexical.stamp == again._stamp()


def test_terms_that_are_further_behind_than_the_log_are_made_anew(
    store: ServerStore, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "KEPT_STEPS", 2)
    monkeypatch.setattr(log, "TRIMMED_EVERY", 1)
    add(store, [TIDES])
    with opened(address, tmp_path / "other") as other:
        for number in range(4):
            add(store, numbered(number + 1))
        assert len(store._shared.steps_since("0-empty")) == 3
        assert len(other) == 5
        assert contents(other) == contents(store)


def test_a_term_index_that_is_damaged_is_made_anew(store: ServerStore, address: str) -> None:
    add(store, PAPERS)
    for file in store.folder.glob("terms/*"):
        file.write_bytes(b"damaged")
    with opened(address, store._cache) as again:
        assert found(again, "tide readings", mode="terms")[0][0] == TIDES


def test_a_library_that_was_deleted_and_made_again_is_another_one(
    store: ServerStore, address: str, tmp_path: Path
) -> None:
    add(store, PAPERS)
    server = store._shared._server
    for name in server.named(parse_address(address).name):
        server.delete(name)
    with opened(address, tmp_path / "other") as other:
        add(other, [BREAD])
    assert [hit.record for hit in store.search("moths at night bread")] == [BREAD]
    assert len(store) == 1


def test_another_model_is_refused(store: ServerStore, address: str, tmp_path: Path) -> None:
    with pytest.raises(LibraryError) as caught:
        ServerStore(parse_address(address), fake_embedder(50), tmp_path, ServerOptions())
    assert str(caught.value).startswith(
        f"The library {address} was built with window 126, and is being opened with window 50."
    )


def test_a_collection_that_quoth_did_not_make_is_refused(
    store: ServerStore, address: str, tmp_path: Path
) -> None:
    store._shared._server.create(parse_address(address).name + "-plain", {"of": "others"})
    with pytest.raises(LibraryError) as caught:
        opened(address + "-plain", tmp_path)
    assert str(caught.value) == (
        f"{address}-plain holds a Chroma collection that Quoth did not make; expected a manifest "
        "in its metadata. Name another library."
    )


# Checked and mended --------------------------------------------------------------------------


def test_what_is_wrong_on_the_server_is_found_and_mended(store: ServerStore, local: Store) -> None:
    for each in (store, local):
        add(each, [*PAPERS, *LONG[:5]])
    assert upkeep.check(store).is_sound
    rows = store.table._collection
    rows.delete(ids=[f"{LONG[0].id}#1"])
    rows.update(ids=[f"{MOTHS.id}#0"], metadatas=[{"year": 1999}])
    rows.update(ids=[f"{TIDES.id}#0"], embeddings=[[0.5] * 64])
    with store._terms_held():
        store.lexical.replace([], removed=[BREAD.id])
        store.lexical.put_stamp(store._stamp())
    report = upkeep.repair(store)
    assert {item.kind: item.examples for item in report.before.findings} == {
        "passages": (LONG[0].id,),
        "columns": (MOTHS.id,),
        "bad vector": (f"{TIDES.id}#0",),
        "terms": (BREAD.id,),
    }
    assert (report.after.findings, report.embedded, report.lost) == ([], 3, [])
    assert contents(store) == contents(local)


def test_a_paper_of_whom_only_later_rows_are_left_is_taken_out(store: ServerStore) -> None:
    add(store, [MOTHS, LONG[0]])
    store.table._collection.delete(ids=[f"{LONG[0].id}#0"])
    report = upkeep.repair(store)
    assert (report.lost, report.after.findings) == ([LONG[0].id], [])
    assert list(store.records()) == [MOTHS]
    assert store.count_passages() == 1


# The pen -------------------------------------------------------------------------------------


def test_a_client_that_was_overtaken_stops_before_it_writes(
    store: ServerStore, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectorstore.remote.pen, "LEASE", 0.5)
    with opened(address, tmp_path / "other") as other:
        with store.writing():
            store.put([alone(MOTHS)])
            store._shared.pen._done.set()  # it gives no sign of life any longer
            add(other, [TIDES])
            with pytest.raises(LibraryError) as caught:
                store.put([alone(BREAD)])
        assert str(caught.value) == (
            f"Another client took over {address}, since this one gave no sign of life for 0.5 "
            "seconds. What was added so far is kept; do the same again."
        )
        assert list(other.records()) == [MOTHS, TIDES]
        assert counts(add(store, [BREAD])) == {"read": 1, "added": 1}
        assert contents(other) == contents(store)


def test_a_client_that_gives_signs_of_life_is_waited_for(
    store: ServerStore, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectorstore.remote.pen, "LEASE", 1.0)
    monkeypatch.setattr(vectorstore.remote.pen, "BEAT", 0.1)
    told: list[str] = []
    with opened(address, tmp_path / "other") as other:
        pen = other._shared.pen
        with store.writing():
            monkeypatch.setattr(pen, "_make", lambda generation: pytest.fail("it was overtaken"))
            monkeypatch.setattr(vectorstore.remote.pen, "sleep", polls(6))
            with pytest.raises(TimeoutError), other.writing(told.append):
                pass
    assert told == [f"Another client is adding to {address}; waiting for it."]


def polls(most: int) -> Callable[[float], None]:
    """A `sleep` that gives up in the end."""
    from time import sleep

    left = iter(range(most))

    def slept(seconds: float) -> None:
        if next(left, None) is None:
            raise TimeoutError
        sleep(seconds)

    return slept


def test_a_pen_whose_taking_was_broken_off_keeps_nobody_waiting(
    store: ServerStore, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(store._shared.pen, "_is_pen", interrupted)
        with pytest.raises(KeyboardInterrupt), store.writing():
            pass
    monkeypatch.setattr(vectorstore.remote.pen, "sleep", polls(0))
    for name in ("one", "two"):
        with opened(address, tmp_path / name) as other:
            assert counts(add(other, PAPERS))["read"] == 3


def interrupted(generation: int) -> bool:
    raise KeyboardInterrupt


def test_only_the_last_pen_is_kept(store: ServerStore, address: str) -> None:
    for item in PAPERS:
        add(store, [item])
    name = parse_address(address).name
    assert sorted(store._shared._server.named(name)) == [name, f"{name}.log", f"{name}.pen.3"]


# Other processes -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def processes() -> Any:
    """Starts processes of their own, forked from one that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["test_remote"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests")]))
        multiprocessing.forkserver.ensure_running()
    return context


def add_and_report(address: str, cache: Path, items: list[Record], told: Any) -> None:
    with opened(address, cache) as store:
        report = add(store, items)
    told.put(counts(report))


@pytest.mark.slow
@pytest.mark.parametrize("caches", [("one", "two"), ("one", "one")])
def test_two_processes_that_add_at_once_both_succeed(
    store: ServerStore,
    local: Store,
    address: str,
    tmp_path: Path,
    processes: Any,
    caches: tuple[str, str],
) -> None:
    papers, told = numbered(260), processes.Queue()
    halves = zip(caches, (papers[:140], papers[120:]), strict=True)
    running = [
        processes.Process(target=add_and_report, args=(address, tmp_path / cache, half, told))
        for cache, half in halves
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(timeout=100)
    assert [process.exitcode for process in running] == [0, 0]
    reports = [told.get(timeout=10) for _ in running]
    assert sum(report["added"] for report in reports) == 260
    assert sum(report.get("unchanged", 0) for report in reports) == 20
    add(local, papers)
    assert contents(store) == contents(local)
    for cache in {*caches}:
        with opened(address, tmp_path / cache) as other:
            assert contents(other) == contents(local)


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def half_deleting(table: ServerTable, ids: list[str]) -> None:
    if ids:
        table._collection.delete(ids=ids[: len(ids) // 2])
        die()


def half_upserting(upsert_rows: Any) -> Any:
    def half(table: ServerTable, rows: Any, vectors: Any) -> None:
        upsert_rows(table, rows[:10], vectors[:10])
        die()

    return half


DEATHS: dict[str, Callable[[], None]] = {
    "before the entry in the log": lambda: setattr(StepLog, "note", die),
    "before the rows": lambda: setattr(ServerTable, "upsert", die),
    "amid the rows": lambda: setattr(
        ServerTable, "upsert_rows", half_upserting(ServerTable.upsert_rows)
    ),
    "before former rows go": lambda: setattr(ServerTable, "delete", die),
    "amid the deletions": lambda: setattr(ServerTable, "delete", half_deleting),
    "before the revision": lambda: setattr(ServerTable, "_note", die),
    "before the terms": lambda: setattr(LexicalIndex, "replace", die),
}


def add_and_die(address: str, cache: Path, moment: str) -> None:
    with opened(address, cache) as store:
        add(store, LONG[:70])
        DEATHS[moment]()
        add(store, [replace(item, abstract=item.abstract[:90]) for item in LONG[:20]])


def remove_and_die(address: str, cache: Path, moment: str) -> None:
    with opened(address, cache) as store:
        add(store, LONG[:70])
        DEATHS[moment]()
        with store.writing():
            store.remove([item.id for item in LONG[:20]])


@pytest.mark.slow
@pytest.mark.parametrize("moment", DEATHS)
@pytest.mark.parametrize("act", [add_and_die, remove_and_die])
def test_what_a_killed_client_left_is_finished_by_the_next_one(
    act: Any,
    moment: str,
    address: str,
    local: Store,
    tmp_path: Path,
    processes: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vectorstore.remote.pen, "LEASE", 0.5)
    with opened(address, tmp_path / "reader") as reader:
        other = processes.Process(target=act, args=(address, tmp_path / "cache", moment))
        other.start()
        other.join(timeout=60)
        assert other.exitcode in (-signal.SIGKILL, 0)
        spared = act is remove_and_die and moment in ("before the rows", "amid the rows")
        assert (other.exitcode == 0) is spared
        papers = {paper.id: paper for paper in reader.papers()}
        assert set(papers) >= {item.id for item in LONG[20:70]}
        add(reader, [BREAD])  # finishes the step
        states = {item.id: item for item in reader.records()}
        with local.writing():
            local.put(list(reader.papers()))
        assert contents(reader) == contents(local)
        whole = {item.id: {item.abstract, item.abstract[:90]} for item in LONG[:70]}
        assert all(states[key].abstract in whole[key] for key in whole if key in states)
        if act is remove_and_die and moment not in ("before the entry in the log",):
            assert not {item.id for item in LONG[:20]} & set(states)
    with opened(address, tmp_path / "cache") as again:
        assert contents(again) == contents(local)


def add_impatiently(address: str, cache: Path, items: list[Record]) -> None:
    vectorstore.remote.pen.LEASE = 0.5
    with opened(address, cache) as store:
        add(store, items)


@pytest.mark.slow
def test_an_add_that_is_killed_again_and_again_ends_as_one_that_is_not(
    address: str, local: Store, tmp_path: Path, processes: Any
) -> None:
    first = numbered(1000, sentences=4)
    papers = [*first, *(replace(item, abstract=item.abstract[:60]) for item in first[:300])]
    caches, chance = ("one", "two"), random.Random(7)
    for number in range(8):
        cache = tmp_path / caches[number % 2]
        other = processes.Process(target=add_impatiently, args=(address, cache, papers))
        other.start()
        other.join(timeout=chance.uniform(1.0, 4.0))
        other.kill()
        other.join()
    for cache in caches:
        add_impatiently(address, tmp_path / cache, papers)
    add(local, papers)
    for cache in caches:
        with opened(address, tmp_path / cache) as store:
            assert upkeep.check(store).is_sound
            assert contents(store) == contents(local)


# The server goes and comes back --------------------------------------------------------------


@pytest.mark.slow
def test_a_server_that_is_started_again_is_waited_for(tmp_path: Path) -> None:
    with running_chroma(tmp_path / "server") as server:
        with opened(server.address("team"), tmp_path / "cache") as store:
            add(store, PAPERS)
            before = contents(store)
            told: list[str] = []
            with store.writing(told.append):
                server.stop()
                starting = threading.Timer(1.0, server.start)
                starting.start()
                store.put([alone(item) for item in numbered(5)])
                starting.join()
            assert told == [f"The Chroma server 127.0.0.1:{server.port} is away; waiting for it."]
            with store.writing():
                store.remove([item.id for item in numbered(5)])
            assert contents(store) == before
        with opened(server.address("team"), tmp_path / "new cache") as other:
            assert contents(other) == before


@pytest.mark.slow
def test_terms_follow_a_server_that_was_put_back_to_an_older_state(tmp_path: Path) -> None:
    with running_chroma(tmp_path / "server") as server:
        data, saved = tmp_path / "server" / "data", tmp_path / "saved"
        with opened(server.address("team"), tmp_path / "cache") as store:
            for item in (MOTHS, TIDES):
                add(store, [item])
            server.stop()
            shutil.copytree(data, saved)
            server.start()
            for item in (BREAD, *numbered(3)):
                add(store, [item])
            assert len(store) == 6
            server.stop()
            shutil.rmtree(data)
            shutil.copytree(saved, data)
            server.start()
            assert len(store) == 2
            with opened(server.address("team"), tmp_path / "other") as other:
                add(other, numbered(9)[8:])
                assert contents(store) == contents(other)
            add(store, [BREAD])
            assert [item.title for item in store.records()] == [
                MOTHS.title, TIDES.title, numbered(9)[8].title, BREAD.title
            ]  # fmt: skip


def test_a_listing_that_shifts_while_it_is_read_comes_to_an_end(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another client makes meanwhile moves the rest on, so that one is listed twice."""
    monkeypatch.setattr("vectorstore.remote.server.LISTED", 3)
    listed = ["a.pen.1", "b", "c", "c"]

    class Listing:
        def __init__(self, name: str) -> None:
            self.name, self.metadata = name, {"state": name}

    with opened(address, tmp_path) as store:
        monkeypatch.setattr(
            store._shared._server,
            "_listed",
            lambda offset: [Listing(n) for n in listed[offset:][:3]],
        )
        named = store._shared._server.named
        assert named("a.pen.") == {"a.pen.1": {"state": "a.pen.1"}}
        assert set(named("")) == {"a.pen.1", "b", "c"}
