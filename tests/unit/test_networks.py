"""The one training loop with its batches and curves, and what the mitigations that use it give back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from audit.errors import ModelError, PlanError
from audit.mitigation.catalogue import make
from audit.mitigation.networks.lesson import COLLAPSED, PLAIN, learn, lesson
from audit.mitigation.repair import Task
from audit.mitigation.table import TrainingTable
from audit.models.baseline import fit_baseline
from audit.models.networks.batches import Portions, portion, shuffled, stratified
from audit.models.networks.judged import MEASURES, area, curves, judge
from audit.models.networks.recipe import Descent, Recipe
from audit.models.networks.trainer import Objective
from audit.progress import Reporter, named, shown, silent, within
from tests.netrows import net_rows, value_of
from tests.repairing import build_task, rows

METHODS = (
    "adversarial_debiasing",
    "fair_loss",
    "group_dro",
    "regularised_network",
    "robust_training",
)


class TestBatches:
    def test_every_row_comes_once(self):
        for parts in (shuffled(1000, 128, 3), stratified(np.arange(1000) % 7, 128, 3)):
            assert sorted(torch.cat(list(parts)).tolist()) == list(range(1000))

    def test_each_portion_has_each_cell_in_its_share(self):
        cell = np.repeat([0, 1, 2], [900, 90, 34])
        parts = list(stratified(cell, 128, 0))
        assert [len(part) for part in parts] == [128] * 8
        for part in parts:
            found = np.bincount(cell[part.numpy()], minlength=3)
            assert abs(found - np.array([900, 90, 34]) / 8).max() <= 1.5

    def test_few_rows_are_taken_in_four_portions_and_many_as_always(self):
        assert [portion(n, 1024) for n in (30, 500, 600, 4000, 4096, 30_000)] == [
            128,
            128,
            150,
            1000,
            1024,
            1024,
        ]

    def test_few_rows_make_one_portion(self):
        assert [len(part) for part in stratified(np.zeros(30, int), 512, 0)] == [30]

    def test_balanced_portions_repeat_a_small_group_only_when_it_is_used_up(self):
        group = np.repeat([0, 1], [100, 10])
        portions = Portions(group, 0)
        first, second = portions.balanced(16).numpy(), portions.balanced(16).numpy()
        assert np.bincount(group[first]).tolist() == [8, 8]
        small = np.concatenate([first, second])[np.concatenate([group[first], group[second]]) == 1]
        assert set(small.tolist()) == set(range(100, 110))


class TestJudged:
    def test_rates_losses_and_areas_by_hand(self):
        held = net_rows([1, 1, 0, 0, 1, 0], [0, 0, 0, 0, 1, 1], weight=[1, 1, 2, 1, 1, 1])
        logits = torch.tensor([2.0, -1.0, 1.0, -2.0, 3.0, -3.0])
        found = judge(logits, held, cut=0.0)
        table = dict(zip(MEASURES, found.every(), strict=True))
        assert table["accuracy"].tolist() == pytest.approx([4 / 7, 2 / 5, 1.0])
        assert table["selection_rate"].tolist() == pytest.approx([4 / 7, 3 / 5, 0.5])
        assert table["true_positive_rate"].tolist() == pytest.approx([2 / 3, 0.5, 1.0])
        assert table["false_positive_rate"].tolist() == pytest.approx([2 / 4, 2 / 3, 0.0])
        # Pairs of group 0: (2, 1) won by weight 2, (2, −2) by 1; (−1, 1) lost by 2, (−1, −2) won by 1.
        assert table["auc"][1:].tolist() == pytest.approx([4 / 6, 1.0])
        loss = [
            math.log1p(math.exp(-2)),
            math.log1p(math.exp(1)),
            2 * math.log1p(math.exp(1)),
            math.log1p(math.exp(-2)),
        ]
        assert table["log_loss"][1] == pytest.approx(sum(loss) / 5, rel=1e-6)
        assert not found.collapsed

    def test_what_is_undefined_is_nan_and_none_in_curves(self):
        found = judge(torch.tensor([1.0, -1.0, 1.0]), net_rows([1, 0, 1], [0, 0, 1]), cut=0.0)
        assert math.isnan(found.every()[MEASURES.index("false_positive_rate")][2])
        assert math.isnan(found.every()[MEASURES.index("auc")][2])
        series = curves([found], groups=(("a",), ("b",)), picked=1, title="t")
        assert value_of(series)[MEASURES.index("auc")][2] == (None,)
        assert value_of(series)[MEASURES.index("true_positive_rate")][2] == (1.0,)
        assert (series.kind, series.picked, series.x) == ("training", 1.0, (1.0,))

    def test_equal_scores_count_half(self):
        assert area(np.zeros(4), np.array([0, 1, 0, 1]), np.ones(4)) == 0.5

    @pytest.mark.parametrize("value", [-9.0, 9.0, 0.01])
    def test_a_network_that_says_the_same_of_everybody_has_collapsed(self, value):
        assert judge(torch.full((50,), value), net_rows([0, 1] * 25, [0] * 50), cut=0.0).collapsed

    def test_small_groups_do_not_decide_when_to_stop(self):
        held = net_rows([1] * 43, [0] * 40 + [1] * 3)
        logits = torch.tensor([1.0] * 40 + [-5.0] * 3)
        found = judge(logits, held, cut=0.0)
        assert found.worst == pytest.approx(found.losses[0])
        assert found.losses[1] > found.losses[0]


class TestRecipe:
    def down(self, recipe, start=2.0, steps=1):
        weight = torch.nn.Parameter(torch.full((1, 1), start))
        descent = Descent([weight], recipe)
        for _ in range(steps):
            descent.down((weight * 0.0).sum())
        return float(weight.detach())

    def test_decoupled_decay_shrinks_by_rate_times_decay(self):
        for optimiser in ("adamw", "adam", "sgd", "adagrad"):
            recipe = Recipe(optimiser=optimiser, learning_rate=0.1, l2=0.5)
            assert self.down(recipe) == pytest.approx(2.0 * (1 - 0.05), rel=1e-6)

    def test_plain_decay_follows_the_gradient_of_half_the_squares(self):
        recipe = Recipe(optimiser="sgd", decoupled=False, learning_rate=0.1, l2=0.5)
        assert self.down(recipe) == pytest.approx(2.0 - 0.1 * 0.5 * 2.0)

    def test_l1_pulls_by_its_sign(self):
        recipe = Recipe(optimiser="sgd", l1=0.5, l2=0.0, learning_rate=0.1)
        assert self.down(recipe, start=-2.0) == pytest.approx(-2.0 + 0.05)

    def test_the_usual_settings_are_those_of_the_baseline(self):
        """Without validation rows and with one group, the regularised network is the baseline to the last bit."""
        table = rows(900, 3, groups=(("a",),))

        def fit(frame, label, weight, progress):
            return fit_baseline("mlp", frame, label, weight=weight, seed=4, progress=progress)

        task = Task(
            train=replace(table, group=np.zeros(900, int)), validation=None, fit=fit,
            base=fit(table.frame, table.label, table.weight, silent), threshold=0.5, favourable="positive", seed=4,
        )  # fmt: skip
        repaired = make("regularised_network", {}).repair(task, progress=silent)
        fresh = rows(200, 9)
        np.testing.assert_array_equal(repaired.score(fresh.frame, fresh.group), task.base.score(fresh.frame))

    def test_early_stopping_keeps_the_best_epoch_and_averaging_the_last_ones(self):
        taught = lesson(build_task(n=120))  # one step an epoch: the mean of the last step is the last step
        stopped = learn(taught, PLAIN, Objective(), progress=silent)
        losses = [one.loss for one in stopped.course.judged]
        assert stopped.course.kept == int(np.argmin(losses)) + 1
        assert stopped.series.picked == stopped.course.kept
        recipe = replace(PLAIN, epochs=6, patience=0, averaged=3)
        assert learn(taught, recipe, Objective(), progress=silent).course.kept == 6
        one = learn(taught, replace(recipe, averaged=0), Objective(), progress=silent)
        other = learn(taught, replace(recipe, averaged=1), Objective(), progress=silent)
        assert (
            len(taught.rows) < recipe.batch
        )  # one step an epoch: the mean of the last step is the last step
        for a, b in zip(one.net.parameters(), other.net.parameters(), strict=True):
            torch.testing.assert_close(a, b)


class TestAnswers:
    @pytest.mark.parametrize("name", METHODS)
    def test_curves_come_back_whole_and_grow_while_it_trains(self, name):
        seen = []
        told = within(named(Reporter(silent, seen.append), "Seed 1"), 0.0, 0.5)
        repaired = make(name, {}).repair(build_task(n=600), progress=told)
        training = repaired.series[0]
        assert training.kind == "training"
        assert training.groups == (None, ("a",), ("b",))
        assert training.picked in training.x
        assert all(len(line) == len(training.x) for by_group in value_of(training) for line in by_group)
        assert len(seen) > 3
        lengths = [len(one.x) for one in seen if one.kind == "training"]
        assert lengths[:3] == [1, 2, 3]

    @pytest.mark.parametrize("name", METHODS)
    def test_it_can_be_handed_over(self, name):
        task = build_task(n=600)
        repaired = make(name, {}).repair(task, progress=silent)
        fitted = repaired.fitted
        encoder, network = fitted.encoder, fitted.estimator
        frame = task.validation.frame
        np.testing.assert_allclose(
            network.score(encoder.standard(frame), encoder.codes(frame)),
            repaired.score(frame, task.validation.group),
        )

    def test_a_network_that_says_nothing_is_said_to_have_collapsed(self):
        repaired = make("regularised_network", {"l1": 1.0}).repair(build_task(n=2000), progress=silent)
        assert COLLAPSED in repaired.notes
        fine = make("regularised_network", {}).repair(build_task(n=2000), progress=silent)
        assert COLLAPSED not in fine.notes

    def test_one_label_only_is_refused(self):
        task = build_task()
        table = replace(task.train, label=np.ones_like(task.train.label))
        with pytest.raises(ModelError):
            make("fair_loss", {}).repair(replace(task, train=table), progress=silent)

    def test_settings_out_of_range_are_refused_when_work_starts(self):
        for name, setting in (("fair_loss", {"strength": 99}), ("adversarial_debiasing", {"alpha": -1})):
            with pytest.raises(PlanError):
                make(name, setting)

    def test_too_few_rows_to_keep_some_aside_is_said(self):
        task = build_task(n=150, validation=False)
        repaired = make("group_dro", {}).repair(task, progress=silent)
        assert any("too few training rows" in note for note in repaired.notes)

    def test_a_favourable_negative_decision_turns_the_chances(self):
        repaired = make("fair_loss", {}).repair(build_task(n=900, favourable="negative"), progress=silent)
        path = next(one for one in repaired.series if one.kind == "path")
        assert path.measures[-1] == "true_negative_rate"

    @pytest.mark.parametrize("name", METHODS)
    def test_names_and_levels_from_outside_do_no_harm(self, name):
        rng = np.random.default_rng(0)
        n = 400
        frame = pd.DataFrame(
            {
                "<b>x</b>": rng.normal(size=n),
                "=cmd()": rng.choice(["<i>", None, "عمر", "x" * 500], n),
                "empty": np.nan,
            }
        )
        table = TrainingTable(
            frame=frame, label=(frame["<b>x</b>"] > 0).astype(np.int8).to_numpy(), group=rng.integers(0, 2, n),
            groups=(("<script>",), ("=1+1",)), weight=np.ones(n),
        )  # fmt: skip

        def fit(frame, label, weight, progress):
            return fit_baseline("mlp", frame, label, weight=weight, seed=0, progress=progress)

        task = Task(
            train=table, validation=None, fit=fit, base=fit(frame, table.label, None, silent), threshold=0.3,
            favourable="positive", seed=0,
        )  # fmt: skip
        repaired = make(name, {}).repair(task, progress=silent)
        assert set(np.unique(repaired.decide(frame, table.group))) <= {0, 1}


def test_a_progress_without_eyes_is_shown_nothing():
    assert shown(silent) is None
    assert shown(within(silent, 0, 1)) is None
    seen = []
    show = shown(named(within(Reporter(silent, seen.append), 0, 0.5), "x"))
    show("curves")
    assert seen == ["curves"]
