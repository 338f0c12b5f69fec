"""DuckDB's counts against pandas, for any table: missing values, weights and cut points included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.engines.duckdb_engine import DuckDBEngine
from audit.engines.protocol import Key

few = settings(max_examples=25, deadline=None, derandomize=True)
cells = st.tuples(
    st.sampled_from(["a", "b", "Ünï'\"; DROP", None]),
    st.sampled_from([0, 1, None]),
    st.one_of(st.none(), st.floats(-5, 5), st.just(float("nan")), st.sampled_from([0.0, 1.0])),
    st.one_of(st.none(), st.floats(0, 10)),
)
tables = st.lists(cells, min_size=1, max_size=40)
CUTS = (0.0, 1.0)


def build(rows):
    return pa.table(
        {
            "g": pa.array([row[0] for row in rows], pa.string()),
            "y": pa.array([row[1] for row in rows], pa.int64()),
            "x": pa.array([row[2] for row in rows], pa.float64()),
            "w": pa.array([row[3] for row in rows], pa.float64()),
        }
    )


def binned(value):
    return None if value is None or np.isnan(value) else sum(value >= cut for cut in CUTS)


def above(value):
    return None if value is None or np.isnan(value) else int(value >= 0.5)


@few
@given(tables, st.booleans())
def test_counts_are_those_of_pandas(rows, weighted):
    keys = [Key(column="g"), Key(column="x", cuts=CUTS), Key(column="x", at_least=0.5), Key(column="y")]
    found = DuckDBEngine().count(build(rows), keys, weight="w" if weighted else None)
    frame = pd.DataFrame(
        {
            "key": [(g, binned(x), above(x), y) for g, y, x, _ in rows],
            "w": [np.nan if w is None else w for *_, w in rows],
        }
    )
    frame["w2"] = frame["w"] ** 2
    frame["none"] = frame["w"].isna()
    expected = {
        key: (len(part), part["w"].sum(), part["w2"].sum(), part["none"].sum())
        for key, part in frame.groupby(frame["key"].map(repr))
    }
    assert len(found.keys) == len(expected)
    for i, key in enumerate(found.keys):
        clean = tuple(None if v is None else v if isinstance(v, str) else int(v) for v in key)
        n, w, w2, none = expected[repr(clean)]
        assert found.n[i] == n
        if weighted:
            assert found.w[i] == pytest.approx(w)
            assert found.w2[i] == pytest.approx(w2)
            assert found.weightless[i] == none
        else:
            assert found.w[i] == found.w2[i] == n
            assert found.weightless[i] == 0


@few
@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_quartiles_are_those_of_pandas(values):
    table = pa.table({"x": pa.array(values, pa.float64())})
    found = DuckDBEngine().quantiles(table, "x", (0.25, 0.5, 0.75))
    known = pd.Series([v for v in values if v is not None], dtype=float)
    if known.empty:
        assert found == ()
    else:
        assert found == pytest.approx(known.quantile([0.25, 0.5, 0.75]).tolist(), rel=1e-9, abs=1e-9)
