"""Rows made from columns are the rows made one by one."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from audit.rows import DisparityRow, MetricRow
from audit.rows.bulk import rows_of

SHARED = {"metric": "accuracy", "sensitive": ("sex",), "comparison": "to_reference"}


def test_they_equal_rows_made_one_by_one():
    found = rows_of(DisparityRow, SHARED, {"group": [("a",), ("b",)], "value": [0.1, None]})
    assert found == [
        DisparityRow(**SHARED, group=("a",), value=0.1),
        DisparityRow(**SHARED, group=("b",), value=None),
    ]
    assert hash(found[0]) == hash(DisparityRow(**SHARED, group=("a",), value=0.1))


def test_they_are_frozen():
    (row,) = rows_of(DisparityRow, SHARED, {"value": [0.1]})
    with pytest.raises(FrozenInstanceError):
        row.value = 0.2


def test_no_rows():
    assert rows_of(DisparityRow, SHARED, {"value": []}) == []


def test_a_missing_and_an_unknown_field_are_named():
    with pytest.raises(TypeError, match=r"unknown fields \['rate'\].*missing fields .*'metric'"):
        rows_of(MetricRow, {"rate": "accuracy"}, {"value": [0.1]})


@pytest.mark.parametrize("columns", [{}, {"value": [0.1], "low": [0.1, 0.2]}])
def test_columns_must_be_equally_long(columns):
    with pytest.raises(ValueError, match="differ in length"):
        rows_of(DisparityRow, SHARED, columns)
