"""What two abstracts have in common, by the runs of words that they share; pure.

A shingle is a run of content words, as a number. The least of them, as good as drawn by chance yet
the same for equal texts, are a sketch of the abstract (bottom-k MinHash: Broder 1997, "On the
resemblance and containment of documents").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectorstore.matching.folding import word_code

Codes = NDArray[np.uint64]

MAX_WORDS = 5_000
"""Longer texts are told apart by their beginnings: a limit to time, far beyond an abstract."""
RUN = 6
SPACELESS_RUN = 10
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
HEAD_KEYS = 9
"""The first runs, of 14 content words: about what stands in 200 characters, and no database cuts
abstracts off earlier."""
BODY_KEYS = 24
LEAST_CUT = 0.8
"""A text with less of the other's words may be cut off."""


@dataclass(frozen=True, slots=True)
class Words:
    """An abstract's content words as numbers, and how many of them make a shingle."""

    codes: Codes
    run: int


def read_words(words: Sequence[str]) -> Words:
    """The content words among the words of an abstract."""
    words = words[:MAX_WORDS]
    ascii_only = "".join(words).isascii()
    spaceless = not ascii_only and 2 * sum(map(_is_spaceless, words)) > len(words)
    codes = list(filter(None, map(word_code, words)))
    return Words(np.array(codes, dtype=np.uint64), SPACELESS_RUN if spaceless else RUN)


def _is_spaceless(word: str) -> bool:
    return len(word) == 1 and word > "\u0dff"


def shingles(codes: Codes, run: int) -> Codes:
    """A number for each run of `run` words; empty where there are fewer."""
    count = max(len(codes) - run + 1, 0)
    mixed = np.zeros(count, dtype=np.uint64)
    for offset in range(run):
        mixed = mixed * MULTIPLIER + codes[offset : offset + count]
    return _mix(mixed)


def _mix(values: Codes) -> Codes:
    """SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators")."""
    values = values + MULTIPLIER
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def least(values: Codes, count: int) -> Codes:
    """The `count` least values, without repetition, in order."""
    return np.unique(values)[:count]


def likeness(left: Words, right: Words) -> float:
    """How alike two abstracts are, in [0, 1]; one that is cut off is held against a beginning.

    The share of the content words that stand in a run which the other abstract has, too.
    """
    shorter, longer = sorted((left, right), key=lambda words: len(words.codes))
    run = min(left.run, right.run) // 2
    whole = _share(shorter.codes, longer.codes, run)
    if len(shorter.codes) > LEAST_CUT * len(longer.codes):
        return whole
    beginning = longer.codes[: len(shorter.codes) + run - 1]
    return max(whole, _share(shorter.codes, beginning, run))


def _share(left: Codes, right: Codes, run: int) -> float:
    runs = shingles(left, run), shingles(right, run)
    covered = _count_covered(runs[0], runs[1], run) + _count_covered(runs[1], runs[0], run)
    return covered / max(len(left) + len(right), 1)


def _count_covered(own: Codes, other: Codes, run: int) -> int:
    """How many words stand in a run that the other one has, too."""
    covered = np.zeros(len(own) + run - 1, dtype=np.bool_)
    found = np.isin(own, other)
    for offset in range(run):
        covered[offset : offset + len(own)] |= found
    return int(covered.sum())
