"""Terms that a server keeps: against a stand-in of what distributed Chroma answers.

The stand-in keeps sparse vectors beside a real server's collection, and ranks by them as Chroma's
source does: 1 minus the product with a question weighed by rarity. A real distributed Chroma may
differ from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chroma_server import ChromaServer
from chromadb import Search, SparseVector
from fake_embedding import BREAD, MOTHS, PAPERS, TIDES, fake_embedder, numbered

from vectorstore.adding import add
from vectorstore.address import ServerOptions, parse_address
from vectorstore.filters import parse_filter
from vectorstore.papers import alone, look_up_keys
from vectorstore.remote import served_terms, upkeep
from vectorstore.remote.served_terms import ServedTerms, weigh
from vectorstore.remote.server import Server
from vectorstore.remote.sparse import FIELD
from vectorstore.remote.store import ServerStore
from vectorstore.store import Store
from vectorstore.terms import index_terms


class StandIn:
    """A collection whose sparse vectors are kept here, since a single server takes none."""

    def __init__(self, whole: Any, vectors: dict[str, SparseVector]) -> None:
        self._whole = whole
        self._vectors = vectors

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def upsert(self, ids: list[str], embeddings: Any, metadatas: list[dict[str, Any]]) -> None:
        plain = [{name: told[name] for name in told if name != FIELD} for told in metadatas]
        self._whole.upsert(ids=ids, embeddings=embeddings, metadatas=plain)
        for row, told in zip(ids, metadatas, strict=True):
            if FIELD in told:
                self._vectors[row] = told[FIELD]

    def get(self, **named: Any) -> Any:
        found = self._whole.get(**named)
        for row, told in zip(found["ids"], found["metadatas"] or (), strict=False):
            if row in self._vectors:
                told[FIELD] = self._vectors[row]
        return found

    def search(self, wanted: Search) -> dict[str, Any]:
        told = wanted.to_dict()
        knn = told["rank"]["$knn"]
        assert (knn["key"], told["select"]["keys"]) == (FIELD, ["#score"])
        rows = self._whole.get(where=told["filter"] or None, include=[])["ids"]
        weights = dict(zip(knn["query"]["indices"], knn["query"]["values"], strict=True))
        live = set(self._whole.get(include=[])["ids"]) & self._vectors.keys()
        for item in weights:
            holding = sum(item in self._vectors[row].indices for row in live)
            weights[item] *= math.log1p((len(live) - holding + 0.5) / (holding + 0.5))
        scored = sorted((1.0 - self._product(row, weights), row) for row in live & set(rows))
        best = scored[: told["limit"]["limit"]]
        return {"ids": [[row for _, row in best]], "scores": [[score for score, _ in best]]}

    def _product(self, row: str, weights: dict[int, float]) -> float:
        own = self._vectors[row]
        pairs = zip(own.indices, own.values, strict=True)
        return sum(weights.get(item, 0.0) * value for item, value in pairs)


@pytest.fixture
def distributed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Makes servers ones that keep sparse vectors; the names of what was made so."""
    made: list[str] = []
    vectors: dict[str, SparseVector] = {}
    create, opened = Server.create, Server._opened

    def creating(
        self: Server, name: str, metadata: Any, also: bool = False, schema: Any = None
    ) -> Any:
        if schema is not None:
            made.append(name)
        return create(self, name, metadata, also)

    def opening(self: Server, model: Any) -> Any:
        whole = opened(self, model)
        return StandIn(whole, vectors) if model.name in made else whole

    monkeypatch.setattr(Server, "create", creating)
    monkeypatch.setattr(Server, "_opened", opening)
    return made


@pytest.fixture
def address(chroma: ChromaServer) -> str:
    return chroma.address(f"sparse-{uuid4().hex[:12]}")


@pytest.fixture
def store(distributed: list[str], address: str, tmp_path: Path) -> Iterator[ServerStore]:
    with opened(address, tmp_path / "cache") as store:
        yield store


def opened(address: str, cache: Path) -> ServerStore:
    return ServerStore(parse_address(address), fake_embedder(), cache, ServerOptions())


def test_a_single_server_refuses_and_the_machine_keeps_the_terms(
    address: str, tmp_path: Path
) -> None:
    with opened(address, tmp_path) as store:
        add(store, PAPERS)
        assert not store.table.keeps_terms
        assert store.lexical.stamp == store._stamp()
        assert list(store.folder.glob("terms/*"))


def test_a_server_that_agrees_keeps_the_terms_for_all(
    store: ServerStore, distributed: list[str], address: str, tmp_path: Path
) -> None:
    add(store, PAPERS)
    assert distributed == [parse_address(address).name]
    assert isinstance(store.lexical, ServedTerms)
    with opened(address, tmp_path / "other") as other:
        assert isinstance(other.lexical, ServedTerms)
        assert len(other) == 3
        assert [hit.record for hit in other.search("tide readings", mode="terms")] == [TIDES]
        with other.writing():
            other.remove([TIDES.id])
    assert store.search("tide readings", mode="terms") == []
    assert not list(tmp_path.rglob("terms/*"))


@pytest.mark.parametrize(
    "where", [None, "year>=2020", "group=insects", "source=b.ris", "title=bread"]
)
def test_the_same_is_found_as_in_a_folder(
    store: ServerStore, tmp_path: Path, where: str | None
) -> None:
    wanted = parse_filter(where)
    with Store(tmp_path / "local", fake_embedder()) as local:
        for each in (store, local):
            add(each, PAPERS)
        for question in ("moths at night", "bread at night by the harbour", "zebra"):
            found, expected = (
                [(hit.record, hit.passage) for hit in each.search(question, where=wanted)]
                for each in (store, local)
            )
            assert found == expected


def test_the_same_paper_is_found_by_its_keys(store: ServerStore) -> None:
    add(store, [*PAPERS, *numbered(30)])
    twin = replace(MOTHS, id="doi:other", doi="10.5555/other", sources=("c.bib",))
    report = add(store, [twin])
    assert (report.added, report.merged) == (0, 1)
    named = store.find_named("doi:10.5555/other")
    assert named is not None
    assert named.record.title == MOTHS.title


def test_rows_that_lack_their_terms_are_found(store: ServerStore) -> None:
    add(store, PAPERS)
    assert upkeep.check(store).is_sound
    rows: Any = store.table._collection
    rows._vectors[f"{BREAD.id}#0"] = SparseVector([1], [1.0])
    assert store.lexical.lacking(store.papers()) == [BREAD.id]


def test_the_vector_of_a_paper_holds_its_terms_and_keys() -> None:
    paper = alone(BREAD)
    weights = weigh(paper)
    terms = index_terms(f"{BREAD.title} {BREAD.abstract}")
    assert len(weights) == len(set(terms)) + len(look_up_keys(paper))
    norm = 1.2 * (0.25 + 0.75 * len(terms) / served_terms.AVERAGE_TERMS)
    bread = weights[served_terms._dimension("term", index_terms("bread")[0])]
    assert bread == pytest.approx(2 * 2.2 / (2 + norm))
    assert all(weights[served_terms._dimension("key", key)] == 1.0 for key in look_up_keys(paper))
    assert all(0 <= item < 2**32 for item in weights)
