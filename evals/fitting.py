"""`evals fit`, from its files to a fitted model and its cross-validated figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evals.beir import Beir
from evals.bench.asking import open_files
from evals.bench.cache import default_folder
from evals.bench.libraries import build_beir, chosen_embedder
from evals.bench.progress import tracked
from evals.cases import Case, load_cases, resolve
from evals.fit import fit, save
from evals.fit_examples import Example, examples_of_cases, examples_of_claims
from rag.answerers.judging import Find
from rag.answerers.reading import TextReader
from rag.reader.trained import TrainedReader
from vectorstore.store import Store

REMEMBERED = 10_000


def run_fit(
    files: Sequence[Path],
    corpus: Sequence[Path],
    others: int,
    beir: Beir | None,
    cache: Path | None,
    out: Path,
    reader: TrainedReader | None = None,
) -> dict[str, Any]:
    """Reads the examples, fits the model to them, and writes it.

    Args:
        files: Question cases.
        corpus: Abstracts that they are about.
        others: How many other abstracts are searched with them.
        beir: A test set whose claims join.
        cache: Where built libraries are kept.
        out: Where the model goes.
        reader: Reads question and papers together, for a model that goes by that, too; it names
            the reader that it was fitted to.
    """
    find = reader.encoder.find if reader else None
    root = cache or default_folder()
    cases = [case for path in files for case in load_cases(path)]
    examples = list(_read_cases(cases, corpus, others, root, find))
    if beir is not None:
        examples += _read_claims(beir, root, find)
    found = fit(examples)
    save(found["model"] | ({"reader": reader.hash} if reader else {}), out)
    return dict(found["report"])


def _read_cases(
    cases: Sequence[Case], corpus: Sequence[Path], others: int, root: Path, find: Find | None
) -> Iterator[Example]:
    reader = TextReader(REMEMBERED)
    with open_files(corpus, root, cases, others) as library:
        known = resolve(cases, list(library.records()))
        for case in tracked("Reading cases", known):
            yield from examples_of_cases(library.store, [case], reader, find)


def _read_claims(beir: Beir, root: Path, find: Find | None) -> list[Example]:
    embedder, reader = chosen_embedder(), TextReader(REMEMBERED)
    with Store(build_beir(root, beir, embedder), embedder) as store:
        claims = tracked("Reading claims", list(beir.qrels))
        return [
            item
            for claim in claims
            for item in examples_of_claims(store, beir, [claim], reader, find)
        ]
