"""What every mitigation promises from task to decisions, whatever its stage; a new file is tested without a new line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.errors import Cancelled
from audit.mitigation.catalogue import catalogue, make
from audit.mitigation.repair import PreProcessing
from audit.progress import silent
from tests.repairing import QUICK, build_task, rows

METHODS = sorted(catalogue())
SLOWER = [name for name in METHODS if not issubclass(catalogue()[name][1], PreProcessing)]


@pytest.fixture(scope="module")
def task():
    return build_task()


@pytest.fixture(scope="module")
def repaired(task):
    done = {}

    def get(name):
        if name not in done:
            done[name] = make(name, QUICK.get(name, {})).repair(task, progress=silent)
        return done[name]

    return get


@pytest.mark.parametrize("name", METHODS)
def test_it_decides_about_any_rows_with_0_and_1(name, repaired):
    fresh = rows(400, 77)
    group = fresh.group.copy()
    group[:5] = -1  # a group that training did not know
    decided = repaired(name).decide(fresh.frame, group)
    assert decided.shape == (400,)
    assert set(np.unique(decided)) <= {0, 1}
    if repaired(name).score is not None:
        score = repaired(name).score(fresh.frame, group)
        assert np.isfinite(score).all()


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_gives_the_same_decisions(name, task, repaired):
    again = make(name, QUICK.get(name, {})).repair(task, progress=silent)
    fresh = rows(400, 77)
    first = repaired(name)
    np.testing.assert_array_equal(
        first.decide(fresh.frame, fresh.group), again.decide(fresh.frame, fresh.group)
    )
    assert (first.notes, first.cells, first.series, first.measured) == (
        again.notes,
        again.cells,
        again.series,
        again.measured,
    )


@pytest.mark.parametrize("name", METHODS)
def test_nothing_of_the_task_is_changed(name):
    task, before = build_task(n=500), build_task(n=500)
    make(name, QUICK.get(name, {})).repair(task, progress=silent)
    for one, other in ((task.train, before.train), (task.validation, before.validation)):
        pd.testing.assert_frame_equal(one.frame, other.frame)
        for part in ("label", "group", "weight"):
            np.testing.assert_array_equal(getattr(one, part), getattr(other, part))


@pytest.mark.parametrize("name", METHODS)
def test_it_stops_when_asked_wherever_it_is(name, task):
    shares = []
    make(name, QUICK.get(name, {})).repair(task, progress=lambda *told: shares.append(told[0]))
    assert shares == sorted(shares)
    assert shares[0] >= 0
    assert shares[-1] <= 1
    for at in {0, len(shares) // 2, len(shares) - 1}:
        told = iter(range(len(shares)))

        def stop(share, message, at=at, told=told):
            if next(told) == at:
                raise Cancelled

        with pytest.raises(Cancelled):
            make(name, QUICK.get(name, {})).repair(task, progress=stop)


@pytest.mark.parametrize("name", METHODS)
def test_it_works_without_validation_rows(name):
    repaired = make(name, QUICK.get(name, {})).repair(build_task(validation=False), progress=silent)
    fresh = rows(100, 5)
    assert set(np.unique(repaired.decide(fresh.frame, fresh.group))) <= {0, 1}


@pytest.mark.parametrize("name", SLOWER)
def test_a_weight_of_2_counts_like_two_rows(name):
    """Weights are honoured: rows of weight 0 have no say, whatever they hold."""
    task = build_task(n=700)
    muddy = rows(700, 5)
    table = replace(
        task.train,
        frame=pd.concat([task.train.frame, muddy.frame], ignore_index=True),
        label=np.concatenate([task.train.label, 1 - muddy.label]),
        group=np.concatenate([task.train.group, muddy.group]),
        weight=np.concatenate([np.ones(700), np.zeros(700)]),
    )
    tuning = replace(
        task.validation,
        frame=pd.concat([task.validation.frame, muddy.frame], ignore_index=True),
        label=np.concatenate([task.validation.label, 1 - muddy.label]),
        group=np.concatenate([task.validation.group, muddy.group]),
        weight=np.concatenate([np.ones(350), np.zeros(700)]),
    )
    clean = make(name, QUICK.get(name, {})).repair(task, progress=silent)
    with_zeros = make(name, QUICK.get(name, {})).repair(
        replace(task, train=table, validation=tuning), progress=silent
    )
    fresh = rows(600, 99)
    one, other = (each.decide(fresh.frame, fresh.group) for each in (clean, with_zeros))
    flipped = make(name, QUICK.get(name, {})).repair(
        replace(
            task, train=replace(table, weight=np.ones(1400)), validation=replace(tuning, weight=np.ones(1050))
        ),
        progress=silent,
    )
    apart = np.mean(clean.decide(fresh.frame, fresh.group) != flipped.decide(fresh.frame, fresh.group))
    assert np.mean(one != other) < max(0.12, 0.6 * apart)
