"""Findings about the criteria: beyond, cannot tell, within, and the worst group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.plan import CRITERIA
from audit.rows import Finding
from audit.wording import (
    chance,
    column_title,
    disparity_title,
    gap_amount,
    gap_amount_interval,
    headline,
    not_estimable,
    ratio,
    ratio_interval,
    small_denominator,
    verdict_sentence,
    worst_group,
)

if TYPE_CHECKING:
    from audit.findings.facts import Facts
    from audit.rows import DisparityRow


def _larger(facts: Facts, row: DisparityRow) -> DisparityRow | None:
    for other in facts.larger:
        if (other.metric, other.comparison, other.sensitive) == (row.metric, row.comparison, row.sensitive):
            return other
    return None


def evidence(facts: Facts, row: DisparityRow) -> str:
    """Say what a criterion shows, with everything a reader needs to weigh it.

    Parameters
    ----------
    facts : Facts
        The audit.
    row : DisparityRow
        A difference or ratio of the audit.

    Returns
    -------
    str
        Headline, verdict, warning about few people, and what chance alone would show.
    """
    parts = (
        headline(row, facts.metrics, facts.plan.roles, confidence=facts.plan.confidence),
        verdict_sentence(row),
        small_denominator(row, facts.metrics, facts.plan.roles, _larger(facts, row)),
        chance(row),
    )
    return " ".join(part for part in parts if part)


def _title(facts: Facts, row: DisparityRow) -> str:
    return disparity_title(row, facts.plan.roles.favourable)


def beyond(facts: Facts) -> list[Finding]:
    """A criterion is beyond its tolerance."""
    found = []
    for sensitive in facts.groupings:
        judged = [_judged(facts, sensitive, "beyond", criterion) for criterion in (*CRITERIA, None)]
        chances, odds = judged[1], judged[2]
        if chances and odds and _same_gap(chances[0], odds[0]):
            # Equalized odds that rest on the same groups and rate say nothing new.
            judged[1:3] = [[*chances, *odds]]
        found += [(_weight(facts, rows[0]), _beyond(facts, sensitive, rows)) for rows in judged if rows]
    return [finding for _, finding in sorted(found, key=lambda item: item[0])]


def _beyond(facts: Facts, sensitive: tuple[str, ...], rows: list[DisparityRow]) -> Finding:
    said = evidence(facts, rows[0])
    also = "; ".join(f"{_title(facts, row).lower()} {_size(facts, row)}, {_bound(row)}" for row in rows[1:])
    if also:
        said = f"{said} Also beyond: {also}."
    return Finding(
        code="FA101",
        severity="high",
        title=f"{_title(facts, rows[0])} by {column_title(sensitive)} is beyond tolerance",
        evidence=said,
        advice="Look at the groups behind it, ask what drives the gap, and try a mitigation.",
    )


def _same_gap(one: DisparityRow, other: DisparityRow) -> bool:
    return (one.value, one.group, one.reference) == (other.value, other.group, other.reference)


def _weight(facts: Facts, row: DisparityRow) -> tuple[bool, bool, bool, float]:
    """Put first what is surest: gaps that do not rest on a handful of people, single columns, then by lower bound."""
    thin = _larger(facts, row) is not None
    sure = row.high if row.comparison == "ratio" else -(row.low or 0.0)
    return thin, len(row.sensitive) > 1, row.comparison == "ratio", sure or 0.0


def cannot_tell(facts: Facts) -> list[Finding]:
    """The data do not decide a criterion."""
    found = []
    for sensitive in facts.groupings:
        rows = [
            row
            for criterion in (*CRITERIA, None)
            for row in _judged(facts, sensitive, "cannot_tell", criterion)
        ]
        if rows:
            listed = "; ".join(f"{_title(facts, row).lower()} {_size(facts, row)}" for row in rows)
            found.append(
                Finding(
                    code="FA102",
                    severity="medium",
                    title=f"By {column_title(sensitive)}, {_criteria(len(rows))} cannot be decided",
                    evidence=evidence(facts, rows[0])
                    if len(rows) == 1
                    else f"{listed[0].upper()}{listed[1:]}. {_doubt(rows)}",
                    advice="Collect more labelled people in the smallest groups, or audit coarser groups.",
                )
            )
    return found


def _criteria(n: int) -> str:
    return "one criterion" if n == 1 else f"{n} criteria"


def _size(facts: Facts, row: DisparityRow) -> str:
    """Give a disparity with its interval in the fewest words."""
    if row.value is None:
        return not_estimable(row.reason)
    if row.comparison == "ratio":
        return f"{ratio(row.value)} ({ratio_interval(row.low, row.high, confidence=facts.plan.confidence)})"
    return f"{gap_amount(row.metric, row.value)} ({gap_amount_interval(row.metric, row.low, row.high, confidence=facts.plan.confidence)})"


def _bound(row: DisparityRow) -> str:
    if row.comparison == "ratio":
        return f"where at least {row.tolerance or 0:.2f} is tolerated"
    return f"where {gap_amount(row.metric, row.tolerance)} are tolerated"


def _doubt(rows: list[DisparityRow]) -> str:
    if any(row.groups_estimable < row.groups_total for row in rows):
        return "An interval reaches across its tolerance, or a group is not estimable."
    return "Each interval reaches across its tolerance."


def within(facts: Facts) -> list[Finding]:
    """A criterion is within its tolerance."""
    found = []
    for sensitive in facts.groupings:
        rows = [
            row for criterion in (*CRITERIA, None) for row in _judged(facts, sensitive, "within", criterion)
        ]
        if rows:
            listed = " ".join(
                headline(row, facts.metrics, facts.plan.roles, confidence=facts.plan.confidence)
                for row in rows[:2]
            )
            names = ", ".join(_title(facts, row) for row in rows)
            found.append(
                Finding(
                    code="FA103",
                    severity="info",
                    title=f"By {column_title(sensitive)}, {_criteria(len(rows))} {'is' if len(rows) == 1 else 'are'} within tolerance",
                    evidence=f"{names}. {listed}",
                    advice="Within the tolerance that was set is not the same as no difference; keep watching it.",
                )
            )
    return found


def _judged(
    facts: Facts, sensitive: tuple[str, ...], verdict: str, criterion: str | None
) -> list[DisparityRow]:
    """Rows of one grouping with one verdict: those of a criterion, or those of the plain rates for None."""
    return [
        row
        for row in facts.disparities
        if row.sensitive == sensitive
        and row.verdict == verdict
        and row.reason != "no_outcome"
        and (row.metric == criterion if criterion else row.metric not in CRITERIA)
    ]


def worst(facts: Facts) -> list[Finding]:
    """Who the system is worst for (minimax)."""
    if facts.plan.roles.no_outcome:
        return []
    found = []
    for row in facts.rows("error_rate", "worst_group"):
        if row.value is None or row.groups_total < 2:
            continue
        shown = row.distance_low is not None and row.distance_low > 0
        found.append(
            Finding(
                code="FA201",
                severity="medium" if shown else "info",
                title=f"The worst error by {column_title(row.sensitive)}",
                evidence=worst_group(row, facts.plan.roles.favourable, confidence=facts.plan.confidence),
                advice=(
                    "The worst group of several looks worse than it is: confirm it on fresh data before acting on it."
                    if shown
                    else "That one group is worse off than everybody could not be shown."
                ),
            )
        )
    return found


CHECKS = (beyond, cannot_tell, within, worst)
