"""The one training loop, its batches, curves and objectives, and the five mitigations that use it, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from audit.errors import ModelError, PlanError
from audit.mitigation.catalogue import make
from audit.mitigation.networks.adversary import Adversary, told_apart, without
from audit.mitigation.networks.attack import Room, moved, room, withstood
from audit.mitigation.networks.learnt_by_heart import Generalisation, generalisation, stands_out
from audit.mitigation.networks.lesson import COLLAPSED, PLAIN, learn, lesson
from audit.mitigation.networks.penalty import FairLoss, distance, gap
from audit.mitigation.networks.strength import UntilMet
from audit.mitigation.networks.worst import GroupDRO, SmoothMax
from audit.mitigation.repair import Task
from audit.mitigation.table import TrainingTable
from audit.models.baseline import fit_baseline
from audit.models.network import Net
from audit.models.networks.batches import Portions, shuffled, stratified
from audit.models.networks.judged import MEASURES, area, curves, judge
from audit.models.networks.recipe import Descent, Recipe
from audit.models.networks.rows import NetRows
from audit.models.networks.trainer import Objective
from audit.progress import Reporter, named, shown, silent, within
from tests.repairing import build_task, rows

METHODS = (
    "adversarial_debiasing",
    "fair_loss",
    "group_dro",
    "regularised_network",
    "robust_training",
)


def net_rows(label, group, weight=None, numbers=None):
    n = len(label)
    return NetRows(
        numbers=torch.zeros(n, 1) if numbers is None else torch.tensor(numbers, dtype=torch.float32),
        codes=torch.zeros(n, 0, dtype=torch.int64),
        label=torch.tensor(label, dtype=torch.float32),
        weight=torch.ones(n) if weight is None else torch.tensor(weight, dtype=torch.float32),
        group=torch.tensor(group),
        groups=int(max(group)) + 1,
    )


def value_of(series):
    return series.values  # noqa: PD011 - a series of curves, not of pandas


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
        taught = lesson(build_task())
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


class TestPenalty:
    def test_distance_by_hand(self):
        group = torch.tensor([0] * 10 + [1] * 30)
        decided = torch.tensor([0.2] * 10 + [0.6] * 30)
        everybody = 0.5
        found = distance(decided, torch.ones(40), torch.ones(40), group, 2)
        assert float(found) == pytest.approx((0.3**2 + 0.1**2) / 2 / (everybody * 0.5))

    def test_groups_with_few_rows_are_passed_over(self):
        group = torch.tensor([0] * 20 + [1] * 20 + [2] * 7)
        decided = torch.tensor([0.5] * 40 + [0.0] * 7)
        assert float(distance(decided, torch.ones(47), torch.ones(47), group, 3)) == 0.0

    def test_it_is_the_same_whichever_decision_is_called_positive(self):
        group, decided = torch.arange(60) % 3, torch.rand(60, generator=torch.Generator().manual_seed(1))
        one = distance(decided, torch.ones(60), torch.ones(60), group, 3)
        other = distance(1 - decided, torch.ones(60), torch.ones(60), group, 3)
        assert float(one) == pytest.approx(float(other), rel=1e-5)

    def test_equal_rates_have_no_slope(self):
        decided = torch.full((40,), 0.3, requires_grad=True)
        distance(decided, torch.ones(40), torch.ones(40), torch.arange(40) % 2, 2).backward()
        assert float(decided.grad.abs().max()) == pytest.approx(0.0, abs=1e-7)

    def test_gaps_follow_the_favourable_decision_and_leave_out_small_groups(self):
        label, group = [1] * 20 + [0] * 20 + [1] * 20 + [0] * 20 + [1] * 3, [0] * 40 + [1] * 40 + [2] * 3
        logits = [1.0] * 10 + [-1.0] * 10 + [1.0] * 4 + [-1.0] * 16 + [1.0] * 20 + [-1.0] * 20 + [-1.0] * 3
        found = judge(torch.tensor(logits), net_rows(label, group), cut=0.0)
        assert gap(found, "opportunity", 1) == pytest.approx(0.5)
        assert gap(found, "opportunity", 0) == pytest.approx(0.2)
        assert gap(found, "odds", 1) == pytest.approx(0.5)
        assert gap(found, "selection", 1) == pytest.approx(0.5 - 14 / 40)
        assert gap(found, "error", 1) == pytest.approx(14 / 40)
        assert (
            gap(judge(torch.tensor(logits[:40]), net_rows(label[:40], group[:40]), cut=0.0), "odds", 1)
            is None
        )

    def test_the_coefficient_rises_beyond_the_tolerance_and_falls_within_it(self):
        ascent = UntilMet("opportunity", 0.1, cut=0.0, good=1)
        rows_ = net_rows([1] * 40, [0] * 20 + [1] * 20)
        ascent.begin(Net(1, 0), rows_, rows_, PLAIN, seed=0)
        wide = judge(torch.tensor([1.0] * 20 + [1.0] * 10 + [-1.0] * 10), rows_, cut=0.0)
        close = judge(torch.tensor([1.0] * 19 + [-1.0] + [1.0] * 20), rows_, cut=0.0)
        assert ascent.rank(wide, None) > ascent.rank(close, None)
        assert ascent.used == pytest.approx([0.0, 2 * 0.4])
        assert ascent.coefficient == pytest.approx(2 * 0.4 + 2 * (0.05 - 0.1))

    def test_a_stronger_penalty_closes_the_gap_and_the_path_says_which_was_kept(self):
        task = build_task(n=3000)
        repaired = make("fair_loss", {"aim": "selection", "give_up": 0.2}).repair(task, progress=silent)
        path = next(one for one in repaired.series if one.kind == "path")
        gaps = value_of(path)[path.measures.index("demographic_parity_difference")][0]
        assert path.x == (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)
        assert gaps[-1] < 0.5 * gaps[0]
        assert path.picked == repaired.measured["coefficient"] == path.x[int(np.argmin(gaps))]
        none = make("fair_loss", {"aim": "selection", "give_up": 0.0}).repair(task, progress=silent)
        kept = next(one for one in none.series if one.kind == "path")
        accuracy = value_of(kept)[kept.measures.index("accuracy")][0]
        assert accuracy[kept.x.index(kept.picked)] >= accuracy[0]

    def test_growing_until_a_tolerance_is_met_or_saying_that_it_was_not(self):
        task = build_task(n=3000)
        met = make("fair_loss", {"aim": "selection", "mode": "tolerance", "tolerance": 0.08}).repair(
            task, progress=silent
        )
        assert met.measured["coefficient"] > 0
        assert any("within the 8.0 asked for" in note for note in met.notes)
        missed = make("fair_loss", {"aim": "odds", "mode": "tolerance", "tolerance": 0.0}).repair(
            build_task(n=900), progress=silent
        )
        assert any("was not met in any epoch" in note for note in missed.notes)

    def test_with_one_group_there_is_nothing_to_compare_and_it_is_said(self):
        task = build_task(groups=(("a",),))
        repaired = make("fair_loss", {}).repair(task, progress=silent)
        assert any("cannot be estimated" in note for note in repaired.notes)
        assert repaired.measured["coefficient"] == 0.0

    def test_the_penalty_looks_at_the_label_that_the_good_decision_is_due_to(self):
        batch = torch.arange(80)
        label = [1.0] * 40 + [0.0] * 40
        for good, apart in ((1, True), (0, False)):
            objective = FairLoss("opportunity", 1.0, cut=0.0, good=good)
            rows_ = net_rows(label, ([0] * 20 + [1] * 20) * 2)
            objective.begin(Net(1, 0), rows_, rows_, PLAIN, seed=0)
            logits = torch.tensor([2.0] * 20 + [-2.0] * 20 + [1.0] * 40)
            found = objective.penalty(logits, rows_.label[batch], rows_.weight[batch], rows_.group[batch])
            assert (float(found) > 0.1) is apart


class TestAdversary:
    def test_the_projection_is_orthogonal_to_the_adversary_over_all_parameters_together(self):
        draw = torch.Generator().manual_seed(0)
        mine = [torch.randn(64, 108, generator=draw), torch.randn(64, generator=draw)]
        its = [torch.randn(64, 108, generator=draw), torch.randn(64, generator=draw)]
        left = without(mine, its, 0.0)
        assert sum(float((a * b).sum()) for a, b in zip(left, its, strict=True)) == pytest.approx(
            0.0, abs=1e-2
        )
        pushed = without(mine, its, 2.0)
        for a, b, c in zip(left, its, pushed, strict=True):
            torch.testing.assert_close(c, a - 2.0 * b)
        same = without(mine, [torch.zeros_like(one) for one in its], 2.0)
        torch.testing.assert_close(same[0], mine[0])

    def test_a_fresh_adversary_tells_what_is_there_and_guesses_where_nothing_is(self):
        draw = torch.Generator().manual_seed(1)
        n = 3000
        rows_ = net_rows(np.arange(n) % 2, (np.arange(n) // 2) % 3)
        noise = torch.randn(n, generator=draw)
        for shift, low, high in ((0.0, 0.45, 0.55), (3.0, 0.9, 1.0)):
            logits = noise + shift * rows_.group
            found = told_apart((logits, rows_), (logits, rows_), aim="odds", good=1, seed=0)
            assert low <= found <= high

    def test_labels_alone_do_not_count_as_telling_the_group(self):
        n = 4000
        group = np.arange(n) % 2
        label = (np.random.default_rng(0).random(n) < np.where(group, 0.9, 0.1)).astype(int)
        rows_ = net_rows(label, group)
        logits = torch.randn(n, generator=torch.Generator().manual_seed(1))
        odds = told_apart((logits, rows_), (logits, rows_), aim="odds", good=1, seed=0)
        assert odds == pytest.approx(0.5, abs=0.04)

    def test_for_equal_odds_it_sees_the_label(self):
        assert Adversary("odds", 3).layers[0].in_features == 3
        assert Adversary("selection", 3).layers[0].in_features == 1
        assert Adversary("selection", 3)(torch.zeros(5), torch.zeros(5)).shape == (5, 3)

    def test_it_leaves_less_to_tell_than_the_plain_network(self):
        task = build_task(n=3000)
        left = [
            make("adversarial_debiasing", {"aim": "selection", "alpha": alpha})
            .repair(task, progress=silent)
            .measured["adversary_auc"]
            for alpha in (0.0, 4.0)
        ]
        assert left[1] < left[0] - 0.05


class TestWorst:
    def test_weights_of_groups_by_hand(self):
        objective = GroupDRO(0.5, 0.0)
        rows_ = net_rows([1.0, 1.0, 0.0, 0.0] * 10, [0, 0, 1, 1] * 10)
        net = Net(1, 0)
        objective.begin(net, rows_, rows_, PLAIN, seed=0)
        net.eval()
        batch = torch.arange(40)
        losses = objective.of_groups(batch)[0].detach()
        found = float(objective.loss(batch).detach())
        q = torch.exp(0.5 * losses)
        q = q / q.sum()
        torch.testing.assert_close(objective.q, q)
        assert found == pytest.approx(float((q * losses).sum()), rel=1e-5)

    def test_the_adjustment_favours_small_groups(self):
        objective = GroupDRO(1.0, 3.0)
        rows_ = net_rows([1.0] * 104, [0] * 100 + [1] * 4)
        objective.begin(Net(1, 0), rows_, rows_, PLAIN, seed=0)
        assert objective.added.tolist() == pytest.approx([0.3, 1.5])

    def test_a_smooth_maximum_lies_between_mean_and_maximum(self):
        rows_ = net_rows([1.0, 0.0] * 20, [0, 1] * 20)
        batch = torch.arange(40)
        net = Net(1, 0)
        for softness, want in ((1e-3, "max"), (1e3, "mean")):
            objective = SmoothMax(softness)
            objective.begin(net, rows_, rows_, PLAIN, seed=0)
            net.eval()
            losses = objective.of_groups(batch)[0].detach()
            assert float(objective.loss(batch).detach()) == pytest.approx(
                float(getattr(losses, want)()), abs=1e-3
            )

    @pytest.mark.parametrize("way", ["weights", "sampling", "maximum"])
    def test_thirty_groups_some_of_one_row(self, way):
        table = rows(700, 1, groups=tuple((str(k),) for k in range(30)))
        group = table.group.copy()
        group[group == 29] = 28
        group[0] = 29
        task = replace(build_task(), train=replace(table, group=group), validation=None)
        repaired = make("group_dro", {"way": way}).repair(task, progress=silent)
        assert np.isfinite(repaired.score(table.frame, group)).all()


class TestAttack:
    def trained(self):
        task = build_task(n=1500, algorithm="mlp")
        taught = lesson(task)
        return taught, task.base.estimator.net, room(taught.encoder, taught.rows)

    def test_what_may_not_move_does_not_and_the_rest_stays_within_reach_and_range(self):
        taught, net, limits = self.trained()
        rows_ = taught.held
        assert limits.movable.tolist() == [1.0, 1.0, 1.0, 0.0]  # skill, proxy, age; owner has two values
        for steps in (1, 7):
            after = moved(net, (rows_.numbers, rows_.codes), rows_.label, limits, size=0.2, steps=steps)
            apart = (after - rows_.numbers).abs()
            assert float(apart.max()) <= 0.2 + 1e-6
            assert float(apart[:, 3].max()) == 0.0
            low, high = torch.minimum(limits.low, rows_.numbers), torch.maximum(limits.high, rows_.numbers)
            assert bool(((after >= low) & (after <= high)).all())

    def test_a_missing_value_is_not_moved(self):
        limits = Room(
            low=torch.tensor([-9.0, 0.0]),
            high=torch.tensor([9.0, 1.0]),
            movable=torch.tensor([1.0, 0.0]),
            marks=((0, 1),),
        )
        net = Net(2, 0)
        start = torch.tensor([[0.0, 1.0], [0.0, 0.0]])
        after = moved(
            net, (start, torch.zeros(2, 0, dtype=torch.int64)), torch.ones(2), limits, size=0.5, steps=1
        )
        assert after[0].tolist() == [0.0, 1.0]
        assert abs(float(after[1, 0])) == pytest.approx(0.5)

    def test_no_change_is_clean_accuracy_and_more_change_is_never_better(self):
        taught, net, limits = self.trained()
        clean = judge(_logits(net, taught.held), taught.held, cut=0.0).rates()[0][0]
        accuracy = [
            withstood(net, taught.held, limits, size=size, cut=0.0).rates()[0][0]
            for size in (0.0, 0.05, 0.1, 0.2, 0.4)
        ]
        assert accuracy[0] == clean
        assert accuracy == sorted(accuracy, reverse=True)
        assert accuracy[-1] < accuracy[0] - 0.05

    def test_training_against_changes_withstands_more(self):
        task = build_task(n=3000, algorithm="mlp")
        repaired = make("robust_training", {"size": 0.3}).repair(task, progress=silent)
        assert repaired.measured["robust_accuracy"] >= repaired.measured["robust_accuracy_before"]
        path = next(one for one in repaired.series if one.kind == "path")
        assert path.measures == ("robust_accuracy_before", "robust_accuracy")
        assert path.picked == 0.3

    def test_without_numbers_it_says_that_nothing_was_moved(self):
        task = build_task()
        bare = {"frame": task.train.frame[["job", "owner"]]}
        held = replace(task.validation, frame=task.validation.frame[["job", "owner"]])
        base = fit_baseline("mlp", bare["frame"], task.train.label, seed=0)
        repaired = make("robust_training", {}).repair(
            replace(task, train=replace(task.train, **bare), validation=held, base=base), progress=silent
        )
        assert any("No number of the data can be moved" in note for note in repaired.notes)


class TestByHeart:
    def test_the_gap_is_the_difference_of_mean_losses(self):
        net = Net(1, 0).eval()
        train, held = (
            net_rows([1.0, 0.0, 1.0, 0.0], [0, 0, 1, 1]),
            net_rows([1.0, 1.0, 0.0, 0.0], [0, 0, 1, 1]),
        )
        found = {one.group: one for one in generalisation(net, train, held)}
        each = torch.nn.functional.binary_cross_entropy_with_logits
        logit = _logits(net, held)[:1]
        up, down = float(each(logit, torch.ones(1))), float(each(logit, torch.zeros(1)))
        assert found[None].gap == pytest.approx(0.0, abs=1e-6)
        assert found[0].gap == pytest.approx(up - (up + down) / 2, abs=1e-6)

    def test_only_what_goes_beyond_chance_stands_out(self):
        everybody = Generalisation(group=None, gap=0.02, error=0.0, train=0.3, held=0.32)
        far = Generalisation(group=0, gap=0.2, error=0.02, train=0.3, held=0.5)
        assert stands_out(far, everybody)
        assert not stands_out(replace(far, error=0.1), everybody)
        assert not stands_out(replace(far, gap=0.03, error=0.001), everybody)

    def test_a_group_learnt_by_heart_is_named(self):
        """A tenth has labels drawn by a coin: what is learned of them holds for nobody else; the others are easy."""
        task = build_task(n=1500)

        def muddied(table, seed):
            draw = np.random.default_rng(seed)
            group = (draw.random(len(table.label)) < 0.1).astype(int)
            easy = (table.frame["skill"] > 0.5).to_numpy().astype(np.int8)
            coin = draw.integers(0, 2, len(group)).astype(np.int8)
            return replace(table, group=group, label=np.where(group == 1, coin, easy))

        settings = {"dropout": 0.0, "learning_rate": 0.02, "width": 256, "epochs": 60, "l2": 0.0}
        mud = replace(task, train=muddied(task.train, 1), validation=muddied(task.validation, 2))
        taught = lesson(mud)
        recipe = replace(
            make("regularised_network", settings)._recipe(), patience=0
        )  # to the end, as nobody should
        net = learn(taught, recipe, Objective(), progress=silent).net
        found = {one.group: one for one in generalisation(net, taught.rows, taught.held)}
        assert found[1].gap > 2 * found[None].gap
        assert stands_out(found[1], found[None])
        assert not stands_out(found[0], found[None])


def _logits(net, rows_):
    net.eval()
    with torch.inference_mode():
        return net(rows_.numbers, rows_.codes)


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
