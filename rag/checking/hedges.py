"""What a claim says more firmly, or of more, than the passages; pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.checking.alignment import Alignment
from rag.checking.lexicon import HEDGES, SCOPES, SOFTENERS
from rag.checking.reading import Sentence
from vectorstore.terms import stem

_REACH = 7
_SHARE = 0.4
_EQUALS = {
    "all": {"every", "each", "any", "whole", "entire", "both", "full"},
    "every": {"all", "each", "any"},
    "any": {"all", "every", "each", "no", "nothing"},
    "never": {"no", "not", "none", "without"},
    "none": {"no", "not", "neither", "nothing"},
    "only": {"just", "merely", "nothing", "sole", "solely", "alone", "exclusively", "limited",
             "restricted", "single"},
    "solely": {"only", "just", "nothing", "alone"},
    "sole": {"only", "single"},
    "exclusively": {"only", "just", "solely"},
    "whole": {"entire", "all", "full", "complete"},
    "entire": {"whole", "all", "full", "complete"},
    "entirely": {"completely", "fully", "wholly"},
    "completely": {"entirely", "fully", "all"},
    "must": {"need", "needs", "required", "have", "should", "necessary", "essential"},
    "guarantee": {"ensure", "ensures", "guarantees"},
    "guarantees": {"ensure", "ensures", "guarantee"},
    "first": {"initial", "initially", "novel", "new", "1", "at", "begin", "begins"},
    "largest": {"biggest", "most", "greatest", "maximum"},
    "best": {"top", "highest", "state", "optimal", "superior", "leading", "most", "sota"},
    "always": {"every", "all", "consistently", "invariably"},
    "proven": {"proved", "prove", "proof", "theoretical", "theoretically"},
    "prove": {"proved", "proven", "proof", "theoretical", "theoretically", "show", "demonstrate"},
    "proves": {"proved", "proven", "proof", "prove"},
}  # fmt: skip


def dropped_hedge(alignment: Alignment) -> str | None:
    """The hedge that the evidence puts before what the claim says flatly."""
    claim, evidence = alignment.claim, alignment.place.sentence
    if not HEDGES.isdisjoint(claim.words) or not SOFTENERS.isdisjoint(claim.words):
        return None
    linked = {link.evidence for link in alignment.links if link.strength >= _SHARE}
    for place, token in enumerate(evidence.tokens):
        if token.folded in HEDGES and _carried(evidence, place, linked):
            return token.text
    return None


def dropped_softener(alignment: Alignment) -> str | None:
    """The `some` or `usually` that the evidence puts right before a word that the claim has."""
    claim, evidence = alignment.claim, alignment.place.sentence
    if not (HEDGES | SOFTENERS).isdisjoint(claim.words):
        return None
    linked = {link.evidence for link in alignment.links if link.strength >= 1.0}
    for place, token in enumerate(evidence.tokens):
        if token.folded in SOFTENERS and {place + 1, place + 2} & linked:
            return token.text
    return None


def added_scopes(claim: Sentence, evidence: Sequence[Sentence]) -> list[str]:
    """The claim's words of scope (`all`, `always`, `first`) that no evidence has in any form."""
    words = frozenset[str]().union(*(text.words for text in evidence))
    stems = {stem(word) for word in words}
    return [
        token.text
        for place, token in enumerate(claim.tokens)
        if token.folded in SCOPES
        and stem(token.folded) not in stems
        and not _is_idle(claim, place)
        and words.isdisjoint(_EQUALS.get(token.folded, ()))
    ]


def _is_idle(claim: Sentence, place: int) -> bool:
    """Whether a word of scope only orders the sentence, or belongs to `not only` and `at all`."""
    word = claim.tokens[place].folded
    before = claim.tokens[place - 1].folded if place else ""
    return (place == 0 and word == "first") or (
        before in ("not", "at") and word in ("only", "all", "first")
    )


def _carried(evidence: Sentence, place: int, linked: set[int]) -> bool:
    """Whether the claim takes over a good share of what a hedge bears on."""
    clause = evidence.tokens[place].clause
    reach = range(place + 1, min(len(evidence.tokens), place + 1 + _REACH))
    scope = [
        other
        for other in reach
        if evidence.tokens[other].weight and evidence.tokens[other].clause == clause
    ]
    shared = sum(other in linked for other in scope)
    return bool(scope) and shared >= max(1, _SHARE * len(scope))
