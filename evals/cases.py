"""Question cases: what is asked, which papers answer it, and what a right answer states."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from evals.files import read_objects
from evals.wording import fold, states
from vectorstore.records import Record

KINDS = (
    "fact",
    "facts",
    "definition",
    "yesno",
    "which_papers",
    "comparison",
    "paraphrase",
    "follow_up",
    "near_miss",
    "off_topic",
    "hostile",
)
ALL_PAPERS_KINDS = frozenset({"which_papers", "comparison"})
UNANSWERABLE_KINDS = frozenset({"near_miss", "off_topic"})
EITHER_KINDS = frozenset({"follow_up", "hostile"})
FIELDS = (
    "id",
    "kind",
    "papers",
    "question",
    "answerable",
    "facts",
    "evidence",
    "spans",
    "reason",
    "history",
    "standalone",
    "stray",
    "draft",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One question, and what is known about its answer.

    Attributes:
        id: Unique in its file.
        kind: One of `KINDS`.
        question: As typed.
        answerable: Whether the corpus states the answer.
        papers: Papers that answer it (or that it nearly asks about): keys, or record ids once
            resolved.
        facts: Groups of alternatives; a right answer states one alternative of every group.
        evidence: Sentences that answer it.
        spans: The same as `[start, end)` in the abstract of its only paper.
        reason: Why it cannot be answered.
        history: Questions asked before it in the same conversation.
        standalone: Groups of alternatives; the question made complete holds one of every group.
        stray: What the question made complete must not hold.
        place: File and line.
    """

    id: str
    kind: str
    question: str
    answerable: bool
    papers: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    reason: str = ""
    history: tuple[str, ...] = ()
    standalone: tuple[tuple[str, ...], ...] = ()
    stray: tuple[str, ...] = ()
    place: str = ""


def load_cases(path: Path) -> list[Case]:
    """Read a JSON Lines file of cases.

    Raises:
        EvalError: A line or a field is not what the format says, or there are no cases.
    """
    cases: dict[str, Case] = {}
    for place, item in read_objects(path):
        case = parse_case(item, place, default_id(path, place))
        if case.id in cases:
            raise EvalError(f"{place}: the id '{case.id}' is that of {cases[case.id].place} too.")
        cases[case.id] = case
    if not cases:
        raise EvalError(f"{path}: no cases found; expected one JSON object a line.")
    return list(cases.values())


def default_id(path: Path, place: str) -> str:
    """File stem and line number."""
    return f"{path.name.removesuffix('.gz').removesuffix('.jsonl')}:{place.rsplit(' ', 1)[-1]}"


def parse_case(item: dict[str, Any], place: str, default: str) -> Case:
    """The case that one line states."""
    unknown = sorted(set(item) - set(FIELDS))
    if unknown:
        raise EvalError(f"{place}: unknown field '{unknown[0]}'; known: {', '.join(FIELDS)}.")
    refuse_draft(item, place)
    case = Case(
        id=read_text(item, "id", place) if "id" in item else default,
        kind=read_kind(item, place),
        question=read_text(item, "question", place),
        answerable=read_flag(item, "answerable", place),
        papers=read_texts(item, "papers", place),
        facts=read_facts(item, "facts", place),
        evidence=read_texts(item, "evidence", place),
        spans=read_spans(item, place),
        reason=read_text(item, "reason", place, empty=True),
        history=read_texts(item, "history", place),
        standalone=read_facts(item, "standalone", place),
        stray=read_texts(item, "stray", place),
        place=place,
    )
    require_consistent(case)
    return case


def refuse_draft(item: dict[str, Any], place: str) -> None:
    """Raise where nobody has accepted the case yet."""
    if "draft" in item and read_flag(item, "draft", place):
        raise EvalError(
            f"{place}: a draft that nobody has accepted. Read it beside its paper; then delete "
            "'\"draft\": true' to accept it, or delete the line."
        )


def require_consistent(case: Case) -> None:
    """Raise where what is given does not fit `kind` or `answerable`."""
    if case.kind not in EITHER_KINDS and case.answerable == (case.kind in UNANSWERABLE_KINDS):
        wanted = str(not case.answerable).lower()
        raise EvalError(f"{case.place}: 'answerable' must be {wanted} where 'kind' is {case.kind}.")
    for name, what in needed_fields(case):
        if not getattr(case, name):
            raise EvalError(f"{case.place}: '{name}' is empty; {what} case needs it.")
    if case.facts and not case.answerable:
        raise EvalError(f"{case.place}: 'facts' is given; an unanswerable case has none.")
    if case.kind == "off_topic" and case.papers:
        raise EvalError(f"{case.place}: 'papers' is given; an off_topic case has none.")
    if case.spans and len(case.papers) != 1:
        raise EvalError(
            f"{case.place}: 'spans' is given, and 'papers' names {len(case.papers)}; "
            "expected one paper, whose abstract the offsets count in."
        )


def needed_fields(case: Case) -> list[tuple[str, str]]:
    """(field, the cases that need it) of each field that must not be empty."""
    if case.answerable:
        needed = [("papers", "an answerable"), ("facts", "an answerable")]
    else:
        needed = [("reason", "an unanswerable")]
    if case.kind == "near_miss" and not case.history:  # else what was said tells which paper
        needed.append(("papers", "a near_miss"))
    if case.kind == "follow_up":
        needed.append(("history", "a follow_up"))
    return needed


def read_kind(item: dict[str, Any], place: str) -> str:
    """The kind, one of `KINDS`."""
    kind = read_text(item, "kind", place)
    if kind not in KINDS:
        raise EvalError(f"{place}: 'kind' is '{kind}'; expected one of {', '.join(KINDS)}.")
    return kind


def read_text(item: dict[str, Any], name: str, place: str, empty: bool = False) -> str:
    """A string; not blank, and not missing, unless `empty`."""
    value = item.get(name, "" if empty else None)
    if not isinstance(value, str) or not (empty or value.strip()):
        raise EvalError(f"{place}: '{name}' is {describe(item, name)}; expected a string.")
    return value


def read_flag(item: dict[str, Any], name: str, place: str) -> bool:
    """A plain true or false."""
    value = item.get(name)
    if not isinstance(value, bool):
        raise EvalError(f"{place}: '{name}' is {describe(item, name)}; expected true or false.")
    return value


def read_texts(item: dict[str, Any], name: str, place: str) -> tuple[str, ...]:
    """A list of strings, none of them blank; empty where it is missing."""
    value = item.get(name, [])
    if not is_texts(value):
        raise EvalError(f"{place}: '{name}' is {describe(item, name)}; expected a list of strings.")
    return tuple(value)


def read_facts(item: dict[str, Any], name: str, place: str) -> tuple[tuple[str, ...], ...]:
    """A list of lists of strings, each with at least one that is more than markup."""
    value = item.get(name, [])
    if not isinstance(value, list) or not all(is_texts(group) and group for group in value):
        raise EvalError(
            f"{place}: '{name}' is {describe(item, name)}; expected a list of lists of strings, "
            "none of them empty."
        )
    blank = [text for group in value for text in group if not fold(text)]
    if blank:
        raise EvalError(f"{place}: '{name}' holds {blank[0]!r}, which says nothing.")
    return tuple(tuple(group) for group in value)


def read_spans(item: dict[str, Any], place: str) -> tuple[tuple[int, int], ...]:
    """A list of pairs of offsets, each start before its end."""
    value = item.get("spans", [])
    if not isinstance(value, list) or not all(is_span(pair) for pair in value):
        raise EvalError(
            f"{place}: 'spans' is {describe(item, 'spans')}; expected a list of [start, end] pairs."
        )
    return tuple((start, end) for start, end in value)


def is_span(value: object) -> bool:
    """Whether it is a pair of offsets, the first before the second."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(offset) is int for offset in value)
        and 0 <= value[0] < value[1]
    )


def is_texts(value: object) -> bool:
    """Whether it is a list of strings, none of them blank."""
    return isinstance(value, list) and all(isinstance(text, str) and text.strip() for text in value)


def describe(item: dict[str, Any], name: str) -> str:
    """What was found in a field, for a message."""
    return repr(item[name])[:60] if name in item else "missing"


def resolve(cases: Iterable[Case], records: Sequence[Record]) -> list[Case]:
    """The cases with each paper's key replaced by its record id.

    A key is a record id, or a string that occurs in the title or abstract of exactly one record.

    Raises:
        EvalError: A key fits no record, or several.
    """
    ids = {record.id for record in records}
    texts = {record.id: one_line(f"{record.title} {record.abstract}") for record in records}
    return [
        replace(case, papers=tuple(find_paper(key, ids, texts, case) for key in case.papers))
        for case in cases
    ]


def find_paper(key: str, ids: Collection[str], texts: dict[str, str], case: Case) -> str:
    """The id of the one record that the key names."""
    if key in ids:
        return key
    found = [record_id for record_id, text in texts.items() if one_line(key) in text]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} records: {', '.join(found[:3])}" if found else "no record"
    raise EvalError(
        f"{case.place}: the paper '{key}' of case '{case.id}' fits {what} (of {len(texts)}); "
        "expected a record id, or a string that occurs in one record."
    )


def one_line(text: str) -> str:
    """The text with each run of white space as one space."""
    return " ".join(text.split())


def is_complete(case: Case, standalone: str) -> bool:
    """Whether a follow-up was made complete as its case says."""
    said = standalone.casefold()
    carried = all(any(word.casefold() in said for word in group) for group in case.standalone)
    return carried and not any(word.casefold() in said for word in case.stray)


def is_correct(case: Case, text: str, cited: Collection[str]) -> bool:
    """Whether an answer to an answerable, resolved case is right.

    Args:
        case: What is asked, its papers being record ids.
        text: The answer's text and the quotes that it cites.
        cited: Record ids of its citations.
    """
    stated = all(any(states(text, fact) for fact in group) for group in case.facts)
    enough = all if case.kind in ALL_PAPERS_KINDS else any
    return stated and enough(paper in cited for paper in case.papers)
