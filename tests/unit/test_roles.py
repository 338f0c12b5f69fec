"""Whether the roles of a plan fit the data."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.data.ingest import ingest_frame
from audit.errors import RoleError
from audit.plan import ModelChoice, Plan, Roles
from audit.roles import check_roles, check_weights


def check(tmp_path, columns, model=None, **roles):
    frame = pd.DataFrame({"y": [1, 0] * 4, "d": [0, 1] * 4, "g": list("aabbaabb"), **columns})
    given = {"label": "y", "decision": "d", "sensitive": ("g",), **roles}
    return check_roles(
        ingest_frame(frame, tmp_path), Plan(roles=Roles(**given), model=model or ModelChoice())
    )


def refused(tmp_path, columns, **roles):
    with pytest.raises(RoleError) as error:
        check(tmp_path, columns, **roles)
    return error.value.code


@pytest.mark.parametrize("positive", ["1", "1.0", " 1 ", "True", "true"])
def test_truth_values_are_found_by_their_usual_names(tmp_path, positive):
    columns = {"y": [True, False] * 4, "d": [False, True] * 4}
    found = check(tmp_path, columns, positive=positive.strip() if positive.strip() == "True" else positive)
    assert (found.label, found.decision) == ("True", frozenset({"True"}))


def test_yes_and_no_without_a_positive_value_are_refused(tmp_path):
    assert refused(tmp_path, {"y": ["yes", "no"] * 4}) == "unknown_value"
    found = check(tmp_path, {"y": ["yes", "no"] * 4, "d": ["no", "yes"] * 4}, positive="yes")
    assert (found.label, found.decision) == ("yes", frozenset({"yes"}))


@pytest.mark.parametrize(
    ("columns", "roles", "code"),
    [
        ({"y": [0, 1, 2, 3] * 2}, {}, "label_not_binary"),
        ({"y": [None] * 8}, {}, "label_missing"),
        ({"d": [None] * 8}, {}, "decision_missing"),
        ({"d": [0.1, 0.9] * 4}, {}, "probabilities_not_decisions"),
        ({"d": [0.5, 1.0] * 4}, {"decision_positive": ("1",)}, "probabilities_not_decisions"),
        ({"d": ["a", "b", "c", "1"] * 2}, {}, "decision_not_binary"),
        ({"d": ["a", "b"] * 4}, {}, "unknown_value"),
        ({}, {"decision_positive": ("7",)}, "unknown_value"),
        ({}, {"positive": "7"}, "unknown_value"),
        ({}, {"label": ""}, "no_label"),
        ({}, {"sensitive": ()}, "no_sensitive"),
        ({}, {"sensitive": ("y",)}, "role_twice"),
        ({}, {"sensitive": ("d",)}, "role_twice"),
        ({}, {"label": "Y "}, "unknown_column"),
        ({}, {"weight": "nope"}, "unknown_column"),
        ({}, {"features": ("nope",)}, "unknown_column"),
        ({}, {"decision": None}, "no_decisions"),
        ({"s": list("abcdabcd")}, {"decision": None, "score": "s"}, "score_not_numeric"),
        ({"s": [None] * 8}, {"decision": None, "score": "s"}, "score_missing"),
        ({"w": list("abcdabcd")}, {"weight": "w"}, "weight_not_numeric"),
        ({"w": [-1.0, 1.0] * 4}, {"weight": "w"}, "weight_negative"),
    ],
)
def test_refused(tmp_path, columns, roles, code):
    assert refused(tmp_path, columns, **roles) == code


def test_several_positive_decisions(tmp_path):
    found = check(tmp_path, {"d": ["Low", "Medium", "High", "Low"] * 2}, decision_positive=("Medium", "High"))
    assert found.decision == frozenset({"Medium", "High"})


def test_decisions_that_are_all_one_are_decisions(tmp_path):
    assert check(tmp_path, {"d": [0] * 8}).decision == frozenset({"1"})
    assert check(tmp_path, {"d": [1.0] * 8}).decision == frozenset({"1"})


@pytest.mark.parametrize(
    ("label", "positive", "decision"),
    [([0], "1", [0, 1]), (["no"], "yes", ["no", "yes"]), (["denied"], "approved", ["approved", "denied"])],
)
def test_one_class_only_may_lack_the_positive_value(tmp_path, label, positive, decision):
    found = check(tmp_path, {"y": label * 8, "d": decision * 4}, positive=positive)
    assert found.label == positive


def test_one_class_only_does_not_excuse_a_slip_of_the_pen(tmp_path):
    columns = {"y": ["denied"] * 8, "d": ["approved", "denied"] * 4}
    assert refused(tmp_path, columns, positive="aproved") == "unknown_value"


def test_a_trained_model_needs_no_decisions(tmp_path):
    model = ModelChoice(kind="train", algorithm="mlp")
    assert check(tmp_path, {}, model, decision=None).decision == frozenset()


def test_weights_have_an_end_and_are_not_nothing():
    check_weights(5.0, 7.0)
    for total, squares, code in (
        (float("inf"), 1.0, "weight_not_finite"),
        (1e200, float("inf"), "weight_not_finite"),
        (0.0, 0.0, "weight_zero"),
    ):
        with pytest.raises(RoleError) as error:
            check_weights(total, squares)
        assert error.value.code == code
