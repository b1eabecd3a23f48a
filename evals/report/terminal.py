"""A report as tables for the terminal; pure but for rich's objects."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from evals.report.words import (
    CHANGES,
    MUTATIONS,
    OUTCOMES,
    Values,
    changes_by_case,
    kind_names,
    metric_names,
    metric_title,
    mutation_names,
    run_line,
    spell_kind,
    timings_line,
    verdict_line,
    visible,
)
from evals.tables import make_table, spell, spell_share


def terminal_tables(report: Values) -> list[RenderableType]:
    """What a run found: figures first, what needs a look and the gates last, where eyes rest."""
    tables: list[RenderableType] = [
        Text(visible(run_line(report))),
        Text(timings_line(report)),
        metrics_table(report),
        kinds_table(report),
        judge_table(report),
    ]
    if report["changes"] is not None:
        tables.append(changes_table(report))
    if report["crashed"]:
        tables.append(crashed_table(report))
    style = "bold green" if report["passed"] else "bold red"
    return [*tables, gates_table(report), Text(visible(verdict_line(report)), style=style)]


def text_table(title: str, columns: list[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table whose cells hold nothing that a terminal would act on."""
    return make_table(
        visible(title), columns, ([visible(str(cell)) for cell in row] for row in rows)
    )


def gates_table(report: Values) -> Table:
    """One row a gate."""
    rows = (
        [
            metric_title(gate["metric"]),
            "passed" if gate["passed"] else "FAILED",
            spell_value(gate["value"]),
            spell_bound(gate),
            spell_value(gate["baseline"]),
            "" if gate["passed"] else gate["message"],
        ]
        for gate in report["gates"]
    )
    return text_table("Gates", ["gate", "", "value", "wanted", "baseline", "why"], rows)


def spell_value(value: float | None) -> str:
    """A share, or `-`."""
    return "-" if value is None else spell_share(value)


def spell_bound(gate: Values) -> str:
    """What a gate demands."""
    if gate["maximum"] is not None:
        return f"≤ {spell_share(gate['maximum'])}"
    return "-" if gate["minimum"] is None else f"≥ {spell_share(gate['minimum'])}"


def metrics_table(report: Values) -> Table:
    """One row a metric."""
    rows = (
        [metric_title(name), spell(figure), figure["n"] if figure else 0]
        for name in metric_names(report)
        for figure in (report["metrics"][name],)
    )
    return text_table("Metrics", ["metric", "mean [95% interval]", "n"], rows)


def kinds_table(report: Values) -> Table:
    """One row a kind of case."""
    rows = (
        [spell_kind(name), kind["n"], spell(kind["right"]), kind["abstained"], kind["wrong_given"]]
        for name in kind_names(report)
        for kind in (report["kinds"][name],)
    )
    return text_table("Kinds", ["kind", "n", "right", "abstained", "wrong given"], rows)


def judge_table(report: Values) -> Table:
    """What the judge caught, by kind of planted error."""
    judge = report["judge"]
    rows = [
        *(
            [MUTATIONS.get(name, name), item["n"], spell(item["caught"])]
            for name in mutation_names(report)
            for item in (judge["mutations"][name],)
        ),
        ["all planted errors", "", spell(judge["catch_rate"])],
        ["correct, yet refused", "", spell(judge["false_alarm_rate"])],
        ["sentences unscored", judge["unscored"], ""],
    ]
    if judge["agreement"] is not None:
        rows.append(agreement_row(judge["agreement"]))
    return text_table(
        f"The judge ({report['run']['judge']})", ["planted error", "n", "caught"], rows
    )


def agreement_row(agreement: Values) -> list[object]:
    """How far the second judge agrees."""
    kappa = spell_value(agreement["kappa"])
    agreed = f"{spell_share(agreement['agreed'])} (kappa {kappa})"
    return [f"agrees with {agreement['judge']}", agreement["n"], agreed]


def changes_table(report: Values) -> Table:
    """Each case that differs from the baseline, worse first."""
    cases = {case["id"]: case for case in report["cases"]}
    rows = (
        [change, id_, *describe_case(cases.get(id_))]
        for id_, change in changes_by_case(report).items()
    )
    counts = ", ".join(f"{len(report['changes'][name])} {name}" for name in CHANGES)
    title = f"Against the baseline: {counts}"
    return text_table(title, ["change", "case", "kind", "outcome", "question"], rows)


def describe_case(case: Values | None) -> list[str]:
    """Kind, outcome and question; blanks for a case that is gone."""
    if case is None:
        return ["", "", ""]
    return [spell_kind(case["kind"]), OUTCOMES[case["outcome"]][1], case["question"]]


def crashed_table(report: Values) -> Table:
    """One row a case that crashed."""
    rows = ([item["id"], item["error"]] for item in report["crashed"])
    return text_table("Crashed (counted as wrong)", ["case", "error"], rows)
