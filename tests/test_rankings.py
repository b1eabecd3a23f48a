"""Rankings as a retrieval test set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.errors import EvalError
from evals.rankings import load_ranking

LINES = [
    {"query": "moths?", "positive": "Moths fly.", "negative": "Bread is baked."},
    {"query": "bread?", "positive": "Bread is baked.", "negative": "Moths fly."},
    {"query": "moths?", "positive": "Moths are counted.", "negative": "Ships sail."},
    {"query": "ships?", "positive": "Ships sail.", "negative": None},
]


def written(folder: Path, lines: list[dict[str, str | None]]) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_passages_are_the_corpus_and_equal_questions_are_one(tmp_path: Path) -> None:
    found = load_ranking(written(tmp_path, LINES))
    texts = {document.id: document.text for document in found.corpus}
    assert sorted(texts.values()) == [
        "Bread is baked.", "Moths are counted.", "Moths fly.", "Ships sail.",
    ]  # fmt: skip
    answers = {
        found.queries[query]: sorted(texts[item] for item in gains)
        for query, gains in found.qrels.items()
    }
    assert answers == {
        "moths?": ["Moths are counted.", "Moths fly."],
        "bread?": ["Bread is baked."],
        "ships?": ["Ships sail."],
    }
    assert (found.name, found.missing) == ("pairs", [])
    assert len(load_ranking(written(tmp_path, LINES), 1).corpus) == 2


def test_lines_that_lack_something_are_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="line 2.*expected 'positive' as text"):
        load_ranking(written(tmp_path, [LINES[0], {"query": "q", "positive": " "}]))
    with pytest.raises(EvalError, match="no lines"):
        load_ranking(written(tmp_path, []))
