"""Mitigations do something: on Adult, by sex, the selection gap on the test rows gets smaller."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.data.samples import open_sample, sample
from audit.plan import MitigationChoice, ModelChoice
from audit.run import run


@pytest.fixture(scope="module")
def adult(tmp_path_factory):
    plan = sample("adult").plan
    plan = replace(
        plan,
        roles=replace(plan.roles, sensitive=("sex",)),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        mitigations=(MitigationChoice(id="reweighing"), MitigationChoice(id="resampling")),
    )
    return run(open_sample("adult", tmp_path_factory.mktemp("data")), plan)


def change(adult, mitigation, metric, comparison, group=None):
    return next(
        row
        for row in adult.comparison
        if (row.mitigation, row.metric, row.comparison, row.group) == (mitigation, metric, comparison, group)
    )


@pytest.mark.parametrize("mitigation", ["reweighing", "resampling"])
def test_the_selection_gap_closes_and_its_interval_says_so(adult, mitigation):
    row = change(adult, mitigation, "demographic_parity", "difference")
    assert row.before == pytest.approx(0.168, abs=0.01)
    assert row.change < 0
    assert row.high < 0
    assert row.low <= row.change <= row.high


@pytest.mark.parametrize("mitigation", ["reweighing", "resampling"])
def test_the_control_selects_as_many_and_closes_less(adult, mitigation):
    record = next(trial for trial in adult.trials if trial.mitigation == mitigation)
    assert record.control_rate == pytest.approx(record.after_rate, abs=1e-3)
    row = change(adult, mitigation, "demographic_parity", "difference")
    assert row.control > row.after + 0.03


def test_before_is_the_audited_model_itself(adult):
    for row in adult.comparison:
        if row.comparison is None and row.metric != "count":
            audited = adult.metric(row.metric, row.sensitive, row.group)
            assert row.before == pytest.approx(audited.value, abs=1e-12)
            assert row.original is None
