"""The facade of the three ways in: from files to checked answers, and back out."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answer import Answer
from rag.config import Settings
from rag.library import Library, checked_question
from vectorstore.errors import LibraryError, QuestionError

MOTH, TIDE, BREAD, GEAR = (
    "doi:10.5555/moth.1", "doi:10.5555/tide.2", "doi:10.5555/bread.3", "doi:10.5555/gear.4"
)  # fmt: skip
QUESTIONS = (
    "How many pages of ship logs were digitised?",
    "What F1 score does LanternNet reach?",
    "Which papers measure noise?",
    "What does OWL stand for?",
)


@pytest.fixture
def own_library(papers_file: Path, tmp_path: Path) -> Iterator[Library]:
    """A library of the four, to be changed."""
    with Library.open(tmp_path / "library", Settings()) as library:
        library.add(papers_file)
        yield library


def untimed(answer: Answer) -> Answer:
    return replace(answer, timings_ms={})


def test_add_reports_what_became_of_every_record(papers_file: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library", Settings()) as library:
        report = library.add([papers_file, str(papers_file)])
        again = library.add(papers_file)
    assert (report.read, report.added, report.merged, report.rejected) == (8, 4, 4, [])
    assert (again.read, again.unchanged) == (4, 4)


def test_add_tells_its_progress(papers_file: Path, tmp_path: Path) -> None:
    told: list[int] = []
    with Library.open(tmp_path / "library", Settings()) as library:
        library.add(papers_file, progress=told.append)
    assert sum(told) == 4


def test_library_is_there_again_when_opened_again(library_folder: Path) -> None:
    assert Library.exists(library_folder)
    with Library.open(str(library_folder), Settings()) as library:
        assert len(library) == 4


def test_library_of_the_settings_is_opened_where_no_folder_is_given(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert not Library.exists(folder)
    with Library.open(settings=Settings(library=folder)) as library:
        assert library.store.folder == folder
        assert not library.is_sample
    assert Library.exists(folder)


def test_records_are_all_papers_by_id(small_library: Library) -> None:
    assert sorted(item.id for item in small_library.records()) == sorted([MOTH, TIDE, BREAD, GEAR])


def test_get_gives_the_paper_of_an_id_or_none(small_library: Library) -> None:
    record = small_library.get(TIDE)
    assert record is not None
    assert (record.title, record.year) == ("Harbour tides from ship logs", 2019)
    assert small_library.get("doi:10.5555/none") is None


def test_remove_takes_papers_out_and_names_those_that_were_there(own_library: Library) -> None:
    assert own_library.remove([MOTH, "doi:10.5555/none"]) == [MOTH]
    assert len(own_library) == 3
    assert own_library.get(MOTH) is None
    assert MOTH not in {hit.record.id for hit in own_library.search("LanternNet")}


def test_added_paper_is_answered_from_at_once(own_library: Library, tmp_path: Path) -> None:
    path = tmp_path / "more.jsonl"
    abstract = "Kites rise on warm wind. A Silk Wind Organ (SWO) plays while it flies."
    path.write_text(json.dumps({"title": "Kites", "abstract": abstract}), encoding="utf-8")
    assert own_library.ask("What does SWO stand for?").abstained
    own_library.add(path)
    assert own_library.ask("What does SWO stand for?").text == (
        "Kites: “A Silk Wind Organ (SWO) plays while it flies.” [1]"
    )


def test_search_finds_papers_best_first(small_library: Library) -> None:
    hits = small_library.search("tides in ship logs")
    assert [hit.record.id for hit in hits][0] == TIDE
    assert len(hits) == 4


def test_search_gives_at_most_as_many_as_told(small_library: Library) -> None:
    assert [hit.record.id for hit in small_library.search("moths", top_k=1)] == [MOTH]


def test_search_by_terms_alone_finds_only_what_holds_one(small_library: Library) -> None:
    assert [hit.record.id for hit in small_library.search("beech", mode="terms")] == [GEAR]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("year>=2023", {MOTH, GEAR}),
        ("year=2021", {BREAD}),
        ("group=Oceans", {TIDE}),
        ("title=quiet", {GEAR}),
        (["year>=2020", "year<2023"], {BREAD}),
        ("source=papers.jsonl", {MOTH, TIDE, BREAD, GEAR}),
        ("group=Nowhere", set()),
        (None, {MOTH, TIDE, BREAD, GEAR}),
    ],
)
def test_filter_says_which_papers_may_be_found(
    small_library: Library, where: str | list[str] | None, expected: set[str]
) -> None:
    found = {hit.record.id for hit in small_library.search("moths tides bread gears", where=where)}
    assert found == expected


def test_answer_comes_from_papers_that_the_filter_lets_through(small_library: Library) -> None:
    question = "How many pages of ship logs were digitised?"
    assert small_library.ask(question, where="year=2019").citations[0].record_id == TIDE
    other = small_library.ask(question, where="year>2019")
    assert TIDE not in {item.record_id for item in (*other.citations, *other.nearest)}


def test_answer_does_not_come_from_excluded_papers(small_library: Library) -> None:
    answer = small_library.ask("How many pages were digitised?", exclude={TIDE})
    assert TIDE not in {item.record_id for item in (*answer.citations, *answer.nearest)}


def test_filter_that_lets_nothing_through_is_an_abstention(small_library: Library) -> None:
    answer = small_library.ask("How many moths?", where="year=1066")
    assert (answer.abstained, answer.nearest) == (True, ())
    assert answer.reason == "No paper of the library was found for this question."


def test_empty_library_abstains(tmp_path: Path) -> None:
    with Library.open(tmp_path, Settings()) as library:
        answer = library.ask("How many moths?")
        assert (len(library), library.search("moths"), list(library.records())) == (0, [], [])
    assert (answer.abstained, answer.confidence, answer.text) == (
        True, 0.0, "The abstracts do not say."
    )  # fmt: skip
    assert answer.reason == "No paper of the library was found for this question."


def test_sample_holds_19_digests_and_answers(sample_library: Library) -> None:
    assert sample_library.is_sample
    assert len(sample_library) == 19
    assert all(record.digest for record in sample_library.records())


def test_sample_cannot_be_changed(sample_library: Library, papers_file: Path) -> None:
    told = (
        "The bundled sample cannot be changed; open a library of your own: "
        "Library.open(PATH), or quoth add FILE --library PATH."
    )
    with pytest.raises(LibraryError) as caught:
        sample_library.add(papers_file)
    assert str(caught.value) == told
    with pytest.raises(LibraryError) as caught:
        sample_library.remove(["text:1"])
    assert str(caught.value) == told
    assert len(sample_library) == 19


@pytest.mark.parametrize("question", ["", " \n", "?!", "\x00", "🙂", "“”"])
def test_question_without_words_is_refused(small_library: Library, question: str) -> None:
    with pytest.raises(QuestionError) as caught:
        small_library.ask(question)
    assert str(caught.value) == (
        'The question is empty; expected some words, such as: quoth ask "..."'
    )


def test_question_of_4000_characters_is_answered(small_library: Library) -> None:
    filling = "Tell me all about the quiet gears, please. "
    question = (filling * 100)[: 4_000 - 43] + "How much less noise do gears of beech make?"
    assert len(question) == 4_000
    assert small_library.ask(question).question == question


def test_longer_question_is_refused(small_library: Library) -> None:
    with pytest.raises(QuestionError) as caught:
        small_library.ask("a" * 4_001)
    assert str(caught.value) == (
        "The question has 4,001 characters; expected at most 4,000. Ask in fewer words."
    )


def test_filter_that_cannot_be_read_is_refused(small_library: Library) -> None:
    with pytest.raises(QuestionError) as caught:
        small_library.ask("How many moths?", where="colour=red")
    assert str(caught.value).startswith("Cannot read the filter 'colour=red'; expected ")


def test_question_loses_control_characters_and_outer_white_space() -> None:
    assert checked_question(" How\x00 many\x1b[31m moths?\ud800\n") == "How  many [31m moths?"
    assert checked_question("How\tmany\nmoths?") == "How\tmany\nmoths?"


@settings(max_examples=25)
@given(st.text(max_size=80).filter(lambda text: re.search(r"\w", text)))
def test_any_question_with_words_is_answered(small_library: Library, question: str) -> None:
    answer = small_library.ask(question)
    assert answer.question == checked_question(question)
    json.dumps(answer.to_json())


def test_tasks_at_once_get_the_answers_of_one_after_the_other(small_library: Library) -> None:
    async def ask_all() -> list[Answer]:
        return await asyncio.gather(*(small_library.aask(text) for text in QUESTIONS * 2))

    expected = [untimed(small_library.ask(text)) for text in QUESTIONS * 2]
    assert [untimed(answer) for answer in asyncio.run(ask_all())] == expected


def test_aask_takes_filter_and_exclusions(small_library: Library) -> None:
    answer = asyncio.run(small_library.aask("How many moths?", "year>=2023", {MOTH}))
    assert {item.record_id for item in (*answer.citations, *answer.nearest)} <= {GEAR}


def test_eight_threads_at_once_get_the_same_answers(small_library: Library) -> None:
    questions = QUESTIONS * 4
    expected = [untimed(small_library.ask(text)) for text in questions]
    with ThreadPoolExecutor(8) as pool:
        found = [untimed(answer) for answer in pool.map(small_library.ask, questions)]
    assert found == expected
