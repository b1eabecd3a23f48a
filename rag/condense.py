"""A follow-up -> a complete question by an LLM, which is believed only within narrow bounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from prompts import Turn as PromptTurn
from prompts import render
from rag.llm import ChatDoor, Completion, LLMError
from rag.question import ASKING, split_words, squash
from rag.referents import AUXILIARIES, find_names
from rag.transcript import Turn

MAX_CHARACTERS = 600
"""A longer reply is no question, unless the follow-up itself was longer."""
MAX_ANSWER_CHARACTERS = 1200
"""Characters of each earlier answer that the LLM is shown."""

_LABEL = re.compile(r"^(?:(?:complete|standalone|rewritten|last) )?question:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Condensed:
    """What the LLM made of a follow-up.

    Attributes:
        question: Complete; None where the reply cannot be used.
        failure: Why not, in words.
        completion: The reply, where there was one.
    """

    question: str | None
    failure: str | None = None
    completion: Completion | None = None


def condense(llm: ChatDoor, question: str, turns: Sequence[Turn]) -> Condensed:
    """Asks the LLM for the question made complete; never raises for what the LLM does."""
    history = [
        PromptTurn(turn.standalone_question, turn.answer.text[:MAX_ANSWER_CHARACTERS])
        for turn in turns
    ]
    try:
        completion = llm.complete(render("condense", question=question, history=history))
    except LLMError as error:
        return Condensed(None, str(error))
    text = _LABEL.sub("", completion.text.strip()).strip("\"“”'` ")
    spoken = " ".join(f"{turn.standalone_question} {_told(turn)}" for turn in turns)
    problem = find_problem(text, question, spoken)
    if completion.cut and not problem:
        problem = "it was cut short"
    if problem:
        failure = f"The reply of {llm.name} is no question that can be used: {problem}."
        return Condensed(None, failure, completion)
    return Condensed(text, None, completion)


def find_problem(reply: str, question: str, spoken: str) -> str | None:
    """Why a reply cannot stand for a question; None where it can.

    Args:
        reply: Of the LLM.
        question: As asked.
        spoken: All that was said before.
    """
    if not re.search(r"\w", reply):
        return "it is empty"
    if len(reply.splitlines()) > 1:
        return "it has several lines"
    if len(reply) > max(MAX_CHARACTERS, 2 * len(question)):
        return f"it has {len(reply):,} characters"
    if not _asks(reply):
        return "it does not ask"
    lost = [name for name in _marks(question) if squash(name) not in squash(reply)]
    if lost:
        return f"it leaves out “{lost[0]}”"
    heard = squash(f"{spoken} {question}")
    added = [name for name in _marks(reply) if squash(name) not in heard]
    if added:
        return f"it brings in “{added[0]}”, of which nobody spoke"
    return None


def _asks(reply: str) -> bool:
    first = split_words(reply)[0].text.casefold()
    return reply.endswith("?") or first in (ASKING | AUXILIARIES) - {"paper", "papers", "the"}


def _marks(text: str) -> list[str]:
    """Names and numbers."""
    numbers = re.findall(r"\d+(?:[.,]\d+)*", text)
    return [name.text for name in find_names(text)] + numbers


def _told(turn: Turn) -> str:
    cited = (*turn.answer.citations, *turn.answer.nearest)
    return " ".join([turn.question, turn.answer.text, *(item.title for item in cited)])
