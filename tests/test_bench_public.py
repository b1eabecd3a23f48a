"""Benches on public data: PubMedQA, and all that a folder holds."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.bench.everything import find_benchmarks
from evals.bench.qa import as_statement, decide, load_pubmedqa, run_qa
from evals.cli import app
from evals.errors import EvalError
from rag.checking import Finding

ITEMS = {
    "1": {"QUESTION": "Do moths fly?", "CONTEXTS": ["Moths flew."], "final_decision": "yes"},
    "2": {"QUESTION": "Is rye blue?", "CONTEXTS": ["Rye is red."], "final_decision": "no"},
    "3": {"QUESTION": "Can owls read?", "CONTEXTS": ["Who knows."], "final_decision": "maybe"},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pubmedqa" / "items.json.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(json.dumps(ITEMS).encode()))
    return path


def finding(agreement: float, kind: str = "support") -> Finding:
    return Finding("supported", None, agreement, (), kind, agreement)  # type: ignore[arg-type]


def test_a_question_becomes_a_statement() -> None:
    assert as_statement("Do moths fly at night?") == "Moths fly at night."
    assert as_statement("Therapeutic walks: do they help?") == "Therapeutic walks: do they help."


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (finding(0.9), "yes"),
        (finding(0.2, "contradict"), "no"),
        (finding(0.55, "not_enough"), "maybe"),
        (finding(0.8, "not_enough"), "yes"),
    ],
)
def test_what_a_finding_decides(found: Finding, answer: str) -> None:
    assert decide(found) == answer


def test_figures_stand_beside_the_commonest_answer(file: Path) -> None:
    def check(claim: str, passages: Sequence[str]) -> Finding:
        return finding(0.1 if "Rye" in claim else 0.9)

    result = run_qa(file, check)
    assert result["answers"] == {"yes": 1, "no": 1, "maybe": 1}
    ours, always = result["systems"].values()
    assert ours["accuracy"]["mean"] == pytest.approx(2 / 3)
    assert ours["macro_f1"]["mean"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert always["accuracy"]["mean"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1", "cannot be read as JSON"),
        ("[]", "not in PubMedQA's form"),
        ("{}", "answers none"),
        ('{"1": {"QUESTION": "?"}}', "not in PubMedQA's form"),
        (json.dumps({"1": {**ITEMS["1"], "final_decision": "si"}}), "expected yes, no, maybe"),
    ],
)
def test_what_is_not_pubmedqa_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvalError, match=told):
        load_pubmedqa(path)


def test_all_that_a_folder_holds_is_found(file: Path) -> None:
    folder = file.parent.parent
    qrels = folder / "beir" / "qrels" / "test.tsv"
    qrels.parent.mkdir(parents=True)
    qrels.write_text("query-id\tcorpus-id\tscore\n", encoding="utf-8")
    (folder / "claims_dev.jsonl").touch()
    (folder / "my-pairs.jsonl").touch()
    assert [found.name for found in find_benchmarks(folder, None, None)] == [
        "retrieval beir (test)",
        "abstain beir (test)",
        ". claims (dev)",
        "my-pairs.jsonl",
        "pubmedqa/items.json.gz",
    ]


def test_a_folder_without_any_is_a_stated_failure(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no benchmark found"):
        find_benchmarks(tmp_path, None, None)


def test_yes_no_and_maybe_are_told_without_the_reader_by_it_alone_and_with_it(file: Path) -> None:
    ran = CliRunner().invoke(app, ["bench", "qa", "--pubmedqa", str(file), "--json"])
    assert ran.exit_code == 0
    found = json.loads(ran.stdout)
    assert list(found) == ["reader off", "reader alone", "reader on"]
    assert {len(way["systems"]) for way in found.values()} == {2}


def test_one_table_of_what_was_found(file: Path) -> None:
    found = CliRunner().invoke(app, ["bench", "all", "--data", str(file.parent.parent), "--json"])
    assert found.exit_code == 0
    told = json.loads(found.stdout)
    assert told["reader"] == "on"
    rows = told["rows"]
    assert {row["measure"] for row in rows} == {
        "check of the question: accuracy", "check of the question: macro-F1",
        "always yes: accuracy", "always yes: macro-F1",
    }  # fmt: skip
    assert all("Jin et al. 2019" in row["published"] for row in rows)
