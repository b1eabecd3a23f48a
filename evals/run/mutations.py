"""Sentences of right answers, changed in one point: does the judge notice? Pure, and seeded.

A judge whose catch rate is low, or that calls what is true unsupported, proves nothing about the
answers, however good they look.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.run.aggregate import Scored, estimate, is_right
from evals.run.scoring import Judge
from rag import Record
from rag.reader.edits import EDITS
from rag.reader.rewording import reword
from vectorstore.latex import readable

_HEDGE = re.compile(r"\b(?:may|might|could) (?=[a-z]+\b)(?!not )")
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-]*[a-wyzA-WYZ])")
MOST_MUTATED = 60
"""Sentences, those with numbers and hedges first; each gives up to six mutants."""
ORIGINAL = "original"
KINDS = ("number", "negation", "names", "citation", "hedge", "splice")
_FROM_EDITS = {
    "negation": ("negation", "direction"),
    "names": ("names exchanged", "name"),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A claim with what it is said to be cited from, and what was changed in it.

    Attributes:
        kind: What was changed; `original` where nothing.
        claim: The sentence, reworded, and changed.
        cited: (title, text) of its citations.
    """

    kind: str
    claim: str
    cited: tuple[tuple[str, str], ...]


def mutants_of(
    cases: Sequence[Scored], records: Mapping[str, Record], seed: int = 0
) -> Iterator[Mutant]:
    """Each quoted sentence of a right answer, reworded, and changed in each way that it can be."""
    chance = random.Random(seed)
    others = sorted(records)
    quoted = {
        (item["record_id"], item["start"]): item
        for case in cases
        if is_right(case) and not case["abstained"]
        for item in case["citations"]
    }
    drawn = chance.sample(sorted(quoted), len(quoted))
    drawn.sort(key=lambda key: not (_NUMBER.search(q := quoted[key]["quote"]) or _HEDGE.search(q)))
    for key in drawn[:MOST_MUTATED]:
        names = [name for name in others if name != key[0]]
        other = records[chance.choice(names)] if names else None
        yield from _mutate(quoted[key], records[key[0]], other, chance)


def judge_the_judge(mutants: Sequence[Mutant], judge: Judge) -> dict[str, Any]:
    """The catch rate by kind and over all, and the false-alarm rate on the originals.

    A dropped hedge is caught by the weaker verdict, `partly`, too. What the judge cannot say
    counts as not caught, and as a false alarm.
    """
    judged = [(mutant, judge(mutant.claim, mutant.cited)) for mutant in mutants]
    caught: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    alarms = []
    for mutant, verdict in judged:
        if mutant.kind == ORIGINAL:
            alarms.append(verdict in (None, "unsupported"))
        else:
            weaker = mutant.kind == "hedge" and verdict == "partly"
            caught[mutant.kind].append(verdict == "unsupported" or weaker)
    return {
        "mutations": {
            kind: {"n": len(values), "caught": estimate(values)} for kind, values in caught.items()
        },
        "catch_rate": estimate(value for values in caught.values() for value in values),
        "false_alarm_rate": estimate(alarms),
        "unscored": sum(verdict is None for _, verdict in judged),
    }


def _mutate(
    item: Mapping[str, Any], own: Record, other: Record | None, chance: random.Random
) -> Iterator[Mutant]:
    """A quoted sentence, reworded, and changed in each way that it can be.

    Where the corpus has no other paper, nothing is cited or spliced in from one.
    """
    quote, foreign = _plain(item["quote"]), _plain(other.abstract) if other else ""
    abstract = _plain(own.abstract)
    cited = ((own.title, item["quote"]),)
    original = reword(quote, chance)
    yield Mutant(ORIGINAL, original, cited)
    for kind, names in _FROM_EDITS.items():
        made = (EDITS[name][0](original, abstract, foreign, chance) for name in names)
        changed = next((text for text in made if text and text != original), None)
        if changed:
            yield Mutant(kind, changed, cited)
    numbers = list(_NUMBER.finditer(original))
    if numbers:
        yield Mutant("number", _flip(original, chance.choice(numbers), chance), cited)
    if other:
        yield Mutant("citation", original, ((other.title, other.abstract),))
    firm = _HEDGE.sub("", original, count=1)
    if firm != original:
        yield Mutant("hedge", firm, cited)
    spliced = other and EDITS["wrong citation"][0](original, abstract, foreign, chance)
    if spliced:
        yield Mutant("splice", f"{original} {spliced}", cited)


def _flip(text: str, number: re.Match[str], chance: random.Random) -> str:
    """The text with one digit of a number changed."""
    places = [place for place in range(*number.span()) if text[place].isdigit()]
    place = chance.choice(places)
    digit = str((int(text[place]) + chance.randint(1, 8)) % 9 + 1)
    digit = digit if digit != text[place] else str(int(digit) % 9 + 1)
    return text[:place] + digit + text[place + 1 :]


def _plain(text: str) -> str:
    """Readable, on one line."""
    return " ".join(readable(text).split())
