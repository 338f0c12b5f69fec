"""A model of one group's own: what could at best be had for it with these features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.errors import ModelError

if TYPE_CHECKING:
    from audit.mitigation.minimax.choice import Judge
    from audit.mitigation.repair import Task
    from audit.progress import Progress


_ENOUGH: Final = 300
"""Rows below which a model of one group alone says more about having few rows than about the group."""


def own_loss(task: Task, judge: Judge, group: int, *, progress: Progress) -> float | None:
    """Train the audited kind of model on one group alone and give its loss there.

    Parameters
    ----------
    task : Task
        Rows, and how the model is trained.
    judge : Judge
        Rows and loss to judge by.
    group : int
        Position of the group.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    float or None
        Its loss on the judge's rows; None where the group has too few rows to learn from, or the judge has the training rows, on
        which a model of few people always looks good, or one kind of error alone is judged, which a model of its own
        does not aim at.
    """
    if judge.source == "train" or judge.loss.counted is not None:
        return None
    rows = np.flatnonzero((task.train.group == group) & (task.train.weight > 0))
    if len(rows) < _ENOUGH:
        return None
    try:
        fitted = task.fit(
            task.train.frame.iloc[rows].reset_index(drop=True),
            task.train.label[rows],
            task.train.weight[rows],
            progress,
        )
    except ModelError:
        return None
    held = judge.rows.group == group
    score = np.full(len(held), 0.5)
    score[held] = fitted.score(judge.rows.frame.loc[held])
    return float(judge.measure(score).by_group[group])
