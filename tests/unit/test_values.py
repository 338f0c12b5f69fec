"""One rule for how a cell of a table becomes text."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from audit.values import canonical, natural_key


@pytest.mark.parametrize("value", [1, 1.0, "1", "1.0", " 1 ", "1.00", np.int8(1), np.float32(1), b"1"])
def test_one_is_one_however_it_is_written(value):
    assert canonical(value) == "1"


@pytest.mark.parametrize("value", [None, float("nan"), np.nan, "", "  "])
def test_nothing_recorded(value):
    assert canonical(value) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "True"),
        (np.False_, "False"),
        (0.25, "0.25"),
        (-0.0, "0"),
        ("None", "None"),
        ("1.5", "1.5"),
        ("1.0.0", "1.0.0"),
        ("01", "01"),
        (10**20, "1" + "0" * 20),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2), "2026-01-02"),  # noqa: DTZ001 - a cell of a table has no zone
        (dt.datetime(2026, 1, 2, 3, 4), "2026-01-02 03:04:00"),  # noqa: DTZ001 - likewise
    ],
)
def test_texts(value, text):
    assert canonical(value) == text


def test_numbers_come_before_words_and_by_size():
    assert sorted(["10", "b", "9", "-1", "a", "1.5"], key=natural_key) == ["-1", "1.5", "9", "10", "a", "b"]


def test_the_word_nan_has_one_place_whatever_the_order():
    names = ["nan", "b", "1", "a", "2", "inf"]
    for seed in range(20):
        shuffled = np.random.default_rng(seed).permutation(names).tolist()
        assert sorted(shuffled, key=natural_key) == ["1", "2", "inf", "a", "b", "nan"]
