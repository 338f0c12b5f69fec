"""One rate over the groups of one grouping, ready to be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.inference.clusters import design_effects
from audit.metrics.rates import rate_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.inference.clusters import Ties
    from audit.metrics.rates import Rate
    from audit.plan import Plan

WITHOUT_OUTCOME: Final = frozenset({"base_rate", "selection_rate"})
"""Rates that can be told where the decision is its own label."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimates:
    """A rate of every group with what its interval rests on.

    Parameters
    ----------
    rate : Rate
        Which rate.
    value : ndarray of shape (n_groups,)
        The rates; NaN where not estimable.
    usable : ndarray of shape (n_groups,)
        The same; NaN also where the group is out of the gap.
    n : ndarray of shape (n_groups,)
        People in the denominator.
    effective : ndarray of shape (n_groups,)
        Effective number in the denominator, with weights and clusters.
    reasons : tuple of str
        Why a value is NaN, as codes of :data:`audit.rows.REASONS`.
    total : int
        Groups that a gap would cover.
    """

    rate: Rate
    value: NDArray[np.float64]
    usable: NDArray[np.float64]
    n: NDArray[np.float64]
    effective: NDArray[np.float64]
    reasons: tuple[str, ...]
    total: int


def estimates(rate: Rate, cells: Cells, plan: Plan, ties: Ties | None = None) -> Estimates:
    """Estimate one rate of every group.

    Parameters
    ----------
    rate : Rate
        Which rate.
    cells : Cells
        The groups.
    plan : Plan
        Smallest denominator, whether people whose group is not recorded count, and whether there is an outcome besides
        the decision: without one, nothing but labels and selection is known.
    ties : Ties or None
        Which rows belong together; with them the effective numbers are divided by the design effect.

    Returns
    -------
    Estimates
        The rate of every group.
    """
    table, grouping = rate_table(rate, cells), plan.grouping
    unknown_outcome = plan.roles.no_outcome and rate.id not in WITHOUT_OUTCOME
    value = np.where(table.n >= grouping.min_size, table.value, np.nan)
    reasons = ("",) * len(value)
    if np.isnan(value).any():
        reasons = tuple(
            "" if not math.isnan(v) else rate.undefined if n == 0 or math.isnan(raw) else "below_minimum_size"
            for v, raw, n in zip(value, table.value, table.n, strict=True)
        )
    if unknown_outcome:
        value, reasons = np.full_like(value, np.nan), ("no_outcome",) * len(value)
    counted = ~np.array(cells.unknown, dtype=bool) | grouping.include_unknown
    effective = table.n_effective
    if ties is not None:
        effective = effective / design_effects(ties, rate.numerator, rate.denominator, cells)
    return Estimates(
        rate=rate,
        value=value,
        usable=np.where(counted, value, np.nan),
        n=table.n,
        effective=effective,
        reasons=reasons,
        total=int(counted.sum()),
    )
