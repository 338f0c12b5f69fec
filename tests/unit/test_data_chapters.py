"""Shares against the population, missing values and what cannot hold at once, by hand."""

from __future__ import annotations

import pytest

from audit.chapters.impossibility import needed_rate, precision_from
from audit.chapters.missing import MissingGapRow, MissingRow, missing_values
from audit.chapters.representation import FitRow, representation
from audit.inference.intervals import newcombe, wilson
from audit.plan import Grouping, Plan, Roles
from audit.tables.profile import GroupCounts, Profile, Repeats
from tests.by_hand import people
from tests.unit.test_distances import profile
from tests.unit.test_power import audit


def shares(rows, *, among="all"):
    return {row.group[0]: row for row in rows if not isinstance(row, FitRow) and row.among == among}


def fit(rows, *, among="all"):
    (found,) = [row for row in rows if isinstance(row, FitRow) and row.among == among]
    return found


def planned(population=None, **grouping):
    return Plan(
        roles=Roles(label="y", decision="d", sensitive=("g",)),
        grouping=Grouping(**grouping),
        population={"g": population} if population else {},
    )


PEOPLE = profile({"a": (40, 20), "b": (15, 5)})


def test_shares_without_a_population():
    rows = representation(PEOPLE, planned())
    found = shares(rows)
    assert (found["a"].value, found["a"].n, found["a"].total) == (0.75, 60, 80)
    assert (found["a"].low, found["a"].high) == pytest.approx([float(end) for end in wilson(0.75, 80)])
    assert found["a"].population is found["a"].ratio is None
    assert found["a"].reason == ""
    assert not [row for row in rows if isinstance(row, FitRow)]
    assert shares(rows, among="positive")["b"].value == pytest.approx(5 / 25)
    assert shares(rows, among="negative")["b"].value == pytest.approx(15 / 55)


def test_shares_against_a_population():
    rows = representation(PEOPLE, planned({"a": 0.5, "b": 0.5}))
    row = shares(rows)["b"]
    assert (row.value, row.population, row.difference, row.ratio) == (0.25, 0.5, -0.25, 0.5)
    low, high = (float(end) for end in wilson(0.25, 80))
    assert (row.difference_low, row.difference_high) == pytest.approx((low - 0.5, high - 0.5))
    assert (row.ratio_low, row.ratio_high) == pytest.approx((low / 0.5, high / 0.5))
    # (60 − 40)² / 40 + (20 − 40)² / 40 = 20, one degree of freedom.
    test = fit(rows)
    assert test.value == pytest.approx(20)
    assert (test.freedom, test.n, test.least) == (1, 80, 40)
    assert test.p == pytest.approx(7.744e-6, rel=1e-3)


def test_numbers_of_people_are_as_good_as_shares():
    one = representation(PEOPLE, planned({"a": 0.5, "b": 0.5}))
    assert one == representation(PEOPLE, planned({"a": 700, "b": 700}))


def test_a_group_of_the_population_that_nobody_belongs_to():
    rows = representation(PEOPLE, planned({"a": 0.6, "b": 0.3, "c": 0.1}))
    row = shares(rows)["c"]
    assert (row.value, row.n, row.total, row.ratio) == (0.0, 0, 80, 0.0)
    assert row.high == pytest.approx(float(wilson(0.0, 80)[1]))
    assert row.difference == pytest.approx(-0.1)
    assert fit(rows).absent == ("c",)
    assert fit(rows).freedom == 2


def test_a_group_that_the_population_does_not_name():
    rows = representation(PEOPLE, planned({"a": 1.0}))
    row = shares(rows)["b"]
    assert (row.value, row.population, row.difference, row.reason) == (0.25, None, None, "not_in_population")
    assert fit(rows).unnamed == ("b",)
    assert (fit(rows).value, fit(rows).reason) == (None, "fewer_than_two_groups")


def test_names_may_differ_in_their_letters_case_only():
    rows = representation(PEOPLE, planned({"A": 0.5, "B": 0.5}))
    assert set(shares(rows)) == {"a", "b"}
    assert shares(rows)["a"].population == 0.5


def test_a_population_of_nobody_has_no_ratio():
    row = shares(representation(PEOPLE, planned({"a": 1.0, "b": 0.0})))["b"]
    assert (row.ratio, row.reason, row.difference) == (None, "zero_reference_rate", 0.25)


def test_people_without_a_group_are_listed_and_out_of_the_shares():
    some = profile({"a": (40, 20), "b": (15, 5), "Unknown": (10, 10)}, missing="Unknown")
    found = shares(representation(some, planned({"a": 0.5, "b": 0.5})))
    assert found["a"].value == 0.75
    assert (found["Unknown"].value, found["Unknown"].total, found["Unknown"].unknown) == (0.2, 100, True)
    assert found["Unknown"].reason == ""
    counted = shares(representation(some, planned(include_unknown=True)))
    assert counted["a"].value == 0.6


def test_weights_change_shares_and_the_test():
    rows = representation(profile({"a": (40, 20), "b": (15, 5)}, weights=[1, 3]), planned({"a": 1, "b": 1}))
    assert shares(rows)["b"].value == 0.5
    assert shares(rows)["b"].n == 20
    assert fit(rows).value == pytest.approx(0)
    # (Σw)² / Σw² = 120² / (60 + 180) = 60 people count.
    assert fit(rows).least == pytest.approx(30)


def gaps(rows):
    return [row for row in rows if isinstance(row, MissingGapRow)]


def with_missing(sizes, missing, columns, *, unknown=None):
    import numpy as np

    n = np.zeros((1, len(sizes), 3))
    n[0, :, 0] = list(sizes.values())
    counts = GroupCounts(
        attribute=people(missing=unknown, **dict.fromkeys(sizes, (1, 1, 1, 1))).attributes[0],
        rows=n.sum(axis=(0, 2)),
        missing=np.array(missing, dtype=float),
        n=n,
        w=n.copy(),
        w2=n.copy(),
    )
    return Profile(
        rows=int(n.sum()),
        weightless=0,
        weighted=False,
        parts=("all",),
        classes=("0", "1"),
        positive=(False, True),
        columns=columns,
        uncounted=0,
        groups=(counts,),
        repeats=Repeats(columns=1),
    )


def test_missing_values_are_compared_and_the_widest_gap_comes_first():
    found = with_missing({"a": 100, "b": 50}, [[10, 5], [25, 3]], ("x", "z"))
    rows = missing_values(found, planned())
    first, second = gaps(rows)
    assert (first.column, first.value, first.group, first.reference) == ("x", 0.4, ("b",), ("a",))
    low, high = newcombe(0.5, 50, 0.1, 100)
    assert (first.low, first.high) == pytest.approx((low, high))
    assert second.value == pytest.approx(0.01)
    assert second.low == 0  # the bounds can hold "no gap"
    one = next(row for row in rows if isinstance(row, MissingRow) and row.group == ("b",))
    assert (one.column, one.value, one.missing, one.n) == ("x", 0.5, 25, 50)


def test_many_groups_share_the_level_of_a_gap():
    two = gaps(missing_values(with_missing({"a": 100, "b": 100}, [[10], [30]], ("x",)), planned()))[0]
    sizes = dict.fromkeys("abcd", 100)
    four = gaps(missing_values(with_missing(sizes, [[10], [30], [20], [20]], ("x",)), planned()))[0]
    assert two.value == four.value
    assert four.low < two.low
    assert four.high > two.high


def test_groups_that_are_not_recorded_or_too_small_are_out_of_the_gap():
    found = with_missing({"a": 100, "b": 100, "Unknown": 100}, [[10], [12], [90]], ("x",), unknown="Unknown")
    (gap,) = gaps(missing_values(found, planned()))
    assert gap.value == pytest.approx(0.02)
    assert (gap.groups_estimable, gap.groups_total) == (2, 2)
    (gap,) = gaps(missing_values(found, planned(include_unknown=True)))
    assert gap.value == pytest.approx(0.8)
    (gap,) = gaps(missing_values(found, planned(min_size=101)))
    assert (gap.value, gap.reason) == (None, "fewer_than_two_groups")


def test_a_column_is_not_compared_with_itself():
    assert missing_values(with_missing({"a": 10, "b": 10}, [[0], [0]], ("g",)), planned()) == ()


def test_precision_follows_from_base_rate_and_error_rates():
    # TPR .8, FPR .2, b = .5: .4 / (.4 + .1) = .8; b = .2: .16 / (.16 + .16) = .5.
    assert precision_from(0.5, 0.8, 0.2) == pytest.approx(0.8)
    assert precision_from(0.2, 0.8, 0.2) == pytest.approx(0.5)
    assert precision_from(0.5, 0.0, 0.0) is None
    # Precision .8 at b = .2 and TPR .8 needs FPR = .25 · .25 · .8 = .05.
    assert needed_rate(0.2, 0.8, 0.8) == pytest.approx(0.05)
    assert precision_from(0.2, 0.8, 0.05) == pytest.approx(0.8)
    assert needed_rate(0.95, 0.9, 0.5) is None
    assert needed_rate(1.0, 0.9, 0.5) is None


def test_what_cannot_hold_at_once_is_shown_on_the_data():
    # a: base rate .5; b: base rate .2; both have TPR .8 and FPR .2, so precision cannot be equal.
    result = audit(people(a=(400, 100, 100, 400), b=(640, 160, 40, 160)))
    rows = {row.group: row for row in result.chapter("impossibility")}
    a, b = rows[("a",)], rows[("b",)]
    assert (a.true_positive_rate, a.false_positive_rate) == (pytest.approx(0.8), pytest.approx(0.2))
    assert (a.value, b.value) == (pytest.approx(0.8), pytest.approx(0.5))
    assert (a.observed, b.observed) == (pytest.approx(0.8), pytest.approx(0.5))
    assert b.low < b.value < b.high
    # Everybody's precision is 560 / 820; b would need FPR = .25 · (260/560) · .8.
    assert b.precision == pytest.approx(560 / 820)
    assert b.needed_false_positive_rate == pytest.approx(0.25 * (260 / 560) * 0.8)
    finding = next(one for one in result.findings if one.code == "FA304")
    assert (
        "80.0 % of the positive decisions about g a would be right and 50.0 % of those about g b"
        in finding.evidence
    )


def test_equal_base_rates_exclude_nothing():
    assert audit(people(a=(400, 100, 100, 400), b=(41, 10, 10, 40))).chapter("impossibility") == ()


def test_nobody_selected_has_no_precision_and_says_why():
    rows = audit(people(a=(500, 0, 500, 0), b=(900, 0, 100, 0))).chapter("impossibility")
    assert {row.reason for row in rows} == {"no_predicted_positives"}
    assert all(row.value is row.observed is None for row in rows)
