"""`bench drafts`: planted errors that the checker catches, and true sentences that it removes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.bench.cases import share
from evals.bench.pairs import Check
from evals.errors import EvalError
from evals.files import read_objects
from rag.checking import Finding

HALVES = ("first", "second")
WEAKER = frozenset({"hedge", "scope"})
"""Kinds of error for which `partly` is the right verdict as well."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence about one paper.

    Attributes:
        name: Its id.
        paper: Title and abstract of the paper that it cites.
        claim: The sentence.
        kind: The error that it, or its twin, holds.
        correct: Whether it holds none.
        half: `first` was tuned on, `second` was not.
    """

    name: str
    paper: str
    claim: str
    kind: str
    correct: bool
    half: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft and its finding."""

    draft: Draft
    finding: Finding

    @property
    def removed(self) -> bool:
        """Whether the reader would not get to see it."""
        return self.finding.verdict == "unsupported"

    @property
    def caught(self) -> bool:
        """Whether it was found to be wrong; for a dropped hedge, a weaker verdict will do."""
        return self.removed or (self.draft.kind in WEAKER and self.finding.verdict == "partly")


def run_drafts(path: Path, corpus: Path, check: Check) -> dict[str, Any]:
    """The figures of `bench drafts`."""
    judged = [
        Judged(draft, check(draft.claim, [draft.paper])) for draft in load_drafts(path, corpus)
    ]
    return {"drafts": path.name, **summarise(judged)}


def load_drafts(path: Path, corpus: Path) -> list[Draft]:
    """The drafts, each with its paper: a JSON object a line, with `id`, `title` and `abstract`.

    Raises:
        EvalError: A line lacks a field, or is about a paper that the corpus lacks; or no line.
    """
    papers = {
        _text(item, "id", place): f"{_text(item, 'title', place)}. {_text(item, 'abstract', place)}"
        for place, item in read_objects(corpus)
    }
    drafts = [_read_draft(item, place, papers, corpus) for place, item in read_objects(path)]
    if not drafts:
        raise EvalError(f"{path}: no drafts.")
    return drafts


def _read_draft(item: dict[str, Any], place: str, papers: Mapping[str, str], corpus: Path) -> Draft:
    paper, correct = _text(item, "paper", place), item.get("correct")
    if paper not in papers:
        raise EvalError(f"{place}: {corpus} has no paper {paper}.")
    if not isinstance(correct, bool):
        raise EvalError(f"{place}: 'correct' is {correct!r}; expected true or false.")
    name, claim, kind, half = (_text(item, key, place) for key in ("id", "claim", "kind", "half"))
    return Draft(name, papers[paper], claim, kind, correct, half)


def _text(item: dict[str, Any], name: str, place: str) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        raise EvalError(f"{place}: no text under '{name}' (found: {', '.join(item)}).")
    return value


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """The shares caught and removed, over all, by half and by kind, and what went wrong."""
    kinds = dict.fromkeys(item.draft.kind for item in judged)
    return {
        "overall": _shares(judged),
        "halves": {
            half: _shares([item for item in judged if item.draft.half == half]) for half in HALVES
        },
        "kinds": {
            kind: _shares([item for item in judged if item.draft.kind == kind]) for kind in kinds
        },
        "missed": [_show(item) for item in judged if not item.draft.correct and not item.caught],
        "wrongly_removed": [_show(item) for item in judged if item.draft.correct and item.removed],
    }


def _shares(judged: Sequence[Judged]) -> dict[str, Any]:
    errors = [item for item in judged if not item.draft.correct]
    twins = [item for item in judged if item.draft.correct]
    return {
        "errors": len(errors),
        "errors_caught": share(float(item.caught) for item in errors),
        "twins_removed": share(float(item.removed) for item in twins),
    }


def _show(item: Judged) -> dict[str, Any]:
    return {
        "id": item.draft.name,
        "kind": item.draft.kind,
        "claim": item.draft.claim,
        "verdict": item.finding.verdict,
        "reason": item.finding.reason,
        "probability": round(item.finding.probability, 3),
    }
