"""Findings about the data before a model: when they speak, and when they keep silent."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from audit.plan import Plan, Roles
from audit.run import run

ROLES = Roles(label="y", decision="d", sensitive=("g",))


def table(a=300, b=300, *, missing=0, groups=("a", "b")):
    rows = [groups[0]] * a + [groups[1]] * b
    n = len(rows)
    frame = pd.DataFrame({"g": rows, "y": [i % 2 for i in range(n)], "d": [i // 2 % 2 for i in range(n)]})
    frame["x"] = [float(i) for i in range(n)]
    frame.loc[frame.index[:missing], "x"] = None
    return frame


def codes(frame, **plan):
    audit = run(frame, Plan(**{"roles": ROLES, "replicates": 100, **plan}))
    return {finding.code: finding for finding in audit.findings}


def test_a_group_much_rarer_than_in_the_population():
    found = codes(table(b=30), population={"g": {"a": 0.5, "b": 0.5}})["FA311"]
    assert found.severity == "medium"
    assert "9.1 % against 50.0 %" in found.evidence
    assert "FA311" not in codes(table(b=30), population={"g": {"a": 300, "b": 31}})
    assert "FA311" not in codes(table(b=30))


def test_a_group_of_the_population_that_is_not_in_the_data():
    found = codes(table(), population={"g": {"a": 45, "b": 45, "c": 10}})["FA311"]
    assert "g c, nobody against 10.0 %" in found.evidence


def test_a_population_that_changes_later_changes_the_finding():
    audit = run(table(b=30), Plan(roles=ROLES, replicates=100))
    later = audit.with_plan(replace(audit.plan, population={"g": {"a": 1, "b": 1}}))
    assert "FA311" in {finding.code for finding in later.findings}
    assert later.metrics == audit.metrics
    assert {row.population for row in later.chapter("representation") if row.group} == {0.5}
    assert {row.population for row in audit.chapter("representation")} == {None}


@pytest.mark.parametrize(("missing", "told"), [(0, False), (12, False), (60, True)])
def test_missing_more_often_in_one_group(missing, told):
    found = codes(table(missing=missing))
    assert ("FA312" in found) == told
    if told:
        assert "x is missing most often for g a" in found["FA312"].evidence
        assert "20.0 points apart" in found["FA312"].evidence


def test_test_rows_that_were_trained_on():
    frame = table()
    frame["part"] = ["train" if i % 2 else "test" for i in range(len(frame))]
    roles = replace(ROLES, split="part")
    assert "FA313" not in codes(frame, roles=roles)
    frame["x"] = 1.0
    found = codes(frame, roles=roles)
    assert "FA313" not in found  # the label says which half a row is in: nothing is shared
    frame["part"] = ["train" if i % 3 else "test" for i in range(len(frame))]
    found = codes(frame, roles=roles)
    assert found["FA313"].severity == "medium"
    assert "200 of 200 test rows (100.0 %)" in found["FA313"].evidence


def test_what_the_data_cannot_show_is_said_once():
    found = codes(table(a=3000, b=40))
    assert found["FA314"].severity == "low"
    assert "a gap of 10 points for 1 of 2 groups" in found["FA314"].title or "2 of 2" in found["FA314"].title
    assert "Fewer than 30 people" in found["FA314"].evidence
    assert "FA302" not in found
    assert "FA314" not in codes(table(a=3000, b=3000))
    assert "FA302" in codes(table(a=3000, b=40), tolerances={})
    assert "FA314" not in codes(table(a=3000, b=40), tolerances={})
