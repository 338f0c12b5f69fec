"""How far many groups are apart: intervals of the largest gap that can contain "no gap".

The largest of many differences is never negative, so a bootstrap of it never covers zero. Here every pair of groups
gets Newcombe's interval at a level shared among the pairs, and the gap's bounds are the largest of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.inference.intervals import log_ratio, newcombe, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The largest disparity between groups.

    Parameters
    ----------
    value, low, high : float
        The disparity and its simultaneous bounds; NaN where it is not estimable.
    first, second : int
        Positions of the groups compared: highest and lowest for a difference, lowest and highest for a ratio.
    """

    value: float
    low: float
    high: float
    first: int
    second: int


NO_GAP = Gap(value=np.nan, low=np.nan, high=np.nan, first=-1, second=-1)
"""The gap where fewer than two groups can be estimated."""


def difference_gap(p: Array, n: Array, *, alpha: float, sizes: NDArray[np.int64]) -> Gap:
    """Largest minus smallest rate, with simultaneous bounds.

    Parameters
    ----------
    p : ndarray of shape (n_groups,)
        Rates; NaN marks a group that is left out.
    n : ndarray of shape (n_groups,)
        Effective numbers that the rates rest on.
    alpha : float
        Share of intervals that may miss.
    sizes : ndarray of shape (n_groups,)
        People in each group: of equal rates the larger group is named.

    Returns
    -------
    Gap
        Value between 0 and 1 with 0 ≤ low ≤ value ≤ high.

    Notes
    -----
    Each of the K(K − 1)/2 pairs is bounded at 1 − α / (K(K − 1)/2); low is the largest lower bound, at least 0, and high
    the largest upper bound over ordered pairs.
    """
    use = np.flatnonzero(~np.isnan(p))
    if len(use) < 2:
        return NO_GAP
    q, m = p[use], n[use]
    i, j = np.triu_indices(len(use), 1)
    low, high = newcombe(q[i], m[i], q[j], m[j], alpha=alpha / len(i))
    top, bottom = extreme_group(q, sizes[use], largest=True), extreme_group(q, sizes[use], largest=False)
    value = float(q[top] - q[bottom])
    if value == 0:
        # With all rates equal every pair says the same; name the two largest groups.
        top, bottom = (int(k) for k in np.argsort(-sizes[use], kind="stable")[:2])
    return Gap(
        value=value,
        low=min(value, max(0.0, float(low.max()), float((-high).max()))),
        high=max(value, float(high.max()), float((-low).max())),
        first=int(use[top]),
        second=int(use[bottom]),
    )


def ratio_gap(p: Array, n: Array, *, alpha: float, sizes: NDArray[np.int64]) -> Gap:
    """Smallest over largest rate, with simultaneous bounds.

    Parameters
    ----------
    p, n, alpha, sizes
        As in :func:`difference_gap`.

    Returns
    -------
    Gap
        Value between 0 and 1 with low ≤ value ≤ high ≤ 1; NaN where the largest rate is 0.
    """
    use = np.flatnonzero(~np.isnan(p))
    if len(use) < 2:
        return NO_GAP
    q, m = p[use], n[use]
    top, bottom = extreme_group(q, sizes[use], largest=True), extreme_group(q, sizes[use], largest=False)
    if q[top] == q[bottom]:
        bottom, top = (int(k) for k in np.argsort(-sizes[use], kind="stable")[:2])
    first, second = int(use[bottom]), int(use[top])
    if q.max() <= 0:
        return Gap(value=np.nan, low=np.nan, high=np.nan, first=first, second=second)
    i, j = (index.ravel() for index in np.indices((len(use), len(use))))
    pairs = i != j
    i, j = i[pairs], j[pairs]
    low, high = log_ratio(q[i], m[i], q[j], m[j], alpha=alpha / (len(i) / 2))
    value = float(q[bottom] / q[top])
    return Gap(
        value=value,
        low=min(value, float(np.nanmin(low))),
        high=max(value, min(1.0, float(np.nanmin(high)))),
        first=first,
        second=second,
    )


def extreme_group(q: Array, sizes: NDArray[np.int64], *, largest: bool) -> int:
    """Find the group with the extreme value; of equal ones the larger group, then the first in display order.

    Parameters
    ----------
    q : ndarray of shape (n_groups,)
        Values; no NaN.
    sizes : ndarray of int of shape (n_groups,)
        People in each group.
    largest : bool
        Whether the largest value is looked for.

    Returns
    -------
    int
        The group's position.
    """
    target = q.max() if largest else q.min()
    ties = np.flatnonzero(q == target)
    return int(ties[np.argmax(sizes[ties])])


def best_group(q: Array, others: NDArray[np.int64], sizes: NDArray[np.int64], *, largest: bool) -> int:
    """Find the best group among the others than the worst.

    Parameters
    ----------
    q, sizes : ndarray of shape (n_groups,)
        Values and people of all groups.
    others : ndarray of int
        Positions of the groups to choose from.
    largest : bool
        Whether the largest value is the best.

    Returns
    -------
    int
        The group's position; −1 where there are no others.
    """
    return int(others[extreme_group(q[others], sizes[others], largest=largest)]) if len(others) else -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The group that is worst off in one rate.

    Parameters
    ----------
    group : int
        Its position; −1 where no group can be estimated.
    best : int
        Position of the group that is best off; −1 where there is no second group.
    value, low, high : float
        Its rate with simultaneous bounds over the groups.
    distance, distance_low, distance_high : float
        Its rate minus the rate of everybody, with simultaneous bounds.
    """

    group: int
    best: int
    value: float
    low: float
    high: float
    distance: float
    distance_low: float
    distance_high: float


def worst_group(
    p: Array,
    n: Array,
    rest: tuple[Array, Array, Array],
    *,
    alpha: float,
    highest: bool,
    sizes: NDArray[np.int64],
) -> Worst:
    """Find the worst group and bound the rate of the worst group.

    Parameters
    ----------
    p, n : ndarray of shape (n_groups,)
        Rates (NaN marks a group that is left out) and effective numbers.
    rest : tuple of three ndarray of shape (n_groups,)
        For each group: the rate of all others, their effective number, and the group's share of the denominator.
    alpha : float
        Share of intervals that may miss.
    highest : bool
        Whether the highest rate is the worst.
    sizes : ndarray of shape (n_groups,)
        People in each group: of equal rates the larger group is named, then the first by name.

    Returns
    -------
    Worst
        The worst group.

    Notes
    -----
    The worst rate is the largest (or smallest) of K rates, each bounded at 1 − α / K; so its bounds are the largest (or
    smallest) of theirs. A group is part of everybody, so group − everybody = (1 − its share of the denominator) ×
    (group − the others), with Newcombe's interval of group against the others.
    """
    use = np.flatnonzero(~np.isnan(p))
    if len(use) == 0:
        return Worst(
            group=-1,
            best=-1,
            value=np.nan,
            low=np.nan,
            high=np.nan,
            distance=np.nan,
            distance_low=np.nan,
            distance_high=np.nan,
        )
    level = alpha / len(use)
    at = int(use[extreme_group(p[use], sizes[use], largest=highest)])
    low, high = wilson(p[use], n[use], alpha=level)
    others, n_others, share = (array[use] for array in rest)
    d_low, d_high = newcombe(p[use], n[use], others, n_others, alpha=level)
    # A group that is everybody has no others: its distance is 0 by definition.
    alone = np.isnan(others)
    scale = 1 - share
    d = np.where(alone, 0.0, scale * (p[use] - others))
    d_low, d_high = np.where(alone, 0.0, scale * d_low), np.where(alone, 0.0, scale * d_high)
    pick = np.max if highest else np.min
    where = int(np.flatnonzero(use == at)[0])
    value, distance = float(p[at]), float(d[where])
    return Worst(
        group=at,
        best=best_group(p, use[use != at], sizes, largest=not highest),
        value=value,
        low=min(value, float(pick(low))),
        high=max(value, float(pick(high))),
        distance=distance,
        distance_low=min(distance, float(pick(d_low))),
        distance_high=max(distance, float(pick(d_high))),
    )


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
    """
    use = ~np.isnan(p)
    if use.sum() < 2:
        return np.full(replicates, np.nan)
    sizes = np.maximum(np.rint(n[use]), 1).astype(np.int64)
    pooled = float(np.average(p[use], weights=sizes))
    draws = rng.binomial(sizes, min(max(pooled, 0.0), 1.0), size=(replicates, len(sizes))) / sizes
    return np.asarray(draws.max(axis=1) - draws.min(axis=1))


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
