"""The figures of `bench speed` and `bench embedding` as rows and tables; pure but for rich."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rich.table import Table

from evals.tables import make_table, spell

Figures = Mapping[str, Any]
PER = 100_000


class Row(NamedTuple):
    """One figure, with the aim that it is held against, if any."""

    name: str
    value: float
    unit: str
    aim: str = ""


def speed_rows(result: Figures) -> list[Row]:
    """All figures of `bench speed`."""
    rows = [*_adding(result["adding"])]
    for name, figures in result["libraries"].items():
        rows += _library(name, figures)
    rows += _growth(result["libraries"])
    starting = result["starting"]
    rows += [
        Row("quoth --help over python -c pass", starting["help"]["ratio"], "times"),
        Row("quoth ask", starting["ask"]["seconds"], "s"),
        Row("quoth ask over importing its parts", starting["ask"]["ratio"], "times", "<= 1.25"),
    ]
    if "engines" in result:
        rows += _engines(result["engines"])
    return rows


def speed_tables(result: Figures) -> list[Table]:
    """One table of all figures; of ways to run the model, their own."""
    machine = result["machine"]
    title = f"Speed on {machine['cores']} cores ({machine['processor']})"
    cells = [(row.name, f"{row.value:.3g}", row.unit, row.aim) for row in speed_rows(result)]
    table = make_table(title, ("figure", "value", "unit", "aim"), cells)
    return [table, *(embedding_tables(result["embedding"]) if "embedding" in result else [])]


def embedding_tables(result: Figures) -> list[Table]:
    """One row a variant, and one a shape of it."""
    title = f"{result['texts']} passages of {result['tokens']:.0f} tokens on average"
    columns = (
        "variant", "passages/s", "times", "question, ms", "ready, s", "memory, MB", "install, MB",
        "nDCG@10", "loss",
    )  # fmt: skip
    found = result["variants"]
    rows = [_variant(name, figures) for name, figures in found.items()]
    shapes = [
        (name, shape, f"{rate:.0f}")
        for name, figures in found.items()
        for shape, rate in figures.get("texts_per_second", {}).items()
    ]
    return [
        make_table(title, columns, rows),
        make_table("Shapes: texts a batch x threads", ("variant", "shape", "passages/s"), shapes),
    ]


def _variant(name: str, figures: Figures) -> list[str]:
    if "state" in figures:
        return [name, figures["state"], *[""] * 7]
    loss = figures.get("loss")
    return [
        name,
        f"{figures['best']:.0f}",
        f"{figures['ratio']:.2f}",
        f"{figures['question_ms']:.1f}",
        f"{figures['ready_s']:.2f}",
        f"{figures['memory_mb']:.0f}",
        f"{figures['install_mb']:.0f}",
        spell(figures.get("ndcg@10")),
        spell(loss["difference"]) if loss else "-",
    ]


def _adding(adding: Figures) -> Iterator[Row]:
    names = {"quoth": "adding", "bare": "bare embedding of the same texts", "stock": "LlamaIndex"}
    for name, rate in adding["records_per_second"].items():
        yield Row(names[name], rate, "records/s")
    yield Row("adding over bare embedding", adding["over_bare"], "times", ">= 0.9")
    if "over_stock" in adding:
        yield Row("adding over LlamaIndex's own pipeline", adding["over_stock"], "times", ">= 3")


def _library(name: str, figures: Figures) -> Iterator[Row]:
    aims = {
        "search p50": "<= 12", "answer p50": "<= 60", "answer p99": "<= 150", "open": "< 1",
    }  # fmt: skip
    for kind, label in (("search", "search"), ("ask", "answer")):
        for quantile in ("p50", "p99"):
            wanted = aims.get(f"{label} {quantile}", "")
            value = figures[kind][f"{quantile}_ms"]
            yield Row(f"{name}: {label}, {quantile}", value, "ms", wanted)
    for filter_name, latency in figures["filtered"].items():
        told = f"{name}: search in {filter_name} ({latency['passing']:,}), p50"
        yield Row(told, latency["p50_ms"], "ms", aims["search p50"])
    yield Row(f"{name}: opening", figures["open_s"], "s", aims["open"])
    yield Row(f"{name}: opening again", figures["open_again_s"], "s", aims["open"])
    yield Row(f"{name}: one paper more", figures["one_more_s"], "s")
    share = PER / figures["records"]
    yield Row(f"{name}: memory for 100,000 papers", figures["memory_mb"] * share, "MB")
    yield Row(f"{name}: disk for 100,000 papers", figures["disk_mb"] * share, "MB")


def _growth(libraries: Figures) -> Iterator[Row]:
    """From the smallest library of the corpus to the largest that is not made up."""
    real = [name for name in libraries if name != "sample" and "perturbed" not in name]
    if len(real) < 2:
        return
    first, last = real[0], real[-1]
    for kind, label in (("search", "search"), ("ask", "answer")):
        ratio = libraries[last][kind]["p50_ms"] / libraries[first][kind]["p50_ms"]
        yield Row(f"{label}, p50, {last} over {first}", ratio, "times", "<= 1.6")


def _engines(engines: Figures) -> Iterator[Row]:
    local, ray = engines["local"], engines["ray"]
    yield Row("engines: local", local["records_per_second"], "records/s")
    yield Row("engines: Ray, 2 workers", ray["records_per_second"], "records/s")
    ratio = ray["records_per_second"] / local["records_per_second"]
    yield Row("engines: Ray over local", ratio, "times")
    yield Row("engines: Ray, starting", ray["start_seconds"], "s")
    names = {"driver_mb": "driver", "worker_mb": "a worker", "object_store_mb": "object store"}
    for key, name in names.items():
        if ray.get(key) is not None:
            yield Row(f"engines: Ray, most memory of {name}", ray[key], "MB")
    yield Row("engines: the same library", float(engines["same"]), "1 = yes", "= 1")
