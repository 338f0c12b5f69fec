"""Worst groups, weights, references and what chance alone shows, on tables counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from audit.cells import Attribute, Cells
from audit.disparity.compare import disparity_rows, metric_rows
from audit.inference.intervals import newcombe, wilson
from audit.plan import Grouping, Plan, Roles
from tests.by_hand import PLAN, TOY, disparities, people, rates, weighted


def test_ties_for_the_worst_group_go_to_the_larger_and_then_by_name():
    error = "error_rate_worst_group"
    larger = people(a=(9, 1, 0, 0), b=(90, 10, 0, 0), c=(10, 0, 0, 0))
    assert disparities(larger)[error].group == ("b",)
    same = people(b=(9, 1, 0, 0), c=(9, 1, 0, 0), d=(10, 0, 0, 0))
    assert disparities(same)[error].group == ("b",)


def test_distance_of_the_worst_group_by_hand():
    cells = people(a=(60, 40, 0, 0), b=(270, 30, 0, 0))
    row = disparities(cells)["error_rate_worst_group"]
    assert row.group == ("a",)
    assert row.value == pytest.approx(0.4)
    assert row.overall == pytest.approx(70 / 400)
    assert row.distance == pytest.approx(0.4 - 70 / 400)
    # a against the rest, at 95 % shared by two groups, times one minus a's share of the denominator.
    a_low, a_high = newcombe(0.4, 100, 0.1, 300, alpha=0.025)
    b_low, b_high = newcombe(0.1, 300, 0.4, 100, alpha=0.025)
    assert row.distance_low == pytest.approx(max(0.75 * a_low, 0.25 * b_low))
    assert row.distance_high == pytest.approx(max(0.75 * a_high, 0.25 * b_high))
    low_a, high_a = wilson(0.4, 100, alpha=0.025)
    assert (row.low, row.high) == pytest.approx((float(low_a), float(high_a)))


def test_the_distance_uses_the_share_of_the_rates_own_denominator():
    cells = people(a=(10, 10, 60, 40), b=(800, 200, 60, 240))
    row = disparities(cells)["true_positive_rate_worst_group"]
    low, high = newcombe(0.4, 100, 0.8, 300, alpha=0.025)
    assert row.distance == pytest.approx(0.4 - 280 / 400)
    assert row.distance_low == pytest.approx(0.75 * float(low))
    assert row.distance_high == pytest.approx(0.75 * float(high))


def test_weights_change_rates_and_intervals_but_never_counts():
    n = np.array([[[10.0, 10.0], [10.0, 10.0]], [[10.0, 10.0], [10.0, 10.0]]])
    w, w2 = n.copy(), n.copy()
    w[0, 1, 1], w2[0, 1, 1] = 30.0, 90.0  # the ten true positives of a weigh 3 each
    cells = Cells(
        attributes=(Attribute(column="g", levels=("a", "b")),),
        groups=(("a",), ("b",)),
        n=n,
        w=w,
        w2=w2,
        weighted=True,
    )
    row = rates(cells)["true_positive_rate", "a"]
    assert row.value == pytest.approx(30 / 40)
    assert row.n == 20
    assert row.n_effective == pytest.approx(40**2 / 100)
    assert (row.low, row.high) == pytest.approx(tuple(float(x) for x in wilson(0.75, 16)))
    assert rates(cells)["count", "a"].value == 40
    gap = disparities(cells)["equal_opportunity_difference"]
    low, high = newcombe(0.75, 16, 0.5, 20)
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.25, max(0.0, float(low)), float(high)))


def test_equal_weights_give_the_unweighted_audit():
    factor = [2.5] * 3
    for one, two in zip(metric_rows(TOY, PLAN), metric_rows(weighted(TOY, factor), PLAN), strict=True):
        assert (one.metric, one.group, one.n, one.reason) == (two.metric, two.group, two.n, two.reason)
        for name in ("value", "low", "high", "n_effective"):
            a, b = getattr(one, name), getattr(two, name)
            assert a == b or a == pytest.approx(b, abs=1e-12)
    for one, two in zip(disparity_rows(TOY, PLAN), disparity_rows(weighted(TOY, factor), PLAN), strict=True):
        for name in (
            "value",
            "low",
            "high",
            "overall",
            "distance",
            "distance_low",
            "distance_high",
            "expected",
        ):
            a, b = getattr(one, name), getattr(two, name)
            assert a == b or a == pytest.approx(b, abs=1e-12), (one.id, name)


def test_weights_are_repetition_for_values():
    times = [2.0, 3.0, 1.0]
    repeated = people(
        **{
            group[0]: tuple((TOY.n[i] * times[i]).astype(int).ravel().tolist())
            for i, group in enumerate(TOY.groups)
        }
    )
    for one, two in zip(metric_rows(weighted(TOY, times), PLAN), metric_rows(repeated, PLAN), strict=True):
        if one.metric != "count":
            assert (one.value is None) == (two.value is None)
            assert one.value is None or one.value == pytest.approx(two.value, abs=1e-12)


def test_a_named_reference_is_the_one_that_is_compared_with():
    plan = Plan(replicates=100, grouping=Grouping(references={"g": "b"}))
    rows = [
        r for r in disparity_rows(TOY, plan) if (r.metric, r.comparison) == ("selection_rate", "to_reference")
    ]
    assert [(r.group, r.reference) for r in rows] == [(("a",), ("b",)), (("c",), ("b",))]
    assert [r.value for r in rows] == pytest.approx([0.5 - 1 / 3, 0.25 - 1 / 3])
    low, high = newcombe(0.5, 8, 1 / 3, 6)
    assert (rows[0].low, rows[0].high) == pytest.approx((float(low), float(high)))


def test_a_difference_to_an_unestimable_reference_has_a_reason():
    plan = Plan(replicates=100, grouping=Grouping(references={"g": "c"}))
    rows = [
        r
        for r in disparity_rows(TOY, plan)
        if (r.metric, r.comparison) == ("true_positive_rate", "to_reference")
    ]
    assert [(r.value, r.reason) for r in rows] == [(None, "no_positives")] * 2


def test_chance_alone_shows_the_gap_of_many_small_groups():
    """20 groups of 20 with a rate of .5: about .41 apart although nothing is different."""
    cells = people(**{f"g{i:02d}": (10, 10, 0, 0) for i in range(20)})
    plan = Plan(replicates=4000)
    found = disparities(cells, plan)["demographic_parity_difference"]
    assert found.value == 0
    assert found.expected == pytest.approx(0.411, abs=0.01)


def test_chance_in_equalized_odds_is_the_mean_of_the_larger_gap():
    """Two rates give chance two tries: the mean of the larger exceeds the larger of the means."""
    cells = people(a=(25, 25, 25, 25), b=(25, 25, 25, 25))
    found = disparities(cells, Plan(replicates=4000))
    # |difference| of two binomial means of 50: half-normal with sd .1, mean .0798; the larger of two: sd·2/√π = .1128.
    assert found["equal_opportunity_difference"].expected == pytest.approx(0.0798, abs=0.004)
    assert found["equalized_odds_difference"].expected == pytest.approx(0.1128, abs=0.004)


@pytest.mark.parametrize("favourable", ["positive", "negative"])
def test_what_has_one_gap_by_definition_shows_one_number_for_chance(favourable):
    """A criterion, the rate it compares and the complement of that rate never disagree by their random draws."""
    cells = people(a=(9, 4, 3, 8), b=(5, 7, 2, 1), c=(1, 0, 1, 1))
    found = disparities(cells, Plan(replicates=200, roles=Roles(favourable=favourable)))
    good, other = "true_positive_rate", "false_negative_rate"
    if favourable == "negative":
        good, other = "true_negative_rate", "false_positive_rate"
    for same in (
        ("demographic_parity", "selection_rate"),
        ("equal_opportunity", good, other),
        ("accuracy_equality", "accuracy", "error_rate"),
    ):
        drawn = {round(found[f"{name}_difference"].expected, 9) for name in same}
        assert len(drawn) == 1, same
