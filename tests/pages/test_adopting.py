"""The part of a screen where a repair is adopted: a model with its files, or thresholds of a model that stays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.plan import ModelChoice, Plan, Roles
from audit.progress import silent
from tests.pages.test_screens import said


@pytest.fixture(scope="module")
def scored(known):
    """An audit of a column of scores with thresholds by group tried on it, and adopted."""
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], 800)
    score = rng.random(800) * np.where(group == "a", 1.0, 0.8)
    frame = pd.DataFrame({"y": (rng.random(800) < score).astype(int), "s": score, "group": group})
    plan = Plan(roles=Roles(label="y", score="s", sensitive=("group",)), model=ModelChoice(kind="column"))
    audit_id = known.store.create_audit(ingest_frame(frame, known.store.data_folder, name="scored"), plan)
    tasks.run_audit(known.store, audit_id, {}, silent)
    tasks.mitigate(
        known.store, audit_id, {"mitigation": "threshold_programme", "params": {"seeds": 1}}, silent
    )
    (key,) = known.store.trials(audit_id)
    tasks.adopt(known.store, audit_id, {"trial": key}, silent)
    return audit_id


def adopting(at):
    at.session_state["compare_parts"] = "Adopt"
    return at.run()


def test_a_model_is_offered_with_all_its_files(visit, known):
    at = adopting(visit("11_compare", known.tried))
    assert not at.exception
    assert at.header[-1].value == "Adopt this model"
    for name in ("model.skops", "model.onnx", "thresholds.json", "model-card.md", "plan.json"):
        assert name in said(at)
    assert any(button.label == "Make the files" for button in at.button)


def test_thresholds_of_a_model_that_stays_are_offered_without_one(visit, scored):
    at = adopting(visit("11_compare", scored))
    assert not at.exception
    assert at.header[-1].value == "Adopt these thresholds"
    words = said(at)
    assert "thresholds.json" in words
    assert "model-card.md" in words
    assert "model.skops" not in words
    assert "audit that column" in words
