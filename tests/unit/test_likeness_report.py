"""Made rows in the screens' tables and in the report, from a trial that made some."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from audit.plan import MitigationChoice, ModelChoice, Plan, Roles
from audit.report.compose import to_pdf
from audit.result import Audit
from audit.run import run
from tests.commands import frame


@pytest.fixture(scope="module")
def audited():
    plan = Plan(
        roles=Roles(label="label", positive="1", sensitive=("group",), features=("x", "age", "sex")),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        mitigations=(
            MitigationChoice(id="tree_augmentation", params={"seeds": 1, "min_cell": 10}),
            MitigationChoice(id="interpolation", params={"seeds": 1, "tune": "opportunity"}),
        ),
        replicates=100,
    )
    table = frame(1800)
    rare = (table["group"] == "b") & (table["label"] == 1) & (table.index % 3 > 0)
    return run(table[~rare].reset_index(drop=True), plan)


def test_the_record_survives_json_and_follows_the_schema(audited):
    from pathlib import Path

    schema = json.loads(
        (Path(__file__).resolve().parents[2] / "docs" / "audit.schema.json").read_text(encoding="utf-8")
    )
    text = audited.to_json()
    found = Draft202012Validator(schema).iter_errors(json.loads(text))
    assert [error.message[:200] for error in found] == []
    again = Audit.from_json(text)
    assert again.trials[0].likeness == audited.trials[0].likeness
    assert again.trials[0].likeness.held == "validation"


def test_made_rows_are_held_against_copies_and_weights(audited):
    rivals = audited.trials[0].likeness.rivals
    assert [row.name for row in rivals] == ["before", "made", "copies", "weights"]
    assert all(0.5 < row.accuracy <= 1 for row in rivals)


def test_the_strength_is_tuned_on_validation_rows_with_its_curve(audited):
    (series,) = (one for one in audited.trials[1].series if one.id == "strength")
    assert series.kind == "path"
    assert series.x == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert series.picked in series.x
    assert series.rows == "validation"
    assert series.measures == ("accuracy", "selection_rate", "true_positive_rate")


def test_the_report_has_a_page_for_made_rows(audited):
    assert to_pdf(audited).startswith(b"%PDF")


def test_every_measure_on_the_screen_has_a_name_and_a_yardstick(audited):
    from ui.tables import quality

    lines = quality(audited.trials[0].quality)
    assert len(lines) >= 9
    assert all(line["Measure"] and line["Reading"].endswith(".") for line in lines)
    assert {line["Real rows"] for line in lines if "logistic" in line["Measure"]} == {"0.5"}


def test_a_trial_from_before_this_record_is_still_read(audited):
    raw = json.loads(audited.to_json())
    for trial in raw["trials"]:
        del trial["record"]["likeness"]
    assert Audit.from_json(json.dumps(raw)).trials[0].likeness is None
    assert replace(audited.trials[0], likeness=None).quality
