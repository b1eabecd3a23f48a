"""What `report.json` holds, schema 1. Other keys may be added; these stay."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import NotRequired, TypedDict

SCHEMA = 1

Outcome = Literal["right", "wrong", "abstained", "crashed"]
Verdict = Literal["supported", "partly", "unsupported"]


class Figure(TypedDict):
    """A mean and its 95% interval."""

    mean: float
    low: float
    high: float


class Metric(Figure):
    """A figure and how many values it is the mean of."""

    n: int


class Run(TypedDict):
    """What was measured."""

    corpus: str | list[str]
    papers: int
    cases: str
    answerer: str
    judge: str
    reader: NotRequired[bool]


class Kind(TypedDict):
    """The figures of one kind of case."""

    n: int
    right: Figure
    abstained: int
    wrong_given: int


class Mutation(TypedDict):
    """How many planted errors of a kind the judge caught."""

    n: int
    caught: Figure | None


class Agreement(TypedDict):
    """How far a second judge agrees."""

    judge: str
    n: int
    agreed: float | None
    kappa: float | None


class JudgeErrors(TypedDict):
    """How many verdicts an LLM failed to give, and what went wrong first."""

    failed: int
    first: str | None


class Judge(TypedDict):
    """The judge, judged."""

    mutations: dict[str, Mutation]
    catch_rate: Figure | None
    false_alarm_rate: Figure | None
    agreement: Agreement | None
    errors: NotRequired[JudgeErrors | None]
    unscored: int


class Gate(TypedDict):
    """One gate and whether it held."""

    metric: str
    minimum: float | None
    maximum: float | None
    tolerance: float | None
    value: float | None
    baseline: float | None
    passed: bool
    message: str


class Changes(TypedDict):
    """Ids of the cases that differ from the baseline's."""

    better: list[str]
    worse: list[str]
    new: list[str]
    gone: list[str]


class Risk(TypedDict):
    """The share answered from a confidence on, and the share of those that is wrong."""

    threshold: float
    coverage: float
    risk: float


class Bin(TypedDict):
    """Answers whose confidence lies between `low` and `high`."""

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


class Crash(TypedDict):
    """A case that crashed."""

    id: str
    error: str


class Sentence(TypedDict):
    """A sentence and what the check of it found."""

    text: str
    citations: list[int]
    verdict: Verdict
    reason: str | None


class Judged(Sentence):
    """A sentence shown, and what the judge of the evals found."""

    faithful: bool | None


class Citation(TypedDict):
    """A place of an abstract, with what stands around it."""

    number: int
    record_id: str
    title: str
    quote: str
    start: int
    end: int
    before: str
    after: str


class Case(TypedDict):
    """A case, its answer and its scores."""

    id: str
    kind: str
    question: str
    history: list[str]
    standalone_question: str | None
    answerable: bool
    papers: list[str]
    facts: list[list[str]]
    evidence: list[str]
    reason: str
    outcome: Outcome
    error: str | None
    abstained: bool
    confidence: float
    answered_by: NotRequired[str | None]
    answer_reason: NotRequired[str | None]
    text: str
    sentences: list[Judged]
    removed: list[Sentence]
    citations: list[Citation]
    nearest: list[Citation]
    scores: dict[str, float | None]
    timings_ms: dict[str, float]
    usage: dict[str, Any] | None


class Timings(TypedDict):
    """Milliseconds a question."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    n: int


class Report(TypedDict):
    """The whole of `report.json`."""

    schema: int
    quoth: str
    run: Run
    metrics: dict[str, Metric | None]
    kinds: dict[str, Kind]
    judge: Judge
    gates: list[Gate]
    passed: bool
    changes: Changes | None
    risk_coverage: list[Risk]
    calibration: list[Bin]
    crashed: list[Crash]
    cases: list[Case]
    timings: Timings
    usage: dict[str, Any] | None
