"""Killed, with SIGKILL, at any moment of an add, a repair or a restore: nothing is lost."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fake_embedding import fake_embedder, numbered
from test_adding import add_to, contents

import vectorstore.store
from vectorstore.adding import add
from vectorstore.store import Store
from vectorstore.table import Table
from vectorstore.upkeep.backup import backup
from vectorstore.upkeep.health import check
from vectorstore.upkeep.repair import repair
from vectorstore.upkeep.restore import restore

ROOT = Path(__file__).parent.parent
SEED = 20240611
PAPERS = numbered(5000)
FEW = numbered(150)
KILLS = 30
TAIL = 200
"""Rows between checkpoints: 25 of them in the add, so that kills hit some."""


@pytest.fixture(scope="module")
def processes() -> Any:
    """Starts processes of their own, forked from one that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["test_killed"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests")]))
        multiprocessing.forkserver.ensure_running()
    return context


# A whole add ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kill:
    """When to kill: at a record, or at the next checkpoint after it, and so much later."""

    record: int
    seconds: float
    at_checkpoint: bool


def planned_kills() -> list[Kill]:
    draw = random.Random(SEED)
    share = 4500 // KILLS  # the last is early enough for a checkpoint to follow
    return [
        Kill(
            number * share + draw.randrange(share),
            draw.uniform(0, 0.04 if number % 3 == 0 else 0.12),
            number % 3 == 0,
        )
        for number in range(KILLS)
    ]


def add_all(folder: Path, dealt_with: Any) -> None:
    vectorstore.store.TAIL_ROWS = vectorstore.store.LONG_TAIL_ROWS = TAIL
    Table.tail_is_long = lambda self, least: self.tail >= least  # type: ignore[method-assign]

    def progress(count: int) -> None:
        dealt_with.value += count

    with Store(folder, fake_embedder()) as store:
        add(store, PAPERS[dealt_with.value :], progress)


def killed_add(folder: Path, start: int, kill: Kill, processes: Any) -> bool:
    """Adds until killed; whether that was within a checkpoint."""
    dealt_with = processes.Value("i", start)
    other = processes.Process(target=add_all, args=(folder, dealt_with))
    other.start()
    marks = [folder / "checkpoint.new", folder / "checkpoint"]
    while other.is_alive() and (
        dealt_with.value < kill.record
        or (kill.at_checkpoint and not any(mark.exists() for mark in marks))
    ):
        time.sleep(0.0005)
    time.sleep(kill.seconds)
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    assert other.exitcode == -signal.SIGKILL, kill
    return any(mark.exists() for mark in marks)


@pytest.mark.slow
def test_an_add_killed_thirty_times_ends_like_one_that_was_not(
    tmp_path: Path, processes: Any
) -> None:
    folder = tmp_path / "lib"
    folder.mkdir()
    whole = within = 0
    for kill in planned_kills():
        hit = killed_add(folder, max(0, whole - 128), kill, processes)
        within += hit
        Store(folder, fake_embedder()).close()
        report = check(folder, fake_embedder())
        sys.stdout.write(f"{SEED}: {kill}, {report.papers} papers, within a checkpoint: {hit}\n")
        assert report.findings == []
        assert report.papers >= max(whole, kill.record)
        whole = report.papers
    assert within >= KILLS // 6
    assert add_to(folder, PAPERS).read == 5000
    assert check(folder, fake_embedder()).findings == []
    add_to(tmp_path / "undisturbed", PAPERS)
    assert contents(folder) == contents(tmp_path / "undisturbed")


# Repair and restore --------------------------------------------------------------------------

EVENTS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "shutil.copyfile"}


def die_at_file_event(number: int, work: Callable[..., Any], *args: Any) -> None:
    """Runs some work, and dies right before it changes the folder for the nth time."""
    left = number

    def watch(event: str, _: Any) -> None:
        nonlocal left
        if event in EVENTS or (event == "open" and _[1] not in (None, "r", "rb")):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    work(*args)


def run_until(number: int, processes: Any, work: Callable[..., Any], *args: Any) -> bool:
    """Whether the work was killed, rather than done before that many events."""
    other = processes.Process(target=die_at_file_event, args=(number, work, *args))
    other.start()
    other.join()
    assert other.exitcode in (0, -signal.SIGKILL)
    return bool(other.exitcode)


def mend(folder: Path) -> None:
    repair(folder, fake_embedder())


def put_back(file: Path, folder: Path) -> None:
    restore(file, folder, replace=True)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A library of 150 papers with an index on disk, and its contents."""
    folder = tmp_path_factory.mktemp("few") / "lib"
    with Store(folder, fake_embedder()) as store:
        add(store, FEW[:100])
        with store.writing():
            store._table.checkpoint()
        add(store, FEW)
    return folder, contents(folder)


def lose_a_file(folder: Path) -> None:
    (file,) = folder.glob("*-*/link_lists.bin")
    file.unlink()


@pytest.mark.slow
def test_a_repair_killed_at_any_step_leaves_a_library_that_can_be_repaired(
    few: tuple[Path, dict[str, Any]], tmp_path: Path, processes: Any
) -> None:
    shelf, expected = few
    states = []
    number = random.Random(SEED).randrange(1, 4)
    killed = True
    while killed:
        folder = Path(shutil.copytree(shelf, tmp_path / str(number) / "lib"))
        lose_a_file(folder)
        killed = run_until(number, processes, mend, folder)
        report = check(folder, fake_embedder())
        states.append("index" in [item.kind for item in report.findings])
        assert repair(folder, fake_embedder()).after.findings == []
        assert contents(folder) == expected
        number += 7
    # Killed while the repair was still in its draft, then once it was the library.
    assert states == sorted(states, reverse=True)
    assert 3 <= sum(states) < len(states) - 3


@pytest.mark.slow
def test_a_restore_killed_at_any_step_leaves_the_old_library_or_the_new_one(
    few: tuple[Path, dict[str, Any]], tmp_path: Path, processes: Any
) -> None:
    shelf, expected = few
    file = tmp_path / "papers.zip"
    backup(shelf, file)
    other = tmp_path / "other"
    add_to(other, FEW[:20])
    before = contents(other)
    was_new = []
    number = 0
    killed = True
    while killed:
        number += 1
        folder = Path(shutil.copytree(other, tmp_path / str(number)))
        killed = run_until(number, processes, put_back, file, folder)
        after = contents(folder)
        was_new.append(after == expected)
        assert after in (before, expected)
        restore(file, folder, replace=True)
        Store(folder, fake_embedder()).close()
        assert check(folder, fake_embedder()).findings == []
        assert contents(folder) == expected
    assert was_new == sorted(was_new)
    assert 5 <= sum(was_new) < len(was_new) - 5


@pytest.mark.slow
def test_a_backup_killed_at_any_step_leaves_a_whole_file_or_none(
    few: tuple[Path, dict[str, Any]], tmp_path: Path, processes: Any
) -> None:
    shelf, expected = few
    were_there = []
    number = 1
    killed = True
    while killed:
        (tmp_path / str(number)).mkdir()
        file = tmp_path / str(number) / "papers.zip"
        killed = run_until(number, processes, backup, shelf, file)
        were_there.append(file.exists())
        if file.exists():
            restore(file, tmp_path / f"lib-{number}")
            assert contents(tmp_path / f"lib-{number}") == expected
        else:
            backup(shelf, file)
        assert [path.name for path in file.parent.iterdir()] == ["papers.zip"] or killed
        number += 1
    assert were_there == sorted(were_there)
    assert 5 <= were_there.index(True) < len(were_there)
