"""The benches: what is asked of the system, and what becomes of its replies."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from evals import cli
from evals.baseline import answer_naively
from evals.beir import Beir, Document
from evals.bench import abstain, cases, retrieval
from evals.bench.cache import built_library, library_key
from evals.bench.libraries import copies, read_abstracts
from evals.cases import Case
from evals.errors import EvalError
from evals.replies import Reply, as_reply, ask_safely
from evals.tables import case_tables, make_table, outcome_text, spell
from vectorstore.records import Hit, Passage, Record

BEIR = Beir(
    name="tiny",
    corpus_path=Path("corpus.jsonl"),
    corpus=[
        Document("d1", "Moths", "At night."),
        Document("d2", "", "Bees."),
        Document("e", "", ""),
    ],
    queries={"q1": "moths?", "d2": "Bees."},
    qrels={"q1": {"d1": 1}, "d2": {"d1": 1}},
)
EXACT = {"mean": 1.0, "low": 1.0, "high": 1.0}


@dataclass
class FakeCitation:
    record_id: str
    quote: str


@dataclass
class FakeAnswer:
    text: str = ""
    abstained: bool = False
    confidence: float | None = None
    citations: list[FakeCitation] = field(default_factory=list)
    nearest: list[FakeCitation] = field(default_factory=list)
    standalone_question: str = "How many?"


def item(name: str, answerable: bool, right: bool, reply: Reply) -> abstain.Item:
    return abstain.Item(name, answerable, right, reply)


# Retrieval


def test_a_document_becomes_a_record_under_its_own_id() -> None:
    assert retrieval.as_records([Document("7", "Moths", "At night.")]) == [
        Record("beir:7", "Moths", "At night.")
    ]


def test_a_title_stands_in_for_a_missing_text_and_the_other_way_round() -> None:
    assert retrieval.as_records([Document("1", "Moths", ""), Document("2", "", "Bees dance.")]) == [
        Record("beir:1", "Moths", "Moths"),
        Record("beir:2", "Bees dance.", "Bees dance.", title_derived=True),
    ]


def test_a_document_that_says_nothing_becomes_no_record() -> None:
    assert retrieval.as_records([Document("1", " ", "\n")]) == []


def test_the_query_itself_is_not_counted_as_found() -> None:
    ranked = retrieval.rank(BEIR, "d2", "terms", lambda *_: ["beir:d2", "beir:d1"])
    assert ranked == ["d1"]


def test_a_relevant_document_with_the_querys_id_is_counted() -> None:
    beir = replace(BEIR, qrels={"d2": {"d2": 1}})
    assert retrieval.rank(beir, "d2", "terms", lambda *_: ["beir:d2"]) == ["d2"]


def test_one_more_than_the_depth_is_asked_for() -> None:
    asked: list[tuple[str, str, int]] = []

    def search(text: str, mode: str, depth: int) -> list[str]:
        asked.append((text, mode, depth))
        return []

    retrieval.rank(BEIR, "q1", "hybrid", search)
    assert asked == [("moths?", "hybrid", 101)]


def test_every_mode_is_scored_on_every_measure() -> None:
    places = {"terms": ["beir:d1"], "vectors": ["beir:x", "beir:d1"], "hybrid": ["beir:d1"]}
    steps: list[int] = []
    result = retrieval.measure_retrieval(
        BEIR, ["q1"], lambda text, mode, depth: places[mode], steps.append
    )
    half = {"mean": 0.5, "low": 0.5, "high": 0.5}
    second = 1 / np.log2(3)
    assert result["systems"]["terms"] == dict.fromkeys(retrieval.MEASURES, EXACT)
    assert result["systems"]["vectors"]["mrr@10"] == half
    assert result["systems"]["vectors"]["ndcg@10"]["mean"] == pytest.approx(second)
    assert list(result["systems"]) == ["terms", "vectors", "hybrid"]
    assert steps == [1, 1, 1]


def test_hybrid_search_is_compared_with_each_of_its_halves() -> None:
    places = {"terms": ["beir:d1"], "vectors": [], "hybrid": ["beir:d1"]}
    result = retrieval.measure_retrieval(
        BEIR, ["q1"], lambda text, mode, depth: places[mode], lambda steps: None
    )
    differences = result["differences"]
    assert differences["hybrid over terms"]["ndcg@10"]["p"] == 1.0
    assert differences["hybrid over vectors"]["ndcg@10"] == {"difference": EXACT, "p": 1 / 1001}


# Abstaining


def test_each_query_is_asked_with_and_without_the_documents_that_answer_it() -> None:
    asked: list[tuple[str, frozenset[str]]] = []

    def ask(question: str, exclude: frozenset[str]) -> Reply:
        asked.append((question, exclude))
        return Reply(cited=("beir:d1",))

    whole, withheld = abstain.ask_with_and_without(BEIR, "q1", ask)
    assert asked == [("moths?", frozenset()), ("moths?", frozenset({"beir:d1"}))]
    assert (whole.answerable, whole.right) == (True, True)
    assert (withheld.answerable, withheld.right) == (False, False)


def test_an_answer_that_cites_something_else_is_wrong() -> None:
    whole, _ = abstain.ask_with_and_without(BEIR, "q1", lambda *_: Reply(cited=("beir:d2",)))
    assert not whole.right


def test_an_abstentions_best_guess_is_its_nearest_passage() -> None:
    nearest = (("beir:d1", "a"), ("beir:d2", "b"))
    assert abstain.would_cite(Reply(abstained=True, nearest=nearest)) == ("beir:d1",)


def test_only_near_misses_are_the_negatives_of_own_cases() -> None:
    kinds = {"fact": True, "near_miss": False, "off_topic": False}
    known = [Case(kind, kind, "?", answerable) for kind, answerable in kinds.items()]
    assert [case.id for case in abstain.choose_cases(known)] == ["fact", "near_miss"]


def test_a_confidence_that_tells_the_two_apart_has_all_figures_right() -> None:
    sure, unsure = Reply(confidence=1.0), Reply(confidence=0.0, abstained=True)
    units = [(item("q", True, True, sure), item("q", False, False, unsure))] * 4
    result = abstain.summarise(units)
    none = {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert result["auroc"] == EXACT
    assert result["answered"] == {"answerable": EXACT, "unanswerable": none}
    assert result["wrong_among_given"] == none
    assert result["ece"] == none
    assert result["crashed"] == []


def test_the_risk_at_each_coverage_is_listed() -> None:
    units = [
        (item("a", True, True, Reply(confidence=0.9)),),
        (item("b", False, False, Reply(confidence=0.4)),),
    ]
    assert abstain.summarise(units)["risk_coverage"] == [
        {"coverage": 0.5, "risk": 0.0, "threshold": 0.9},
        {"coverage": 1.0, "risk": 0.5, "threshold": 0.4},
    ]


def test_a_crash_counts_as_a_wrong_answer_given() -> None:
    result = abstain.summarise([(item("q", True, False, Reply(error="ValueError: x")),)])
    assert result["wrong_among_given"] == EXACT
    assert result["crashed"] == [{"id": "q", "error": "ValueError: x"}]


# Own cases


FACT = Case("f", "fact", "How many?", True, ("a:1",), (("four",),))
MISS = Case("m", "near_miss", "How far?", False, reason="not stated")
RIGHT = Reply(text="Four.", cited=("a:1",), confidence=0.9)


@pytest.mark.parametrize(
    ("case", "reply", "right", "wrong_given"),
    [
        (FACT, RIGHT, True, False),
        (FACT, replace(RIGHT, text="Five."), False, True),
        (FACT, replace(RIGHT, text="", quotes=("They are four.",)), True, False),
        (FACT, replace(RIGHT, abstained=True), False, False),
        (FACT, replace(RIGHT, error="KeyError: 'x'"), False, True),
        (MISS, Reply(abstained=True), True, False),
        (MISS, RIGHT, False, True),
        (MISS, Reply(error="KeyError: 'x'"), False, True),
    ],
)
def test_what_becomes_of_a_case(case: Case, reply: Reply, right: bool, wrong_given: bool) -> None:
    outcome = cases.Outcome(case, reply)
    assert (outcome.right, outcome.wrong_given) == (right, wrong_given)


def test_the_figures_of_own_cases() -> None:
    outcomes = [
        cases.Outcome(FACT, RIGHT),
        cases.Outcome(MISS, Reply(abstained=True, confidence=0.1)),
        cases.Outcome(MISS, Reply(error="OSError: gone", confidence=0.0)),
    ]
    result = cases.summarise(outcomes)
    assert result["kinds"] == {
        "fact": {"n": 1, "right": EXACT, "abstained": 0, "wrong_given": 0},
        "near_miss": {
            "n": 2,
            "right": {"mean": 0.5, "low": 0.0, "high": 1.0},
            "abstained": 1,
            "wrong_given": 1,
        },
    }
    assert result["answerable_accuracy"] == EXACT
    assert result["unanswerable_abstention"]["mean"] == 0.5
    assert result["wrong_among_given"]["mean"] == 0.5
    assert result["auroc"] == EXACT
    assert result["crashed"] == [{"id": "m", "error": "OSError: gone"}]
    assert result["which_papers_precision"] is None


def test_which_papers_answers_have_a_precision() -> None:
    listing = Case("w", "which_papers", "Which?", True, ("a:1", "a:2"), (("four",),))
    reply = replace(RIGHT, cited=("a:1", "a:2", "a:3", "a:4"))
    result = cases.summarise([cases.Outcome(listing, reply)])
    assert result["which_papers_precision"]["mean"] == 0.5


def test_only_wrong_outcomes_are_shown_unless_all_are_wanted() -> None:
    outcomes = [cases.Outcome(FACT, RIGHT), cases.Outcome(MISS, RIGHT)]
    assert [shown["id"] for shown in cases.show(outcomes, "wrong", "quoth")] == ["m"]
    assert [shown["id"] for shown in cases.show(outcomes, "all", "quoth")] == ["f", "m"]


# Replies


def test_a_reply_holds_what_an_answer_cites_and_quotes() -> None:
    answer = FakeAnswer("Four.", False, 0.8, [FakeCitation("a:1", "They are four.")])
    assert as_reply(answer) == Reply(
        "Four.", ("They are four.",), ("a:1",), confidence=0.8, standalone="How many?"
    )


def test_a_crash_becomes_a_reply_that_tells_it() -> None:
    def ask() -> FakeAnswer:
        raise KeyError("lost")

    assert ask_safely(ask) == Reply(error="KeyError: 'lost'")


# The naive baseline


class FakeVectors:
    def embed(self, texts: list[str]) -> np.ndarray:
        return np.asarray([self.embed_question(text) for text in texts])

    def embed_question(self, text: str) -> np.ndarray:
        angle = {"Q": 0.0, "Best.": 0.1, "Second.": 0.2, "Far.": 1.5}[text]
        return np.asarray([np.cos(angle), np.sin(angle)], dtype=np.float32)


def hit(record_id: str, text: str) -> Hit:
    record = Record(record_id, "", text)
    return Hit(Passage(record_id, 0, 0, len(text), text), 1.0, record)


def test_the_baseline_gives_the_two_sentences_nearest_to_the_question() -> None:
    hits = [hit("a:1", "Far. Second."), hit("a:2", "Best.")]
    reply = answer_naively("Q", lambda text, count: hits[:count], FakeVectors())
    assert (reply.text, reply.cited) == ("Best. Second.", ("a:2", "a:1"))
    assert reply.confidence == pytest.approx(np.cos(0.1))
    assert not reply.abstained


# The cache


def test_a_library_is_built_once(tmp_path: Path) -> None:
    built: list[Path] = []

    def build(folder: Path) -> None:
        folder.mkdir()
        built.append(folder)

    assert built_library(tmp_path, "x", build) == tmp_path / "x"
    assert built_library(tmp_path, "x", build) == tmp_path / "x"
    assert len(built) == 1


def test_a_half_built_library_is_neither_used_nor_left_behind(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        folder.mkdir()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built_library(tmp_path, "x", build)
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_another_run_finished_first_is_used(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        for place in (folder, tmp_path / "x"):
            place.mkdir()
        (tmp_path / "x" / "theirs").touch()

    assert [path.name for path in built_library(tmp_path, "x", build).iterdir()] == ["theirs"]


def test_what_a_killed_run_left_is_removed_after_a_day(tmp_path: Path) -> None:
    for name, age in (("old", 90_000), ("new", 60)):
        folder = tmp_path / f".building-{name}"
        folder.mkdir()
        then = time.time() - age
        os.utime(folder, (then, then))
    built_library(tmp_path, "x", Path.mkdir)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".building-new", "x"]


def test_another_corpus_or_model_makes_another_library(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("a")
    first = library_key([corpus], "model")
    assert library_key([corpus], "model") == first
    assert library_key([corpus], "other") != first
    corpus.write_text("b")
    assert library_key([corpus], "model") != first


def test_copies_of_records_are_told_apart() -> None:
    made = copies([Record("a", "A", "One."), Record("b", "B", "Two.")], 3)
    assert [(record.id, record.abstract) for record in made] == [
        ("bench:0", "One. Copy 0."),
        ("bench:1", "Two. Copy 0."),
        ("bench:2", "One. Copy 1."),
    ]


def test_abstracts_without_a_title_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"title": "A", "abstract": "One."}\n{"title": "B"}\n{"title": "C", "abstract": "Two."}\n'
    )
    assert [record.id for record in read_abstracts(path, 10)] == ["bench:0", "bench:2"]


def test_a_corpus_without_abstracts_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "A"}\n')
    with pytest.raises(EvalError) as caught:
        read_abstracts(path, 10)
    assert str(caught.value) == (
        f"{path}: no line has 'title' and 'abstract'; expected both as strings."
    )


# Tables


def test_a_figure_is_spelt_with_its_interval() -> None:
    assert spell({"mean": 0.71249, "low": -0.02, "high": 1.0}) == ".712 [-.020, 1.000]"
    assert spell(None) == "-"


def test_no_cell_is_markup() -> None:
    from rich.console import Console

    console = Console(width=60)
    with console.capture() as capture:
        console.print(make_table("[bold]t", ("a", "b"), [("[red]x", "[/]")]))
    assert "[bold]t" in capture.get()
    assert "[red]x" in capture.get()


def test_crashes_stand_in_the_table() -> None:
    from rich.console import Console

    crashed = cases.Outcome(FACT, Reply(error="OSError: gone"))
    console = Console(width=100)
    with console.capture() as capture:
        for table in case_tables({"systems": {"quoth": cases.summarise([crashed])}}):
            console.print(table)
    assert "OSError: gone" in capture.get()


def test_a_shown_case_tells_question_answer_and_what_was_wanted() -> None:
    (shown,) = cases.show([cases.Outcome(MISS, RIGHT)], "all", "quoth")
    assert outcome_text(shown).plain == (
        "WRONG, answered (0.90)  quoth  m  near_miss\n"
        "  Q: How far?\n"
        "  A: Four.\n"
        "  cited: a:1; wanted: -\n"
        "  wanted: not stated"
    )


# The command


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(
        '{"_id": "d1", "title": "Moths", "text": "Moths fly at night."}\n'
        '{"_id": "d2", "title": "Bees", "text": "Bees dance by day."}\n'
        '{"_id": "d3", "title": "Twin", "text": "Bees dance by day."}\n'
    )
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "dancing bees"}\n')
    (folder / "qrels" / "test.tsv").write_text("q\td2\t1\nq\td3\t1\nq\td9\t1\nq\td1\t0\n")
    return folder


def test_retrieval_prints_one_json_object(tiny: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli.app,
        ["bench", "retrieval", "--beir", str(tiny), "--cache", str(tmp_path / "c"), "--json"],
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    recall = {"mean": 2 / 3, "low": 2 / 3, "high": 2 / 3}
    assert {key: found[key] for key in ("beir", "split", "queries", "documents")} == {
        "beir": "tiny",
        "split": "test",
        "queries": 1,
        "documents": 3,
    }
    assert [found["systems"][mode]["recall@10"] for mode in retrieval.MODES] == [recall] * 3
    assert "1 relevant documents are not in the corpus" in result.stderr


def test_a_stated_failure_is_one_line_and_exit_code_1(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evals", "bench", "retrieval", "--beir", str(tiny), "--split", "dev"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    assert capsys.readouterr().err == (f"{tiny}/qrels: no split 'dev' (splits found: test).\n")


def test_abstaining_is_measured_on_a_test_set_or_on_cases() -> None:
    result = CliRunner().invoke(cli.app, ["bench", "abstain"])
    assert result.exit_code == 2
    assert "give either --beir DIR or --cases FILE" in result.stderr


def test_cases_that_no_answer_can_pass_are_named(papers_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    given = {"kind": "fact", "papers": ["Quiet gears"], "answerable": True}
    asked = [("How much less noise?", "11 dB"), ("How much wear a year?", "3 mm")]
    path.write_text(
        "".join(json.dumps({**given, "question": q, "facts": [[fact]]}) + "\n" for q, fact in asked)
    )
    options = ["--cases", path, "--corpus", papers_file, "--cache", tmp_path / "c", "--json"]
    result = CliRunner().invoke(cli.app, ["bench", "cases", *map(str, options)])
    assert json.loads(result.stdout)["flawed"] == [f"{path}, line 2"]
    assert (
        "1 cases ask for facts or evidence that none of their papers holds, and cannot be passed: "
        f"{path}, line 2.\n"
    ) in result.stderr
