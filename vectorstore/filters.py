"""`year>=2024`, `group=Perry`, `source=export.bib`, `title=words`: which records may answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vectorstore.errors import QuestionError
from vectorstore.terms import index_terms

_CONDITION = re.compile(r"\s*(year|group|source|title)\s*(>=|<=|!=|=|>|<)\s*(.+?)\s*", re.DOTALL)
_CHROMA = {">=": "$gte", "<=": "$lte", "=": "$eq", ">": "$gt", "<": "$lt"}
EXPECTED = "expected year>=2024 (or = != < <= >), group=NAME, source=FILE or title=WORDS"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `value` is a number for years and case-folded text otherwise."""

    field: str
    operator: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold; none lets every record through."""

    conditions: tuple[Condition, ...] = ()

    def chroma(self) -> dict[str, Any] | None:
        """The filter in Chroma's form; None lets every record through."""
        clauses = [clause for item in self.conditions for clause in _clauses(item)]
        if len(clauses) < 2:
            return clauses[0] if clauses else None
        return {"$and": clauses}


def parse_filter(where: str | Sequence[str] | Filter | None) -> Filter:
    """The filter that a user wrote: one condition, or several of which all must hold.

    Raises:
        QuestionError: A condition cannot be read.
    """
    if isinstance(where, Filter):
        return where
    texts = [where] if isinstance(where, str) else list(where or ())
    return Filter(tuple(_parse_condition(text) for text in texts))


def _parse_condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise QuestionError(f"Cannot read the filter {text!r}; {EXPECTED}.")
    field, operator, value = match.groups()
    if field == "year":
        if not re.fullmatch(r"[0-9]{1,4}", value):
            raise QuestionError(f"Not a year in the filter {text!r}; {EXPECTED}.")
        return Condition(field, operator, int(value))
    if operator != "=":
        raise QuestionError(f"Cannot compare {field} by {operator!r} in {text!r}; {EXPECTED}.")
    if field == "title" and not index_terms(value):
        raise QuestionError(f"No word to look for in the filter {text!r}; {EXPECTED}.")
    return Condition(field, operator, value.casefold())


def _clauses(condition: Condition) -> list[dict[str, Any]]:
    if condition.field == "year":
        return [_year_clause(condition.operator, condition.value)]
    if condition.field == "title":
        terms = index_terms(str(condition.value))
        return [{"title_terms": {"$contains": term}} for term in terms]
    return [{condition.field + "s": {"$contains": condition.value}}]


def _year_clause(operator: str, year: str | int) -> dict[str, Any]:
    if operator == "!=":  # Chroma's own `$ne` lets records without a year through
        return {"$or": [_year_clause("<", year), _year_clause(">", year)]}
    return {"year": {_CHROMA[operator]: year}}
