"""DuckDB out of core: stored codes, files in pieces, quantiles by counting, limits and stopping."""

from __future__ import annotations

import datetime as dt
import threading
import time

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.data.ingest import ingest
from audit.data.profile import profile_table
from audit.data.stored import Stored, open_parquet, write_parquet
from audit.data.streamed import keep
from audit.engines import codes, duckdb_engine, duckdb_told, narrowing
from audit.engines.duckdb_engine import DuckDBEngine
from audit.engines.protocol import Files, Key
from audit.engines.watching import watched
from audit.errors import Cancelled, EngineError, InputError

N = 4000


def people():
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "sex": pa.array([None if i == 2 else "fm"[i] for i in rng.integers(0, 3, N)]),
            "age": pa.array(rng.integers(18, 90, N)),
            "when": pa.array([dt.date(2020, 1, 1 + int(i)) for i in rng.integers(0, 5, N)]),
            "code 0": pa.array(rng.random(N)),
        }
    )


def test_codes_rise_with_the_values_and_zero_is_missing():
    column = pa.chunked_array([[30, None], [10, 20, 10]])
    levels = codes.values_of(column, 3)
    assert levels.to_pylist() == [10, 20, 30]
    assert codes.encode(column, levels).to_pylist() == [3, 0, 1, 2, 1]
    coded = codes.Coded(name="c", levels=levels)
    assert [coded.at_or_above(limit) for limit in (5, 10, 10.5, 30, 31)] == [1, 1, 2, 3, 4]
    assert codes.unpacked(codes.packed({"x": coded}))["x"].levels.equals(levels)


@pytest.mark.parametrize("text", [None, b"", b"no base64!", b"AAAA"])
def test_codes_that_cannot_be_read_are_none(text):
    assert codes.unpacked(text) == {}


def test_zero_and_minus_zero_are_one_key_and_get_no_codes(tmp_path):
    column = pa.chunked_array([[0.0, -0.0] * 1000])
    assert codes.values_of(column, 1) is None


def test_nothing_but_engines_sees_codes(tmp_path):
    table = people()
    write_parquet(table, tmp_path / "t.parquet", Stored(n_rows=N, columns=profile_table(table)))
    assert set(codes.codes_of(tmp_path / "t.parquet")) == {"sex", "age", "when"}
    assert pq.read_schema(tmp_path / "t.parquet").names == [*table.column_names, "code 1", "code 2", "code 3"]
    again = ingest(tmp_path / "t.parquet", tmp_path)  # somebody opens a stored file
    assert again.names == tuple(table.column_names)
    assert again.table().equals(table)


def test_an_older_file_has_no_codes_and_still_counts(tmp_path):
    pq.write_table(people(), tmp_path / "t.parquet")
    assert codes.codes_of(tmp_path / "t.parquet") == {}
    assert DuckDBEngine().count(tmp_path / "t.parquet", [Key(column="sex")]).n.sum() == N


def test_a_footer_of_another_release_is_profiled_again_without_the_codes(tmp_path, monkeypatch):
    table = people()
    monkeypatch.setattr("audit.data.stored._VERSION", 0)
    write_parquet(table, tmp_path / "t.parquet", Stored(n_rows=N, columns=profile_table(table)))
    monkeypatch.undo()
    assert [column.name for column in open_parquet(tmp_path / "t.parquet").columns] == table.column_names


def test_files_are_stored_in_pieces_as_in_one(tmp_path, monkeypatch):
    monkeypatch.setattr("audit.data.streamed._PIECE", 700)
    table = people()
    pq.write_table(table.slice(0, 1500), tmp_path / "1.parquet")
    pq.write_table(table.slice(1500), tmp_path / "2.parquet")
    files = Files(paths=tuple(str(tmp_path / f"{i}.parquet") for i in (1, 2)), format="parquet")
    stored = keep(files, tmp_path / "kept.parquet", DuckDBEngine())
    assert open_parquet(tmp_path / "kept.parquet") == stored
    assert pq.read_table(tmp_path / "kept.parquet", columns=table.column_names).equals(table)
    assert set(codes.codes_of(tmp_path / "kept.parquet")) == {"sex", "age", "when"}
    profiles = {column.name: column for column in profile_table(table)}
    for column in stored.columns[:3]:
        assert column == profiles[column.name]


def test_a_stop_while_storing_leaves_nothing_behind(tmp_path):
    pq.write_table(people(), tmp_path / "t.parquet")

    def stop(share, _message):
        if share > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        keep(
            Files(paths=(str(tmp_path / "t.parquet"),), format="parquet"),
            tmp_path / "out" / "kept.parquet",
            DuckDBEngine(),
            progress=stop,
        )
    assert list((tmp_path / "out").iterdir()) == []


RNG = np.random.default_rng(1)
COLUMNS = {
    "normal": RNG.normal(size=9000),
    "mostly one value": np.where(RNG.random(9000) < 0.7, 0.0, RNG.normal(size=9000)),
    "many sizes": np.exp(RNG.normal(size=9000) * 20),
    "one value": np.full(500, 3.0),
    "few values": RNG.integers(0, 5, 9000).astype(float),
    "very close": 1e9 + RNG.integers(0, 3, 9000) * 1e-7,
    "one row": np.array([7.0]),
    "two rows": np.array([1.0, 2.0]),
}


@pytest.mark.parametrize(
    ("name", "few"),
    [
        *((name, 200_000) for name in COLUMNS),
        *((name, 50) for name in ("normal", "mostly one value", "many sizes", "few values")),
        ("normal", 1),
        ("very close", 1),
    ],
)
def test_quantiles_by_counting_are_those_by_sorting(name, few, monkeypatch):
    monkeypatch.setattr(duckdb_engine, "MOST_SORTED", 0)
    monkeypatch.setattr(narrowing, "FEW", few)
    levels = (0.0, 0.25, 0.8, 1.0)
    found = DuckDBEngine().quantiles(pa.table({"x": COLUMNS[name]}), "x", levels)
    assert found == pytest.approx(np.quantile(COLUMNS[name], levels), rel=1e-12, abs=0)


def test_a_few_values_are_known_after_two_passes(monkeypatch):
    """Ages of a hundred million people are not asked for once more for every quantile."""
    passes = []
    run = DuckDBEngine._run

    def counted(self, *args, **more):
        passes.append(1)
        return run(self, *args, **more)

    monkeypatch.setattr(DuckDBEngine, "_run", counted)
    monkeypatch.setattr(duckdb_engine, "MOST_SORTED", 0)
    monkeypatch.setattr(narrowing, "FEW", 50)
    ages = np.random.default_rng(3).integers(18, 80, 9000)
    found = DuckDBEngine().quantiles(pa.table({"x": ages}), "x", (0.25, 0.5, 0.75))
    assert found == tuple(np.quantile(ages, (0.25, 0.5, 0.75)))
    assert len(passes) == 2


def test_endless_values_lie_beyond_the_others(monkeypatch):
    monkeypatch.setattr(duckdb_engine, "MOST_SORTED", 0)
    table = pa.table({"x": [-np.inf, 1.0, 2.0, 3.0, np.inf]})
    assert DuckDBEngine().quantiles(table, "x", (0.0, 0.25, 0.5, 0.75, 1.0)) == (
        -np.inf,
        1.0,
        2.0,
        3.0,
        np.inf,
    )
    assert DuckDBEngine().quantiles(pa.table({"x": pa.array([None], pa.float64())}), "x", (0.5,)) == ()


def test_a_long_query_is_stopped_within_two_seconds():
    began = time.monotonic()

    def stop(_share, _message):
        if time.monotonic() - began > 0.3:
            raise Cancelled

    ended = threading.Event()
    long = "SELECT count(*) FROM range(10000000000) a(i), range(100) b(j) WHERE hash(i + j) % 7 = 1"

    def scan():
        try:
            connection.execute(long).fetchall()
        finally:
            ended.set()

    connection = duckdb.connect()
    with pytest.raises(Cancelled):
        watched(scan, connection.interrupt, stop)
    assert ended.wait(10)  # the engine itself has given up, not only its caller
    connection.close()


def test_too_little_memory_says_how_much_there_is_and_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("EVENHAND_ENGINE_MEMORY_MB", "64")
    rng = np.random.default_rng(0)
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": rng.integers(0, 2**62, 3_000_000)}), path)
    monkeypatch.setattr(duckdb_engine, "MOST_SORTED", 10**9)
    with pytest.raises(EngineError) as caught:
        DuckDBEngine(temp=tmp_path / "temp").quantiles(path, "x", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7))
    assert "64 MB" in caught.value.what
    assert "EVENHAND_ENGINE_MEMORY_MB" in caught.value.fix
    assert caught.value.code == "engine_memory"


@pytest.mark.parametrize("said", ["", "many", "2048.0"])
def test_the_memory_limit_has_a_default(said, monkeypatch):
    monkeypatch.setenv("EVENHAND_ENGINE_MEMORY_MB", said)
    assert duckdb_told.memory_mb() == 2048


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("IO Error: No space left on device", "engine_disk"),
        ("failed to offload data block … max_temp_directory_size", "engine_disk"),
        ("failed to allocate data of size 16.0 MiB", "engine_memory"),
    ],
)
def test_a_full_disk_is_told_from_full_memory(text, code):
    assert duckdb_told._too_little(text).code == code


def test_a_file_that_went_away_is_said_without_its_path(tmp_path):
    path = tmp_path / "secret name.parquet"
    pq.write_table(people(), path)
    files = DuckDBEngine().look(Files(paths=(str(path),), format="parquet"))
    path.unlink()
    with pytest.raises((InputError, FileNotFoundError)) as caught:
        DuckDBEngine().count(files, [Key(column="sex")])
    assert isinstance(caught.value, InputError)


def test_a_footer_that_is_silent_about_not_a_number_is_not_believed(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [0.1, 0.2, float("nan"), 0.9] * 50}), path)
    files = DuckDBEngine().look(Files(paths=(str(path),), format="parquet"))
    for source in (path, files):
        found = DuckDBEngine().count(source, [Key(column="x", at_least=0.5)])
        assert dict(zip(found.keys, found.n.tolist(), strict=True)) == {(0,): 100, (1,): 50, (None,): 50}
