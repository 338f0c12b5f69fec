"""What the screen about intersections says and shows beside its picture."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from audit import wording
from audit.disparity.compare import metric_rows
from audit.inference.clusters import ties
from audit.rows import group_name

if TYPE_CHECKING:
    from audit.result import Audit
    from audit.rows import MetricRow


def crossings(audit: Audit) -> list[tuple[str, ...]]:
    """List what can meet: every pair of sensitive features, then all of them.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of tuple of str
        The groupings.
    """
    sensitive = audit.cells.sensitive
    pairs: list[tuple[str, ...]] = list(combinations(sensitive, 2))
    return pairs if len(sensitive) == 2 else [*pairs, sensitive]


def rates(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> tuple[MetricRow, ...]:
    """Give one rate of every group of an intersection, everybody first.

    Parameters
    ----------
    audit : Audit
        The audit.
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The features that meet.

    Returns
    -------
    tuple of MetricRow
        From the audit itself, or counted from its cells where it does not list this pair.
    """
    if sensitive in audit.groupings:
        return (audit.metric(metric, sensitive), *audit.metric_rows(metric, sensitive))
    part = audit.cells.marginal(sensitive)
    found = metric_rows(part, audit.plan, ties=ties(audit.basis.clusters, part))
    return tuple(row for row in found if row.metric == metric)


def ranked(rows: tuple[MetricRow, ...]) -> list[MetricRow]:
    """Sort groups by falling rate; what cannot be estimated comes last.

    Parameters
    ----------
    rows : tuple of MetricRow
        One rate of the groups.

    Returns
    -------
    list of MetricRow
        Everybody first, then the groups.
    """
    return sorted(
        rows, key=lambda row: (row.group is not None, row.value is None, -(row.value or 0.0), -row.n)
    )


def summary(audit: Audit, metric: str, rows: tuple[MetricRow, ...]) -> str:
    """Say between which groups a rate lies, and how many groups are too thin.

    Parameters
    ----------
    audit : Audit
        The audit.
    metric : str
        Id of the rate.
    rows : tuple of MetricRow
        The rate of everybody and of the groups.

    Returns
    -------
    str
        Two or three sentences.
    """
    groups = [row for row in ranked(rows) if row.group is not None]
    known = [row for row in groups if row.value is not None]
    title = wording.metric_title(metric, audit.plan.roles.favourable)
    if not known:
        return f"{title} cannot be estimated in any of these groups."
    high, low = known[0], known[-1]
    thin = len(groups) - len(known)
    said = (
        f"{title} lies between {wording.percent(low.value)} for {_who(low)} and {wording.percent(high.value)} for "
        f"{_who(high)}, over {wording.count(len(known))} groups."
    )
    return f"{said} {wording.count(thin)} more cannot be estimated." if thin else said


def _who(row: MetricRow) -> str:
    interval = wording.rate_interval(row.low, row.high)
    name = wording.group_phrase(row.sensitive, row.group) or group_name(row.group)
    return f"{name} (n = {wording.count(row.n)}, {interval})"
