"""Files that are refused: every one with a code, a reason and a way out."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle  # noqa: TID251 - made here to be refused
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.data.ingest import ingest, ingest_frame
from audit.data.readers import spec
from audit.errors import InputError

JUNK = np.random.default_rng(1).bytes(5000)


def refused(tmp_path, data, name="people.csv", **options):
    with pytest.raises(InputError) as caught:
        ingest(data, tmp_path / "store", name=name, **options)
    error = caught.value
    assert error.what.endswith(".")
    assert error.why.endswith(".")
    assert error.fix.endswith(".")
    assert not list((tmp_path / "store").glob("*")) if (tmp_path / "store").exists() else True
    return error


@pytest.mark.parametrize("data", [b"", b"\n\n \n", b"\xef\xbb\xbf", "\ufeff".encode("utf-16-le")])
def test_empty_files(tmp_path, data):
    assert refused(tmp_path, data).code == "empty_file"


def test_an_empty_path_and_a_missing_one_and_a_folder(tmp_path):
    (tmp_path / "a.csv").touch()
    assert refused(tmp_path, tmp_path / "a.csv").code == "empty_file"
    assert refused(tmp_path, tmp_path / "b.csv").code == "file_not_found"
    assert refused(tmp_path, tmp_path).code == "file_not_found"


@pytest.mark.parametrize(
    "data", [b"a,b", b"a,b\n", b"a,b\r\n\r\n", b'"a","b"\n  \n', "a,b\n".encode("utf-16")]
)
def test_a_header_and_no_rows(tmp_path, data):
    assert refused(tmp_path, data).code == "no_rows"


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 8,
        JUNK,
        JUNK[-40:],
        b"\x00" * 5000,
        b"\x00\x01\x02\x03",
        b"\xff\xfe" + JUNK[:3000],
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"%PDF-1.7\n1 0 obj\n",
        b"SQLite format 3\x00" + bytes(80),
        b"<!DOCTYPE html><html><body>a,b</body></html>",
        b'  {"a": [1, 2]}',
        b'[{"a": 1}]',
        gzip.compress(b"a,b\n1,2\n", mtime=0),
        bz2.compress(b"a,b\n1,2\n"),
        lzma.compress(b"a,b\n1,2\n"),
        b"ARROW1\x00\x00" + bytes(100),
        b"\xff\xff\xff\xff\x10\x00\x00\x00" + bytes(100),
        b"FEA1" + bytes(100),
        b"PARE" + bytes(100),
        b"PAR1",
    ],
)
def test_what_is_not_a_table_is_unreadable(tmp_path, data):
    assert refused(tmp_path, data).code == "unreadable_file"


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n1,"x\n2,y\n3,z\n',  # never closed
        'a,b\n1,"x\n2,y\n3,"z"\n',  # closed by the next one that opens
        'a,b\n1,"x"y\n2,z\n',  # text after the closing mark
        'a,"b\n1,2\n3,4\n',  # in the header
        'a,b,c\n1,2,"x\n2,3,y\n3,4,z"\n5,6,w\n',  # a cell that swallows whole rows
        'a,b\n1,"x\n2,y\n3,z"\n4,w\n',
        'a,b\n1,"' + "x" * 140_000 + '"\n',
    ],
)
def test_broken_quoting(tmp_path, text):
    assert refused(tmp_path, text.encode()).code == "broken_quoting"


def test_a_mark_that_swallows_half_of_a_large_file(tmp_path):
    rows = [f'{i},"name {i}",x' for i in range(20_000)]
    rows[5_000] = '5000,"name 5000,x'
    error = refused(tmp_path, ("id,name,z\n" + "\n".join(rows)).encode())
    assert error.code == "broken_quoting"
    assert "5,002" in str(error)


def test_quoting_errors_name_the_line(tmp_path):
    assert "line 3" in str(refused(tmp_path, b'a,b\n1,x\n2,"y\n3,z\n'))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a,b\n1,2\n3,4,5\n6,7\n", "Line 3 "),
        ("a,b\n1,2\n3\n", "Line 3 "),
        ('a,b\n"x\ny",2\n\n3,4,5\n', "Line 5 "),
        ("a,b\n" + "1,2\n" * 3000 + "1,2,3\n" + "1,2\n" * 3000, "Line 3,002 "),
    ],
)
def test_ragged_rows_name_the_line_and_never_the_cells(tmp_path, text, line):
    error = refused(tmp_path, text.encode())
    assert error.code == "ragged_rows"
    assert error.what.startswith(line)


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('ran')",))


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return file.getvalue()


@pytest.mark.parametrize("name", ["model.pkl", "people.csv", "people.parquet", "book.xlsx"])
@pytest.mark.parametrize("protocol", range(6))
def test_pickles_of_every_protocol_however_they_are_named(tmp_path, name, protocol):
    for thing in (Evil(), [1, 2, 3], {"a": "b"}):
        error = refused(tmp_path, pickle.dumps(thing, protocol=protocol), name=name)
        assert error.code == "pickle_refused"
    assert "can run any code" in error.why
    assert "to_parquet" in error.fix


@pytest.mark.parametrize(
    "data",
    [
        zlib.compress(pickle.dumps(Evil())),
        gzip.compress(pickle.dumps(Evil())),
        bz2.compress(pickle.dumps(Evil())),
        lzma.compress(pickle.dumps(Evil())),
        lzma.compress(pickle.dumps(Evil()), format=lzma.FORMAT_ALONE),
        b"ZF0x10                  " + zlib.compress(pickle.dumps(Evil())),
        zipped(archive__data_dot_pkl=pickle.dumps(Evil())),
        zipped(harmless_dot_csv=pickle.dumps(Evil())),
        zipped(xl__workbook_dot_xml=b"<x/>", more_dot_joblib=b"x"),
    ],
    # A gzip's bytes hold the second it was made in: as a name they would differ between workers.
    ids=["zlib", "gzip", "bz2", "xz", "lzma", "joblib", "in_archive", "as_csv", "beside_a_book"],
)
def test_packed_pickles(tmp_path, data):
    assert refused(tmp_path, data).code == "pickle_refused"


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (zipped(people_dot_csv=b"a,b\n1,2\n"), "Unpack"),
        (zipped(schema_dot_json=b"{}"), "Model screen"),
        (zipped(content_dot_xml=b"<x/>", mimetype=b"x"), ".xlsx"),
        (zipped(xl__workbook_dot_xml=b"<x/>"), "Excel"),
        (zipped(a_dot_csv=b"a,b\n" * 100)[:200], "again"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xlsx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "password",
        ),
    ],
)
def test_archives_and_old_workbooks(tmp_path, data, advice):
    error = refused(tmp_path, data, name="book.xlsx")
    assert error.code == "unreadable_file"
    assert advice in error.fix


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(250_000_000)  # a hole: nothing is stored
    error = refused(tmp_path, path, limit=200_000_000)
    assert error.code == "too_large"
    assert "250.0 MB" in error.what
    assert "200.0 MB" in error.what
    assert refused(tmp_path, b"a,b\n1,2\n", limit=7).code == "too_large"
    assert ingest(b"a,b\n1,2\n", tmp_path / "ok", limit=8).n_rows == 1


def test_a_cut_off_parquet_file(tmp_path):
    file = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(10_000))}), file)
    for size in (len(file.getvalue()) // 2, len(file.getvalue()) - 3, 20):
        assert refused(tmp_path, file.getvalue()[:size]).code == "unreadable_file"


def test_a_cut_off_arrow_file_and_stream(tmp_path):
    table = pa.table({"a": list(range(10_000))})
    for new in (pa.ipc.new_file, pa.ipc.new_stream):
        sink = pa.BufferOutputStream()
        with new(sink, table.schema) as writer:
            writer.write_table(table)
        data = sink.getvalue().to_pybytes()
        assert refused(tmp_path, data[: len(data) // 2]).code == "unreadable_file"


def test_parquet_without_rows_or_without_usable_columns(tmp_path):
    for table, code in (
        (pa.table({"a": pa.array([], pa.int64())}), "no_rows"),
        (pa.table({"a": [[1]]}), "no_columns"),
    ):
        file = io.BytesIO()
        pq.write_table(table, file)
        assert refused(tmp_path, file.getvalue()).code == code


def test_tables_that_unpack_to_far_more_than_they_weigh(tmp_path, monkeypatch):
    file = io.BytesIO()
    pq.write_table(pa.table({"a": ["x" * 10_000] * 2_000, "b": [1] * 2_000}), file)
    assert len(file.getvalue()) < 50_000  # 20 MB of text
    monkeypatch.setattr(spec.unpacked_too_large, "__defaults__", (10_000_000,))
    assert refused(tmp_path, file.getvalue()).code == "too_large"
    monkeypatch.setattr(spec, "MAX_CELLS", 3_000)
    assert refused(tmp_path, file.getvalue()).code == "too_large"


def test_a_workbook_that_unpacks_to_more_than_a_gigabyte(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"small")
    # the directory says how large a member is: make it say 2 GB instead of writing them
    data = bytearray(file.getvalue())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (2_000_000_000).to_bytes(4, "little")
    assert refused(tmp_path, bytes(data), name="book.xlsx").code == "too_large"


def test_frames_that_hold_nothing(tmp_path):
    import pandas as pd

    for frame, code in (
        (pd.DataFrame(), "no_columns"),
        (pd.DataFrame({"a": []}), "no_rows"),
        (pd.DataFrame({"a": [[1], [2]]}), "no_columns"),
    ):
        with pytest.raises(InputError) as caught:
            ingest_frame(frame, tmp_path)
        assert caught.value.code == code


def seeds():
    table = pa.table(
        {"s": ["a", "b", None] * 9, "n": range(27), "d": pa.array(["x", "y", "z"] * 9).dictionary_encode()}
    )
    file, arrow, streamed = io.BytesIO(), pa.BufferOutputStream(), pa.BufferOutputStream()
    pq.write_table(table, file)
    for sink, new in ((arrow, pa.ipc.new_file), (streamed, pa.ipc.new_stream)):
        with new(sink, table.schema) as writer:
            writer.write_table(table)
    texts = b'a,b,c\n1,"x ""q"" y",3\n4,"two\nlines",6\n7,,9\n', "größe;x\n1;2\n".encode("utf-16")
    return [file.getvalue(), arrow.getvalue().to_pybytes(), streamed.getvalue().to_pybytes(), *texts]


@pytest.mark.parametrize("data", seeds(), ids=["parquet", "arrow", "stream", "csv", "utf16"])
def test_damaged_bytes_are_read_or_refused_and_nothing_else(tmp_path, data):
    rng = np.random.default_rng(5)
    for _ in range(60):
        damaged = bytearray(data)
        for at in rng.integers(0, len(data), rng.integers(1, 6)):
            damaged[at] = rng.choice([0, 255, 34, 44, 10, rng.integers(256)])
        try:
            dataset = ingest(bytes(damaged), tmp_path)
        except InputError:
            continue
        assert len(dataset.frame()) == dataset.n_rows
