"""Quoth: ask your abstracts; every sentence of the answer quotes its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.answer import Answer, Citation, Sentence
    from rag.config import Settings
    from rag.conversation import Conversation
    from rag.engine import AnswerStream
    from rag.library import Library
    from rag.verified_engine import verified
    from vectorstore.errors import QuestionError, QuothError
    from vectorstore.records import AddReport, Hit, Passage, Record

__all__ = [
    "AddReport",
    "Answer",
    "AnswerStream",
    "Citation",
    "Conversation",
    "Hit",
    "Library",
    "Passage",
    "QuestionError",
    "QuothError",
    "Record",
    "Sentence",
    "Settings",
    "verified",
]

_HOMES = {
    "rag.answer": ("Answer", "Citation", "Sentence"),
    "rag.config": ("Settings",),
    "rag.conversation": ("Conversation",),
    "rag.engine": ("AnswerStream",),
    "rag.library": ("Library",),
    "rag.verified_engine": ("verified",),
    "vectorstore.errors": ("QuestionError", "QuothError"),
    "vectorstore.records": ("AddReport", "Hit", "Passage", "Record"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names above
    """Imports a public name when it is first used: `quoth --help` must not wait for Chroma."""
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
