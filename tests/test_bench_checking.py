"""The benches of the checker: their files, their errors, their figures."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evals import cli
from evals.bench.claims import Claim, load_claims, run_claims
from evals.bench.drafts import load_drafts, run_drafts
from evals.bench.pairs import Pair, load_pairs, run_pairs
from evals.errors import EvalError
from rag.checking import Finding

CORPUS = [
    {"doc_id": 1, "title": "Moths", "abstract": ["Moths fly.", "They see blue."]},
    {"doc_id": 2, "title": "Bees.", "abstract": ["Bees hum."]},
]
CLAIMS = [
    {"id": 1, "claim": "yes a", "evidence": {"1": [{"label": "SUPPORT"}]}, "cited_doc_ids": [1]},
    {"id": 2, "claim": "no a", "evidence": {"1": [{"label": "CONTRADICT"}]}, "cited_doc_ids": [1]},
    {"id": 3, "claim": "none", "evidence": {}, "cited_doc_ids": [2]},
    {"id": 4, "claim": "no b", "evidence": {"2": [{"label": "SUPPORT"}]}, "cited_doc_ids": [2]},
]
PAIRS = [
    {"document": "d", "claim": "yes a", "supported": True, "domain": "x"},
    {"document": "d", "claim": "no a", "supported": False, "domain": "x"},
    {"document": "d", "claim": "no b", "supported": 1, "domain": "y"},
    {"document": "d", "claim": "no c", "supported": 0, "domain": "y"},
]
PAPER = {"id": "p", "title": "Moths", "abstract": "Moths fly."}
DRAFTS = [
    {"id": "a", "paper": "p", "claim": "yes", "kind": "name", "correct": True, "half": "first"},
    {"id": "b", "paper": "p", "claim": "no", "kind": "name", "correct": False, "half": "first"},
    {"id": "c", "paper": "p", "claim": "no", "kind": "hedge", "correct": True, "half": "second"},
    {"id": "d", "paper": "p", "claim": "partly", "kind": "hedge", "correct": False,
     "half": "second"},
    {"id": "e", "paper": "p", "claim": "partly", "kind": "name", "correct": False,
     "half": "second"},
]  # fmt: skip


def check(claim: str, passages: Sequence[str]) -> Finding:
    """Believes what begins with `yes`, half of what begins with `partly`."""
    word = claim.split()[0]
    if word == "yes":
        return Finding("supported", None, 0.9)
    if word == "partly":
        return Finding("partly", "it says more", 0.6)
    kind = "contradict" if word == "no" else "not_enough"
    return Finding("unsupported", "it does not", 0.1, kind=kind, agreement=0.2)


def write(path: Path, rows: Sequence[Any]) -> Path:
    text = "".join(f"{json.dumps(row) if not isinstance(row, str) else row}\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, "utf-8")
    return path


@pytest.fixture
def scifact(tmp_path: Path) -> Path:
    write(tmp_path / "corpus.jsonl.gz", CORPUS)
    write(tmp_path / "claims_dev.jsonl", CLAIMS)
    return tmp_path


def means(figures: dict[str, Any]) -> dict[str, float]:
    return {name: figures[name]["mean"] for name in ("balanced_accuracy", "auroc")}


def test_each_claim_comes_with_each_abstract_that_it_cites(scifact: Path) -> None:
    assert list(load_claims(scifact, "dev"))[1:3] == [
        Claim("2", "no a", "Moths. Moths fly. They see blue.", "contradict"),
        Claim("3", "none", "Bees. Bees hum.", "not_enough"),
    ]


def test_figures_of_claims_are_those_computed_by_hand(scifact: Path) -> None:
    found = run_claims(scifact, "dev", check)
    assert found["claims"] == 4
    assert found["labels"] == {"support": 2, "contradict": 1, "not_enough": 1}
    stated = found["support_against_contradiction"]
    assert means(stated) == {"balanced_accuracy": 0.75, "auroc": 0.75}
    three = found["three_way"]["macro_f1"]["mean"]
    assert three == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert means(found["supported_or_not"]) == {"balanced_accuracy": 0.75, "auroc": 0.75}


def test_figures_of_pairs_are_those_computed_by_hand(tmp_path: Path) -> None:
    found = run_pairs(write(tmp_path / "pairs.jsonl.gz", PAIRS), check)
    assert set(found) == {"pairs", "file", "overall", "domains", "p50_ms"}
    assert means(found["overall"]) == {"balanced_accuracy": 0.75, "auroc": 0.75}
    assert means(found["domains"]["x"]) == {"balanced_accuracy": 1.0, "auroc": 1.0}
    assert means(found["domains"]["y"]) == {"balanced_accuracy": 0.5, "auroc": 0.5}
    low, mean, high = (found["overall"]["auroc"][name] for name in ("low", "mean", "high"))
    assert 0 <= low <= mean <= high <= 1


def test_pairs_need_no_domain(tmp_path: Path) -> None:
    row = {"document": "d", "claim": "c", "supported": True}
    assert load_pairs(write(tmp_path / "pairs.jsonl", [row])) == [Pair("d", "c", True, None)]


def test_figures_of_drafts_are_those_computed_by_hand(tmp_path: Path) -> None:
    papers = write(tmp_path / "papers.jsonl", [PAPER])
    found = run_drafts(write(tmp_path / "drafts.jsonl", DRAFTS), papers, check)
    assert found["overall"]["errors"] == 3
    assert found["overall"]["errors_caught"]["mean"] == pytest.approx(2 / 3)
    assert found["overall"]["twins_removed"]["mean"] == 0.5
    assert found["kinds"]["hedge"]["errors_caught"]["mean"] == 1.0
    assert [item["id"] for item in found["missed"]] == ["e"]
    assert [item["id"] for item in found["wrongly_removed"]] == ["c"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"claim": "c", "supported": True},
            "line 1: no text under 'document' (found: claim, supported).",
        ),
        (
            {"document": "d", "claim": 5, "supported": True},
            "line 1: no text under 'claim' (found: document, claim, supported).",
        ),
        (
            {"document": "d", "claim": "c", "supported": "yes"},
            "line 1: 'supported' is 'yes'; expected true, false, 1 or 0.",
        ),
        (
            {"document": "d", "claim": "c"},
            "line 1: 'supported' is None; expected true, false, 1 or 0.",
        ),
        ("{", "line 1: not JSON"),
        ("[]", "line 1: found list; expected a JSON object."),
    ],
)
def test_broken_pair_is_a_stated_error(tmp_path: Path, row: Any, message: str) -> None:
    path = write(tmp_path / "pairs.jsonl", [row])
    with pytest.raises(EvalError) as caught:
        load_pairs(path)
    assert str(caught.value).startswith(f"{path}, {message}")


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"id": 1, "claim": "c", "cited_doc_ids": [9]}, "line 1: the corpus has no document 9."),
        (
            {"id": 1, "cited_doc_ids": [1]},
            "line 1: expected 'claim', a text, and 'evidence', an object.",
        ),
        (
            {"id": 1, "claim": "c", "evidence": {"1": [{"label": "MAYBE"}]}},
            "line 1: evidence with the label 'MAYBE'; expected SUPPORT, CONTRADICT.",
        ),
    ],
)
def test_broken_claim_is_a_stated_error(scifact: Path, claim: Any, message: str) -> None:
    path = write(scifact / "claims_dev.jsonl", [claim])
    with pytest.raises(EvalError) as caught:
        list(load_claims(scifact, "dev"))
    assert str(caught.value) == f"{path}, {message}"


def test_draft_about_an_unknown_paper_is_a_stated_error(tmp_path: Path) -> None:
    papers = write(tmp_path / "papers.jsonl", [PAPER])
    path = write(tmp_path / "drafts.jsonl", [{**DRAFTS[0], "paper": "q"}])
    with pytest.raises(EvalError) as caught:
        load_drafts(path, papers)
    assert str(caught.value) == f"{path}, line 1: {papers} has no paper q."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            lambda path: ["pairs", str(path / "no.jsonl")],
            "{path}/no.jsonl: cannot be read (No such file or directory).",
        ),
        (
            lambda path: ["pairs", str(write(path / "none.jsonl", []))],
            "{path}/none.jsonl: no pairs.",
        ),
        (
            lambda path: ["claims", "--scifact", str(path / "no")],
            "{path}/no: no such folder; expected SciFact's corpus and claims.",
        ),
        (
            lambda path: ["drafts", str(write(path / "none.jsonl", []))],
            "{path}/none.jsonl: no drafts.",
        ),
    ],
)
def test_missing_or_empty_file_is_one_line(
    tmp_path: Path,
    arguments: Callable[[Path], list[str]],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["evals", "bench", *arguments(tmp_path)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    assert capsys.readouterr().err == message.format(path=tmp_path) + "\n"


def test_commands_print_json_and_tables(scifact: Path, tmp_path: Path) -> None:
    pairs = str(write(tmp_path / "pairs.jsonl", PAIRS))
    papers = str(write(tmp_path / "papers.jsonl", [PAPER]))
    drafts = str(write(tmp_path / "drafts.jsonl", DRAFTS))
    for command, key, words in (
        (["claims", "--scifact", str(scifact), "--split", "dev"], "three_way", "macro-F1"),
        (["pairs", pairs], "overall", "balanced accuracy"),
        (["drafts", drafts, "--corpus", papers], "halves", "twins removed"),
    ):
        printed = CliRunner().invoke(cli.app, ["bench", *command, "--json"])
        found = json.loads(printed.stdout)
        assert list(found) == ["reader off", "reader alone", "reader on"]
        assert all(key in figures for figures in found.values())
        printed = CliRunner().invoke(cli.app, ["bench", *command, "--reader", "off", "--json"])
        assert key in json.loads(printed.stdout)
        printed = CliRunner().invoke(cli.app, ["bench", *command], env={"COLUMNS": "160"})
        assert words in printed.stdout
