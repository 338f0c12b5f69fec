"""Curves of every group for pictures: a rate over the threshold, ROC, precision and recall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.metrics.curves import roc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.disparity.thresholds import Sweep
    from audit.tables.scores import ScoreCells

    Array = NDArray[np.float64]

MOST_POINTS: Final = 200
"""Points that a curve is drawn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A curve of one group.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group; None for everybody.
    place : int
        Its place in the audit's order, which decides its colour; −1 for everybody.
    x, y : tuple of float
        The points; y is NaN where nothing can be estimated.
    n : int
        People of the group with a score.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    place: int
    x: tuple[float, ...]
    y: tuple[float, ...]
    n: int


def metric_lines(found: Sweep, metric: str, *, most: int = MOST_POINTS) -> tuple[Line, ...]:
    """Give a rate of every group over the thresholds.

    Parameters
    ----------
    found : Sweep
        All thresholds.
    metric : str
        Id of a rate.
    most : int, default 200
        Points of a curve.

    Returns
    -------
    tuple of Line
        One for each group in display order.
    """
    picks = _thinned(len(found.thresholds), most)
    value, scores = found.rates(metric)[picks], found.scores
    x = tuple(found.thresholds[picks].tolist())
    sizes = scores.sizes
    return tuple(
        Line(
            sensitive=scores.sensitive,
            group=group,
            place=g,
            x=x,
            y=tuple(value[:, g].tolist()),
            n=int(sizes[g]),
        )
        for g, group in enumerate(scores.groups)
    )


def roc_lines(scores: ScoreCells, *, most: int = MOST_POINTS) -> tuple[Line, ...]:
    """Give the ROC curve of every group that has both labels.

    Parameters
    ----------
    scores : ScoreCells
        The scores of one grouping.
    most : int, default 200
        Points of a curve.

    Returns
    -------
    tuple of Line
        False positive rate across, true positive rate up.
    """
    false, true = roc(scores.w[:, 1], scores.w[:, 0])
    return _curves(scores, false, true, most)


def precision_lines(scores: ScoreCells, *, most: int = MOST_POINTS) -> tuple[Line, ...]:
    """Give the precision–recall curve of every group that has positive labels.

    Parameters
    ----------
    scores : ScoreCells
        The scores of one grouping.
    most : int, default 200
        Points of a curve.

    Returns
    -------
    tuple of Line
        True positive rate (recall) across, precision up; without the point at which nobody is selected.
    """
    positives, negatives = (np.cumsum(scores.w[:, label, ::-1], axis=1) for label in (1, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = positives / positives[:, -1:]
        precision = positives / (positives + negatives)
    return _curves(scores, recall, precision, most)


def _curves(scores: ScoreCells, x: Array, y: Array, most: int) -> tuple[Line, ...]:
    found = []
    sizes = scores.sizes
    for g, group in enumerate(scores.groups):
        good = ~(np.isnan(x[g]) | np.isnan(y[g]))
        if not good.any():
            continue
        across, up = x[g][good], y[g][good]
        # Bins without anybody add no corner.
        moved = np.append(True, (np.diff(across) != 0) | (np.diff(up) != 0))
        across, up = across[moved], up[moved]
        picks = _thinned(len(across), most)
        found.append(
            Line(
                sensitive=scores.sensitive,
                group=group,
                place=g,
                x=tuple(across[picks].tolist()),
                y=tuple(up[picks].tolist()),
                n=int(sizes[g]),
            )
        )
    return tuple(found)


def _thinned(size: int, most: int) -> NDArray[np.int64]:
    """Pick points evenly, the first and the last among them."""
    return np.unique(np.linspace(0, size - 1, min(size, most)).round().astype(np.int64))
