"""Tasks for networks: Adult by sex on split after split, and a table whose shortcut fails outside training."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from audit.data.samples import sample
from audit.mitigation.repair import Task
from audit.mitigation.table import TrainingTable
from audit.models.baseline import fit_baseline
from audit.progress import silent

SEXES = (("Female",), ("Male",))
CELLS = (("0", "0"), ("0", "1"), ("1", "0"), ("1", "1"))


def _task(train, validation, seed):
    def fit(frame, label, weight, progress):
        return fit_baseline("mlp", frame, label, weight=weight, seed=seed, progress=progress)

    return Task(
        train=train,
        validation=validation,
        fit=fit,
        base=fit(train.frame, train.label, train.weight, silent),
        threshold=0.5,
        favourable="positive",
        seed=seed,
    )


@lru_cache(maxsize=1)
def _adult():
    found = sample("adult")
    return pd.read_parquet(found.path), found.plan.roles


@lru_cache(maxsize=2)
def adult(seed):
    """Adult, split at random into 60 % to train, 20 % to validate and 20 % to test; sex is not an input."""
    frame, roles = _adult()
    order = np.random.default_rng(seed).permutation(len(frame))
    first, second = int(0.6 * len(frame)), int(0.8 * len(frame))

    def table(rows):
        part = frame.iloc[rows].reset_index(drop=True)
        return TrainingTable(
            frame=part[list(roles.features)],
            label=(part[roles.label].astype(str) == roles.positive).to_numpy().astype(np.int8),
            group=(part["sex"] == "Male").to_numpy().astype(int),
            groups=SEXES,
            weight=np.ones(len(rows)),
        )

    train, validation, test = (table(rows) for rows in np.split(order, [first, second]))
    return _task(train, validation, seed), test


def shortcut(seed, n=4000):
    """A background agrees with the label in 95 % of the training rows and in half of the test rows.

    Four measurements say a little about the label, two say much about the background: a network that learns the
    background is nearly right in training and wrong for everybody whose background is the other one.
    """

    def table(rows, agreement, seed):
        draw = np.random.default_rng(seed)
        label = (draw.random(rows) < 0.5).astype(np.int8)
        background = np.where(draw.random(rows) < agreement, label, 1 - label)
        columns = {f"core {k}": label - 0.5 + draw.normal(0, 1.0, rows) for k in range(4)}
        columns |= {f"short {k}": 2.0 * background - 1 + draw.normal(0, 0.5, rows) for k in range(2)}
        columns |= {f"noise {k}": draw.normal(size=rows) for k in range(4)}
        return TrainingTable(
            frame=pd.DataFrame(columns),
            label=label,
            group=(label * 2 + background).astype(int),
            groups=CELLS,
            weight=np.ones(rows),
        )

    train, validation = table(n, 0.95, seed), table(n // 3, 0.95, seed + 50)
    return _task(train, validation, seed), table(5 * n, 0.5, seed + 99)


def measured(decided, test):
    """Accuracy, that of the worst group, and signed gaps: the last group less the first."""
    right = decided == test.label
    groups = range(len(test.groups))

    def rate(inside):
        return [
            decided[inside & (test.group == g)].sum() / max((inside & (test.group == g)).sum(), 1)
            for g in groups
        ]

    chance, selected = rate(test.label == 1), rate(np.ones(len(right), dtype=bool))
    return {
        "accuracy": right.mean(),
        "worst": min(right[test.group == g].mean() for g in groups),
        "selection": selected[-1] - selected[0],
        "opportunity": chance[-1] - chance[0],
    }
