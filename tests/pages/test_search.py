"""The search for subgroups on its screen: asked for, run, shown, walked through."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.plan import Plan, Roles, Search
from audit.progress import silent
from tests.pages.test_screens import literally, said
from tests.searching import planted

COLUMNS = ("sex", "degree", "region")


@pytest.fixture(scope="module")
def searched(known):
    """An audit of one sensitive feature with a search that has been run."""
    store = known.store
    plan = Plan(
        roles=Roles(label="y", decision="d", sensitive=("sex",)),
        search=Search(columns=COLUMNS),
        replicates=100,
    )
    audit_id = store.create_audit(ingest_frame(planted(6_000), store.data_folder, name="planted"), plan)
    tasks.run_audit(store, audit_id, {}, silent)
    return audit_id


def test_one_sensitive_feature_can_still_be_searched(visit, known):
    at = visit("06_intersections", known.tried)
    assert not at.exception
    assert "Search for subgroups that stand out" in said(at)
    assert at.multiselect[0].label == "Columns"
    assert at.multiselect[0].value == ["group"]


def test_what_was_found_is_said_and_drawn(visit, known, searched):
    audit = tasks.load_audit(known.store, searched)
    at = visit("06_intersections", searched)
    assert not at.exception
    shown = literally(said(at))
    assert "1 of these stands by itself" in shown
    assert "Among people with sex ‘Female’ and degree ‘None’" in shown
    assert "In 8 of 10 searches" in shown
    first = audit.chapter("subgroups")[0]
    picker = at.selectbox(key="subgroup")
    assert picker.value == "all"
    at = picker.set_value(first.id).run()
    assert not at.exception
    assert "The half in which it was found showed" in literally(said(at))


def test_nothing_found_says_what_could_have_been_seen(visit, known):
    store = known.store
    plan = Plan(
        roles=Roles(label="y", decision="d", sensitive=("sex",)),
        search=Search(columns=COLUMNS),
        replicates=100,
    )
    frame = planted(2_000, effect=0.0)
    audit_id = store.create_audit(ingest_frame(frame, store.data_folder, name="even"), plan)
    tasks.run_audit(store, audit_id, {}, silent)
    shown = literally(said(visit("06_intersections", audit_id)))
    assert "None stands out from chance." in shown
    assert "In 8 of 10 searches" in shown


def test_a_search_of_hostile_names_is_shown_literally(visit, known):
    store = known.store
    plan = Plan.from_dict(store.get(known.hostile).plan)
    store.save_plan(known.hostile, replace(plan, search=Search(columns=plan.roles.sensitive, min_size=5)))
    tasks.search(store, known.hostile, {}, silent)
    at = visit("06_intersections", known.hostile)
    assert not at.exception
    assert "were tested" in literally(said(at))


def test_the_form_saves_the_search_and_starts_a_job(visit, known, searched, monkeypatch):
    started = []
    monkeypatch.setattr("audit.jobs.start", lambda *a, **k: started.append((a[1:], k)))
    at = visit("06_intersections", searched)
    next(box for box in at.selectbox if box.label == "Columns that may meet").set_value(2)
    at = next(button for button in at.button if button.label == "Search").click().run()
    assert not at.exception
    assert started == [((searched, "search", {}), {"title": "Search for subgroups"})]
    stored = Plan.from_dict(known.store.get(searched).plan)
    assert stored.search == Search(columns=COLUMNS, depth=2)
    assert known.store.result(searched) is not None
    assert "The plan asks for another search by now" in literally(said(at))
