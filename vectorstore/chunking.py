"""Record -> passages: consecutive whole sentences that fit an embedder's window; pure.

Nothing is truncated: a sentence longer than the window is cut at white space, and a word longer
than the window between characters. Passages cover all of the abstract but white space.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from vectorstore.latex import searchable
from vectorstore.records import Passage, Record
from vectorstore.sentences import Span, split_sentences

CountTokens = Callable[[str], int]
"""Tokens of a text, without the special ones."""

TITLE_SHARE = 0.5
"""The largest part of a window that the title, carried along as context, may take."""


def chunk(record: Record, count_tokens: CountTokens, window: int) -> list[Passage]:
    """Cuts an abstract into passages of about equal size.

    Args:
        record: The paper.
        count_tokens: The embedder's own count, without special tokens.
        window: Most tokens that the embedder takes in, without special tokens.

    Returns:
        Passages in order; `record.abstract[p.start:p.end] == p.text` for each, and
        `embedded_texts(record, [p], ...)` fit the window.
    """
    text = record.abstract
    room = window - count_tokens(_context(record.title, count_tokens, window))

    @cache
    def measure(span: Span) -> int:
        return count_tokens(searchable(text[span.start : span.end]))

    sentences = split_sentences(text)
    fitting = _fit(text, sentences, measure, room)
    packed = _pack(fitting, [measure(span) for span in fitting], room)
    if len(fitting) > len(sentences) or searchable(text) != text:
        # Halves of a word, or LaTeX that begins in one and ends in the next: longer when joined.
        packed = _fit(text, packed, measure, room)
    return [
        Passage(record.id, ordinal, span.start, span.end, text[span.start : span.end])
        for ordinal, span in enumerate(packed)
    ]


def embedded_texts(
    record: Record, passages: Iterable[Passage], count_tokens: CountTokens, window: int
) -> list[str]:
    """What the embedder reads for passages: the title as context, then each passage's text."""
    context = _context(record.title, count_tokens, window)
    return [context + searchable(passage.text) for passage in passages]


def _context(title: str, count_tokens: CountTokens, window: int) -> str:
    """The title, or its beginning where it is too long to be context, ready to be put before."""
    kept = " ".join(searchable(title).split())
    while kept and count_tokens(kept + ". ") > window * TITLE_SHARE:
        shorter = kept[: len(kept) * 3 // 4]
        kept = shorter.rpartition(" ")[0] or shorter
    return kept + ". " if kept else ""


def _pack(spans: Sequence[Span], sizes: Sequence[int], room: int) -> list[Span]:
    """Joins neighbouring spans up to the room, evenly: no tiny rest at the end."""
    packed: list[Span] = []
    target = sum(sizes) / max(1, math.ceil(sum(sizes) / room))
    used = 0
    for span, size in zip(spans, sizes, strict=True):
        full = used + size > room or used + size / 2 > target
        if packed and not full:
            packed[-1] = Span(packed[-1].start, span.end)
            used += size
        else:
            packed.append(span)
            used = size
    return packed


def _fit(text: str, spans: Sequence[Span], measure: Callable[[Span], int], room: int) -> list[Span]:
    """The spans in order, each that does not fit cut near its middle until its parts do.

    Joined spans are measured again where LaTeX may begin in one and end in the next.
    """
    fitting: list[Span] = []
    waiting = list(reversed(spans))
    while waiting:
        span = waiting.pop()
        if span.end - span.start <= 1 or measure(span) <= room:
            fitting.append(span)
        else:
            waiting += reversed(_halves(text, span))
    return fitting


def _halves(text: str, span: Span) -> list[Span]:
    cut = _middle(text, span)
    left = Span(span.start, span.start + len(text[span.start : cut].rstrip()))
    right = Span(span.end - len(text[cut : span.end].lstrip()), span.end)
    return [left, right]


def _middle(text: str, span: Span) -> int:
    """The white space nearest to the middle of a span, else its very middle."""
    middle = (span.start + span.end) // 2
    gaps = [match.start() for match in re.finditer(r"\s", text[span.start : span.end])]
    if not gaps:
        return middle
    return min((span.start + gap for gap in gaps), key=lambda place: abs(place - middle))
