"""`bench speed` and `bench embedding`: clocks, ratios, tables, the plot, made-up libraries."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_embedding import fake_embedder, numbered
from typer.testing import CliRunner

from evals.beir import Beir, Document
from evals.bench.cli import bench
from evals.errors import EvalError
from evals.speed import adding, asking, timing
from evals.speed.baseline import StockEmbedding, ingest_stock
from evals.speed.embedding import compare_variants, package_size, token_ids
from evals.speed.perturbed import build_perturbed, perturb
from evals.speed.plot import plot_cost
from evals.speed.run import with_fewer_documents
from evals.speed.tables import embedding_tables, speed_rows, speed_tables
from evals.speed.variants import VARIANTS, Shape, embed_all
from vectorstore.adding import add
from vectorstore.embedding import default_embedder
from vectorstore.store import Store, connect

# Clocks --------------------------------------------------------------------------------------


def test_latency_is_the_median_of_the_runs_quantiles(monkeypatch: pytest.MonkeyPatch) -> None:
    durations = iter([0.001, 0.001, 0.002, 0.002, 0.009, 0.009])
    monkeypatch.setattr(timing, "seconds", lambda act: next(durations))
    found = timing.measure_calls(["a", "b"], lambda question: None)
    assert found == pytest.approx({"p50_ms": 2.0, "p95_ms": 2.0, "p99_ms": 2.0})


def test_adding_is_held_against_embedding_and_the_stock_pipeline() -> None:
    taken = {"bare": [1.0, 1.0, 3.0], "quoth": [2.0, 4.0, 4.0], "stock": [8.0, 8.0, 8.0]}
    found = adding.summarise(100, taken)
    assert found["records_per_second"] == {"bare": 100.0, "quoth": 25.0, "stock": 12.5}
    assert (found["over_bare"], found["over_stock"]) == (0.5, 2.0)
    del taken["stock"]
    assert "over_stock" not in adding.summarise(100, taken)


def test_questions_are_made_of_evenly_spaced_titles() -> None:
    titles = [f"T{number}." for number in range(6)]
    assert timing.questions_from(titles, 3) == [
        "What does the work on T0 find?",
        "What does the work on T2 find?",
        "What does the work on T4 find?",
    ]


def test_a_process_that_fails_is_told_with_its_last_line() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such library')"]
    with pytest.raises(EvalError) as caught:
        timing.run_process(command)
    assert str(caught.value) == f"{' '.join(command)}: exit code 1 (no such library)."


def test_a_process_that_does_not_exist_is_told() -> None:
    with pytest.raises(EvalError) as caught:
        timing.run_process(["/no/quoth"])
    assert str(caught.value) == "/no/quoth: cannot be started (No such file or directory)."


# Variants ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in VARIANTS if not name.startswith("OpenVINO")])
def test_every_variant_gives_about_the_same_vectors(name: str) -> None:
    texts = token_ids(["Moths are counted.", "Old ship logs hold tides, of 17 harbours.", "Bread."])
    load, shapes, _ = VARIANTS[name]
    expected = default_embedder().embed(
        ["Moths are counted.", "Old ship logs hold tides, of 17 harbours.", "Bread."]
    )
    for shape in shapes:
        found = embed_all(load(shape), texts, shape)
        assert (found * expected).sum(axis=1).min() > 0.97


def test_vectors_come_back_in_the_order_of_the_texts() -> None:
    texts = [[number] * (9 - number) for number in range(1, 8)]
    shape = Shape(3, 1, 2)
    found = embed_all(lambda batch: np.array([[ids[0]] for ids in batch]), texts, shape)
    assert found.ravel().tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_a_variant_whose_package_is_missing_is_named_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load, shapes, _ = VARIANTS["onnxruntime, as published"]
    monkeypatch.setattr(
        "evals.speed.embedding.VARIANTS",
        {"one": (load, shapes, ("onnxruntime",)), "other": (load, shapes, ("no-such-package",))},
    )
    monkeypatch.setattr("evals.speed.embedding.measure_in_process", lambda *_: dict(MEASURED))
    found = compare_variants(numbered(2), default_embedder())
    assert found["variants"]["other"] == {"state": "not installed"}
    assert found["variants"]["one"]["ratio"] == 1.0
    assert found["variants"]["one"]["install_mb"] == package_size("onnxruntime") > 10
    assert len(embedding_tables(found)) == 2


MEASURED = {
    "ready_s": 0.5, "question_ms": 2.0, "memory_mb": 90.0, "texts_per_second": {"1 x 1": 50.0},
    "best": 50.0,
}  # fmt: skip


def test_a_test_set_keeps_the_documents_that_answer() -> None:
    documents = [Document(name, "", name) for name in "abcde"]
    beir = Beir("b", Path("corpus.jsonl"), documents, {"q": "?"}, {"q": {"d": 1, "a": 0}})
    assert [item.id for item in with_fewer_documents(beir, 2).corpus] == ["d", "a", "b"]


# The stock pipeline, and made-up libraries ---------------------------------------------------


def test_the_stock_pipeline_fills_a_collection_with_the_same_model(tmp_path: Path) -> None:
    ingest_stock(tmp_path / "stock", numbered(3), StockEmbedding(), connect)
    client = connect(str(tmp_path / "stock"))
    rows = client.get_collection("stock").get(include=["embeddings", "documents"])
    client.close()
    assert len(rows["ids"]) == 3
    again = default_embedder().embed(rows["documents"])
    assert (np.asarray(rows["embeddings"]) * again).sum(axis=1).min() > 0.9


def test_perturbed_records_are_like_their_originals_and_always_the_same() -> None:
    records = numbered(3)
    made = list(islice(perturb(records), 7))
    assert made == list(islice(perturb(records), 7))
    assert [item.id for item in made] == [f"bench:{number}" for number in range(7)]
    words = [item.abstract.split() for item in (made[0], made[3], records[0])]
    assert len(words[0]) == len(words[1]) == len(words[2])
    changed = sum(a != b for a, b in zip(words[0], words[2], strict=True))
    assert changed <= len(words[0]) / 20 + 1


def test_a_library_is_made_of_perturbed_copies(tmp_path: Path) -> None:
    with Store(tmp_path / "small", fake_embedder()) as store:
        add(store, numbered(3))
    build_perturbed(tmp_path / "large", tmp_path / "small", 20, fake_embedder())
    with Store(tmp_path / "large", fake_embedder()) as store:
        assert len(store) == 20
        assert store.search(numbered(1)[0].abstract, 3)


# Tables and the plot -------------------------------------------------------------------------


def library_figures(records: int, factor: float) -> dict[str, Any]:
    latency = {"p50_ms": 4.0 * factor, "p95_ms": 8.0 * factor, "p99_ms": 9.0 * factor}
    return {
        "records": records, "passages": 3 * records, "open_s": 0.1 * factor,
        "search": latency, "ask": latency, "filtered": {"a filter": {"passing": 5, **latency}},
        "memory_mb": 10.0, "disk_mb": 20.0,
        "open_again_s": 0.05 * factor, "one_more_s": 0.1,
    }  # fmt: skip


RESULT: dict[str, Any] = {
    "machine": {"cores": 2, "processor": "one"},
    "adding": {
        "records_per_second": {"bare": 100.0, "quoth": 90.0, "stock": 30.0},
        "over_bare": 0.9,
        "over_stock": 3.0,
    },
    "libraries": {
        "sample": library_figures(19, 1.0),
        "1,000": library_figures(1000, 1.0),
        "10,000": library_figures(10_000, 1.5),
        "50,000, perturbed": library_figures(50_000, 4.0),
    },
    "starting": {"help": {"ratio": 5.0}, "ask": {"ratio": 1.2, "seconds": 3.0}},
}


def test_every_figure_has_a_row_and_growth_is_of_what_is_real() -> None:
    rows = {row.name: row for row in speed_rows(RESULT)}
    assert rows["adding over LlamaIndex's own pipeline"].value == 3.0
    assert rows["search, p50, 10,000 over 1,000"].value == 1.5
    assert rows["10,000: answer, p99"].aim == "<= 150"
    assert rows["10,000: search in a filter (5), p50"].value == 6.0
    assert rows["1,000: disk for 100,000 papers"].value == 2000.0
    assert rows["quoth ask over importing its parts"].aim == "<= 1.25"


def test_ways_to_run_the_model_have_tables_of_their_own() -> None:
    assert len(speed_tables(RESULT)) == 1
    variants = {"one": {**MEASURED, "ratio": 1.0, "install_mb": 1.0}}
    found = {"texts": 2, "tokens": 9.0, "variants": variants}
    assert len(speed_tables({**RESULT, "embedding": found})) == 3


def test_cost_is_drawn_against_size(tmp_path: Path) -> None:
    plot_cost(RESULT["libraries"], tmp_path / "cost.svg")
    drawn = (tmp_path / "cost.svg").read_text("utf-8")
    assert len(re.findall('id="axes_', drawn)) == 3
    assert len(re.findall('id="legend_', drawn)) == 3
    with pytest.raises(EvalError, match="cannot be written"):
        plot_cost(RESULT["libraries"], tmp_path / "no" / "cost.png")


def test_filters_are_chosen_of_what_the_papers_have() -> None:
    papers = [
        replace(paper, groups=("A",) if place else ("B",), year=2020 + place % 2)
        for place, paper in enumerate(numbered(9))
    ]
    found = asking.choose_filters(papers)
    values = {name: item.conditions[0].value for name, item in found.items()}
    assert [values[name] for name in asking.FILTERS[:3]] == ["a", 2020, "b"]
    bare = [replace(paper, groups=(), year=None) for paper in numbered(3)]
    assert list(asking.choose_filters(bare)) == ["a word in titles"]


@pytest.mark.parametrize("sizes", ["", "ten", "0", "10,-1"])
def test_sizes_are_numbers(sizes: str) -> None:
    found = CliRunner().invoke(bench, ["speed", "--sizes", sizes])
    assert found.exit_code == 2
    assert "expected numbers" in found.output


@pytest.mark.slow
def test_speed_is_measured_on_a_corpus_of_one_s_own(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    lines = (
        {"title": item.title, "abstract": item.abstract, "published": "2024-01-01"}
        for item in numbered(30)
    )
    corpus.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    options = ["--corpus", str(corpus), "--sizes", "10,30", "--large", "60"]
    plot = ["--plot", str(tmp_path / "cost.png"), "--cache", str(tmp_path / "cache"), "--json"]
    found = CliRunner().invoke(bench, ["speed", *options, *plot])
    assert found.exit_code == 0, found.output
    result = json.loads(found.stdout)
    assert [item["records"] for item in result["libraries"].values()][1:] == [10, 30, 60]
    assert {row.name for row in speed_rows(result)} >= {"search, p50, 30 over 10"}
    assert (tmp_path / "cost.png").stat().st_size > 10_000
