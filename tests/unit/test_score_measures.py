"""Measures of the scores by hand: ranking, promises, balance, and how far groups are apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.disparity.score_pairs import score_gaps
from audit.disparity.scoring import MEASURES, score_rows
from audit.inference.delong import area_interval, areas
from audit.metrics.calibration import calibration_error, decomposition, expected_error, mass_bins, reliability
from audit.metrics.curves import area_between, on_grid, roc
from audit.metrics.slope import calibration_slope
from audit.plan import Grouping, Plan, Roles
from audit.rows import DisparityRow, MetricRow
from audit.run import run
from tests.scored import counted, drawn

PLAN = Plan(replicates=200)


def told(cells, plan=PLAN):
    rows = score_rows(cells, plan)
    rates = {(r.metric, r.group and r.group[0]): r for r in rows if isinstance(r, MetricRow)}
    gaps = {
        (r.metric, r.comparison): r
        for r in rows
        if isinstance(r, DisparityRow) and r.comparison != "to_reference"
    }
    return rates, gaps


# a: positives .9 .6 .4, negatives .4 .1; b: positives .8, negatives .2 .3 .8
TOY = counted([0.9, 0.6, 0.4, 0.4, 0.1, 0.8, 0.2, 0.3, 0.8], [1, 1, 1, 0, 0, 1, 0, 0, 0], "aaaaabbbb")


@pytest.mark.parametrize(
    ("metric", "group", "expected"),
    [
        ("auc", "a", 5.5 / 6),
        ("auc", "b", 2.5 / 3),
        ("bpsn_auc", "a", 1.0),  # b's positive .8 against a's negatives
        ("bpsn_auc", "b", 7 / 9),  # a's positives against .2 .3 .8
        ("bnsp_auc", "a", 7 / 9),
        ("bnsp_auc", "b", 1.0),
        ("mean_score", "a", 0.48),
        ("positive_class_balance", "a", 1.9 / 3),
        ("negative_class_balance", "b", 1.3 / 3),
        ("brier_score", "a", (0.01 + 0.16 + 0.36 + 0.16 + 0.01) / 5),
        ("log_loss", "b", -np.log([0.8, 0.8, 0.7, 0.2]).mean()),
        ("calibration_in_the_large", "a", 0.48 - 0.6),
        ("calibration_in_the_large", "b", 2.1 / 4 - 0.25),
    ],
)
def test_a_measure_by_hand(metric, group, expected):
    row = told(TOY)[0][metric, group]
    assert row.value == pytest.approx(expected, abs=1e-12)
    assert row.n == {
        "auc": {"a": 5, "b": 4}[group],
        "positive_class_balance": 3,
        "negative_class_balance": 3,
    }.get(metric, row.n)


def test_every_measure_has_rows_for_everybody_groups_gap_and_worst_group():
    rates, gaps = told(TOY)
    for metric in MEASURES:
        assert {group for name, group in rates if name == metric} == {None, "a", "b"}
        assert (metric, "difference") in gaps
        assert (metric, "worst_group") in gaps
    for row in rates.values():
        assert (row.value is None) == bool(row.reason)
        if row.value is not None and row.low is not None and row.high is not None:
            assert row.low <= row.value <= row.high


def test_the_worst_group_has_the_best_as_its_reference():
    score, label, group = drawn(2_000, groups="abc", shift=0.3)
    gaps = told(counted(np.round(score, 2), label, group))[1]
    worst = gaps["auc", "worst_group"]
    difference = gaps["auc", "difference"]
    assert (worst.group, worst.reference) == (difference.reference, difference.group)
    assert gaps["calibration_in_the_large", "worst_group"].group == ("b",)


def test_an_undefined_auc_leaves_the_gap_undecided_and_never_0():
    cells = counted([0.1, 0.4, 0.8, 0.3, 0.6], [0, 1, 1, 0, 0], "aaabb")
    rates, gaps = told(cells)
    assert rates["auc", "b"].reason == "no_positives"
    gap = gaps["auc", "difference"]
    assert (gap.value, gap.groups_estimable, gap.groups_total) == (None, 1, 2)
    assert gap.reason == "fewer_than_two_groups"


def test_an_undefined_auc_cannot_be_within_a_tolerance():
    frame = pd.DataFrame({"s": [0.1, 0.4, 0.8, 0.3, 0.6], "y": [0, 1, 1, 0, 0], "g": list("aaabb")})
    plan = Plan(roles=Roles(label="y", score="s", sensitive=("g",)), tolerances={"auc_difference": 1.0})
    row = run(frame, plan).disparity("auc", "difference", ("g",))
    assert (row.value, row.verdict) == (None, "cannot_tell")


def test_decisions_without_scores_give_the_reason():
    frame = pd.DataFrame({"d": [0, 1, 0, 1], "y": [0, 1, 1, 0], "g": list("aabb")})
    audit = run(frame, Plan(roles=Roles(label="y", decision="d", sensitive=("g",))))
    assert audit.metric("auc", ("g",)).reason == "no_scores"
    assert audit.disparity("brier_score", "difference", ("g",)).reason == "no_scores"
    assert audit.chapter("calibration") == audit.chapter("score_gaps") == ()


def test_one_person_alone_has_no_mean_and_no_error():
    rates, _ = told(counted([0.1, 0.4, 0.8, 0.3], [0, 1, 1, 0], "aaab"))
    for metric in ("mean_score", "brier_score", "log_loss", "calibration_error", "calibration_in_the_large"):
        assert rates[metric, "b"].reason == "single_person"
    assert rates["auc", "b"].reason == "no_positives"
    assert rates["calibration_slope", "b"].reason == "single_class"


def test_nobody_outside_the_only_group():
    rates, gaps = told(counted([0.1, 0.4, 0.8], [0, 1, 1], "aaa"))
    assert rates["bpsn_auc", "a"].reason == rates["bnsp_auc", "a"].reason == "no_background"
    assert gaps["bpsn_auc", "difference"].value is None


def test_scores_that_separate_the_labels_have_no_slope_but_an_area_with_width():
    rates, _ = told(counted([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], "aaaa"))
    assert rates["calibration_slope", "a"].reason == "separated"
    row = rates["auc", "a"]
    assert row.value == row.high == 1.0
    assert 0.2 < row.low < 0.8


@pytest.mark.parametrize("weight", [None, [1e-6, 2, 3, 1, 5, 4, 2, 1e-6]])
def test_scores_of_0_and_1_alone_have_a_slope(weight):
    """They lie so far out that a fit that starts anywhere else leaves what can be computed."""
    cells = counted([0, 1, 1, 1, 1, 0, 1, 0], [0, 1, 1, 1, 1, 0, 0, 1], "aaaaaaaa", weight=weight)
    w = np.ones(8) if weight is None else np.asarray(weight)
    found = calibration_slope(cells)
    odds = np.log(w[[1, 2, 3, 4]].sum() / w[6]) - np.log(w[7] / w[[0, 5]].sum())
    assert float(found.value[0]) == pytest.approx(odds / (2 * np.log((1 - 1e-6) / 1e-6)), rel=1e-6)
    assert np.isfinite(found.variance[0])


def test_people_of_weight_0_count_for_nobody_and_there_is_a_reason():
    weight = [1, 2, 1, 3, 0, 0]
    cells = counted([0.2, 0.6, 0.3, 0.9, 0.1, 0.8], [0, 1, 1, 0, 0, 1], "aabbcc", weight=weight)
    for row in [*score_rows(cells, PLAN), *score_gaps(cells, PLAN)]:
        assert (row.value is None) == bool(row.reason), row
        if row.value is None:
            assert (row.low, row.high) == (None, None)


def test_a_distance_of_weights_is_never_above_1():
    rng = np.random.default_rng(3)
    for _ in range(50):
        weight = rng.gamma(1, 1, 12)
        cells = counted([*rng.uniform(0, 0.5, 11), 0.9], [0, 1] * 6, "a" * 11 + "b", weight=weight)
        for row in score_gaps(cells, PLAN):
            if row.metric == "score_ks_distance" and row.value is not None:
                assert row.low <= row.value <= row.high <= 1


def test_a_surprise_that_all_share_has_an_interval_with_two_ends():
    """Scores are held within a millionth of 0 and 1, so no surprise is without an end."""
    rates, _ = told(counted([0.5] * 6, [0, 1] * 3, "aaabbb", weight=[0.1, 0.7, 0.3, 0.2, 0.9, 0.6]))
    row = rates["log_loss", "a"]
    assert row.value == pytest.approx(np.log(2))
    assert row.low < row.value < row.high < 14


def test_small_groups_are_out_below_the_minimum_size():
    plan = Plan(replicates=100, grouping=Grouping(min_size=5))
    rates, gaps = told(TOY, plan)
    assert rates["auc", "b"].reason == "below_minimum_size"
    assert gaps["auc", "difference"].groups_estimable == 1


def test_people_of_unknown_group_are_listed_but_not_in_the_gap():
    score, label, group = drawn(300, groups="abc")
    cells = counted(score, label, group, bins=100, missing="c")
    rates, gaps = told(cells)
    assert rates["auc", "c"].value is not None
    assert gaps["auc", "difference"].groups_total == 2
    included = Plan(replicates=100, grouping=Grouping(include_unknown=True))
    assert told(cells, included)[1]["auc", "difference"].groups_total == 3


def test_weights_are_repetitions_of_people():
    score, label, group = drawn(200)
    score = np.round(score, 1)
    weight = np.random.default_rng(5).integers(1, 4, len(score))
    heavy = told(counted(score, label, group, weight=weight))[0]
    many = told(counted(*(np.repeat(each, weight) for each in (score, label, group))))[0]
    for key, row in many.items():
        if row.value is None:
            assert heavy[key].value is None
        else:
            assert heavy[key].value == pytest.approx(row.value, abs=1e-9)
    assert heavy["mean_score", "a"].n < many["mean_score", "a"].n
    assert heavy["mean_score", "a"].n_effective < heavy["mean_score", "a"].n


def test_equal_weights_change_nothing():
    score, label, group = drawn(200)
    plain = told(counted(score, label, group, bins=50))[0]
    scaled = told(counted(score, label, group, bins=50, weight=np.full(200, 2.5)))[0]
    for key, row in plain.items():
        for name in ("value", "low", "high", "n_effective"):
            assert getattr(scaled[key], name) == pytest.approx(getattr(row, name), abs=1e-9), key


def test_intervals_shrink_with_people():
    small, large = (told(counted(*drawn(n), bins=100))[0] for n in (200, 20_000))
    for metric in MEASURES:
        width = [part[metric, "a"].high - part[metric, "a"].low for part in (small, large)]
        assert width[1] < 0.5 * width[0], metric


# --- areas ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "n", "apart"), [(5, 60, 1.0), (20, 200, 2.5), (60, 60, 0.0)])
def test_the_interval_of_an_area_covers_the_truth(m, n, apart):
    from scipy.stats import norm

    rng = np.random.default_rng(2)
    truth, hits = norm.cdf(apart / np.sqrt(2)), 0
    for _ in range(300):
        values, where = np.unique(np.r_[rng.normal(apart, 1, m), rng.normal(0, 1, n)], return_inverse=True)
        pos = np.bincount(where[:m], minlength=len(values)).astype(float)
        neg = np.bincount(where[m:], minlength=len(values)).astype(float)
        low, high = area_interval(areas(pos, pos, neg, neg), alpha=0.05)
        hits += low <= truth <= high
    assert hits / 300 > 0.92


def test_areas_without_one_of_the_labels_are_not_a_number():
    none, some = np.zeros(3), np.array([1.0, 0.0, 2.0])
    found = areas(none, none, some, some)
    assert np.isnan(found.value)
    assert np.isnan(area_interval(found, alpha=0.05)[0])


def test_crossing_curves_enclose_more_than_their_areas_differ():
    # One curve rises at once to .5 and then evenly; the other evenly to 1 at .5: both have an area of .75.
    one = (np.array([0, 0.0, 1]), np.array([0, 0.5, 1]))
    two = (np.array([0, 0.5, 1]), np.array([0, 1.0, 1]))
    assert np.trapezoid(one[1], one[0]) == np.trapezoid(two[1], two[0]) == 0.75
    assert area_between(one, two) == pytest.approx(1 / 6)
    assert area_between(one, one) == 0.0


def test_curves_on_a_grid_are_read_one_by_one():
    pos, neg = np.array([[1.0, 2, 3], [3, 2, 1]]), np.array([[3.0, 2, 1], [1, 2, 3]])
    false, true = roc(pos, neg)
    grid = np.linspace(0, 1, 11)
    both = on_grid(false, true, grid)
    for k in (0, 1):
        assert both[k] == pytest.approx(np.interp(grid, false[k], true[k]))


# --- calibration ---------------------------------------------------------------------------------------------


def test_bins_hold_about_equally_many_people_and_never_split_a_score():
    score, label, group = drawn(5_000)
    cells = counted(score, label, group, bins=1000)
    into = mass_bins(cells)
    sizes = np.bincount(into, weights=cells.n.sum(axis=(0, 1)))
    assert len(sizes) == 10
    assert sizes.min() > 450
    assert np.all(np.diff(into) >= 0)
    few = mass_bins(counted(np.round(score), label, group))
    assert few.tolist() == [0, 1]


def test_the_brier_score_is_the_sum_of_its_parts():
    cells = counted(*drawn(3_000, shift=0.2), bins=200)
    table = reliability(cells, mass_bins(cells))
    parts = decomposition(cells, table)
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    assert total == pytest.approx(parts.brier, abs=1e-12)
    assert np.all(np.abs(parts.within) < 0.005)
    # With a bin for each score nothing is left inside a bin.
    exact = counted(np.round(drawn(500)[0], 1), drawn(500)[1], drawn(500)[2])
    alone = np.arange(len(exact.cuts))
    assert decomposition(exact, reliability(exact, alone)).within == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n", [60, 1_000])
def test_the_error_expected_of_honest_scores_is_the_simulated_one(n):
    rng = np.random.default_rng(4)
    score, seen, said = rng.beta(1, 2, n), [], []
    for _ in range(300):
        cells = counted(score, rng.random(n) < score, ["a"] * n, bins=1000)
        table = reliability(cells, mass_bins(cells))
        seen.append(float(calibration_error(table).value[0]))
        said.append(float(expected_error(table)[0]))
    assert np.mean(said) == pytest.approx(np.mean(seen), rel=0.05)


def test_the_debiased_error_is_smaller_and_its_interval_reaches_0_for_honest_scores():
    hits = 0
    for seed in range(60):
        cells = counted(*drawn(400, seed=seed), bins=1000)
        row = told(cells, Plan(replicates=100))[0]["calibration_error", "a"]
        hits += row.low == 0
        assert row.low <= row.value <= row.high
    assert hits >= 56


def test_a_promise_that_is_broken_for_one_group_is_seen():
    rates, gaps = told(counted(*drawn(6_000, shift=0.25), bins=1000))
    assert rates["calibration_in_the_large", "a"].low <= 0 <= rates["calibration_in_the_large", "a"].high
    assert rates["calibration_in_the_large", "b"].high < -0.15
    assert gaps["calibration_in_the_large", "difference"].low > 0.15
    assert rates["calibration_slope", "a"].low <= 1 <= rates["calibration_slope", "a"].high


def test_honest_scores_are_not_called_different():
    wrong = 0
    for seed in range(100):
        _, gaps = told(counted(*drawn(300, seed=seed), bins=200), Plan(replicates=100))
        wrong += gaps["calibration_in_the_large", "difference"].low > 0
    assert wrong <= 10


# --- pairs ---------------------------------------------------------------------------------------------------


def pairs(cells, plan=PLAN):
    return {(r.metric, r.among, r.group[0], r.comparison): r for r in score_gaps(cells, plan)}


def test_ranking_across_groups_goes_both_ways():
    found = pairs(TOY)
    # The positives of a against the negatives of b, and the other way round; a is the reference.
    assert found["xauc", "everybody", "a", "to_reference"].value == pytest.approx(7 / 9)
    assert found["xauc", "everybody", "b", "to_reference"].value == 1.0
    assert found["xauc", "everybody", "a", "extreme"].value == pytest.approx(7 / 9)


def test_equal_groups_are_as_far_apart_as_expected_and_the_interval_holds_0():
    values, expected, above = {}, {}, {}
    for seed in range(80):
        for key, row in pairs(counted(*drawn(400, seed=seed), bins=200)).items():
            if key[0] == "xauc" or key[3] == "extreme":
                continue
            name = key[:2]
            values.setdefault(name, []).append(row.value)
            expected.setdefault(name, []).append(row.expected)
            above[name] = above.get(name, 0) + (row.low > 0)
            assert row.low <= row.value <= row.high
    for name, seen in values.items():
        assert np.mean(expected[name]) == pytest.approx(np.mean(seen), rel=0.2), name
        assert above[name] <= 10, name


def test_groups_without_a_label_have_no_such_distance():
    found = pairs(counted([0.1, 0.4, 0.8, 0.3, 0.6], [0, 1, 1, 0, 0], "aaabb"))
    assert found["abroca", "everybody", "b", "to_reference"].reason == "no_positives"
    assert found["score_ks_distance", "positives", "b", "to_reference"].value is None
    assert found["score_ks_distance", "negatives", "b", "to_reference"].value is not None
    assert score_gaps(counted([0.1, 0.4], [0, 1], "aa"), PLAN) == []


def test_pairs_are_the_same_for_the_same_seed_and_differ_for_another():
    cells = counted(*drawn(300, shift=0.2), bins=100)
    assert score_gaps(cells, PLAN) == score_gaps(cells, PLAN)
    assert score_gaps(cells, PLAN) != score_gaps(cells, Plan(replicates=200, seed=1))
