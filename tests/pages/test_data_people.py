"""The data screen behind its main picture: every tab for every audit, and a population that comes and goes."""

from __future__ import annotations

import pytest

from audit import tasks, wording
from tests.pages.test_screens import literally, said
from ui.peopleview import _TABS


def open_tab(at, name):
    """Open one tab as a click does; AppTest has no tabs to click."""
    at.session_state["about_people"] = name
    return at.run()


def test_a_tab_shows_its_answer(visit, known):
    at = visit("02_data", known.sample)
    audit = tasks.load_audit(known.store, known.sample)
    assert "No row repeats" in literally(said(open_tab(at, "Repeated rows"))) or wording.repeated(
        audit.chapter("repeats")
    ) in literally(said(at))
    apart = next(row for row in audit.chapter("labels") if row.comparison == "extreme")
    assert wording.points(apart.value) in literally(said(open_tab(at, "Labels")))
    assert "Nothing is missing" in literally(said(open_tab(at, "Missing values")))
    limits = literally(said(open_tab(at, "What cannot hold at once")))
    assert ("Base rates differ" in limits) == bool(audit.chapter("impossibility"))


@pytest.mark.parametrize("which", ["fresh", "sample", "hostile", "tiny", "tried"])
def test_every_tab_draws_for_every_audit(visit, known, which):
    at = visit("02_data", getattr(known, which))
    for name in _TABS:
        open_tab(at, name)
        assert not at.exception, name
        assert not [error.value for error in at.error], name


def test_the_smallest_gap_is_told_once_there_is_a_result(visit, known):
    audit = tasks.load_audit(known.store, known.sample)
    rows = [
        row
        for row in audit.chapter("power")
        if (row.metric, row.sensitive, row.reference) == ("true_positive_rate", ("race",), None)
    ]
    assert rows
    shown = literally(said(visit("02_data", known.sample)))
    assert wording.detectable(rows) in shown
    assert "told here once the audit has been run" in literally(said(visit("02_data", known.fresh)))


def test_another_rate_changes_what_could_be_seen(visit, known):
    at = visit("02_data", known.sample)
    first = [chart.proto.spec for chart in at.get("plotly_chart")]
    at.selectbox(key="seen").select("selection_rate").run()
    assert not at.exception
    assert [chart.proto.spec for chart in at.get("plotly_chart")] != first


def test_a_population_comes_and_goes_and_the_result_stays(visit, known):
    at = visit("02_data", known.sample)
    result = known.store.result(known.sample)
    table = b"column,group,share\nrace,white,0.5\nrace,Black,0.3\nrace,Martian,0.2\n"
    uploader = next(one for one in at.file_uploader if one.label == "Population table")
    uploader.upload("population.csv", table).run()
    assert not at.exception
    assert not at.error
    audit = tasks.load_audit(known.store, known.sample)
    # The names of the data are kept; what the data do not have is told.
    assert audit.plan.population == {"race": {"White": 0.5, "Black": 0.3, "Martian": 0.2}}
    assert known.store.result(known.sample) == result
    shown = literally(said(at))
    assert "Nobody in the data belongs to Martian." in shown
    assert [one for one in audit.findings if one.code == "FA311"]
    at.button(key="no_population").click().run()
    assert not at.exception
    assert tasks.load_audit(known.store, known.sample).plan.population == {}
    assert known.store.result(known.sample) == result


def test_a_wrong_population_is_refused_in_words(visit, known):
    at = visit("02_data", known.fresh)
    uploader = next(one for one in at.file_uploader if one.label == "Population table")
    uploader.upload("population.csv", b"column,group,share\nrase,White,1\n").run()
    assert not at.exception
    assert any("sensitive feature" in str(error.value) + str(error.proto) for error in at.error)
    assert known.store.get(known.fresh).plan["population"] == {}
