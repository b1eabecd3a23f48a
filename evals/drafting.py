"""Abstracts -> drafts of cases: questions made from sentences by simple general rules; pure.

A rule finds something that a sentence states plainly (an acronym's long form, a figure, a count, a
list) and asks for it. Asked of a paper that has no word of it, the same question is a near miss.
Rules of this kind err; a person accepts each draft or does not.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag.answerers.acronyms import find_expansion
from vectorstore.records import Record
from vectorstore.sentences import split_sentences
from vectorstore.terms import index_terms

DIGITS = r"\d+(?:[.,]\d+)*"
NUMBER = (
    rf"(?<![\w.,-])[$+]*(?P<number>{DIGITS}(?:[-\u2013]{DIGITS})?)(?![-\u2013])"
    r"(?:(?P<unit>[KMBxX\u00d7])\b|\s?\\?(?P<percent>%)|(?!\w))"
)
ABOUT = r"(?:(?:up|close|equal) to |about |around |only |just |over |more than |at least )?"
NOUN = r"(?P<noun>(?:(?!(?:an?|the|of)\b)[A-Za-z][\w-]* ){0,2}[A-Za-z][\w-]*[a-zA-Z])"
LEAD = (
    r"\b(?:an?|the|its|whose|with|reach(?:es|ing)|achiev(?:es|ing)|attains?|yields?|brings?|gives?"
    r"|shows?)"
)
FIGURE = re.compile(
    rf"{LEAD} {NOUN}(?: of (?:the )?[A-Z][\w-]*)? (?:of|is|was|reaches|reached|equals)"
    rf" {ABOUT}{NUMBER}",
    re.IGNORECASE,
)
COUNT = re.compile(
    rf"{NUMBER} (?P<scale>thousand |million |billion )?"
    r"(?P<noun>(?:[a-z]+(?:-[a-z]+)? )?[a-z]{3,}s)\b"
)
LIST = re.compile(
    r"\b(?P<noun>(?:(?!of |various |several |diverse |different |many |other )[a-z][\w-]+ )?"
    r"[a-z][\w-]+s),? (?:such as|including|namely) (?P<list>[^.;:()]+)"
)
ITEMS = re.compile(r",? and |,? or |, (?:and |or )?")
ARTICLE = re.compile(r"^(?:an?|the) ")
ACRONYM = re.compile(r"\(([A-Z][\w+-]*[A-Z][\w+-]*)\)")
NAME = re.compile(r"((?=\S*[A-Z0-9]\S*[A-Z0-9])\S{2,30}): ")
VAGUE = frozenset("total number set range factor maximum minimum series variety times".split())
MAX_ITEM_WORDS = 4
PAPER = "{paper}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a sentence states, and how to ask for it.

    Attributes:
        kind: Of the case.
        question: With `PAPER` where the paper is named.
        about: What is asked for, in the abstract's words; empty where no other paper can be asked.
        facts: As in a case.
        evidence: The sentence.
    """

    kind: str
    question: str
    about: str
    facts: tuple[tuple[str, ...], ...]
    evidence: str


def draft_cases(records: Sequence[Record], count: int, seed: int) -> list[dict[str, Any]]:
    """Drafts about the records, as lines of a file of cases: two answerable ones to a near miss.

    Papers take turns, in an order that the seed decides; there may be fewer than `count`.
    """
    order = sorted(records, key=lambda record: record.id)
    random.Random(seed).shuffle(order)
    stated = list(take_turns([(record, find_questions(record)) for record in order]))
    missed = list(find_misses(stated, order))
    misses = min(len(missed), max(count // 3, count - len(stated)))
    chosen = [answerable(*pair) for pair in stated[: count - misses]] + missed[:misses]
    return [{"id": f"draft-{number:04d}", **item} for number, item in enumerate(chosen, 1)]


def take_turns(
    found: Sequence[tuple[Record, Sequence[Found]]],
) -> Iterator[tuple[Record, Found]]:
    """The first question of each paper, then the second of each, and so on."""
    for turn in range(max((len(questions) for _, questions in found), default=0)):
        for record, questions in found:
            if turn < len(questions):
                yield record, questions[turn]


def find_questions(record: Record) -> list[Found]:
    """What can be asked of one paper, acronyms last; what has several answers is left out."""
    text = record.abstract
    found = [
        item for start, end in split_sentences(text) for item in find_in_sentence(text[start:end])
    ]
    asked = Counter(item.question for item in found)
    once = [item for item in found if asked[item.question] == 1]
    return sorted(once, key=lambda item: item.kind == "definition")


def find_in_sentence(sentence: str) -> Iterator[Found]:
    """What one sentence states plainly."""
    yield from find_figures(sentence)
    yield from find_counts(sentence)
    yield from find_lists(sentence)
    yield from find_definitions(sentence)


def find_definitions(sentence: str) -> Iterator[Found]:
    """`Long Form (LF)`: what is meant by LF?"""
    for match in ACRONYM.finditer(sentence):
        span = find_expansion(sentence, match.group(1))
        if span and span.end == match.end():
            long_form = sentence[span.start : match.start()].strip()
            question = f"What is meant by {match.group(1)} in {PAPER}?"
            yield Found("definition", question, "", ((long_form,),), sentence)


def find_figures(sentence: str) -> Iterator[Found]:
    """`an F1 score of 91.4%`: what F1 score?"""
    for match in FIGURE.finditer(sentence):
        if match["noun"].split()[-1].lower() not in VAGUE:
            question = f"What {match['noun']} does {PAPER} report?"
            number = f"{match['number']}{match['unit'] or match['percent'] or ''}"
            yield Found("fact", question, match["noun"], ((number,),), sentence)


def find_counts(sentence: str) -> Iterator[Found]:
    """`12 species`: how many species?"""
    for match in COUNT.finditer(sentence):
        if match["noun"].split()[-1] not in VAGUE and not (match["unit"] or match["percent"]):
            question = f"How many {match['noun']} does {PAPER} report?"
            number = f"{match['number']} {match['scale'] or ''}".strip()
            yield Found("fact", question, match["noun"], ((number,),), sentence)


def find_lists(sentence: str) -> Iterator[Found]:
    """`moths such as hawks, owlets and tigers`: which moths?"""
    for match in LIST.finditer(sentence):
        items = [ARTICLE.sub("", item.strip()) for item in ITEMS.split(match["list"])]
        if len(items) > 1 and all(0 < len(item.split()) <= MAX_ITEM_WORDS for item in items):
            question = f"Which {match['noun']} does {PAPER} name?"
            facts = tuple((item,) for item in items)
            yield Found("facts", question, match["noun"], facts, sentence)


def find_misses(
    stated: Sequence[tuple[Record, Found]], records: Sequence[Record]
) -> Iterator[dict[str, Any]]:
    """Questions that one paper answers, asked of a paper that has no word of it; papers in turn."""
    words = {record.id: set(index_terms(f"{record.title} {record.abstract}")) for record in records}
    waiting = list(records)
    asked = set()
    for source, found in [*stated, *stated]:
        wanted = set(index_terms(found.about))
        for target in waiting:
            pair = (target.id, found.question)
            if wanted and not wanted & words[target.id] and pair not in asked:
                asked.add(pair)
                waiting.remove(target)
                waiting.append(target)
                yield near_miss(target, source, found)
                break


def answerable(record: Record, found: Found) -> dict[str, Any]:
    """The draft of a question that the paper answers."""
    return {
        "kind": found.kind,
        "papers": [record.id],
        "question": found.question.replace(PAPER, name_of(record)),
        "answerable": True,
        "facts": [list(group) for group in found.facts],
        "evidence": [found.evidence],
        "reason": "",
        "draft": True,
    }


def near_miss(target: Record, source: Record, found: Found) -> dict[str, Any]:
    """The draft of a question that another paper answers."""
    return {
        "kind": "near_miss",
        "papers": [target.id],
        "question": found.question.replace(PAPER, name_of(target)),
        "answerable": False,
        "facts": [],
        "evidence": [],
        "reason": f"{found.about}: no word of it here; stated by {source.id}",
        "draft": True,
    }


def name_of(record: Record) -> str:
    """How a question names a paper: by the name before its title's colon, or by its title."""
    match = NAME.match(record.title)
    return match.group(1) if match else f'"{record.title}"'
