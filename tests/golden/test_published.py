"""Published tables, computed again from the sample files through the whole of an audit."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.cells import Attribute, from_arrays
from audit.data.samples import sample
from audit.disparity.compare import ratio_to_reference
from audit.plan import Grouping, Plan, Roles
from audit.run import run

RACE = ("race",)
EVERYBODY = None
BLACK, WHITE = ("African-American",), ("Caucasian",)


def compas(*positive: str):
    roles = Roles(
        label="two_year_recid",
        favourable="negative",
        decision="score_text",
        decision_positive=positive,
        sensitive=RACE,
    )
    return run(
        sample("compas").path,
        Plan(roles=roles, grouping=Grouping(references={"race": "Caucasian"}), dated="2026-01-01"),
    )


@pytest.fixture(scope="module")
def medium_or_high():
    return compas("Medium", "High")


@pytest.fixture(scope="module")
def high_only():
    return compas("High")


def rate(audit, metric, group, sensitive=RACE):
    return audit.metric(metric, sensitive, group).value


def four_cells(audit, group):
    at = audit.cells.groups.index(group)
    (tn, fp), (fn, tp) = audit.cells.n[at].astype(int).tolist()
    return {"TN": tn, "FP": fp, "FN": fn, "TP": tp}


def test_propublica_counts_all_7214_rows(medium_or_high):
    assert medium_or_high.data.read == medium_or_high.data.audited == 7214
    assert medium_or_high.data.dropped == ()
    assert four_cells(medium_or_high, BLACK) == {"TN": 990, "FP": 805, "FN": 532, "TP": 1369}
    assert four_cells(medium_or_high, WHITE) == {"TN": 1139, "FP": 349, "FN": 461, "TP": 505}


@pytest.mark.parametrize(
    ("group", "fpr", "fnr"), [(EVERYBODY, 32.35, 37.40), (BLACK, 44.85, 27.99), (WHITE, 23.45, 47.72)]
)
def test_propublica_medium_or_high(medium_or_high, group, fpr, fnr):
    assert round(100 * rate(medium_or_high, "false_positive_rate", group), 2) == fpr
    assert round(100 * rate(medium_or_high, "false_negative_rate", group), 2) == fnr


@pytest.mark.parametrize(("group", "fpr", "fnr"), [(WHITE, 5.44, 79.81), (BLACK, 15.82, 61.02)])
def test_propublica_high_only(high_only, group, fpr, fnr):
    assert round(100 * rate(high_only, "false_positive_rate", group), 2) == fpr
    assert round(100 * rate(high_only, "false_negative_rate", group), 2) == fnr


def test_propublica_denominators_are_shown(medium_or_high):
    assert medium_or_high.metric("false_positive_rate", RACE, BLACK).n == 990 + 805
    assert medium_or_high.metric("true_positive_rate", RACE, WHITE).n == 461 + 505
    assert medium_or_high.metric("count", RACE, BLACK).value == 3696


AEQUITAS = {
    "African-American": (1.912093, 0.586416),
    "Asian": (0.370749, 0.698482),
    "Hispanic": (0.915887, 1.165140),
    "Native American": (1.598854, 0.209544),
    "Other": (0.629057, 1.417970),
}


@pytest.mark.parametrize("group", AEQUITAS)
def test_aequitas_disparities_against_caucasian(medium_or_high, group):
    fpr, fnr = AEQUITAS[group]
    for metric, published in (("false_positive_rate", fpr), ("false_negative_rate", fnr)):
        found = rate(medium_or_high, metric, (group,)) / rate(medium_or_high, metric, WHITE)
        assert found == pytest.approx(published, abs=1e-6)
        told = {
            g: ratio
            for g, ratio, _, _ in ratio_to_reference(medium_or_high.cells, medium_or_high.plan, metric)
        }
        assert told[(group,)] == pytest.approx(published, abs=1e-6)


def test_favourable_negative_equal_opportunity_is_the_gap_of_true_negative_rates(medium_or_high):
    groups = medium_or_high.groups(RACE)
    specificity = [rate(medium_or_high, "true_negative_rate", group) for group in groups]
    row = medium_or_high.disparity("equal_opportunity", "difference", RACE)
    assert row.value == pytest.approx(max(specificity) - min(specificity), abs=1e-12)


def label_as_decision(frame, label, positive, sensitive, **grouping):
    roles = Roles(
        label=label, positive=positive, decision=label, decision_positive=(positive,), sensitive=(sensitive,)
    )
    return run(frame, Plan(roles=roles, grouping=Grouping(**grouping), dated="2026-01-01"))


@pytest.mark.parametrize(("cut", "published"), [(25, -0.1285), (26, -0.1494)])
def test_aif360_german_credit_mean_difference(cut, published):
    frame = pd.read_csv(sample("german_credit").path, keep_default_na=False)
    audit = label_as_decision(
        frame, "credit_risk", "good", "age", bins={"age": (cut,)}, references={"age": f"{cut} and over"}
    )
    (row,) = [r for r in audit.disparities if (r.metric, r.comparison) == ("base_rate", "to_reference")]
    assert row.group == (f"under {cut}",)
    assert row.value == pytest.approx(published, abs=5e-5)
    assert audit.disparity("base_rate", "difference", ("age",)).value == pytest.approx(-published, abs=5e-5)


def test_aif360_adult_over_complete_rows():
    frame = pd.read_parquet(sample("adult").path).dropna()
    assert len(frame) == 45_222
    audit = label_as_decision(frame, "income", ">50K", "sex", references={"sex": "Male"})
    assert audit.disparity("base_rate", "ratio", ("sex",)).value == pytest.approx(0.363470, abs=5e-7)
    (row,) = [r for r in audit.disparities if (r.metric, r.comparison) == ("base_rate", "to_reference")]
    assert row.value == pytest.approx(-0.198901, abs=5e-7)
    # The label is its own decision here, so the selection rates say the same.
    assert audit.disparity("selection_rate", "ratio", ("sex",)).value == pytest.approx(0.363470, abs=5e-7)


@pytest.mark.parametrize(
    ("position", "counts", "black", "hispanic"),
    [
        ("Captain", {"White": (16, 25), "Black": (3, 8), "Hispanic": (3, 8)}, 0.586, 0.586),
        ("Lieutenant", {"White": (25, 43), "Black": (6, 19), "Hispanic": (3, 15)}, 0.543, 0.344),
    ],
)
def test_ricci_impact_ratios(position, counts, black, hispanic):
    frame = pd.read_csv(sample("ricci").path)
    plan = Plan(roles=sample("ricci").plan.roles, dated="2026-01-01")
    audit = run(frame[frame["position"] == position], plan)
    for group, (passed, took) in counts.items():
        row = audit.metric("selection_rate", RACE, (group,))
        assert (round(row.value * row.n), row.n) == (passed, took)
    ratios = {g: r for (g,), r, _, _ in ratio_to_reference(audit.cells, audit.plan, "selection_rate")}
    assert round(ratios["Black"], 3) == black
    assert round(ratios["Hispanic"], 3) == hispanic
    assert ratios["White"] == 1


def test_ricci_over_the_intersection_gives_the_same_rates():
    plan = sample("ricci").plan
    roles = Roles(
        label="passed",
        positive="yes",
        decision="eligible",
        decision_positive=("yes",),
        sensitive=("position", "race"),
    )
    audit = run(sample("ricci").path, Plan(roles=roles, dated="2026-01-01"))
    assert plan.roles.decision == "eligible"
    assert audit.groupings == (("position",), ("race",), ("position", "race"))
    row = audit.metric("selection_rate", ("position", "race"), ("Lieutenant", "Hispanic"))
    assert (row.value, row.n) == (3 / 15, 15)


def test_four_fifths_of_the_uniform_guidelines():
    """Hiring rates of 60, 45, 48 and 51 %: only the first ratio is below .80, which itself is not below."""
    rates = {"a": 60, "b": 45, "c": 48, "d": 51}
    attribute = Attribute(column="g", levels=tuple(rates))
    codes = [[i] for i, hired in enumerate(rates.values()) for _ in range(100) if hired]
    decision = [int(k < hired) for hired in rates.values() for k in range(100)]
    import numpy as np

    cells = from_arrays(
        [attribute], np.array(codes), [np.zeros(400, dtype=np.int8), np.array(decision, dtype=np.int8)]
    )
    plan = Plan(grouping=Grouping(references={"g": "a"}))
    ratios = {g: r for (g,), r, _, _ in ratio_to_reference(cells, plan, "selection_rate")}
    assert [round(ratios[g], 2) for g in "bcd"] == [0.75, 0.80, 0.85]
    assert [ratios[g] < 0.80 for g in "bcd"] == [True, False, False]
