"""One thing is broken at a time: the gate must fail, and name what it sees."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import rag.checking.check as checking
import rag.verify
from evals.cli import app
from evals.run.running import default_cases, default_gates, run_cases
from rag.answer import Draft, Sentence
from rag.answerers.quote import QuoteAnswerer
from rag.checking import Finding
from rag.review import Reviewed
from vectorstore.records import Hit
from vectorstore.store import Store

pytestmark = pytest.mark.slow

EACH = {"fact": 14, "facts": 10, "yesno": 4, "follow_up": 4, "near_miss": 10, "off_topic": 4}


@pytest.fixture(scope="module")
def few_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some cases of each kind."""
    left = dict(EACH)
    path = tmp_path_factory.mktemp("cases") / "few.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for line in default_cases().read_text(encoding="utf-8").splitlines():
            kind = json.loads(line)["kind"]
            if left.get(kind, 0):
                left[kind] -= 1
                out.write(line + "\n")
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own gates, but for that of calibration, which takes more cases than these."""
    path = tmp_path_factory.mktemp("gates") / "gates.toml"
    text = default_gates().read_text(encoding="utf-8")
    path.write_text(text.replace("[ece]\nmaximum = 0.15", ""), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def sound(few_cases: Path, cache: Path, gates: Path) -> dict[str, Any]:
    """The report of Quoth as it is."""
    return run_cases(few_cases, [], cache, gates)


@pytest.fixture
def failures(few_cases: Path, cache: Path, gates: Path, sound: dict[str, Any]) -> Any:
    """The messages of the gates that fail, against the sound report."""

    def run() -> dict[str, str]:
        report = run_cases(few_cases, [], cache, gates, baseline=sound)
        assert not report["passed"]
        return {gate["metric"]: gate["message"] for gate in report["gates"] if not gate["passed"]}

    return run


def test_as_it_is_every_gate_is_passed(sound: dict[str, Any]) -> None:
    assert sound["passed"], [gate["message"] for gate in sound["gates"] if not gate["passed"]]
    assert sound["crashed"] == []


def test_citation_numbers_shifted_by_one(failures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    present = rag.verify.Numbering.present

    def shifted(self: rag.verify.Numbering, reviewed: Reviewed) -> Sentence:
        sentence = present(self, reviewed)
        return replace(sentence, citations=tuple(number + 1 for number in sentence.citations))

    monkeypatch.setattr(rag.verify.Numbering, "present", shifted)
    assert "citation_recall is " in failures()["citation_recall"]


def test_abstention_turned_off(failures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_THRESHOLD", "0")
    assert "abstention_recall is " in failures()["abstention_recall"]


def test_retrieval_of_random_passages(failures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    search = Store.search

    def shuffled(self: Store, text: str, top_k: int, *rest: Any, **more: Any) -> list[Hit]:
        found = search(self, text, 1000, *rest, **more)
        return sorted(found, key=lambda hit: hash_of(text + hit.record.id))[: min(top_k, 5)]

    monkeypatch.setattr(Store, "search", shuffled)
    found = failures()
    assert "hit@5 is " in found["hit@5"]
    assert "answer_accuracy is " in found["answer_accuracy"]


def hash_of(text: str) -> int:
    """The same order in every run, and none that has to do with the question."""
    return sum((place + 1) * ord(sign) for place, sign in enumerate(text)) * 2654435761 % 2**32


def test_a_verifier_that_accepts_everything(failures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_check", lambda *_: Finding("supported", None, 1.0))
    monkeypatch.setattr(checking, "check_quotations", lambda *_: [])
    assert "judge_catch_rate is 0.000" in failures()["judge_catch_rate"]


def test_a_sentence_altered_by_one_digit(failures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = QuoteAnswerer.answer

    def altered(self: QuoteAnswerer, question: str, hits: list[Hit]) -> Draft:
        draft = answer(self, question, hits)
        changed = tuple(
            replace(
                item,
                text=re.sub(r"\d", lambda one: str((int(one[0]) + 1) % 10), item.text, count=1),
            )
            for item in draft.sentences
        )
        return replace(draft, sentences=changed)

    monkeypatch.setattr(QuoteAnswerer, "answer", altered)
    assert "answer_accuracy is " in failures()["answer_accuracy"]


def test_a_digit_altered_after_the_check(failures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    present = rag.verify.Numbering.present

    def altered(self: rag.verify.Numbering, reviewed: Reviewed) -> Sentence:
        sentence = present(self, reviewed)
        text = re.sub(r"\d", lambda one: str((int(one[0]) + 1) % 10), sentence.text, count=1)
        return replace(sentence, text=text)

    monkeypatch.setattr(rag.verify.Numbering, "present", altered)
    assert "faithfulness is " in failures()["faithfulness"]


@pytest.fixture
def ran(few_cases: Path, cache: Path, gates: Path, tmp_path: Path) -> Any:
    options = {"--cases": few_cases, "--cache": cache, "--gates": gates, "--out": tmp_path / "out"}
    arguments = ["run", *(str(part) for option in options.items() for part in option)]
    return lambda *more: CliRunner().invoke(app, [*arguments, *more])


def test_the_command_writes_its_reports_and_exits_by_its_gates(ran: Any, tmp_path: Path) -> None:
    assert ran().exit_code == 0
    first = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.json",
        "report.html",
        "junit.xml",
    }
    strict = tmp_path / "strict.toml"
    strict.write_text("[coverage]\nmaximum = 0.01\n", encoding="utf-8")
    failed = ran("--gates", str(strict))
    assert failed.exit_code == 1
    assert "gate failed: coverage is " in failed.stderr
    second = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    drop = {"gates", "passed"}
    assert without_times(first, drop) == without_times(second, drop)


def without_times(value: Any, also: frozenset[str] | set[str] = frozenset()) -> Any:
    """A report without what differs between two runs."""
    if isinstance(value, dict):
        return {
            name: without_times(item)
            for name, item in value.items()
            if name not in {"timings", "timings_ms"} | also
        }
    return [without_times(item) for item in value] if isinstance(value, list) else value


def test_a_baseline_names_each_case_that_changed(ran: Any, tmp_path: Path) -> None:
    assert ran("--json").exit_code == 0
    baseline = tmp_path / "out" / "report.json"
    report = json.loads(baseline.read_text(encoding="utf-8"))
    changed = next(case for case in report["cases"] if case["outcome"] == "right")
    changed["outcome"] = "wrong"
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(report), encoding="utf-8")
    result = ran("--baseline", str(kept))
    assert changed["id"] in result.stdout
