"""How much a reader says in whether a claim is supported, so that free wording is not refused.

On claims that people wrote a reader that says more is right more often; it also refuses correct
sentences in free wording. So it says as much as helps most on such claims among what, on drafts
(the first half of evals/cases/drafts.jsonl), catches no fewer errors and removes no more correct
sentences than the rules alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evals.bench.drafts import HALVES, WEAKER, load_drafts
from evals.metrics import balanced_accuracy
from rag.checking import Judge, Memory, check_claim
from rag.checking.comparison import compare
from rag.checking.features import figures
from rag.checking.model import OFFSET, LogWeights, Weights, load_model, reader_odds
from rag.trees import Matrix
from vectorstore import minilm

SAYS = tuple(step / 20 for step in range(21))
"""Weights of a reader's log-odds beside the forests' own, tried in turn."""
OFFSETS = tuple(step / 10 for step in range(21))
_CERTAIN = LogWeights(support=Weights(0.0, 0.0, 50.0))
"""With these nothing but a veto refuses a claim."""


class Drafted(NamedTuple):
    """A drafted sentence, as forests and reader see it.

    Attributes:
        forests: Log-odds of support.
        reader: The reader's.
        vetoed: Whether rules refuse it, whatever those say.
        weakened: Whether `partly` is the rules' verdict and the right one.
        correct: Whether it is true.
    """

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
        report: Shares by hundredths: of drafted errors caught, of true drafts removed, and
            balanced accuracy on claims, without and with it.
    """

    weights: Weights
    offset: float
    report: dict[str, Any]


def read_drafts(path: Path, corpus: Path, judge: Judge) -> list[Drafted]:
    """The first half of some drafts."""
    read, certain = Memory(minilm.read), Judge(judge.read, _CERTAIN)
    found = []
    for draft in load_drafts(path, corpus):
        seen = compare(draft.claim, [draft.paper], read=read, judge=judge)
        if draft.half == HALVES[0] and seen is not None and seen.opinion is not None:
            verdict = check_claim(draft.claim, [draft.paper], read=read, judge=certain).verdict
            found.append(
                Drafted(
                    load_model().weigh(figures(seen)).support,
                    reader_odds(seen.opinion).support,
                    verdict == "unsupported",
                    verdict == "partly" and draft.kind in WEAKER,
                    draft.correct,
                )
            )
    return found


def settle(
    forests: Matrix, reader: Matrix, supported: Matrix, drafts: Sequence[Drafted]
) -> Settled:
    """The best weight and offset.

    Args:
        forests: Log-odds of support of claims that neither has learned from.
        reader: The reader's of the same.
        supported: Whether they are.
        drafts: What must not suffer.
    """

    def tell(say: float, offset: float) -> dict[str, float]:
        said = forests + say * reader + offset >= 0
        refused = [item.vetoed or item.forests + say * item.reader + offset < 0 for item in drafts]
        caught = [
            lost or item.weakened
            for lost, item in zip(refused, drafts, strict=True)
            if not item.correct
        ]
        removed = [lost for lost, item in zip(refused, drafts, strict=True) if item.correct]
        claims = balanced_accuracy(said.tolist(), supported.tolist())
        return {
            "caught": round(float(np.mean(caught)), 3),
            "removed": round(float(np.mean(removed)), 3),
            "claims": round(float(claims or 0.0), 3),
        }

    base = tell(0.0, OFFSET)
    best, figures_of_best = (0.0, OFFSET), base
    for say in SAYS:
        for offset in OFFSETS:
            told = tell(say, offset)
            if (
                told["caught"] >= base["caught"]
                and told["removed"] <= base["removed"]
                and told["claims"] > figures_of_best["claims"]
            ):
                best, figures_of_best = (say, offset), told
    say, offset = best
    return Settled(
        Weights(1.0, say, 0.0), offset, {"reader off": base, "reader on": figures_of_best}
    )
