"""Guards: what chance adds to the largest gap and to the worst group, and what is left without it."""

from __future__ import annotations

import numpy as np
import pytest

from audit.chapters.guards import gap_guards, worst_guards
from audit.inference.guards import debiased_gap, shrunken, split_worst, variation, worst_by_chance
from audit.plan import Plan
from tests.by_hand import people
from tests.cases import case_of

# True TPR .80 everywhere (STATISTICS): observed worst, and the same group on fresh data.
WORST = [
    (2, 500, 0.790, 0.799),
    (5, 100, 0.753, 0.801),
    (10, 50, 0.710, 0.800),
    (20, 20, 0.623, 0.802),
    (40, 10, 0.502, 0.802),
]
RUNS = 400


def data_sets(k, n, p, seed=0, runs=RUNS):
    rng = np.random.default_rng([k, n, seed])
    return rng, rng.binomial(n, p, size=(runs, k)) / n, np.full(k, float(n))


@pytest.mark.parametrize(("k", "n", "observed", "fresh"), WORST)
def test_the_worst_of_equal_groups_and_the_same_group_on_fresh_data(k, n, observed, fresh):
    rng, rates, _ = data_sets(k, n, 0.8, runs=4000)
    again = rng.binomial(n, 0.8, 4000) / n
    worst = rates.min(axis=1)
    assert worst.mean() == pytest.approx(observed, abs=4 * worst.std() / 4000**0.5 + 2e-3)
    assert again.mean() == pytest.approx(fresh, abs=4 * again.std() / 4000**0.5 + 2e-3)


@pytest.mark.parametrize(("k", "n", "observed", "fresh"), WORST)
def test_the_guards_undo_the_choice(k, n, observed, fresh):
    rng, rates, sizes = data_sets(k, n, 0.8)
    split, drawn, chance = [], [], []
    for p in rates:
        split.append(split_worst(p, sizes, highest=False, replicates=20, rng=rng).fresh)
        drawn.append(shrunken(p, sizes, float(p.mean()))[np.argmin(p)])
        chance.append(worst_by_chance(p, sizes, highest=False, replicates=60, rng=rng))
    assert np.mean(split) == pytest.approx(fresh, abs=0.015)
    assert observed < np.mean(drawn) < fresh
    assert abs(np.mean(drawn) - fresh) < 0.35 * abs(observed - fresh) + 0.004
    assert np.mean(chance) == pytest.approx(observed, abs=0.012)


@pytest.mark.parametrize(("k", "n"), [(2, 1000), (5, 200), (10, 50), (20, 20), (40, 10)])
def test_less_than_half_of_a_gap_by_chance_is_left(k, n):
    _, rates, sizes = data_sets(k, n, 0.5)
    observed = np.mean(rates.max(axis=1) - rates.min(axis=1))
    assert np.mean([debiased_gap(p, sizes) for p in rates]) < 0.5 * observed


@pytest.mark.parametrize(("k", "n"), [(2, 200), (2, 1000), (5, 100), (5, 1000), (20, 50), (20, 200)])
def test_a_true_gap_is_met_better_than_by_the_observed_one(k, n):
    truth = np.linspace(0.425, 0.575, k)
    _, rates, sizes = data_sets(k, n, truth)
    observed = np.mean(rates.max(axis=1) - rates.min(axis=1)) - 0.15
    left = np.mean([debiased_gap(p, sizes) for p in rates]) - 0.15
    assert abs(left) <= max(abs(observed), 0.012)
    assert abs(left) < 0.03


def test_for_two_equal_groups_the_variance_is_taken_off_the_square():
    p, n = np.array([0.4, 0.6]), np.array([100.0, 100.0])
    between, within = variation(p, n, 0.5)
    assert within == pytest.approx((200 * 0.24 + 0.25) / 199)
    assert between == pytest.approx(0.02 - within / 100)
    assert debiased_gap(p, n) == pytest.approx((0.04 - 2 * within / 100) ** 0.5)


def test_one_person_beside_groups_that_differ_is_still_drawn_in():
    p = np.array([0.9, 0.9, 0.3, 0.3, 0.0])
    n = np.array([9000.0, 9000.0, 800.0, 800.0, 1.0])
    found = shrunken(p, n, 0.85)
    assert found[:4] == pytest.approx(p[:4], abs=0.01)
    assert 0.2 < found[4] < 0.85


def test_thin_groups_are_drawn_to_everybody_and_large_ones_stay():
    p, n = np.array([0.5, 0.6, 0.9]), np.array([4000.0, 4000.0, 3.0])
    found = shrunken(p, n, 0.55)
    assert found[:2] == pytest.approx(p[:2], abs=0.01)
    assert abs(found[2] - 0.55) < 0.06
    assert np.isnan(shrunken(np.array([0.5, np.nan]), np.array([9.0, 0.0]), 0.5)[1])


def test_nothing_to_compare():
    none = np.array([np.nan, 0.4])
    assert np.isnan(debiased_gap(none, np.array([0.0, 9.0])))
    rng = np.random.default_rng(0)
    gone = split_worst(np.array([np.nan]), np.array([0.0]), highest=True, replicates=9, rng=rng)
    assert np.isnan(gone.fresh)
    assert np.isnan(worst_by_chance(np.array([np.nan]), np.array([0.0]), highest=True, replicates=9, rng=rng))
    assert debiased_gap(np.array([1.0, 1.0]), np.array([5.0, 5.0])) == 0.0


def test_the_chapters_hold_every_gap_and_worst_group():
    cells = people(a=(40, 10, 10, 40), b=(30, 20, 20, 30), c=(9, 1, 5, 5))
    case = case_of(cells, Plan(replicates=200), chance=True)
    gaps = {row.metric: row for row in gap_guards(case)}
    assert list(gaps)[:3] == ["demographic_parity", "equal_opportunity", "equalized_odds"]
    for row in gaps.values():
        assert 0 <= row.debiased <= row.value
        assert row.low <= row.value <= row.high
        assert row.expected > 0
    worst = {row.metric: row for row in worst_guards(case)}
    row = worst["true_positive_rate"]
    assert (row.group, row.value, row.n) == (("c",), 0.5, 10)
    assert row.value < row.shrunken < row.overall
    assert row.split_found < row.split_fresh
    assert worst_guards(case) == worst_guards(case)


def test_with_one_group_alone_there_is_a_reason():
    row = gap_guards(case_of(people(a=(4, 1, 1, 4)), Plan(replicates=100)))[0]
    assert (row.value, row.debiased, row.reason) == (None, None, "fewer_than_two_groups")
