"""How far two places, one in a claim and one in a passage, stand among the same words; pure."""

from __future__ import annotations

from collections.abc import Iterator

from rag.checking.lexicon import groups
from rag.checking.reading import Sentence, Token

REACH = 7
_DECAY = 5.0
_OTHER_CLAUSE = 0.7
_TURNED = 0.4


def likeness(
    claim: Sentence, here: int, evidence: Sentence, there: int, ordered: bool = False
) -> float:
    """The share of the words around a claim's word that stand around one of the evidence, 0 to 1.

    A word counts less the farther it stands there than in the claim, and less from another clause.

    Args:
        claim: What is checked.
        here: Place of the word in the claim.
        evidence: What it is checked against.
        there: Place of the word in the evidence.
        ordered: Whether a word counts less that stands before the one and after the other.
    """
    total = shared = 0.0
    for place, token in _around(claim, here):
        total += token.weight
        shared += token.weight * max(
            (
                _nearness(evidence, there, other, abs(place - here))
                * (_TURNED if ordered and (place > here) != (other > there) else 1.0)
                for other in places_of(token, evidence)
                if other != there
            ),
            default=0.0,
        )
    return shared / total if total else 0.0


def places_of(token: Token, evidence: Sentence) -> list[int]:
    """Where the evidence has a word or, failing that, a synonym of it."""
    same = evidence.stems.get(token.stem)
    if same is not None:
        return same
    return [place for group in groups(token.stem) for place in evidence.groups.get(group, ())]


def nearest_token(sentence: Sentence, character: int) -> int:
    """The place of the first word that ends after a character; the last word's at the end."""
    for place, token in enumerate(sentence.tokens):
        if token.end > character:
            return place
    return max(0, len(sentence.tokens) - 1)


def _around(sentence: Sentence, here: int) -> Iterator[tuple[int, Token]]:
    for place in range(max(0, here - REACH), min(len(sentence.tokens), here + REACH + 1)):
        token = sentence.tokens[place]
        if place != here and token.weight:
            yield place, token


def _nearness(evidence: Sentence, there: int, other: int, usual: int) -> float:
    farther = max(0, abs(other - there) - usual)
    same_clause = evidence.tokens[other].clause == evidence.tokens[there].clause
    return (1.0 if same_clause else _OTHER_CLAUSE) / (1.0 + farther / _DECAY)
