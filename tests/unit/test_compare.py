"""Rates and disparities of small tables counted by hand, and the mistakes that other tools ship."""

from __future__ import annotations

import math

import pytest

from audit.cells import UNKNOWN
from audit.disparity.compare import disparity_rows, metric_rows, ratio_to_reference, worst_is_highest
from audit.inference.intervals import newcombe, wilson
from audit.metrics.rates import RATES
from audit.names import CRITERIA, MORE_CRITERIA
from audit.plan import Grouping, Plan
from tests.by_hand import NEGATIVE, PLAN, TOY, disparities, people, rates, value


def test_a_group_without_positives_has_no_true_positive_rate():
    """Fairlearn 0.15 prints 0 for c, so that its equal-opportunity gap is .75."""
    row = rates(TOY)["true_positive_rate", "c"]
    assert (row.value, row.low, row.high, row.n, row.reason) == (None, None, None, 0, "no_positives")
    gap = disparities(TOY)["equal_opportunity_difference"]
    assert gap.value == pytest.approx(0.25)
    assert (gap.groups_estimable, gap.groups_total) == (2, 3)
    assert (gap.group, gap.reference) == (("a",), ("b",))
    assert gap.verdict == "cannot_tell"


def test_the_toy_tables_selection_rates():
    found = [rates(TOY)["selection_rate", group].value for group in "abc"]
    assert found == pytest.approx([0.5, 1 / 3, 0.25])
    assert value(TOY, "demographic_parity_ratio") == pytest.approx(0.5)
    assert value(TOY, "demographic_parity_difference") == pytest.approx(0.25)


def test_beyond_stays_and_within_becomes_cannot_tell_when_a_group_cannot_be_estimated():
    apart = people(a=(500, 500, 100, 900), b=(500, 500, 600, 400))
    alike = people(a=(5000, 5000, 1000, 9000), b=(5000, 5000, 1000, 9000))
    more = people(a=(500, 500, 100, 900), b=(500, 500, 600, 400), c=(3, 1, 0, 0))
    also = people(a=(5000, 5000, 1000, 9000), b=(5000, 5000, 1000, 9000), c=(3, 1, 0, 0))
    key = "equal_opportunity_difference"
    assert disparities(apart)[key].verdict == "beyond"
    assert disparities(more)[key].verdict == "beyond"
    assert disparities(alike)[key].verdict == "within"
    assert disparities(also)[key].verdict == "cannot_tell"
    assert disparities(alike)["equal_opportunity_ratio"].verdict == "within"
    assert disparities(also)["equal_opportunity_ratio"].verdict == "cannot_tell"


def test_nobody_selected_has_no_ratio_in_either_direction_and_a_difference_of_zero():
    nobody = people(a=(10, 0, 10, 0), b=(10, 0, 20, 0))
    ratio = disparities(nobody)["demographic_parity_ratio"]
    assert (ratio.value, ratio.low, ratio.high) == (None, None, None)
    assert (ratio.reason, ratio.verdict) == ("zero_reference_rate", "cannot_tell")
    assert value(nobody, "demographic_parity_difference") == 0
    assert [r for _, r, _, _ in ratio_to_reference(nobody, PLAN, "selection_rate")] == [None, None]
    assert rates(nobody)["precision", "a"].reason == "no_predicted_positives"
    assert rates(nobody)["precision", None].reason == "no_predicted_positives"


def test_one_group_of_nobody_selected_makes_the_ratio_zero_with_a_width():
    row = disparities(people(a=(10, 0, 10, 0), b=(10, 10, 10, 10)))["demographic_parity_ratio"]
    assert (row.value, row.low) == (0.0, 0.0)
    assert 0 < row.high < 1


def test_equal_rates_in_groups_of_900_and_100_are_equal_by_every_metric():
    found = disparities(people(a=(360, 90, 90, 360), b=(40, 10, 10, 40)))
    for row in found.values():
        if row.comparison == "difference":
            assert row.value == pytest.approx(0, abs=1e-12), row.id
            assert row.low == 0, row.id
        elif row.comparison == "ratio":
            assert row.value == pytest.approx(1, abs=1e-12), row.id
            assert row.high == 1, row.id
        else:
            assert row.distance == pytest.approx(0, abs=1e-12), row.id


def test_rates_are_of_the_group_and_not_of_the_whole():
    """AI Verify divides by totals of everybody: .72 and .08 for rates of .8."""
    cells = people(a=(360, 90, 90, 360), b=(40, 10, 10, 40))
    found = rates(cells)
    for group in "ab":
        assert found["true_positive_rate", group].value == 0.8
        assert found["false_positive_rate", group].value == 0.2


def test_average_odds_may_be_zero_while_the_odds_differ():
    cells = people(a=(40, 60, 20, 80), b=(60, 40, 40, 60))
    swapped = people(a=(60, 40, 20, 80), b=(40, 60, 40, 60))
    for each in (cells, swapped):
        assert value(each, "equalized_odds_difference") == pytest.approx(0.2)
    one, two = rates(swapped)["true_positive_rate", "a"], rates(swapped)["false_positive_rate", "a"]
    three, four = rates(swapped)["true_positive_rate", "b"], rates(swapped)["false_positive_rate", "b"]
    average_odds = (one.value - three.value + two.value - four.value) / 2
    assert average_odds == pytest.approx(0)


def test_equalized_odds_is_the_larger_gap_at_half_the_error_for_each_rate():
    cells = people(a=(400, 100, 100, 400), b=(350, 150, 200, 300))
    found = disparities(cells)
    row = found["equalized_odds_difference"]
    assert row.value == pytest.approx(max(0.2, 0.1))
    low, high = newcombe(0.8, 500, 0.6, 500, alpha=0.025)
    assert (row.low, row.high) == pytest.approx((float(low), float(high)))
    assert (row.group, row.reference) == (("a",), ("b",))
    assert found["equalized_odds_ratio"].value == pytest.approx(min(0.6 / 0.8, 0.2 / 0.3))


def test_the_bounds_of_equalized_odds_come_from_whichever_rate_reaches_further():
    """A small TPR gap known badly has the higher upper bound; the FPR gap, known well, has the higher value."""
    cells = people(a=(9000, 1000, 2, 8), b=(8000, 2000, 2, 8))
    row = disparities(cells)["equalized_odds_difference"]
    fpr = newcombe(0.2, 10_000, 0.1, 10_000, alpha=0.025)
    tpr = newcombe(0.8, 10, 0.8, 10, alpha=0.025)
    assert row.value == pytest.approx(0.1)
    assert row.low == pytest.approx(float(fpr[0]))
    assert row.high == pytest.approx(float(tpr[1]))


def test_an_interval_at_zero_has_a_bound_of_zero_and_a_width():
    row = rates(people(a=(10, 0, 10, 0), b=(10, 5, 5, 10)))["selection_rate", "a"]
    assert row.value == 0.0
    assert row.low == 0.0
    assert row.low is not None
    assert row.high == pytest.approx(float(wilson(0, 20)[1]))
    assert row.high > 0.1


def test_an_interval_at_one_has_a_bound_of_one_and_a_width():
    row = rates(people(a=(0, 10, 0, 10), b=(10, 5, 5, 10)))["selection_rate", "a"]
    assert (row.value, row.high) == (1.0, 1.0)
    assert row.low < 0.9


@pytest.mark.parametrize(
    ("groups", "gone", "reason"),
    [
        (
            {"a": (5, 5, 0, 0), "b": (6, 4, 0, 0)},
            ("true_positive_rate", "false_negative_rate"),
            "no_positives",
        ),
        (
            {"a": (0, 0, 5, 5), "b": (0, 0, 6, 4)},
            ("true_negative_rate", "false_positive_rate"),
            "no_negatives",
        ),
    ],
)
def test_one_class_only_shows_what_exists(groups, gone, reason):
    cells = people(**groups)
    found = rates(cells)
    for rate in RATES:
        row = found[rate.id, "a"]
        assert (row.value is None) == (rate.id in gone)
        assert row.reason == (reason if rate.id in gone else "")
    told = disparities(cells)
    for name in gone:
        row = told[f"{name}_difference"]
        assert (row.value, row.groups_estimable, row.groups_total) == (None, 0, 2)
        assert row.reason == "fewer_than_two_groups"
        worst = told[f"{name}_worst_group"]
        assert (worst.group, worst.value, worst.distance) == (None, None, None)
    assert told["equalized_odds_difference"].verdict == "cannot_tell"
    assert told["demographic_parity_difference"].value == pytest.approx(0.1)


def test_with_one_group_there_is_no_gap():
    row = disparities(people(a=(10, 10, 10, 10)))["demographic_parity_difference"]
    assert (row.value, row.reason, row.verdict) == (None, "fewer_than_two_groups", "cannot_tell")
    assert (row.groups_estimable, row.groups_total) == (1, 1)


def test_favourable_negative_turns_the_criteria_and_nothing_else():
    cells = people(a=(70, 30, 20, 80), b=(90, 10, 40, 60))
    plain, turned = disparities(cells), disparities(cells, NEGATIVE)
    # P(0 | 0): the true negative rates .7 and .9.
    row = turned["equal_opportunity_difference"]
    assert row.value == pytest.approx(0.2)
    assert (row.group, row.reference) == (("b",), ("a",))
    assert turned["equal_opportunity_ratio"].value == pytest.approx(0.7 / 0.9)
    # Selected for the favourable outcome: 1 − .55 and 1 − .35.
    assert turned["demographic_parity_ratio"].value == pytest.approx(0.45 / 0.65)
    assert turned["demographic_parity_difference"].value == pytest.approx(0.2)
    assert turned["equalized_odds_difference"].value == pytest.approx(max(0.2, 0.2))
    for name, row in plain.items():
        criterion = name.startswith((*CRITERIA, *MORE_CRITERIA))
        if not criterion and name != "selection_rate_worst_group":
            other = turned[name]
            assert (row.value, row.low, row.high, row.group) == (
                other.value,
                other.low,
                other.high,
                other.group,
            )
    assert plain["selection_rate_worst_group"].group == ("b",)
    assert turned["selection_rate_worst_group"].group == ("a",)
    assert [(r.metric, r.value) for r in metric_rows(cells, PLAN)] == [
        (r.metric, r.value) for r in metric_rows(cells, NEGATIVE)
    ]


@pytest.mark.parametrize(
    ("rate", "positive", "negative"),
    [
        ("error_rate", True, True),
        ("false_positive_rate", True, True),
        ("false_negative_rate", True, True),
        ("accuracy", False, False),
        ("precision", False, False),
        ("true_positive_rate", False, False),
        ("true_negative_rate", False, False),
        ("selection_rate", False, True),
        ("base_rate", None, None),
    ],
)
def test_which_end_is_the_worst(rate, positive, negative):
    assert worst_is_highest(rate, "positive") is positive
    assert worst_is_highest(rate, "negative") is negative
    shown = {row.metric for row in disparity_rows(TOY, PLAN) if row.comparison == "worst_group"}
    assert (rate in shown) == (positive is not None)


def unknown_people():
    return people(a=(40, 10, 10, 40), b=(35, 15, 15, 35), Unknown=(10, 40, 40, 10), missing=UNKNOWN)


def test_people_of_unknown_group_are_counted_and_listed_but_out_of_the_gap():
    cells = unknown_people()
    found = rates(cells)
    assert found["count", None].value == 300
    assert found["true_positive_rate", UNKNOWN].value == 0.2
    row = disparities(cells)["equal_opportunity_difference"]
    assert row.value == pytest.approx(0.1)
    assert (row.groups_estimable, row.groups_total) == (2, 2)
    worst = disparities(cells)["error_rate_worst_group"]
    assert worst.group == ("b",)
    assert worst.overall == pytest.approx(130 / 300)
    assert [r.group for r in disparity_rows(cells, PLAN) if r.comparison == "to_reference"][:2] == [
        ("b",),
        (UNKNOWN,),
    ]


def test_people_of_unknown_group_count_when_the_plan_says_so():
    plan = Plan(replicates=100, grouping=Grouping(include_unknown=True))
    row = disparities(unknown_people(), plan)["equal_opportunity_difference"]
    assert row.value == pytest.approx(0.6)
    assert (row.groups_estimable, row.groups_total, row.reference) == (3, 3, (UNKNOWN,))
    assert disparities(unknown_people(), plan)["error_rate_worst_group"].group == (UNKNOWN,)


def test_the_unknown_group_is_never_the_reference_by_its_size():
    cells = people(a=(10, 10, 10, 10), b=(10, 10, 10, 20), Unknown=(99, 99, 99, 99), missing=UNKNOWN)
    assert {r.reference for r in disparity_rows(cells, PLAN) if r.comparison == "to_reference"} == {("b",)}


def test_the_minimum_size_applies_to_the_denominator_of_each_rate():
    cells = people(a=(100, 100, 15, 14), b=(100, 100, 15, 15))
    plan = Plan(replicates=100, grouping=Grouping(min_size=30))
    found = rates(cells, plan)
    row = found["true_positive_rate", "a"]
    assert (row.value, row.low, row.high, row.n, row.reason) == (None, None, None, 29, "below_minimum_size")
    assert found["selection_rate", "a"].value is not None
    assert found["true_positive_rate", "b"].value == 0.5
    gap = disparities(cells, plan)["equal_opportunity_difference"]
    assert (gap.value, gap.groups_estimable, gap.groups_total) == (None, 1, 2)
    assert found["count", "a"].value == 229


def test_an_empty_denominator_keeps_its_reason_under_a_minimum_size():
    plan = Plan(replicates=100, grouping=Grouping(min_size=5))
    assert rates(TOY, plan)["true_positive_rate", "c"].reason == "no_positives"
    assert rates(TOY, plan)["true_positive_rate", "a"].reason == "below_minimum_size"


def test_nothing_undefined_ever_becomes_a_number_by_accident():
    for row in metric_rows(TOY, PLAN):
        numbers = [row.value, row.low, row.high]
        assert all(x is None or math.isfinite(x) for x in numbers)
        assert (row.value is None) == bool(row.reason)
