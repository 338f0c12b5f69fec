"""How far many groups are apart in a measure that is no proportion: simultaneous bounds from replicates.

The bounds of a largest difference can hold 0, and they allow for having picked the extreme groups.

References
----------
.. [1] Zou & Donner (2008), "Construction of confidence limits about effect measures: a general approach", Statistics in
   Medicine 27.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.inference.gaps import NO_GAP, Gap, Worst, best_group, extreme_group
from audit.inference.intervals import z_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.inference.replicates import Spread

    Array = NDArray[np.float64]

_TINY: Final = float(np.finfo(np.float32).tiny)


def replicated_difference(
    found: Spread, *, alpha: float, use: NDArray[np.int64], sizes: NDArray[np.int64]
) -> Gap:
    """Largest minus smallest, with simultaneous bounds that can hold 0.

    Parameters
    ----------
    found : Spread
        The measure over the groups that can be estimated.
    alpha : float
        Share of intervals that may miss.
    use : ndarray of int of shape (n_groups,)
        Positions of these groups among all groups, which the gap names.
    sizes : ndarray of int of shape (n_groups,)
        People in each of these groups: of equal values the larger group is named.

    Returns
    -------
    Gap
        0 ≤ low ≤ value ≤ high.

    Notes
    -----
    As for rates, each of the K(K − 1)/2 pairs is bounded at 1 − α / (K(K − 1)/2), with the limits of its two groups
    combined by the method of variance estimates recovery.
    """
    if len(use) < 2:
        return NO_GAP
    ends = found.stretched(_shared(alpha, len(use) * (len(use) - 1) / 2))
    top, bottom = _named(found.value, sizes)
    value, low, high = _widest(found, found.value, *ends)
    return Gap(value=value, low=low, high=high, first=int(use[top]), second=int(use[bottom]))


def replicated_ratio(found: Spread, *, alpha: float, use: NDArray[np.int64], sizes: NDArray[np.int64]) -> Gap:
    """Smallest over largest, with simultaneous bounds.

    Parameters
    ----------
    found : Spread
        The measure over the groups that can be estimated; every value is above 0.
    alpha, use, sizes
        As in :func:`replicated_difference`.

    Returns
    -------
    Gap
        low ≤ value ≤ high ≤ 1; NaN where a value is not above 0.

    Notes
    -----
    The bounds of the difference of logarithms, turned back.
    """
    if len(use) < 2:
        return NO_GAP
    top, bottom = _named(found.value, sizes)
    first, second = int(use[bottom]), int(use[top])
    if found.value.min() <= 0:
        return Gap(value=np.nan, low=np.nan, high=np.nan, first=first, second=second)
    ends = found.stretched(_shared(alpha, len(use) * (len(use) - 1) / 2))
    value, low, high = _widest(found, np.log(found.value), *(np.log(np.maximum(end, _TINY)) for end in ends))
    return Gap(value=math.exp(-value), low=math.exp(-high), high=math.exp(-low), first=first, second=second)


def replicated_chance(found: Spread, *, replicates: int, rng: np.random.Generator) -> float:
    """Give the mean gap that chance alone would show between groups that are equal and vary as these do.

    Parameters
    ----------
    found : Spread
        The measure over the groups that can be estimated.
    replicates : int
        Number of simulated gaps.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    float
        Mean of largest − smallest.
    """
    noise = rng.standard_normal((replicates, len(found.value))) * (found.high - found.low) / (2 * found.z)
    return float((noise.max(axis=1) - noise.min(axis=1)).mean())


def replicated_worst(
    found: Spread,
    distance: Spread,
    *,
    alpha: float,
    highest: bool,
    use: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> Worst:
    """Find the worst group and bound its value, whichever group is the worst.

    Parameters
    ----------
    found : Spread
        The measure over the groups that can be estimated; one at least.
    distance : Spread
        Each of these groups minus everybody.
    alpha : float
        Share of intervals that may miss.
    highest : bool
        Whether the highest value is the worst.
    use, sizes
        As in :func:`replicated_difference`.

    Returns
    -------
    Worst
        The worst group, the best, and bounds at a level shared among the groups.
    """
    at = extreme_group(found.value, sizes, largest=highest)
    pick = np.max if highest else np.min
    low, high = found.stretched(_shared(alpha, len(use)))
    d_low, d_high = distance.stretched(_shared(alpha, len(use)))
    value, apart = float(found.value[at]), float(distance.value[at])
    others = np.flatnonzero(np.arange(len(use)) != at)
    best = best_group(found.value, others, sizes, largest=not highest)
    return Worst(
        group=int(use[at]),
        best=int(use[best]) if best >= 0 else -1,
        value=value,
        low=min(value, float(pick(low))),
        high=max(value, float(pick(high))),
        distance=apart,
        distance_low=min(apart, float(pick(d_low))),
        distance_high=max(apart, float(pick(d_high))),
    )


def _named(q: Array, sizes: NDArray[np.int64]) -> tuple[int, int]:
    """Positions of the highest and the lowest; with all values equal, the two largest groups."""
    top, bottom = extreme_group(q, sizes, largest=True), extreme_group(q, sizes, largest=False)
    if q[top] == q[bottom]:
        top, bottom = (int(k) for k in np.argsort(-sizes, kind="stable")[:2])
    return top, bottom


def _shared(alpha: float, times: float) -> float:
    """Normal quantile at a level shared among so many statements."""
    return float(z_value(alpha / times))


def _widest(found: Spread, q: Array, low: Array, high: Array) -> tuple[float, float, float]:
    """Largest difference of two groups, with the largest of the bounds of all pairs."""
    i, j = np.triu_indices(len(q), 1)
    rho = 0.0 if found.correlation is None else found.correlation[i, j]
    down, up = q - low, high - q
    lower = q[i] - q[j] - _joint(down[i], up[j], rho)
    upper = q[i] - q[j] + _joint(up[i], down[j], rho)
    value = float(q.max() - q.min())
    return (
        value,
        min(value, max(0.0, float(lower.max()), float((-upper).max()))),
        max(value, float(upper.max()), float((-lower).max())),
    )


def _joint(a: Array, b: Array, rho: Array | float) -> Array:
    """Width of a difference from the widths of its two sides."""
    return np.asarray(np.sqrt(np.maximum(a * a + b * b - 2 * rho * a * b, 0.0)))
