"""How far a gap could be closed or widened by the people whose group is not recorded.

Nothing is assumed about them: whoever they are, each belongs to one of the known groups. The bounds hold for every way of
putting them there, and are reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_STEPS = 80


def largest_gap(hits: Array, totals: Array, unknown: tuple[float, float]) -> float:
    """Find the widest gap between known groups that any assignment of the unknown people gives.

    Parameters
    ----------
    hits, totals : ndarray of shape (n_groups,)
        People (or weight) in numerator and denominator of each known group.
    unknown : tuple of (hits, misses)
        Unknown people in the numerator, and in the denominator only.

    Returns
    -------
    float
        Largest minus smallest rate; NaN where fewer than two groups can have anybody in the denominator.

    Notes
    -----
    For an ordered pair of groups the difference is largest where every unknown hit is in the first and every unknown miss
    in the second; the two do not get in each other's way, so the largest over all ordered pairs is reached.
    """
    up, down = unknown
    with np.errstate(divide="ignore", invalid="ignore"):
        high = np.where(totals + up > 0, (hits + up) / (totals + up), np.nan)
        low = np.where(totals + down > 0, hits / (totals + down), np.nan)
    difference = high[:, None] - low[None, :]
    np.fill_diagonal(difference, np.nan)
    known = difference[~np.isnan(difference)]
    return float(known.max()) if len(known) else np.nan


def smallest_gap(hits: Array, totals: Array, unknown: tuple[float, float]) -> float:
    """Find the narrowest gap between known groups that any assignment of the unknown people gives.

    Parameters
    ----------
    hits, totals, unknown
        As in :func:`largest_gap`.

    Returns
    -------
    float
        Largest minus smallest rate where people may be divided; with whole people it can be wider by less than one person
        in each group. NaN where fewer than two groups have anybody in the denominator.

    Notes
    -----
    All rates can be put between t and r exactly where t ≤ the rate of everybody ≤ r, the unknown hits suffice to lift the
    groups below t, and the unknown misses suffice to lower those above r:

    Σ max(0, t·n − a) / (1 − t) ≤ hits and Σ max(0, a − r·n) / r ≤ misses.

    Both sums move one way, so the largest t and the smallest r are found by halving; they do not depend on each other.
    """
    up, down = unknown
    if int(np.count_nonzero(totals > 0)) < 2:
        return np.nan
    use = totals > 0
    a, n = hits[use], totals[use]
    overall = float((a.sum() + up) / (n.sum() + up + down))

    def lifted(t: float) -> bool:
        return float(np.maximum(t * n - a, 0).sum()) <= up * (1 - t) + 1e-12

    def lowered(r: float) -> bool:
        return float(np.maximum(a - r * n, 0).sum()) <= down * r + 1e-12

    lowest = _halve(lifted, good=min(float((a / n).min()), overall), bad=overall)
    highest = _halve(lowered, good=max(float((a / n).max()), overall), bad=overall)
    return max(highest - lowest, 0.0)


def _halve(ok: Callable[[float], bool], *, good: float, bad: float) -> float:
    """Move from a value that holds towards one that may not, as far as it holds."""
    if ok(bad):
        return bad
    for _ in range(_STEPS):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if ok(middle) else (good, middle)
    return good


def all_in_one(hits: Array, totals: Array, unknown: tuple[float, float], group: int) -> float:
    """Give the gap between known groups if every unknown person belonged to one of them.

    Parameters
    ----------
    hits, totals, unknown
        As in :func:`largest_gap`.
    group : int
        Position of the group.

    Returns
    -------
    float
        Largest minus smallest rate; NaN where fewer than two groups have anybody in the denominator.
    """
    a, n = hits.copy(), totals.copy()
    a[group] += unknown[0]
    n[group] += sum(unknown)
    return observed_gap(a, n)


def observed_gap(hits: Array, totals: Array) -> float:
    """Give the gap between groups as they are.

    Parameters
    ----------
    hits, totals : ndarray of shape (n_groups,)
        People (or weight) in numerator and denominator of each group.

    Returns
    -------
    float
        Largest minus smallest rate; NaN where fewer than two groups have anybody in the denominator.
    """
    use = totals > 0
    if int(use.sum()) < 2:
        return np.nan
    rates = hits[use] / totals[use]
    return float(rates.max() - rates.min())
