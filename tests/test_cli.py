"""The `quoth` command: what it prints where, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from select import select
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import rag
from rag.answer import Answer, Citation, Sentence
from rag.cli import app
from rag.cli.console import Block, as_data
from rag.cli.rendering import answer_blocks, confidence_words, names, record_blocks
from rag.library import Library
from vectorstore.records import Record

QUESTION = "What F1 score does LanternNet reach?"
MOTHS, TIDES, BREAD, GEARS = (
    "doi:10.5555/moth.1",
    "doi:10.5555/tide.2",
    "doi:10.5555/bread.3",
    "doi:10.5555/gear.4",
)
SAMPLE_LINE = (
    "No library yet: this is the bundled sample, digests of 19 papers. "
    "Start your own: quoth add FILE\n"
)
Command = list[str]


def quoth(*arguments: str | Path, given: str | None = None) -> Any:
    return CliRunner().invoke(app, [str(item) for item in arguments], input=given)


def command(*arguments: str | Path) -> dict[str, Any]:
    """What `subprocess` needs to run `quoth` as a program of its own."""
    source = str(Path(rag.__file__).parents[1])
    return {
        "args": [sys.executable, "-m", "rag.cli", *map(str, arguments)],
        "env": {**os.environ, "PYTHONPATH": source, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": ""},
        "text": True,
        "encoding": "utf-8",
    }


def lines(blocks: Any) -> list[str]:
    return [" " * indent + text.plain for text, indent in blocks]


@pytest.fixture
def own(papers_file: Path, tmp_path: Path) -> Path:
    """A library that a test may change."""
    folder = tmp_path / "own"
    assert quoth("add", papers_file, "--library", folder).exit_code == 0
    return folder


@pytest.fixture
def answers_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are given however unsure."""
    monkeypatch.setenv("QUOTH_THRESHOLD", "0")


# Text from outside ---------------------------------------------------------------------------


FORBIDDEN = {*map(chr, range(32)), *map(chr, range(127, 160)), *"\u200e\u200f\u202e\u2066\ud800"}


@given(st.text(st.characters(exclude_categories=[]) | st.sampled_from(sorted(FORBIDDEN))))
def test_text_from_outside_becomes_one_line_that_no_terminal_obeys(text: str) -> None:
    assert not FORBIDDEN & set(as_data(text))


def test_escape_sequences_vanish_whole() -> None:
    link = "\x1b]8;;http://x.org\x1b\\here\x1b]8;;\x07"
    assert as_data(f"\x1b[31mred\x1b[0m \x9b2Jclear {link} \u202etxet\nline") == (
        "red clear here txet line"
    )


@pytest.mark.parametrize("text", ["[red]x[/red]", ":smile:", "[/]", "{x}", "%s"])
def test_markup_in_titles_is_shown_as_it_is(text: str, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({"title": text, "abstract": f"Bees hum {text} all day long."}))
    quoth("add", file, "--library", tmp_path / "l")
    for arguments in (["list"], ["search", "bees"], ["ask", "What do bees do?"]):
        shown = quoth(*arguments, "--library", tmp_path / "l")
        assert shown.exit_code == 0
        assert text in shown.stdout


def test_words_of_errors_are_data_too(tmp_path: Path) -> None:
    shown = quoth("show", "\x1b[31mx", "--library", tmp_path / "\x1b[2Jnone")
    assert shown.stderr == (
        f"No library at {tmp_path}/none. Make one: quoth add FILE --library {tmp_path}/none\n"
    )


# Answers as they are read ----------------------------------------------------------------------

CITATION = Citation(
    number=1,
    record_id="doi:1",
    title=r"On $40\times$ [speed]",
    authors=("Ada Quill", "Bo Reed"),
    year=2024,
    url="https://example.org/1",
    sources=("a.bib", "b.jsonl"),
    quote=r"It runs $40\times$ faster.",
    start=10,
    end=36,
)


def test_an_answer_reads_as_sentences_confidence_and_numbered_sources() -> None:
    answer = Answer(
        question="How fast?",
        standalone_question="How fast?",
        text="",
        abstained=False,
        reason=None,
        confidence=0.934,
        sentences=(
            Sentence(r"“It runs $40\times$ faster.”", (1,), "supported"),
            Sentence("And more.", (1,), "partly", "who knows"),
        ),
        removed=(Sentence("It flies.", (), "unsupported", "it cites nothing"),),
        citations=(CITATION,),
    )
    assert lines(answer_blocks(answer)) == [
        "“It runs 40× faster.” [1]",
        "And more. [1] (partly: who knows)",
        "",
        "Confidence: high (0.93)",
        "",
        "[1] On 40× [speed] (2024)",
        "    Ada Quill, Bo Reed",
        "    doi:1 · https://example.org/1 · a.bib · b.jsonl",
        "    “It runs 40× faster.”",
        "",
        "Taken out by the check:",
        "- It flies. (it cites nothing)",
    ]


def test_an_abstention_reads_as_one_and_marks_what_is_nearest() -> None:
    answer = Answer(
        question="Why?",
        standalone_question="Why?",
        text="The abstracts do not say.",
        abstained=True,
        reason="No abstract states what is asked.",
        confidence=0.2,
        nearest=(CITATION,),
    )
    assert lines(answer_blocks(answer)) == [
        "The abstracts do not say.",
        "No abstract states what is asked.",
        "Confidence, had it answered: low (0.20)",
        "",
        "Nearest passages (not an answer):",
        "- On 40× [speed] (2024)",
        "  Ada Quill, Bo Reed",
        "  doi:1 · https://example.org/1 · a.bib · b.jsonl",
        "  “It runs 40× faster.”",
    ]


def test_a_paper_reads_with_all_that_is_known_of_it() -> None:
    record = Record(
        id="doi:10.1/x",
        title="Bees",
        abstract="Bees hum\nat $\\alpha$ dawn.",
        authors=("A B",),
        year=1999,
        venue="Hive",
        doi="10.1/x",
        keywords=("k",),
        groups=("g", "h"),
        sources=("f.bib",),
        digest=True,
    )
    assert lines(record_blocks(record)) == [
        "Bees (1999)",
        "A B",
        "Hive",
        "doi:10.1/x",
        "Groups: g; h",
        "Keywords: k",
        "Files: f.bib",
        "",
        "Bees hum at α dawn.",
        "(A digest, in other words than the authors'.)",
    ]


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(1.0, "high (1.00)"), (0.8, "high (0.80)"), (0.79, "fair (0.79)"), (0.49, "low (0.49)")],
)
def test_confidence_has_a_word_and_a_number(confidence: float, words: str) -> None:
    assert confidence_words(confidence) == words


def test_many_authors_are_cut_short_and_counted() -> None:
    assert names(tuple("abcdefgh")) == "a, b, c, d, e, f and 2 more"
    assert names(tuple("abcdef")) == "a, b, c, d, e, f"


def test_a_block_is_not_indented_unless_told() -> None:
    from rich.text import Text

    assert Block(Text("x")).indent == 0


# Commands --------------------------------------------------------------------------------------


def test_add_reports_what_became_of_each_record(own: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text('{"abstract": "Owls see in the dark, and hear more."}\n{"title": "x"}\n')
    shown = quoth("add", more, tmp_path / "none.bib", "--library", own)
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "3 records read: 1 added, 1 without an abstract, 1 rejected.",
        "rejected: none.bib, whole file: does not exist",
        "no abstract: more.jsonl, line 2: no 'abstract' (found: title)",
        f"5 papers in {own}",
    ]
    assert shown.stderr == ""


def test_add_again_changes_nothing(own: Path, papers_file: Path) -> None:
    shown = quoth("add", papers_file, "--library", own)
    assert shown.stdout == f"4 records read: 0 added, 4 unchanged.\n4 papers in {own}\n"


def test_add_as_json(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"abstract": "Owls see in the dark, and hear more."}\n{"title": "x"}\n')
    assert json.loads(quoth("add", file, "--library", tmp_path / "l", "--json").stdout) == {
        "read": 2,
        "added": 1,
        "updated": 0,
        "merged": 0,
        "unchanged": 0,
        "embedded": 1,
        "kept": 0,
        "rejected": [],
        "skipped": [
            {"source": "a.jsonl", "where": "line 2", "reason": "no 'abstract' (found: title)"}
        ],
        "notes": [],
    }


def test_add_fails_where_nothing_could_be_read(tmp_path: Path) -> None:
    shown = quoth("add", tmp_path / "none", "--library", tmp_path / "l")
    assert (shown.exit_code, shown.stderr) == (
        1,
        "No record could be used; nothing was added.\n",
    )
    assert "rejected: none, whole file: does not exist\n" in shown.stdout


@pytest.mark.usefixtures("answers_all")
def test_ask_quotes_a_source_and_says_where_it_stands(library_folder: Path) -> None:
    shown = quoth("ask", QUESTION, "--library", library_folder, "--json")
    answer = json.loads(shown.stdout)
    assert (shown.exit_code, shown.stderr, answer["abstained"]) == (0, "", False)
    with Library.open(library_folder) as library:
        for citation in answer["citations"]:
            record = library.get(citation["record_id"])
            assert record
            assert record.abstract[citation["start"] : citation["end"]] == citation["quote"]
    assert answer["citations"][0]["record_id"] == MOTHS


@pytest.mark.usefixtures("answers_all")
def test_ask_in_a_pipe_is_one_line_a_paragraph(library_folder: Path) -> None:
    shown = quoth("ask", QUESTION, "--library", library_folder)
    assert "[1] LanternNet: counting moths by night (2024)\n" in shown.stdout
    assert f"    Ada Quill, Bo Reed\n    {MOTHS} · papers.jsonl\n" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "Confidence: " in shown.stdout


def test_ask_abstains_with_exit_code_0(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_THRESHOLD", "1")
    shown = quoth("ask", "Who won the chess cup?", "--library", library_folder)
    assert shown.exit_code == 0
    assert shown.stdout.startswith("The abstracts do not say.\n")


@pytest.mark.usefixtures("answers_all")
def test_filters_narrow_who_may_answer(library_folder: Path) -> None:
    arguments = ["--where", "year>=2020", "--where", "group=Kitchens"]
    shown = quoth("ask", QUESTION, *arguments, "--library", library_folder, "--json")
    answer = json.loads(shown.stdout)
    cited = {item["record_id"] for item in answer["citations"] + answer["nearest"]}
    assert cited <= {BREAD}


def test_a_filter_that_cannot_be_read_is_a_stated_failure(library_folder: Path) -> None:
    shown = quoth("ask", QUESTION, "--where", "colour=red", "--library", library_folder)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == (
        "Cannot read the filter 'colour=red'; expected year>=2024 (or = != < <= >), "
        "group=NAME, source=FILE or title=WORDS.\n"
    )


def test_search_shows_papers_with_their_best_passage(library_folder: Path) -> None:
    shown = quoth("search", "noise of beech gears", "--top-k", "1", "--library", library_folder)
    assert shown.stdout.splitlines() == [
        "1. Quiet gears (2023)  1.00",
        "   doi:10.5555/gear.4 · papers.jsonl",
        "   Gears made of laminated beech are quieter than gears of steel. In a mill from 1890 "
        "we measured 11 dB less noise after the exchange. Wear was 0.2 mm a year.",
    ]


@pytest.mark.parametrize("mode", ["hybrid", "vectors", "terms"])
def test_search_as_json_quotes_the_passage_verbatim(mode: str, library_folder: Path) -> None:
    shown = quoth("search", "moths", "--mode", mode, "--library", library_folder, "--json")
    first = json.loads(shown.stdout)[0]
    assert first["record_id"] == MOTHS
    assert r"$3.5\times$" in first["quote"]
    assert (first["start"], first["end"]) == (0, len(first["quote"]))


def test_search_says_where_nothing_is_found(library_folder: Path) -> None:
    shown = quoth("search", "moths", "--where", "year=1800", "--library", library_folder)
    assert (shown.exit_code, shown.stdout) == (0, "Nothing found.\n")


def test_list_in_a_pipe_is_tab_separated(library_folder: Path) -> None:
    shown = quoth("list", "--library", library_folder)
    rows = [line.split("\t") for line in shown.stdout.splitlines()]
    assert sorted(rows) == [
        [BREAD, "2021", "Bread mould as a timer", "Kitchens", "papers.jsonl"],
        [GEARS, "2023", "Quiet gears", "Machines", "papers.jsonl"],
        [MOTHS, "2024", "LanternNet: counting moths by night", "Insects", "papers.jsonl"],
        [TIDES, "2019", "Harbour tides from ship logs", "Oceans", "papers.jsonl"],
    ]


def test_list_on_a_terminal_is_a_table_with_whole_ids(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    shown = quoth("list", "--library", library_folder)
    assert "─" in shown.stdout
    assert all(item in shown.stdout for item in (MOTHS, TIDES, BREAD, GEARS))


def test_list_as_json(library_folder: Path) -> None:
    papers = json.loads(quoth("list", "--library", library_folder, "--json").stdout)
    assert {
        "id": TIDES,
        "year": 2019,
        "title": "Harbour tides from ship logs",
        "groups": ["Oceans"],
        "sources": ["papers.jsonl"],
    } in papers


def test_show_as_json_is_the_record_verbatim(library_folder: Path, small_library: Library) -> None:
    shown = quoth("show", MOTHS, "--library", library_folder, "--json")
    record = small_library.get(MOTHS)
    assert record
    assert json.loads(shown.stdout) == {**record.to_json(), "identifiers": [record.id]}


def test_show_of_an_unknown_id_fails_naming_it(library_folder: Path) -> None:
    shown = quoth("show", "doi:10.1/none", "--library", library_folder)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == (
        f"No paper 'doi:10.1/none' in {library_folder}; `quoth list` shows the ids.\n"
    )


def test_remove_takes_out_what_is_there_and_names_what_is_not(own: Path) -> None:
    shown = quoth("remove", TIDES, "doi:10.1/none", "--library", own)
    assert (shown.exit_code, shown.stdout) == (1, f"removed {TIDES}\n")
    assert shown.stderr == f"No paper 'doi:10.1/none' in {own}; `quoth list` shows the ids.\n"
    assert TIDES not in quoth("list", "--library", own).stdout


def test_remove_as_json(own: Path) -> None:
    shown = quoth("remove", TIDES, TIDES, "--library", own, "--json")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert json.loads(shown.stdout) == {"removed": [TIDES], "missing": []}


def test_status_tells_library_settings_and_versions(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_TOP_K", "3")
    found = json.loads(quoth("status", "--library", library_folder, "--json").stdout)
    assert found["library"] == str(library_folder)
    assert (found["exists"], found["papers"], found["passages"]) == (True, 4, 4)
    assert found["sources"] == {"papers.jsonl": 4}
    assert found["folders"] == {}
    assert found["years"] == {"2019": 1, "2021": 1, "2023": 1, "2024": 1}
    assert found["embedding"].startswith("all-MiniLM-L6-v2-int8@")
    assert found["disk_bytes"] > 0
    assert found["settings"]["library"] == {"value": str(library_folder), "origin": "argument"}
    assert found["settings"]["top_k"] == {"value": 3, "origin": "environment or .env"}
    assert found["versions"]["python"].startswith("3.")


def test_status_of_no_library_makes_none(tmp_path: Path) -> None:
    shown = quoth("status", "--library", tmp_path / "none")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[0] == f"library:             {tmp_path}/none (none here yet)"
    assert not (tmp_path / "none").exists()


def test_version_is_that_of_the_distribution() -> None:
    assert quoth("--version").stdout.startswith("quoth ")


# Which library ---------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["ask", "moths?"], ["search", "x"], ["list"], ["show", "x"]])
def test_a_library_that_was_named_must_exist(arguments: Command, tmp_path: Path) -> None:
    folder = tmp_path / "none"
    shown = quoth(*arguments, "--library", folder)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == f"No library at {folder}. Make one: quoth add FILE --library {folder}\n"
    assert not folder.exists()


def test_a_library_named_by_the_environment_must_exist_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_LIBRARY", str(tmp_path / "none"))
    shown = quoth("list")
    assert shown.exit_code == 1
    assert shown.stderr.startswith(f"No library at {tmp_path}/none.")


def test_remove_needs_a_library_of_ones_own() -> None:
    shown = quoth("remove", "x")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("No library at ")


@pytest.mark.usefixtures("sample_library")
def test_the_sample_stands_in_where_there_is_no_library_yet() -> None:
    shown = quoth("list")
    assert (shown.exit_code, shown.stderr) == (0, SAMPLE_LINE)
    assert len(shown.stdout.splitlines()) == 19


@pytest.mark.usefixtures("sample_library")
def test_the_sample_stands_in_for_a_library_that_nothing_was_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert quoth("add", "none.bib").exit_code == 1
    assert quoth("list").stderr == SAMPLE_LINE


def test_a_library_that_was_named_is_opened_though_nothing_is_in_it(tmp_path: Path) -> None:
    quoth("add", "none.bib", "--library", tmp_path)
    shown = quoth("list", "--library", tmp_path)
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert (
        shown.stderr
        == f"No papers in {tmp_path} yet. Add some: quoth add FILE --library {tmp_path}\n"
    )


# A file of questions ---------------------------------------------------------------------------


def test_each_question_is_answered_on_a_line_that_keeps_its_other_keys(
    library_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(f'\ufeff{{"id": 7, "question": "{QUESTION}"}}\n\n{{"question": "Tides?"}}\n')
    shown = quoth("ask", "--questions", file, "--library", library_folder)
    first, second = map(json.loads, shown.stdout.splitlines())
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert (first["id"], first["question"]) == (7, QUESTION)
    assert (second["question"], second["answerer"]) == ("Tides?", "quote")


def test_a_bad_line_is_named_and_the_rest_is_answered(library_folder: Path) -> None:
    given = '{"question": "Moths?"}\nnonsense\n[1]\n{"q": 1, "k": 2}\n{"question": " "}\n'
    given += '{"question": "x", "n": NaN}\n{"question": "Tides?"}\n'
    shown = quoth("ask", "--questions", "-", "--library", library_folder, given=given)
    assert shown.exit_code == 1
    assert [json.loads(line)["question"] for line in shown.stdout.splitlines()] == [
        "Moths?",
        "Tides?",
    ]
    expected = 'expected one JSON object a line, such as {"question": "..."}.'
    assert shown.stderr.splitlines() == [
        "standard input, line 2: not JSON in UTF-8 "
        f"(Expecting value: line 1 column 1 (char 0)); {expected}",
        f"standard input, line 3: JSON, but no object; {expected}",
        f"standard input, line 4: no text under 'question' (found: q, k); {expected}",
        "standard input, line 5: The question is empty; expected some words, such as: "
        'quoth ask "..."',
        f"standard input, line 6: not JSON in UTF-8 (NaN is no JSON value); {expected}",
    ]


def test_a_file_of_questions_that_is_not_there_is_a_stated_failure(library_folder: Path) -> None:
    shown = quoth("ask", "--questions", "none.jsonl", "--library", library_folder)
    assert shown.exit_code == 1
    assert shown.stderr == (
        "Cannot read none.jsonl: No such file or directory; "
        'expected one JSON object a line, such as {"question": "..."}.\n'
    )


# How it ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask"], "Invalid value: give either QUESTION or --questions FILE.jsonl"),
        (["ask", "x", "--questions", "f"], "Invalid value: give either QUESTION or"),
        (["ask", "--colour"], "No such option: --colour"),
        (["search", "x", "--top-k", "0"], "Invalid value for '--top-k'"),
        (["search", "x", "--mode", "magic"], "Invalid value for '--mode'"),
        (["add"], "Missing argument 'FILE...'"),
        (["bake"], "No such command 'bake'."),
        (["--colour"], "No such option: --colour"),
    ],
)
def test_wrong_usage_is_told_in_two_lines(arguments: Command, message: str) -> None:
    shown = quoth(*arguments)
    told = shown.stderr.splitlines()
    assert (shown.exit_code, shown.stdout, len(told)) == (2, "", 2)
    assert told[0].startswith(message)
    assert told[1].startswith("See: ")
    assert told[1].endswith(" --help")


def test_quoth_alone_shows_its_help() -> None:
    shown = quoth()
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "Commands:" in shown.stderr


def test_settings_that_cannot_be_used_are_a_stated_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUOTH_TOP_K", "many")
    shown = quoth("list")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("Settings that cannot be used: QUOTH_TOP_K='many': ")


def fail(*_: Any, **__: Any) -> None:
    raise ValueError("boom\nat last.")


def test_what_nobody_expected_is_one_line(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "search", fail)
    shown = quoth("search", "x", "--library", library_folder)
    assert (shown.exit_code, shown.stderr) == (
        1,
        "unexpected: ValueError: boom at last; set QUOTH_DEBUG=1 to see where\n",
    )


def test_what_nobody_expected_is_raised_where_debugging(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "search", fail)
    monkeypatch.setenv("QUOTH_DEBUG", "1")
    assert isinstance(quoth("search", "x", "--library", library_folder).exception, ValueError)


def test_evals_passes_everything_through() -> None:
    shown = quoth("evals", "bench", "speed", "--help")
    assert shown.exit_code == 0
    assert "Usage: quoth evals bench speed" in shown.stdout


def test_failures_of_evals_are_stated_as_all_others() -> None:
    assert quoth("evals", "bench", "bake").exit_code == 2
    shown = quoth("evals", "bench", "retrieval", "--beir", "none")
    assert (shown.exit_code, shown.stdout, len(shown.stderr.splitlines())) == (1, "", 1)


# As a program of its own -----------------------------------------------------------------------


def test_help_waits_for_nothing_heavy() -> None:
    heavy = "{'chromadb', 'llama_index', 'numpy', 'onnxruntime', 'pydantic_settings', 'rich'}"
    code = f"import sys, rag.cli; sys.exit(sorted({heavy} & set(sys.modules)) or 0)"
    run = subprocess.run(**{**command(), "args": [sys.executable, "-c", code]}, check=False)
    assert run.returncode == 0


def test_a_reader_that_leaves_early_is_no_failure(library_folder: Path) -> None:
    with subprocess.Popen(
        **command("list", "--library", library_folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        assert run.stdout
        assert run.stderr
        run.stdout.close()
        assert (run.stderr.read(), run.wait()) == ("", 0)


def test_an_interrupt_ends_with_130_and_one_line(library_folder: Path) -> None:
    with subprocess.Popen(
        **command("ask", "--questions", "-", "--library", library_folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        assert run.stdin
        assert run.stdout
        assert run.stderr
        run.stdin.write('{"question": "Moths?"}\n')
        run.stdin.flush()
        assert json.loads(run.stdout.readline())["question"] == "Moths?"
        run.send_signal(signal.SIGINT)
        assert (run.stderr.read(), run.wait()) == ("Interrupted.\n", 130)


def test_add_tells_what_it_waits_for(own: Path, papers_file: Path) -> None:
    lock = FileLock(own / "writer.lock")
    lock.acquire()
    with subprocess.Popen(
        **command("add", papers_file, "--library", own),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        assert run.stdout
        assert run.stderr
        told = select([run.stderr], [], [], 30)[0] and run.stderr.readline()
        lock.release()
        assert told == f"Another process is adding to {own}; waiting for it.\n"
        assert run.stdout.readline() == "4 records read: 0 added, 4 unchanged.\n"
        assert run.wait() == 0


@pytest.mark.parametrize("make_arguments", [lambda f: ["--library", f], lambda f: []])
def test_the_environment_names_the_library_unless_an_option_does(
    make_arguments: Callable[[Path], list[str | Path]], library_folder: Path
) -> None:
    run_with = command("list", *make_arguments(library_folder))
    named = library_folder if not make_arguments(library_folder) else Path("/nowhere")
    run_with["env"]["QUOTH_LIBRARY"] = str(named)
    run = subprocess.run(**run_with, capture_output=True, check=False)
    assert (run.returncode, run.stderr, len(run.stdout.splitlines())) == (0, "", 4)


@pytest.mark.usefixtures("answers_all")
def test_streams_of_narrow_encodings_get_escapes(library_folder: Path) -> None:
    readable = command("ask", QUESTION, "--library", library_folder)
    as_json = command("ask", QUESTION, "--library", library_folder, "--json")
    for run_with in (readable, as_json):
        run_with["env"] |= {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(**readable, capture_output=True, check=True).stdout
    assert r"3.5\xd7" in shown or r"\u201c" in shown
    assert json.loads(subprocess.run(**as_json, capture_output=True, check=True).stdout)
