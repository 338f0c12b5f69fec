"""Berkeley admissions: a gap over everybody that turns round in four of six departments."""

from __future__ import annotations

import pytest

from audit.data.samples import sample
from audit.run import run


@pytest.fixture(scope="module")
def berkeley():
    found = sample("berkeley")
    return run(found.path, found.plan)


@pytest.fixture(scope="module")
def row(berkeley):
    (found,) = (r for r in berkeley.chapter("simpson") if r.metric == "selection_rate")
    return found


def test_published_rates_of_bickel_hammel_and_oconnell(berkeley):
    assert round(100 * berkeley.metric("selection_rate", ("sex",), ("Male",)).value, 1) == 44.5
    assert round(100 * berkeley.metric("selection_rate", ("sex",), ("Female",)).value, 1) == 30.4
    assert berkeley.disparity("demographic_parity", "difference", ("sex",)).verdict == "beyond"


def test_the_difference_turns_round_in_four_of_six_departments(row):
    assert (row.group, row.reference) == (("Female",), ("Male",))
    assert (row.reversed, row.strata, row.strata_total, row.n, row.left_out) == (4, 6, 6, 4526, 0)
    assert row.crude == pytest.approx(557 / 1835 - 1198 / 2691)
    assert row.pattern == "vanishes"


def test_departments_one_by_one(berkeley):
    found = {
        r.stratum[0]: round(100 * r.value, 1)
        for r in berkeley.chapter("conditional")
        if (r.metric, r.comparison) == ("selection_rate", "to_reference")
    }
    assert found == {"A": 20.3, "B": 5.0, "C": -2.9, "D": 1.8, "E": -3.8, "F": 1.1}


def test_odds_ratio_of_mantelhaen_test(row):
    # R 4: mantelhaen.test(UCBAdmissions) is men against women: common odds ratio 0.9046968, 0.7719074 to 1.0603298.
    assert 1 / row.odds == pytest.approx(0.9046968, abs=5e-8)
    assert (1 / row.odds_high, 1 / row.odds_low) == pytest.approx((0.7719074, 1.0603298), abs=5e-8)


def test_departments_do_not_share_one_odds_ratio(row):
    assert row.homogeneity == pytest.approx(0.00207, abs=5e-6)


def test_the_finding_names_the_departments(berkeley):
    (finding,) = (f for f in berkeley.findings if f.code == "FA321")
    assert "In 4 of 6 values of department it has the other sign." in finding.evidence
    assert "14.2 points less frequent" in finding.evidence


def test_where_the_decision_is_its_own_label_nobody_knows_who_was_right(berkeley):
    row = berkeley.metric("true_positive_rate", ("sex",), ("Female",))
    assert (row.value, row.low, row.reason) == (None, None, "no_outcome")
    gap = berkeley.disparity("equal_opportunity", "difference", ("sex",))
    assert (gap.value, gap.reason) == (None, "no_outcome")
    assert berkeley.disparity("demographic_parity", "difference", ("sex",)).verdict == "beyond"
    assert berkeley.chapter("indices") == ()
