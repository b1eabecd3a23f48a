"""Written claims with passages that leave them open: of other papers, or what is left of theirs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from rag.reader.examples import VERDICTS, Example
from rag.reader.unsaid import UNSAID, nearest, read_unsaid

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
    row = {"paper": paper, "claim": "Warm lamps attract moths.", "label": label, "rests_on": [2]}
    file = place / "claims.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(row).encode()))
    return list(read_unsaid(PAPERS, seed, {"sort": (file,)}))


@pytest.mark.parametrize("label", ["support", "contradict"])
def test_a_claim_is_left_open_by_another_paper_or_by_what_remains(
    tmp_path: Path, label: str
) -> None:
    found = [item for seed in range(8) for item in unsaid(tmp_path, seed, label)]
    assert {item.passage for item in found} == {
        "Lamps for streets. Warm lamps save power.",
        "Lamps were lit in gardens. Nights were without wind.",
    }
    assert {(item.source, VERDICTS[item.label], item.document) for item in found} == {
        (UNSAID, "neutral", WHOLE)
    }


def test_the_same_seed_finds_the_same(tmp_path: Path) -> None:
    assert unsaid(tmp_path, 3) == unsaid(tmp_path, 3)


def test_open_claims_and_those_about_other_papers_are_passed_over(tmp_path: Path) -> None:
    assert not unsaid(tmp_path, 0, "neutral")
    assert not unsaid(tmp_path, 0, paper="arxiv:9")


def test_the_nearest_is_another_one_that_shares_rarer_words() -> None:
    holders = {"moths": ["own", "b"], "lamps": ["own", "c", "b"], "study": ["a"] * 400}
    assert nearest({"moths", "lamps", "study"}, "own", holders) == "b"
    assert nearest({"study"}, "own", holders) is None
    assert nearest({"bees"}, "own", holders) is None
