"""The commands of `python -m evals bench`; heavy imports wait until a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from evals.beir import load_beir
from evals.console import AsJson, Cache, Corpus, ReaderFolder, Split, show, show_beside, tell
from evals.speed.cli import embedding, speed

bench = typer.Typer(help="Measure the whole system.", no_args_is_help=True)
bench.command()(speed)
bench.command()(embedding)

BeirFolder = Annotated[Path, typer.Option("--beir", help="Folder of a BEIR test set.")]
ON, OFF = Path("on"), Path("off")
Limit = Annotated[
    int | None, typer.Option("--limit-queries", min=1, help="Measure on this many queries only.")
]
WordsOnly = Annotated[bool, typer.Option("--words", help="Check by words, without embedding.")]
Others = Annotated[
    int | None,
    typer.Option(min=0, help="Of the corpus, the cases' papers and this many others only."),
]


@bench.command()
def retrieval(
    beir: Annotated[Path | None, typer.Option(help="Folder of a BEIR test set.")] = None,
    split: Split = "test",
    ranking: Annotated[
        Path | None,
        typer.Option(help="JSON Lines of query, positive and negative, instead of --beir."),
    ] = None,
    limit: Limit = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Rank a test set by terms, by vectors and by both."""
    from evals.bench.run import run_retrieval
    from evals.rankings import load_ranking
    from evals.tables import retrieval_tables

    if (beir is None) == (ranking is None):
        raise typer.BadParameter("give either --beir DIR or --ranking FILE")
    if ranking is not None:
        known, split = load_ranking(ranking), "all"
    else:
        assert beir is not None
        known = load_beir(beir, split)
    result = run_retrieval(known, split, limit, cache)
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
def study(
    beir: BeirFolder,
    split: Split = "train",
    limit: Limit = None,
    reader: ReaderFolder = OFF,
    as_json: AsJson = False,
) -> None:
    """Try other ways of ranking, on held-out folds: which would be better than the present one?"""
    from evals.bench.libraries import chosen_embedder
    from evals.bench.study import run_study
    from evals.tables import study_tables
    from rag.config import reader_folder
    from rag.reader.trained import open_reader

    folder = reader_folder(reader)
    find = open_reader(folder).encoder.find if folder else None
    result = run_study(load_beir(beir, split), chosen_embedder(), limit, find)
    show(result, as_json, study_tables)


@bench.command()
def abstain(
    beir: Annotated[Path | None, typer.Option(help="Folder of a BEIR test set.")] = None,
    split: Split = "test",
    cases: Annotated[Path | None, typer.Option(help="Own cases, instead of --beir.")] = None,
    corpus: Corpus = None,
    limit: Limit = None,
    reader: ReaderFolder = OFF,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Ask what the library can answer and what it cannot: does the confidence tell?"""
    from evals.bench.run import run_abstain_beir, run_abstain_cases
    from evals.tables import abstain_tables

    if (beir is None) == (cases is None):
        raise typer.BadParameter("give either --beir DIR or --cases FILE")
    known = load_beir(beir, split) if beir is not None else None

    def measure(setting: Path) -> dict[str, Any]:
        if known is not None:
            return run_abstain_beir(known, split, limit, cache, setting)
        assert cases is not None
        return run_abstain_cases(cases, corpus or [], cache, setting)

    found = {"reader off": measure(OFF)}
    if reader != OFF:
        found["reader on"] = measure(reader)
    if known is not None:
        warn_of_gaps(found["reader off"])
    show_beside(found, as_json, abstain_tables)


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
def ingest(
    records: Annotated[int, typer.Option(min=1, help="How many papers to invent.")] = 10_000,
    arxiv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Real abstracts: measures duplicates, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read exports of every format: speed, memory, known content; exit code 1 if any is lost."""
    from evals.bench.ingest import failures, run_ingest
    from evals.bench.ingest_tables import ingest_tables

    result = run_ingest(records, arxiv)
    show(result, as_json, ingest_tables)
    for line in failures(result):
        tell(line)
    if not result["passed"]:
        raise typer.Exit(1)


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
    reader: ReaderFolder = ON,
    as_json: AsJson = False,
) -> None:
    """Check SciFact's claims: does the checker tell support, contradiction and neither?"""
    from evals.bench.checking import checkers
    from evals.bench.claims import run_claims
    from evals.tables import claim_tables

    found = {
        name: run_claims(scifact, split, check)
        for name, check in checkers(words_only, reader).items()
    }
    show_beside(found, as_json, claim_tables)


@bench.command()
def pairs(
    file: Annotated[Path, typer.Argument(help="JSON Lines of document, claim, supported.")],
    words_only: WordsOnly = False,
    reader: ReaderFolder = ON,
    as_json: AsJson = False,
) -> None:
    """Check any claims about documents: does the checker tell supported from unsupported?"""
    from evals.bench.checking import checkers
    from evals.bench.pairs import run_pairs
    from evals.tables import pair_tables

    found = {name: run_pairs(file, check) for name, check in checkers(words_only, reader).items()}
    show_beside(found, as_json, pair_tables)


@bench.command()
def qa(
    pubmedqa: Annotated[Path, typer.Option(metavar="FILE", help="PubMedQA's labelled JSON.")],
    words_only: WordsOnly = False,
    reader: ReaderFolder = ON,
    as_json: AsJson = False,
) -> None:
    """Answer PubMedQA by yes, no or maybe: what the check of a sentence can and cannot do."""
    from evals.bench.checking import checkers
    from evals.bench.qa import run_qa
    from evals.tables import qa_tables

    found = {name: run_qa(pubmedqa, check) for name, check in checkers(words_only, reader).items()}
    show_beside(found, as_json, qa_tables)


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
    reader: ReaderFolder = ON,
    as_json: AsJson = False,
) -> None:
    """Check drafts with one planted error each, and their correct twins."""
    from evals.bench.asking import sample_files
    from evals.bench.checking import checkers
    from evals.bench.drafts import run_drafts
    from evals.tables import draft_tables

    papers = corpus or sample_files()[0]
    found = {
        name: run_drafts(file, papers, check)
        for name, check in checkers(words_only, reader).items()
    }
    show_beside(found, as_json, draft_tables)


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
