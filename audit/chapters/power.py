"""How small a gap the data could show, before any gap is read."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.chapters.case import Chapter
from audit.inference.power import people_for, people_needed, smallest_gap
from audit.metrics.rates import RATE, rate_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.metrics.rates import Rate
    from audit.plan import Plan

TURNED: Final = {
    "positive": ("selection_rate", "true_positive_rate", "false_positive_rate"),
    "negative": ("selection_rate", "true_negative_rate", "false_negative_rate"),
}
"""The rates of selection, opportunity and the other error, by the outcome that is good for the person."""

_TOLERANCES: Final = (
    ("demographic_parity_difference",),
    ("equal_opportunity_difference", "equalized_odds_difference"),
    ("equalized_odds_difference",),
)
"""The criteria about each of them, the closest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerRow:
    """The smallest gap that the data would show for one group in 8 of 10 samples.

    Parameters
    ----------
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str
        The group.
    reference : tuple of str or None
        What it is held against: the lowest group for the two that are furthest apart, or None for everybody else.
    value : float or None
        The smallest gap that would be shown, 0 to 1.
    low, high : float or None
        None, since the gap is planned and not estimated.
    rate : float or None
        The rate of those that the group is held against.
    n, n_reference : int
        People in the rate's denominator, of the group and of those that it is held against.
    tolerance : float or None
        The tolerance of the criterion about this rate, where the plan names one.
    needed : int or None
        People the group would need to show a gap of the tolerance, the others being as many as they are.
    each : int or None
        People that each of two equally large groups would need.
    reason : str
        Why no gap would be shown, as a code of the reasons.
    """

    metric: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    reference: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    rate: float | None
    n: int
    n_reference: int
    tolerance: float | None = None
    needed: int | None = None
    each: int | None = None
    reason: str = ""


def tolerance_of(plan: Plan, metric: str) -> float | None:
    """Give the tolerance that a gap in a rate is held against.

    Parameters
    ----------
    plan : Plan
        The tolerances and the favourable outcome.
    metric : str
        Id of a rate.

    Returns
    -------
    float or None
        That of the rate itself, or of the criterion about it; None where there is none.
    """
    rates = TURNED[plan.roles.favourable]
    names = _TOLERANCES[rates.index(metric)] if metric in rates else ()
    for name in (f"{metric}_difference", *names):
        if name in plan.tolerances:
            return plan.tolerances[name]
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """One group in one rate, and those that it is held against."""

    rate: Rate
    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    reference: tuple[str, ...] | None
    value: float
    n: int
    effective: float
    n_reference: int
    effective_reference: float


def _rows(case: Case) -> tuple[PowerRow, ...]:
    plan = case.plan
    held = [
        one
        for sensitive in case.groupings
        for metric in TURNED[plan.roles.favourable]
        for one in _held(RATE[metric], case.cells.marginal(sensitive), case)
    ]
    alpha = 1 - plan.confidence
    bounds = [tolerance_of(plan, one.rate.id) for one in held]
    # All groups at once: each solution takes a few dozen steps, however many groups there are.
    rates = np.array([one.value for one in held])
    others = np.array([one.effective_reference for one in held])
    wanted = np.array([bound or 0.0 for bound in bounds])
    gaps = smallest_gap(rates, np.array([one.effective for one in held]), others, alpha=alpha)
    needed = people_for(rates, wanted, others, alpha=alpha)
    each = _each(rates, wanted, alpha)
    return tuple(
        PowerRow(
            metric=one.rate.id,
            sensitive=one.sensitive,
            group=one.group,
            reference=one.reference,
            value=_number(gaps[k]),
            low=None,
            high=None,
            rate=_number(one.value),
            n=one.n,
            n_reference=one.n_reference,
            tolerance=bounds[k],
            needed=_whole(needed[k]),
            each=_whole(each[k]),
            reason="" if not math.isnan(gaps[k]) else _reason(one),
        )
        for k, one in enumerate(held)
    )


def _held(rate: Rate, cells: Cells, case: Case) -> Iterator[_Held]:
    """Hold each group against everybody else, and the two that are furthest apart against each other."""
    table, others = rate_table(rate, cells), rate_table(rate, _others(cells))
    known = [g for g, out in enumerate(cells.unknown) if case.plan.grouping.include_unknown or not out]
    pairs: list[tuple[int, int | None]] = [(g, None) for g in known]
    if len(known) > 2:  # of two groups each is everybody else to the other
        pairs += _extreme(rate, cells, case)
    for g, other in pairs:
        source, place = (others, g) if other is None else (table, other)
        yield _Held(
            rate=rate,
            sensitive=cells.sensitive,
            group=cells.groups[g],
            reference=None if other is None else cells.groups[other],
            value=float(source.value[place]),
            n=int(table.n[g]),
            effective=float(table.n_effective[g]),
            n_reference=int(source.n[place]),
            effective_reference=float(source.n_effective[place]),
        )


def _extreme(rate: Rate, cells: Cells, case: Case) -> list[tuple[int, int | None]]:
    wanted = (rate.id, "difference", cells.sensitive)
    for row in case.disparities:
        if (row.metric, row.comparison, row.sensitive) != wanted:
            continue
        if row.group in cells.groups and row.reference in cells.groups:
            return [(cells.groups.index(row.group), cells.groups.index(row.reference))]
    return []


def _others(cells: Cells) -> Cells:
    """Count everybody but the group, for each group; people whose group is not recorded are among them."""
    rest = {name: getattr(cells, name).sum(axis=0) - getattr(cells, name) for name in ("n", "w", "w2")}
    there = rest["n"] > 0
    return replace(cells, **{name: np.maximum(array, 0) * there for name, array in rest.items()})


def _reason(held: _Held) -> str:
    if held.n == 0:
        return held.rate.undefined
    return "fewer_than_two_groups" if held.n_reference == 0 else "too_few_people"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _whole(value: float) -> int | None:
    return int(value) if math.isfinite(value) else None


def _each(rates: NDArray[np.float64], wanted: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    others = np.where(rates >= 0.5, rates - wanted, rates + wanted)
    possible = (others >= 0) & (others <= 1) & (wanted > 0)
    return np.where(possible, people_needed(rates, np.where(possible, others, 0.5), alpha=alpha), np.nan)


CHAPTERS = (
    Chapter(
        id="power",
        title="The smallest gap that the data could show",
        kinds=(PowerRow,),
        rows=_rows,
        judged=True,
    ),
)
