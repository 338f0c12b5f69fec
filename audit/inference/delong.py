"""The area under a ROC curve from counts by score, how sure it is, and its interval.

References
----------
.. [1] DeLong, DeLong & Clarke-Pearson (1988), "Comparing the areas under two or more correlated receiver operating
   characteristic curves", Biometrics 44.
.. [2] Newcombe (2006), "Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2",
   Statistics in Medicine 25, method 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit, logit

from audit.inference.intervals import z_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FEW: Final = 10
"""With fewer people of one label than this, the interval does not rest on their own spread alone."""

RARE: Final = 5
"""Nor where people of the rarer label times the area's distance to 0 or 1 are fewer than this."""

_HALVINGS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Areas:
    """Areas under ROC curves.

    Parameters
    ----------
    value : ndarray of shape (…)
        The areas, 0 to 1; NaN where one of the labels has nobody.
    variance : ndarray of shape (…)
        DeLong's variance; NaN where one of the labels has fewer than two people.
    positives, negatives : ndarray of shape (…)
        People of each label, or their effective number with weights.
    error : ndarray of shape (…)
        How far the area of the scores themselves can be from the value at most, where a bin holds several scores.
    """

    value: Array
    variance: Array
    positives: Array
    negatives: Array
    error: Array


def areas(w_pos: Array, w2_pos: Array, w_neg: Array, w2_neg: Array) -> Areas:
    r"""Give the probability that a positive person scores higher than a negative one.

    Parameters
    ----------
    w_pos, w2_pos : ndarray of shape (…, n_bins)
        Weights and squared weights of the people with the positive label, by rising score.
    w_neg, w2_neg : ndarray of shape (…, n_bins)
        The same of the people with the negative label; the leading axes broadcast.

    Returns
    -------
    Areas
        Areas with their variances.

    Notes
    -----
    A pair in one bin counts one half, so the value is exact where each bin holds one score; elsewhere it is off by at
    most half of the share of such pairs. With placements :math:`V_i` (the share of the other label below a person, ties
    counted half) the variance is :math:`S_{10}/m + S_{01}/n`, the sample variances of the placements over the numbers of
    people.

    Examples
    --------
    >>> import numpy as np
    >>> one = areas(*(np.array(x, float) for x in ([0, 1, 2], [0, 1, 2], [2, 1, 0], [2, 1, 0])))
    >>> round(float(one.value), 4)
    0.9444
    """
    total_pos, total_neg = w_pos.sum(axis=-1), w_neg.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share_pos, share_neg = w_pos / total_pos[..., None], w_neg / total_neg[..., None]
        below = np.cumsum(share_neg, axis=-1) - 0.5 * share_neg
        above = 1 - (np.cumsum(share_pos, axis=-1) - 0.5 * share_pos)
        value = np.asarray(np.sum(share_pos * below, axis=-1))
        m, n = total_pos**2 / w2_pos.sum(axis=-1), total_neg**2 / w2_neg.sum(axis=-1)
        first = np.sum(w2_pos * (below - value[..., None]) ** 2, axis=-1) / total_pos**2 * m / (m - 1)
        second = np.sum(w2_neg * (above - value[..., None]) ** 2, axis=-1) / total_neg**2 * n / (n - 1)
        error = 0.5 * np.sum(share_pos * share_neg, axis=-1)
    value = np.where(np.isnan(value), np.nan, np.clip(value, 0.0, 1.0))
    return Areas(
        value=value,
        variance=np.where((m > 1) & (n > 1), first + second, np.nan),
        positives=np.where(total_pos > 0, m, 0.0) + np.zeros_like(value),
        negatives=np.where(total_neg > 0, n, 0.0) + np.zeros_like(value),
        error=np.asarray(error),
    )


def area_interval(found: Areas, *, alpha: float) -> tuple[Array, Array]:
    """Give the interval of areas: DeLong's on the logit scale, and a score interval where few people carry it.

    Parameters
    ----------
    found : Areas
        The areas.
    alpha : float
        Share of intervals that may miss.

    Returns
    -------
    low, high : ndarray
        Ends between 0 and 1; NaN where the area is.

    Notes
    -----
    At an area of 0 or 1 DeLong's variance is 0; near them, and with few people of one label, it is itself uncertain.
    There the interval reaches at least as far as Newcombe's score interval, which stays sensible. In simulations with 3
    to 100 people of the rarer label the intervals at 95 % covered areas of .5 to .98 in 94 to 99 % of the samples.
    """
    value, z = found.value, float(z_value(alpha))
    with np.errstate(divide="ignore", invalid="ignore"):
        half = z * np.sqrt(found.variance) / (value * (1 - value))
        low, high = np.asarray(expit(logit(value) - half)), np.asarray(expit(logit(value) + half))
    closed = np.isfinite(half) & (found.variance > 0)
    rarer = np.minimum(found.positives, found.negatives)
    few = (rarer < FEW) | (rarer * np.minimum(value, 1 - value) < RARE) | ~closed
    if np.any(few):
        least, most = _score_interval(value[few], found.positives[few], found.negatives[few], z)
        low[few] = np.fmin(np.where(closed, low, np.nan)[few], least)
        high[few] = np.fmax(np.where(closed, high, np.nan)[few], most)
    known = ~np.isnan(value)
    return np.where(known, np.minimum(low, value), np.nan), np.where(known, np.maximum(high, value), np.nan)


def _score_interval(value: Array, m: Array, n: Array, z: float) -> tuple[Array, Array]:
    """Solve |θ − value| = z·√V(θ) on both sides of the value by halving."""
    value = np.where(np.isnan(value), 0.5, value)
    m, n = np.maximum(m, 1.0), np.maximum(n, 1.0)

    def within(theta: Array) -> Array:
        spread = 1 + ((m + n) / 2 - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return np.asarray((theta - value) ** 2 <= z * z * theta * (1 - theta) * spread / (m * n))

    ends = []
    for outer in (np.zeros_like(value), np.ones_like(value)):
        near, far = value.copy(), outer
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            inside = within(middle)
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        ends.append(far)
    return ends[0], ends[1]
