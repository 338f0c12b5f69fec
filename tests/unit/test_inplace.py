"""Data that are audited where they lie: the same profiles and numbers as data that were read, and nothing copied."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import audit
from audit.data import inplace
from audit.data.dataset import Dataset
from audit.data.ingest import ingest
from audit.data.inplace import open_in_place, table_of
from audit.data.opening import open_data
from audit.disparity.thresholds import gap_at, sweep
from audit.errors import Cancelled, InputError, PlanError
from audit.plan import ModelChoice, Plan, Roles
from audit.run import prepare, run
from tests.commands import frame

ROLES = Roles(label="label", decision="decision", score="score", sensitive=("group", "age"), weight="weight")


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.parquet"
    frame(3_000).to_parquet(path, index=False)
    return path


def code(call, *args, **named):
    with pytest.raises(InputError) as caught:
        call(*args, **named)
    return caught.value.code


def mixed(n=400):
    rng = np.random.default_rng(5)
    return pa.table(
        {
            "two": pa.array(rng.choice(["f", "m"], n)),
            "blank": pa.array(rng.choice(["a", "b", " ", "", None], n).tolist()),
            "coded": pa.array(rng.choice(["x", "y", "z"], n)).dictionary_encode(),
            "whole": pa.array(rng.integers(0, 15, n), pa.int16()),
            "many": pa.array(rng.integers(0, 10**6, n)),
            "real": pa.array(np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n))),
            "ends": pa.array([float("inf"), float("-inf"), *rng.choice([1.5, 2.5, 3.5], n - 2)]),
            "single": pa.array(rng.random(n).astype("float32")),
            "money": pa.array([None, *(i % 7 for i in range(n - 1))], pa.decimal128(9, 2)),
            "truth": pa.array(rng.choice([True, False, None], n).tolist(), pa.bool_()),
            "day": pa.array([dt.date(2020, 1, 1) + dt.timedelta(days=i % 60) for i in range(n)]),
            "daytext": pa.array([f"2020-01-{1 + i % 28:02}" for i in range(n)]),
            "texts": pa.array([f"person {i}" for i in range(n)]),
            "wide": pa.array([f"g{i % 51}" for i in range(n)]),
            "nothing": pa.array([None] * n, pa.string()),
            "a.b": pa.array(rng.choice(["1", "1.0", "2"], n)),
            "'; DROP TABLE x; --": pa.array(rng.integers(0, 2, n)),
            "lists": pa.array([[1]] * n),
        }
    )


def alike(first, second):
    """Profiles without what is a matter of storage."""
    for one, other in zip(first.columns, second.columns, strict=True):
        assert one.name == other.name
        for field in ("kind", "n_missing", "n_distinct", "levels", "low", "high", "renamed_from"):
            assert getattr(one, field) == getattr(other, field), (one.name, field)


def test_profiles_are_those_of_the_file_when_it_is_read(tmp_path):
    path = tmp_path / "mixed.parquet"
    pq.write_table(mixed(), path, row_group_size=100)
    alike(open_in_place(path), ingest(path, tmp_path / "store"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", " ", "", "1.0", "1", None]),
            st.one_of(st.none(), st.floats(width=32)),
            st.one_of(st.none(), st.integers(-(2**40), 2**40)),
            st.one_of(st.none(), st.text(alphabet="ab é汉", max_size=3)),
        ),
        min_size=1,
        max_size=80,
    )
)
def test_profiles_agree_for_any_content(tmp_path, rows):
    path = tmp_path / "any.parquet"
    kinds = (pa.string(), pa.float64(), pa.int64(), pa.string())
    columns = zip(*rows, strict=True)
    table = {
        f"c{i}": pa.array(values, kind) for i, (values, kind) in enumerate(zip(columns, kinds, strict=True))
    }
    pq.write_table(pa.table(table), path)
    alike(open_in_place(path), ingest(path, tmp_path / "store"))


def test_profiles_of_a_csv_file_agree(tmp_path):
    path = tmp_path / "people.csv"
    data = frame(600)
    data["na"] = np.where(np.arange(600) % 3, data["sex"], "NA")
    data["day"] = "2021-05-06"
    data.to_csv(path, index=False)
    found, read = open_in_place(path), ingest(path, tmp_path / "store")
    alike(found, read)
    assert [column.dtype for column in found.columns] == [column.dtype for column in read.columns]


def test_many_values_are_estimated_and_said_to_be(tmp_path, monkeypatch):
    path = tmp_path / "many.parquet"
    pq.write_table(pa.table({"id": [f"p{i}" for i in range(20_000)], "g": ["a", "b"] * 10_000}), path)
    monkeypatch.setattr(inplace, "JOB_ROWS", 1_000)
    monkeypatch.setattr(inplace, "MOST_COUNTED", 2_000)
    column = open_in_place(path).column("id")
    assert column.about
    assert column.kind == "text"
    assert column.levels == ()
    assert 0.8 < column.n_distinct / 20_000 < 1.2


def test_names_are_cleaned_and_still_counted(tmp_path):
    path = tmp_path / "names.parquet"
    table = pa.table(
        [pa.array(["a", "b"] * 20), pa.array(["x", "y"] * 20), pa.array([0, 1] * 20), pa.array([1, 1] * 20)],
        names=["Sex", "sex", " label\u202e", ""],
    )
    pq.write_table(table, path)
    found = open_in_place(path)
    alike(found, ingest(path, tmp_path / "store"))
    assert found.names == ("Sex", "sex (2)", "label", "column 4")
    plan = Plan(roles=Roles(label="label", decision="label", sensitive=("sex (2)",)))
    assert {row.group for row in run(found, plan).metrics if row.group} == {("x",), ("y",)}


# ---- the numbers


def same_numbers(first, second):
    one, other = json.loads(first.to_json()), json.loads(second.to_json())
    for part in ("cells", "basis", "metrics", "disparities", "chapters", "findings"):
        assert one[part] == other[part], part


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_the_audit_is_that_of_the_file_when_it_is_read(tmp_path, ending):
    path = tmp_path / f"people.{ending}"
    data = frame(2_000)
    data.to_parquet(path, index=False) if ending == "parquet" else data.to_csv(path, index=False)
    plan = Plan(roles=ROLES, replicates=100, dated="2026-01-01")
    found = run(open_in_place(path), plan)
    same_numbers(found, run(path, plan))
    record = found.data
    assert (record.engine, record.fingerprint_kind, record.sample) == ("duckdb", "bytes", 0)
    assert record.fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()
    assert any("read in place by DuckDB" in note for note in record.notes)


def test_several_files_are_one_table(tmp_path):
    data = frame(900)
    folder = tmp_path / "parts"
    folder.mkdir()
    for i in range(3):
        data.iloc[i * 300 : (i + 1) * 300].to_parquet(folder / f"part-{i}.parquet", index=False)
    (folder / "_SUCCESS").touch()
    plan = Plan(roles=replace(ROLES, weight=None), replicates=100, dated="2026-01-01")
    found = audit.run(folder, plan)
    same_numbers(found, audit.run(data, plan))
    lines = "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("part-0.parquet", "part-1.parquet", "part-2.parquet")
    )
    assert found.data.fingerprint == hashlib.sha256(lines.encode()).hexdigest()
    assert found.data.fingerprint_kind == "files"
    assert audit.run(str(folder / "part-*.parquet"), plan).data.fingerprint == found.data.fingerprint


class Counting:
    """An engine that counts how often it is asked for anything."""

    def __init__(self, engine, calls):
        self._engine, self._calls = engine, calls

    def __getattr__(self, name):
        found = getattr(self._engine, name)
        if name == "watched":
            return lambda progress: Counting(found(progress), self._calls)
        if callable(found) and not name.startswith("_"):
            self._calls.append(name)
        return found


@pytest.fixture
def scans(monkeypatch):
    from audit.engines import catalogue

    calls: list[str] = []
    make = catalogue.make
    for place in (catalogue, inplace):
        monkeypatch.setattr(place, "make", lambda *args: Counting(make(*args), calls))
    return calls


def test_moving_a_threshold_or_a_tolerance_costs_no_scan(people, scans):
    plan = Plan(roles=replace(ROLES, decision=None, weight=None), replicates=100)
    found = run(open_in_place(people), plan)
    assert "describe" in scans
    assert scans.count("count") >= 2
    again = type(found).from_json(found.to_json())
    scans.clear()
    scores = again.basis.scores.marginal(("group",))
    assert len(sweep(scores, again.plan).thresholds) > 10
    moved = [gap_at(scores, threshold, "selection_rate", again.plan).value for threshold in (0.3, 0.7)]
    assert moved[0] != moved[1]
    looser = again.with_tolerance("equal_opportunity_difference", 0.5)
    assert looser.disparities
    assert [chapter for chapter in ("scores", "calibration") if looser.chapter(chapter)]
    assert scans == []


def test_an_audit_of_a_column_takes_few_scans(people, scans):
    dataset = open_in_place(people)
    scans.clear()
    run(dataset, Plan(roles=replace(ROLES, weight=None, sensitive=("group", "sex")), replicates=100))
    # people and decisions, scores, missing values, repeated rows: one scan each
    assert sorted(scans) == ["absent", "count", "count", "repeated"]


def test_a_score_that_is_no_number_is_missing_and_no_decision(tmp_path):
    path = tmp_path / "scores.parquet"
    scores = [0.9, np.nan, 0.1, np.nan, 0.8, 0.2] * 10
    table = {"label": [1, 1, 0, 0, 1, 0] * 10, "score": scores, "group": ["a", "a", "a", "b", "b", "b"] * 10}
    pq.write_table(pa.table(table), path)
    plan = Plan(roles=Roles(label="label", score="score", sensitive=("group",)), replicates=100)
    found = run(open_in_place(path), plan)
    same_numbers(found, run(path, plan))
    assert [(item.reason, item.n) for item in found.data.dropped] == [("score missing", 20)]
    assert found.metric("selection_rate", ("group",), ("a",)).value == 0.5


# ---- rows that are needed in memory


def test_a_model_is_trained_on_a_sample_that_the_seed_draws(people):
    dataset = open_in_place(people)
    roles = Roles(label="label", sensitive=("group",), features=("x", "age"))
    plan = Plan(
        roles=roles,
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        sample_rows=1_000,
        replicates=100,
    )
    first, second = run(dataset, plan), run(dataset, plan)
    assert first.to_json() == second.to_json()
    record = first.data
    assert (record.read, record.sample) == (3_000, 1_000)
    assert record.read == record.audited + sum(item.n for item in record.dropped)
    assert record.dropped[0].reason == "outside the sample, drawn by the seed"
    assert record.dropped[0].n == 2_000
    assert any("a sample of 1,000 of the 3,000 rows" in note for note in record.notes)
    other = run(dataset, replace(plan, seed=1))
    assert other.cells.to_dict() != first.cells.to_dict()


def test_where_the_rows_are_few_none_is_left_out(people):
    roles = Roles(label="label", sensitive=("group",), features=("x", "age"))
    plan = Plan(roles=roles, model=ModelChoice(kind="train", algorithm="logistic_regression"), replicates=100)
    found, read = run(open_in_place(people), plan), run(people, plan)
    assert found.data.sample == 0
    assert found.cells.to_dict() == read.cells.to_dict()


def test_a_mitigation_beside_a_column_works_on_a_sample_and_says_so(people):
    plan = Plan(roles=replace(ROLES, weight=None, score=None), sample_rows=1_000, replicates=100)
    work = prepare(open_in_place(people), plan)
    assert work.audit.data.audited == 3_000
    trial = work.attempt(audit.MitigationChoice(id="reweighing"))
    assert trial.record.n_train + trial.record.n_test <= 1_000
    assert "a sample of 1,000 of the 3,000 rows" in trial.record.notes[0]


def test_a_sample_has_rows_from_everywhere_and_each_once(tmp_path):
    from audit.data.place import engine_of

    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"row": np.arange(50_000)}), path, row_group_size=5_000)
    dataset = open_in_place(path)
    drawn = (
        engine_of(dataset).draw(dataset.source, ["row"], rows=5_000, of=50_000, seed=3).column(0).to_numpy()
    )
    assert len(np.unique(drawn)) == 5_000
    assert np.all(np.diff(drawn) > 0)
    per_tenth = np.bincount(drawn // 5_000)
    assert per_tenth.min() > 400
    assert per_tenth.max() < 600


def test_rows_are_never_handed_out(people):
    dataset = open_in_place(people)
    assert code(dataset.frame) == "rows_in_place"
    assert code(dataset.table, ["age"]) == "rows_in_place"


def test_the_size_of_a_sample_has_limits():
    for rows in (10, 10**8):
        with pytest.raises(PlanError):
            Plan(sample_rows=rows)


# ---- files that change


def test_a_file_that_changed_is_noticed(people):
    dataset = Dataset.from_dict(json.loads(json.dumps(open_in_place(people).to_dict())), people.parent)
    plan = Plan(roles=ROLES, replicates=100)
    run(dataset, plan)
    os.utime(people, (1, 1))  # the same bytes with another time are the same data
    run(dataset, plan)
    content = people.read_bytes()
    people.write_bytes(content[:-20] + b"x" * 20)  # of the same size
    assert code(run, dataset, plan) == "data_changed"
    people.write_bytes(content + b"x")
    assert code(run, dataset, plan) == "data_changed"
    people.unlink()
    assert code(run, dataset, plan) == "data_changed"


def test_a_file_that_changes_during_the_audit_is_noticed(people):
    dataset = open_in_place(people)
    content = people.read_bytes()

    def meddle(share, message):
        if message == "Counting people":
            people.write_bytes(content + b" ")

    assert code(run, dataset, Plan(roles=ROLES, replicates=100), progress=meddle) == "data_changed"


def test_the_fingerprint_stops_when_it_is_asked_to(people):
    def stop(share, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        open_in_place(people, progress=stop)


# ---- what is refused, and how things are found


def test_what_cannot_be_read_in_place(tmp_path):
    sheet = tmp_path / "sheet.parquet"
    frame(10).to_excel(tmp_path / "sheet.xlsx", index=False)
    sheet.write_bytes((tmp_path / "sheet.xlsx").read_bytes())
    assert code(open_in_place, sheet) == "not_in_place"
    (tmp_path / "empty.csv").touch()
    assert code(open_in_place, tmp_path / "empty.csv") == "empty_file"
    (tmp_path / "pickle.csv").write_bytes(
        b"\x80\x04\x95\n\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s."
    )
    with pytest.raises(InputError, match="ickle"):
        open_in_place(tmp_path / "pickle.csv")
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "none.parquet")
    assert code(open_in_place, tmp_path / "none.parquet") == "no_rows"
    parts = tmp_path / "parts"
    parts.mkdir()
    pd.DataFrame({"a": [1], "b": ["x"]}).to_parquet(parts / "1.parquet")
    pd.DataFrame({"a": [1], "c": ["x"]}).to_parquet(parts / "2.parquet")
    with pytest.raises(InputError, match=r"2\.parquet"):
        open_in_place(parts)


def test_a_name_that_looks_like_a_pattern_opens_no_other_file(tmp_path):
    for name, value in (("a1.parquet", 1), ("a[1].parquet", 2), ("*.parquet", 3)):
        pq.write_table(pa.table({"x": [value] * (10 * value)}), tmp_path / name)
    assert open_in_place(tmp_path / "a[1].parquet").column("x").levels == (("2", 20),)
    assert open_in_place(tmp_path / "*.parquet").column("x").levels == (("3", 30),)


def test_tables_and_large_files_are_found(tmp_path, monkeypatch):
    assert table_of("spark:sales.people") == ("spark", "sales.people")
    assert table_of("people.csv") is None
    assert table_of("spark:a b; DROP TABLE x") is None
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spark:x").mkdir()
    assert table_of("spark:x") is None
    frame(100).to_csv("p.csv", index=False)
    assert open_data("p.csv", tmp_path / "s").place is None
    monkeypatch.setattr(inplace, "LARGE_BYTES", 100)
    assert open_data("p.csv", tmp_path / "s").place is not None
    assert open_data("p.csv", tmp_path / "s", in_place=False).place is None


# ---- the store keeps where they lie, and nothing else


def test_the_store_keeps_a_reference_and_never_the_file(people, tmp_path):
    from audit.store import Store

    store = Store(tmp_path / "home")
    dataset = open_in_place(people)
    audit_id = store.create_audit(dataset, Plan(roles=ROLES))
    assert list(store.data_folder.iterdir()) == []
    found = store.dataset(audit_id)
    assert found == dataset
    assert found.source.paths == (str(people),)
    copy = store.duplicate_audit(audit_id)
    store.delete_audit(audit_id)
    assert store.dataset(copy) == dataset
    store.delete_audit(copy)
    assert people.is_file()


def test_data_in_place_keep_no_uploaded_copy_of_the_same_bytes(people, tmp_path):
    from audit.store import Store

    store = Store(tmp_path / "home")
    uploaded = store.create_audit(ingest(people, store.data_folder), Plan())
    lying = store.create_audit(open_in_place(people), Plan())
    assert len(list(store.data_folder.iterdir())) == 1
    store.delete_audit(uploaded)
    assert list(store.data_folder.iterdir()) == []
    assert store.dataset(lying).n_rows == 3_000
