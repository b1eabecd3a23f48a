"""`bench study`: candidates worked out by hand, and values chosen on other folds only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.bench import candidates, study
from evals.bench.candidates import Query
from evals.cli import app
from rag.reader.model import Found
from vectorstore.records import Record

QUERY = Query(
    id="q",
    text="how are moths counted",
    near={"a": 0.9, "b": 0.5, "c": 0.3, "d": 0.1},
    nearest={"a": 0.9, "b": 0.5},
    terms={"b": 4.0, "c": 8.0},
    all_terms={"a": 2.0, "b": 4.0, "c": 8.0},
    titles={"b": 10.0},
    fed_back={0.1: {"c": 0.8, "a": 0.7}},
    confirmed={0.1: {"c": 0.8, "b": 0.9}},
    expanded={"c": 3.0, "d": 6.0},
    sentences={"a": 0.1, "b": 0.9, "c": 0.2, "d": 0.2},
    read={"c": -3.0, "b": 2.0},
)


def test_the_present_ranking_is_the_fusion_that_ships() -> None:
    assert candidates.present(QUERY, 0.4) == pytest.approx({"a": 0.4, "b": 0.3, "c": 0.6})


def test_missing_scores_are_made_exact() -> None:
    found = candidates.completed(QUERY, 0.5)
    assert found == pytest.approx(
        {"a": 0.5 + 0.5 * 2 / 8, "b": 0.5 * 0.2 / 0.6 + 0.5 * 4 / 8, "c": 0.5}
    )


def test_reciprocal_ranks_are_summed() -> None:
    assert candidates.by_ranks(QUERY, 1) == pytest.approx({"a": 1.0, "b": 0.5 + 0.5, "c": 1.0})


def test_standard_scores_give_the_lowest_to_what_is_lacking() -> None:
    found = candidates.by_deviations(QUERY, 0.5)
    assert found == pytest.approx({"a": 0.5 - 0.5, "b": -0.5 - 0.5, "c": -0.5 + 0.5})


def test_titles_feedback_and_sentences_move_the_ranking_their_way() -> None:
    assert candidates.with_titles(QUERY, 0.4)["b"] > candidates.present(QUERY)["b"]
    assert set(candidates.with_feedback(QUERY, 0.1)) == {"a", "b", "c"}
    assert candidates.with_sentences(QUERY, 0.5)["b"] > candidates.present(QUERY)["b"]
    assert candidates.with_confirmed_feedback(QUERY, 0.1)["b"] > candidates.present(QUERY)["b"]
    assert candidates.with_more_terms(QUERY, 0.2)["d"] > 0
    assert set(candidates.with_all(QUERY, 0.1)) == {"b", "c", "d"}


def test_what_was_read_is_ordered_anew_before_all_else() -> None:
    found = candidates.read_again(QUERY, 0.5)
    assert sorted(found, key=lambda key: -found[key]) == ["b", "c", "a"]
    assert found["a"] == candidates.present(QUERY)["a"]


def test_longer_queries_give_vectors_more_weight() -> None:
    longer = replace(QUERY, text=QUERY.text + " by lamp and camera in a wood at night in autumn")
    assert candidates.by_length(longer, 0.02)["a"] > candidates.by_length(QUERY, 0.02)["a"]


def test_a_value_is_chosen_on_the_other_folds_and_scored_on_the_one_left_out() -> None:
    good, bad = (1.0, 0.5), (0.0, 0.0)
    first = [bad if place % study.FOLDS == 0 else good for place in range(10)]
    scored = {0.1: first, 0.2: [good if place % study.FOLDS == 0 else bad for place in range(10)]}
    chosen, held_out = study.choose_on_other_folds(scored, 10)
    assert chosen == [0.1] * study.FOLDS
    assert held_out == first


def test_a_study_compares_every_candidate(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    papers = [
        {"_id": str(number), "title": title, "text": f"{title} at {number} places."}
        for number, title in enumerate(["Moths by lamp", "Tides and ships", "Bread with mould"])
    ]
    queries = [{"_id": f"q{number}", "text": paper["title"]} for number, paper in enumerate(papers)]
    for name, rows in (("corpus", papers), ("queries", queries)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    pairs = "".join(f"q{number}\t{number}\t1\n" for number in range(3))
    (tmp_path / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\n" + pairs)
    done = CliRunner().invoke(app, ["bench", "study", "--beir", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["present"]["ndcg@10"]["mean"] == 1.0
    assert set(found["candidates"]) == set(candidates.CANDIDATES) - {"the first 20 read"}
    assert all(item["ndcg@10"]["difference"]["mean"] <= 0 for item in found["candidates"].values())


def test_a_reader_is_a_candidate_and_reads_titles_with_the_sentences(tmp_path: Path) -> None:
    asked: list[tuple[str, list[list[str]]]] = []

    def find(question: str, passages: Sequence[Sequence[str]]) -> list[Found]:
        asked.append((question, [list(passage) for passage in passages]))
        return [Found(0.0, float(len(passages) - place), ()) for place in range(len(passages))]

    records = [Record("a", "Moths by lamp.", "They fly. They rest."), Record("b", "Tides", "Low.")]
    assert study.read_together("lamps", records, find) == {"a": 2.0, "b": 1.0}
    assert asked == [("lamps", [["Moths by lamp.", "They fly.", "They rest."], ["Tides.", "Low."]])]
