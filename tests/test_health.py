"""Checks and repairs: each way in which a library can be damaged, what is told, what is mended."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import test_adding
from fake_embedding import fake_embedder, numbered, record
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from test_store import public, without_privileges

from rag.config import Settings
from rag.library import Library
from vectorstore.adding import add
from vectorstore.embedding import Embedder
from vectorstore.errors import LibraryError
from vectorstore.lexical import LexicalIndex
from vectorstore.papers import alone
from vectorstore.records import Record
from vectorstore.rows import to_metadata
from vectorstore.store import Store
from vectorstore.upkeep.health import check
from vectorstore.upkeep.indexfiles import read_index
from vectorstore.upkeep.pages import recover_papers
from vectorstore.upkeep.repair import repair

PAPERS = numbered(60, sentences=9)
WINDOW = 40
FIRST, LAST = PAPERS[0].id, PAPERS[-1].id
"""A paper whose vectors are in the index files, and one whose vectors are in the queue."""
Harm = Callable[[Path], None]
__all__ = ["public"]


def embedder() -> Embedder:
    return fake_embedder(WINDOW)


def contents(folder: Path) -> dict[str, Any]:
    """Every record in order, every row with its vector, and which records terms find."""
    with Store(folder, embedder()) as store:
        rows = store._table.select({"start": {"$gte": 0}})
        vectors = store._table.vectors(list(rows))
        found = store.search("moth lamp times", top_k=200, mode="terms")
        return {
            "records": list(store.records()),
            "rows": rows,
            "vectors": {row: vectors[row].round(5).tolist() for row in rows},
            "terms": {hit.record.id for hit in found},
            "counts": (len(store), store.count_passages()),
        }


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 60 papers, 40 of them in the index files; to be copied, not changed."""
    folder = tmp_path_factory.mktemp("shelf") / "lib"
    with Store(folder, embedder()) as store:
        with store.writing():
            store.put(list(map(alone, PAPERS[:40])))
            store._table.checkpoint()
        with store.writing():
            store.put(list(map(alone, PAPERS[40:])))
    return folder


@pytest.fixture(scope="module")
def expected(shelf: Path) -> dict[str, Any]:
    return contents(shelf)


@pytest.fixture
def folder(shelf: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shelf, tmp_path / "lib"))


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "chroma.sqlite3")) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount > 0


def index_file(folder: Path, name: str) -> Path:
    (file,) = folder.glob(f"*-*/{name}")
    return file


def cut_in_half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def found(folder: Path) -> list[tuple[str, int, bool]]:
    report = check(folder, embedder())
    return [(item.kind, item.count, item.repairable) for item in report.findings]


def numbers_of(row: str) -> str:
    return f"(SELECT id FROM embeddings WHERE embedding_id = '{row}')"


# What is whole -------------------------------------------------------------------------------


def test_a_whole_library_has_nothing_wrong_and_is_not_changed(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    report = check(folder, embedder())
    assert report.to_json() == {
        "library": str(folder),
        "sound": True,
        "papers": 60,
        "passages": 180,
        "findings": [],
    }
    repaired = repair(folder, embedder())
    assert (repaired.copy, repaired.kept, repaired.embedded, repaired.lost) == (None, 0, 0, [])
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after.keys() == before.keys()
    assert {path for path in before if before[path] != after[path]} <= {folder / "chroma.sqlite3"}


def test_an_empty_library_and_one_of_the_real_model_have_nothing_wrong(
    library_folder: Path, tmp_path: Path
) -> None:
    from vectorstore.embedding import default_embedder

    Store(tmp_path / "lib", embedder()).close()
    assert found(tmp_path / "lib") == []
    copy = shutil.copytree(library_folder, tmp_path / "copy")
    report = check(copy, default_embedder())
    assert (report.papers, report.findings) == (4, [])


def test_odd_records_have_nothing_wrong(tmp_path: Path) -> None:
    odd = [
        record("", "\n  Owls\twatch. \n\n They sleep.  ", id="doi:1#0", title_derived=True),
        record("é\u202e", "x" * 3000, year=0, groups=("A", "a", "É"), sources=()),
        record("Ж", "Ж. " * 400, pmid="7", arxiv_id="2401.00001", groups=("b", "a")),
    ]
    with Store(tmp_path / "lib", embedder()) as store, store.writing():
        store.put(list(map(alone, odd)))
    assert found(tmp_path / "lib") == []


def test_an_update_and_a_removal_leave_nothing_wrong(folder: Path) -> None:
    with Store(folder, embedder()) as store, store.writing():
        store.put(
            list(map(alone, [replace(PAPERS[0], abstract="Short."), replace(PAPERS[1], year=None)]))
        )
        store.put([alone(replace(PAPERS[2], groups=("Else",)))])
        store.remove([PAPERS[3].id, LAST])
    assert found(folder) == []


# What is damaged, and mended -----------------------------------------------------------------


def lose_a_passage(folder: Path) -> None:
    with Store(folder, embedder()) as store, store._table.changing(1):
        store._table.delete([f"{FIRST}#1"])
        store.lexical.put_stamp(store._stamp())


def lose_a_row(folder: Path) -> None:
    change(
        folder,
        f"DELETE FROM embedding_metadata WHERE id = {numbers_of(LAST + '#1')}",
        f"DELETE FROM embeddings WHERE embedding_id = '{LAST}#1'",
    )


def widen_a_passage(folder: Path) -> None:
    change(
        folder,
        "UPDATE embedding_metadata SET int_value = int_value + 3 WHERE key = 'end' "
        f"AND id = {numbers_of(FIRST + '#0')}",
    )


def rename_the_owner(folder: Path) -> None:
    change(
        folder,
        "UPDATE embedding_metadata SET string_value = 'another' WHERE key = 'record_id' "
        f"AND id = {numbers_of(FIRST + '#2')}",
    )


def harm_the_records(folder: Path) -> None:
    change(
        folder,
        "INSERT INTO embedding_metadata (id, key, string_value) "
        f"VALUES ({numbers_of(FIRST + '#0')}, 'parts', '[1, 2]')",
    )


def lose_a_queued_vector(folder: Path) -> None:
    change(folder, f"DELETE FROM embeddings_queue WHERE id = '{LAST}#0'")


def lengthen_a_queued_vector(folder: Path) -> None:
    change(
        folder,
        f"UPDATE embeddings_queue SET vector = x'{'00' * 252}00000040' "
        f"WHERE id IN ('{LAST}#0', '{LAST}#1')",
    )


def harm_indexed_vectors(folder: Path) -> None:
    """Two vectors in the index become NaN and 0, with all sizes and links as they were."""
    file = index_file(folder, "data_level0.bin")
    data = bytearray(file.read_bytes())
    for element, value in ((3, b"\xff\xff\xff\x7f"), (5, b"\0\0\0\0")):
        start = element * (132 + 256 + 8) + 132
        data[start : start + 256] = value * 64
    file.write_bytes(data)


def leave_a_former_state(folder: Path) -> None:
    with Store(folder, embedder()) as store, store.writing():
        store.put(list(map(alone, [replace(PAPERS[0], abstract=PAPERS[0].abstract * 2)])))
        store._stale_rows = lambda records: []  # type: ignore[method-assign]
        store.put(list(map(alone, [PAPERS[0]])))


def leave_folders(folder: Path) -> None:
    (folder / "incoming.new").mkdir()
    (folder / "incoming.new" / "part").write_text("of something")


def drop_from_terms(folder: Path) -> None:
    index = LexicalIndex(folder / "terms")
    stamp = index.stamp
    index.replace([], removed=[FIRST, LAST])
    index.put_stamp(stamp)


def change_terms(folder: Path) -> None:
    index = LexicalIndex(folder / "terms")
    stamp = index.stamp
    index.replace([(alone(replace(PAPERS[7], abstract="Other words.")), [])])
    index.put_stamp(stamp)


def add_to_terms(folder: Path) -> None:
    index = LexicalIndex(folder / "terms")
    stamp = index.stamp
    index.replace([(alone(record("Owls", "Owls watch.")), [])])
    index.put_stamp(stamp)


def make_terms_stale(folder: Path) -> None:
    (folder / "terms" / "stamp.json").write_text(json.dumps({"of": {}, "state": ""}))


def harm_terms(folder: Path) -> None:
    test_adding_harm = [*(folder / "terms").glob("*.term"), *(folder / "terms").glob("*.store")]
    for path in test_adding_harm:
        data = path.read_bytes()
        start = data.rindex(b'{"version"') // 2
        path.write_bytes(b"\xff" * start + data[start:])


def on_index(name: str, harm: Callable[[Path], Any]) -> Harm:
    return lambda folder: harm(index_file(folder, name))


def garble(file: Path) -> None:
    file.write_bytes(b"\x93" * file.stat().st_size)


def forget_the_seal(folder: Path) -> None:
    """A library of before sizes were noted, with a file cut: Chroma would crash on it."""
    cut_in_half(index_file(folder, "data_level0.bin"))
    change(folder, "UPDATE collection_metadata SET str_value = '' WHERE key = 'index'")


def refer_to_nowhere(folder: Path) -> None:
    """A link that Chroma would follow out of its memory; the sizes are as they were."""
    file = index_file(folder, "data_level0.bin")
    data = bytearray(file.read_bytes())
    data[4:8] = b"\xff\xff\xff\x7f"
    file.write_bytes(data)


def lower_an_element(folder: Path) -> None:
    """An element loses its upper level, to which others link: Chroma would follow a null."""
    file = index_file(folder, "link_lists.bin")
    data = file.read_bytes()
    sizes, at = [], 0
    while at < len(data):
        sizes.append(int.from_bytes(data[at : at + 4], "little"))
        at += 4 + sizes[-1]
    entry = int.from_bytes(index_file(folder, "header.bin").read_bytes()[56:60], "little")
    upper = [number for number, size in enumerate(sizes) if size and number != entry]
    start = sum(4 + size for size in sizes[: upper[0]])
    size = sizes[upper[0]]
    cut = data[:start] + bytes(4) + data[start + 4 + size :]
    file.write_bytes(cut)
    change(
        folder,
        f"UPDATE collection_metadata SET str_value = replace(str_value, 'link_lists.bin {len(data)}"
        f"', 'link_lists.bin {len(cut)}') WHERE key = 'index'",
    )


DAMAGE: dict[str, tuple[Harm, list[tuple[str, int, bool]]]] = {
    "a passage deleted": (lose_a_passage, [("passages", 1, True)]),
    "a row lost in SQLite": (
        lose_a_row,
        [("passages", 1, True), ("surplus vectors", 1, True)],
    ),
    "a span widened": (widen_a_passage, [("passages", 1, True)]),
    "the owner renamed": (rename_the_owner, [("columns", 1, True)]),
    "records garbled": (harm_the_records, [("records", 1, True)]),
    "a vector lost": (lose_a_queued_vector, [("no vector", 1, True)]),
    "vectors in the queue not of length 1": (lengthen_a_queued_vector, [("bad vector", 2, True)]),
    "vectors in the index not of length 1": (harm_indexed_vectors, [("bad vector", 2, True)]),
    "rows of a former state": (leave_a_former_state, [("stale", 4, True)]),
    "leftovers of killed processes": (leave_folders, [("leftovers", 1, True)]),
    "papers missing in the term index": (drop_from_terms, [("terms", 2, True)]),
    "other words in the term index": (change_terms, [("terms", 1, True)]),
    "a paper too many in the term index": (add_to_terms, [("terms", 1, True)]),
    "the term index stale": (make_terms_stale, [("terms", 1, True)]),
    "the term index damaged": (harm_terms, [("terms", 1, True)]),
    "the term index gone": (lambda folder: shutil.rmtree(folder / "terms"), [("terms", 1, True)]),
    "vectors cut off": (on_index("data_level0.bin", cut_in_half), [("index", 1, True)]),
    "vectors gone": (on_index("data_level0.bin", Path.unlink), [("index", 1, True)]),
    "header garbled": (on_index("header.bin", garble), [("index", 1, True)]),
    "header gone": (on_index("header.bin", Path.unlink), [("index", 1, True)]),
    "links garbled": (on_index("link_lists.bin", garble), [("index", 1, True)]),
    "links gone": (on_index("link_lists.bin", Path.unlink), [("index", 1, True)]),
    "lengths gone": (on_index("length.bin", Path.unlink), [("index", 1, True)]),
    "ids garbled": (on_index("index_metadata.pickle", garble), [("index", 1, True)]),
    "ids gone": (
        on_index("index_metadata.pickle", Path.unlink),
        [("no vector", 120, True), ("index", 1, True)],
    ),
    "a cut that Chroma would crash on": (forget_the_seal, [("index", 1, True)]),
    "a level that Chroma would crash on": (lower_an_element, [("index", 1, True)]),
    "a link that Chroma would crash on": (refer_to_nowhere, [("index", 1, True)]),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_and_mended_to_the_same_content(
    damage: str, folder: Path, expected: dict[str, Any]
) -> None:
    harm, findings = DAMAGE[damage]
    harm(folder)
    assert found(folder) == findings
    done = repair(folder, embedder())
    assert [(item.kind, item.count, item.repairable) for item in done.before.findings] == findings
    assert (done.after.findings, done.lost) == ([], [])
    assert found(folder) == []
    assert contents(folder) == expected
    assert sorted(path.name for path in folder.glob("*")) == sorted(
        [*("chroma.sqlite3", "step.lock", "terms", "writer.lock")]
        + [path.parent.name for path in folder.glob("*-*/header.bin")]
    )


def test_what_is_whole_is_kept_and_only_the_rest_embedded(folder: Path) -> None:
    lose_a_passage(folder)
    model = embedder()
    done = repair(folder, model)
    assert (done.kept, done.embedded) == (59, 1)
    assert len(model.model.texts) == 3  # type: ignore[attr-defined]


def test_texts_say_what_how_many_and_which(folder: Path) -> None:
    lose_a_queued_vector(folder)
    lose_a_row(folder)
    (folder / "incoming.new").mkdir()
    told = [(item.text, item.count, item.examples) for item in check(folder, embedder()).findings]
    assert told == [
        ("folders that a killed process left", 1, ("incoming.new",)),
        (
            "papers that lack passages, or whose passages do not cover the abstract",
            1,
            (LAST,),
        ),
        ("passages without a vector", 1, (f"{LAST}#0",)),
        ("vectors of passages that are not there", 1, (f"{LAST}#1",)),
    ]


def test_no_more_than_five_ids_are_shown(folder: Path) -> None:
    change(folder, "DELETE FROM embeddings_queue")
    (finding,) = check(folder, embedder()).findings
    assert (finding.count, len(finding.examples)) == (60, 5)


# What cannot be mended -----------------------------------------------------------------------


def break_two_records(folder: Path) -> None:
    change(
        folder,
        f"""UPDATE embedding_metadata SET string_value = '{{"id": ' WHERE key = 'record'
        AND id = {numbers_of(FIRST + "#0")}""",
        f"DELETE FROM embedding_metadata WHERE id = {numbers_of(LAST + '#0')} AND key = 'record'",
    )


def test_papers_whose_abstract_is_gone_are_named_and_the_rest_is_mended(
    folder: Path, expected: dict[str, Any]
) -> None:
    break_two_records(folder)
    report = check(folder, embedder())
    lost = report.findings[0]
    assert (lost.kind, lost.repairable, set(lost.examples)) == ("lost", True, {FIRST, LAST})
    done = repair(folder, embedder())
    assert (done.kept, done.embedded) == (58, 0)
    assert done.lost == [FIRST, LAST]
    assert done.after.findings == []
    assert contents(folder)["records"] == expected["records"][1:-1]


def test_a_library_without_its_chroma_file_is_left_alone(folder: Path) -> None:
    (folder / "chroma.sqlite3").unlink()
    assert found(folder) == [("database", 1, False)]
    (finding,) = check(folder, embedder()).findings
    assert finding.text == (
        f"the Chroma file is gone, and the papers with it; expected {folder / 'chroma.sqlite3'}"
    )
    done = repair(folder, embedder())
    assert (done.copy, [item.kind for item in done.after.findings]) == (None, ["database"])


def overwrite_half(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] + b"\x93garbage" * (len(data) // 16))


@pytest.mark.parametrize("harm", [cut_in_half, overwrite_half])
def test_a_torn_chroma_file_gives_back_the_papers_that_can_be_read(
    folder: Path, harm: Harm, expected: dict[str, Any]
) -> None:
    harm(folder / "chroma.sqlite3")
    (finding,) = check(folder, embedder()).findings
    assert finding.text.startswith("the Chroma file is damaged (")
    assert (finding.kind, finding.repairable) == ("database", True)
    done = repair(folder, embedder())
    assert done.after.findings == []
    assert done.copy is not None
    assert finding.text.endswith(f"); {done.embedded} papers can be read from it")
    assert 10 <= done.embedded < 60
    after = contents(folder)
    kept = {paper.id for paper in after["records"]}
    assert kept | set(done.lost) == {paper.id for paper in PAPERS}
    assert not kept & set(done.lost)
    wanted = {paper.id: paper for paper in PAPERS}
    assert all(wanted[paper.id] == paper for paper in after["records"])
    assert all(after["rows"][row] == expected["rows"][row] for row in after["rows"])
    with Store(folder, embedder()) as store:
        assert test_adding.counts(test_adding.add(store, PAPERS)) == {
            "read": 60, "added": 60 - len(kept), "unchanged": len(kept),
        }  # fmt: skip


def test_a_chroma_file_of_which_nothing_is_left_is_told(folder: Path) -> None:
    garble(folder / "chroma.sqlite3")
    assert found(folder) == [("database", 1, False)]
    (finding,) = check(folder, embedder()).findings
    assert finding.text == (
        "the Chroma file is damaged (file is not a database); 0 papers can be read from it"
    )


def test_removed_papers_do_not_come_back_from_a_torn_file(folder: Path) -> None:
    with Store(folder, embedder()) as store, store.writing():
        store.remove([paper.id for paper in PAPERS[:30]])
        store._table.checkpoint()
    left = {paper.id for paper in PAPERS[30:]}
    recovered = {paper.id for paper, _ in recover_papers(folder / "chroma.sqlite3")}
    assert recovered == left


@given(st.binary(max_size=300), st.integers(0, 5000), st.sampled_from([0x0D, 0x0A, 0x02]))
def test_any_bytes_can_be_searched_for_papers(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int, kind: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.sqlite3"
    data = bytearray(8192)
    data[4096] = kind
    data[at : at + len(junk)] = junk
    file.write_bytes(data)
    assert recover_papers(file) == []
    file.write_bytes(junk)
    assert recover_papers(file) == []


@given(st.data())
def test_any_change_to_index_files_is_refused_or_read(
    shelf: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Nothing but a stated failure, whatever the bytes."""
    target = tmp_path_factory.getbasetemp() / "segment"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(index_file(shelf, "header.bin").parent, target)
    name = data.draw(st.sampled_from(["header.bin", "link_lists.bin", "index_metadata.pickle"]))
    content = bytearray((target / name).read_bytes())
    at = data.draw(st.integers(0, len(content)))
    content[at : at + 8] = data.draw(st.binary(max_size=8))
    (target / name).write_bytes(content)
    with suppress(LibraryError):
        assert len(read_index(target, 64)) <= 120


def test_a_pickle_that_names_code_is_refused(folder: Path) -> None:
    file = index_file(folder, "index_metadata.pickle")
    file.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    (finding,) = [item for item in check(folder, embedder()).findings if item.kind == "index"]
    assert finding.text == f"The vector index {file.parent} is damaged (it names os.system)."


# What is refused -----------------------------------------------------------------------------


def test_another_model_is_told_and_nothing_repaired(folder: Path) -> None:
    other = Embedder(embedder().model, "other:model", WINDOW)
    report = check(folder, other)
    assert [(item.kind, item.text, item.repairable) for item in report.findings] == [
        (
            "library",
            f"The library {folder} was built with embedding 'fake:words', and is being opened "
            "with embedding 'other:model'. Open it with the former, or add its files to a new "
            "library.",
            False,
        )
    ]
    assert repair(folder, other).copy is None


def test_a_library_of_a_newer_schema_is_told_by_check_and_refused_by_opening(folder: Path) -> None:
    change(
        folder,
        """UPDATE collection_metadata SET str_value = replace(str_value, '"schema": 1',
        '"schema": 3') WHERE key = 'manifest'""",
    )
    told = (
        f"The library {folder} was made by a newer Quoth (schema 3; this one reads 1). Update "
        "Quoth (pip install --upgrade quoth), or add its files to a new library (--library PATH)."
    )
    (finding,) = check(folder, embedder()).findings
    assert (finding.text, finding.repairable) == (told, False)
    with pytest.raises(LibraryError) as caught:
        Store(folder, embedder())
    assert str(caught.value) == told


def test_a_folder_without_a_library_is_no_case_for_check(tmp_path: Path) -> None:
    for work in (check, repair):
        with pytest.raises(LibraryError) as caught:
            work(tmp_path, embedder())
        assert str(caught.value) == (
            f"No library at {tmp_path}; expected a folder that `quoth add` made."
        )
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_something_else_is_told(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "chroma.sqlite3")) as database:
        database.execute("CREATE TABLE moths (id)")
    (finding,) = check(tmp_path, embedder()).findings
    assert (finding.text, finding.repairable) == (
        f"{tmp_path / 'chroma.sqlite3'} is laid out as no Chroma of version 1.5 does it "
        "(no such table: collections).",
        False,
    )


# How a repair goes about it ------------------------------------------------------------------


def test_the_copy_is_the_library_as_it_was(folder: Path) -> None:
    lose_a_row(folder)
    before = found(folder)
    done = repair(folder, embedder())
    assert done.copy is not None
    assert done.copy.parent == folder.parent
    assert done.copy.name.startswith("lib.before-repair-20")
    assert found(done.copy) == before


def test_no_copy_is_made_where_none_is_wanted(folder: Path) -> None:
    lose_a_row(folder)
    assert repair(folder, embedder(), keep_copy=False).copy is None
    assert [path.name for path in folder.parent.iterdir()] == ["lib"]


def with_another_owner(record: Record, passages: Any) -> list[dict[str, Any]]:
    return [row | {"record_id": "another"} for row in to_metadata(record, passages)]


def test_a_repair_that_fails_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_a_row(folder)
    before = found(folder)
    monkeypatch.setattr("vectorstore.upkeep.repair.to_metadata", with_another_owner)
    with pytest.raises(LibraryError) as caught:
        repair(folder, embedder(), keep_copy=False)
    assert str(caught.value) == (
        f"The library {folder} could not be repaired, and is as it was: what was made of it has "
        "papers whose rows say something else than their record."
    )
    assert found(folder) == before
    assert not (folder / "incoming.new").exists()


def test_a_repair_waits_for_a_writer_and_says_so(folder: Path) -> None:
    pen = FileLock(folder / "writer.lock")
    told: list[str] = []

    def release(message: str) -> None:
        told.append(message)
        pen.release()

    with pen:
        check(folder, embedder(), release)
    assert told == [f"Another process is adding to {folder}; waiting for it."]


def test_what_is_not_of_the_record_is_kept(folder: Path) -> None:
    with Store(folder, embedder()) as store:
        add(store, [replace(PAPERS[0], groups=("Other",), sources=("b.ris",))])
        store.remember_folder("papers", "/papers")
        merged = store.get_papers([FIRST])[FIRST]
    assert len(merged.parts) == 2
    widen_a_passage(folder)
    assert repair(folder, embedder()).embedded == 1
    with Store(folder, embedder()) as store:
        assert store.get_papers([FIRST])[FIRST] == merged
        assert store.folders == {"papers": "/papers"}


def test_a_store_that_was_open_goes_on_with_the_repaired_library(folder: Path) -> None:
    with Store(folder, embedder()) as store:
        lose_a_row(folder)
        repair(folder, embedder())
        owls = record("Owls", "Owls watch.")
        assert len(store) == 60
        assert len(store.passages(PAPERS[-1])) == 3
        with store.writing():
            store.put(list(map(alone, [owls])))
        assert store.search("owls watch", mode="vectors")[0].record == owls
    assert found(folder) == []
    with Store(folder, embedder()) as store:
        assert store.get([owls.id]) == {owls.id: owls}


def test_a_library_without_permission_to_write_is_told(shelf: Path, public: Path) -> None:
    folder = shutil.copytree(shelf, public / "lib")
    os.system(f"chmod -R a-w,a+rX {folder}")
    for work in (check, repair):
        with without_privileges(), pytest.raises(LibraryError) as caught:
            work(folder, embedder())
        assert str(caught.value).startswith(
            f"The library {folder} may not be written. Make the folder writable, or copy it to "
            "one that is. ("
        )


def test_the_facade_checks_and_repairs(library_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(library_folder, tmp_path / "lib")
    with Library.open(folder, Settings()) as library:
        assert library.check().is_sound
        change(folder, "DELETE FROM embeddings_queue WHERE id LIKE '%moth%'")
        assert [item.kind for item in library.check().findings] == ["no vector"]
        done = library.repair(keep_copy=False)
        assert (done.kept, done.embedded, done.after.is_sound) == (3, 1, True)
        assert library.check().is_sound
        assert len(library) == 4
