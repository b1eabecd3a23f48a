"""`Conversation`: questions asked one after the other, each made complete by those before."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from rag.answer import Answer, Citation, Sentence
from rag.condense import Condensed, condense
from rag.engine import AnswerStream, CheckedQueryEngine
from rag.followup import complete_question
from rag.library import MAX_QUESTION_CHARACTERS, Library, Where, checked_question
from rag.referents import Past
from rag.transcript import MAX_TURNS, Turn, from_values, load_turns, save_turns, to_values

if TYPE_CHECKING:
    from rag.llm import ChatDoor

REMEMBERED = 10
"""Turns, the latest, from which a follow-up is made complete."""


class _Completed(NamedTuple):
    """A question made complete, what the LLM did to it where one was asked, and milliseconds."""

    question: str
    condensed: Condensed | None
    took: float


class Conversation:
    """Asks a library questions that may follow from one another: `library.conversation()`.

    The latest `MAX_TURNS` turns are kept. Questions that are asked at the same time are answered
    one after the other; those of `aask` in the order in which it was called.
    """

    def __init__(self, library: Library, llm: ChatDoor | None = None) -> None:
        """Begins a conversation.

        Args:
            library: What is asked.
            llm: Makes follow-ups complete; rules do where None.
        """
        self._library = library
        self._llm = llm
        self._turns: list[Turn] = []
        self._lock = Lock()
        self._queue = ThreadPoolExecutor(1, thread_name_prefix="conversation")

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Each question, the same made complete, and its answer; the oldest first."""
        return tuple(self._turns)

    def ask(self, question: str, where: Where = None) -> Answer:
        """Answers a question, made complete by the turns before; `Library.ask` says the rest.

        Raises:
            QuestionError: The question is empty or too long, or the filter cannot be read.
        """
        asked = checked_question(question)
        with self._lock:
            completed = self._complete(asked)
            answer = self._library.query_engine(where).ask(asked, completed.question)
            answer = _with_account(answer, completed)
            self._remember(answer)
        return answer

    def stream(self, question: str, where: Where = None) -> AnswerStream:
        """`ask`, sentence by sentence; `Library.stream` says the rest.

        The turn is remembered once the stream has ended, and not where it was closed before. An
        open stream holds up no other question: each is made complete by the turns that have ended.

        Raises:
            QuestionError: The question is empty or too long, or the filter cannot be read.
        """
        asked, cited = checked_question(question), list[Citation]()
        steps = self._steps(asked, self._library.query_engine(where), cited)
        return AnswerStream(steps, cited)

    async def aask(self, question: str, where: Where = None) -> Answer:
        """`ask`, without blocking the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._queue, self.ask, question, where)

    def clear(self) -> None:
        """Forgets all turns."""
        self.resume(())

    def resume(self, turns: Sequence[Turn]) -> None:
        """Goes on after these turns instead of its own."""
        with self._lock:
            self._turns = list(turns)[-MAX_TURNS:]

    def to_json(self) -> dict[str, Any]:
        """The turns as plain JSON values."""
        return to_values(self.turns)

    @classmethod
    def from_json(
        cls, values: object, library: Library, llm: ChatDoor | None = None
    ) -> Conversation:
        """The conversation that `to_json` wrote down, to be gone on with.

        Raises:
            ConversationError: The values are no conversation.
        """
        conversation = cls(library, llm)
        conversation.resume(from_values(values))
        return conversation

    def save(self, path: str | Path) -> None:
        """Writes the conversation to a file, all of it or nothing.

        Raises:
            ConversationError: It cannot be written.
        """
        save_turns(path, self.turns)

    @classmethod
    def load(cls, path: str | Path, library: Library, llm: ChatDoor | None = None) -> Conversation:
        """The conversation that `save` wrote, to be gone on with.

        Raises:
            ConversationError: The file cannot be read, or holds none.
        """
        conversation = cls(library, llm)
        conversation.resume(load_turns(path))
        return conversation

    def _steps(
        self, asked: str, engine: CheckedQueryEngine, cited: list[Citation]
    ) -> Generator[Sentence, None, Answer]:
        with self._lock:
            completed = self._complete(asked)
        with closing(engine.stream(asked, completed.question)) as stream:
            for sentence in stream:
                cited[:] = stream.citations
                yield sentence
            cited[:] = stream.citations
        assert stream.answer is not None
        answer = _with_account(stream.answer, completed)
        with self._lock:
            self._remember(answer)
        return answer

    def _remember(self, answer: Answer) -> None:
        turn = Turn(answer.question, answer.standalone_question, answer)
        self._turns = [*self._turns, turn][-MAX_TURNS:]

    def _complete(self, question: str) -> _Completed:
        start = perf_counter()
        complete, condensed = self._make_complete(question)
        return _Completed(complete, condensed, round((perf_counter() - start) * 1000, 2))

    def _make_complete(self, question: str) -> tuple[str, Condensed | None]:
        """The question made complete, and what the LLM did to it, where one was asked."""
        remembered = self._turns[-REMEMBERED:]
        if not remembered:
            return question, None
        condensed = condense(self._llm, question, remembered) if self._llm else None
        if condensed and condensed.question:
            return condensed.question[:MAX_QUESTION_CHARACTERS], condensed
        return complete_question(question, [_as_past(turn) for turn in remembered]), condensed


def _as_past(turn: Turn) -> Past:
    """A turn as far as later questions can refer to it."""
    cited, nearest = turn.answer.citations, turn.answer.nearest
    return Past(
        question=turn.standalone_question,
        papers=tuple(dict.fromkeys(citation.title for citation in cited)),
        known=tuple(text for item in (*cited, *nearest) for text in (item.title, item.quote)),
    )


def _with_account(answer: Answer, completed: _Completed) -> Answer:
    """The answer with what making its question complete took, and how that failed."""
    condensed, timings = completed.condensed, {"condense": completed.took} | answer.timings_ms
    for moment in ("first_sentence", "total"):
        if moment in timings:
            timings[moment] = round(timings[moment] + completed.took, 2)
    answer = replace(answer, timings_ms=timings)
    if condensed is None:
        return answer
    if condensed.failure:
        told = f"The follow-up was made complete by rules. {condensed.failure}"
        answer = replace(answer, reason=f"{answer.reason} {told}" if answer.reason else told)
    if condensed.completion:
        spent = condensed.completion.usage.to_json()
        answer = replace(answer, usage={**(answer.usage or {}), "condense": spent})
    return answer
