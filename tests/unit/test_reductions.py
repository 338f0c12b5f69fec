"""Fairlearn's reductions on the audited kind of model: weights, turned constraints, and what they cannot do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.errors import InputError
from audit.mitigation.catalogue import make
from audit.mitigation.hull.aims import Aim
from audit.mitigation.reductions.mixture import Mixture
from audit.mitigation.reductions.moments import CONSTRAINTS, constraint
from audit.mitigation.reductions.rows import rows_of, without_thin
from audit.models.baseline import Fitted
from audit.progress import silent
from tests.repairing import build_task, memorising, rows

NAMES = ("exponentiated_gradient", "grid_search")

NOISE = pytest.mark.filterwarnings("ignore:Setting a")
"""Fairlearn 0.15 under pandas 3; the mitigations themselves keep it quiet."""


@pytest.fixture(scope="module")
def task():
    return build_task(n=2500)


@NOISE
@pytest.mark.parametrize("name", sorted({name for name, _ in CONSTRAINTS}))
def test_with_equal_weights_the_constraint_is_fairlearns_own(name):
    from fairlearn import reductions

    table = rows(300, 1)
    place = np.arange(300).reshape(-1, 1)
    ours = constraint(name, "positive", weight=np.full(300, 2.5), threshold=0.5, bound=0.03)
    theirs = getattr(reductions, CONSTRAINTS[name, "positive"])(difference_bound=0.03)
    decided = (table.frame["skill"].to_numpy() > 0.4).astype(float)
    both = []
    for moment in (ours, theirs):
        moment.load_data(place, table.label.astype(int), sensitive_features=table.group)
        goal = moment.default_objective()
        goal.load_data(place, table.label.astype(int), sensitive_features=table.group)
        prices = pd.Series(np.linspace(0, 1, len(moment.index)), index=moment.index)
        both.append(
            [
                moment.gamma(lambda _: decided).to_numpy(),
                moment.signed_weights(prices).to_numpy(),
                moment.bound().to_numpy(),
                goal.gamma(lambda _: decided).to_numpy(),
                goal.signed_weights().to_numpy(),
                moment.project_lambda(prices).sort_index().to_numpy(),
            ]
        )
    for one, other in zip(*both, strict=True):
        np.testing.assert_allclose(np.asarray(one, dtype=float), np.asarray(other, dtype=float), atol=1e-12)


@NOISE
@pytest.mark.parametrize("name", ["odds", "selection", "error"])
def test_a_weight_of_2_is_two_rows(name):
    table = rows(200, 2)
    twice = np.where(np.arange(200) % 4 == 0, 2, 1)
    copies = np.repeat(np.arange(200), twice)
    decided = (table.frame["skill"].to_numpy() > 0.4).astype(float)
    found = []
    for pick, weight in ((np.arange(200), twice.astype(float)), (copies, np.ones(len(copies)))):
        moment = constraint(name, "positive", weight=weight, threshold=0.3, bound=0.0)
        place = np.arange(len(pick)).reshape(-1, 1)
        given = {"sensitive_features": table.group[pick]}
        moment.load_data(place, table.label[pick].astype(int), **given)
        goal = moment.default_objective()
        goal.load_data(place, table.label[pick].astype(int), **given)
        own = decided[pick]
        found.append(
            [moment.gamma(lambda _, own=own: own).to_numpy(), goal.gamma(lambda _, own=own: own).to_numpy()]
        )
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(np.asarray(one, dtype=float), np.asarray(other, dtype=float), atol=1e-12)


def test_a_threshold_is_a_price_of_errors():
    table = rows(400, 3)
    chance = 1 / (1 + np.exp(-table.frame["skill"].to_numpy()))
    label = (np.random.default_rng(0).random(400) < chance).astype(int)
    moment = constraint("selection", "positive", weight=np.ones(400), threshold=0.8, bound=0.0)
    goal = moment.default_objective()
    goal.load_data(np.arange(400).reshape(-1, 1), label, sensitive_features=table.group)
    # What a positive decision saves is 0.4 for a positive and −1.6 for a negative: it pays from a chance of 0.8 on.
    saved = goal.signed_weights().to_numpy()
    assert set(np.round(saved, 12)) == {0.4, -1.6}
    assert pytest.approx(0) == 0.8 * 0.4 + 0.2 * -1.6


@pytest.mark.parametrize("favourable", ["positive", "negative"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("aim", ["opportunity", "selection"])
def test_the_gap_closes_on_rows_that_no_model_saw(name, aim, favourable):
    task = build_task(n=4000, favourable=favourable)
    fresh = rows_of(rows(8000, 44), seed=0, most=None)
    before = (task.base.score(fresh.frame) >= 0.5).astype(float)
    after = make(name, {"constraint": aim}).repair(task, progress=silent).decide(fresh.frame, fresh.group)
    goal = Aim(id=aim, favourable=favourable)
    assert fresh.gap(goal, before)[0] > 0.12
    assert fresh.gap(goal, after.astype(float))[0] < 0.6 * fresh.gap(goal, before)[0]
    assert fresh.error(after.astype(float)) < fresh.error(before) + 0.03


def test_with_a_draw_the_constraint_holds_on_the_training_rows(task):
    found = make("exponentiated_gradient", {"draw": True, "difference_bound": 0.01, "max_iter": 20})
    repaired = found.repair(task, progress=silent)
    own = rows_of(task.train, seed=0)
    chance = repaired.score(own.frame, own.group)
    # Each group may be 0.01 from everybody, and the solver breaks that by 0.01 at most.
    assert own.gap(Aim(id="opportunity", favourable="positive"), chance)[0] <= 2 * (0.01 + 0.01)
    drawn = repaired.decide(own.frame, own.group)
    sure = (chance < 1e-9) | (chance > 1 - 1e-9)
    np.testing.assert_array_equal(drawn[sure], (chance[sure] > 0.5).astype(int))
    inside = (chance > 0) & (chance < 1)
    assert repaired.measured["mixture_size"] >= 2
    assert inside.any()


def test_it_does_nothing_to_a_model_that_knows_its_rows_by_heart_and_says_so(task):
    grown = memorising(task)
    goal = Aim(id="opportunity", favourable="positive")
    own, fresh = rows_of(task.train, seed=0), rows_of(rows(6000, 5), seed=0, most=None)
    before = (grown.base.score(fresh.frame) >= 0.5).astype(float)
    assert own.error((grown.base.score(own.frame) >= 0.5).astype(float)) == 0
    repaired = make("exponentiated_gradient").repair(grown, progress=silent)
    assert own.error(repaired.decide(own.frame, own.group).astype(float)) == 0
    after = repaired.decide(fresh.frame, fresh.group).astype(float)
    # The gap is there all the same on rows that it has not seen.
    assert fresh.gap(goal, before)[0] > 0.05
    assert fresh.gap(goal, after)[0] == pytest.approx(fresh.gap(goal, before)[0], abs=0.03)
    assert "makes no mistake on the rows it was trained on" in repaired.notes[0]
    assert repaired.measured["oracle_calls"] <= 5


def test_fairlearn_itself_takes_all_its_steps_and_changes_no_training_decision(task):
    """What is said above is so, and no short cut of ours: ten steps of Fairlearn end with one perfect model."""
    from audit.mitigation.reductions.gradient import _mixture, _run
    from audit.mitigation.reductions.oracle import Workshop

    grown, own = memorising(task), rows_of(task.train, seed=0)
    workshop = Workshop(frame=own.frame, fit=grown.fit, progress=silent, expected=31)
    goal = Aim(id="opportunity", favourable="positive")
    settings = {"bound": 0.01, "eps": 0.01, "max_iter": 10, "nu": 0.001}
    mixture = _mixture(_run(own, goal, workshop, grown, settings=settings), drawn=True)
    assert workshop.trained > 10
    np.testing.assert_array_equal(mixture.chance(own.frame), own.label)


def test_selection_rates_can_still_be_made_alike_by_changed_labels(task):
    grown = memorising(task)
    repaired = make("exponentiated_gradient", {"constraint": "selection"}).repair(grown, progress=silent)
    assert "makes no mistake" not in repaired.notes[0]


@pytest.mark.parametrize("name", NAMES)
def test_one_group_is_refused(name):
    task = build_task(n=400, groups=(("a",),))
    with pytest.raises(InputError) as caught:
        make(name).repair(task, progress=silent)
    assert caught.value.code == "one_group"


@pytest.mark.parametrize("name", NAMES)
def test_a_thin_group_has_no_constraint_of_its_own_and_is_named(name):
    groups = tuple((f"g{k}",) for k in range(8))
    task = build_task(n=1600, groups=groups)
    label = task.train.label.copy()
    label[task.train.group == 3] = 0
    thin = replace(task, train=replace(task.train, label=label))
    params = {"max_iter": 2} if name == "exponentiated_gradient" else {"grid_size": 5}
    repaired = make(name, params).repair(thin, progress=silent)
    assert any(
        "Group 'g3' has fewer than 20 people with the positive label" in note for note in repaired.notes
    )
    own = without_thin(rows_of(thin.train, seed=0), Aim(id="opportunity", favourable="positive"))
    assert own.thin == {3}
    group, rarest = own.constrained(Aim(id="opportunity", favourable="positive"))
    assert set(group[own.group == 3]) == {int(np.argmax(np.bincount(own.group[own.group != 3])))}
    counts = np.bincount(group[own.label == 1])
    assert rarest == pytest.approx(counts[counts > 0].min() / len(own.label))
    chance = np.where(own.group == 3, 1.0, 0.5)  # nobody of the others is favoured more
    assert own.gap(Aim(id="selection", favourable="positive"), chance)[0] == 0


def test_thin_groups_that_are_many_together_are_one():
    aim = Aim(id="selection", favourable="positive")
    table = rows(400, 1, groups=tuple((f"g{k}",) for k in range(4)))
    group = table.group.copy()
    group[group == 2] = np.where(np.arange((group == 2).sum()) < 15, 2, 0)
    group[group == 3] = np.where(np.arange((group == 3).sum()) < 15, 3, 0)
    own = without_thin(rows_of(replace(table, group=group), seed=0), aim)
    assert own.thin == {2, 3}
    merged, _ = own.constrained(aim)
    assert set(merged[np.isin(own.group, (2, 3))]) == {4}
    assert "Groups 'g2' and 'g3' have fewer than 20 people" in own.notes[0]
    lonely = replace(table, group=np.where(group == 2, 2, 0))
    with pytest.raises(InputError) as caught:
        without_thin(rows_of(lonely, seed=0), aim)
    assert caught.value.code == "one_group"


def test_of_many_rows_a_part_is_drawn_evenly():
    table = rows(4000, 1)
    few = rows_of(table, seed=3, most=1000)
    assert len(few.label) == 1000
    for code in (0, 1):
        for label in (0, 1):
            share = np.mean((table.group == code) & (table.label == label))
            assert np.mean((few.group == code) & (few.label == label)) == pytest.approx(share, abs=0.002)
    assert "1,000 of the 4,000 training rows" in few.notes[0]
    np.testing.assert_array_equal(few.label, rows_of(table, seed=3, most=1000).label)
    assert not np.array_equal(few.frame, rows_of(table, seed=4, most=1000).frame)


def test_gaps_are_those_of_the_rows_by_hand():
    table = rows(300, 8, weight=lambda rng, n: rng.exponential(1, n))
    own = rows_of(table, seed=0)
    chance = np.random.default_rng(1).random(300)
    for favourable in ("positive", "negative"):
        good = chance if favourable == "positive" else 1 - chance
        merits = table.label == (favourable == "positive")
        by_hand = [
            np.average(good[(table.group == k) & merits], weights=table.weight[(table.group == k) & merits])
            for k in (0, 1)
        ]
        gap, rates = own.gap(Aim(id="opportunity", favourable=favourable), chance)
        assert rates["chance"] == pytest.approx(by_hand)
        assert gap == pytest.approx(abs(by_hand[0] - by_hand[1]))


def test_a_mixture_decides_by_the_mean_or_by_a_draw():
    frame = pd.DataFrame({"x": [0.1, 0.45, 0.6, 0.9]})

    def model(shift):
        return Fitted(title="m", features=("x",), notes=(), predict=lambda f: f["x"].to_numpy() + shift)

    mixed = Mixture(models=(model(0.0), model(0.2)), shares=(0.75, 0.25), drawn=False)
    assert mixed.score(frame) == pytest.approx([0.15, 0.5, 0.65, 0.925])  # 0.9 + 0.2 is cut at 1
    assert mixed.decide(frame, seed=0).tolist() == [0, 1, 1, 1]
    drawn = replace(mixed, drawn=True)
    assert drawn.score(frame) == pytest.approx([0, 0.25, 1, 1])
    decided = np.mean([drawn.decide(frame, seed=seed) for seed in range(2000)], axis=0)
    assert decided[[0, 2, 3]].tolist() == [0, 1, 1]
    assert decided[1] == pytest.approx(0.25, abs=0.04)
    people = pd.DataFrame({"x": np.linspace(0.31, 0.49, 4000)})
    assert drawn.decide(people, seed=0).mean() == pytest.approx(0.25, abs=0.03)
    backwards = drawn.decide(people[::-1], seed=0)[::-1]
    assert (backwards == drawn.decide(people, seed=0)).all()
    constant = Mixture(models=(1,), shares=(1.0,), drawn=False)
    assert constant.decide(frame, seed=0).tolist() == [1, 1, 1, 1]


def test_the_grid_is_shown_by_its_gap_and_its_best_is_kept(task):
    found = make("grid_search", {"grid_size": 9, "constraint_weight": 1.0}).repair(task, progress=silent)
    series = found.series[0]
    gaps = series.values[series.measures.index("fitted_gap")][0]  # noqa: PD011 - a series of ours
    assert len(gaps) == 9
    assert list(gaps) == sorted(gaps)
    assert series.picked == 1  # only the gap counts
    judge = rows_of(task.validation, seed=0, most=None)
    decided = found.decide(judge.frame, judge.group).astype(float)
    assert judge.gap(Aim(id="opportunity", favourable="positive"), decided)[0] == pytest.approx(gaps[0])
    errors = make("grid_search", {"grid_size": 9, "constraint_weight": 0.0}).repair(task, progress=silent)
    accuracy = errors.series[0].values[0][0]  # noqa: PD011 - a series of ours
    assert accuracy[int(errors.series[0].picked) - 1] == max(accuracy)
