"""How far two groups' scores are apart: ROC curves and the area between them, and distances of distributions.

References
----------
.. [1] Gardner, Brooks & Baker (2019), "Evaluating the fairness of predictive student models through slicing analysis",
   LAK, doi:10.1145/3303772.3303791.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def roc(positives: Array, negatives: Array) -> tuple[Array, Array]:
    """Give a ROC curve: its corners, from nobody selected to everybody.

    Parameters
    ----------
    positives, negatives : ndarray of shape (…, n_bins)
        Weights of people with each label by rising score.

    Returns
    -------
    false, true : ndarray of shape (…, n_bins + 1)
        False and true positive rates, rising from 0 to 1; NaN where a label has nobody.
    """
    found = []
    for side in (negatives, positives):
        with np.errstate(divide="ignore", invalid="ignore"):
            above = np.cumsum(side[..., ::-1], axis=-1) / side.sum(axis=-1, keepdims=True)
        start = np.where(np.isnan(above[..., :1]), np.nan, 0.0)
        found.append(np.concatenate([start, above], axis=-1))
    return found[0], found[1]


def area_between(first: tuple[Array, Array], second: tuple[Array, Array]) -> float:
    r"""Give the area between two ROC curves (ABROCA), whichever of them lies above.

    Parameters
    ----------
    first, second : tuple of ndarray
        Corners of the curves, from :func:`roc`.

    Returns
    -------
    float
        Between 0 and 1; at least the difference of the areas under them, and more where they cross.

    Notes
    -----
    .. math:: \int_0^1 |ROC_1(t) - ROC_2(t)|\,dt

    exactly, for curves of straight pieces [1]_.

    Examples
    --------
    >>> import numpy as np
    >>> one = (np.array([0, 0.0, 1]), np.array([0, 0.5, 1]))
    >>> two = (np.array([0, 0.5, 1]), np.array([0, 1.0, 1]))
    >>> round(area_between(one, two), 4)
    0.1667
    """
    grid = np.unique(np.concatenate([first[0], second[0]]))
    left = _height(first, grid[:-1], upper=True) - _height(second, grid[:-1], upper=True)
    right = _height(first, grid[1:], upper=False) - _height(second, grid[1:], upper=False)
    a, b = np.abs(left), np.abs(right)
    crossing = left * right < 0
    width = np.diff(grid)
    apart = np.where(crossing, a + b, 1.0)
    return float(np.sum(width * np.where(crossing, (a * a + b * b) / (2 * apart), (a + b) / 2)))


def _height(curve: tuple[Array, Array], at: Array, *, upper: bool) -> Array:
    """Read a curve just to the right of some places, or just to their left, where upright pieces make it jump."""
    across, up = curve
    places, starts = np.unique(across, return_index=True)
    ends = np.append(starts[1:], len(across)) - 1
    k = np.searchsorted(places, at, side="right" if upper else "left") - 1
    k = np.clip(k, 0, len(places) - 2)
    share = (at - places[k]) / (places[k + 1] - places[k])
    return np.asarray(up[ends[k]] + share * (up[starts[k + 1]] - up[ends[k]]))


def on_grid(false: Array, true: Array, grid: Array) -> Array:
    """Read many ROC curves at the same false positive rates.

    Parameters
    ----------
    false, true : ndarray of shape (n_curves, n_corners)
        The curves.
    grid : ndarray of shape (n_places,)
        Rising values from 0 to 1.

    Returns
    -------
    ndarray of shape (n_curves, n_places)
        True positive rates.
    """
    # One reading for all curves: each lies beside the one before on a common axis.
    shift = 2.0 * np.arange(len(false))[:, None]
    found = np.interp((grid[None, :] + shift).ravel(), (false + shift).ravel(), true.ravel())
    return np.asarray(found.reshape(len(false), len(grid)))


def cumulated(weights: Array) -> Array:
    """Give distribution functions.

    Parameters
    ----------
    weights : ndarray of shape (…, n_bins)
        Weights by rising score.

    Returns
    -------
    ndarray of shape (…, n_bins)
        Share with a score in this bin or below; NaN where there is nobody.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        # Weights added one by one can exceed their sum in the last digit: a share must not.
        share = np.cumsum(weights, axis=-1) / weights.sum(axis=-1, keepdims=True)
        return np.asarray(np.minimum(share, 1.0))


def ks_distance(first: Array, second: Array) -> Array:
    """Give the largest distance of two distribution functions (Kolmogorov–Smirnov).

    Parameters
    ----------
    first, second : ndarray of shape (…, n_bins)
        From :func:`cumulated`; the leading axes broadcast.

    Returns
    -------
    ndarray of shape (…)
        Between 0 and 1.
    """
    return np.asarray(np.abs(first - second).max(axis=-1))


def wasserstein_distance(first: Array, second: Array, places: Array) -> Array:
    """Give how far scores have to be moved, on average, to turn one distribution into the other.

    Parameters
    ----------
    first, second : ndarray of shape (…, n_bins)
        From :func:`cumulated`; the leading axes broadcast.
    places : ndarray of shape (n_bins,)
        The score that stands for each bin.

    Returns
    -------
    ndarray of shape (…)
        0 or more, on the scale of the scores.
    """
    return np.asarray((np.abs(first - second)[..., :-1] * np.diff(places)).sum(axis=-1))
