"""Closed-form intervals for rates, their differences and their ratios.

All of them are built from Wilson's interval, so that they stay sensible at 0 %, at 100 % and with few people.

References
----------
.. [1] Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.
.. [2] Newcombe (1998), "Interval estimation for the difference between independent proportions", Statistics in
   Medicine 17, method 10.
.. [3] Newcombe (1998), "Improved confidence intervals for the difference between binomial proportions based on paired
   data", Statistics in Medicine 17, method 10.
.. [4] Zou & Donner (2008), "Construction of confidence limits about effect measures: a general approach", Statistics in
   Medicine 27.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]


def z_value(alpha: ArrayLike) -> Array:
    """Give the normal quantile of a two-sided interval.

    Parameters
    ----------
    alpha : array-like
        Share of intervals that may miss, between 0 and 1.

    Returns
    -------
    ndarray
        z with 1 − alpha of the normal distribution between −z and z.
    """
    return np.asarray(-ndtri(np.asarray(alpha, dtype=float) / 2))


def wilson(p: ArrayLike, n: ArrayLike, *, alpha: ArrayLike = 0.05) -> tuple[Array, Array]:
    r"""Wilson's score interval of a rate.

    Parameters
    ----------
    p : array-like
        Observed rates between 0 and 1.
    n : array-like
        Number of people, or effective number with weights, that each rate rests on.
    alpha : array-like, default 0.05
        Share of intervals that may miss.

    Returns
    -------
    low, high : ndarray
        The interval's ends between 0 and 1; NaN where n is 0.

    Notes
    -----
    .. math:: \frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    Examples
    --------
    >>> low, high = wilson(0.0, 10)
    >>> round(float(low), 3), round(float(high), 3)
    (0.0, 0.278)
    """
    p, n = np.asarray(p, dtype=float), np.asarray(n, dtype=float)
    n = np.where(n > 0, n, np.nan)  # what is not known stays so in all that follows
    z2 = z_value(alpha) ** 2
    spread = z2 / n
    width = 1 + spread
    centre = (p + spread / 2) / width
    half = np.sqrt(z2) * np.sqrt(np.maximum(p * (1 - p), 0) / n + z2 / (4 * n * n)) / width
    # At 0 and at 1 the interval begins and ends there; rounding must not put a rate outside of it.
    return np.minimum(np.maximum(centre - half, 0), p), np.maximum(np.minimum(centre + half, 1), p)


def newcombe(
    p1: ArrayLike, n1: ArrayLike, p2: ArrayLike, n2: ArrayLike, *, alpha: ArrayLike = 0.05
) -> tuple[Array, Array]:
    """Newcombe's interval of the difference of two independent rates.

    Parameters
    ----------
    p1, n1 : array-like
        The first rate and the number it rests on.
    p2, n2 : array-like
        The second rate and the number it rests on.
    alpha : array-like, default 0.05
        Share of intervals that may miss.

    Returns
    -------
    low, high : ndarray
        Ends of the interval of p1 − p2, between −1 and 1.

    Examples
    --------
    >>> low, high = newcombe(56 / 70, 70, 48 / 80, 80)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    return newcombe_of_ends(p1, wilson(p1, n1, alpha=alpha), p2, wilson(p2, n2, alpha=alpha))


def newcombe_of_ends(
    p1: ArrayLike, ends1: tuple[ArrayLike, ArrayLike], p2: ArrayLike, ends2: tuple[ArrayLike, ArrayLike]
) -> tuple[Array, Array]:
    """Newcombe's interval of the difference of two rates whose own intervals are known.

    Parameters
    ----------
    p1, p2 : array-like
        The rates.
    ends1, ends2 : tuple of two array-like
        Lower and upper ends of Wilson's interval of each.

    Returns
    -------
    low, high : ndarray
        As :func:`newcombe` gives them.
    """
    p1, p2 = np.asarray(p1, dtype=float), np.asarray(p2, dtype=float)
    (l1, u1), (l2, u2) = ends1, ends2
    d = p1 - p2
    return d - np.hypot(p1 - l1, u2 - p2), d + np.hypot(u1 - p1, p2 - l2)


def log_ratio(
    p1: ArrayLike, n1: ArrayLike, p2: ArrayLike, n2: ArrayLike, *, alpha: ArrayLike = 0.05
) -> tuple[Array, Array]:
    """Interval of the ratio of two independent rates, on the log scale.

    Parameters
    ----------
    p1, n1 : array-like
        The rate above the line and the number it rests on.
    p2, n2 : array-like
        The rate below the line and the number it rests on.
    alpha : array-like, default 0.05
        Share of intervals that may miss.

    Returns
    -------
    low, high : ndarray
        Ends of the interval of p1 / p2; NaN where p2 is 0.

    Notes
    -----
    The limits of the two rates' Wilson intervals are combined on the log scale by the method of variance estimates
    recovery. Away from 0 and 1 this is Katz's log interval; at p1 = 0 and at p = 1, where Katz's has no width or no
    value, it keeps an honest width.
    """
    p1, p2 = np.asarray(p1, dtype=float), np.asarray(p2, dtype=float)
    l1, u1 = wilson(p1, n1, alpha=alpha)
    l2, u2 = wilson(p2, n2, alpha=alpha)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(p1) - np.log(p2)
        low = np.exp(centre - np.hypot(np.log(p1) - np.log(l1), np.log(u2) - np.log(p2)))
        high = np.exp(centre + np.hypot(np.log(u1) - np.log(p1), np.log(p2) - np.log(l2)))
        # At p1 = 0 the log scale has no centre: the limit of the same method on the plain scale.
        at_zero = u1 / np.sqrt(l2 * (2 * p2 - l2))
    zero = p1 <= 0
    undefined = ~(p2 > 0) | np.isnan(p1)
    return (
        np.where(undefined, np.nan, np.where(zero, 0.0, low)),
        np.where(undefined, np.nan, np.where(zero, at_zero, high)),
    )


def newcombe_paired(
    both: ArrayLike, only_first: ArrayLike, only_second: ArrayLike, n: ArrayLike, *, alpha: ArrayLike = 0.05
) -> tuple[Array, Array]:
    """Newcombe's interval of the difference of two rates of the same people.

    Parameters
    ----------
    both, only_first, only_second : array-like
        Shares of the people that count in both rates, only in the first, only in the second.
    n : array-like
        Number of people, or effective number with weights.
    alpha : array-like, default 0.05
        Share of intervals that may miss.

    Returns
    -------
    low, high : ndarray
        Ends of the interval of second − first, between −1 and 1; NaN where n is 0.

    Notes
    -----
    The two Wilson intervals are combined with the correlation of the two rates, taken with Newcombe's continuity
    correction.
    """
    e, g, f, m = (np.asarray(a, dtype=float) for a in (both, only_first, only_second, n))
    h = np.clip(1 - e - f - g, 0, 1)
    first, second = e + g, e + f
    with np.errstate(divide="ignore", invalid="ignore"):
        product = e * h - f * g
        corrected = np.where(product > 0, np.maximum(product - 1 / (2 * m), 0), product)
        scale = np.sqrt(first * (1 - first) * second * (1 - second))
        phi = np.where(scale > 0, np.clip(corrected / scale, -1, 1), 0.0)
    l1, u1 = wilson(np.clip(first, 0, 1), m, alpha=alpha)
    l2, u2 = wilson(np.clip(second, 0, 1), m, alpha=alpha)
    a, b = second - l2, u1 - first
    c, d = u2 - second, first - l1
    low = (second - first) - np.sqrt(np.maximum(a * a - 2 * phi * a * b + b * b, 0))
    high = (second - first) + np.sqrt(np.maximum(c * c - 2 * phi * c * d + d * d, 0))
    return low, high
