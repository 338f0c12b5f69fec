"""Other methods that only move thresholds, and the scores that all of them are given."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from audit.errors import InputError, PlanError
from audit.mitigation.hull.aims import Aim
from audit.mitigation.hull.band import with_margin
from audit.mitigation.hull.crossed import PARTS, parts, tuning_scores
from audit.mitigation.hull.peer import _Given, stand_ins, steps_of
from audit.mitigation.hull.programme import weigh
from audit.mitigation.hull.setting import as_now, pose
from audit.mitigation.hull.withheld import withhold
from audit.mitigation.repair import Scores
from audit.progress import silent
from tests.repairing import build_task, memorising
from tests.thresholding import adjust, draw_scores, gap, rates

# Fairlearn's optimiser


def test_its_answer_is_read_as_fairlearn_itself_decides():
    """Shares and thresholds give the chances that Fairlearn's own prediction has, for every constraint."""
    from fairlearn.postprocessing import ThresholdOptimizer as Theirs

    scores = draw_scores(1500, 3, seed=2)
    fresh = draw_scores(500, 3, seed=20)
    for ours, constraint in (
        ("opportunity", "true_positive_rate_parity"),
        ("selection", "demographic_parity"),
        ("odds", "equalized_odds"),
        ("false_positive_rate", "false_positive_rate_parity"),
    ):
        theirs = Theirs(
            estimator=_Given(),
            constraints=constraint,
            objective="balanced_accuracy_score",
            prefit=True,
            predict_method="predict",
        ).fit(scores.score.reshape(-1, 1), scores.label, sensitive_features=scores.group)
        found = adjust("threshold_optimizer", scores, constraint=ours, objective="balanced_accuracy_score")
        np.testing.assert_allclose(
            found.rule.probability(fresh.score, fresh.group),
            theirs._pmf_predict(fresh.score.reshape(-1, 1), sensitive_features=fresh.group)[:, 1],
            atol=1e-9,
        )
        # A group that it never saw: Fairlearn decides 0 for all; here the threshold of now decides.
        unseen = np.full(500, -1)
        np.testing.assert_array_equal(
            found.rule.probability(fresh.score, unseen), (fresh.score >= scores.threshold).astype(float)
        )


def test_a_score_on_its_threshold_is_below_for_fairlearn():
    from sklearn.utils import Bunch

    class Above:
        threshold = 0.5

    class Everybody:
        threshold = -np.inf

    steps = steps_of(
        Bunch(
            p0=0.25,
            operation0=Above(),
            p1=0.75,
            operation1=Everybody(),
            p_ignore=0.2,
            prediction_constant=0.5,
        )
    )
    chance = {step.threshold: step.share for step in steps}
    assert chance[np.inf] == pytest.approx(0.1)
    assert chance[np.nextafter(0.5, 1)] == pytest.approx(0.2)
    assert sum(chance.values()) == pytest.approx(1)


def test_it_refuses_a_tolerance_for_equalized_odds_in_words():
    with pytest.raises(PlanError, match="no tolerance for equalized odds"):
        adjust("threshold_optimizer", draw_scores(), constraint="odds", tolerance=0.1)


def test_rows_stand_for_weights_in_proportion():
    scores = draw_scores(2000, 2, seed=6, weighted=True)
    rows, exact = stand_ins(scores, [0, 1])
    assert not exact
    for code, label in itertools.product((0, 1), (0, 1)):
        cell = (scores.group == code) & (scores.label == label)
        share = scores.weight[cell].sum() / scores.weight.sum()
        assert np.mean(cell[rows]) == pytest.approx(share, abs=1e-4)
    plain, exact = stand_ins(replace(scores, weight=np.ones(2000)), [0, 1])
    assert exact
    assert sorted(plain) == list(range(2000))


# Reject option


def test_the_margin_brings_the_gap_to_0_and_not_to_the_other_side():
    scores = draw_scores(4000, 2, seed=1)
    found = adjust("reject_option", scores)
    low, high = found.rule.steps[0][0].threshold, found.rule.steps[1][0].threshold
    assert low < scores.threshold < high  # g0 is favoured less
    assert high - scores.threshold == pytest.approx(scores.threshold - low, abs=1e-12)
    assert gap(rates(scores, found.rule)[:, 2]) <= 0.02
    series = found.series[0]
    one, other = (np.array(series.values[2][k]) for k in (1, 2))
    assert (other - one)[0] > 0.1
    assert (other - one)[-1] < -0.1  # a signed gap would have gone there
    picked = series.x.index(series.picked)
    assert abs((other - one)[picked]) == pytest.approx(found.measured["fitted_gap"])


def test_where_the_negative_decision_is_good_the_other_group_is_favoured():
    scores = draw_scores(4000, 2, seed=1, favourable="negative")
    found = adjust("reject_option", scores)
    table = rates(scores, found.rule)
    assert gap(table[:, 2]) <= 0.02
    # g1 has higher scores, so it gets the favourable, negative decision less often: its threshold rises.
    assert found.rule.steps[1][0].threshold > scores.threshold > found.rule.steps[0][0].threshold


def test_equal_scores_at_the_end_of_the_band_are_inside_it():
    scores = Scores(
        score=np.tile(np.array([0.4, 0.5, 0.6]), 100),
        label=np.tile(np.array([0, 1, 1], dtype=np.int8), 100),
        group=np.repeat([0, 1], 150),
        groups=(("a",), ("b",)),
        weight=np.ones(300),
        threshold=0.5,
    )
    problem = pose(scores, Aim(id="selection", favourable="positive"))
    less, more = with_margin(problem, [False, True], abs(0.4 - 0.5))
    assert 0.4 >= less[0].threshold > 0.39
    assert 0.6 < more[0].threshold < 0.61


# Calibrated odds


@pytest.mark.parametrize("favourable", ["positive", "negative"])
@pytest.mark.parametrize("cost", ["opportunity", "false_positive_rate"])
def test_one_cost_becomes_equal_and_the_other_gap_grows(cost, favourable):
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 20_000)
    score = np.clip(rng.beta(2, 3 - 0.5 * group, 20_000), 0, 1)
    label = (rng.random(20_000) < score).astype(np.int8)  # scores are honest in both groups
    scores = Scores(
        score=score,
        label=label,
        group=group,
        groups=(("a",), ("b",)),
        weight=np.ones(20_000),
        threshold=0.5,
        favourable=favourable,
    )
    found = withhold(scores, cost)
    kind = 0 if cost == "opportunity" else 1
    assert found.before[kind] > 0.02
    assert found.after[kind] == pytest.approx(0, abs=1e-12)
    assert found.after[1 - kind] > found.before[1 - kind]
    # By hand: mix the scores of the better-off group with its base rate.
    merit = (label == 1) if favourable == "positive" else (label == 0)
    good = score if favourable == "positive" else 1 - score
    inside = merit if kind == 0 else ~merit
    means = []
    for code in (0, 1):
        share = found.share[code]
        mixed = (1 - share) * good + share * merit[group == code].mean()
        means.append(mixed[(group == code) & inside].mean())
    assert means[0] == pytest.approx(means[1], abs=1e-12)


def test_scores_that_are_no_probabilities_have_no_base_rate_to_take_their_place():
    with pytest.raises(InputError) as caught:
        adjust("calibrated_odds", draw_scores(400, 2, low=1, high=10))
    assert caught.value.code == "scores_no_probabilities"


def test_a_share_of_the_better_off_group_is_decided_without_its_score():
    scores = draw_scores(4000, 2, seed=2)
    found = adjust("calibrated_odds", scores)
    (steps,) = [steps for steps in found.rule.steps if len(steps) == 2]
    assert math.isinf(steps[1].threshold)
    assert sum(step.share for step in steps) == pytest.approx(1)
    code = found.rule.steps.index(steps)
    assert found.measured["drawn_share"] == pytest.approx(steps[1].share * np.mean(scores.group == code))


# Without validation rows


def test_training_rows_are_scored_by_models_that_have_not_seen_them():
    """A model that knows its rows by heart shows no gap there; the thresholds must not be set on that."""
    grown = memorising(build_task(n=1500, validation=False))
    own = grown.base.score(grown.train.frame)
    assert np.mean((own >= 0.5) == grown.train.label) == 1
    scores, notes = tuning_scores(grown, progress=silent)
    right = np.mean((scores.score >= 0.5) == scores.label)
    assert 0.6 < right < 0.8
    assert "scored by 3 models of the same kind" in notes[0]
    part = parts(grown.train, seed=0)
    for code, label in itertools.product((0, 1), (0, 1)):
        cell = (grown.train.group == code) & (grown.train.label == label)
        counts = np.bincount(part[cell], minlength=PARTS)
        assert counts.max() - counts.min() <= 1
    given = replace(grown, base=replace(grown.base, estimator=None))
    scores, notes = tuning_scores(given, progress=silent)
    np.testing.assert_array_equal(scores.score, own)
    assert "with the scores as they are" in notes[0]
    with_rows = memorising(build_task(n=1500))
    scores, notes = tuning_scores(with_rows, progress=silent)
    assert notes == ()
    assert len(scores.label) == len(with_rows.validation.label)


def test_a_gap_within_the_tolerance_may_widen_to_it_and_that_is_said():
    scores = draw_scores(3000, 2, seed=3)
    wide = adjust("threshold_programme", scores, tolerance=0.9)
    problem = pose(scores, Aim(id="opportunity", favourable="positive"))
    before = weigh(problem, as_now(problem)).gap
    said = any("narrower than the tolerance already" in note for note in wide.notes)
    assert said == (wide.measured["fitted_gap"] > before + 0.005)
    assert said
