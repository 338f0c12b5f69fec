"""Many comparisons at once: exact p-values of differences, and which of them to call discoveries.

References
----------
.. [1] Benjamini & Hochberg (1995), "Controlling the false discovery rate", JRSS B 57.
.. [2] Benjamini & Yekutieli (2001), "The control of the false discovery rate in multiple testing under dependency",
   Annals of Statistics 29.
.. [3] Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
.. [4] Lancaster (1961), "Significance tests in discrete distributions", JASA 56 (the mid-P value).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import gammaln, ndtr, ndtri

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_EXACT: Final = 2500.0
"""Where the variance of a count is larger than this, the normal approximation is as good far out in the tail."""


def difference_p(hits: ArrayLike, n: ArrayLike, other_hits: ArrayLike, other_n: ArrayLike) -> Array:
    r"""Two-sided p-value that two independent rates are the same.

    Parameters
    ----------
    hits, n : array-like
        People counted in the first rate's numerator and denominator; effective numbers are rounded.
    other_hits, other_n : array-like
        The same of the second rate.

    Returns
    -------
    ndarray
        Between 0 and 1; 1 where a denominator is 0.

    Notes
    -----
    Twice the smaller mid-P tail of the hypergeometric distribution (Fisher's exact test, mid-P); where the count in the
    numerator has a variance above 2,500, the pooled z test,
    :math:`z = (p_1 - p_2) / \sqrt{p(1-p)(1/n_1 + 1/n_2)}`.

    Examples
    --------
    >>> float(difference_p(3, 3, 0, 3).round(4))
    0.05
    """
    arrays = np.broadcast_arrays(
        *(np.rint(np.asarray(a, dtype=float)) for a in (hits, n, other_hits, other_n))
    )
    k, n1, k2, n2 = (a.ravel() for a in arrays)
    drawn, total = k + k2, n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = n1 * drawn / total
        variance = mean * (1 - drawn / total) * n2 / np.maximum(total - 1, 1)
        z = np.abs(k - mean) / np.sqrt(variance * (total - 1) / total)
    p = np.where(variance > 0, 2 * ndtr(-z), 1.0)
    exact = (variance > 0) & (variance <= _EXACT)
    p[exact] = _mid_p(k[exact], n1[exact], drawn[exact], total[exact], mean[exact])
    return np.asarray(np.clip(p, 0.0, 1.0).reshape(arrays[0].shape))


def _mid_p(k: Array, n1: Array, drawn: Array, total: Array, mean: Array) -> Array:
    """Sum the hypergeometric probabilities from the count outwards, away from its mean."""
    out = np.where(k >= mean, 1.0, -1.0)
    log = _choose(drawn, k) + _choose(total - drawn, n1 - k) - _choose(total, n1)
    at, term, tail = k.copy(), np.ones_like(k), np.full_like(k, 0.5)
    left = np.arange(len(k))
    while len(left):
        j, side = at[left], out[left]
        a, b, c = drawn[left], n1[left], total[left] - drawn[left] - n1[left]
        up = (a - j) * (b - j) / ((j + 1) * (c + j + 1))
        down = j * (c + j) / ((a - j + 1) * (b - j + 1))
        term[left] *= np.where(side > 0, up, down)
        at[left] += side
        tail[left] += term[left]
        left = left[term[left] > 1e-12 * tail[left]]
    return np.asarray(2 * np.exp(log) * tail)


def _choose(n: Array, k: Array) -> Array:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def false_discovery(
    p: ArrayLike, *, tested: int | None = None, ranks: ArrayLike | None = None, dependent: bool = True
) -> Array:
    r"""Give each of many tests the smallest false discovery rate at which it is a discovery (its q-value).

    Parameters
    ----------
    p : array-like of shape (n,)
        P-values.
    tested : int or None
        How many tests there were in all, where only some are given; by default those given.
    ranks : array-like of shape (n,) or None
        The rank of each among all that were tested, 1 for the smallest; by default among those given.
    dependent : bool, default True
        Benjamini and Yekutieli's procedure, valid under any dependence; False for Benjamini and Hochberg's.

    Returns
    -------
    ndarray of shape (n,)
        Between 0 and 1. Tests that are not given can only have made a value smaller, never larger.

    Notes
    -----
    :math:`q_{(i)} = \min_{j \ge i} p_{(j)} \, m \, c(m) / j` with :math:`c(m) = \sum_{i=1}^m 1/i`, or 1 without
    dependence.

    Examples
    --------
    >>> false_discovery([0.01, 0.04, 0.03], dependent=False).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p, dtype=float)
    m = len(p) if tested is None else tested
    order = np.argsort(p, kind="stable")
    place = np.arange(1, len(p) + 1) if ranks is None else np.asarray(ranks, dtype=float)[order]
    scaled = p[order] * m * (harmonic(m) if dependent else 1.0) / place
    q = np.empty(len(p))
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.asarray(np.minimum(q, 1.0))


def harmonic(m: int) -> float:
    """Sum the reciprocals of 1 to m.

    Parameters
    ----------
    m : int
        How many.

    Returns
    -------
    float
        What Benjamini and Yekutieli divide the false discovery rate by; 0 for m = 0.
    """
    return float(np.sum(1.0 / np.arange(1, m + 1)))


def holm(p: ArrayLike) -> Array:
    """Adjust p-values so that the chance of any false rejection stays below the level they are held against.

    Parameters
    ----------
    p : array-like of shape (n,)
        P-values.

    Returns
    -------
    ndarray of shape (n,)
        Adjusted p-values, between 0 and 1.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return np.asarray(np.minimum(adjusted, 1.0))


def detectable_difference(rate: float, n: float, other: float, *, alpha: float, power: float = 0.8) -> float:
    r"""Smallest difference between two rates that would be found most of the time.

    Parameters
    ----------
    rate : float
        The rate of everybody.
    n, other : float
        People in each of the two denominators.
    alpha : float
        Two-sided level of the test.
    power : float, default 0.8
        Share of samples in which it would be found.

    Returns
    -------
    float
        About :math:`(z_{1-\alpha/2} + z_{power}) \sqrt{p(1-p)(1/n_1 + 1/n_2)}`, at most 1.
    """
    z = -ndtri(alpha / 2) + ndtri(power)
    return float(min(1.0, z * np.sqrt(rate * (1 - rate) * (1 / n + 1 / other))))
