"""The four-fifths rule: published examples, shortfalls by hand, and findings that hang on one person."""

from __future__ import annotations

import numpy as np
import pytest

from audit.chapters.four_fifths import four_fifths, people
from audit.inference.four_fifths import impact, is_below
from audit.inference.tests import fisher
from audit.plan import Plan, Roles
from tests.by_hand import people as cells_of
from tests.cases import case_of

PLAN = Plan(replicates=100)


def selections(missing=None, **groups):
    """Cells in which x of n are selected and the label plays no part."""
    return cells_of(missing=missing, **{name: (n - x, x, 0, 0) for name, (x, n) in groups.items()})


def found(cells, plan=PLAN, decision="positive"):
    rows = four_fifths(case_of(cells, plan))
    return {row.group[0]: row for row in rows if row.decision == decision}


def test_the_uniform_guidelines_own_example():
    """Questions and answers: 60, 45, 48, 51 % give .75, .80, .85 and only the first is below."""
    rows = found(selections(a=(60, 100), b=(45, 100), c=(48, 100), d=(51, 100)))
    assert [rows[g].value for g in "abcd"] == pytest.approx([1.0, 0.75, 0.80, 0.85])
    assert [rows[g].below for g in "abcd"] == [False, True, False, False]
    assert rows["a"].reference == ("a",)
    assert (rows["a"].low, rows["a"].p) == (None, None)


def test_exactly_four_fifths_is_not_below_whatever_the_rounding():
    for n in range(5, 2000, 5):
        assert not is_below((n * 4 // 5 / n) / 1.0)
    assert is_below(0.7999999)
    assert not is_below(0.1 * 8)


@pytest.mark.parametrize(
    ("white", "black", "hispanic", "ratios"),
    [((16, 25), (3, 8), (3, 8), (0.586, 0.586)), ((25, 43), (6, 19), (3, 15), (0.543, 0.344))],
    ids=["captain", "lieutenant"],
)
def test_ricci(white, black, hispanic, ratios):
    rows = found(selections(White=white, Black=black, Hispanic=hispanic))
    assert [round(rows[g].value, 3) for g in ("Black", "Hispanic")] == list(ratios)
    assert rows["Black"].below
    assert rows["Hispanic"].below
    assert rows["Black"].low < rows["Black"].value < rows["Black"].high


def test_the_shortfall_by_hand():
    rows = found(selections(a=(60, 100), b=(9, 30)))
    # 30 % against 60 %: 18 of 30 are the same rate, .48 · 30 = 14.4 are four fifths of it.
    assert (rows["b"].to_equal, rows["b"].to_four_fifths) == (9, 6)
    assert (rows["a"].to_equal, rows["a"].to_four_fifths) == (0, 0)
    assert impact(15 / 30, 30, 60 / 100, 100).to_four_fifths == 0


def test_one_selection_that_turns_the_order_or_the_finding():
    near = found(selections(a=(10, 20), b=(9, 20)))["b"]
    assert near.turns_order
    assert near.turns_finding  # 8 of 20 against 11 of 20 is .73
    far = found(selections(a=(100, 200), b=(60, 200)))["b"]
    assert not far.turns_order
    assert not far.turns_finding
    edge = found(selections(a=(50, 100), b=(39, 100)))["b"]
    assert edge.below
    assert edge.turns_finding
    assert not edge.turns_order


def test_small_groups_and_unknown_people_are_listed_without_a_ratio():
    rows = found(selections(missing="Unknown", a=(60, 100), b=(40, 100), tiny=(3, 3), Unknown=(9, 50)))
    assert (rows["tiny"].reason, rows["tiny"].value, rows["tiny"].rate) == ("under_two_percent", None, 1.0)
    assert (rows["Unknown"].reason, rows["Unknown"].n, rows["Unknown"].selected) == ("unknown_group", 50, 9)
    assert rows["b"].reference == ("a",)
    assert rows["tiny"].share == pytest.approx(3 / 203)
    assert rows["Unknown"].share == pytest.approx(50 / 253)


def test_nobody_selected_has_no_ratio():
    rows = found(selections(a=(0, 50), b=(0, 60)))
    assert {row.reason for row in rows.values()} == {"zero_reference_rate"}
    assert {row.value for row in rows.values()} == {None}
    alone = found(selections(a=(5, 50)))
    assert alone["a"].reason == "fewer_than_two_groups"


def test_the_favourable_decision_comes_first():
    cells = selections(a=(10, 100), b=(40, 100))
    plan = Plan(replicates=100, roles=Roles(favourable="negative"))
    rows = four_fifths(case_of(cells, plan))
    assert [row.decision for row in rows] == ["negative"] * 2 + ["positive"] * 2
    assert found(cells, plan, "negative")["b"].value == pytest.approx(60 / 90)
    assert found(cells, plan, "positive")["a"].value == pytest.approx(0.25)


def test_a_difference_in_people():
    cells = cells_of(a=(40, 60, 20, 80), b=(10, 10, 15, 5))
    rows = {row.metric: row for row in people(case_of(cells, PLAN))}
    row = rows["true_positive_rate"]
    assert (row.group, row.reference, row.n) == (("b",), ("a",), 20)
    assert row.difference == pytest.approx(-0.55)
    assert row.value == pytest.approx(-11)
    assert row.low < row.value < row.high


# STATISTICS: two equal groups, how often the ratio is below .8 and how often Fisher's p is below .05.
EQUAL = [(50, 0.3, 0.46, 0.031), (100, 0.3, 0.30, 0.035), (1000, 0.1, 0.11, 0.049)]


@pytest.mark.parametrize(("n", "p", "below", "fisher_rejects"), EQUAL)
def test_equal_groups_are_often_below_four_fifths_and_rarely_different(n, p, below, fisher_rejects):
    rng = np.random.default_rng([n])
    runs = 4000
    x = rng.binomial(n, p, size=(runs, 2))
    low, high = x.min(axis=1), x.max(axis=1)
    ratio = np.mean([is_below(a / b) for a, b in zip(low, high, strict=True) if b])
    assert ratio == pytest.approx(below, abs=4 * (below * (1 - below) / runs) ** 0.5 + 0.006)
    known = {}
    for pair in map(tuple, x.tolist()):
        known.setdefault(tuple(sorted(pair)), None)
    rejected = {pair: fisher(pair[0], n, pair[1], n) < 0.05 for pair in known}
    share = np.mean([rejected[tuple(sorted(pair))] for pair in x.tolist()])
    assert share == pytest.approx(fisher_rejects, abs=4 * (0.045 * 0.955 / runs) ** 0.5 + 0.003)
