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


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_what_was_measured_is_what_the_file_decides(name, work, tmp_path):
    params = {SEEDS: 1, **QUICK.get(name, {})}
    trial, first = work.try_out(MitigationChoice(id=name, params=params))
    adopted = work.hand_over(first, trial)
    assert {"model.skops", "thresholds.json", "model-card.md", "plan.json"} <= set(adopted.files)
    rows = first.bench.frame.loc[first.bench.rows(TEST)]
    scored, _ = through_the_door(adopted.files["model.skops"], rows, tmp_path)
    rule = first.repaired.rule
    if rule is not None and rule.drawn:
        # A draw is no property of a person: the file gives the scores, and the rule with the seed does the rest.
        decided = rule.decide(scored.score, first.group, seed=work.plan.seed)
    elif scored.score is None:
        decided = scored.decision
    else:
        decided = scored.score >= work.plan.roles.threshold
    np.testing.assert_array_equal(decided, first.decisions["after"])
    assert not any("decides otherwise" in sentence for sentence in adopted.left)
