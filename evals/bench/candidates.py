"""Ways to rank the documents of a query, from scores that were worked out before; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evals.bench.retrieval import DEPTH
from rag.trees import sigmoid
from vectorstore.fusion import VECTOR_WEIGHT, fuse
from vectorstore.terms import index_terms

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
        read: A reader's log-odds that they are about the query, of the first 20 documents.
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
    read: Scores


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


def read_again(query: Query, share: float) -> Scores:
    """The first documents anew, by what a reader says of them, too."""
    scores = present(query)
    again = {
        key: 1 + (1 - share) * scores[key] + share * float(sigmoid(np.array(odds)))
        for key, odds in query.read.items()
    }
    return scores | again


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
    "the first 20 read": (read_again, SHARES),
    "weight by length of query": (by_length, (-0.02, -0.01, 0.01, 0.02)),
}


def only(scores: Scores, keys: Iterable[str]) -> Scores:
    """The scores of these documents, where they have one."""
    return {key: scores[key] for key in keys if key in scores}


def top(scores: Scores, count: int) -> Scores:
    """The greatest scores."""
    return {key: scores[key] for key in sorted(scores, key=lambda key: -scores[key])[:count]}
