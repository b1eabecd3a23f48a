"""What a system under test replied, in the few values that measuring needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Cited(Protocol):
    """A citation, as the library's answers hold it."""

    @property
    def record_id(self) -> str:
        """The paper."""

    @property
    def quote(self) -> str:
        """The words of its abstract."""


class Answered(Protocol):
    """An answer, as the library gives it."""

    @property
    def text(self) -> str:
        """What the reader sees."""

    @property
    def standalone_question(self) -> str:
        """The question as answered."""

    @property
    def abstained(self) -> bool:
        """Whether no answer is given."""

    @property
    def confidence(self) -> float | None:
        """How sure, in [0, 1]."""

    @property
    def citations(self) -> Sequence[Cited]:
        """What the answer rests on."""

    @property
    def nearest(self) -> Sequence[Cited]:
        """The nearest passages, where there is no answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply.

    Attributes:
        text: The answer as shown.
        quotes: What its citations quote.
        cited: Record ids of its citations.
        nearest: (record id, quote) of the nearest passages, where it abstained.
        abstained: Whether no answer was given.
        confidence: In [0, 1].
        standalone: The question as answered.
        error: What went wrong, where the system crashed: that counts as a wrong answer given.
    """

    text: str = ""
    quotes: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()
    nearest: tuple[tuple[str, str], ...] = ()
    abstained: bool = False
    confidence: float = 0.0
    standalone: str = ""
    error: str | None = None

    @property
    def stated(self) -> str:
        """The answer and all that it quotes."""
        return "\n".join((self.text, *self.quotes))


def ask_safely(ask: Callable[[], Answered]) -> Reply:
    """The reply that an answer makes; an exception becomes one that holds the error."""
    return reply_safely(lambda: as_reply(ask()))


def reply_safely(reply: Callable[[], Reply]) -> Reply:
    """The reply; an exception becomes one that holds the error, so that it is counted."""
    try:
        return reply()
    except Exception as error:  # noqa: BLE001 - whatever breaks in the system is a result here
        return Reply(error=f"{type(error).__name__}: {error}")


def as_reply(answer: Answered) -> Reply:
    """The values of an answer that measuring needs."""
    return Reply(
        text=answer.text,
        quotes=tuple(citation.quote for citation in answer.citations),
        cited=tuple(citation.record_id for citation in answer.citations),
        nearest=tuple((citation.record_id, citation.quote) for citation in answer.nearest),
        abstained=answer.abstained,
        confidence=answer.confidence or 0.0,
        standalone=answer.standalone_question,
    )
