"""How far groups of the same rate are apart by chance alone: simulated data sets and their gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LARGE = 25.0
"""Variance of a count from which on it is drawn from a normal number."""

MOST_PEOPLE = 1e15
"""People of a group above which chance alone shows nothing, and whole numbers would run out."""

AT_ONCE = 16
"""Groups drawn together: few enough numbers for the processor to keep them near."""


def chance_gaps(p: Array, n: Array, *, replicates: int, rng: np.random.Generator) -> Array:
    """Draw the gaps that chance alone would show if all groups had the same rate.

    Parameters
    ----------
    p : ndarray of shape (n_groups,)
        Rates; NaN marks a group that is left out.
    n : ndarray of shape (n_groups,)
        Effective numbers that the rates rest on.
    replicates : int
        Number of simulated data sets.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of shape (replicates,)
        Largest − smallest, between 0 and 1; NaN with fewer than two groups.

    Notes
    -----
    Groups are drawn from the binomial distribution of the pooled rate; where n p (1 − p) is 25 or more, from a normal
    number by the expansion of Cornish and Fisher, several times faster: its distribution function is nowhere further
    than .00003 from the binomial one [1]_.

    References
    ----------
    .. [1] Cornish & Fisher (1938), "Moments and cumulants in the specification of distributions", Revue de l'Institut
       International de Statistique 5.
    """
    sizes, pooled = equal_groups(p, n)
    return drawn_gaps(sizes, pooled, replicates=replicates, rng=rng)


def equal_groups(p: Array, n: Array) -> tuple[NDArray[np.int64], float]:
    """Give what the groups would be if all of them had the same rate.

    Parameters
    ----------
    p, n
        As in :func:`chance_gaps`.

    Returns
    -------
    sizes : ndarray of int
        Effective numbers of the groups that are not left out, in whole people.
    pooled : float
        Their common rate or, where it is smaller, that of its complement, whose gaps are the same.
    """
    use = ~np.isnan(p)
    sizes = np.clip(np.rint(n[use]), 1, MOST_PEOPLE).astype(np.int64)
    if not len(sizes):
        return sizes, 0.0
    pooled = min(max(float(np.average(p[use], weights=sizes)), 0.0), 1.0)
    return sizes, round(min(pooled, 1 - pooled), 12)


def drawn_gaps(
    sizes: NDArray[np.int64],
    pooled: float,
    *,
    replicates: int,
    rng: np.random.Generator,
    scores: Callable[[int], NDArray[np.float32]] | None = None,
) -> Array:
    """Draw gaps between groups of the same rate.

    Parameters
    ----------
    sizes : ndarray of int
        People in each group.
    pooled : float
        Their rate.
    replicates : int
        Number of simulated data sets.
    rng : numpy.random.Generator
        Source of chance.
    scores : callable or None
        Gives the standard normal numbers of the k-th lot of large groups, of shape (:data:`AT_ONCE`, replicates); None
        to draw them from ``rng``.

    Returns
    -------
    ndarray of shape (replicates,)
        As :func:`chance_gaps` gives them.
    """
    if len(sizes) < 2:
        return np.full(replicates, np.nan)
    large = sizes * (pooled * (1 - pooled)) >= LARGE
    highest, lowest = np.full(replicates, -np.inf), np.full(replicates, np.inf)
    if not large.all():
        few = sizes[~large]
        draws = rng.binomial(few, pooled, size=(replicates, len(few))) / few
        highest, lowest = draws.max(axis=1), draws.min(axis=1)
    many = sizes[large]
    counts = _expansion(many, pooled)
    room = np.empty((AT_ONCE, replicates))
    for lot, start in enumerate(range(0, len(many), AT_ONCE)):
        here = slice(start, start + AT_ONCE)
        drawn = (
            scores(lot)[: len(many[here])]
            if scores
            else rng.standard_normal((len(many[here]), replicates), dtype=np.float32)
        )
        draws = _expanded([part[here] for part in counts], drawn, room[: len(drawn)])
        draws *= 1 / many[here, None]
        np.maximum(highest, draws.max(axis=0), out=highest)
        np.minimum(lowest, draws.min(axis=0), out=lowest)
    return np.asarray(highest - lowest)


def _expansion(sizes: NDArray[np.int64], p: float) -> list[NDArray[np.floating[Any]]]:
    """Expand binomial counts by powers of a normal number, in columns of one value for each group.

    The third-order expansion of Cornish and Fisher, to be rounded to whole people. What is rounded is a count plus an
    even draw from −½ to ½, so that a 12th is taken off the variance and a 120th added to the fourth cumulant
    (Sheppard's corrections). With a variance of 25, none but a number beyond 6.5 standard deviations falls below 0.
    """
    q = 1 - p
    variance = sizes[:, None] * (p * q)
    scale = np.sqrt(variance - 1 / 12)
    skew = (q - p) * variance / scale**3
    kurtosis = (variance * (1 - 6 * p * q) + 1 / 120) / scale**4
    # np + s·(z + g(z² − 1)/6 + k(z³ − 3z)/24 − g²(2z³ − 5z)/36)
    powers = (
        scale * (1 - kurtosis / 8 + 5 * skew**2 / 36),
        scale * skew / 6,
        scale * (kurtosis / 24 - skew**2 / 18),
    )
    # How far a count is from its mean needs six digits only: half the width passes twice as fast.
    return [sizes[:, None] * p - scale * skew / 6, *(power.astype(np.float32) for power in powers)]


def _expanded(counts: Sequence[NDArray[np.floating[Any]]], drawn: NDArray[np.float32], room: Array) -> Array:
    """Give whole counts for normal numbers, of shape (n_groups, replicates), in the room given."""
    centre, first, second, third = counts
    apart = drawn * third
    apart += second
    apart *= drawn
    apart += first
    apart *= drawn
    np.add(apart, centre, out=room)
    return np.rint(room, out=room)


def expected_gap(p: Array, n: Array, *, replicates: int, rng: np.random.Generator) -> float:
    """Give the mean gap that chance alone would show if all groups had the same rate.

    Parameters
    ----------
    p, n, replicates, rng
        As in :func:`chance_gaps`.

    Returns
    -------
    float
        Mean of largest − smallest, between 0 and 1; NaN with fewer than two groups.
    """
    return float(chance_gaps(p, n, replicates=replicates, rng=rng).mean())
