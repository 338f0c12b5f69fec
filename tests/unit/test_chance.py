"""What chance alone shows: the same whatever else is asked, and independent where a criterion takes the worst of two."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, norm

from audit.disparity.chance import CRITERION_RATES, MORE_CRITERION_RATES, chance_draws, forget_draws
from audit.disparity.estimates import estimates
from audit.inference.chance import _expanded, _expansion
from audit.metrics.rates import RATE
from audit.plan import Plan, Roles
from tests.by_hand import people

PLAN = Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), replicates=1000)
MANY = people(**{f"g{k:02d}": (400 + 7 * k, 390, 410, 405 + 3 * k) for k in range(40)})


def drawn(*names):
    rates = [estimates(RATE[name], MANY, PLAN) for name in names]
    return chance_draws(names[0], rates, ("g",), PLAN)


def test_a_rate_shows_the_same_whatever_was_asked_before():
    forget_draws()
    first = drawn("true_positive_rate")
    forget_draws()
    for other in ("false_positive_rate", "selection_rate", "precision"):
        drawn(other)
    np.testing.assert_array_equal(drawn("true_positive_rate"), first)


@pytest.mark.parametrize(
    "pair", [names for names in (CRITERION_RATES | MORE_CRITERION_RATES).values() if len(names) == 2]
)
def test_rates_that_a_criterion_holds_together_are_drawn_independently(pair):
    one, other = (drawn(name) for name in pair)
    # The correlation of 1,000 independent pairs has a standard deviation of .03.
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.13


def test_large_groups_are_drawn_as_the_binomial_distribution_says():
    rng = np.random.default_rng(5)
    rates = estimates(RATE["true_positive_rate"], MANY, PLAN)
    pooled = float(np.average(rates.value, weights=rates.n))
    exact = rng.binomial(rates.n.astype(int), pooled, size=(4000, 40)) / rates.n
    gaps = exact.max(axis=1) - exact.min(axis=1)
    forget_draws()
    found = drawn("true_positive_rate")
    off = 4 * gaps.std() * (1 / 1000 + 1 / 4000) ** 0.5
    assert found.mean() == pytest.approx(gaps.mean(), abs=off)
    assert found.std() == pytest.approx(gaps.std(), rel=0.15)


@pytest.mark.parametrize("p", [0.001, 0.03, 0.2, 0.5])
@pytest.mark.parametrize("variance", [25, 100])
def test_a_count_from_a_normal_number_is_a_binomial_one(p, variance):
    """Held against the exact distribution over all normal numbers, not against draws."""
    size = round(variance / (p * (1 - p)))
    z = np.linspace(-6.5, 6.5, 400_001, dtype=np.float32)[None, :]
    counts = _expanded(_expansion(np.array([size]), p), z, np.empty(z.shape))[0]
    assert (np.diff(counts) >= 0).all()
    seen = np.arange(counts.min() + 1, counts.max())
    below = norm.cdf(z[0][np.searchsorted(counts, seen, side="right") - 1])
    np.testing.assert_allclose(below, binom.cdf(seen, size, p), atol=3e-5)
