"""The four-fifths rule of thumb, and how many people a difference is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.compare import number
from audit.disparity.estimates import estimates
from audit.inference.clusters import ties
from audit.inference.four_fifths import Impact, impact
from audit.inference.intervals import log_ratio, wilson
from audit.inference.tests import Method, compare_rates
from audit.metrics.rates import RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.disparity.estimates import Estimates
    from audit.inference.clusters import Ties
    from audit.rows import DisparityRow

SMALL_SHARE: Final = 0.02
"""A group with a smaller share of the people is listed, but left out of impact ratios."""

IN_PEOPLE: Final = ("selection_rate", "true_positive_rate", "false_positive_rate", "error_rate", "precision")
"""The rates whose differences are also given in people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FourFifthsRow:
    """One group's selections held against those of the most selected group.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that make the groups.
    decision : {"positive", "negative"}
        The decision that counts as being selected; the favourable one comes first.
    group : tuple of str
        The group.
    reference : tuple of str or None
        The most selected group among those that are not left out.
    n : int
        People in the group.
    share : float
        Its share of all people whose group is known; of all people where it is not.
    selected : int
        People of the group who are selected.
    rate, rate_low, rate_high : float or None
        Its selection rate with its interval.
    value, low, high : float or None
        The impact ratio, its rate over the highest, with the interval of this one ratio.
    p : float or None
        Two-sided p-value of the two rates.
    method : {"fisher", "fisher_mid_p", "pooled_z", "pooled_z_effective"} or None
        How p was found.
    below : bool or None
        Whether the ratio is below four fifths; exactly 0.80 is not.
    to_equal, to_four_fifths : int or None
        How many more of the group would have to be selected for the same rate, and for four fifths of it.
    turns_order, turns_finding : bool or None
        Whether one selection moved between the two groups turns which is selected more, or the finding.
    reason : str
        Why the group has no ratio, as a code, or empty.
    """

    sensitive: tuple[str, ...]
    decision: Literal["positive", "negative"]
    group: tuple[str, ...]
    reference: tuple[str, ...] | None
    n: int
    share: float
    selected: int
    rate: float | None
    rate_low: float | None
    rate_high: float | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    method: Method | None = None
    below: bool | None = None
    to_equal: int | None = None
    to_four_fifths: int | None = None
    turns_order: bool | None = None
    turns_finding: bool | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRow:
    """How many people of a group a difference to the reference group is.

    Parameters
    ----------
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The columns that make the groups.
    group, reference : tuple of str
        The group, and the one it is compared with.
    value, low, high : float or None
        People of the group who would count less in the rate if the group had the reference group's rate; negative
        where more would.
    difference : float or None
        The group's rate minus the reference group's.
    n : int
        People in the group's denominator.
    reason : str
        Why there is no value, as a code, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    reference: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    difference: float | None
    n: int
    reason: str = ""


def four_fifths(case: Case) -> tuple[FourFifthsRow, ...]:
    """Hold every group against the most selected one.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of FourFifthsRow
        By grouping and decision; every group is listed, also those left out of the ratios.

    Notes
    -----
    Groups under 2 % of the people, and people whose group is not recorded, have a rate and no ratio, and are never
    the most selected group. The interval and the test are those of one pair, not of the largest of many.
    """
    rows: list[FourFifthsRow] = []
    for sensitive in case.groupings:
        cells = case.cells.marginal(sensitive)
        tied = ties(case.basis.clusters, cells)
        turned = (cells.flipped(), tied and tied.flipped())
        if case.plan.roles.favourable == "positive":
            rows += _selected(case, cells, tied, "positive")
        else:
            rows += [*_selected(case, *turned, "negative"), *_selected(case, cells, tied, "positive")]
    return tuple(rows)


def _selected(
    case: Case, cells: Cells, tied: Ties | None, decision: Literal["positive", "negative"]
) -> list[FourFifthsRow]:
    rates = estimates(RATE["selection_rate"], cells, case.plan, tied)
    reasons, shares = _left_out(case, rates, cells)
    kept = np.array([not reason for reason in reasons])
    best = _most_selected(rates, kept)
    ends = _interval_of_rates(case, rates)
    alpha = 1 - case.plan.confidence
    at = max(best, 0)
    low, high = log_ratio(rates.value, rates.effective, rates.value[at], rates.effective[at], alpha=alpha)
    hits = cells.n[:, :, 1].sum(axis=1)
    counts = not (cells.weighted or tied)
    rows = []
    for i, group in enumerate(cells.groups):
        found = _impact(rates, i, best) if best >= 0 and kept[i] else None
        known = found is not None and not math.isnan(found.ratio)
        other = known and i != best
        p, method = _test(rates, i, best, counts=counts) if other else (math.nan, None)
        rows.append(
            FourFifthsRow(
                sensitive=cells.sensitive,
                decision=decision,
                group=group,
                reference=cells.groups[best] if best >= 0 else None,
                n=int(cells.sizes[i]),
                share=float(shares[i]),
                selected=int(hits[i]),
                rate=number(float(rates.value[i])),
                rate_low=ends[i][0],
                rate_high=ends[i][1],
                low=number(float(low[i])) if other else None,
                high=number(float(high[i])) if other else None,
                p=number(p),
                method=method,
                reason=reasons[i] or ("" if known else _why_no_ratio(rates, kept, best)),
                **(_told(found) if found is not None and known else {}),
            )
        )
    return rows


def _test(rates: Estimates, i: int, best: int, *, counts: bool) -> tuple[float, Method | None]:
    p, n = rates.value, rates.effective
    return compare_rates(p[i], n[i], p[best], n[best], counts=counts)


def _told(found: Impact) -> dict[str, Any]:
    return {
        "value": found.ratio,
        "below": found.below,
        "to_equal": found.to_equal,
        "to_four_fifths": found.to_four_fifths,
        "turns_order": found.turns_order,
        "turns_finding": found.turns_finding,
    }


def _left_out(case: Case, rates: Estimates, cells: Cells) -> tuple[list[str], NDArray[np.float64]]:
    """Say which groups have no ratio, and every group's share."""
    unknown = np.array(cells.unknown) & (not case.plan.grouping.include_unknown)
    sizes = cells.sizes.astype(float)
    known = float(sizes[~unknown].sum())
    shares = sizes / np.where(unknown, sizes.sum(), known or 1.0)
    reasons = []
    for i, reason in enumerate(rates.reasons):
        if unknown[i]:
            reasons.append("unknown_group")
        elif reason:
            reasons.append(reason)
        else:
            reasons.append("under_two_percent" if shares[i] < SMALL_SHARE else "")
    return reasons, shares


def _most_selected(rates: Estimates, kept: NDArray[np.bool_]) -> int:
    if kept.sum() < 2:
        return -1
    p = np.where(kept, rates.value, -1.0)
    ties_ = np.flatnonzero(p == p.max())
    return int(ties_[np.argmax(rates.n[ties_])])


def _impact(rates: Estimates, i: int, best: int) -> Impact:
    return impact(float(rates.value[i]), float(rates.n[i]), float(rates.value[best]), float(rates.n[best]))


def _why_no_ratio(rates: Estimates, kept: NDArray[np.bool_], best: int) -> str:
    if best < 0 or kept.sum() < 2:
        return "fewer_than_two_groups"
    return "zero_reference_rate" if rates.value[best] <= 0 else ""


def _interval_of_rates(case: Case, rates: Estimates) -> list[tuple[float | None, float | None]]:
    low, high = wilson(rates.value, rates.effective, alpha=1 - case.plan.confidence)
    return [(number(float(a)), number(float(b))) for a, b in zip(low, high, strict=True)]


def people(case: Case) -> tuple[PeopleRow, ...]:
    """Give every difference to the reference group in people.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of PeopleRow
        By grouping, rate and group: the difference times the people in the group's denominator.
    """
    sizes = {(row.metric, row.sensitive, row.group): row.n for row in case.metrics}
    return tuple(
        _in_people(row, sizes[row.metric, row.sensitive, row.group])
        for row in case.disparities
        if row.comparison == "to_reference" and row.metric in IN_PEOPLE and row.group is not None
    )


def _in_people(row: DisparityRow, n: int) -> PeopleRow:
    def times(value: float | None) -> float | None:
        return None if value is None else value * n

    return PeopleRow(
        metric=row.metric,
        sensitive=row.sensitive,
        group=row.group or (),
        reference=row.reference,
        value=times(row.value),
        low=times(row.low),
        high=times(row.high),
        difference=row.value,
        n=n,
        reason=row.reason,
    )


CHAPTERS = (
    Chapter(
        id="four_fifths",
        title="Selections held against four fifths",
        kinds=(FourFifthsRow,),
        rows=four_fifths,
    ),
    Chapter(id="gap_in_people", title="Differences in people", kinds=(PeopleRow,), rows=people),
)
