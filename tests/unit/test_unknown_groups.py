"""What unknown people could make of a gap, against every assignment tried one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from audit.inference.unknown import all_in_one, largest_gap, observed_gap, smallest_gap
from audit.plan import Grouping, Plan, Roles, with_tolerance
from audit.result import Audit
from audit.run import run
from audit.wording.bounds import unknown_sentence


def every_gap(a, n, up, down):
    """The gaps of every assignment of whole people."""
    k, found = len(n), []
    for hits in product(range(k), repeat=up):
        for misses in product(range(k), repeat=down):
            one, all_ = a.astype(float), n.astype(float)
            np.add.at(one, list(hits), 1)
            np.add.at(all_, [*hits, *misses], 1)
            gap = observed_gap(one, all_)
            found += [] if np.isnan(gap) else [gap]
    return found


@pytest.mark.parametrize("seed", range(40))
def test_bounds_hold_over_every_assignment(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 4))
    n = rng.integers(1, 7, k)
    a = np.array([rng.integers(0, m + 1) for m in n])
    up, down = (int(value) for value in rng.integers(0, 4, 2))
    gaps = every_gap(a, n, up, down)
    unknown = (float(up), float(down))
    assert largest_gap(a.astype(float), n.astype(float), unknown) == pytest.approx(max(gaps))
    assert smallest_gap(a.astype(float), n.astype(float), unknown) <= min(gaps) + 1e-9


@pytest.mark.parametrize("seed", range(8))
def test_the_narrowest_gap_is_reached_where_people_may_be_divided(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(2, 8, 2).astype(float)
    a = np.array([rng.integers(0, int(m) + 1) for m in n], dtype=float)
    up, down = (float(value) for value in rng.integers(0, 5, 2))
    x, y = np.meshgrid(np.linspace(0, 1, 401), np.linspace(0, 1, 401))
    first = (a[0] + up * x) / (n[0] + up * x + down * y)
    second = (a[1] + up * (1 - x)) / (n[1] + up * (1 - x) + down * (1 - y))
    best = float(np.abs(first - second).min())
    assert smallest_gap(a, n, (up, down)) == pytest.approx(best, abs=0.006)


def test_with_many_people_whole_ones_come_close():
    a, n, unknown = np.array([300.0, 100.0]), np.array([500.0, 400.0]), (30.0, 50.0)
    whole = min(
        abs((300 + s) / (500 + s + f) - (100 + 30 - s) / (400 + 30 - s + 50 - f))
        for s in range(31)
        for f in range(51)
    )
    assert smallest_gap(a, n, unknown) == pytest.approx(whole, abs=0.002)


def test_nobody_unknown_leaves_the_gap_as_it_is():
    a, n = np.array([3.0, 1.0]), np.array([4.0, 4.0])
    assert (
        smallest_gap(a, n, (0.0, 0.0)) == pytest.approx(largest_gap(a, n, (0.0, 0.0))) == pytest.approx(0.5)
    )
    assert all_in_one(a, n, (2.0, 2.0), 0) == pytest.approx(5 / 8 - 1 / 4)


# --- audits ----------------------------------------------------------------------------------------------------------


def frame(unknown, a=(60, 40), b=(30, 70)):
    rows = [("a", 1)] * a[0] + [("a", 0)] * a[1] + [("b", 1)] * b[0] + [("b", 0)] * b[1]
    rows += [(None, 1)] * unknown[0] + [(None, 0)] * unknown[1]
    table = pd.DataFrame(rows, columns=["g", "d"])
    return table.assign(y=[i % 2 for i in range(len(table))])


def audit(table, **more):
    roles = Roles(label="y", decision="d", sensitive=("g",), weight="w" if "w" in table else None)
    return run(table, Plan(roles=roles, replicates=100, **more))


def selection(found):
    return [row for row in found.chapter("bounds") if row.metric == "selection_rate"]


def test_nothing_is_said_where_everybody_is_known():
    assert audit(frame((0, 0))).chapter("bounds") == ()


def test_a_verdict_that_survives_and_one_that_does_not():
    few, *in_groups = selection(audit(frame((1, 1))))
    assert (few.value, few.n, few.unknown) == (pytest.approx(0.3), 200, 2)
    assert few.low < 0.3 < few.high
    assert (few.verdict, few.survives) == ("beyond", True)
    assert [row.group for row in in_groups] == [("a",), ("b",)]
    assert in_groups[0].value == pytest.approx(61 / 102 - 0.3)
    many = selection(audit(frame((60, 60))))[0]
    assert (many.low, many.survives) == (0.0, False)
    assert "does not hold in every case" in unknown_sentence(many)


def test_bounds_follow_a_tolerance_without_counting_again():
    found = audit(frame((1, 1)))
    moved = found.with_plan(with_tolerance(found.plan, "demographic_parity", 0.5))
    assert selection(moved)[0].tolerance == 0.5
    assert selection(moved)[0].verdict == "within"


def test_where_the_negative_decision_is_good_the_gap_of_false_alarms_is_judged():
    table = frame((5, 5))
    roles = Roles(label="y", decision="d", sensitive=("g",), favourable="negative")
    found = run(table, Plan(roles=roles, replicates=100))
    judged = {row.metric for row in found.chapter("bounds") if row.tolerance is not None}
    assert judged == {"selection_rate", "false_positive_rate"}


def test_the_observed_gap_is_over_known_groups_whatever_the_switch_says():
    one, other = (
        selection(audit(frame((9, 1)), grouping=Grouping(include_unknown=flag)))[0] for flag in (False, True)
    )
    assert one.value == pytest.approx(other.value) == pytest.approx(0.3)


def test_weights_and_files():
    table = frame((5, 5))
    found = audit(table.assign(w=2.0))
    plain = selection(audit(table))[0]
    assert (selection(found)[0].low, selection(found)[0].high) == pytest.approx((plain.low, plain.high))
    assert selection(found)[0].unknown == 10
    assert Audit.from_json(found.to_json()).chapter("bounds") == found.chapter("bounds")


def test_one_known_group_has_no_gap():
    table = frame((5, 5), b=(0, 0))
    row = selection(audit(table))[0]
    assert (row.value, row.low, row.high, row.reason) == (None, None, None, "fewer_than_two_groups")
