"""Distances between distributions, by hand and against SciPy, and the conditional disparity of a small example."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from audit.cells import Attribute, Cells
from audit.chapters.labels import labels
from audit.inference import distances as d
from audit.inference.intervals import newcombe
from audit.plan import Grouping, Plan, Roles
from audit.tables.profile import GroupCounts, Profile, Repeats

P, Q = [0.5, 0.5], [0.75, 0.25]


def test_distances_by_hand():
    # KL = ½ ln(.5/.75) + ½ ln(.5/.25); the middle is (.625, .375).
    assert d.kl_divergence(P, Q) == pytest.approx(0.5 * math.log(2 / 3) + 0.5 * math.log(2))
    js = 0.5 * (0.5 * math.log2(0.5 / 0.625) + 0.5 * math.log2(0.5 / 0.375)) + 0.5 * (
        0.75 * math.log2(0.75 / 0.625) + 0.25 * math.log2(0.25 / 0.375)
    )
    assert d.js_divergence(P, Q) == pytest.approx(js)
    assert d.total_variation(P, Q) == 0.25
    assert d.lp_distance(P, Q) == pytest.approx(0.25 * math.sqrt(2))
    assert d.ks_distance(P, Q) == 0.25


def test_distances_agree_with_scipy():
    rng = np.random.default_rng(0)
    for _ in range(20):
        p, q = rng.dirichlet(np.ones(5), 2)
        assert d.kl_divergence(p, q) == pytest.approx(entropy(p, q))
        assert math.sqrt(d.js_divergence(p, q)) == pytest.approx(jensenshannon(p, q, base=2))
        assert d.js_divergence(p, q) == pytest.approx(d.js_divergence(q, p))


def test_nothing_in_common_and_everything_in_common():
    assert d.js_divergence([1, 0], [0, 1]) == pytest.approx(1.0)
    assert d.total_variation([1, 0], [0, 1]) == 1.0
    assert math.isnan(d.kl_divergence([0.5, 0.5], [1, 0]))
    assert d.kl_divergence([1, 0], [0.5, 0.5]) == pytest.approx(math.log(2))
    for distance in (d.kl_divergence, d.js_divergence, d.total_variation, d.lp_distance, d.ks_distance):
        assert distance(P, P) == 0


def profile(rows, *, missing=None, weights=None, classes=("0", "1")):
    """A profile of one column g from the number of people of each label in each group."""
    n = np.array([[*people, 0] for people in rows.values()], dtype=float)[None]
    w = n if weights is None else n * np.asarray(weights, dtype=float)[None, :, None]
    w2 = n if weights is None else n * np.asarray(weights, dtype=float)[None, :, None] ** 2
    levels = tuple(rows)
    counts = GroupCounts(
        attribute=Attribute(column="g", levels=levels, missing=missing),
        rows=n.sum(axis=(0, 2)),
        missing=np.zeros((len(levels), 0)),
        n=n.copy(),
        w=w.copy(),
        w2=w2.copy(),
    )
    return Profile(
        rows=int(n.sum()),
        weightless=0,
        weighted=weights is not None,
        parts=("all",),
        classes=classes,
        positive=tuple(name == "1" for name in classes),
        columns=(),
        uncounted=0,
        groups=(counts,),
        repeats=Repeats(columns=2),
    )


def plan(**grouping):
    return Plan(
        roles=Roles(label="y", decision="d", sensitive=("g",), control=("s",)), grouping=Grouping(**grouping)
    )


def by_metric(rows, group):
    return {row.metric: row for row in rows if row.group == (group,) and row.comparison != "extreme"}


# a: 60 people, 30 positive; b: 20 people, 5 positive.
SMALL = profile({"a": (30, 30), "b": (15, 5)})


def test_every_measure_of_two_groups_by_hand():
    found = by_metric(labels(SMALL, plan()), "b")
    assert found["base_rate"].value == 0.25
    assert found["label_difference"].value == -0.25
    low, high = newcombe(0.25, 20, 0.5, 60)
    assert (found["label_difference"].low, found["label_difference"].high) == pytest.approx((low, high))
    assert found["label_ratio"].value == 0.5
    assert found["class_imbalance"].value == pytest.approx((60 - 20) / 80)
    assert found["class_imbalance"].low < 0.5 < found["class_imbalance"].high
    assert found["kl_divergence"].value == pytest.approx(d.kl_divergence([0.5, 0.5], [0.75, 0.25]))
    assert found["js_divergence"].value == pytest.approx(d.js_divergence(P, Q))
    assert found["js_distance"].value == pytest.approx(math.sqrt(d.js_divergence(P, Q)))
    assert found["total_variation"].value == found["ks_distance"].value == 0.25
    assert found["lp_distance"].value == pytest.approx(0.25 * math.sqrt(2))
    assert found["total_variation"].high == pytest.approx(-found["label_difference"].low)
    assert all(row.reference == ("a",) for row in found.values() if row.comparison == "to_reference")


def test_the_reference_is_the_one_that_is_named():
    found = by_metric(labels(SMALL, plan(references={"g": "b"})), "a")
    assert found["label_difference"].value == 0.25
    assert found["class_imbalance"].value == pytest.approx((20 - 60) / 80)


def test_the_groups_furthest_apart_have_an_interval_that_allows_for_the_choice():
    rows = labels(profile({"a": (30, 30), "b": (15, 5), "c": (10, 10)}), plan())
    (row,) = [row for row in rows if row.comparison == "extreme"]
    assert (row.group, row.reference, row.value) == (("a",), ("b",), 0.25)
    low, high = newcombe(0.5, 60, 0.25, 20)
    assert row.low <= max(float(low), 0)
    assert row.high >= float(high)


def test_a_distance_of_several_classes_has_no_interval_and_undefined_ones_a_reason():
    three = profile({"a": (10, 10, 10), "b": (5, 15, 0)}, classes=("0", "1", "2"))
    found = by_metric(labels(three, plan()), "b")
    assert found["total_variation"].value == pytest.approx(5 / 12)
    assert found["total_variation"].low is None
    assert (found["kl_divergence"].value, found["kl_divergence"].reason) == (None, "zero_reference_rate")
    assert found["label_difference"].value == pytest.approx(15 / 20 - 10 / 30)


def test_an_empty_or_small_group_has_a_reason_and_no_number():
    found = by_metric(labels(profile({"a": (30, 30), "b": (0, 0)}), plan()), "b")
    assert (found["base_rate"].value, found["base_rate"].reason) == (None, "empty")
    assert found["label_difference"].reason == "empty"
    small = by_metric(labels(SMALL, plan(min_size=30)), "b")
    assert small["label_ratio"].reason == "below_minimum_size"
    none = by_metric(labels(profile({"a": (60, 0), "b": (15, 5)}), plan()), "b")
    assert (none["label_ratio"].value, none["label_ratio"].reason) == (None, "zero_reference_rate")


def test_people_without_a_group_are_out_of_the_extreme_and_never_the_reference():
    rows = labels(profile({"a": (30, 30), "b": (15, 5), "Unknown": (0, 100)}, missing="Unknown"), plan())
    (row,) = [row for row in rows if row.comparison == "extreme"]
    assert row.group == ("a",)
    assert {row.reference for row in rows if row.comparison == "to_reference"} == {("a",)}


def test_weights_change_shares_and_widen_intervals():
    heavy = by_metric(labels(profile({"a": (30, 30), "b": (15, 5)}, weights=[1, 3]), plan()), "b")
    plain = by_metric(labels(SMALL, plan()), "b")
    assert heavy["label_difference"].value == plain["label_difference"].value
    assert heavy["class_imbalance"].value == pytest.approx(0.0)
    assert heavy["label_difference"].n == 20


def strata_cells(counts):
    """Cells over (g, s) from (label 0 and 1) of each group in each stratum; every decision is the label's opposite."""
    groups = tuple(counts)
    n = np.zeros((len(groups), 2, 2))
    for i, (no, yes) in enumerate(counts.values()):
        n[i, 0, 1], n[i, 1, 0] = no, yes
    attributes = (
        Attribute(column="g", levels=tuple(dict.fromkeys(g for g, _ in groups))),
        Attribute(column="s", levels=tuple(dict.fromkeys(s for _, s in groups))),
    )
    return Cells(attributes=attributes, groups=groups, n=n, w=n.copy(), w2=n.copy())


# Stratum x: 40 rejected (10 of b), 20 accepted (10 of b). Stratum y: 20 rejected (16 of b), 20 accepted (12 of b).
STRATA = strata_cells({("a", "x"): (30, 10), ("b", "x"): (10, 10), ("a", "y"): (4, 8), ("b", "y"): (16, 12)})


def disparities(cells, strata, group="b", **roles):
    asked = Plan(roles=Roles(label="y", decision="d", sensitive=("g",), control=("s",), **roles))
    return by_metric(labels(SMALL, asked, cells=cells, strata=strata), group)


def test_conditional_demographic_disparity_by_hand():
    found = disparities(STRATA, STRATA)
    # All: 26 of 60 rejected and 22 of 40 accepted are b.
    assert found["demographic_disparity"].value == pytest.approx(26 / 60 - 22 / 40)
    # x: 10/40 − 10/20 = −.25 over 60 people; y: 16/20 − 12/20 = .2 over 40 people.
    assert found["conditional_demographic_disparity"].value == pytest.approx((60 * -0.25 + 40 * 0.2) / 100)
    row = found["conditional_demographic_disparity"]
    assert (row.strata, row.strata_used, row.n, row.n_reference) == (2, 2, 48, 52)
    assert row.low < row.value < row.high
    # Every decision is the opposite of the label, so the disparity of decisions is its negative.
    assert found["conditional_decision_disparity"].value == pytest.approx(0.07)
    assert found["decision_disparity"].value == pytest.approx(22 / 40 - 26 / 60)


def test_the_disparities_of_two_groups_cancel():
    a, b = disparities(STRATA, STRATA, "a"), disparities(STRATA, STRATA)
    for name in ("demographic_disparity", "conditional_demographic_disparity"):
        assert a[name].value == pytest.approx(-b[name].value)


def test_the_disparity_turns_with_the_favourable_outcome():
    plain, turned = disparities(STRATA, STRATA), disparities(STRATA, STRATA, favourable="negative")
    for name in ("demographic_disparity", "conditional_demographic_disparity"):
        assert turned[name].value == pytest.approx(-plain[name].value)


def test_a_stratum_in_which_everybody_is_accepted_says_nothing():
    one_sided = strata_cells(
        {("a", "x"): (30, 10), ("b", "x"): (10, 10), ("a", "y"): (0, 8), ("b", "y"): (0, 2)}
    )
    row = disparities(one_sided, one_sided)["conditional_demographic_disparity"]
    assert row.value == pytest.approx(-0.25)
    assert (row.strata, row.strata_used) == (2, 1)
    nothing = strata_cells({("a", "x"): (0, 10), ("b", "x"): (0, 10)})
    row = disparities(nothing, nothing)["conditional_demographic_disparity"]
    assert (row.value, row.reason) == (None, "single_class")


def test_without_control_columns_there_is_no_conditional_disparity():
    found = disparities(STRATA.marginal(("g",)), None)
    assert "conditional_demographic_disparity" not in found
    assert found["demographic_disparity"].strata == 0
