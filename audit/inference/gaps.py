"""How far many groups are apart: intervals of the largest gap that can contain "no gap".

The largest of many differences is never negative, so a bootstrap of it never covers zero. Here every pair of groups
gets Newcombe's interval at a level shared among the pairs, and the gap's bounds are the largest of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.inference.intervals import newcombe_of_ends, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Ends = tuple[Array, Array]


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


def pair_ends(p: Array, n: Array, *, alpha: float) -> Ends:
    """Give Wilson's interval of every group at the level that all pairs of groups share.

    Parameters
    ----------
    p, n, alpha
        As in :func:`difference_gap`.

    Returns
    -------
    low, high : ndarray of shape (n_estimable,)
        Ends for the groups that are not left out, in their order.
    """
    use = ~np.isnan(p)
    k = int(np.count_nonzero(use))
    return wilson(p[use], n[use], alpha=alpha / max(k * (k - 1) / 2, 1))


def difference_gap(
    p: Array, n: Array, *, alpha: float, sizes: NDArray[np.int64], ends: Ends | None = None
) -> Gap:
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
    ends : tuple of two ndarray or None
        What :func:`pair_ends` gives, where it is known already.

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
    q = p[use]
    low, high = _newcombe_of_pairs(q, ends or pair_ends(p, n, alpha=alpha))
    top, bottom = extreme_group(q, sizes[use], largest=True), extreme_group(q, sizes[use], largest=False)
    value = float(q[top] - q[bottom])
    if value == 0:
        # With all rates equal every pair says the same; name the two largest groups.
        top, bottom = (int(k) for k in np.argsort(-sizes[use], kind="stable")[:2])
    return Gap(
        value=value,
        low=min(value, max(0.0, low)),
        high=max(value, high),
        first=int(use[top]),
        second=int(use[bottom]),
    )


def _newcombe_of_pairs(q: Array, ends: Ends) -> tuple[float, float]:
    """Give the largest lower and the largest upper bound of Newcombe's intervals over all ordered pairs."""
    low, high = ends
    below, above = (q - low) ** 2, (high - q) ** 2
    upper = q[:, None] - q[None, :] + np.sqrt(above[:, None] + below[None, :])
    least, most = _extremes_of_pairs(upper)
    return -least, most


def _extremes_of_pairs(upper: Array) -> tuple[float, float]:
    """Give the least and the largest of the pairs' upper bounds.

    A pair's lower bound is minus the upper bound of the pair the other way round, so that the lower ones need not be
    worked out: their largest is minus the least upper one, and their least minus the largest.
    """
    np.fill_diagonal(upper, np.inf)
    least = float(upper.min())
    np.fill_diagonal(upper, -np.inf)
    return least, float(upper.max())


def ratio_gap(p: Array, n: Array, *, alpha: float, sizes: NDArray[np.int64], ends: Ends | None = None) -> Gap:
    """Smallest over largest rate, with simultaneous bounds.

    Parameters
    ----------
    p, n, alpha, sizes, ends
        As in :func:`difference_gap`.

    Returns
    -------
    Gap
        Value between 0 and 1 with low ≤ value ≤ high ≤ 1; NaN where the largest rate is 0.
    """
    use = np.flatnonzero(~np.isnan(p))
    if len(use) < 2:
        return NO_GAP
    q = p[use]
    top, bottom = extreme_group(q, sizes[use], largest=True), extreme_group(q, sizes[use], largest=False)
    if q[top] == q[bottom]:
        bottom, top = (int(k) for k in np.argsort(-sizes[use], kind="stable")[:2])
    first, second = int(use[bottom]), int(use[top])
    if q.max() <= 0:
        return Gap(value=np.nan, low=np.nan, high=np.nan, first=first, second=second)
    low, high = _ratios_of_pairs(q, ends or pair_ends(p, n, alpha=alpha))
    value = float(q[bottom] / q[top])
    return Gap(
        value=value,
        low=min(value, low),
        high=max(value, min(1.0, high)),
        first=first,
        second=second,
    )


def _ratios_of_pairs(q: Array, ends: Ends) -> tuple[float, float]:
    """Give the smallest lower and the smallest upper bound of the ratios of all ordered pairs.

    As :func:`audit.inference.intervals.log_ratio` gives them, with what belongs to one group worked out once.
    """
    low, high = ends
    above_zero = np.flatnonzero(q > 0)
    logs = np.log(q[above_zero])
    with np.errstate(divide="ignore"):
        below = (logs - np.log(low[above_zero])) ** 2
    above = (np.log(high[above_zero]) - logs) ** 2
    lowest, highest = np.inf, np.inf
    if len(logs) > 1:
        upper = logs[:, None] - logs[None, :] + np.sqrt(above[:, None] + below[None, :])
        least, most = _extremes_of_pairs(upper)
        lowest, highest = float(np.exp(-most)), float(np.exp(least))
    if len(logs) < len(q):
        # At a rate of 0 the log scale has no centre: the limit of the same method on the plain scale.
        lowest = 0.0
        against = np.sqrt(low * (2 * q - low))[above_zero]
        highest = min(highest, float(high[q <= 0].min() / against.max()))
    return lowest, highest


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
    d_low, d_high = newcombe_of_ends(p[use], (low, high), others, wilson(others, n_others, alpha=level))
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
