"""What the page does with a question: the functions behind it, without Gradio."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag import Library, QuothError
from rag.config import Settings
from rag.conversation import Conversation
from rag.transcript import MAX_FILE_BYTES, ConversationError, Turn, from_values, to_values
from ui.export import to_bibtex, to_json, to_markdown, to_ris
from ui.render import failed_html, partial_html, turn_html, turns_html


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the page while a question is being answered.

    Attributes:
        past: HTML of the turns before.
        current: HTML of this one.
        kept: The conversation for the browser to keep; None while it is as it was.
    """

    past: str
    current: str
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A conversation whose last question was taken back."""

    question: str
    past: str
    kept: str


class Asker:
    """Answers questions of conversations that browsers keep; holds nothing of any of them."""

    def __init__(self, library: Library) -> None:
        """Asks a library, with its LLM or, where that is switched off, without."""
        self._library = library
        self._offline = without_llm(library)

    def ask(
        self, question: str, kept: str, where: Sequence[str] = (), use_llm: bool = True
    ) -> Iterator[Shown]:
        """Shows the question, then each sentence as it is checked, then the whole answer.

        Failures are shown too: as a notice, and the conversation stays as it was.
        """
        try:
            turns = read_kept(kept)
        except QuothError as error:
            yield Shown("", failed_html(question, str(error)))
            return
        past = turns_html(turns)
        yield Shown(past, partial_html(question))
        try:
            conversation = (self._library if use_llm else self._offline).conversation()
            conversation.resume(turns)
            yield from self._answer(conversation, question, past, list(where))
        except QuothError as error:
            yield Shown(past, failed_html(question, str(error)))

    def _answer(
        self, conversation: Conversation, question: str, past: str, where: list[str]
    ) -> Iterator[Shown]:
        stream = conversation.stream(question, where)
        sentences = []
        try:
            for sentence in stream:
                sentences.append(sentence)
                yield Shown(past, partial_html(question, sentences, stream.citations))
        finally:
            stream.close()
        turns = conversation.turns
        yield Shown(past, turn_html(turns[-1]), write_kept(turns))


def without_llm(library: Library) -> Library:
    """The same library, asked without an LLM."""
    settings: Settings = library.settings.model_copy(update={"llm": None})
    return Library(library.store, settings, library.is_sample)


def read_kept(kept: str) -> list[Turn]:
    """The turns that a browser kept.

    Raises:
        ConversationError: It kept something else, or too much.
    """
    if not kept:
        return []
    if len(kept) > MAX_FILE_BYTES:
        raise ConversationError("The conversation is too long to go on with; begin a new one.")
    try:
        values = json.loads(kept)
    except (ValueError, RecursionError) as error:
        raise ConversationError(
            "The conversation that this browser kept cannot be read; begin a new one."
        ) from error
    return from_values(values, "the conversation that this browser kept")


def write_kept(turns: Sequence[Turn]) -> str:
    """Turns for the browser to keep."""
    return json.dumps(to_values(turns), ensure_ascii=False) if turns else ""


def take_back(kept: str, asked: str) -> Taken:
    """The conversation before the question that was asked last, which comes again.

    Args:
        kept: The conversation.
        asked: The last question; it is not in the conversation where it was stopped or failed.
    """
    turns = read_kept(kept)
    question = asked or (turns[-1].question if turns else "")
    if turns and turns[-1].question == question:
        turns = turns[:-1]
    return Taken(question, turns_html(turns), write_kept(turns))


def export(library: Library, kind: str, kept: str) -> str:
    """A conversation as a file: `md`, `json`, or its papers as `bib` or `ris`."""
    turns = read_kept(kept)
    if kind in _CONVERSATIONS:
        return _CONVERSATIONS[kind](turns)
    cited = (item.record_id for turn in turns for item in turn.answer.citations)
    records = (library.get(record_id) for record_id in dict.fromkeys(cited))
    return _PAPERS[kind]([record for record in records if record])


_CONVERSATIONS = {"md": to_markdown, "json": to_json}
_PAPERS = {"bib": to_bibtex, "ris": to_ris}
