"""Delimited texts: types, delimiters, alphabets, names."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from audit.data.dataset import Dataset
from audit.data.ingest import ingest
from audit.data.readers import delimited
from audit.errors import RoleError, StoreError


def read(tmp_path, text, name="people.csv", encoding="utf-8"):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return ingest(data, tmp_path, name=name)


def cells(tmp_path, text, **options):
    return read(tmp_path, text, **options).frame().astype(object).to_numpy().tolist()


def test_fingerprint_is_the_sha256_of_the_bytes_for_bytes_and_paths(tmp_path):
    data = b"sex,hired\nF,1\nM,0\n"
    path = tmp_path / "in.csv"
    path.write_bytes(data)
    from_path, from_bytes = ingest(path, tmp_path / "a"), ingest(data, tmp_path / "b", name="in.csv")
    assert from_path.fingerprint == from_bytes.fingerprint == hashlib.sha256(data).hexdigest()
    assert from_path.path == tmp_path / "a" / f"{from_path.fingerprint}.parquet"
    assert from_path.columns == from_bytes.columns
    assert (from_path.n_bytes, from_path.n_rows, from_path.name) == (len(data), 2, "in.csv")


def test_a_file_that_was_read_before_is_not_written_again_and_gives_the_same(tmp_path):
    first = read(tmp_path, "a,b\n1,x\n2,y\n")
    written = first.path.stat().st_mtime_ns
    assert read(tmp_path, "a,b\n1,x\n2,y\n") == first
    assert first.path.stat().st_mtime_ns == written
    assert [path.name for path in tmp_path.iterdir()] == [first.path.name]


def test_a_damaged_stored_file_is_made_again(tmp_path):
    first = read(tmp_path, "a,b\n1,x\n2,y\n")
    first.path.write_bytes(b"PAR1 cut off")
    assert read(tmp_path, "a,b\n1,x\n2,y\n") == first
    assert first.frame()["a"].tolist() == [1, 2]


def test_a_data_set_is_found_again_from_a_small_dict(tmp_path):
    import json

    header = ",".join(f"c{i}" for i in range(300))
    row = ",".join(str(i) for i in range(300))
    dataset = read(tmp_path, f"{header}\n{row}\n{row}\n")
    raw = json.loads(json.dumps(dataset.to_dict()))
    assert Dataset.from_dict(raw, tmp_path) == dataset
    assert len(json.dumps(raw)) < 500


def test_a_data_set_whose_file_is_gone_or_whose_fingerprint_is_a_path_is_an_error(tmp_path):
    dataset = read(tmp_path, "a,b\n1,x\n2,y\n")
    raw = dataset.to_dict()
    with pytest.raises(ValueError, match="fingerprint"):
        Dataset.from_dict({**raw, "fingerprint": "../" + "a" * 61}, tmp_path)
    dataset.path.unlink()
    with pytest.raises(StoreError, match="not in the store"):
        Dataset.from_dict(raw, tmp_path)


def test_an_unknown_column_is_told_with_the_nearest_name(tmp_path):
    dataset = read(tmp_path, "sex,hired\nF,1\nM,0\n")
    with pytest.raises(RoleError, match="Did you mean 'sex'"):
        dataset.column("sexx", role="sensitive feature")
    with pytest.raises(RoleError):
        dataset.frame(["sex", "salary"])


@pytest.mark.parametrize(
    ("texts", "dtype", "values"),
    [
        (["1", "-2", "30"], "int64", [1, -2, 30]),
        (["1", "2.5", "1e3"], "double", [1, 2.5, 1000]),
        ([".5", "2.", "-0.25"], "double", [0.5, 2, -0.25]),
        (["0.5", "inf", "-inf"], "double", [0.5, np.inf, -np.inf]),
        (["true", "False", "TRUE"], "bool", [True, False, True]),
        (["007", "012", "1"], "string", ["007", "012", "1"]),
        (["007.5", "1.0", "2"], "string", ["007.5", "1.0", "2"]),
        (["1", "2", "x"], "string", ["1", "2", "x"]),
        (["1", "true", "0"], "string", ["1", "true", "0"]),
        (["yes", "no", "yes"], "string", ["yes", "no", "yes"]),
        (["0x1A", "0x2B", "0"], "string", ["0x1A", "0x2B", "0"]),
        (["12:30", "13:00", "1"], "string", ["12:30", "13:00", "1"]),
        (["9223372036854775807", "1", "2"], "int64", [9223372036854775807, 1, 2]),
        (["18446744073709551615", "1", "2"], "uint64", [18446744073709551615, 1, 2]),
        (["123456789012345678901", "1", "2"], "string", ["123456789012345678901", "1", "2"]),
        (["None", "a", "b"], "string", ["None", "a", "b"]),
        (["2020-13-45", "2020-01-01", "2020-01-02"], "string", ["2020-13-45", "2020-01-01", "2020-01-02"]),
    ],
)
def test_a_column_gets_the_type_that_all_of_its_texts_share(tmp_path, texts, dtype, values):
    dataset = read(tmp_path, "value,other\n" + "".join(f"{text},z\n" for text in texts))
    assert dataset.column("value").dtype == dtype
    assert dataset.frame(["value"])["value"].tolist() == values


def test_numbers_with_thousands_stay_text(tmp_path):
    dataset = read(tmp_path, 'pay,n\n"1,234.5",1\n"2,000.0",2\n')
    assert dataset.frame()["pay"].tolist() == ["1,234.5", "2,000.0"]


def test_the_type_is_decided_over_the_whole_column(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_BLOCK", 10_000)
    lines = "".join(f"{i},{i}\n" for i in range(20_000))
    dataset = read(tmp_path, f"a,b\n{lines}x,1.5\n")
    assert (dataset.column("a").dtype, dataset.column("b").dtype) == ("string", "double")
    assert dataset.frame().iloc[-1].tolist() == ["x", 1.5]


def test_dates_and_times_are_dates(tmp_path):
    dataset = read(
        tmp_path, "day,at,c\n2020-01-02,2020-01-02 03:04:05,1\n2021-05-06,2021-05-06T07:08,2\n,,3\n"
    )
    assert (dataset.column("day").dtype, dataset.column("at").dtype) == ("date32[day]", "timestamp[us]")
    frame = dataset.frame()
    assert frame["day"].iloc[0] == pd.Timestamp("2020-01-02")
    assert frame["at"].iloc[1] == pd.Timestamp("2021-05-06 07:08")
    assert frame["day"].isna().tolist() == [False, False, True]
    many = "".join(f"2020-01-{d:02}\n" for d in range(1, 32))
    assert read(tmp_path, f"d,e\n{many.replace(chr(10), ',1' + chr(10))}").column("d").kind == "date"


@pytest.mark.parametrize(
    "missing", ["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "<NA>", " NA ", '""']
)
def test_missing_texts_are_missing_in_numbers_and_in_texts(tmp_path, missing):
    dataset = read(tmp_path, f"n,t\n1,x\n{missing},{missing}\n3,y\n")
    assert dataset.column("n").dtype == "int64"
    assert [column.n_missing for column in dataset.columns] == [1, 1]
    assert dataset.column("t").levels == (("x", 1), ("y", 1))


def test_spaces_around_cells_and_names_are_removed(tmp_path):
    dataset = read(tmp_path, " age , sex\n 39, Male\n 50, Female\n")
    assert dataset.names == ("age", "sex")
    assert dataset.frame()["sex"].tolist() == ["Male", "Female"]
    assert dataset.column("age").dtype == "int64"
    assert dataset.column("age").renamed_from is None
    assert dataset.notes == ("Spaces around 2 column names were removed.",)


@pytest.mark.parametrize(
    ("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t"), ("a.txt", ";"), ("a.csv", "|"), ("a.csv", "\t")]
)
def test_the_delimiter_is_found_in_the_content(tmp_path, name, delimiter):
    text = f'name{delimiter}age\n"a{delimiter}b"{delimiter}3\nAnn{delimiter}4\n'
    assert read(tmp_path, text, name=name).frame()["name"].tolist() == [f"a{delimiter}b", "Ann"]


def test_semicolons_with_decimal_commas_and_the_line_that_excel_writes(tmp_path):
    assert cells(tmp_path, "sep=;\nx;y\n1,5;2\n2,5;3\n") == [["1,5", 2], ["2,5", 3]]


def test_one_column_is_a_table(tmp_path):
    assert cells(tmp_path, "age\n1\n2\n") == [[1], [2]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_and_a_missing_last_one(tmp_path, end):
    assert cells(tmp_path, end.join(["a,b", "1,x", '2,"y"', "", "3,z"])) == [[1, "x"], [2, "y"], [3, "z"]]


def test_line_breaks_and_doubled_marks_inside_quoted_cells(tmp_path):
    text = 'a,b\n1,"first\nsecond"\n2,"said ""so"""\n3,5" pipe\n'
    assert cells(tmp_path, text) == [[1, "first\nsecond"], [2, 'said "so"'], [3, '5" pipe']]


def test_a_long_text_of_many_lines_is_one_cell(tmp_path):
    prose = "Dear all,\n\nthis is a letter.\nIt has lines, and commas, but no rows.\nBye\n"
    assert cells(tmp_path, f'a,b,c\n1,"{prose}",2\n3,x,4\n')[0] == [1, prose.strip(), 2]


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("latin-1", "Western European"),
        ("cp1252", "Western European"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16 without"),
        ("utf-16-be", "UTF-16 without"),
        ("utf-32", "UTF-32"),
    ],
)
def test_alphabets(tmp_path, encoding, note):
    dataset = read(tmp_path, "größe,Prénom\n1,Zoë\n2,Jürgen\n", encoding=encoding)
    assert dataset.names == ("größe", "Prénom")
    assert dataset.frame()["Prénom"].tolist() == ["Zoë", "Jürgen"]
    assert len(dataset.notes) == bool(note)
    assert note in "".join(dataset.notes)


def test_utf16_with_a_mark_holds_arabic_and_chinese(tmp_path):
    text = "العمر,性别\n1,女\n2,男\n"
    assert read(tmp_path, text, encoding="utf-16").names == ("العمر", "性别")


def test_bytes_that_windows_does_not_know_are_read_as_latin_1(tmp_path):
    dataset = read(tmp_path, b"a,b\n\xe9\x81,1\n\xe8,2\n")
    assert "Latin-1" in dataset.notes[0]


def test_duplicate_and_blank_names_are_renamed_and_recorded(tmp_path):
    dataset = read(tmp_path, "a,,a,a (2), ,A\n1,2,3,4,5,6\n7,8,9,1,2,3\n")
    assert dataset.names == ("a", "column 2", "a (3)", "a (2)", "column 5", "A (4)")
    origins = [column.renamed_from for column in dataset.columns]
    assert origins == [None, "", "a", None, " ", "A"]
    assert dataset.frame().iloc[0].tolist() == [1, 2, 3, 4, 5, 6]
    assert dataset.notes == (
        "2 columns without a name: now 'column 2', 'column 5'.",
        "2 columns with a name that was taken (upper and lower case count as the same): now 'a (3)', 'A (4)'.",
    )


HOSTILE = [
    "**bold** [x](javascript:alert(1))",
    "<script>alert(1)</script>",
    "=cmd()",
    "العمر",
    "年龄",
    "a.b",
    'say "hi"',
    "x" * 10_000,
    "'; DROP TABLE people; --",
    "$\\alpha$",
]


def test_hostile_names_and_values_are_kept_as_they_are(tmp_path):
    quoted = ['"' + name.replace('"', '""') + '"' for name in HOSTILE]
    text = ",".join(quoted) + "\n" + ",".join(quoted) + "\n" + ",".join(quoted) + "\n"
    dataset = read(tmp_path, text)
    assert list(dataset.names) == HOSTILE
    assert dataset.frame().iloc[1].tolist() == HOSTILE
    for name in HOSTILE:
        assert dataset.frame([name])[name].tolist() == [name, name]
        assert dataset.column(name).levels == ((name, 2),)


def test_control_characters_and_direction_marks_are_taken_out_of_names(tmp_path):
    dataset = read(tmp_path, 'a\x00ge,\u202eevil\u202c,tab\x07bell,"two\nlines"\n1,2,3,4\n5,6,7,8\n')
    assert dataset.names == ("age", "evil", "tabbell", "two lines")
    assert dataset.column("age").renamed_from == "a\x00ge"
    assert dataset.notes[0].startswith("Control characters were removed from 4 column names")


def test_columns_without_values_are_empty_and_told(tmp_path):
    dataset = read(tmp_path, "a,b,c\n1,,NA\n2,,\n")
    assert [column.kind for column in dataset.columns] == ["binary", "empty", "empty"]
    assert dataset.column("b").n_missing == 2
    assert dataset.column("b").levels == ()
    assert dataset.notes == ("Nothing is recorded in 2 columns: 'b', 'c'.",)
    assert dataset.frame()["b"].isna().all()


def test_five_thousand_columns(tmp_path):
    header = ",".join(f"c{i}" for i in range(5000))
    rows = "".join(",".join(str((i * j) % 7) for i in range(5000)) + "\n" for j in range(5))
    dataset = read(tmp_path, f"{header}\n{rows}")
    assert len(dataset.columns) == 5000
    assert dataset.frame(["c4999", "c3"])["c4999"].tolist() == [(4999 * j) % 7 for j in range(5)]


def test_rows_longer_than_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_BLOCK", 1_000)
    names = [f"{i}" + "n" * 10_000 for i in range(5)]
    row = ",".join(["v" * 3_000] * 5)
    dataset = read(tmp_path, ",".join(names) + f"\n{row}\n{row}\n")
    assert dataset.n_rows == 2
    assert dataset.names == tuple(names)


def test_the_name_is_shown_without_folders_and_control_characters(tmp_path):
    assert read(tmp_path, "a,b\n1,2\n", name="..\\..\\x/evil\x07\u202e.csv").name == "evil.csv"


def test_large_whole_numbers_with_gaps_keep_their_digits(tmp_path):
    frame = read(tmp_path, "id,x\n9007199254740993,1\n,2\n").frame()
    assert str(frame["id"].iloc[0]) == "9007199254740993"
