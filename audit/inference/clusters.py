"""Rows that belong together, such as the people of one household, and how much less they tell than as many others.

The variance of a rate is taken between clusters instead of between rows (Taylor linearisation). Its ratio to the
variance between rows is the design effect; the number a rate rests on is divided by it, so that every interval built
on that number allows for the clusters.

References
----------
.. [1] Kish (1965), "Survey Sampling", on the design effect.
.. [2] Korn & Graubard (1998), "Confidence intervals for proportions with small expected number of positive counts
   estimated from survey data", Survey Methodology 24, on using the effective number in a binomial interval.
.. [3] Field & Welsh (2007), "Bootstrapping clustered data", Journal of the Royal Statistical Society B 69.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.tables.clusters import ClusterCells

    Array = NDArray[np.float64]
    Sum = tuple[tuple[int, int], ...]

FEW_CLUSTERS: Final = 30
"""Below this many clusters a group's own design effect is taken for too uncertain to be smaller than everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ties:
    """Which rows of some groups belong together.

    Parameters
    ----------
    number : ndarray of shape (n_kinds,)
        How many clusters are of each kind.
    kind, group : ndarray of int of shape (n_pairs,)
        The kinds of clusters and the groups that they have somebody in.
    w : ndarray of shape (n_pairs, 2, 2)
        What one cluster of that kind holds of that group, by label and decision.
    n_groups : int
        Number of groups.
    """

    number: Array
    kind: NDArray[np.int64]
    group: NDArray[np.int64]
    w: Array
    n_groups: int

    def flipped(self) -> Ties:
        """Swap positive and negative, in the label and in the decision.

        Returns
        -------
        Ties
            The same clusters for cells that were flipped.
        """
        return replace(self, w=np.ascontiguousarray(np.flip(self.w, (1, 2))))

    def overall(self) -> Ties:
        """Take everybody for one group.

        Returns
        -------
        Ties
            One group.
        """
        kinds, at = np.unique(self.kind, return_inverse=True)
        w = np.zeros((len(kinds), 2, 2))
        np.add.at(w, at, self.w)
        return replace(self, kind=kinds, group=np.zeros(len(kinds), dtype=np.int64), w=w, n_groups=1)


def ties(table: ClusterCells | None, cells: Cells) -> Ties | None:
    """Say which rows of a grouping belong together.

    Parameters
    ----------
    table : ClusterCells or None
        The audit's cells by cluster, where there is a column of clusters.
    cells : Cells
        A marginal of the audit's cells.

    Returns
    -------
    Ties or None
        None where every cluster is one row, so that nothing belongs together.
    """
    if table is None:
        return None
    if np.array_equal(table.n, np.ones_like(table.n)) and len(np.unique(table.kind)) == len(table.kind):
        return None
    picks = [table.sensitive.index(name) for name in cells.sensitive]
    index = {group: i for i, group in enumerate(cells.groups)}
    coarse = np.array([index[tuple(group[p] for p in picks)] for group in table.groups], dtype=np.int64)
    pair = table.kind * len(cells.groups) + coarse[table.cell // 4]
    pairs, at = np.unique(pair, return_inverse=True)
    w = np.zeros((len(pairs), 4))
    np.add.at(w, (at, table.cell % 4), table.w)
    return Ties(
        number=table.number,
        kind=pairs // len(cells.groups),
        group=pairs % len(cells.groups),
        w=w.reshape(-1, 2, 2),
        n_groups=len(cells.groups),
    )


def design_effects(found: Ties, numerator: Sum, denominator: Sum, cells: Cells) -> Array:
    r"""How many times wider than for independent rows the variance of each group's rate is.

    Parameters
    ----------
    found : Ties
        Which rows belong together.
    numerator, denominator : tuple of (label, decision)
        The cells that the rate sums.
    cells : Cells
        The groups.

    Returns
    -------
    ndarray of shape (n_groups,)
        At least 1, so that clusters never make a rate look surer than its rows do; at most what it would be if all
        rows of a cluster were alike. For a rate of 0 or 1, which shows no variance, and below :data:`FEW_CLUSTERS`
        at least, the design effect of all groups together.

    Notes
    -----
    With y and x the sums of a cluster, p = Σy / Σx and C clusters, the variance of p is
    :math:`\frac{C}{C-1} \sum (y - p x)^2 / (\sum x)^2`; between rows it is the same with rows for clusters.
    """
    y, x = _sums(found.w, numerator), _sums(found.w, denominator)
    m = found.number[found.kind]
    total = _by_group(found, m * x)
    p = _rate(_by_group(found, m * y), total)
    inside = x > 0
    clusters = _by_group(found, m * inside)
    residual = np.where(inside, y - p[found.group] * x, 0.0)
    between = _scaled(_by_group(found, m * residual**2), clusters)
    rows = _scaled(_row_squares(cells.w2, p, numerator, denominator), _sums(cells.n, denominator))
    return _bounded(between, rows, clusters, _by_group(found, m * x * x), _sums(cells.w2, denominator))


def design_effects_of_others(found: Ties, numerator: Sum, denominator: Sum, cells: Cells) -> Array:
    """The same for the people outside each group.

    Parameters
    ----------
    found, numerator, denominator, cells
        As in :func:`design_effects`.

    Returns
    -------
    ndarray of shape (n_groups,)
        The design effect of the rate of all others.
    """
    whole = found.overall()
    at = np.searchsorted(whole.kind, found.kind)
    m, each = found.number[found.kind], whole.number[whole.kind]
    y, x = _sums(found.w, numerator), _sums(found.w, denominator)
    all_y, all_x = _sums(whole.w, numerator), _sums(whole.w, denominator)
    rest_y, rest_x = all_y[at] - y, np.maximum(all_x[at] - x, 0.0)
    total = each @ all_x - _by_group(found, m * x)
    p = _rate(each @ all_y - _by_group(found, m * y), total)
    # Clusters without anybody of the group are summed over everybody; the others are put right one by one.
    q = np.nan_to_num(p)
    squares = (each @ all_y**2) - 2 * q * (each @ (all_y * all_x)) + q * q * (each @ all_x**2)
    mine = q[found.group]
    put_right = (rest_y - mine * rest_x) ** 2 - (all_y[at] - mine * all_x[at]) ** 2
    clusters = each @ (all_x > 0) + _by_group(found, m * ((rest_x > 0) * 1.0 - (all_x[at] > 0)))
    between = _scaled(np.maximum(squares + _by_group(found, m * put_right), 0.0), clusters)
    w2 = np.maximum(cells.w2.sum(axis=0) - cells.w2, 0.0)
    n = cells.n.sum(axis=0) - cells.n
    rows = _scaled(_row_squares(w2, p, numerator, denominator), _sums(n, denominator))
    sizes = each @ all_x**2 + _by_group(found, m * (rest_x**2 - all_x[at] ** 2))
    return _bounded(between, rows, clusters, sizes, _sums(w2, denominator))


def cluster_bootstrap(
    found: Ties, numerator: Sum, denominator: Sum, *, replicates: int, rng: np.random.Generator
) -> Array:
    """Draw whole clusters again and again, and give the rates of every draw.

    Parameters
    ----------
    found : Ties
        Which rows belong together.
    numerator, denominator : tuple of (label, decision)
        The cells that the rate sums.
    replicates : int
        Number of draws.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of shape (replicates, n_groups)
        Rates; NaN where a draw has nobody in the denominator.

    Notes
    -----
    A multinomial over the kinds of clusters is a bootstrap of the clusters. No interval of an audit rests on it: it
    checks the closed form.
    """
    total = int(found.number.sum())
    draws = rng.multinomial(total, found.number / total, size=replicates).astype(float)
    top = np.zeros((len(found.number), found.n_groups))
    bottom = np.zeros_like(top)
    top[found.kind, found.group] = _sums(found.w, numerator)
    bottom[found.kind, found.group] = _sums(found.w, denominator)
    return _rate(draws @ top, draws @ bottom)


def _sums(array: Array, cells: Sum) -> Array:
    return np.asarray(sum(array[..., label, decision] for label, decision in cells), dtype=float)


def _by_group(found: Ties, values: Any) -> Array:
    return np.asarray(np.bincount(found.group, weights=values, minlength=found.n_groups), dtype=float)


def _rate(top: Array, bottom: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def _row_squares(w2: Array, p: Array, numerator: Sum, denominator: Sum) -> Array:
    """Sum of squared residuals of single rows."""
    hit = _sums(w2, numerator)
    return hit * (1 - p) ** 2 + (_sums(w2, denominator) - hit) * p**2


def _scaled(squares: Array, units: Array) -> Array:
    return squares * np.where(units > 1, units / np.maximum(units - 1, 1), 1.0)


def _bounded(between: Array, rows: Array, clusters: Array, sizes: Array, singles: Array) -> Array:
    """Turn two variances into a design effect within its bounds."""
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(rows > 0, between / rows, np.nan)
        most = np.where(singles > 0, np.maximum(sizes / singles, 1.0), 1.0)
    some = rows > 0
    pooled = float(between[some].sum() / rows[some].sum()) if some.any() else np.inf
    effect = np.where(np.isnan(own), pooled, np.where(clusters < FEW_CLUSTERS, np.maximum(own, pooled), own))
    effect = np.clip(effect, 1.0, most)
    return np.asarray(np.where(np.abs(effect - 1) < 1e-9, 1.0, effect))
