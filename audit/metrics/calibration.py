"""Whether scores keep their promise: observed rates beside mean scores, in bins that are the same for every group.

References
----------
.. [1] Murphy (1973), "A new vector partition of the probability score", Journal of Applied Meteorology 12.
.. [2] Kumar, Liang & Ma (2019), "Verified uncertainty calibration", NeurIPS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import gammaln, ndtr

from audit.metrics.scores import LABEL, Measured, blanked, brier, cell_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.tables.scores import ScoreCells

    Array = NDArray[np.float64]

MASS_BINS: Final = 10
"""Bins of calibration, each with about as many people as the others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliability:
    """Scores and labels of every group in a few bins.

    Parameters
    ----------
    n, w, w2 : ndarray of shape (n_groups, n_few)
        People, weights and squared weights.
    score, positive : ndarray of shape (n_groups, n_few)
        Sums of weight × score and of the weights of people with the positive label.
    noise : ndarray of shape (n_groups, n_few)
        Variance of the observed rate if the scores kept their promise.
    scatter : ndarray of shape (n_groups, n_few)
        Variance of the mean distance of score and label, as observed.
    """

    n: Array
    w: Array
    w2: Array
    score: Array
    positive: Array
    noise: Array
    scatter: Array

    @property
    def distance(self) -> Array:
        """Mean score − observed rate of each bin; 0 where nobody is."""
        return np.asarray((self.score - self.positive) / np.where(self.w > 0, self.w, 1.0))

    @property
    def share(self) -> Array:
        """Part of the group's weight in each bin."""
        return np.asarray(self.w / np.maximum(self.w.sum(axis=1, keepdims=True), 1e-300))


def mass_bins(scores: ScoreCells, bins: int = MASS_BINS) -> NDArray[np.int64]:
    """Join bins of scores so that about equally many of everybody are in each.

    Parameters
    ----------
    scores : ScoreCells
        The scores.
    bins : int, default 10
        How many at most; fewer where many people share one score.

    Returns
    -------
    ndarray of int of shape (n_bins,)
        The number of the joined bin for each bin, from 0, without gaps among those that hold somebody.
    """
    w = scores.w.sum(axis=(0, 1))
    total = w.sum() or 1.0
    wanted = np.minimum((bins * (np.cumsum(w) - 0.5 * w) / total).astype(np.int64), bins - 1)
    held = np.unique(wanted[w > 0]) if np.any(w > 0) else np.zeros(1, dtype=np.int64)
    return np.asarray(np.clip(np.searchsorted(held, wanted), 0, len(held) - 1), dtype=np.int64)


def reliability(scores: ScoreCells, into: NDArray[np.int64]) -> Reliability:
    """Count scores and labels in joined bins.

    Parameters
    ----------
    scores : ScoreCells
        The scores.
    into : ndarray of int of shape (n_bins,)
        From :func:`mass_bins`.

    Returns
    -------
    Reliability
        One row for each group.
    """
    edges = np.searchsorted(into, np.arange(int(into.max()) + 1))

    def joined(array: Array) -> Array:
        return np.asarray(np.add.reduceat(array.sum(axis=1), edges, axis=1))

    q = cell_scores(scores)
    w, w2 = joined(scores.w), joined(scores.w2)
    safe = np.where(w > 0, w, 1.0)
    d = (joined(scores.s) - joined(scores.w * LABEL)) / safe
    off = q - LABEL - d[:, into][:, None, :]
    p = np.clip(q, 0.0, 1.0)
    return Reliability(
        n=joined(scores.n),
        w=w,
        w2=w2,
        score=joined(scores.s),
        positive=joined(scores.w * LABEL),
        noise=joined(scores.w2 * p * (1 - p)) / safe**2,
        scatter=joined(scores.w2 * off**2) / safe**2,
    )


def calibration_error(table: Reliability) -> Measured:
    r"""Average the distance of mean score and observed rate over the bins.

    Parameters
    ----------
    table : Reliability
        Probabilities and labels in bins.

    Returns
    -------
    Measured
        The expected calibration error; its centre is debiased.

    Notes
    -----
    A distance is never negative, so chance alone makes it positive. Within a bin the mean of
    :math:`|N(d, \sigma)|` exceeds :math:`|d|`; the debiased value takes that excess off. The variance is that of the
    mean over people of the signed distance of score and label.
    """
    d, share = table.distance, table.share
    total = table.w.sum(axis=1)
    value = np.asarray((share * np.abs(d)).sum(axis=1))
    sigma = np.sqrt(np.maximum(table.noise, table.scatter))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(sigma > 0, np.abs(d) / sigma, 0.0)
        lifted = sigma * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + np.abs(d) * (1 - 2 * ndtr(-ratio))
        effective = np.where(total > 0, total**2 / table.w2.sum(axis=1), 0.0)
        spread = (table.scatter * table.w**2 + table.w2 * (np.abs(d) - value[:, None]) ** 2).sum(
            axis=1
        ) / total**2
        variance = spread * effective / (effective - 1)
    bias = (share * np.where(sigma > 0, lifted - np.abs(d), 0.0)).sum(axis=1)
    reasons = tuple(
        "empty" if t <= 0 else "single_person" if e <= 1 + 1e-9 else ""
        for t, e in zip(total, effective, strict=True)
    )
    centre = np.maximum(value - bias, 0.0)
    return blanked(
        value, variance, centre=centre, n=table.n.sum(axis=1), effective=effective, reasons=reasons
    )


def expected_error(table: Reliability) -> Array:
    """Give the calibration error that chance alone would show if every score kept its promise.

    Parameters
    ----------
    table : Reliability
        Probabilities and labels in bins.

    Returns
    -------
    ndarray of shape (n_groups,)
        The mean error; NaN for a group without people.

    Notes
    -----
    De Moivre's mean absolute deviation of a binomial share, scaled to the scores within the bin.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.clip(np.where(table.w > 0, table.score / table.w, 0.0), 0.0, 1.0)
        n = np.where(table.w2 > 0, table.w**2 / table.w2, 0.0)
        whole = np.maximum(np.rint(n), 1.0)
        scale = np.sqrt(np.where(p * (1 - p) > 0, table.noise / (p * (1 - p) / whole), 0.0))
        error = (table.share * _mean_deviation(whole, p) * scale).sum(axis=1)
    return np.where(table.w.sum(axis=1) > 0, error, np.nan)


def error_deviation(table: Reliability) -> Array:
    """Give the standard deviation of the calibration error if every score kept its promise.

    Parameters
    ----------
    table : Reliability
        Probabilities and labels in bins.

    Returns
    -------
    ndarray of shape (n_groups,)
        From independent bins, each the absolute value of a normal error.
    """
    return np.asarray(np.sqrt((table.share**2 * table.noise).sum(axis=1) * (1 - 2 / np.pi)))


def _mean_deviation(n: Array, p: Array) -> Array:
    """Mean absolute deviation of the share of successes among n."""
    nu = np.minimum(np.floor(n * p) + 1, n)
    log = gammaln(n + 1) - gammaln(nu + 1) - gammaln(n - nu + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = log + nu * np.log(p) + (n - nu + 1) * np.log1p(-p)
    return np.where((p > 0) & (p < 1), 2 * nu * np.exp(log) / n, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decomposition:
    """The Brier score of every group in parts.

    Parameters
    ----------
    brier, reliability, resolution, uncertainty, within : ndarray of shape (n_groups,)
        brier = reliability − resolution + uncertainty + within, the last for what differs inside a bin.
    """

    brier: Array
    reliability: Array
    resolution: Array
    uncertainty: Array
    within: Array


def decomposition(scores: ScoreCells, table: Reliability) -> Decomposition:
    """Split the Brier score into reliability, resolution and uncertainty.

    Parameters
    ----------
    scores : ScoreCells
        Probabilities.
    table : Reliability
        The same in bins.

    Returns
    -------
    Decomposition
        NaN for a group without people.
    """
    total = scores.w.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = (scores.w * brier(cell_scores(scores))).sum(axis=(1, 2)) / total
        base = table.positive.sum(axis=1) / total
    observed = table.positive / np.where(table.w > 0, table.w, 1.0)
    promised = (table.share * table.distance**2).sum(axis=1)
    resolution = (table.share * (observed - base[:, None]) ** 2).sum(axis=1)
    unsure = base * (1 - base)
    parts = [np.where(total > 0, part, np.nan) for part in (promised, resolution)]
    return Decomposition(
        brier=whole,
        reliability=parts[0],
        resolution=parts[1],
        uncertainty=unsure,
        within=whole - (parts[0] - parts[1] + unsure),
    )
