"""Where a claim turns what the passages say into its opposite: directions and negations; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rag.checking.alignment import prefixed
from rag.checking.context import likeness, places_of
from rag.checking.reading import Sentence, Token

CLEAR = 0.3
"""From here on, so much of the surroundings is the same that an opposite is a contradiction."""

_MARGIN = 0.08
_EXACT = 0.1
_NEARBY = 3


class Reversal(NamedTuple):
    """A word of the claim that says the opposite of a word of the evidence.

    Attributes:
        word: As the claim has it, with `not` where it is negated.
        other: As the evidence has it.
        strength: How alike their surroundings are, 0 to 1.
        margin: By how much that exceeds those of the best word that agrees.
        negation: Whether the two differ by negation alone.
    """

    word: str
    other: str
    strength: float
    margin: float
    negation: bool

    @property
    def clear(self) -> bool:
        """Whether it is plain enough to say so."""
        return self.strength >= CLEAR and self.margin >= _MARGIN


class _Meeting(NamedTuple):
    agrees: bool
    likeness: float
    there: int
    evidence: Sentence
    opposites: bool


def find_reversals(
    claim: Sentence, evidence: Sequence[Sentence], agreed: frozenset[str] = frozenset()
) -> list[Reversal]:
    """The claim's words that meet their opposite and nothing that agrees with them better.

    Args:
        claim: What is checked.
        evidence: What it is checked against.
        agreed: Pairs of opposites to pass over: the two agree on them by a converse.
    """
    met = {
        here: [meeting for text in evidence for meeting in _meetings(claim, here, text)]
        for here in _open(claim, agreed)
    }
    settled = [here for here in met if any(m.agrees and m.opposites for m in met[here])]
    found = []
    for here, meetings in met.items():
        against = [meeting for meeting in meetings if not meeting.agrees]
        if against:
            worst = max(against, key=lambda meeting: meeting.likeness)
            agreeing = max((m.likeness for m in meetings if m.agrees), default=0.0)
            if worst.opposites or not _is_near(here, settled):
                found.append(_reversal(claim.tokens[here], worst, agreeing))
    return found


def _is_near(here: int, settled: Sequence[int]) -> bool:
    """Whether a negation is spent on an opposite nearby: `not increase` agrees with `decreases`."""
    return any(0 < abs(here - other) <= _NEARBY for other in settled)


def _open(claim: Sentence, agreed: frozenset[str]) -> list[int]:
    """Places of the content words that belong to no pair of opposites already agreed on."""
    return [
        place
        for place in claim.content
        if agreed.isdisjoint(found.family for found in claim.tokens[place].polarities)
    ]


def balance(
    claim: Sentence, evidence: Sequence[Sentence], agreed: frozenset[str] = frozenset()
) -> tuple[float, float]:
    """How alike the surroundings are of the best word that agrees, and of the best that opposes.

    Over all the words of direction and negation of a claim: (agreeing, opposing).
    """
    agreeing = opposing = 0.0
    for here in _open(claim, agreed):
        for text in evidence:
            for meeting in _meetings(claim, here, text):
                if meeting.agrees:
                    agreeing = max(agreeing, meeting.likeness)
                else:
                    opposing = max(opposing, meeting.likeness)
    return agreeing, opposing


def unmet(claim: Sentence, evidence: Sequence[Sentence]) -> int:
    """How many words of direction the claim has to which the evidence has none of that pair."""
    return sum(
        not any(found.family in text.families for found in token.polarities for text in evidence)
        for place in claim.content
        if (token := claim.tokens[place]).polarities
        and not any(token.stem in text.stems for text in evidence)
    )


def _meetings(claim: Sentence, here: int, evidence: Sentence) -> list[_Meeting]:
    """Every word of the evidence that says the same as one of the claim, or the opposite."""
    token = claim.tokens[here]
    sides: dict[int, bool] = {place: False for place in places_of(token, evidence)}
    if not sides:
        sides = dict.fromkeys(prefixed(token, evidence), True)
    for found in token.polarities:
        for place, _ in evidence.families.get(found.family, ()):
            if evidence.tokens[place].stem != token.stem:
                sides[place] = found not in evidence.tokens[place].polarities
    matters = bool(token.polarities) or any(
        opposites or _is_negated_word(token, evidence.tokens[place])
        for place, opposites in sides.items()
    )
    return [_meet(claim, here, evidence, *side) for side in sides.items()] if matters else []


def _meet(claim: Sentence, here: int, evidence: Sentence, there: int, opposites: bool) -> _Meeting:
    mine, other = claim.tokens[here], evidence.tokens[there]
    turned = _is_turned(mine, other, opposites)
    alike = likeness(claim, here, evidence, there)
    if mine.stem == other.stem:
        alike += _EXACT
    return _Meeting(turned == opposites, alike, there, evidence, opposites)


def _is_negated_word(token: Token, other: Token) -> bool:
    """Whether a negation bears on a word of the language, not on a name, in either text."""
    return (token.core or other.core) and token.text == token.folded


def _is_turned(mine: Token, other: Token, opposites: bool) -> bool:
    """Whether a negation bears on the one word and none on the other.

    Of two opposites, any negation counts; of the same word, one right before it, against none
    anywhere before.
    """
    if opposites or mine.polarities:
        return mine.negated != other.negated
    return (mine.core and not other.negated) or (other.core and not mine.negated)


def _negated(token: Token, opposites: bool) -> bool:
    """Of two opposites, any negation counts; of the same word, one right before it."""
    return token.negated if opposites or token.polarities else token.core


def _reversal(token: Token, worst: _Meeting, agreeing: float) -> Reversal:
    other = worst.evidence.tokens[worst.there]
    return Reversal(
        _spell(token, worst.opposites),
        _spell(other, worst.opposites),
        worst.likeness,
        worst.likeness - agreeing,
        not worst.opposites,
    )


def _spell(token: Token, opposites: bool) -> str:
    return f"not {token.text}" if _negated(token, opposites) else token.text
