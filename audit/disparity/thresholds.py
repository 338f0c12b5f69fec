"""What other thresholds would do, from the score cells alone: no row is read again.

A score at or above the threshold is a positive decision. Every rate of every group at every threshold is one division of
two tables of sums, so a reader can move the threshold freely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.disparity.compare import number
from audit.inference.gaps import difference_gap
from audit.inference.intervals import wilson
from audit.metrics.rates import RATE, rate_table, rate_values
from audit.rows import DisparityRow, MetricRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.plan import Plan
    from audit.tables.scores import ScoreCells

    Array = NDArray[np.float64]

NEARLY: Final = 0.05
"""Thresholds that select fewer than this share of people, or all but it, make every gap small and are no remedy."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep:
    """Every threshold at once.

    Parameters
    ----------
    scores : ScoreCells
        The scores of one grouping.
    thresholds : ndarray of shape (n_bins,)
        The thresholds, rising; the first selects everybody.
    table : ndarray of shape (n_bins, n_groups, 2, 2)
        Weights by group, label and decision at each threshold.
    usable : ndarray of bool of shape (n_groups,)
        Groups that count in a gap.
    min_size : int
        Smallest denominator of a rate that is still estimated.
    """

    scores: ScoreCells
    thresholds: Array
    table: Array
    usable: NDArray[np.bool_]
    min_size: int

    def rates(self, metric: str) -> Array:
        """Give a rate of every group at every threshold.

        Parameters
        ----------
        metric : str
            Id of a rate.

        Returns
        -------
        ndarray of shape (n_bins, n_groups)
            NaN where it is not estimable.
        """
        rate = RATE[metric]
        value = rate_values(rate, self.table)
        if self.min_size <= 1:
            return value
        people = sum(self._people[..., label, decision] for label, decision in rate.denominator)
        return np.where(people >= self.min_size, value, np.nan)

    @property
    def _people(self) -> Array:
        if not self.scores.weighted:
            return self.table
        n = self.scores.n
        above = np.cumsum(n[:, :, ::-1], axis=2)[:, :, ::-1]
        below = n.sum(axis=2, keepdims=True) - above
        return np.moveaxis(np.stack([below, above], axis=-1), 2, 0)

    def overall(self, metric: str) -> Array:
        """Give a rate of everybody at every threshold.

        Parameters
        ----------
        metric : str
            Id of a rate.

        Returns
        -------
        ndarray of shape (n_bins,)
            NaN where it is not estimable.
        """
        return rate_values(RATE[metric], self.table.sum(axis=1))

    def gaps(self, metric: str) -> Array:
        """Give the largest minus the smallest rate at every threshold.

        Parameters
        ----------
        metric : str
            Id of a rate.

        Returns
        -------
        ndarray of shape (n_bins,)
            NaN where some group that can be estimated elsewhere cannot be here, or fewer than two can.
        """
        value = self.rates(metric)[:, self.usable]
        known = ~np.isnan(value)
        wanted = known.any(axis=0)
        if wanted.sum() < 2:
            return np.full(len(value), np.nan)
        value = value[:, wanted]
        return np.asarray(value.max(axis=1) - value.min(axis=1))

    def place(self, threshold: float) -> int:
        """Find the lowest threshold of the table at or above a number.

        Parameters
        ----------
        threshold : float
            Any number.

        Returns
        -------
        int
            Its position; the last one above all scores.
        """
        return min(int(np.searchsorted(self.thresholds, threshold)), len(self.thresholds) - 1)


def sweep(scores: ScoreCells, plan: Plan) -> Sweep:
    """Decide by every threshold at once.

    Parameters
    ----------
    scores : ScoreCells
        The scores of one grouping.
    plan : Plan
        Grouping rules.

    Returns
    -------
    Sweep
        All thresholds.
    """
    return Sweep(
        scores=scores,
        thresholds=np.asarray(scores.cuts),
        table=scores.sweep()[:-1],
        usable=np.array(
            [plan.grouping.include_unknown or not unknown for unknown in scores.unknown], dtype=bool
        ),
        min_size=plan.grouping.min_size,
    )


def costs(found: Sweep, ratio: float) -> Array:
    r"""Give what the errors cost at every threshold.

    Parameters
    ----------
    found : Sweep
        All thresholds.
    ratio : float
        What a missed positive (false negative) costs; a false alarm (false positive) costs 1.

    Returns
    -------
    ndarray of shape (n_bins,)
        Cost per person.

    Notes
    -----
    .. math:: (FP + c \cdot FN) / N
    """
    whole = found.table.sum(axis=1)
    total = np.maximum(whole.sum(axis=(1, 2)), 1e-300)
    return np.asarray((whole[:, 0, 1] + ratio * whole[:, 1, 0]) / total)


def least_cost(found: Sweep, ratio: float) -> float:
    """Find the threshold with the least cost.

    Parameters
    ----------
    found : Sweep
        All thresholds.
    ratio : float
        As in :func:`costs`.

    Returns
    -------
    float
        The lowest such threshold that somebody's score is at.
    """
    return _cheapest(found.table.sum(axis=1), found, ratio)


def least_cost_each(found: Sweep, ratio: float) -> tuple[float, ...]:
    """Find the threshold with the least cost for each group by itself.

    Parameters
    ----------
    found : Sweep
        All thresholds.
    ratio : float
        As in :func:`costs`.

    Returns
    -------
    tuple of float
        One threshold for each group.
    """
    return tuple(_cheapest(found.table[:, g], found, ratio) for g in range(len(found.scores.groups)))


def _cheapest(table: Array, found: Sweep, ratio: float) -> float:
    cost = table[:, 0, 1] + ratio * table[:, 1, 0]
    # Rounding must not choose between thresholds that cost the same.
    best = np.flatnonzero(cost <= cost.min() + 1e-9 * max(float(np.abs(cost).max()), 1.0))
    return float(found.thresholds[best[0]])


def smallest_gap(found: Sweep, metric: str) -> int | None:
    """Find the common threshold at which the groups are closest, short of selecting nearly nobody or everybody.

    Parameters
    ----------
    found : Sweep
        All thresholds.
    metric : str
        Id of a rate.

    Returns
    -------
    int or None
        Position of the threshold; of equal gaps the one with the best accuracy. None where no gap can be estimated.
    """
    gap, selected = found.gaps(metric), found.overall("selection_rate")
    possible = ~np.isnan(gap) & (selected >= NEARLY) & (selected <= 1 - NEARLY)
    if not possible.any():
        return None
    least = np.flatnonzero(possible & (gap <= np.min(gap[possible]) + 1e-12))
    return int(least[np.argmax(found.overall("accuracy")[least])])


def equalising(found: Sweep, metric: str, target: float) -> tuple[float, ...]:
    """Find for each group the threshold at which a rate is closest to a target.

    Parameters
    ----------
    found : Sweep
        All thresholds.
    metric : str
        Id of a rate that falls as the threshold rises, such as the selection rate.
    target : float
        The rate wanted.

    Returns
    -------
    tuple of float
        One threshold for each group; NaN where the rate is not estimable.

    Notes
    -----
    These are suggestions for looking at. Thresholds that differ by group treat two people with the same score differently,
    which the law may not allow.
    """
    value = found.rates(metric)
    picks = []
    for g in range(value.shape[1]):
        off = np.abs(value[:, g] - target)
        picks.append(math.nan if np.isnan(off).all() else float(found.thresholds[int(np.nanargmin(off))]))
    return tuple(picks)


def rates_at(
    scores: ScoreCells, threshold: float | Sequence[float], metric: str, plan: Plan
) -> tuple[MetricRow, ...]:
    """Give one rate of everybody and of every group at a threshold.

    Parameters
    ----------
    scores : ScoreCells
        The scores of one grouping.
    threshold : float or sequence of float of shape (n_groups,)
        One threshold for all, or one for each group.
    metric : str
        Id of a rate.
    plan : Plan
        Smallest denominator and confidence.

    Returns
    -------
    tuple of MetricRow
        Everybody first; with Wilson's intervals.
    """
    rate, rows = RATE[metric], []
    cells = scores.at(threshold)
    names: list[tuple[str, ...] | None]
    for part in (cells.overall(), cells):
        names = [None] if part is not cells else list(cells.groups)
        table = rate_table(rate, part)
        value = np.where(table.n >= plan.grouping.min_size, table.value, np.nan)
        low, high = wilson(value, table.n_effective, alpha=1 - plan.confidence)
        for i, name in enumerate(names):
            undefined = rate.undefined if np.isnan(table.value[i]) else "below_minimum_size"
            rows.append(
                MetricRow(
                    metric=metric,
                    sensitive=scores.sensitive,
                    group=name,
                    value=number(float(value[i])),
                    low=number(float(low[i])),
                    high=number(float(high[i])),
                    n=int(table.n[i]),
                    n_effective=float(table.n_effective[i]),
                    reason=undefined if np.isnan(value[i]) else "",
                )
            )
    return tuple(rows)


def gap_at(scores: ScoreCells, threshold: float | Sequence[float], metric: str, plan: Plan) -> DisparityRow:
    """Give the largest minus the smallest rate at a threshold, with an interval that can contain 0.

    Parameters
    ----------
    scores, threshold, metric, plan
        As in :func:`rates_at`.

    Returns
    -------
    DisparityRow
        The difference over the groups that can be estimated.
    """
    table = rate_table(RATE[metric], scores.at(threshold))
    counted = np.array([plan.grouping.include_unknown or not unknown for unknown in scores.unknown])
    usable = np.where(counted & (table.n >= plan.grouping.min_size), table.value, np.nan)
    gap = difference_gap(usable, table.n_effective, alpha=1 - plan.confidence, sizes=scores.sizes)
    known = gap.first >= 0
    return DisparityRow(
        metric=metric,
        sensitive=scores.sensitive,
        comparison="difference",
        group=scores.groups[gap.first] if known else None,
        reference=scores.groups[gap.second] if known else None,
        value=number(gap.value),
        low=number(gap.low),
        high=number(gap.high),
        groups_estimable=int(np.count_nonzero(~np.isnan(usable))),
        groups_total=int(counted.sum()),
        reason="" if known else "fewer_than_two_groups",
    )
