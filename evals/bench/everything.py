"""`bench all`: every public benchmark whose files a folder holds, beside published figures.

Looked for by their usual names, at any depth: BEIR folders (`queries.jsonl`, `corpus.jsonl`,
`qrels/`), SciFact's claims (`claims_SPLIT.jsonl` beside `corpus.jsonl`), pairs (`*pairs.jsonl`),
and PubMedQA (`*pubmedqa*` or a `pubmedqa` folder's JSON).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from rag.config import read_settings

Row = tuple[str, str, "dict[str, float] | None", str]
"""(benchmark, measure, figure with its interval, published figures with their sources)."""

BEIR_PUBLISHED = (
    "SciFact test: BM25 .665, all-MiniLM-L6-v2 .645 (BEIR, Thakur et al. 2021; sbert.net)"
)
CLAIMS_PUBLISHED = "word overlap .60 (support against contradiction), .58 (macro-F1)"
PAIRS_PUBLISHED = "SummEdits: chance .50, GPT-4 .824, humans .909 (Laban et al. 2023)"
QA_PUBLISHED = (
    "PubMedQA test, with reasoning: BioBERT .681, majority .552, human .780 (Jin et al. 2019)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A benchmark whose files are there."""

    name: str
    run: Callable[[], Iterator[Row]]


def find_benchmarks(folder: Path, cache: Path | None, limit: int | None) -> list[Found]:
    """The benchmarks under a folder, in the order of their paths.

    Args:
        folder: What the user has.
        cache: Where built libraries are kept.
        limit: Queries, of retrieval and abstention, to measure on; all where None.

    Raises:
        EvalError: It holds none.
    """
    found = [
        *_beir(folder, cache, limit),
        *_claims(folder),
        *_pairs(folder),
        *_qa(folder),
    ]
    if not found:
        raise EvalError(
            f"{folder}: no benchmark found; expected BEIR folders, claims_SPLIT.jsonl beside a "
            "corpus.jsonl, *pairs.jsonl, or PubMedQA's JSON, plain or gzipped."
        )
    return found


def run_everything(folder: Path, cache: Path | None, limit: int | None) -> dict[str, Any]:
    """One row a figure of every benchmark found."""
    rows = [
        {"benchmark": name, "measure": measure, "figure": figure, "published": published}
        for found in find_benchmarks(folder, cache, limit)
        for name, measure, figure, published in found.run()
    ]
    reader = read_settings().model_dump()["reader"]
    return {"folder": folder.name, "reader": reader, "rows": rows}


def _beir(folder: Path, cache: Path | None, limit: int | None) -> Iterator[Found]:
    from evals.beir import load_beir
    from evals.bench.run import run_abstain_beir, run_retrieval

    for qrels in sorted(folder.rglob("qrels/*.tsv")):
        home, split = qrels.parent.parent, qrels.stem
        name = f"{home.relative_to(folder)} ({split})"

        def retrieval(home: Path = home, split: str = split, name: str = name) -> Iterator[Row]:
            result = run_retrieval(load_beir(home, split), split, limit, cache)
            for mode, figures in result["systems"].items():
                yield name, f"{mode}: nDCG@10", figures["ndcg@10"], BEIR_PUBLISHED

        def abstain(home: Path = home, split: str = split, name: str = name) -> Iterator[Row]:
            result = run_abstain_beir(load_beir(home, split), split, limit, cache)
            yield name, "gold left out: AUROC of confidence", result["auroc"], ""

        yield Found(f"retrieval {name}", retrieval)
        yield Found(f"abstain {name}", abstain)


def _claims(folder: Path) -> Iterator[Found]:
    from evals.bench.checking import as_set
    from evals.bench.claims import run_claims

    for path in _files(folder, r"claims_(\w+)\.jsonl(?:\.gz)?"):
        split = path.name.removeprefix("claims_").partition(".")[0]
        name = f"{path.parent.relative_to(folder)} claims ({split})"

        def run(path: Path = path, split: str = split, name: str = name) -> Iterator[Row]:
            result = run_claims(path.parent, split, as_set())
            sides = result["support_against_contradiction"]
            balanced = "support against contradiction: balanced accuracy"
            yield name, balanced, sides["balanced_accuracy"], CLAIMS_PUBLISHED
            yield name, "three-way: macro-F1", result["three_way"]["macro_f1"], CLAIMS_PUBLISHED

        yield Found(name, run)


def _pairs(folder: Path) -> Iterator[Found]:
    from evals.bench.checking import as_set
    from evals.bench.pairs import run_pairs

    for path in _files(folder, r".*pairs\.jsonl(?:\.gz)?"):
        name = str(path.relative_to(folder))

        def run(path: Path = path, name: str = name) -> Iterator[Row]:
            result = run_pairs(path, as_set())["overall"]
            yield name, "balanced accuracy", result["balanced_accuracy"], PAIRS_PUBLISHED
            yield name, "AUROC", result["auroc"], ""

        yield Found(name, run)


def _qa(folder: Path) -> Iterator[Found]:
    from evals.bench.checking import as_set
    from evals.bench.qa import run_qa

    for path in _files(folder, r".*\.json(?:\.gz)?"):
        if "pubmedqa" not in str(path.relative_to(folder)).casefold():
            continue
        name = str(path.relative_to(folder))

        def run(path: Path = path, name: str = name) -> Iterator[Row]:
            for system, figures in run_qa(path, as_set())["systems"].items():
                yield name, f"{system}: accuracy", figures["accuracy"], QA_PUBLISHED
                yield name, f"{system}: macro-F1", figures["macro_f1"], QA_PUBLISHED

        yield Found(name, run)


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if re.fullmatch(pattern, path.name))
