"""Written claims with passages that do not say them.

Claims that were written to be left open are few, and told by their wording. Here the true and the
false ones are left open, too: read with sentences of another paper on the same things, or with what
remains of their own abstract without the sentences that they rest on. Now and then another sentence
of it says the same all the same.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rag.reader.examples import VERDICTS, Example, is_held_out
from rag.reader.free import nearest
from rag.reader.written import SORTS, as_passage, claims_by_sort, sentences_in

UNSAID = "written_unsaid"
READ = (1, 2)
"""Sentences that such a claim is read with, as in the check."""
COMMON = 300
"""Papers in fewer of which a word stands, to say what a claim is about."""
SAID_SHARE = 0.5
"""Of a claim's words: a sentence of its own paper that has so many may say it once more."""

_WORD = re.compile(r"[^\W\d_]{5,}|\d+")
_STEM = 6
"""Letters by which words are compared."""


def read_unsaid(
    papers: Mapping[str, tuple[str, str]],
    seed: int = 0,
    sorts: Mapping[str, Sequence[Path]] = SORTS,
) -> Iterator[Example]:
    """The claims that are supported or contradicted, each with a passage that leaves it open.

    Args:
        papers: Title and abstract, by name; claims about others are left out. Of those that are
            held out no sentence is read with a claim about another.
        seed: Of whether a claim is read with its own paper or with another, and with how much.
        sorts: As those of `read_written`.
    """
    chance = random.Random(seed)
    sentences = {name: sentences_in(as_passage(*paper)) for name, paper in papers.items()}
    holders: dict[str, list[str]] = defaultdict(list)
    for name, own in sentences.items():
        if not is_held_out(as_passage(*papers[name])):
            for word in _words(" ".join(own)):
                holders[word].append(name)
    for _, item in claims_by_sort(sorts):
        name, words = item["paper"], _words(item["claim"])
        if name not in papers or item["label"] == "neutral":
            continue
        if chance.random() < 0.5:  # noqa: PLR2004
            other = nearest(words, name, holders, COMMON)
            open_to = [] if other is None else sentences[other]
        else:
            open_to = _remaining(sentences[name], words, item["rests_on"])
        if open_to:
            yield Example(
                "verdict",
                UNSAID,
                item["claim"],
                " ".join(_likest(open_to, words, chance.choice(READ))),
                VERDICTS.index("neutral"),
                document=as_passage(*papers[name]),
            )


def _remaining(sentences: Sequence[str], words: set[str], rests_on: Sequence[int]) -> list[str]:
    """What an abstract says beside what a claim rests on; without the title, which sums it up."""
    return [
        sentence
        for place, sentence in enumerate(sentences)
        if place
        and place not in rests_on
        and len(words & _words(sentence)) < SAID_SHARE * len(words)
    ]


def _likest(sentences: Sequence[str], words: set[str], most: int) -> list[str]:
    """Those that have most of the words, in the order of the text."""
    shared = [len(words & _words(sentence)) for sentence in sentences]
    taken = sorted(range(len(sentences)), key=lambda place: -shared[place])[:most]
    return [sentences[place] for place in sorted(taken)]


def _words(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.casefold())}
