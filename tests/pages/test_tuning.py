"""The search over repairs on its screen: asked for, run, shown, one try taken further."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.errors import Cancelled
from audit.plan import ModelChoice, Plan, Tuning
from audit.progress import silent
from tests.pages.test_screens import literally, said
from tests.tuning import asked, people


@pytest.fixture(scope="module")
def found(known):
    """An audit with a search that has been run."""
    return _audit(known.store, asked(trials=4, seconds=300))


@pytest.fixture(scope="module")
def stopped(known):
    """An audit with a search that was cancelled in its third try."""

    def stops(share, message):
        if message.startswith("Trial 3"):
            raise Cancelled

    audit_id = _audit(known.store, asked(trials=5, seconds=300), search=False)
    with pytest.raises(Cancelled):
        tasks.tune(known.store, audit_id, {}, stops)
    return audit_id


def _audit(store, plan, *, search=True):
    audit_id = store.create_audit(ingest_frame(people(), store.data_folder, name="people"), plan)
    tasks.run_audit(store, audit_id, {}, silent)
    if search:
        tasks.tune(store, audit_id, {}, silent)
    return audit_id


@pytest.fixture
def started(monkeypatch):
    made = []
    monkeypatch.setattr("audit.jobs.start", lambda *a, **k: made.append((a[1:], k)))
    return made


def button(at, label):
    return next(one for one in at.button if one.label == label)


def test_a_search_can_be_asked_for_in_the_words_of_the_form(visit, known, started):
    at = visit("10_mitigate", known.tried)
    assert not at.exception
    assert "Search for the best trade-off" in said(at)
    next(one for one in at.selectbox if one.label == "Make the gap small in").set_value("equalized_odds")
    next(one for one in at.number_input if one.label == "Lose at most, in points").set_value(1.5)
    next(one for one in at.selectbox if one.label == "Settings to try").set_value(20)
    next(one for one in at.selectbox if one.label == "For at most").set_value(2)
    at = button(at, "Search").click().run()
    assert not at.exception
    assert started == [((known.tried, "tune", {}), {"title": "Search for the best repair"})]
    kept = Plan.from_dict(known.store.get(known.tried).plan).tuning
    assert kept == Tuning(
        trials=20, group_by="group", criterion="equalized_odds", most_loss=0.015, seconds=120
    )
    assert known.store.result(known.tried) is not None


def test_a_genetic_search_of_few_settings_is_refused_with_a_sentence(visit, known, started, found):
    at = visit("10_mitigate", found)
    next(one for one in at.selectbox if one.label == "How settings are chosen").set_value("nsga2")
    at = button(at, "Search").click().run()
    assert not at.exception
    assert "It tries twenty settings at random before it learns" in literally(said(at))
    assert started == []


def test_what_was_found_is_said_drawn_and_can_be_looked_at(visit, known, found):
    study = tasks.load_audit(known.store, found).study
    at = visit("10_mitigate", found)
    assert not at.exception
    shown = literally(said(at))
    assert f"4 settings were tried. Recommended is try {study.chosen.number}:" in shown
    assert "where it was picked, its gap was" in shown
    assert "chance alone would show a gap of" in shown
    assert "The time was over" not in shown
    picker = at.selectbox(key="study_try")
    assert picker.value == str(study.chosen.number)
    other = next(row for row in study.rows if row.state == "done" and not row.pareto)
    at = picker.set_value(str(other.number)).run()
    assert not at.exception
    assert "It was not picked, so it was not measured on the test rows." in literally(said(at))
    at = at.toggle(key="study_picture_numbers").set_value(True).run()
    assert not at.exception
    assert any("Repair and settings" in table.value.columns for table in at.table)


def test_one_try_becomes_an_ordinary_repair(visit, known, found, started):
    chosen = tasks.load_audit(known.store, found).study.chosen
    at = button(visit("10_mitigate", found), "Try this one").click().run()
    assert not at.exception
    (place, kind, payload), named = started[0]
    assert (place, kind) == (found, "mitigate")
    assert payload == {"mitigation": chosen.method, "params": dict(chosen.params)}
    assert "seeds" not in payload["params"]
    assert named["key"] == chosen.method


def test_a_search_that_was_cancelled_can_be_continued(visit, known, stopped, started):
    at = visit("10_mitigate", stopped)
    assert not at.exception
    assert "A search was stopped after 2 of 5 settings." in literally(said(at))
    at = button(at, "Continue").click().run()
    assert not at.exception
    assert started == [((stopped, "tune", {}), {"title": "Search for the best repair"})]


def test_a_search_whose_time_was_over_can_be_continued(visit, known, started):
    store = known.store
    audit_id = _audit(store, asked(trials=3))
    plan = Plan.from_dict(store.get(audit_id).plan)
    store.save_plan(audit_id, asked(trials=6, seconds=60))
    at = visit("10_mitigate", audit_id)
    assert not at.exception
    assert plan.tuning.trials == 3
    assert "The time was over after 3 of 6 settings." in literally(said(at))
    button(at, "Continue").click().run()
    assert len(started) == 1


def test_a_search_can_be_deleted(visit, known):
    audit_id = _audit(known.store, asked(trials=2))
    at = button(visit("10_mitigate", audit_id), "Delete this search").click().run()
    assert not at.exception
    assert known.store.study(audit_id) is None
    assert tasks.load_audit(known.store, audit_id).study is None
    assert "Recommended is" not in literally(said(visit("10_mitigate", audit_id)))


def test_where_nobody_knows_who_was_right_nothing_is_searched(visit, known):
    frame = people()
    plan = asked()
    roles = replace(plan.roles, decision="y", features=None)
    plan = replace(plan, roles=roles, model=ModelChoice(), tuning=Tuning())
    audit_id = known.store.create_audit(ingest_frame(frame, known.store.data_folder, name="own"), plan)
    tasks.run_audit(known.store, audit_id, {}, silent)
    at = visit("10_mitigate", audit_id)
    assert not at.exception
    assert "Search for the best trade-off" not in said(at)
