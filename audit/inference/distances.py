"""How far two distributions over the same few values are apart.

References
----------
.. [1] Das, Donini, Gelman, et al. (2021), "Fairness measures for machine learning in finance", The Journal of Financial
   Data Science 3(4); the measures of Amazon SageMaker Clarify.
.. [2] Lin (1991), "Divergence measures based on the Shannon entropy", IEEE Transactions on Information Theory 37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def kl_divergence(p: ArrayLike, q: ArrayLike) -> float:
    r"""Kullback–Leibler divergence of one distribution from another, with the natural logarithm.

    Parameters
    ----------
    p, q : array-like of shape (n_values,)
        Two distributions, each adding up to 1.

    Returns
    -------
    float
        0 or more; NaN where a value occurs under p and never under q.

    Notes
    -----
    .. math:: KL(p\|q) = \sum_y p(y) \ln \frac{p(y)}{q(y)}

    It is undefined where q(y) = 0 < p(y) [1]_, and it is not symmetric.

    Examples
    --------
    >>> round(kl_divergence([0.5, 0.5], [0.75, 0.25]), 6)
    0.143841
    """
    a, b = _pair(p, q)
    if np.any((a > 0) & (b <= 0)):
        return float("nan")
    on = a > 0
    return float(max(np.sum(a[on] * np.log(a[on] / b[on])), 0.0))


def js_divergence(p: ArrayLike, q: ArrayLike) -> float:
    r"""Jensen–Shannon divergence, with the logarithm to base 2.

    Parameters
    ----------
    p, q : array-like of shape (n_values,)
        Two distributions, each adding up to 1.

    Returns
    -------
    float
        Between 0 (the same) and 1 (nothing in common); its square root is a distance.

    Notes
    -----
    .. math:: JS = \tfrac12 KL_2(p\|m) + \tfrac12 KL_2(q\|m), \quad m = \tfrac12(p+q)

    where :math:`KL_2` has the logarithm to base 2 [2]_.
    """
    a, b = _pair(p, q)
    middle = (a + b) / 2
    whole = (kl_divergence(a, middle) + kl_divergence(b, middle)) / 2
    return float(min(max(whole / np.log(2), 0.0), 1.0))


def total_variation(p: ArrayLike, q: ArrayLike) -> float:
    """Half of the sum of absolute differences.

    Parameters
    ----------
    p, q : array-like of shape (n_values,)
        Two distributions, each adding up to 1.

    Returns
    -------
    float
        Between 0 and 1: the share of one group that would have to change its value.
    """
    a, b = _pair(p, q)
    return float(np.abs(a - b).sum() / 2)


def lp_distance(p: ArrayLike, q: ArrayLike, *, power: float = 2.0) -> float:
    """Lp distance of two distributions.

    Parameters
    ----------
    p, q : array-like of shape (n_values,)
        Two distributions, each adding up to 1.
    power : float, default 2
        The p of Lp.

    Returns
    -------
    float
        0 or more; with two values and p = 2 it is √2 times the difference of the shares.
    """
    a, b = _pair(p, q)
    return float((np.abs(a - b) ** power).sum() ** (1 / power))


def ks_distance(p: ArrayLike, q: ArrayLike) -> float:
    """Largest difference in the share of one value, as Clarify defines KS for labels [1]_.

    Parameters
    ----------
    p, q : array-like of shape (n_values,)
        Two distributions, each adding up to 1.

    Returns
    -------
    float
        Between 0 and 1.
    """
    a, b = _pair(p, q)
    return float(np.abs(a - b).max(initial=0.0))


def _pair(p: ArrayLike, q: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.asarray(p, dtype=float), np.asarray(q, dtype=float)
