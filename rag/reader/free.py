"""Pairs for the reader in words that do not give the answer away.

A reader that has only seen true sentences nearly word for word, and untrue ones whose words are
missing, looks at words alone. Here, true claims are worded freely or cut short (titles stand for
their abstracts, sentences lose words), and untrue ones are made of the abstract's own words, are
put to another abstract on the same things, or are a free claim changed in one point.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from rag.reader.edits import EDITS
from rag.reader.examples import Example
from rag.reader.invented import CONTRADICT, NEUTRAL, SUPPORT, change
from vectorstore.sentences import split_sentences

SOURCE = "invented_freely"
LEAST_WORDS, MOST_WORDS = 10, 40
DROPPED = 0.25
"""Share of the words that a sentence loses."""
COMMON = 600
"""Abstracts in fewer of which a word stands, to say what a title is about."""
TURNS = frozenset(
    "is are was were can has have achieves shows outperforms improves uses requires reduces".split()
)
"""Words at which the halves of two sentences are put together."""
KEPT = frozenset(
    "not no never without nor neither cannot only less more fewer lower higher than but except"
    " fails lack worse better".split()
)
"""Words that a sentence cannot lose without saying something else."""
SURE = tuple(
    EDITS[name][0] for name in ("number", "numbers exchanged", "name", "direction", "negation")
)
"""What can be changed in a free claim; another noun may say the same."""

Paper = TypeVar("Paper", int, str)
"""A paper's number, or its name."""

_WORD = re.compile(r"[a-z]{5,}")


def invent_freely(papers: Sequence[tuple[str, str]], seed: int = 0) -> Iterator[Example]:
    """Claims with passages, the same for the same seed.

    Args:
        papers: Title and abstract of each.
        seed: Of what is left to chance.
    """
    chance = random.Random(seed)
    holders: dict[str, list[int]] = defaultdict(list)
    for number, (_, abstract) in enumerate(papers):
        for word in _words(abstract):
            holders[word].append(number)
    for number, (title, abstract) in enumerate(papers):
        claim = title.split(": ", 1)[-1] if chance.random() < 0.5 else title  # noqa: PLR2004
        yield _claim(f"{claim}.", abstract, SUPPORT)
        beside = papers[(number + 11) % len(papers)][1]
        yield from _changed(f"{claim}.", abstract, beside, chance)
        other = nearest(_words(title), number, holders, COMMON)
        if other is not None:
            yield _claim(f"{claim}.", papers[other][1], NEUTRAL)
        spans = split_sentences(abstract)
        sentences = [abstract[span.start : span.end].split() for span in spans]
        fit = [words for words in sentences if LEAST_WORDS <= len(words) <= MOST_WORDS]
        if len(fit) > 1:
            first, second = chance.sample(fit, 2)
            mixed = recombine(first, second)
            if mixed is not None:
                yield _claim(mixed, abstract, NEUTRAL)
            kept = [word for word in first if word in KEPT or chance.random() > DROPPED]
            yield _claim(" ".join(kept), abstract, SUPPORT)
            yield from _changed(" ".join(kept), abstract, beside, chance)


def _changed(claim: str, abstract: str, other: str, chance: random.Random) -> Iterator[Example]:
    changed = change(claim, abstract, other, chance, SURE)
    if changed:
        yield _claim(changed, abstract, CONTRADICT)


def recombine(first: Sequence[str], second: Sequence[str]) -> str | None:
    """What one sentence speaks of with what another says; None where either has no turn."""
    left, right = (
        next((place for place, word in enumerate(words) if word in TURNS), 0)
        for words in (first, second)
    )
    if left < 2 or right < 2:  # noqa: PLR2004 - `It is` speaks of nothing
        return None
    return " ".join([*first[:left], *second[right:]])


def nearest(
    words: set[str], own: Paper, holders: Mapping[str, Sequence[Paper]], common: int
) -> Paper | None:
    """The other paper that has most of the rarer words; None where no other has any.

    Args:
        words: Those of a title or a claim.
        own: The paper that it is about.
        holders: The papers that a word stands in.
        common: Papers in fewer of which a word stands to be a rarer one.
    """
    counts: Counter[Paper] = Counter()
    for word in sorted(words):
        if len(holders.get(word, ())) < common:
            counts.update(holders.get(word, ()))
    counts.pop(own, None)
    return counts.most_common(1)[0][0] if counts else None


def _claim(claim: str, abstract: str, label: int) -> Example:
    return Example("verdict", SOURCE, claim, abstract, label, document=abstract)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
