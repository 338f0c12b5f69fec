"""Column profiles and missing values by group."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from audit.data.ingest import ingest_frame
from audit.data.profile import missing_by_group, profile_table
from audit.errors import RoleError


def profile(values, kind=None):
    return profile_table(pa.table({"x": pa.array(values, kind)}))[0]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 1, 1], "binary"),
        (["a", "b", None], "binary"),
        ([True, False], "binary"),
        ([True, True], "categorical"),
        ([0.5, 1.5], "binary"),
        ([1, 1, 1], "categorical"),
        (list(range(20)), "categorical"),
        (list(range(21)), "numeric"),
        ([i / 4 for i in range(20)], "categorical"),
        ([i / 4 for i in range(21)], "numeric"),
        ([f"g{i}" for i in range(50)], "categorical"),
        ([f"g{i}" for i in range(51)], "text"),
        ([f"2020-01-{d:02}" for d in range(1, 30)], "date"),
        ([None, None], "empty"),
        (["1.0", "1", "2"], "binary"),
    ],
)
def test_kinds(values, kind):
    assert profile(values).kind == kind


def test_levels_are_canonical_most_frequent_first_then_by_size():
    column = profile(["10", "9", "9", "1.0", "1", "b", "a", None, " "])
    assert column.levels == (("1", 2), ("9", 2), ("10", 1), ("a", 1), ("b", 1))
    assert (column.n_distinct, column.n_missing) == (5, 2)
    assert profile([2.0, 1.0, 2.0, 0.5]).levels == (("2", 2), ("0.5", 1), ("1", 1))


def test_fifty_levels_at_most_and_the_most_frequent_of_them():
    values = [i for i in range(5000) for _ in range(3 if i >= 4990 else 1)]
    for column in (profile(values), profile([f"t{v}" for v in values])):
        assert len(column.levels) == 50
        assert column.n_distinct == 5000
        assert [n for _, n in column.levels[:11]] == [3] * 10 + [1]
    assert profile(values).levels[0] == ("4990", 3)


def test_range_is_of_finite_numbers():
    column = profile([1.5, float("inf"), -2.0, None])
    assert (column.low, column.high) == (-2.0, 1.5)
    assert (profile(["a", "b"]).low, profile([True, False]).high) == (None, None)
    assert profile([float("inf"), float("inf")]).low is None


FRAME = pd.DataFrame(
    {
        "sex": ["F"] * 4 + ["M"] * 5 + [None],
        "pay": [None, None, 1, 2, None, 3, 4, 5, 6, None],
        "full": range(10),
        "age": [*range(20, 30)],
    }
)


def test_missing_values_by_group(tmp_path):
    rows = missing_by_group(ingest_frame(FRAME, tmp_path), ["pay", "full"], "sex")
    found = [(row.column, row.group, row.n, row.n_missing, row.share) for row in rows]
    assert found == [
        ("pay", "M", 5, 1, 0.2),
        ("pay", "F", 4, 2, 0.5),
        ("pay", "not recorded", 1, 1, 1.0),
        ("full", "M", 5, 0, 0.0),
        ("full", "F", 4, 0, 0.0),
        ("full", "not recorded", 1, 0, 0.0),
    ]


def test_numeric_groups_are_quartiles_and_many_texts_are_put_together(tmp_path):
    ages = [float(i) for i in range(100)]
    frame = pd.DataFrame(
        {"age": [*ages, None], "name": [f"n{i:03}" for i in range(101)], "x": [None, *range(100)]}
    )
    dataset = ingest_frame(frame, tmp_path)
    rows = missing_by_group(dataset, ["x"], "age")
    assert [(row.group, row.n) for row in rows] == [
        ("24.75 to under 49.5", 25),
        ("49.5 to under 74.25", 25),
        ("74.25 or more", 25),
        ("under 24.75", 25),
        ("not recorded", 1),
    ]
    assert {row.group: row.n_missing for row in rows}["under 24.75"] == 1
    rows = missing_by_group(dataset, ["x"], "name")
    assert len(rows) == 20
    assert (rows[0].group, rows[0].n) == ("82 other values", 82)
    assert sum(row.n for row in rows) == 101


def test_hostile_and_empty_groups_and_unknown_columns(tmp_path):
    frame = pd.DataFrame({"a.b": ["<b>", "<b>", "'; --"], "a": [1, None, 3], "none": [None] * 3})
    dataset = ingest_frame(frame, tmp_path)
    assert [(row.group, row.share) for row in missing_by_group(dataset, ["a"], "a.b")] == [
        ("<b>", 0.5),
        ("'; --", 0.0),
    ]
    assert [row.group for row in missing_by_group(dataset, ["a"], "none")] == ["not recorded"]
    with pytest.raises(RoleError):
        missing_by_group(dataset, ["a"], "b")
