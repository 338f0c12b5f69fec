"""Columns of unusual types and names, in data that are audited where they lie."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.data.ingest import ingest
from audit.data.inplace import open_in_place
from audit.data.place import Place
from audit.engines.encodings import check_utf8
from audit.errors import InputError, RoleError
from audit.plan import Plan, Roles
from audit.run import run

N = 300


def people(**columns):
    """A table with a label, a decision and groups, and columns besides."""
    rng = np.random.default_rng(8)
    plain = {"y": rng.integers(0, 2, N), "d": rng.integers(0, 2, N), "g": rng.choice(["f", "m"], N)}
    return pa.table(plain | columns)


def groups(data, *, sensitive, **roles):
    """The number of people of each group and its rates."""
    plan = Plan(roles=Roles(**({"label": "y", "decision": "d"} | roles), sensitive=(sensitive,)))
    audit = run(data, plan)
    return [(row.group, row.metric, row.value, row.n) for row in audit.metrics]


@pytest.mark.parametrize("values", [3, N])
def test_whole_numbers_beyond_the_signed_ones_are_counted(tmp_path, values):
    path = tmp_path / "big.parquet"
    big = pa.array([None, *(2**63 + i % values for i in range(1, N))], pa.uint64())
    pq.write_table(people(big=big), path)
    lies, read = open_in_place(path), ingest(path, tmp_path / "store")
    assert lies.columns == read.columns
    for sensitive in ("g", "big"):
        assert groups(lies, sensitive=sensitive) == groups(read, sensitive=sensitive)


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_columns_that_hold_no_plain_value_are_named_and_refused_by_what_they_hold(tmp_path, engine):
    if engine == "dask":
        pytest.importorskip("distributed")
    path = tmp_path / "nested.parquet"
    nested = people(
        lst=pa.array([[1, 2]] * N),
        pair=pa.array([{"a": 1}] * N),
        raw=pa.array([b"\xff"] * N),
        span=pa.array([1] * N, pa.duration("s")),
    )
    pq.write_table(nested, path)
    lies, read = open_in_place(path, engine=engine), ingest(path, tmp_path / "store")
    said = "Left out, because they hold lists or structures: 'lst', 'pair'."
    assert said in read.notes
    assert lies.notes == (
        said,
        "Left out, because they hold bytes: 'raw'.",
        "Left out, because they hold lengths of time: 'span'.",
    )
    with pytest.raises(RoleError, match=r"'lst' \(sensitive feature\) is left out .* lists or structures"):
        groups(lies, sensitive="lst")
    with pytest.raises(RoleError, match=r"'raw' \(label\) is left out of the audit, because it holds bytes"):
        groups(lies, label="raw", sensitive="g")
    kept = replace(lies, place=Place.from_dict(json.loads(json.dumps(lies.place.to_dict()))))
    with pytest.raises(RoleError, match="lengths of time"):
        kept.column("span")


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
@pytest.mark.parametrize("header", ["g,g,y,d", "g,G,y,d", "g,,y,d", '"a,b",g_1,y,d'])
def test_names_of_a_csv_header_are_those_of_memory(tmp_path, engine, header):
    if engine == "dask":
        pytest.importorskip("distributed")
    path = tmp_path / "named.csv"
    rows = [f"a{i % 2},b{i % 3},{i % 2},{i // 3 % 2}" for i in range(60)]
    path.write_text("\n".join([header, *rows]) + "\n")
    lies, read = open_in_place(path, engine=engine), ingest(path, tmp_path / "store")
    assert lies.notes == read.notes
    assert lies.columns == read.columns
    second = lies.names[1]
    assert groups(lies, sensitive=second) == groups(read, sensitive=second)


@pytest.mark.parametrize(("text", "refused"), [("a,b\n1,x\0y\n" * 50, False), ("a,b\n1,x\n" * 50, True)])
def test_a_stray_zero_byte_is_no_other_encoding(tmp_path, text, refused):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode("utf-16-le" if refused else "utf-8"))
    if refused:
        with pytest.raises(InputError, match="not written in UTF-8"):
            check_utf8(str(path))
    else:
        check_utf8(str(path))


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_blanks_around_a_text_make_no_other_row(tmp_path, engine):
    if engine == "dask":
        pytest.importorskip("distributed")
    path = tmp_path / "blanks.parquet"
    texts = pa.array([("x", "x ", " x", None, " ", "y")[i % 6] for i in range(N)])
    pq.write_table(people(t=texts), path)
    plan = Plan(roles=Roles(label="y", decision="d", sensitive=("g",)))
    lies, read = (
        run(data, plan).chapter("repeats")
        for data in (open_in_place(path, engine=engine), ingest(path, tmp_path / "store"))
    )
    assert lies == read
    assert lies[0].repeated == N - 12
