"""A small task for mitigations, and settings with which each is quick enough for a test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from audit.mitigation.repair import Task
from audit.mitigation.table import TrainingTable
from audit.models.baseline import Fitted, fit_baseline
from audit.progress import silent

QUICK = {
    "gan": {"epochs": 1},
    "minimax_hedge": {"rounds": 4},
    "bounded_group_loss": {"fits": 5},
    "prototype_representation": {"prototypes": 3},
}
"""Settings that make slow mitigations quick."""

GROUPS = (("a",), ("b",))


def rows(n, seed, *, weight=None, groups=GROUPS):
    """Rows whose label and score depend on the group: b is smaller, and positive more often."""
    rng = np.random.default_rng(seed)
    group = (rng.random(n) < 0.35).astype(int) if len(groups) == 2 else rng.integers(0, len(groups), n)
    skill = rng.normal(0.6 * (group == 1), 1.0)
    label = (skill + rng.normal(0, 1.0, n) > 0.5).astype(np.int8)
    frame = pd.DataFrame(
        {
            "skill": skill,
            "proxy": (group == 1) + rng.normal(0, 0.5, n),
            "age": rng.integers(18, 80, n),
            "job": rng.choice(["x", "y", None, "z"], n),
            "owner": rng.random(n) < 0.4,
        }
    )
    return TrainingTable(
        frame=frame,
        label=label,
        group=group,
        groups=groups,
        weight=np.ones(n) if weight is None else weight(rng, n),
    )


def build_task(
    n=900,
    seed=0,
    *,
    algorithm="logistic_regression",
    weight=None,
    groups=GROUPS,
    validation=True,
    favourable="positive",
):
    """Training and validation rows, with a baseline trained on the former."""
    train = rows(n, seed, weight=weight, groups=groups)

    def fit(frame, label, weight, progress):
        return fit_baseline(algorithm, frame, label, weight=weight, seed=seed, progress=progress)

    return Task(
        train=train,
        validation=rows(n // 2, seed + 1000, weight=weight, groups=groups) if validation else None,
        fit=fit,
        base=fit(train.frame, train.label, train.weight, silent),
        threshold=0.5,
        favourable=favourable,
        seed=seed,
    )


def memorising(task):
    """A tree that is grown until it knows its training rows by heart."""
    from sklearn.tree import DecisionTreeClassifier

    def fit(frame, label, weight, progress):
        tree = DecisionTreeClassifier(random_state=0)
        numbers = frame[["skill", "proxy", "age"]].to_numpy()
        tree.fit(numbers, label, sample_weight=weight)
        return Fitted(
            title="Tree",
            features=("skill", "proxy", "age"),
            notes=(),
            predict=lambda f: tree.predict_proba(f[["skill", "proxy", "age"]].to_numpy())[:, 1],
            estimator=tree,
        )

    return replace(task, fit=fit, base=fit(task.train.frame, task.train.label, task.train.weight, silent))
