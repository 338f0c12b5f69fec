"""Every mitigation of the catalogue can be adopted, and its file decides about the test rows as was measured."""

from __future__ import annotations

import numpy as np
import pytest

from audit.before import SEEDS
from audit.data.ingest import ingest_frame
from audit.mitigation.catalogue import catalogue
from audit.models.split import TEST
from audit.plan import MitigationChoice
from audit.run import prepare
from tests.handing import people, plan_of, through_the_door
from tests.repairing import QUICK


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return prepare(ingest_frame(people(700), tmp_path_factory.mktemp("data")), plan_of())


DRAWN = [
    ("threshold_programme", {"draw": True}),
    ("exponentiated_gradient", {"draw": True}),
]
"""Settings under which a draw decides about some people."""


@pytest.mark.parametrize(("name", "settings"), [*((name, {}) for name in sorted(catalogue())), *DRAWN])
def test_what_was_measured_is_what_the_file_decides(name, settings, work, tmp_path):
    params = {SEEDS: 1, **QUICK.get(name, {}), **settings}
    trial, first = work.try_out(MitigationChoice(id=name, params=params))
    adopted = work.hand_over(first, trial)
    assert {"model.skops", "thresholds.json", "model-card.md", "plan.json"} <= set(adopted.files)
    rows = first.bench.frame.loc[first.bench.rows(TEST)]
    scored, _ = through_the_door(adopted.files["model.skops"], rows, tmp_path)
    decided = scored.decision if scored.score is None else scored.score >= work.plan.roles.threshold
    np.testing.assert_array_equal(decided, first.decisions["after"])
    assert not any("decides otherwise" in sentence for sentence in adopted.left)
