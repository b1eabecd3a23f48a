"""Written claims with passages that do not say them.

Claims that were written to be left open are few, and told by their wording. Here the true and the
false ones are left open, too: read with the sentences of another paper on the same things, or with
what remains of their own abstract without the sentences that they rest on.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rag.reader.examples import VERDICTS, Example
from rag.reader.written import SORTS, as_passage, claims_by_sort, sentences_in

UNSAID = "written_unsaid"
READ = 2
"""Sentences that such a claim is read with."""
COMMON = 300
"""Papers that a word may stand in, at most, to say what a claim is about."""
SAID_SHARE = 0.5
"""Of a claim's words: a sentence of its own paper that has so many may say it once more."""

_WORD = re.compile(r"[^\W\d_]{5,}|\d+")


def read_unsaid(
    papers: Mapping[str, tuple[str, str]],
    seed: int = 0,
    sorts: Mapping[str, Sequence[Path]] = SORTS,
) -> Iterator[Example]:
    """The claims that are supported or contradicted, each with a passage that leaves it open.

    Args:
        papers: Title and abstract, by name; claims about others are left out.
        seed: Of whether a claim is read with its own paper or with another.
        sorts: As those of `read_written`.
    """
    chance = random.Random(seed)
    sentences = {name: sentences_in(as_passage(*paper)) for name, paper in papers.items()}
    holders: dict[str, list[str]] = defaultdict(list)
    for name, own in sentences.items():
        for word in sorted(_words(" ".join(own))):
            holders[word].append(name)
    for _, item in claims_by_sort(sorts):
        name, words = item["paper"], _words(item["claim"])
        if name not in papers or item["label"] == "neutral":
            continue
        if chance.random() < 0.5:  # noqa: PLR2004
            other = nearest(words, name, holders)
            open_to = [] if other is None else sentences[other]
        else:
            open_to = [
                sentence
                for place, sentence in enumerate(sentences[name])
                if place not in item["rests_on"]
                and len(words & _words(sentence)) < SAID_SHARE * len(words)
            ]
        if open_to:
            shared = {place: len(words & _words(text)) for place, text in enumerate(open_to)}
            taken = sorted(sorted(shared, key=lambda place: -shared[place])[:READ])
            yield Example(
                "verdict",
                UNSAID,
                item["claim"],
                " ".join(open_to[place] for place in taken),
                VERDICTS.index("neutral"),
                document=as_passage(*papers[name]),
            )


def nearest(words: set[str], own: str, holders: Mapping[str, Sequence[str]]) -> str | None:
    """The other paper that has most of the rarer words; None where no other has any.

    Args:
        words: Those of a claim.
        own: The paper that it is about.
        holders: The papers that a word stands in.
    """
    counts: Counter[str] = Counter()
    for word in sorted(words):
        if len(holders.get(word, ())) < COMMON:
            counts.update(holders.get(word, ()))
    counts.pop(own, None)
    return counts.most_common(1)[0][0] if counts else None


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
