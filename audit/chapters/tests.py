"""Tests of "no difference": each group against the reference group, and all groups at once."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.chance import CRITERION_RATES, chance_draws
from audit.disparity.compare import number, reference_group
from audit.disparity.estimates import estimates
from audit.inference.clusters import ties
from audit.inference.intervals import newcombe
from audit.inference.tests import (
    Method,
    benjamini_hochberg,
    benjamini_yekutieli,
    compare_rates,
    exceedance,
    holm,
    homogeneity,
)
from audit.metrics.rates import RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.disparity.estimates import Estimates
    from audit.inference.clusters import Ties

TESTED: Final = ("selection_rate", "true_positive_rate", "false_positive_rate", "error_rate", "precision")
"""The rates that are tested; the others are their complements or the label's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRow:
    """One rate of one group tested against the reference group.

    Parameters
    ----------
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The columns that make the groups.
    group, reference : tuple of str
        The group, and the one it is tested against.
    value, low, high : float or None
        Its rate minus the reference group's, with the interval of this one difference.
    n, n_reference : int
        People in the two denominators.
    p : float or None
        Two-sided p-value of this one comparison.
    p_holm : float or None
        The same with Holm's correction for all groups of this rate and grouping.
    q : float or None
        False discovery rate over all tests of the audit, after Benjamini and Hochberg.
    q_any : float or None
        The same after Benjamini and Yekutieli, which holds however the tests depend on each other.
    method : {"fisher", "fisher_mid_p", "pooled_z", "pooled_z_effective"} or None
        How p was found: by the smallest expected count, and on effective numbers with weights or clusters.
    reason : str
        Why there is no p-value, as a code, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    reference: tuple[str, ...]
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_reference: int
    p: float | None
    p_holm: float | None
    q: float | None = None
    q_any: float | None = None
    method: Method | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalTestRow:
    """All groups of a grouping tested at once, for any gap at all.

    Parameters
    ----------
    metric : str
        Id of a rate or criterion.
    sensitive : tuple of str
        The columns that make the groups.
    value, low, high : float or None
        The largest gap and its interval.
    expected : float or None
        The mean gap that chance alone shows if all groups are equal.
    p : float or None
        How often chance alone shows a gap at least as large.
    p_homogeneity : float or None
        How often chance alone shows as much when each group counts by how sure its rate is (chi-square).
    replicates : int
        Number of simulated data sets behind it.
    groups : int
        Number of groups that could be estimated.
    reason : str
        Why there is no p-value, as a code, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    value: float | None
    low: float | None
    high: float | None
    expected: float | None
    p: float | None
    p_homogeneity: float | None
    replicates: int
    groups: int
    reason: str = ""


def against_reference(case: Case) -> tuple[TestRow, ...]:
    """Test every group against the reference group in every rate.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of TestRow
        By grouping, rate and group; people whose group is not recorded are tested only where they count as a group.

    Notes
    -----
    Fisher's exact test where the smallest expected count is below 1, its mid-P below 5, the pooled z from 5 on. With
    weights or clusters the pooled z on effective numbers, for which no exact test is defined.
    """
    rows: list[TestRow] = []
    for sensitive in case.groupings:
        cells = case.cells.marginal(sensitive)
        tied = ties(case.basis.clusters, cells)
        for metric in TESTED:
            rates = estimates(RATE[metric], cells, case.plan, tied)
            rows += _against_reference(case, rates, cells, counts=not (cells.weighted or tied))
    p = [math.nan if row.p is None else row.p for row in rows]
    q, q_any = benjamini_hochberg(p), benjamini_yekutieli(p)
    return tuple(
        replace(row, q=number(float(q[i])), q_any=number(float(q_any[i]))) for i, row in enumerate(rows)
    )


def _against_reference(case: Case, rates: Estimates, cells: Cells, *, counts: bool) -> list[TestRow]:
    at = reference_group(cells, case.plan)
    p, n = rates.value, rates.effective
    low, high = newcombe(p, n, p[at], n[at], alpha=1 - case.plan.confidence)
    counted = case.plan.grouping.include_unknown | ~np.asarray(cells.unknown)
    others = [i for i in range(len(cells.groups)) if i != at and counted[i]]
    found = [compare_rates(p[i], n[i], p[at], n[at], counts=counts) for i in others]
    adjusted = holm([one for one, _ in found])
    return [
        TestRow(
            metric=rates.rate.id,
            sensitive=cells.sensitive,
            group=cells.groups[i],
            reference=cells.groups[at],
            value=number(float(p[i] - p[at])),
            low=number(float(low[i])),
            high=number(float(high[i])),
            n=int(rates.n[i]),
            n_reference=int(rates.n[at]),
            p=number(one),
            p_holm=number(float(adjusted[k])),
            method=method,
            reason="" if method else rates.reasons[i] or rates.reasons[at],
        )
        for k, (i, (one, method)) in enumerate(zip(others, found, strict=True))
    ]


def global_tests(case: Case) -> tuple[GlobalTestRow, ...]:
    """Test whether the groups differ at all, in every criterion and rate.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of GlobalTestRow
        By grouping; the main criteria first.
    """
    rows = []
    for sensitive in case.groupings:
        cells = case.cells.marginal(sensitive)
        tied = ties(case.basis.clusters, cells)
        negative = case.plan.roles.favourable == "negative"
        turned = (cells.flipped(), tied and tied.flipped()) if negative else (cells, tied)
        for name, rates in (*CRITERION_RATES.items(), *((metric, (metric,)) for metric in TESTED)):
            rows.append(_global(case, name, rates, turned if name in CRITERION_RATES else (cells, tied)))
    return tuple(rows)


def _global(case: Case, name: str, rates: Sequence[str], part: tuple[Cells, Ties | None]) -> GlobalTestRow:
    cells, tied = part
    row = next(
        row
        for row in case.disparities
        if (row.metric, row.comparison, row.sensitive) == (name, "difference", cells.sensitive)
    )
    p = alike = math.nan
    if row.value is not None:
        found = [estimates(RATE[rate], cells, case.plan, tied) for rate in rates]
        p = exceedance(row.value, chance_draws(name, found, cells.sensitive, case.plan))
        stream = zlib.crc32("|".join(["homogeneity", name, *cells.sensitive]).encode())
        rng = np.random.default_rng([case.plan.seed, stream])
        every = [(each.usable, each.effective) for each in found]
        alike = homogeneity(every, replicates=case.plan.replicates, rng=rng)
    return GlobalTestRow(
        metric=name,
        sensitive=cells.sensitive,
        value=row.value,
        low=row.low,
        high=row.high,
        expected=row.expected,
        p=number(p),
        p_homogeneity=number(alike),
        replicates=case.plan.replicates,
        groups=row.groups_estimable,
        reason=row.reason,
    )


CHAPTERS = (
    Chapter(
        id="tests",
        title="Each group tested against the reference group",
        kinds=(TestRow,),
        rows=against_reference,
    ),
    Chapter(
        id="global_tests",
        title="Whether the groups differ at all",
        kinds=(GlobalTestRow,),
        rows=global_tests,
    ),
)
