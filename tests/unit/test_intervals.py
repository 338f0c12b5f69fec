"""Intervals of single rates, differences, ratios and paired differences."""

from __future__ import annotations

import numpy as np
import pytest

from audit.inference.intervals import log_ratio, newcombe, newcombe_paired, wilson, z_value


def test_z_of_the_usual_level():
    assert float(z_value(0.05)) == pytest.approx(1.959963985)


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_wilson_at_zero_and_at_one_has_a_width(n):
    low, high = (float(end) for end in wilson(0.0, n))
    z2 = float(z_value(0.05)) ** 2
    assert low == 0.0
    assert high == pytest.approx(z2 / (n + z2))
    low, high = (float(end) for end in wilson(1.0, n))
    assert high == 1.0
    assert low == pytest.approx(n / (n + z2))


def test_wilson_without_anybody_is_undefined():
    assert np.isnan(wilson([0.5, np.nan], [0, 10])).all()


def test_wilson_solves_its_own_equation():
    """At each end the score statistic is exactly z."""
    p, n = 0.3, 57
    for end in wilson(p, n):
        assert abs(p - end) / np.sqrt(end * (1 - end) / n) == pytest.approx(float(z_value(0.05)))


def test_wilson_covers_with_few_people():
    """At n = 20 and p = .05 a percentile bootstrap covers 65 %, Wilson's interval 93 %."""
    from scipy.stats import binom

    k = np.arange(21)
    low, high = wilson(k / 20, 20)
    covered = binom.pmf(k, 20, 0.05)[(low <= 0.05) & (high >= 0.05)].sum()
    assert covered == pytest.approx(0.925, abs=0.005)


def test_newcombe_turns_its_sign_with_the_order():
    one, two = newcombe(0.8, 70, 0.6, 80), newcombe(0.6, 80, 0.8, 70)
    assert [float(x) for x in one] == pytest.approx([-float(x) for x in reversed(two)])


def test_the_ratio_away_from_the_edges_is_close_to_katz():
    p1, n1, p2, n2 = 0.4, 2000, 0.5, 3000
    low, high = (float(x) for x in log_ratio(p1, n1, p2, n2))
    se = np.sqrt((1 - p1) / (n1 * p1) + (1 - p2) / (n2 * p2))
    assert low == pytest.approx(0.8 * np.exp(-1.959964 * se), rel=2e-3)
    assert high == pytest.approx(0.8 * np.exp(1.959964 * se), rel=2e-3)


def test_the_ratio_at_the_edges():
    low, high = (float(x) for x in log_ratio(0.0, 20, 0.5, 20))
    assert low == 0.0
    assert 0 < high < 1
    assert np.isnan(log_ratio(0.5, 20, 0.0, 20)).all()
    low, high = (float(x) for x in log_ratio(1.0, 20, 1.0, 20))
    assert low < 1 < high


@pytest.mark.parametrize(
    ("p1", "n1", "p2", "n2"), [(0.3, 60, 0.5, 80), (0.05, 100, 0.1, 150), (0.02, 60, 0.6, 60)]
)
def test_the_ratio_covers(p1, n1, p2, n2):
    rng = np.random.default_rng(3)
    a, b = rng.binomial(n1, p1, 4000) / n1, rng.binomial(n2, p2, 4000) / n2
    low, high = log_ratio(a, n1, b, n2)
    known = b > 0
    covered = ((low <= p1 / p2) & (p1 / p2 <= high))[known].mean()
    assert covered >= 0.93


def test_paired_newcombe_covers():
    rng = np.random.default_rng(5)
    n = 120
    for shares in ([0.5, 0.15, 0.05, 0.3], [0.85, 0.03, 0.08, 0.04], [0.1, 0.05, 0.05, 0.8]):
        draws = rng.multinomial(n, shares, size=3000) / n
        low, high = newcombe_paired(draws[:, 0], draws[:, 1], draws[:, 2], n)
        truth = shares[2] - shares[1]
        assert ((low <= truth) & (truth <= high)).mean() >= 0.94


def test_paired_newcombe_is_narrower_than_the_independent_one_when_people_agree():
    low, high = (float(x) for x in newcombe_paired(0.6, 0.05, 0.1, 200))
    other = [float(x) for x in newcombe(0.7, 200, 0.65, 200)]
    assert high - low < 0.7 * (other[1] - other[0])


def test_nobody_changed_is_no_change_with_a_width():
    low, high = (float(x) for x in newcombe_paired(0.5, 0.0, 0.0, 100))
    assert low < 0 < high
    low, high = (float(x) for x in newcombe_paired(0.0, 0.0, 0.0, 100))
    assert low < 0 < high
    assert np.isnan(newcombe_paired(np.nan, np.nan, np.nan, 0)).all()
