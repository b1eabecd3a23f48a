"""Invented papers as real programs export them, with what a reader must find: the known content.

Nothing here knows how the readers work: each format is written by its own specification and by
what the programs that export it are known to do.
"""

from __future__ import annotations

from evals.exports.bibliographies import BIBLIOGRAPHIES
from evals.exports.documents import DOCUMENTS
from evals.exports.export import Export, Written, render, write_export
from evals.exports.markup import MARKUP
from evals.exports.papers import Paper, make_papers
from evals.exports.sheets import SHEETS
from evals.exports.tagged import TAGGED
from evals.exports.texts import TEXTS

__all__ = ["EXPORTS", "Export", "Paper", "Written", "make_papers", "render", "write_export"]

EXPORTS: tuple[Export, ...] = (*BIBLIOGRAPHIES, *TAGGED, *MARKUP, *DOCUMENTS, *SHEETS, *TEXTS)
"""Every format that Quoth reads, and every program whose exports of it differ."""
