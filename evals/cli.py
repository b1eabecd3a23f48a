"""The commands of `python -m evals`; heavy imports wait until a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from evals.beir import load_beir
from evals.bench.cli import bench
from evals.console import AsJson, Cache, Corpus, Split, show, tell
from rag.cli.console import stated_failures

app = typer.Typer(
    help="Measure Quoth: what it finds, what it answers, when it abstains, how fast it is.",
    no_args_is_help=True,
    add_completion=False,
)
app.add_typer(bench, name="bench")


@app.callback()
def describe() -> None:
    """Measure Quoth."""


@app.command()
def run(
    more: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="More files of --corpus: for DIR/*.txt."),
    ] = None,
    cases: Annotated[
        Path | None, typer.Option(help="Question cases.", show_default="those on the sample")
    ] = None,
    corpus: Corpus = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="report.json", help="An earlier report to hold it to.")
    ] = None,
    gates: Annotated[
        Path | None, typer.Option(help="What must be reached, TOML.", show_default="the sample's")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.json, report.html and junit.xml.")
    ] = None,
    judge: Annotated[
        str | None, typer.Option(metavar="openai:MODEL", help="An LLM that judges.")
    ] = None,
    reader: Annotated[
        Path | None,
        typer.Option(
            metavar="on|off|DIR", help="Which reader has a say.", show_default="as QUOTH_READER"
        ),
    ] = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Ask all cases, judge the answers and the judge; exit code 1 where a gate fails."""
    from evals.report import terminal_tables, write_reports
    from evals.report.words import judge_errors_line
    from evals.run.gates import share_a_case
    from evals.run.judges import open_judge
    from evals.run.running import default_cases, run_cases

    before = read_baseline(baseline)
    report = run_cases(
        cases or default_cases(),
        [*(corpus or []), *(more or [])],
        cache,
        gates,
        before,
        open_judge(judge) if judge else None,
        judge or "verifier",
        reader,
    )
    if out is not None:
        written = write_reports(report, out, baseline)
        if written.name != "report.json":
            tell(f"The run failed: {baseline} stays as it is; the report is {written}.")
    if before and not share_a_case(report, before):
        tell(f"{baseline} and this run share no case: nothing could be compared.")
    show(report, as_json, terminal_tables)
    failed = judge_errors_line(report)
    if failed:
        tell(failed)
    for gate in report["gates"]:
        if not gate["passed"]:
            tell(f"gate failed: {gate['message']}")
    if not report["passed"]:
        raise typer.Exit(1)


@app.command()
def fit(
    cases: Annotated[list[Path], typer.Option(help="Question cases to learn from.")],
    corpus: Annotated[list[Path], typer.Option(help="Abstracts that the cases are about.")],
    out: Annotated[Path, typer.Option(help="Where the model goes, as JSON, gzipped.")],
    others: Annotated[int, typer.Option(min=0, help="Other abstracts of the corpus.")] = 2000,
    beir: Annotated[Path | None, typer.Option(help="A test set whose claims join.")] = None,
    split: Split = "train",
    reader: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A trained reader, to go by that, too.")
    ] = None,
    cache: Cache = None,
) -> None:
    """Fit the embedded answerer's model; needs the extra `fit`. Prints its figures as JSON."""
    from evals.fitting import run_fit
    from rag.reader.trained import open_reader

    test_set = load_beir(beir, split) if beir else None
    result = run_fit(
        cases,
        corpus,
        others,
        test_set,
        cache,
        out,
        open_reader(reader) if reader else None,
    )
    show(result, True, lambda _: [])


@app.command()
def new(
    library: Annotated[
        Path | None, typer.Option(help="The library.", show_default="as for quoth ask")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write.", show_default="stdout")] = None,
    count: Annotated[int, typer.Option(min=1, help="Drafts to make, at most.")] = 30,
    seed: Annotated[int, typer.Option(help="Decides which papers are asked about.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Draft cases from a library, for a person to accept: one by one on a terminal."""
    from evals.new import run_new

    run_new(library, out, count, seed, overwrite)


def read_baseline(path: Path | None) -> dict[str, Any] | None:
    """The report to hold a run to; None where there is none yet, which is said."""
    from evals.report import load_report

    if path is None or path.exists():
        return load_report(path) if path else None
    tell(f"{path}: no baseline yet; nothing is compared.")
    return None


def main() -> None:
    """Run a command; a failure is a line on stderr and exit code 1, as in `quoth`."""
    with stated_failures():
        app()
