"""The split by seed and the split by column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.errors import RoleError
from audit.models.split import split_from_column, split_rows


def shares(split):
    return np.bincount(split, minlength=3).tolist()


def test_a_stratum_that_divides_gets_its_exact_shares():
    strata = np.repeat([0, 1, 2], [50, 20, 5])
    split = split_rows(strata, seed=3)
    assert split.dtype == np.int8
    assert [shares(split[strata == code]) for code in range(3)] == [[30, 10, 10], [12, 4, 4], [3, 1, 1]]


def test_every_stratum_is_within_one_row_of_its_share_and_the_whole_is_exact():
    strata = np.random.default_rng(1).integers(0, 37, 1003)
    split = split_rows(strata, seed=5)
    for code in range(37):
        quota = np.sum(strata == code) * np.array([0.6, 0.2, 0.2])
        assert np.all(np.abs(shares(split[strata == code]) - quota) < 1 + 1e-9)
    assert np.all(np.abs(np.array(shares(split)) - 1003 * np.array([0.6, 0.2, 0.2])) <= 2)


def test_strata_of_one_row_fall_everywhere_in_the_right_shares():
    split = split_rows(np.arange(1000), seed=0)
    assert shares(split) == [600, 200, 200]
    assert len(set(split[:20].tolist())) == 3


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    strata = np.arange(300) % 4
    assert np.array_equal(split_rows(strata, seed=7), split_rows(strata, seed=7))
    assert not np.array_equal(split_rows(strata, seed=7), split_rows(strata, seed=8))


def test_other_fractions():
    assert shares(split_rows(np.zeros(10, dtype=int), seed=0, fractions=(0.5, 0.0, 0.5))) == [5, 0, 5]
    with pytest.raises(ValueError, match="add up to 1"):
        split_rows(np.zeros(10, dtype=int), seed=0, fractions=(0.5, 0.5, 0.5))


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_rows_are_refused(n):
    with pytest.raises(RoleError) as caught:
        split_rows(np.zeros(n, dtype=int), seed=0)
    assert caught.value.code in {"no_train_rows", "no_test_rows"}


def test_words_of_a_split_column_in_any_case():
    words = [
        "Train",
        " training",
        "VAL",
        "dev",
        "valid",
        "calibration",
        "validation",
        "TEST",
        "hold-out",
        "Eval",
    ]
    assert split_from_column(pd.Series(words)).tolist() == [0, 0, 1, 1, 1, 1, 1, 2, 2, 2]
    assert split_from_column(pd.Series(["train", "holdout"], dtype="category")).tolist() == [0, 2]


def test_unknown_words_are_counted_and_not_shown():
    with pytest.raises(RoleError) as caught:
        split_from_column(["train", "secret", "secret", "other", None, "test"])
    assert caught.value.code == "unknown_split"
    assert "2 distinct values" in str(caught.value)
    assert "missing values" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "code"), [(["test", "val"], "no_train_rows"), (["train", "val"], "no_test_rows")]
)
def test_a_split_column_needs_both_ends(words, code):
    with pytest.raises(RoleError) as caught:
        split_from_column(words)
    assert caught.value.code == code
