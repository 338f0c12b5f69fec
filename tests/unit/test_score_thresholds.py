"""Other thresholds, from the score cells alone, give what counting the rows again would give."""

from __future__ import annotations

import numpy as np
import pytest

from audit.disparity.score_lines import metric_lines, precision_lines, roc_lines
from audit.disparity.thresholds import (
    NEARLY,
    costs,
    equalising,
    gap_at,
    least_cost,
    least_cost_each,
    rates_at,
    smallest_gap,
    sweep,
)
from audit.metrics.rates import RATE, rate_table
from audit.plan import Grouping, Plan
from tests.scored import counted, drawn

PLAN = Plan(replicates=100)
CELLS = counted(*drawn(1_500, groups="abc", shift=0.2), bins=50)
FEW = counted([0.9, 0.6, 0.4, 0.4, 0.1, 0.8, 0.2, 0.3, 0.8], [1, 1, 1, 0, 0, 1, 0, 0, 0], "aaaaabbbb")


@pytest.mark.parametrize("metric", sorted(RATE))
@pytest.mark.parametrize(
    "cells", [CELLS, FEW, counted(*drawn(200), bins=20, weight=np.linspace(0.5, 3, 200))]
)
def test_the_sweep_is_every_threshold_by_itself(metric, cells):
    found = sweep(cells, PLAN)
    table, overall = found.rates(metric), found.overall(metric)
    for k, threshold in enumerate(cells.cuts):
        alone = cells.at(threshold)
        assert np.allclose(table[k], rate_table(RATE[metric], alone).value, equal_nan=True)
        assert np.allclose(overall[k], rate_table(RATE[metric], alone.overall()).value, equal_nan=True)


def test_small_denominators_are_left_out_of_a_sweep():
    found = sweep(FEW, Plan(grouping=Grouping(min_size=2)))
    assert np.isnan(found.rates("true_positive_rate")[:, 1]).all()
    assert not np.isnan(found.rates("true_positive_rate")[:, 0]).any()


def test_gaps_are_largest_minus_smallest():
    found = sweep(CELLS, PLAN)
    value = found.rates("selection_rate")
    assert found.gaps("selection_rate") == pytest.approx(value.max(axis=1) - value.min(axis=1))
    assert found.gaps("selection_rate")[0] == 0


def test_a_gap_at_a_threshold_is_the_audits_own():
    row = gap_at(FEW, 0.5, "selection_rate", PLAN)
    assert row.value == pytest.approx(0.1)  # 2 of 5 and 2 of 4
    assert row.low == 0
    assert row.low <= row.value <= row.high
    assert (row.group, row.reference) == (("b",), ("a",))


def test_rates_at_a_threshold_for_each_group():
    rows = {row.group: row for row in rates_at(FEW, (0.6, 0.3), "true_positive_rate", PLAN)}
    assert rows[("a",)].value == pytest.approx(2 / 3)
    assert rows[("b",)].value == 1.0
    assert rows[None].value == pytest.approx(3 / 4)
    nobody = rates_at(FEW, 2.0, "precision", PLAN)
    assert {row.reason for row in nobody} == {"no_predicted_positives"}


def test_cost_weighs_missed_positives():
    found = sweep(FEW, PLAN)
    at = found.place(0.6)
    # At .6: a misses .4, b takes .8 for a positive.
    assert costs(found, 1.0)[at] == pytest.approx(2 / 9)
    assert costs(found, 5.0)[at] == pytest.approx(6 / 9)
    assert least_cost(found, 100.0) <= 0.4
    assert least_cost(found, 0.01) == 0.9


def test_the_least_cost_is_nowhere_undercut():
    found = sweep(CELLS, PLAN)
    for ratio in (0.2, 1.0, 5.0):
        cost = costs(found, ratio)
        assert cost[found.place(least_cost(found, ratio))] == pytest.approx(cost.min())
    each = least_cost_each(found, 1.0)
    cells = CELLS.at(each).w
    assert (cells[:, 0, 1] + cells[:, 1, 0]).sum() / cells.sum() <= costs(found, 1.0).min() + 1e-12


def test_honest_scores_cost_least_at_the_share_that_the_costs_say():
    score, label, group = drawn(60_000)
    found = sweep(counted(score, label, group, bins=20), PLAN)
    assert least_cost(found, 1.0) == pytest.approx(0.5, abs=0.051)
    assert least_cost(found, 4.0) == pytest.approx(0.2, abs=0.051)


def test_the_smallest_gap_is_no_trick_of_selecting_everybody():
    found = sweep(CELLS, PLAN)
    best = smallest_gap(found, "selection_rate")
    selected = found.overall("selection_rate")
    assert NEARLY <= selected[best] <= 1 - NEARLY
    inside = (selected >= NEARLY) & (selected <= 1 - NEARLY)
    assert found.gaps("selection_rate")[best] == pytest.approx(found.gaps("selection_rate")[inside].min())


def test_no_gap_can_be_smallest_where_one_group_has_the_rate():
    found = sweep(counted([0.1, 0.4, 0.8, 0.3, 0.6], [0, 1, 1, 0, 0], "aaabb"), PLAN)
    assert smallest_gap(found, "true_positive_rate") is None
    assert gap_at(found.scores, 0.5, "true_positive_rate", PLAN).reason == "fewer_than_two_groups"


def test_thresholds_that_equalise_do():
    found = sweep(CELLS, PLAN)
    for metric in ("selection_rate", "true_positive_rate"):
        target = float(found.overall(metric)[25])
        at = equalising(found, metric, target)
        reached = rate_table(RATE[metric], CELLS.at(at)).value
        assert np.abs(reached - target).max() < 0.04
    assert np.isnan(
        equalising(sweep(counted([0.2, 0.3], [0, 0], "ab"), PLAN), "true_positive_rate", 0.5)
    ).all()


def test_a_rank_beyond_every_score_is_the_last_threshold():
    found = sweep(FEW, PLAN)
    assert found.place(0.0) == 0
    assert found.place(7.0) == len(FEW.cuts) - 1


def test_curves_begin_and_end_where_they_should():
    for line in roc_lines(CELLS):
        assert (line.x[0], line.y[0], line.x[-1], line.y[-1]) == pytest.approx((0, 0, 1, 1))
        assert list(line.x) == sorted(line.x)
    for line in precision_lines(CELLS):
        assert line.x[-1] == 1
        assert 0 <= min(line.y) <= max(line.y) <= 1
    base = rate_table(RATE["base_rate"], CELLS.at(0.0)).value
    assert [line.y[-1] for line in precision_lines(CELLS)] == pytest.approx(base)


def test_curves_of_many_thresholds_are_thinned():
    lines = metric_lines(sweep(counted(*drawn(500), bins=1000), PLAN), "selection_rate")
    assert all(len(line.x) == len(line.y) == 200 for line in lines)
    assert [line.place for line in lines] == [0, 1]
    assert lines[0].x[0] == 0
    assert lines[0].x[-1] == pytest.approx(0.999)
