"""Comparable people and unknown groups on the screens: the answer, the way to it, and nothing where nothing is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.data.samples import open_sample, sample
from audit.plan import Plan, Roles
from audit.progress import silent
from audit.wording.bounds import probable_sentence, unknown_sentence
from audit.wording.comparable import CAUTION, adjusted_sentence
from tests.pages.conftest import BOLD
from tests.pages.test_screens import literally, said


@pytest.fixture(scope="module")
def berkeley(known):
    dataset = open_sample("berkeley", known.store.data_folder)
    audit_id = known.store.create_audit(dataset, sample("berkeley").plan, sample="berkeley")
    tasks.run_audit(known.store, audit_id, {}, silent)
    return audit_id


@pytest.fixture(scope="module")
def unknown(known):
    rng = np.random.default_rng(5)
    n = 600
    frame = pd.DataFrame(
        {
            "y": rng.integers(0, 2, n),
            "d": rng.integers(0, 2, n),
            BOLD: rng.choice(["a", "b", "c", BOLD], n),
            "k": rng.choice([BOLD, "x"], n),
            "p": rng.random(n),
        }
    )
    frame.loc[frame.index[:40], [BOLD, "k"]] = None
    roles = Roles(label="y", decision="d", sensitive=(BOLD,), control=("k",), probabilities=("p",))
    audit_id = known.store.create_audit(
        ingest_frame(frame, known.store.data_folder, name="unknown"), Plan(roles=roles)
    )
    tasks.run_audit(known.store, audit_id, {}, silent)
    return audit_id


def test_berkeley_is_answered_in_one_sentence(visit, known, berkeley):
    audit = tasks.load_audit(known.store, berkeley)
    at = visit("07_comparable", berkeley)
    assert not at.exception
    row = audit.chapter("simpson")[0]
    assert adjusted_sentence(row, audit.plan.roles) in literally(said(at))
    assert [box.value for box in at.info] == [CAUTION]
    assert len(at.get("plotly_chart")) == 1


def test_without_control_columns_the_screen_asks_for_them_and_runs(visit, known):
    ricci = sample("ricci")
    dataset = open_sample("ricci", known.store.data_folder)
    audit_id = known.store.create_audit(dataset, ricci.plan, sample="ricci")
    tasks.run_audit(known.store, audit_id, {}, silent)
    at = visit("07_comparable", audit_id)
    assert "No column says who is comparable." in literally(said(at))
    assert at.button(key="save_control").disabled
    assert not {"passed", "eligible"} & set(at.multiselect[0].options)
    at.multiselect[0].set_value(["position"]).run()
    at.button(key="save_control").click().run()
    assert not at.exception
    assert known.store.get(audit_id).read_plan().roles.control == ("position",)
    assert "Over everybody, being selected" in literally(said(at))


def test_names_are_shown_literally_and_groups_can_be_picked(visit, known, unknown):
    at = visit("07_comparable", unknown)
    assert not at.exception
    assert not at.error
    assert {box.label.split()[0] for box in at.selectbox} >= {"Rate", "Against"}
    assert "people with the same k" in literally(said(at))


def test_the_form_saves_the_further_parts(visit, known, unknown):
    at = visit("02_data", unknown)
    labels = {box.label: box for box in (*at.multiselect, *at.selectbox)}
    assert labels["Compare people who have the same"].value == ["k"]
    assert labels["Groups known by probability only"].value == ["p"]
    labels["Small groups"].set_value("suppress").run()
    assert [box.value for box in at.number_input if "small below" in box.label] == [10]
    labels = {box.label: box for box in (*at.multiselect, *at.selectbox)}
    labels["Rows that belong together, such as a household"].set_value("k").run()
    assert not at.button(key="save_roles").disabled


def bounds(audit_id):
    from ui import boundsview, cached
    from ui.screen import Screen

    record = cached.store().get(audit_id)
    boundsview.draw(Screen(record=record, stored_plan=record.read_plan()))


def test_unknown_groups_and_probabilities_are_said_with_their_pictures(known, unknown):
    audit = tasks.load_audit(known.store, unknown)
    at = AppTest.from_function(bounds, kwargs={"audit_id": unknown}, default_timeout=60).run()
    assert not at.exception
    shown = literally(said(at))
    rows = [row for row in audit.chapter("bounds") if row.assumed == "any"]
    lead = next((row for row in rows if row.survives is False), rows[0])
    assert unknown_sentence(lead) in shown
    assert probable_sentence(audit.chapter("probable")[0]) in shown
    assert len(at.get("plotly_chart")) == 2


def test_nothing_is_said_where_everybody_is_known(known, berkeley):
    at = AppTest.from_function(bounds, kwargs={"audit_id": berkeley}, default_timeout=60).run()
    assert not at.exception
    assert not at.header
