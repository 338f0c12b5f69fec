"""The closed forms against Fairlearn's MetricFrame on the rows, not on the cells they were counted into."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from audit.cells import Attribute, from_arrays
from audit.metrics.authority import MOST_GROUPS, compare_with_fairlearn, fairlearn_rates
from audit.metrics.rates import RATES, rate_table

LEVELS = ("a", "b", "c", "d", "e")


def rows(*, weighted, n=3000, seed=0):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 5, n)
    label = (rng.random(n) < 0.2 + 0.1 * group).astype(np.int8)
    decision = (rng.random(n) < 0.3 + 0.4 * label - 0.05 * group).astype(np.int8)
    weight = rng.gamma(2.0, 1.0, n) if weighted else None
    return group, label, decision, weight


def counted(group, label, decision, weight, levels=LEVELS):
    attribute = Attribute(column="g", levels=levels)
    return from_arrays([attribute], group[:, None], [label, decision], weight=weight)


def on_rows(group, label, decision, weight):
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_negative_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score, precision_score, zero_one_loss

    def base_rate(y_true, y_pred, sample_weight=None):
        return np.average(y_true, weights=sample_weight)

    def turned_precision(y_true, y_pred, sample_weight=None):
        return precision_score(y_true, y_pred, pos_label=0, sample_weight=sample_weight)

    def wrong_when_selected(y_true, y_pred, sample_weight=None):
        return 1 - precision_score(y_true, y_pred, sample_weight=sample_weight)

    def wrong_when_declined(y_true, y_pred, sample_weight=None):
        return 1 - turned_precision(y_true, y_pred, sample_weight)

    metrics = {
        "base_rate": base_rate,
        "selection_rate": selection_rate,
        "accuracy": accuracy_score,
        "error_rate": zero_one_loss,
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "true_negative_rate": true_negative_rate,
        "false_negative_rate": false_negative_rate,
        "precision": precision_score,
        "negative_predictive_value": turned_precision,
        "false_discovery_rate": wrong_when_selected,
        "false_omission_rate": wrong_when_declined,
    }
    params = (
        {} if weight is None else {"sample_params": {name: {"sample_weight": weight} for name in metrics}}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MetricFrame(metrics=metrics, y_true=label, y_pred=decision, sensitive_features=group, **params)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_closed_forms_are_fairlearns_on_the_rows(weighted):
    data = rows(weighted=weighted)
    cells = counted(*data)
    frame = on_rows(*data)
    for rate in RATES:
        theirs = frame.by_group[rate.id].to_numpy(dtype=float)
        assert rate_table(rate, cells).value == pytest.approx(theirs, abs=1e-12), rate.id
        assert rate_table(rate, cells.overall()).value[0] == pytest.approx(frame.overall[rate.id], abs=1e-12)
        gap = np.ptp(rate_table(rate, cells).value)
        assert gap == pytest.approx(frame.difference()[rate.id], abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_what_every_audit_says_about_its_agreement(weighted):
    cells = counted(*rows(weighted=weighted))
    told = compare_with_fairlearn([cells])
    assert told.checked >= 5 * len(RATES)
    assert told.largest_difference <= 1e-12
    assert told.undefined == 0
    assert told.version


def test_where_fairlearn_prints_zero_for_an_undefined_rate_we_say_so():
    """Group e has nobody with a positive label: 0 of 0 found is not "none found".

    Printed as 0, it makes the equal-opportunity gap as large as the best group's rate. Here it is not estimable and the
    gap is over the other groups; how often this happened is part of the audit.
    """
    group, label, decision, _ = rows(weighted=False)
    label = np.where(group == 4, 0, label).astype(np.int8)
    cells = counted(group, label, decision, None)
    (tpr,) = [rate for rate in RATES if rate.id == "true_positive_rate"]
    ours = rate_table(tpr, cells).value
    theirs = fairlearn_rates(cells)["true_positive_rate"]
    assert np.isnan(ours[4])
    assert theirs[4] == 0.0
    assert on_rows(group, label, decision, None).difference()["true_positive_rate"] > np.ptp(ours[:4]) + 0.2
    told = compare_with_fairlearn([cells])
    assert told.undefined >= 1
    assert told.largest_difference <= 1e-12


def test_groupings_of_very_many_groups_are_left_out_and_named():
    n = MOST_GROUPS + 1
    levels = tuple(f"g{i:02d}" for i in range(n))
    group = np.repeat(np.arange(n), 4)
    label = np.tile(np.array([0, 0, 1, 1], dtype=np.int8), n)
    decision = np.tile(np.array([0, 1, 0, 1], dtype=np.int8), n)
    told = compare_with_fairlearn([counted(group, label, decision, None, levels)])
    assert told.checked == 0
    assert told.skipped == (f"g: {n} groups",)
