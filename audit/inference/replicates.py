"""Intervals of measures that are no proportions, from replicates of the cells.

Every cell's weight is drawn from a gamma distribution with the mean and the variance that sampling gives it, and half a
person is added to each cell (Jeffreys). Without weights the shares of the cells are then a draw from a Dirichlet
distribution, and a single rate gets Jeffreys' interval. A bootstrap that draws rows again never brings back a cell that
happens to be empty: with 20 people its 95 % interval of balanced accuracy, bias-corrected and accelerated, covered the
truth in 48 % of simulated data sets where this one covered it in 96 %; from 200 people on the two agree.

References
----------
.. [1] Rubin (1981), "The Bayesian bootstrap", Annals of Statistics 9.
.. [2] Brown, Cai & DasGupta (2001), "Interval estimation for a binomial proportion", Statistical Science 16.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from audit.inference.intervals import z_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.tables.clusters import ClusterCells

    Array = NDArray[np.float64]

_MOST = 20_000_000
"""Numbers drawn at most for clusters; with very many kinds of clusters there are fewer replicates."""
_FEWEST = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replicates:
    """Cells that the same sampling could have given.

    Parameters
    ----------
    groups : ndarray of shape (n_replicates, n_groups, 2, 2)
        Weight of each group by label and decision; every entry is above 0.
    everybody : ndarray of shape (n_replicates, 2, 2)
        The same of everybody, from the same draws.
    clustered : bool
        Whether whole clusters were drawn, so that groups may move together.
    """

    groups: Array
    everybody: Array
    clustered: bool


def draw(
    cells: Cells, *, replicates: int, rng: np.random.Generator, clusters: ClusterCells | None = None
) -> Replicates:
    """Draw cells that the same sampling could have given.

    Parameters
    ----------
    cells : Cells
        Counts with one decision.
    replicates : int
        How many draws.
    rng : numpy.random.Generator
        Source of chance.
    clusters : ClusterCells or None
        How the cells are made up of clusters; whole clusters are drawn where it is given.

    Returns
    -------
    Replicates
        Draws around the observed cells.

    Notes
    -----
    A cell of weight W = Σw is drawn with mean W and variance Σw², as rows drawn at random give it; a cell of n
    unweighted rows from a gamma distribution of shape n. The half person weighs as much as the group's rows do.
    """
    base = _clusters(cells, clusters, replicates, rng) if clusters else _rows(cells, replicates, rng)
    unit = _unit(cells.w.sum(axis=(1, 2)), cells.w2.sum(axis=(1, 2)))
    # Half a squared normal number is a draw of half a person.
    half = rng.standard_normal(base.shape) ** 2 / 2 * unit[:, None, None]
    total = _unit(cells.w.sum(keepdims=True).ravel(), cells.w2.sum(keepdims=True).ravel())
    spare = rng.standard_normal((len(base), 2, 2)) ** 2 / 2 * total
    # The smallest draws of half a person underflow to 0, which would leave a formula undefined.
    tiny = float(np.finfo(float).tiny)
    return Replicates(
        groups=np.maximum(base + half, tiny),
        everybody=np.maximum(base.sum(axis=1) + spare, tiny),
        clustered=clusters is not None,
    )


def _rows(cells: Cells, replicates: int, rng: np.random.Generator) -> Array:
    if not cells.weighted:
        return rng.standard_gamma(cells.n, size=(replicates, *cells.n.shape))
    unit = _unit(cells.w, cells.w2)
    return rng.standard_gamma(cells.w / unit, size=(replicates, *cells.n.shape)) * unit


def _clusters(cells: Cells, clusters: ClusterCells, replicates: int, rng: np.random.Generator) -> Array:
    kinds = clusters.matrix(cells, "w").reshape(len(clusters.number), -1)
    times = max(min(replicates, _MOST // max(len(kinds), 1)), min(replicates, _FEWEST))
    block = max(1, 2_000_000 // max(len(kinds), 1))
    parts = [
        rng.standard_gamma(clusters.number, size=(min(block, times - start), len(kinds))) @ kinds
        for start in range(0, times, block)
    ]
    return np.concatenate(parts).reshape(times, *cells.n.shape)


def _unit(w: Array, w2: Array) -> Array:
    """Weight of one effective row; 1 where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(w > 0, w2 / w, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """How a measure of several groups varies from replicate to replicate.

    Parameters
    ----------
    value : ndarray of shape (n_groups,)
        The measure; NaN where it is not estimable.
    low, middle, high : ndarray of shape (n_groups,)
        Each group's own interval, and the median of its draws.
    z : float
        Normal quantile of the groups' own intervals.
    correlation : ndarray of shape (n_groups, n_groups) or None
        How the groups move together; None where they are independent.
    bounds : tuple of float
        The least and the most that the measure can be.
    """

    value: Array
    low: Array
    middle: Array
    high: Array
    z: float
    correlation: Array | None
    bounds: tuple[float, float]

    def take(self, use: NDArray[np.int64]) -> Spread:
        """Keep some of the groups.

        Parameters
        ----------
        use : ndarray of int
            Their positions.

        Returns
        -------
        Spread
            The same of these groups.
        """
        return replace(
            self,
            value=self.value[use],
            low=self.low[use],
            middle=self.middle[use],
            high=self.high[use],
            correlation=None if self.correlation is None else self.correlation[np.ix_(use, use)],
        )

    def stretched(self, quantile: float) -> tuple[Array, Array]:
        """Give wider intervals of the groups, beyond what the replicates reach.

        Parameters
        ----------
        quantile : float
            Normal quantile that they are to reach.

        Returns
        -------
        low, high : ndarray of shape (n_groups,)
            Ends that hold the value between them.

        Notes
        -----
        They are stretched from the median on a scale without ends: log odds between two bounds, the logarithm above one.
        """
        by = max(quantile / self.z, 1.0)
        least, most = self.bounds
        middle = _open(self.middle, least, most)
        ends = (_open(end, least, most) for end in (self.low, self.high))
        low, high = (_closed(middle + by * (end - middle), least, most) for end in ends)
        return np.minimum(low, self.low), np.maximum(high, self.high)


def spread(
    value: Array,
    drawn: Array,
    *,
    alpha: float,
    clustered: bool = False,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Spread:
    """Describe how a measure varies from replicate to replicate.

    Parameters
    ----------
    value : ndarray of shape (n_groups,)
        The measure; NaN where it is not estimable.
    drawn : ndarray of shape (n_replicates, n_groups)
        The measure in every replicate.
    alpha : float
        Share of intervals that may miss.
    clustered : bool, default False
        Whether groups may move together.
    bounds : tuple of float
        The least and the most that the measure can be.

    Returns
    -------
    Spread
        Intervals that hold the value, and what simultaneous bounds need.
    """
    low, middle, high = np.quantile(drawn, [alpha / 2, 0.5, 1 - alpha / 2], axis=0)
    unknown = np.isnan(value)
    return Spread(
        value=value,
        low=np.where(unknown, np.nan, np.minimum(low, value)),
        middle=middle,
        high=np.where(unknown, np.nan, np.maximum(high, value)),
        z=float(z_value(alpha)),
        correlation=_correlation(drawn) if clustered and drawn.shape[1] > 1 else None,
        bounds=bounds,
    )


def _correlation(drawn: Array) -> Array:
    """Correlate the groups' draws by rank; where one does not move there is nothing to correlate."""
    ranks = drawn.argsort(axis=0).argsort(axis=0)
    return np.asarray(np.clip(np.corrcoef(ranks, rowvar=False), -1.0, 0.99))


def _open(x: Array, least: float, most: float) -> Array:
    """Bring a measure to a scale without ends; the ends themselves stay finite."""
    tiny = 1e-12
    if not math.isfinite(least):
        return x
    if not math.isfinite(most):
        return np.log(np.maximum(x - least, tiny))
    share = np.clip((x - least) / (most - least), tiny, 1 - tiny)
    return np.log(share) - np.log1p(-share)


def _closed(y: Array, least: float, most: float) -> Array:
    """Turn :func:`_open` back."""
    if not math.isfinite(least):
        return y
    if not math.isfinite(most):
        return least + np.exp(y)
    return least + (most - least) * expit(y)
