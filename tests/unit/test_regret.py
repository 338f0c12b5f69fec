"""A model of each group's own, held against the decisions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.inference.intervals import newcombe_paired
from audit.plan import ModelChoice, Plan, Roles
from audit.result import Audit
from audit.run import prepare, run
from audit.wording.several import best_worst_group, regret

PLAN = Plan(
    roles=Roles(label="y", decision="d", sensitive=("g",)), regret=True, replicates=100, dated="2026-01-01"
)


@pytest.fixture(scope="module")
def frame():
    """In group b the rule is the other way round; the decisions follow the rule of group a."""
    rng = np.random.default_rng(0)
    n = 1_500
    g = rng.choice(["a", "b", "c"], n, p=[0.7, 0.27, 0.03])
    x = rng.normal(size=n)
    y = ((x > 0) ^ (g == "b")).astype(int)
    y = np.where(rng.random(n) < 0.1, 1 - y, y)
    return pd.DataFrame({"y": y, "d": (x > 0).astype(int), "g": g, "x": x, "w": rng.uniform(0.5, 2, n)})


def rows(audit):
    *groups, largest = audit.chapter("regrets")
    return {row.group[0]: row for row in groups}, largest


def test_the_group_that_needs_another_rule_has_the_regret(frame):
    audit = run(frame, PLAN)
    found, largest = rows(audit)
    assert found["b"].error > 0.8
    assert found["b"].own_error < 0.2
    assert found["b"].low > 0.5
    assert abs(found["a"].value) < 0.05
    assert (found["c"].value, found["c"].reason) == (None, "too_few_rows")
    assert (largest.group, largest.worst_group) == (("b",), ("b",))
    assert largest.low <= found["b"].low < largest.value < found["b"].high <= largest.high
    assert largest.gap == pytest.approx(largest.worst_error - largest.best_worst_error)
    assert (largest.groups_estimable, largest.groups_total) == (2, 3)
    assert "‘g b’" in regret(largest) or "‘b’" in regret(largest)
    assert "points less" in best_worst_group(largest)


def test_the_regret_is_the_difference_of_paired_errors(frame):
    audit = run(frame, PLAN)
    one = next(item for item in audit.basis.regrets.groups if item.group == "b")
    n = one.n_test
    assert n == sum(part[0] for part in (one.both, one.only_own, one.only_decision, one.neither))
    row = rows(audit)[0]["b"]
    assert row.value == pytest.approx((one.only_decision[0] - one.only_own[0]) / n)
    low, high = newcombe_paired(one.both[0] / n, one.only_own[0] / n, one.only_decision[0] / n, n)
    assert (row.low, row.high) == (pytest.approx(float(low)), pytest.approx(float(high)))


def test_the_same_bytes_twice_and_read_back(frame):
    audit = run(frame, PLAN)
    assert run(frame, PLAN).to_json() == audit.to_json()
    assert Audit.from_json(audit.to_json()).to_json() == audit.to_json()


def test_weights_count(frame):
    plan = replace(PLAN, roles=replace(PLAN.roles, weight="w"))
    found, _ = rows(run(frame, plan))
    assert found["b"].n_effective < found["b"].n
    assert found["b"].low > 0.4


def test_a_trained_model_is_held_against_the_same_test_rows(frame):
    plan = replace(PLAN, model=ModelChoice(kind="train", algorithm="logistic_regression"))
    audit = run(frame, plan)
    found, _ = rows(audit)
    assert found["b"].error == pytest.approx(audit.metric("error_rate", ("g",), ("b",)).value)
    assert found["b"].n == audit.metric("count", ("g",), ("b",)).n


def test_nothing_is_trained_unless_it_is_asked_for(frame):
    audit = run(frame, replace(PLAN, regret=False))
    assert audit.basis.regrets is None
    assert audit.chapter("regrets") == ()


def test_without_features_and_with_one_label_there_is_a_reason(frame):
    audit = run(frame, replace(PLAN, roles=replace(PLAN.roles, features=())))
    assert {row.reason for row in rows(audit)[0].values()} == {"nothing_to_learn_from"}
    assert rows(audit)[1].reason == "nothing_to_learn_from"
    assert "no group could be given" in regret(rows(audit)[1])
    alike = frame.assign(y=np.where(frame["g"] == "b", 1, frame["y"]))
    assert rows(run(alike, PLAN))[0]["b"].reason == "single_class"


def test_only_the_twelve_largest_groups_get_a_model():
    rng = np.random.default_rng(1)
    sizes = [120] * 12 + [100, 100]
    g = np.repeat([f"g{i:02d}" for i in range(14)], sizes)
    x = rng.normal(size=len(g))
    frame = pd.DataFrame({"y": (x + rng.normal(size=len(g)) > 0).astype(int), "d": 1, "g": g, "x": x})
    found, _ = rows(run(frame, PLAN))
    assert [name for name, row in found.items() if row.reason == "not_among_largest"] == ["g12", "g13"]


def test_numbers_have_no_regret(frame, tmp_path):
    from audit.data.ingest import ingest_frame

    plan = replace(PLAN, roles=Roles(label="x", score="w", sensitive=("g",), task="regression"), regret=True)
    assert prepare(ingest_frame(frame, tmp_path), plan).audit.basis.regrets is None
