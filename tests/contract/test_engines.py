"""Every engine gives the same counts, for every kind of source, key and column; found by a scan of the engines."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import threading
import time
from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

from audit.counting import count_decisions
from audit.data.inplace import open_frame
from audit.data.place import engine_of
from audit.data.profile import profile_table
from audit.data.stored import Stored, write_parquet
from audit.engines import watching
from audit.engines.catalogue import engines, make
from audit.engines.codes import codes_of
from audit.engines.protocol import Files, Held, Key
from audit.errors import Cancelled, EngineError, InputError
from audit.grouping import rules
from audit.plan import Plan, Roles
from audit.roles import check_roles
from audit.sampling import in_memory
from tests.commands import frame

N = 3000
HOSTILE = 'x.y `"; --'
KEYS = [
    Key(column="s"),
    Key(column="i", cuts=(10.0,)),
    Key(column="f", at_least=0.5),
    Key(column="b"),
    Key(column="d"),
    Key(column=HOSTILE, bins=(-1.0, 0.2, 10)),
    Key(column=HOSTILE, bins=(-1.0, 0.2, 10), at_least=0.05),
]


def java():
    return shutil.which("java") is not None or bool(os.environ.get("JAVA_HOME"))


@cache
def started(name):
    if name == "spark" and not java():
        if os.environ.get("CI"):
            pytest.fail("CI has no Java: run tests/java/install.sh")
        pytest.skip("no Java")
    return make(name, "local[2]" if name == "spark" else "")


@pytest.fixture(scope="module", params=list(engines()))
def engine(request):
    return started(request.param)


def pick(rng, values):
    return [values[i] for i in rng.integers(0, len(values), N)]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "s": pa.array(pick(rng, ["a", "b", "Ünï'\"; DROP", None])),
            "i": pa.array(pick(rng, [0, 10, 2**40, None]), pa.int64()),
            "f": pa.array(pick(rng, [0.0, 0.5, 1e300, None])),
            "b": pa.array(pick(rng, [True, False, None])),
            "d": pa.array(pick(rng, [dt.date(2020, 2, 29), dt.date(1999, 1, 1), None])),
            HOSTILE: pa.array(rng.normal(size=N)),
            "y": pa.array(rng.normal(size=N)),
            "w": pa.array([None if x < 0.05 else x for x in rng.random(N)]),
        }
    )


@pytest.fixture(scope="module")
def people():
    return frame(2_000)[["label", "decision", "sex", "x"]]


@pytest.fixture(scope="module")
def folder(table, people, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    people.to_parquet(folder / "people.parquet", index=False)
    pq.write_table(table, folder / "plain.parquet")
    write_parquet(table, folder / "stored.parquet", Stored(n_rows=N, columns=profile_table(table)))
    pq.write_table(table.slice(0, 1000), folder / "1.parquet")
    pq.write_table(table.slice(1000), folder / "2.parquet")
    plain = table.drop_columns([HOSTILE])
    arrow_csv.write_csv(plain.slice(0, 1000), folder / "1.csv")
    arrow_csv.write_csv(plain.slice(1000), folder / "2.csv")
    return folder


def source(folder, kind):
    if kind in {"plain", "stored"}:
        return folder / f"{kind}.parquet"
    return Files(paths=(str(folder / f"1.{kind}"), str(folder / f"2.{kind}")), format=kind)


def cells(counted):
    """Counts by key; the number 1 and the number 1.0 are the same key."""
    keys = [tuple(float(k) if isinstance(k, int | float) else k for k in key) for key in counted.keys]
    return {
        key: (int(n), w, w2, int(z))
        for key, n, w, w2, z in zip(
            keys, counted.n, counted.w.tolist(), counted.w2.tolist(), counted.weightless, strict=True
        )
    }


def by_hand(table, keys):
    """Count rows one by one."""

    def key_of(key, value):
        if value is None:
            return None
        if key.bins:
            start, width, number = key.bins
            above = key.at_least is not None and value >= key.at_least
            return float(min(max(np.floor((value - start) / width), 0), number - 1) + above)
        if key.at_least is not None:
            return float(value >= key.at_least)
        if key.cuts is not None:
            return float(sum(value >= cut for cut in key.cuts))
        return float(value) if isinstance(value, int | float) else value

    found = {}
    for row in zip(*(table.column(key.column).to_pylist() for key in keys), strict=True):
        name = tuple(key_of(key, value) for key, value in zip(keys, row, strict=True))
        found[name] = found.get(name, 0) + 1
    return found


@pytest.mark.parametrize("kind", ["plain", "stored", "parquet", "csv"])
def test_cells_are_those_counted_by_hand(engine, table, folder, kind):
    keys = [key for key in KEYS if kind != "csv" or key.column != HOSTILE]
    found = cells(engine.count(engine.look(source(folder, kind)), keys))
    assert {key: n for key, (n, *_) in found.items()} == by_hand(table, keys)


def test_stored_codes_change_nothing(engine, folder):
    assert set(codes_of(folder / "stored.parquet")) == {"s", "i", "f", "b", "d"}
    for key in KEYS[:5]:
        plain, stored = (engine.count(source(folder, kind), [key]) for kind in ("plain", "stored"))
        types = [{type(k) for (k,) in counted.keys} for counted in (plain, stored)]
        assert cells(plain) == cells(stored)
        assert types[0] == types[1] or engine.name == "dask"


@pytest.mark.parametrize("kind", ["stored", "csv"])
def test_weights_agree_to_twelve_digits(engine, folder, kind):
    ours = cells(started("duckdb").count(source(folder, kind), KEYS[:2], weight="w"))
    theirs = cells(engine.count(source(folder, kind), KEYS[:2], weight="w"))
    assert ours.keys() == theirs.keys()
    for key, (n, w, w2, without) in ours.items():
        assert theirs[key] == (n, pytest.approx(w, rel=1e-12), pytest.approx(w2, rel=1e-12), without)


def test_tabulated_cells_are_the_counted_ones(engine, folder):
    found = engine.tabulate(source(folder, "stored"), KEYS[:4])
    counted = engine.count(source(folder, "stored"), KEYS[:4])
    assert found.n.sum() == N
    keys = list(zip(*(key.to_pylist() for key in found.keys), strict=True))
    assert dict(zip(keys, found.n.tolist(), strict=True)) == dict(
        zip(counted.keys, counted.n.tolist(), strict=True)
    )


@pytest.mark.parametrize("kind", ["stored", "parquet"])
def test_quantiles_are_those_of_numpy(engine, table, folder, kind):
    levels = (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)
    found = engine.quantiles(source(folder, kind), HOSTILE, levels)
    assert found == pytest.approx(np.quantile(table.column(HOSTILE).to_numpy(), levels), rel=1e-12)
    whole = np.array([value for value in table.column("i").to_pylist() if value is not None])
    assert engine.quantiles(source(folder, kind), "i", levels) == pytest.approx(np.quantile(whole, levels))
    among = [
        y for y, i, s in zip(*(table.column(c).to_pylist() for c in "yis"), strict=True) if i == 10 and s
    ]
    found = engine.quantiles(source(folder, kind), "y", (0.5,), known=("s",), among=("i", [10]))
    assert found == pytest.approx([np.median(among)], rel=1e-12)


def test_moments_agree_to_twelve_digits_of_their_size(engine, folder):
    ours, theirs = (
        each.moments(source(folder, "parquet"), KEYS[:1], "y", HOSTILE, centre=0.5, weight="w")
        for each in (started("duckdb"), engine)
    )
    order = [
        sorted(range(len(each.keys)), key=lambda i, each=each: str(each.keys[i])) for each in (ours, theirs)
    ]
    assert ours.n[order[0]].tolist() == theirs.n[order[1]].tolist()
    scale = np.abs(ours.moments).max(axis=0)
    assert np.allclose(ours.moments[order[0]] / scale, theirs.moments[order[1]] / scale, rtol=0, atol=1e-12)


def test_missing_values_are_counted(engine, table, folder):
    counted, missing = engine.absent(source(folder, "stored"), [KEYS[3]], ["s", "w"])
    found = {key: gone.tolist() for (key,), gone in zip(counted.keys, missing, strict=True)}
    rows = list(zip(*(table.column(c).to_pylist() for c in "bsw"), strict=True))
    for value in (True, False, None):
        mine = [row for row in rows if row[0] is value]
        assert found[value] == [sum(s is None for _, s, _ in mine), sum(w is None for *_, w in mine)]


def test_repeated_rows_and_sums_over_a_limit(engine, table, folder):
    found = engine.repeated(source(folder, "plain"), ["s", "i", "f"], split="b", parts=[[True], [], [False]])
    rows = list(zip(*(table.column(c).to_pylist() for c in "sifb"), strict=True))
    first = {row[:3] for row in rows if row[3] is True}
    parts = [[row[:3] for row in rows if row[3] is value] for value in (True, 0, False)]
    assert (found.rows, found.distinct) == (N, len({row[:3] for row in rows}))
    assert found.sizes == tuple(len(part) for part in parts)
    assert found.in_first == tuple(sum(row in first for row in part) for part in parts)
    y, x = (table.column(c).to_numpy() for c in ("y", HOSTILE))
    assert engine.over(source(folder, "plain"), ["y", HOSTILE], 1.0) == int((y + x > 1.0).sum())


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_description_lists_few_values_and_estimates_many(engine, table, folder, kind):
    found = engine.describe(source(folder, kind))
    assert found.n_rows == N
    columns = {each.column.name: each for each in found.columns}
    assert columns["s"].n_missing == table.column("s").null_count
    assert dict(columns["s"].values)["a"] == table.column("s").to_pylist().count("a")
    assert columns["y"].values is None
    assert columns["y"].n_distinct == pytest.approx(N, rel=0.1)
    assert (columns["y"].low, columns["y"].high) == pytest.approx(
        (min(table.column("y").to_pylist()), max(table.column("y").to_pylist()))
    )
    assert {name: each.column.dtype for name, each in columns.items()} | {HOSTILE: "double"} == {
        "s": "string", "i": "int64", "f": "double", "b": "bool", "d": "date32[day]", HOSTILE: "double",
        "y": "double", "w": "double",
    }  # fmt: skip


def test_a_fingerprint_knows_no_order_and_every_value(engine, table, folder, tmp_path):
    rng = np.random.default_rng(1)
    pq.write_table(table.take(rng.permutation(N)), tmp_path / "mixed.parquet")
    changed = table.set_column(
        0, "s", pa.array(["c" if i == 7 else v for i, v in enumerate(table.column("s").to_pylist())])
    )
    pq.write_table(changed, tmp_path / "changed.parquet")

    def hashed(path):
        return engine.fingerprint(Files(paths=(str(path),), format="parquet"))

    first = hashed(folder / "plain.parquet")
    assert len(first) == 64
    assert first == hashed(tmp_path / "mixed.parquet") == engine.fingerprint(source(folder, "parquet"))
    assert first != hashed(tmp_path / "changed.parquet")


def test_names_may_be_other_than_the_stored_ones(engine, folder, table):
    looked = engine.look(source(folder, "parquet"))
    renamed = replace(looked, columns=tuple(replace(c, name=f"new {c.name}") for c in looked.columns))
    found = cells(engine.count(renamed, [Key(column="new s")]))
    assert {key: n for key, (n, *_) in found.items()} == by_hand(table, [Key(column="s")])


def test_blank_texts_and_not_a_number_are_missing_in_place(engine, tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"s": ["a", " ", None], "x": [1.0, float("nan"), None]}), path)
    found = engine.describe(Files(paths=(str(path),), format="parquet"))
    assert [(each.n_missing, each.n_distinct) for each in found.columns] == [(2, 1), (2, 1)]
    counted = engine.count(path, [Key(column="x", at_least=0.5)])
    assert cells(counted) == {(1.0,): (1, 1.0, 1.0, 0), (None,): (2, 2.0, 2.0, 0)}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("a,b\n1,x\n", "a,c\n1,x\n", "Column 'b' is in '1.csv' and not in '2.csv'."),
        ("a,b\n1,x\n", "b,a\nx,1\n", "in another order"),
        ("a,b\n1,x\n", "a,b\nx,x\n", "Column 'a' holds whole numbers in '1.csv' and texts in '2.csv'."),
    ],
)
def test_files_that_do_not_agree_are_refused_in_one_sentence(engine, tmp_path, first, second, said):
    for name, text in (("1.csv", first), ("2.csv", second)):
        (tmp_path / name).write_text(text)
    files = Files(paths=(str(tmp_path / "1.csv"), str(tmp_path / "2.csv")), format="csv")
    with pytest.raises(InputError) as caught:
        engine.look(files)
    assert said in caught.value.what
    assert caught.value.fix


def test_parquet_files_of_other_types_are_refused(engine, tmp_path):
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": ["1", "2"]}), tmp_path / "2.parquet")
    files = Files(paths=(str(tmp_path / "1.parquet"), str(tmp_path / "2.parquet")), format="parquet")
    with pytest.raises(InputError, match="Column 'a' holds whole numbers in '1"):
        engine.look(files)


def test_later_rows_of_a_csv_decide_with_the_first(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("audit.engines.looking.HEAD", 3)
    path = tmp_path / "t.csv"
    path.write_text("a;b\n1;1\n2;2\n3;3\n4.5;x\n")
    files = Files(paths=(str(path),), format="csv")
    with pytest.raises(InputError, match="Column 'b' begins with whole numbers; 1 later row holds something"):
        engine.look(files)
    path.write_text("a;b\n1;1\nNA;2\n3;3\n4.5;4\n")
    looked = engine.look(Files(paths=(str(path),), format="csv"))
    assert [(column.name, column.dtype) for column in looked.columns] == [("a", "double"), ("b", "int64")]
    assert cells(engine.count(looked, [Key(column="a")])) == {
        (value,): (1, 1.0, 1.0, 0) for value in (1.0, 3.0, 4.5, None)
    }


def test_a_missing_file_is_said(engine, tmp_path):
    for kind in ("parquet", "csv"):
        with pytest.raises(InputError):
            engine.look(Files(paths=(str(tmp_path / f"no.{kind}"),), format=kind))


def test_a_report_that_raises_stops_the_scan(engine, folder):
    def stop(_share, _message):
        raise Cancelled

    began = time.monotonic()
    with pytest.raises(Cancelled):
        watching.watched(lambda: time.sleep(60), lambda: None, stop)
    assert time.monotonic() - began < 10  # the scan goes on sleeping; its caller does not


def test_a_held_table_of_a_distributed_engine(engine, table, folder):
    if engine.name == "duckdb":
        with pytest.raises(EngineError, match="another engine"):
            engine.count(Held(table="t"), KEYS[:1])
        return
    if engine.name == "spark":
        frame = engine.session.read.parquet(str(folder / "plain.parquet"))
        frame.createOrReplaceTempView("people")
        held = engine.look(Held(table="people"))
        with pytest.raises(InputError, match="no table 'nobody'"):
            engine.look(Held(table="nobody"))
    else:
        import dask.dataframe as dd

        frame = dd.read_parquet(str(folder / "plain.parquet"), dtype_backend="pyarrow")
        held = engine.look(Held(frame=frame))
    found = cells(engine.count(held, KEYS))
    assert {key: n for key, (n, *_) in found.items()} == by_hand(table, KEYS)


@pytest.mark.parametrize("kind", ["plain", "parquet", "csv"])
def test_a_sample_is_drawn_by_the_seed(engine, table, folder, kind):
    looked = engine.look(source(folder, kind))
    columns = ["y", "s", "w"]

    def drawn(rows, seed):
        return engine.draw(looked, columns, rows=rows, of=N, seed=seed)

    found = drawn(700, 1)
    assert found.column_names == columns
    known = {row["y"]: row for row in table.select(columns).to_pylist()}
    rows = found.to_pylist()
    assert len({row["y"] for row in rows}) == len(rows) == 700
    assert all(known[row["y"]] == row for row in rows)
    assert drawn(700, 1).to_pylist() == rows
    assert {row["y"] for row in drawn(700, 2).to_pylist()} != {row["y"] for row in rows}
    assert engine.draw(looked, ["y"], rows=N, of=N, seed=1).num_rows == N


@pytest.fixture
def frame_of(engine, folder):
    """Open Parquet as a lazy data frame of the engine, as a notebook does."""
    if engine.name == "duckdb":
        pytest.skip("DuckDB has no data frames of its own here")
    if engine.name == "spark":
        return engine.session.newSession().read.parquet(str(folder / "people.parquet"))
    import dask.dataframe as dd

    return dd.read_parquet(str(folder / "people.parquet"), dtype_backend="pyarrow")


def test_a_data_frame_is_audited_and_sampled_where_it_is(engine, frame_of, people):
    plan = Plan(roles=Roles(label="label", decision="decision", sensitive=("sex",)), sample_rows=1_000)
    dataset = open_frame(frame_of)
    assert (dataset.n_rows, dataset.place.fingerprint_kind) == (len(people), "rows")
    counting = engine_of(dataset)
    if engine.name == "spark":
        assert counting.session is frame_of.sparkSession
    outcomes = check_roles(dataset, plan)
    tally = count_decisions(dataset, plan.roles, outcomes, rules(dataset, plan, counting), counting)
    expected = people.groupby(["sex", "label", "decision"]).size().to_dict()
    assert {
        (group[0], y, d): tally.cells.n[g, y, d]
        for g, group in enumerate(tally.cells.groups)
        for y in (0, 1)
        for d in (0, 1)
    } == expected
    first, again = (in_memory(dataset, plan, counting) for _ in range(2))
    assert (first.n_rows, first.place) == (1_000, None)
    assert first.rows.equals(again.rows)
    everybody = {tuple(row) for row in people.itertuples(index=False)}
    assert {tuple(row.values()) for row in first.rows.to_pylist()} <= everybody


def test_a_data_frame_is_counted_by_its_own_session_in_any_thread(engine, frame_of):
    found = []
    held = Held(frame=frame_of)

    def count():
        own = make(engine.name, "", frame_of)
        found.append(own.count(own.look(held), [Key(column="sex")]).n.sum())

    thread = threading.Thread(target=count)
    thread.start()
    thread.join(60)
    assert found == [2_000]


def test_an_unknown_engine_is_named_with_the_known_ones():
    with pytest.raises(EngineError, match="Engines: 'duckdb', 'dask', 'spark'"):
        make("oracle")


def test_nobody_at_the_address():
    with pytest.raises(EngineError) as caught:
        make("dask", "tcp://127.0.0.1:9")
    assert caught.value.code == "engine_unreachable"
