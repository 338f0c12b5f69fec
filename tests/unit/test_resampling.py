from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.mitigation.balance import plan_counts
from audit.mitigation.resampling import Resampling
from audit.mitigation.table import TrainingTable
from audit.progress import silent

BEFORE = np.array([[8, 2], [6, 6]])


def build(counts, weight=None):
    counts = np.asarray(counts)
    cells = np.random.default_rng(0).permutation(np.repeat(np.arange(counts.size), counts.ravel()))
    return TrainingTable(
        frame=pd.DataFrame({"row": np.arange(len(cells))}),
        label=(cells % 2).astype(np.int8),
        group=cells // 2,
        groups=tuple((f"g{i}",) for i in range(len(counts))),
        weight=np.ones(len(cells)) if weight is None else weight,
    )


@pytest.mark.parametrize(
    ("strategy", "target", "expected"),
    [
        ("oversample", "cells", [[8, 6], [8, 6]]),
        ("undersample", "cells", [[6, 2], [6, 2]]),
        ("both", "cells", [[7, 4], [7, 4]]),
        # 14 of 22 have label 0: the group of 8 zeros needs 8 * 8 / 14 = 4.57 ones.
        ("oversample", "base_rate", [[8, 5], [11, 6]]),
        # Two ones go with 2 * 14 / 8 = 3.5 zeros: of the 8, 4.5 are too many, and 5 are left out.
        ("undersample", "base_rate", [[3, 2], [6, 3]]),
        ("both", "base_rate", [[6, 4], [8, 4]]),
    ],
)
def test_plans_by_hand(strategy, target, expected):
    plan = plan_counts(BEFORE, strategy=strategy, target=target, strength=1.0)
    np.testing.assert_array_equal(plan, expected)


def test_strength_is_the_share_of_the_missing_rows():
    plan = plan_counts(BEFORE, strategy="oversample", target="cells", strength=0.5)
    np.testing.assert_array_equal(plan, [[8, 4], [7, 6]])


@settings(max_examples=80, deadline=None)
@given(
    counts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=5).filter(
        lambda rows: sum(map(sum, rows)) > 0
    ),
    strategy=st.sampled_from(["oversample", "undersample", "both"]),
    target=st.sampled_from(["cells", "base_rate"]),
    strength=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_cells_end_as_planned_and_every_row_is_a_real_one(counts, strategy, target, strength, seed):
    table = build(counts)
    method = Resampling(strategy=strategy, target=target, strength=strength)
    treated = method.treat(table, seed=seed, progress=silent)
    before = np.array(counts)
    planned = plan_counts(before, strategy=strategy, target=target, strength=strength)
    after = np.where(before == 0, 0, planned)
    cell = treated.group * 2 + treated.label
    np.testing.assert_array_equal(np.bincount(cell, minlength=before.size).reshape(-1, 2), after)
    rows = treated.frame["row"].to_numpy()
    np.testing.assert_array_equal(treated.label, table.label[rows])
    np.testing.assert_array_equal(treated.group, table.group[rows])
    assert (np.bincount(rows, minlength=1) > 0).sum() <= len(table.label)
    if strategy == "oversample":
        assert set(rows) == set(range(len(table.label)))
        assert (planned >= before).all()
    if strategy == "undersample":
        assert len(set(rows)) == len(rows)
        assert (planned <= before).all()
    assert not treated.synthetic.any()


@pytest.mark.parametrize("strategy", ["oversample", "undersample", "both"])
@pytest.mark.parametrize("target", ["cells", "base_rate"])
def test_base_rates_end_equal(strategy, target):
    table = build([[9000, 1000], [6000, 5000], [400, 300]])
    treated = Resampling(strategy=strategy, target=target).treat(table, seed=0, progress=silent)
    rates = [treated.label[treated.group == g].mean() for g in range(3)]
    assert np.ptp(rates) < 1e-3


def test_copies_are_spread_evenly():
    treated = Resampling(target="cells").treat(build([[100, 7], [100, 30]]), seed=0, progress=silent)
    rows = treated.frame["row"][(treated.group == 0) & (treated.label == 1)]
    assert set(rows.value_counts()) == {4, 5}
    assert len(rows) == 30


def test_a_cell_without_rows_is_told_and_skipped():
    treated = Resampling(target="cells").treat(build([[10, 0], [10, 4]]), seed=0, progress=silent)
    assert (
        treated.notes[0]
        == "Without any training row, so that none can be made: 'g0' with label 1 (4 planned)."
    )
    assert [cell.after for cell in treated.cells] == [10, 0, 10, 4]


def test_many_small_cells_are_one_sentence_with_the_largest_first():
    counts = [[400, 300], *([300, at] for at in range(1, 9))]
    grown = Resampling(target="cells").treat(build(counts), seed=0, progress=silent)
    assert len([note for note in grown.notes if "few people" in note]) == 1
    said = next(note for note in grown.notes if "few people" in note)
    assert "'g1' with label 1 (1 real rows" in said
    assert said.endswith("and 2 more.")
    assert said.index("'g1'") < said.index("'g6'")
    assert "'g8'" not in said


def test_small_cells_and_lost_rows_are_told():
    grown = Resampling(target="cells").treat(build([[400, 3], [400, 300]]), seed=0, progress=silent)
    assert "rests on few people" in grown.notes[0]
    assert "'g0' with label 1 (3 real rows for the 300 planned)" in grown.notes[0]
    shrunk = Resampling(strategy="undersample", target="cells").treat(
        build([[400, 3], [4, 300]]), seed=0, progress=silent
    )
    assert any(note.startswith("Only 14 of 707 training rows are left") for note in shrunk.notes)


def test_row_weights_travel_with_their_rows():
    weight = np.arange(1.0, 23.0)
    treated = Resampling().treat(build(BEFORE, weight), seed=0, progress=silent)
    np.testing.assert_array_equal(treated.weight, weight[treated.frame["row"]])
    assert "Balance is counted in rows; row weights travel with their rows." in treated.notes
