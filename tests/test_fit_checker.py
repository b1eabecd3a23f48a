"""Fitting the checker: pairs that stay true or do not, examples from them, models to a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evals import checker_examples, fit_checker
from evals.checker_examples import Example, read_abstracts, read_claims, read_written
from evals.fit_checker import TASKS, WRITTEN, save
from rag.checking.comparison import compare
from rag.checking.features import figures, meaning_figures
from rag.checking.meaning import Leaning
from rag.reader.edits import make_pairs
from rag.reader.examples import is_held_out
from rag.reader.written import PLAIN, SOURCE, TWINS, as_passage
from vectorstore import minilm

ABSTRACTS = [
    (
        f"Lamp trial {number}",
        f"We tested LampNet in {number + 3} gardens over one summer. It outperforms MothBase by"
        f" {number + 10}% on the NightSky dataset. Heating the lamps increases the catch of moths"
        " in cold nights. However, rain may reduce the catch of all traps considerably.",
    )
    for number in range(12)
]


def test_pairs_are_the_same_for_the_same_seed_and_true_ones_stay_near() -> None:
    first, second = (list(make_pairs(ABSTRACTS, seed=3)) for _ in range(2))
    assert first == second
    assert {pair.label for pair in first} == {"support", "contradict", "neutral"}
    assert all(pair.kind == "reworded" for pair in first if pair.label == "support")
    for pair in first:
        number = pair.document.split(".")[0].removeprefix("Lamp trial ")
        if pair.kind == "number":
            assert pair.claim not in pair.document
            assert number.isdigit()


def test_claims_are_drawn_by_source_and_weighed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"document": f"Moths fly at {n}.", "claim": f"They fly at {n}.", "label": "support",
         "source": source}
        for n in range(5) for source in ("check_covid", "drop_nli")
    ]  # fmt: skip
    path = tmp_path / "claims.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    monkeypatch.setattr(
        checker_examples, "SOURCES", {"check_covid": checker_examples.Source(3, 0.5)}
    )
    monkeypatch.setattr(
        checker_examples, "FOREST_SOURCES", {"check_covid": checker_examples.Source(1, 0.25)}
    )
    found = list(read_claims(path, minilm.read))
    assert [example.source for example in found] == ["check_covid"] * 3
    assert [example.weight for example in found] == [0.5] * 3
    assert [example.forest_weight for example in found] == [0.25, 0, 0]
    assert all(example.reading is not None for example in found)


def test_own_pairs_become_examples_grouped_by_document(tmp_path: Path) -> None:
    path = tmp_path / "abstracts.jsonl"
    rows = [{"title": title, "abstract": abstract} for title, abstract in ABSTRACTS[:2]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    found = list(read_abstracts(path, minilm.read))
    assert {example.source.split(":")[0] for example in found} == {"own"}
    assert len({example.group for example in found}) == 2


def test_written_claims_become_examples_but_for_those_that_weights_are_settled_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    papers = {f"arxiv:{n}": abstract for n, abstract in enumerate(ABSTRACTS)}
    held_out = {name for name, paper in papers.items() if is_held_out(as_passage(*paper))}
    held_out.add("arxiv:0")
    monkeypatch.setattr(
        checker_examples,
        "is_held_out",
        lambda passage: passage == as_passage(*papers["arxiv:0"]) or is_held_out(passage),
    )
    rows = [
        {"paper": name, "claim": "Rain helps.", "label": "contradict"}
        for name in (*papers, "arxiv:unknown")
    ]
    told = [(source, row) for source in (*WRITTEN, TWINS) for row in rows]
    monkeypatch.setattr(
        checker_examples, "claims_by_sort", lambda sorts: (row for row in told if row[0] in sorts)
    )
    found = list(read_written(papers, minilm.read))
    assert {example.group for example in found} == set(papers) - held_out
    assert {(example.source, example.label) for example in found} == {
        (source, "contradict") for source in WRITTEN
    }


def test_figures_of_meaning_follow_those_of_words_in_the_fitted_order() -> None:
    passages = ["Moths fly at night."]
    words = compare("Moths fly.", passages)
    read = compare("Moths fly.", passages, read=minilm.read)
    assert words is not None
    assert read is not None
    names = list(figures(words))
    assert list(figures(read)) == [*names, *meaning_figures(Leaning(0, 0, 0))]
    assert len(set(names)) == len(names)


@pytest.mark.slow
def test_forests_learn_from_figures_and_the_file_is_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the extra `fit` is not installed")
    chance = np.random.default_rng(0)
    examples, rows = [], []
    for number in range(600):
        label = ("support", "contradict", "neutral")[number % 3]
        row = {"coverage_best": float(label == "support") + chance.normal() / 5,
               "opposing": float(label == "contradict") + chance.normal() / 5}  # fmt: skip
        examples.append(Example(row, None, label, "set", str(number), 1.0, 1.0))
        rows.append(row)
    model, report = fit_checker._fit_forests(examples, rows)  # noqa: SLF001 - the unit
    assert report["sets"]["set"]["support"]["auroc"] > 0.95
    assert set(model) == {"support", "agree", "against"}
    paths = [tmp_path / name for name in ("one.json.gz", "two.json.gz")]
    for path in paths:
        save({"words": model, "meaning": model}, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("source", "learning"), [(SOURCE, ["support"]), (PLAIN, list(TASKS))])
def test_from_claims_in_an_llms_words_only_support_is_learned_from_plain_ones_all(
    source: str, learning: list[str]
) -> None:
    pytest.importorskip("sklearn", reason="the extra `fit` is not installed")
    chance = np.random.default_rng(0)
    examples = [
        Example({"coverage_best": chance.normal()}, None, label, kind, str(number), 1.0, 1.0)
        for kind in ("set", source)
        for number, label in enumerate(["support", "contradict", "neutral"] * 100)
    ]
    every, public = (
        fit_checker._fit_forests(some, [item.figures for item in some])[0]  # noqa: SLF001 - the unit
        for some in (examples, examples[:300])
    )
    assert [name for name in TASKS if every[name] != public[name]] == learning
