"""Tests of "no difference": exact against scipy and by hand, corrections with a correct rank, and honest levels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, fisher_exact

from audit.chapters.tests import TESTED, against_reference, global_tests
from audit.inference.chance import chance_gaps
from audit.inference.tests import (
    benjamini_hochberg,
    benjamini_yekutieli,
    compare_rates,
    exceedance,
    fisher,
    holm,
    homogeneity,
    pooled_z,
    smallest_expected,
)
from audit.plan import Grouping, Plan
from tests.by_hand import people, weighted
from tests.cases import case_of

PLAN = Plan(replicates=400)


def test_fisher_is_exact():
    rng = np.random.default_rng(0)
    for _ in range(300):
        n1, n2 = rng.integers(1, 80, 2)
        x1, x2 = rng.integers(0, n1 + 1), rng.integers(0, n2 + 1)
        expected = fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue
        assert fisher(x1, n1, x2, n2) == pytest.approx(expected, abs=1e-10)


def test_the_tea_taster_by_hand():
    # 3 of 4 against 1 of 4: tables with 0, 1, 3, 4 have 1, 16, 16, 1 of 70 ways.
    assert fisher(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert fisher(3, 4, 1, 4, mid=True) == pytest.approx(34 / 70 - 8 / 70)
    assert fisher(4, 4, 0, 4) == pytest.approx(2 / 70)


def test_large_counts_are_exact_too():
    expected = fisher_exact([[3, 12], [20_000, 40_000]]).pvalue
    assert fisher(3, 15, 20_000, 60_000) == pytest.approx(expected, rel=1e-6)


def test_the_pooled_z_by_hand():
    # .5 and .7 of 100: pooled .6, error √(.24 · .02) = .069282, z = 2.88675.
    assert float(pooled_z(0.5, 100, 0.7, 100)) == pytest.approx(0.0038924, abs=1e-7)
    assert float(pooled_z(0.7, 100, 0.5, 100)) == float(pooled_z(0.5, 100, 0.7, 100))
    assert float(pooled_z(0.0, 10, 0.0, 20)) == 1.0
    assert np.isnan(pooled_z(0.5, 0, 0.5, 10))


def test_the_test_follows_the_smallest_expected_count():
    assert smallest_expected(10, 20, 10, 20) == 10
    assert compare_rates(0.5, 20, 0.5, 20)[1] == "pooled_z"
    assert compare_rates(0.5, 8, 0.5, 8)[1] == "fisher_mid_p"
    assert compare_rates(0.0, 3, 0.5, 500)[1] == "fisher_mid_p"
    assert compare_rates(1.0, 1, 0.5, 500)[1] == "fisher"
    assert compare_rates(0.5, 8.4, 0.5, 8.1, counts=False)[1] == "pooled_z_effective"
    assert compare_rates(np.nan, 0, 0.5, 8)[1] is None


def test_holm_by_hand():
    found = holm([0.01, 0.04, 0.03, np.nan])
    assert found[:3] == pytest.approx([0.03, 0.06, 0.06])
    assert np.isnan(found[3])
    assert holm([0.9, 0.8]).max() == 1.0


def test_false_discovery_rates_have_a_correct_rank_and_rise_with_p():
    p = np.random.default_rng(1).uniform(size=40) ** 2
    p[3] = p[4]
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))
    assert benjamini_yekutieli(p) == pytest.approx(false_discovery_control(p, method="by"))
    q = benjamini_hochberg(p)
    order = np.argsort(p)
    assert np.all(np.diff(q[order]) >= 0)
    assert np.all(q >= p)
    with_gap = benjamini_hochberg([*p, np.nan])
    assert with_gap[:-1] == pytest.approx(q)
    assert np.isnan(with_gap[-1])
    assert benjamini_hochberg([]).shape == (0,)


def test_an_exceedance_is_never_zero():
    assert exceedance(1.0, np.zeros(99)) == 0.01
    assert exceedance(0.0, np.zeros(99)) == 1.0
    assert np.isnan(exceedance(float("nan"), np.zeros(9)))


@pytest.mark.parametrize("test", ["gap", "homogeneity"])
@pytest.mark.parametrize(("k", "n"), [(2, 200), (5, 100), (20, 30)])
def test_the_global_test_keeps_its_level(k, n, test):
    """2 to 6.5 % at nominal 5 %; 600 data sets leave an error of .9 points."""
    rng = np.random.default_rng([k, n])
    sizes = np.full(k, float(n))
    rejected = 0
    for _ in range(600):
        p = rng.binomial(n, 0.5, k) / n
        if test == "gap":
            one = exceedance(p.max() - p.min(), chance_gaps(p, sizes, replicates=199, rng=rng))
        else:
            one = homogeneity([(p, sizes)], replicates=199, rng=rng)
        rejected += one <= 0.05
    assert 0.02 - 0.012 <= rejected / 600 <= 0.065 + 0.018


@pytest.mark.parametrize(("n1", "n2", "p"), [(50, 50, 0.3), (100, 100, 0.3), (20, 20, 0.1), (8, 200, 0.2)])
def test_two_equal_groups_are_rarely_called_different(n1, n2, p):
    rng = np.random.default_rng([n1, n2])
    x1, x2 = rng.binomial(n1, p, 1500), rng.binomial(n2, p, 1500)
    rejected = sum(compare_rates(a / n1, n1, b / n2, n2)[0] < 0.05 for a, b in zip(x1, x2, strict=True))
    assert rejected / 1500 <= 0.065


def test_every_group_is_tested_against_the_reference_in_every_rate():
    cells = people(a=(40, 10, 10, 40), b=(30, 20, 20, 30), c=(5, 3, 2, 1))
    rows = against_reference(case_of(cells, PLAN))
    assert {(row.metric, row.group) for row in rows} == {(m, (g,)) for m in TESTED for g in "bc"}
    one = next(row for row in rows if row.metric == "selection_rate" and row.group == ("b",))
    assert (one.value, one.p, one.method) == (0.0, 1.0, "pooled_z")
    tpr = [row for row in rows if row.metric == "true_positive_rate"]
    assert [row.p_holm for row in tpr] == pytest.approx(list(holm([row.p for row in tpr])))
    q = benjamini_hochberg([row.p for row in rows])
    assert [row.q for row in rows] == pytest.approx(list(q))
    assert all(row.low <= row.value <= row.high and row.q <= row.q_any for row in rows)


def test_a_rate_that_is_not_known_has_a_reason_and_no_p():
    cells = people(a=(40, 10, 10, 40), b=(30, 20, 0, 0))
    row = next(row for row in against_reference(case_of(cells, PLAN)) if row.metric == "true_positive_rate")
    assert (row.p, row.q, row.method, row.reason) == (None, None, None, "no_positives")
    whole = next(row for row in global_tests(case_of(cells, PLAN)) if row.metric == "true_positive_rate")
    assert (whole.p, whole.p_homogeneity, whole.reason) == (None, None, "fewer_than_two_groups")


def test_people_without_a_group_are_tested_only_where_they_count_as_one():
    cells = people(missing="Unknown", a=(40, 10, 10, 40), b=(9, 1, 1, 9), Unknown=(5, 1, 1, 5))
    assert {row.group for row in against_reference(case_of(cells, PLAN))} == {("b",)}
    counted = Plan(replicates=100, grouping=Grouping(include_unknown=True))
    assert {row.group for row in against_reference(case_of(cells, counted))} == {("b",), ("Unknown",)}


def test_weights_are_tested_on_effective_numbers():
    cells = people(a=(40, 10, 10, 40), b=(30, 20, 20, 30))
    plain = {row.metric: row for row in against_reference(case_of(cells, PLAN))}
    doubled = {row.metric: row for row in against_reference(case_of(weighted(cells, [3.0, 3.0]), PLAN))}
    for metric, row in doubled.items():
        assert row.method == "pooled_z_effective"
        assert row.p == pytest.approx(plain[metric].p)


def test_a_clear_gap_is_found_by_all_global_tests():
    cells = people(a=(400, 100, 100, 400), b=(300, 200, 300, 200))
    for row in global_tests(case_of(cells, PLAN, chance=True)):
        if row.metric in {"equal_opportunity", "equalized_odds", "true_positive_rate"}:
            assert row.p == row.p_homogeneity == pytest.approx(1 / 401)
