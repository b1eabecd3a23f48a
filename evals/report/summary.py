"""The first part of the page: gates, changes, metrics, the judge; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from evals.report.markup import Child, Html, badge, element, join, link, long_text, table
from evals.report.plot import spell_range
from evals.report.words import (
    CHANGES,
    METRICS,
    MUTATIONS,
    OUTCOMES,
    Values,
    count,
    metric_names,
    metric_title,
    mutation_names,
    run_line,
    spell_kind,
    timings_line,
    verdict_line,
)

PASSED, FAILED = badge("good", "✓", "passed"), badge("bad", "✗", "failed")
TONES = {"right": "good", "wrong": "bad", "abstained": "warn", "crashed": "bad"}
CHANGE_BADGES = {
    "better": badge("good", "▲", "better"),
    "worse": badge("bad", "▼", "worse"),
    "new": badge("plain", "+", "new"),
    "gone": badge("plain", "−", "gone"),
}


def outcome_badge(outcome: str) -> Html:
    """An outcome as symbol and word."""
    return badge(TONES[outcome], *OUTCOMES[outcome])


def spell_value(value: float | None) -> str:
    """Three decimals, or a dash."""
    return "–" if value is None else f"{value:.3f}"


def header(report: Values) -> Html:
    """Whether it passed, on what, and the outcomes in numbers."""
    counts = Counter(case["outcome"] for case in report["cases"])
    tiles = (
        element("li", element("b", str(counts[outcome])), " ", outcome_badge(outcome))
        for outcome in OUTCOMES
    )
    mark = PASSED if report["passed"] else FAILED
    return element(
        "header",
        element("h1", "Quoth evals ", mark),
        element("p", verdict_line(report), class_="verdict"),
        failures(report),
        element("p", run_line(report), class_="muted"),
        element("p", timings_line(report), class_="muted"),
        usage_line(report["usage"]),
        element("ul", *tiles, class_="tiles", aria_label="Cases by outcome"),
    )


def failures(report: Values) -> Html:
    """What each failed gate says; nothing where all held."""
    said = [gate["message"] for gate in report["gates"] if not gate["passed"]]
    items = (element("li", message, dir="auto") for message in said)
    return element("ul", *items, class_="failures") if said else Html()


def usage_line(usage: Values | None) -> Html:
    """Tokens and cost of the run; nothing where no LLM ran."""
    if usage is None:
        return Html()
    spelled = (f"{name.replace('_', ' ')} {value}" for name, value in usage.items())
    return element("p", f"LLM: {', '.join(spelled)}", class_="muted")


def gates_section(report: Values) -> Html:
    """One row a gate, those that failed first."""
    gates = sorted(report["gates"], key=lambda gate: bool(gate["passed"]))
    rows: list[list[Child]] = [
        [
            metric_title(gate["metric"]),
            PASSED if gate["passed"] else FAILED,
            spell_value(gate["value"]),
            spell_bound(gate),
            spell_value(gate["baseline"]),
            spell_value(gate["tolerance"]),
            long_text(gate["message"]),
        ]
        for gate in gates
    ]
    columns = ["gate", "result", "value", "wanted", "baseline", "tolerance", "message"]
    content = table("Gates", columns, rows) if rows else element("p", "No gates were set.")
    return element("section", element("h2", "Gates", id="gates"), content)


def spell_bound(gate: Values) -> str:
    """What a gate demands."""
    if gate["maximum"] is not None:
        return f"≤ {gate['maximum']:.3f}"
    return "–" if gate["minimum"] is None else f"≥ {gate['minimum']:.3f}"


def changes_section(report: Values, anchors: Mapping[str, str]) -> Html:
    """Each case that differs from the baseline, worse first; nothing without a baseline."""
    changes = report["changes"]
    if changes is None:
        return Html()
    cases = {case["id"]: case for case in report["cases"]}
    rows = [
        change_row(id_, change, cases.get(id_), anchors.get(id_))
        for change in CHANGES
        for id_ in changes[change]
    ]
    content = (
        table("Changes against the baseline", ["case", "change", "kind", "outcome", "question"],
              rows)
        if rows
        else element("p", "Every case has the outcome that it had.")
    )  # fmt: skip
    heading = element("h2", "Changes against the baseline", id="changes")
    return element("section", heading, content)


def change_row(id_: str, change: str, case: Values | None, anchor: str | None) -> list[Child]:
    """One changed case, with a link where it is still there."""
    if case is None or anchor is None:
        return [id_, CHANGE_BADGES[change], "", "", ""]
    outcome = outcome_badge(case["outcome"])
    kind = spell_kind(case["kind"])
    return [link(anchor, id_), CHANGE_BADGES[change], kind, outcome, long_text(case["question"])]


def metrics_section(report: Values) -> Html:
    """One row a metric, with its interval drawn."""
    rows = [metric_row(name, report["metrics"][name]) for name in metric_names(report)]
    columns = ["metric", "mean", "95% interval", "n", "0 to 1"]
    content = table("Metrics", columns, rows) if rows else element("p", "No metrics.")
    note = element(
        "p",
        "Shares from 0 to 1. A case that crashed counts as wrong and stays in every mean.",
        class_="muted",
    )
    return element("section", element("h2", "Metrics", id="metrics"), note, content)


def metric_row(name: str, figure: Values | None) -> list[Child]:
    """A metric in figures; dashes where there is none."""
    meaning = METRICS[name][1] if name in METRICS else ""
    label = join(metric_title(name), element("small", meaning) if meaning else None)
    if figure is None:
        return [label, "–", "–", "0", ""]
    interval = spell_range(figure)
    return [label, spell_value(figure["mean"]), interval, str(figure["n"]), draw_interval(figure)]


def draw_interval(figure: Values) -> Html:
    """A point with its interval on a line from 0 to 1; the row says the same in figures."""
    low, mean, high = (round(6 + 188 * figure[name], 1) for name in ("low", "mean", "high"))
    return element(
        "svg",
        element("line", x1=6, y1=8, x2=194, y2=8, class_="grid"),
        element("line", x1=low, y1=8, x2=high, y2=8, class_="interval"),
        element("circle", cx=mean, cy=8, r=3.5, class_="dot"),
        viewBox="0 0 200 16",
        class_="spark",
        aria_hidden="true",
    )


def judge_section(report: Values) -> Html:
    """What the judge catches of planted errors, by kind."""
    judge = report["judge"]
    rows = [
        *(
            judge_row(MUTATIONS.get(name, name), str(item["n"]), item["caught"])
            for name in mutation_names(report)
            for item in (judge["mutations"][name],)
        ),
        judge_row("all planted errors", "", judge["catch_rate"]),
        judge_row("correct sentences refused (false alarms)", "", judge["false_alarm_rate"]),
    ]
    note = (
        f"Errors planted into correct answers, and how many the judge ({report['run']['judge']}) "
        f"caught. {count(judge['unscored'], 'sentence')} could not be scored."
    )
    return element(
        "section",
        element("h2", "The judge, judged", id="judge"),
        element("p", note, class_="muted"),
        table("Catch rates", ["planted error", "n", "share", "95% interval", "0 to 1"], rows),
        agreement(judge["agreement"]),
    )


def judge_row(label: str, number: str, figure: Values | None) -> list[Child]:
    """A catch rate in figures."""
    if figure is None:
        return [label, number, "–", "–", ""]
    mean = spell_value(figure["mean"])
    return [label, number, mean, spell_range(figure), draw_interval(figure)]


def agreement(found: Values | None) -> Html:
    """How far a second judge agrees; nothing without one."""
    if found is None:
        return Html()
    return element(
        "p",
        f"On {count(found['n'], 'sentence')} the judge {found['judge']} agrees in "
        f"{found['agreed']:.3f} (Cohen's kappa {spell_value(found['kappa'])}).",
    )
