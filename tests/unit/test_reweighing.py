from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.mitigation.reweighing import Reweighing, cell_factors
from audit.mitigation.table import TrainingTable
from audit.progress import silent


def build(counts, weight=None, names=None):
    counts = np.asarray(counts)
    cells = np.repeat(np.arange(counts.size), counts.ravel())
    group, label = cells // 2, (cells % 2).astype(np.int8)
    names = names or tuple((f"g{i}",) for i in range(len(counts)))
    return TrainingTable(
        frame=pd.DataFrame({"x": np.arange(len(cells))}),
        label=label,
        group=group,
        groups=names,
        weight=np.ones(len(cells)) if weight is None else weight,
    )


def base_rates(treated, groups):
    return [
        np.average(treated.label[treated.group == g], weights=treated.weight[treated.group == g])
        for g in groups
    ]


def test_weights_by_hand():
    # Ten people, P(a) = .6, P(1) = .4; three of a have label 1: .6 * .4 / .3 = .8
    treated = Reweighing().treat(build([[3, 3], [3, 1]]), seed=0, progress=silent)
    expected = {(0, 0): 0.36 / 0.3, (0, 1): 0.24 / 0.3, (1, 0): 0.24 / 0.3, (1, 1): 0.16 / 0.1}
    for (group, label), weight in expected.items():
        inside = (treated.group == group) & (treated.label == label)
        assert treated.weight[inside] == pytest.approx(weight, abs=1e-15)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=2, max_size=6),
    seed=st.integers(0, 99),
)
def test_weighted_base_rates_are_equal_and_mass_stays(counts, seed):
    weight = np.random.default_rng(seed).uniform(0.1, 3, int(np.sum(counts)))
    table = build(counts, weight)
    treated = Reweighing().treat(table, seed=0, progress=silent)
    rates = base_rates(treated, range(len(counts)))
    assert np.ptp(rates) < 1e-12
    assert rates[0] == pytest.approx(np.average(table.label, weights=weight), abs=1e-12)
    assert treated.weight.sum() == pytest.approx(weight.sum())
    for group in range(len(counts)):
        inside = table.group == group
        assert treated.weight[inside].sum() == pytest.approx(weight[inside].sum())


def test_half_strength_goes_half_the_way():
    table = build([[30, 30], [30, 10]])
    full = Reweighing().treat(table, seed=0, progress=silent).weight
    half = Reweighing(strength=0.5).treat(table, seed=0, progress=silent).weight
    np.testing.assert_allclose(half, (1 + full) / 2)


def test_a_group_with_one_label_keeps_its_weights_and_the_others_end_equal():
    treated = Reweighing().treat(
        build([[30, 30], [30, 10], [5, 0]], names=(("a",), ("b",), ("c",))), seed=0, progress=silent
    )
    assert (treated.weight[treated.group == 2] == 1).all()
    first, second = base_rates(treated, (0, 1))
    assert first == pytest.approx(second, abs=1e-12)
    assert "'c' has no training row with label 1" in " ".join(treated.notes)


def test_rows_that_weigh_nothing_are_no_rows():
    weight = np.ones(20)
    weight[-5:] = 0
    factor = cell_factors(build([[5, 5], [5, 5]], weight))
    np.testing.assert_array_equal(factor, np.ones((2, 2)))


def test_one_label_only_is_left_alone():
    treated = Reweighing().treat(build([[0, 5], [0, 7]]), seed=0, progress=silent)
    assert (treated.weight == 1).all()


def test_large_weights_are_told():
    treated = Reweighing().treat(build([[500, 500], [500, 1]]), seed=0, progress=silent)
    assert any(
        note.startswith("Each of the 1 rows of group 'g1' with label 1 counts") for note in treated.notes
    )
    assert [cell.after for cell in treated.cells] == pytest.approx(
        [666.222518, 333.777482, 333.777482, 167.222518], abs=1
    )
