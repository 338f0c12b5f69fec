"""Measures of predicted numbers, each a function of sums over a group: mean error, its size, R² and mean prediction.

References
----------
.. [1] Bonett (2006), "Approximate confidence interval for standard deviation of nonnormal distributions",
   Computational Statistics & Data Analysis 50.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.engines.protocol import MOMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.tables.values import Values

    Array = NDArray[np.float64]

_CONSTANT: Final = 1e-12
"""Share of the mean square below which a variance is rounding: then all labels are the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """One measure of every group, ready for intervals of any level.

    Parameters
    ----------
    value : ndarray of shape (n_groups,)
        The measure; NaN where it is not estimable.
    error : ndarray of shape (n_groups,)
        Standard error of the value, or of the logarithm of what lies on a log scale.
    freedom : ndarray of shape (n_groups,)
        Effective number − 1.
    scale : {"plain", "square_root", "complement"}
        Whether the error is of the value, of log(value²), or of log(1 − value).
    least : float
        The smallest value that is possible.
    reasons : tuple of str
        Why a value is not estimable; empty where it is.
    """

    value: Array
    error: Array
    freedom: Array
    scale: str
    least: float
    reasons: tuple[str, ...]

    @property
    def deviation(self) -> Array:
        """Standard deviation of each value, of shape (n_groups,)."""
        factor = {"square_root": self.value / 2, "complement": 1 - self.value}.get(self.scale, 1.0)
        return np.asarray(np.abs(factor) * self.error)

    def limits(self, alpha: float) -> tuple[Array, Array]:
        """Give the intervals.

        Parameters
        ----------
        alpha : float
            Share of intervals that may miss.

        Returns
        -------
        low, high : ndarray of shape (n_groups,)
            Ends; NaN where the value is not estimable.
        """
        from scipy.special import stdtrit

        with np.errstate(invalid="ignore", over="ignore"):
            t = np.where(self.freedom > 0, stdtrit(np.maximum(self.freedom, 1e-9), 1 - alpha / 2), np.nan)
            half = t * self.error
            if self.scale == "square_root":
                return self.value * np.exp(-half / 2), self.value * np.exp(half / 2)
            if self.scale == "complement":
                return 1 - (1 - self.value) * np.exp(half), 1 - (1 - self.value) * np.exp(-half)
            return np.maximum(self.value - half, self.least), self.value + half


def measure(metric: str, values: Values) -> Measured:
    r"""Compute one measure of every group.

    Parameters
    ----------
    metric : {"mean_error", "mean_absolute_error", "root_mean_squared_error", "r_squared", "mean_prediction"}
        Which one.
    values : Values
        Sums by group.

    Returns
    -------
    Measured
        Values with what their intervals need.

    Notes
    -----
    Means have Student's interval with the effective number (Σw)² / Σw². The root mean squared error has a delta
    interval on the scale of log(MSE), with the variance (mean of e⁴ − MSE²) / n, as Bonett's for a standard deviation.
    R² = 1 − q has a delta interval on the scale of log(q), q = MSE / Var(y), with the variance
    mean of (e² − q (y − ȳ)²)² / (n MSE²).
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        means = values.moments / values.w[:, None]
        absolute = values.absolute / values.w
        value, variance, scale, least = _FORMULAS[metric](
            {powers: means[:, i] for i, powers in enumerate(MOMENTS)}, absolute, values
        )
        freedom = values.effective - 1
        reasons = _reasons(metric, value, values)
        value = np.where([not reason for reason in reasons], value, np.nan)
        # Of means, the sample variance with n − 1; the others are large-sample intervals on their scale.
        below = freedom if scale == "plain" else freedom + 1
        error = np.sqrt(np.maximum(variance, 0) / np.where(below > 0, below, np.nan))
    return Measured(value=value, error=error, freedom=freedom, scale=scale, least=least, reasons=reasons)


def _reasons(metric: str, value: Array, values: Values) -> tuple[str, ...]:
    found = []
    for v, n, effective, sums in zip(value, values.n, values.effective, values.moments, strict=True):
        if n == 0 or effective <= 0:
            found.append("empty")
        elif n < 2 or effective <= 1 + 1e-9:
            found.append("single_person")
        elif not np.isfinite(sums).all():
            found.append("not_finite")
        elif not np.isfinite(v):
            found.append("constant_label" if metric == "r_squared" else "not_finite")
        else:
            found.append("")
    return tuple(found)


Means = dict[tuple[int, int], "Array"]
_Formula = tuple["Array", "Array", str, float]


def _mean_error(m: Means, absolute: Array, values: Values) -> _Formula:
    del absolute, values
    return m[1, 0], m[2, 0] - m[1, 0] ** 2, "plain", -np.inf


def _mean_absolute_error(m: Means, absolute: Array, values: Values) -> _Formula:
    del values
    return absolute, m[2, 0] - absolute**2, "plain", 0.0


def _root_mean_squared_error(m: Means, absolute: Array, values: Values) -> _Formula:
    del absolute, values
    square = m[2, 0]
    return np.sqrt(square), np.where(square > 0, m[4, 0] / square**2 - 1, 0.0), "square_root", 0.0


def _r_squared(m: Means, absolute: Array, values: Values) -> _Formula:
    del absolute, values
    centre = m[0, 1]
    spread = m[0, 2] - centre**2
    spread = np.where(spread > _CONSTANT * m[0, 2], spread, np.nan)
    square = m[2, 0]
    q = square / spread
    fourth = m[0, 4] - 4 * centre * m[0, 3] + 6 * centre**2 * m[0, 2] - 3 * centre**4
    both = m[2, 2] - 2 * centre * m[2, 1] + centre**2 * square
    variance = (m[4, 0] - 2 * q * both + q**2 * fourth) / square**2
    return 1 - q, np.where(square > 0, variance, 0.0), "complement", -np.inf


def _mean_prediction(m: Means, absolute: Array, values: Values) -> _Formula:
    del absolute
    mean = m[0, 1] + m[1, 0]
    return mean + values.label_median, m[0, 2] + 2 * m[1, 1] + m[2, 0] - mean**2, "plain", -np.inf


_FORMULAS: Final = {
    "mean_error": _mean_error,
    "mean_absolute_error": _mean_absolute_error,
    "root_mean_squared_error": _root_mean_squared_error,
    "r_squared": _r_squared,
    "mean_prediction": _mean_prediction,
}
