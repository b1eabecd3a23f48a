"""The commands of `python -m evals`; heavy imports wait until a command runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evals.beir import load_beir
from vectorstore.errors import QuothError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

app = typer.Typer(
    help="Measure Quoth: what it finds, what it answers, when it abstains, how fast it is.",
    no_args_is_help=True,
    add_completion=False,
)
bench = typer.Typer(help="Measure the whole system.", no_args_is_help=True)
app.add_typer(bench, name="bench")

BeirFolder = Annotated[Path, typer.Option("--beir", help="Folder of a BEIR test set.")]
Split = Annotated[str, typer.Option(help="Split of the test set: qrels/SPLIT.tsv.")]
Limit = Annotated[
    int | None, typer.Option("--limit-queries", min=1, help="Measure on this many queries only.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Cache = Annotated[
    Path | None, typer.Option(help="Where built libraries are kept.", show_default="user cache")
]
Corpus = Annotated[list[Path] | None, typer.Option(help="Abstracts, in any format Quoth reads.")]

WordsOnly = Annotated[bool, typer.Option("--words", help="Check by words, without embedding.")]
Others = Annotated[
    int | None,
    typer.Option(min=0, help="Of the corpus, the cases' papers and this many others only."),
]


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
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Ask all cases, judge the answers and the judge; exit code 1 where a gate fails."""
    from evals.report import load_report, terminal_tables, write_reports
    from evals.run.judges import open_judge
    from evals.run.running import default_cases, run_cases

    report = run_cases(
        cases or default_cases(),
        [*(corpus or []), *(more or [])],
        cache,
        gates,
        load_report(baseline) if baseline else None,
        open_judge(judge) if judge else None,
        judge or "verifier",
    )
    if out is not None:
        write_reports(report, out)
    show(report, as_json, terminal_tables)
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
    cache: Cache = None,
) -> None:
    """Fit the embedded answerer's model; needs the extra `train`. Prints its figures as JSON."""
    from evals.fitting import run_fit

    test_set = load_beir(beir, split) if beir else None
    result = run_fit(cases, corpus, others, test_set, cache, out)
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


@bench.command()
def retrieval(
    beir: BeirFolder,
    split: Split = "test",
    limit: Limit = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Rank a test set by terms, by vectors and by both."""
    from evals.bench.run import run_retrieval
    from evals.tables import retrieval_tables

    result = run_retrieval(load_beir(beir, split), split, limit, cache)
    warn_of_gaps(result)
    show(result, as_json, retrieval_tables)


@bench.command()
def weights(
    beir: BeirFolder,
    split: Split = "train",
    limit: Limit = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Rank a test set with every share of vectors and terms: how the weight was chosen."""
    from evals.bench.run import run_weights
    from evals.tables import weight_tables

    result = run_weights(load_beir(beir, split), split, limit, cache)
    warn_of_gaps(result)
    show(result, as_json, weight_tables)


@bench.command()
def abstain(
    beir: Annotated[Path | None, typer.Option(help="Folder of a BEIR test set.")] = None,
    split: Split = "test",
    cases: Annotated[Path | None, typer.Option(help="Own cases, instead of --beir.")] = None,
    corpus: Corpus = None,
    limit: Limit = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Ask what the library can answer and what it cannot: does the confidence tell?"""
    from evals.bench.run import run_abstain_beir, run_abstain_cases
    from evals.tables import abstain_tables

    if (beir is None) == (cases is None):
        raise typer.BadParameter("give either --beir DIR or --cases FILE")
    if cases is not None:
        result = run_abstain_cases(cases, corpus or [], cache)
    else:
        assert beir is not None
        result = run_abstain_beir(load_beir(beir, split), split, limit, cache)
        warn_of_gaps(result)
    show(result, as_json, abstain_tables)


@bench.command("cases")
def own_cases(
    cases: Annotated[Path, typer.Option(help="Question cases, JSON Lines.")],
    corpus: Corpus = None,
    listed: Annotated[
        Literal["wrong", "all"] | None, typer.Option("--show", help="List cases with answers.")
    ] = None,
    baseline: Annotated[
        Literal["naive"] | None, typer.Option(help="Measure a baseline beside Quoth.")
    ] = None,
    others: Others = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Ask own cases: right, abstained, wrong, by kind. Without --corpus, over the sample."""
    from evals.bench.run import run_own_cases
    from evals.tables import case_tables, outcome_text

    result = run_own_cases(
        cases, corpus or [], cache, listed, naive=baseline == "naive", others=others
    )
    if result["flawed"]:
        tell(
            f"{len(result['flawed'])} cases ask for facts or evidence that none of their papers "
            f"holds, and cannot be passed: {'; '.join(result['flawed'])}."
        )
    show(
        result,
        as_json,
        lambda found: [*map(outcome_text, found["shown"]), *case_tables(found)],
    )


@bench.command()
def speed(
    corpus: Annotated[
        Path | None, typer.Option(help="JSON Lines of title and abstract, plain or gzipped.")
    ] = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Time adding and asking, against what they cannot do without."""
    from evals.bench.run import run_speed
    from evals.bench.speed import figures
    from evals.tables import speed_table

    result = run_speed(corpus, cache)
    if corpus is None:
        tell("Figures of the sample only; --corpus FILE.jsonl adds `ask` over 10,000 abstracts.")
    show(result, as_json, lambda found: [speed_table(figures(found))])


@bench.command()
def serve(
    users: Annotated[int, typer.Option(min=1, help="How many ask at the same time.")] = 20,
    seconds: Annotated[float, typer.Option(min=1.0, help="How long.")] = 60.0,
    pause: Annotated[
        float, typer.Option(min=0.0, help="Seconds that each reads an answer before asking on.")
    ] = 1.0,
    corpus: Corpus = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Let many users ask a started server: errors, latency, memory."""
    from evals.bench.run import run_serve
    from evals.bench.serve import Load
    from evals.tables import serve_table

    result = run_serve(corpus or [], cache, Load(users, seconds, pause))
    show(result, as_json, lambda found: [serve_table(found)])


@bench.command()
def claims(
    scifact: Annotated[
        Path, typer.Option(help="Folder with corpus.jsonl[.gz] and claims_SPLIT.jsonl[.gz].")
    ],
    split: Annotated[str, typer.Option(help="Split: claims_SPLIT.jsonl.")] = "train",
    words_only: WordsOnly = False,
    as_json: AsJson = False,
) -> None:
    """Check SciFact's claims: does the checker tell support, contradiction and neither?"""
    from evals.bench.checking import checker
    from evals.bench.claims import run_claims
    from evals.tables import claim_tables

    show(run_claims(scifact, split, checker(words_only)), as_json, claim_tables)


@bench.command()
def pairs(
    file: Annotated[Path, typer.Argument(help="JSON Lines of document, claim, supported.")],
    words_only: WordsOnly = False,
    as_json: AsJson = False,
) -> None:
    """Check any claims about documents: does the checker tell supported from unsupported?"""
    from evals.bench.checking import checker
    from evals.bench.pairs import run_pairs
    from evals.tables import pair_tables

    show(run_pairs(file, checker(words_only)), as_json, pair_tables)


@bench.command()
def qa(
    pubmedqa: Annotated[Path, typer.Option(metavar="FILE", help="PubMedQA's labelled JSON.")],
    words_only: WordsOnly = False,
    as_json: AsJson = False,
) -> None:
    """Answer PubMedQA by yes, no or maybe: what the check of a sentence can and cannot do."""
    from evals.bench.checking import checker
    from evals.bench.qa import run_qa
    from evals.tables import qa_tables

    show(run_qa(pubmedqa, checker(words_only)), as_json, qa_tables)


@bench.command("all")
def everything(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder with public benchmarks.")],
    limit: Limit = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Run every public benchmark that a folder holds; one table, beside published figures."""
    from evals.bench.everything import run_everything
    from evals.tables import everything_tables

    show(run_everything(data, cache, limit), as_json, everything_tables)


@bench.command()
def drafts(
    file: Annotated[Path, typer.Argument(help="Drafts, JSON Lines.")],
    corpus: Annotated[
        Path | None, typer.Option(help="The papers, JSON Lines.", show_default="the sample")
    ] = None,
    words_only: WordsOnly = False,
    as_json: AsJson = False,
) -> None:
    """Check drafts with one planted error each, and their correct twins."""
    from evals.bench.asking import sample_files
    from evals.bench.checking import checker
    from evals.bench.drafts import run_drafts
    from evals.tables import draft_tables

    result = run_drafts(file, corpus or sample_files()[0], checker(words_only))
    show(result, as_json, draft_tables)


def show(
    result: dict[str, Any],
    as_json: bool,
    render: Any,  # noqa: ANN401 - a function of the result
) -> None:
    """Print one JSON object, or what `render` makes of the result."""
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        return
    from rich.console import Console

    console = Console()
    parts: Iterable[RenderableType] = render(result)
    for part in parts:
        console.print(part)


def warn_of_gaps(result: dict[str, Any]) -> None:
    """Tell of what the test set lacks; it counts against the figures all the same."""
    gaps = {
        "missing_documents": "relevant documents are not in the corpus; they count as not found.",
        "empty_documents": "documents have neither title nor text; they cannot be found.",
        "unscored_queries": "queries have no relevant document; they are left out.",
    }
    for name, what in gaps.items():
        if result[name]:
            tell(f"{result[name]} {what}")


def tell(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(message + "\n")


def main() -> None:
    """Run a command; a stated failure is one line on stderr and exit code 1."""
    try:
        app()
    except QuothError as error:
        tell(str(error))
        sys.exit(1)
