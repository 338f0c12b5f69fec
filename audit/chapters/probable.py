"""Groups that are known by probability only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.compare import number
from audit.disparity.probable import sharp_bounds, weighted_rate
from audit.inference.gaps import difference_gap
from audit.inference.intervals import wilson
from audit.metrics.rates import RATE
from audit.rows.comparable import ProbableRow

if TYPE_CHECKING:
    from audit.chapters.case import Case
    from audit.metrics.rates import Rate
    from audit.tables.probable import ProbableGroup

MEASURED: Final = ("selection_rate", "true_positive_rate", "false_positive_rate", "error_rate")
"""Rates that are estimated."""


def probable(case: Case) -> tuple[ProbableRow, ...]:
    """Estimate and bound the rates of groups that are known by probability only.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of ProbableRow
        For each rate: the gap, then every group.
    """
    if case.basis.probable is None:
        return ()
    counted = case.basis.probable.groups
    groups: list[tuple[tuple[str, ...], ProbableGroup]] = [((group.column,), group) for group in counted]
    if len(counted) == 1:
        # One probability makes two groups: those who probably belong, and everybody else.
        groups.append(((f"not {counted[0].column}",), counted[0].others()))
    found: list[ProbableRow] = []
    for metric in MEASURED:
        found += _rate(case, RATE[metric], groups)
    return tuple(found)


def _rate(case: Case, rate: Rate, groups: list[tuple[tuple[str, ...], ProbableGroup]]) -> list[ProbableRow]:
    shared: dict[str, Any] = {
        "metric": rate.id,
        "sensitive": case.plan.roles.probabilities,
        "exact": all(group.exact for _, group in groups),
    }
    estimates = np.array([weighted_rate(group, rate) for _, group in groups])
    bounds = np.array([sharp_bounds(group, rate) for _, group in groups])
    value, effective, people = estimates.T
    low, high = wilson(value, effective, alpha=1 - case.plan.confidence)
    rows = [
        ProbableRow(
            **shared,
            group=name,
            value=number(value[i]),
            low=number(low[i]),
            high=number(high[i]),
            bound_low=number(bounds[i, 0]) if not np.isnan(value[i]) else None,
            bound_high=number(bounds[i, 1]) if not np.isnan(value[i]) else None,
            n=_people(group, rate),
            n_effective=float(effective[i]),
            people=float(people[i]),
            missing=group.missing,
            reason="" if not np.isnan(value[i]) else rate.undefined,
        )
        for i, (name, group) in enumerate(groups)
    ]
    sizes = np.array([round(float(group.p.sum())) for _, group in groups], dtype=np.int64)
    gap = difference_gap(value, effective, alpha=1 - case.plan.confidence, sizes=sizes)
    gap_low, gap_high = _gap_bounds(bounds[~np.isnan(value)])
    whole = ProbableRow(
        **shared,
        group=None,
        value=number(gap.value),
        low=number(gap.low),
        high=number(gap.high),
        bound_low=number(gap_low),
        bound_high=number(gap_high),
        n=max(row.n for row in rows),
        n_effective=None,
        people=None,
        missing=max(row.missing for row in rows),
        reason="" if not np.isnan(gap.value) else "fewer_than_two_groups",
    )
    return [whole, *rows]


def _people(group: ProbableGroup, rate: Rate) -> int:
    inside = [(int(y), int(d)) in rate.denominator for y, d in zip(group.label, group.decision, strict=True)]
    return int(group.n[inside].sum())


def _gap_bounds(bounds: np.ndarray) -> tuple[float, float]:
    """Bound the largest difference by the bounds of the rates; with two groups that make up everybody they are reached."""
    if len(bounds) < 2:
        return np.nan, np.nan
    low, high = bounds[:, 0], bounds[:, 1]
    apart, reach = low[:, None] - high[None, :], high[:, None] - low[None, :]
    for table in (apart, reach):
        np.fill_diagonal(table, -1.0)
    return max(float(apart.max()), 0.0), max(float(reach.max()), 0.0)


CHAPTERS = (
    Chapter(
        id="probable",
        title="Rates of groups that are known by probability only",
        kinds=(ProbableRow,),
        rows=probable,
    ),
)
