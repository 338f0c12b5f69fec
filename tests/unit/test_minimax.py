"""Worst-group training: losses, weights, the solver and its certificate, the choice, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.errors import ModelError
from audit.mitigation.catalogue import make
from audit.mitigation.minimax.choice import Standing, keep_aside, pick, set_judge
from audit.mitigation.minimax.linear import (
    Problem,
    certificate,
    dual_weights,
    lower_bound,
    solve_path,
)
from audit.mitigation.minimax.losses import LOSSES
from audit.mitigation.minimax.weights import Hedge, shares_of, smooth_max
from audit.mitigation.minimax.words import floor, outcome
from audit.progress import silent
from tests.minimaxing import two_rules
from tests.repairing import build_task, rows

LOG, ERROR = LOSSES["log_loss"], LOSSES["error"]


def problem(table, loss="log_loss", ridge=1e-3):
    return Problem(
        table=table.frame.select_dtypes("number").to_numpy(dtype=float),
        label=table.label,
        shares=shares_of(table, LOSSES[loss].counted),
        inside=np.ones(len(table.groups), dtype=bool),
        loss=LOSSES[loss],
        ridge=ridge,
    )


# losses and weights


def test_shares_average_in_every_group_and_over_everybody():
    table = two_rules(6)
    table = replace(
        table,
        group=np.array([0, 0, 0, 1, 1, 1]),
        label=np.array([0, 0, 1, 0, 1, 1], dtype=np.int8),
        weight=np.array([1.0, 3, 2, 0, 1, 3]),
    )
    loss = np.array([1.0, 2, 3, 100, 5, 7])
    np.testing.assert_allclose(shares_of(table, None).by_group(loss), [13 / 6, 6.5])
    assert shares_of(table, None).overall(loss) == pytest.approx((13 + 26) / 10)
    only = shares_of(table, 0)
    assert only.by_group(loss)[0] == pytest.approx(7 / 4)
    assert np.isnan(only.by_group(loss)[1])  # its only row of label 0 has no weight
    assert only.overall(loss) == pytest.approx(3.9)


def test_blended_weights_give_the_sum_of_losses_that_they_stand_for():
    table = rows(300, 1)
    loss = np.random.default_rng(0).random(300)
    shares = shares_of(table, None)
    weight = shares.blend(np.array([0.3, 0.5]), 0.2)
    by_group = shares.by_group(loss)
    assert weight @ loss == pytest.approx(0.3 * by_group[0] + 0.5 * by_group[1] + 0.2 * shares.overall(loss))


@pytest.mark.parametrize("temperature", [0.5, 0.05, 1e-4])
def test_the_smooth_maximum_is_between_the_largest_less_log_k_and_the_largest(temperature):
    losses = np.array([0.2, 0.9, 0.85])
    value, weights = smooth_max(losses, temperature)
    assert 0.9 - temperature * np.log(3) <= value <= 0.9
    assert weights.sum() == pytest.approx(1)
    assert weights.argmax() == 1
    step = 1e-7
    moved = smooth_max(losses + np.array([0, 0, step]), temperature)[0]
    assert (moved - value) / step == pytest.approx(weights[2], abs=1e-3)


def test_hedge_depends_on_the_order_of_losses_and_not_on_their_unit():
    one, other = (Hedge(start=np.array([0.5, 0.3, 0.2]), step=2.0) for _ in range(2))
    for losses in ([0.40, 0.41, 0.39], [0.41, 0.405, 0.40]):
        one.learn(np.array(losses))
        other.learn(1000 * np.array(losses) + 7)
    np.testing.assert_allclose(one.weights(), other.weights())
    first = Hedge(start=np.array([0.5, 0.3, 0.2]), step=2.0)
    first.learn(np.array([0.0, 1.0, 0.5]))
    raised = np.array([0.5, 0.3 * np.e**2, 0.2 * np.e])
    np.testing.assert_allclose(first.weights(), raised / raised.sum())


def test_hedge_keeps_a_group_out_and_bears_equal_losses_and_long_games():
    hedge = Hedge(start=np.array([0.5, 0.5, 0.0]), step=10.0)
    hedge.learn(np.array([0.3, 0.3, np.nan]))
    np.testing.assert_allclose(hedge.weights(), [0.5, 0.5, 0])
    for _ in range(5000):
        hedge.learn(np.array([0.9, 0.1, np.nan]))
    np.testing.assert_allclose(hedge.weights(), [1, 0, 0], atol=1e-12)


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("focus", [0.0, 0.4, 1.0])
def test_the_gradient_is_that_of_the_value(loss, focus):
    table = rows(200, 3, weight=lambda rng, n: rng.integers(0, 3, n).astype(float))
    task = problem(table, loss)
    theta = np.random.default_rng(1).normal(size=task.table.shape[1] + 1) * 0.05
    _, gradient = task.mixed(theta, focus, 0.05)
    for place in range(len(theta)):
        step = np.zeros(len(theta))
        step[place] = 1e-6
        slope = (task.mixed(theta + step, focus, 0.05)[0] - task.mixed(theta - step, focus, 0.05)[0]) / 2e-6
        assert gradient[place] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_losses_by_hand():
    label, score = np.array([1, 1, 0, 0], dtype=np.int8), np.array([0.9, 0.4, 0.5, 0.2])
    np.testing.assert_allclose(LOG.judge(label, score, 0.5), -np.log([0.9, 0.4, 0.5, 0.8]))
    np.testing.assert_allclose(LOSSES["brier"].judge(label, score, 0.5), [0.01, 0.36, 0.25, 0.04])
    np.testing.assert_array_equal(ERROR.judge(label, score, 0.5), [0, 1, 1, 0])
    assert np.isfinite(LOG.judge(label, np.array([0.0, 1, 1, 0]), 0.5)).all()


# the linear solver


def test_without_weight_on_the_worst_group_it_is_scikit_learns_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    table = two_rules(2000)
    task = problem(table, ridge=1 / 2000)
    point = solve_path(task, (0.0,), progress=silent)[0]
    peer = LogisticRegression(tol=1e-10, max_iter=1000).fit(task.table, task.label)
    np.testing.assert_allclose(point.theta[:-1], peer.coef_[0], atol=2e-3)
    np.testing.assert_allclose(point.theta[-1], peer.intercept_[0], atol=2e-3)


def test_no_model_has_a_worst_group_below_the_certificate():
    table = two_rules(3000)
    task = problem(table)
    points = solve_path(task, (0.0, 0.5, 1.0), progress=silent)
    bound = lower_bound(task, points[-1])
    assert certificate(task, points[-1], bound) < 1e-4
    rng = np.random.default_rng(0)
    for spread in (0.01, 0.1, 1.0):
        for _ in range(50):
            theta = points[-1].theta + spread * rng.normal(size=len(points[-1].theta))
            assert task.losses(theta)[0].max() + task.penalty(theta) >= bound - 1e-9


def test_the_bound_holds_for_any_weights_and_is_looser_for_poor_ones():
    task = problem(two_rules(3000))
    points = solve_path(task, (0.0, 1.0), progress=silent)
    best = lower_bound(task, points[-1])
    for dual in ([1.0, 0.0], [0.0, 1.0], [0.9, 0.1]):
        assert lower_bound(task, replace(points[-1], dual=np.array(dual))) < best


def test_weights_count_like_repeated_rows():
    table = two_rules(1500)
    times = np.random.default_rng(0).integers(0, 3, 1500)
    weighted = replace(table, weight=times.astype(float))
    again = np.repeat(np.arange(1500), times)
    repeated = replace(
        table,
        frame=table.frame.iloc[again].reset_index(drop=True),
        label=table.label[again],
        group=table.group[again],
        weight=np.ones(len(again)),
    )
    one, other = (solve_path(problem(each), (0.0, 0.7), progress=silent)[-1] for each in (weighted, repeated))
    np.testing.assert_allclose(one.theta, other.theta, atol=1e-3)


def test_a_group_that_does_not_compete_has_no_dual_weight():
    table = two_rules(2000)
    task = replace(problem(table), inside=np.array([True, False]))
    point = solve_path(task, (0.0, 0.9), progress=silent)[-1]
    np.testing.assert_array_equal(point.dual, [1, 0])
    np.testing.assert_array_equal(dual_weights(task, point.theta, 0.1), [1, 0])


# who competes, and the choice


def standing(worst, overall, judged=(True,)):
    return Standing(
        row=np.zeros(1),
        by_group=np.array([worst]),
        errors=np.zeros(1),
        overall=overall,
        error=0.0,
        selected=0.5,
        judged=np.array(judged),
    )


@pytest.mark.parametrize(
    ("others", "max_cost", "at"),
    [
        ([(0.40, 0.30), (0.30, 0.31), (0.29, 0.40)], 0.5, 2),  # nine tenths of the gain at less cost
        ([(0.49, 0.30), (0.41, 0.31), (0.30, 0.34)], 0.5, 3),  # the best, where the others are far from it
        ([(0.49, 0.30), (0.41, 0.31), (0.30, 0.34)], 0.05, 2),  # not at that cost
        ([(0.50, 0.30), (0.60, 0.31)], 0.5, 0),  # nothing to gain
        ([(0.40, 0.50)], 0.05, 0),
    ],
)
def test_the_model_kept_costs_least_among_those_with_nearly_all_of_the_gain(others, max_cost, at):
    assert pick([standing(0.50, 0.30), *(standing(*one) for one in others)], max_cost=max_cost) == at


def test_small_groups_count_among_everybody_only_and_are_named():
    table = rows(900, 0, groups=(("a",), ("b",), ("tiny",)))
    group = np.where(np.arange(900) < 870, table.group % 2, 2)
    judge = set_judge(replace(table, group=group), None, LOG, threshold=0.5, min_rows=50)
    np.testing.assert_array_equal(judge.inside, [True, True, False])
    assert "'tiny'" in judge.notes[0]
    assert "'a'" not in judge.notes[0]


def test_a_group_of_one_label_does_not_compete_and_rows_of_no_weight_do_not_help_it():
    table = rows(900, 0)
    label = np.where((table.group == 1) & (np.arange(900) > 50), 0, table.label).astype(np.int8)
    judge = set_judge(replace(table, label=label), None, LOG, threshold=0.5, min_rows=50)
    np.testing.assert_array_equal(judge.inside, [True, False])
    silent_b = replace(table, weight=np.where(table.group == 1, 0.0, 1.0))
    np.testing.assert_array_equal(
        set_judge(silent_b, None, LOG, threshold=0.5, min_rows=50).inside, [True, False]
    )


@pytest.mark.parametrize("name", ["minimax_linear", "minimax_hedge", "bounded_group_loss"])
def test_without_a_large_group_it_refuses_with_a_sentence(name):
    with pytest.raises(ModelError, match="No group is large enough") as caught:
        make(name, {"min_rows": 100_000}).repair(build_task(), progress=silent)
    assert caught.value.code == "minimax_small_groups"


def test_a_fifth_of_every_cell_is_kept_aside():
    table = rows(1000, 0, weight=lambda rng, n: rng.integers(0, 2, n).astype(float))
    learn, held = keep_aside(table, seed=3)
    assert (held.weight > 0).all()
    says = replace(
        table,
        frame=table.frame[table.weight > 0],
        label=table.label[table.weight > 0],
        group=table.group[table.weight > 0],
        weight=table.weight[table.weight > 0],
    )
    np.testing.assert_array_equal(held.counts(), says.counts() // 5)
    both = pd.concat([learn.frame, held.frame])["skill"].sort_values().to_numpy()
    np.testing.assert_array_equal(both, np.sort(table.frame["skill"].to_numpy()))
    assert keep_aside(rows(3, 0), seed=0)[1] is None


# what is said


def two(before, after, n=(2000, 2000), *, loss=LOG):
    """Standings of two groups whose rows all have their group's loss, give or take a little."""
    table = rows(sum(n), 0)
    table = replace(table, group=np.repeat([0, 1], n), groups=(("a",), ("b",)))
    judge = set_judge(table, table, loss, threshold=0.5, min_rows=50)
    made = [
        Standing(
            row=np.where(table.group == 0, *by_group) + 0.01 * np.sin(np.arange(sum(n))) * at,
            by_group=np.array(by_group),
            errors=np.array([0.2, 0.2 + 0.05 * at]),
            overall=float(np.mean(by_group)),
            error=0.2,
            selected=0.5,
            judged=judge.judged,
        )
        for at, by_group in enumerate((before, after))
    ]
    return judge, *made


def test_it_names_who_gains_and_who_pays():
    said = " ".join(outcome(*two((0.5, 0.3), (0.45, 0.36))))
    assert "(of 'a') goes from 0.5000 to 0.4500 (−10 %)" in said
    assert "rises for 'b' from 0.3000 to 0.3600 (+20 %)" in said
    assert "highest error rate of a group rises from 0.2000 to 0.2500" in said
    assert "chance" not in said


def test_a_gain_within_chance_is_called_that():
    said = " ".join(outcome(*two((0.5, 0.3), (0.49999, 0.3))))
    assert "no larger than chance could make it" in said
    assert "next to nothing" in said
    assert "Who pays" not in said


def test_the_floor_is_told_where_neither_weights_nor_an_own_model_help():
    judge, before, after = two((0.5, 0.3), (0.499, 0.3))
    both = floor(judge, before, after, own=0.51, reachable=0.002)
    assert "0.2 %" in both[0]
    assert "0.5100" in both[0]
    assert floor(judge, before, after, own=0.4, reachable=0.2) == ()
    assert floor(judge, before, two((0.5, 0.3), (0.4, 0.3))[2], own=0.51, reachable=0.002) == ()
