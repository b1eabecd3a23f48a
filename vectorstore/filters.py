"""`year>=2024`, `group=Perry`, `source=export.bib`, `title=words`: which records may answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vectorstore.errors import QuestionError

_CONDITION = re.compile(r"\s*(year|group|source|title)\s*(>=|<=|!=|=|>|<)\s*(.+?)\s*", re.DOTALL)
_CHROMA = {">=": "$gte", "<=": "$lte", "!=": "$ne", "=": "$eq", ">": "$gt", "<": "$lt"}
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

    @property
    def title_words(self) -> str:
        """The words that a title must hold, joined by spaces."""
        return " ".join(str(item.value) for item in self.conditions if item.field == "title")

    def chroma(self, titled: Sequence[str] = ()) -> dict[str, Any] | None:
        """The filter in Chroma's form; None lets every record through.

        Args:
            titled: The ids of the records whose titles hold `title_words`, where it asks for any.
        """
        clauses = [_clause(item) for item in self.conditions if item.field != "title"]
        if self.title_words:
            clauses.append({"record_id": {"$in": list(titled)}})
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
    if field != "year":
        if operator != "=":
            raise QuestionError(f"Cannot compare {field} by {operator!r} in {text!r}; {EXPECTED}.")
        return Condition(field, operator, value.casefold())
    if not re.fullmatch(r"\d{1,4}", value):
        raise QuestionError(f"Not a year in the filter {text!r}; {EXPECTED}.")
    return Condition(field, operator, int(value))


def _clause(condition: Condition) -> dict[str, Any]:
    if condition.field == "year":
        return {"year": {_CHROMA[condition.operator]: condition.value}}
    return {condition.field + "s": {"$contains": condition.value}}
