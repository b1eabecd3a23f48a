"""Written twins, read with one another."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from rag.reader.examples import VERDICTS
from rag.reader.turned import PAIRED, TURNED, read_turned, twins
from rag.reader.written import as_passage, claims_by_sort

PAPERS = {"arxiv:1": ("Moths at lamps", "Warm lamps attract moths. Wind keeps moths away.")}
CLAIMS = [
    ("support", "Warm lamps attract moths."),
    ("contradict", "Warm lamps repel moths."),
    ("support", "Wind keeps moths away."),
    ("contradict", "Wind brings moths."),
    ("neutral", "Rain keeps moths away."),
]


def rows(paper: str = "arxiv:1") -> list[dict[str, object]]:
    return [
        {"paper": paper, "claim": claim, "label": label, "rests_on": [1]} for label, claim in CLAIMS
    ]


def packed(place: Path, items: list[dict[str, object]]) -> dict[str, tuple[Path, ...]]:
    place.write_bytes(gzip.compress("".join(f"{json.dumps(item)}\n" for item in items).encode()))
    return {"sort": (place,)}


def test_a_false_claim_supports_itself_and_contradicts_its_true_twin(tmp_path: Path) -> None:
    sorts = packed(tmp_path / "claims.jsonl.gz", [*rows(), *rows("arxiv:2")])
    found = list(read_turned(PAPERS, 0, sorts))
    assert [VERDICTS[item.label] for item in found] == ["contradict", "support"] * 2
    assert [item.asked for item in found] == [claim for _, claim in CLAIMS[:4]]
    for place, item in enumerate(found):
        false, other = CLAIMS[1 if place < 2 else 3][1], CLAIMS[2 if place < 2 else 0][1]
        assert item.passage in (f"{false} {other}", f"{other} {false}")
        assert (item.source, item.document) == (TURNED, as_passage(*PAPERS["arxiv:1"]))
    assert found == list(read_turned(PAPERS, 0, sorts))


def test_a_claim_is_reworded_but_not_cut(tmp_path: Path) -> None:
    true = "However, we show that lamps, which glow, use 40% of the power."
    false = "However, we show that lamps, which fade, use 40% of the power."
    items = rows()
    items[0]["claim"], items[1]["claim"] = true, false
    sorts = packed(tmp_path / "claims.jsonl.gz", items[:2])
    asked = [
        item.asked
        for seed in range(30)
        for item in read_turned(PAPERS, seed, sorts)
        if VERDICTS[item.label] == "contradict"
    ]
    assert len(set(asked)) > 1
    assert all("which glow" in claim for claim in asked)


def test_only_neighbours_in_this_order_are_twins() -> None:
    assert twins(rows()) == [(CLAIMS[0][1], CLAIMS[1][1]), (CLAIMS[2][1], CLAIMS[3][1])]
    assert twins(rows()[1:]) == [(CLAIMS[2][1], CLAIMS[3][1])]


def test_every_false_claim_of_the_paired_sorts_has_its_twin() -> None:
    items = [item for _, item in claims_by_sort(PAIRED)]
    false = sum(item["label"] == "contradict" for item in items)
    assert len(twins(items)) == false > 1000
