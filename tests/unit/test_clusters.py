"""Clusters: intervals that know that rows belong together, and change nothing where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.cells import Attribute, Cells
from audit.disparity.compare import disparity_rows, metric_rows
from audit.inference.clusters import (
    cluster_bootstrap,
    design_effects,
    design_effects_of_others,
    ties,
)
from audit.metrics.rates import RATE, RATES
from audit.plan import Plan, Roles
from audit.run import run
from audit.tables.clusters import ClusterCells


def clustered(rows, weights=None):
    """Cells and clusters of rows (cluster, group, label, decision)."""
    frame = pd.DataFrame(rows, columns=["c", "g", "y", "d"])
    frame["w"] = 1.0 if weights is None else weights
    levels = tuple(sorted(set(frame.g)))
    frame["cell"] = [
        levels.index(g) * 4 + y * 2 + d for g, y, d in zip(frame.g, frame.y, frame.d, strict=True)
    ]
    n, w, w2 = (
        np.bincount(frame.cell, weights=values, minlength=4 * len(levels)).reshape(-1, 2, 2)
        for values in (np.ones(len(frame)), frame.w, frame.w**2)
    )
    groups = tuple((level,) for level in levels)
    cells = Cells(
        attributes=(Attribute(column="g", levels=levels),),
        groups=groups,
        n=n,
        w=w,
        w2=w2,
        weighted=weights is not None,
    )
    sums = frame.groupby(["c", "cell"], sort=True).w.agg(["count", "sum", lambda x: (x**2).sum()])
    names = {name: i for i, name in enumerate(dict.fromkeys(sums.index.get_level_values(0)))}
    kind = np.array([names[c] for c, _ in sums.index], dtype=np.int64)
    table = ClusterCells(
        column="c",
        sensitive=("g",),
        groups=groups,
        number=np.ones(len(names)),
        kind=kind,
        cell=np.array([cell for _, cell in sums.index], dtype=np.int64),
        n=sums["count"].to_numpy(float),
        w=sums["sum"].to_numpy(float),
        w2=sums.iloc[:, 2].to_numpy(float),
    )
    return cells, table


def households(n, size, seed=0, alike=1.0):
    """Clusters whose members share their decision with probability ``alike``."""
    rng = np.random.default_rng(seed)
    rows = []
    for c in range(n):
        shared = int(rng.random() < 0.4)
        for _ in range(size):
            d = shared if rng.random() < alike else int(rng.random() < 0.4)
            rows.append((c, "ab"[int(rng.random() < 0.3)], int(rng.random() < 0.5), d))
    return rows


def test_clusters_of_one_row_change_nothing():
    rng = np.random.default_rng(0)
    rows = [(i, "abc"[i % 3], int(rng.integers(2)), int(rng.integers(2))) for i in range(200)]
    for weights in (None, rng.uniform(0.5, 3, 200)):
        cells, table = clustered(rows, weights)
        assert ties(table, cells) is None
        assert ties(None, cells) is None
        plan = Plan(replicates=100)
        assert metric_rows(cells, plan, ties=ties(table, cells)) == metric_rows(cells, plan)
        assert disparity_rows(cells, plan, ties=ties(table, cells)) == disparity_rows(cells, plan)


def effects(cells, table, metric="selection_rate"):
    return design_effects(ties(table, cells), RATE[metric].numerator, RATE[metric].denominator, cells)


def test_everything_twice_in_one_cluster_counts_once():
    """Each row twice in its cluster: the variance is that of half as many rows."""
    rows = [(c, g, y, d) for c, g, y, d in households(400, 1, alike=0.0) for _ in range(2)]
    cells, table = clustered(rows)
    assert effects(cells, table) == pytest.approx([2.0, 2.0], abs=0.02)
    single = [row for i, row in enumerate(rows) if i % 2 == 0]
    half, _ = clustered(single)
    plan = Plan(replicates=100)
    doubled = {(r.metric, r.group): r for r in metric_rows(cells, plan, ties=ties(table, cells))}
    for row in metric_rows(half, plan):
        if row.metric == "selection_rate":
            other = doubled[row.metric, row.group]
            assert other.n == 2 * row.n
            assert (other.low, other.high) == pytest.approx((row.low, row.high), abs=0.002)


def test_the_design_effect_by_hand():
    # Group a: clusters (1, 1), (0, 0), (1, 0): p = .5, residuals 1, −1, 0: 3/2 · 2 / 36 = .08333.
    # Rows: 6/5 · 6 · .25 / 36 = .05. A rate of everybody else: not asked for.
    rows = [(0, "a", 1, 1), (0, "a", 0, 1), (1, "a", 1, 0), (1, "a", 0, 0), (2, "a", 1, 1), (2, "a", 0, 0)]
    cells, table = clustered(rows)
    assert effects(cells, table) == pytest.approx([0.08333333 / 0.05])


@pytest.mark.parametrize("weighted", [False, True])
def test_a_cluster_bootstrap_agrees(weighted):
    rows = households(600, 4, alike=0.7)
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.5, 2, len(rows)) if weighted else None
    cells, table = clustered(rows, weights)
    found = ties(table, cells)
    for metric in ("selection_rate", "true_positive_rate", "precision"):
        rate = RATE[metric]
        drawn = cluster_bootstrap(found, rate.numerator, rate.denominator, replicates=1500, rng=rng)
        hits = sum(cells.w[:, i, j] for i, j in rate.numerator)
        total = sum(cells.w[:, i, j] for i, j in rate.denominator)
        p = hits / total
        w2 = sum(cells.w2[:, i, j] for i, j in rate.denominator)
        n = total**2 / w2 / design_effects(found, rate.numerator, rate.denominator, cells)
        if not weighted:
            assert drawn.std(axis=0) == pytest.approx(np.sqrt(p * (1 - p) / n), rel=0.08)
        else:
            assert drawn.std(axis=0) == pytest.approx(np.sqrt(p * (1 - p) / n), rel=0.12)


def test_the_people_outside_a_group_are_counted_without_it():
    cells, table = clustered(households(300, 3, alike=0.8))
    found = ties(table, cells)
    rate = RATE["selection_rate"]
    outside = design_effects_of_others(found, rate.numerator, rate.denominator, cells)
    inside = design_effects(found, rate.numerator, rate.denominator, cells)
    # With two groups the others of one are the other.
    assert outside == pytest.approx(inside[::-1])


def test_a_rate_of_zero_takes_the_effect_of_all_groups():
    rows = households(200, 3, alike=1.0)
    rows += [(1000 + c, "z", 1, 0) for c in range(40) for _ in range(3)]
    cells, table = clustered(rows)
    found = effects(cells, table)
    assert found[2] > 1.5
    assert found[2] <= 3.0 + 1e-9


def test_clusters_are_never_surer_than_rows_nor_duller_than_one_row_each():
    rng = np.random.default_rng(4)
    for seed in range(20):
        rows = households(int(rng.integers(2, 60)), int(rng.integers(1, 6)), seed=seed, alike=rng.random())
        cells, table = clustered(rows)
        found = ties(table, cells)
        if found is None:
            continue
        plain = {(r.metric, r.group): r for r in metric_rows(cells, Plan(replicates=100))}
        for row in metric_rows(cells, Plan(replicates=100), ties=found):
            other = plain[row.metric, row.group]
            assert row.value == other.value
            assert row.n_effective <= other.n_effective + 1e-9
            if row.value is not None and row.metric != "count":
                assert row.low <= other.low + 1e-12
                assert row.high >= other.high - 1e-12
                assert row.n_effective >= 1 - 1e-9


def test_flipping_and_merging_go_with_the_cells():
    cells, table = clustered(households(200, 3, alike=0.9))
    found = ties(table, cells)
    for rate in RATES:
        flipped = design_effects(
            found.flipped(),
            tuple((1 - a, 1 - b) for a, b in rate.numerator),
            tuple((1 - a, 1 - b) for a, b in rate.denominator),
            cells.flipped(),
        )
        assert flipped == pytest.approx(design_effects(found, rate.numerator, rate.denominator, cells))
    whole = design_effects(
        found.overall(), RATE["selection_rate"].numerator, RATE["selection_rate"].denominator, cells.overall()
    )
    assert whole.shape == (1,)
    assert whole[0] > 1.5


def test_an_audit_with_a_cluster_column_is_wider_and_says_so(tmp_path):
    frame = pd.DataFrame(households(150, 4, alike=1.0), columns=["home", "g", "y", "d"])
    roles = Roles(label="y", decision="d", sensitive=("g",))
    plain = run(frame, Plan(roles=roles, replicates=100))
    tied = run(frame, Plan(roles=replace(roles, cluster="home"), replicates=100))
    one = plain.disparity("demographic_parity", "difference", ("g",))
    two = tied.disparity("demographic_parity", "difference", ("g",))
    assert one.value == two.value
    assert two.high - two.low > 1.2 * (one.high - one.low)
    worst, other = (a.disparity("error_rate", "worst_group", ("g",)) for a in (plain, tied))
    assert other.distance == worst.distance
    assert other.distance_high - other.distance_low >= worst.distance_high - worst.distance_low
    assert tied.metric("selection_rate", ("g",)).n_effective < 0.5 * tied.metric("selection_rate", ("g",)).n
    assert "FA331" in {finding.code for finding in tied.findings}
    assert "FA331" not in {finding.code for finding in plain.findings}
