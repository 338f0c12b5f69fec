"""Published measures of labels, computed again by the chapter about them."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.data.samples import sample
from audit.plan import Grouping, Plan, Roles
from audit.run import run


def measured(frame, label, positive, sensitive, **grouping):
    roles = Roles(
        label=label, positive=positive, decision=label, decision_positive=(positive,), sensitive=(sensitive,)
    )
    audit = run(frame, Plan(roles=roles, grouping=Grouping(**grouping), dated="2026-01-01", replicates=100))
    return {(row.metric, row.group[0]): row for row in audit.chapter("labels") if row.comparison != "extreme"}


@pytest.mark.parametrize(("cut", "published"), [(25, -0.1285), (26, -0.1494)])
def test_aif360_german_credit_mean_difference(cut, published):
    frame = pd.read_csv(sample("german_credit").path, keep_default_na=False)
    found = measured(
        frame, "credit_risk", "good", "age", bins={"age": (cut,)}, references={"age": f"{cut} and over"}
    )
    row = found["label_difference", f"under {cut}"]
    assert row.value == pytest.approx(published, abs=5e-5)
    assert row.low < row.value < row.high < 0
    assert found["total_variation", f"under {cut}"].value == pytest.approx(-published, abs=5e-5)


def test_aif360_adult_over_complete_rows():
    frame = pd.read_parquet(sample("adult").path).dropna()
    assert len(frame) == 45_222
    found = measured(frame, "income", ">50K", "sex", references={"sex": "Male"})
    assert found["label_ratio", "Female"].value == pytest.approx(0.363470, abs=5e-7)
    assert found["label_difference", "Female"].value == pytest.approx(-0.198901, abs=5e-7)
    men, women = (int((frame["sex"] == sex).sum()) for sex in ("Male", "Female"))
    assert found["class_imbalance", "Female"].value == pytest.approx((men - women) / 45_222)
    # With every decision equal to its label, the tilt of decisions is the tilt of labels.
    labels, decisions = found["demographic_disparity", "Female"], found["decision_disparity", "Female"]
    assert labels.value == decisions.value
    no, yes = frame["income"] != ">50K", frame["income"] == ">50K"
    female = frame["sex"] == "Female"
    assert labels.value == pytest.approx(female[no].mean() - female[yes].mean())


def test_berkeley_conditional_demographic_disparity_reverses():
    """Fewer women are admitted over all six majors, and not within them (Bickel, Hammel & O'Connell 1975)."""
    admitted = {
        "A": ((512, 313), (89, 19)),
        "B": ((353, 207), (17, 8)),
        "C": ((120, 205), (202, 391)),
        "D": ((138, 279), (131, 244)),
        "E": ((53, 138), (94, 299)),
        "F": ((22, 351), (24, 317)),
    }
    rows = [
        {"major": major, "sex": sex, "admitted": outcome}
        for major, both in admitted.items()
        for sex, (yes, no) in zip(("men", "women"), both, strict=True)
        for outcome, n in (("yes", yes), ("no", no))
        for _ in range(n)
    ]
    roles = Roles(
        label="admitted",
        positive="yes",
        decision="admitted",
        decision_positive=("yes",),
        sensitive=("sex",),
        control=("major",),
    )
    audit = run(pd.DataFrame(rows), Plan(roles=roles, dated="2026-01-01", replicates=100))
    found = {(row.metric, row.group[0]): row for row in audit.chapter("labels") if row.comparison == "own"}
    whole, within = found["decision_disparity", "women"], found["conditional_decision_disparity", "women"]
    rejected, accepted = 19 + 8 + 391 + 244 + 299 + 317, 89 + 17 + 202 + 131 + 94 + 24
    assert whole.value == pytest.approx(rejected / (rejected + 1493) - accepted / (accepted + 1198))
    assert whole.low > 0
    by_hand = sum(
        (m_yes + m_no + w_yes + w_no) * (w_no / (m_no + w_no) - w_yes / (m_yes + w_yes))
        for (m_yes, m_no), (w_yes, w_no) in admitted.values()
    )
    assert within.value == pytest.approx(by_hand / 4526)
    assert within.value < 0 < whole.value
    assert (within.strata, within.strata_used) == (6, 6)
