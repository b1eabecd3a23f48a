"""Whether the confidence tells questions that the library answers from those it cannot.

On a retrieval test set each query is asked twice: over the whole library, and with the documents
that answer it withheld. On own cases, near-miss questions take the place of the latter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.beir import Beir
from evals.bench.cases import as_json, share
from evals.bench.retrieval import PREFIX
from evals.cases import Case, is_correct
from evals.metrics import (
    RiskPoint,
    area_under_risk_coverage,
    auroc,
    bootstrap_statistic,
    expected_calibration_error,
    risk_coverage,
)
from evals.replies import Reply

COVERAGES = tuple(step / 10 for step in range(1, 11))
NEGATIVE_KIND = "near_miss"
Ask = Callable[[str, frozenset[str]], Reply]
"""(question, record ids to withhold) -> reply."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question under one condition.

    Attributes:
        name: Query or case.
        answerable: Whether the library held the answer.
        right: Whether what it would cite, if made to answer, is right.
        reply: What it replied.
    """

    name: str
    answerable: bool
    right: bool
    reply: Reply

    @property
    def given(self) -> bool:
        """Whether an answer was given at the shipped threshold; a crash counts as one."""
        return not self.reply.abstained


Unit = tuple[Item, ...]
"""Items that are resampled together: the conditions of one query."""


def ask_with_and_without(beir: Beir, query: str, ask: Ask) -> Unit:
    """The query over the whole library, and with all that answers it withheld."""
    gold = frozenset(PREFIX + document for document in beir.relevant(query))
    whole = ask(beir.queries[query], frozenset())
    withheld = ask(beir.queries[query], gold)
    right = not gold.isdisjoint(would_cite(whole))
    return (Item(query, True, right, whole), Item(query, False, False, withheld))


def would_cite(reply: Reply) -> tuple[str, ...]:
    """What the answer cites, or, of an abstention, the nearest passage: its best guess."""
    if reply.error is not None:
        return ()
    return (
        tuple(record_id for record_id, _ in reply.nearest[:1]) if reply.abstained else reply.cited
    )


def ask_case(case: Case, ask: Callable[[Case], Reply]) -> Unit:
    """One case as a unit of its own."""
    reply = ask(case)
    stated = reply.nearest[0][1] if reply.abstained and reply.nearest else reply.stated
    right = case.answerable and is_correct(case, stated, would_cite(reply))
    return (Item(case.id, case.answerable, right, reply),)


def choose_cases(cases: Sequence[Case]) -> list[Case]:
    """The answerable ones and the near misses."""
    return [case for case in cases if case.answerable or case.kind == NEGATIVE_KIND]


def summarise(units: Sequence[Unit]) -> dict[str, Any]:
    """The figures, as plain JSON values; intervals resample whole units."""
    items = [item for unit in units for item in unit]
    confidences, rights = columns(items)
    return {
        "auroc": estimate(units, lambda chosen: auroc(*labelled(chosen))),
        "answered": {
            "answerable": share(item.given for item in items if item.answerable),
            "unanswerable": share(item.given for item in items if not item.answerable),
        },
        "wrong_among_given": estimate(units, wrong_among_given),
        "aurc": estimate(units, lambda chosen: area_under_risk_coverage(*columns(chosen))),
        "ece": estimate(units, lambda chosen: expected_calibration_error(*columns(chosen))),
        "risk_coverage": [asdict(point) for point in thin(risk_coverage(confidences, rights))],
        "crashed": [
            {"id": item.name, "error": item.reply.error}
            for item in items
            if item.reply.error is not None
        ],
    }


def estimate(
    units: Sequence[Unit], statistic: Callable[[list[Item]], float | None]
) -> dict[str, float] | None:
    """A statistic of all items, with the interval that resampling the units gives."""
    return as_json(
        bootstrap_statistic(
            len(units),
            lambda chosen: statistic([item for place in chosen for item in units[place]]),
        )
    )


def columns(items: Sequence[Item]) -> tuple[list[float], list[bool]]:
    """Confidences, and whether each would be right."""
    return [item.reply.confidence for item in items], [item.right for item in items]


def labelled(items: Sequence[Item]) -> tuple[list[float], list[bool]]:
    """Confidences, and whether each can be answered."""
    return [item.reply.confidence for item in items], [item.answerable for item in items]


def wrong_among_given(items: Sequence[Item]) -> float | None:
    """The share of wrong answers among those given at the shipped threshold."""
    given = [item for item in items if item.given]
    return sum(not item.right for item in given) / len(given) if given else None


def thin(points: Sequence[RiskPoint]) -> list[RiskPoint]:
    """The first point at or above each of `COVERAGES`."""
    kept = [next(point for point in points if point.coverage >= least) for least in COVERAGES]
    return list(dict.fromkeys(kept))
