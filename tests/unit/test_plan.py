"""A plan refuses what cannot be meant, with a sentence."""

from __future__ import annotations

import dataclasses
import json

import pytest

from audit.errors import PlanError
from audit.plan import DEFAULT_TOLERANCES, Grouping, ModelChoice, Plan, Roles, with_tolerance


def test_the_default_criteria():
    assert dict(Plan().tolerances) == {
        "demographic_parity_difference": 0.10,
        "demographic_parity_ratio": 0.80,
        "equal_opportunity_difference": 0.10,
        "equal_opportunity_ratio": 0.80,
        "equalized_odds_difference": 0.10,
    }


def test_what_is_left_out_takes_its_default():
    plan = Plan.from_dict({"roles": {"label": "y", "sensitive": ["g"]}, "seed": 3})
    assert plan == Plan(roles=Roles(label="y", sensitive=("g",)), seed=3)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"sed": 1}, "plan_unknown_setting"),
        ({"roles": {"lable": "y"}}, "plan_unknown_setting"),
        ({"roles": "y"}, "plan_type"),
        ({"roles": {"sensitive": "g"}}, "plan_type"),
        ({"roles": {"label": ["y"]}}, "plan_type"),
        ({"seed": "1"}, "plan_type"),
        ({"seed": 1.5}, "plan_type"),
        ({"seed": True}, "plan_type"),
        ({"seed": -1}, "plan_range"),
        ({"confidence": 1}, "plan_range"),
        ({"replicates": 10}, "plan_range"),
        ({"grouping": {"min_size": 0}}, "plan_range"),
        ({"grouping": {"bins": {"age": [3, 2]}}}, "plan_range"),
        ({"grouping": {"bins": {"age": [2, 2]}}}, "plan_range"),
        ({"grouping": {"bins": {"age": ["x"]}}}, "plan_type"),
        ({"grouping": {"include_unknown": "yes"}}, "plan_type"),
        ({"roles": {"favourable": "good"}}, "plan_choice"),
        ({"roles": {"sensitive": ["g", "g"]}}, "plan_choice"),
        ({"model": {"kind": "train", "algorithm": "magic"}}, "plan_choice"),
        ({"model": {"kind": "pickle"}}, "plan_choice"),
        ({"baseline": "magic"}, "plan_choice"),
        ({"tolerances": {"parity": 0.1}}, "plan_choice"),
        ({"tolerances": {"equal_opportunity_difference": 7}}, "plan_range"),
        ({"tolerances": {"equal_opportunity_difference": "low"}}, "plan_type"),
        ({"schema_version": 99}, "plan_version"),
    ],
)
def test_refused(raw, code):
    with pytest.raises(PlanError) as refused:
        Plan.from_dict(raw)
    assert refused.value.code == code
    assert refused.value.fix or code == "plan_type"


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"a": NaN'])
def test_not_a_plan_at_all(text):
    with pytest.raises(PlanError) as refused:
        Plan.from_json(text)
    assert refused.value.code == "plan_not_json"


@pytest.mark.parametrize("threshold", [float("nan"), float("inf")])
def test_a_threshold_is_a_number(threshold):
    with pytest.raises(PlanError):
        Plan(roles=Roles(threshold=threshold))


def test_the_file_of_a_plan_is_plain_json_in_a_stable_order():
    plan = Plan(grouping=Grouping(references={"b": "x", "a": "y"}), roles=Roles(label="Ünï"))
    text = plan.to_json()
    assert text.endswith("}\n")
    assert "Ünï" in text
    assert list(json.loads(text)) == sorted(json.loads(text))
    turned = dataclasses.replace(plan, grouping=Grouping(references={"a": "y", "b": "x"}))
    assert turned.to_json() == text


def test_a_tolerance_may_leave_its_kind_out():
    assert with_tolerance(Plan(), "equal_opportunity", 0.2).tolerances["equal_opportunity_difference"] == 0.2
    fewer = with_tolerance(Plan(), "equal_opportunity", None)
    assert set(fewer.tolerances) == set(DEFAULT_TOLERANCES) - {"equal_opportunity_difference"}
    with pytest.raises(PlanError, match="Did you mean"):
        with_tolerance(Plan(), "equal_oportunity_ratio", 0.8)


def test_columns_with_a_part_are_not_features():
    roles = Roles(
        label="y", decision="d", score="s", sensitive=("g", "h"), weight="w", split="p", features=("g",)
    )
    assert roles.taken() == ("y", "d", "s", "g", "h", "w", "p")
    assert Plan(model=ModelChoice(kind="train", algorithm="mlp")).model.algorithm == "mlp"
