"""A made-up report, schema 1: every outcome, nulls, empty lists, and texts that mean harm."""

from __future__ import annotations

from typing import Any

HOSTILE = (
    "<script>document.title = 'owned'</script></script></details>"
    "\"><img src=x onerror=\"document.title='owned'\"> ' & javascript:alert(1) "
    "\x00\x1b[31m\x85\u202e\ud800]]>"
)


def figure(mean: float, n: int | None = None) -> dict[str, Any]:
    interval = {"mean": mean, "low": round(mean - 0.05, 4), "high": round(mean + 0.04, 4)}
    return interval if n is None else {**interval, "n": n}


def citation(number: int, quote: str, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "record_id": "doi:10.5555/moth.1",
        "title": "LanternNet: counting moths by night",
        "quote": quote,
        "start": 40,
        "end": 40 + len(quote),
        "before": "Counting moths at night is slow work.\n  ",
        "after": " It needs no trap.",
        **more,
    }


def sentence(text: str, verdict: str = "supported", **more: Any) -> dict[str, Any]:
    return {"text": text, "citations": [1], "verdict": verdict, "reason": None, **more}


def case(id_: str, outcome: str = "right", **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "kind": "fact",
        "question": "How well does LanternNet count?",
        "history": [],
        "standalone_question": "How well does LanternNet count?",
        "answerable": True,
        "papers": ["doi:10.5555/moth.1"],
        "facts": [["91.4%", "91.4 percent"], ["12 species"]],
        "evidence": ["LanternNet counts with an F1 score of 91.4% on 12 species."],
        "reason": "",
        "outcome": outcome,
        "error": None,
        "abstained": False,
        "confidence": 0.77,
        "text": "LanternNet counts with an F1 score of 91.4% on 12 species. [1]",
        "sentences": [
            sentence("LanternNet counts with an F1 score of 91.4% on 12 species.", faithful=True)
        ],
        "removed": [],
        "citations": [citation(1, "LanternNet counts with an F1 score of 91.4% on 12 species.")],
        "nearest": [],
        "scores": {"hit@5": 1.0, "mrr": 0.5, "citation_recall": None},
        "timings_ms": {"retrieve": 12.0, "total": 51.2},
        "usage": None,
        **more,
    }


def cases() -> list[dict[str, Any]]:
    return [
        case("fact-1"),
        case(
            "fact-2",
            "wrong",
            text="LanternNet counts 12 of 19 moths. [1]",
            sentences=[
                sentence("LanternNet counts 12 of 19 moths.", "partly", reason="19 is not stated",
                         faithful=False),
                sentence("It may be faster.", citations=[7], faithful=None),
            ],
            removed=[
                sentence("It is 40 times faster.", "unsupported", reason="40 is not stated in [1]")
            ],
        ),
        case(
            "follow_up-1",
            "abstained",
            kind="follow_up",
            question="And how fast?",
            history=["How well does LanternNet count?"],
            standalone_question="And how fast is LanternNet?",
            abstained=True,
            text="The abstracts do not say.",
            sentences=[],
            citations=[],
            nearest=[citation(1, "runs 3.5 times faster", start=900)],
            confidence=0.2,
            usage={"prompt_tokens": 210, "total_tokens": 222, "cost": 0.01},
        ),
        case(
            "near_miss-1",
            kind="near_miss",
            question="How does LanternNet count bats?",
            answerable=False,
            papers=[],
            facts=[],
            evidence=[],
            reason="LanternNet was not tried on bats.",
            abstained=True,
            text="The abstracts do not say.",
            sentences=[],
            citations=[],
            scores={},
        ),
        case(
            "hostile-1",
            "crashed",
            kind="hostile",
            question=HOSTILE,
            error=f"RuntimeError: {HOSTILE}",
            text="",
            sentences=[],
            citations=[],
            scores={},
            timings_ms={},
        ),
        case(
            HOSTILE,
            "wrong",
            kind=HOSTILE,
            question=HOSTILE,
            history=[HOSTILE],
            standalone_question=f"{HOSTILE}!",
            papers=[HOSTILE],
            facts=[[HOSTILE]],
            evidence=[HOSTILE],
            text=HOSTILE,
            sentences=[sentence(HOSTILE, "unsupported", reason=HOSTILE, faithful=False)],
            removed=[sentence(HOSTILE, "unsupported", reason=HOSTILE)],
            citations=[
                citation(1, HOSTILE, record_id="javascript:alert(1)", title=HOSTILE,
                         before=HOSTILE, after=HOSTILE),
            ],
            scores={HOSTILE: 0.0},
            timings_ms={"total": 1500.0},
            usage={HOSTILE: HOSTILE},
        ),
    ]  # fmt: skip


def made_up_report(**more: Any) -> dict[str, Any]:
    """Two gates of three hold; six cases, of which two right."""
    return {
        "schema": 1,
        "quoth": "0.1.0",
        "run": {
            "corpus": "sample",
            "papers": 19,
            "cases": "sample.jsonl",
            "answerer": "quote",
            "judge": "verifier",
        },
        "metrics": {
            "answer_accuracy": figure(0.8312, 110),
            "ndcg@10": figure(0.9, 110),
            "follow_up_accuracy": None,
            "another": figure(0.5, 2),
        },
        "kinds": {
            HOSTILE: {"n": 1, "right": figure(0.5), "abstained": 0, "wrong_given": 1},
            "fact": {"n": 2, "right": figure(0.5), "abstained": 0, "wrong_given": 1},
            "follow_up": {"n": 1, "right": figure(0.25), "abstained": 1, "wrong_given": 0},
            "hostile": {"n": 1, "right": figure(0.05), "abstained": 0, "wrong_given": 0},
            "near_miss": {"n": 1, "right": figure(0.95), "abstained": 1, "wrong_given": 0},
        },
        "judge": {
            "mutations": {
                "number": {"n": 40, "caught": figure(0.9)},
                "hedge": {"n": 0, "caught": None},
                "anagram": {"n": 3, "caught": figure(0.6)},
            },
            "catch_rate": figure(0.88),
            "false_alarm_rate": figure(0.06),
            "agreement": {"judge": "llm:tiny", "n": 60, "agreed": 0.9, "kappa": 0.71},
            "unscored": 1,
        },
        "gates": [
            {
                "metric": "answer_accuracy",
                "minimum": 0.8,
                "maximum": None,
                "tolerance": 0.03,
                "value": 0.8312,
                "baseline": 0.84,
                "passed": True,
                "message": "answer accuracy is .831, at least .800",
            },
            {
                "metric": "judge_catch_rate",
                "minimum": 0.9,
                "maximum": None,
                "tolerance": 0.0,
                "value": 0.88,
                "baseline": None,
                "passed": False,
                "message": "judge_catch_rate is .880; expected at least .900",
            },
            {
                "metric": "ece",
                "minimum": None,
                "maximum": None,
                "tolerance": None,
                "value": None,
                "baseline": None,
                "passed": True,
                "message": "",
            },
        ],
        "passed": False,
        "changes": {
            "better": ["fact-1"],
            "worse": ["fact-2", HOSTILE],
            "new": [],
            "gone": ["fact-0"],
        },
        "risk_coverage": [
            {"threshold": 0.9, "coverage": 0.4, "risk": 0.05},
            {"threshold": 0.3, "coverage": 1.0, "risk": 0.18},
        ],
        "calibration": [
            {"low": 0.0, "high": 0.1, "n": 0, "confidence": None, "accuracy": None},
            {"low": 0.7, "high": 0.8, "n": 12, "confidence": 0.75, "accuracy": 0.5},
            {"low": 0.9, "high": 1.0, "n": 30, "confidence": 0.95, "accuracy": 0.9},
        ],
        "crashed": [{"id": "hostile-1", "error": f"RuntimeError: {HOSTILE}"}],
        "cases": cases(),
        "timings": {"p50_ms": 51.2, "p95_ms": 900.0, "p99_ms": 1500.0, "n": 6},
        "usage": None,
        **more,
    }


def empty_report() -> dict[str, Any]:
    """A run of nothing."""
    judge = {
        "mutations": {},
        "catch_rate": None,
        "false_alarm_rate": None,
        "agreement": None,
        "unscored": 0,
    }
    return made_up_report(
        metrics={},
        kinds={},
        judge=judge,
        gates=[],
        passed=True,
        changes=None,
        risk_coverage=[],
        calibration=[],
        crashed=[],
        cases=[],
        timings={"p50_ms": None, "p95_ms": None, "p99_ms": None, "n": 0},
    )
