"""Fusion: one ranking out of two, checked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.fusion import Scored, fuse

SIMILARITIES = {"a": 0.9, "b": 0.5, "c": 0.7}
TERMS = {"c": 8.0, "d": 4.0}


def test_both_scores_are_scaled_and_weighed() -> None:
    assert fuse(SIMILARITIES, TERMS, weight=0.25) == [
        Scored("c", pytest.approx(0.25 * 0.5 + 0.75 * 1.0), 0.7, 8.0),
        Scored("d", 0.75 * 0.5, None, 4.0),
        Scored("a", pytest.approx(0.25), 0.9, 0.0),
        Scored("b", 0.0, 0.5, 0.0),
    ]


def test_one_of_them_alone() -> None:
    assert [item.key for item in fuse(SIMILARITIES, TERMS, "vectors")] == ["a", "c", "b"]
    assert [item.key for item in fuse(SIMILARITIES, TERMS, "terms")] == ["c", "d"]


def test_equal_scores_are_ranked_by_key() -> None:
    assert [item.key for item in fuse({}, {"z": 2.0, "m": 2.0, "a": 2.0})] == ["a", "m", "z"]


def test_a_single_candidate_scores_its_full_weight() -> None:
    assert fuse({"a": -0.2}, {})[0].score == 0.4
    assert fuse({"a": -0.2}, {"a": 0.3})[0].score == pytest.approx(1.0)


def test_nothing_gives_nothing() -> None:
    assert fuse({}, {}) == []


SCORES = st.dictionaries(st.sampled_from("abcdef"), st.floats(-1, 1))


@given(SCORES, st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 50)))
def test_every_candidate_is_ranked_once_with_a_score_between_0_and_1(
    similarities: dict[str, float], terms: dict[str, float]
) -> None:
    ranked = fuse(similarities, terms)
    assert sorted(item.key for item in ranked) == sorted({*similarities, *terms})
    assert all(-1e-9 <= item.score <= 1 + 1e-9 for item in ranked)
    assert [item.score for item in ranked] == sorted((item.score for item in ranked), reverse=True)
