"""The formulas, and nothing else: every function takes values and returns values."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the bounds of its confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A paired difference, first minus second, and its two-sided p-value."""

    difference: Interval
    p: float


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Answering at `threshold` and above gives `coverage` of all, of which `risk` are wrong."""

    coverage: float
    risk: float
    threshold: float


def ndcg_at(ranked: Sequence[str], gains: Mapping[str, int], k: int) -> float:
    """Normalised discounted cumulative gain of the first `k`, in [0, 1].

    Linear gains over log2(rank + 1), as in trec_eval and BEIR (Järvelin and Kekäläinen 2002,
    "Cumulated gain-based evaluation of IR techniques", with b = 2). The ideal ranking holds all
    judged documents, found or not. 0 where nothing is relevant.
    """
    require_distinct(ranked)
    ideal = discounted_gain(sorted(gains.values(), reverse=True)[:k])
    found = discounted_gain([gains.get(item, 0) for item in ranked[:k]])
    return found / ideal if ideal else 0.0


def discounted_gain(gains: Iterable[int]) -> float:
    """Sum of gain over log2(rank + 1), where a gain below 0 counts as 0."""
    return sum(max(gain, 0) / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def recall_at(ranked: Sequence[str], gains: Mapping[str, int], k: int) -> float:
    """Share of the relevant documents among the first `k`, as `recall.k` in trec_eval.

    Relevant is a gain above 0. 0 where nothing is relevant.
    """
    require_distinct(ranked)
    wanted = {item for item, gain in gains.items() if gain > 0}
    return len(wanted.intersection(ranked[:k])) / len(wanted) if wanted else 0.0


def mrr_at(ranked: Sequence[str], gains: Mapping[str, int], k: int) -> float:
    """One over the rank of the first relevant document, 0 where none is among the first `k`.

    Voorhees 1999, "The TREC-8 Question Answering Track Report"; cut at `k` as in MS MARCO.
    """
    require_distinct(ranked)
    ranks = (rank for rank, item in enumerate(ranked[:k], 1) if gains.get(item, 0) > 0)
    return 1 / next(ranks, math.inf)


def require_distinct(ranked: Sequence[str]) -> None:
    """Raise a `ValueError` where an id is ranked twice: it would be counted twice."""
    if len(set(ranked)) != len(ranked):
        raise ValueError("an id is ranked twice")


def bootstrap(
    values: Iterable[float], seed: int = 0, samples: int = 1000, level: float = 0.95
) -> Interval:
    """The mean and its percentile bootstrap interval.

    Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.

    Raises:
        ValueError: There are no values.
    """
    array = np.asarray(list(values), dtype=float)
    if not array.size:
        raise ValueError("no values to take a mean of")
    drawn = [float(array[chosen].mean()) for chosen in resample(array.size, seed, samples)]
    return percentile_interval(float(array.mean()), drawn, level)


def bootstrap_statistic(
    size: int,
    statistic: Callable[[Indices], float | None],
    seed: int = 0,
    samples: int = 1000,
    level: float = 0.95,
) -> Interval | None:
    """The percentile bootstrap interval of any statistic of `size` units.

    `statistic` takes the units' indices. A resample for which it is None (one class is missing)
    is left out; the result is None where it is None for all units.
    """
    estimate = statistic(np.arange(size)) if size else None
    if estimate is None:
        return None
    drawn = (statistic(chosen) for chosen in resample(size, seed, samples))
    return percentile_interval(estimate, [value for value in drawn if value is not None], level)


def resample(size: int, seed: int, samples: int) -> Iterable[Indices]:
    """`samples` draws of `size` indices with replacement, the same ones for the same seed."""
    generator = np.random.default_rng(seed)
    return (generator.integers(0, size, size) for _ in range(samples))


def percentile_interval(estimate: float, drawn: Sequence[float], level: float) -> Interval:
    """The central `level` of what was drawn, around `estimate`."""
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(estimate, float(low), float(high))


def paired_bootstrap(
    first: Sequence[float],
    second: Sequence[float],
    seed: int = 0,
    samples: int = 1000,
    level: float = 0.95,
) -> Comparison:
    """The mean of `first - second`, item by item, its interval and its two-sided p-value.

    p is the share of resampled differences that stray from the mean difference by at least its
    size (the null shifted to 0, Efron and Tibshirani 1993, chapter 16), with one added to both
    counts so that it is never 0 (Davison and Hinkley 1997, section 4.2).

    Raises:
        ValueError: The two differ in length, or are empty.
    """
    if len(first) != len(second):
        raise ValueError(f"paired values differ in number: {len(first)} and {len(second)}")
    differences = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    interval = bootstrap(differences, seed, samples, level)
    draws = resample(differences.size, seed, samples)
    strays = [abs(float(differences[chosen].mean()) - interval.mean) for chosen in draws]
    extreme = sum(stray >= abs(interval.mean) for stray in strays)
    return Comparison(interval, (extreme + 1) / (samples + 1))


def auroc(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """The chance that a positive scores above a negative, ties counting one half.

    The Mann-Whitney U statistic over mid-ranks (Hanley and McNeil 1982, "The meaning and use of
    the area under a ROC curve"). None where one class is missing.
    """
    truth = np.asarray(labels, dtype=bool)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return None
    surplus = mid_ranks(scores)[truth].sum() - positives * (positives + 1) / 2
    return float(surplus / (positives * negatives))


def mid_ranks(scores: Sequence[float]) -> NDArray[np.float64]:
    """Ranks from 1, equal scores sharing the mean of theirs."""
    _, places, counts = np.unique(np.asarray(scores), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: NDArray[np.float64] = (last - (counts - 1) / 2)[places]
    return shared


def risk_coverage(confidences: Sequence[float], correct: Sequence[bool]) -> list[RiskPoint]:
    """What answering from each confidence upwards covers and costs, most confident first.

    El-Yaniv and Wiener 2010, "On the foundations of noise-free selective classification". Equal
    confidences stand or fall together, so they make one point.
    """
    total, given, wrong = len(confidences), 0, 0
    points = []
    for threshold, size, errors in confidence_groups(confidences, correct):
        given, wrong = given + size, wrong + errors
        points.append(RiskPoint(given / total, wrong / given, threshold))
    return points


def confidence_groups(
    confidences: Sequence[float], correct: Sequence[bool]
) -> list[tuple[float, int, int]]:
    """(confidence, how many, how many wrong) for each distinct confidence, highest first."""
    groups: dict[float, tuple[int, int]] = {}
    for confidence, right in zip(confidences, correct, strict=True):
        size, errors = groups.get(confidence, (0, 0))
        groups[confidence] = (size + 1, errors + (not right))
    return [(confidence, *groups[confidence]) for confidence in sorted(groups, reverse=True)]


def area_under_risk_coverage(confidences: Sequence[float], correct: Sequence[bool]) -> float | None:
    """The mean risk over coverages 1/n to n/n (AURC, lower is better); None where there are none.

    Geifman, Uziel and El-Yaniv 2019, "Bias-reduced uncertainty estimation for deep neural
    classifiers". Within equal confidences, the errors expected of a random order count.
    """
    if not len(confidences):
        return None
    given, wrong, area = 0, 0.0, 0.0
    for _, size, errors in confidence_groups(confidences, correct):
        steps = range(1, size + 1)
        area += sum((wrong + step * errors / size) / (given + step) for step in steps)
        given, wrong = given + size, wrong + errors
    return area / given


def expected_calibration_error(
    confidences: Sequence[float], correct: Sequence[bool], bins: int = 10
) -> float | None:
    """The mean gap between confidence and accuracy over bins of equal width, weighted by size.

    Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017, "On calibration of modern neural
    networks". A bin holds its lower edge; the last one holds 1 as well. None where there are none.

    Raises:
        ValueError: A confidence lies outside [0, 1].
    """
    scores, right = np.asarray(confidences, dtype=float), np.asarray(correct, dtype=float)
    if not scores.size:
        return None
    if scores.min() < 0 or scores.max() > 1:
        raise ValueError("a confidence lies outside [0, 1]")
    places = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = np.bincount(places, weights=scores - right, minlength=bins)
    return float(np.abs(gaps).sum() / scores.size)


def balanced_accuracy(predicted: Sequence[Hashable], actual: Sequence[Hashable]) -> float | None:
    """The mean recall over the classes that occur in `actual`; None where there are none.

    Brodersen et al. 2010, "The balanced accuracy and its posterior distribution".
    """
    recalls = []
    for label in set(actual):
        answers = [guess for guess, truth in zip(predicted, actual, strict=True) if truth == label]
        recalls.append(answers.count(label) / len(answers))
    return math.fsum(recalls) / len(recalls) if recalls else None


def macro_f1(predicted: Sequence[Hashable], actual: Sequence[Hashable]) -> float | None:
    """The unweighted mean of the F1 of every class that is predicted or actual.

    F1 = 2 TP / (2 TP + FP + FN) (van Rijsbergen 1979); the mean of the classes' F1, not the F1 of
    their means (Opitz and Burst 2019, "Macro F1 and Macro F1"). None where there are none.
    """
    pairs = list(zip(predicted, actual, strict=True))
    labels = {label for pair in pairs for label in pair}
    scores = [
        2
        * pairs.count((label, label))
        / sum((guess == label) + (truth == label) for guess, truth in pairs)
        for label in labels
    ]
    return math.fsum(scores) / len(scores) if scores else None
