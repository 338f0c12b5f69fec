"""A small table for searches over repairs, and a work on it that is ready to search."""

from __future__ import annotations

import numpy as np
import pandas as pd

from audit.data.ingest import ingest_frame
from audit.plan import ModelChoice, Plan, Roles, Tuning
from audit.run import prepare


def people(n=900, seed=0):
    """Group b is smaller and selected less often; a named split keeps a third for the test."""
    rng = np.random.default_rng(seed)
    group = np.where(rng.random(n) < 0.35, "b", "a")
    skill = rng.normal(0.9 * (group == "a"), 1.0)
    label = (skill + rng.normal(0, 0.8, n) > 0.4).astype(int)
    return pd.DataFrame(
        {
            "y": label,
            "group": group,
            "region": rng.choice(["n", "s", "w"], n),
            "skill": skill.round(4),
            "proxy": ((group == "a") + rng.normal(0, 0.5, n)).round(4),
            "part": rng.choice(["train", "validation", "test"], n, p=[0.5, 0.25, 0.25]),
        }
    )


def asked(**tuning):
    """A plan that trains a logistic regression and searches as told."""
    return Plan(
        roles=Roles(label="y", sensitive=("group", "region"), split="part"),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        tuning=Tuning(**{"trials": 6, **tuning}),
        replicates=100,
        dated="2026-12-01",
    )


def work_on(folder, frame=None, **tuning):
    """The audit of these people, ready for a search."""
    table = people() if frame is None else frame
    return prepare(ingest_frame(table, folder, name="people"), asked(**tuning))
