"""What stays true of rates, gaps and intervals for any table of people."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.cells import Attribute, Cells, from_arrays
from audit.disparity.compare import disparity_rows, metric_rows
from audit.disparity.verdict import decide, judge
from audit.metrics.rates import RATE, RATES, rate_table
from audit.plan import Grouping, Plan, Roles
from audit.rows import DisparityRow

PLAN = Plan(replicates=100)
ORDER = {"beyond": 0, "cannot_tell": 1, "within": 2}
few = settings(max_examples=40, deadline=None, derandomize=True)

people = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 1), st.integers(0, 1), st.integers(0, 1), st.floats(0.01, 50)
    ),
    min_size=1,
    max_size=60,
)


def count(rows, *, weighted=False, order=None):
    table = np.array([row[:4] for row in rows], dtype=np.int64)
    weight = np.array([row[4] for row in rows])
    if order is not None:
        table, weight = table[order], weight[order]
    attributes = [Attribute(column="g", levels=("a", "b", "c")), Attribute(column="h", levels=("x", "y"))]
    return from_arrays(
        attributes,
        table[:, :2],
        [table[:, 2].astype(np.int8), table[:, 3].astype(np.int8)],
        weight=weight if weighted else None,
    )


def same(one, two, tolerance=1e-9):
    return one == two or (one is not None and two is not None and math.isclose(one, two, abs_tol=tolerance))


@few
@given(people, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, weighted, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    one, two = count(rows, weighted=weighted), count(rows, weighted=weighted, order=order)
    assert one.groups == two.groups
    assert np.array_equal(one.n, two.n)
    assert one.w == pytest.approx(two.w)
    for a, b in zip(metric_rows(one, PLAN), metric_rows(two, PLAN), strict=True):
        assert (a.metric, a.group, a.n, a.reason) == (b.metric, b.group, b.n, b.reason)
        assert same(a.value, b.value)
        assert same(a.low, b.low, 1e-6)


@few
@given(people)
def test_new_names_for_groups_change_names_only(rows):
    cells = count(rows).marginal(["g"])
    names = {"a": "z", "b": "y", "c": "x"}
    renamed = replace(
        cells,
        attributes=(Attribute(column="g", levels=("z", "y", "x")),),
        groups=tuple((names[group],) for (group,) in cells.groups),
    )
    for a, b in zip(metric_rows(cells, PLAN), metric_rows(renamed, PLAN), strict=True):
        assert (a.metric, a.value, a.low, a.high, a.n) == (b.metric, b.value, b.low, b.high, b.n)
    for a, b in zip(disparity_rows(cells, PLAN), disparity_rows(renamed, PLAN), strict=True):
        assert (a.value, a.low, a.high, a.distance, a.expected) == (
            b.value,
            b.low,
            b.high,
            b.distance,
            b.expected,
        )
        assert b.group == (None if a.group is None else (names[a.group[0]],))


@few
@given(people, st.integers(2, 4))
def test_everybody_twice_has_the_same_rates_and_narrower_intervals(rows, times):
    one, two = count(rows), count(rows * times)
    for a, b in zip(metric_rows(one, PLAN), metric_rows(two, PLAN), strict=True):
        if a.metric == "count":
            assert b.value == times * a.value
            continue
        assert b.n == times * a.n
        assert same(a.value, b.value, 1e-12)
        if a.value is not None:
            assert b.high - b.low < a.high - a.low


@few
@given(people, st.booleans())
def test_merging_groups_is_counting_the_coarser_ones(rows, weighted):
    whole = count(rows, weighted=weighted)
    table = np.array([row[:4] for row in rows], dtype=np.int64)
    weight = np.array([row[4] for row in rows]) if weighted else None
    for at, attribute in enumerate(whole.attributes):
        direct = from_arrays(
            [attribute],
            table[:, [at]],
            [table[:, 2].astype(np.int8), table[:, 3].astype(np.int8)],
            weight=weight,
        )
        merged = whole.marginal([attribute.column])
        assert merged.groups == direct.groups
        assert np.array_equal(merged.n, direct.n)
        assert merged.w == pytest.approx(direct.w)
        assert merged.w2 == pytest.approx(direct.w2)
    assert whole.overall().n.sum() == len(rows) == whole.total


@few
@given(people, st.booleans())
def test_complements_add_up(rows, weighted):
    cells = count(rows, weighted=weighted)

    def rate(name, of=cells):
        return rate_table(RATE[name], of).value

    assert rate("accuracy") + rate("error_rate") == pytest.approx(1)
    for one, two in (
        ("true_positive_rate", "false_negative_rate"),
        ("true_negative_rate", "false_positive_rate"),
    ):
        total = rate(one) + rate(two)
        assert total[~np.isnan(total)] == pytest.approx(1)
        assert np.array_equal(np.isnan(rate(one)), np.isnan(rate(two)))
    turned = cells.flipped()
    assert rate("true_positive_rate", turned) == pytest.approx(rate("true_negative_rate"), nan_ok=True)
    assert rate("selection_rate", turned) == pytest.approx(1 - rate("selection_rate"))
    assert np.array_equal(turned.flipped().n, cells.n)


@few
@given(people, st.booleans(), st.integers(1, 5), st.sampled_from(["positive", "negative"]))
def test_everything_is_in_bounds_and_every_interval_holds_its_value(rows, weighted, smallest, favourable):
    plan = Plan(replicates=100, grouping=Grouping(min_size=smallest), roles=Roles(favourable=favourable))
    cells = count(rows, weighted=weighted)
    for row in metric_rows(cells, plan):
        if row.metric != "count" and row.value is not None:
            assert 0 <= row.low <= row.value <= row.high <= 1
            assert row.n >= smallest
            assert row.high > row.low
            assert row.n_effective <= row.n + 1e-6
    for row in disparity_rows(cells, plan):
        if row.value is None:
            assert row.reason
            continue
        assert row.low <= row.value <= row.high
        lowest = -1 if row.comparison == "to_reference" else 0
        assert lowest <= row.low
        assert row.high <= 1 + 1e-12
        if row.comparison == "worst_group":
            assert row.distance_low <= row.distance <= row.distance_high
            assert row.distance == pytest.approx(row.value - row.overall, abs=1e-9)
        assert row.groups_estimable <= row.groups_total


@few
@given(
    st.sampled_from(["difference", "ratio"]),
    st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted),
    st.booleans(),
    st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted),
)
def test_a_wider_tolerance_is_never_judged_harder(comparison, ends, complete, tolerances):
    low, value, high = ends
    row = DisparityRow(
        metric="equal_opportunity",
        sensitive=("g",),
        comparison=comparison,
        value=value,
        low=low,
        high=high,
        groups_estimable=2,
        groups_total=2 if complete else 3,
    )
    strict, loose = tolerances if comparison == "difference" else reversed(tolerances)
    assert ORDER[decide(row, strict)] <= ORDER[decide(row, loose)]


@few
@given(people)
def test_verdicts_do_not_depend_on_how_often_they_are_given(rows):
    once = judge(disparity_rows(count(rows), PLAN), PLAN.tolerances)
    assert judge(once, PLAN.tolerances) == once


@few
@given(people, st.booleans())
def test_cells_survive_json(rows, weighted):
    import json

    cells = count(rows, weighted=weighted)
    again = Cells.from_dict(json.loads(json.dumps(cells.to_dict())))
    assert again.attributes == cells.attributes
    assert again.groups == cells.groups
    assert again.weighted == cells.weighted
    for name in ("n", "w", "w2"):
        assert np.array_equal(getattr(again, name), getattr(cells, name))


def test_every_rate_is_looked_at():
    assert len(RATES) == 12
