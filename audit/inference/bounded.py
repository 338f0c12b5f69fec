"""Intervals of measures that are no shares of people: of each group, of the widest gap and of the worst group.

Every measure brings its own interval at any level. Differences are bounded from those of the two groups by the method of
variance estimates recovery, so that they keep their skew; the widest of many gaps is bounded at a level shared among the
pairs and can therefore be 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import stdtrit

from audit.inference.gaps import NO_GAP, Gap
from audit.inference.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.intp]
    Bounds: TypeAlias = Callable[[float], tuple[Array, Array]]


_ROUNDING: Final = 1e-26
"""A variance that is no larger than this part of the squared mean is none: doubles hold 16 digits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounded:
    """One measure over some groups.

    Parameters
    ----------
    value : ndarray of shape (n_groups,)
        The measure; NaN where it is not estimable.
    centre : ndarray of shape (n_groups,)
        The measure less what is known of its bias; equal to the value for most.
    deviation : ndarray of shape (n_groups,)
        Standard deviation of the estimate.
    bounds : callable
        Gives the ends of the intervals at a share of misses.
    blur : ndarray of shape (n_groups,) or None, default None
        How far the value can be from the one meant for another reason than chance, such as counting scores in bins: the
        intervals reach as much further. None for nowhere.
    limits : tuple of float, default (−inf, inf)
        What blurred ends are kept between.
    """

    value: Array
    centre: Array
    deviation: Array
    bounds: Bounds
    blur: Array | None = None
    limits: tuple[float, float] = (-np.inf, np.inf)

    def interval(self, alpha: float) -> tuple[Array, Array]:
        """Give the interval of each group, which contains its value.

        Parameters
        ----------
        alpha : float
            Share of intervals that may miss.

        Returns
        -------
        low, high : ndarray of shape (n_groups,)
            The ends; NaN where the value is.
        """
        low, high = self.bounds(alpha)
        if self.blur is not None:
            low, high = (np.clip(end, *self.limits) for end in (low - self.blur, high + self.blur))
        return np.minimum(low, self.value), np.maximum(high, self.value)


def mean_bounds(
    centre: Array, variance: Array, n: Array, alpha: float, *, limits: tuple[float, float]
) -> tuple[Array, Array]:
    """Bound a mean by its standard error, with Student's t for few people.

    Parameters
    ----------
    centre, variance : ndarray
        The mean and the variance of the estimate.
    n : ndarray
        People, or their effective number.
    alpha : float
        Share of intervals that may miss.
    limits : tuple of float
        What a single person's value lies between; ends of the interval are kept there.

    Returns
    -------
    low, high : ndarray
        The ends; NaN with fewer than two people.

    Notes
    -----
    Where everybody has the same value the variance is 0. Another value may still occur for a share of people up to
    Wilson's bound at none of n, and the interval reaches as far as that share could move the mean.
    """
    n = np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = -stdtrit(np.maximum(n - 1, 1e-9), alpha / 2)
        half = t * np.sqrt(variance)
    _, unseen = wilson(np.zeros_like(n), n, alpha=alpha)
    # What rounding leaves of the variance of equal values is none.
    alike = variance <= _ROUNDING * np.square(centre)
    low = np.where(alike, centre - (centre - limits[0]) * unseen, centre - half)
    high = np.where(alike, centre + (limits[1] - centre) * unseen, centre + half)
    nothing = np.isnan(centre) | np.isnan(variance) | (n <= 1)
    return (
        np.where(nothing, np.nan, np.clip(low, *limits)),
        np.where(nothing, np.nan, np.clip(high, *limits)),
    )


def difference(of: Bounded, first: Places, second: Places, alpha: float) -> tuple[Array, Array]:
    r"""Bound differences between groups that share nobody.

    Parameters
    ----------
    of : Bounded
        The measure.
    first, second : ndarray of int
        Positions of the groups: first − second.
    alpha : float
        Share of intervals that may miss.

    Returns
    -------
    low, high : ndarray
        The ends.

    Notes
    -----
    .. math:: d - \sqrt{(c_1 - l_1)^2 + (u_2 - c_2)^2}, \quad d + \sqrt{(u_1 - c_1)^2 + (c_2 - l_2)^2}

    of Zou & Donner (2008), with c the values less their known bias and d their difference; both ends lie further out by
    what the two values are blurred.
    """
    low, high = of.bounds(alpha)
    c = of.centre
    below, above = np.maximum(c - low, 0.0), np.maximum(high - c, 0.0)
    d = c[first] - c[second]
    blur = 0.0 if of.blur is None else of.blur[first] + of.blur[second]
    return d - np.hypot(below[first], above[second]) - blur, d + np.hypot(above[first], below[second]) + blur


def widest_gap(of: Bounded, usable: NDArray[np.bool_], *, alpha: float, sizes: NDArray[np.int64]) -> Gap:
    """Bound the largest minus the smallest value.

    Parameters
    ----------
    of : Bounded
        The measure.
    usable : ndarray of bool of shape (n_groups,)
        Groups that count.
    alpha : float
        Share of intervals that may miss.
    sizes : ndarray of shape (n_groups,)
        People in each group: of equal values the larger group is named.

    Returns
    -------
    Gap
        Value with 0 ≤ low ≤ value ≤ high; NaN with fewer than two groups.
    """
    use = np.flatnonzero(usable & ~np.isnan(of.value))
    if len(use) < 2:
        return NO_GAP
    i, j = (use[part] for part in np.triu_indices(len(use), 1))
    low, high = difference(of, i, j, alpha / len(i))
    by_size = use[np.argsort(-sizes[use], kind="stable")]
    top, bottom = by_size[np.argmax(of.value[by_size])], by_size[np.argmin(of.value[by_size])]
    if top == bottom:
        top, bottom = by_size[0], by_size[1]
    value = float(of.value[top] - of.value[bottom])
    return Gap(
        value=value,
        low=min(value, max(0.0, float(np.max(low)), float(np.max(-high)))),
        high=max(value, float(np.max(high)), float(np.max(-low))),
        first=int(top),
        second=int(bottom),
    )


def chance_gap(of: Bounded, usable: NDArray[np.bool_], *, replicates: int, rng: np.random.Generator) -> float:
    """Give the mean gap that chance alone would show if the measure were equal in all groups.

    Parameters
    ----------
    of : Bounded
        The measure.
    usable : ndarray of bool of shape (n_groups,)
        Groups that count.
    replicates : int
        Number of simulated data sets.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    float
        Mean of largest − smallest of normal errors with the groups' deviations and biases; NaN with fewer than two.
    """
    use = usable & ~np.isnan(of.value)
    if use.sum() < 2:
        return float("nan")
    bias = (of.value - of.centre)[use]
    drawn = bias + np.nan_to_num(of.deviation[use]) * rng.standard_normal((replicates, int(use.sum())))
    return float(np.mean(drawn.max(axis=1) - drawn.min(axis=1)))
