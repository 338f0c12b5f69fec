"""Thresholds on counts alone: halves add up, cells are those of rows, and nothing is read again."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from audit import tasks
from audit.binned import MOST_LOADED, halves, on_counts, try_on_scores
from audit.cells import Attribute
from audit.comparison import compare
from audit.errors import PlanError
from audit.mitigation.catalogue import catalogue
from audit.mitigation.rule import GroupRule
from audit.plan import Grouping, MitigationChoice, ModelChoice, Plan, Roles
from audit.run import open_data, prepare, run_and_adopt
from audit.store import Store
from audit.tables.scores import ScoreCells

POST = sorted(name for name, (spec, _) in catalogue().items() if spec.stage == "post")


def counted(n, *, groups=2, bins=100, seed=0, weighted=False, exact=False):
    """Score cells of people whose groups are ranked alike but have other base rates."""
    rng = np.random.default_rng(seed)
    cuts = (np.arange(bins) + 0.5) / bins if exact else np.arange(bins) / bins
    table = np.zeros((groups, 2, bins))
    for g in range(groups):
        share = rng.beta(2, 3 - g / max(groups - 1, 1), 4000)
        where = np.minimum((share * bins).astype(int), bins - 1)
        density = np.bincount(where, minlength=bins) / 4000
        positive = density * (cuts + 0.5 / bins)
        table[g] = rng.multinomial(n // groups, np.concatenate([density - positive, positive])).reshape(
            2, bins
        )
    w = table * 1.5 if weighted else table.copy()
    names = tuple(f"g{k}" for k in range(groups))
    return ScoreCells(
        attributes=(Attribute(column="group", levels=names),),
        groups=tuple((name,) for name in names),
        cuts=tuple(float(cut) for cut in cuts),
        n=table,
        w=w,
        w2=table * 2.5 if weighted else table.copy(),
        s=w * (cuts + 0.004),
        exact=exact,
        weighted=weighted,
    )


def plan_for(**roles):
    return Plan(
        roles=Roles(label="y", score="s", sensitive=("group",), **roles),
        model=ModelChoice(kind="column"),
        replicates=200,
    )


def tried(scores, plan, name="threshold_programme", **params):
    cells = scores.at(plan.roles.threshold)
    return try_on_scores(scores, cells, plan, MitigationChoice(id=name, params={"seeds": 1, **params}))[0]


@pytest.mark.parametrize("weighted", [True, False])
def test_halves_add_up_and_are_fair(weighted):
    scores = counted(40_000, weighted=weighted)
    first, second = halves(scores, seed=3)
    for part in ("n", "w", "w2", "s"):
        whole = getattr(scores, part)
        np.testing.assert_allclose(getattr(first, part) + getattr(second, part), whole, atol=1e-9)
        assert (getattr(first, part) >= 0).all()
        assert (getattr(second, part) >= -1e-12).all()
    assert first.n.sum() == pytest.approx(20_000, abs=5 * 100)
    assert (first.n == np.rint(first.n)).all()
    np.testing.assert_array_equal(first.n, halves(scores, seed=3)[0].n)
    assert not np.array_equal(first.n, halves(scores, seed=4)[0].n)


@pytest.mark.parametrize("name", POST)
def test_every_mitigation_after_the_model_works_on_counts(name):
    scores = counted(20_000)
    plan = plan_for()
    trial = tried(scores, plan, name, seeds=3)
    assert trial.columns == ("before", "control", "after")
    assert len(trial.again) == 2
    assert trial.cells.total + trial.record.n_train == 20_000
    first, second = halves(scores, seed=plan.seed)
    assert trial.record.n_train == first.n.sum()
    # Before is the score at the threshold, counted on the half that nothing was set on.
    np.testing.assert_array_equal(trial.cells.decision(0).n, second.at(0.5).n)
    assert trial.record.control_rate == pytest.approx(trial.record.after_rate, abs=0.03)
    rows = compare(trial, plan, [("group",)])
    assert any(row.metric == "equal_opportunity" and row.seeds == 2 for row in rows)


def test_the_gap_closes_on_the_other_half_with_an_interval():
    scores = counted(200_000)
    plan = plan_for()
    rows = compare(tried(scores, plan, constraint="selection"), plan, [("group",)])
    row = next(r for r in rows if (r.metric, r.comparison) == ("demographic_parity", "difference"))
    assert row.before > 0.15
    assert row.after < 0.02
    assert row.high < -0.1
    assert row.control > row.after + 0.1


def test_after_is_what_the_rule_does_bin_by_bin():
    scores = counted(30_000, groups=3)
    plan = plan_for()
    trial = tried(scores, plan)
    _, second = halves(scores, seed=plan.seed)
    # Without a draw every bin is decided as one: the cells are those of one threshold for each group.
    from audit.mitigation.catalogue import make
    from audit.mitigation.repair import Scores
    from audit.progress import silent

    first, _ = halves(scores, seed=plan.seed)
    where = np.nonzero(first.n)
    found = make("threshold_programme").adjust(
        Scores(
            score=np.asarray(first.cuts)[where[2]],
            label=where[1].astype(np.int8),
            group=where[0],
            groups=first.groups,
            weight=first.w[where],
            people=first.n[where],
            threshold=0.5,
        ),
        seed=plan.seed,
        progress=silent,
    )
    by_hand = second.at([steps[0].threshold for steps in found.rule.steps])
    np.testing.assert_array_equal(trial.cells.decision(2).n, by_hand.n)


def test_a_draw_is_drawn_for_the_people_of_a_bin():
    scores = counted(400_000, bins=40)
    plan = plan_for()
    trial = tried(scores, plan, draw=True)
    assert (trial.cells.n == np.rint(trial.cells.n)).all()
    rate = trial.cells.decision(2).n[:, 1]
    rate = rate[:, 1] / rate.sum(axis=1)
    assert abs(rate[0] - rate[1]) < 0.015
    np.testing.assert_array_equal(trial.cells.n, tried(scores, plan, draw=True).cells.n)


def test_weights_and_their_squares_come_along():
    scores = counted(20_000, weighted=True)
    trial = tried(scores, plan_for(weight="w"))
    assert trial.cells.weighted
    _, second = halves(scores, seed=0)
    assert trial.cells.w.sum() == pytest.approx(second.w.sum())
    assert trial.cells.w2.sum() == pytest.approx(second.w2.sum())
    assert trial.record.after_rate == pytest.approx(
        trial.cells.decision(2).w[:, :, 1].sum() / trial.cells.w.sum()
    )


def test_coarse_bins_and_other_decisions_are_said():
    scores = counted(20_000)
    plan = plan_for(decision="d")
    trial, _ = try_on_scores(
        scores, scores.at(0.3), plan, MitigationChoice(id="threshold_programme", params={"seeds": 1})
    )
    notes = trial.record.notes
    assert any("bins up to 0.01 wide" in note for note in notes)
    assert any("not those of the score at 0.5" in note for note in notes)
    exact = tried(counted(20_000, exact=True), plan_for()).record.notes
    assert not any("bins" in note for note in exact)


def test_what_trains_a_model_needs_rows():
    scores = counted(2000)
    for name in ("reweighing", "exponentiated_gradient"):
        with pytest.raises(PlanError) as caught:
            tried(scores, plan_for(), name)
        assert caught.value.code == "rows_needed"


def test_only_large_columns_of_scores_are_tried_on_counts():
    scores = counted(2000)
    post, pre = catalogue()["threshold_programme"][0], catalogue()["reweighing"][0]
    few, many = (SimpleNamespace(n_rows=n) for n in (1000, MOST_LOADED + 1))
    away = SimpleNamespace(n_rows=1000, place="elsewhere")
    plan = plan_for()
    assert on_counts(many, plan, scores, post)
    assert on_counts(away, plan, scores, post)
    assert not on_counts(few, plan, scores, post)
    assert not on_counts(many, plan, scores, pre)
    assert not on_counts(many, plan, None, post)
    assert not on_counts(many, replace(plan, model=ModelChoice(kind="train", algorithm="mlp")), scores, post)


def test_cost_follows_the_groups_and_not_the_rows():
    """A hundred million people are as quick as ten thousand; here only that they work, and exactly."""
    scores = counted(100_000_000, groups=4)
    trial = tried(scores, plan_for())
    assert trial.cells.total + trial.record.n_train == scores.n.sum()
    before, after = (trial.cells.decision(which).n[:, 1] for which in (0, 2))
    for table, most in ((before, 1.0), (after, 0.03)):
        rate = table[:, 1] / table.sum(axis=1)
        assert np.ptp(rate) < most
    assert trial.record.measured["rate_margin"] < 0.001


def test_an_audit_of_a_large_column_never_loads_its_rows(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    n = 3000
    group = rng.choice(["a", "b"], n)
    score = rng.random(n) * np.where(group == "a", 1.0, 0.8)
    frame = pd.DataFrame({"y": (rng.random(n) < score).astype(int), "s": score, "group": group})
    work = prepare(open_data(frame, tmp_path), plan_for())
    monkeypatch.setattr("audit.binned.MOST_LOADED", 2000)
    monkeypatch.setattr(type(work), "rows", lambda _: pytest.fail("rows were loaded"))
    trial = work.attempt(MitigationChoice(id="threshold_programme", params={"seeds": 2}))
    assert trial.record.baseline == "as_it_is"
    audit = work.audit.with_trials([trial])
    assert any(row.metric == "equal_opportunity" for row in audit.comparison)
    again = type(audit).from_json(audit.to_json())
    assert again.comparison == audit.comparison


# Adopted thresholds


def large(tmp_path, monkeypatch, n=3000, **changed):
    """An audit of a column of scores whose rows nobody may load."""
    rng = np.random.default_rng(0)
    group, age = rng.choice(["a", "b"], n), rng.integers(18, 80, n)
    score = rng.random(n) * np.where(group == "a", 1.0, 0.8)
    frame = pd.DataFrame({"y": (rng.random(n) < score).astype(int), "s": score, "group": group, "age": age})
    plan = replace(
        plan_for(),
        roles=Roles(label="y", score="s", sensitive=("group", "age")),
        grouping=Grouping(bins={"age": (30.0, 50.0)}),
        dated="2026-01-01",
        **changed,
    )
    monkeypatch.setattr("audit.binned.MOST_LOADED", 2000)
    work = prepare(open_data(frame, tmp_path), plan)
    monkeypatch.setattr(type(work), "rows", lambda _: pytest.fail("rows were loaded"))
    return work


@pytest.mark.parametrize("draw", [False, True])
@pytest.mark.parametrize("by", ["all", "group", "age"])
def test_adopted_thresholds_give_the_measured_counts_again(by, draw, tmp_path, monkeypatch):
    work = large(tmp_path, monkeypatch)
    choice = MitigationChoice(id="threshold_programme", params={"seeds": 1, "group_by": by, "draw": draw})
    trial, first = work.try_any(choice)
    adopted = work.hand_over(first, trial)
    assert list(adopted.files) == ["thresholds.json", "model-card.md"]
    told = json.loads(adopted.files["thresholds.json"])
    assert told["columns"] == (["group", "age"] if by == "all" else [by])
    assert told.get("cuts", {}) == ({} if by == "group" else {"age": [30.0, 50.0]})
    rule = GroupRule.from_dict(told["rule"])
    scores = work.audit.basis.scores
    _, second = halves(scores, seed=work.plan.seed)
    places = [["group", "age"].index(name) for name in told["columns"]]
    chance = np.zeros(second.n.shape)
    for at, group in enumerate(second.groups):
        code = rule.groups.index(tuple(group[place] for place in places))
        chance[at] = rule.probability(np.asarray(second.cuts), np.full(len(second.cuts), code))
    after = trial.cells.decision(2).n
    if rule.drawn:  # a draw is for one time: what is drawn lies about what the file says
        assert draw
        np.testing.assert_allclose(after[..., 1], (second.n * chance).sum(axis=2), atol=40)
    else:
        np.testing.assert_array_equal(after[..., 1], (second.n * chance).sum(axis=2))
    np.testing.assert_array_equal(after.sum(axis=2), second.n.sum(axis=2))


def test_the_card_of_adopted_thresholds_says_who_set_and_who_measured_them(tmp_path, monkeypatch):
    work = large(tmp_path, monkeypatch)
    adopted = work.adopt(MitigationChoice(id="threshold_programme", params={"seeds": 2}))
    said = adopted.files["model-card.md"].decode()
    for part in (
        "It starts from the audited model's own scores",
        "dealt by chance, on whom no threshold was set",
        "two halves of the people, dealt by the seed 0",
        "Columns that make the groups: `group`, `age`.",
        "only its thresholds are new",
        "(2 runs)",
    ):
        assert part in said, part
    assert "training rows" not in said
    assert "plan.json" not in said
    result, again = run_and_adopt(
        work.dataset,
        replace(work.plan, mitigations=(MitigationChoice(id="threshold_programme", params={"seeds": 2}),)),
        adopt=0,
        keep=lambda *_: pytest.fail("there is no run on rows"),
    )
    assert again.files == adopted.files
    assert result.comparison


def test_adopted_thresholds_go_through_the_store(tmp_path, monkeypatch):
    work = large(tmp_path / "data", monkeypatch)
    store = Store(tmp_path / "store")
    audit_id = store.create_audit(work.dataset, work.plan)
    tasks.run_audit(store, audit_id, {})
    tasks.mitigate(store, audit_id, {"mitigation": "threshold_programme", "params": {"seeds": 1}})
    (key,) = store.trials(audit_id)
    tasks.adopt(store, audit_id, {"trial": key})
    with zipfile.ZipFile(store.adopted_path(audit_id, key)) as archive:
        assert archive.namelist() == ["thresholds.json", "model-card.md"]
