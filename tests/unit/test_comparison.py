"""Before, control and after on the same people: paired changes counted by hand, and their coverage."""

from __future__ import annotations

import json

import numpy as np
import pytest

from audit import comparison
from audit.before import control_decisions
from audit.cells import Attribute, from_arrays
from audit.comparison import bias_corrected, compare
from audit.inference.intervals import newcombe_paired
from audit.plan import Grouping, Plan, Roles
from audit.rows.trials import TrialRecord
from audit.trial import Trial

PLAN = Plan(replicates=400)
RECORD = TrialRecord(
    mitigation="reweighing", title="Reweighing", params={}, baseline="mlp", n_train=1, n_test=1
)


def trial(group, label, columns, weight=None, levels=("a", "b"), missing=None):
    attribute = Attribute(column="g", levels=levels, missing=missing)
    outcomes = [np.asarray(label, dtype=np.int8), *(np.asarray(d, dtype=np.int8) for d in columns.values())]
    cells = from_arrays([attribute], np.asarray(group)[:, None], outcomes, weight=weight)
    return Trial(record=RECORD, columns=tuple(columns), cells=cells)


def people(n=200, seed=0, lift=0.2):
    """Group b is found less often before; after, some of it is found who were not."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    label = (rng.random(n) < 0.5).astype(np.int8)
    before = (rng.random(n) < np.where(label == 1, 0.8 - 0.2 * group, 0.3)).astype(np.int8)
    gained = (rng.random(n) < lift) & (group == 1) & (label == 1)
    after = np.where(gained, 1, before).astype(np.int8)
    return group, label, before, after


def table(rows):
    return {(r.metric, r.comparison, r.group and r.group[0]): r for r in rows}


def test_rates_before_and_after_are_those_of_the_rows():
    group, label, before, after = people()
    found = table(compare(trial(group, label, {"before": before, "after": after}), PLAN, [("g",)]))
    for code, name in enumerate("ab"):
        who = (group == code) & (label == 1)
        row = found["true_positive_rate", None, name]
        assert row.before == pytest.approx(before[who].mean())
        assert row.after == pytest.approx(after[who].mean())
        assert row.change == pytest.approx(after[who].mean() - before[who].mean())
        assert row.n == who.sum()
        assert (row.original, row.control) == (None, None)
    everybody = found["accuracy", None, None]
    assert everybody.change == pytest.approx((after == label).mean() - (before == label).mean())


def test_the_change_of_a_rate_has_newcombes_paired_interval():
    group, label, before, after = people()
    found = table(compare(trial(group, label, {"before": before, "after": after}), PLAN, [("g",)]))
    for metric, who, hit in (
        ("true_positive_rate", (group == 1) & (label == 1), lambda d: d == 1),
        ("false_positive_rate", (group == 1) & (label == 0), lambda d: d == 1),
        ("selection_rate", group == 1, lambda d: d == 1),
        ("accuracy", group == 1, lambda d: d == label),
    ):
        one, two = hit(before)[who], hit(after)[who]
        ends = newcombe_paired((one & two).mean(), (one & ~two).mean(), (~one & two).mean(), who.sum())
        row = found[metric, None, "b"]
        assert (row.low, row.high) == pytest.approx((float(ends[0]), float(ends[1]))), metric


def test_disparities_before_and_after_and_their_change():
    group, label, before, after = people(2000)
    found = table(compare(trial(group, label, {"before": before, "after": after}), PLAN, [("g",)]))
    tpr = {
        (code, name): d[(group == code) & (label == 1)].mean()
        for code in (0, 1)
        for name, d in (("before", before), ("after", after))
    }
    row = found["equal_opportunity", "difference", None]
    assert row.before == pytest.approx(abs(tpr[0, "before"] - tpr[1, "before"]))
    assert row.after == pytest.approx(abs(tpr[0, "after"] - tpr[1, "after"]))
    assert row.change == pytest.approx(row.after - row.before)
    assert row.low < row.change < row.high
    assert row.high < 0
    ratio = found["equal_opportunity", "ratio", None]
    assert ratio.before == pytest.approx(tpr[1, "before"] / tpr[0, "before"])
    worst = found["true_positive_rate", "worst_group", None]
    assert worst.before == pytest.approx(tpr[1, "before"])


def test_the_favourable_negative_turns_the_criteria():
    group, label, before, after = people(2000)
    plan = Plan(replicates=100, roles=Roles(favourable="negative"))
    found = table(compare(trial(group, label, {"before": before, "after": after}), plan, [("g",)]))
    tnr = [1 - before[(group == code) & (label == 0)].mean() for code in (0, 1)]
    assert found["equal_opportunity", "difference", None].before == pytest.approx(abs(tnr[0] - tnr[1]))


def test_no_change_is_zero_with_an_interval_around_it():
    group, label, before, _ = people()
    found = table(compare(trial(group, label, {"before": before, "after": before}), PLAN, [("g",)]))
    for row in found.values():
        if row.change is not None:
            assert row.change == 0
            assert row.low <= 0 <= row.high


def test_all_columns_stand_beside_each_other():
    group, label, before, after = people()
    columns = {"original": 1 - before, "before": before, "control": before, "after": after}
    found = table(compare(trial(group, label, columns), PLAN, [("g",)]))
    row = found["selection_rate", None, None]
    assert row.original == pytest.approx(1 - before.mean())
    assert (row.before, row.control) == pytest.approx((before.mean(), before.mean()))


def test_weights_count_in_changes():
    group, label, before, after = people()
    weight = np.where(group == 1, 3.0, 1.0) * np.linspace(0.5, 1.5, len(group))
    found = table(compare(trial(group, label, {"before": before, "after": after}, weight), PLAN, [("g",)]))
    row = found["selection_rate", None, None]
    assert row.change == pytest.approx(np.average(after - before, weights=weight))
    assert row.low < row.change < row.high


def test_a_group_below_the_minimum_size_is_out_of_every_models_gap():
    group, label, before, after = people(400)
    group = np.where(np.arange(400) < 6, 2, group)
    made = trial(group, label, {"before": before, "after": after}, levels=("a", "b", "c"))
    plan = Plan(replicates=100, grouping=Grouping(min_size=30))
    found = table(compare(made, plan, [("g",)]))
    row = found["selection_rate", "difference", None]
    assert row.before == pytest.approx(abs(before[group == 0].mean() - before[group == 1].mean()))
    assert found["selection_rate", None, "c"].change is None


def test_people_of_unknown_group_are_out_of_the_gap():
    group, label, before, after = people(400)
    group = np.where(np.arange(400) < 60, 2, group)
    made = trial(
        group, label, {"before": before, "after": after}, levels=("a", "b", "Unknown"), missing="Unknown"
    )
    row = table(compare(made, PLAN, [("g",)]))["selection_rate", "difference", None]
    assert row.before == pytest.approx(abs(before[group == 0].mean() - before[group == 1].mean()))


def test_the_comparison_is_the_same_every_time_and_survives_json():
    group, label, before, after = people()
    made = trial(group, label, {"before": before, "after": after})
    again = Trial.from_dict(json.loads(json.dumps(made.to_dict())))
    assert compare(made, PLAN, [("g",)]) == compare(again, PLAN, [("g",)])


def one_row(made, key, replicates=100):
    """Only the row that is looked at, by the functions that make all of them."""
    metric, kind, name = key
    plan = Plan(replicates=replicates)
    pair = made.cells.pair(made.columns.index("before"), made.columns.index("after"))
    draws = comparison._replicates(pair, plan.replicates, plan.seed)
    if kind is None:
        return table(comparison._rate_rows(made, made.cells, plan, draws))[metric, None, name]
    (wanted,) = [d for d in comparison._disparities(plan) if (d.metric, d.comparison) == (metric, kind)]
    return comparison._disparity_row(wanted, made, made.cells, plan, draws)


def simulate(key, runs=120, n=400, replicates=100):
    """Share of paired intervals that hold the true change, which is found on a million people."""
    group, label, before, after = people(1_000_000, seed=10_000)
    truth = one_row(trial(group, label, {"before": before, "after": after}), key).change
    hit = 0
    for seed in range(runs):
        group, label, before, after = people(n, seed=seed)
        row = one_row(trial(group, label, {"before": before, "after": after}), key, replicates)
        hit += row.low <= truth <= row.high
    return hit / runs


@pytest.mark.parametrize(
    "key",
    [
        ("precision", None, "b"),
        ("equal_opportunity", "difference", None),
        ("equalized_odds", "difference", None),
    ],
)
def test_paired_intervals_cover(key):
    assert simulate(key) >= 0.88  # 120 runs with 100 replicates: .95 falls below .88 once in a thousand times


@pytest.mark.slow
@pytest.mark.parametrize(
    "key",
    [
        ("precision", None, "b"),
        ("equal_opportunity", "difference", None),
        ("demographic_parity", "ratio", None),
        ("equalized_odds", "difference", None),
        ("error_rate", "worst_group", None),
    ],
)
def test_paired_coverage_study(key):
    assert simulate(key, runs=1000, replicates=1000) >= 0.92


def test_bias_corrected_takes_the_bias_out():
    rng = np.random.default_rng(0)
    draws = rng.normal(0.3, 0.1, 20_000)
    plain = bias_corrected(0.3, draws, alpha=0.05)
    assert plain == pytest.approx((0.3 - 0.196, 0.3 + 0.196), abs=0.01)
    # Replicates that lie .1 above the value say that the value itself lies .1 above the truth.
    low, high = bias_corrected(0.2, draws, alpha=0.05)
    assert (low, high) == pytest.approx((0.1 - 0.196, 0.1 + 0.196), abs=0.02)


def test_bias_corrected_needs_replicates():
    assert np.isnan(bias_corrected(0.5, np.full(100, np.nan), alpha=0.05)).all()
    assert np.isnan(bias_corrected(np.nan, np.zeros(100), alpha=0.05)).all()


def test_bias_corrected_always_holds_the_value():
    low, high = bias_corrected(0.9, np.linspace(0, 0.5, 100), alpha=0.05)
    assert low <= 0.9 <= high


@pytest.mark.parametrize(
    ("target", "reached"), [(0.0, 0.0), (0.09, 0.0), (0.11, 0.2), (0.5, 0.4), (0.75, 0.8), (1.0, 1.0)]
)
def test_the_control_reaches_the_nearest_rate_and_keeps_ties_together(target, reached):
    score = np.array([0.9, 0.9, 0.7, 0.7, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1])
    decisions, rate = control_decisions(score, None, target)
    assert rate == pytest.approx(reached)
    assert decisions.mean() == pytest.approx(reached)
    for value in np.unique(score):
        assert len(np.unique(decisions[score == value])) == 1


def test_the_control_counts_weights():
    decisions, rate = control_decisions(np.array([0.9, 0.5, 0.1]), np.array([1.0, 1.0, 8.0]), 0.2)
    assert decisions.tolist() == [1, 1, 0]
    assert rate == pytest.approx(0.2)
