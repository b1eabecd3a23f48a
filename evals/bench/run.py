"""Each bench from its inputs to its figures; progress goes to stderr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evals.beir import Beir
from evals.bench import abstain, cases, retrieval
from evals.bench.cache import default_folder
from evals.bench.libraries import (
    build_beir,
    chosen_embedder,
    scores_of,
    search_of,
)
from evals.bench.progress import progress, tracked
from evals.bench.serve import Load, run_load
from evals.cases import Case, load_cases, resolve
from evals.errors import EvalError
from evals.grounding import find_flaws
from rag.config import read_settings
from vectorstore.store import Store


def run_retrieval(beir: Beir, split: str, limit: int | None, cache: Path | None) -> dict[str, Any]:
    """The figures of `bench retrieval`."""
    queries = choose_queries(beir, split, limit)
    embedder = chosen_embedder()
    folder = build_beir(cache or default_folder(), beir, embedder)
    total = len(queries) * len(retrieval.MODES)
    with Store(folder, embedder) as store, progress("Searching", total) as advance:
        figures = retrieval.measure_retrieval(beir, queries, search_of(store), advance)
    return {**describe_beir(beir, split, queries), **figures}


def run_weights(beir: Beir, split: str, limit: int | None, cache: Path | None) -> dict[str, Any]:
    """The figures of `bench weights`."""
    queries = choose_queries(beir, split, limit)
    embedder = chosen_embedder()
    folder = build_beir(cache or default_folder(), beir, embedder)
    with Store(folder, embedder) as store, progress("Searching", len(queries)) as advance:
        figures = retrieval.measure_weights(beir, queries, scores_of(store), advance)
    return {**describe_beir(beir, split, queries), **figures}


def run_abstain_beir(
    beir: Beir, split: str, limit: int | None, cache: Path | None, reader: Path | None = None
) -> dict[str, Any]:
    """The figures of `bench abstain --beir`."""
    from evals.bench.asking import asker
    from rag import Library

    queries = choose_queries(beir, split, limit)
    embedder = chosen_embedder()
    folder = build_beir(cache or default_folder(), beir, embedder)
    with Library.open(folder, read_settings(reader=reader), embedder) as library:
        ask = asker(library)
        units = [
            abstain.ask_with_and_without(beir, query, ask) for query in tracked("Asking", queries)
        ]
    figures = abstain.summarise(units)
    named = {"name": f"{beir.name} ({split})", "unanswerable": "withheld"}
    return {**describe_beir(beir, split, queries), **named, **figures}


def run_abstain_cases(
    path: Path, corpus: Sequence[Path], cache: Path | None, reader: Path | None = None
) -> dict[str, Any]:
    """The figures of `bench abstain --cases`."""
    from evals.bench.asking import case_asker, open_files

    known = load_cases(path)
    with open_files(corpus, cache or default_folder(), reader=reader) as library:
        wanted = abstain.choose_cases(resolve(known, list(library.records())))
        ask = case_asker(library)
        units = [abstain.ask_case(case, ask) for case in tracked("Asking", wanted)]
        head = {"cases": path.name, "queries": len(units), "documents": len(library)}
    named = {"name": path.name, "unanswerable": "near miss"}
    return {**head, **named, **abstain.summarise(units)}


def run_own_cases(
    path: Path,
    corpus: Sequence[Path],
    cache: Path | None,
    listed: str | None,
    naive: bool,
    others: int | None = None,
) -> dict[str, Any]:
    """The figures of `bench cases`."""
    from evals.bench.asking import case_asker, naive_asker, open_files

    known = load_cases(path)
    with open_files(corpus, cache or default_folder(), known, others) as library:
        records = list(library.records())
        asked = resolve(known, records)
        flawed = [case.place for case, _ in find_flaws(asked, records, evidence=not corpus)]
        systems = {"quoth": case_asker(library)}
        if naive:
            systems["naive"] = naive_asker(library, chosen_embedder())
        outcomes = {name: ask_all(name, asked, ask) for name, ask in systems.items()}
        documents = len(library)
    return {
        "cases": path.name,
        "flawed": flawed,
        "queries": len(asked),
        "documents": documents,
        "systems": {name: cases.summarise(found) for name, found in outcomes.items()},
        "shown": [
            item
            for name, found in outcomes.items()
            for item in (cases.show(found, listed, name) if listed else [])
        ],
    }


def ask_all(name: str, asked: Sequence[Case], ask: Callable[[Case], Any]) -> list[cases.Outcome]:
    """Every case put to one system."""
    return [cases.Outcome(case, ask(case)) for case in tracked(f"Asking {name}", asked)]


def run_serve(corpus: Sequence[Path], cache: Path | None, load: Load) -> dict[str, Any]:
    """The figures of `bench serve`."""
    from evals.bench.asking import open_files

    with open_files(corpus, cache or default_folder()) as library:
        titles = sorted(record.title for record in library.records())
        folder = library.store.folder
    return {"documents": len(titles), **run_load(folder, titles, load)}


def choose_queries(beir: Beir, split: str, limit: int | None) -> list[str]:
    """The queries to measure on; there is at least one."""
    queries = beir.choose(limit)
    if not queries:
        raise EvalError(f"{beir.name} ({split}): no query has a relevant document.")
    return queries


def describe_beir(beir: Beir, split: str, queries: Sequence[str]) -> dict[str, Any]:
    """What was measured on."""
    return {
        "beir": beir.name,
        "split": split,
        "queries": len(queries),
        "documents": len(beir.corpus),
        "missing_documents": len(beir.missing),
        "empty_documents": len(beir.corpus) - len(retrieval.as_records(beir.corpus)),
        "unscored_queries": len(beir.qrels) - len(beir.scored),
    }
