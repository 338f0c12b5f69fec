"""How like real rows made ones are: each measure by hand, and the panel on rows whose likeness is known."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from audit.mitigation.synthesis.coded import code_rows
from audit.mitigation.synthesis.likeness import (
    equal_rows,
    impossible,
    marginals,
    nearest,
    outside,
    pair_trends,
)
from audit.mitigation.synthesis.panel import Rows, measure_quality
from audit.mitigation.synthesis.telling import detection, membership
from audit.mitigation.synthesis.twosample import two_sample
from audit.rows import plain
from audit.rows.likeness import LikenessRecord


def rows(n, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    cell = rng.integers(0, 4, n)
    x = rng.normal(size=n) + cell % 2 + shift
    frame = pd.DataFrame(
        {"x": x, "double": 2 * x, "sign": np.where(x > 0, "+", "-"), "free": rng.choice(["u", "v", None], n)}
    )
    return Rows(frame=frame, cell=cell)


def coded(*tables):
    return code_rows([t.frame for t in tables], [t.cell for t in tables], range(4))


def test_rows_are_like_themselves():
    one = rows(500, 0)
    comparison, (a, b, c) = coded(one, one, one)
    assert marginals(comparison, a, c) == 1
    assert pair_trends(a.bins, b.bins) == 1
    assert equal_rows(a.codes, c.codes) == 1
    assert nearest(comparison, a.codes, c.codes).max() == 0


def test_marginals_by_hand():
    real = Rows(frame=pd.DataFrame({"x": [1, 2, 3, 4], "l": list("aabb")}), cell=np.zeros(4, int))
    made = Rows(frame=pd.DataFrame({"x": [1, 1, 3, 4], "l": list("aaac")}), cell=np.zeros(4, int))
    comparison, (a, _, c) = code_rows(
        [real.frame, real.frame, made.frame], [real.cell, real.cell, made.cell], [0, 1]
    )
    # Numbers: distribution functions differ by 1/4 at 1. Levels: a 1/4 more, b 2/4 less, c 1/4 more.
    assert marginals(comparison, a, c) == pytest.approx(((1 - 0.25) + (1 - 0.5)) / 2)


def test_distances_by_hand():
    real = Rows(frame=pd.DataFrame({"x": [10, 20, 30, 40], "l": list("aabb")}), cell=np.zeros(4, int))
    new = Rows(frame=pd.DataFrame({"x": [20, 25], "l": ["b", "a"]}), cell=np.zeros(2, int))
    comparison, (a, _, c) = code_rows(
        [real.frame, real.frame, new.frame], [real.cell, real.cell, new.cell], [0, 1]
    )
    # Ranks of 10 to 40 are .125, .375, .625, .875. Row 1: (20, b) is .25 from 30 b. Row 2: 25 has rank .5, .125 from 20 a.
    np.testing.assert_allclose(nearest(comparison, c.codes, a.codes), [0.25 / 2, 0.125 / 2], atol=1e-6)


def test_values_that_were_never_observed_are_counted():
    real = Rows(frame=pd.DataFrame({"x": [1, 5], "l": ["a", "b"]}), cell=np.zeros(2, int))
    new = Rows(frame=pd.DataFrame({"x": [3, 6, 2, 0], "l": ["a", "a", "c", "b"]}), cell=np.zeros(4, int))
    comparison, (a, _, c) = code_rows(
        [real.frame, real.frame, new.frame], [real.cell, real.cell, new.cell], [0, 1]
    )
    assert outside(comparison, c.codes, a.codes) == pytest.approx(3 / 4)


def test_pairs_that_never_occur_though_both_are_common_are_counted():
    real = np.array([[0, 0]] * 100 + [[1, 1]] * 100)
    assert impossible(np.array([[0, 0], [0, 1], [1, 1], [1, 0]]), real) == 0.5
    few = np.array([[0, 0]] * 30 + [[1, 1]] * 30)  # 15 expected of each: too few to call a pair impossible
    assert impossible(np.array([[0, 1]]), few) == 0


def test_columns_drawn_by_themselves_lose_the_links():
    real, held = rows(4000, 0), rows(4000, 1)
    rng = np.random.default_rng(2)
    loose = Rows(
        frame=pd.DataFrame({name: rng.permutation(real.frame[name].to_numpy()) for name in real.frame}),
        cell=real.cell,
    )
    comparison, (_, b, c) = coded(real, held, loose)
    assert marginals(comparison, b, c) > 0.97
    assert pair_trends(b.bins, c.bins) < 0.75
    assert detection(comparison, b, c, kind="boosting", seed=0) > 0.95
    assert detection(comparison, b, c, kind="linear", seed=0) < 0.6  # each column alone is right


def test_too_few_rows_are_not_told_apart():
    comparison, (a, b, _) = coded(rows(49, 0), rows(49, 1), rows(10, 2))
    assert detection(comparison, a, b, kind="boosting", seed=0) is None


def test_a_generator_that_copies_is_found_out_and_one_that_learned_is_not():
    learned, held, other = rows(800, 0), rows(800, 1), rows(800, 2)
    comparison, (a, b, c, d) = code_rows(
        [t.frame for t in (learned, held, learned, other)],
        [t.cell for t in (learned, held, learned, other)],
        range(4),
    )
    told = membership(comparison, a, b, c, rows=800, seed=0)
    assert told["membership_auc"] > 0.95
    assert told["closer_to_learned"] > 0.95
    assert told["distance"] == 0
    fresh = membership(comparison, a, b, d, rows=800, seed=0)
    assert fresh["membership_auc"] == pytest.approx(0.5, abs=0.05)
    assert fresh["closer_to_learned"] == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_the_two_sample_test_guesses_where_there_is_no_difference(seed):
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(2, 1000, 5))
    assert abs(two_sample(one, other, seed=0).auc - 0.5) < 3.5 * two_sample(one, other, seed=0).error
    assert two_sample(one, other + 0.5, seed=0).told_apart


def test_the_panel_measures_real_rows_as_real():
    quality, record = measure_quality(
        rows(3000, 0),
        rows(1500, 1),
        rows(3000, 2),
        rows(200, 3),
        columns=range(4),
        groups=(("a",), ("b",)),
        held_from="validation",
        seed=0,
    )
    assert quality["detection_boosting"] == pytest.approx(0.5, abs=0.04)
    assert quality["detection_linear"] == pytest.approx(0.5, abs=0.04)
    assert quality["pair_trends"] == pytest.approx(quality["real_pair_trends"], abs=0.02)
    assert quality["tstr"] == pytest.approx(quality["trtr"], abs=0.03)
    assert quality["pair_trends"] > quality["independent_pair_trends"] + 0.1
    assert quality["copies"] == 0
    assert [(row.group, row.label) for row in record.cells] == [
        (g, y) for g in (("a",), ("b",)) for y in (0, 1)
    ]
    assert all(0.4 < row.detection < 0.6 for row in record.cells)
    assert sum(row.n_made for row in record.cells) == 3200
    for column in record.columns:
        assert sum(column.real) == pytest.approx(1)
        assert sum(column.made) == pytest.approx(1)
        assert len(column.bins) == len(column.real) == len(column.made)


def test_a_cell_with_hardly_any_row_says_why_it_is_not_measured():
    held = rows(400, 1)
    keep = np.flatnonzero((held.cell != 3) | (np.arange(400) < 40))
    few = Rows(frame=held.frame.iloc[keep].reset_index(drop=True), cell=held.cell[keep])
    _, record = measure_quality(
        rows(400, 0),
        few,
        rows(400, 2),
        rows(1, 3),
        columns=range(4),
        groups=(("a",), ("b",)),
        held_from="train",
        seed=0,
    )
    last = record.cells[-1]
    assert last.detection is None
    assert last.reason == "too_few_rows"


def test_no_bin_shows_a_single_person():
    rng = np.random.default_rng(0)
    names = np.array([*["common"] * 600, *[f"person {i}" for i in range(200)]])
    tables = [
        Rows(
            frame=pd.DataFrame({"name": rng.permutation(names), "y": rng.normal(size=800)}),
            cell=rng.integers(0, 4, 800),
        )
        for _ in range(4)
    ]
    _, record = measure_quality(*tables, columns=[0, 1], groups=(("a",), ("b",)), held_from="train", seed=0)
    bins = next(column.bins for column in record.columns if column.column == "name")
    assert bins == ("common", "other")


def test_a_record_survives_json():
    _, record = measure_quality(
        rows(300, 0),
        rows(300, 1),
        rows(300, 2),
        rows(50, 3),
        columns=range(4),
        groups=(("a",), ("b",)),
        held_from="validation",
        seed=0,
    )
    assert LikenessRecord.from_dict(json.loads(json.dumps(plain(record)))) == record
    assert LikenessRecord.from_dict(None) is None
