"""Written claims with passages that leave them open: of other papers, or what is left of theirs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from rag.reader.examples import VERDICTS, Example, is_held_out
from rag.reader.free import nearest
from rag.reader.unsaid import UNSAID, read_unsaid
from rag.reader.written import as_passage, sentences_in

PAPERS = {
    "arxiv:1": (
        "Moths at lamps",
        "Lamps were lit in gardens. Warm lamps attract 40% more moths. Nights were without wind.",
    ),
    "arxiv:2": ("Lamps for streets", "Warm lamps save power. Streets stay bright."),
    "arxiv:3": ("Bees", "Bees hum."),
}
WHOLE = f"{PAPERS['arxiv:1'][0]}. {PAPERS['arxiv:1'][1]}"


def unsaid(place: Path, seed: int, label: str = "support", paper: str = "arxiv:1") -> list[Example]:
    row = {
        "paper": paper,
        "claim": "Warm lamps attract moths.",
        "label": label,
        "rests_on": [1, 2],
    }
    file = place / "claims.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(row).encode()))
    return list(read_unsaid(PAPERS, seed, {"sort": (file,)}))


@pytest.mark.parametrize("label", ["support", "contradict"])
def test_a_claim_is_left_open_by_another_paper_or_by_what_remains(
    tmp_path: Path, label: str
) -> None:
    found = [item for seed in range(16) for item in unsaid(tmp_path, seed, label)]
    assert {item.passage for item in found} == {
        "Lamps for streets.",
        "Lamps for streets. Warm lamps save power.",
        "Nights were without wind.",
    }
    assert {(item.source, VERDICTS[item.label], item.document) for item in found} == {
        (UNSAID, "neutral", WHOLE)
    }


def test_what_is_held_out_is_read_with_no_claim_about_another_paper(tmp_path: Path) -> None:
    papers = {f"arxiv:{name}": (f"Moths {name}", f"Lamps attract {name}.") for name in range(200)}
    rows = [
        {"paper": name, "claim": "Lamps attract moths.", "label": "support", "rests_on": [0, 1]}
        for name in papers
    ]
    file = tmp_path / "claims.jsonl.gz"
    file.write_bytes(gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode()))
    held_out = [paper for paper in papers.values() if is_held_out(as_passage(*paper))]
    assert held_out
    found = list(read_unsaid(papers, 0, {"sort": (file,)}))
    assert len(found) > 50
    texts = {sentence for paper in held_out for sentence in sentences_in(as_passage(*paper))}
    assert not [item for item in found if texts & set(sentences_in(item.passage))]


def test_the_same_seed_finds_the_same(tmp_path: Path) -> None:
    assert unsaid(tmp_path, 3) == unsaid(tmp_path, 3)


def test_open_claims_and_those_about_other_papers_are_passed_over(tmp_path: Path) -> None:
    assert not unsaid(tmp_path, 0, "neutral")
    assert not unsaid(tmp_path, 0, paper="arxiv:9")


def test_the_nearest_is_another_one_that_shares_rarer_words() -> None:
    holders = {"moths": ["own", "b"], "lamps": ["own", "c", "b"], "study": ["a"] * 400}
    assert nearest({"moths", "lamps", "study"}, "own", holders, 300) == "b"
    assert nearest({"study"}, "own", holders, 300) is None
    assert nearest({"bees"}, "own", holders, 300) is None
