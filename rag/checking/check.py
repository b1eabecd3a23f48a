"""Whether a sentence is supported by the passages that it cites, in words and as a probability.

Rules find what is wrong: numbers, names, directions, negations, hedges. A small model weighs what
they find together with how much of the sentence the passages carry. Numbers, names and plain
reversals keep a veto.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.answer import Verdict
from rag.checking.comparison import Comparison, compare
from rag.checking.features import figures
from rag.checking.meaning import Reader
from rag.checking.model import Judge, Odds, load_model
from rag.checking.quotations import check_quotations
from rag.checking.reading import read_sentence
from rag.checking.reasons import Problem, find_problems, join_labels, number_problems
from vectorstore.sentences import split_sentences

Kind = Literal["support", "contradict", "not_enough"]

THRESHOLD = 0.5
"""From this probability on, a sentence counts as supported; the model saw balanced data."""

_VETOED = 0.3
_SHORTENED = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check of a sentence found.

    Attributes:
        verdict: `supported`, `partly` where it says more firmly what the passages say, or
            `unsupported`.
        reason: In words; None where it is supported.
        probability: That the passages support it, from 0 to 1; below `THRESHOLD` exactly where it
            is unsupported.
        evidence: (passage, start, end) of each sentence that it rests on, best first.
        kind: Whether, by the model alone and before any veto, the passages support it, contradict
            it, or do not say enough.
        agreement: The probability that they support it, given that they support or contradict it.
    """

    verdict: Verdict
    reason: str | None
    probability: float
    evidence: tuple[tuple[int, int, int], ...] = ()
    kind: Kind = "support"
    agreement: float = 1.0


def check_claim(
    claim: str,
    passages: Sequence[str],
    question: str = "",
    read: Reader | None = None,
    labels: Sequence[str] = (),
    judge: Judge | None = None,
) -> Finding:
    """Checks a sentence against the texts that it cites.

    Of several sentences, the one with the least support decides.

    Args:
        claim: Without citation marks.
        passages: The texts it cites: title and abstract, or passages.
        question: What was asked; its words need less support, and its numbers belong to the
            claim's.
        read: Gives the states of texts' tokens (`MiniLMEmbedding.read`), so that words are
            compared by meaning too; None goes by words alone.
        labels: What reasons call the passages; `[1]`, `[2]` and so on if empty.
        judge: Reads the sentence together with the passages (`rag.reader.trained`), and joins
            the rules; None goes by these alone.
    """
    cited = join_labels(labels or [f"[{number}]" for number in range(1, len(passages) + 1)])
    if not passages:
        return Finding("unsupported", "it cites nothing", 0.0, kind="not_enough", agreement=0.0)
    for quotation in check_quotations(claim, passages):
        reason = f"the quotation “{_shorten(quotation)}” is not in {cited} word for word"
        return Finding("unsupported", reason, 0.0, kind="not_enough", agreement=0.0)
    spans = split_sentences(claim)
    if not spans:
        return Finding("unsupported", "it says nothing", 0.0, kind="not_enough", agreement=0.0)
    findings = [
        _check(claim[span.start : span.end], passages, question, read, judge, cited)
        for span in spans
    ]
    return min(findings, key=lambda finding: (_rank(finding), finding.probability))


def _rank(finding: Finding) -> int:
    return ("unsupported", "partly", "supported").index(finding.verdict)


def _check(
    claim: str,
    passages: Sequence[str],
    question: str,
    read: Reader | None,
    judge: Judge | None,
    cited: str,
) -> Finding:
    found = compare(claim, passages, question, read, judge)
    if found is None or not any(map(str.isalnum, claim)):
        reason = f"{cited} is empty" if found is None else "it says nothing"
        return Finding("unsupported", reason, 0.0, kind="not_enough", agreement=0.0)
    if _is_verbatim(found):
        return Finding("supported", None, 1.0, _places(found))
    problems = [*_out_of_context(claim, passages, question, cited), *find_problems(found, cited)]
    return _judge(found, problems, cited)


def _out_of_context(
    claim: str, passages: Sequence[str], question: str, cited: str
) -> Iterator[Problem]:
    """Numbers that the passages do not state together with those of the question.

    `It needs 40 steps.` is stated somewhere, but not of the 1.42 FID that the question asks for.
    """
    own, asked = read_sentence(claim).quantities, read_sentence(question).quantities
    values = {other.value for other in asked}
    new = [quantity.text for quantity in own if quantity.value not in values]
    found = compare(f"{question.rstrip(' ?')}, {claim}", passages) if new and asked else None
    if found is not None:
        for problem in number_problems(found, cited):
            if problem.gravity == "veto" and any(
                f"number {text} " in problem.reason for text in new
            ):
                yield problem


def _judge(found: Comparison, problems: list[Problem], cited: str) -> Finding:
    odds = load_model().judge(figures(found), found.opinion, found.judge)
    vetoed = any(problem.gravity == "veto" for problem in problems)
    probability = odds.support * (_VETOED if vetoed else 1.0)
    weaker = [problem.reason for problem in problems if problem.gravity == "weaker"]
    verdict: Verdict = "partly" if weaker else "supported"
    reason = weaker[0] if weaker else None
    if probability < THRESHOLD:
        verdict = "unsupported"
        reason = problems[0].reason if problems else f"no sentence of {cited} says so"
    return Finding(verdict, reason, probability, _places(found), _kind(odds), odds.agree)


def _kind(odds: Odds) -> Kind:
    if odds.strict >= THRESHOLD:
        return "support"
    return "contradict" if odds.against >= THRESHOLD else "not_enough"


def _is_verbatim(found: Comparison) -> bool:
    """Whether the claim is a sentence of the passages, or a whole part of one up to its end."""
    return any(found.claim.text == place.sentence.text for place in found.places)


def _places(found: Comparison) -> tuple[tuple[int, int, int], ...]:
    return tuple((item.place.passage, item.place.start, item.place.end) for item in found.chosen)


def _shorten(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHORTENED else plain[: _SHORTENED - 1].rstrip() + "…"
