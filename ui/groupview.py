"""What the screen about groups says and shows beside its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit import wording
from audit.plan import CRITERIA
from ui import show

if TYPE_CHECKING:
    from audit.result import Audit
    from audit.rows import DisparityRow


def headline(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> None:
    """Answer the question of the screen for one rate.

    Parameters
    ----------
    audit : Audit
        The audit.
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The grouping.
    """
    row = audit.disparity(metric, "difference", sensitive)
    roles, confidence = audit.plan.roles, audit.plan.confidence
    said = (
        wording.headline(row, audit.metrics, roles, confidence=confidence),
        wording.verdict_sentence(row),
        wording.small_denominator(row, audit.metrics, roles, audit.over_larger_groups(row)),
        wording.chance(row),
    )
    show.answer(" ".join(part for part in said if part), row.verdict)


def half_band(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> float | None:
    """Give the half width of the tolerance band around everybody, where the rate has a tolerance.

    Parameters
    ----------
    audit : Audit
        The audit.
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    float or None
        Half of the tolerated difference.
    """
    favourable = audit.plan.roles.favourable
    found = [
        row.tolerance
        for row in audit.disparities
        if row.sensitive == sensitive
        and row.comparison == "difference"
        and row.tolerance is not None
        and metric in wording.criterion_rates(row.metric, favourable)
    ]
    return min(found) / 2 if found else None


def between(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> list[DisparityRow]:
    """List the disparities of a rate, with the criteria that compare it.

    Parameters
    ----------
    audit : Audit
        The audit.
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    list of DisparityRow
        Differences, ratios and the worst group.
    """
    favourable = audit.plan.roles.favourable
    wanted = {metric, *(name for name in CRITERIA if metric in wording.criterion_rates(name, favourable))}
    return [
        row
        for row in audit.disparities
        if row.sensitive == sensitive and row.metric in wanted and row.comparison != "to_reference"
    ]


def against_reference(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> list[DisparityRow]:
    """List the signed differences of a rate to the reference group.

    Parameters
    ----------
    audit : Audit
        The audit.
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    list of DisparityRow
        One row for each group but the reference.
    """
    return [
        row
        for row in audit.disparities
        if row.sensitive == sensitive and row.metric == metric and row.comparison == "to_reference"
    ]
