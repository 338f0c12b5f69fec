"""Guards against reading too much into extremes: the largest of many gaps and the worst of many groups.

What was picked because it looks extreme looks more extreme than it is. Here stands what chance alone would show, what
is left when chance is taken out, and what the same choice shows on people who played no part in it.

References
----------
.. [1] Paule & Mandel (1982), "Consensus values and weighting factors", Journal of Research of the NBS 87.
.. [2] Louis (1984), "Estimating a population of parameter values using Bayes and empirical Bayes methods", JASA 79.
.. [3] Efron & Morris (1975), "Data analysis using Stein's estimator and its generalizations", JASA 70.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_HALVINGS: Final = 60


def variation(p: Array, n: Array, centre: float) -> tuple[float, float]:
    """How much the groups' true rates vary around a centre, and how much one person's outcome varies within a group.

    Parameters
    ----------
    p, n : ndarray of shape (n_groups,)
        Rates, none of them NaN, and the numbers they rest on.
    centre : float
        The rate of everybody.

    Returns
    -------
    between, within : float
        Two variances; between is 0 where chance explains all differences.

    Notes
    -----
    Within is Σ n p (1 − p) / Σ (n − 1), with one more person who varies as everybody does, so that it is never 0 for
    rates of 0 and 1 alone. Between solves Σ (p − m)² / (between + within / n) = K − 1 (Paule and Mandel).
    """
    limit = centre * (1 - centre)
    if len(p) < 2 or limit <= 0:
        return 0.0, limit
    within = float(((n * p * (1 - p)).sum() + limit) / (np.maximum(n - 1, 0).sum() + 1))
    squares = (p - centre) ** 2

    def excess(between: float) -> float:
        return float((squares / (between + within / n)).sum()) - (len(p) - 1)

    low, high = 0.0, float(squares.sum())
    if excess(low) <= 0:
        return 0.0, within
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2, within


def shrunken(p: Array, n: Array, centre: float) -> Array:
    """Draw each group's rate towards everybody's, the more the fewer people it rests on.

    Parameters
    ----------
    p, n, centre
        As in :func:`variation`; NaN marks a group that is left out.

    Returns
    -------
    ndarray of shape (n_groups,)
        Empirical-Bayes estimates: the best linear guess at each group's own rate.
    """
    return centre + _kept(p, n, centre) * (p - centre)


def debiased_gap(p: Array, n: Array) -> float:
    """The gap between the groups with the part that chance adds taken out.

    Parameters
    ----------
    p, n : ndarray of shape (n_groups,)
        Rates (NaN marks a group that is left out) and the numbers they rest on.

    Returns
    -------
    float
        Largest − smallest of the constrained empirical-Bayes estimates, between 0 and the observed gap; NaN with
        fewer than two groups.

    Notes
    -----
    Estimates that are each the best guess at one group are too close together as a set. Drawn towards the centre by
    the square root of the usual factor, they vary as much as the true rates do (Louis). For two groups of equal size
    that is √(gap² − 2 variance).
    """
    use = ~np.isnan(p)
    if use.sum() < 2:
        return float("nan")
    q, m = p[use], n[use]
    centre = float(np.average(q, weights=m))
    spread = centre + np.sqrt(_kept(q, m, centre)) * (q - centre)
    return float(min(spread.max() - spread.min(), q.max() - q.min()))


def _kept(p: Array, n: Array, centre: float) -> Array:
    """The share of each group's distance from the centre that is not chance."""
    use = ~np.isnan(p) & (n > 0)
    between, within = variation(p[use], n[use], centre)
    if between <= 0:
        return np.where(use, 0.0, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(use, between / (between + within / n), np.nan)


def worst_by_chance(p: Array, n: Array, *, highest: bool, replicates: int, rng: np.random.Generator) -> float:
    """The rate of the worst group that chance alone would show if all groups were equal.

    Parameters
    ----------
    p, n : ndarray of shape (n_groups,)
        Rates (NaN marks a group that is left out) and the numbers they rest on.
    highest : bool
        Whether the highest rate is the worst.
    replicates : int
        Number of simulated data sets.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    float
        Mean of the worst rate; NaN without groups.
    """
    use = ~np.isnan(p)
    if not use.any():
        return float("nan")
    sizes = np.maximum(np.rint(n[use]), 1).astype(np.int64)
    pooled = float(np.clip(np.average(p[use], weights=sizes), 0, 1))
    draws = rng.binomial(sizes, pooled, size=(replicates, len(sizes))) / sizes
    return float((draws.max(axis=1) if highest else draws.min(axis=1)).mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The worst group of one half of the people, looked at in the other half.

    Parameters
    ----------
    found : float
        Its mean rate in the half in which it was found; NaN where no two halves can be made.
    fresh : float
        Its mean rate in the other half.
    again : float
        How often the group that is worst among all people was the one that was found.
    """

    found: float
    fresh: float
    again: float


def split_worst(p: Array, n: Array, *, highest: bool, replicates: int, rng: np.random.Generator) -> Split:
    """Find the worst group among half of the people of each group, and measure it among the others.

    Parameters
    ----------
    p, n, highest, replicates, rng
        As in :func:`worst_by_chance`; effective numbers are rounded to whole people.

    Returns
    -------
    Split
        Means over all splits, each half playing both parts.

    Notes
    -----
    Half of n people, x of whom count, are a hypergeometric draw. The people of the second half played no part in the
    choice, so that its rate is not made worse by it.
    """
    sizes = np.where(np.isnan(p), 0, np.rint(n)).astype(np.int64)
    use = sizes >= 2
    if not use.any():
        return Split(found=float("nan"), fresh=float("nan"), again=float("nan"))
    q, m = p[use], sizes[use]
    hits = np.rint(q * m).astype(np.int64)
    half = m // 2
    first = rng.hypergeometric(hits, m - hits, half, size=(replicates, len(m)))
    one, other = first / half, (hits - first) / (m - half)
    sign = 1.0 if highest else -1.0
    # Ties are broken by chance: else the first group by name would be found more often.
    tie = rng.random(one.shape) * 1e-9
    at_one, at_other = np.argmax(sign * one + tie, axis=1), np.argmax(sign * other + tie, axis=1)
    rows = np.arange(replicates)
    worst = int(np.argmax(sign * q))
    return Split(
        found=float(np.mean([one[rows, at_one], other[rows, at_other]])),
        fresh=float(np.mean([other[rows, at_one], one[rows, at_other]])),
        again=float(np.mean([at_one == worst, at_other == worst])),
    )
