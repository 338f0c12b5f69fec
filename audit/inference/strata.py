"""Two groups compared within strata: one difference, one ratio and one odds ratio for all strata together.

Each stratum is a table of two groups by two outcomes. With weights, a count is the weighted rate times the effective
number of people, so that intervals stay honest.

References
----------
.. [1] Mantel & Haenszel (1959), "Statistical aspects of the analysis of data from retrospective studies of disease",
   Journal of the National Cancer Institute 22.
.. [2] Sato, Greenland & Robins (1989), "On the variance estimator for the Mantel–Haenszel risk difference", Biometrics
   45.
.. [3] Greenland & Robins (1985), "Estimation of a common effect parameter from sparse follow-up data", Biometrics 41.
.. [4] Robins, Breslow & Greenland (1986), "Estimators of the Mantel–Haenszel variance consistent in both sparse data and
   large-strata limiting models", Biometrics 42.
.. [5] Tarone (1985), "On heterogeneity tests based on efficient scores", Biometrika 72.
.. [6] Zou & Donner (2008), "Construction of confidence limits about effect measures: a general approach", Statistics in
   Medicine 27.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.inference.intervals import wilson, z_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One comparison of two groups over all strata.

    Parameters
    ----------
    value, low, high : float
        The estimate and its interval; NaN where there is none.
    """

    value: float
    low: float
    high: float


NO_EFFECT = Effect(value=np.nan, low=np.nan, high=np.nan)
"""The comparison where no stratum has both groups, or where a count in its formula is 0."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strata:
    """Two groups in every stratum in which both can be estimated.

    Parameters
    ----------
    p1, n1 : ndarray of shape (n_strata,)
        Rate of the first group, and the effective number it rests on.
    p0, n0 : ndarray of shape (n_strata,)
        Rate of the reference group, and the effective number it rests on.
    weight : ndarray of shape (n_strata,)
        People (or weight) of both groups in the denominator: what the directly standardised difference averages by.
    """

    p1: Array
    n1: Array
    p0: Array
    n0: Array
    weight: Array

    @property
    def tables(self) -> tuple[Array, Array, Array, Array, Array]:
        """Counts a, b (first group, with and without), c, d (reference), and their sum, for each stratum."""
        a, c = self.p1 * self.n1, self.p0 * self.n0
        return a, self.n1 - a, c, self.n0 - c, self.n1 + self.n0


def risk_difference(strata: Strata, *, alpha: float) -> Effect:
    r"""Mantel–Haenszel's difference of two rates, with Sato's variance.

    Parameters
    ----------
    strata : Strata
        The tables.
    alpha : float
        Share of intervals that may miss.

    Returns
    -------
    Effect
        First group minus reference, between −1 and 1.

    Notes
    -----
    .. math:: \hat\delta = \frac{\sum_k (a_k n_{0k} - c_k n_{1k}) / N_k}{\sum_k n_{1k} n_{0k} / N_k}

    The variance holds both for few large and for many small strata [2]_.
    """
    a, b, c, d, total = strata.tables
    n1, n0 = strata.n1, strata.n0
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = float(np.sum(n1 * n0 / total))
    if not weight > 0:
        return NO_EFFECT
    value = float(np.sum((a * n0 - c * n1) / total)) / weight
    p = (n1**2 * c - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / total**2
    q = (a * d + c * b) / (2 * total)
    variance = max((value * float(p.sum()) + float(q.sum())) / weight**2, 0.0)
    if variance == 0:
        # With every rate at 0 or 1 the variance is 0, which no number of people justifies.
        return _combined(strata, n1 * n0 / total, alpha=alpha)
    half = float(z_value(alpha)) * variance**0.5
    return Effect(value=value, low=max(value - half, -1.0), high=min(value + half, 1.0))


def standardised_difference(strata: Strata, *, alpha: float) -> Effect:
    """Difference of two rates, both standardised to the strata of the two groups together.

    Parameters
    ----------
    strata : Strata
        The tables.
    alpha : float
        Share of intervals that may miss.

    Returns
    -------
    Effect
        First group minus reference, between −1 and 1.

    Notes
    -----
    The difference in each stratum counts by the people of both groups in it. The Wilson limits of all rates are combined
    by the method of variance estimates recovery [6]_, so that rates of 0 and 1 keep an honest width.
    """
    return _combined(strata, strata.weight, alpha=alpha)


def _combined(strata: Strata, weight: Array, *, alpha: float) -> Effect:
    """Average the differences of the strata by some weight, with limits recovered from Wilson's."""
    if not float(weight.sum()) > 0:
        return NO_EFFECT
    w = weight / weight.sum()
    l1, u1 = wilson(strata.p1, strata.n1, alpha=alpha)
    l0, u0 = wilson(strata.p0, strata.n0, alpha=alpha)
    value = float(np.sum(w * (strata.p1 - strata.p0)))
    below = np.sqrt(np.sum(w**2 * ((strata.p1 - l1) ** 2 + (u0 - strata.p0) ** 2)))
    above = np.sqrt(np.sum(w**2 * ((u1 - strata.p1) ** 2 + (strata.p0 - l0) ** 2)))
    return Effect(value=value, low=max(value - float(below), -1.0), high=min(value + float(above), 1.0))


def risk_ratio(strata: Strata, *, alpha: float) -> Effect:
    r"""Mantel–Haenszel's ratio of two rates, with Greenland and Robins' interval.

    Parameters
    ----------
    strata : Strata
        The tables.
    alpha : float
        Share of intervals that may miss.

    Returns
    -------
    Effect
        First group over reference; NaN where one of the two has nobody in any numerator, without an interval where the
        formula gives it no width.

    Notes
    -----
    .. math:: \widehat{RR} = \frac{\sum_k a_k n_{0k} / N_k}{\sum_k c_k n_{1k} / N_k}
    """
    a, _, c, _, total = strata.tables
    n1, n0 = strata.n1, strata.n0
    top, bottom = float(np.sum(a * n0 / total)), float(np.sum(c * n1 / total))
    if not (top > 0 and bottom > 0):
        return NO_EFFECT
    variance = float(np.sum((n1 * n0 * (a + c) - a * c * total) / total**2)) / (top * bottom)
    return _on_log_scale(top / bottom, variance, alpha)


def odds_ratio(strata: Strata, *, alpha: float) -> Effect:
    r"""Mantel–Haenszel's ratio of two odds, with Robins, Breslow and Greenland's interval.

    Parameters
    ----------
    strata : Strata
        The tables.
    alpha : float
        Share of intervals that may miss.

    Returns
    -------
    Effect
        Odds of the first group over odds of the reference; NaN where a sum of its formula is 0.

    Notes
    -----
    .. math:: \widehat{OR} = \frac{\sum_k a_k d_k / N_k}{\sum_k b_k c_k / N_k}
    """
    a, b, c, d, total = strata.tables
    r, s = a * d / total, b * c / total
    big_r, big_s = float(r.sum()), float(s.sum())
    if not (big_r > 0 and big_s > 0):
        return NO_EFFECT
    p, q = (a + d) / total, (b + c) / total
    variance = (
        float(np.sum(p * r)) / (2 * big_r**2)
        + float(np.sum(p * s + q * r)) / (2 * big_r * big_s)
        + float(np.sum(q * s)) / (2 * big_s**2)
    )
    return _on_log_scale(big_r / big_s, variance, alpha)


def _on_log_scale(value: float, variance: float, alpha: float) -> Effect:
    if variance <= 1e-15:
        return Effect(
            value=value, low=np.nan, high=np.nan
        )  # every rate at 0 or 1: the formula gives no width
    spread = float(np.exp(z_value(alpha) * max(variance, 0.0) ** 0.5))
    return Effect(value=value, low=value / spread, high=value * spread)


def homogeneity(strata: Strata) -> float:
    """Test whether all strata could have one odds ratio: Breslow and Day's test with Tarone's correction.

    Parameters
    ----------
    strata : Strata
        The tables.

    Returns
    -------
    float
        The p-value; NaN with fewer than two strata in which both outcomes occur, or without a common odds ratio.

    Notes
    -----
    For each stratum the first cell that its margins and the common odds ratio would give is the root of a quadratic; the
    squared distances over their variances are summed and corrected by [5]_.
    """
    from scipy.stats import chi2

    a, b, c, d, total = strata.tables
    use = (a + c > 0) & (b + d > 0)
    common = odds_ratio(strata, alpha=0.05).value
    if int(use.sum()) < 2 or np.isnan(common):
        return np.nan
    a, n1, n0, m, total = a[use], strata.n1[use], strata.n0[use], (a + c)[use], total[use]
    expected = _expected_cell(n1, n0, m, common)
    cells = (expected, n1 - expected, m - expected, n0 - m + expected)
    if any(np.any(cell <= 0) for cell in cells):
        return np.nan
    variance = 1 / sum(1 / cell for cell in cells)
    statistic = float(np.sum((a - expected) ** 2 / variance))
    statistic -= float(np.sum(a - expected)) ** 2 / float(np.sum(variance))
    return float(chi2.sf(max(statistic, 0.0), len(a) - 1))


def _expected_cell(n1: Array, n0: Array, m: Array, ratio: float) -> Array:
    """Solve e (n0 − m + e) = ratio (n1 − e) (m − e) for the root between the margins."""
    if abs(ratio - 1) < 1e-12:
        return n1 * m / (n1 + n0)
    second, first, constant = 1 - ratio, (n0 - m) + ratio * (n1 + m), -ratio * n1 * m
    root = np.sqrt(np.maximum(first**2 - 4 * second * constant, 0.0))
    # Of the two roots the one between the margins, in the form that loses no digits near a ratio of 1.
    return np.asarray(-2 * constant / (first + root))
