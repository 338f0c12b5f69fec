"""The screen about how firm a verdict is, and what belongs to it on the screen about groups."""

from __future__ import annotations

import pytest

from audit import tasks, wording
from tests.pages.test_screens import literally, said


def test_the_answer_is_about_the_leading_verdict(visit, known):
    from ui import certaintyview, overview

    audit = tasks.load_audit(known.store, known.sample)
    shown = literally(said(visit("09_certainty", known.sample)))
    row = overview.lead(audit)
    assert certaintyview.firmness(audit, row) in shown
    assert wording.verdict_word(row.verdict) in shown


@pytest.mark.parametrize("which", ["sample", "tiny", "hostile", "tried"])
def test_every_part_draws_for_every_audit(visit, known, which):
    at = visit("09_certainty", getattr(known, which))
    assert not at.exception
    for name in ("Worst groups", "Other tools", "What would change a verdict"):
        at.session_state["certainty_parts"] = name
        at.run()
        assert not at.exception, name


def test_p_values_are_shown_only_where_asked_for(visit, known):
    at = visit("05_groups", known.sample)
    before = literally("".join(str(table.value.to_csv()) for table in at.table))
    assert "p (Holm)" not in before
    at.toggle(key="p_values").set_value(True).run()
    assert not at.exception
    assert any("p (Holm)" in literally(" ".join(table.value.columns)) for table in at.table)


def test_impact_ratios_are_beside_the_selection_rate(visit, known):
    at = visit("05_groups", known.sample)
    assert any("Impact ratio" in literally(" ".join(table.value.columns)) for table in at.table)
    audit = tasks.load_audit(known.store, known.sample)
    row = next(row for row in audit.chapter("four_fifths") if row.below)
    assert any(wording.ratio(row.value) in literally(table.value.to_csv()) for table in at.table)
