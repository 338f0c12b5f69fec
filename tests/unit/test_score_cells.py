"""People counted by group, label and score: what is in which bin, whatever the file looks like."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.data.profile import profile_table
from audit.data.stored import Stored, write_parquet
from audit.engines.duckdb_engine import DuckDBEngine
from audit.engines.protocol import Key
from audit.errors import PlanError, RoleError
from audit.plan import Grouping, ModelChoice, Plan, Roles
from audit.run import run
from audit.tables.scores import ScoreCells
from tests.scored import counted

ROLES = Roles(label="y", score="s", sensitive=("g",), threshold=0.5)


def frame(n=400, *, seed=1, continuous=True):
    rng = np.random.default_rng(seed)
    score = rng.random(n) if continuous else rng.integers(0, 11, n) / 10
    return pd.DataFrame(
        {
            "g": rng.choice(["a", "b", "c"], n, p=[0.5, 0.45, 0.05]),
            "h": rng.choice(["u", "v"], n),
            "s": score,
            "y": (rng.random(n) < score).astype(int),
            "w": rng.integers(1, 5, n),
            "c": rng.integers(0, 40, n),
        }
    )


def scores(table, roles=ROLES, **plan):
    return run(table, Plan(roles=roles, replicates=100, **plan)).basis.scores


def test_few_values_are_bins_of_their_own():
    table = frame(continuous=False)
    cells = scores(table)
    assert cells.exact
    assert cells.cuts == tuple(sorted(table["s"].unique()))
    assert cells.coarseness == 0.0
    for g, (name,) in enumerate(cells.groups):
        for label in (0, 1):
            part = table[(table["g"] == name) & (table["y"] == label)]
            assert cells.n[g, label].tolist() == [int((part["s"] == cut).sum()) for cut in cells.cuts]


def test_many_values_are_counted_in_a_thousand_bins_with_exact_means():
    table = frame(3_000)
    cells = scores(table)
    assert not cells.exact
    assert len(cells.cuts) == 1000
    assert cells.coarseness == pytest.approx(0.001)
    assert cells.s.sum() == pytest.approx(table["s"].sum())
    for (name,), total in zip(cells.groups, cells.s.sum(axis=(1, 2)), strict=True):
        assert total == pytest.approx(table.loc[table["g"] == name, "s"].sum())


@pytest.mark.parametrize("threshold", [0.5, 0.33333, 0.0004, 0.9999])
def test_deciding_by_the_threshold_gives_the_cells_of_the_audit(threshold):
    audit = run(frame(3_000), Plan(roles=replace(ROLES, threshold=threshold), replicates=100))
    assert threshold in audit.basis.scores.cuts
    assert np.array_equal(audit.basis.scores.at(threshold).n, audit.cells.n)


def test_people_without_a_score_are_counted_apart_and_their_group_stays():
    table = frame(2_000)
    table["d"] = (table["s"] > 0.5).astype(int)
    table.loc[table["g"] == "c", "s"] = None
    table.loc[:9, "s"] = np.nan
    roles = replace(ROLES, decision="d", decision_positive=("1",))
    audit = run(table, Plan(roles=roles, replicates=100))
    cells = audit.basis.scores
    assert cells.missing == int(table["s"].isna().sum())
    assert cells.groups == audit.cells.groups
    assert cells.sizes[2] == 0
    assert audit.metric("auc", ("g",), ("c",)).reason == "no_scores"
    gap = audit.disparity("auc", "difference", ("g",))
    assert (gap.groups_estimable, gap.groups_total) == (2, 3)


def test_weights_are_summed_and_rows_without_one_left_out():
    table = frame(2_000)
    table.loc[:4, "w"] = 0
    audit = run(table, Plan(roles=replace(ROLES, weight="w"), replicates=100))
    cells = audit.basis.scores
    kept = table[table["w"] > 0]
    assert cells.weighted
    assert cells.w.sum() == kept["w"].sum()
    assert cells.w2.sum() == (kept["w"] ** 2).sum()
    assert cells.s.sum() == pytest.approx((kept["w"] * kept["s"]).sum())
    assert np.array_equal(cells.at(0.5).w, audit.cells.w)


def test_a_score_that_is_the_same_for_everybody_is_one_bin():
    table = frame(100)
    table["s"] = 0.7
    audit = run(table, Plan(roles=ROLES, replicates=100))
    assert audit.basis.scores.cuts == (0.7,)
    assert audit.metric("auc", ("g",)).value == 0.5
    assert audit.metric("calibration_slope", ("g",)).reason == "constant_scores"


def test_scores_outside_0_to_1_are_cut_evenly_over_their_range():
    table = frame(3_000)
    table["s"] = table["s"] * 600 - 100
    audit = run(table, Plan(roles=replace(ROLES, threshold=212.5), replicates=100))
    cells = audit.basis.scores
    assert cells.cuts[0] == pytest.approx(table["s"].min())
    assert 212.5 in cells.cuts
    assert np.array_equal(cells.at(212.5).n, audit.cells.n)
    for name in (
        "brier_score",
        "log_loss",
        "calibration_error",
        "calibration_in_the_large",
        "calibration_slope",
    ):
        assert audit.metric(name, ("g",)).reason == "not_probabilities"
        assert audit.disparity(name, "difference", ("g",)).reason == "not_probabilities"
    assert audit.metric("auc", ("g",)).value is not None


def test_a_trained_model_brings_its_scores():
    table = frame(600).assign(x=lambda t: t["s"])
    roles = Roles(label="y", sensitive=("g",), features=("x",))
    audit = run(
        table,
        Plan(roles=roles, replicates=100, model=ModelChoice(kind="train", algorithm="logistic_regression")),
    )
    assert audit.basis.scores.sizes.sum() == audit.data.audited
    assert np.array_equal(audit.basis.scores.at(0.5).n, audit.cells.n)


def test_strata_and_clusters_add_up_to_the_cells():
    table = frame(900)
    roles = replace(ROLES, control=("h",), cluster="c")
    audit = run(table, Plan(roles=roles, replicates=100))
    strata, clusters = audit.basis.strata, audit.basis.clusters
    assert strata.sensitive == ("g", "h")
    assert np.array_equal(strata.marginal(("g",)).n, audit.cells.n)
    assert clusters.total == table["c"].nunique()
    each = clusters.matrix(audit.cells, "n")
    assert np.array_equal((clusters.number[:, None, None, None] * each).sum(axis=0), audit.cells.n)


def test_without_control_cluster_or_score_there_are_no_such_tables():
    table = frame(100).assign(d=1)
    basis = run(table, Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), replicates=100)).basis
    assert (basis.scores, basis.strata, basis.clusters) == (None, None, None)


def test_the_rows_left_out_of_the_cells_are_left_out_of_the_scores():
    table = frame(500)
    table["y"] = table["y"].astype("object")
    table.loc[:19, "y"] = None
    audit = run(table, Plan(roles=ROLES, replicates=100, grouping=Grouping()))
    assert audit.basis.scores.sizes.sum() == audit.cells.total == 480


def test_a_table_is_read_back_as_it_was():
    cells = counted([0.1, 0.2, 0.2, 0.9], [0, 1, 1, 0], "abba", weight=[1, 2.5, 1, 0.3])
    again = ScoreCells.from_dict(cells.to_dict())
    for name in ("n", "w", "w2", "s"):
        assert np.array_equal(getattr(again, name), getattr(cells, name))
    assert (again.cuts, again.groups, again.attributes) == (cells.cuts, cells.groups, cells.attributes)
    with pytest.raises(ValueError, match="read-only"):
        again.n[0, 0, 0] = 1.0


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 0.25, 0.29, 1.0, 7.0])
def test_the_bin_that_holds_the_threshold_is_parted_there(tmp_path, threshold):
    values = [0.0, 0.249, 0.25, 0.29, 0.2901, 0.999, 1.0, None]
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.table({"s": values}), path)
    found = DuckDBEngine().count(path, [Key(column="s", bins=(0.0, 0.1, 10), at_least=threshold)])
    expected = Counter(
        None if value is None else min(int(value / 0.1), 9) + (value >= threshold) for value in values
    )
    assert {key[0]: n for key, n in zip(found.keys, found.n, strict=True)} == expected


@pytest.mark.parametrize(
    ("values", "column"),
    [
        (np.linspace(0, 1, 5000), "s"),
        (np.linspace(-3, 9, 5000), "s"),
        (np.where(np.arange(5000) % 7 == 0, np.nan, np.linspace(0, 1, 5000)), 'a.b "c"'),
    ],
)
def test_a_stored_file_gives_the_bins_that_a_foreign_one_gives(tmp_path, values, column):
    """What its footer says of the ends spares a look at every row, and changes nothing."""
    table = pa.table({column: pa.array(values, from_pandas=True), "g": ["a", "b"] * 2500})
    plain, kept = tmp_path / "plain.parquet", tmp_path / "kept.parquet"
    pq.write_table(table, plain)
    write_parquet(table, kept, Stored(n_rows=5000, columns=profile_table(table)))
    engine = DuckDBEngine()
    for key in (
        Key(column=column, bins=(0.0, 0.001, 1001), at_least=0.29),
        Key(column=column, bins=(0.0, 0.002, 100)),
    ):
        found = [engine.count(path, [Key(column="g"), key], total=column) for path in (plain, kept)]
        first, second = (
            {key: (n, t) for key, n, t in zip(one.keys, one.n, one.total, strict=True)} for one in found
        )
        assert first == second
    held = pq.read_table(kept, columns=[column]).column(column)
    assert held.equals(table.column(column))
    assert pq.read_metadata(kept).row_group(0).column(0).compression == "UNCOMPRESSED"


def test_a_threshold_of_another_score_is_no_threshold_of_a_probability():
    plan = Plan(
        roles=Roles(label="y", sensitive=("g",), threshold=5.0),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        replicates=100,
    )
    with pytest.raises(PlanError, match=r"A threshold of 5 gives everybody the same decision"):
        run(frame().drop(columns="s"), plan)


def test_endless_and_tiny_scores_keep_their_sums():
    table = pd.DataFrame(
        {"g": ["a", "b"] * 4, "s": [0.0, np.inf, -np.inf, 1e-310, 2.5, -1e99, 7.0, 0.1], "y": [0, 1] * 4}
    )
    cells = scores(table)
    held = dict(zip(cells.cuts, cells.s.sum(axis=(0, 1)), strict=True))
    assert {cut: held[cut] for cut in (0.0, 0.1, 2.5, 7.0)} == {0.0: 0.0, 0.1: 0.1, 2.5: 2.5, 7.0: 7.0}
    assert held[-1e99] == pytest.approx(-1e99, rel=1e-11)


@pytest.mark.parametrize("factor", [1e307, -1e150])
@pytest.mark.parametrize("n", [20, 4_000])
def test_scores_whose_squares_no_number_holds_are_refused(factor, n):
    data = frame(n)
    with pytest.raises(RoleError, match="Scores reach") as told:
        run(data.assign(s=data.s * factor), Plan(roles=replace(ROLES, threshold=factor / 2), replicates=100))
    assert told.value.code == "scores_too_large"
    assert "Divide the scores" in told.value.fix


def test_large_scores_give_what_the_same_scores_divided_give():
    data = frame(4_000)
    found = [
        run(data.assign(s=data.s * factor), Plan(roles=replace(ROLES, threshold=factor / 2), replicates=100))
        for factor in (1, 2.0**320)
    ]
    rates = [[row.value for row in audit.metric_rows("accuracy", ("g",))] for audit in found]
    assert rates[0] == rates[1]
