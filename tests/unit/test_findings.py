"""What the findings of an audit say, against numbers counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audit.cells import Attribute, Cells
from audit.plan import Plan, Roles
from audit.result import assemble
from audit.rows import Authority, DataRecord, Dropped, ModelRecord


def audit(plan=None, *, missing=None, dropped=(), model="column", **groups):
    plan = plan or Plan(roles=Roles(label="y", decision="d", sensitive=("group",)), replicates=100)
    n = np.array([[[tn, fp], [fn, tp]] for tn, fp, fn, tp in groups.values()], dtype=float)
    cells = Cells(
        attributes=(Attribute(column="group", levels=tuple(groups), missing=missing),),
        groups=tuple((name,) for name in groups),
        n=n,
        w=n.copy(),
        w2=n.copy(),
    )
    total = int(n.sum())
    return assemble(
        plan=plan,
        data=DataRecord(
            name="t.csv",
            fingerprint="",
            read=total + sum(item.n for item in dropped),
            audited=total,
            dropped=dropped,
        ),
        model=ModelRecord(title="m", kind=model),
        cells=cells,
        tried=(),
        authority=Authority(version="0", checked=0, largest_difference=0.0, undefined=0),
        versions={},
    )


def found(result, code):
    return [finding for finding in result.findings if finding.code == code]


ALIKE = {"a": (4000, 1000, 1000, 4000), "b": (4000, 1000, 1000, 4000)}
APART = {"a": (4000, 1000, 1000, 4000), "b": (4000, 1000, 2500, 2500)}


def test_a_gap_beyond_tolerance_is_the_first_finding():
    result = audit(**APART)
    first = result.findings[0]
    assert (first.code, first.severity) == ("FA101", "high")
    said = " ".join(finding.evidence for finding in found(result, "FA101"))
    assert "30" in said  # 80 % against 50 %: 30 points
    assert "80" in said
    assert "50" in said


def test_criteria_within_tolerance_are_told_as_such():
    result = audit(**ALIKE)
    (finding,) = found(result, "FA103")
    assert "5" in finding.title
    assert not found(result, "FA101")
    assert not found(result, "FA102")


def test_what_cannot_be_told_is_told():
    result = audit(a=(10, 5, 5, 10), b=(10, 5, 5, 10))
    assert found(result, "FA102")
    assert not found(result, "FA103")


def test_the_worst_group_is_named():
    (finding,) = found(audit(**APART), "FA201")
    assert "b" in finding.evidence
    assert finding.severity == "medium"
    assert found(audit(**ALIKE), "FA201")[0].severity == "info"


def test_groups_about_which_nothing_is_known_are_named():
    (finding,) = found(audit(**ALIKE, c=(3, 1, 0, 0)), "FA301")
    assert "no positive labels" in finding.evidence.lower()
    assert "c" in finding.evidence
    assert not found(audit(**ALIKE), "FA301")


@pytest.mark.parametrize(("positives", "thin"), [(29, True), (30, False)])
def test_fewer_than_thirty_is_thin(positives, thin):
    plan = Plan(roles=Roles(label="y", decision="d", sensitive=("group",)), replicates=100, tolerances={})
    result = audit(plan, **ALIKE, c=(500, 500, 0, positives))
    assert bool(found(result, "FA302")) == thin
    # With a tolerance, the finding about what the data can show says so instead.
    assert not found(audit(**ALIKE, c=(500, 500, 0, positives)), "FA302")


def test_thin_groups_follow_the_favourable_outcome():
    plan = Plan(
        roles=Roles(label="y", decision="d", sensitive=("group",), favourable="negative"),
        replicates=100,
        tolerances={},
    )
    assert not found(audit(plan, **ALIKE, c=(500, 500, 5, 5)), "FA302")
    assert found(audit(plan, **ALIKE, c=(5, 5, 500, 500)), "FA302")


def test_people_of_unknown_group_are_counted():
    (finding,) = found(audit(**ALIKE, Unknown=(50, 50, 50, 50), missing="Unknown"), "FA303")
    assert "200" in finding.title
    assert "1.0" in finding.evidence  # 200 of 20,200
    assert finding.severity == "low"


def test_base_rates_that_differ_are_told():
    (finding,) = found(audit(a=(400, 100, 100, 400), b=(700, 100, 50, 150)), "FA304")
    assert "50" in finding.evidence
    assert "20" in finding.evidence
    assert not found(audit(**ALIKE), "FA304")


def test_lost_rows_are_told():
    lost = (
        Dropped(reason="label missing", n=5000),
        Dropped(reason="kept for training, drawn by the seed", n=9),
    )
    (finding,) = found(audit(**ALIKE, dropped=lost), "FA305")
    assert "5,000" in finding.title
    assert finding.severity == "medium"
    assert not found(audit(**ALIKE, dropped=(Dropped(reason="kept for training", n=9000),)), "FA305")


@pytest.mark.parametrize(("cells", "word"), [((5, 5, 0, 0), "negative"), ((0, 0, 5, 5), "positive")])
def test_one_class_only(cells, word):
    (finding,) = found(audit(a=cells, b=cells), "FA401")
    assert word in finding.evidence
    assert "20" in finding.evidence


def test_an_uploaded_model_may_know_these_rows():
    assert found(audit(**ALIKE, model="onnx"), "FA601")
    assert not found(audit(**ALIKE), "FA601")


def test_findings_come_by_weight():
    weights = {"high": 0, "medium": 1, "low": 2, "info": 3}
    result = audit(**APART, c=(3, 1, 0, 0), Unknown=(50, 50, 50, 50), missing="Unknown")
    order = [weights[finding.severity] for finding in result.findings]
    assert order == sorted(order)


def test_findings_follow_a_changed_tolerance():
    result = audit(**APART)
    loose = result.with_plan(replace(result.plan, tolerances={"equal_opportunity_difference": 1.0}))
    assert found(result, "FA101")
    assert not found(loose, "FA101")
    assert found(loose, "FA103")
