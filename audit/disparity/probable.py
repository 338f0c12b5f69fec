"""Rates of groups that are known by probability only: weighted estimates, and what the probabilities can tell at most.

References
----------
.. [1] Chen, Kallus, Mao, Svacha & Udell (2019), "Fairness under unawareness: assessing disparity when protected class is
   unobserved", FAT*: the weighted estimate is right where group and decision are unrelated given the probability; its
   error is their covariance.
.. [2] Kallus, Mao & Zhou (2022), "Assessing algorithmic fairness with unobserved protected class using data combination",
   Management Science 68: the sharp bounds without that assumption.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.metrics.rates import Rate
    from audit.tables.probable import ProbableGroup


def weighted_rate(group: ProbableGroup, rate: Rate) -> tuple[float, float, float]:
    r"""Estimate a rate by counting every person as much as they probably belong to the group.

    Parameters
    ----------
    group : ProbableGroup
        The people.
    rate : Rate
        Which rate.

    Returns
    -------
    value : float
        The weighted rate; NaN where nobody is in the denominator.
    effective : float
        (Σwp)² / Σ(wp)² over the denominator.
    people : float
        Expected weight of the group in the denominator.

    Notes
    -----
    .. math:: \frac{\sum_i w_i p_i \mathbf 1[i \in \text{numerator}]}{\sum_i w_i p_i \mathbf 1[i \in \text{denominator}]}
    """
    inside = _among(group, rate.denominator)
    top = float(group.p[_among(group, rate.numerator)].sum())
    bottom, squares = float(group.p[inside].sum()), float(group.p2[inside].sum())
    if not bottom > 0:
        return np.nan, 0.0, 0.0
    return min(top / bottom, 1.0), bottom**2 / squares if squares > 0 else 0.0, bottom


def _among(group: ProbableGroup, cells: tuple[tuple[int, int], ...]) -> NDArray[np.bool_]:
    inside = [(group.label == label) & (group.decision == decision) for label, decision in cells]
    return np.asarray(np.any(inside, axis=0))


def sharp_bounds(group: ProbableGroup, rate: Rate) -> tuple[float, float]:
    r"""Bound a rate of a group without assuming anything about group and decision given the probability.

    Parameters
    ----------
    group : ProbableGroup
        The people.
    rate : Rate
        Which rate.

    Returns
    -------
    low, high : float
        The smallest and the largest rate that agree with the counts; NaN where nobody need be in the denominator.

    Notes
    -----
    In a bin with weight π and mean probability p, let q be the share in the numerator and r the share in the denominator
    only. The group's part of the numerator lies between max(0, p + q − 1) and min(p, q), its part of the rest between
    max(0, p + r − 1) and min(p, r), and the extremes of the two go together. So the largest rate is

    .. math:: \frac{\sum \pi \min(p, q)}{\sum \pi \min(p, q) + \sum \pi \max(0, p + r - 1)}

    and the smallest one the same with the two turned round. They hold where the probabilities are right on average within
    each bin.
    """
    share, p = group.binned()
    top = sum(share[:, label, decision] for label, decision in rate.numerator)
    rest_cells = [cell for cell in rate.denominator if cell not in rate.numerator]
    rest = sum((share[:, label, decision] for label, decision in rest_cells), np.zeros(len(share)))
    whole = share.sum(axis=(1, 2))
    top_most, top_least = np.minimum(p, top).sum(), np.maximum(p + top - whole, 0).sum()
    rest_most, rest_least = np.minimum(p, rest).sum(), np.maximum(p + rest - whole, 0).sum()
    if not (top_most + rest_most > 0):
        return np.nan, np.nan
    low = top_least / (top_least + rest_most) if top_least + rest_most > 0 else 0.0
    high = top_most / (top_most + rest_least) if top_most + rest_least > 0 else 1.0
    # Sums of many small numbers: what is equal may differ in the last digits.
    return float(min(low, high)), float(max(low, high))
