"""One threshold for each group and no draw: the best that is possible when equal scores get equal decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.mitigation.hull.aims import rate_of
from audit.mitigation.hull.programme import Outcome, solve, weigh
from audit.mitigation.rule import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from audit.mitigation.hull.curves import Curve
    from audit.mitigation.hull.programme import Problem

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]

_BEYOND: Final = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4, 1.0)
"""How far beyond the tolerance windows may reach."""

_STARTS = 600
_CORNERS = 48
_CLOSE = 1e-12
_DEARER = 0.01


def choose(problem: Problem, tolerance: float) -> Outcome:
    """Choose one threshold for each group.

    Parameters
    ----------
    problem : Problem
        The groups and the conditions.
    tolerance : float
        The widest gap wanted in each rate of the aim, 0 to 1.

    Returns
    -------
    Outcome
        The gap may be wider than the tolerance: rates of single thresholds move in steps.

    Notes
    -----
    What is smallest is the mean cost of the errors plus the gap beyond the tolerance: one point of gap weighs as much
    as one error more for every hundred people. It may cost one such error more than the solution with a draw, so that
    coarse scores do not end where nobody or everybody is selected, which makes all rates alike. The choice is by
    windows: for a window of rates every group takes its cheapest threshold inside, and windows of many widths are
    tried at many places, then again around the best.
    """
    tables = [
        _Table(problem, curve, floor) for curve, floor in zip(problem.curves, problem.floors, strict=True)
    ]
    search = _along if len(problem.aim.rates) == 1 else _across
    picked = [int(np.argmin(table.cost)) for table in tables]
    least = sum(float(table.cost[at]) for table, at in zip(tables, picked, strict=True))
    most = max(solve(problem, tolerance).cost + _DEARER, least + _CLOSE)
    best = np.inf
    around: tuple[float, float] | None = None
    for _ in range(3):
        value, found, around = search(tables, (tolerance, most), around)
        if value < best - _CLOSE:
            best, picked = value, found
    steps = [
        (Step(threshold=float(curve.threshold[table.order[at]])),)
        for curve, table, at in zip(problem.curves, tables, picked, strict=True)
    ]
    return weigh(problem, steps)


class _Table:
    """One group's thresholds in the order of their rates, ready to be asked for the cheapest of a range."""

    def __init__(self, problem: Problem, curve: Curve, floor: float) -> None:
        favourable = problem.aim.favourable
        rates = [rate_of(rate, curve, favourable, curve.tp, curve.fp) for rate in problem.aim.rates]
        self.order = np.argsort(rates[0] + (rates[1] if len(rates) > 1 else 0.0), kind="stable")
        self.rates = [rate[self.order] for rate in rates]
        cost = problem.costs(curve, curve.tp, curve.fp)[self.order] / problem.mass
        if floor > 0:
            chance = rate_of("chance", curve, favourable, curve.tp, curve.fp)[self.order]
            cost = np.where(chance >= floor - _CLOSE, cost, np.inf)
        self.cost = cost
        self.levels = [np.arange(len(cost))]
        while 2 ** len(self.levels) <= len(cost):
            last, half = self.levels[-1], 2 ** (len(self.levels) - 1)
            self.levels.append(self._cheaper(last[:-half], last[half:]))

    def _cheaper(self, one: Places, other: Places) -> Places:
        return np.where(self.cost[one] <= self.cost[other], one, other)

    def cheapest(self, start: Places, end: Places) -> Places:
        """Give the cheapest place of each range; −1 where the range is empty."""
        width = end - start
        level = np.where(width > 0, np.frexp(np.maximum(width, 1))[1] - 1, -1)
        found = np.full(start.shape, -1, dtype=np.int64)
        for k, table in enumerate(self.levels):
            here = level == k
            if here.any():
                found[here] = self._cheaper(table[start[here]], table[end[here] - 2**k])
        return found


def _along(
    tables: list[_Table], limits: tuple[float, float], around: tuple[float, float] | None
) -> tuple[float, list[int], tuple[float, float]]:
    """Move windows along one rate."""
    places = np.unique(np.concatenate([table.rates[0] for table in tables]))
    if around is not None:
        near = places[(places >= around[0]) & (places <= around[1])]
        places = near if len(near) else places
    start = places[np.unique(np.linspace(0, len(places) - 1, _STARTS).astype(int))]

    def ranges(table: _Table, width: float) -> tuple[Places, Places]:
        rate = table.rates[0]
        return (
            np.searchsorted(rate, start - _CLOSE),
            np.searchsorted(rate, start + width + _CLOSE, side="right"),
        )

    value, picked, at = _best(tables, limits, ranges)
    return value, picked, (float(start[max(at - 1, 0)]), float(start[min(at + 1, len(start) - 1)]))


def _across(
    tables: list[_Table], limits: tuple[float, float], around: tuple[float, float] | None
) -> tuple[float, list[int], tuple[float, float]]:
    """Move square windows over two rates, both of which rise along a group's thresholds."""
    grids = []
    for axis in (0, 1):
        places = np.unique(np.concatenate([table.rates[axis] for table in tables]))
        if around is not None:
            near = places[np.abs(places - around[axis]) <= 1.5 / _CORNERS]
            places = near if len(near) else places
        grids.append(places[np.unique(np.linspace(0, len(places) - 1, _CORNERS).astype(int))])
    first, second = (part.ravel() for part in np.meshgrid(*grids, indexing="ij"))

    def ranges(table: _Table, width: float) -> tuple[Places, Places]:
        one, other = table.rates
        starts = (np.searchsorted(one, first - _CLOSE), np.searchsorted(other, second - _CLOSE))
        ends = (
            np.searchsorted(one, first + width + _CLOSE, side="right"),
            np.searchsorted(other, second + width + _CLOSE, side="right"),
        )
        return np.maximum(*starts), np.minimum(*ends)

    value, picked, at = _best(tables, limits, ranges)
    return value, picked, (float(first[at]), float(second[at]))


def _best(
    tables: list[_Table],
    limits: tuple[float, float],
    ranges: Callable[[_Table, float], tuple[Places, Places]],
) -> tuple[float, list[int], int]:
    """Try windows of many widths and keep the best choice of any."""
    tolerance, most = limits
    best, picked, at = np.inf, [0] * len(tables), 0
    for beyond in _BEYOND:
        if beyond >= best:
            break
        width = min(tolerance + beyond, 1.0)
        found = np.stack([table.cheapest(*ranges(table, width)) for table in tables])
        cost = np.zeros(found.shape[1])
        gap = np.zeros(found.shape[1])
        for table, own in zip(tables, found, strict=True):
            cost += np.where(own >= 0, table.cost[own], np.inf)
        for axis in range(len(tables[0].rates)):
            rates = np.stack([table.rates[axis][own] for table, own in zip(tables, found, strict=True)])
            gap = np.maximum(gap, rates.max(axis=0) - rates.min(axis=0))
        value = np.where(cost <= most, cost + np.maximum(gap - tolerance, 0.0), np.inf)
        one = int(np.argmin(value))
        if value[one] < best:
            best, picked, at = float(value[one]), found[:, one].tolist(), one
    return best, picked, at
