"""The reader behind its doors: in the check, in the answerer, in the settings, in the benches."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals.bench.checking import alone, checkers
from evals.bench.run import run_abstain_cases
from evals.errors import EvalError
from evals.fit import save
from evals.report.words import run_line
from evals.run.running import run_cases
from evals.tables import beside, make_table
from rag import verified
from rag.answer import Draft, DraftSentence, Evidence
from rag.answerers.features import NAMES
from rag.answerers.judging import judge_features
from rag.answerers.reading import TextReader
from rag.checking import Finding, Judge, Leaning, check_claim
from rag.checking.model import (
    CheckerModel,
    Forests,
    LogOdds,
    LogWeights,
    Weights,
    log_odds,
    reader_odds,
)
from rag.config import RELEASED, read_settings
from rag.engine import CheckedQueryEngine
from rag.library import Library
from rag.question import analyse
from rag.reader import trained
from rag.reader.model import HASH_FILE, MISSING, MODEL_FILE, Found
from rag.reader.trained import ANSWER_FILE, ReaderError, open_reader, open_verifier
from rag.trees import read_trees, sigmoid
from vectorstore import minilm
from vectorstore.records import Hit

PASSAGE = "Old lamps attract moths in cold nights. The traps caught 40 moths in May."
CLAIM = "Moths are drawn to old lamps when nights are cold."
FOR, AGAINST = Leaning(-0.02, -5.0, -5.0), Leaning(-5.0, -0.02, -5.0)


WEIGHTS = LogWeights(*[Weights(0.5, 0.5, 0.0)] * 3)


def check(claim: str, leaning: Leaning | None) -> Finding:
    judge = None if leaning is None else Judge(lambda *_: leaning, WEIGHTS)
    return check_claim(claim, [PASSAGE], read=minilm.read, judge=judge)


def test_judge_moves_the_probability_and_the_kind() -> None:
    against, alone, good = (check(CLAIM, leaning) for leaning in (AGAINST, None, FOR))
    assert against.probability < alone.probability
    assert against.probability < good.probability
    assert against.agreement < good.agreement


def test_numbers_and_names_keep_their_veto_over_the_judge() -> None:
    for claim in ("The traps caught 70 moths in May.", "The MothNet traps caught 40 moths in May."):
        found = check(claim, FOR)
        assert found.verdict == "unsupported"
        assert found.reason is not None


def test_judge_reads_the_claim_with_what_it_rests_on_and_none_that_stands_there() -> None:
    asked: list[tuple[str, list[str]]] = []

    def judge(claim: str, sentences: Sequence[str]) -> Leaning:
        asked.append((claim, list(sentences)))
        return FOR

    heard = Judge(judge, WEIGHTS)
    check_claim("The traps caught 40 moths in May.", [PASSAGE], judge=heard)
    assert not asked
    check_claim(CLAIM, [PASSAGE, "Robins sing."], judge=heard)
    assert asked == [(CLAIM, ["Old lamps attract moths in cold nights."])]


def test_certain_opinions_stay_numbers() -> None:
    odds = reader_odds(Leaning(0.0, -800.0, -900.0))
    assert odds == LogOdds(800.0, 800.0, 100.0)
    assert Weights(0.5, 0.25, -1.0).join(4.0, 8.0) == 3.0


def test_forests_and_reader_are_joined_by_the_weights_of_each_question() -> None:
    forests = Forests(*(read_trees({"bias": bias, "trees": []}) for bias in (1.0, -1.0, 0.5)))
    weights = LogWeights(Weights(0.5, 0.25, 0.1), Weights(1.0, 0.5, 0.0), Weights(0.0, 1.0, 0.2))
    model = CheckerModel(forests, forests)
    opinion = Leaning(-1.0, -2.0, -4.0)
    by_reader = reader_odds(opinion)
    judge = Judge(lambda *_: opinion, weights, 0.7)
    joined = model.judge({"means_support": 0.0}, opinion, judge)
    wanted = (
        0.5 + 0.25 * by_reader.support + 0.1,
        -1.0 + 0.5 * by_reader.agree,
        by_reader.against + 0.2,
    )
    assert (joined.strict, joined.agree, joined.against) == pytest.approx(
        tuple(float(sigmoid(np.array(value))) for value in wanted)
    )
    assert joined.support == pytest.approx(float(sigmoid(np.array(wanted[0] + 0.7))))
    alone = model.judge({"means_support": 0.0})
    assert (alone.strict, alone.agree) == pytest.approx(
        tuple(float(sigmoid(np.array(value))) for value in (1.0, -1.0))
    )
    assert model.judge({"coverage": 0.0}, opinion, judge) == model.judge({"coverage": 0.0})


# On the way to the check ----------------------------------------------------------------------


class Listener:
    """A judge that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, claim: str, sentences: Sequence[str]) -> Leaning:
        assert sentences
        self.asked.append(claim)
        return FOR


class Writer:
    """An answerer that writes one free sentence."""

    def __init__(self, cited: bool) -> None:
        self.cited = cited

    def answer(self, question: str, hits: list[Hit]) -> Draft:
        place = Evidence(hits[0].record, 0, len(hits[0].record.abstract))
        written = DraftSentence("LanternNet is a trap that counts living moths.",
                                (place,) if self.cited else ())  # fmt: skip
        return Draft((written,), 0.9)


@pytest.mark.parametrize("cited", [True, False])
def test_judge_hears_every_free_sentence_of_an_answer(small_library: Library, cited: bool) -> None:
    retriever = small_library.retriever()
    for ask in (
        lambda engine: engine.ask("What is LanternNet?"),
        lambda engine: list(engine.stream("What is LanternNet?")),
    ):
        judge = Listener()
        ask(
            CheckedQueryEngine(retriever, Writer(cited), small_library._read, Judge(judge, WEIGHTS))
        )
        assert set(judge.asked) == {"LanternNet is a trap that counts living moths."}


def test_engines_of_others_are_judged_too(
    small_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = CheckedQueryEngine(small_library.retriever(), Writer(True))
    judge = Listener()
    verified(inner, judge=Judge(judge, WEIGHTS)).query("What is LanternNet?")
    assert judge.asked
    assert verified(inner)._judge is open_reader(RELEASED).judge
    monkeypatch.setenv("QUOTH_READER", "off")
    assert verified(inner)._judge is None


# The folder -----------------------------------------------------------------------------------


class Encoder:
    """In the place of a trained network: finds nothing, agrees with everything."""

    def __init__(self, model: bytes = b"") -> None:
        self.read = model
        self.found = 0

    def judge(self, claim: str, sentences: Sequence[str]) -> Leaning:
        return FOR

    def find(self, question: str, passages: Sequence[Sequence[str]]) -> list[Found]:
        self.found += 1
        return [Found(0.0, 0.0, (-1.0,) * len(passage)) for passage in passages]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder with all that belongs in it."""
    monkeypatch.setattr(trained, "CrossEncoder", Encoder)
    trained._open.cache_clear()
    trained._load.cache_clear()
    (tmp_path / MODEL_FILE).write_bytes(b"onnx")
    hashed = hashlib.sha256(b"onnx").hexdigest()
    (tmp_path / HASH_FILE).write_text(hashed + "\n", "ascii")
    weights = {"support": [1, 0, 0], "agree": [0.5, 0.5, 0.1], "against": [0.3, 0.6, -0.2]}
    weights |= {"offset": 0.4, "reader": hashed}
    (tmp_path / trained.WEIGHTS_FILE).write_text(json.dumps(weights), "utf-8")
    leaf = {"bias": 3.0, "trees": []}
    save({"sentences": leaf, "wording": {}, "wording_bias": 0.0, "meaning": [0.0] * 384,
          "answers": leaf, "reader": hashed}, tmp_path / ANSWER_FILE)  # fmt: skip
    return tmp_path


def test_folder_holds_the_reader_and_what_was_fitted_to_it(folder: Path) -> None:
    opened = open_reader(folder)
    assert opened is open_reader(folder)
    assert opened.encoder.read == b"onnx"  # type: ignore[attr-defined]
    assert opened.encoder is opened.encoder
    assert opened.judge.weights.against == Weights(0.3, 0.6, -0.2)
    assert opened.judge.offset == 0.4
    assert opened.reading is not None
    assert opened.reading.model.sentences.bias == 3.0


def test_reader_without_a_model_for_answers_has_no_say_in_them(
    folder: Path, library_folder: Path
) -> None:
    (folder / ANSWER_FILE).unlink()
    assert open_reader(folder).reading is None
    with Library.open(library_folder, read_settings(reader=folder)) as library:
        assert "3.5" in library.ask("How fast is LanternNet?").text
    assert open_reader(folder).encoder.found == 0  # type: ignore[attr-defined]


def test_model_is_loaded_when_it_is_needed_not_before(folder: Path) -> None:
    (folder / MODEL_FILE).unlink()
    judge = open_reader(folder).judge
    with pytest.raises(ReaderError, match=f"{MODEL_FILE} cannot be read"):
        judge.read(CLAIM, [PASSAGE])


@pytest.mark.parametrize(
    ("name", "maker"),
    [
        (MODEL_FILE, "rag.reader.train"),
        (HASH_FILE, "rag.reader.train"),
        (trained.WEIGHTS_FILE, "evals.fit_joined"),
    ],
)
def test_what_is_missing_is_named_with_what_makes_it(folder: Path, name: str, maker: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ReaderError, match=f"{name} cannot be read.*{maker}.*QUOTH_READER"):
        _ = (open_reader(folder).judge, open_reader(folder).encoder)


def test_weights_of_another_reader_are_refused(folder: Path) -> None:
    (folder / HASH_FILE).write_text("ab" * 32 + "\n", "ascii")
    wanted = f"{trained.WEIGHTS_FILE} was fitted to a reader.*tells abab.*fit_joined"
    with pytest.raises(ReaderError, match=wanted):
        _ = open_reader(folder).judge
    with pytest.raises(ReaderError, match=f"{ANSWER_FILE} was fitted to a reader.*evals fit"):
        _ = open_reader(folder).reading


def test_damaged_model_is_told_before_another_engine_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged") / "reader"
    shutil.copytree(RELEASED, folder)
    (folder / MODEL_FILE).write_bytes(b"other")
    monkeypatch.setenv("QUOTH_READER", str(folder))
    assert open_verifier(folder) is not None
    with pytest.raises(ReaderError, match=f"{MODEL_FILE} is damaged"):
        verified(CheckedQueryEngine)  # type: ignore[arg-type]


def test_damaged_model_is_told_before_an_llm_is_asked(
    library_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    folder = tmp_path_factory.mktemp("damaged") / "reader"
    shutil.copytree(RELEASED, folder)
    (folder / MODEL_FILE).write_bytes(b"other")
    nowhere = read_settings(reader=folder, llm="openai:none")
    with (
        Library.open(library_folder, nowhere) as library,
        pytest.raises(ReaderError, match=f"{MODEL_FILE} is damaged"),
    ):
        library.ask("How fast is LanternNet?")


def test_damaged_model_is_refused(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"other")
    with pytest.raises(ReaderError, match=f"{MODEL_FILE} is damaged"):
        _ = open_reader(folder).encoder


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"not json", b""])
def test_damaged_fits_are_refused_with_what_makes_them_anew(folder: Path, content: bytes) -> None:
    (folder / trained.WEIGHTS_FILE).write_bytes(content)
    (folder / ANSWER_FILE).write_bytes(content)
    with pytest.raises(ReaderError, match=f"{trained.WEIGHTS_FILE} is damaged.*fit_joined"):
        _ = open_reader(folder).judge
    with pytest.raises(ReaderError, match=f"{ANSWER_FILE} is damaged.*evals fit --reader"):
        _ = open_reader(folder).reading


# The answerer and the settings ----------------------------------------------------------------


def test_what_was_found_becomes_columns_of_every_sentence(small_library: Library) -> None:
    hits = small_library.store.search("How many species?", 2)
    reader, asked = TextReader(), analyse("How many species does LanternNet count?")
    papers = reader.read_records([hit.record for hit in hits])
    (read,) = reader.read_texts([asked.text])
    given: list[Any] = []

    def find(question: str, passages: Sequence[Sequence[str]]) -> list[Found]:
        given.append((question, passages))
        return [Found(2.0, 1.0, (-9.0, *(-float(n) for n in range(1, len(p))))) for p in passages]

    plain = judge_features(asked, read, papers, hits)
    rows = judge_features(asked, read, papers, hits, find)
    assert plain.shape[1] == len(NAMES) + 4
    assert np.array_equal(rows[:, : plain.shape[1]], plain)
    ((question, passages),) = given
    assert question == asked.text
    assert [passage[0].rstrip(".") for passage in passages] == [h.record.title for h in hits]
    assert [len(p) - 1 for p in passages] == [len(paper.sentences) for paper in papers]
    first = rows[0, plain.shape[1] :]
    assert first[[0, 1, 2, 4, 5]].tolist() == [2.0, 1.0, -1.0, 1.0, 2.0]
    assert -1.2 < first[3] < -1.0
    assert rows[1, -1] == MISSING


def test_library_reads_with_the_reader_that_the_settings_name(
    folder: Path, library_folder: Path
) -> None:
    encoder = open_reader(folder).encoder
    with Library.open(library_folder, read_settings(reader=folder)) as library:
        assert library.search("moths")
        assert encoder.found == 0  # type: ignore[attr-defined]
        library.ask("How fast is LanternNet?")
        assert encoder.found == 1  # type: ignore[attr-defined]
        assert library.query_engine()._judge is None  # no say in support


def test_reader_with_a_say_in_support_checks_the_answers(
    folder: Path, library_folder: Path
) -> None:
    weights = {name: [0.5, 0.5, 0] for name in ("support", "agree", "against")} | {"offset": 0.8}
    weights["reader"] = open_reader(folder).hash
    (folder / trained.WEIGHTS_FILE).write_text(json.dumps(weights), "utf-8")
    with Library.open(library_folder, read_settings(reader=folder)) as library:
        assert library.query_engine()._judge is open_reader(folder).judge


def test_without_a_reader_all_works(library_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_READER", "off")
    with Library.open(library_folder) as library:
        assert library.query_engine()._judge is None
        assert "3.5" in library.ask("How fast is LanternNet?").text


def test_reader_that_is_not_there_is_a_stated_failure(library_folder: Path, tmp_path: Path) -> None:
    with (
        Library.open(library_folder, read_settings(reader=tmp_path / "none")) as library,
        pytest.raises(ReaderError, match="none.*cannot be read"),
    ):
        library.ask("How fast is LanternNet?")


# The one that comes with the package ------------------------------------------------------------


def test_package_holds_a_reader_with_a_say_in_check_and_answers() -> None:
    released = open_reader(RELEASED)
    assert sum(file.stat().st_size for file in RELEASED.iterdir()) < 25e6
    assert released.verifier is not None
    assert released.reading is not None
    first, second = (released.encoder.judge(CLAIM, [PASSAGE]) for _ in range(2))
    assert first == second
    other = released.encoder.judge("Moths avoid old lamps when nights are cold.", [PASSAGE])
    assert first.support - first.contradict > other.support - other.contradict


# Tables of both ways --------------------------------------------------------------------------


def test_tables_of_both_ways_stand_beside_each_other() -> None:
    ways = {
        name: [make_table("claims", ("measure", "n", "figure"), [("f1", 7, figure)]),
               make_table("missed", ("id",), [[name]])]
        for name, figure in (("off", ".5"), ("on", ".6"))
    }  # fmt: skip
    joined, *apart = beside(ways)
    assert [str(column.header) for column in joined.columns] == [
        "measure", "n", "figure, off", "figure, on"
    ]  # fmt: skip
    assert [list(map(str, column.cells)) for column in joined.columns] == [
        ["f1"], ["7"], [".5"], [".6"]
    ]  # fmt: skip
    assert [str(table.title) for table in apart] == ["missed (off)", "missed (on)"]


def test_benches_check_without_the_reader_by_it_alone_and_with_it(folder: Path) -> None:
    for words_only, reader in ((True, Path("on")), (True, Path("off")), (False, Path("off"))):
        assert list(checkers(words_only, reader)) == ["reader off"]
    with pytest.raises(EvalError, match="--words"):
        checkers(True, folder)
    found = checkers(False, folder)
    assert list(found) == ["reader off", "reader alone", "reader on"]
    by_rules, with_reader = (found[f"reader {way}"](CLAIM, [PASSAGE]) for way in ("off", "on"))
    # it has no say in support but where the line is drawn
    moved = log_odds(with_reader.probability) - log_odds(by_rules.probability)
    assert moved == pytest.approx(0.4)
    assert by_rules.agreement != with_reader.agreement


def test_reader_alone_says_what_its_least_supported_sentence_is() -> None:
    class Strict(Encoder):
        def judge(self, claim: str, sentences: Sequence[str]) -> Leaning:
            return AGAINST if "70" in claim else FOR

    check = alone(Strict())  # type: ignore[arg-type]
    good, bad = (check(claim, [PASSAGE]) for claim in (CLAIM, f"{CLAIM} There were 70 of them."))
    assert (good.verdict, good.kind) == ("supported", "support")
    assert (bad.verdict, bad.kind) == ("unsupported", "contradict")
    assert bad.agreement < 0.01


def test_report_tells_whether_a_reader_had_a_say(folder: Path, tmp_path: Path) -> None:
    case = {"id": "a", "kind": "fact", "papers": ["RetroInfer"], "question": "How fast?",
            "answerable": True, "facts": [["4.5"]]}  # fmt: skip
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(case) + "\n", "utf-8")
    report = run_cases(cases, [], tmp_path / "cache", reader=folder)
    assert report["run"]["reader"]
    assert "reader on" in run_line(report)


def test_bench_without_a_reader_goes_without_that_of_the_settings(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_READER", str(folder))
    encoder = open_reader(folder).encoder
    case = {"id": "a", "kind": "fact", "papers": ["RetroInfer"], "question": "How fast?",
            "answerable": True, "facts": [["4.5"]]}  # fmt: skip
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(case) + "\n", "utf-8")
    for reader, asked in ((Path("off"), 0), (folder, 1)):
        run_abstain_cases(cases, [], tmp_path / "cache", reader)
        assert encoder.found == asked  # type: ignore[attr-defined]


@pytest.mark.parametrize(("given", "found"), [("on", RELEASED), ("off", None), ("/r", Path("/r"))])
def test_setting_names_the_reader_of_the_package_none_or_another(
    given: str, found: Path | None
) -> None:
    settings = read_settings(reader=given)
    assert settings.reader == found
    assert settings.model_dump()["reader"] == given
    assert read_settings().reader == RELEASED
