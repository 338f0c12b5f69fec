"""How large a gap the data could show, against published numbers, a simulation and the ends of what is possible."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audit.chapters.power import TURNED, tolerance_of
from audit.figures.power import Detectable
from audit.inference.power import people_for, people_needed, smallest_gap
from audit.plan import Plan, Roles
from audit.result import assemble
from audit.rows import Authority, DataRecord, ModelRecord
from tests.by_hand import people, weighted


def audit(cells, **plan):
    roles = Roles(label="y", decision="d", sensitive=("g",), favourable=plan.pop("favourable", "positive"))
    total = int(cells.n.sum())
    return assemble(
        plan=Plan(roles=roles, replicates=100, **plan),
        data=DataRecord(name="t", fingerprint="", read=total, audited=total),
        model=ModelRecord(title="m", kind="column"),
        cells=cells,
        tried=(),
        authority=Authority(version="0", checked=0, largest_difference=0.0, undefined=0),
        versions={},
    )


@pytest.mark.parametrize(
    ("p", "q", "n"), [(0.80, 0.75, 1094), (0.80, 0.70, 294), (0.80, 0.60, 82), (0.50, 0.40, 388)]
)
def test_people_needed_are_the_published_ones(p, q, n):
    assert people_needed(p, q) == n
    assert people_needed(q, p) == n
    gap = float(smallest_gap(p, n, n))
    assert gap == pytest.approx(p - q, abs=6e-3)
    assert gap <= p - q < float(smallest_gap(p, n - 1, n - 1)) + 1e-9


def test_equal_rates_need_no_end_of_people():
    assert math.isinf(float(people_needed(0.3, 0.3)))


def test_the_smallest_gap_shrinks_with_people_on_either_side():
    sizes = [20, 50, 100, 1000, 100_000]
    own = smallest_gap(0.7, sizes, 5000)
    others = smallest_gap(0.7, 500, sizes)
    assert (np.diff(own) < 0).all()
    assert (np.diff(others) < 0).all()


def test_more_power_and_more_confidence_need_more_people():
    assert people_needed(0.8, 0.7, power=0.9) > 294
    assert people_needed(0.8, 0.7, alpha=0.01) > 294


def test_a_gap_that_is_just_large_enough_is_seen_in_eight_of_ten_samples():
    n, others, p = 150, 900, 0.7
    q = p - float(smallest_gap(p, n, others))
    rng = np.random.default_rng(3)
    a, b = rng.binomial(n, q, 20_000) / n, rng.binomial(others, p, 20_000) / others
    pooled = (n * a + others * b) / (n + others)
    z = np.abs(a - b) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / others))
    assert (z > 1.959964).mean() == pytest.approx(0.8, abs=0.02)


def test_too_few_people_show_no_gap_at_all():
    assert np.isnan(smallest_gap(0.8, [0, 1, 2], 1000)).all()
    assert np.isnan(smallest_gap(0.8, 50, 0))
    assert np.isfinite(smallest_gap(0.8, 5, 1000))


def test_people_for_a_gap_with_the_others_as_they_are():
    needed = float(people_for(0.8, 0.1, 5000))
    assert smallest_gap(0.8, needed, 5000) <= 0.1 + 1e-9
    assert smallest_gap(0.8, needed - 1, 5000) > 0.1
    assert np.isnan(people_for(0.8, 0.1, 20))  # twenty others are too few for any number
    assert np.isnan(people_for(0.8, 0.0, 5000))


TWO = people(a=(400, 100, 100, 400), b=(40, 10, 10, 40))


def test_each_group_is_held_against_everybody_else():
    rows = audit(TWO).chapter("power")
    assert {row.metric for row in rows} == set(TURNED["positive"])
    row = next(row for row in rows if (row.metric, row.group) == ("true_positive_rate", ("b",)))
    assert (row.n, row.n_reference, row.rate, row.reference) == (50, 500, 0.8, None)
    assert row.value == pytest.approx(float(smallest_gap(0.8, 50, 500)))
    assert row.tolerance == 0.1
    assert row.needed == int(people_for(0.8, 0.1, 500))
    assert row.each == 294
    assert row.low is row.high is None


def test_the_two_groups_furthest_apart_are_held_against_each_other():
    rows = audit(people(a=(400, 100, 100, 400), b=(40, 10, 10, 40), c=(10, 10, 80, 20))).chapter("power")
    (pair,) = [row for row in rows if row.metric == "true_positive_rate" and row.reference is not None]
    assert {pair.group, pair.reference} == {("c",), ("a",)}
    assert pair.value == pytest.approx(float(smallest_gap(pair.rate, pair.n, pair.n_reference)))


def test_the_rates_turn_with_the_favourable_outcome():
    rows = audit(TWO, favourable="negative").chapter("power")
    assert {row.metric for row in rows} == set(TURNED["negative"])
    row = next(row for row in rows if (row.metric, row.group) == ("true_negative_rate", ("b",)))
    assert (row.n, row.tolerance) == (50, 0.1)


def test_what_cannot_be_shown_has_a_reason():
    rows = audit(people(a=(50, 50, 50, 50), b=(1, 1, 0, 0), c=(0, 0, 1, 0))).chapter("power")
    found = {(row.metric, row.group): row for row in rows if row.reference is None}
    assert found["true_positive_rate", ("b",)].reason == "no_positives"
    assert found["true_positive_rate", ("c",)].reason == "too_few_people"
    assert found["false_positive_rate", ("c",)].reason == "no_negatives"
    alone = audit(people(a=(5, 5, 5, 5))).chapter("power")
    assert {row.reason for row in alone} == {"fewer_than_two_groups"}
    assert all(row.value is None for row in alone)


def test_weights_count_at_the_effective_number():
    plain = audit(TWO).chapter("power")[1]
    heavy = audit(weighted(TWO, [2.0, 2.0])).chapter("power")[1]
    assert heavy.value == pytest.approx(plain.value)
    assert heavy.n == plain.n


def test_people_without_a_group_are_among_everybody_else():
    cells = people(missing="Unknown", a=(40, 10, 10, 40), b=(40, 10, 10, 40), Unknown=(4, 1, 1, 4))
    rows = [row for row in audit(cells).chapter("power") if row.metric == "selection_rate"]
    assert [row.group for row in rows] == [("a",), ("b",)]
    assert rows[0].n_reference == 110


def test_a_tolerance_that_moves_changes_what_is_needed_and_not_what_is_seen():
    before = audit(TWO)
    after = before.with_tolerance("equal_opportunity_difference", 0.2)
    one, two = before.chapter("power")[3], after.chapter("power")[3]
    assert one.value == two.value
    assert one.needed > two.needed
    assert tolerance_of(Plan(tolerances={}), "selection_rate") is None


def test_a_row_is_what_the_picture_draws():
    row = audit(TWO).chapter("power")[0]
    drawn = Detectable(
        sensitive=row.sensitive,
        group=row.group,
        gap=row.value,
        n=row.n,
        needed=row.needed,
        reason=row.reason,
    )
    assert drawn.gap == row.value
