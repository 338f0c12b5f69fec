"""Exact p-values, and many of them at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import hypergeom

from audit.inference.discovery import (
    detectable_difference,
    difference_p,
    false_discovery,
    harmonic,
    holm,
)


def test_p_values_are_twice_the_mid_p_tail_of_the_hypergeometric():
    rng = np.random.default_rng(0)
    for _ in range(200):
        n, m = rng.integers(1, 200, 2)
        k, j = rng.integers(0, n + 1), rng.integers(0, m + 1)
        exact = hypergeom(n + m, k + j, n)
        tails = exact.sf(k) + exact.pmf(k) / 2, exact.cdf(k - 1) + exact.pmf(k) / 2
        assert difference_p(k, n, j, m) == pytest.approx(min(1, 2 * min(tails)), abs=1e-9)


def test_large_counts_are_tested_by_pooled_z():
    pooled = 2 * 7_850 / 60_000
    z = 100 / 30_000 / np.sqrt(pooled * (1 - pooled) * 2 / 30_000)
    assert float(difference_p(7_900, 30_000, 7_800, 30_000)) == pytest.approx(2 * ndtr(-z), rel=1e-9)
    assert float(difference_p(40_000, 100_000, 38_000, 100_000)) < 1e-15


def test_nobody_and_no_difference_are_not_evidence():
    assert difference_p([0, 5, 0], [0, 10, 7], [3, 10, 0], [9, 20, 9]).tolist() == [1.0, 1.0, 1.0]


def test_false_discovery_uses_the_rank_among_all_that_were_tested():
    p = np.array([0.001, 0.2, 0.011, 0.04])
    q = false_discovery(p, dependent=False)
    assert q == pytest.approx([0.004, 0.2, 0.022, 0.16 / 3])
    assert false_discovery(p) == pytest.approx(np.minimum(q * (1 + 1 / 2 + 1 / 3 + 1 / 4), 1))
    some = false_discovery(p[[0, 2]], tested=4, ranks=[1, 2], dependent=False)
    assert some == pytest.approx(q[[0, 2]])
    assert harmonic(4) == pytest.approx(25 / 12)


def test_holm_by_hand():
    assert holm([0.01, 0.02, 0.03, 0.5]) == pytest.approx([0.04, 0.06, 0.06, 0.5])


def test_the_detectable_difference_is_found_in_eight_of_ten():
    rng = np.random.default_rng(1)
    d = detectable_difference(0.5, 400, 4_000, alpha=0.05)
    p = difference_p(rng.binomial(400, 0.5 + d, 1_000), 400, rng.binomial(4_000, 0.5, 1_000), 4_000)
    assert 0.76 < np.mean(p <= 0.05) < 0.84
