"""Parquet, Arrow and Excel: recognised by content, with types that every engine reads."""

from __future__ import annotations

import datetime as dt
import decimal
import io

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from audit.data.ingest import ingest
from audit.data.readers import readers
from audit.data.stored import open_parquet


def parquet(table, **options):
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def stream(table, new=pa.ipc.new_stream):
    sink = pa.BufferOutputStream()
    with new(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def feathered(table):
    sink = pa.BufferOutputStream()
    feather.write_feather(table, sink)
    return sink.getvalue().to_pybytes()


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for at, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {at + 1}")
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


PEOPLE = pa.table({"sex": ["F", "M", None], "hired": [1, 0, 1], "score": [0.5, np.nan, 0.25]})


@pytest.mark.parametrize(
    "data", [parquet(PEOPLE), stream(PEOPLE), stream(PEOPLE, pa.ipc.new_file), feathered(PEOPLE)]
)
@pytest.mark.parametrize("name", ["people.csv", "people"])
def test_arrow_formats_are_recognised_by_content(tmp_path, data, name):
    dataset = ingest(data, tmp_path, name=name)
    assert dataset.frame()["hired"].tolist() == [1, 0, 1]
    assert [column.n_missing for column in dataset.columns] == [1, 0, 1]
    assert len(dataset.notes) == (name == "people.csv")
    assert all("it was read as what it is" in note for note in dataset.notes)


def test_the_note_on_the_name_follows_the_name_and_not_the_stored_file(tmp_path):
    data = parquet(PEOPLE)
    assert ingest(data, tmp_path, name="a.csv").notes
    assert not ingest(data, tmp_path, name="a.parquet").notes
    assert ingest(b"a,b\n1,2\n3,4\n", tmp_path, name="a.xlsx").notes[0].startswith("The file is called .xlsx")


def test_types_become_plain(tmp_path):
    days = [dt.date(2020, 1, 1), None]
    table = pa.table(
        {
            "category": pa.array(["a", "b"]).dictionary_encode(),
            "decimal": pa.array([decimal.Decimal("1.50"), None]),
            "unsigned": pa.array([2**64 - 1, 1], pa.uint64()),
            "big": pa.array([2**63 - 1, -(2**63)]),
            "flag": pa.array([True, None]),
            "moment": pa.array([pd.Timestamp("2020-01-01 02:03"), None], pa.timestamp("ns", tz="UTC")),
            "day": pa.array(days, pa.date64()),
            "length": pa.array([1500, None], pa.duration("ms")),
            "hour": pa.array([dt.time(1, 2), None], pa.time64("us")),
            "half": pa.array(np.array([0.5, np.nan], dtype=np.float16)),
            "nothing": pa.nulls(2),
            "long text": pa.array(["x", " "], pa.large_string()),
            "bytes": pa.array([b"abc", b"d"]),
            "junk": pa.array([b"\xff\xfe", b"\x00"]),
        }
    )
    dataset = ingest(parquet(table), tmp_path, name="a.parquet")
    assert {column.name: column.dtype for column in dataset.columns} == {
        "category": "string",
        "decimal": "double",
        "unsigned": "uint64",
        "big": "int64",
        "flag": "bool",
        "moment": "timestamp[ns, tz=UTC]",
        "day": "date32[day]",
        "length": "double",
        "hour": "string",
        "half": "float",
        "nothing": "string",
        "long text": "string",
        "bytes": "string",
    }
    assert [column.n_missing for column in dataset.columns] == [0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 2, 1, 0]
    frame = dataset.frame()
    assert frame["length"].iloc[0] == 1.5
    assert frame["unsigned"].tolist() == [2**64 - 1, 1]
    assert "junk" in dataset.notes[0]


def test_codes_of_numbers_and_runs_are_decoded(tmp_path):
    table = pa.table({"n": pa.array([3, 5, 3]).dictionary_encode(), "x": [1, 2, 3]})
    assert ingest(parquet(table), tmp_path).frame()["n"].tolist() == [3, 5, 3]
    assert ingest(feathered(table), tmp_path).frame()["n"].tolist() == [3, 5, 3]
    runs = pa.table({"r": pa.RunEndEncodedArray.from_arrays([2, 3], ["a", "b"])})
    assert ingest(stream(runs), tmp_path).frame()["r"].tolist() == ["a", "a", "b"]


@pytest.mark.parametrize("write", [parquet, stream])
def test_nested_columns_are_left_out_with_a_note(tmp_path, write):
    table = pa.table(
        {
            "s": [{"a": 1, "b": {"c": 2}}, None],
            "a": [1, 2],
            "l": [[1], [2, 3]],
            "s.a": ["x", "y"],
            "m": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
            "b": [3, 4],
        }
    )
    dataset = ingest(write(table), tmp_path)
    assert dataset.names == ("a", "s.a", "b")
    assert dataset.frame().to_numpy().tolist() == [[1, "x", 3], [2, "y", 4]]
    assert dataset.notes == ("Left out, because they hold lists or structures: 's', 'l', 'm'.",)


def test_duplicate_names_in_arrow_and_parquet(tmp_path):
    table = pa.table([pa.array([1, 2]), pa.array(["x", "y"]), pa.array([5, 6])], names=["a", "a", ""])
    for data in (stream(table), parquet(table)):
        dataset = ingest(data, tmp_path)
        assert dataset.names == ("a", "a (2)", "column 3")
        assert dataset.frame().to_numpy().tolist() == [[1, "x", 5], [2, "y", 6]]


def test_the_index_that_pandas_writes_is_not_a_column(tmp_path):
    file = io.BytesIO()
    pd.DataFrame({"a": [1, 2]}, index=[10, 20]).to_parquet(file)
    assert ingest(file.getvalue(), tmp_path).names == ("a",)


def test_na_is_an_answer_in_a_typed_file(tmp_path):
    dataset = ingest(parquet(pa.table({"country": ["NA", "DE", ""]})), tmp_path)
    assert dataset.column("country").levels == (("DE", 1), ("NA", 1))


def test_the_stored_file_is_packed_and_grouped(tmp_path):
    dataset = ingest(stream(pa.table({"a": np.arange(200_000)})), tmp_path)
    with pq.ParquetFile(dataset.path) as file:
        assert file.metadata.num_row_groups == 2
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert open_parquet(dataset.path).columns == dataset.columns


def test_profiles_are_computed_again_for_a_foreign_parquet_file(tmp_path):
    pq.write_table(pa.table({"a": [1, 2, 2]}), tmp_path / "x.parquet")
    assert open_parquet(tmp_path / "x.parquet").columns[0].levels == (("2", 2), ("1", 1))


def test_a_workbook(tmp_path):
    rows = [
        [],
        ["sex", "age", "score", "flag", "day", "at", "code", None],
        [
            "F",
            30,
            0.5,
            True,
            dt.date(2020, 1, 2),
            pd.Timestamp("2020-01-02 03:04").to_pydatetime(),
            "007",
            None,
        ],
        ["M", 40, 1, False, dt.date(2021, 1, 2), pd.Timestamp("2021-01-02").to_pydatetime(), "012", None],
        [],
        ["NA", None, "#DIV/0!", None, None, None, None, None],
    ]
    dataset = ingest(workbook(rows, [["other"]]), tmp_path, name="people.xlsx")
    assert {column.name: column.dtype for column in dataset.columns} == {
        "sex": "string",
        "age": "int64",
        "score": "double",
        "flag": "bool",
        "day": "date32[day]",
        "at": "timestamp[us]",
        "code": "string",
    }
    assert dataset.n_rows == 3
    assert dataset.frame()["code"].tolist()[:2] == ["007", "012"]
    assert dataset.notes[0] == "The workbook has 2 sheets; the first one, 'Sheet 1', was read."


def test_a_workbook_with_errors_mixed_cells_and_unnamed_columns(tmp_path):
    rows = [["a", 2020.0, "b"], ["#DIV/0!", 1, "x", 9], [1.5, 2, 7, 8], [2.5, 3, True]]
    dataset = ingest(workbook(rows), tmp_path)
    assert dataset.names == ("a", "2020", "b", "column 4")
    assert dataset.column("a").n_missing == 1
    assert dataset.frame()["b"].tolist() == ["x", "7", "True"]
    assert any("Excel error" in note for note in dataset.notes)


def test_readers_are_found_in_order_with_unique_ids():
    ids = [reader.id for reader in readers()]
    assert sorted(ids) == ["arrow", "delimited", "excel", "parquet"]
    assert ids[-1] == "delimited"
    endings = [ending for reader in readers() for ending in reader.extensions]
    assert len(endings) == len(set(endings))


def test_a_file_may_be_deleted_while_its_data_are_in_use(tmp_path):
    path = tmp_path / "in.arrow"
    path.write_bytes(stream(PEOPLE, pa.ipc.new_file))
    dataset = ingest(path, tmp_path / "store")
    path.unlink()
    assert dataset.frame()["hired"].sum() == 2
