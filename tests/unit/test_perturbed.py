"""Adversarial augmentation: copies move towards errors, no further than the radius, onto observed values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.mitigation.adversarial_augmentation import AdversarialAugmentation
from audit.mitigation.synthesis.perturbed import Slope, fit_slope, numbers_of
from audit.mitigation.synthesis.values import read_values
from audit.mitigation.table import TrainingTable
from audit.progress import silent


def build(n=600, seed=0):
    rng = np.random.default_rng(seed)
    group = (rng.random(n) < 0.6).astype(int)
    label = (rng.random(n) < np.take([0.2, 0.5], group)).astype(np.int8)
    frame = pd.DataFrame(
        {
            "x": np.round(rng.normal(size=n) + 2 * label, 2),
            "whole": rng.integers(0, 80, n),
            "word": rng.choice(["u", "v", None], n),
            "holes": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
        }
    )
    return TrainingTable(frame=frame, label=label, group=group, groups=(("a",), ("b",)), weight=np.ones(n))


def test_a_move_by_hand():
    values, codes = read_values(pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0, 10.0, np.nan]}))
    slope = Slope(columns=(0,), coefficients=np.array([0.7]))
    label = np.array([1, 1, 1, 0, 0, 0])
    moved = slope.move(values, codes, label, radius=1.0, scale=np.array([1.5]))
    # Positive labels go down, others up, by 1.5 at most, onto a value that was observed; a gap stays a gap.
    assert values.take(moved)["x"].tolist()[:5] == [0.0, 0.0, 1.0, 3.0, 10.0]
    assert np.isnan(values.take(moved)["x"].iloc[5])


def test_dates_move_like_numbers():
    frame = pd.DataFrame({"when": pd.date_range("2020-01-01", periods=10, freq="D")})
    values, codes = read_values(frame)
    day = 86_400 * 10 ** {"s": 0, "ms": 3, "us": 6, "ns": 9}[frame["when"].dt.unit]
    np.testing.assert_array_equal(np.diff(numbers_of(values, 0)), np.full(9, day))
    slope = Slope(columns=(0,), coefficients=np.array([-1.0]))
    moved = slope.move(values, codes, np.ones(10, dtype=int), radius=2.0, scale=np.array([float(day)]))
    assert (values.take(moved)["when"] - frame["when"]).dt.days.tolist() == [2] * 8 + [1, 0]


def test_the_slope_points_where_the_label_changes():
    table = build(2000)
    values, codes = read_values(table.frame)
    slope, scale = fit_slope(values, codes, table.label.astype(int), (0, 1, 2, 3))
    assert slope.columns == (0, 1, 3)
    assert slope.coefficients[0] > 1
    assert abs(slope.coefficients[1]) < 0.2
    assert scale[1] == pytest.approx(table.frame["whole"].std(ddof=0))


@pytest.mark.parametrize("radius", [0.0, 0.2, 1.0])
def test_copies_stay_within_the_radius_and_keep_what_cannot_be_moved(radius):
    table = build()
    treated = AdversarialAugmentation(radius=radius).treat(table, seed=0, progress=silent)
    made = treated.frame[treated.synthetic]
    assert len(made) > 50
    real = table.frame
    unmoved = (
        AdversarialAugmentation(radius=0.0).treat(table, seed=0, progress=silent).frame[treated.synthetic]
    )
    for name in ("x", "whole", "holes"):
        far = (made[name] - unmoved[name]).abs().max()
        assert far <= radius * real[name].fillna(real[name].mean()).std(ddof=0) * 1.3 + 1e-9
        assert made[name].dropna().isin(real[name]).all()
        assert (made[name].isna() == unmoved[name].isna()).all()
    pd.testing.assert_series_equal(made["word"], unmoved["word"])
    assert made["x"].equals(unmoved["x"]) == (radius == 0)


def test_moved_rows_are_harder_for_the_model_that_they_were_moved_against():
    table = build(2000)
    treated = AdversarialAugmentation(radius=1.0).treat(table, seed=0, progress=silent)
    plain = AdversarialAugmentation(radius=0.0).treat(table, seed=0, progress=silent)
    label = treated.label[treated.synthetic]
    sign = np.where(label == 1, 1, -1)
    assert (sign * treated.frame["x"][treated.synthetic]).mean() < (
        sign * plain.frame["x"][plain.synthetic]
    ).mean() - 0.2


def test_its_training_rows_can_be_handed_over():
    from tests.repairing import build_task

    repaired = AdversarialAugmentation().repair(build_task(n=500), progress=silent)
    assert repaired.augmented.maker is None
    assert repaired.augmented.treated.synthetic.sum() == sum(cell.added for cell in repaired.cells) > 0
