"""A question or claim and a passage, as the reader takes them; pure.

`[CLS] asked [SEP] passage [SEP]`. Each token carries a mark: which side it is on, and whether the
other side has the same token. A sentence that differs from the passage in one point thus shows
where, which a network of six layers else takes long to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST_TOKENS = 256
"""Tokens of a pair, special ones included."""
MOST_READ = 128
"""Tokens of a pair where it is read, and of the longest that are learned from."""
MOST_ASKED = 96
"""Tokens of the question or claim, at most."""
MARKS = 4
CLS, SEP = 101, 102

Ids = Sequence[int]


class Pair(NamedTuple):
    """A question or claim beside a passage.

    Attributes:
        ids: Token ids, special ones included.
        marks: Of each token, 0 or 1 by its side, and 2 more where the other side has it too.
        passage: Where the passage begins among the tokens.
    """

    ids: Ids
    marks: Ids
    passage: int


def pair(asked: Ids, passage: Ids) -> Pair:
    """Puts two texts together.

    Args:
        asked: Token ids of the question or claim, without special ones.
        passage: Those of the passage; as many as fit are taken, from the first on.
    """
    asked = asked[:MOST_ASKED]
    passage = passage[: room(asked)]
    ours, theirs = set(asked), set(passage)
    ids = [CLS, *asked, SEP, *passage, SEP]
    marks = [0, *(2 * (item in theirs) for item in asked), 0]
    marks += [*(1 + 2 * (item in ours) for item in passage), 1]
    return Pair(ids, marks, len(asked) + 2)


def room(asked: Ids) -> int:
    """How many tokens of a passage fit beside a question or claim."""
    return MOST_TOKENS - min(len(asked), MOST_ASKED) - 3


def choose(
    asked: Ids, sentences: Sequence[Ids], must: int | None = None, most: int = MOST_TOKENS
) -> list[int]:
    """The sentences of a passage to read with a claim, where not all of them fit, in order.

    Those that share most with what is asked come first, those beside them next.

    Args:
        asked: Token ids of the question or claim.
        sentences: Those of each sentence.
        must: A sentence that is taken in any case.
        most: Tokens of the pair, special ones included.
    """
    left = room(asked) + most - MOST_TOKENS
    if sum(map(len, sentences)) <= left:
        return list(range(len(sentences)))
    wanted = set(asked)
    shared = [len(wanted.intersection(item)) for item in sentences]
    near = [max(shared[max(0, place - 1) : place + 2]) for place in range(len(sentences))]
    order = sorted(
        range(len(sentences)), key=lambda place: (place != must, -shared[place], -near[place])
    )
    taken = []
    for place in order:
        if len(sentences[place]) <= left:
            taken.append(place)
            left -= len(sentences[place])
    return sorted(taken) or order[:1]
