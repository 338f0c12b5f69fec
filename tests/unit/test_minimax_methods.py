"""The methods of worst-group training: what they reach, at what cost, and what they say of it."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.mitigation.catalogue import make
from audit.mitigation.minimax.choice import set_judge
from audit.mitigation.minimax.linear import (
    Problem,
    solve_path,
)
from audit.mitigation.minimax.losses import LOSSES
from audit.mitigation.minimax.own import own_loss
from audit.mitigation.minimax.rounds import averages, play, vote
from audit.mitigation.minimax.weights import shares_of
from audit.mitigation.repair import Task
from audit.models.baseline import fit_baseline
from audit.progress import silent
from tests.minimaxing import NAMES, two_rules
from tests.repairing import build_task, rows

LOG = LOSSES["log_loss"]


def task_of(train, validation, algorithm="logistic_regression", *, favourable="positive"):
    def fit(frame, label, weight, progress):
        return fit_baseline(algorithm, frame, label, weight=weight, seed=0, progress=progress)

    base = fit(train.frame, train.label, train.weight, silent)
    return Task(
        train=train,
        validation=validation,
        fit=fit,
        base=base,
        threshold=0.5,
        favourable=favourable,
        seed=0,
    )


@pytest.fixture(scope="module")
def ruled():
    return task_of(two_rules(4000, seed=2), two_rules(3000, seed=3))


def problem(table, loss="log_loss", ridge=1e-3):
    return Problem(
        table=table.frame.select_dtypes("number").to_numpy(dtype=float),
        label=table.label,
        shares=shares_of(table, LOSSES[loss].counted),
        inside=np.ones(len(table.groups), dtype=bool),
        loss=LOSSES[loss],
        ridge=ridge,
    )


def validated(repaired, table):
    judge = set_judge(table, table, LOG, threshold=0.5, min_rows=50)
    return judge.measure(repaired.score(table.frame, table.group))


# the methods


def test_the_linear_method_finds_the_other_rule_and_certifies_it(ruled):
    repaired = make("minimax_linear", {"max_cost": 1.0}).repair(ruled, progress=silent)
    before = validated(replace(repaired, score=lambda frame, _: ruled.base.score(frame)), ruled.validation)
    after = validated(repaired, ruled.validation)
    assert before.worst > 0.9
    assert after.worst < 0.65
    assert repaired.measured["worst_group_loss"] == pytest.approx(after.worst, abs=1e-6)
    assert repaired.measured["duality_gap"] < 0.01
    assert repaired.measured["reachable_gain"] == pytest.approx(before.worst - after.worst, abs=0.05)
    assert repaired.measured["own_model_loss"] < after.worst
    path = repaired.series[0]
    assert path.picked in path.x
    assert path.groups == (None, *NAMES)
    assert "Who pays: the log-loss rises for 'many'" in " ".join(repaired.notes)


def test_the_cost_that_is_allowed_is_kept_and_what_more_would_bring_is_told(ruled):
    for name, more in (("minimax_linear", {}), ("minimax_hedge", {"rounds": 4})):
        repaired = make(name, {"max_cost": 0.1, **more}).repair(ruled, progress=silent)
        before = validated(
            replace(repaired, score=lambda frame, _: ruled.base.score(frame)), ruled.validation
        )
        after = validated(repaired, ruled.validation)
        assert after.overall <= 1.1 * before.overall + 1e-4
        assert "More is possible at more cost" in " ".join(repaired.notes)


def test_a_fixed_trade_off_is_kept_whatever_the_validation_rows_say(ruled):
    repaired = make("minimax_linear", {"choose": "fixed", "rho": 0.0}).repair(ruled, progress=silent)
    assert repaired.series[0].picked == 1.0
    assert repaired.measured["duality_gap"] < 1e-4
    assert "others do not count" in " ".join(repaired.notes)


def test_where_there_is_nothing_to_gain_the_model_stays_and_that_is_said():
    """One rule for all: another weighing of the groups can only lose."""
    train, held = two_rules(3000, seed=5, share=0.0), two_rules(2000, seed=6, share=0.0)
    halves = [replace(t, group=np.random.default_rng(1).integers(0, 2, len(t.label))) for t in (train, held)]
    task = task_of(*halves)
    for name in ("minimax_linear", "minimax_hedge"):
        repaired = make(name, {"rounds": 3} if name == "minimax_hedge" else {}).repair(task, progress=silent)
        gain = repaired.measured["worst_group_loss_before"] - repaired.measured["worst_group_loss"]
        assert gain < 0.01
        assert {"Nothing", "next to nothing", "Floor"} & {
            key for key in ("Nothing", "next to nothing", "Floor") if key in " ".join(repaired.notes)
        }


@pytest.mark.parametrize("loss", ["false_positive", "false_negative"])
def test_one_kind_of_error_alone_does_not_end_in_deciding_everybody_alike(loss):
    task = build_task(3000)
    repaired = make("minimax_linear", {"loss": loss}).repair(task, progress=silent)
    held = task.validation
    decided = repaired.decide(held.frame, held.group)
    usual = task.base.score(held.frame) >= 0.5
    assert 0.1 < decided.mean() < 0.9
    wrong, before = np.mean(decided != held.label), np.mean(usual != held.label)
    assert wrong <= before * 1.05 + 1e-9
    counted = held.label == (0 if loss == "false_positive" else 1)
    of_b = counted & (held.group == 1), counted & (held.group == 0)
    rates = [max(np.mean(d[g] != held.label[g]) for g in of_b) for d in (usual, decided)]
    assert rates[1] < rates[0]
    assert "duality_gap" not in repaired.measured
    assert repaired.measured["guarded_gap"] < 0.01
    assert "Positive decisions go from" in " ".join(repaired.notes)


def test_the_brier_score_has_no_certificate():
    repaired = make("minimax_linear", {"loss": "brier"}).repair(build_task(), progress=silent)
    assert "duality_gap" not in repaired.measured
    assert any("no certificate" in note for note in repaired.notes)


@pytest.mark.parametrize("name", ["minimax_linear", "minimax_hedge", "bounded_group_loss"])
@pytest.mark.parametrize("groups", [1, 30])
def test_one_group_and_thirty(name, groups):
    names = tuple((f"g{k}",) for k in range(groups))
    quick = {"minimax_hedge": {"rounds": 3}, "bounded_group_loss": {"fits": 5}}.get(name, {})
    task = build_task(2500, groups=names)
    repaired = make(name, quick).repair(task, progress=silent)
    fresh = rows(200, 9, groups=names)
    assert set(np.unique(repaired.decide(fresh.frame, fresh.group))) <= {0, 1}
    assert ("Only one group" in " ".join(repaired.notes)) == (groups == 1)


@pytest.mark.parametrize("name", ["minimax_linear", "minimax_hedge", "bounded_group_loss"])
def test_losses_do_not_depend_on_which_decision_is_the_good_one(name):
    quick = {"minimax_hedge": {"rounds": 3}, "bounded_group_loss": {"fits": 5}}.get(name, {})
    one, other = (
        make(name, quick).repair(build_task(600, favourable=which), progress=silent)
        for which in ("positive", "negative")
    )
    fresh = rows(300, 4)
    np.testing.assert_array_equal(
        one.decide(fresh.frame, fresh.group), other.decide(fresh.frame, fresh.group)
    )


def test_a_model_of_few_rows_alone_is_no_evidence_of_a_floor(ruled):
    judge = set_judge(ruled.train, ruled.validation, LOG, threshold=0.5, min_rows=50)
    assert own_loss(ruled, judge, 1, progress=silent) < 0.6
    few = np.flatnonzero(ruled.train.group == 1)[:-299]
    weight = ruled.train.weight.copy()
    weight[few] = 0
    quiet = replace(ruled, train=replace(ruled.train, weight=weight))
    assert own_loss(quiet, judge, 1, progress=silent) is None
    by_training = set_judge(ruled.train, None, LOG, threshold=0.5, min_rows=50)
    assert own_loss(ruled, by_training, 1, progress=silent) is None


# rounds


def test_rounds_bring_the_worst_group_near_the_optimum(ruled):
    judge = set_judge(ruled.train, ruled.train, LOG, threshold=0.5, min_rows=50)
    played = play(ruled, judge, rounds=15, step=3.0, everybody=0.05, progress=silent)
    best = solve_path(problem(ruled.train), (0.0, 1.0), progress=silent)[-1]
    optimum = problem(ruled.train).losses(best.theta)[0].max()
    reached = judge.measure(averages(played.scores)[-1]).worst
    assert optimum - 1e-3 < reached < optimum + 0.01


def test_the_average_loses_no_more_than_the_mean_of_the_losses(ruled):
    """Jensen: what makes the average of scores as good as drawing a model for each decision."""
    judge = set_judge(ruled.train, ruled.train, LOG, threshold=0.5, min_rows=50)
    played = play(ruled, judge, rounds=5, step=3.0, everybody=0.05, progress=silent)
    weight = np.arange(1, 6) / 15
    drawn = sum(w * judge.measure(score).by_group for w, score in zip(weight, played.scores, strict=True))
    averaged = judge.measure(averages(played.scores)[-1]).by_group
    assert (averaged <= drawn + 1e-12).all()


def test_a_vote_is_the_weighted_mean_of_scores_and_one_model_stays_itself(ruled):
    other = fit_baseline("logistic_regression", ruled.train.frame, 1 - ruled.train.label, seed=0)
    mixed = vote((ruled.base, other), (1.0, 3.0), title="Both")
    frame = ruled.validation.frame
    np.testing.assert_allclose(mixed.score(frame), (ruled.base.score(frame) + 3 * other.score(frame)) / 4)
    assert vote((ruled.base, other), (0.0, 2.0), title="Both") is other


def test_the_best_round_is_one_model_that_can_be_handed_over(ruled):
    repaired = make("minimax_hedge", {"rounds": 5, "output": "best_round", "max_cost": 1.0}).repair(
        ruled, progress=silent
    )
    assert repaired.fitted.estimator is not None
    assert repaired.measured["worst_group_loss"] < 0.7
    assert "no certificate" in " ".join(repaired.notes)


# bounded group loss


def moments(weight):
    from fairlearn.reductions import BoundedGroupLoss, SquareLoss

    from audit.mitigation.minimax.bounded import WeightedGroupLoss

    table = rows(500, 2)
    names = pd.Series([f"{g:05d}" for g in table.group])
    place, label = np.arange(500)[:, None], pd.Series(table.label.astype(int))
    theirs = BoundedGroupLoss(SquareLoss(0, 1), upper_bound=0.2)
    ours = WeightedGroupLoss(SquareLoss(0, 1), bounds=np.array([0.2, 0.2]), weight=weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Fairlearn's use of pandas
        for moment in (theirs, ours):
            moment.load_data(place, label, sensitive_features=names)
    return table, theirs, ours


def test_with_equal_weights_the_moment_is_fairlearns():
    _, theirs, ours = moments(np.full(500, 2.0))
    score = np.random.default_rng(0).random(500)
    for which in ("prob_attr", "default_objective_lambda_vec"):
        pd.testing.assert_series_equal(getattr(ours, which), getattr(theirs, which), check_names=False)
    pd.testing.assert_series_equal(
        ours.gamma(lambda x: score[x[:, 0]]), theirs.gamma(lambda x: score[x[:, 0]]), check_names=False
    )
    pd.testing.assert_series_equal(ours.bound(), theirs.bound(), check_names=False)
    multipliers = pd.Series([0.3, 1.7], index=ours.index)
    for given in (None, multipliers):
        np.testing.assert_allclose(ours.signed_weights(given), theirs.signed_weights(given))


def test_with_weights_the_moment_weighs():
    weight = np.random.default_rng(1).random(500) + 0.1
    table, _, ours = moments(weight)
    score = np.random.default_rng(0).random(500)
    gamma = ours.gamma(lambda x: score[x[:, 0]])
    for group in (0, 1):
        inside = table.group == group
        expected = np.average((score - table.label)[inside] ** 2, weights=weight[inside])
        assert gamma.iloc[group] == pytest.approx(expected)


@pytest.mark.parametrize("search", ["gradient", "grid"])
def test_a_bound_brings_the_worst_group_down_to_it(ruled, search):
    """Without the mitigation the small group's Brier score is about 0.34; the best for both is about 0.21."""
    settings = {"bound": 0.25, "search": search, "fits": 20, "max_cost": 1.0}
    repaired = make("bounded_group_loss", settings).repair(ruled, progress=silent)
    assert repaired.measured["worst_group_loss_before"] > 0.3
    assert repaired.measured["worst_group_loss"] < 0.26
    said = " ".join(repaired.notes)
    assert "On the training rows the bound is" in said
    assert (repaired.fitted.estimator is not None) == (search == "grid")


def test_a_bound_that_nobody_can_keep_and_one_that_is_kept_already(ruled):
    tight = make("bounded_group_loss", {"bound": 0.05, "fits": 10, "max_cost": 1.0}).repair(
        ruled, progress=silent
    )
    assert "the bound is not kept" in " ".join(tight.notes)
    loose = make("bounded_group_loss", {"bound": 0.9}).repair(ruled, progress=silent)
    assert "The bound is kept already" in " ".join(loose.notes)
    assert loose.fitted is ruled.base


def test_no_more_models_are_trained_than_allowed(ruled):
    from audit.mitigation.minimax.bounded import reduce

    made = []

    def fit(*parts):
        made.append(1)
        return ruled.fit(*parts)

    found = reduce(
        replace(ruled, fit=fit),
        loss="brier",
        bounds=np.array([0.23, 0.23]),
        most=7,
        grid=False,
        progress=silent,
    )
    assert len(made) == found.fits == 7
    assert sum(found.weights) == pytest.approx(1)


def test_the_grid_starts_with_everybody_and_goes_towards_each_group():
    from audit.mitigation.minimax.bounded import star

    grid = star(np.array([0.7, 0.3]), [0, 1], 5)
    assert grid.shape == (2, 5)
    np.testing.assert_allclose(grid.sum(), 1)
    np.testing.assert_allclose(grid[0], [0.7, 0.3])
    np.testing.assert_allclose(grid[1], [2 / 3 * 0.7 + 1 / 3, 0.2])
