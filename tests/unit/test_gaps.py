"""The interval of the largest gap: it can contain zero, and it decides."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from audit.cells import Attribute, Cells
from audit.disparity.verdict import decide
from audit.inference.chance import chance_gaps, expected_gap
from audit.inference.gaps import difference_gap, ratio_gap, worst_group
from audit.inference.intervals import log_ratio, newcombe
from audit.metrics.rates import RATE, rate_table
from audit.rows import DisparityRow


def gap(p, n, alpha=0.05, measure=difference_gap):
    p, n = np.asarray(p, dtype=float), np.asarray(n, dtype=float)
    return measure(p, n, alpha=alpha, sizes=n.astype(np.int64))


def test_for_two_groups_the_interval_is_newcombes_own():
    low, high = newcombe(0.8, 70, 0.6, 80)
    found = gap([0.6, 0.8], [80, 70])
    assert (found.low, found.high) == pytest.approx((float(low), float(high)))
    assert (found.value, found.first, found.second) == (pytest.approx(0.2), 1, 0)


def test_for_two_groups_the_interval_of_the_ratio_is_the_pairs_own():
    low, high = log_ratio(0.6, 80, 0.8, 70)
    found = gap([0.6, 0.8], [80, 70], measure=ratio_gap)
    assert (found.low, found.high) == pytest.approx((float(low), min(1.0, float(high))))


def test_twenty_groups_are_no_wider_than_bonferroni():
    rng = np.random.default_rng(0)
    p, n = rng.uniform(0.3, 0.7, 20), rng.integers(30, 300, 20)
    ends = []
    for i, j in combinations(range(20), 2):
        low, high = newcombe(p[i], n[i], p[j], n[j], alpha=0.05 / 190)
        ends += [(float(low), float(high)), (-float(high), -float(low))]
    found = gap(p, n)
    assert found.low == pytest.approx(max(0.0, *(low for low, _ in ends)))
    assert found.high == pytest.approx(max(high for _, high in ends))


def test_equal_groups_have_a_gap_interval_from_zero():
    found = gap([0.5, 0.5, 0.5], [50, 80, 60])
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high > 0.2
    assert (found.first, found.second) == (1, 2)
    ratio = gap([0.5, 0.5, 0.5], [50, 80, 60], measure=ratio_gap)
    assert (ratio.value, ratio.high) == (1.0, 1.0)
    assert ratio.low < 0.7


def test_a_chance_gap_contains_zero_where_a_bootstrap_would_not():
    """20 equal groups of 20 were seen .5 apart; the interval still reaches 0."""
    rng = np.random.default_rng(1)
    p = rng.binomial(20, 0.5, 20) / 20
    found = gap(p, np.full(20, 20))
    assert found.value > 0.3
    assert found.low == 0.0


def test_a_small_group_in_the_middle_widens_the_upper_bound():
    """The gap may be larger than the one that is seen: an uncertain third group could be further out."""
    wide = gap([0.4, 0.5, 0.6], [1000, 4, 1000])
    pair = newcombe(0.6, 1000, 0.4, 1000, alpha=0.05 / 3)
    assert wide.high > float(pair[1])
    assert wide.low == pytest.approx(float(pair[0]))


def test_left_out_groups_play_no_part():
    with_gap = gap([0.4, np.nan, 0.6], [100, 0, 100])
    assert (with_gap.low, with_gap.high) == pytest.approx(
        (gap([0.4, 0.6], [100, 100]).low, gap([0.4, 0.6], [100, 100]).high)
    )
    assert (with_gap.first, with_gap.second) == (2, 0)
    assert np.isnan(gap([0.4, np.nan], [100, 0]).value)


def two_groups(hit, n):
    cells = np.zeros((2, 2, 2))
    cells[:, 1, 1], cells[:, 1, 0] = hit, n - np.asarray(hit)
    cells[:, 0, :] = 50.0
    return Cells(
        attributes=(Attribute(column="g", levels=("a", "b")),),
        groups=(("a",), ("b",)),
        n=cells,
        w=cells.copy(),
        w2=cells.copy(),
    )


@pytest.mark.parametrize(("truth", "verdict"), [(0.20, "beyond"), (0.0, "within")])
def test_the_two_decisions(truth, verdict):
    """Two groups of 2,000 positives at tolerance .10: right in at least 95 % of 200 seeds."""
    right = 0
    for seed in range(200):
        rng = np.random.default_rng([2, seed])
        cells = two_groups(rng.binomial(2000, [0.70, 0.70 - truth]), 2000)
        rates = rate_table(RATE["true_positive_rate"], cells)
        found = difference_gap(rates.value, rates.n_effective, alpha=0.05, sizes=cells.sizes)
        row = DisparityRow(
            metric="equal_opportunity",
            sensitive=("g",),
            comparison="difference",
            value=found.value,
            low=found.low,
            high=found.high,
            groups_estimable=2,
            groups_total=2,
        )
        right += decide(row, 0.10) == verdict
    assert right >= 190


def rates_with_gap(k, truth):
    """k rates around .5, the first and the last of them the gap apart."""
    return np.linspace(0.5 - truth / 2, 0.5 + truth / 2, k)


def coverage(k, n, truth, runs, seed=0):
    rng = np.random.default_rng([k, seed])
    p, m = rates_with_gap(k, truth), np.full(k, n)
    hit = 0
    for _ in range(runs):
        found = gap(rng.binomial(n, p) / n, m)
        hit += found.low <= truth + 1e-12 and truth <= found.high
    return hit / runs


@pytest.mark.parametrize(("k", "n"), [(2, 200), (5, 100), (20, 50)])
@pytest.mark.parametrize("truth", [0.0, 0.15])
def test_coverage_in_short(k, n, truth):
    # 300 runs: a coverage of .95 falls below .91 once in a thousand times.
    assert coverage(k, n, truth, 300) >= 0.91


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 5, 20])
@pytest.mark.parametrize("n", [50, 200, 1000])
@pytest.mark.parametrize("truth", [0.0, 0.15])
def test_coverage_study(k, n, truth):
    assert coverage(k, n, truth, 4000, seed=n) >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 5, 20])
@pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (0.4, 0.5), (0.05, 0.1)])
def test_coverage_study_of_the_ratio(k, low, high):
    rng = np.random.default_rng([k, 7])
    p, hit = np.linspace(low, high, k), 0
    for _ in range(3000):
        found = gap(rng.binomial(200, p) / 200, np.full(k, 200), measure=ratio_gap)
        hit += found.low <= low / high <= found.high + 1e-12
    assert hit / 3000 >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 5, 20])
def test_coverage_study_of_the_worst_group(k):
    """The rate of the truly worst group, and its distance to everybody, are inside the bounds."""
    rng = np.random.default_rng([k, 9])
    n = np.full(k, 150)
    p = np.linspace(0.2, 0.35, k)
    rate = distance = 0
    for _ in range(3000):
        q = rng.binomial(n, p) / n
        others = (q.sum() - q) / (k - 1)
        found = worst_group(
            q, n.astype(float), (others, n * (k - 1.0), np.full(k, 1 / k)), alpha=0.05, highest=True, sizes=n
        )
        rate += found.low <= p.max() <= found.high
        distance += found.distance_low <= p.max() - p.mean() <= found.distance_high
    assert rate / 3000 >= 0.93
    assert distance / 3000 >= 0.93


@pytest.mark.parametrize(
    ("k", "n", "published"), [(2, 1000, 0.018), (5, 200, 0.082), (10, 50, 0.217), (20, 20, 0.411)]
)
def test_what_chance_alone_shows(k, n, published):
    rng = np.random.default_rng(0)
    found = expected_gap(np.full(k, 0.5), np.full(k, float(n)), replicates=6000, rng=rng)
    tolerance = (
        4 * chance_gaps(np.full(k, 0.5), np.full(k, float(n)), replicates=6000, rng=rng).std() / 6000**0.5
    )
    assert found == pytest.approx(published, abs=tolerance + 5e-4)


def test_chance_is_not_known_for_one_group():
    assert np.isnan(
        expected_gap(np.array([0.5]), np.array([9.0]), replicates=100, rng=np.random.default_rng(0))
    )


def test_the_worst_group_of_one_group_is_everybody():
    nobody = (np.array([np.nan]), np.array([0.0]), np.array([1.0]))
    found = worst_group(
        np.array([0.3]), np.array([50.0]), nobody, alpha=0.05, highest=True, sizes=np.array([50])
    )
    assert (found.distance, found.distance_low, found.distance_high) == (0.0, 0.0, 0.0)
    assert found.low < 0.3 < found.high


def test_no_group_at_all_has_no_worst():
    none = np.array([np.nan])
    found = worst_group(none, none, (none, none, none), alpha=0.05, highest=True, sizes=np.array([5]))
    assert found.group == -1
    assert np.isnan(found.value)
