"""Sentences of abstracts reworded, which stay true, and changed in one point, which do not; pure.

What the checker (rag/checking) and the reader learn from, beside public sets: SummEdits and
SciFact are left to measure with.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.reader.rewording import read_table, reword
from vectorstore.sentences import split_sentences

Label = Literal["support", "contradict", "neutral"]

_OPPOSITES = """
increase|decrease
increases|decreases
increased|decreased
increasing|decreasing
reduce|increase
reduces|raises
reduced|increased
reducing|raising
improve|degrade
improves|worsens
improved|impaired
improving|worsening
higher|lower
high|low
larger|smaller
large|small
more|less
better|worse
best|worst
faster|slower
fast|slow
outperforms|underperforms
outperform|fall behind
superior|inferior
stronger|weaker
strong|weak
positive|negative
without|with
before|after
first|last
always|never
all|some
most|few
many|few
efficient|inefficient
effective|ineffective
effectively|ineffectively
possible|impossible
able|unable
can|cannot
simple|complex
easy|hard
easily|hardly
supervised|unsupervised
unsupervised|supervised
labeled|unlabeled
unlabeled|labeled
known|unknown
similar|different
different|identical
local|global
global|local
robust|fragile
accurate|inaccurate
significant|insignificant
significantly|slightly
sufficient|insufficient
long|short
short|long
dense|sparse
sparse|dense
static|dynamic
dynamic|static
linear|nonlinear
online|offline
early|late
internal|external
external|internal
maximum|minimum
minimize|maximize
maximize|minimize
accelerate|slow down
accelerates|slows down
preserving|losing
enables|prevents
allows|prevents
common|rare
rarely|often
often|rarely
directly|indirectly
explicitly|implicitly
homogeneous|heterogeneous
dependent|independent
independent|dependent
public|private
single|multiple
multiple|single
complete|partial
real|synthetic
synthetic|real
automatically|manually
manual|automatic
above|below
below|above
stable|unstable
consistent|inconsistent
cheaper|costlier
deep|shallow
rich|poor
gain|loss
succeeds|fails
"""
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|does|do|will|has|have|could|should)\b(?! not)")
_NEGATION = re.compile(r"\b(?:(?<=is |do )|(?<=can |are |was |has )|(?<=does |were |have ))not ")
_VERB = re.compile(r"\b(show|find|propose|present|demonstrate|outperform|improve|reduce|achieve"
                   r"|provide|require|use|allow|enable|lead|depend)(s?)\b")  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:\.\d+)?(?=[%x ,.)]|$)(?![.,]\d)")
_NAME = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?!The\b|We\b|In\b)[A-Z][\w-]*[A-Z0-9][\w-]*\b")
_NOUN = re.compile(r"\b[a-z]{6,}\b")
_SWAP = re.compile(r"\b(outperforms?|than|over|compared (?:to|with))\b")
_CONTENT_LEFT = 8
_LEAST, _MOST = 7, 45


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim about a document.

    Attributes:
        document: Title and abstract.
        claim: A sentence of it, changed.
        label: Whether it is still true.
        kind: What was changed.
    """

    document: str
    claim: str
    label: Label
    kind: str


Edit = Callable[[str, str, str, random.Random], "str | None"]
"""(sentence, own abstract, another abstract, chance) -> the sentence changed in one point."""


def make_pairs(
    abstracts: Sequence[tuple[str, str]], seed: int = 0, each: int = 2
) -> Iterator[Pair]:
    """Reworded and changed sentences of (title, abstract) pairs, the same for the same seed.

    Args:
        abstracts: Title and abstract of every paper.
        seed: Of what is left to chance.
        each: How many sentences of an abstract are taken; each gives one true and one false claim.
    """
    chance = random.Random(seed)
    for number, (title, abstract) in enumerate(abstracts):
        text = " ".join(abstract.split())
        other = " ".join(abstracts[(number + 7) % len(abstracts)][1].split())
        sentences = [text[span.start : span.end] for span in split_sentences(text)]
        fit = [s for s in sentences if _LEAST <= len(s.split()) <= _MOST]
        document = f"{title}. {text}"
        for sentence in chance.sample(fit, min(each, len(fit))):
            yield from _pairs_of(document, sentence, text, other, chance)


def _pairs_of(
    document: str, sentence: str, own: str, other: str, chance: random.Random
) -> Iterator[Pair]:
    yield Pair(document, reword(sentence, chance), "support", "reworded")
    edits = list(EDITS.items())
    chance.shuffle(edits)
    edits.sort(key=lambda item: item[0] in _COMMON and chance.random() < 0.7)
    made = 0
    for kind, (edit, label) in edits:
        changed = edit(reword(sentence, chance), own, other, chance)
        if changed is not None and changed != sentence:
            yield Pair(document, changed, label, kind)
            made += 1
        if made == 1 + (chance.random() < 0.3):
            return


def _find(pattern: re.Pattern[str], text: str) -> list[str]:
    return [match.group() for match in pattern.finditer(text)]


def _change_number(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """Another number: one of the abstract's own, if it has any, or one made up."""
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    rivals = [number for number in _find(_NUMBER, own) if number not in sentence]
    new = chance.choice(rivals) if rivals and chance.random() < 0.5 else _made_up(match, chance)
    return sentence[: match.start()] + new + sentence[match.end() :]


def _made_up(match: re.Match[str], chance: random.Random) -> str:
    value = float(match.group())
    decimals = len(match.group().partition(".")[2])
    return f"{value * chance.choice((0.5, 0.7, 0.9, 1.1, 1.3, 2, 3)) + 1:.{decimals}f}"


def _exchange_numbers(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    found = list({match.group(): match for match in _NUMBER.finditer(sentence)}.values())
    if len(found) < 2:  # noqa: PLR2004
        return None
    first, second = sorted(chance.sample(found, 2), key=lambda match: match.start())
    return _exchange(sentence, first, second)


def _exchange(sentence: str, first: re.Match[str], second: re.Match[str]) -> str:
    return (
        sentence[: first.start()] + second.group() + sentence[first.end() : second.start()]
        + first.group() + sentence[second.end() :]
    )  # fmt: skip


def _change_name(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """Another name: one of the same abstract, or of another."""
    found = list(_NAME.finditer(sentence))
    rivals = [name for name in _find(_NAME, own) if name not in sentence]
    strangers = [name for name in _find(_NAME, other) if name not in own]
    pool = rivals if rivals and (chance.random() < 0.6 or not strangers) else strangers
    if not found or not pool:
        return None
    match = chance.choice(found)
    return sentence[: match.start()] + chance.choice(pool) + sentence[match.end() :]


def _exchange_names(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """Two names around a comparing word."""
    word = _SWAP.search(sentence)
    if not word:
        return None
    left = list(_NAME.finditer(sentence, 0, word.start()))
    right = list(_NAME.finditer(sentence, word.end()))
    if not left or not right or left[-1].group() == right[0].group():
        return None
    return _exchange(sentence, left[-1], right[0])


def _turn(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """One word by its opposite."""
    rules = [
        (match, after)
        for before, after in read_table(_OPPOSITES)
        if (match := re.search(rf"\b{before}\b", sentence))
    ]
    if not rules:
        return None
    match, after = chance.choice(rules)
    return sentence[: match.start()] + after + sentence[match.end() :]


def _negate(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    removed = _NEGATION.sub("", sentence, count=1)
    if removed != sentence:
        return removed
    auxiliary = list(_AUXILIARY.finditer(sentence))
    if auxiliary:
        match = chance.choice(auxiliary)
        return f"{sentence[: match.end()]} not{sentence[match.end() :]}"
    match_verb = _VERB.search(sentence)
    if not match_verb:
        return None
    helper = "does not" if match_verb[2] else "do not"
    return f"{sentence[: match_verb.start()]}{helper} {match_verb[1]}{sentence[match_verb.end() :]}"


def _change_noun(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """A content word by one of another abstract."""
    found = list(_NOUN.finditer(sentence))
    pool = [word for word in _find(_NOUN, other) if word not in own]
    if not found or not pool:
        return None
    match = chance.choice(found)
    same = [word for word in pool if word[-2:] == match.group()[-2:]]
    return sentence[: match.start()] + chance.choice(same or pool) + sentence[match.end() :]


def _add_clause(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """A clause of another abstract at the end."""
    tails = re.findall(r", ((?:which|while|and|with|where) [^,.]{20,90})[,.]", other)
    return f"{sentence.rstrip('.')}, {chance.choice(tails)}." if tails else None


def _cite_wrongly(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """A sentence of another abstract."""
    spans = split_sentences(other)
    texts = [other[span.start : span.end] for span in spans]
    fit = [text for text in texts if _LEAST <= len(text.split()) <= _MOST]
    return reword(chance.choice(fit), chance) if fit else None


EDITS: dict[str, tuple[Edit, Label]] = {
    "number": (_change_number, "contradict"),
    "numbers exchanged": (_exchange_numbers, "contradict"),
    "name": (_change_name, "neutral"),
    "names exchanged": (_exchange_names, "contradict"),
    "direction": (_turn, "contradict"),
    "negation": (_negate, "contradict"),
    "noun": (_change_noun, "neutral"),
    "clause": (_add_clause, "neutral"),
    "wrong citation": (_cite_wrongly, "neutral"),
}
_COMMON = frozenset({"noun", "clause", "wrong citation", "negation"})
