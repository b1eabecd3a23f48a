"""Every formula against values worked out by hand."""

from __future__ import annotations

import math

import pytest

from evals.metrics import (
    Comparison,
    Interval,
    RiskPoint,
    area_under_risk_coverage,
    auroc,
    balanced_accuracy,
    bootstrap,
    bootstrap_statistic,
    expected_calibration_error,
    macro_f1,
    mrr_at,
    ndcg_at,
    paired_bootstrap,
    recall_at,
    risk_coverage,
)


def test_ndcg_weighs_graded_gains_by_rank() -> None:
    ideal = 2 / 1 + 1 / math.log2(3)
    assert ndcg_at(["a", "b", "c"], {"a": 1, "c": 2}, 10) == pytest.approx(2 / ideal)


def test_ndcg_of_the_ideal_order_is_one() -> None:
    assert ndcg_at(["c", "a", "b"], {"a": 1, "c": 2}, 10) == 1.0


def test_ndcg_counts_nothing_beyond_the_cut() -> None:
    assert ndcg_at(["b", "a"], {"a": 1}, 1) == 0.0


def test_ndcg_is_cut_in_the_ideal_too() -> None:
    assert ndcg_at(["a"], {"a": 1, "b": 1}, 1) == 1.0


def test_ndcg_keeps_relevant_documents_that_were_not_found_in_the_ideal() -> None:
    assert ndcg_at(["a"], {"a": 1, "b": 1}, 10) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_ndcg_takes_a_negative_gain_as_none() -> None:
    assert ndcg_at(["spam", "a"], {"spam": -2, "a": 1}, 10) == pytest.approx(1 / math.log2(3))


def test_ndcg_without_relevant_documents_is_zero() -> None:
    assert ndcg_at(["a"], {"a": 0}, 10) == 0.0


def test_recall_is_the_share_of_relevant_documents_found() -> None:
    assert recall_at(["a", "x", "b", "c"], {"a": 1, "b": 2, "c": 1, "x": 0}, 3) == 2 / 3


def test_recall_without_relevant_documents_is_zero() -> None:
    assert recall_at(["a"], {}, 3) == 0.0


def test_reciprocal_rank_is_that_of_the_first_relevant_document() -> None:
    assert mrr_at(["x", "y", "a", "b"], {"a": 1, "b": 1, "x": 0}, 10) == 1 / 3


def test_reciprocal_rank_beyond_the_cut_is_zero() -> None:
    assert mrr_at(["x", "a"], {"a": 1}, 1) == 0.0


def test_an_id_that_is_ranked_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^an id is ranked twice$"):
        recall_at(["a", "a"], {"a": 1}, 10)


def test_bootstrap_of_equal_values_has_no_width() -> None:
    assert bootstrap([0.5, 0.5, 0.5]) == Interval(0.5, 0.5, 0.5)


def test_bootstrap_bounds_are_the_quantiles_of_the_resampled_means() -> None:
    # Binomial(4, 1/4) / 4: P(0) = .32 holds the 2.5 % point; P(<= 2/4) = .949 and
    # P(<= 3/4) = .996 hold the 97.5 % point between them.
    assert bootstrap([0, 0, 0, 1]) == Interval(0.25, 0.0, 0.75)


def test_bootstrap_is_the_same_for_the_same_seed() -> None:
    values = [0.1, 0.4, 0.35, 0.8, 0.95]
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3)
    assert bootstrap(values, seed=3) != bootstrap(values, seed=4)


def test_bootstrap_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no values to take a mean of$"):
        bootstrap([])


def test_bootstrap_of_a_statistic_leaves_out_resamples_without_one() -> None:
    labels = [True, False]
    interval = bootstrap_statistic(
        2, lambda chosen: auroc([0.9, 0.1], labels) if len(set(chosen)) == 2 else None
    )
    assert interval == Interval(1.0, 1.0, 1.0)


def test_bootstrap_of_a_statistic_that_does_not_exist_is_none() -> None:
    assert bootstrap_statistic(3, lambda chosen: None) is None
    assert bootstrap_statistic(0, lambda chosen: 1.0) is None


def test_paired_bootstrap_of_a_constant_gain_has_the_smallest_p() -> None:
    assert paired_bootstrap([2, 3, 4], [1, 2, 3]) == Comparison(Interval(1, 1, 1), 1 / 1001)


def test_paired_bootstrap_of_the_same_values_has_p_one() -> None:
    same = [0.2, 0.9, 0.4]
    assert paired_bootstrap(same, same) == Comparison(Interval(0, 0, 0), 1.0)


def test_paired_bootstrap_p_is_the_share_that_strays_as_far() -> None:
    # Differences 0 and 1: the mean .5 is met again by both-0 and both-1 resamples, P = 1/2.
    assert paired_bootstrap([0, 1], [0, 0]).p == pytest.approx(0.5, abs=0.05)


def test_paired_bootstrap_needs_as_many_of_both() -> None:
    with pytest.raises(ValueError, match=r"^paired values differ in number: 1 and 2$"):
        paired_bootstrap([1], [1, 2])


def test_auroc_counts_ties_one_half() -> None:
    assert auroc([0.9, 0.5, 0.5, 0.1], [True, True, False, False]) == 3.5 / 4


def test_auroc_of_reversed_scores_is_zero() -> None:
    assert auroc([0.1, 0.9], [True, False]) == 0.0


def test_auroc_without_one_of_the_classes_is_none() -> None:
    assert auroc([0.1, 0.9], [True, True]) is None
    assert auroc([], []) is None


def test_risk_coverage_moves_equal_confidences_together() -> None:
    assert risk_coverage([0.8, 0.9, 0.1, 0.8], [False, True, False, True]) == [
        RiskPoint(0.25, 0.0, 0.9),
        RiskPoint(0.75, 1 / 3, 0.8),
        RiskPoint(1.0, 0.5, 0.1),
    ]


def test_area_under_risk_coverage_expects_a_random_order_within_ties() -> None:
    by_hand = (0 + 0.5 / 2 + 1 / 3 + 2 / 4) / 4
    area = area_under_risk_coverage([0.8, 0.9, 0.1, 0.8], [False, True, False, True])
    assert area == pytest.approx(by_hand)


def test_area_under_risk_coverage_of_nothing_is_none() -> None:
    assert area_under_risk_coverage([], []) is None


def test_calibration_error_weighs_each_bins_gap_by_its_size() -> None:
    # Bin 9: confidence 1.9 in all, 1 right, gap .9; bin 2: confidence .2, 0 right, gap .2.
    error = expected_calibration_error([0.9, 1.0, 0.2], [True, False, False])
    assert error == pytest.approx(1.1 / 3)


def test_calibration_error_lets_gaps_cancel_only_within_a_bin() -> None:
    error = expected_calibration_error([0.5, 0.5], [True, False])
    assert error == 0.0


def test_calibration_error_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match=r"^a confidence lies outside \[0, 1\]$"):
        expected_calibration_error([1.2], [True])


def test_calibration_error_of_nothing_is_none() -> None:
    assert expected_calibration_error([], []) is None


def test_balanced_accuracy_is_the_mean_recall_of_the_classes() -> None:
    assert balanced_accuracy("aabb", "aaab") == pytest.approx((2 / 3 + 1) / 2)


def test_macro_f1_is_the_mean_of_the_classes_f1() -> None:
    assert macro_f1("aabb", "aaab") == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_macro_f1_counts_a_class_that_is_only_predicted() -> None:
    assert macro_f1("ac", "aa") == pytest.approx((2 / 3 + 0) / 2)


def test_class_metrics_of_nothing_are_none() -> None:
    assert balanced_accuracy([], []) is None
    assert macro_f1([], []) is None
