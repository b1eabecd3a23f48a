"""Record -> passages: consecutive whole sentences that fit an embedder's window; pure.

Nothing is truncated: a sentence longer than the window is cut at white space, and a word longer
than the window between characters. Passages cover all of the abstract but white space.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

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
        `embedded_text(record, p, ...)` fits the window.
    """
    room = window - count_tokens(_context(record.title, count_tokens, window))
    spans = _fitting_spans(record.abstract, count_tokens, room)
    sizes = [count_tokens(record.abstract[span.start : span.end]) for span in spans]
    return [
        Passage(record.id, ordinal, span.start, span.end, record.abstract[span.start : span.end])
        for ordinal, span in enumerate(_pack(spans, sizes, room))
    ]


def embedded_text(record: Record, passage: Passage, count_tokens: CountTokens, window: int) -> str:
    """What the embedder reads for a passage: the title as context, then the readable passage."""
    return _context(record.title, count_tokens, window) + searchable(passage.text)


def _context(title: str, count_tokens: CountTokens, window: int) -> str:
    """The title, or its first words where it is too long to be context, ready to be put before."""
    budget = int(window * TITLE_SHARE)
    words = title.split()
    while words and count_tokens(" ".join(words)) > budget:
        words = words[: len(words) * 3 // 4]
    return " ".join(words) + ". " if words else ""


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


def _fitting_spans(text: str, count_tokens: CountTokens, room: int) -> list[Span]:
    return [
        piece
        for span in split_sentences(text)
        for piece in _split_to_fit(text, span, count_tokens, room)
    ]


def _split_to_fit(text: str, span: Span, count_tokens: CountTokens, room: int) -> list[Span]:
    """The span itself, or halves of it, cut near the middle, until each fits."""
    if count_tokens(text[span.start : span.end]) <= room or span.end - span.start == 1:
        return [span]
    cut = _middle(text, span)
    left = Span(span.start, span.start + len(text[span.start : cut].rstrip()))
    right = Span(span.end - len(text[cut : span.end].lstrip()), span.end)
    return [
        piece for half in (left, right) for piece in _split_to_fit(text, half, count_tokens, room)
    ]


def _middle(text: str, span: Span) -> int:
    """The white space nearest to the middle of a span, else its very middle."""
    middle = (span.start + span.end) // 2
    gaps = [m.start() for m in re.finditer(r"\s", text[span.start : span.end])]
    if not gaps:
        return middle
    return min((span.start + gap for gap in gaps), key=lambda place: abs(place - middle))
