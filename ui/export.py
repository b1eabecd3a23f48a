"""Conversations, answers and papers as text to keep: Markdown, JSON, BibTeX, RIS; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from rag import Answer, Citation
from rag.cli.console import as_data
from rag.transcript import Turn, to_values
from ui.bibliography import to_bibtex, to_ris

__all__ = ["answer_with_references", "to_bibtex", "to_json", "to_markdown", "to_ris"]

_MARKUP = re.compile(r"([\\`*_\[\]<>&#|~$!])")
_LIST_MARK = re.compile(r"^(\s*)([-+=]|\d+[.)])")
_ADDRESS = re.compile(r"https?://[^\s<>\"'\\^`{|}]+", re.IGNORECASE)


def to_markdown(turns: Iterable[Turn]) -> str:
    """Questions and answers, each answer with its numbered references."""
    return "\n\n".join(_turn(turn) for turn in turns) + "\n"


def to_json(turns: Iterable[Turn]) -> str:
    """The conversation as `Conversation.load` reads it."""
    return json.dumps(to_values(turns), ensure_ascii=True, indent=1) + "\n"


def answer_with_references(answer: Answer) -> str:
    """An answer and its numbered references as plain text, to be pasted anywhere."""
    listed = answer.nearest if answer.abstained else answer.citations
    heading = "Nearest passages (not an answer):" if answer.abstained else "References:"
    parts = [as_data(answer.text)]
    if answer.abstained and answer.reason:
        parts.append(as_data(answer.reason))
    if listed:
        parts.append("\n".join([heading, *map(_plain_reference, listed)]))
    return "\n\n".join(parts) + "\n"


def safe_address(url: str | None) -> str | None:
    """An address of the web that breaks out of no link; None where it is anything else."""
    found = _ADDRESS.fullmatch(as_data(url or ""))
    return found.group().replace("(", "%28").replace(")", "%29") if found else None


def as_markdown(text: str) -> str:
    """Text from outside on one line, so escaped that Markdown and HTML show it as it is."""
    escaped = _MARKUP.sub(r"\\\1", as_data(text))
    return _LIST_MARK.sub(lambda found: found[1] + found[2][:-1] + "\\" + found[2][-1], escaped)


def _turn(turn: Turn) -> str:
    answer = turn.answer
    parts = [f"## {as_markdown(turn.question)}"]
    if turn.standalone_question != turn.question:
        parts.append(f"*Understood as: {as_markdown(turn.standalone_question)}*")
    parts.append(
        f"**{as_markdown(answer.text)}**" if answer.abstained else as_markdown(answer.text)
    )
    if answer.reason:
        parts.append(as_markdown(answer.reason))
    if answer.abstained:
        listed, heading = answer.nearest, "Nearest passages (not an answer)"
    else:
        listed, heading = answer.citations, "References"
        parts.append(
            f"Confidence {answer.confidence:.2f}, answered by {as_markdown(answer.answerer)}."
        )
    if listed:
        parts.append(f"### {heading}")
        parts.append("\n".join(map(_reference, listed)))
    return "\n\n".join(parts)


def _reference(citation: Citation) -> str:
    title, address = as_markdown(citation.title), safe_address(citation.url)
    linked = f"[{title}]({address})" if address else title
    told = _told(as_markdown(", ".join(citation.authors)), citation.year)
    quote = as_markdown(citation.quote)
    return f"{citation.number}. {told}{linked}. {as_markdown(citation.record_id)}.\n\n   > {quote}"


def _plain_reference(citation: Citation) -> str:
    address = safe_address(citation.url)
    told = _told(as_data(", ".join(citation.authors)), citation.year)
    place = ". ".join(
        filter(None, (as_data(citation.title), address or as_data(citation.record_id)))
    )
    return f"[{citation.number}] {told}{place}\n    “{as_data(citation.quote)}”"


def _told(authors: str, year: int | None) -> str:
    """Authors and year, as they stand before a title."""
    told = " ".join(filter(None, (authors, f"({year})" if year else "")))
    return f"{told}. " if told else ""
