"""Means over people of what their scores say, from counts by group, label and score, each with its variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.tables.scores import ScoreCells

    Array = NDArray[np.float64]

EDGE: Final = 1e-6
"""For logarithms a score is taken to be at least this and at most 1 less this."""

LABEL: Final = np.array([0.0, 1.0])[None, :, None]
"""The label as a number, along the axis of labels."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """One measure of every group.

    Parameters
    ----------
    value : ndarray of shape (n_groups,)
        The measure; NaN where it is undefined.
    variance : ndarray of shape (n_groups,)
        Variance of the estimate.
    centre : ndarray of shape (n_groups,)
        The measure less its known bias.
    n, effective : ndarray of shape (n_groups,)
        People behind it, and their effective number.
    undefined : tuple of str
        Reason codes, empty where there is a value.
    """

    value: Array
    variance: Array
    centre: Array
    n: Array
    effective: Array
    undefined: tuple[str, ...]


def are_probabilities(scores: ScoreCells) -> bool:
    """Tell whether every score lies between 0 and 1.

    Parameters
    ----------
    scores : ScoreCells
        The scores.

    Returns
    -------
    bool
        False where somebody's score is below 0 or above 1.
    """
    held = scores.n.sum(axis=(0, 1)) > 0
    cuts, means = np.asarray(scores.cuts)[held], scores.means[held]
    return bool(np.all(cuts >= 0) and np.all(means <= 1 + 1e-12))


def cell_scores(scores: ScoreCells) -> Array:
    """Give the mean score of each group, label and bin.

    Parameters
    ----------
    scores : ScoreCells
        The scores.

    Returns
    -------
    ndarray of shape (n_groups, 2, n_bins)
        The means; the bin's own where the cell is empty.
    """
    full = scores.w > 0
    return np.where(full, scores.s / np.where(full, scores.w, 1.0), scores.means[None, None, :])


def average(scores: ScoreCells, each: Array, label: int | None = None) -> Measured:
    """Average a quantity over the people of each group.

    Parameters
    ----------
    scores : ScoreCells
        The scores.
    each : ndarray of shape (n_groups, 2, n_bins)
        The quantity of each person in a cell.
    label : {0, 1} or None
        Only people with this label.

    Returns
    -------
    Measured
        The weighted mean; its variance needs two people.
    """
    keep = slice(None) if label is None else slice(label, label + 1)
    n, w, w2, each = (array[:, keep] for array in (scores.n, scores.w, scores.w2, each))
    axes = (1, 2)
    total = w.sum(axis=axes)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray((w * each).sum(axis=axes) / total)
        effective = np.where(total > 0, total**2 / w2.sum(axis=axes), 0.0)
        spread = (w2 * (each - value[:, None, None]) ** 2).sum(axis=axes) / total**2
        variance = spread * effective / (effective - 1)
    nobody = {None: "empty", 0: "no_negatives", 1: "no_positives"}[label]
    people = n.sum(axis=axes)
    reasons = tuple(
        nobody if t <= 0 else "single_person" if e <= 1 + 1e-9 else ""
        for t, e in zip(total, effective, strict=True)
    )
    return blanked(value, variance, centre=value, n=people, effective=effective, reasons=reasons)


def blanked(
    value: Array, variance: Array, *, centre: Array, n: Array, effective: Array, reasons: tuple[str, ...]
) -> Measured:
    """Leave values out where there is a reason to.

    Parameters
    ----------
    value, variance, centre, n, effective : ndarray of shape (n_groups,)
        As in :class:`Measured`.
    reasons : tuple of str
        Reason codes, empty where there is a value.

    Returns
    -------
    Measured
        NaN where there is a reason.
    """
    known = np.array([not reason for reason in reasons], dtype=bool)
    return Measured(
        value=np.where(known, value, np.nan),
        variance=np.where(known, variance, np.nan),
        centre=np.where(known, centre, np.nan),
        n=n,
        effective=effective,
        undefined=reasons,
    )


def brier(q: Array) -> Array:
    """Give each person's squared distance of score and label.

    Parameters
    ----------
    q : ndarray of shape (n_groups, 2, n_bins)
        Scores.

    Returns
    -------
    ndarray
        0 to 1.
    """
    return np.asarray((q - LABEL) ** 2)


def surprise(q: Array) -> Array:
    """Give each person's log loss.

    Parameters
    ----------
    q : ndarray of shape (n_groups, 2, n_bins)
        Scores, held within :data:`EDGE`.

    Returns
    -------
    ndarray
        0 or more.
    """
    p = np.clip(q, EDGE, 1 - EDGE)
    return np.asarray(-np.log(np.where(LABEL > 0, p, 1 - p)))


def excess(q: Array) -> Array:
    """Give how far each person's score lies above the label.

    Parameters
    ----------
    q : ndarray of shape (n_groups, 2, n_bins)
        Scores.

    Returns
    -------
    ndarray
        −1 to 1.
    """
    return np.asarray(q - LABEL)


def binning_error(scores: ScoreCells, which: str) -> Array:
    """Bound how far a mean of bins can be from the mean of the scores themselves.

    Parameters
    ----------
    scores : ScoreCells
        Probabilities.
    which : {"brier_score", "log_loss"}
        The measure.

    Returns
    -------
    ndarray of shape (n_groups,)
        The largest error; 0 where bins hold one score each.

    Notes
    -----
    Mean scores of bins are exact, so a convex loss lies between its value at the mean and the chord over the bin.
    """
    if scores.exact:
        return np.zeros(len(scores.groups))
    low = np.clip(np.asarray(scores.cuts), 0.0, 1.0)
    high = np.clip(np.append(low[1:], 1.0), 0.0, 1.0)
    q = np.clip(cell_scores(scores), low, high)
    loss = brier if which == "brier_score" else surprise
    ends = [np.broadcast_to(end, q.shape) for end in (low, high)]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(high > low, (q - low) / (high - low), 0.0)
    gap = (1 - share) * loss(ends[0]) + share * loss(ends[1]) - loss(q)
    total = scores.w.sum(axis=(1, 2))
    return np.where(
        total > 0, (scores.w * np.maximum(gap, 0)).sum(axis=(1, 2)) / np.where(total > 0, total, 1), 0
    )
