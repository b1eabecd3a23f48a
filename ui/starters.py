"""Questions to begin with, made from the papers at hand and tried out before they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from time import perf_counter
from weakref import WeakKeyDictionary

from rag import Library, QuothError, Record
from rag.cli.rendering import for_reading
from rag.referents import short_title

LOOKED_AT = 400
"""Papers that are looked at, of the first."""
MOST_TRIED, MOST_SECONDS = 24, 2.0
"""Questions that are tried out, and for how long."""
LEAST_CONFIDENCE = 0.75
MAX_CHARACTERS = 90

_NUMBER_NEAR = r"\b[^.;]{0,40}?\d"
_MEASURES = (
    "accuracy|AUC|AUROC|BLEU|F1 score|F1|FID|hazard ratio|mAP|mortality|odds ratio|perplexity|"
    "precision|prevalence|recall|ROUGE|sensitivity|specificity"
)
_CUES = (
    (re.compile(rf"\b(speed-?ups?|faster){_NUMBER_NEAR}|\d[^.;]{{0,20}}\bfaster\b"), "faster"),
    (re.compile(rf"\b({_MEASURES}){_NUMBER_NEAR}"), "measure"),
    (re.compile(r"\b(?:[Dd]atasets?|[Bb]enchmarks?)\b"), "data"),
    (re.compile(r"."), "what"),
)
_WORDINGS = {
    "faster": "How much faster is {name}?",
    "measure": "What {measure} does {name} reach?",
    "data": "Which datasets is {name} evaluated on?",
    "what": "What is {name}?",
    "topic": "What is known about {name}?",
    "title": "What does {name} report?",
}


_KEPT: WeakKeyDictionary[Library, tuple[tuple[int, int], list[str]]] = WeakKeyDictionary()


def starter_questions(library: Library, count: int = 4) -> list[str]:
    """Questions about different papers of a library, each of which it answers; fewer where need be.

    They are kept until the number of papers changes. Made anew they take `MOST_SECONDS` and one
    answer at most, and a tenth of that on an idle machine.
    """
    made_for = (len(library), count)
    if _KEPT.get(library, ((-1, -1), []))[0] != made_for:
        _KEPT[library] = (made_for, _make(library, count))
    return list(_KEPT[library][1])


def _make(library: Library, count: int) -> list[str]:
    deadline = perf_counter() + MOST_SECONDS
    known = list(islice(library.records(), LOOKED_AT))
    asked: list[str] = []
    kinds: list[str] = []
    for record in islice(_spread(known), MOST_TRIED):
        if len(asked) == count or perf_counter() > deadline:
            break
        for kind, question in sorted(_candidates(record), key=lambda one: kinds.count(one[0])):
            if _is_answered(library, question, record):
                asked.append(question)
                kinds.append(kind)
                break
    return asked


def _spread(records: Sequence[Record]) -> Iterator[Record]:
    """The records in steps of several, so that the first are not all of one file."""
    step = max(1, len(records) // MOST_TRIED)
    named = sorted(records, key=lambda record: record.title_derived)
    for start in range(step):
        yield from named[start::step]


def _candidates(record: Record) -> list[tuple[str, str]]:
    """What could be asked about a paper: the kind of question, and its words."""
    name = for_reading(short_title(record.title))
    if " " in name:
        return _fitting([_worded("title" if name.startswith("“") else "topic", name)])
    found = ((kind, cue.search(record.abstract)) for cue, kind in _CUES)
    return _fitting(_worded(kind, name, match) for kind, match in found if name and match)


def _worded(kind: str, name: str, match: re.Match[str] | None = None) -> tuple[str, str]:
    measure = match[1] if match and kind == "measure" else ""
    return kind, _WORDINGS[kind].format(name=name, measure=measure)


def _fitting(questions: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [one for one in questions if len(one[1]) <= MAX_CHARACTERS]


def _is_answered(library: Library, question: str, record: Record) -> bool:
    """Whether the library answers from that paper first, and is sure of it."""
    try:
        answer = library.ask(question)
    except QuothError:
        return False
    if answer.abstained or answer.confidence < LEAST_CONFIDENCE:
        return False
    return answer.citations[0].record_id == record.id
