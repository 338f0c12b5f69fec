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
    judged = row if row.verdict else judging(audit, metric, sensitive) or row
    roles, confidence = audit.plan.roles, audit.plan.confidence
    said = (
        wording.headline(row, audit.metrics, roles, confidence=confidence),
        wording.verdict_sentence(judged),
        wording.small_denominator(row, audit.metrics, roles, audit.over_larger_groups(row)),
        wording.chance(row),
    )
    show.answer(" ".join(part for part in said if part), judged.verdict)


def judging(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> DisparityRow | None:
    """Find the criterion that is about this one rate, and so gives its gap a verdict.

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
    DisparityRow or None
        None where no criterion with a tolerance is about this rate alone.
    """
    favourable = audit.plan.roles.favourable
    return next(
        (
            row
            for row in audit.disparities
            if row.sensitive == sensitive
            and row.comparison == "difference"
            and row.verdict is not None
            and row.metric in CRITERIA
            and tuple(wording.criterion_rates(row.metric, favourable)) == (metric,)
        ),
        None,
    )


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
    """List the disparities of a rate, with the criteria that compare it; what is the same is listed once.

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
    rows = [
        row
        for row in audit.disparities
        if row.sensitive == sensitive and row.metric in wanted and row.comparison != "to_reference"
    ]
    told = {_numbers(row) for row in rows if row.metric != metric}
    return [row for row in rows if row.metric != metric or _numbers(row) not in told]


def _numbers(row: DisparityRow) -> tuple[str, ...]:
    """Give what a reader would see twice."""
    return (row.comparison, *(f"{number:.6f}" if number is not None else "" for number in _three(row)))


def _three(row: DisparityRow) -> tuple[float | None, ...]:
    return row.value, row.low, row.high


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
