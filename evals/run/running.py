"""`evals run` from cases to a report; progress goes to stderr."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from evals.bench.asking import ask_in_turn, open_files
from evals.bench.cache import default_folder
from evals.bench.progress import tracked
from evals.cases import Case, load_cases, resolve
from evals.run import gates
from evals.run.aggregate import (
    Scored,
    calibration_of,
    curve_of,
    kinds_of,
    metrics_of,
    timings_of,
    usage_of,
)
from evals.run.judges import agreement, errors_of, verifier
from evals.run.mutations import judge_the_judge, mutants_of
from evals.run.scoring import RANKED, Asked, Judge, score
from rag import Library

SCHEMA = 1
JUDGE_METRICS = {"judge_catch_rate": "catch_rate", "judge_false_alarm_rate": "false_alarm_rate"}


def run_cases(
    cases_file: Path,
    corpus: Sequence[Path],
    cache: Path | None,
    gates_file: Path | None = None,
    baseline: Mapping[str, Any] | None = None,
    judge: Judge | None = None,
    judge_name: str = "verifier",
    reader: Path | None = None,
) -> dict[str, Any]:
    """The report of asking all cases.

    Args:
        cases_file: JSON Lines of cases.
        corpus: Abstracts to ask; the bundled sample where there are none.
        cache: Where built libraries are kept.
        gates_file: TOML; the gates of the sample where None.
        baseline: An earlier report.
        judge: Says what is faithful beside the built-in verifier; agreement is reported.
        judge_name: What the report calls it.
        reader: Folder of a reader that answers and verifies, too; that of the settings where None.

    Raises:
        EvalError: Cases, gates or corpus cannot be used.
    """
    known = [*metrics_of([]), *JUDGE_METRICS]
    wanted = gates.load_gates(gates_file or default_gates(), known)
    loaded = load_cases(cases_file)
    with open_files(corpus, cache or default_folder(), reader=reader) as library:
        records = {record.id: record for record in library.records()}
        cases = resolve(loaded, list(records.values()))
        asked = [ask(library, case) for case in tracked("Asking", cases)]
        own = verifier(library.settings.reader)
        scored = [score(item, records, judge or own) for item in tracked("Judging", asked)]
        answerer = gates.EMBEDDED if library.settings.llm is None else str(library.settings.llm)
    judged = judge_the_judge(list(mutants_of(scored, records)), judge or own)
    agreed = None
    if judge is not None:
        again = [score(item, records, own) for item in asked]
        agreed = {"judge": judge_name, **agreement(_faithful(scored), _faithful(again))}
    metrics = metrics_of(scored, with_llm=answerer != gates.EMBEDDED)
    for name, source in JUDGE_METRICS.items():
        metrics[name] = judged[source]
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "quoth": version("quoth"),
        "run": {
            "corpus": [path.name for path in corpus] or "sample",
            "papers": len(records),
            "cases": cases_file.name,
            "answerer": answerer,
            "reader": library.settings.reader is not None,
            "judge": judge_name,
        },
        "metrics": metrics,
        "kinds": kinds_of(scored),
        "judge": {**judged, "agreement": agreed, "errors": errors_of(judge)},
        "risk_coverage": curve_of(scored),
        "calibration": calibration_of(scored),
        "crashed": [
            {"id": case["id"], "error": case["error"]}
            for case in scored
            if case["outcome"] == "crashed"
        ],
        "cases": scored,
        "timings": timings_of(scored),
        "usage": usage_of(scored),
    }
    report["gates"] = [*gates.check(wanted, report, baseline), *gates.check_llm(report)]
    report["passed"] = all(gate["passed"] for gate in report["gates"])
    report["changes"] = None if baseline is None else gates.changes(report, baseline)
    return report


def ask(library: Library, case: Case) -> Asked:
    """A case and its answer; whatever breaks is a result here."""
    try:
        answer = ask_in_turn(library, case)
        found = library.search(answer.standalone_question, RANKED)
    except Exception as error:  # noqa: BLE001 - whatever breaks in the system is a result here
        return Asked(case, None, (), f"{type(error).__name__}: {error}")
    return Asked(case, answer, tuple(dict.fromkeys(hit.record.id for hit in found)))


def default_cases() -> Path:
    """Cases on the bundled sample."""
    return Path(str(files("evals") / "cases" / "sample.jsonl"))


def default_gates() -> Path:
    """What Quoth itself must reach on them."""
    return Path(str(files("evals") / "gates.toml"))


def _faithful(cases: Sequence[Scored]) -> list[bool | None]:
    return [item["faithful"] for case in cases for item in case["sentences"]]
