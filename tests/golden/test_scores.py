"""Measures of the scores agree with scikit-learn, SciPy and the formulas they are named after."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from audit.chapters.calibration import ReliabilityRow
from audit.data.samples import sample
from audit.disparity.areas import AREAS
from audit.disparity.score_pairs import score_gaps
from audit.disparity.scoring import score_rows
from audit.inference.delong import areas
from audit.metrics.scores import binning_error
from audit.plan import Plan
from audit.rows import MetricRow
from audit.run import run
from tests.scored import counted, drawn

PLAN = Plan(replicates=100)


def values(cells):
    return {
        (row.metric, row.group and row.group[0]): row.value
        for row in score_rows(cells, PLAN)
        if isinstance(row, MetricRow)
    }


@pytest.mark.parametrize("weighted", [False, True])
def test_few_values_agree_exactly(weighted):
    score, label, group = drawn(800, shift=0.1)
    score = np.clip(np.round(score, 1), 0.1, 0.9)
    weight = np.random.default_rng(3).uniform(0.5, 2, len(score)) if weighted else None
    found = values(counted(score, label, group, weight=weight))
    for name in "ab":
        part = group == name
        w = None if weight is None else weight[part]
        args = (label[part], score[part])
        assert found["auc", name] == pytest.approx(roc_auc_score(*args, sample_weight=w), abs=1e-12)
        assert found["brier_score", name] == pytest.approx(
            brier_score_loss(*args, sample_weight=w), abs=1e-12
        )
        assert found["log_loss", name] == pytest.approx(log_loss(*args, sample_weight=w), abs=1e-12)
        model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000)
        x = np.log(score[part] / (1 - score[part]))[:, None]
        slope = model.fit(x, label[part], sample_weight=w).coef_[0, 0]
        assert found["calibration_slope", name] == pytest.approx(slope, abs=1e-5)


def test_a_thousand_bins_agree_within_the_bound_that_is_printed():
    score, label, group = drawn(20_000)
    cells = counted(score, label, group, bins=1000)
    found = values(cells)
    errors = {name: binning_error(cells, name) for name in ("brier_score", "log_loss")}
    area = areas(cells.w[:, 1], cells.w2[:, 1], cells.w[:, 0], cells.w2[:, 0])
    for g, name in enumerate("ab"):
        part = group == name
        args = (label[part], score[part])
        assert abs(found["auc", name] - roc_auc_score(*args)) <= area.error[g] < 0.002
        assert abs(found["brier_score", name] - brier_score_loss(*args)) <= errors["brier_score"][g] < 1e-6
        assert abs(found["log_loss", name] - log_loss(*args)) <= errors["log_loss"][g] + 1e-9


def test_the_bound_is_in_the_chapter():
    found = sample("acs_employment")
    audit = run(found.path, found.plan)
    bounds = [row for row in audit.chapter("scores") if hasattr(row, "bound") and row.group is None]
    assert {row.metric for row in bounds} == {*AREAS, "brier_score", "log_loss"}
    for row in bounds:
        # Outside of everybody there is nobody to be ranked against.
        assert row.bound is None if row.metric in {"bpsn_auc", "bnsp_auc"} else 0 < row.bound < 0.001


def test_delongs_variance_is_that_of_the_pairs():
    rng = np.random.default_rng(8)
    score = rng.integers(0, 6, 25)
    label = rng.integers(0, 2, 25)
    pos, neg = score[label == 1], score[label == 0]
    kernel = (pos[:, None] > neg) + 0.5 * (pos[:, None] == neg)
    m, n, area = len(pos), len(neg), kernel.mean()
    first = ((kernel.mean(axis=1) - area) ** 2).sum() / (m - 1) / m
    second = ((kernel.mean(axis=0) - area) ** 2).sum() / (n - 1) / n
    p, q = (np.bincount(side, minlength=6).astype(float) for side in (pos, neg))
    found = areas(p, p, q, q)
    assert found.value == pytest.approx(area, abs=1e-12)
    assert found.variance == pytest.approx(first + second, abs=1e-12)


def test_distances_agree_with_scipy():
    score, label, group = drawn(700, shift=0.2)
    score = np.round(score**2 * (1 + (group == "b")), 2) / 2
    rows = {(row.metric, row.among): row for row in score_gaps(counted(score, label, group), PLAN)}
    masks = {
        "everybody": np.full(len(score), fill_value=True),
        "positives": label == 1,
        "negatives": label == 0,
    }
    for among, mask in masks.items():
        one, two = (score[mask & (group == name)] for name in "ab")
        ks = stats.ks_2samp(one, two).statistic
        assert rows["score_ks_distance", among].value == pytest.approx(ks, abs=1e-12)
        moved = stats.wasserstein_distance(one, two)
        assert rows["score_wasserstein_distance", among].value == pytest.approx(moved, abs=1e-12)


def test_the_area_between_curves_is_at_least_the_difference_of_areas():
    for seed in range(20):
        score, label, group = drawn(200, seed=seed, shift=0.2)
        cells = counted(np.round(score, 1), label, group)
        found = values(cells)
        row = next(row for row in score_gaps(cells, PLAN) if row.metric == "abroca")
        assert row.value >= abs(found["auc", "a"] - found["auc", "b"]) - 1e-12


@pytest.fixture(scope="module")
def compas():
    found = sample("compas")
    return run(found.path, found.plan)


def test_compas_medium_or_high_is_a_decile_of_five_or_more(compas):
    assert np.array_equal(compas.basis.scores.at(5).n, compas.cells.n)


def test_compas_deciles_are_no_probabilities_but_have_observed_rates(compas):
    assert compas.metric("brier_score", ("race",)).reason == "not_probabilities"
    assert compas.metric("auc", ("race",)).value == pytest.approx(0.702, abs=0.001)
    rows = [
        row
        for row in compas.chapter("calibration")
        if isinstance(row, ReliabilityRow)
        and row.sensitive == ("race",)
        and row.group == ("African-American",)
    ]
    assert sum(row.n for row in rows) == 3_696
    assert rows[-1].value > 2 * rows[0].value
