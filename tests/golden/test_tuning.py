"""On Adult, a search finds what reweighing by itself finds, or better, on the rows on which it compares."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.data.samples import open_sample, sample
from audit.plan import ModelChoice, Tuning
from audit.run import prepare
from audit.tuning.search import tune


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    plan = sample("adult").plan
    plan = replace(
        plan,
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        tuning=Tuning(trials=9, methods=("resampling", "reweighing"), group_by="sex"),
    )
    return tune(prepare(open_sample("adult", tmp_path_factory.mktemp("data")), plan))


def test_the_front_holds_or_beats_plain_reweighing(study):
    plain = next(row for row in study.rows if row.method == "reweighing")
    assert plain.params == {"group_by": "sex", "strength": 1.0}
    assert any(
        row.validation.gap <= plain.validation.gap and row.validation.utility >= plain.validation.utility
        for row in study.front
    )


def test_reweighing_by_half_overshoots_less_than_the_whole_of_it(study):
    # Full reweighing turns the gap in equal opportunity around on Adult: the best strength lies between.
    assert study.chosen.validation.gap < study.before.gap / 2
    assert study.chosen.validation.utility > study.before.utility - 0.01


def test_what_was_picked_as_the_best_looks_less_good_on_the_test_rows(study):
    row = study.chosen
    assert row.test.gap > row.validation.gap
    assert row.test.gap < row.before.gap
    assert row.control.gap > row.test.gap
