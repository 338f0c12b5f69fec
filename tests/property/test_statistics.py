"""What stays true of tests, guards, four fifths, clusters and robustness for any table of people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audit.cells import Attribute, Cells
from audit.chapters.four_fifths import four_fifths
from audit.chapters.guards import gap_guards, worst_guards
from audit.chapters.robustness import robustness
from audit.chapters.tests import against_reference, global_tests
from audit.disparity.compare import disparity_rows
from audit.disparity.verdict import judge
from audit.inference.chance import chance_gaps
from audit.inference.gaps import difference_gap
from audit.inference.guards import debiased_gap, shrunken
from audit.inference.intervals import log_ratio, newcombe, wilson
from audit.inference.tests import (
    benjamini_hochberg,
    benjamini_yekutieli,
    compare_rates,
    exceedance,
    fisher,
    holm,
)
from audit.metrics.rates import RATE, rate_table
from audit.plan import DEFAULT_TOLERANCES, Plan
from tests.cases import case_of

PLAN = Plan(replicates=100)
ORDER = {"beyond": 0, "cannot_tell": 1, "within": 2}
few = settings(max_examples=15, deadline=None, derandomize=True)

counts = st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=2, max_size=5).filter(
    lambda table: all(sum(row) for row in table)
)
rates = st.tuples(st.integers(0, 60), st.integers(1, 60)).map(lambda pair: (min(pair), pair[1]))


def table_of(rows, names="abcde", weights=None):
    n = np.array(rows, dtype=float).reshape(-1, 2, 2)
    levels = tuple(names[: len(rows)])
    w = n if weights is None else n * weights
    return Cells(
        attributes=(Attribute(column="g", levels=levels),),
        groups=tuple((level,) for level in levels),
        n=n,
        w=w.copy(),
        w2=(w if weights is None else w * weights).copy(),
        weighted=weights is not None,
    )


def known(rows):
    return [row for row in rows if row.value is not None]


@few
@given(counts, st.randoms(use_true_random=False))
def test_the_order_and_the_names_of_groups_do_not_matter(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    one = table_of(rows)
    names = "".join("abcde"[order.index(i)] for i in range(len(rows)))
    two = table_of([rows[i] for i in order])
    assume(len({sum(row) for row in rows}) == len(rows))  # else the reference could be another of equal size
    of = {"abcde"[i]: names[i] for i in range(len(rows))}
    first = {(row.metric, row.group): row for row in against_reference(case_of(one, PLAN))}
    second = {(row.metric, row.group): row for row in against_reference(case_of(two, PLAN))}
    for (metric, group), row in first.items():
        other = second[metric, (of[group[0]],)]
        assert (row.p is None) == (other.p is None)
        if row.p is not None:
            assert (other.p, other.p_holm, other.q) == pytest.approx((row.p, row.p_holm, row.q))
            assert (other.value, other.method) == (pytest.approx(row.value), row.method)
    a = {row.group: row for row in four_fifths(case_of(one, PLAN))}
    b = {row.group: row for row in four_fifths(case_of(two, PLAN))}
    for group, row in a.items():
        other = b[of[group[0]],]
        assert (row.below, row.to_equal, row.to_four_fifths) == (
            other.below,
            other.to_equal,
            other.to_four_fifths,
        )


@few
@given(counts, st.floats(0.2, 5))
def test_one_weight_for_everybody_changes_no_number(rows, weight):
    plain, heavy = table_of(rows), table_of(rows, weights=weight)
    for one, two in zip(gap_guards(case_of(plain, PLAN)), gap_guards(case_of(heavy, PLAN)), strict=True):
        assert (one.value is None) == (two.value is None)
        if one.value is not None:
            assert (two.value, two.low, two.high) == pytest.approx((one.value, one.low, one.high), abs=1e-6)
            assert two.debiased == pytest.approx(one.debiased, abs=1e-5)
    for one, two in zip(four_fifths(case_of(plain, PLAN)), four_fifths(case_of(heavy, PLAN)), strict=True):
        assert (one.below, one.to_equal, one.n, one.selected) == (
            two.below,
            two.to_equal,
            two.n,
            two.selected,
        )
    for one, two in zip(robustness(case_of(plain, PLAN)), robustness(case_of(heavy, PLAN)), strict=True):
        assert (one.what, one.verdict, one.reason) == (two.what, two.verdict, two.reason)
        if one.what != "people":
            assert one.value == two.value


@few
@given(counts, st.integers(2, 4))
def test_more_people_at_the_same_rates_make_it_surer(rows, times):
    one, two = table_of(rows), table_of([[times * n for n in row] for row in rows])
    first = {(row.metric, row.group): row for row in known(against_reference(case_of(one, PLAN)))}
    for row in known(against_reference(case_of(two, PLAN))):
        before = first[row.metric, row.group]
        assert row.value == pytest.approx(before.value)
        assert row.high - row.low < before.high - before.low
    guarded = {row.metric: row for row in known(gap_guards(case_of(one, PLAN)))}
    for row in known(gap_guards(case_of(two, PLAN))):
        before = guarded[row.metric]
        assert row.high - row.low <= before.high - before.low + 1e-12
        assert row.debiased >= before.debiased - 1e-9


@few
@given(counts)
def test_merged_groups_have_the_weighted_mean_of_their_rates(rows):
    cells = table_of(rows)
    for rate in RATE.values():
        table = rate_table(rate, cells)
        whole = rate_table(rate, cells.overall())
        if whole.n[0] > 0:
            value = np.nansum(table.value * table.n) / table.n.sum()
            assert value == pytest.approx(whole.value[0])
            inside = table.value[~np.isnan(table.value)]
            assert inside.min() - 1e-12 <= whole.value[0] <= inside.max() + 1e-12


@few
@given(counts)
def test_guards_lie_between_nothing_and_what_was_observed(rows):
    case = case_of(table_of(rows), PLAN, chance=True)
    for row in known(gap_guards(case)):
        assert 0 <= row.debiased <= row.value + 1e-12
        assert 0 <= row.expected <= 1
        assert row.low <= row.value <= row.high
    for row in known(worst_guards(case)):
        low, high = sorted((row.value, row.overall))
        assert low - 1e-9 <= row.shrunken <= high + 1e-9
        for part in (row.split_found, row.split_fresh, row.chance, row.found_again):
            assert part is None or 0 <= part <= 1
        if row.split_found is not None and row.group is not None:
            assert row.low - 1e-12 <= row.value <= row.high + 1e-12


@few
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 500)), min_size=2, max_size=8))
def test_shrinking_keeps_the_side_and_the_order_of_equal_groups(groups):
    p = np.array([rate for rate, _ in groups])
    n = np.array([float(size) for _, size in groups])
    centre = float(np.average(p, weights=n))
    found = shrunken(p, n, centre)
    assert np.all((found - centre) * (p - centre) >= -1e-12)
    assert np.all(np.abs(found - centre) <= np.abs(p - centre) + 1e-12)
    assert 0 <= debiased_gap(p, n) <= p.max() - p.min() + 1e-12


@few
@given(rates, rates)
def test_p_values_are_two_sided_and_symmetric(one, two):
    (x1, n1), (x2, n2) = one, two
    p, method = compare_rates(x1 / n1, n1, x2 / n2, n2)
    assert 0 <= p <= 1
    assert (pytest.approx(p), method) == compare_rates(x2 / n2, n2, x1 / n1, n1)
    turned, _ = compare_rates((n1 - x1) / n1, n1, (n2 - x2) / n2, n2)
    assert turned == pytest.approx(p)
    exact, middle = fisher(x1, n1, x2, n2), fisher(x1, n1, x2, n2, mid=True)
    assert 0 < middle < exact <= 1
    if x1 * n2 == x2 * n1:
        assert exact == pytest.approx(1)


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_never_make_a_finding_stronger(p):
    p = np.array(p)
    for corrected in (holm(p), benjamini_hochberg(p), benjamini_yekutieli(p)):
        assert np.all((corrected >= p - 1e-15) & (corrected <= 1))
        order = np.lexsort((corrected, p))
        assert np.all(np.diff(corrected[order]) >= -1e-15)
    assert np.all(benjamini_hochberg(p) <= holm(p) + 1e-12)
    assert np.all(benjamini_hochberg(p) <= benjamini_yekutieli(p) + 1e-12)


@few
@given(rates, rates, st.floats(0.001, 0.4), st.integers(2, 9))
def test_intervals_hold_their_value_and_shrink_with_n(one, two, alpha, times):
    (x1, n1), (x2, n2) = one, two
    p, q = x1 / n1, x2 / n2
    for ends in (
        lambda m: wilson(p, n1 * m, alpha=alpha),
        lambda m: newcombe(p, n1 * m, q, n2 * m, alpha=alpha),
    ):
        (low, high), (closer, nearer) = ends(1), ends(times)
        assert low <= closer + 1e-12
        assert nearer <= high + 1e-12
    low, high = newcombe(p, n1, q, n2, alpha=alpha)
    assert -1 - 1e-12 <= low <= p - q <= high <= 1 + 1e-12
    if x2:
        low, high = log_ratio(p, n1, q, n2, alpha=alpha)
        assert low <= p / q + 1e-12
        assert p / q <= high + 1e-12


@few
@given(
    counts,
    st.sampled_from(sorted(DEFAULT_TOLERANCES)),
    st.lists(st.floats(0.01, 0.99), min_size=2, max_size=6),
)
def test_within_stays_within_when_more_is_tolerated(rows, name, tolerances):
    found = disparity_rows(table_of(rows), PLAN, chance=False)
    strict_first = sorted(tolerances, reverse=name.endswith("ratio"))
    verdicts = []
    for tolerance in strict_first:
        judged = judge(found, {name: tolerance})
        verdicts.append(next(ORDER[row.verdict] for row in judged if row.id == name))
    assert verdicts == sorted(verdicts)


@few
@given(counts, st.floats(0.05, 0.6))
def test_a_verdict_that_is_further_from_its_tolerance_takes_more_people(rows, tolerance):
    """Beyond a smaller tolerance: at least as many decisions have to differ as beyond a larger one."""
    name = "demographic_parity_difference"
    value = []
    for each in (tolerance, tolerance / 2):
        plan = replace(PLAN, tolerances={name: each})
        row = next(row for row in robustness(case_of(table_of(rows), plan)) if row.what == "decisions")
        value.append((row.verdict, row.value))
    (first, fewer), (second, more) = value
    if first == second == "beyond" and more is not None:
        assert fewer is not None
        assert more >= fewer


@few
@given(counts)
def test_global_tests_are_probabilities_of_what_was_seen(rows):
    for row in global_tests(case_of(table_of(rows), PLAN, chance=True)):
        if row.value is None:
            assert row.p is None
            assert row.reason
        else:
            assert 1 / 101 <= row.p <= 1
            assert 1 / 101 <= row.p_homogeneity <= 1


def test_p_values_are_close_to_uniform_where_nothing_is_there():
    rng = np.random.default_rng(5)
    n, p = np.full(4, 300.0), []
    for _ in range(500):
        q = rng.binomial(300, 0.5, 4) / 300
        p.append(exceedance(q.max() - q.min(), chance_gaps(q, n, replicates=199, rng=rng)))
    quantiles = np.quantile(p, [0.1, 0.25, 0.5, 0.75, 0.9])
    assert quantiles == pytest.approx([0.1, 0.25, 0.5, 0.75, 0.9], abs=0.07)


def test_the_interval_and_the_test_agree_for_two_groups():
    """For two groups Newcombe's interval leaves out 0 where the z-test rejects, but near the edge."""
    rng = np.random.default_rng(6)
    agree = 0
    for _ in range(300):
        q = rng.binomial(200, [0.4, 0.5]) / 200
        interval = difference_gap(q, np.full(2, 200.0), alpha=0.05, sizes=np.full(2, 200)).low > 0
        agree += interval == (compare_rates(q[0], 200, q[1], 200)[0] < 0.05)
    assert agree >= 294
