"""Starter questions: about the papers at hand, each answered, and soon there."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter

import pytest

from rag import Library, Settings
from ui.starters import starter_questions


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine makes no fewer questions."""
    monkeypatch.setattr("ui.starters.MOST_SECONDS", 60.0)


def test_sample_has_four_about_different_papers(sample_library: Library) -> None:
    questions = starter_questions(sample_library)
    answers = [sample_library.ask(question) for question in questions]
    assert len(questions) == 4
    assert not any(answer.abstained for answer in answers)
    assert len({answer.citations[0].record_id for answer in answers}) == 4
    assert len({question.split()[1] for question in questions}) > 1


def test_they_are_made_once(sample_library: Library) -> None:
    starter_questions(sample_library)
    start = perf_counter()
    starter_questions(sample_library)
    assert perf_counter() - start < 0.05


def test_papers_that_are_added_count(papers_file: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path, Settings()) as library:
        assert starter_questions(library) == []
        library.add(papers_file)
        assert starter_questions(library)


def test_they_are_the_same_each_time(small_library: Library) -> None:
    questions = starter_questions(small_library)
    assert questions == starter_questions(small_library)
    assert any("LanternNet" in question for question in questions)


def test_count_is_the_most(small_library: Library) -> None:
    assert len(starter_questions(small_library, 1)) == 1
    assert starter_questions(small_library, 0) == []


@pytest.mark.parametrize("title", ["<img src=x>", "\u202e\x1b[31m", "{name} {0} %s", "?" * 300])
def test_hostile_title_does_no_harm(title: str, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    paper = {"title": title, "abstract": "We present Fern, which is 3 times faster. It is new."}
    file.write_text(json.dumps(paper))
    with Library.open(tmp_path / "library", Settings()) as library:
        library.add(file)
        for question in starter_questions(library):
            assert question.isprintable()
