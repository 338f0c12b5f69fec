"""Guards against reading too much into the largest gap and the worst group."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.chance import CRITERION_RATES
from audit.disparity.compare import number, worst_is_highest
from audit.disparity.estimates import estimates
from audit.inference.clusters import ties
from audit.inference.guards import debiased_gap, shrunken, split_worst, worst_by_chance
from audit.metrics.rates import RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.disparity.estimates import Estimates
    from audit.inference.clusters import Ties
    from audit.rows import DisparityRow

GUARDED: Final = ("selection_rate", "true_positive_rate", "false_positive_rate", "error_rate", "precision")
"""The rates that are guarded beside the criteria; the others are their complements or the label's own."""

SPLITS: Final = 200
"""Random halves of the people in which the worst group is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapGuardRow:
    """The largest gap between groups beside what chance alone would show.

    Parameters
    ----------
    metric : str
        Id of a rate or criterion.
    sensitive : tuple of str
        The columns that make the groups.
    group, reference : tuple of str or None
        The groups with the highest and the lowest rate.
    value, low, high : float or None
        The observed gap and its interval.
    expected : float or None
        The mean gap that chance alone shows if all groups are equal.
    debiased : float or None
        The gap of rates that are drawn together by as much as chance has spread them.
    groups : int
        Number of groups that could be estimated.
    n : int
        People in the denominators of these groups.
    reason : str
        Why there is no value, as a code, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    reference: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    expected: float | None
    debiased: float | None
    groups: int
    n: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstGuardRow:
    """The worst group of a rate beside what it would show if it had not been picked for being the worst.

    Parameters
    ----------
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group that is observed to be the worst.
    value, low, high : float or None
        Its observed rate, and the interval of the worst rate of all groups.
    n : int
        People in its denominator.
    overall : float or None
        The rate of everybody.
    shrunken : float or None
        Its rate drawn towards everybody's by as much as chance has moved it.
    split_found : float or None
        Mean rate of the worst group of half of the people, in that half.
    split_fresh : float or None
        Mean rate of the same group among the other half, who played no part in the choice.
    found_again : float or None
        Share of the halves in which the observed worst group is the worst.
    chance : float or None
        Mean rate of the worst group that chance alone shows if all groups are equal.
    groups : int
        Number of groups that could be estimated.
    reason : str
        Why there is no value, as a code, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    overall: float | None
    shrunken: float | None
    split_found: float | None
    split_fresh: float | None
    found_again: float | None
    chance: float | None
    groups: int
    reason: str = ""


def gap_guards(case: Case) -> tuple[GapGuardRow, ...]:
    """Hold every gap against chance.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of GapGuardRow
        By grouping; the main criteria first.
    """
    rows = []
    for sensitive in case.groupings:
        cells = case.cells.marginal(sensitive)
        tied = ties(case.basis.clusters, cells)
        negative = case.plan.roles.favourable == "negative"
        turned = (cells.flipped(), tied and tied.flipped()) if negative else (cells, tied)
        rows += [_gap(case, name, rates, turned) for name, rates in CRITERION_RATES.items()]
        rows += [_gap(case, metric, (metric,), (cells, tied)) for metric in GUARDED]
    return tuple(rows)


def _gap(case: Case, name: str, rates: Sequence[str], part: tuple[Cells, Ties | None]) -> GapGuardRow:
    cells, tied = part
    row = _disparity(case, name, "difference", cells.sensitive)
    found = [estimates(RATE[rate], cells, case.plan, tied) for rate in rates]
    debiased = float("nan")
    if row.value is not None:
        debiased = float(max(debiased_gap(each.usable, each.effective) for each in found))
    return GapGuardRow(
        metric=name,
        sensitive=cells.sensitive,
        group=row.group,
        reference=row.reference,
        value=row.value,
        low=row.low,
        high=row.high,
        expected=row.expected,
        debiased=number(debiased),
        groups=row.groups_estimable,
        n=_people(found[0]),
        reason=row.reason,
    )


def _people(rates: Estimates) -> int:
    return int(rates.n[~np.isnan(rates.usable)].sum())


def _disparity(case: Case, metric: str, comparison: str, sensitive: tuple[str, ...]) -> DisparityRow:
    wanted = (metric, comparison, sensitive)
    return next(row for row in case.disparities if (row.metric, row.comparison, row.sensitive) == wanted)


def worst_guards(case: Case) -> tuple[WorstGuardRow, ...]:
    """Hold every worst group against the choice that made it the worst.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of WorstGuardRow
        By grouping and rate; only rates of which one end is worse.
    """
    rows = []
    for sensitive in case.groupings:
        cells = case.cells.marginal(sensitive)
        tied = ties(case.basis.clusters, cells)
        for metric in GUARDED:
            rates = estimates(RATE[metric], cells, case.plan, tied)
            rows.append(_worst(case, rates, cells))
    return tuple(rows)


def _worst(case: Case, rates: Estimates, cells: Cells) -> WorstGuardRow:
    metric = rates.rate.id
    row = _disparity(case, metric, "worst_group", cells.sensitive)
    highest = bool(worst_is_highest(metric, case.plan.roles.favourable))
    p, n = rates.usable, rates.effective
    at = cells.groups.index(row.group) if row.group is not None else -1
    known = at >= 0 and row.overall is not None
    stream = zlib.crc32("|".join(["worst_guards", metric, *cells.sensitive]).encode())
    rng = np.random.default_rng([case.plan.seed, stream])
    split = split_worst(p, n, highest=highest, replicates=SPLITS, rng=rng)
    chance = worst_by_chance(p, n, highest=highest, replicates=case.plan.replicates, rng=rng)
    return WorstGuardRow(
        metric=metric,
        sensitive=cells.sensitive,
        group=row.group,
        value=row.value,
        low=row.low,
        high=row.high,
        n=int(rates.n[at]) if at >= 0 else 0,
        overall=row.overall,
        shrunken=number(float(shrunken(p, n, row.overall or 0.0)[at])) if known else None,
        split_found=number(split.found),
        split_fresh=number(split.fresh),
        found_again=number(split.again),
        chance=number(chance),
        groups=row.groups_estimable,
        reason=row.reason,
    )


CHAPTERS = (
    Chapter(id="guards", title="Gaps beside what chance alone shows", kinds=(GapGuardRow,), rows=gap_guards),
    Chapter(
        id="worst_guards",
        title="Worst groups beside what fresh data would show",
        kinds=(WorstGuardRow,),
        rows=worst_guards,
    ),
)
