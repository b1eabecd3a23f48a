"""Figures as tables for people; pure but for rich's objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

Figures = Mapping[str, Any]


def spell(figure: Mapping[str, float] | None) -> str:
    """Mean and interval, as `.712 [.690, .733]`; `-` where there is none."""
    if figure is None:
        return "-"
    mean, low, high = (spell_share(figure[name]) for name in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def spell_share(value: float) -> str:
    """Three decimals, without the zero before the point."""
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def make_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table whose first column is text and whose others are figures; no cell is markup."""
    first, *others = columns
    table = Table(title=Text(title), title_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table


def beside(ways: Mapping[str, Sequence[Table]]) -> list[Table]:
    """The tables of the same measurement made in several ways, as one where their rows are alike.

    Args:
        ways: By the name of the way, its tables.
    """
    titles = dict.fromkeys(str(table.title) for tables in ways.values() for table in tables)
    found = []
    for title in titles:
        same = {
            name: table
            for name, tables in ways.items()
            for table in tables
            if str(table.title) == title
        }
        heads = [list(table.columns[0].cells) for table in same.values()]
        if len(same) == len(ways) and all(head == heads[0] for head in heads):
            found.append(_join(title, same))
        else:
            found += [_retitled(f"{title} ({name})", table) for name, table in same.items()]
    return found


def _join(title: str, ways: Mapping[str, Table]) -> Table:
    first, *_ = ways.values()
    names = [column.header for column in first.columns]
    columns = [list(map(str, first.columns[0].cells))]
    heads = [str(names[0])]
    for place, name in enumerate(names[1:], start=1):
        cells = {way: list(map(str, table.columns[place].cells)) for way, table in ways.items()}
        if len(set(map(tuple, cells.values()))) == 1:
            cells = {"": next(iter(cells.values()))}
        for way, own in cells.items():
            heads.append(f"{name}, {way}" if way else str(name))
            columns.append(own)
    return make_table(title, heads, zip(*columns, strict=True))


def _retitled(title: str, table: Table) -> Table:
    table.title = Text(title)
    return table


def retrieval_tables(result: Figures) -> list[Table]:
    """One row a way of searching, and one a difference."""
    measures = list(next(iter(result["systems"].values())))
    title = (
        f"{result['beir']} ({result['split']}): {result['queries']} queries, "
        f"{result['documents']} documents; mean [95% interval]"
    )
    systems = make_table(
        title,
        ("search", *measures),
        (
            [mode, *(spell(figures[name]).replace(" ", "\n", 1) for name in measures)]
            for mode, figures in result["systems"].items()
        ),
    )
    differences = make_table(
        "Paired differences",
        ("difference", "ndcg@10", "p"),
        (
            [name, spell(item["ndcg@10"]["difference"]), spell_share(item["ndcg@10"]["p"])]
            for name, item in result["differences"].items()
        ),
    )
    return [systems, differences]


def weight_tables(result: Figures) -> list[Table]:
    """One row a weight."""
    title = (
        f"{result['beir']} ({result['split']}): {result['queries']} queries, "
        f"{result['documents']} documents; mean [95% interval]"
    )
    rows = ([weight, spell(figure)] for weight, figure in result["weights"].items())
    return [make_table(title, ("share of vectors", "ndcg@10"), rows)]


def abstain_tables(result: Figures) -> list[Table]:
    """The figures, and what each coverage costs."""
    rows = [
        ("AUROC of confidence", spell(result["auroc"])),
        ("answers given, answerable", spell(result["answered"]["answerable"])),
        (f"answers given, {result['unanswerable']}", spell(result["answered"]["unanswerable"])),
        ("wrong among answers given", spell(result["wrong_among_given"])),
        ("area under risk-coverage", spell(result["aurc"])),
        ("calibration error", spell(result["ece"])),
        ("crashed", len(result["crashed"])),
    ]
    points = (
        [spell_share(point[name]) for name in ("coverage", "risk", "threshold")]
        for point in result["risk_coverage"]
    )
    return [
        make_table(
            f"{result['name']}: {result['queries']} questions",
            ("figure", "mean [95% interval]"),
            rows,
        ),
        make_table(
            "What answering more costs",
            ("coverage", "wrong among given", "confidence from"),
            points,
        ),
    ]


def case_tables(result: Figures) -> list[Table]:
    """One table by kind and one over all, for every system."""
    return [
        table
        for name, figures in result["systems"].items()
        for table in (kinds_table(name, figures), overall_table(name, figures))
    ]


def kinds_table(name: str, figures: Figures) -> Table:
    """One row a kind."""
    rows = (
        [kind, item["n"], spell(item["right"]), item["abstained"], item["wrong_given"]]
        for kind, item in figures["kinds"].items()
    )
    return make_table(f"{name}, by kind", ("kind", "n", "right", "abstained", "wrong given"), rows)


def overall_table(name: str, figures: Figures) -> Table:
    """The figures over all kinds, and what crashed."""
    rows = [
        ("answerable: right", spell(figures["answerable_accuracy"])),
        ("unanswerable: abstained", spell(figures["unanswerable_abstention"])),
        (f"wrong among {figures['given']} answers given", spell(figures["wrong_among_given"])),
        ("AUROC of confidence", spell(figures["auroc"])),
        ("precision of which_papers", spell(figures["which_papers_precision"])),
        ("follow-ups made complete", spell(figures["made_complete"])),
        ("crashed (counted as wrong)", len(figures["crashed"])),
        *((f"  {item['id']}", item["error"]) for item in figures["crashed"]),
    ]
    return make_table(f"{name}, over all", ("figure", "mean [95% interval]"), rows)


def outcome_text(item: Figures) -> Text:
    """One case and its answer, as plain text."""
    verdict = "right" if item["right"] else "WRONG"
    state = "crashed" if item["error"] else "abstained" if item["abstained"] else "answered"
    lines = [
        f"{verdict}, {state} ({item['confidence']:.2f})  {item['system']}  {item['id']}  "
        f"{item['kind']}",
        f"  Q: {item['question']}",
        f"  A: {item['error'] or item['text']}",
        f"  cited: {', '.join(item['cited']) or '-'}; wanted: "
        f"{', '.join(item['wanted_papers']) or '-'}",
        f"  wanted: {item['wanted_facts'] or item['reason']}",
    ]
    return Text("\n".join(lines))


def serve_table(result: Figures) -> Table:
    """One row a figure of `bench serve`."""
    memory = result["memory_mb"]
    rows = [
        ("answers", result["answers"]),
        ("answers a second", f"{result['answers_per_second']:.1f}"),
        ("errors (none)", result["errors"]),
        ("p50 of one user, ms", f"{result['single_p50_ms']:.1f}"),
        ("p50 of all, ms", f"{result['p50_ms']:.1f}"),
        ("p95 of all, ms", f"{result['p95_ms']:.1f}"),
        ("p95 of all over p50 of one (< 10)", f"{result['ratio']:.1f}"),
        *(
            (f"memory {moment}, MB", "-" if held is None else f"{held:.0f}")
            for moment, held in memory.items()
        ),
    ]
    title = (
        f"{result['users']} users for {result['seconds']:g} s, {result['pause']:g} s between "
        f"questions; {result['documents']} documents"
    )
    return make_table(title, ("figure", "value"), rows)


def claim_tables(result: Figures) -> list[Table]:
    """One row a measure of `bench claims`."""
    stated, three = result["support_against_contradiction"], result["three_way"]
    verdicts = result["supported_or_not"]
    counts = ", ".join(f"{count} {label}" for label, count in result["labels"].items())
    rows = [
        ("support against contradiction: balanced accuracy", spell(stated["balanced_accuracy"])),
        ("support against contradiction: AUROC", spell(stated["auroc"])),
        ("three-way: macro-F1", spell(three["macro_f1"])),
        (
            "supported or not, by the verdict: balanced accuracy",
            spell(verdicts["balanced_accuracy"]),
        ),
        ("supported or not, by the verdict: AUROC", spell(verdicts["auroc"])),
        ("p50 of a claim, ms", f"{result['p50_ms']:.1f}"),
    ]
    title = f"{result['name']}: {result['claims']} claims ({counts}); mean [95% interval]"
    return [make_table(title, ("measure", "figure"), rows)]


def pair_tables(result: Figures) -> list[Table]:
    """One row a domain of `bench pairs`, all together first."""
    rows = {"overall": result["overall"], **result["domains"]}
    title = f"{result['file']}: {result['pairs']} pairs; mean [95% interval]"
    return [
        make_table(
            title,
            ("domain", "pairs", "supported", "balanced accuracy", "AUROC"),
            (
                [name, item["n"], item["supported"], spell(item["balanced_accuracy"]),
                 spell(item["auroc"])]
                for name, item in rows.items()
            ),
        ),
        make_table("Time", ("p50 of", "ms"), [("a pair", f"{result['p50_ms']:.1f}")]),
    ]  # fmt: skip


def draft_tables(result: Figures) -> list[Table]:
    """Shares caught and removed, and what went wrong, one by one."""
    shares = {"overall": result["overall"], **result["halves"], **result["kinds"]}
    summary = make_table(
        f"{result['drafts']}: planted errors and correct twins; mean [95% interval]",
        ("drafts", "errors", "caught", "twins removed"),
        (
            [name, item["errors"], spell(item["errors_caught"]), spell(item["twins_removed"])]
            for name, item in shares.items()
        ),
    )
    wrong = [
        make_table(
            title,
            ("draft", "verdict", "reason"),
            ([item["id"], item["verdict"], item["reason"] or ""] for item in result[key]),
        )
        for title, key in (("Missed", "missed"), ("Wrongly removed", "wrongly_removed"))
        if result[key]
    ]
    return [summary, *wrong]


def qa_tables(result: Figures) -> list[Table]:
    """One row a system."""
    counts = ", ".join(f"{count} {name}" for name, count in result["answers"].items())
    title = f"{result['file']}: {result['questions']} questions ({counts}); mean [95% interval]"
    rows = (
        (name, spell(figures["accuracy"]), spell(figures["macro_f1"]))
        for name, figures in result["systems"].items()
    )
    return [make_table(title, ("system", "accuracy", "macro-F1"), rows)]


def everything_tables(result: Figures) -> list[Table]:
    """One row a figure, with what others published beside it."""
    rows = (
        (f"{row['benchmark']}\n{row['measure']}", spell(row["figure"]), row["published"] or "-")
        for row in result["rows"]
    )
    title = f"Benchmarks in {result['folder']}; reader {result['reader']}; mean [95% interval]"
    return [make_table(title, ("benchmark", "here", "published"), rows)]


def study_tables(result: Figures) -> list[Table]:
    """One row a candidate of `bench study`: its paired differences from the present ranking."""
    now = result["present"]
    title = (
        f"{result['beir']}: {result['queries']} queries, {result['documents']} documents; "
        f"now nDCG@10 {spell(now['ndcg@10'])}, recall@20 {spell(now['recall@20'])}"
    )
    rows = [
        [
            name,
            ", ".join(f"{value:g}" for value in sorted(set(figures["chosen"]))),
            spell(figures["ndcg@10"]["difference"]),
            spell(figures["recall@20"]["difference"]),
        ]
        for name, figures in result["candidates"].items()
    ]
    columns = ("candidate", "chosen on other folds", "nDCG@10, difference", "recall@20, difference")
    return [make_table(title, columns, rows)]
