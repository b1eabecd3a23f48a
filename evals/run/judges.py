"""Does what is cited support a claim? By the built-in verifier, an LLM, or LlamaIndex's own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prompts import Source, render
from rag.answer import Verdict
from rag.checking import Memory, check_claim
from rag.config import read_settings
from rag.library import llm_options
from rag.llm import ChatDoor, LLMError, open_llm
from rag.reader.trained import open_verifier
from vectorstore import minilm

if TYPE_CHECKING:
    from llama_index.core.evaluation import BaseEvaluator

    from evals.run.scoring import Judge

_VERDICT = re.compile(r"\s*VERDICT: (SUPPORTED|CONTRADICTED|NOT STATED)\s*")


def verifier(reader: Path | None = None) -> Judge:
    """The check that every answer goes through (`rag.checking`); it can always say.

    Args:
        reader: Folder of a reader that has a say.
    """
    read, opinion = Memory(minilm.read), open_verifier(reader)

    def judge(claim: str, cited: Sequence[tuple[str, str]]) -> Verdict | None:
        texts = [f"{title}. {text}" for title, text in cited]
        return check_claim(claim, texts, read=read, judge=opinion).verdict

    return judge


def open_judge(named: str) -> Judge:
    """The judge that an LLM of this name is, asked as the settings say.

    Raises:
        LLMError: There is no such LLM.
    """
    return LLMJudge(open_llm(named, llm_options(read_settings())))


class LLMJudge:
    """An LLM behind a door, asked by prompts/judge.md for one claim at a time.

    A reply in any other form than the prompt asks for, and a failure, is no verdict.

    Attributes:
        failed: Verdicts that it did not give.
        first_error: Why the first of these was not given.
    """

    def __init__(self, door: ChatDoor) -> None:
        """Begins with no failure."""
        self.failed = 0
        self.first_error: str | None = None
        self._door = door

    def __call__(self, claim: str, cited: Sequence[tuple[str, str]]) -> Verdict | None:
        """The verdict on a claim; None where there is none."""
        passages = [Source(title, None, text) for title, text in cited]
        try:
            reply = self._door.complete(render("judge", claim=claim, passages=passages)).text
        except LLMError as error:
            self._note(str(error))
            return None
        verdict = read_verdict(reply)
        if verdict is None:
            self._note(f"{self._door.name} gave no verdict, but {reply[:80]!r}.")
        return verdict

    def _note(self, error: str) -> None:
        self.failed += 1
        self.first_error = self.first_error or error


def errors_of(judge: Judge | None) -> dict[str, Any] | None:
    """How often an LLM failed as judge, and why at first; None for judges of other kinds."""
    if not isinstance(judge, LLMJudge):
        return None
    return {"failed": judge.failed, "first": judge.first_error}


def read_verdict(reply: str) -> Verdict | None:
    """The verdict of a reply in exactly the form asked for; None in any other form."""
    found = _VERDICT.fullmatch(reply)
    if found is None:
        return None
    return "supported" if found[1] == "SUPPORTED" else "unsupported"


def llama_index_judge(evaluator: BaseEvaluator) -> Judge:
    """Any of LlamaIndex's evaluators of faithfulness, for comparison."""

    def judge(claim: str, cited: Sequence[tuple[str, str]]) -> Verdict | None:
        contexts = [f"{title}. {text}" for title, text in cited]
        found = asyncio.run(evaluator.aevaluate(response=claim, contexts=contexts))
        if found.invalid_result or found.passing is None:
            return None
        return "supported" if found.passing else "unsupported"

    return judge


def agreement(
    first: Sequence[bool | None], second: Sequence[bool | None]
) -> dict[str, float | int | None]:
    """How often two judges agree on what is faithful, where both could say; Cohen's kappa (1960).

    Kappa is None where chance alone would have them agree.
    """
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    if not both:
        return {"n": 0, "agreed": None, "kappa": None}
    agreed = sum(a == b for a, b in both) / len(both)
    yes, too = (sum(column) / len(both) for column in zip(*both, strict=True))
    chance = yes * too + (1 - yes) * (1 - too)
    return {
        "n": len(both),
        "agreed": agreed,
        "kappa": None if chance == 1 else (agreed - chance) / (1 - chance),
    }
