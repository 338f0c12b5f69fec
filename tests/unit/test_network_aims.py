"""What networks are trained for beside the plain loss, each by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from audit.mitigation.catalogue import make
from audit.mitigation.networks.adversary import Adversary, told_apart, without
from audit.mitigation.networks.attack import Room, moved, room, withstood
from audit.mitigation.networks.learnt_by_heart import Generalisation, generalisation, stands_out
from audit.mitigation.networks.lesson import PLAIN, learn, lesson
from audit.mitigation.networks.penalty import FairLoss, distance, gap, without_say
from audit.mitigation.networks.strength import UntilMet
from audit.mitigation.networks.worst import GroupDRO, SmoothMax
from audit.models.baseline import fit_baseline
from audit.models.network import Net
from audit.models.networks.judged import judge
from audit.models.networks.trainer import Objective
from audit.progress import silent
from tests.netrows import net_rows, value_of
from tests.repairing import build_task, rows


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
        label, group = [1] * 40 + [0] * 40 + [1] * 40 + [0] * 40 + [1] * 29, [0] * 80 + [1] * 80 + [2] * 29
        logits = [1.0] * 20 + [-1.0] * 20 + [1.0] * 8 + [-1.0] * 32 + [1.0] * 40 + [-1.0] * 40 + [-1.0] * 29
        found = judge(torch.tensor(logits), net_rows(label, group), cut=0.0)
        assert gap(found, "opportunity", 1) == pytest.approx(0.5)
        assert gap(found, "opportunity", 0) == pytest.approx(0.2)
        assert gap(found, "odds", 1) == pytest.approx(0.5)
        assert gap(found, "selection", 1) == pytest.approx(0.5 - 28 / 80)
        assert without_say(found, "odds", 1) == without_say(found, "selection", 1) == (2,)
        assert gap(found, "error", 1) == pytest.approx(28 / 80)
        assert (
            gap(judge(torch.tensor(logits[:80]), net_rows(label[:80], group[:80]), cut=0.0), "odds", 1)
            is None
        )

    def test_the_coefficient_rises_beyond_the_tolerance_and_falls_within_it(self):
        ascent = UntilMet("opportunity", 0.1, cut=0.0, good=1)
        wide = [[1.0]] * 60 + [[-1.0]] * 20
        close = [[1.0]] * 38 + [[-1.0]] * 2 + [[1.0]] * 40
        net = torch.nn.Module()
        net.forward = lambda numbers, codes: numbers[:, 0]  # noqa: ARG005 - decides by the number itself
        net.register_parameter("none", torch.nn.Parameter(torch.zeros(1)))
        ranks = []
        for numbers in (wide, close):
            rows_ = net_rows([1] * 80, [0] * 40 + [1] * 40, numbers=numbers)
            if not ranks:
                ascent.begin(net, rows_, rows_, PLAIN, seed=0)
            ascent.rows = ascent.held = rows_
            ranks.append(ascent.rank(judge(rows_.numbers[:, 0], rows_, cut=0.0), None))
        assert ranks[0] > ranks[1]
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

    def test_groups_too_small_for_a_say_are_named(self):
        task = build_task()
        table = replace(
            task.train,
            groups=(("a",), ("b",), ("few",)),
            group=np.where(np.arange(900) < 25, 2, task.train.group),
        )
        repaired = make("fair_loss", {"mode": "fixed"}).repair(
            replace(task, train=table, validation=None), progress=silent
        )
        assert any(
            "fewer than 30" in note and "'few'" in note and "'a'" not in note for note in repaired.notes
        )

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
