"""How well papers that come twice are found: precision and recall of `vectorstore.matching`."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

import numpy as np

from evals.duplicate_pairs import Pair, identified, make_pairs
from evals.metrics import Interval
from vectorstore.matching import compare, keys
from vectorstore.records import Record

Half = Literal["tuning", "report"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair, whether it was called one paper, and whether its keys had met."""

    pair: Pair
    said: bool
    met: bool


def measure_duplicates(
    records: Sequence[Record], seed: int = 0, limit: int = 5000, half: Half = "report"
) -> dict[str, Any]:
    """Precision and recall on pairs made from the records, candidates per record, and speed.

    Args:
        records: A collection; records of one id are versions of one paper.
        seed: Of the choice of pairs and of all that is done to them.
        limit: How many pairs to make at most.
        half: The rules were set on one half of the records, by a hash of their ids; what is said
            about them should come from the other.

    Returns:
        `pairs`, `compare` (the rules alone) and `road` (the keys must meet, too), each with
        `overall` and `kinds`, and `keys`. Intervals are Wilson's, at 95%.
    """
    chosen = [record for record in records if half_of(record) == half]
    judged = [judge(pair) for pair in make_pairs(chosen, limit, seed)]
    return {
        "half": half,
        "pairs": len(judged),
        "compare": summarise([(one.pair, one.said) for one in judged]),
        "road": summarise([(one.pair, one.said and one.met) for one in judged]),
        "keys": measure_keys(list({record.id: record for record in records}.values())),
    }


def half_of(record: Record) -> Half:
    """The half that a record, in all its versions, belongs to."""
    return "report" if crc32(record.id.encode()) & 1 else "tuning"


def judge(pair: Pair) -> Judged:
    """What keys and rules make of a pair."""
    met = not set(keys(pair.left)).isdisjoint(keys(pair.right))
    return Judged(pair, compare(pair.left, pair.right) is not None, met)


def summarise(said: Sequence[tuple[Pair, bool]]) -> dict[str, Any]:
    """Precision, recall and F1 of all pairs, and the share of each kind that was judged rightly."""
    kinds: dict[str, list[tuple[Pair, bool]]] = defaultdict(list)
    for pair, same in said:
        kinds[pair.kind].append((pair, same))
    return {
        "overall": score(said),
        "kinds": {kind: {"same": some[0][0].same, **right(some)} for kind, some in kinds.items()},
    }


def score(said: Sequence[tuple[Pair, bool]]) -> dict[str, Any]:
    """Precision and recall with intervals, and F1."""
    hits = sum(same and pair.same for pair, same in said)
    called, wanted = sum(same for _, same in said), sum(pair.same for pair, _ in said)
    return {
        "precision": as_figure(wilson(hits, called)),
        "recall": as_figure(wilson(hits, wanted)),
        "f1": round(2 * hits / (called + wanted), 4) if called + wanted else 0.0,
    }


def right(said: Sequence[tuple[Pair, bool]]) -> dict[str, Any]:
    """Of how many pairs of one kind it was said rightly whether they are one paper."""
    correct = sum(same == pair.same for pair, same in said)
    return {"pairs": len(said), "right": as_figure(wilson(correct, len(said)))}


def wilson(hits: int, trials: int) -> Interval:
    """A share with its 95% score interval (Wilson 1927); 0 in [0, 1] without trials."""
    if not trials:
        return Interval(0.0, 0.0, 1.0)
    share, square = hits / trials, 1.959964**2 / trials
    middle = (share + square / 2) / (1 + square)
    reach = math.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return Interval(share, max(middle - reach, 0.0), min(middle + reach, 1.0))


def as_figure(interval: Interval) -> dict[str, float]:
    """The interval as JSON."""
    return {
        "mean": round(interval.mean, 4),
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
    }


def measure_keys(records: Sequence[Record]) -> dict[str, float]:
    """How fast keys are made, and how many unrelated records they lead to.

    Args:
        records: Of different papers, by their ids.

    Returns:
        `candidates_*`: of records that share a key with one; `largest`: records under one key;
        `called_same`: candidate pairs that the rules take for one paper where no identifier is
        known, of `candidate_pairs`.
    """
    started = time.perf_counter()
    made = [keys(record) for record in records]
    seconds = time.perf_counter() - started
    holders: dict[str, list[int]] = defaultdict(list)
    for place, some in enumerate(made):
        for key in some:
            holders[key].append(place)
    found = [{place for key in some for place in holders[key]} for some in made]
    pairs = {
        (first, second) for first, some in enumerate(found) for second in some if first < second
    }
    hidden = [identified(record) for record in records]
    same = sum(compare(hidden[first], hidden[second]) is not None for first, second in pairs)
    candidates = [len(some) - 1 for some in found]
    return {
        "records": len(records),
        "records_per_second": round(len(records) / seconds) if seconds else 0,
        "keys_per_record": round(float(np.mean([len(some) for some in made])), 1),
        "most_keys": max(map(len, made)),
        "candidates_mean": round(float(np.mean(candidates)), 3),
        "candidates_99th": float(np.percentile(candidates, 99)),
        "candidates_most": max(candidates),
        "largest": max(map(len, holders.values())),
        "candidate_pairs": len(pairs),
        "called_same": same,
    }
