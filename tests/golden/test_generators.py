"""Generators on Adult income by sex, against the sizes that a study of the same design found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.data.samples import sample
from audit.mitigation.synthesis.maker import RowMaker, prepare
from audit.mitigation.synthesis.neighbours import Interpolation
from audit.mitigation.synthesis.panel import Rows, measure_quality
from audit.mitigation.synthesis.trees import SequentialTrees
from audit.mitigation.table import TrainingTable

TRAIN = 8_000


@pytest.fixture(scope="module")
def adult():
    frame = pd.read_parquet(sample("adult").path).sample(12_000, random_state=0).reset_index(drop=True)
    label = (frame.pop("income") == ">50K").to_numpy(dtype=np.int8)
    group = (frame.pop("sex") == "Male").to_numpy(dtype=np.int64)
    frame = frame.drop(columns="split")
    table = TrainingTable(
        frame=frame.iloc[:TRAIN],
        label=label[:TRAIN],
        group=group[:TRAIN],
        groups=(("Female",), ("Male",)),
        weight=np.ones(TRAIN),
    )
    held = Rows(frame=frame.iloc[TRAIN:].reset_index(drop=True), cell=(group * 2 + label)[TRAIN:])
    return table, held


def quality(adult, generator):
    table, held = adult
    learning = prepare(table, seed=0, aside=False)
    generator.fit(learning.lesson, seed=0)
    maker = RowMaker(
        generator=generator,
        values=learning.lesson.values,
        templates=learning.templates,
        groups=table.groups,
    )
    cell = learning.lesson.cell
    made = Rows(frame=maker.make(cell, seed=0), cell=cell)
    return measure_quality(
        Rows(frame=table.frame, cell=cell),
        held,
        made,
        Rows(frame=made.frame.iloc[:0], cell=cell[:0]),
        columns=range(table.frame.shape[1]),
        groups=table.groups,
        held_from="validation",
        seed=0,
    )[0]


def test_trees_make_rows_that_are_hard_to_tell_and_teach_as_much(adult):
    found = quality(adult, SequentialTrees(smallest_leaf=100))
    assert found["trtr"] - found["tstr"] < 0.02
    assert found["detection_boosting"] < 0.65
    assert found["detection_linear"] < 0.6
    assert found["copies"] < found["real_copies"] + 0.01
    assert found["pair_trends"] > 0.93
    assert 0.45 < found["closer_to_learned"] < 0.6


def test_interpolation_is_told_by_a_strong_classifier_and_not_by_a_weak_one_as_well(adult):
    found = quality(adult, Interpolation())
    assert found["detection_boosting"] > found["detection_linear"] + 0.05
    assert found["detection_boosting"] > 0.7
    assert found["trtr"] - found["tstr"] < 0.05
