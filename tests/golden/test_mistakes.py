"""Mistakes that other tools ship, one test for each: this project does not make them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit.figures.forest import forest
from audit.inference.intervals import wilson
from audit.inference.tests import fisher, pooled_z
from audit.metrics.curves import area_between, roc
from audit.metrics.indices import entropy
from audit.metrics.rates import RATES
from audit.plan import Plan, Roles
from audit.rows import MetricRow
from audit.run import run
from tests.by_hand import TOY, disparities, people, rates, value

ROOT = Path(__file__).resolve().parents[2]


def test_a_group_without_positives_is_not_estimable_and_the_gap_is_over_the_rest():
    row = rates(TOY)["true_positive_rate", "c"]
    assert (row.value, row.reason) == (None, "no_positives")
    gap = disparities(TOY)["equal_opportunity_difference"]
    assert (gap.value, gap.groups_estimable, gap.groups_total) == (pytest.approx(0.25), 2, 3)
    assert gap.verdict == "cannot_tell"
    assert value(TOY, "demographic_parity_ratio") == pytest.approx(0.5)


def test_an_undefined_auc_leaves_the_gap_open():
    rows = [("a", 1, 0.9), ("a", 0, 0.2), ("a", 1, 0.6), ("a", 0, 0.7)] * 5 + [
        ("b", 1, 0.9),
        ("b", 1, 0.3),
    ] * 6
    plan = Plan(
        roles=Roles(label="y", score="s", sensitive=("g",)),
        tolerances={"auc_difference": 0.1},
        replicates=100,
        dated="2026-01-01",
    )
    gap = run(pd.DataFrame(rows, columns=["g", "y", "s"]), plan).disparity("auc", "difference", ("g",))
    assert (gap.value, gap.groups_estimable, gap.groups_total, gap.verdict) == (None, 1, 2, "cannot_tell")


def test_nobody_selected_is_no_difference_and_no_ratio():
    cells = people(a=(50, 0, 50, 0), b=(30, 0, 10, 0))
    found = disparities(cells)
    assert found["demographic_parity_difference"].value == 0
    assert found["demographic_parity_ratio"].value is None
    assert found["demographic_parity_ratio"].reason == "zero_reference_rate"


def test_equal_rates_are_equal_whatever_the_sizes_of_the_groups():
    cells = people(large=(360, 90, 90, 360), small=(40, 10, 10, 40))
    for name, row in disparities(cells).items():
        if row.comparison == "difference":
            assert row.value == pytest.approx(0), name
        if row.comparison == "ratio":
            assert row.value == pytest.approx(1), name


def test_rates_are_divided_by_the_group_s_own_people():
    found = rates(people(large=(360, 90, 90, 360), small=(40, 10, 10, 40)))
    assert [found["true_positive_rate", group].value for group in ("large", "small")] == [0.8, 0.8]
    assert [found["false_positive_rate", group].value for group in ("large", "small")] == [0.2, 0.2]


def test_opposite_gaps_do_not_cancel():
    # TPR .5 and .7, FPR .5 and .3: the signed mean of both differences is 0.
    assert value(
        people(a=(50, 50, 50, 50), b=(70, 30, 30, 70)), "equalized_odds_difference"
    ) == pytest.approx(0.2)


def test_crossing_curves_have_an_area_between_them_that_their_aucs_do_not_show():
    # Scores rise to the right: the one curve is good at both ends, the other in the middle.
    ends, middle = np.array([5.0, 0, 0, 5]), np.array([0, 5.0, 5, 0])
    first, second = roc(ends, middle), roc(middle, ends)
    aucs = [float(np.trapezoid(true, false)) for false, true in (first, second)]
    assert aucs == pytest.approx([0.5, 0.5])
    assert area_between(first, second) == pytest.approx(0.5)


def test_the_generalized_entropy_family_has_its_closed_forms():
    benefit = np.array([2.0, 1.0, 0.5, 1.0])
    relative = benefit / benefit.mean()
    expected = (
        -np.log(relative).mean(),
        (relative * np.log(relative)).mean(),
        (benefit.std() / benefit.mean()) ** 2 / 2,
    )
    for order, truth in enumerate(expected):
        assert float(entropy(benefit, np.full(4, 0.25), order)) == pytest.approx(truth)


def test_an_interval_that_ends_at_zero_is_drawn():
    rows = [
        MetricRow(
            metric="error_rate",
            sensitive=("g",),
            group=(name,),
            value=v,
            low=low,
            high=high,
            n=20,
            n_effective=20.0,
        )
        for name, v, low, high in (("a", 0.0, 0.0, 0.16), ("b", 0.3, 0.15, 0.5))
    ]
    figure = forest(rows, overall=rows[1], favourable="positive", confidence=0.95)
    drawn = [
        tuple(sorted(x for x in trace.x if x is not None))
        for trace in figure.data
        if trace.x is not None and len(trace.x) >= 2
    ]
    flat = {round(float(x), 6) for line in drawn for x in line} | {
        round(float(end), 6)
        for shape in figure.layout.shapes
        for end in (shape.x0, shape.x1)
        if end is not None
    }
    errors = {
        (round(float(x - m), 6), round(float(x + p), 6))
        for trace in figure.data
        if getattr(trace, "error_x", None) is not None and trace.error_x.array is not None
        for x, m, p in zip(trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True)
    }
    assert 0.16 in flat or 16.0 in flat or any(end[1] in {0.16, 16.0} for end in errors)


@pytest.mark.parametrize("n", [1, 20, 1000])
def test_nobody_of_many_still_has_an_interval_with_a_width_and_nobody_of_nobody_has_none(n):
    low, high = wilson(np.array([0.0, math.nan]), np.array([n, 0]), alpha=0.05)
    assert low[0] == 0
    assert high[0] > 0
    assert math.isnan(low[1])
    assert math.isnan(high[1])


def test_no_picture_is_drawn_from_the_first_rows_or_from_a_sample():
    for folder in ("audit/figures", "ui", "pages"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert ".head(" not in text, path.name
            assert ".sample(" not in text, path.name


def test_p_values_are_two_sided():
    assert fisher(1, 20, 9, 20) == pytest.approx(fisher(9, 20, 1, 20))
    assert float(pooled_z(0.3, 100, 0.5, 100)) == pytest.approx(float(pooled_z(0.5, 100, 0.3, 100)))
    assert float(pooled_z(0.4, 100, 0.4, 100)) == pytest.approx(1)


def test_replicates_differ_for_every_seed_and_repeat_for_the_same():
    cells = people(a=(30, 10, 20, 40), b=(50, 10, 30, 30))
    drawn = [
        disparities(cells, Plan(replicates=100, seed=seed))["demographic_parity_difference"].expected
        for seed in (0, 1, 2, 0)
    ]
    assert len(set(drawn[:3])) == 3
    assert drawn[3] == drawn[0]


def test_no_rate_is_zero_because_nothing_is_known():
    found = rates(people(a=(0, 0, 0, 5), b=(5, 0, 0, 0)))
    for rate in RATES:
        for group in ("a", "b"):
            row = found[rate.id, group]
            assert (row.value is None) == (row.n == 0) == bool(row.reason)
