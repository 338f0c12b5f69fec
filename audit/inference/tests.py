"""Tests of "no difference": between two groups, over many comparisons, and for all groups at once.

All p-values are two-sided. They answer one question only, how often chance alone would show as much; how large a
difference is and how sure, the intervals say.

References
----------
.. [1] Fisher (1935), "The logic of inductive inference", Journal of the Royal Statistical Society 98.
.. [2] Fagerland, Lydersen & Laake (2017), "Statistical Analysis of Contingency Tables", chapter 4, on the mid-P.
.. [3] Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
.. [4] Benjamini & Hochberg (1995), "Controlling the false discovery rate", JRSS B 57.
.. [5] Benjamini & Yekutieli (2001), "The control of the false discovery rate in multiple testing under dependency",
   Annals of Statistics 29.
.. [6] Phipson & Smyth (2010), "Permutation p-values should never be zero", SAGMB 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from scipy.special import gammaln, ndtr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

Method = Literal["fisher", "fisher_mid_p", "pooled_z", "pooled_z_effective"]
"""How a p-value was found."""

EXACT_BELOW: Final = 1.0
"""Smallest expected count below which Fisher's exact test is taken as it is."""

MID_P_BELOW: Final = 5.0
"""Smallest expected count below which its mid-P is taken; from here on the pooled z."""

_SAME: Final = 1e-7
"""Relative distance within which two tables are called equally likely."""


def fisher(x1: float, n1: float, x2: float, n2: float, *, mid: bool = False) -> float:
    """Fisher's exact test of two rates.

    Parameters
    ----------
    x1, n1 : float
        People who count and all people, in the first group; whole numbers.
    x2, n2 : float
        The same in the second group.
    mid : bool, default False
        Whether the observed table counts half: less cautious, and closer to the nominal level.

    Returns
    -------
    float
        Two-sided p-value: the probability of all tables with these margins that are no more likely than the observed.

    Examples
    --------
    >>> round(fisher(3, 4, 1, 4), 4)
    0.4857
    """
    total, drawn = n1 + n2, x1 + x2
    k = np.arange(max(0.0, drawn - n2), min(drawn, n1) + 1)
    log = _choose(n1, k) + _choose(n2, drawn - k) - _choose(total, np.asarray(drawn))
    p = np.exp(log)
    observed = p[round(x1 - k[0])]
    tail = float(p[p <= observed * (1 + _SAME)].sum())
    return float(min(1.0, tail - 0.5 * observed if mid else tail))


def _choose(n: float, k: Array) -> Array:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def pooled_z(p1: ArrayLike, n1: ArrayLike, p2: ArrayLike, n2: ArrayLike) -> Array:
    """Score test of two rates, with the variance of the pooled rate.

    Parameters
    ----------
    p1, n1 : array-like
        The first rate and the number, or effective number, it rests on.
    p2, n2 : array-like
        The second.

    Returns
    -------
    ndarray
        Two-sided p-values; 1 where both rates are 0 or both 1, NaN where a number is 0.
    """
    p1, n1, p2, n2 = (np.asarray(a, dtype=float) for a in (p1, n1, p2, n2))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
        error = np.sqrt(np.maximum(pooled * (1 - pooled), 0) * (1 / n1 + 1 / n2))
        z = np.where(error > 0, np.abs(p1 - p2) / error, 0.0)
    known = (n1 > 0) & (n2 > 0) & ~np.isnan(p1) & ~np.isnan(p2)
    return np.where(known, 2 * ndtr(-z), np.nan)


def smallest_expected(x1: float, n1: float, x2: float, n2: float) -> float:
    """Give the smallest count that a table of two rates would have if the rates were equal.

    Parameters
    ----------
    x1, n1, x2, n2 : float
        People who count and all people in both groups.

    Returns
    -------
    float
        The smallest of the four expected counts.
    """
    hit = x1 + x2
    return min(n1, n2) * min(hit, n1 + n2 - hit) / (n1 + n2)


def compare_rates(
    p1: float, n1: float, p2: float, n2: float, *, counts: bool = True
) -> tuple[float, Method | None]:
    """Test two rates in the way that fits the size of the table.

    Parameters
    ----------
    p1, n1 : float
        The first rate and the number it rests on.
    p2, n2 : float
        The second.
    counts : bool, default True
        Whether the numbers are people; False for effective numbers, for which only the z is defined.

    Returns
    -------
    p : float
        Two-sided p-value; NaN where a rate is not known.
    method : str or None
        Fisher's exact test where the smallest expected count is below 1, its mid-P below 5, the pooled z from 5 on.
    """
    if np.isnan(p1) or np.isnan(p2) or n1 <= 0 or n2 <= 0:
        return float("nan"), None
    if not counts:
        return float(pooled_z(p1, n1, p2, n2)), "pooled_z_effective"
    x1, x2 = float(np.rint(p1 * n1)), float(np.rint(p2 * n2))
    least = smallest_expected(x1, n1, x2, n2)
    if least >= MID_P_BELOW:
        return float(pooled_z(p1, n1, p2, n2)), "pooled_z"
    if least >= EXACT_BELOW:
        return fisher(x1, n1, x2, n2, mid=True), "fisher_mid_p"
    return fisher(x1, n1, x2, n2), "fisher"


def holm(p: ArrayLike) -> Array:
    """Holm's adjusted p-values: the chance of any false alarm among all comparisons stays below the level.

    Parameters
    ----------
    p : array-like of shape (n,)
        p-values; NaN marks a comparison that was not made.

    Returns
    -------
    ndarray of shape (n,)
        Adjusted p-values, never smaller than the given ones and in their order.
    """
    p = np.asarray(p, dtype=float)
    order, m = _ranked(p)
    out = np.full(p.shape, np.nan)
    out[order] = np.minimum(np.maximum.accumulate(p[order] * (m - np.arange(m))), 1.0)
    return out


def benjamini_hochberg(p: ArrayLike) -> Array:
    """False discovery rates (q) after Benjamini and Hochberg: the share of false alarms among what is called different.

    Parameters
    ----------
    p : array-like of shape (n,)
        p-values; NaN marks a comparison that was not made.

    Returns
    -------
    ndarray of shape (n,)
        The smallest false discovery rate at which each comparison is called different.

    Notes
    -----
    q of the i-th smallest of m is the smallest of p(j) m / j over all j ≥ i. It holds for comparisons that are
    independent or move together.
    """
    return _step_up(np.asarray(p, dtype=float), 1.0)


def benjamini_yekutieli(p: ArrayLike) -> Array:
    """False discovery rates (q) after Benjamini and Yekutieli, which hold however the comparisons depend on each other.

    Parameters
    ----------
    p : array-like of shape (n,)
        p-values; NaN marks a comparison that was not made.

    Returns
    -------
    ndarray of shape (n,)
        As Benjamini and Hochberg's, times 1 + 1/2 + … + 1/m.
    """
    p = np.asarray(p, dtype=float)
    m = int(np.count_nonzero(~np.isnan(p)))
    return _step_up(p, float(np.sum(1 / np.arange(1, m + 1))) if m else 1.0)


def _step_up(p: Array, factor: float) -> Array:
    order, m = _ranked(p)
    scaled = p[order] * m * factor / np.arange(1, m + 1)
    out = np.full(p.shape, np.nan)
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out


def _ranked(p: Array) -> tuple[NDArray[np.int64], int]:
    """Positions of the known p-values, smallest first, and how many there are."""
    known = np.flatnonzero(~np.isnan(p))
    return known[np.argsort(p[known], kind="stable")], len(known)


def homogeneity(rates: Sequence[tuple[Array, Array]], *, replicates: int, rng: np.random.Generator) -> float:
    """Test whether all groups share one rate, each group counted by how sure its rate is.

    Parameters
    ----------
    rates : sequence of (p, n)
        Rates of the groups (NaN marks a group that is left out) and the numbers they rest on; several rates are
        tested together.
    replicates : int
        Number of simulated data sets.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    float
        p-value; NaN where a rate is known of fewer than two groups.

    Notes
    -----
    The chi-square statistic Σ n (p − m)² / m (1 − m) against its distribution when every group is drawn from the
    pooled rate m, so that it also holds for groups of one person. The largest gap instead is ruled by the smallest
    groups.
    """
    observed, drawn = 0.0, np.zeros(replicates)
    for p, n in rates:
        use = ~np.isnan(p)
        if use.sum() < 2:
            return float("nan")
        sizes = np.maximum(np.rint(n[use]), 1).astype(np.int64)
        pooled = float(np.clip(np.average(p[use], weights=sizes), 0, 1))
        draws = rng.binomial(sizes, pooled, size=(replicates, len(sizes))) / sizes
        observed += float(_chi_square(p[use][None, :], sizes)[0])
        drawn += _chi_square(draws, sizes)
    return exceedance(observed, drawn)


def _chi_square(p: Array, n: NDArray[np.int64]) -> Array:
    centre = p @ n / n.sum()
    limit = centre * (1 - centre)
    squares = ((p - centre[:, None]) ** 2) @ n
    return np.where(limit > 1e-15, squares / np.where(limit > 1e-15, limit, 1.0), 0.0)


def exceedance(observed: float, draws: Array) -> float:
    """How often chance alone shows as much as was seen.

    Parameters
    ----------
    observed : float
        What was seen, such as a gap.
    draws : ndarray of shape (replicates,)
        What chance alone showed.

    Returns
    -------
    float
        (1 + the draws at least as large) / (1 + all draws), never 0; NaN where either is not known.
    """
    if np.isnan(observed) or np.isnan(draws).any():
        return float("nan")
    return float((1 + np.count_nonzero(draws >= observed - 1e-12)) / (1 + len(draws)))
