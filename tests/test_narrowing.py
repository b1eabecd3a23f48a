"""Searching under filters: each plan finds what looking at every vector would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_embedding import fake_embedder, numbered

from vectorstore import narrowing
from vectorstore.adding import add
from vectorstore.filters import Filter, parse_filter
from vectorstore.store import Store

PAPERS = [
    replace(paper, year=2000 + place % 10, groups=("Even",) if place % 2 == 0 else ("Odd",))
    for place, paper in enumerate(numbered(200))
]
WHERE = ["group=even", "year=2003", "year>=2002", ["group=odd", "year<2004"], "year=1900"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("narrowing") / "lib", fake_embedder()) as store:
        add(store, PAPERS)
        yield store


def expected(store: Store, question: str, where: Filter, depth: int) -> dict[str, float]:
    passing = set(store.lexical.passing(where, 1000))
    rows = [
        item.id
        for paper in store.papers()
        if paper.id in passing
        for item in store.passages(paper.record)
    ]
    vector = store.embedder.embed_question(question)
    vectors = store._table.vectors(rows) if rows else {}
    found = {row: float(np.dot(vector, other)) for row, other in vectors.items()}
    return dict(sorted(found.items(), key=lambda item: -item[1])[:depth])


@pytest.mark.parametrize("plan", ["narrow", "broad"])
@pytest.mark.parametrize("where", WHERE, ids=str)
def test_every_plan_finds_the_nearest_that_pass(
    store: Store, plan: str, where: str | list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrowing, "NARROW", 5000 if plan == "narrow" else -1)
    monkeypatch.setattr(narrowing, "NARROW_SHARE", -1.0)
    wanted = parse_filter(where)
    if plan == "broad" and not store.lexical.count(wanted):
        monkeypatch.setattr(narrowing, "NARROW", 0)  # as many as none is never broad
    question = PAPERS[7].abstract
    vector = store.embedder.embed_question(question)
    found = store._narrowing.nearest(vector, 10, wanted)
    right = expected(store, question, wanted, 10)
    assert sorted(found.values()) == pytest.approx(sorted(right.values()), abs=1e-4)


def test_vectors_that_were_gathered_serve_again_until_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path / "lib", fake_embedder()) as store:
        add(store, PAPERS[:20])
        asked: list[int] = []
        vectors = store._table.vectors
        monkeypatch.setattr(
            store._table, "vectors", lambda ids: asked.append(len(ids)) or vectors(ids)
        )
        even = parse_filter("group=even")
        first = [hit.record.id for hit in store.search(PAPERS[0].abstract, 50, even)]
        store.search(PAPERS[2].abstract, 50, even)
        assert (len(first), len(asked)) == (10, 1)
        monkeypatch.undo()
        add(store, PAPERS[20:40])
        assert len(store.search(PAPERS[0].abstract, 50, even)) == 20
