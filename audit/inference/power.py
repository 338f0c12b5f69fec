"""How large a gap has to be before data of this size show it.

References
----------
.. [1] Fleiss, Levin & Paik (2003), "Statistical Methods for Rates and Proportions", 3rd edition, section 4.2, without
   continuity correction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtri

from audit.inference.intervals import z_value

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

POWER: Final = 0.8
"""Share of samples that should show a gap that is there."""

_STEPS: Final = 48
_MOST: Final = 1e12
_ROUNDING: Final = 1e-9
_LEAST: Final = 0.05
"""A rate of 0 or 100 % among the others is taken for at most this close to it when a few people are to be judged."""


def people_needed(
    p1: ArrayLike, p2: ArrayLike, *, alpha: float = 0.05, power: float = POWER
) -> NDArray[np.float64]:
    r"""Give the people that each of two equally large groups needs to show that their rates differ.

    Parameters
    ----------
    p1, p2 : array-like
        The two rates.
    alpha : float, default 0.05
        Two-sided level of the test.
    power : float, default 0.8
        Share of samples that should show the difference.

    Returns
    -------
    ndarray
        Whole numbers of people in each group; infinite where the rates are equal.

    Notes
    -----
    The two-sided z test with a pooled variance [1]_:

    .. math:: n = \frac{\left(z_{1-\alpha/2}\sqrt{2\bar p(1-\bar p)} + z_{power}\sqrt{p_1(1-p_1) + p_2(1-p_2)}\right)^2}{(p_1-p_2)^2}

    Examples
    --------
    >>> people_needed([0.80, 0.80, 0.80, 0.50], [0.75, 0.70, 0.60, 0.40]).tolist()
    [1094.0, 294.0, 82.0, 388.0]
    """
    p, q = np.asarray(p1, dtype=float), np.asarray(p2, dtype=float)
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        root = z_value(alpha) * np.sqrt(2 * middle * (1 - middle)) + ndtri(power) * np.sqrt(
            p * (1 - p) + q * (1 - q)
        )
        needed = np.where(p == q, np.inf, np.ceil(root**2 / (p - q) ** 2 - _ROUNDING))
    return np.asarray(needed)


def smallest_gap(
    rate: ArrayLike, n: ArrayLike, n_others: ArrayLike, *, alpha: float = 0.05, power: float = POWER
) -> NDArray[np.float64]:
    """Give the smallest gap between a group and others that data of this size would show.

    Parameters
    ----------
    rate : array-like
        The rate of the others.
    n, n_others : array-like
        People in the group and people in the others, or effective numbers with weights.
    alpha : float, default 0.05
        Two-sided level of the test.
    power : float, default 0.8
        Share of samples that should show the gap.

    Returns
    -------
    ndarray
        The gap between 0 and 1; NaN where no gap would be shown, also where even the most extreme outcome of so few
        people would be no surprise.

    Notes
    -----
    The group's rate lies on the other side, towards one half and beyond, where chance is largest: a gap of that size away
    from one half is shown at least as surely. The gap solves the equation of :func:`people_needed` for groups of unequal
    size, with the pooled rate weighted by people.
    """
    p, m, others = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (rate, n, n_others)))
    side = np.where(p >= 0.5, -1.0, 1.0)
    far = np.where(p >= 0.5, p, 1 - p)
    low, high = np.zeros(p.shape), far.copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        shown = _excess(p, p + side * far, m, others, alpha=alpha, power=power) >= 0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            enough = _excess(p, p + side * middle, m, others, alpha=alpha, power=power) >= 0
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    surprise = np.maximum(1 - np.maximum(p, 1 - p), _LEAST) ** m
    known = shown & (m > 0) & (others > 0) & (surprise <= alpha / 2)
    return np.asarray(np.where(known, high, np.nan))


def people_for(
    rate: ArrayLike,
    gap: ArrayLike,
    n_others: ArrayLike,
    *,
    alpha: float = 0.05,
    power: float = POWER,
) -> NDArray[np.float64]:
    """Give the people that a group needs to show a gap of a given size, the others being as many as they are.

    Parameters
    ----------
    rate : array-like
        The rate of the others.
    gap : array-like
        The gaps.
    n_others : array-like
        People in the others, or effective number with weights.
    alpha : float, default 0.05
        Two-sided level of the test.
    power : float, default 0.8
        Share of samples that should show the gap.

    Returns
    -------
    ndarray
        Whole numbers of people; NaN where the others are too few for any number, or no such gap is possible.
    """
    p, wanted, others = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (rate, gap, n_others)))
    q = np.where(p >= 0.5, p - wanted, p + wanted)
    # Halved on the scale of logarithms: from one person to more than there are.
    low, high = np.zeros(p.shape), np.full(p.shape, np.log(_MOST))
    with np.errstate(divide="ignore", invalid="ignore"):
        possible = (_excess(p, q, np.exp(high), others, alpha=alpha, power=power) >= 0) & (q >= 0) & (q <= 1)
        for _ in range(_STEPS):
            middle = (low + high) / 2
            enough = _excess(p, q, np.exp(middle), others, alpha=alpha, power=power) >= 0
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    needed = np.ceil(np.exp(high) * (1 - 1e-9))
    return np.asarray(np.where(possible & (wanted > 0), needed, np.nan))


def _excess(p: Array, q: Array, n: Array, others: Array, *, alpha: float, power: float) -> Array:
    """Give how far a gap exceeds what is needed to be shown; negative where it is too small."""
    pooled = (others * p + n * q) / (others + n)
    null = np.sqrt(np.maximum(pooled * (1 - pooled), 0) * (1 / n + 1 / others))
    real = np.sqrt(np.maximum(q * (1 - q), 0) / n + np.maximum(p * (1 - p), 0) / others)
    return np.asarray(np.abs(p - q) - float(z_value(alpha)) * null - float(ndtri(power)) * real)
