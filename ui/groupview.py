"""What the screen about groups says and shows beside its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit import wording
from audit.chapters.inequality import ORDERS
from audit.names import CRITERIA, FAMILY, MORE_CRITERIA, RATES
from audit.rows import DisparityRow
from audit.wording.indices import between_groups
from audit.wording.small import joined_notes
from ui import scoresview, show

if TYPE_CHECKING:
    from audit.result import Audit


def offered(audit: Audit) -> tuple[str, ...]:
    """List what can be shown by group: the rates, and the measures of other families that this audit has.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    tuple of str
        Ids of rates, then of other measures.
    """
    # Whether a family is there can be told from its table; its numbers are computed when one of them is chosen.
    held = {
        "indices": True,
        "scores": audit.basis.scores is not None,
        "values": audit.basis.values is not None,
    }
    return (*RATES, *(metric for metric, family in FAMILY.items() if held[family]))


def headline(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> None:
    """Answer the question of the screen for one rate or other measure.

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
    rates = audit.metric_rows(metric, sensitive)
    said = (
        wording.headline(row, rates, roles, confidence=confidence),
        wording.verdict_sentence(judged),
        wording.small_denominator(row, rates, roles, audit.over_larger_groups(row)),
        wording.chance(row),
    )
    show.answer(" ".join(part for part in said if part), judged.verdict)
    show.note(inequality(audit, metric, sensitive))
    show.note(scoresview.binning(audit, sensitive, (metric,)))
    show.note(" ".join(note for column in sensitive for note in joined_notes(audit.data.notes, column)))


def inequality(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> str:
    """Say how much of an inequality lies between the groups, where the measure is one.

    Parameters
    ----------
    audit : Audit
        The audit.
    metric : str
        Id of the measure.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    str
        One sentence; empty for other measures.
    """
    if metric not in ORDERS:
        return ""
    found = (row for row in audit.chapter("inequality") if (row.metric, row.sensitive) == (metric, sensitive))
    return next(
        (
            between_groups(
                row.total, row.share, (row.share_low, row.share_high), confidence=audit.plan.confidence
            )
            for row in found
        ),
        "",
    )


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
            and row.metric in {*CRITERIA, *MORE_CRITERIA}
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
        for row in _about(audit, metric)
        if row.sensitive == sensitive
        and row.comparison == "difference"
        and row.tolerance is not None
        and row.metric != "average_odds"
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
        Differences, ratios and the worst group. Of the further criteria the gap alone, unless the plan names the ratio.
    """
    favourable = audit.plan.roles.favourable
    every = (*CRITERIA, *MORE_CRITERIA)
    wanted = {metric, *(name for name in every if metric in wording.criterion_rates(name, favourable))}
    rows = [
        row
        for row in _about(audit, metric)
        if row.sensitive == sensitive
        and row.metric in wanted
        and row.comparison != "to_reference"
        and (row.metric not in MORE_CRITERIA or row.comparison == "difference" or row.tolerance is not None)
    ]
    told = {_numbers(row) for row in rows if row.metric != metric}
    return [row for row in rows if row.metric != metric or _numbers(row) not in told]


def _about(audit: Audit, metric: str) -> tuple[DisparityRow, ...]:
    """Give the disparities among which those of a measure are."""
    if metric not in FAMILY:
        return audit.disparities
    return tuple(row for row in audit.chapter(FAMILY[metric]) if isinstance(row, DisparityRow))


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
        for row in _about(audit, metric)
        if row.sensitive == sensitive and row.metric == metric and row.comparison == "to_reference"
    ]
