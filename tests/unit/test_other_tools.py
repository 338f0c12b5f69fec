"""What other tools would report, beside what this audit says, with the reason for each difference."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from audit.chapters.other_tools import telling
from audit.peers.catalogue import PEERS
from audit.plan import Grouping, Plan, Roles
from audit.report.sections.peers import peers
from audit.run import run
from audit.wording.peers import DIFFERENCES, peer_amount, peer_line, peer_subject, peers_sentence
from tests.by_hand import TOY, people, weighted
from ui.peersview import lines


def frame(cells):
    rows = []
    for (group,), table in zip(cells.groups, cells.n, strict=True):
        for label in (0, 1):
            for decision in (0, 1):
                rows += [(group, label, decision)] * int(table[label, decision])
    return pd.DataFrame(rows, columns=["g", "y", "d"])


def audited(cells, **roles):
    plan = Plan(
        roles=Roles(label="y", decision="d", sensitive=("g",), **roles), replicates=100, dated="2026-01-01"
    )
    return run(frame(cells), plan)


@cache
def toy():
    return audited(TOY)


def said(audit, tool, measure, group=None, reference=None):
    return next(
        row
        for row in audit.chapter("other_tools")
        if (row.tool, row.measure) == (tool, measure)
        and (group is None or row.group == (group,))
        and (reference is None or row.reference == (reference,))
    )


def test_a_group_without_positives_is_a_zero_elsewhere_and_not_estimable_here():
    for tool, measure in (("Fairlearn", "true_positive_rate"), ("OxonFair", "true_pos_rate")):
        row = said(toy(), tool, measure, "c")
        assert (row.value, row.here, row.reason, row.why) == (0.0, None, "no_positives", "undefined_as_zero")
    row = said(toy(), "Fairlearn", "equal_opportunity_difference")
    assert (row.value, row.why) == (0.75, "undefined_in_gap")
    assert row.here == pytest.approx(0.25)
    assert said(toy(), "AIF360", "true_positive_rate", "c").same, "AIF360 leaves it open too"
    assert said(toy(), "AIF360", "equalized_odds_difference", "c", "a").why == "one_rate_alone"


def test_an_undefined_rate_among_several_makes_the_gap_one():
    # Two groups with TPR 1, one without positives: 0 among them makes the largest gap there is.
    audit = audited(people(a=(5, 5, 0, 8), b=(5, 5, 0, 9), c=(5, 5, 0, 0)))
    row = said(audit, "Fairlearn", "equal_opportunity_difference")
    assert (row.value, row.here, row.why) == (1.0, 0.0, "undefined_in_gap")


def test_rates_by_the_totals_of_the_data_make_large_groups_look_better():
    # TPR .8 and FPR .2 in both groups.
    audit = audited(people(large=(360, 90, 90, 360), small=(40, 10, 10, 40)))
    assert {
        row.here
        for row in audit.chapter("other_tools")
        if row.ours == "true_positive_rate" and row.kind == "rate"
    } == {0.8}
    large = said(audit, "AI Verify", "True Positive Rate", "large")
    small = said(audit, "AI Verify", "True Positive Rate", "small")
    assert (large.value, small.value) == (pytest.approx(0.72), pytest.approx(0.08))
    assert large.why == small.why == "totals_of_all"
    assert said(audit, "AI Verify", "Equal Selection Parity").value == 400
    assert said(audit, "AI Verify", "Equal Selection Parity").why == "numbers_of_people"
    assert said(audit, "Aequitas", "ppr", "large").value == pytest.approx(0.9)
    assert said(audit, "Aequitas", "ppr", "large").why == "share_of_selected"
    for row in audit.chapter("other_tools"):
        if row.kind == "gap":
            assert row.same, (row.tool, row.measure)


def test_average_odds_of_zero_hide_odds_that_differ():
    audit = audited(people(a=(50, 50, 50, 50), b=(70, 30, 30, 70), c=(500, 500, 500, 500)))
    row = said(audit, "AIF360", "average_odds_difference", "b", "c")
    assert row.value == pytest.approx(0)
    assert row.here == pytest.approx(0.2)
    assert row.why == "signed_mean"


def test_nobody_selected_leaves_every_ratio_open_and_every_difference_zero():
    audit = audited(people(a=(50, 0, 50, 0), b=(30, 0, 30, 0)))
    ratio = said(audit, "Fairlearn", "demographic_parity_ratio")
    assert (ratio.value, ratio.here, ratio.same) == (None, None, True)
    assert said(audit, "Fairlearn", "demographic_parity_difference").here == 0.0
    assert said(audit, "AI Verify", "Disparate Impact").why == "ratio_set_to_zero"
    assert said(audit, "OxonFair", "disparate_impact").value == 1.0
    assert not said(audit, "OxonFair", "disparate_impact").same


def test_a_reference_of_zero_is_ten_infinite_or_undefined():
    audit = audited(people(a=(50, 0, 50, 0), b=(10, 10, 10, 10)))
    row = said(audit, "Aequitas", "pprev_disparity", "b", "a")
    assert (row.value, row.here, row.why) == (10.0, None, "filled_with_ten")
    row = said(audit, "AIF360", "disparate_impact", "b", "a")
    assert (row.value, row.here, row.same, row.why) == (None, None, False, "zero_reference")


def test_the_good_outcome_decides_what_equal_opportunity_is_about():
    cells = people(a=(60, 40, 20, 80), b=(80, 20, 50, 50))
    audit = audited(cells, favourable="negative")
    row = said(audit, "Fairlearn", "equal_opportunity_difference")
    assert row.value == pytest.approx(0.3), "TPR .8 and .5"
    assert row.here == pytest.approx(0.2), "TNR .6 and .8"
    assert row.why == "positive_outcome"
    asked = said(audit, "AIF360", "equal_opportunity_difference")
    assert asked.same, "AIF360 asks for the favourable label"
    assert asked.ours == "true_negative_rate"
    assert said(audit, "AIF360", "selection_rate", "a").why == "favourable_outcome"


def test_tools_that_take_no_weights_say_something_else():
    data = frame(people(a=(20, 20, 20, 20), b=(20, 20, 20, 20)))
    data["w"] = np.where(data["y"] == data["d"], 3.0, 1.0)
    plan = Plan(
        roles=Roles(label="y", decision="d", sensitive=("g",), weight="w"), replicates=100, dated="2026-01-01"
    )
    audit = run(data, plan)
    assert said(audit, "Fairlearn", "true_positive_rate", "a").same
    row = said(audit, "OxonFair", "true_pos_rate", "a")
    assert (row.value, row.here, row.why) == (0.5, 0.75, "rows_not_weights")


def test_people_without_a_group_and_the_smallest_size_are_reasons_too():
    data = frame(people(a=(20, 20, 20, 20), b=(20, 20, 10, 30), c=(1, 5, 1, 5)))
    data.loc[data["g"] == "c", "g"] = None
    plan = Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), replicates=100, dated="2026-01-01")
    row = said(run(data, plan), "Fairlearn", "demographic_parity_difference")
    assert row.why == "unknown_as_group"
    floor = replace(plan, grouping=Grouping(min_size=30, include_unknown=True))
    row = said(run(data, floor), "Fairlearn", "demographic_parity_difference")
    assert row.why == "minimum_size"


@pytest.mark.parametrize(
    "cells",
    [
        people(a=(3, 1, 1, 3)),
        people(a=(0, 0, 0, 1), b=(1, 0, 0, 0)),
        people(a=(0, 5, 0, 5), b=(0, 5, 5, 0), c=(5, 0, 0, 0)),
        people(**{f"g{i}": (i, 1, 1, i) for i in range(30)}),
    ],
    ids=["one group", "two people", "undefined everywhere", "many groups"],
)
def test_hostile_tables_are_answered_or_left_out(cells):
    audit = audited(cells)
    rows = audit.chapter("other_tools")
    assert bool(rows) == (2 <= len(cells.groups) <= 25)
    for row in rows:
        assert row.same == (not row.why)
        assert row.explanation == (DIFFERENCES[row.why] if row.why else "")
        assert row.why != "other_convention"
    assert peers(audit) or not rows
    assert len(lines(rows)) == len(rows)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.id)
def test_weights_of_one_change_nothing(peer):
    from audit.peers.spec import counts_of

    plain = peer.says(counts_of(TOY, weighted=False), 0, "positive")
    same = peer.says(counts_of(weighted(TOY, (1, 1, 1)), weighted=True), 0, "positive")
    assert repr(plain) == repr(same)


def test_every_reason_is_a_sentence_and_only_told_where_it_differs():
    for sentence in DIFFERENCES.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    differ = telling(toy().chapter("other_tools"))
    assert differ
    assert not any(row.same for row in differ)
    assert len({(row.tool, row.why) for row in differ}) == len(differ)


def test_numbers_are_written_in_their_own_unit():
    assert peer_amount(None, kind="rate", ours="x") == "no number"
    assert peer_amount(0.5, kind="rate", ours="precision") == "50.0 %"
    assert peer_amount(1.0, kind="difference", ours="selection_rate", people=True) == "1 person"
    assert peer_amount(0.8, kind="gap", ours="demographic_parity_ratio") == "0.80"
    assert peer_amount(0.1, kind="gap", ours="demographic_parity_difference") == "10.0 points"
    assert peer_subject(("g",), None, None) == "All groups"
    assert peer_subject(("sex",), ("Female",), ("Male",)) == "Female against Male"
    assert peer_line("tpr", "All groups", "0.0 %", "50.0 %") == "tpr (all groups): 0.0 % there, 50.0 % here."
    assert "same 4 numbers" in peers_sentence(5, 4, 0, 0)
    assert "nobody can know" in peers_sentence(5, 4, 2, 1)
