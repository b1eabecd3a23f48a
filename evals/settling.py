"""How much a reader says in whether a claim is supported, and where the line is drawn.

Both are chosen together, on sentences about abstracts as an LLM words them and as an expert notes
them down: claims written for the reader that it has not learned from, nor from another on the same
paper (pairs invented from some of these abstracts it has seen), and the first half of drafts. Best
is what, taken together, catches most errors and removes fewest correct sentences; the weaker say
wins a tie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evals.bench.drafts import HALVES, WEAKER, load_drafts
from evals.bench.progress import tracked
from rag.checking import Judge, Memory, check_claim
from rag.checking.comparison import compare
from rag.checking.features import figures
from rag.checking.model import LogWeights, Weights, load_model, reader_odds
from rag.reader.examples import is_held_out
from rag.reader.written import FOR_CHECKER, as_passage, claims_by_sort
from vectorstore import minilm

SAYS = tuple(step / 10 for step in range(31))
"""Weights of a reader's log-odds beside the forests' own, tried in turn."""
OFFSETS = tuple(step / 10 for step in range(-20, 31))
_CERTAIN = LogWeights(support=Weights(0.0, 0.0, 50.0))
"""With these nothing but a veto refuses a claim."""


class Sentence(NamedTuple):
    """A sentence about a paper.

    Attributes:
        origin: The set that it comes from.
        claim: The sentence.
        paper: Title and abstract.
        label: `support`, `contradict` or `neutral`; of drafts only whether it is `support`.
        weaker: Whether `partly` is a right verdict.
    """

    origin: str
    claim: str
    paper: str
    label: str
    weaker: bool = False


class Drafted(NamedTuple):
    """A sentence, as forests and reader see it.

    Attributes:
        origin: The set that it comes from.
        forests: Log-odds of support.
        reader: The reader's.
        vetoed: Whether rules refuse it, whatever those say.
        weakened: Whether `partly` is the rules' verdict and a right one.
        correct: Whether it is true.
    """

    origin: str
    forests: float
    reader: float
    vetoed: bool
    weakened: bool
    correct: bool


class Settled(NamedTuple):
    """What a reader says in support, and how that does.

    Attributes:
        weights: Of forests and reader.
        offset: As that of `Judge`.
        report: By set, without and with it: errors caught and correct sentences removed.
    """

    weights: Weights
    offset: float
    report: dict[str, Any]


def drafted_sentences(paths: Iterable[Path], corpus: Path) -> Iterator[Sentence]:
    """The first half of each file of drafts."""
    for path in paths:
        for draft in load_drafts(path, corpus):
            if draft.half == HALVES[0]:
                label = "support" if draft.correct else "contradict"
                weaker = not draft.correct and draft.kind in WEAKER
                yield Sentence(path.stem, draft.claim, draft.paper, label, weaker)


def written_sentences(papers: dict[str, tuple[str, str]]) -> Iterator[Sentence]:
    """The claims written for the reader on papers that are held out of these."""
    for source, item in claims_by_sort(FOR_CHECKER):
        if item["paper"] in papers:
            paper = as_passage(*papers[item["paper"]])
            if is_held_out(paper):
                yield Sentence(source, item["claim"], paper, item["label"])


def look_at(sentences: Sequence[Sentence], judge: Judge) -> list[Drafted]:
    """What forests, reader and vetoes say of each."""
    read, certain = Memory(minilm.read), Judge(judge.read, _CERTAIN)
    found = []
    for item in tracked("Checking", list(sentences)):
        seen = compare(item.claim, [item.paper], read=read, judge=judge)
        if seen is not None and seen.opinion is not None:
            verdict = check_claim(item.claim, [item.paper], read=read, judge=certain).verdict
            found.append(
                Drafted(
                    item.origin,
                    load_model().weigh(figures(seen)).support,
                    reader_odds(seen.opinion).support,
                    verdict == "unsupported",
                    verdict == "partly" and item.weaker,
                    item.label == "support",
                )
            )
    return found


def settle(drafts: Sequence[Drafted]) -> Settled:
    """The best weight and offset."""
    correct = np.array([item.correct for item in drafts])
    forests, reader = (
        np.array([getattr(item, name) for item in drafts]) for name in ("forests", "reader")
    )
    vetoed, weakened = (
        np.array([getattr(item, name) for item in drafts]) for name in ("vetoed", "weakened")
    )
    origins = np.array([item.origin for item in drafts])

    def tell(say: float, offset: float, here: Any) -> dict[str, float]:  # noqa: ANN401
        refused = vetoed | (forests + say * reader + offset < 0)
        return {
            "caught": round(float((refused | weakened)[here & ~correct].mean()), 3),
            "removed": round(float(refused[here & correct].mean()), 3),
        }

    everywhere = np.ones(len(drafts), bool)
    best, most = (0.0, 0.0), -1.0
    for say in SAYS:
        for offset in OFFSETS:
            told = tell(say, offset, everywhere)
            gain = told["caught"] - told["removed"]
            if gain > most:
                best, most = (say, offset), gain
    ways = {"reader off": (0.0, 0.0), "reader on": best}
    sets = {str(name): origins == name for name in sorted(set(origins))}
    report = {
        way: {name: tell(*values, here) for name, here in sets.items()}
        for way, values in ways.items()
    }
    return Settled(Weights(1.0, best[0], 0.0), best[1], report)
