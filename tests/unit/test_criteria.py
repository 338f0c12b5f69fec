"""The further rates and criteria, by hand, and what a tolerance for any measure decides."""

from __future__ import annotations

import pytest

from audit import wording
from audit.cli import status
from audit.disparity.chance import CRITERION_RATES, MORE_CRITERION_RATES
from audit.names import CRITERIA, FAMILIES, FAMILY, KNOWN_TOLERANCES, MORE_CRITERIA, RATES
from audit.rows import DisparityRow, MetricRow
from audit.run import run
from tests.by_hand import NEGATIVE, TOY, disparities, people, rates, value


def test_the_criteria_are_those_that_are_named():
    assert tuple(CRITERION_RATES) == CRITERIA
    assert tuple(MORE_CRITERION_RATES) == MORE_CRITERIA
    for name, compared in (CRITERION_RATES | MORE_CRITERION_RATES).items():
        assert wording.criterion_rates(name) == compared
    assert not set(FAMILY) & {*RATES, *CRITERIA, *MORE_CRITERIA}
    assert {f"{name}_difference" for name in FAMILIES["indices"]} <= set(KNOWN_TOLERANCES)


def test_predictive_values_of_the_toy_table():
    found = rates(TOY)
    # a: 4 declined, 3 of them rightly; b: 4 declined, 3 rightly; c: 3 declined, all rightly, 1 selected wrongly.
    assert found["negative_predictive_value", "a"].value == pytest.approx(3 / 4)
    assert found["false_omission_rate", "b"].value == pytest.approx(1 / 4)
    assert found["negative_predictive_value", "c"].value == 1.0
    assert found["false_discovery_rate", "c"].value == 1.0
    assert found["false_discovery_rate", "a"].value == pytest.approx(1 / 4)


def test_where_everybody_is_selected_nobody_is_rightly_declined():
    found = rates(people(a=(0, 3, 0, 5), b=(3, 0, 2, 0)))
    assert found["negative_predictive_value", "a"].reason == "no_predicted_negatives"
    assert found["false_omission_rate", "a"].reason == "no_predicted_negatives"
    assert found["false_discovery_rate", "b"].reason == "no_predicted_positives"


def test_average_odds_is_the_mean_of_two_gaps_and_equalized_odds_the_larger():
    # TPR .8 and .6, FPR .1 and .5.
    cells = people(a=(90, 10, 20, 80), b=(50, 50, 40, 60))
    found = disparities(cells)
    row = found["average_odds_difference"]
    assert row.value == pytest.approx((0.2 + 0.4) / 2)
    assert found["equalized_odds_difference"].value == pytest.approx(0.4)
    assert row.low == pytest.approx(
        (found["equalized_odds_difference"].low + _half(cells, "true_positive_rate", "low")) / 2
    )
    assert found["average_odds_ratio"].value == pytest.approx((0.6 / 0.8 + 0.1 / 0.5) / 2)
    assert row.low < row.value < row.high
    assert 0 < row.expected < found["equalized_odds_difference"].expected


def _half(cells, rate, end):
    """Bound of the gap in a rate at half the level, as two rates share it."""
    from dataclasses import replace

    from tests.by_hand import PLAN

    return getattr(disparities(cells, replace(PLAN, confidence=0.975))[f"{rate}_difference"], end)


def test_average_odds_cannot_hide_gaps_that_cancel():
    """TPR .9 and .7, FPR .1 and .3: the mean of signed differences is 0, and other tools print that."""
    cells = people(a=(90, 10, 10, 90), b=(70, 30, 30, 70))
    assert pytest.approx(0.0) == ((0.9 - 0.7) + (0.1 - 0.3)) / 2
    assert value(cells, "average_odds_difference") == pytest.approx(0.2)
    assert value(cells, "equalized_odds_difference") == pytest.approx(0.2)


def test_predictive_criteria_by_hand():
    # PPV 80/90 and 60/100, NPV 90/110 and 60/100, accuracy 170/200 and 120/200.
    cells = people(a=(90, 10, 20, 80), b=(60, 40, 40, 60))
    found = disparities(cells)
    assert found["predictive_parity_difference"].value == pytest.approx(80 / 90 - 0.6)
    assert found["conditional_use_accuracy_difference"].value == pytest.approx(80 / 90 - 0.6)
    assert found["conditional_use_accuracy_ratio"].value == pytest.approx(0.6 / (80 / 90))
    assert found["accuracy_equality_difference"].value == pytest.approx(0.25)
    assert found["accuracy_equality_difference"].low == found["accuracy_difference"].low


def test_predictive_parity_turns_with_the_favourable_decision():
    cells = people(a=(90, 10, 20, 80), b=(60, 40, 40, 60))
    turned = disparities(cells, NEGATIVE)
    assert turned["predictive_parity_difference"].value == pytest.approx(90 / 110 - 0.6)
    assert turned["conditional_use_accuracy_difference"].value == pytest.approx(80 / 90 - 0.6)
    assert "negative predictive value" in wording.text("predictive_parity", "negative").reading


def test_the_worst_group_names_the_best_beside_it():
    found = disparities(people(a=(70, 30, 20, 80), b=(90, 10, 40, 60), c=(80, 20, 10, 90)))
    row = found["false_negative_rate_worst_group"]
    assert (row.group, row.reference) == (("b",), ("c",))
    alone = disparities(people(a=(70, 30, 20, 80)))["error_rate_worst_group"]
    assert (alone.group, alone.reference) == (("a",), None)
    equal = disparities(people(a=(7, 3, 2, 8), b=(70, 30, 20, 80)))["error_rate_worst_group"]
    assert (equal.group, equal.reference) == (("b",), ("a",))


def test_average_odds_is_not_told_as_the_gap_of_one_rate():
    cells = people(a=(90, 10, 20, 80), b=(50, 50, 40, 60))
    row = disparities(cells)["average_odds_difference"]
    said = wording.headline(row, list(rates(cells).values()), NEGATIVE.roles)
    assert said.startswith("Mean of both error gaps by g: a gap of 30.0 points")


def _frame():
    import pandas as pd

    counts = {"a": (40, 10, 10, 40), "b": (30, 20, 20, 30)}
    rows = [
        (group, label, decision)
        for group, (tn, fp, fn, tp) in counts.items()
        for label, decision, n in ((0, 0, tn), (0, 1, fp), (1, 0, fn), (1, 1, tp))
        for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=["g", "y", "d"])


def test_a_tolerance_for_an_index_is_judged_counted_and_decides_the_status():
    from audit.plan import Plan, Roles

    roles = Roles(label="y", decision="d", sensitive=("g",))
    audit = run(_frame(), Plan(roles=roles, replicates=200, tolerances={}))
    assert audit.verdicts == ()
    assert status(audit) == 0
    assert "indices" not in audit.kept  # nobody asked for it
    named = audit.with_tolerance("f1_score", 0.02)
    (row,) = named.verdicts
    assert (row.metric, row.comparison, row.verdict) == ("f1_score", "difference", "beyond")
    assert status(named) == 1
    assert any("0.02" in finding.evidence or "0.020" in finding.evidence for finding in named.findings)
    loose = named.with_tolerance("f1_score", 0.9)
    assert [row.verdict for row in loose.verdicts] == ["within"]
    assert loose.disparity("f1_score", "difference", ("g",)).tolerance == 0.9
    assert audit.disparity("f1_score", "difference", ("g",)).verdict is None


def test_measures_of_other_families_are_looked_up_like_rates():
    from audit.plan import Plan, Roles

    audit = run(_frame(), Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), replicates=200))
    row = audit.metric("f1_score", ("g",), ("a",))
    assert isinstance(row, MetricRow)
    assert row.value == pytest.approx(0.8)
    assert [each.group for each in audit.metric_rows("theil_index", ("g",))] == [("a",), ("b",)]
    assert isinstance(audit.disparity("f1_score", "worst_group", ("g",)), DisparityRow)
    with pytest.raises(KeyError):
        audit.disparity("treatment_equality", "worst_group", ("g",))


def test_amounts_are_written_in_the_unit_of_their_measure():
    assert wording.amount("selection_rate", 0.318) == "31.8 %"
    assert wording.amount("f1_score", 0.318) == "0.318"
    assert wording.amount("f1_score", None, reason="no_positives") == "not estimable: no positive labels"
    assert wording.gap_amount("f1_score", -0.0004) == "0.000"
    assert wording.signed_gap_amount("f1_score", 0.05) == "+0.050"
    assert wording.signed_gap_amount("f1_score", 0.0004) == "0.000"
    assert wording.signed_gap_amount("selection_rate", 0.05) == "+5.0 points"
    assert wording.amount_interval("f1_score", 0.1, 0.2) == "95 % interval 0.100 to 0.200"
    assert wording.gap_amount_interval("base_rate", 0.1, 0.2) == "95 % interval 10.0 to 20.0 points"
    assert wording.amount("mean_error", 1284.4) == "1,284"
    assert wording.amount("mean_error", 0.01234) == "0.0123"
    assert wording.amount("mean_error", 0.0) == "0.00"


def test_directions_of_further_measures():
    assert wording.direction("f1_score") == 1
    assert wording.direction("theil_index") == -1
    assert wording.direction("treatment_equality") == 0
    assert wording.direction("false_omission_rate") == -1
    assert wording.direction("negative_predictive_value", "negative") == 1
