"""The functions behind the page, and what the page offers to whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.config import Settings
from rag.conversation import Conversation
from rag.library import Library
from rag.transcript import ConversationError
from ui.app import build_page
from ui.asking import Asker, Shown, export, read_kept, take_back, without_llm
from ui.layout import EXPORTS
from ui.library_panel import MAX_FILES, Shelf, conditions, described
from ui.look import presentation

MOTHS = "How much faster than manual sorting is LanternNet?"


@pytest.fixture
def own_library(papers_file: Path, tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "own", Settings()) as library:
        library.add(papers_file)
        yield library


def asked(library: Library, question: str, kept: str = "") -> list[Shown]:
    return list(Asker(library).ask(question, kept))


def test_answer_comes_sentence_by_sentence_and_is_kept_whole(small_library: Library) -> None:
    shown = asked(small_library, MOTHS)
    assert [item.kept is None for item in shown] == [True] * (len(shown) - 1) + [False]
    assert "waiting" in shown[0].current
    assert 'class="mark"' in shown[1].current
    turns = read_kept(shown[-1].kept or "")
    assert [turn.question for turn in turns] == [MOTHS]
    assert turns[0].answer.citations[0].record_id == "doi:10.5555/moth.1"


def test_second_question_follows_from_what_the_browser_kept(small_library: Library) -> None:
    kept = asked(small_library, MOTHS)[-1].kept or ""
    shown = asked(small_library, "And on how many species was it tested?", kept)
    turns = read_kept(shown[-1].kept or "")
    assert len(turns) == 2
    assert "LanternNet" in turns[1].standalone_question
    assert MOTHS in shown[-1].past


@pytest.mark.parametrize(
    ("question", "kept", "told"),
    [
        ("?!", "", "The question is empty"),
        ("x" * 4001, "", "The question has 4,001 characters"),
        ("Why?", "{", "this browser kept cannot be read"),
        ("Why?", "[]", "is no conversation of Quoth"),
        ("Why?", "[" * 100_000, "this browser kept cannot be read"),
    ],
)
def test_failures_are_shown_and_nothing_is_kept(
    small_library: Library, question: str, kept: str, told: str
) -> None:
    last = asked(small_library, question, kept)[-1]
    assert told in last.current
    assert 'role="alert"' in last.current
    assert last.kept is None


def test_unreadable_filter_is_told(small_library: Library) -> None:
    last = list(Asker(small_library).ask(MOTHS, "", ["year>=soon"]))[-1]
    assert "Not a year in the filter" in last.current


def test_closing_the_page_midway_closes_the_stream(
    small_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    begin = Conversation.stream

    def watched(self: Conversation, *given: object) -> object:
        stream = begin(self, *given)
        close = stream.close
        monkeypatch.setattr(stream, "close", lambda: (closed.append(True), close()))
        return stream

    monkeypatch.setattr(Conversation, "stream", watched)
    steps = Asker(small_library).ask(MOTHS, "")
    next(steps)
    next(steps)
    assert not closed
    steps.close()
    assert closed == [True]


def test_llm_is_switched_off_for_one_question_only(small_library: Library) -> None:
    settings = small_library.settings.model_copy(update={"llm": "openai:tiny"})
    with_llm = Library(small_library.store, settings)
    assert without_llm(with_llm).settings.llm is None
    assert with_llm.settings.llm == "openai:tiny"
    last = list(Asker(with_llm).ask(MOTHS, "", use_llm=False))[-1]
    assert "Quoted without an LLM" in last.current
    assert "failed" not in last.current


def test_last_question_is_taken_back(small_library: Library) -> None:
    first = asked(small_library, MOTHS)[-1].kept or ""
    second = asked(small_library, "How loud are gears of beech?", first)[-1].kept or ""
    taken = take_back(second, "How loud are gears of beech?")
    assert taken.question == "How loud are gears of beech?"
    assert read_kept(taken.kept) == read_kept(first)
    assert take_back(first, MOTHS).kept == ""


def test_question_that_was_stopped_takes_no_other_along(small_library: Library) -> None:
    kept = asked(small_library, MOTHS)[-1].kept or ""
    taken = take_back(kept, "Stopped midway?")
    assert taken.question == "Stopped midway?"
    assert read_kept(taken.kept) == read_kept(kept)


@pytest.mark.parametrize("kind", EXPORTS)
def test_export_names_what_was_cited(small_library: Library, kind: str) -> None:
    kept = asked(small_library, MOTHS)[-1].kept or ""
    assert "10.5555/moth.1" in export(small_library, kind, kept)
    assert "10.5555/tide.2" not in export(small_library, kind, kept)


def test_kept_of_another_kind_is_refused() -> None:
    with pytest.raises(ConversationError, match="no conversation of Quoth"):
        read_kept(json.dumps({"turns": []}))


def test_shelf_tells_what_the_library_holds(small_library: Library) -> None:
    held = Shelf(small_library).contents()
    assert "<strong>4</strong> papers, 2019 to 2024" in held.summary
    assert held.groups == ("Insects", "Kitchens", "Machines", "Oceans")
    assert held.sources == ("papers.jsonl",)
    assert "data-question" in held.starters


def test_shelf_finds_and_browses(small_library: Library) -> None:
    shelf = Shelf(small_library)
    assert shelf.find("").count("<li>") == 4
    assert shelf.find("tides of harbours").index("Harbour tides") > 0
    assert "no longer in the library" in shelf.show("doi:10.1/none")


def test_files_are_added_counted_and_their_uploads_deleted(
    own_library: Library, tmp_path: Path
) -> None:
    upload = tmp_path / "kelp.jsonl"
    upload.write_text('{"title": "Kelp", "abstract": "Kelp clocks lose 7 seconds a year."}\n')
    shelf = Shelf(own_library)
    shelf.contents()
    counted: list[int] = []
    report = shelf.add([str(upload)], counted.append)
    assert "1 records read: 1 added." in report
    assert counted == [1]
    assert not upload.exists()
    assert "<strong>5</strong>" in shelf.contents().summary


def test_too_many_files_are_refused_and_deleted(own_library: Library, tmp_path: Path) -> None:
    uploads = [tmp_path / f"{number}.jsonl" for number in range(MAX_FILES + 1)]
    for upload in uploads:
        upload.write_text("x")
    assert f"expected at most {MAX_FILES}" in Shelf(own_library).add(
        [str(item) for item in uploads]
    )
    assert not any(upload.exists() for upload in uploads)
    assert len(own_library) == 4


def test_paper_is_removed(own_library: Library) -> None:
    shelf = Shelf(own_library)
    assert "Removed." in shelf.remove("doi:10.5555/moth.1")
    assert "no longer there" in shelf.remove("doi:10.5555/moth.1")
    assert len(own_library) == 3


def test_sample_and_a_page_for_readers_are_not_changed(
    sample_library: Library, own_library: Library
) -> None:
    for shelf in (Shelf(sample_library), Shelf(own_library, may_change=False)):
        assert "may not change the library" in shelf.remove("doi:10.5555/moth.1")
        assert "may not change the library" in shelf.add([])
        assert "data-remove" not in shelf.show(next(iter(shelf.library.records())).id)
    assert len(own_library) == 4


def test_filters_are_put_in_the_words_of_the_library() -> None:
    assert conditions("2020", " 2024", "A=B", "f.bib") == [
        "year>=2020",
        "year<=2024",
        "group=A=B",
        "source=f.bib",
    ]
    assert conditions(None, " ", "", None) == []
    assert described("2020", None, "<b>", None) == {
        "year-from": "Year from 2020",
        "group": "Group: <b>",
    }


def test_no_event_of_the_page_is_an_api(small_library: Library) -> None:
    page = build_page(small_library)
    offered = [event for event in page.fns.values() if event.api_visibility != "private"]
    assert offered == []
    assert page.get_api_info()["named_endpoints"] == {}
    assert not page.analytics_enabled


def test_what_the_page_is_served_with_names_no_other_host() -> None:
    given = presentation()
    assert "http://" not in given["head"]
    assert "https://" not in given["head"]
    assert not [sheet for sheet in given["theme"]._stylesheets if sheet.startswith("http")]
