"""Mitigations are scikit-learn classifiers: they pass its checks, stage by stage, and work in its pipelines and searches."""

from __future__ import annotations

import doctest
import warnings
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import (
    check_sample_weight_equivalence_on_dense_data,
    estimator_checks_generator,
)

from audit.errors import AuditError, InputError, PlanError
from audit.mitigation import estimator as module
from audit.mitigation.catalogue import catalogue
from audit.mitigation.estimator import MitigatedClassifier
from tests.repairing import QUICK

METHODS = sorted(catalogue())


class Populated(MitigatedClassifier):
    """The same with people enough: every row of a check stands for forty, of one of two groups.

    The checks bring few rows and no sensitive features. What compares groups, such as Fairlearn's reductions, refuses one
    group with a sentence; what sets thresholds or trains for groups refuses fewer than 20 people in a rate. These
    refusals have tests of their own below and elsewhere; here the rest of the contract is tried. Nobody's group is known
    when it is decided, as it is for whoever calls predict without one.
    """

    def _learned(self, sensitive, n_rows):
        del sensitive
        self.groups_ = [("a",), ("b",)]
        return np.arange(n_rows) // 2 % 2

    def _set_aside(self, strata):
        return tuple(np.repeat(rows, 40) for rows in super()._set_aside(strata))


ALONE = {
    "reweighing": (None, LogisticRegression()),
    "fair_loss": (None, LogisticRegression()),
    "massaging": (LogisticRegression(),),
    "disparate_impact_remover": (None,),
    "correlation_remover": (None, LogisticRegression()),
}
"""What works for one group of few people, by what is trained inside: a model of ours (None), or one that is given."""

AMONG_MANY = {
    "threshold_programme": (None,),
    "minimax_linear": (None,),
    "exponentiated_gradient": (LogisticRegression(),),
}
"""What needs people enough: a method that sets thresholds, one that trains for the worst group, and a reduction."""

SETTINGS = {**QUICK, "exponentiated_gradient": {"max_iter": 1}}

EXPECTED_TO_FAIL = {
    "check_estimators_pickle": (
        "pickle",
        "what was learned holds functions; models are handed over as skops and ONNX, never pickled",
    ),
    "check_sample_weight_equivalence_on_dense_data": (
        "Not equal to tolerance",
        (
            "rows are set aside for validation as rows: one of weight 2 is drawn once, two rows are drawn twice. A model of "
            "ours also standardises features, and a method counts people, by row, whatever a row weighs"
        ),
    ),
}
"""Checks that do not apply to any method: what they fail with, and why."""

EXPECTED_OF = {
    ("correlation_remover", "given"): {
        "check_estimators_nan_inf": (
            "doesn't check for NaN and inf in predict",
            (
                "gaps are filled where features become numbers, before the classifier that is given sees them: predict "
                "decides about rows with gaps, and only fit, which trains the model before as well, refuses them"
            ),
        ),
    },
}
"""The same for a single method."""


def checked():
    for kind, methods in ((MitigatedClassifier, ALONE), (Populated, AMONG_MANY)):
        for name, inside in methods.items():
            for inner in inside:
                which = "own" if inner is None else "given"
                known = {**EXPECTED_TO_FAIL, **EXPECTED_OF.get((name, which), {})}
                made = kind(name, SETTINGS.get(name), estimator=inner)
                for one, check in estimator_checks_generator(made, legacy=True, mark=None):
                    title = check.func.__name__ if hasattr(check, "func") else str(check)
                    yield pytest.param(one, check, known.get(title), id=f"{name}-{which}-{title}")


@pytest.mark.parametrize(("one", "check", "failure"), list(checked()))
def test_the_checks_of_scikit_learn_pass(one, check, failure):
    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(one)

    if failure is not None:
        words, _ = failure
        with pytest.raises(Exception, match=words):  # it fails, and for the reason that is given
            run()
        return
    try:
        run()
    except SkipTest as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("name", ["reweighing", "massaging"])
def test_a_weight_is_a_number_of_rows_where_none_is_set_aside_and_none_is_counted(name):
    made = MitigatedClassifier(name, estimator=LogisticRegression(), validation=False)
    check_sample_weight_equivalence_on_dense_data(name, made)


def test_every_stage_is_checked():
    assert {catalogue()[name][0].stage for name in (*ALONE, *AMONG_MANY)} == {"pre", "in", "post"}


def test_every_check_that_is_expected_to_fail_is_run():
    titles = {parameters.id for parameters in checked()}
    for name, inside in {**ALONE, **AMONG_MANY}.items():
        for which in ("own" if inner is None else "given" for inner in inside):
            for title in (*EXPECTED_TO_FAIL, *EXPECTED_OF.get((name, which), {})):
                assert f"{name}-{which}-{title}" in titles


def people(n=600, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    skill = rng.normal(size=n) + 0.8 * (sex == "m")
    table = pd.DataFrame(
        {
            "skill": skill,
            "proxy": (sex == "m") + rng.normal(0, 0.4, n),
            "job": rng.choice(["x", "y", None], n),
            "sex": sex,
        }
    )
    return table, np.where(skill + rng.normal(0, 0.5, n) > 0.5, "yes", "no")


@pytest.mark.parametrize("name", METHODS)
def test_every_mitigation_is_an_estimator(name):
    X, y = people()
    made = MitigatedClassifier(name, QUICK.get(name), sensitive_features="sex")
    fitted = clone(made).fit(X, y)
    assert fitted.classes_.tolist() == ["no", "yes"]
    assert fitted.groups_ == [("f",), ("m",)]
    decided = fitted.predict(X)
    assert set(decided) <= {"no", "yes"}
    again = clone(made).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), decided)
    new = X.assign(sex="somebody else")
    assert set(fitted.predict(new)) <= {"no", "yes"}
    if fitted.repaired_.score is not None:
        proba = fitted.predict_proba(X)
        np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_groups_by_name_and_by_value_are_the_same():
    X, y = people()
    features = X.drop(columns="sex")
    by_name = MitigatedClassifier(sensitive_features="sex").fit(X, y)
    by_call = MitigatedClassifier().fit(X, y, sensitive_features=["sex"])
    by_value = MitigatedClassifier().fit(features, y, sensitive_features=X["sex"])
    for other, seen in ((by_call, X), (by_value, features)):
        np.testing.assert_array_equal(other.predict(seen), by_name.predict(X))
    assert by_name.n_features_in_ == 4


def test_the_group_is_no_feature_and_the_gap_gets_smaller():
    X, y = people(2000)
    plain = MitigatedClassifier("reweighing", {"strength": 0.0}, sensitive_features="sex").fit(X, y)
    repaired = MitigatedClassifier("reweighing", sensitive_features="sex").fit(X, y)
    gap = [
        abs(np.subtract(*[(model.predict(X)[X["sex"] == g] == "yes").mean() for g in "fm"]))
        for model in (plain, repaired)
    ]
    assert gap[1] < 0.85 * gap[0]
    swapped = X.assign(sex=X["sex"].map({"f": "m", "m": "f"}))
    np.testing.assert_array_equal(repaired.predict(swapped), repaired.predict(X))


def test_any_classifier_of_scikit_learn_is_trained_inside_with_weights():
    X, y = people()
    numbers = X[["skill", "proxy"]]
    for inner in (DecisionTreeClassifier(max_depth=3), make_pipeline(StandardScaler(), LogisticRegression())):
        made = MitigatedClassifier("reweighing", estimator=inner)
        fitted = made.fit(
            numbers, y, sensitive_features=X["sex"], sample_weight=np.linspace(0.5, 1.5, len(y))
        )
        assert (fitted.predict(numbers) == y).mean() > 0.7
    from sklearn.neighbors import KNeighborsClassifier

    with pytest.raises(InputError, match="cannot be trained with weights"):
        MitigatedClassifier("reweighing", estimator=KNeighborsClassifier()).fit(
            numbers, y, sensitive_features=X["sex"]
        )


def test_rows_of_weight_0_have_no_say():
    X, y = people()
    muddy, other = people(600, 5)
    both = pd.concat([X, muddy], ignore_index=True)
    labels = np.concatenate([y, np.where(other == "yes", "no", "yes")])
    weight = np.concatenate([np.ones(600), np.zeros(600)])
    made = MitigatedClassifier("reweighing", sensitive_features="sex", validation=False)
    clean = made.fit(X, y).predict(X)
    weighed = clone(made).fit(both, labels, sample_weight=weight).predict(X)
    assert (clean != weighed).mean() < 0.02


def test_it_works_in_a_pipeline_and_a_search():
    X, y = people()
    scale = StandardScaler().set_output(transform="pandas")
    from sklearn.compose import ColumnTransformer

    parts = ColumnTransformer([("numbers", scale, ["skill", "proxy"]), ("rest", "passthrough", ["sex"])])
    parts.set_output(transform="pandas")
    parts.verbose_feature_names_out = False
    chain = Pipeline([("parts", parts), ("model", MitigatedClassifier(sensitive_features="sex"))])
    search = GridSearchCV(
        chain,
        {
            "model__mitigation": ["reweighing", "massaging"],
            "model__settings": [{"strength": 0.3}, {"strength": 1.0}],
        },
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_["model__settings"]["strength"] in {0.3, 1.0}
    assert (search.predict(X) == y).mean() > 0.7


def test_metadata_is_routed():
    from sklearn import config_context
    from sklearn.model_selection import cross_validate

    X, y = people()
    with config_context(enable_metadata_routing=True):
        made = MitigatedClassifier().set_fit_request(sensitive_features=True, sample_weight=False)
        found = cross_validate(
            made,
            X[["skill", "proxy"]],
            y,
            params={"sensitive_features": X["sex"].to_numpy()},
            cv=2,
            return_estimator=True,
        )
    assert [each.groups_ for each in found["estimator"]] == [[("f",), ("m",)]] * 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"sensitive_features": "sexx"}, InputError),
        ({"sensitive_features": np.zeros(3)}, InputError),
        ({"y": np.arange(600) % 3}, ValueError),
        ({"y": np.zeros(600)}, ValueError),
        ({"made": {"mitigation": "reweighting"}}, PlanError),
        ({"made": {"settings": {"strength": 7}}}, PlanError),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(given, error):
    X, y = people()
    made = MitigatedClassifier(**given.pop("made", {}))
    with pytest.raises(error) as caught:
        made.fit(X, given.pop("y", y), **given)
    assert not isinstance(caught.value, AuditError) or str(caught.value).endswith((".", "?"))


def test_the_example_in_its_documentation_is_true():
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


def test_the_library_loads_it_only_when_asked():
    import subprocess
    import sys

    code = (
        "import sys, audit, audit.mitigation.catalogue as c; c.catalogue(); print('sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
