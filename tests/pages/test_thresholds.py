"""The screen Thresholds: sliders, ways of choosing, and what it says where there are no scores."""

from __future__ import annotations

import pytest

from audit import tasks
from audit.data.samples import open_sample, sample
from audit.progress import silent
from tests.pages.test_screens import literally, said

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
