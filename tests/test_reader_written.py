"""Claims written for the reader: what each is read with, and that the file is whole."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.reader.examples import LICENCES, VERDICTS
from rag.reader.papers import papers_by_name
from rag.reader.sampling import SHARES
from rag.reader.turned import TURNED
from rag.reader.unsaid import UNSAID
from rag.reader.written import (
    FOR_CHECKER,
    PLAIN,
    QUESTIONS,
    QUESTIONS_FILE,
    SORTS,
    SOURCE,
    WHOLE,
    claims_by_sort,
    read_written,
    read_written_questions,
    written_claims,
    written_questions,
)

PAPERS = {"arxiv:1": ("Moths at lamps.", "Lamps were lit. Warm lamps attract 40% more moths.")}
CLAIMS = [
    {"paper": "arxiv:1", "claim": "Moths like warm lamps.", "label": "support", "rests_on": [0, 2]},
    {"paper": "arxiv:2", "claim": "Bees hum.", "label": "neutral", "rests_on": [0]},
]


def packed(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_bytes(gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode()))
    return path


def test_a_claim_is_read_with_what_it_rests_on_and_with_all(tmp_path: Path) -> None:
    own = {"sort": (packed(tmp_path / "written.jsonl.gz", CLAIMS),)}
    told, whole = read_written(PAPERS, own)
    everything = "Moths at lamps. Lamps were lit. Warm lamps attract 40% more moths."
    assert (told.source, whole.source) == ("sort", "sort" + WHOLE)
    assert told.passage == "Moths at lamps. Warm lamps attract 40% more moths."
    assert whole.passage == told.document == whole.document == everything
    assert told.asked == whole.asked == "Moths like warm lamps."
    assert VERDICTS[told.label] == "support"


def test_every_sort_has_its_licence_and_its_share() -> None:
    names = {*SORTS, *(name + WHOLE for name in SORTS), TURNED, UNSAID, QUESTIONS}
    assert names <= set(LICENCES) & set(SHARES)


def test_claims_come_by_their_sort() -> None:
    counts = {name: len(list(written_claims(files))) for name, files in SORTS.items()}
    assert Counter(source for source, _ in claims_by_sort()) == counts
    learned = Counter(source for source, _ in claims_by_sort(FOR_CHECKER))
    assert learned == {name: counts[name] for name in (SOURCE, PLAIN)}


def test_a_question_is_read_with_all_and_an_answer_stands_there(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"paper": "arxiv:1", "question": "What do warm lamps attract?", "answer": [51, 65]},
        {"paper": "arxiv:1", "question": "What do cold lamps attract?", "answer": None},
        {"paper": "arxiv:2", "question": "What do bees do?", "answer": [6, 9]},
    ]
    known, near_miss = read_written_questions(PAPERS, packed(tmp_path / "q.jsonl.gz", rows))
    assert (known.label, known.answers) == (1, ("40% more moths",))
    assert (near_miss.label, near_miss.answers) == (0, ())
    assert known.passage.startswith("Moths at lamps. Lamps were lit.")


def test_papers_are_found_by_name_in_either_file(tmp_path: Path) -> None:
    arxiv = packed(
        tmp_path / "arxiv.jsonl.gz",
        [{"title": "Moths\n at lamps.", "abstract": "They  fly.", "link": f"http://x/abs/{name}"}
         for name in ("1.1v2", "1.2v1")],
    )  # fmt: skip
    scifact = packed(
        tmp_path / "corpus.jsonl.gz",
        [{"doc_id": 7, "title": "Bees.", "abstract": ["Bees hum.", "They fly."]}],
    )
    assert papers_by_name(arxiv, scifact, {"arxiv:1.1", "scifact:7", "arxiv:9"}) == {
        "arxiv:1.1": ("Moths at lamps", "They fly."),
        "scifact:7": ("Bees", "Bees hum. They fly."),
    }


@pytest.mark.parametrize("files", SORTS.values(), ids=SORTS.keys())
def test_what_was_written_is_about_no_paper_that_is_measured_on(files: Sequence[Path]) -> None:
    claims = list(written_claims(files))
    questions = list(written_questions())
    labels = Counter(item["label"] for item in claims)
    assert len(claims) > 1000
    assert set(labels) >= set(VERDICTS) - {"neutral"}
    assert 0.9 < labels["contradict"] / labels["support"] < 1.1
    assert all(item["claim"] and item["rests_on"] for item in claims)
    assert 0.5 < sum(bool(item["answer"]) for item in questions) / (0.4 * len(questions)) < 1.5
    cases = QUESTIONS_FILE.parents[2] / "evals" / "cases"
    asked = {
        name
        for file in cases.glob("arxiv_*.jsonl")
        for line in file.read_text("utf-8").splitlines()
        for name in json.loads(line).get("papers", ())
    }
    assert asked
    assert asked.isdisjoint({item["paper"] for item in (*claims, *questions)})
