"""What every threshold would do to each group: computed from rows or from weighted bins alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.repair import Scores
    from audit.mitigation.rule import Step

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """One group at every threshold that makes a difference.

    Parameters
    ----------
    code : int
        Position of the group.
    threshold : ndarray of shape (n_points,)
        Falling: infinity, which selects nobody, then every score that occurs; the last is −infinity, for everybody.
    tp, fp : ndarray of shape (n_points,)
        Weight of the people with each label who are selected, rising.
    corners : ndarray of int
        The points that are corners of the upper convex hull; the first and the last point are among them.
    n_positive, n_negative : float
        People of each label, not weighted.
    lowest : float
        The lowest score: a threshold at or below it selects everybody.
    """

    code: int
    threshold: Array
    tp: Array
    fp: Array
    corners: NDArray[np.int64]
    n_positive: float
    n_negative: float
    lowest: float

    @property
    def positives(self) -> float:
        """Weight of the people with the positive label."""
        return float(self.tp[-1])

    @property
    def negatives(self) -> float:
        """Weight of the people with the negative label."""
        return float(self.fp[-1])

    def at(self, threshold: float) -> int:
        """Find the point that a threshold leads to.

        Parameters
        ----------
        threshold : float
            A score at or above it is selected.

        Returns
        -------
        int
            Position of the last point whose people all have such a score.
        """
        inside = int(np.searchsorted(-self.threshold, -threshold, side="right")) - 1
        return len(self.threshold) - 1 if threshold <= self.lowest else inside


def curves(scores: Scores) -> tuple[Curve | None, ...]:
    """Draw the curve of every group.

    Parameters
    ----------
    scores : Scores
        Rows or bins.

    Returns
    -------
    tuple of Curve or None
        One for each group; None where nobody counts.

    Raises
    ------
    InputError
        Where a score is not a number.

    Notes
    -----
    The hull is that of the receiver operating characteristic, found by pooling adjacent violators: the slope of the
    curve must not rise, which is an isotonic regression of the share of positives on the falling score.
    """
    counts = scores.weight > 0
    if not np.isfinite(scores.score[counts]).all():
        raise InputError(
            "A score is missing or not finite.",
            why="Thresholds are set on scores.",
            fix="Leave out the rows without a score.",
            code="scores_missing",
        )
    return tuple(
        _curve(scores, code, np.flatnonzero(counts & (scores.group == code)))
        for code in range(len(scores.groups))
    )


def _curve(scores: Scores, code: int, rows: NDArray[np.int64]) -> Curve | None:
    if not len(rows):
        return None
    order = rows[np.argsort(-scores.score[rows], kind="stable")]
    value, positive = scores.score[order], scores.label[order] == 1
    ends = np.append(np.flatnonzero(np.diff(value)), len(value) - 1)

    def summed(weight: Array) -> Array:
        return np.concatenate([[0.0], np.cumsum(weight)[ends]])

    weight = scores.weight[order]
    people = np.ones(len(order)) if scores.people is None else scores.people[order]
    tp, fp = summed(np.where(positive, weight, 0.0)), summed(np.where(positive, 0.0, weight))
    threshold = np.concatenate([[np.inf], value[ends]])
    threshold[-1] = -np.inf
    return Curve(
        code=code,
        threshold=threshold,
        tp=tp,
        fp=fp,
        corners=_corners(tp, fp),
        n_positive=float(people[positive].sum()),
        n_negative=float(people[~positive].sum()),
        lowest=float(value[-1]),
    )


def _corners(tp: Array, fp: Array) -> NDArray[np.int64]:
    """Give the corners of the upper convex hull of points that rise."""
    from scipy.optimize import isotonic_regression

    step = np.diff(tp + fp)
    pooled = isotonic_regression(np.diff(tp) / step, weights=step, increasing=False)
    return np.asarray(pooled.blocks, dtype=np.int64)


def reached(curve: Curve, steps: tuple[Step, ...]) -> tuple[float, float]:
    """Say what thresholds with their shares lead to on the rows that the curve was drawn from.

    Parameters
    ----------
    curve : Curve
        The group.
    steps : tuple of Step
        Its thresholds with their shares.

    Returns
    -------
    tp, fp : float
        Weight of the selected people of each label.
    """
    points = [curve.at(step.threshold) for step in steps]
    shares = np.array([step.share for step in steps])
    return float(shares @ curve.tp[points]), float(shares @ curve.fp[points])
