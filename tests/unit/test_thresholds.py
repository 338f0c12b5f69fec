"""Thresholds by group: what the programmes reach, held against counting by hand and against brute force."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from audit.errors import InputError
from audit.mitigation.hull.aims import Aim
from audit.mitigation.hull.curves import curves
from audit.mitigation.hull.programme import solve, weigh
from audit.mitigation.hull.setting import as_now, pose
from audit.mitigation.hull.single import choose
from audit.mitigation.repair import Scores
from audit.mitigation.rule import Step
from tests.thresholding import adjust, draw_scores, gap, rates

COLUMNS = {
    "opportunity": {"positive": (0,), "negative": (1,)},
    "false_positive_rate": {"positive": (1,), "negative": (0,)},
    "odds": {"positive": (0, 1), "negative": (0, 1)},
    "selection": {"positive": (2,), "negative": (2,)},
    "error": {"positive": (3,), "negative": (3,)},
}


def mean_cost(scores, rule, cost=(1.0, 1.0)):
    chance = rule.probability(scores.score, scores.group)
    wrong = np.where(scores.label == 1, cost[1] * (1 - chance), cost[0] * chance)
    return np.average(wrong, weights=scores.weight)


@pytest.mark.parametrize("groups", [1, 2, 5, 20])
@pytest.mark.parametrize("favourable", ["positive", "negative"])
@pytest.mark.parametrize("constraint", list(COLUMNS))
def test_with_a_draw_the_gap_is_the_tolerance_at_most(constraint, favourable, groups):
    scores = draw_scores(300 * groups, groups, seed=groups, favourable=favourable)
    for tolerance in (0.0, 0.05):
        found = adjust("threshold_programme", scores, constraint=constraint, draw=True, tolerance=tolerance)
        table = rates(scores, found.rule)
        for column in COLUMNS[constraint][favourable]:
            assert gap(table[:, column]) <= tolerance + 1e-9
        assert found.measured["fitted_gap"] <= tolerance + 1e-9
        most = 3 if constraint == "odds" else 2
        assert max(len(steps) for steps in found.rule.steps) <= most


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("constraint", list(COLUMNS))
def test_no_pair_of_thresholds_and_no_mixture_within_the_tolerance_is_cheaper(constraint, seed):
    scores = draw_scores(500, 2, seed, values=10)
    problem = pose(scores, Aim(id=constraint, favourable="positive"), cost_ratio=2.0)
    one, other = problem.curves
    rng = np.random.default_rng(seed)
    for tolerance in (0.0, 0.03, 0.2):
        best = solve(problem, tolerance)
        assert best.gap <= tolerance + 1e-9
        tries = [
            ((Step(threshold=a),), (Step(threshold=b),))
            for a, b in itertools.product(one.threshold, other.threshold)
        ]
        for _ in range(300):
            share = rng.random(2)
            tries.append(
                tuple(
                    (Step(threshold=float(a), share=s), Step(threshold=float(b), share=1 - s))
                    for (a, b), s in zip(
                        (rng.choice(curve.threshold, 2) for curve in problem.curves), share, strict=True
                    )
                )
            )
        within = [found for found in (weigh(problem, steps) for steps in tries) if found.gap <= tolerance]
        assert within or (constraint, tolerance) == ("error", 0.0)  # hardly any choice has equal errors
        assert best.cost <= min((found.cost for found in within), default=np.inf) + 1e-9


@pytest.mark.parametrize("groups", [5, 20])
def test_many_groups_are_no_dearer_than_random_choices_within_the_tolerance(groups):
    scores = draw_scores(200 * groups, groups, seed=3, values=20)
    problem = pose(scores, Aim(id="selection", favourable="positive"))
    best = solve(problem, 0.1)
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(400):
        middle = rng.random()
        steps = []
        for curve in problem.curves:
            share = (curve.tp + curve.fp) / (curve.positives + curve.negatives)
            near = np.flatnonzero(np.abs(share - middle) <= 0.05)
            steps.append((Step(threshold=float(curve.threshold[rng.choice(near) if len(near) else 0])),))
        found = weigh(problem, steps)
        if found.gap <= 0.1:
            seen += 1
            assert best.cost <= found.cost + 1e-9
    assert seen > 20


def test_a_wider_tolerance_never_costs_more_and_1_is_the_cheapest_threshold_of_each_group():
    scores = draw_scores(900, 3, seed=5)
    problem = pose(scores, Aim(id="odds", favourable="positive"))
    costs = [solve(problem, tolerance).cost for tolerance in (0, 0.01, 0.05, 0.1, 0.3, 1)]
    assert all(later <= earlier + 1e-12 for earlier, later in itertools.pairwise(costs))
    by_hand = sum(problem.costs(curve, curve.tp, curve.fp).min() for curve in problem.curves)
    assert costs[-1] == pytest.approx(by_hand / problem.mass, abs=1e-12)


def test_what_is_said_of_the_fitted_rows_is_what_the_rule_does_to_them():
    scores = draw_scores(700, 3, seed=2, weighted=True)
    for draw in (True, False):
        found = adjust("threshold_programme", scores, draw=draw, tolerance=0.03)
        table = rates(scores, found.rule)
        assert gap(table[:, 0]) == pytest.approx(found.measured["fitted_gap"], abs=1e-12)
        series = found.series[0]
        at = series.x.index(series.picked)
        accuracy = np.average(
            np.where(
                scores.label == 1,
                found.rule.probability(scores.score, scores.group),
                1 - found.rule.probability(scores.score, scores.group),
            ),
            weights=scores.weight,
        )
        assert series.values[0][0][at] == pytest.approx(accuracy, abs=1e-12)
        for code in range(3):
            assert series.values[2][1 + code][at] == pytest.approx(table[code, 0], abs=1e-12)


def test_without_a_draw_every_group_has_one_threshold_and_a_small_gap():
    scores = draw_scores(6000, 4, seed=1)
    for constraint in COLUMNS:
        found = adjust("threshold_programme", scores, constraint=constraint)
        assert all(len(steps) == 1 for steps in found.rule.steps)
        assert not found.rule.drawn
        assert "drawn_share" not in found.measured
        if constraint != "odds":
            assert found.measured["fitted_gap"] < 0.01


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("constraint", ["opportunity", "error", "odds"])
def test_one_threshold_each_is_as_good_as_trying_them_all(constraint, seed):
    """The search by windows reaches the least of cost + gap beyond the tolerance that brute force finds."""
    scores = draw_scores(400, 2, seed, values=16)
    problem = pose(scores, Aim(id=constraint, favourable="positive"))
    most = solve(problem, 0.02).cost + 0.01
    found = choose(problem, 0.02)
    every = [
        weigh(problem, ((Step(threshold=float(a)),), (Step(threshold=float(b)),)))
        for a, b in itertools.product(*(curve.threshold for curve in problem.curves))
    ]
    least = min(one.cost + max(one.gap - 0.02, 0) for one in every if one.cost <= most)
    assert found.cost + max(found.gap - 0.02, 0) == pytest.approx(least, abs=1e-9)


def test_coarse_scores_do_not_end_where_nobody_is_selected():
    scores = draw_scores(2000, 6, seed=4, values=4)
    found = adjust("threshold_programme", scores)
    chance = found.rule.probability(scores.score, scores.group)
    assert 0.05 < chance.mean() < 0.95
    drawn = adjust("threshold_programme", scores, draw=True)
    assert mean_cost(scores, found.rule) <= mean_cost(scores, drawn.rule) + 0.01 + 1e-9
    assert any("with a draw between two thresholds" in note for note in found.notes)
    assert any("5 values only" in note for note in found.notes)


@pytest.mark.parametrize("favourable", ["positive", "negative"])
@pytest.mark.parametrize("draw", [True, False])
def test_levelling_up_takes_no_chance_away_and_a_floor_holds(favourable, draw):
    scores = draw_scores(3000, 3, seed=6, favourable=favourable)
    problem = pose(scores, Aim(id="opportunity", favourable=favourable))
    now = weigh(problem, as_now(problem)).rates["chance"]
    found = adjust(
        "threshold_programme", scores, draw=draw, keep_chances=True, least_chance=0.7, tolerance=0.02
    )
    column = 0 if favourable == "positive" else 1
    chance = rates(scores, found.rule)[:, column]
    chance = chance if favourable == "positive" else 1 - chance
    assert (chance >= np.maximum(now, 0.7) - 1e-9).all()
    assert chance.max() - chance.min() <= 0.02 + (1e-9 if draw else 0.02)


def test_costs_move_the_thresholds_to_where_the_dear_error_is_rarer():
    scores = draw_scores(4000, 2, seed=7)
    selected = [
        adjust("threshold_programme", scores, cost_ratio=ratio, tolerance=1.0)
        .rule.probability(scores.score, scores.group)
        .mean()
        for ratio in (0.2, 1.0, 5.0)
    ]
    assert selected[0] > selected[1] + 0.05 > selected[2] + 0.1


def test_a_group_with_too_few_of_a_label_keeps_its_threshold_and_is_named():
    scores = draw_scores(1200, 3, seed=8)
    label = scores.label.copy()
    label[scores.group == 2] = 0
    lonely = replace(scores, label=label)
    for name in ("threshold_programme", "threshold_optimizer"):
        found = adjust(name, lonely)
        assert found.rule.steps[2] == (Step(threshold=lonely.threshold),)
        assert any("'g2' keeps its threshold" in note for note in found.notes)
    # Selection rates need no label: there the group takes part.
    found = adjust("threshold_programme", lonely, constraint="selection", draw=True)
    assert gap(rates(lonely, found.rule)[:, 2]) < 1e-9


def test_a_group_that_nobody_is_in_and_people_of_no_group_are_decided_by_the_threshold_of_now():
    scores = draw_scores(800, 2, seed=9)
    found = adjust("threshold_programme", replace(scores, groups=(*scores.groups, ("nobody",))))
    assert found.rule.steps[2] == (Step(threshold=scores.threshold),)
    assert found.rule.otherwise == scores.threshold


@pytest.mark.parametrize("name", ["threshold_programme", "threshold_optimizer", "reject_option"])
def test_nobody_to_set_a_threshold_on_is_an_error_that_says_so(name):
    tiny = draw_scores(16, 2)
    with pytest.raises(InputError) as caught:
        adjust(name, tiny)
    assert caught.value.code == "thresholds_too_few"
    hollow = draw_scores(400, 2)
    hollow.score[0] = np.nan
    with pytest.raises(InputError) as caught:
        adjust(name, hollow)
    assert caught.value.code == "scores_missing"


@pytest.mark.parametrize("name", ["threshold_programme", "threshold_optimizer", "reject_option"])
def test_scores_that_are_all_the_same(name):
    scores = draw_scores(400, 2)
    flat = replace(scores, score=np.full(400, 0.3))
    found = adjust(name, flat)
    assert np.isfinite(found.measured["fitted_gap"])
    if name == "threshold_programme":
        drawn = adjust(name, flat, draw=True)
        assert drawn.measured["fitted_gap"] < 1e-9


@pytest.mark.parametrize("name", ["threshold_programme", "threshold_optimizer", "reject_option"])
@pytest.mark.parametrize(("low", "high"), [(-700.0, 300.0), (1.0, 10.0), (0.0, 1e-9)])
def test_scores_on_any_scale_give_the_same_decisions(name, low, high):
    plain, moved = draw_scores(900, 2, seed=3), draw_scores(900, 2, seed=3, low=low, high=high)
    one, other = adjust(name, plain), adjust(name, moved)
    np.testing.assert_allclose(
        one.rule.probability(plain.score, plain.group),
        other.rule.probability(moved.score, moved.group),
        atol=1e-9,
    )


@pytest.mark.parametrize("name", ["threshold_programme", "reject_option"])
def test_bins_with_weights_are_rows(name):
    """The same people as rows, and as one bin for each group, label and score."""
    scores = draw_scores(3000, 3, seed=4, values=50)
    key = np.stack([scores.group, scores.label, np.round(scores.score * 50)], axis=1)
    _, first, counts = np.unique(key, axis=0, return_index=True, return_counts=True)
    bins = Scores(
        score=scores.score[first],
        label=scores.label[first],
        group=scores.group[first],
        groups=scores.groups,
        weight=counts.astype(float),
        people=counts.astype(float),
        threshold=scores.threshold,
    )
    one, other = adjust(name, scores), adjust(name, bins)
    assert one.rule == other.rule
    assert one.notes == other.notes
    assert one.measured == pytest.approx(other.measured)


def test_a_weight_of_2_is_two_rows():
    scores = draw_scores(1500, 2, seed=5)
    twice = np.where(np.arange(1500) % 3 == 0, 2, 1)
    repeated = np.repeat(np.arange(1500), twice)
    weighted = replace(scores, weight=twice.astype(float))
    rows = replace(
        scores,
        score=scores.score[repeated],
        label=scores.label[repeated],
        group=scores.group[repeated],
        weight=np.ones(len(repeated)),
    )
    for draw in (True, False):
        one = adjust("threshold_programme", weighted, draw=draw)
        other = adjust("threshold_programme", rows, draw=draw)
        np.testing.assert_allclose(
            one.rule.probability(scores.score, scores.group),
            other.rule.probability(scores.score, scores.group),
            atol=1e-6,
        )


def test_the_corners_are_those_of_the_upper_hull_by_hand():
    # Scores 4, 3, 2, 1: one positive, one negative, two positives, one negative.
    scores = Scores(
        score=np.array([4.0, 3, 2, 2, 1]),
        label=np.array([1, 0, 1, 1, 0], dtype=np.int8),
        group=np.zeros(5, dtype=int),
        groups=(("a",),),
        weight=np.ones(5),
        threshold=2.0,
    )
    curve = curves(scores)[0]
    assert curve.threshold.tolist() == [math.inf, 4, 3, 2, -math.inf]
    assert curve.tp.tolist() == [0, 1, 1, 3, 3]
    assert curve.fp.tolist() == [0, 0, 1, 1, 2]
    assert curve.corners.tolist() == [0, 1, 3, 4]
    assert [curve.at(t) for t in (9.0, 4.0, 3.5, 2.5, 2.0, 1.5, 1.0, 0.5, math.inf, -math.inf)] == [
        0, 1, 1, 2, 3, 3, 4, 4, 0, 4,
    ]  # fmt: skip


def test_the_people_needed_are_those_of_the_formula():
    scores = draw_scores(800, 2, seed=1)
    found = adjust("threshold_programme", scores, draw=True)
    table = rates(scores, found.rule)
    n = np.array([np.sum((scores.group == k) & (scores.label == 1)) for k in (0, 1)])
    p = (table[:, 0] * n + 2) / (n + 4)
    margin = 1.96 * np.sqrt(p * (1 - p) / (n + 4))
    assert found.measured["rate_margin"] == pytest.approx(margin.max(), rel=1e-4)
    worst = int(np.argmax(margin))
    needed = p[worst] * (1 - p[worst]) * (1.96 / 0.03) ** 2
    said = next(note for note in found.notes if "by chance" in note)
    assert f"on {n[worst]:,} people with the positive label" in said
    shown = int(said.split("about ")[1].split(" such")[0].replace(",", ""))
    assert needed <= shown <= 1.12 * needed
