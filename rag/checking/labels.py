"""What a number counts, and what it measures; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rag.checking.context import nearest_token
from rag.checking.numbers import Quantity
from rag.checking.reading import Sentence
from vectorstore.terms import STOPWORDS

_LINKING = re.compile(
    r"\b(of|is|was|are|were|be|at|to|from|by|as|reach(es)?|score[sd]?|than)\b|[=:<>]", re.I
)
_LEFT, _RIGHT = 5, 4


@lru_cache(maxsize=8192)
def labels_of(sentence: Sentence, quantity: Quantity) -> tuple[frozenset[str], frozenset[str]]:
    """Stems of what a number counts (`40 sampling steps`) and of what it measures (`FID of 1.42`).

    The first come after it, up to a function word or a mark; the second before it.
    """
    return frozenset(_after(sentence, quantity)), frozenset(_before(sentence, quantity))


def head_of(sentence: Sentence, quantity: Quantity) -> str | None:
    """The stem of the noun that a number counts: the last of what follows it (`1.42 FID steps`)."""
    return next(iter([*_after(sentence, quantity)][-1:]), None)


def _after(sentence: Sentence, quantity: Quantity) -> Iterator[str]:
    first = nearest_token(sentence, quantity.end - 1)
    end = quantity.end
    for token in sentence.tokens[first : first + _RIGHT + 1]:
        if token.start < quantity.end:
            continue
        gap = sentence.text[end : token.start]
        if token.folded in STOPWORDS or token.folded[0].isdigit() or gap.strip(" -"):
            return
        yield token.stem
        end = token.end


def _before(sentence: Sentence, quantity: Quantity) -> Iterator[str]:
    last = nearest_token(sentence, quantity.start)
    clause = sentence.clause_of(quantity.start)
    for place in range(last - 1, max(-1, last - 1 - _LEFT), -1):
        token = sentence.tokens[place]
        between = sentence.text[token.end : quantity.start]
        if token.clause != clause or token.folded[0].isdigit():
            return
        if token.weight and _LINKING.search(between):
            yield token.stem
            return


def spell(sentence: Sentence, quantity: Quantity) -> str:
    """A number with the word that it counts, if one follows: `1.42 FID`."""
    first = next(iter(_after(sentence, quantity)), None)
    following = sentence.tokens[nearest_token(sentence, quantity.end)]
    return f"{quantity.text} {following.text}" if following.stem == first else quantity.text
