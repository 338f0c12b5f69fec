"""docs/audit.schema.json describes what an audit writes, and nothing else."""

from __future__ import annotations

import json
import runpy
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from audit import plan as plans
from audit import rows
from audit.cells import Attribute
from audit.data.samples import sample
from audit.metrics.rates import RATES
from audit.names import MORE_CRITERIA, UTILITIES
from audit.rows import studies, trials
from audit.run import run
from audit.tables.protection import Protection

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "audit.schema.json").read_text(encoding="utf-8"))
DEFS = SCHEMA["$defs"]


@pytest.fixture(scope="module")
def adult():
    """A baseline trained on some of Adult, and reweighing by sex tried on it."""
    found = sample("adult")
    frame = pd.read_parquet(found.path).sample(1_500, random_state=1)
    plan = replace(
        found.plan,
        model=plans.ModelChoice(kind="train", algorithm="logistic_regression"),
        mitigations=(plans.MitigationChoice(id="reweighing", params={"group_by": "sex"}),),
        tuning=plans.Tuning(trials=3),
        replicates=100,
    )
    return run(frame, plan)


def problems(audit):
    found = Draft202012Validator(SCHEMA).iter_errors(json.loads(audit.to_json()))
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in found]


def test_the_generated_parts_are_up_to_date():
    make = runpy.run_path(str(ROOT / "docs" / "schema.py"))
    written = (ROOT / "docs" / "audit.schema.json").read_text(encoding="utf-8")
    assert make["schema"](written) == written, "run: python docs/make.py"


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("id_", ["ricci", "acs_employment"])
def test_audits_of_decisions_in_a_column_follow_the_schema(id_):
    found = sample(id_)
    assert problems(run(found.path, found.plan)) == []


def test_an_audit_with_a_trained_model_and_a_mitigation_follows_the_schema(adult):
    assert adult.comparison
    assert adult.trials
    assert len(adult.study.rows) == 3
    assert problems(adult) == []


def test_a_weighted_audit_with_missing_groups_and_cut_numbers_follows_the_schema():
    n = 240
    frame = pd.DataFrame(
        {
            "y": [i % 2 for i in range(n)],
            "d": [(i // 2) % 2 for i in range(n)],
            "sex": ["f" if i % 3 else None for i in range(n)],
            "age": [18 + i % 60 for i in range(n)],
            "w": [0.5 + i % 4 for i in range(n)],
        }
    )
    roles = plans.Roles(label="y", decision="d", sensitive=("sex", "age"), weight="w", favourable="negative")
    audit = run(frame, plans.Plan(roles=roles, grouping=plans.Grouping(min_size=40), replicates=100))
    assert any(row.reason == "below_minimum_size" for row in audit.metrics)
    assert audit.cells.weighted
    assert problems(audit) == []


def test_the_schema_refuses_what_is_not_an_audit(adult):
    validator = Draft202012Validator(SCHEMA)
    raw = adult.to_dict()
    raw["metrics"][0]["reason"] = "unknown_reason"
    raw["disparities"][0]["verdict"] = "fair"
    raw["surprise"] = 1
    assert len(list(validator.iter_errors(raw))) == 3


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("metricRow", rows.MetricRow),
        ("disparity", rows.DisparityRow),
        ("comparisonRow", rows.ComparisonRow),
        ("finding", rows.Finding),
        ("dropped", rows.Dropped),
        ("data", rows.DataRecord),
        ("model", rows.ModelRecord),
        ("trialRecord", trials.TrialRecord),
        ("cellCount", trials.CellCount),
        ("fairlearn", rows.Authority),
        ("protection", Protection),
        ("attribute", Attribute),
        ("about", plans.About),
        ("roles", plans.Roles),
        ("grouping", plans.Grouping),
        ("modelChoice", plans.ModelChoice),
        ("mitigationChoice", plans.MitigationChoice),
        ("search", plans.Search),
        ("tuning", plans.Tuning),
        ("study", studies.Study),
        ("studyRow", studies.StudyRow),
        ("standing", studies.Standing),
    ],
)
def test_every_field_of_a_row_is_described_and_required(name, kind):
    described = DEFS[name]
    assert list(described["properties"]) == [field.name for field in fields(kind)]
    assert described["required"] == list(described["properties"])
    assert described["additionalProperties"] is False


def test_the_plan_is_described():
    named = [field.name for field in fields(plans.Plan)]
    assert sorted(DEFS["plan"]["properties"]) == sorted([*named, "schema_version"])
    assert DEFS["plan"]["properties"]["schema_version"]["const"] == plans.SCHEMA_VERSION


def test_lists_of_names_are_those_of_the_code():
    ids = [rate.id for rate in RATES]
    assert DEFS["metric"]["enum"] == ["count", *ids]
    assert ids == list(plans.RATES)
    assert DEFS["metricOrCriterion"]["enum"] == [*plans.CRITERIA, *MORE_CRITERIA, *ids]
    assert DEFS["reason"]["enum"] == ["", *rows.REASONS]
    assert DEFS["comparison"]["enum"] == list(get_args(rows.Comparison))
    assert DEFS["disparity"]["properties"]["verdict"]["enum"] == [*get_args(rows.Verdict), None]
    assert DEFS["finding"]["properties"]["severity"]["enum"] == list(get_args(rows.Severity))
    assert DEFS["studyRow"]["properties"]["state"]["enum"] == list(get_args(studies.State))
    assert DEFS["tuning"]["properties"]["utility"]["enum"] == list(UTILITIES)
    assert DEFS["tuning"]["properties"]["criterion"] == {
        **DEFS["study"]["properties"]["criterion"],
        "description": DEFS["tuning"]["properties"]["criterion"]["description"],
    }
    assert DEFS["modelKind"]["enum"] == list(get_args(plans.ModelKind))
    assert DEFS["plan"]["properties"]["baseline"]["enum"] == list(plans.BASELINES)
    assert DEFS["plan"]["properties"]["tolerances"]["propertyNames"]["enum"] == list(plans.KNOWN_TOLERANCES)


def test_every_property_has_one_sentence():
    def walk(node, where):
        for name, part in node.get("properties", {}).items():
            text = part.get("description") or DEFS[part["$ref"].rsplit("/", 1)[1]]["description"]
            assert text[0].isupper() or text[0].isdigit(), f"{where}.{name}"
            assert text.endswith("."), f"{where}.{name}"
            walk(part, f"{where}.{name}")

    walk(SCHEMA, "audit")
    for name, part in DEFS.items():
        assert part["description"].endswith("."), name
        walk(part, name)


def test_every_definition_is_used():
    text = json.dumps(SCHEMA)
    assert [name for name in DEFS if f'"#/$defs/{name}"' not in text] == []
