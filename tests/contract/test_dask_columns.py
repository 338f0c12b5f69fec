"""Dask counts columns of every stored type as memory does: categories, times, halves, and columns without a value."""

from __future__ import annotations

import datetime as dt
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.data.ingest import ingest, ingest_frame
from audit.data.inplace import open_frame, open_in_place
from audit.plan import Plan, Roles
from audit.run import run

pytestmark = pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed")
N = 400


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    sex = rng.choice(["f", "m", " ", None], N, p=[0.4, 0.4, 0.1, 0.1]).tolist()
    return pa.table(
        {
            "text": pa.array(sex).dictionary_encode(),
            "large": pa.array(sex, pa.large_string()).dictionary_encode(),
            "label": pa.array(rng.choice(["no", "yes"], N)).dictionary_encode(),
            "whole": pa.array(rng.integers(0, 3, N)).dictionary_encode(),
            "nothing": pa.nulls(N),
            "second": pa.array([3600 + i % 3 for i in range(N)], pa.time32("s")),
            "micro": pa.array([dt.time(10, i % 3, 0, 500_000 * (i % 2)) for i in range(N)], pa.time64("us")),
            "nano": pa.array([3600 * 10**9 + i % 2 for i in range(N)], pa.time64("ns")),
            "half": pa.array((rng.integers(0, 9, N) / 4).astype("float16")),
            "decision": pa.array(rng.integers(0, 2, N)),
        }
    )


def shown(data):
    fields = ("name", "kind", "n_missing", "n_distinct", "levels", "low", "high")
    return [tuple(getattr(column, field) for field in fields) for column in data.columns]


def numbers(data, sensitive):
    roles = Roles(
        label="label", positive="yes", decision="decision", decision_positive=("1",), sensitive=(sensitive,)
    )
    audit = run(data, Plan(roles=roles))
    return [(row.group, row.metric, row.value, row.n) for row in audit.metrics]


@pytest.mark.parametrize("engine", ["dask", "duckdb"])
def test_columns_and_groups_of_files_are_those_of_memory(table, tmp_path, engine):
    path = tmp_path / "odd.parquet"
    pq.write_table(table, path)
    lies, read = open_in_place(path, engine=engine), ingest(path, tmp_path / "store")
    assert shown(lies) == shown(read)
    assert lies.notes == read.notes
    for sensitive in ("text", "micro", "whole"):
        assert numbers(lies, sensitive) == numbers(read, sensitive)


def test_categories_of_pandas_are_counted_in_files_and_frames(table, tmp_path):
    import dask.dataframe as dd

    frame = pd.DataFrame(
        {
            "label": pd.Categorical(table["label"].to_pylist()),
            "decision": table["decision"].to_pylist(),
            "text": pd.Categorical(table["text"].to_pylist()),
            "whole": pd.Categorical(table["whole"].to_pylist()),
        }
    )
    path = tmp_path / "categories.parquet"
    frame.to_parquet(path, index=False)
    read = ingest_frame(frame, tmp_path / "store")
    held = open_frame(dd.from_pandas(frame, npartitions=2))
    for lies in (open_in_place(path, engine="dask"), held):
        assert shown(lies)[:3] == shown(read)[:3]
        assert [column.levels for column in lies.columns] == [column.levels for column in read.columns]
        for sensitive in ("text", "whole"):
            assert numbers(lies, sensitive) == numbers(read, sensitive)
