"""A search over repairs on real models: what it may see, that it can be continued, and what it does with failures."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from audit import tasks
from audit.attempt import run_once
from audit.data.ingest import ingest_frame
from audit.errors import Cancelled, InputError, PlanError
from audit.figures.lowering import lower
from audit.figures.pareto import pareto, pareto_alt, try_at
from audit.mitigation.catalogue import catalogue
from audit.mitigation.reweighing import Reweighing
from audit.plan import MitigationChoice, Tuning
from audit.report.compose import compose
from audit.result import Audit
from audit.rows import plain
from audit.rows.studies import Study
from audit.run import run
from audit.store import Store
from audit.tuning import search, tries
from audit.tuning.journal import InMemory
from audit.tuning.search import done_of, journal_name, tune
from audit.tuning.shown import named, settings
from audit.wording.tuning import (
    control_sentence,
    noise_sentence,
    picked_sentence,
    study_answer,
    tally,
    worth_sentence,
)
from tests.tuning import asked, people, work_on

QUICK = ("resampling", "reweighing")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("people")


@pytest.fixture(scope="module")
def work(folder):
    return work_on(folder, trials=8)


@pytest.fixture(scope="module")
def study(work):
    return tune(work)


def asking(work, **tuning):
    """The same audit, asked for another search."""
    return replace(work, plan=replace(work.plan, tuning=replace(work.plan.tuning, **tuning)))


def test_a_study_says_what_was_tried_and_where_it_stands(study, work):
    parts = people()["part"].value_counts()
    assert (study.n_validation, study.n_test) == (parts["validation"], parts["test"])
    assert [row.number for row in study.rows] == list(range(1, 9))
    assert study.sensitive == ("group",)
    quick = {name for name, (spec, _) in catalogue().items() if not spec.slow}
    assert {row.method for row in study.rows} <= quick
    assert set(QUICK) <= quick
    for row in study.rows:
        if row.state == "done":
            one = row.validation
            assert one.utility_low <= one.utility <= one.utility_high
            assert one.gap_low <= one.gap <= one.gap_high
            assert row.params["group_by"] == "group"
        assert (row.test is not None) == row.pareto
    assert study.front
    assert tune(work) == study


def test_the_front_leaves_nothing_better_behind(study):
    places = [(row, row.validation) for row in study.rows if row.state == "done"]
    for row, one in places:
        better = [
            other
            for _, other in places
            if other.utility >= one.utility
            and other.gap <= one.gap
            and (other.utility, -other.gap) != (one.utility, -one.gap)
        ]
        beaten_by_before = study.before.utility >= one.utility and study.before.gap <= one.gap
        assert row.pareto == (not better and not beaten_by_before)
    best = max(one.utility - one.gap for _, one in places)
    assert study.chosen.validation.utility - study.chosen.validation.gap == pytest.approx(best)


def test_what_is_picked_is_the_ordinary_repair_on_the_test_rows(study, work):
    row = study.chosen
    trial = work.attempt(MitigationChoice(id=row.method, params={**row.params, "seeds": 1}))
    after = trial.cells.marginal(("group",)).decision(trial.columns.index("after"))
    right = after.n[:, 0, 0].sum() + after.n[:, 1, 1].sum()
    assert row.test.utility == pytest.approx(right / after.n.sum())
    found = after.n[:, 1, 1] / after.n[:, 1].sum(axis=1)
    assert row.test.gap == pytest.approx(found.max() - found.min())
    control = trial.cells.marginal(("group",)).decision(trial.columns.index("control"))
    assert row.control.utility == pytest.approx(
        (control.n[:, 0, 0].sum() + control.n[:, 1, 1].sum()) / control.n.sum()
    )
    assert row.control.selected == pytest.approx(row.test.selected, abs=0.01)


def test_poisoned_test_labels_change_no_choice(study, tmp_path):
    frame = people()
    test = frame["part"] == "test"
    frame.loc[test, "y"] = 1 - frame.loc[test, "y"]
    frame.loc[test, "skill"] = 1e6
    other = tune(work_on(tmp_path, frame, trials=8))

    def seen(one):
        return [
            (row.method, row.params, row.validation, row.pareto, row.chosen, row.state) for row in one.rows
        ]

    assert seen(other) == seen(study)
    assert (other.before, other.chance) == (study.before, study.chance)
    assert other.chosen.test != study.chosen.test


def test_a_search_that_was_cancelled_goes_on_as_if_it_had_not_been(study, work):
    journal, calls = InMemory(), []

    def stops(share, message):
        calls.append((share, message))
        if message.startswith("Trial 5 of 8"):
            raise Cancelled

    with pytest.raises(Cancelled):
        tune(work, journal=journal, progress=stops)
    assert sorted(journal.entries) == [f"try-000{n}" for n in (1, 2, 3, 4)]
    json.dumps(journal.entries)  # plain values only
    again = InMemory(entries=json.loads(json.dumps(journal.entries)))
    assert plain(tune(work, journal=again)) == plain(study)
    shares = [share for share, _ in calls]
    assert shares == sorted(shares)
    assert any("best so far: gap" in message for _, message in calls)


def test_a_longer_search_begins_with_the_shorter_one(work, monkeypatch):
    journal = InMemory()
    short = tune(asking(work, trials=4), journal=journal)
    run_before = []
    real = tries.Ground.attempt
    monkeypatch.setattr(
        tries.Ground, "attempt", lambda self, *a, **k: run_before.append(1) or real(self, *a, **k)
    )
    long = tune(asking(work, trials=6), journal=journal)
    assert len(run_before) == 2
    assert [r.validation for r in long.rows[:4]] == [r.validation for r in short.rows]


def test_the_name_of_a_search_is_of_what_decides_its_tries(work):
    plan, mark = work.plan, work.dataset.fingerprint
    name = journal_name(mark, plan)
    same = replace(plan, dated="2030-01-01", tuning=replace(plan.tuning, trials=99, seconds=5))
    assert journal_name(mark, same) == name
    for other in (
        replace(plan, seed=1),
        replace(plan, tuning=replace(plan.tuning, criterion="equalized_odds")),
        replace(plan, tuning=replace(plan.tuning, methods=("reweighing",))),
        replace(plan, roles=replace(plan.roles, threshold=0.4)),
    ):
        assert journal_name(mark, other) != name
    assert journal_name("another", plan) != name


def test_limits_are_kept_where_they_can_be(work):
    for limits in ({"most_loss": 0.005}, {"most_gap": 0.06}, {"most_loss": 0.02, "most_gap": 0.08}):
        found = tune(asking(work, **limits))
        for row in found.rows:
            if row.state == "done":
                loss = found.before.utility - row.validation.utility
                kept = loss <= limits.get("most_loss", 1) and row.validation.gap <= limits.get("most_gap", 1)
                assert row.within == kept
                assert row.within or not (row.pareto or row.chosen)
    none = tune(asking(work, most_gap=0.0, trials=3))
    assert none.chosen is None
    assert "none keeps the limits" in study_answer(none, Tuning(most_gap=0.0), settings="")


def test_failures_are_kept_with_their_reason_and_the_search_goes_on(work, monkeypatch):
    real = Reweighing.treat

    def fails(self, table, *, seed, progress):
        if self.strength > 0.6:
            raise InputError("The strength is too large.", why="Because.", fix="Less.", code="too_much")
        if self.strength > 0.5:
            raise ValueError("secret cell value")
        return real(self, table, seed=seed, progress=progress)

    monkeypatch.setattr(Reweighing, "treat", fails)
    found = tune(asking(work, methods=("reweighing",), trials=10))
    assert len(found.rows) == 10
    assert found.rows[0].state == "failed"
    reasons = {row.reason for row in found.rows if row.state == "failed"}
    assert "The strength is too large. Because." in reasons
    assert not any("secret" in reason for reason in reasons)
    assert any(row.state == "done" for row in found.rows)
    assert all(row.validation is None and not row.pareto for row in found.rows if row.state == "failed")
    assert "not possible" in tally(found)


def test_whoever_selects_nobody_is_not_recommended_for_it(work, monkeypatch):
    real = run_once

    def nobody(bench, plan, choice, method, before, *, aids, progress):
        done = real(bench, plan, choice, method, before, aids=aids, progress=progress)
        if choice.params["strength"] < 0.5:
            return done
        return replace(done, decisions={**done.decisions, "after": np.zeros_like(done.decisions["after"])})

    monkeypatch.setattr(tries, "run_once", nobody)
    found = tune(asking(work, methods=("reweighing",), trials=8))
    fallen = [row for row in found.rows if row.state == "collapsed"]
    assert fallen
    assert all(row.validation.gap == 0 and "nearly nobody" in row.reason for row in fallen)
    assert not any(row.pareto or row.chosen for row in fallen)


def test_slow_repairs_are_given_up_after_a_part_of_the_rows(work, monkeypatch):
    real = tries.catalogue()
    slow = {name: (replace(spec, slow=True), kind) for name, (spec, kind) in real.items()}
    monkeypatch.setattr(tries, "catalogue", lambda: slow)
    monkeypatch.setattr(tries, "_WORTH_A_PART", 10)
    fitted = []
    whole = tries.Ground._whole
    monkeypatch.setattr(tries.Ground, "_whole", lambda self, *a: fitted.append(1) or whole(self, *a))
    journal = InMemory()
    found = tune(asking(work, methods=QUICK, trials=14), journal=journal)
    given_up = [row for row in found.rows if row.state == "pruned"]
    assert given_up
    assert len(fitted) == 14 - len(given_up)
    assert not any(row.state == "pruned" for row in found.rows[:4])
    assert all(entry["part"] for name, entry in journal.entries.items() if name.startswith("try"))
    half = InMemory(entries={f"try-{n:04d}": journal.entries[f"try-{n:04d}"] for n in range(1, 8)})
    assert plain(tune(asking(work, methods=QUICK, trials=14), journal=half)) == plain(found)
    measured = {f"test-{row.number:04d}" for row in found.rows if row.test}
    assert {name for name in journal.entries if name.startswith("test")} == measured


def test_a_search_whose_time_is_over_answers_for_what_it_tried(work, monkeypatch):
    now = iter(range(0, 100_000, 2))
    monkeypatch.setattr(search.time, "monotonic", lambda: next(now) / 10)
    timed = asking(work, trials=50, seconds=8)
    found = tune(timed)
    assert 1 <= len(found.rows) < 50
    plan = done_of(timed.plan, found)
    assert (plan.tuning.trials, plan.tuning.seconds) == (len(found.rows), 0)
    monkeypatch.undo()
    assert tune(replace(work, plan=plan)) == found
    monkeypatch.setattr(search.time, "monotonic", lambda: next(now) * 1e6)
    with pytest.raises(PlanError) as told:
        tune(timed)
    assert told.value.code == "tuning_no_time"


@pytest.mark.parametrize(
    ("tuning", "code"),
    [
        ({"group_by": "skill"}, "group_by"),
        ({"methods": ("magic",)}, "unknown_mitigation"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_trained(work, tuning, code):
    with pytest.raises(PlanError) as told:
        tune(asking(work, **tuning))
    assert told.value.code == code


def test_a_model_that_selects_everybody_leaves_nothing_to_search(tmp_path):
    low = work_on(tmp_path)
    plan = replace(low.plan, roles=replace(low.plan.roles, threshold=-1.0))
    with pytest.raises(PlanError) as told:
        tune(replace(low, plan=plan, kept={}))
    assert told.value.code == "tuning_not_estimable"


@pytest.mark.parametrize("utility", ["balanced_accuracy", "auc"])
def test_other_uses_can_be_kept_high(work, utility):
    found = tune(asking(work, utility=utility, group_by="all", criterion="demographic_parity", trials=3))
    assert found.sensitive == ("group", "region")
    row = found.rows[0].validation
    assert 0.5 < row.utility_low < row.utility < row.utility_high < 1
    if utility == "auc":  # a moved threshold ranks as before
        picked = found.front[0]
        assert picked.control.utility == pytest.approx(picked.before.utility, abs=1e-12)


@pytest.fixture(scope="module")
def audit():
    return run(people(), asked(trials=5, seconds=600))


def test_an_audit_holds_its_study_and_the_plan_that_repeats_it(audit):
    text = audit.to_json()
    back = Audit.from_json(text)
    assert back.study == audit.study
    assert back.to_json() == text
    assert (audit.plan.tuning.trials, audit.plan.tuning.seconds) == (5, 0)
    assert run(people(), audit.plan).to_json() == text
    assert Study.from_dict(json.loads(text)["study"]) == audit.study
    assert audit.with_tolerance("equal_opportunity_difference", 0.2).study == audit.study


def test_small_groups_are_not_given_away_by_a_study(audit):
    from audit.disclosure.protect import protected

    closed = replace(audit, plan=replace(audit.plan, grouping=replace(audit.plan.grouping, small="suppress")))
    assert protected(closed).study is None


def test_the_report_and_the_picture_show_it(audit):
    words = repr(compose(audit, sections=("mitigations",)))
    assert "Search for the best trade-off" in words
    assert study_answer(audit.study, audit.plan.tuning, settings=named(audit.study.chosen)) in words
    drawing = lower(pareto(audit.study), 500)
    assert drawing.primitives
    for row in audit.study.rows:
        assert lower(pareto(audit.study, focus=row.number, theme="dark"), 300).primitives
    for row in [one for one in audit.study.rows if one.state == "done"]:
        for one in filter(None, (row.test, row.validation)):
            found = audit.study.rows[try_at(audit.study, one.gap, one.utility) - 1]
            # Two tries may lie on one spot: then either of them is what was clicked.
            assert (one.gap, one.utility) in [
                (mark.gap, mark.utility) for mark in (found.test, found.validation) if mark
            ]
    assert try_at(audit.study, 0.5, 0.5) is None
    assert f"try {audit.study.chosen.number}" in pareto_alt(audit.study)


def test_sentences_hold_the_numbers_of_the_test_rows(audit):
    row = audit.study.chosen
    said = picked_sentence(row)
    assert f"{100 * row.validation.gap:.1f} points" in said
    assert f"{100 * row.test.gap:.1f} points (95 % interval" in said
    assert f"{100 * row.control.gap:.1f} points" in control_sentence(row, "accuracy")
    lucky = replace(row, validation=replace(row.validation, gap=row.test.gap + 0.01))
    unlucky = replace(row, validation=replace(row.validation, gap=row.test.gap - 0.01))
    assert "looks better where it is picked" in picked_sentence(unlucky)
    assert "looks better where it is picked" not in picked_sentence(lucky)
    for lead, ahead in ((0.001, True), (0.5, False)):
        near = replace(row, validation=replace(row.validation, gap=audit.study.before.gap - lead))
        other = replace(audit.study, rows=(near,), chance=0.02)
        assert ("ahead of the model before by less" in noise_sentence(other)) == ahead
    worse = replace(row, test=replace(row.test, gap=row.before.gap + 0.1, gap_high=1.0))
    assert "did not help" in worth_sentence(worse)
    wide = replace(row, test=replace(row.test, gap=row.before.gap - 0.01, gap_high=row.before.gap + 0.1))
    assert "reaches to" in worth_sentence(wide)
    sure = replace(row, test=replace(row.test, gap=row.before.gap - 0.1, gap_high=row.before.gap - 0.01))
    assert worth_sentence(sure) == ""
    assert settings(replace(row, params={"group_by": "group"})) == "usual settings"


def test_a_job_keeps_every_try_and_the_next_one_goes_on(tmp_path, monkeypatch):
    monkeypatch.delenv("EVENHAND_DATABASE", raising=False)
    store = Store(tmp_path / "home")
    plan = asked(trials=5)
    audit_id = store.create_audit(ingest_frame(people(), store.data_folder, name="p"), plan)
    with pytest.raises(Exception, match="no audit yet"):
        tasks.tune(store, audit_id, {})
    tasks.run_audit(store, audit_id, {})

    def stops(share, message):
        if message.startswith("Trial 3 of 5"):
            raise Cancelled

    with pytest.raises(Cancelled):
        tasks.tune(store, audit_id, {}, stops)
    assert tasks.load_audit(store, audit_id).study is None
    asked_for = tasks.tuning_plan(tasks.load_audit(store, audit_id).plan, plan)
    name = journal_name(store.dataset(audit_id).fingerprint, asked_for)
    assert sorted(store.study_parts(audit_id, name)) == ["try-0001", "try-0002"]
    tasks.tune(store, audit_id, {})
    loaded = tasks.load_audit(store, audit_id)
    assert loaded.plan.tuning == plan.tuning
    whole = run(people(), asked(trials=5))
    assert loaded.study == whole.study
