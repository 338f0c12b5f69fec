"""A quick logistic regression on the training rows, which says how likely the positive label of each is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.models.baseline import fit_baseline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

FOLDS: Final = 5
"""Into how many parts rows are dealt, so that no row is judged by a model that has seen it."""

_RANKER: Final = "logistic_regression"


def rank(table: TrainingTable, *, seed: int, progress: Progress) -> NDArray[np.float64]:
    """Score the training rows with a model of their own.

    Parameters
    ----------
    table : TrainingTable
        The training rows; their weights count.
    seed : int
        Where every random draw starts.
    progress : callable
        Told the share done.

    Returns
    -------
    ndarray of float64 of shape (n,)
        Probability of the positive label, as a logistic regression sees it that was trained on the same rows.

    Raises
    ------
    ModelError
        Where the rows have one label only, or no column can be a feature.
    """
    fitted = fit_baseline(
        _RANKER, table.frame, table.label, weight=table.weight, seed=seed, progress=progress
    )
    return fitted.score(table.frame)


def rank_apart(table: TrainingTable, *, seed: int, progress: Progress) -> NDArray[np.float64]:
    """Score each training row with a model that has not seen it.

    Parameters
    ----------
    table : TrainingTable
        The training rows; their weights count.
    seed : int
        Where every random draw starts.
    progress : callable
        Told the share done.

    Returns
    -------
    ndarray of float64 of shape (n,)
        Probability of the positive label, from the model of the other folds.

    Raises
    ------
    ModelError
        Where the rows of a fold leave one label only.

    Notes
    -----
    Rows are dealt to the folds within every group and label, so that each model knows all of them.
    """
    fold = deal(table, seed=seed)
    score = np.empty(len(table.label))
    for part in range(FOLDS):
        progress(part / FOLDS, f"Judging part {part + 1} of {FOLDS} by a model of the others")
        inside = fold == part
        if not inside.any():
            continue
        fitted = fit_baseline(
            _RANKER,
            table.frame.loc[~inside].reset_index(drop=True),
            table.label[~inside],
            weight=table.weight[~inside],
            seed=seed,
        )
        score[inside] = fitted.score(table.frame.loc[inside])
    return score


def deal(table: TrainingTable, *, seed: int) -> NDArray[np.int64]:
    """Deal rows to folds, evenly within every group and label.

    Parameters
    ----------
    table : TrainingTable
        The training rows.
    seed : int
        Where the draw starts.

    Returns
    -------
    ndarray of int64 of shape (n,)
        The fold of each row.
    """
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(table.label))
    cell = table.group[order].astype(np.int64) * 2 + table.label[order]
    fold = np.empty(len(order), dtype=np.int64)
    fold[order[np.argsort(cell, kind="stable")]] = np.arange(len(order)) % FOLDS
    return fold
