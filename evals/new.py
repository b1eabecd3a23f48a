"""`python -m evals new`: drafts of cases from a library, for a person to accept."""

from __future__ import annotations

import heapq
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from evals.drafting import draft_cases
from evals.errors import EvalError
from rag.cli.console import as_data, tell, write_json
from rag.cli.libraries import opened_for_reading
from vectorstore.records import Record

PAPERS_A_DRAFT = 4
CHOICES = "[a]ccept, [e]dit the question, [s]kip, [q]uit: "


def run_new(library: Path | None, out: Path | None, count: int, seed: int, overwrite: bool) -> None:
    """Draft cases; on a terminal ask about each, elsewhere write them all as drafts."""
    require_free(out, overwrite)
    with opened_for_reading(library) as opened:
        records = choose_records(opened.records(), count * PAPERS_A_DRAFT, seed)
    drafts = draft_cases(records, count, seed)
    if not drafts:
        raise EvalError(
            f"No question could be drafted from {len(records)} papers; expected abstracts that "
            "state figures, lists or acronyms. docs/cases.md says how to write cases by hand."
        )
    if sys.stdin.isatty() and sys.stdout.isatty():
        written = write_cases(review(drafts, input, tell), out)
        tell(f"{written} of {len(drafts)} drafts accepted{place_of(out)}.")
    else:
        written = write_cases(drafts, out)
        tell(
            f"{written} drafts{place_of(out)}. Read each beside its paper; delete "
            "'\"draft\": true' from those that are right, and the lines of the others."
        )


def require_free(out: Path | None, overwrite: bool) -> None:
    """Raise where the file is there and may not be replaced; tell where it may."""
    if out is None or not out.exists():
        return
    if not overwrite:
        raise EvalError(f"{out} is there already; give another --out, or replace it: --overwrite.")
    tell(f"{out} is there already; it will be replaced.")


def choose_records(records: Iterable[Record], limit: int, seed: int) -> list[Record]:
    """As many papers as are needed, drawn by the seed whatever their order."""
    return heapq.nsmallest(
        limit, records, key=lambda record: sha256(f"{seed} {record.id}".encode()).digest()
    )


def review(
    drafts: Sequence[dict[str, Any]], ask: Callable[[str], str], show: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """The drafts that a person accepts, each as soon as it is accepted; end of input quits."""
    for number, draft in enumerate(drafts, 1):
        show(f"\n{number} of {len(drafts)}, {describe(draft)}")
        try:
            question = decide(draft["question"], ask, show)
        except (EOFError, KeyboardInterrupt):
            return
        if question:
            accepted = {name: value for name, value in draft.items() if name != "draft"}
            yield {**accepted, "question": question}


def decide(question: str, ask: Callable[[str], str], show: Callable[[str], None]) -> str | None:
    """The question to accept, None to skip.

    Raises:
        EOFError: The person quits.
    """
    while True:
        choice = ask(CHOICES).strip().lower()[:1]
        if choice == "a":
            return question
        if choice == "e":
            question = as_data(ask("Question: ")) or question
            show(f"Q: {question}")
        elif choice == "s":
            return None
        elif choice == "q":
            raise EOFError


def describe(draft: dict[str, Any]) -> str:
    """A draft for a person to judge, as data."""
    lines = [f"{draft['kind']}, of {draft['papers'][0]}", f"Q: {as_data(draft['question'])}"]
    if draft["answerable"]:
        facts = "; ".join(" or ".join(group) for group in draft["facts"])
        lines += [f"A: {as_data(facts)}", f"Evidence: {as_data(draft['evidence'][0])}"]
    else:
        lines.append(f"No answer, because: {as_data(draft['reason'])}")
    return "\n".join(lines)


def write_cases(items: Iterable[dict[str, Any]], out: Path | None) -> int:
    """Write each item as it comes, one a line, and return how many; no item, no file."""
    written = 0
    for written, item in enumerate(items, 1):
        if out is None:
            write_json(item)
        else:
            write_line(json.dumps(item, ensure_ascii=False), out, "w" if written == 1 else "a")
    return written


def write_line(line: str, out: Path, mode: Literal["w", "a"]) -> None:
    """Write one line to a new file, or at the end of it."""
    try:
        with out.open(mode, encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise EvalError(f"{out}: cannot be written ({error.strerror}).") from error


def place_of(out: Path | None) -> str:
    """Where they went, for a message."""
    return f" in {out}" if out else ""
