"""Does what is cited support a claim? By the built-in verifier, an LLM, or LlamaIndex's own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prompts import Source, render
from rag.answer import Verdict
from rag.checking import Memory, check_claim
from rag.config import read_settings
from rag.library import llm_options
from rag.llm import ChatDoor, LLMError, open_llm
from vectorstore import minilm

if TYPE_CHECKING:
    from llama_index.core.evaluation import BaseEvaluator

    from evals.run.scoring import Judge

_VERDICT = re.compile(r"\s*VERDICT: (SUPPORTED|CONTRADICTED|NOT STATED)\s*")


def verifier() -> Judge:
    """The check that every answer goes through (`rag.checking`); it can always say."""
    read = Memory(minilm.read)

    def judge(claim: str, cited: Sequence[tuple[str, str]]) -> Verdict | None:
        texts = [f"{title}. {text}" for title, text in cited]
        return check_claim(claim, texts, read=read).verdict

    return judge


def open_judge(named: str) -> Judge:
    """The judge that an LLM of this name is, asked as the settings say.

    Raises:
        LLMError: There is no such LLM.
    """
    return llm_judge(open_llm(named, llm_options(read_settings())))


def llm_judge(door: ChatDoor) -> Judge:
    """An LLM behind a door, asked by prompts/judge.md for one claim at a time.

    A reply in any other form than the prompt asks for, and a failure, is no verdict.
    """

    def judge(claim: str, cited: Sequence[tuple[str, str]]) -> Verdict | None:
        passages = [Source(title, None, text) for title, text in cited]
        try:
            reply = door.complete(render("judge", claim=claim, passages=passages))
        except LLMError:
            return None
        return read_verdict(reply.text)

    return judge


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
