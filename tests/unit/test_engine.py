"""DuckDB counts a file without its names or values ever becoming a query."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.engines.duckdb_engine import DuckDBEngine
from audit.engines.protocol import Key


def store(tmp_path, **columns):
    path = tmp_path / "it's a file.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def count(source, *keys, weight=None):
    found = DuckDBEngine().count(source, keys, weight=weight)
    return {key: int(n) for key, n in zip(found.keys, found.n, strict=True)}


def test_missing_values_are_keys_of_their_own(tmp_path):
    path = store(tmp_path, g=["a", None, "a", None], y=[1, 1, None, 1])
    assert count(path, Key(column="g"), Key(column="y")) == {("a", 1): 1, ("a", None): 1, (None, 1): 2}


def test_not_a_number_is_missing_and_not_above_every_threshold(tmp_path):
    path = store(tmp_path, x=[0.2, 0.5, float("nan"), None, float("inf")])
    assert count(path, Key(column="x", at_least=0.5)) == {(0,): 1, (1,): 2, (None,): 2}
    assert count(path, Key(column="x", cuts=(0.5,))) == {(0,): 1, (1,): 2, (None,): 2}


def test_a_cut_belongs_to_the_bin_above_it(tmp_path):
    path = store(tmp_path, x=[1, 2, 3, 4])
    assert count(path, Key(column="x", cuts=(2.0, 4.0))) == {(0,): 1, (1,): 2, (2,): 1}


def test_no_cut_is_one_bin(tmp_path):
    path = store(tmp_path, x=[1.0, 2.0, None])
    assert count(path, Key(column="x", cuts=())) == {(0,): 2, (None,): 1}


@pytest.mark.parametrize("name", ['"; DROP TABLE x; --', "select", "a'b", "名前", "n", "k0", "w"])
def test_names_are_never_a_query(tmp_path, name):
    path = store(tmp_path, **{name: ["a", "b", "a"]})
    assert count(path, Key(column=name)) == {("a",): 2, ("b",): 1}


def test_names_that_differ_in_case_only(tmp_path):
    path = store(tmp_path, sex=["a", "a"], Sex=["x", "y"])
    assert count(path, Key(column="sex")) == {("a",): 2}
    assert count(path, Key(column="Sex")) == {("x",): 1, ("y",): 1}


def test_rows_without_a_weight_are_told_apart(tmp_path):
    path = store(tmp_path, g=["a", "a", "b"], w=[2.0, None, 3.0])
    found = DuckDBEngine().count(path, [Key(column="g")], weight="w")
    at = {key[0]: i for i, key in enumerate(found.keys)}
    assert found.w[[at["a"], at["b"]]].tolist() == [2.0, 3.0]
    assert found.w2[[at["a"], at["b"]]].tolist() == [4.0, 9.0]
    assert found.weightless[[at["a"], at["b"]]].tolist() == [1, 0]
    assert found.n[[at["a"], at["b"]]].tolist() == [2, 1]
    assert found.lowest_weight == 2.0


def test_the_same_column_may_be_key_and_weight(tmp_path):
    path = store(tmp_path, w=[1.0, 1.0, 2.0])
    found = DuckDBEngine().count(path, [Key(column="w")], weight="w")
    assert sorted(found.w.tolist()) == [2.0, 2.0]


def test_weighted_counts_repeat_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(0)
    path = store(tmp_path, g=rng.integers(0, 5, 30_000), w=rng.gamma(2, 1, 30_000))
    found = [DuckDBEngine().count(path, [Key(column="g")], weight="w") for _ in range(3)]
    sums = [dict(zip(each.keys, each.w.tolist(), strict=True)) for each in found]
    assert sums[0] == sums[1] == sums[2]


def test_quartiles_leave_missing_values_out(tmp_path):
    path = store(tmp_path, x=[1.0, None, 2.0, 3.0, 4.0, 5.0])
    assert DuckDBEngine().quantiles(path, "x", (0.25, 0.5, 0.75)) == (2.0, 3.0, 4.0)
