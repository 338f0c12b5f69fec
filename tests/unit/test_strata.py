"""Differences within strata: the formulas by hand, what becomes of a difference, and strata that hold little."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from audit.disparity.strata import pattern
from audit.errors import AuditError
from audit.inference.strata import (
    Effect,
    Strata,
    homogeneity,
    odds_ratio,
    risk_difference,
    risk_ratio,
    standardised_difference,
)
from audit.plan import Grouping, Plan, Roles
from audit.result import Audit
from audit.run import run
from audit.wording.comparable import adjusted_sentence

Z = 1.959963984540054


def strata(*tables):
    """Strata from (a, b, c, d): first group with and without, reference with and without."""
    a, b, c, d = np.array(tables, dtype=float).T
    return Strata(p1=a / (a + b), n1=a + b, p0=c / (c + d), n0=c + d, weight=a + b + c + d)


TWO = strata((8, 2, 5, 5), (3, 7, 6, 24))


def ends(effect):
    return pytest.approx((effect.low, effect.high), abs=1e-12)


def test_difference_of_mantel_and_haenszel_with_satos_variance():
    found = risk_difference(TWO, alpha=0.05)
    assert found.value == pytest.approx((1.5 + 0.75) / 12.5)
    p, q = -0.75 + 0.5625, 1.25 + 1.425
    half = Z * math.sqrt((0.18 * p + q) / 12.5**2)
    assert (0.18 - half, 0.18 + half) == ends(found)


def test_ratio_of_rates_with_the_interval_of_greenland_and_robins():
    found = risk_ratio(TWO, alpha=0.05)
    assert found.value == pytest.approx(6.25 / 4)
    spread = math.exp(Z * math.sqrt((1.25 + 1.2375) / 25))
    assert (1.5625 / spread, 1.5625 * spread) == ends(found)


def test_ratio_of_odds_with_the_interval_of_robins_breslow_and_greenland():
    found = odds_ratio(TWO, alpha=0.05)
    assert found.value == pytest.approx(3.8 / 1.55)
    variance = 2.515 / (2 * 3.8**2) + 2.31875 / (2 * 3.8 * 1.55) + 0.51625 / (2 * 1.55**2)
    spread = math.exp(Z * math.sqrt(variance))
    assert (found.value / spread, found.value * spread) == ends(found)


def test_standardised_difference_counts_strata_by_their_people():
    found = standardised_difference(TWO, alpha=0.05)
    assert found.value == pytest.approx(0.3 * 20 / 60 + 0.1 * 40 / 60)
    assert found.low < found.value < found.high


def test_strata_with_one_odds_ratio_are_homogeneous_and_opposite_ones_are_not():
    assert homogeneity(strata((20, 10, 10, 20), (40, 20, 20, 40))) == pytest.approx(1.0)
    assert homogeneity(strata((90, 10, 10, 90), (10, 90, 90, 10))) < 1e-9
    assert math.isnan(homogeneity(strata((5, 5, 3, 7))))


def test_with_rates_of_0_or_1_no_interval_is_a_point():
    found = risk_difference(strata((10, 0, 8, 0), (6, 0, 9, 0)), alpha=0.05)
    assert found.value == 0
    assert found.low < 0 < found.high
    assert math.isnan(odds_ratio(strata((10, 0, 8, 0)), alpha=0.05).value)
    assert math.isnan(risk_ratio(strata((10, 0, 8, 0)), alpha=0.05).low)


def test_swapping_the_groups_turns_everything_round():
    turned = strata((5, 5, 8, 2), (6, 24, 3, 7))
    for measure, turn in ((risk_difference, lambda x: -x), (standardised_difference, lambda x: -x)):
        one, other = measure(TWO, alpha=0.1), measure(turned, alpha=0.1)
        assert (turn(one.value), turn(one.high), turn(one.low)) == pytest.approx(
            (other.value, other.low, other.high)
        )
    for measure in (risk_ratio, odds_ratio):
        assert measure(turned, alpha=0.1).value == pytest.approx(1 / measure(TWO, alpha=0.1).value)
    assert homogeneity(turned) == pytest.approx(homogeneity(TWO))


@pytest.mark.parametrize(
    ("crude", "adjusted", "expected"),
    [
        ((0.20, 0.15, 0.25), (0.19, 0.14, 0.24), "remains"),
        ((0.20, 0.15, 0.25), (0.08, 0.04, 0.12), "shrinks"),
        ((0.20, 0.15, 0.25), (0.02, -0.03, 0.07), "vanishes"),
        ((0.20, 0.15, 0.25), (0.02, -0.30, 0.34), "cannot_tell"),
        ((0.20, 0.15, 0.25), (-0.10, -0.15, -0.05), "reverses"),
        ((-0.20, -0.25, -0.15), (0.10, 0.05, 0.15), "reverses"),
        ((0.01, -0.04, 0.06), (0.10, 0.05, 0.15), "appears"),
        ((0.01, -0.04, 0.06), (0.02, -0.03, 0.07), "cannot_tell"),
        ((0.20, 0.15, 0.25), (math.nan, math.nan, math.nan), "cannot_tell"),
    ],
)
def test_the_pattern_follows_the_intervals(crude, adjusted, expected):
    one, other = (Effect(value=v, low=lo, high=hi) for v, lo, hi in (crude, adjusted))
    assert pattern(one, other) == expected


# --- audits ----------------------------------------------------------------------------------------------------------


def people(*counts):
    """Rows from (group, stratum, selected, not selected)."""
    rows = []
    for group, stratum, yes, no in counts:
        rows += [(group, stratum, 1)] * yes + [(group, stratum, 0)] * no
    frame = pd.DataFrame(rows, columns=["g", "c", "d"])
    return frame.assign(y=[i % 2 for i in range(len(frame))])


def audit(frame, **grouping):
    weight = "w" if "w" in frame else None
    roles = Roles(label="y", decision="d", sensitive=("g",), control=("c",), weight=weight)
    return run(frame, Plan(roles=roles, grouping=Grouping(**grouping), replicates=100))


def adjusted(found, metric="selection_rate", group="b"):
    (row,) = (r for r in found.chapter("simpson") if (r.metric, r.group) == (metric, (group,)))
    return row


def gaps(found, comparison="difference", metric="selection_rate"):
    return {
        r.stratum[0]: r
        for r in found.chapter("conditional")
        if (r.metric, r.comparison) == (metric, comparison)
    }


SIMPSON = people(("a", "x", 800, 200), ("a", "z", 20, 80), ("b", "x", 90, 10), ("b", "z", 300, 600))


def test_a_reversal_is_seen():
    row = adjusted(audit(SIMPSON))
    assert row.reference == ("a",)
    assert row.crude == pytest.approx(390 / 1000 - 820 / 1100)
    assert row.value > 0.1
    assert (row.pattern, row.reversed, row.strata, row.strata_total) == ("reverses", 2, 2, 2)
    assert (row.n, row.left_out) == (2100, 0)
    found = audit(SIMPSON).findings
    (finding,) = (f for f in found if f.code == "FA321")
    assert finding.severity == "medium"
    assert "turns round" in finding.title
    assert "may itself carry the disadvantage" in finding.advice


def test_a_difference_that_remains_is_no_finding():
    frame = people(("a", "x", 400, 100), ("a", "z", 400, 100), ("b", "x", 200, 300), ("b", "z", 200, 300))
    found = audit(frame)
    assert adjusted(found).pattern == "remains"
    assert not [f for f in found.findings if f.code == "FA321"]


def test_an_absent_group_is_not_estimable_and_never_0():
    frame = people(("a", "x", 30, 20), ("b", "x", 10, 40), ("a", "only a", 25, 25))
    found = audit(frame)
    row = gaps(found)["only a"]
    assert (row.value, row.low, row.high, row.reason) == (None, None, None, "fewer_than_two_groups")
    assert (row.groups_estimable, row.groups_total, row.n) == (1, 2, 50)
    signed = gaps(found, "to_reference")["only a"]
    assert (signed.value, signed.reason) == (None, "empty")
    both = adjusted(found)
    assert (both.strata, both.strata_total, both.n, both.left_out) == (1, 2, 100, 50)
    assert "50 people are left out" in adjusted_sentence(both, found.plan.roles)


def test_without_a_common_stratum_nothing_is_said():
    found = audit(people(("a", "x", 30, 20), ("b", "z", 10, 40)))
    row = adjusted(found)
    assert (row.value, row.odds, row.pattern, row.reason) == (None, None, "cannot_tell", "no_common_stratum")
    assert row.crude == pytest.approx(-0.4)
    assert "no stratum has people of both groups" in adjusted_sentence(row, found.plan.roles)


def test_one_stratum_changes_nothing():
    row = adjusted(audit(people(("a", "x", 300, 200), ("b", "x", 100, 400))))
    assert row.value == pytest.approx(row.crude)
    assert row.pattern == "remains"
    assert row.homogeneity is None


def test_people_without_a_control_value_are_a_stratum_but_not_comparable():
    frame = SIMPSON.copy()
    frame.loc[frame.index[:100], "c"] = None
    found = audit(frame)
    assert gaps(found)["Unknown"].n == 100
    assert adjusted(found).left_out == 100
    assert adjusted(found).strata_total == 3
    assert adjusted(audit(frame, include_unknown=True)).strata == 2  # nobody of b beside them


def test_unknown_groups_are_compared_only_where_the_plan_says_so():
    frame = SIMPSON.copy()
    frame.loc[frame.index[::10], "g"] = None
    names = {r.group for r in audit(frame).chapter("simpson")}
    assert names == {("b",)}
    assert {r.group for r in audit(frame, include_unknown=True).chapter("simpson")} == {("b",), ("Unknown",)}


def test_weights_change_the_rates_and_the_effective_size():
    plain, equal = adjusted(audit(SIMPSON)), adjusted(audit(SIMPSON.assign(w=3.0)))
    assert (equal.value, equal.low, equal.high) == pytest.approx((plain.value, plain.low, plain.high))
    assert equal.n == plain.n
    rng = np.random.default_rng(1)
    uneven = adjusted(audit(SIMPSON.assign(w=rng.exponential(size=len(SIMPSON)))))
    assert uneven.high - uneven.low > 1.2 * (plain.high - plain.low)


def test_small_denominators_are_not_estimated():
    found = audit(
        people(("a", "x", 30, 20), ("b", "x", 2, 1), ("a", "z", 9, 9), ("b", "z", 9, 9)), min_size=5
    )
    assert gaps(found)["x"].value is None
    assert gaps(found, "to_reference")["x"].reason == "below_minimum_size"


def test_a_control_column_that_is_the_feature_itself_is_left_out():
    frame = SIMPSON.assign(h=["u", "v"] * (len(SIMPSON) // 2))
    roles = Roles(label="y", decision="d", sensitive=("g", "h"), control=("h",))
    found = run(frame, Plan(roles=roles, replicates=100))
    assert {r.sensitive for r in found.chapter("simpson")} == {("g",)}


def test_the_chapters_survive_a_file_and_are_empty_without_control_columns():
    found = audit(SIMPSON)
    again = Audit.from_json(found.to_json())
    for name in ("simpson", "conditional"):
        assert again.chapter(name) == found.chapter(name)
    plain = run(SIMPSON, Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), replicates=100))
    assert plain.chapter("simpson") == plain.chapter("conditional") == ()


def test_an_outcome_is_no_control_column():
    roles = Roles(label="y", decision="d", sensitive=("g",), control=("d",))
    with pytest.raises(AuditError, match="both a control column and an outcome"):
        run(SIMPSON, Plan(roles=roles))
