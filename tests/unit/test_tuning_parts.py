"""The parts of a search over repairs, each by hand: what may be tried, what is proposed, what is picked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audit.errors import PlanError
from audit.flags import parser
from audit.mitigation.catalogue import catalogue
from audit.mitigation.spec import Param, resolve_params
from audit.models.split import TEST, TRAIN, VALIDATION
from audit.options import plan_from
from audit.plan import Plan, Tuning
from audit.tuning.choose import Point, best, broken, dominates, front, promising, spread_out
from audit.tuning.nested import thinned, without_test
from audit.tuning.proposals import Outcome, Proposer
from audit.tuning.space import defaults, dimension, dimensions, methods_of, rounded
from tests.tuning import people, work_on


def param(kind="float", **more):
    return Param(id="x", title="X", kind=kind, default=1, help="What it does.", **more)


def test_numbers_need_both_limits_and_those_far_apart_are_drawn_by_factors():
    assert dimension(param(low=0.0)) is None
    assert dimension(param(low=1.0, high=1.0)) is None
    assert dimension(param(low=0.0, high=1.0, tuned=False)) is None
    near = dimension(param(low=0.5, high=20.0))
    assert (near.low, near.high, near.log) == (0.5, 20.0, False)
    assert dimension(param(low=0.001, high=1.0)).log
    assert not dimension(param(low=0.0, high=1000.0)).log
    assert not dimension(param(low=0.001, high=1.0, log=False)).log
    assert dimension(param(low=1.0, high=2.0, log=True)).log


def test_choices_and_switches_are_tried_by_value():
    assert dimension(param("choice", choices=("a", "b"))).values == ("a", "b")
    assert dimension(param("choice", choices=("a",))) is None
    assert dimension(param("bool")).values == (False, True)


@pytest.mark.parametrize(
    ("value", "wanted"), [(0.123456, 0.123), (0.00001234567, 0.0000123), (0.0, 0.0), (0.9999, 1.0)]
)
def test_drawn_numbers_are_short_enough_to_be_repeated(value, wanted):
    assert rounded(value, dimension(param(low=0.0, high=1.0))) == pytest.approx(wanted, abs=1e-15)


def test_rounding_never_leaves_the_limits():
    assert rounded(0.99951, dimension(param(low=0.0, high=0.9996))) == 0.9996
    assert rounded(7, dimension(param("int", low=1, high=9))) == 7


@pytest.mark.parametrize("method", list(catalogue()))
def test_whatever_may_be_proposed_is_allowed(method):
    spec = catalogue()[method][0]
    resolve_params(spec, defaults(method))
    for found in dimensions(spec):
        for value in found.values or (found.low, found.high):
            resolve_params(spec, {found.id: rounded(value, found)})


def test_slow_repairs_are_searched_only_where_they_are_named():
    every, _ = methods_of(Tuning(), 2)
    assert "reweighing" in every
    assert every == tuple(name for name, (spec, _) in catalogue().items() if not spec.slow)
    assert methods_of(Tuning(methods=("gan", "reweighing")), 2)[0] == ("gan", "reweighing")
    with pytest.raises(PlanError) as told:
        methods_of(Tuning(methods=("reweighting",)), 2)
    assert told.value.code == "unknown_mitigation"
    assert "reweighing" in told.value.fix


def test_repairs_for_two_groups_are_left_out_where_there_are_more(monkeypatch):
    real = catalogue()
    spec, kind = real["reweighing"]
    fake = {**real, "reweighing": (replace(spec, binary_groups=True), kind)}
    monkeypatch.setattr("audit.tuning.space.catalogue", lambda: fake)
    methods, notes = methods_of(Tuning(methods=("reweighing", "resampling")), 3)
    assert methods == ("resampling",)
    assert notes == ("Reweighing works for two groups only and was left out: there are 3.",)
    with pytest.raises(PlanError) as told:
        methods_of(Tuning(methods=("reweighing",)), 3)
    assert told.value.code == "tuning_no_method"
    assert methods_of(Tuning(methods=("reweighing",)), 2)[0] == ("reweighing",)


def alike(_proposal):
    return 0.8, 0.1


def played(proposer, n, value=alike):
    """Let a proposer play against a formula instead of a model."""
    made = []
    for _ in range(n):
        proposal = proposer.propose()
        if proposal is None:
            break
        made.append(proposal)
        proposer.tell(Outcome(proposal=proposal, values=value(proposal), broken={"impossible": 0.0}))
    return made


def by_strength(proposal):
    strength = float(proposal.params.get("strength", 1.0))
    return (0.9 - 0.1 * abs(strength - 0.3), abs(strength - 0.3))


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_a_search_that_goes_on_proposes_what_it_would_have_proposed(sampler):
    methods = ("resampling", "reweighing")
    whole = played(Proposer(methods, sampler=sampler, seed=3), 60, by_strength)
    for stop in (1, 25, 44):
        again = Proposer(methods, sampler=sampler, seed=3)
        for proposal in whole[:stop]:
            again.tell(Outcome(proposal=proposal, values=by_strength(proposal), broken={"impossible": 0.0}))
        assert played(again, 60 - stop, by_strength) == whole[stop:]


def test_every_method_is_tried_as_it_is_first_and_nothing_twice():
    made = played(Proposer(("resampling", "reweighing"), sampler="tpe", seed=0), 40, by_strength)
    assert [(p.method, p.params) for p in made[:2]] == [
        ("resampling", defaults("resampling")),
        ("reweighing", defaults("reweighing")),
    ]
    keys = [(p.method, tuple(sorted(p.params.items()))) for p in made]
    assert len(set(keys)) == len(keys)


def test_the_search_learns_where_the_best_settings_are():
    made = played(Proposer(("reweighing",), sampler="tpe", seed=0), 40, by_strength)
    early = np.mean([abs(p.params["strength"] - 0.3) for p in made[1:11]])
    late = np.mean([abs(p.params["strength"] - 0.3) for p in made[-10:]])
    assert late < early / 2


def test_a_small_space_runs_out(monkeypatch):
    real = catalogue()
    spec, kind = real["reweighing"]
    few = Param(id="strength", title="S", kind="choice", default="a", choices=("a", "b", "c"), help="H.")
    fake = {"reweighing": (replace(spec, params=(few,)), kind)}
    monkeypatch.setattr("audit.tuning.space.catalogue", lambda: fake)
    monkeypatch.setattr("audit.tuning.proposals.catalogue", lambda: fake)
    made = played(Proposer(("reweighing",), sampler="tpe", seed=0), 40)
    assert sorted(p.params["strength"] for p in made) == ["a", "b", "c"]
    assert sum(p.repeats for p in made) > 0


def test_impossible_and_given_up_tries_are_told_without_values():
    proposer = Proposer(("reweighing",), sampler="tpe", seed=0)
    for number in range(15):
        proposal = proposer.propose()
        values = None if number % 3 == 0 else (0.0, 1.0)
        proposer.tell(Outcome(proposal=proposal, values=values, broken={"impossible": float(number % 2)}))
    assert proposer.propose() is not None


POINTS = [
    Point(number=i + 1, utility=u, gap=g)
    for i, (u, g) in enumerate([(0.80, 0.02), (0.85, 0.05), (0.84, 0.06), (0.85, 0.05), (0.86, 0.10)])
]


def test_the_front_by_hand():
    assert [p.number for p in front(POINTS)] == [1, 2, 5]
    assert front([]) == ()
    assert dominates(POINTS[1], POINTS[2])
    assert not dominates(POINTS[1], POINTS[3])
    for point in front(POINTS):
        assert not any(dominates(other, point) for other in POINTS)


def test_what_is_recommended_follows_the_limits():
    assert best(POINTS, Tuning(most_gap=0.06)).number == 5
    assert best(POINTS[:4], Tuning(most_gap=0.06)).number == 2
    assert best(POINTS, Tuning(most_loss=0.05)).number == 1
    assert best(POINTS, Tuning()).number == 2
    assert best([], Tuning()) is None


def test_limits_are_kept_to_the_last_digit():
    assert all(v <= 0 for v in broken(0.85, 0.05, 0.86, Tuning(most_loss=0.01, most_gap=0.05)).values())
    assert broken(0.849, 0.05, 0.86, Tuning(most_loss=0.01))["loss"] == pytest.approx(0.001)
    assert broken(0.85, 0.051, 0.86, Tuning(most_gap=0.05))["gap"] == pytest.approx(0.001)


def test_a_long_front_is_thinned_and_keeps_its_ends_and_the_recommended():
    long = [Point(number=i + 1, utility=0.5 + i / 100, gap=i / 100) for i in range(40)]
    kept = spread_out(long, long[17], most=12)
    assert len(kept) <= 12
    assert {1, 18, 40} <= {p.number for p in kept}
    assert spread_out(long[:5], None) == tuple(long[:5])


def test_after_a_part_of_the_rows_the_worse_half_is_given_up():
    peers = [Point(number=0, utility=0.8 + i / 100, gap=0.10 - i / 100) for i in range(8)]
    assert promising(Point(number=9, utility=0.88, gap=0.2), peers)  # nothing leaves it behind
    assert promising(Point(number=9, utility=0.865, gap=0.03), peers)
    assert not promising(Point(number=9, utility=0.75, gap=0.2), peers)
    assert promising(Point(number=9, utility=0.1, gap=0.9), peers[:3])


def test_the_rows_of_a_search_hold_no_test_row(tmp_path):
    work = work_on(tmp_path)
    bench = work.rows()
    inner = without_test(bench, seed=0)
    parts = people()["part"]
    assert len(inner.label) == (parts != "test").sum()
    assert (inner.split == TEST).sum() == (parts == "validation").sum()
    learned = (parts == "train").sum()
    assert (inner.split == TRAIN).sum() == pytest.approx(0.8 * learned, abs=1)
    assert (inner.split == VALIDATION).sum() == pytest.approx(0.2 * learned, abs=1)
    assert (inner.frame["part"][inner.split == TEST] == "validation").all()
    thin = thinned(inner, 0.25, seed=0)
    assert (thin.split == TRAIN).sum() == pytest.approx(0.25 * (inner.split == TRAIN).sum(), abs=1)
    assert (thin.split == TEST).sum() == (inner.split == TEST).sum()


def test_without_validation_rows_a_quarter_of_the_training_rows_is_compared_on(tmp_path):
    frame = people()
    frame["part"] = frame["part"].replace("validation", "train")
    inner = without_test(work_on(tmp_path, frame).rows(), seed=0)
    learned = (frame["part"] == "train").sum()
    assert (inner.split == TEST).sum() == pytest.approx(0.25 * learned, abs=1)
    assert (inner.split == VALIDATION).sum() == pytest.approx(0.15 * learned, abs=1)


def plan_of(*words):
    return plan_from(parser().parse_args(["run", "--data", "d", "--out", "o", *words]))


def test_the_command_line_asks_for_a_search():
    assert plan_of().tuning == Tuning()
    assert plan_of("--tune").tuning == Tuning(trials=40)
    words = "--tune reweighing gan --tune-trials 120 --tune-for equalized_odds --tune-keep auc --tune-by sex"
    limits = "--tune-limit loss=0.01 gap=0.05 --tune-sampler nsga2 --tune-seconds 60"
    assert plan_of(*words.split(), *limits.split()).tuning == Tuning(
        trials=120,
        methods=("reweighing", "gan"),
        criterion="equalized_odds",
        utility="auc",
        group_by="sex",
        most_loss=0.01,
        most_gap=0.05,
        sampler="nsga2",
        seconds=60,
    )
    assert plan_of("--tune", "--tune-limit", "gap=none").tuning.most_gap is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--tune-trials 5", "usage"),
        ("--tune --tune-limit loss", "usage"),
        ("--tune --tune-limit error=0.1", "usage"),
        ("--tune --tune-limit gap=2", "plan_range"),
        ("--tune --tune-for fairness", "plan_choice"),
        ("--tune --tune-trials -1", "plan_range"),
        ("--tune --tune-trials 20 --tune-sampler nsga2", "tuning_genetic"),
    ],
)
def test_the_command_line_refuses_what_cannot_be_meant(words, code):
    with pytest.raises(PlanError) as told:
        plan_of(*words.split())
    assert told.value.code == code


def test_a_plan_keeps_its_search_as_json():
    plan = Plan(tuning=Tuning(trials=5, methods=("gan",), most_loss=0.01))
    assert Plan.from_json(plan.to_json()) == plan
    raw = plan.to_dict()
    raw["tuning"]["most_gap"] = "five"
    with pytest.raises(PlanError):
        Plan.from_dict(raw)
    del raw["tuning"]
    assert Plan.from_dict(raw).tuning == Tuning()
