"""What else could rank better: each candidate against the present ranking, on held-out folds.

Vectors and BM25 scores of a test set are worked out once; a candidate is a function from them to
a ranking. Where it has a parameter, that is chosen on the other folds of the queries, and scored
on the fold that is left out; the paired bootstrap is over all queries so scored.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.beir import Beir
from evals.bench.progress import tracked
from evals.bench.retrieval import DEPTH, as_records, leave_out_itself
from evals.metrics import bootstrap, ndcg_at, paired_bootstrap, recall_at
from vectorstore.embedding import Embedder
from vectorstore.filters import Filter
from vectorstore.fusion import VECTOR_WEIGHT, fuse
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
Scores = dict[str, float]
Grid = Sequence[float]


@dataclass(frozen=True)
class Query:
    """A query with all that candidates rank by.

    Attributes:
        id: Its id.
        text: As asked.
        near: Cosine similarity of the nearest passage, of the best 200 documents by either score.
        nearest: The same of the documents whose passages are among the nearest 100.
        terms: BM25 of the best 100 documents.
        all_terms: BM25 of those 200.
        titles: The same of titles alone.
        fed_back: Similarities of the best 100 documents to the query mixed with its nearest
            passages, by the share of those.
        confirmed: The same of the query mixed with the best passages of its three best documents.
        expanded: BM25 of the ten terms that mark its five best documents, of those 200.
        sentences: Cosine similarity of the nearest sentence, of those 200.
    """

    id: str
    text: str
    near: Scores
    nearest: Scores
    terms: Scores
    all_terms: Scores
    titles: Scores
    fed_back: Mapping[float, Scores]
    confirmed: Mapping[float, Scores]
    expanded: Scores
    sentences: Scores


Candidate = Callable[[Query, float], Scores]


def present(query: Query, weight: float = VECTOR_WEIGHT) -> Scores:
    """The ranking that ships."""
    ranked = fuse(query.nearest, query.terms, weight=weight)
    return {item.key: item.score for item in ranked}


def completed(query: Query, weight: float) -> Scores:
    """What one ranking alone put forward gets its exact score in the other, too."""
    keys = query.nearest.keys() | query.terms.keys()
    near = only(query.near, keys)
    terms = {key: query.all_terms.get(key, 0.0) for key in keys}
    return {item.key: item.score for item in fuse(near, terms, weight=weight)}


def deeper(query: Query, weight: float) -> Scores:
    """Twice as many candidates of each."""
    ranked = fuse(top(query.near, 2 * DEPTH), top(query.all_terms, 2 * DEPTH), weight=weight)
    return {item.key: item.score for item in ranked}


def by_ranks(query: Query, constant: float) -> Scores:
    """Reciprocal rank fusion."""
    found: Scores = {}
    for scores in (query.nearest, query.terms):
        for rank, key in enumerate(sorted(scores, key=lambda item: -scores[item])):
            found[key] = found.get(key, 0.0) + 1 / (constant + rank)
    return found


def by_deviations(query: Query, weight: float) -> Scores:
    """Scores less their mean, over their standard deviation."""
    found: Scores = {}
    for scores, share in ((query.nearest, weight), (query.terms, 1 - weight)):
        values = np.array(list(scores.values()) or [0.0])
        spread = float(values.std()) or 1.0
        lowest = (float(values.min()) - float(values.mean())) / spread
        for key in query.nearest.keys() | query.terms.keys():
            given = (scores[key] - float(values.mean())) / spread if key in scores else lowest
            found[key] = found.get(key, 0.0) + share * given
    return found


def with_titles(query: Query, share: float) -> Scores:
    """BM25 of titles counts once more."""
    terms = {key: score + share * query.titles.get(key, 0.0) for key, score in query.terms.items()}
    return present(replace(query, terms=terms))


def with_feedback(query: Query, share: float) -> Scores:
    """A second search by the query mixed with its three nearest passages."""
    return present(replace(query, nearest=query.fed_back[share]))


def with_confirmed_feedback(query: Query, share: float) -> Scores:
    """The same by the best documents of both rankings together."""
    return present(replace(query, nearest=query.confirmed[share]))


def with_more_terms(query: Query, share: float) -> Scores:
    """BM25 of terms that mark the best documents counts, too."""
    keys = query.terms.keys() | top(query.expanded, DEPTH).keys()
    terms = {
        key: query.all_terms.get(key, 0.0) + share * query.expanded.get(key, 0.0) for key in keys
    }
    return present(replace(query, terms=terms))


def with_all(query: Query, share: float) -> Scores:
    """Confirmed feedback, more terms and the nearest sentence, together."""
    near = {
        key: 0.8 * score + 0.2 * query.sentences.get(key, score)
        for key, score in query.confirmed[share].items()
    }
    return with_more_terms(replace(query, nearest=near), 0.1)


def with_sentences(query: Query, share: float) -> Scores:
    """The nearest sentence counts beside the nearest passage."""
    near = {
        key: (1 - share) * score + share * query.sentences[key]
        for key, score in query.nearest.items()
    }
    return present(replace(query, nearest=near))


def by_length(query: Query, step: float) -> Scores:
    """Vectors count more, the more terms a query has."""
    terms = len(index_terms(query.text))
    return present(query, float(np.clip(VECTOR_WEIGHT + step * (terms - 8), 0.1, 0.9)))


SHARES = (0.1, 0.2, 0.3, 0.5)
WEIGHTS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
CANDIDATES: dict[str, tuple[Candidate, Grid]] = {
    "another weight": (present, WEIGHTS),
    "missing scores made exact": (completed, WEIGHTS),
    "200 candidates": (deeper, WEIGHTS),
    "reciprocal ranks": (by_ranks, (1, 5, 20, 60)),
    "standard scores": (by_deviations, WEIGHTS),
    "titles once more": (with_titles, (0.05, 0.1, 0.2, 0.4)),
    "feedback of vectors": (with_feedback, SHARES),
    "feedback of both": (with_confirmed_feedback, SHARES),
    "more terms": (with_more_terms, (0.02, 0.05, 0.1, 0.2)),
    "nearest sentence": (with_sentences, SHARES),
    "the last three together": (with_all, SHARES),
    "weight by length of query": (by_length, (-0.02, -0.01, 0.01, 0.02)),
}


def run_study(beir: Beir, embedder: Embedder, limit: int | None = None) -> dict[str, Any]:
    """Every candidate against the present ranking.

    Args:
        beir: The test set.
        embedder: The model.
        limit: Use so many queries only.
    """
    queries = list(prepare_queries(beir, embedder, beir.choose(limit)))
    base = [measure(beir, query, present(query)) for query in queries]
    found: dict[str, Any] = {}
    for name, (candidate, grid) in CANDIDATES.items():
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


def prepare_queries(beir: Beir, embedder: Embedder, ids: Sequence[str]) -> Iterator[Query]:
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


def only(scores: Scores, keys: Iterable[str]) -> Scores:
    """The scores of these documents, where they have one."""
    return {key: scores[key] for key in keys if key in scores}


def top(scores: Scores, count: int) -> Scores:
    """The greatest scores."""
    return {key: scores[key] for key in sorted(scores, key=lambda key: -scores[key])[:count]}
