"""Scores to set thresholds on, from models that have not seen the rows that they score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.errors import ModelError
from audit.mitigation.repair import Scores
from audit.progress import within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.repair import Task
    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

    Array = NDArray[np.float64]

PARTS: Final = 3
"""Without validation rows the training rows are cut into so many parts, each scored by a model of the others."""

_STREAM: Final = 0xC105


def tuning_scores(task: Task, *, progress: Progress) -> tuple[Scores, tuple[str, ...]]:
    """Score the rows that thresholds are set on.

    Parameters
    ----------
    task : Task
        The rows and the model.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    scores : Scores
        Of the validation rows; without them, of the training rows.
    notes : tuple of str
        Where the scores come from, if not from the model itself on validation rows.

    Notes
    -----
    A model is too sure of the rows it was trained on, and not equally so in every group. So training rows are scored
    by models of the same kind that were trained on the others. Scores that were given, or come from an uploaded model,
    are taken as they are.
    """
    rows = task.tuning
    found: Array | None = None
    notes: tuple[str, ...] = ()
    if task.validation is None:
        found = _crossed(task, progress) if task.base.estimator is not None else None
        notes = (
            "There are no validation rows: thresholds were set on the training rows, "
            + (
                f"scored by {PARTS} models of the same kind, each trained on the other rows."
                if found is not None
                else "with the scores as they are; where the model was trained on them, it is too sure of them."
            ),
        )
    score = task.base.score(rows.frame) if found is None else found
    progress(1.0, "Scored")
    return _scores(task, rows, score), notes


def _scores(task: Task, rows: TrainingTable, score: Array) -> Scores:
    return Scores(
        score=score,
        label=rows.label,
        group=rows.group,
        groups=rows.groups,
        weight=rows.weight,
        threshold=task.threshold,
        favourable=task.favourable,
    )


def _crossed(task: Task, progress: Progress) -> Array | None:
    """Score every part of the training rows by a model of the others; None where that cannot be trained."""
    rows = task.train
    part = parts(rows, seed=task.seed)
    score = np.empty(len(rows.label))
    for k in range(PARTS):
        own, others = np.flatnonzero(part == k), np.flatnonzero(part != k)
        if not len(own):
            continue
        share = within(progress, k / PARTS, (k + 1) / PARTS)
        share(0.0, f"Training model {k + 1} of {PARTS} on the other rows")
        frame = rows.frame.iloc[others].reset_index(drop=True)
        try:
            model = task.fit(frame, rows.label[others], rows.weight[others], share)
        except ModelError:
            return None
        score[own] = model.score(rows.frame.iloc[own])
    return score


def parts(rows: TrainingTable, *, seed: int) -> NDArray[np.int64]:
    """Cut rows into parts that hold every group and label evenly.

    Parameters
    ----------
    rows : TrainingTable
        The rows; those of weight 0 are dealt apart from the others.
    seed : int
        Where the draw starts.

    Returns
    -------
    ndarray of int
        The part of each row.
    """
    shuffled = np.random.default_rng([seed, _STREAM]).permutation(len(rows.label))
    cell = (rows.group * 2 + rows.label) * 2 + (rows.weight > 0)
    order = shuffled[np.argsort(cell[shuffled], kind="stable")]
    part = np.empty(len(order), dtype=np.int64)
    part[order] = np.arange(len(order)) % PARTS
    return part
