"""Draws that follow from a row: spread evenly, the same for the same person, whatever the file they were read from."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from audit.models.draws import chance_of, decided, row_draws


def people(n=20_000):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": rng.lognormal(10, 1, n),
            "city": rng.choice(["Aachen", "Bonn", "Köln", "12"], n),
            "owner": rng.random(n) < 0.5,
            "since": pd.Timestamp("2001-01-01") + pd.to_timedelta(rng.integers(0, 9000, n), unit="D"),
        }
    )


def test_draws_are_spread_evenly_and_do_not_follow_a_column_or_each_other():
    table = people()
    draws = row_draws(table, list(table), seed=0)
    assert (draws >= 0).all()
    assert (draws < 1).all()
    assert stats.kstest(draws, "uniform").pvalue > 0.001
    assert abs(stats.spearmanr(draws, table["income"]).statistic) < 0.03
    assert abs(np.corrcoef(draws, row_draws(table, list(table), seed=1))[0, 1]) < 0.03
    assert abs(np.corrcoef(draws, row_draws(table, ["income"], seed=0))[0, 1]) < 0.03
    assert len(set(draws.tolist())) == len(draws)
    # Neighbouring numbers must not get neighbouring draws.
    near = row_draws(pd.DataFrame({"x": np.arange(20_000)}), ["x"], seed=0)
    assert stats.kstest(near, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(near[:-1], near[1:])[0, 1]) < 0.03


def test_a_person_draws_the_same_in_any_order_alone_and_among_others():
    table = people(500)
    draws = row_draws(table, list(table), seed=3)
    shuffled = table.sample(frac=1, random_state=0)
    assert (row_draws(shuffled, list(table)[::-1], seed=3) == draws[shuffled.index]).all()
    assert row_draws(table.iloc[[17]], list(table), seed=3)[0] == draws[17]
    assert len(row_draws(table.iloc[:0], list(table), seed=3)) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2, 3], [1.0, 2.0, 3.0]),
        ([1, 2, 3], ["1", " 2", "3.0"]),
        ([1.5, None, 0.0], np.array(["1.5", None, "-0"], dtype=object)),
        ([True, False, True], [1, 0, 1]),
        ([True, False, True], ["True", "False", "True"]),
        (["a", None, "b "], pd.Categorical(["a", None, "b"])),
        (pd.array([1, None, 3], dtype="Int64"), [1.0, np.nan, 3.0]),
        (
            [dt.date(1999, 1, 1), dt.date(2262, 5, 1), None],
            pd.Series([pd.Timestamp(1999, 1, 1), pd.Timestamp(2262, 5, 1), pd.NaT], dtype="datetime64[us]"),
        ),
        (pd.Series(["1970-01-03"], dtype="datetime64[ns]"), [2]),
        (pd.Series(["x", "y"], dtype="string"), ["x", "y"]),
    ],
)
def test_a_value_is_the_same_however_it_was_read(one, other):
    first = row_draws(pd.DataFrame({"x": pd.Series(one)}), ["x"], seed=0)
    again = row_draws(pd.DataFrame({"x": pd.Series(other)}), ["x"], seed=0)
    assert first.tolist() == again.tolist()
    assert len(set(first.tolist())) == len(set(pd.Series(one).astype(str)))


def test_strange_texts_are_hashed_and_never_taken_for_nothing():
    texts = ["nan?", "inf", "-inf", "1e400", "\ud800", "", None, "1_000", "٣"]
    draws = row_draws(pd.DataFrame({"x": pd.Series(texts, dtype=object)}), ["x"], seed=0)
    assert draws[5] == draws[6]
    assert len(set(draws.tolist())) == len(texts) - 1


def test_chances_of_nearly_nothing_and_nearly_all_leave_no_draw():
    draw = np.array([0.0, 0.5, np.nextafter(1, 0)])
    assert decided(np.full(3, 1 - 1e-15), draw).tolist() == [True, True, True]
    assert decided(np.full(3, 1e-15), draw).tolist() == [False, False, False]
    assert decided(np.full(3, 0.5), draw).tolist() == [True, False, False]
    steps = [(0.3, 0.1 + 0.2), (0.6, 0.7), (np.inf, 0.0)]
    assert chance_of(np.array([0.2, 0.3, 0.6]), steps).tolist() == pytest.approx([0, 0.3, 1])
