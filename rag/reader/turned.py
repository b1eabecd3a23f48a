"""Written twins, read with one another.

What a false claim sounds like should tell nothing. So each is also a passage: it supports itself in
slightly other words, and contradicts its true twin. Beside it stands a true sentence of the paper.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from rag.reader.examples import VERDICTS, Example
from rag.reader.rewording import reword
from rag.reader.written import SORTS, TWINS, VARIED, as_passage, claims_by_sort

TURNED = "written_turned"
PAIRED = {name: SORTS[name] for name in (TWINS, VARIED)}
"""The sorts in which a false claim follows its true twin."""


def read_turned(
    papers: Mapping[str, tuple[str, str]],
    seed: int = 0,
    sorts: Mapping[str, Sequence[Path]] = PAIRED,
) -> Iterator[Example]:
    """The claims that have a twin, each with a passage that holds the false one.

    Args:
        papers: Title and abstract, by name; claims about others are left out.
        seed: Of the rewording, and of what stands beside it.
        sorts: Such as `PAIRED`.
    """
    chance = random.Random(seed)
    claims = (item for _, item in claims_by_sort(sorts))
    for name, items in groupby(claims, key=lambda item: str(item["paper"])):
        if name in papers:
            own = twins(list(items))
            for place, (true, false) in enumerate(own):
                others = [other for number, (other, _) in enumerate(own) if number != place]
                passage = [false, *chance.sample(others, min(1, len(others)))]
                chance.shuffle(passage)
                for label, claim in (("contradict", true), ("support", false)):
                    yield Example(
                        "verdict",
                        TURNED,
                        _reworded(claim, chance),
                        " ".join(passage),
                        VERDICTS.index(label),
                        document=as_passage(*papers[name]),
                    )


def _reworded(claim: str, chance: random.Random) -> str:
    """In slightly other words, but not shorter: in what is left out the twins may differ."""
    found = reword(claim, chance)
    return claim if len(found.split()) < len(claim.split()) else found


def twins(items: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The claims of each pair, the true one first.

    Args:
        items: Of one paper, as they were written.
    """
    return [
        (first["claim"], second["claim"])
        for first, second in pairwise(items)
        if (first["label"], second["label"]) == ("support", "contradict")
    ]
