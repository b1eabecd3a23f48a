"""What else could rank better: each candidate against the present ranking, on held-out folds.

Vectors and BM25 scores of a test set are worked out once; a candidate is a function from them to
a ranking. Where it has a parameter, that is chosen on the other folds of the queries, and scored
on the fold that is left out; the paired bootstrap is over all queries so scored.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.beir import Beir
from evals.bench.candidates import CANDIDATES, SHARES, Query, Scores, only, present, read_again, top
from evals.bench.progress import tracked
from evals.bench.retrieval import DEPTH, as_records, leave_out_itself
from evals.metrics import bootstrap, ndcg_at, paired_bootstrap, recall_at
from rag.answerers.judging import Find, texts_of
from vectorstore.embedding import Embedder
from vectorstore.filters import Filter
from vectorstore.fusion import fuse
from vectorstore.latex import searchable
from vectorstore.lexical import LexicalIndex
from vectorstore.minilm import Vectors
from vectorstore.papers import alone
from vectorstore.preparing import cut
from vectorstore.records import Record
from vectorstore.sentences import split_sentences
from vectorstore.terms import index_terms

FOLDS = 5
NDCG, RECALL = "ndcg@10", "recall@20"
READ = 20
"""Documents of a query, best first, that the reader reads."""


def run_study(
    beir: Beir, embedder: Embedder, limit: int | None = None, find: Find | None = None
) -> dict[str, Any]:
    """Every candidate against the present ranking.

    Args:
        beir: The test set.
        embedder: The model.
        limit: Use so many queries only.
        find: A reader's; its candidate is left out where None.
    """
    queries = list(prepare_queries(beir, embedder, beir.choose(limit), find))
    base = [measure(beir, query, present(query)) for query in queries]
    found: dict[str, Any] = {}
    for name, (candidate, grid) in CANDIDATES.items():
        if candidate is read_again and find is None:
            continue
        scored = {value: [measure(beir, q, candidate(q, value)) for q in queries] for value in grid}
        chosen, held_out = choose_on_other_folds(scored, len(queries))
        found[name] = {"chosen": chosen}
        for place, figure in enumerate((NDCG, RECALL)):
            ours, theirs = [s[place] for s in held_out], [s[place] for s in base]
            found[name][figure] = asdict(paired_bootstrap(ours, theirs))
    return {
        "beir": beir.name,
        "queries": len(queries),
        "documents": len(beir.corpus),
        "present": {
            figure: asdict(bootstrap([scores[place] for scores in base]))
            for place, figure in enumerate((NDCG, RECALL))
        },
        "candidates": found,
    }


def choose_on_other_folds(
    scored: Mapping[float, Sequence[tuple[float, float]]], count: int
) -> tuple[list[float], list[tuple[float, float]]]:
    """The value chosen for each fold, and every query's scores by the value of its fold."""
    chosen: list[float] = []
    held_out: list[tuple[float, float]] = [(0.0, 0.0)] * count
    for fold in range(FOLDS):
        others = [place for place in range(count) if place % FOLDS != fold]
        means = {v: np.mean([scores[p][0] for p in others]) for v, scores in scored.items()}
        best = max(means, key=lambda value: (means[value], -value))
        chosen.append(best)
        for place in range(fold, count, FOLDS):
            held_out[place] = scored[best][place]
    return chosen, held_out


def measure(beir: Beir, query: Query, scores: Scores) -> tuple[float, float]:
    """nDCG@10 and recall@20 of a ranking."""
    ranked = sorted(scores, key=lambda key: (-scores[key], key))
    kept = leave_out_itself(beir, query.id, ranked)
    gains = beir.qrels[query.id]
    return ndcg_at(kept, gains, 10), recall_at(kept, gains, 20)


def prepare_queries(
    beir: Beir, embedder: Embedder, ids: Sequence[str], find: Find | None = None
) -> Iterator[Query]:
    """All that candidates rank by, for each query."""
    records = as_records(beir.corpus)
    by_id = {record.id: record for record in records}
    passages = Nearest([cut(record, embedder).texts for record in records], records, embedder)
    sentences = Nearest([sentences_of(record) for record in records], records, embedder)
    asked = embedder.embed([searchable(beir.queries[item]) for item in ids])
    with tempfile.TemporaryDirectory() as folder:
        whole = index_of(Path(folder) / "whole", records)
        titles = index_of(Path(folder) / "titles", [replace(r, abstract="") for r in records])
        for item, vector in zip(tracked("Queries", list(ids)), asked, strict=True):
            text = beir.queries[item]
            terms = index_terms(text)
            scores = dict(whole.search(terms, len(records), Filter()))
            near = passages.by_document(vector)
            kept = top(near, 2 * DEPTH).keys() | top(scores, 2 * DEPTH).keys()
            named = dict(titles.search(terms, len(records), Filter()))
            nearest, matching = passages.best(vector, DEPTH + 1), top(scores, DEPTH + 1)
            fused = [hit.key for hit in fuse(nearest, matching)]
            marks = marking_terms([by_id[key] for key in fused[:5]], terms, whole)
            yield Query(
                item,
                text,
                only(near, kept),
                nearest,
                matching,
                only(scores, kept),
                only(named, kept),
                {share: top(passages.fed_back(vector, share), DEPTH) for share in SHARES},
                {share: top(passages.mixed(vector, fused[:3], share), DEPTH) for share in SHARES},
                only(dict(whole.search(marks, len(records), Filter())), kept),
                only(sentences.by_document(vector), kept),
                read_together(text, [by_id[key] for key in fused[:READ]], find) if find else {},
            )


class Nearest:
    """Vectors of texts, by the documents that they are of."""

    def __init__(
        self, texts: Sequence[Sequence[str]], records: Sequence[Record], embedder: Embedder
    ) -> None:
        """Embeds the texts of each record; every record has at least one."""
        self._ids = [record.id for record in records]
        self._starts = np.cumsum([0, *map(len, texts)])[:-1]
        self._owners = [record.id for record, own in zip(records, texts, strict=True) for _ in own]
        flat = [text for own in texts for text in own]
        pages = [flat[start : start + 2048] for start in range(0, len(flat), 2048)]
        self._vectors: Vectors = np.concatenate(
            [embedder.embed(page) for page in tracked("Embedding", pages)]
        )

    def by_document(self, vector: Vectors) -> Scores:
        """The greatest similarity of each document's texts."""
        best = np.maximum.reduceat(self._vectors @ vector, self._starts)
        return dict(zip(self._ids, map(float, best), strict=True))

    def best(self, vector: Vectors, depth: int) -> Scores:
        """The same, of the documents of the nearest texts only."""
        similarities = self._vectors @ vector
        found: Scores = {}
        for place in np.argsort(-similarities, kind="stable")[:depth]:
            found.setdefault(self._owners[place], float(similarities[place]))
        return found

    def fed_back(self, vector: Vectors, share: float) -> Scores:
        """`by_document` of the vector mixed with the mean of its three nearest texts."""
        return self._with(vector, np.argsort(-(self._vectors @ vector), kind="stable")[:3], share)

    def mixed(self, vector: Vectors, documents: Sequence[str], share: float) -> Scores:
        """`by_document` of the vector mixed with the mean of these documents' nearest texts."""
        similarities = self._vectors @ vector
        wanted = set(documents)
        best: dict[str, int] = {}
        for place in np.argsort(-similarities, kind="stable")[: 10 * DEPTH]:
            if self._owners[place] in wanted:
                best.setdefault(self._owners[place], int(place))
        return self._with(vector, np.array(list(best.values()), dtype=np.int64), share)

    def _with(self, vector: Vectors, places: NDArray[np.int64], share: float) -> Scores:
        if not len(places):
            return self.by_document(vector)
        mixed = (1 - share) * vector + share * self._vectors[places].mean(axis=0)
        return self.by_document(mixed / np.linalg.norm(mixed))


def marking_terms(
    records: Sequence[Record], asked: Sequence[str], index: LexicalIndex, count: int = 10
) -> list[str]:
    """The terms that documents share and that are rare elsewhere, without those asked for."""
    weights: dict[str, float] = {}
    for record in records:
        for term in set(index_terms(f"{record.title} {record.abstract}")) - set(asked):
            weights[term] = weights.get(term, 0.0) + index.rarity(term)
    return sorted(weights, key=lambda term: (-weights[term], term))[:count]


def read_together(text: str, records: Sequence[Record], find: Find) -> Scores:
    """A reader's log-odds that records are about a query."""
    found = find(text, [texts_of(record) for record in records])
    return {record.id: item.relevant for record, item in zip(records, found, strict=True)}


def sentences_of(record: Record) -> list[str]:
    """The sentences of an abstract, as they are embedded."""
    spans = split_sentences(record.abstract)
    return [searchable(record.abstract[span.start : span.end]) for span in spans] or [record.title]


def index_of(folder: Path, records: Sequence[Record]) -> LexicalIndex:
    """A term index of records."""
    index = LexicalIndex(folder)
    index.clear()
    index.replace([(alone(record), []) for record in records])
    return index
