"""The screen Thresholds: sliders, ways of choosing, and what it says where there are no scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit import tasks
from audit.data.folders import VARIABLE
from audit.data.inplace import open_in_place
from audit.data.samples import open_sample, sample
from audit.engines.duckdb_engine import DuckDBEngine
from audit.plan import Plan, Roles
from audit.progress import silent
from tests.pages.test_screens import literally, said
from ui import actions

PAGE = "08_thresholds"


@pytest.fixture(scope="module")
def ranked(known):
    """COMPAS, whose scores are no probabilities and whose decisions are a column."""
    compas = sample("compas")
    audit_id = known.store.create_audit(open_sample("compas", known.store.data_folder), compas.plan)
    tasks.run_audit(known.store, audit_id, {}, silent)
    return audit_id


def test_without_scores_the_screen_says_where_they_come_from(visit, known):
    at = visit(PAGE, known.sample)
    assert "This audit has no scores." in literally(said(at))
    assert at.button(key="way_out").label == "Name the score column"


def test_moving_the_slider_moves_the_table_and_offers_to_adopt(visit, known):
    at = visit(PAGE, known.tried)
    assert "at the threshold in use, 0.5" in literally(said(at))
    assert "adopt" not in [button.key for button in at.button]
    at.slider(key="threshold").set_value(0.3).run()
    assert not at.exception
    shown = literally(said(at))
    assert "Gap at the chosen threshold" in shown
    assert at.button(key="adopt").label == "Adopt 0.3 as the threshold"


@pytest.mark.parametrize("way", ["selection", "chances", "cost", "own"])
def test_a_threshold_for_each_group_comes_with_a_caution(visit, known, way):
    at = visit(PAGE, known.tried)
    at.selectbox(key="thresholds").set_value(way).run()
    assert not at.exception
    assert "may not be lawful" in literally(said(at))
    assert "adopt" not in [button.key for button in at.button]
    assert len(at.slider) == (2 if way == "own" else 0)


def test_a_missed_positive_can_cost_more(visit, known):
    at = visit(PAGE, known.tried)
    at.selectbox(key="cost").set_value("5").run()
    assert "If a missed positive costs 5 times a false alarm" in literally(said(at))


def test_scores_that_are_no_probabilities_have_a_slider_over_their_values(visit, ranked):
    at = visit(PAGE, ranked)
    assert not at.exception
    shown = literally(said(at))
    assert "not probabilities" in shown
    assert "as many positive decisions in every group as the column score_text holds" in shown
    at.select_slider(key="threshold").set_value(8.0).run()
    assert not at.exception
    assert "To look at only" in literally(said(at))


def test_adopting_saves_the_threshold_and_asks_to_run_again(visit, known):
    store = known.store
    copy = store.create_audit(store.dataset(known.tried), store.get(known.tried).read_plan())
    tasks.run_audit(store, copy, {}, silent)
    at = visit(PAGE, copy)
    at.slider(key="threshold").set_value(0.35).run()
    at.button(key="adopt").click().run()
    assert not at.exception
    assert store.get(copy).read_plan().roles.threshold == 0.35
    assert not store.get(copy).has_result


def test_the_model_screen_shows_scores_when_asked(visit, known):
    at = visit("03_model", known.tried)
    assert not at.exception
    assert "Scores of the last run by group" in [box.label for box in at.expander]


def picker(at, label):
    return next(one for one in at.selectbox if one.label == label)


def ranking(at):
    """Open the tab about ranking as a click does; AppTest has no tabs to click."""
    at.session_state["score_parts"] = "How do they rank?"
    at.run()
    assert not at.exception
    return literally(said(at))


@pytest.fixture
def scored(known, tmp_path, monkeypatch):
    """Many different scores in a file that is read in place."""
    rng = np.random.default_rng(3)
    score = rng.random(3_000)
    frame = pd.DataFrame(
        {"s": score, "y": (rng.random(3_000) < score).astype(int), "g": rng.choice(["a", "b"], 3_000)}
    )
    frame.to_parquet(tmp_path / "people.parquet", index=False)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    plan = Plan(roles=Roles(label="y", score="s", sensitive=("g",)))
    dataset = open_in_place(tmp_path / "people.parquet", engine="duckdb", root=tmp_path)
    audit_id = known.store.create_audit(dataset, plan)
    tasks.run_audit(known.store, audit_id, {}, silent)
    yield audit_id
    known.store.delete_audit(audit_id)


def test_moving_a_threshold_reads_no_row_and_the_bound_is_printed(visit, scored, monkeypatch):
    def scanned(*_, **__):
        raise AssertionError("rows were read")

    monkeypatch.setattr(DuckDBEngine, "_run", scanned)
    at = visit(PAGE, scored)
    assert not at.exception
    shown = ranking(at)
    assert "Scores are counted in 1,000 bins: no area under a curve here is off by more than 0.00" in shown
    at.slider(key="threshold").set_value(0.3).run()
    assert not at.exception
    assert "Gap at the chosen threshold" in literally(said(at))
    at.switch_page("pages/05_groups.py")
    at.run()
    picker(at, "Measure").set_value("auc").run()
    assert not at.exception
    assert "Scores are counted in 1,000 bins: no area" in literally(said(at))


def test_other_bins_are_a_new_audit_and_a_job_where_rows_are_many(visit, known, scored, monkeypatch):
    at = visit("02_data", scored)
    pick = picker(at, "Count scores in")
    assert pick.options == [
        "1,000 bins",
        "2,000 bins",
        "5,000 bins",
        "10,000 bins",
        "Bins of one score each: exact",
    ]
    assert pick.help
    pick.set_value("exact").run()
    at.button(key="save_roles").click().run()
    assert not at.exception
    assert known.store.get(scored).read_plan().score_bins == "exact"
    assert not known.store.get(scored).has_result
    started = []
    monkeypatch.setattr("audit.data.inplace.JOB_ROWS", 100)
    monkeypatch.setattr(actions.jobs, "start", lambda _store, _id, kind, *_, **__: started.append(kind))
    at = visit("03_model", scored)
    at.button(key="run").click().run()
    assert not at.exception
    assert started == ["audit"]
    tasks.run_audit(known.store, scored, {}, silent)
    assert "Every score is counted by itself: areas under curves are exact." in ranking(visit(PAGE, scored))


def test_too_many_scores_are_refused_and_the_result_stays(visit, known, scored, monkeypatch):
    monkeypatch.setattr("audit.gather.scores.MOST_EXACT", 2_000)
    at = visit("02_data", scored)
    picker(at, "Count scores in").set_value("exact").run()
    at.button(key="save_roles").click().run()
    assert not at.exception
    told = " ".join(str(error.proto) for error in at.error).replace("\\", "")
    assert "at most 2,000 are counted one by one" in told
    assert known.store.get(scored).has_result
    assert known.store.get(scored).read_plan().score_bins == 1000


def test_bins_of_a_plan_that_are_not_offered_are_offered_too(visit, known, scored):
    plan = known.store.get(scored).read_plan()
    known.store.save_plan(scored, replace(plan, score_bins=4_000))
    pick = picker(visit("02_data", scored), "Count scores in")
    assert pick.value == 4_000
    assert pick.options[2:4] == ["4,000 bins", "5,000 bins"]


def test_a_model_asks_for_bins_beside_its_threshold(visit, known):
    at = visit("03_model", known.tried)
    assert picker(at, "Count scores in").value == 1000


def test_a_threshold_of_deciles_is_not_taken_for_one_of_probabilities(visit, ranked):
    at = visit("03_model", ranked)
    at.radio(key=f"door_{ranked}").set_value("train").run()
    assert not at.exception
    assert at.number_input(key=f"model_threshold_{ranked}").value == 0.5


def test_the_way_to_finer_bins_leads_to_the_form(visit, scored):
    at = visit(PAGE, scored)
    ranking(at)
    at.button(key="finer_scores").click().run()
    assert not at.exception
    assert picker(at, "Count scores in").value == 1000
