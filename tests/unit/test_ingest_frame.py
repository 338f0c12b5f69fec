"""A pandas frame as data: the same result, and a fingerprint of its content alone."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from audit.data.ingest import ingest, ingest_frame

FRAME = pd.DataFrame(
    {
        "sex": ["F", "M", None, "F"],
        "age": [30, 40, 50, 60],
        "score": [0.5, np.nan, 0.25, 1.0],
        "flag": [True, False, True, True],
        "day": pd.to_datetime(["2020-01-01", "2020-01-02", None, "2020-01-04"]),
        "grade": pd.Categorical(["a", "b", "a", None]),
    }
)


def fingerprint(frame, tmp_path):
    return ingest_frame(frame, tmp_path).fingerprint


def test_a_frame_comes_back(tmp_path):
    dataset = ingest_frame(FRAME, tmp_path, name="people")
    assert dataset.names == tuple(FRAME.columns)
    assert (dataset.n_rows, dataset.name) == (4, "people")
    assert [column.n_missing for column in dataset.columns] == [1, 0, 1, 0, 1, 1]
    assert dataset.frame()["grade"].tolist()[:3] == ["a", "b", "a"]
    assert ingest_frame(FRAME, tmp_path, name="people") == dataset


def test_the_same_cells_give_the_same_fingerprint(tmp_path):
    first = fingerprint(FRAME, tmp_path)
    assert fingerprint(FRAME.set_axis([9, 8, 7, 6]), tmp_path) == first
    assert fingerprint(pd.concat([FRAME, FRAME]).iloc[4:], tmp_path) == first
    assert fingerprint(FRAME.astype({"sex": object}), tmp_path) == first
    assert fingerprint(FRAME.assign(grade=FRAME["grade"].astype(object)), tmp_path) == first


@pytest.mark.parametrize("column", list(FRAME.columns))
@pytest.mark.parametrize("row", [0, 3])
def test_any_cell_changes_the_fingerprint(tmp_path, column, row):
    other = FRAME.astype({"grade": object}).copy()
    value = other.loc[row, column]
    other.loc[row, column] = {
        "sex": "X",
        "age": 31,
        "score": 0.125,
        "flag": not value,
        "day": pd.Timestamp("1999-01-01"),
        "grade": "z",
    }[column]
    assert fingerprint(other, tmp_path) != fingerprint(FRAME, tmp_path)


def test_names_order_rows_and_gaps_change_the_fingerprint(tmp_path):
    frames = [
        FRAME,
        FRAME.rename(columns={"age": "Age"}),
        FRAME.rename(columns={"age": " age"}),
        FRAME[["age", "sex", "score", "flag", "day", "grade"]],
        FRAME.iloc[::-1],
        FRAME.iloc[:3],
        FRAME.assign(age=[30.0, 40, 50, 60]),
        FRAME.assign(score=[0.5, 0.0, 0.25, 1.0]),
        FRAME.assign(sex=["F", "M", "None", "F"]),
        FRAME.assign(sex=["FM", "", None, "F"]),
    ]
    assert len({fingerprint(frame, tmp_path) for frame in frames}) == len(frames)


def test_the_fingerprint_is_the_same_in_another_process(tmp_path):
    code = (
        "import sys, pandas as pd; from pathlib import Path; from audit.data.ingest import ingest_frame;"
        "print(ingest_frame(pd.DataFrame({'a': [1, 2], 'b': ['x', None]}), Path(sys.argv[1])).fingerprint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "other")], capture_output=True, text=True, check=True
    )
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert done.stdout.strip() == fingerprint(frame, tmp_path)


def test_duplicate_blank_and_odd_names(tmp_path):
    frame = pd.DataFrame([[1, 2, 3, 4], [5, 6, 7, 8]], columns=["a", "a", "", 7])
    dataset = ingest_frame(frame, tmp_path)
    assert dataset.names == ("a", "a (2)", "column 3", "7")
    assert dataset.column("a (2)").renamed_from == "a"


def test_mixed_and_unusual_columns_become_text_or_numbers(tmp_path):
    frame = pd.DataFrame(
        {
            "mixed": [1, "x", None],
            "period": pd.period_range("2020-01", periods=3, freq="M"),
            "interval": pd.cut([1, 5, 9], [0, 4, 10]),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "complex": [1 + 2j, 2, 3],
            "surrogate": pd.Series(["\ud800", "b", "c"], dtype=object),
            "lists": [[1], [2], [3]],
        }
    )
    dataset = ingest_frame(frame, tmp_path)
    out = dataset.frame()
    assert out["mixed"].tolist()[:2] == ["1", "x"]
    assert dataset.column("mixed").n_missing == 1
    assert out["period"].tolist() == ["2020-01", "2020-02", "2020-03"]
    assert dataset.column("interval").levels == (("(4, 10]", 2), ("(0, 4]", 1))
    assert dataset.column("nullable").n_missing == 1
    assert "lists" not in dataset.names
    assert "'lists'" in dataset.notes[-1]


def test_the_columns_asked_for_in_the_order_asked_for(tmp_path):
    dataset = ingest(b"a,b,c\n1,2,3\n4,5,6\n", tmp_path)
    assert dataset.frame(["c", "a"]).to_numpy().tolist() == [[3, 1], [6, 4]]
    assert dataset.frame([]).shape == (2, 0)
