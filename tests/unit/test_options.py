"""Options: a model file is found again by its name and its bytes, and nothing else is taken for it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from audit.given import model_file
from audit.options import parser
from audit.plan import ModelChoice, Plan


@pytest.fixture
def planned(tmp_path):
    content = b"the bytes of a model"
    sha = hashlib.sha256(content).hexdigest()
    plan = replace(Plan(), model=ModelChoice(kind="onnx", name="risk.onnx", sha256=sha))
    for name in ("data", "plans"):
        (tmp_path / name).mkdir()
    return plan, content, tmp_path


def arguments(folder, *more):
    return parser().parse_args(
        [
            "run",
            "--data",
            str(folder / "data" / "d.csv"),
            "--out",
            "o",
            "--plan",
            str(folder / "plans" / "plan.json"),
            *more,
        ]
    )


@pytest.mark.parametrize("place", ["data", "plans"])
def test_the_model_of_a_plan_is_found_beside_plan_and_data(planned, place):
    plan, content, folder = planned
    (folder / place / "risk.onnx").write_bytes(content)
    assert model_file(arguments(folder), plan) == folder / place / "risk.onnx"


def test_another_file_of_the_same_name_is_not_taken(planned):
    plan, _, folder = planned
    (folder / "data" / "risk.onnx").write_bytes(b"other bytes")
    assert model_file(arguments(folder), plan) is None


def test_a_name_with_a_path_in_it_leads_nowhere_else(planned):
    plan, content, folder = planned
    (folder / "risk.onnx").write_bytes(content)
    sly = replace(plan, model=replace(plan.model, name="../risk.onnx"))
    assert model_file(arguments(folder), sly) is None


def test_an_option_goes_before_the_plan(planned):
    plan, content, folder = planned
    (folder / "data" / "risk.onnx").write_bytes(content)
    assert model_file(arguments(folder, "--model", "elsewhere.onnx"), plan).name == "elsewhere.onnx"


def test_several_values_after_one_option():
    given = parser().parse_args(
        [
            "run",
            "--data",
            "d",
            "--out",
            "o",
            "--sensitive",
            "a",
            "b",
            "--sensitive",
            "c",
            "--mitigate",
            "reweighing",
            "gan:epochs=5",
        ]
    )
    assert given.sensitive == ["a", "b", "c"]
    assert given.mitigate == ["reweighing", "gan:epochs=5"]
