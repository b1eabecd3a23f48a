"""The store: what is put in is found, as it was, and only what may be found."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import chromadb
import pytest
from fake_embedding import BREAD, MOTHS, PAPERS, TIDES, fake_embedder, numbered, record
from hypothesis import given, settings
from hypothesis import strategies as st

import vectorstore.table
from vectorstore.embedding import Embedder, default_embedder
from vectorstore.errors import EmbeddingError, LibraryError
from vectorstore.filters import parse_filter
from vectorstore.papers import alone
from vectorstore.records import Record
from vectorstore.store import Store

RESTORE = (
    "Mend it (quoth check --repair), restore a backup of it, or add your files to a new library "
    "(--library PATH)"
)


def fill(folder: Path, records: list[Record], embedder: Embedder | None = None) -> Path:
    with Store(folder, embedder or fake_embedder()) as store, store.writing():
        store.put(list(map(alone, records)))
    return folder


def fake_store(folder: Path, records: list[Record]) -> Store:
    return Store(fill(folder, records), fake_embedder())


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the three; to be copied, not changed."""
    return fill(tmp_path_factory.mktemp("shelf") / "lib", PAPERS)


@pytest.fixture
def folder(shelf: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shelf, tmp_path / "lib"))


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with Store(folder, fake_embedder()) as store:
        yield store


def found(store: Store, question: str, where: Any = None, **more: Any) -> list[str]:
    hits = store.search(question, where=parse_filter(where), **more)
    return [hit.record.title for hit in hits]


# Reading -------------------------------------------------------------------------------------


def test_records_come_back_as_they_were(store: Store) -> None:
    assert list(store.records()) == PAPERS
    assert (len(store), store.count_passages()) == (3, 3)
    assert store.get([BREAD.id, "doi:none", MOTHS.id, BREAD.id]) == {
        BREAD.id: BREAD,
        MOTHS.id: MOTHS,
    }
    assert list(store.get([BREAD.id, MOTHS.id])) == [BREAD.id, MOTHS.id]


def test_an_empty_library_answers_with_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "lib", fake_embedder()) as store:
        assert (len(store), store.count_passages(), list(store.records())) == (0, 0, [])
        assert found(store, "moths") == found(store, "moths", ["year>2000", "title=moths"]) == []
        assert (store.get(["x"]), store.find_same([MOTHS]), store.passages(MOTHS)) == ({}, [], [])


@pytest.mark.parametrize(
    ("records", "more"),
    [(MOTHS, {"abstract": "Other words."}), (TIDES, {"doi": "10.5555/tide"}), (BREAD, {"id": "x"})],
)
def test_a_paper_is_known_by_any_of_its_identities(
    store: Store, records: Record, more: dict[str, str]
) -> None:
    assert store.find_same([replace(records, **more)]) == [alone(records)]


def test_a_paper_is_known_by_its_id_alone(store: Store) -> None:
    assert store.find_same([Record(TIDES.id, "Tides", "All other words.")]) == [alone(TIDES)]


@pytest.mark.parametrize("mode", ["hybrid", "vectors", "terms"])
def test_each_ranking_finds_the_paper(store: Store, mode: Any) -> None:
    hit = store.search("count moths by lamp", mode=mode)[0]
    assert hit.record == MOTHS
    assert hit.score == 1.0
    assert (hit.similarity is None) == (mode == "terms")
    assert (hit.terms > 0) == (mode != "vectors")


def test_hits_are_spans_of_their_records(store: Store) -> None:
    hits = store.search("night tide gauges bread")
    assert len(hits) == 3
    for hit in hits:
        assert hit.record.abstract[hit.passage.start : hit.passage.end] == hit.passage.text
        assert hit.passage in store.passages(hit.record)


@pytest.mark.parametrize("mode", ["hybrid", "vectors", "terms"])
def test_the_passage_is_the_one_that_matches_best(tmp_path: Path, mode: Any) -> None:
    long = record("Moths", " ".join([*["Lamps shine."] * 30, "Owls watch.", *["Bats fly."] * 30]))
    fill(tmp_path / "lib", [long, BREAD], fake_embedder(30))
    with Store(tmp_path / "lib", fake_embedder(30)) as store:
        assert len(store.passages(long)) > 4
        assert "Owls watch." in store.search("what do owls watch", mode=mode)[0].passage.text


@pytest.mark.parametrize("mode", ["hybrid", "vectors", "terms"])
@pytest.mark.parametrize(
    ("where", "titles"),
    [
        ("year>=2019", {"Moths at night", "Harbour tides"}),
        ("year>2019", {"Moths at night"}),
        ("year<2024", {"Harbour tides"}),
        ("year!=2024", {"Harbour tides"}),
        ("year=1900", set()),
        ("group=insects", {"Moths at night"}),
        ("group=HISTORY", {"Harbour tides"}),
        ("group=insect", set()),
        ("source=B.ris", {"Harbour tides"}),
        ("source=a.jsonl", {"Bread mould"}),
        ("title=night moth", {"Moths at night"}),
        ("title=moths bread", set()),
        (["source=a.bib", "year>2020"], {"Moths at night"}),
        (["title=tides", "group=oceans", "year<=2019", "source=a.bib"], {"Harbour tides"}),
        (["title=tides", "year>2020"], set()),
    ],
)
def test_only_what_the_filter_lets_through_is_found(
    store: Store, where: Any, titles: set[str], mode: Any
) -> None:
    assert set(found(store, "moth night tide ship bread mould", where, mode=mode)) == titles


@pytest.mark.parametrize("mode", ["hybrid", "vectors", "terms"])
def test_excluded_records_are_not_found(store: Store, mode: Any) -> None:
    question = "moth night tide bread"
    kept = found(store, question, mode=mode, exclude={MOTHS.id, "doi:none"})
    assert set(kept) == {"Harbour tides", "Bread mould"}
    assert len(found(store, question, mode=mode, top_k=1, exclude={MOTHS.id})) == 1


def test_many_excluded_records_leave_the_others(tmp_path: Path) -> None:
    papers = numbered(150)
    with Store(fill(tmp_path / "lib", papers), fake_embedder()) as store:
        hits = store.search("moth lamp", top_k=20, exclude={paper.id for paper in papers[:130]})
        assert {hit.record.id for hit in hits} == {paper.id for paper in papers[130:]}


def test_equal_passages_of_two_papers_stay_apart(tmp_path: Path) -> None:
    twins = [replace(BREAD, id="doi:1", doi="1"), replace(BREAD, id="doi:2", doi="2")]
    with Store(fill(tmp_path / "lib", twins), fake_embedder()) as store:
        assert sorted(hit.record.id for hit in store.search("bread")) == ["doi:1", "doi:2"]


def test_the_real_model_finds_other_words_for_the_same(tmp_path: Path) -> None:
    with Store(fill(tmp_path / "lib", PAPERS, default_embedder()), default_embedder()) as store:
        hit = store.search("insects in the dark", mode="vectors")[0]
        assert hit.record == MOTHS
        assert hit.similarity == pytest.approx(0.6, abs=0.1)
        assert found(store, r"$\textbf{insects}$ in the dark", mode="vectors")[0] == MOTHS.title


ODD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@settings(max_examples=6)
@given(st.lists(ODD.filter(str.strip), min_size=1, max_size=5), ODD)
def test_odd_characters_come_back_too(texts: list[str], odd: str) -> None:
    papers = [
        Record(f"doi:{n}{odd}", odd, text, authors=(odd,), groups=(odd,), sources=(odd, text))
        for n, text in enumerate(texts)
    ]
    with tempfile.TemporaryDirectory() as name, fake_store(Path(name), papers) as store:
        assert list(store.records()) == papers
        assert all(store.search(paper.abstract) for paper in papers)
        assert len(store.search("x", mode="vectors")) == len(papers)


# Writing -------------------------------------------------------------------------------------


def test_an_update_leaves_nothing_of_the_former_state(tmp_path: Path) -> None:
    long = record("Moths", "Moths fly at night. " * 80, id="doi:1", year=2020, groups=("Old",))
    short = record("Owls", "Owls watch.", id="doi:1", groups=("New",))
    with Store(fill(tmp_path / "lib", [long, BREAD]), fake_embedder()) as store:
        assert store.count_passages() > 3
        with store.writing():
            store.put([alone(short)])
        assert (store.count_passages(), len(store), store.get(["doi:1"])) == (
            2,
            2,
            {"doi:1": short},
        )
        for where in ("group=old", "year=2020", "year!=1900", "title=moths"):
            assert found(store, "moths owls", where) == []
        assert found(store, "owls", "group=new") == found(store, "owls", "title=owls") == ["Owls"]
        assert found(store, "moths fly", mode="terms") == []


def test_metadata_is_replaced_without_embedding_anything(folder: Path) -> None:
    embedder = fake_embedder()
    changed = replace(MOTHS, groups=("Lamps",), year=None)
    with Store(folder, embedder) as store:
        before = store._table.vectors([f"{MOTHS.id}#0"])[f"{MOTHS.id}#0"]
        with store.writing():
            store.put([alone(changed)])
        assert embedder.model.texts == []  # type: ignore[attr-defined]
        assert store.get([MOTHS.id]) == {MOTHS.id: changed}
        after = store._table.vectors([f"{MOTHS.id}#0"])[f"{MOTHS.id}#0"]
        assert after == pytest.approx(before)
        for mode in ("vectors", "terms"):
            assert found(store, "moths", "group=lamps", mode=mode) == ["Moths at night"]
            assert found(store, "moths", "group=insects", mode=mode) == []
            assert "Moths at night" not in found(store, "moths", "year>0", mode=mode)


def test_removal_removes_passages_terms_and_vectors(store: Store) -> None:
    with store.writing():
        assert store.remove([MOTHS.id, "doi:none", MOTHS.id]) == [MOTHS.id]
        assert store.remove(["doi:none"]) == []
    assert (len(store), store.count_passages(), store.get([MOTHS.id])) == (2, 2, {})
    for mode in ("vectors", "terms"):
        assert "Moths at night" not in found(store, "moths at night", mode=mode)
    assert store._table.select({"record_id": MOTHS.id}) == {}


def test_everything_is_there_after_opening_it_again(store: Store, folder: Path) -> None:
    owls = record("Owls", "Owls watch.")
    with store.writing():
        store.put([alone(owls)])
        store.remove([BREAD.id])
    store.close()
    with Store(folder, fake_embedder()) as again:
        assert list(again.records()) == [MOTHS, TIDES, owls]
        assert found(again, "owls watch", mode="vectors")[0] == "Owls"


def test_a_model_that_fails_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owls = record("Owls", "Owls watch.")
    embedder = fake_embedder()
    with Store(folder, embedder) as store:
        monkeypatch.setattr(embedder, "model", None)
        with store.writing(), pytest.raises(EmbeddingError):
            store.put([alone(owls)])
        assert list(store.records()) == PAPERS
        monkeypatch.undo()
        with store.writing():
            store.put([alone(owls)])
        assert len(store) == 4


def test_the_index_is_written_to_disk_at_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectorstore.store.TAIL_ROWS", 10)
    monkeypatch.setattr("vectorstore.store.LONG_TAIL_ROWS", 40)
    papers = numbered(120)
    with Store(tmp_path / "lib", fake_embedder()) as store:
        for start in range(0, 120, 30):
            with store.writing():
                store.put(list(map(alone, papers[start : start + 30])))
                assert store._table.tail == 30
            assert store._table.tail == 0
            assert found(store, papers[start].abstract, mode="vectors")[0] == papers[start].title
        with store.writing():
            store.put(list(map(alone, numbered(45))))
            assert store._table.tail == 0
    assert list((tmp_path / "lib").glob("*/index_metadata.pickle"))
    with Store(tmp_path / "lib", fake_embedder()) as store:
        assert (len(store), store.count_passages(), store._table.tail) == (120, 120, 0)
        for paper in papers[::17]:
            assert found(store, paper.abstract, mode="vectors")[0] == paper.title


# What is refused -----------------------------------------------------------------------------


def refusal(folder: Path, embedder: Embedder | None = None) -> str:
    with pytest.raises(LibraryError) as caught, Store(folder, embedder or fake_embedder()) as store:
        store.search("moths")
    return str(caught.value)


def test_another_model_is_refused_and_changes_nothing(folder: Path) -> None:
    other = Embedder(fake_embedder().model, "other:model")
    for _ in range(2):
        assert refusal(folder, other) == (
            f"The library {folder} was built with embedding 'fake:words', and is being opened with "
            "embedding 'other:model'. Open it with the former, or add its files to a new library."
        )
    assert list(Store(folder, fake_embedder()).records()) == PAPERS


def test_another_window_is_refused(folder: Path) -> None:
    assert refusal(folder, fake_embedder(64)) == (
        f"The library {folder} was built with window 126, and is being opened with window 64. "
        "Open it with the former, or add its files to a new library."
    )


def test_a_chroma_of_someone_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    with chromadb.PersistentClient(path=str(tmp_path)) as client:
        theirs = client.create_collection("passages", metadata={"by": "them"})
        theirs.add(ids=["1"], embeddings=[[1.0, 2.0]])
    assert refusal(tmp_path) == (
        f"{tmp_path} holds a Chroma collection that Quoth did not make; "
        "expected a manifest in its metadata. Name another folder."
    )
    with chromadb.PersistentClient(path=str(tmp_path)) as client:
        assert client.get_collection("passages").metadata == {"by": "them"}
        assert client.get_collection("passages").count() == 1


def cut_in_half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def overwrite(file: Path) -> None:
    file.write_bytes(b"\x93garbage" * (file.stat().st_size // 8))


def overwrite_half(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] + b"\x93garbage" * (len(data) // 16))


@pytest.mark.parametrize("harm", [cut_in_half, overwrite, overwrite_half])
def test_a_damaged_chroma_file_is_told(folder: Path, harm: Any) -> None:
    harm(folder / "chroma.sqlite3")
    told = refusal(folder)
    assert told.startswith(f"The library {folder} holds a damaged Chroma file. {RESTORE}. (")
    assert "\n" not in told


@pytest.mark.parametrize("harm", [Path.unlink, cut_in_half])
@pytest.mark.parametrize(
    "name", ["data_level0.bin", "header.bin", "length.bin", "index_metadata.pickle"]
)
def test_a_cut_off_vector_index_is_told_before_it_crashes_chroma(
    tmp_path: Path, name: str, harm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectorstore.store.TAIL_ROWS", 1)
    folder = fill(tmp_path / "lib", PAPERS)
    (file,) = folder.glob(f"*/{name}")
    harm(file)
    told = refusal(folder)
    assert told.startswith(
        f"The library {folder} holds a damaged vector index; expected files of the sizes "
        f"{file.parent.name[:8]}/data_level0.bin "
    )
    assert told.endswith(f". {RESTORE}.")


@pytest.mark.parametrize("harm", [Path.unlink, lambda file: file.write_bytes(b"")])
def test_a_lost_chroma_file_is_not_taken_for_an_empty_library(folder: Path, harm: Any) -> None:
    harm(folder / "chroma.sqlite3")
    assert refusal(folder) == (
        f"The library {folder} has lost its Chroma file; expected {folder / 'chroma.sqlite3'}. "
        f"{RESTORE}."
    )


def test_a_folder_with_other_things_in_it_may_hold_a_library(tmp_path: Path) -> None:
    (tmp_path / "terms" / "and conditions").mkdir(parents=True)
    with Store(fill(tmp_path, PAPERS), fake_embedder()) as store:
        assert len(store) == 3


def test_a_file_is_no_library(tmp_path: Path) -> None:
    file = tmp_path / "export.bib"
    file.write_text("@article{}")
    assert refusal(file) == (
        f"The library {file} is not a folder. Name a folder. ([Errno 17] File exists: '{file}')"
    )
    assert refusal(file / "lib").startswith(f"The library {file / 'lib'} is not a folder. Name a")
    assert file.read_text() == "@article{}"


@contextmanager
def without_privileges() -> Iterator[None]:
    """Permissions hold, also for tests that root runs."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that another user may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        os.system(f"chmod -R u+w {name}")


def test_a_folder_without_permission_is_told(public: Path) -> None:
    public.chmod(0o555)
    with without_privileges():
        told = refusal(public / "lib")
    assert told == (
        f"The library {public / 'lib'} may not be written. Make the folder writable, or copy it "
        f"to one that is. ([Errno 13] Permission denied: '{public / 'lib'}')"
    )


def test_a_library_without_permission_to_write_is_told(shelf: Path, public: Path) -> None:
    folder = shutil.copytree(shelf, public / "lib")
    os.system(f"chmod -R a-w,a+rX {folder}")
    with without_privileges():
        told = refusal(folder)
    assert told.startswith(
        f"The library {folder} may not be written. Make the folder writable, or copy it to one "
        "that is. ("
    )


# The term index is derived -------------------------------------------------------------------


def lose(terms: Path) -> None:
    shutil.rmtree(terms)


def harm_meta(terms: Path) -> None:
    (terms / "meta.json").write_text("{")


def lose_meta(terms: Path) -> None:
    (terms / "meta.json").unlink()


def harm_within(terms: Path) -> None:
    for path in [*terms.glob("*.term"), *terms.glob("*.store")]:
        data = path.read_bytes()
        start = data.rindex(b'{"version"') // 2
        path.write_bytes(b"\xff" * start + data[start:])


def lose_stamp(terms: Path) -> None:
    (terms / "stamp.json").unlink()


@pytest.mark.parametrize("harm", [lose, harm_meta, lose_meta, harm_within, lose_stamp])
def test_a_lost_or_damaged_term_index_is_made_anew(folder: Path, shelf: Path, harm: Any) -> None:
    questions = ("moths at night", "tide readings", "bread")
    with Store(shelf, fake_embedder()) as store:
        expected = [store.search(question) for question in questions]
    harm(folder / "terms")
    with Store(folder, fake_embedder()) as store:
        assert [store.search(question) for question in questions] == expected
    stamp = folder / "terms" / "stamp.json"
    made = stamp.stat().st_mtime_ns
    Store(folder, fake_embedder()).close()
    assert stamp.stat().st_mtime_ns == made


def test_a_stale_term_index_is_made_anew(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "terms", tmp_path / "stale")
    with Store(folder, fake_embedder()) as store, store.writing():
        store.remove([MOTHS.id])
        store.put([alone(record("Owls", "Owls watch."))])
    shutil.rmtree(folder / "terms")
    (tmp_path / "stale").rename(folder / "terms")
    with Store(folder, fake_embedder()) as store:
        assert found(store, "owls watch", mode="terms") == ["Owls"]
        assert found(store, "moths", mode="terms") == []
        assert len(store) == 3


# Several stores ------------------------------------------------------------------------------


def test_two_stores_of_one_process_see_what_either_writes(store: Store, folder: Path) -> None:
    with Store(folder, fake_embedder()) as other:
        with other.writing():
            other.put([alone(record("Owls", "Owls watch."))])
            other.remove([BREAD.id])
        for mode in ("vectors", "terms"):
            assert found(store, "owls watch", mode=mode)[0] == "Owls"
            assert found(store, "owls watch", "source=a.jsonl", mode=mode) == ["Owls"]
        assert len(store) == 3
        with store.writing():
            store.put([alone(BREAD)])
        assert found(other, "mould on bread", "group=kitchens", mode="vectors") == ["Bread mould"]


def test_a_database_locked_for_a_moment_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Busy:
        tries = 0

        def modify(self, configuration: object) -> None:
            self.tries += 1
            if self.tries < 3:
                raise RuntimeError("error returned from database: (code: 5) database is locked")

    busy = Busy()
    monkeypatch.setattr(vectorstore.table, "sleep", lambda seconds: None)
    with Store(tmp_path / "lib", fake_embedder()) as store:
        monkeypatch.setattr(store._table, "_collection", busy)
        store._table._write_index_after(7)
    assert busy.tries == 3
