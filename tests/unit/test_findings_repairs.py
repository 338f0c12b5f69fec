"""What the findings say of repairs: a few that level down are told each, many share one finding that names the worst."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from audit.findings.mitigations import MOST_TOLD, changed, levelled_down
from audit.plan import Roles
from audit.rows import ComparisonRow


def rows(name, after, *, shown=True):
    """A gap that closed by two points, and two groups of which one fell from 60 % to ``after``."""
    low, high = (-0.03, -0.01) if shown else (-0.03, 0.01)
    shared = {
        "mitigation": name,
        "sensitive": ("sex",),
        "original": None,
        "control": None,
        "n": 500,
    }
    fell = after - 0.6
    return [
        ComparisonRow(
            **shared,
            metric="demographic_parity",
            comparison="difference",
            group=None,
            before=0.1,
            after=0.08,
            change=-0.02,
            low=low,
            high=high,
        ),
        ComparisonRow(
            **shared,
            metric="selection_rate",
            comparison=None,
            group=("Male",),
            before=0.6,
            after=after,
            change=fell,
            low=fell - 0.005,
            high=fell + 0.005,
        ),
    ]


def facts(*trials):
    return SimpleNamespace(
        trials=[SimpleNamespace(mitigation=f"m{k}", title=f"Repair {k}") for k in range(len(trials))],
        groupings=[("sex",)],
        comparison=[row for k, given in enumerate(trials) for row in rows(f"m{k}", **given)],
        plan=SimpleNamespace(roles=Roles(label="y", decision="d", sensitive=("sex",))),
    )


def test_one_repair_is_told_once_and_without_saying_it_twice():
    (one,) = levelled_down(facts({"after": 0.5}, {"after": 0.5, "shown": False}))
    assert (one.code, one.title) == ("FA502", "Repair 0 levels down by sex")
    assert one.evidence.startswith(
        "The gap closed only because a group got worse (selected: Male from 60.0 %"
    )


def test_a_few_are_told_each():
    assert len(levelled_down(facts(*[{"after": 0.5}] * MOST_TOLD))) == MOST_TOLD


def test_many_share_one_finding_that_names_the_largest_loss():
    (one,) = levelled_down(facts({"after": 0.55}, {"after": 0.4}, {"after": 0.5}, {"after": 0.58}))
    assert one.title == "4 of 4 repairs level down by sex"
    assert "Repair 0, Repair 1, Repair 2" in one.evidence
    assert "The largest loss is that of Repair 1. The gap closed only because" in one.evidence
    assert "from 60.0 % to 40.0 %" in one.evidence
    assert "Levelling down:" not in one.evidence


@pytest.mark.parametrize("given", [[], [{"after": 0.5, "shown": False}] * 5])
def test_nothing_is_said_where_nothing_is_shown(given):
    assert levelled_down(facts(*given)) == []


def gaps(*changes, control=None):
    """Repairs whose gap moved from ten points by so much, surely or not."""
    found = facts(*[{"after": 0.5}] * len(changes))
    found.plan.confidence = 0.95
    found.comparison = [
        replace(
            rows(f"m{k}", after=0.5)[0],
            after=0.1 + moved,
            control=control,
            change=moved,
            low=moved - 0.01,
            high=moved + 0.01,
        )
        for k, moved in enumerate(changes)
    ]
    return found


def test_a_few_repairs_are_told_each_with_what_they_did():
    told = changed(gaps(-0.05, 0.0))
    assert [one.title for one in told] == [
        "Repair 0, by sex: a gap closed",
        "Repair 1, by sex: no closing gap could be shown",
    ]
    assert "from 10.0 points to 5.0 points" in told[0].evidence


def test_many_repairs_share_one_finding_for_each_grouping():
    (one,) = changed(gaps(-0.05, 0.005, -0.08, 0.04, control=0.02))
    assert one.title == "By sex, 2 of 4 repairs closed a gap"
    assert "from 10.0 points to 2.0 points" in one.evidence
    assert "That is Repair 2, the most of 2 repairs that closed it." in one.evidence
    assert "A plain threshold at the same selection rate gives 2.0 points." in one.evidence
    assert "Wider with Repair 3." in one.evidence
    (only,) = changed(gaps(-0.05, 0.0, 0.0, 0.0))
    assert "That is Repair 0, the only one." in only.evidence
    (none,) = changed(gaps(0.0, 0.0, 0.0, 0.0))
    assert none.title == "By sex, none of 4 repairs could be shown to have closed a gap"
