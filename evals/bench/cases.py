"""How own question cases come out: right, abstained, wrong, by kind and over all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.cases import KINDS, Case, is_complete, is_correct
from evals.metrics import Interval, auroc, bootstrap, bootstrap_statistic
from evals.replies import Reply


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case and what became of it."""

    case: Case
    reply: Reply

    @property
    def right(self) -> bool:
        """An answer that is correct where there is one, an abstention where there is none."""
        if self.reply.error is not None:
            return False
        if not self.case.answerable:
            return self.reply.abstained
        given = not self.reply.abstained
        return given and is_correct(self.case, self.reply.stated, self.reply.cited)

    @property
    def wrong_given(self) -> bool:
        """An answer was given, and it is wrong; a crash counts as one."""
        return not self.reply.abstained and not self.right

    @property
    def completed(self) -> bool:
        """Whether the follow-up was made complete, or rightly left alone."""
        return self.reply.error is None and is_complete(self.case, self.reply.standalone)

    @property
    def precision(self) -> float | None:
        """The share of the cited papers that are wanted; None where none is cited."""
        cited = set(self.reply.cited)
        return len(cited.intersection(self.case.papers)) / len(cited) if cited else None


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of one system, as plain JSON values."""
    answerable = [outcome for outcome in outcomes if outcome.case.answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.case.answerable]
    given = [outcome for outcome in outcomes if not outcome.reply.abstained]
    listing = [outcome for outcome in answerable if outcome.case.kind == "which_papers"]
    return {
        "kinds": summarise_kinds(outcomes),
        "answerable_accuracy": share(outcome.right for outcome in answerable),
        "unanswerable_abstention": share(outcome.right for outcome in unanswerable),
        "wrong_among_given": share(outcome.wrong_given for outcome in given),
        "given": len(given),
        "made_complete": share(
            outcome.completed for outcome in outcomes if outcome.case.standalone
        ),
        "auroc": as_json(separation(outcomes)),
        "which_papers_precision": share(
            outcome.precision for outcome in listing if outcome.precision is not None
        ),
        "crashed": [
            {"id": outcome.case.id, "error": outcome.reply.error}
            for outcome in outcomes
            if outcome.reply.error is not None
        ],
    }


def summarise_kinds(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """The figures of every kind that occurs, in the order of `KINDS`."""
    kinds = {kind: [outcome for outcome in outcomes if outcome.case.kind == kind] for kind in KINDS}
    return {
        kind: {
            "n": len(members),
            "right": share(outcome.right for outcome in members),
            "abstained": sum(outcome.reply.abstained for outcome in members),
            "wrong_given": sum(outcome.wrong_given for outcome in members),
        }
        for kind, members in kinds.items()
        if members
    }


def separation(outcomes: Sequence[Outcome]) -> Interval | None:
    """AUROC of the confidence, answerable against unanswerable."""
    scores = [outcome.reply.confidence for outcome in outcomes]
    labels = [outcome.case.answerable for outcome in outcomes]
    return bootstrap_statistic(
        len(outcomes),
        lambda chosen: auroc([scores[i] for i in chosen], [labels[i] for i in chosen]),
    )


def share(values: Iterable[float]) -> dict[str, float] | None:
    """The mean with its interval, None where there are no values."""
    known = list(values)
    return as_json(bootstrap(known)) if known else None


def as_json(interval: Interval | None) -> dict[str, float] | None:
    """The interval as plain JSON values."""
    return asdict(interval) if interval else None


def show(outcomes: Iterable[Outcome], which: str, system: str) -> list[dict[str, Any]]:
    """The outcomes to look at one by one: `wrong` ones, or `all`."""
    return [
        {
            "system": system,
            "id": outcome.case.id,
            "kind": outcome.case.kind,
            "question": outcome.case.question,
            "standalone": outcome.reply.standalone,
            "right": outcome.right,
            "abstained": outcome.reply.abstained,
            "confidence": outcome.reply.confidence,
            "wanted_papers": list(outcome.case.papers),
            "wanted_facts": [list(group) for group in outcome.case.facts],
            "reason": outcome.case.reason,
            "text": outcome.reply.text,
            "cited": list(outcome.reply.cited),
            "quotes": list(outcome.reply.quotes),
            "error": outcome.reply.error,
        }
        for outcome in outcomes
        if which == "all" or not outcome.right
    ]
