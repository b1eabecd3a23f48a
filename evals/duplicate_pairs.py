"""Pairs of records that are one paper, and hard ones that are two, made from a collection."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

from evals import duplicate_edits as edits
from evals.duplicate_kinds import APART, SAME, sign
from vectorstore.records import Record, identify

MAX_SHARING = 40
"""A run of words that more papers share makes no near pairs; it keeps the search fast."""
NUMBERED = re.compile(
    r"(?P<stem>.{15,}?)\W+(?:part|paper)?\s*\b(?:[IVX]{1,4}|\d)\b(?=\W|$)", re.IGNORECASE
)

VERSIONS = "two versions in the data"
NUMBERED_PAIRS = "series in the data"
NEAR = "near pairs in the data"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, whether they are one paper, and how the pair came about."""

    left: Record
    right: Record
    same: bool
    kind: str


def make_pairs(records: Sequence[Record], limit: int, seed: int) -> list[Pair]:
    """Pairs of every kind, at most `limit`, the same for the same seed; none has a common id.

    Needs two papers at least.
    """
    chance = random.Random(seed)
    found = [
        *find_versions(records, chance),
        *find_series(records, chance),
        *find_near_pairs(records, chance, limit // 10),
    ]
    kinds = [*((kind, True) for kind in SAME), *((kind, False) for kind in APART)]
    each = max((limit - len(found)) // len(kinds), 1)
    distinct = list({record.id: record for record in records}.values())
    size = len(distinct)
    for kind, same in kinds:
        maker = (SAME if same else APART)[kind]
        for place in chance.sample(range(size), min(each, size)):
            record = sign(distinct[place], chance)
            other = distinct[(place + chance.randrange(1, size)) % size]
            left, right = maker(record, other, chance)
            found.append(Pair(*number(left, right, chance), same, kind))
    return found[:limit]


def number(left: Record, right: Record, chance: random.Random) -> tuple[Record, Record]:
    """Both with identifiers that say nothing about each other, or without."""
    serial = chance.randrange(10**6)
    arxiv, bio = f"2101.{serial % 10**5:05}", f"10.1101/2021.01.01.{serial:06}"
    published = f"10.1000/journal.{serial}"
    choices: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
        ({}, {}),
        ({"arxiv_id": arxiv}, {}),
        ({"arxiv_id": arxiv}, {"doi": published}),
        ({"doi": bio}, {"doi": published}),
        ({"pmid": str(serial + 1)}, {"doi": published}),
    )
    first, second = chance.choice(choices)
    return identified(left, **first), identified(right, **second)


def identified(record: Record, **given: str) -> Record:
    """The record with these identifiers and no others."""
    values = {"doi": None, "arxiv_id": None, "pmid": None, **given}
    return replace(record, id=identify(record.abstract, **values), url=None, **values)  # type: ignore[arg-type]


def find_versions(records: Sequence[Record], chance: random.Random) -> Iterator[Pair]:
    """Records of one arXiv id that differ, with the id hidden."""
    versions: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        versions[record.id].append(record)
    for first, *others in versions.values():
        for other in islice(others, 1):
            if (first.title, first.abstract) != (other.title, other.abstract):
                left = sign(first, chance)
                authors = edits.write_authors(left.authors, chance)
                pair = left, replace(other, authors=authors if chance.random() < 0.5 else ())
                yield Pair(*number(*pair, chance), True, VERSIONS)


def find_series(records: Sequence[Record], chance: random.Random) -> Iterator[Pair]:
    """Records whose titles begin alike up to a number, under the same authors, the ids hidden."""
    series: dict[str, dict[str, Record]] = defaultdict(dict)
    for record in records:
        match = NUMBERED.match(record.title)
        if match:
            series[match["stem"].lower()][record.id] = record
    for parts in series.values():
        for first, second in combinations(parts.values(), 2):
            left = sign(first, chance)
            right = replace(second, authors=edits.write_authors(left.authors, chance))
            yield Pair(*number(left, right, chance), False, NUMBERED_PAIRS)


def find_near_pairs(records: Sequence[Record], chance: random.Random, limit: int) -> Iterator[Pair]:
    """The records of different ids that share most runs of five words, the ids hidden.

    Half of them are given the same authors, as a group's next paper has.
    """
    distinct = list({record.id: record for record in records}.values())
    sharing: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, record in enumerate(distinct):
        words = record.abstract.lower().split()
        for run in {tuple(words[start : start + 5]) for start in range(len(words) - 4)}:
            sharing[run].append(place)
    counted: Counter[tuple[int, int]] = Counter()
    for places in sharing.values():
        if 1 < len(places) <= MAX_SHARING:
            counted.update(combinations(places, 2))
    for (first, second), _ in counted.most_common(limit):
        left, right = sign(distinct[first], chance), distinct[second]
        if chance.random() < 0.5:
            right = replace(right, authors=edits.write_authors(left.authors, chance))
        yield Pair(*number(left, right, chance), False, NEAR)
