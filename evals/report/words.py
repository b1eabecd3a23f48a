"""How a report's names are put to people; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]

_PICTURES = (
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
    | {0x7F: 0x2421}
    | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
    | dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
    | dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
    | dict.fromkeys((plane + end for plane in range(0, 0x110000, 0x10000)
                     for end in (0xFFFE, 0xFFFF)), 0xFFFD)
)  # fmt: skip

METRICS: dict[str, tuple[str, str]] = {
    "answer_accuracy": ("Answer accuracy", "right facts and paper, of answerable cases"),
    "follow_up_accuracy": ("Follow-up accuracy", "the same, of follow-up questions"),
    "hit@5": ("Hit@5", "a gold paper among the first five"),
    "mrr": ("MRR", "reciprocal rank of the first gold paper"),
    "ndcg@10": ("nDCG@10", "order of the gold papers"),
    "citation_precision": ("Citation precision", "citations that support their sentence"),
    "citation_recall": ("Citation recall", "sentences that their citations support"),
    "span_validity": ("Span validity", "quotations that are the abstract's own words"),
    "faithfulness": ("Faithfulness", "sentences that the judge finds supported"),
    "unscored": ("Unscored", "sentences that the judge could not score; lower is better"),
    "abstention_precision": ("Abstention precision", "abstentions where no answer was there"),
    "abstention_recall": ("Abstention recall", "unanswerable cases in which it abstained"),
    "coverage": ("Coverage", "cases in which an answer was given"),
    "crashed": ("Crashed", "cases in which asking broke down; lower is better"),
    "wrong_among_given": ("Wrong among given", "of the answers given; lower is better"),
    "llm_fallback": (
        "LLM fallback",
        "answers given that the named LLM did not write; lower is better",
    ),
    "ece": ("Calibration error", "confidence against accuracy; lower is better"),
    "judge_catch_rate": ("Judge: catch rate", "planted errors that the judge found"),
    "judge_false_alarm_rate": (
        "Judge: false alarms",
        "correct sentences that the judge refused; lower is better",
    ),
}
"""Title and meaning of each metric, in the order in which they are shown."""

MUTATIONS = {
    "number": "a number changed",
    "negation": "a sentence negated",
    "names": "two names swapped",
    "citation": "a citation swapped",
    "hedge": "a hedge dropped",
    "splice": "a sentence of another paper",
}

OUTCOMES = {
    "right": ("✓", "right"),
    "wrong": ("✗", "wrong"),
    "abstained": ("–", "wrongly abstained"),
    "crashed": ("!", "crashed"),
}
"""Symbol and word of each outcome."""

CHANGES = ("worse", "better", "new", "gone")


def visible(text: str) -> str:
    """The text without a character that XML, HTML or a terminal would act on or refuse.

    A control character becomes its picture (U+2400 and on); one that has none, one that turns the
    direction of writing around, and what is no character at all become U+FFFD.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_PICTURES)


def metric_title(name: str) -> str:
    """A metric's name for people; its own where it is not one of ours."""
    return METRICS[name][0] if name in METRICS else name


def metric_names(report: Values) -> list[str]:
    """The metrics of a report: ours in their order, then others."""
    metrics = report["metrics"]
    return [name for name in METRICS if name in metrics] + sorted(set(metrics) - set(METRICS))


def kind_names(report: Values) -> list[str]:
    """The kinds of a report, in the order of its cases."""
    met = dict.fromkeys(case["kind"] for case in report["cases"])
    kinds = report["kinds"]
    return [kind for kind in met if kind in kinds] + sorted(set(kinds) - set(met))


def mutation_names(report: Values) -> list[str]:
    """The kinds of planted errors of a report: ours in their order, then others."""
    mutations = report["judge"]["mutations"]
    return [name for name in MUTATIONS if name in mutations] + sorted(
        set(mutations) - set(MUTATIONS)
    )


def spell_kind(kind: str) -> str:
    """A kind of case in words."""
    return kind.replace("_", " ")


def count(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def spell_ms(value: float) -> str:
    """A time in milliseconds, to three digits."""
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


def timings_line(report: Values) -> str:
    """Percentiles of the time that a question took, in one line."""
    timings = report["timings"]
    spelled = (
        f"{name} {spell_ms(timings[f'{name}_ms'])}"
        for name in ("p50", "p95", "p99")
        if timings[f"{name}_ms"] is not None
    )
    return f"{count(timings['n'], 'question')}: {', '.join(spelled) or 'no times'}"


def verdict_line(report: Values) -> str:
    """Whether the gates passed, in one line."""
    gates = report["gates"]
    failed = [gate["metric"] for gate in gates if not gate["passed"]]
    if failed:
        named = ", ".join(metric_title(name) for name in failed)
        return f"Failed: {len(failed)} of {count(len(gates), 'gate')} ({named})"
    if not report["passed"]:
        return "Failed"
    return f"Passed: {count(len(gates), 'gate')}" if gates else "Passed: no gates were set"


def judge_errors_line(report: Values) -> str | None:
    """How often the judge failed, and why at first; None where it did not."""
    errors = report["judge"].get("errors")
    if not errors or not errors["failed"]:
        return None
    return f"The judge failed to give {count(errors['failed'], 'verdict')}: {errors['first']}"


def run_line(report: Values) -> str:
    """What was measured, in one line."""
    run = report["run"]
    corpus = run["corpus"] if isinstance(run["corpus"], str) else ", ".join(run["corpus"])
    reader = f", reader {'on' if run['reader'] else 'off'}" if "reader" in run else ""
    return (
        f"{count(len(report['cases']), 'case')} of {run['cases']} on {corpus} "
        f"({count(run['papers'], 'paper')}); answerer {run['answerer']}, judge {run['judge']}"
        f"{reader}; Quoth {report['quoth']}"
    )


def wanted_line(case: Values) -> str:
    """What a right answer would have been, in one line."""
    if not case["answerable"]:
        return f"an abstention ({case['reason']})" if case["reason"] else "an abstention"
    facts = "; ".join(" / ".join(group) for group in case["facts"])
    papers = ", ".join(case["papers"])
    return " from ".join(part for part in (facts, papers) if part) or "an answer"


def said_line(case: Values) -> str:
    """What was said, in one line."""
    return f"crashed: {case['error']}" if case["outcome"] == "crashed" else str(case["text"])


def changes_by_case(report: Values) -> dict[str, str]:
    """Case id to how it changed against the baseline."""
    changes = report["changes"] or {}
    return {id_: change for change in CHANGES for id_ in changes.get(change, ())}
