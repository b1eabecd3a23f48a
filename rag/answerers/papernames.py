"""What a paper is called: by its own name, and in a lead; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.question import Question, is_name, squash
from vectorstore.latex import readable
from vectorstore.records import Hit, Record

_INTRODUCED = re.compile(
    r"(?:propos|introduc|present|develop|creat|call|nam|dubb|term)\w*,?\s+(?:\w+\s+){0,3}?"
    r"([A-Z][\w+-]*[A-Z\d+][\w+-]*)|\(([A-Z][\w+-]+)\)"
)


def named_papers(asked: Question, hits: Sequence[Hit]) -> list[Hit]:
    """The papers whose own names a question gives, in the order of the hits."""
    names = {squash(name.text) for name in asked.names}
    return [hit for hit in hits if names & own_names(hit.record)]


def own_names(record: Record) -> set[str]:
    """What a paper calls its own: the name in its title, and what its abstract introduces."""
    head = readable(record.title).partition(":")[0]
    found = _INTRODUCED.findall(readable(record.abstract))
    introduced = [name for pair in found for name in pair if name]
    return {squash(word) for word in [*head.split(), *introduced] if is_name(word, first=False)}


def about_one(asked: Question, hit: Hit, named: Sequence[Hit]) -> Question:
    """The question without the words that name the other papers."""
    others = set[str]().union(*(own_names(item.record) for item in named if item is not hit))
    others -= own_names(hit.record)
    left = tuple(word for word in asked.words if word.squashed not in others)
    names = tuple(word for word in asked.names if word in left)
    return replace(asked, words=left, names=names)


def short_name(record: Record) -> str:
    """What a paper is called in a lead: the name before its colon, else its first words."""
    title = readable(record.title)
    head, colon, _ = title.partition(":")
    if colon and len(head.split()) <= 5:
        return head.strip()
    words = title.split()
    return " ".join(words[:6]) + "…" if len(words) > 6 else title
