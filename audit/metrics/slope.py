"""Whether scores are too bold or too timid: the slope of the label on the logit of the score.

References
----------
.. [1] Cox (1958), "Two further applications of a model for binary regression", Biometrika 45.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit, logit

from audit.metrics.scores import EDGE, Measured, blanked, cell_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.tables.scores import ScoreCells

    Array = NDArray[np.float64]

_STEPS: Final = 60
_HALVINGS: Final = 40
_SETTLED: Final = 1e-10
_LEAST: Final = 1e-12


def calibration_slope(scores: ScoreCells) -> Measured:
    r"""Fit a logistic regression of the label on the logit of the score, by Newton's method.

    Parameters
    ----------
    scores : ScoreCells
        Probabilities.

    Returns
    -------
    Measured
        The slope: 1 where scores are neither too bold nor too timid, below 1 where they are too bold. Its variance is the
        robust one.

    Notes
    -----
    .. math:: \mathrm{logit}\,P(y = 1) = a + b\,\mathrm{logit}(s)

    Undefined with one label, where all scores are equal, and where they separate the labels completely.
    """
    x = logit(np.clip(cell_scores(scores), EDGE, 1 - EDGE))
    total = scores.w.sum(axis=(1, 2))
    n = scores.n.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(total > 0, total**2 / scores.w2.sum(axis=(1, 2)), 0.0)
    reasons = tuple(_no_slope(scores.w[g], x[g]) for g in range(len(scores.groups)))
    fit = np.array([not reason for reason in reasons], dtype=bool)
    value, variance = (np.full(len(fit), np.nan) for _ in range(2))
    if fit.any():
        value[fit], variance[fit] = _newton(scores.w[fit], scores.w2[fit], x[fit])
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = variance * effective / np.maximum(effective - 2, 1.0)
    return blanked(value, variance, centre=value, n=n, effective=effective, reasons=reasons)


def _no_slope(w: Array, x: Array) -> str:
    """Say why a slope cannot be fitted, or nothing."""
    full = w > 0
    if not full.any():
        return "empty"
    if not (full[0].any() and full[1].any()):
        return "single_class"
    below, above = x[0][full[0]], x[1][full[1]]
    if max(below.max(), above.max()) - min(below.min(), above.min()) < 1e-12:
        return "constant_scores"
    # A tie at the border alone does not keep the slope finite.
    return "separated" if below.max() <= above.min() or above.max() <= below.min() else ""


def _newton(w: Array, w2: Array, x: Array) -> tuple[Array, Array]:
    """Give slopes and their robust variances; the likelihood is concave, so halved steps always arrive."""
    # Where every score is a bin of its own, nearly all cells are empty: those with people are taken, group by group.
    where = np.nonzero(w > 0)
    group, y = where[0], where[1].astype(float)
    starts = np.searchsorted(group, np.arange(len(w)))
    w, w2, x = w[where], w2[where], x[where]

    def summed(each: Array) -> Array:
        return np.asarray(np.add.reduceat(each, starts))

    def information(weight: Array) -> Array:
        one, two, three = (summed(weight * x**power) for power in range(3))
        return np.stack([np.stack([one, two], axis=1), np.stack([two, three], axis=1)], axis=1)

    total = summed(w)
    x = x - (summed(w * x) / total)[group]
    unit = np.sqrt(summed(w * x * x) / total)
    x = x / unit[group]
    # From a slope of 0 every step stays where it can be computed; scores of 0 and 1 lie far out.
    beta = np.stack([logit(summed(w * y) / total), np.zeros(len(total))], axis=1)

    def value(at: Array) -> Array:
        eta = at[group, 0] + at[group, 1] * x
        # log P(label): −log(1 + exp(∓η))
        return -summed(w * np.logaddexp(0.0, np.where(y > 0, -eta, eta))) / total

    # Where a step lands on a plain, nothing but this keeps the next one finite.
    least = _LEAST * total[:, None, None] * np.eye(2)
    now = value(beta)
    for _ in range(_STEPS):
        p = expit(beta[group, 0] + beta[group, 1] * x)
        slope = np.stack([summed(w * (y - p)), summed(w * (y - p) * x)], axis=1)
        step = np.linalg.solve(information(w * p * (1 - p)) + least, slope[..., None])[..., 0]
        for _ in range(_HALVINGS):
            tried = value(beta + step)
            worse = tried < now - 1e-13
            if not worse.any():
                break
            step = np.where(worse[:, None], step / 2, step)
        beta, now = beta + step, tried
        if np.abs(step).max() < _SETTLED:
            break
    p = expit(beta[group, 0] + beta[group, 1] * x)
    bread = np.linalg.inv(information(w * p * (1 - p)) + least)
    meat = information(w2 * (y - p) ** 2)
    return beta[:, 1] / unit, np.asarray((bread @ meat @ bread)[:, 1, 1] / unit**2)
