"""How a model stands on some rows: its use for whoever decides, and the gap between groups, with their intervals."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.disparity.compare import disparity_rows, number
from audit.disparity.estimates import estimates
from audit.inference.delong import area_interval, areas
from audit.inference.intervals import wilson
from audit.inference.replicates import draw, spread
from audit.metrics.indices import INDICES, index_values
from audit.metrics.rates import RATE
from audit.rows.studies import Standing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.cells import Cells
    from audit.plan import Plan
    from audit.rows import DisparityRow
    from audit.wanted import Tuning

_BALANCED = next(index for index in INDICES if index.id == "balanced_accuracy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is compared.

    Parameters
    ----------
    plan : Plan
        Favourable outcome, grouping rules, confidence and seed.
    sensitive : tuple of str
        The columns whose groups are compared.
    utility : str
        What is to be large.
    criterion : str
        The criterion or rate whose gap is to be small.
    """

    plan: Plan
    sensitive: tuple[str, ...]
    utility: str
    criterion: str

    @classmethod
    def of(cls, plan: Plan, tuning: Tuning) -> Target:
        """Read the target from what was asked.

        Parameters
        ----------
        plan : Plan
            The plan.
        tuning : Tuning
            What to look for.

        Returns
        -------
        Target
            With the columns that the groups are made of.
        """
        every = plan.roles.sensitive
        sensitive = (
            every if tuning.group_by == "all" else (tuning.group_by,) if tuning.group_by else every[:1]
        )
        return cls(plan=plan, sensitive=sensitive, utility=tuning.utility, criterion=tuning.criterion)


def standing(
    bench: Bench,
    rows: NDArray[np.int64],
    decisions: NDArray[np.int8],
    score: NDArray[np.float64] | None,
    target: Target,
) -> tuple[Standing, float | None]:
    """Say how a model stands on some rows.

    Parameters
    ----------
    bench : Bench
        The rows in memory.
    rows : ndarray of int of shape (n,)
        Positions of the rows.
    decisions : ndarray of int8 of shape (n,)
        0 or 1.
    score : ndarray of float64 of shape (n,) or None
        Scores, where there are some; only the area under the curve needs them.
    target : Target
        What is compared.

    Returns
    -------
    standing : Standing
        Utility and gap with their intervals.
    chance : float or None
        The gap that chance alone would show.
    """
    cells = bench.cells(rows, [decisions]).marginal(target.sensitive)
    utility = _utility(bench, rows, cells, score, target)
    gap = gap_of(cells, target)
    everybody = cells.overall()
    total = float(everybody.w.sum())
    return (
        Standing(
            utility=number(utility[0]),
            utility_low=number(utility[1]),
            utility_high=number(utility[2]),
            gap=gap.value,
            gap_low=gap.low,
            gap_high=gap.high,
            selected=float(everybody.w[0, :, 1].sum() / total) if total > 0 else None,
        ),
        gap.expected,
    )


def gap_of(cells: Cells, target: Target) -> DisparityRow:
    """Give the gap that is to be small.

    Parameters
    ----------
    cells : Cells
        Counts with one decision.
    target : Target
        What is compared.

    Returns
    -------
    DisparityRow
        The difference with its interval, or the reason why it is not estimable.
    """
    rows = disparity_rows(cells, target.plan)
    return next(row for row in rows if (row.metric, row.comparison) == (target.criterion, "difference"))


def _utility(
    bench: Bench, rows: NDArray[np.int64], cells: Cells, score: NDArray[np.float64] | None, target: Target
) -> tuple[float, float, float]:
    alpha = 1 - target.plan.confidence
    everybody = cells.overall()
    if target.utility == "accuracy":
        found = estimates(RATE["accuracy"], everybody, target.plan)
        low, high = wilson(found.value, found.effective, alpha=alpha)
        return float(found.value[0]), float(low[0]), float(high[0])
    if target.utility == "balanced_accuracy":
        stream = zlib.crc32(b"tuning|balanced_accuracy")
        rng = np.random.default_rng([target.plan.seed, stream])
        drawn = draw(everybody, replicates=target.plan.replicates, rng=rng)
        value = index_values(_BALANCED, everybody.w)
        around = spread(value, index_values(_BALANCED, drawn.groups), alpha=alpha, bounds=(0.0, 1.0))
        return float(value[0]), float(around.low[0]), float(around.high[0])
    if score is None or not np.isfinite(score).all():
        return math.nan, math.nan, math.nan
    return _area(bench, rows, score, alpha)


def _area(
    bench: Bench, rows: NDArray[np.int64], score: NDArray[np.float64], alpha: float
) -> tuple[float, float, float]:
    weight = np.ones(len(rows)) if bench.weight is None else bench.weight[rows]
    values, at = np.unique(score, return_inverse=True)
    label = bench.label[rows]

    def summed(which: int, power: int) -> NDArray[np.float64]:
        each = np.where(label == which, weight**power, 0.0)
        return np.asarray(np.bincount(at, weights=each, minlength=len(values))[None, :], dtype=np.float64)

    found = areas(summed(1, 1), summed(1, 2), summed(0, 1), summed(0, 2))
    low, high = area_interval(found, alpha=alpha)
    return float(found.value[0]), float(low[0]), float(high[0])
