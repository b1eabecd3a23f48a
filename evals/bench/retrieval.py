"""How well each way of searching ranks the documents that answer a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evals.beir import Beir, Document
from evals.metrics import bootstrap, mrr_at, ndcg_at, paired_bootstrap, recall_at
from vectorstore.fusion import fuse
from vectorstore.records import Record

MODES = ("terms", "vectors", "hybrid")
DEPTH = 100
PREFIX = "beir:"
Measure = Callable[[Sequence[str], Mapping[str, int]], float]
MEASURES: dict[str, Measure] = {
    "ndcg@10": lambda ranked, gains: ndcg_at(ranked, gains, 10),
    "recall@10": lambda ranked, gains: recall_at(ranked, gains, 10),
    "recall@100": lambda ranked, gains: recall_at(ranked, gains, 100),
    "mrr@10": lambda ranked, gains: mrr_at(ranked, gains, 10),
}
Search = Callable[[str, str, int], Sequence[str]]
"""(query, mode, depth) -> record ids, best first."""
Scores = Callable[[str, int], tuple[Mapping[str, float], Mapping[str, float]]]
"""(query, depth) -> cosine similarities and BM25 scores by record id."""
WEIGHTS = tuple(step / 10 for step in range(11))


def as_records(documents: Iterable[Document]) -> list[Record]:
    """The documents that say anything, as records; a title stands in for a missing text."""
    return [
        Record(
            id=PREFIX + document.id,
            title=document.title.strip() or document.text.strip()[:80],
            abstract=document.text if document.text.strip() else document.title,
            title_derived=not document.title.strip(),
        )
        for document in documents
        if document.title.strip() or document.text.strip()
    ]


def measure_retrieval(
    beir: Beir, queries: Sequence[str], search: Search, advance: Callable[[int], None]
) -> dict[str, Any]:
    """The figures of every mode and the differences between them, as plain JSON values."""
    scores: dict[str, dict[str, list[float]]] = {}
    for mode in MODES:
        scores[mode] = {name: [] for name in MEASURES}
        for query in queries:
            ranked = rank(beir, query, mode, search)
            for name, measure in MEASURES.items():
                scores[mode][name].append(measure(ranked, beir.qrels[query]))
            advance(1)
    return {"systems": summarise(scores), "differences": compare(scores)}


def measure_weights(
    beir: Beir, queries: Sequence[str], scores: Scores, advance: Callable[[int], None]
) -> dict[str, Any]:
    """nDCG@10 of the fused ranking by the share that vectors have in it."""
    found: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
    for query in queries:
        similarities, terms = scores(beir.queries[query], DEPTH + 1)
        for weight, values in found.items():
            ranked = [item.key for item in fuse(similarities, terms, weight=weight)]
            kept = leave_out_itself(beir, query, ranked)
            values.append(ndcg_at(kept, beir.qrels[query], 10))
        advance(1)
    return {"weights": {f"{key:.1f}": asdict(bootstrap(value)) for key, value in found.items()}}


def rank(beir: Beir, query: str, mode: str, search: Search) -> list[str]:
    """Document ids, best first."""
    return leave_out_itself(beir, query, search(beir.queries[query], mode, DEPTH + 1))


def leave_out_itself(beir: Beir, query: str, found: Sequence[str]) -> list[str]:
    """The documents of these records, without one of the query's own id.

    BEIR leaves such a document out unless it is judged relevant: in some sets the queries are
    documents of the corpus.
    """
    ranked = [record_id.removeprefix(PREFIX) for record_id in found]
    relevant = beir.relevant(query)
    return [item for item in ranked if item != query or item in relevant][:DEPTH]


def summarise(scores: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """Mode to measure to mean and interval."""
    return {
        mode: {name: asdict(bootstrap(values)) for name, values in measures.items()}
        for mode, measures in scores.items()
    }


def compare(scores: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """The paired differences in nDCG@10 of hybrid search over each of its halves."""
    name = "ndcg@10"
    return {
        f"hybrid over {mode}": {
            name: asdict(paired_bootstrap(scores["hybrid"][name], scores[mode][name]))
        }
        for mode in ("terms", "vectors")
    }
