"""Engines: the same library, wherever files are read and records embedded."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_embedding import HashEmbedding, fake_embedder, numbered
from test_adding import contents
from test_cli_gathering import quoth

from evals.bench.clusters import measure_engines
from rag.config import Settings
from rag.library import Library
from vectorstore.adding import add
from vectorstore.embedding import Embedder
from vectorstore.engines import Choice, Named, start
from vectorstore.engines.worker import BATCH_ITEMS, Unseen, Worker, kind_of, read_in_batches
from vectorstore.errors import EmbeddingError, EngineError
from vectorstore.papers import Paper
from vectorstore.preparing import NOTHING, Ahead, Preparer, key_of, prepare
from vectorstore.readers import read
from vectorstore.readers.opening import File
from vectorstore.records import AddReport, Record
from vectorstore.store import Store, Written

ROOT = Path(__file__).parent.parent
PAPERS = numbered(700)
FEW_BYTES = 40_000_000
"""Far less than 20,000 prepared records take."""


class SlowEmbedding(HashEmbedding):
    """Takes its time, so that it can be caught at work."""

    def get_text_embedding_batch(self, texts: list[str], *rest: Any, **more: Any) -> Any:
        time.sleep(0.4)
        return super().get_text_embedding_batch(texts, *rest, **more)


class DeadlyEmbedding(HashEmbedding):
    """Ends the process that reads of lamp690."""

    def _get_text_embedding(self, text: str) -> list[float]:
        if "lamp690" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._get_text_embedding(text)


class FailingEmbedding(HashEmbedding):
    """Cannot read of lamp690."""

    def _get_text_embedding(self, text: str) -> list[float]:
        if "lamp690" in text:
            raise ValueError("no word for lamp690")
        return super()._get_text_embedding(text)


def write_records(path: Path, records: Sequence[Record]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"title": item.title, "abstract": item.abstract}) for item in records)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def papers_of_700(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_records(tmp_path_factory.mktemp("many") / "many.jsonl", PAPERS)


@pytest.fixture(scope="module")
def workers() -> Iterator[None]:
    """Ray with two CPUs, whose processes know the models of this file."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests")]))
        ray.init(
            "local", num_cpus=2, include_dashboard=False, log_to_driver=False,
            logging_level="ERROR", _node_ip_address="127.0.0.1",
        )  # fmt: skip
        yield
        ray.shutdown()


def add_with(engine: str, folder: Path, paths: Sequence[Path], embedder: Embedder) -> AddReport:
    with Library.open(folder, Settings(), embedder) as library:
        return library.add(paths, engine=engine)


def whole(folder: Path, embedder: Embedder | None = None) -> tuple[dict[str, Any], Any]:
    """All that a library holds, and its vectors."""
    with Library.open(folder, Settings(), embedder) as library:
        store = library.store
        rows = store._table.select({"start": {"$gte": 0}})
        vectors = store._table.vectors(list(rows))
        asked = ("moths by night", "tides of harbours", "what reads a loaf's age?")
        hits = [  # the first by vectors only: those behind it are found approximately
            (library.search(question, top_k=1)[0].record.id, terms_of(store, question))
            for question in asked
        ]
        held = {"papers": list(store.papers()), "rows": rows, "hits": hits}
        return held, np.asarray([vectors[row] for row in rows])


def terms_of(store: Store, question: str) -> list[tuple[str, float]]:
    hits = store.search(question, top_k=2000, mode="terms")
    return sorted((hit.passage.id, round(hit.terms, 4)) for hit in hits)


# Without a cluster ---------------------------------------------------------------------------


def test_an_unknown_engine_is_told(small_library: Library) -> None:
    with pytest.raises(EngineError) as told:
        small_library.add([], engine="spark")
    assert str(told.value) == "No engine is called 'spark'; expected 'local' or 'ray'."


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (
            Choice("local", workers=2),
            "The local engine has no workers; they are for the engine 'ray'.",
        ),
        (Choice("ray", workers=0), "0 workers cannot embed; expected 1 or more."),
        (
            Choice("ray", address="ray://head:10001"),
            "ray://head:10001 is an address of Ray Client, which does not read in batches; "
            "expected HOST:PORT of a cluster that this machine is part of.",
        ),
    ],
)
def test_a_choice_that_cannot_be_is_told(choice: Choice, expected: str) -> None:
    with pytest.raises(EngineError) as told, start(choice, fake_embedder()):
        pass
    assert str(told.value) == expected


def test_ray_that_is_not_installed_is_told_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, small_library: Library, papers_file: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineError, match=r"It comes with: pip install 'quoth\[ray\]'$"):
        small_library.add(papers_file, engine="ray")


def test_workers_without_ray_are_told_on_the_command_line(
    papers_file: Path, tmp_path: Path
) -> None:
    shown = quoth("add", papers_file, "--workers", "2", "--library", tmp_path / "lib")
    assert (shown.exit_code, shown.stderr) == (
        1, "The local engine has no workers; they are for the engine 'ray'.\n"
    )  # fmt: skip


def test_the_local_engine_reads_every_source_in_its_place(papers_file: Path) -> None:
    with start(Choice(), fake_embedder()) as engine:
        found = list(engine.read([Named(papers_file), iter(PAPERS[:2]), Named(papers_file)]))
        assert engine.preparer is None
    once = list(read(papers_file))
    assert found == [*once, *PAPERS[:2], *once]


@pytest.mark.parametrize("depth", [2, 100])
def test_however_many_batches_are_ahead_the_library_is_the_same(depth: int, tmp_path: Path) -> None:
    papers = PAPERS[:400]
    again = [replace(item, sources=("b.jsonl",)) for item in papers[::3]]
    changed = replace(papers[5], abstract=papers[5].abstract + " Wings, too.", sources=("c.ris",))
    items = [*papers, *again, changed, *papers[:10]]
    reports = []
    for name, preparer in (("one", None), ("other", Preparer(prepared_at_once, depth))):
        with Store(tmp_path / name, fake_embedder()) as store:
            reports.append(add(store, iter(items), preparer=preparer))
    assert reports[0] == reports[1]
    assert (reports[0].added, reports[0].merged) == (400, 145)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def prepared_at_once(records: Sequence[Record]) -> Any:
    made: Ahead = prepare(records, fake_embedder())
    return lambda: made


def test_a_file_is_read_in_batches(papers_of_700: Path) -> None:
    file = File(papers_of_700, "many.jsonl")
    found = list(read_in_batches(file, papers_of_700.stat().st_size))
    assert [len(batch) for batch in found] == [BATCH_ITEMS] * 5 + [60]  # type: ignore[arg-type]
    assert [item for batch in found for item in batch] == list(read(papers_of_700))  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "size"), [("many.jsonl", 7), ("none.jsonl", 0)])
def test_a_file_that_is_another_here_is_not_read(papers_of_700: Path, name: str, size: int) -> None:
    (found,) = read_in_batches(File(papers_of_700.with_name(name), name), size)
    assert isinstance(found, Unseen)


def test_a_worker_with_another_model_refuses_to_work() -> None:
    embedder = fake_embedder()
    worker = Worker(embedder, "quoth 9.9 with words")
    with pytest.raises(EngineError) as told:
        worker.prepare(PAPERS[:1])
    assert str(told.value) == (
        f"A worker runs {kind_of(embedder)}, expected quoth 9.9 with words. "
        f"Install the same release of quoth on every machine of the cluster."
    )


# With a cluster ------------------------------------------------------------------------------


def files_of_many_kinds(folder: Path, papers_file: Path) -> list[Path]:
    """Several formats, a folder, a packed file, duplicates across them, and records unfit."""
    folder.mkdir()
    packed = folder / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(papers_file.read_bytes()))
    bibliography = folder / "refs.bib"
    bibliography.write_text(
        "@article{moth, title={LanternNet}, doi={10.5555/moth.1}, year=2024,\n"
        " abstract={Counting moths at night is slow work. We count them with a camera trap.}}\n"
        "@article{bare, title={No abstract here}}\n@article{broken, title={Cut off",
        encoding="utf-8",
    )
    table = folder / "table.csv"
    table.write_text("title,abstract,doi\nSnow,Snow falls on larches.,10.5555/snow\nx,,\n")
    write_records(folder / "inner" / "b.jsonl", PAPERS[:150])
    write_records(folder / "inner" / "deep" / "a.jsonl", [*PAPERS[100:140], *PAPERS[200:330]])
    (folder / "inner" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    damaged = folder / "damaged.jsonl.gz"
    damaged.write_bytes(packed.read_bytes()[:-20])
    broken = folder / "broken.jsonl"
    broken.write_text('{"title": "x"}\n{"abstract": \n' + json.dumps({"abstract": "Elms."}) + "\n")
    return [
        papers_file, folder / "inner", packed, bibliography, folder / "none.ris", table, damaged,
        broken,
    ]  # fmt: skip


@pytest.mark.slow
def test_ray_makes_the_library_that_this_process_makes(
    workers: None, papers_file: Path, tmp_path: Path
) -> None:
    paths = files_of_many_kinds(tmp_path / "files", papers_file)
    reports = {}
    for engine in ("local", "ray"):
        with Library.open(tmp_path / engine, Settings()) as library:
            reports[engine] = [library.add(paths, engine=engine) for _ in range(2)]
    assert reports["ray"] == reports["local"]
    first, second = reports["local"]
    assert first.added > 280
    assert all((first.merged, first.rejected, first.skipped, first.notes, second.unchanged))
    one, vectors = whole(tmp_path / "local")
    other, same_vectors = whole(tmp_path / "ray")
    assert one == other
    np.testing.assert_allclose(vectors, same_vectors, atol=1e-5)


@pytest.mark.slow
def test_a_dry_run_and_a_sync_tell_the_same_with_ray(
    workers: None, papers_file: Path, tmp_path: Path
) -> None:
    files_of_many_kinds(tmp_path / "files", papers_file)
    told = {}
    for engine in ("local", "ray"):
        with Library.open(tmp_path / engine, Settings(), fake_embedder()) as library:
            folder = tmp_path / "files"
            dry = library.add(folder, dry_run=True, engine=engine)
            synced = library.sync(folder, engine=engine)
            (folder / "table.csv").rename(tmp_path / "table.csv")
            told[engine] = dry, synced, library.sync(folder, engine=engine)
            (tmp_path / "table.csv").rename(folder / "table.csv")
    assert told["local"] == told["ray"]
    assert told["ray"][2].removed == [("doi:10.5555/snow", "Snow")]
    assert contents(tmp_path / "local") == contents(tmp_path / "ray")


@pytest.mark.slow
@pytest.mark.parametrize("role", ["ray::Worker.prepare", "ray::read_in_batches"])
def test_a_process_that_is_killed_changes_nothing(
    role: str, workers: None, papers_of_700: Path, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_one(_count: int) -> None:
        if not killed:
            killed.append(wait_for(role))
            os.kill(killed[0], signal.SIGKILL)

    slow = Embedder(SlowEmbedding(), "fake:words", 126)
    with Library.open(tmp_path / "ray", Settings(), slow) as library:
        report = library.add([papers_of_700] * 3, kill_one, engine="ray", workers=2)
    assert killed
    assert report == add_with("local", tmp_path / "local", [papers_of_700] * 3, fake_embedder())
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")


def wait_for(title: str) -> int:
    """The process of that title that this one started, through others."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for place in Path("/proc").glob("[0-9]*"):
            try:
                found = (place / "cmdline").read_text(errors="replace").startswith(title)
            except OSError:  # it ended meanwhile
                continue
            if found and os.getpid() in parents(int(place.name)):
                return int(place.name)
        time.sleep(0.01)
    raise AssertionError(f"no process {title}")


def parents(process: int) -> list[int]:
    found = [process]
    try:
        while found[-1] > 1:
            status = Path(f"/proc/{found[-1]}/stat").read_text()
            found.append(int(status.rpartition(")")[2].split()[1]))
    except OSError:  # it ended meanwhile
        return []
    return found


@pytest.mark.slow
def test_work_that_is_lost_each_time_is_told(
    workers: None, papers_of_700: Path, tmp_path: Path
) -> None:
    deadly = Embedder(DeadlyEmbedding(), "fake:words", 126)
    with pytest.raises(EngineError) as told:
        add_with("ray", tmp_path / "lib", [papers_of_700], deadly)
    assert str(told.value).startswith(
        "The worker that prepared a batch of records was lost, and so were those that did it "
        "again, 3 times at most: "
    )
    with Store(tmp_path / "lib", fake_embedder()) as store:
        assert len(store) == 640
        assert all(store.passages(record) for record in store.records())


@pytest.mark.slow
def test_a_model_that_fails_in_a_worker_is_told_as_here(
    workers: None, papers_of_700: Path, tmp_path: Path
) -> None:
    failing = Embedder(FailingEmbedding(), "fake:words", 126)
    with pytest.raises(EmbeddingError) as told:
        add_with("ray", tmp_path / "lib", [papers_of_700], failing)
    assert str(told.value) == "The embedding model fake:words failed: no word for lamp690"


@pytest.mark.slow
def test_more_workers_than_cpus_are_told(
    workers: None, papers_of_700: Path, tmp_path: Path
) -> None:
    with (
        Library.open(tmp_path, Settings(), fake_embedder()) as library,
        pytest.raises(EngineError) as told,
    ):
        library.add(papers_of_700, engine="ray", workers=3)
    assert str(told.value) == (
        "The cluster has 2 CPUs; expected 3, one for each worker. Ask for fewer: --workers N"
    )


@pytest.mark.slow
def test_a_file_that_workers_do_not_see_is_read_here(
    workers: None, papers_of_700: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "absolute", lambda self: Path("/elsewhere") / self.name)
    told: list[str] = []
    with Library.open(tmp_path, Settings(), fake_embedder()) as library:
        report = library.add([papers_of_700] * 2, None, told.append, engine="ray")
    assert (report.read, report.added) == (1400, 700)
    assert told == [
        f"A worker does not see {papers_of_700} as it is here, so such files are read here; "
        f"put them in a folder that all machines of the cluster share."
    ]


class NullShelf:
    """Takes papers and keeps nothing."""

    def writing(self, waiting: Any = None) -> Any:
        return nullcontext()

    def find_same(self, records: Sequence[Record]) -> list[Paper]:
        return []

    def prepare(self, records: Sequence[Record]) -> Ahead:
        raise AssertionError("the workers prepare")

    def put(self, papers: Sequence[Paper], ahead: Ahead = NOTHING) -> Written:
        assert all(key_of(paper.record) in ahead.cuts for paper in papers)
        return Written()

    def remove(self, ids: Any) -> list[str]:
        return []

    def papers(self) -> list[Paper]:
        return []


@pytest.mark.slow
def test_few_batches_are_on_their_way_at_a_time(workers: None, tmp_path: Path) -> None:
    path = write_records(tmp_path / "20000.jsonl", numbered(20_000, sentences=1))
    on_their_way: list[int] = []
    held: list[int] = []

    def look(_count: int) -> None:
        on_their_way.pop()
        assert len(on_their_way) <= 4
        held.append(memory())

    with start(Choice("ray", workers=2), fake_embedder()) as engine:
        preparer = engine.preparer
        assert preparer

        def begin(records: Sequence[Record]) -> Any:
            on_their_way.append(len(records))
            return preparer.begin(records)

        counted = Preparer(begin, preparer.depth)
        report = add(NullShelf(), engine.read([Named(path)]), look, preparer=counted)
    assert report.added == 20_000
    assert max(held) - held[10] < FEW_BYTES


def memory() -> int:
    """Bytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


INTERRUPTED = """
import sys
from pathlib import Path
from rag.config import Settings
from rag.library import Library
from test_engines import SlowEmbedding
from vectorstore.embedding import Embedder

embedder = Embedder(SlowEmbedding(), "fake:words", 126)
with Library.open(Path(sys.argv[1]), Settings(), embedder) as library:
    library.add(sys.argv[2:], lambda count: print(count, flush=True), engine="ray", workers=2)
"""


@pytest.mark.slow
def test_an_interrupt_leaves_whole_papers_and_no_process(
    papers_of_700: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "lib"), str(papers_of_700)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "128\n"
        started = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert errors.strip().endswith("KeyboardInterrupt")
    assert started
    end = time.monotonic() + 20
    while any(Path(f"/proc/{child}/cwd").exists() for child in started):
        assert time.monotonic() < end
        time.sleep(0.1)
    with Store(tmp_path / "lib", fake_embedder()) as store:
        assert len(store) in range(128, 700, 128)
        assert all(store.passages(record) for record in store.records())


def descendants(process: int) -> list[int]:
    return [
        child
        for place in Path("/proc").glob("[0-9]*")
        if process in parents(child := int(place.name)) and child != process
    ]


@pytest.mark.slow
def test_the_command_starts_ray_and_ends_it(papers_file: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rag.cli", "add", str(papers_file), "--library"]
    command += [str(tmp_path / "lib"), "--engine", "ray", "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"4 records read: 4 added.\n4 papers in {tmp_path / 'lib'}\n"


@pytest.mark.slow
def test_both_engines_are_measured(papers_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    measured = measure_engines(papers_file, 3)
    assert (measured["records"], measured["same"]) == (3, True)
    assert measured["vector_difference"] < 1e-5
    assert measured["local"].keys() < measured["ray"].keys()
