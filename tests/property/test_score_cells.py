"""Whatever the scores are, the score cells say the same as the rows they were counted from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.disparity.scoring import score_rows
from audit.metrics.curves import area_between, cumulated, ks_distance, roc, wasserstein_distance
from audit.metrics.rates import RATES, rate_table, rate_values
from audit.plan import Plan
from audit.rows import MetricRow
from audit.tables.scores import ScoreCells
from tests.scored import counted

PLAN = Plan(replicates=100)
few = settings(max_examples=40, deadline=None, derandomize=True)
people = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 1), st.sampled_from("abc"), st.integers(1, 4)),
    min_size=2,
    max_size=60,
)


def unpacked(rows):
    score, label, group, weight = (list(part) for part in zip(*rows, strict=True))
    return np.array(score) / 20, np.array(label), np.array(group), np.array(weight)


def same(one, other):
    for name in ("n", "w", "w2", "s"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    for name in ("cuts", "groups", "attributes", "exact", "weighted", "missing"):
        assert getattr(one, name) == getattr(other, name)


@few
@given(people)
def test_a_table_is_read_back_as_it_was(rows):
    score, label, group, weight = unpacked(rows)
    for cells in (counted(score, label, group), counted(score, label, group, weight=weight, bins=7)):
        same(ScoreCells.from_dict(cells.to_dict()), cells)


@few
@given(people, st.integers(-1, 21))
def test_deciding_by_any_threshold_counts_the_rows(rows, tenths):
    score, label, group, weight = unpacked(rows)
    threshold = tenths / 20
    cells = counted(score, label, group, weight=weight)
    decided = cells.at(threshold)
    for g, (name,) in enumerate(cells.groups):
        for y in (0, 1):
            for d in (0, 1):
                part = (group == name) & (label == y) & ((score >= threshold) == bool(d))
                assert decided.n[g, y, d] == part.sum()
                assert decided.w[g, y, d] == weight[part].sum()
                assert decided.w2[g, y, d] == (weight[part] ** 2).sum()


@few
@given(people)
def test_a_threshold_for_each_group_decides_each_group(rows):
    score, label, group, _ = unpacked(rows)
    cells = counted(score, label, group)
    limits = [0.3 + 0.2 * g for g in range(len(cells.groups))]
    decided = cells.at(limits)
    for g, limit in enumerate(limits):
        assert np.array_equal(decided.n[g], cells.at(limit).n[g])


@few
@given(people)
def test_the_sweep_is_every_threshold_at_once(rows):
    score, label, group, weight = unpacked(rows)
    cells = counted(score, label, group, weight=weight)
    table = cells.sweep()
    assert table.shape == (len(cells.cuts) + 1, len(cells.groups), 2, 2)
    for k, cut in enumerate(cells.cuts):
        assert table[k] == pytest.approx(cells.at(cut).w)
    assert table[-1] == pytest.approx(cells.at(np.inf).w)
    for rate in RATES:
        assert np.allclose(
            rate_values(rate, table[0]), rate_table(rate, cells.at(cells.cuts[0])).value, equal_nan=True
        )


@few
@given(people)
def test_selection_never_rises_with_the_threshold(rows):
    score, label, group, _ = unpacked(rows)
    selected = counted(score, label, group).sweep()[..., 1]
    assert np.all(np.diff(selected, axis=0) <= 0)


@few
@given(people)
def test_everybody_is_the_sum_of_the_groups(rows):
    score, label, group, weight = unpacked(rows)
    cells = counted(score, label, group, weight=weight)
    for name in ("n", "w", "w2", "s"):
        assert getattr(cells.overall(), name)[0] == pytest.approx(getattr(cells, name).sum(axis=0))
    same(cells.marginal(("g",)), cells)
    assert cells.take([True] * len(cells.groups)).groups == cells.groups


@few
@given(people)
def test_values_lie_where_they_can_and_in_their_intervals(rows):
    score, label, group, weight = unpacked(rows)
    for row in score_rows(counted(score, label, group, weight=weight), PLAN):
        if row.value is None:
            assert row.reason
            continue
        assert row.low is None or row.high is None or row.low <= row.value <= row.high
        if isinstance(row, MetricRow) and row.metric not in {
            "log_loss",
            "calibration_slope",
            "calibration_in_the_large",
        }:
            assert 0 <= row.value <= 1
            assert row.low is None or row.low >= 0
            assert row.high is None or row.high <= 1


@few
@given(people)
def test_the_order_of_rows_and_the_names_of_groups_change_nothing(rows):
    def values(rows, names):
        score, label, group, _ = unpacked(rows)
        cells = counted(score, label, [names[name] for name in group])
        return {
            (row.metric, row.group): row.value
            for row in score_rows(cells, PLAN)
            if isinstance(row, MetricRow)
        }

    plain = values(rows, {"a": "a", "b": "b", "c": "c"})
    assert values(rows[::-1], {"a": "a", "b": "b", "c": "c"}) == pytest.approx(plain, nan_ok=True)
    renamed = values(rows, {"a": "z", "b": "y", "c": "x"})
    for (metric, group), value in plain.items():
        new = group and ({"a": "z", "b": "y", "c": "x"}[group[0]],)
        assert renamed[metric, new] == pytest.approx(value, abs=1e-9)


@few
@given(people, people)
def test_distances_of_two_groups_are_symmetric_and_0_of_one(one, other):
    def weights(rows):
        score, label, _, weight = unpacked(rows)
        found = np.zeros((2, 21))
        np.add.at(found, (label, np.rint(score * 20).astype(int)), weight)
        return found

    first, second = weights(one), weights(other)
    f, g = cumulated(first.sum(axis=0)), cumulated(second.sum(axis=0))
    places = np.arange(21) / 20
    assert ks_distance(f, g) == ks_distance(g, f) <= 1
    assert wasserstein_distance(f, g, places) == pytest.approx(wasserstein_distance(g, f, places))
    assert ks_distance(f, f) == wasserstein_distance(f, f, places) == 0
    if min(first.sum(axis=1).min(), second.sum(axis=1).min()) > 0:
        a, b = (roc(table[1], table[0]) for table in (first, second))
        areas = [float(np.trapezoid(up, across)) for across, up in (a, b)]
        assert area_between(a, b) == pytest.approx(area_between(b, a))
        assert area_between(a, b) >= abs(areas[0] - areas[1]) - 1e-9
        assert area_between(a, a) == 0
