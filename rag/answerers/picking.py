"""Which of the judged sentences are quoted, and what each needs to be understood; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer import Evidence
from rag.answerers.judging import Judged
from rag.answerers.reading import ReadRecord

MAX_SENTENCES = 4
SECOND_SHARE = 0.1
"""A further sentence joins if it is at least this likely to answer as the best one."""

_PROPOSES = re.compile(
    r"\b(we|paper|study|work|authors) (\w+ )?(propos|introduc|present|develop)", re.I
)
_LEANING = re.compile(
    r"(this|these|that|those|it|its|such|they|their|he|she|the (latter|former)|here"
    r"|specifically|additionally|moreover|furthermore|also|besides|in addition|for (instance"
    r"|example)|as a result|consequently|thus|hence|therefore|to this end)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"(first|second|third|fourth|firstly|secondly|thirdly)\b(?! stage| author)", re.I
)


def pick(judged: Sequence[Judged]) -> list[Judged]:
    """The best sentence, and the next few of comparable likelihood."""
    best = judged[0]
    further = [
        item
        for item in judged[1:MAX_SENTENCES]
        if item.probability >= SECOND_SHARE * best.probability
    ]
    return [best, *further]


def introduces(item: Judged) -> bool:
    """Whether a sentence says what the paper brings: proposes, introduces or presents something."""
    return bool(_PROPOSES.search(item.read.text))


def with_context(picked: Sequence[Judged]) -> list[Evidence]:
    """The picked sentences as evidence, with the neighbours that each needs to be understood."""
    places: dict[tuple[str, int], Evidence] = {}
    for item in picked:
        for place in _needed(item.paper, item.place):
            span = item.paper.spans[place]
            places.setdefault((item.record.id, place), Evidence(item.record, *span))
    first = {key[0]: order for order, key in reversed(list(enumerate(places)))}
    return [places[key] for key in sorted(places, key=lambda key: (first[key[0]], key[1]))]


def _needed(paper: ReadRecord, place: int) -> list[int]:
    """A sentence, the one before that it leans on, and the list that it announces or is part of."""
    texts = [sentence.text for sentence in paper.sentences]
    start = end = place
    while start > 0 and _LISTED.match(texts[start]):
        start -= 1
    while end + 1 < len(texts) and _LISTED.match(texts[end + 1]):
        end += 1
    if start == end and place > 0 and _LEANING.match(texts[place]):
        start -= 1
    return list(range(start, end + 1))
