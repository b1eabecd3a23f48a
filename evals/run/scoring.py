"""One asked case -> its scores, as plain JSON values; pure but for the judge that it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.cases import Case, is_correct
from evals.metrics import mrr_at, ndcg_at
from rag import Answer, Citation, Record, Sentence
from rag.answer import Verdict

HIT_AT, RANKED = 5, 20
AROUND = 300
"""Characters of the abstract on either side of a quote."""
_QUOTATION = re.compile(r"“(.+)”", re.DOTALL)

Judge = Callable[[str, Sequence[tuple[str, str]]], "Verdict | None"]
"""(claim, (title, text) of what it cites) -> its verdict; None where it cannot say."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A case and what came back.

    Attributes:
        case: What was asked, its papers being record ids.
        answer: None where asking crashed.
        ranked: Record ids that retrieval found for the question as answered, best first.
        error: What went wrong, where it crashed.
    """

    case: Case
    answer: Answer | None
    ranked: tuple[str, ...] = ()
    error: str | None = None


def score(asked: Asked, records: Mapping[str, Record], judge: Judge) -> dict[str, Any]:
    """What a report holds of a case.

    Args:
        asked: The case and its answer.
        records: The papers, by id.
        judge: Says whether texts support a claim.
    """
    case, answer = asked.case, asked.answer
    known = {
        "id": case.id,
        "kind": case.kind,
        "question": case.question,
        "history": list(case.history),
        "answerable": case.answerable,
        "papers": list(case.papers),
        "facts": [list(group) for group in case.facts],
        "evidence": list(case.evidence),
        "reason": case.reason,
        "outcome": outcome_of(asked),
        "error": asked.error,
    }
    if answer is None:
        return known | _NOTHING | {"scores": _retrieval(asked)}
    verdicts = [_faithful(sentence, answer, records, judge) for sentence in answer.sentences]
    plain = answer.to_json()
    for sentence, faithful in zip(plain["sentences"], verdicts, strict=True):
        sentence["faithful"] = faithful
    return known | {
        "standalone_question": answer.standalone_question,
        "abstained": answer.abstained,
        "confidence": plain["confidence"],
        "text": answer.text,
        "sentences": plain["sentences"],
        "removed": plain["removed"],
        "citations": [_with_surroundings(item, records) for item in answer.citations],
        "nearest": [_with_surroundings(item, records) for item in answer.nearest],
        "scores": _retrieval(asked) | _citing(answer, records, verdicts, judge),
        "timings_ms": plain["timings_ms"],
        "usage": plain["usage"],
    }


def outcome_of(asked: Asked) -> str:
    """`right`, `wrong`, `abstained` where there was an answer, or `crashed`."""
    case, answer = asked.case, asked.answer
    if answer is None:
        return "crashed"
    if answer.abstained:
        return "abstained" if case.answerable else "right"
    if not case.answerable:
        return "wrong"
    stated = "\n".join((answer.text, *(item.quote for item in answer.citations)))
    cited = {item.record_id for item in answer.citations}
    return "right" if is_correct(case, stated, cited) else "wrong"


_NOTHING: dict[str, Any] = {
    "standalone_question": None,
    "abstained": False,
    "confidence": 0.0,
    "text": "",
    "sentences": [],
    "removed": [],
    "citations": [],
    "nearest": [],
    "timings_ms": {},
    "usage": None,
}


def _retrieval(asked: Asked) -> dict[str, float | None]:
    """Whether the papers that answer were found; of a crash they were not."""
    case = asked.case
    if not case.answerable:
        return {f"hit@{HIT_AT}": None, "mrr": None, "ndcg@10": None}
    gains = dict.fromkeys(case.papers, 1)
    hit = any(paper in gains for paper in asked.ranked[:HIT_AT])
    return {
        f"hit@{HIT_AT}": float(hit),
        "mrr": mrr_at(asked.ranked, gains, RANKED),
        "ndcg@10": ndcg_at(asked.ranked, gains, 10),
    }


def _citing(
    answer: Answer, records: Mapping[str, Record], verdicts: Sequence[bool | None], judge: Judge
) -> dict[str, float | None]:
    """Citation recall and precision (ALCE, Gao et al. 2023), spans and faithfulness.

    A sentence has recall 1 where what it cites supports it. A citation is precise where its
    sentence has recall 1, and it supports the sentence by itself or the others do not without it.
    """
    scored = [verdict for verdict in verdicts if verdict is not None]
    by_number = {item.number: item for item in answer.citations}
    precise = []
    for sentence, verdict in zip(answer.sentences, verdicts, strict=True):
        cited = [by_number.get(number) for number in sentence.citations]
        if verdict is not None:
            precise += [
                float(verdict and _is_needed(place, cited, sentence, records, judge))
                for place in range(len(cited))
            ]
    return {
        "citation_recall": _mean(scored),
        "citation_precision": _mean(precise),
        "faithfulness": _mean(scored),
        "spans_valid": _mean([_is_place(item, records) for item in _all_citations(answer)]),
        "unscored": _mean([verdict is None for verdict in verdicts]),
    }


def _faithful(
    sentence: Sentence, answer: Answer, records: Mapping[str, Record], judge: Judge
) -> bool | None:
    """Whether what a sentence cites supports it; a number that stands for nothing fails it."""
    by_number = {item.number: item for item in answer.citations}
    if not sentence.citations or any(number not in by_number for number in sentence.citations):
        return False
    return _supports([by_number[number] for number in sentence.citations], sentence, records, judge)


def _supports(
    cited: Sequence[Citation], sentence: Sentence, records: Mapping[str, Record], judge: Judge
) -> bool | None:
    """Whether quotes, each with its title, support a sentence: its quotation, and its lead."""
    texts = [(item.title, item.quote) for item in cited]
    quotation = _QUOTATION.search(sentence.text)
    if quotation is None:
        return _holds(judge(sentence.text, texts))
    lead = sentence.text[: quotation.start()]
    own = " ".join(f"{item.title} {_abstract(item, records)}" for item in cited).casefold()
    named = all(word.casefold() in own for word in re.findall(r"[^\W_]{3,}", lead))
    return _holds(judge(quotation[1], texts)) if named else False


def _holds(verdict: Verdict | None) -> bool | None:
    return None if verdict is None else verdict != "unsupported"


def _is_needed(
    place: int,
    cited: Sequence[Citation | None],
    sentence: Sentence,
    records: Mapping[str, Record],
    judge: Judge,
) -> bool:
    """Whether a citation supports its sentence alone, or the others do not without it."""
    own = cited[place]
    others = [item for number, item in enumerate(cited) if number != place and item]
    if own is None:
        return False
    return bool(_supports([own], sentence, records, judge)) or not (
        others and _supports(others, sentence, records, judge)
    )


def _all_citations(answer: Answer) -> tuple[Citation, ...]:
    return (*answer.citations, *answer.nearest)


def _is_place(item: Citation, records: Mapping[str, Record]) -> bool:
    return bool(item.quote) and _abstract(item, records)[item.start : item.end] == item.quote


def _abstract(item: Citation, records: Mapping[str, Record]) -> str:
    return records[item.record_id].abstract if item.record_id in records else ""


def _with_surroundings(item: Citation, records: Mapping[str, Record]) -> dict[str, Any]:
    abstract = _abstract(item, records)
    return {
        "number": item.number,
        "record_id": item.record_id,
        "title": item.title,
        "quote": item.quote,
        "start": item.start,
        "end": item.end,
        "before": abstract[max(0, item.start - AROUND) : item.start],
        "after": abstract[item.end : item.end + AROUND],
    }


def _mean(values: Sequence[float | bool]) -> float | None:
    return sum(values) / len(values) if values else None
