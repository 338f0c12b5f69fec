"""The audit as a value: groupings, look-ups, tolerances, JSON."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from audit.errors import InputError
from audit.lookup import groupings
from audit.plan import MitigationChoice, Plan, Roles
from audit.result import Audit
from audit.run import run

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "audit.schema.json"


def table(*groups):
    return pd.DataFrame(
        [
            {"y": label, "d": decision, "g": f"g{at}", "h": "xy"[at % 2]}
            for at, cells in enumerate(groups)
            for (label, decision), n in zip(((0, 0), (0, 1), (1, 0), (1, 1)), cells, strict=True)
            for _ in range(n)
        ]
    )


@cache
def audit():
    frame = table((200, 50, 50, 200), (200, 50, 125, 125), (3, 1, 1, 9), (6, 2, 0, 0))
    return run(frame, Plan(roles=Roles(label="y", decision="d", sensitive=("g", "h")), dated="2026-01-01"))


def test_groupings_are_each_column_and_all_of_them():
    assert groupings(("a",)) == (("a",),)
    assert groupings(("a", "b", "c")) == (("a",), ("b",), ("c",), ("a", "b", "c"))


def test_combinations_with_nobody_are_neither_listed_nor_counted():
    assert audit().groups(("g", "h")) == (("g0", "x"), ("g1", "y"), ("g2", "x"), ("g3", "y"))
    row = audit().disparity("demographic_parity", "difference", ("g", "h"))
    assert row.groups_total == 4


def test_every_metric_of_every_group_is_there_once():
    rows = audit().metrics
    keys = [(row.metric, row.sensitive, row.group) for row in rows]
    assert len(keys) == len(set(keys)) == 13 * ((1 + 4) + (1 + 2) + (1 + 4))
    assert audit().metric("count", ("h",), ("x",)).value == 514
    with pytest.raises(KeyError):
        audit().metric("count", ("h",), ("z",))
    with pytest.raises(KeyError):
        audit().disparity("count", "difference", ("h",))


def test_a_changed_tolerance_changes_verdicts_and_findings_and_no_number():
    old = audit().disparity("equal_opportunity", "difference", ("h",))
    loose = audit().with_tolerance("equal_opportunity_difference", 1.0)
    new = loose.disparity("equal_opportunity", "difference", ("h",))
    assert (old.verdict, new.verdict) == ("beyond", "within")
    assert (old.value, old.low, old.high) == (new.value, new.low, new.high)
    assert loose.metrics is audit().metrics
    assert loose.plan.tolerances["equal_opportunity_difference"] == 1.0
    gone = audit().with_tolerance("equal_opportunity_difference", None)
    assert gone.disparity("equal_opportunity", "difference", ("h",)).verdict is None


def test_a_small_extreme_group_has_the_gap_over_larger_groups_beside_it():
    row = audit().disparity("equal_opportunity", "difference", ("g",))
    assert (row.group, row.groups_estimable, row.groups_total) == (("g2",), 3, 4)
    other = audit().over_larger_groups(row)
    assert other.value == pytest.approx(0.8 - 0.5)
    assert (other.group, other.reference) == (("g0",), ("g1",))
    by_h = audit().disparity("equal_opportunity", "difference", ("h",))
    assert audit().over_larger_groups(by_h) is None


def test_undefined_numbers_are_null_in_the_file():
    raw = json.loads(audit().to_json())
    (row,) = [
        r
        for r in raw["metrics"]
        if (r["metric"], r["sensitive"], r["group"]) == ("true_positive_rate", ["g"], ["g3"])
    ]
    assert (row["value"], row["low"], row["high"], row["n"], row["reason"]) == (
        None,
        None,
        None,
        0,
        "no_positives",
    )
    assert "NaN" not in audit().to_json()
    assert {"schema_version", "fingerprint", "rows", "plan", "versions", "findings", "comparison"} <= set(raw)


def test_an_audit_is_read_back_byte_for_byte():
    assert Audit.from_json(audit().to_json()).to_json() == audit().to_json()
    assert Audit.from_json(audit().to_json().encode()).metrics == audit().metrics


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"plan": {}}', b"\xff"])
def test_what_is_not_an_audit_is_refused(text):
    with pytest.raises(InputError) as refused:
        Audit.from_json(text)
    assert refused.value.code in {"audit_unreadable", "plan_type"}


@cache
def mitigated():
    frame = table((40, 20, 10, 30), (30, 10, 25, 35))
    frame["x"] = (frame["y"] + frame.index % 7 / 3).astype(float)
    plan = Plan(
        roles=Roles(label="y", decision="d", sensitive=("g",)),
        mitigations=(MitigationChoice(id="reweighing"),),
        dated="2026-01-01",
    )
    return run(frame, plan)


@pytest.mark.parametrize("make", [audit, mitigated])
def test_the_file_follows_its_schema(make):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    raw = json.loads(make().to_json())
    jsonschema.Draft202012Validator(schema).validate(raw)
    assert bool(raw["comparison"]) == (make is mitigated)


def test_an_audit_with_mitigations_is_read_back_byte_for_byte():
    assert Audit.from_json(mitigated().to_json()).to_json() == mitigated().to_json()
