"""The one rule by which a disparity is held against its tolerance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.disparity.verdict import decide, judge
from audit.rows import DisparityRow

GAP = DisparityRow(
    metric="equal_opportunity",
    sensitive=("g",),
    comparison="difference",
    value=0.1,
    low=0.05,
    high=0.15,
    groups_estimable=2,
    groups_total=2,
)


@pytest.mark.parametrize(
    ("low", "high", "tolerance", "verdict"),
    [
        (0.0, 0.10, 0.10, "within"),  # the tolerance itself is tolerated
        (0.0, 0.1001, 0.10, "cannot_tell"),
        (0.10, 0.30, 0.10, "cannot_tell"),  # the lower bound has to be above it
        (0.1001, 0.30, 0.10, "beyond"),
        (0.0, 0.0, 0.0, "within"),
        (0.0, 1.0, 1.0, "within"),
    ],
)
def test_differences(low, high, tolerance, verdict):
    assert decide(replace(GAP, low=low, high=high), tolerance) == verdict


@pytest.mark.parametrize(
    ("low", "high", "tolerance", "verdict"),
    [
        (0.80, 1.0, 0.80, "within"),  # four fifths exactly is not below
        (0.7999, 1.0, 0.80, "cannot_tell"),
        (0.5, 0.80, 0.80, "cannot_tell"),
        (0.5, 0.7999, 0.80, "beyond"),
    ],
)
def test_ratios(low, high, tolerance, verdict):
    assert decide(replace(GAP, comparison="ratio", low=low, high=high), tolerance) == verdict


@pytest.mark.parametrize("comparison", ["difference", "ratio"])
def test_with_a_group_left_out_beyond_stays_and_within_is_not_known(comparison):
    far = replace(GAP, comparison=comparison, low=0.3, high=0.4, groups_total=3)
    near = replace(GAP, comparison=comparison, low=0.3, high=0.4, groups_total=3)
    beyond, within = (0.1, 0.9) if comparison == "difference" else (0.9, 0.1)
    assert decide(far, beyond) == "beyond"
    assert decide(near, within) == "cannot_tell"
    assert decide(replace(near, groups_total=2), within) == "within"


def test_without_a_value_nothing_can_be_told():
    assert decide(replace(GAP, value=None, low=None, high=None), 0.1) == "cannot_tell"


def test_only_criteria_of_the_plan_get_a_verdict():
    worst = replace(GAP, comparison="worst_group")
    rows = judge([GAP, replace(GAP, comparison="ratio"), worst], {"equal_opportunity_difference": 0.2})
    assert [(r.tolerance, r.verdict) for r in rows] == [(0.2, "within"), (None, None), (None, None)]
