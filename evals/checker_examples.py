"""What the checker learns from: public claims, sentences reworded or changed, written claims.

SciFact's claims and SummEdits are left to measure with. Left out of the public sets: drop_nli (its
contradictions are arithmetic), semantic_fragments (templates), citation_integrity (supports that
go beyond).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from evals.bench.progress import tracked
from evals.files import read_objects
from evals.fit_meaning import halved
from rag.checking import Memory
from rag.checking.comparison import Comparison, compare
from rag.checking.features import word_figures
from rag.checking.meaning import Reader, Reading
from rag.reader.edits import make_pairs
from rag.reader.examples import is_held_out
from rag.reader.written import FOR_CHECKER, as_passage, claims_by_sort

OWN = "own: "
ABSTRACTS = 3500
OWN_WEIGHT, OWN_FOREST = 1.0, 8000
"""Weight of an own pair, and how many go to the forests."""
WRITTEN_WEIGHT = 0.5
"""Of a written claim, for the forests; with them, the network leaned worse on SciFact."""

BY_CLAIM = frozenset({"check_covid", "fool_me_twice"})
"""Sets that put one claim to many documents: their folds keep the claim together."""

_MOST_CHARACTERS = 6000


class Source(NamedTuple):
    """How many claims of a set are drawn, and how much each counts."""

    claims: int
    weight: float


SOURCES = {
    "mnli_llmsknow": Source(16115, 1.0),
    "cad_snli": Source(7000, 0.6),
    "semi_auto_nli_wiki": Source(9000, 0.8),
    "check_covid": Source(2266, 1.0),
    "evidence_inference_v2": Source(3000, 0.5),
    "fool_me_twice": Source(2548, 1.0),
    "fever_symmetric": Source(1416, 1.0),
    "feverous_dev": Source(2000, 0.5),
    "wice": Source(2075, 1.0),
    "negation_nli": Source(2999, 0.7),
    "breaking_nli": Source(1500, 0.3),
    "conj_nli": Source(2000, 0.4),
    "entailment_tree_nli": Source(800, 0.4),
}
"""For the network."""

FOREST_SOURCES = {
    "check_covid": Source(2266, 1.0),
    "evidence_inference_v2": Source(1500, 0.5),
    "feverous_dev": Source(600, 0.5),
    "fool_me_twice": Source(2548, 1.0),
    "fever_symmetric": Source(1416, 1.0),
    "wice": Source(2075, 1.0),
    "mnli_llmsknow": Source(3000, 0.7),
    "semi_auto_nli_wiki": Source(2000, 1.0),
    "negation_nli": Source(500, 0.5),
    "breaking_nli": Source(300, 0.3),
    "cad_snli": Source(400, 0.3),
    "entailment_tree_nli": Source(300, 0.3),
}
"""For the forests: fewer of the sets with short texts, which abstracts are not like."""


@dataclass(frozen=True)
class Example:
    """A claim against its document, and its label.

    Attributes:
        figures: Those of words alone, by name.
        reading: What the network takes; None where it can take nothing.
        label: `support`, `contradict` or `neutral`.
        source: The set that it comes from, or the kind of change that was made.
        group: The document, or the claim: kept in one fold.
        weight: How much it counts for the network; 0 where that does not learn from it.
        forest_weight: How much it counts for the forests.
    """

    figures: dict[str, float]
    reading: Reading | None
    label: str
    source: str
    group: str
    weight: float
    forest_weight: float


def draw_claims(path: Path, seed: int = 0) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Of each public set, by name, the claims that are learned from."""
    known: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, item in read_objects(path):
        if item["source"] in SOURCES and len(item["document"]) <= _MOST_CHARACTERS:
            known[item["source"]].append(item)
    chance = random.Random(seed)
    for name, (count, _) in SOURCES.items():
        yield name, chance.sample(known[name], min(count, len(known[name])))


def read_claims(path: Path, read: Reader, seed: int = 0) -> Iterator[Example]:
    """Drawn claims of the public sets."""
    for name, drawn in draw_claims(path, seed):
        weight = SOURCES[name].weight
        forest = FOREST_SOURCES.get(name, Source(0, 0.0))
        for number, item in enumerate(tracked(f"Reading {name}", drawn)):
            found = compare(item["claim"], [item["document"]], read=read)
            if found is not None:
                group = item["claim"] if name in BY_CLAIM else item["document"][:200]
                second = forest.weight if number < forest.claims else 0.0
                yield _example(found, item["label"], name, group, weight, second)


def read_abstracts(
    path: Path, read: Reader, count: int = ABSTRACTS, seed: int = 0
) -> Iterator[Example]:
    """Reworded and changed sentences of drawn abstracts."""
    known = [(item["title"], item["abstract"]) for _, item in read_objects(path)]
    drawn = random.Random(seed).sample(known, min(count, len(known)))
    pairs = list(make_pairs(drawn, seed))
    for number, pair in enumerate(tracked("Reading abstracts", pairs)):
        found = compare(pair.claim, [pair.document], read=read)
        if found is not None:
            kind, group = OWN + pair.kind, pair.document[:200]
            second = OWN_WEIGHT if number < OWN_FOREST else 0.0
            yield _example(found, pair.label, kind, group, OWN_WEIGHT, second)


def read_written(papers: Mapping[str, tuple[str, str]], read: Reader) -> Iterator[Example]:
    """Claims that were written, but for those on papers that `evals.settling` looks at.

    Args:
        papers: Title and abstract, by name; claims about others are left out.
        read: Reads texts.
    """
    remembered = Memory(read, capacity=64)
    for source, item in tracked("Reading written claims", list(claims_by_sort(FOR_CHECKER))):
        document = as_passage(*papers[item["paper"]]) if item["paper"] in papers else ""
        if document and not is_held_out(document):
            found = compare(item["claim"], [document], read=remembered)
            if found is not None:
                yield _example(found, item["label"], source, item["paper"], 0.0, WRITTEN_WEIGHT)


def _example(found: Comparison, label: str, source: str, group: str, *weights: float) -> Example:
    reading = None if found.reading is None else halved(found.reading)
    return Example(word_figures(found), reading, label, source, group, *weights)
