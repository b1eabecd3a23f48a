"""Queries with a passage that answers and one that does not, as a retrieval test set.

JSON Lines of `query`, `positive` and, where there is one, `negative`. All passages together are
the corpus; whoever asks the same words has all their positives as answers.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from evals.beir import Beir, Document
from evals.errors import EvalError
from evals.files import read_objects

KEYS = ("query", "positive")


def load_ranking(path: Path, limit: int | None = None) -> Beir:
    """Read such a file as a test set.

    Args:
        path: Plain or gzipped.
        limit: Lines to read; all where None.

    Raises:
        EvalError: It is missing or empty, or a line lacks a key.
    """
    ids: dict[str, str] = {}
    qrels: dict[str, dict[str, int]] = {}
    for place, item in islice(read_objects(path), limit):
        for key in KEYS:
            if not isinstance(item.get(key), str) or not item[key].strip():
                raise EvalError(f"{place}: expected '{key}' as text (found: {', '.join(item)}).")
        positive = ids.setdefault(item["positive"], f"d{len(ids)}")
        if item.get("negative"):
            ids.setdefault(str(item["negative"]), f"d{len(ids)}")
        qrels.setdefault(item["query"], {})[positive] = 1
    if not qrels:
        raise EvalError(f"{path}: no lines; expected {', '.join(KEYS)} on each.")
    corpus = [Document(name, "", text) for text, name in ids.items()]
    names = {text: f"q{number}" for number, text in enumerate(qrels)}
    return Beir(
        path.name.split(".")[0],
        path,
        corpus,
        {name: text for text, name in names.items()},
        {names[text]: gains for text, gains in qrels.items()},
    )
