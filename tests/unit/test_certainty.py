"""How firm a verdict is, in sentences, pictures and on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.chapters.guards import gap_guards
from audit.chapters.robustness import robustness
from audit.data.samples import sample
from audit.figures.guards import guards, guards_alt
from audit.figures.lowering import lower
from audit.plan import Plan, Roles
from audit.report.blocks import Figure, Heading, Table
from audit.report.compose import compose
from audit.report.sections.certainty import certainty
from audit.report.sections.four_fifths import four_fifths
from audit.run import run
from audit.wording import certainty as words
from tests.by_hand import people
from tests.cases import case_of

ROLES = Roles(label="hired*", positive="<b>yes", sensitive=("g",))
PLAN = Plan(replicates=100, roles=ROLES)
CELLS = people(a=(60, 20, 20, 60), b=(50, 30, 45, 35), c=(9, 1, 5, 5))


@pytest.fixture(scope="module")
def ricci():
    found = sample("ricci")
    return run(found.path, found.plan)


def test_the_sentence_about_decisions():
    said = words.turning(
        what="decisions",
        people=25,
        n=1837,
        who=(("race",), ("Two or More Races",)),
        now=(0, 0),
        verdicts=("beyond", "cannot_tell"),
        roles=Roles(label="employed", positive="1"),
    )
    assert said == (
        "25 of 1,837 decisions about ‘Two or More Races’ would have to differ for “beyond tolerance” to become “cannot "
        "tell”: people whose employed is not 1, selected instead of not."
    )


@pytest.mark.parametrize(
    ("what", "now", "said"),
    [
        ("decisions", (1, 1), "people whose employed is 1, not selected instead of selected"),
        ("labels", (1, 0), "people who were not selected, with employed not 1 instead of 1"),
        ("labels", (0, 1), "people who were selected, with employed 1 instead of not"),
    ],
)
def test_which_people_would_differ(what, now, said):
    assert words.change_of(what=what, now=now, roles=Roles(label="employed", positive="1")) == said


def test_where_the_negative_decision_is_the_good_one_people_are_flagged():
    roles = Roles(label="two_year_recid", positive="1", favourable="negative")
    assert words.change_of(what="decisions", now=(0, 1), roles=roles).endswith(
        "not flagged instead of flagged"
    )


def test_the_people_that_would_decide_it():
    said = words.turning(
        what="people",
        people=4000,
        n=320,
        who=(("g",), None),
        now=(None, None),
        verdicts=("cannot_tell", "beyond"),
        roles=ROLES,
    )
    assert said == "With the same rates, 4,000 people instead of 320 would decide it: beyond tolerance."


def test_the_guard_of_a_gap_that_is_not_known():
    said = words.guard(
        metric="equal_opportunity", sensitive=("g",), value=None, expected=None, debiased=None, roles=ROLES
    )
    assert said == "Equal chances by g: not estimable."


def test_names_from_data_stay_text():
    row = next(row for row in robustness(case_of(CELLS, PLAN)) if row.value is not None)
    said = words.turning(
        what=row.what,
        people=row.value,
        n=row.n,
        who=(row.sensitive, row.group),
        now=(row.label, row.decision),
        verdicts=(row.verdict, row.becomes),
        roles=ROLES,
    )
    assert "\n" not in said


def test_the_picture_shows_gap_chance_and_what_is_left():
    rows = [row for row in gap_guards(case_of(CELLS, PLAN, chance=True)) if row.metric == "equal_opportunity"]
    drawn = guards(rows, [0.1])
    dots = [trace for trace in drawn.data if trace.mode == "markers" and trace.marker.size > 1]
    assert [trace.x[0] for trace in dots] == [rows[0].value, rows[0].debiased]
    lines = [shape.x0 for shape in drawn.layout.shapes if shape.type == "line"]
    assert rows[0].expected in lines
    assert 0.1 in lines
    assert "without chance" in guards_alt(rows)
    assert lower(drawn, 460, glyphs=False)


def test_a_picture_of_nothing_says_so():
    row = gap_guards(case_of(people(a=(4, 1, 1, 4)), PLAN))[0]
    assert any("fewer than 2 groups" in note.text for note in guards([row]).layout.annotations)
    assert lower(guards([]), 460, glyphs=False)
    assert guards_alt([]) == "There is no gap to show."


def test_the_section_of_the_report(ricci):
    blocks = certainty(ricci)
    assert isinstance(blocks[0], Heading)
    assert sum(isinstance(block, Figure) for block in blocks) >= 1
    captions = [block.caption for block in blocks if isinstance(block, Table)]
    assert "What it would take to change each verdict." in captions
    table = next(block for block in four_fifths(ricci, ("race",)) if isinstance(block, Table))
    assert len(table.rows) == 3


def test_a_plan_without_a_tolerance_still_has_its_guards(ricci):
    plain = ricci.with_plan(replace(ricci.plan, tolerances={}))
    assert plain.chapter("robustness") == ()
    captions = [block.caption for block in certainty(plain) if isinstance(block, Table)]
    assert "What it would take to change each verdict." not in captions
    assert compose(plain, sections=["certainty"]).blocks


def test_a_moved_tolerance_moves_what_would_change_the_verdict(ricci):
    before = ricci.chapter("robustness")
    after = ricci.with_tolerance("demographic_parity_difference", 0.01).chapter("robustness")
    assert [row.value for row in before] != [row.value for row in after]
