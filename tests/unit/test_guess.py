"""Guesses of roles: right on well-known data sets, silent where nothing speaks for a column, never an error."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.data.guess import guess_roles
from audit.data.ingest import ingest, ingest_frame


def guess(tmp_path, **columns):
    return guess_roles(ingest_frame(pd.DataFrame(columns), tmp_path))


def test_adult(tmp_path):
    n = 40
    roles = guess(
        tmp_path,
        age=list(range(20, 20 + n)),
        fnlwgt=list(range(n)),
        education=["HS", "BA"] * 20,
        marital_status=["Married", "Never"] * 20,
        relationship=["Wife", "Husband"] * 20,
        race=["White", "Black", "White", "Other"] * 10,
        sex=["Male", "Female"] * 20,
        native_country=["US", "MX", "DE", "FR"] * 10,
        income=["<=50K", "<=50K", "<=50K", ">50K"] * 10,
    )
    assert (roles.label, roles.positive, roles.favourable) == ("income", ">50K", "positive")
    assert roles.sensitive == ("sex", "race", "age")
    assert (roles.decision, roles.score, roles.weight, roles.split, roles.features) == (None,) * 5


def test_compas(tmp_path):
    roles = guess(
        tmp_path,
        age=list(range(20, 44)),
        age_cat=["25 - 45", "Less than 25", "Greater than 45"] * 8,
        sex=["Male", "Female"] * 12,
        race=["African-American", "Caucasian", "Other"] * 8,
        is_recid=[0, 1] * 12,
        decile_score=list(range(1, 9)) * 3,
        score_text=["Low", "Medium", "High"] * 8,
        two_year_recid=[0, 1, 1, 0] * 6,
    )
    assert (roles.label, roles.positive, roles.favourable) == ("two_year_recid", "1", "negative")
    assert (roles.decision, roles.decision_positive) == ("score_text", ("High", "Medium"))
    assert roles.score is None  # deciles are not probabilities
    assert roles.sensitive == ("sex", "race", "age")


def test_predictions_scores_weights_and_splits(tmp_path):
    roles = guess(
        tmp_path,
        y_true=["yes", "no", "no", "yes"],
        y_pred=[1, 0, 0, 1],
        y_pred_proba=[0.9, 0.2, 0.4, 0.7],
        applicantGender=["f", "m", "f", "m"],
        sample_weight=[1.0, 2.0, 1.5, 0.5],
        split=["train", "train", "test", "validation"],
    )
    assert (roles.label, roles.positive) == ("y_true", "yes")
    assert (roles.decision, roles.decision_positive) == ("y_pred", ("1",))
    assert (roles.score, roles.weight, roles.split) == ("y_pred_proba", "sample_weight", "split")
    assert roles.sensitive == ("applicantGender",)


@pytest.mark.parametrize(
    ("name", "values", "positive", "favourable"),
    [
        ("label", [0, 1], "1", "positive"),
        ("target", [True, False], "True", "positive"),
        ("class", ["good", "bad"], "good", "positive"),
        ("credit_risk", [1, 2], "1", "positive"),
        ("outcome", ["Not hired", "Hired"], "Hired", "positive"),
        ("status", ["Denied", "Granted"], "Granted", "positive"),
        ("default", ["Yes", "No"], "Yes", "negative"),
        ("Outcome", ["ill", "healthy"], "ill", "positive"),
        ("y", [-1, 1], "1", "positive"),
        ("Hired", ["N", "Y"], "Y", "positive"),
        ("income", [">50K.", "<=50K."], ">50K.", "positive"),
        ("target", [3, 7], "7", "positive"),
    ],
)
def test_labels_and_their_positive_value(tmp_path, name, values, positive, favourable):
    roles = guess(tmp_path, **{name: [values[0], values[1], values[1]], "x": [1.5, 2.5, 3.5]})
    if name == "Outcome":
        assert roles.positive in values
    else:
        assert (roles.label, roles.positive, roles.favourable) == (name, positive, favourable)


def test_nothing_is_guessed_where_nothing_speaks_for_it(tmp_path):
    roles = guess(tmp_path, a=[1, 2, 3], b=["x", "y", "x"], language=["p", "q", "r"], outcome=["x", "y", "z"])
    assert (roles.label, roles.positive, roles.sensitive) == ("", "1", ())
    assert (roles.decision, roles.score, roles.weight, roles.split) == (None,) * 4


def test_body_weight_is_not_a_row_weight(tmp_path):
    assert guess(tmp_path, weight=[70.5, 80.0, 60.0], height=[1.7, 1.8, 1.6]).weight is None
    assert guess(tmp_path, weight=[-1.0, 2.0, 3.0]).weight is None
    assert guess(tmp_path, weight=[1.0, 2.0, 3.0]).weight == "weight"


def test_a_sensitive_column_is_not_a_label_and_names_make_no_groups(tmp_path):
    roles = guess(tmp_path, sex=[0, 1] * 30, race=[f"r{i}" for i in range(60)], gender_name=["a", "b"] * 30)
    assert (roles.label, roles.sensitive) == ("", ("sex",))


def test_odd_data_never_fail(tmp_path):
    text = "label,,sex,__,score,=cmd(),年龄,weight,split\n,,,,,,,,\nNA,,,,,,,,\n"
    roles = guess_roles(ingest(text.encode(), tmp_path))
    assert (roles.label, roles.sensitive) == ("", ())
    assert guess(tmp_path, **{"label" * 3000: [0, 1], "sex" + "\u202e": [None, 1]}).label == ""
    assert guess(tmp_path, label=["∞", "-∞"], score=[float("inf"), 0.5]).label == "label"
