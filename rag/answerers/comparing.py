"""Which papers a comparison is about: those it names, and those its sides describe; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answerers.papernames import named_papers
from rag.answerers.reading import rarity
from rag.question import SEEKING, Question, Word, split_words
from vectorstore.latex import searchable
from vectorstore.records import Hit

DESCRIBED = 0.75
"""Share of a side's words, by rarity, that the paper it describes holds."""
SIDE_PAPERS = 8
"""Papers, best first, that a side may describe."""

_EXPLICIT = re.compile(
    r"^\W*(compare|contrast)\b|\b(differences?|comparison|contrast|in common|similarit\w+)\b.*"
    r"\b(between|of|and)\b|\b(versus|vs)\b|\bhow (do|does|is|are)\b.*\bdiffer(ent)?\b",
    re.IGNORECASE,
)
_SIDES = re.compile(
    r"\b(?:and|with|to|from|vs\.?|versus|against|than|between|differ\w*|how|what|which)\b|[,:;?]",
    re.IGNORECASE,
)
_COMPARING = frozenset(
    "compare compares compared comparison contrast difference differences differ different"
    " similarity similarities common".split()
)


def compared_papers(asked: Question, hits: Sequence[Hit]) -> list[Hit]:
    """The papers that a question compares, in the order of the hits.

    Papers that it names come first; where it names fewer than two and plainly compares, each of
    its other sides may describe one (`the rare-token work`).
    """
    named = named_papers(asked, hits)
    if len(named) > 1 or not _EXPLICIT.search(asked.text):
        return named
    found = {hit.record.id: hit for hit in named}
    for side in _sides(asked):
        if any(_described(side, hit) for hit in found.values()):
            continue
        best = max(hits[:SIDE_PAPERS], key=lambda hit: _coverage(side, hit))
        if _described(side, best):
            found.setdefault(best.record.id, best)
    return [hit for hit in hits if hit.record.id in found]


def _sides(asked: Question) -> list[list[Word]]:
    """The content words of each side; a side of one common word describes nothing."""
    content = {word.start: word for word in asked.words}
    sides, start = [], 0
    for match in [*_SIDES.finditer(asked.text), None]:
        end = match.start() if match else len(asked.text)
        words = [content[place] for place in sorted(content) if start <= place < end]
        plain = [w for w in words if w.text.casefold() not in SEEKING | _COMPARING]
        if len(plain) > 1 or any(word in asked.names for word in plain):
            sides.append(plain)
        start = match.end() if match else end
    return sides


def _described(side: Sequence[Word], hit: Hit) -> bool:
    return _coverage(side, hit) >= DESCRIBED


def _coverage(side: Sequence[Word], hit: Hit) -> float:
    """The share of a side's words, by rarity, that a paper holds."""
    text = searchable(f"{hit.record.title} {hit.record.abstract}")
    terms = frozenset(term for word in split_words(text) for term in word.terms)
    total = sum(rarity(word.text) for word in side)
    held = sum(rarity(word.text) for word in side if not terms.isdisjoint(word.terms))
    return held / total if total else 0.0
