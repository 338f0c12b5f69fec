"""Chips, cells and short texts that several sections of the report share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.report.blocks import Cell, Chip
from audit.wording import count, percent, points, ratio, short_title, signed_points, verdict_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.plan import Plan
    from audit.result import Audit
    from audit.rows import ComparisonRow, DisparityRow, MetricRow, Verdict

CAP: Final = 20
"""Most rows of a table of groups; the attached results have them all."""

PICTURED: Final = 12
"""Most groups in one picture on paper."""

MET: Final = 8
"""Most groups of an intersection in one picture; their names take more lines."""

VERDICT_ORDER: Final[tuple[Verdict, ...]] = ("beyond", "cannot_tell", "within")
"""The verdicts by weight."""


def verdict_chip(verdict: Verdict | None) -> Chip | str:
    """Give the chip of a verdict.

    Parameters
    ----------
    verdict : str or None
        The verdict.

    Returns
    -------
    Chip or str
        The chip; an empty text where there is no tolerance.
    """
    return Chip(verdict, verdict_word(verdict)) if verdict else ""


def joined(parts: Sequence[str]) -> str:
    """List names in a sentence.

    Parameters
    ----------
    parts : sequence of str
        The names.

    Returns
    -------
    str
        "a, b and c".
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def criterion_name(row: DisparityRow | ComparisonRow, plan: Plan) -> str:
    """Name a criterion and how it is measured.

    Parameters
    ----------
    row : DisparityRow or ComparisonRow
        The disparity.
    plan : Plan
        The plan.

    Returns
    -------
    str
        "Equal chances, ratio".
    """
    kind = "ratio" if row.comparison == "ratio" else "gap"
    return f"{short_title(row.metric, plan.roles.favourable)}, {kind}"


def size_of(row: DisparityRow | ComparisonRow, value: float | None) -> str:
    """Write a value of a disparity: a ratio as a number, a gap in points, a rate in per cent.

    Parameters
    ----------
    row : DisparityRow or ComparisonRow
        Which kind it is.
    value : float or None
        The value.

    Returns
    -------
    str
        The value; "not estimable" where there is none.
    """
    if value is None:
        return "not estimable"
    if row.comparison == "ratio":
        return ratio(value)
    return points(value) if row.comparison in {"difference", "to_reference"} else percent(value)


def span(low: float | None, high: float | None, *, kind: str) -> str:
    """Write an interval for a narrow column.

    Parameters
    ----------
    low, high : float or None
        Its ends.
    kind : {"rate", "gap", "ratio"}
        How it is written.

    Returns
    -------
    str
        "12.0 to 14.5"; empty where there is none.
    """
    if low is None or high is None:
        return ""
    if kind == "ratio":
        return f"{ratio(low)} to {ratio(high)}"
    ends = [points(value).removesuffix(" points").removesuffix(" point") for value in (low, high)]
    return f"{ends[0]} to {ends[1]}"


def span_of(row: DisparityRow) -> str:
    """Write the interval of a disparity for a narrow column.

    Parameters
    ----------
    row : DisparityRow
        The disparity.

    Returns
    -------
    str
        The interval; empty where there is none.
    """
    return span(row.low, row.high, kind="ratio" if row.comparison == "ratio" else "gap")


def bound_of(row: DisparityRow) -> str:
    """Write the tolerance of a disparity.

    Parameters
    ----------
    row : DisparityRow
        The disparity.

    Returns
    -------
    str
        "≤ 10.0 points" or "≥ 0.80"; empty where there is none.
    """
    if row.tolerance is None:
        return ""
    return f"≥ {ratio(row.tolerance)}" if row.comparison == "ratio" else f"≤ {points(row.tolerance)}"


def rate_cell(row: MetricRow) -> Cell:
    """Show a rate with its interval below it.

    Parameters
    ----------
    row : MetricRow
        The rate.

    Returns
    -------
    Cell
        The cell; quiet where the rate cannot be estimated.
    """
    if row.value is None:
        return Cell("not estimable", muted=True)
    return Cell(percent(row.value), below=span(row.low, row.high, kind="rate"))


def change_cells(row: ComparisonRow) -> tuple[Cell, Cell]:
    """Show a change and its paired interval.

    Parameters
    ----------
    row : ComparisonRow
        The comparison.

    Returns
    -------
    tuple of Cell
        The change, in bold where its interval leaves out zero, and the interval.
    """
    if row.change is None:
        return Cell("", muted=True), Cell("", muted=True)
    kind = "ratio" if row.comparison == "ratio" else "gap"
    if kind == "ratio":
        said = f"{'+' if row.change > 0 else ''}{ratio(row.change)}"
    else:
        said = signed_points(row.change).removesuffix(" points").removesuffix(" point")
    return Cell(said, strong=_shown(row)), Cell(span(row.low, row.high, kind=kind), muted=True)


def _shown(row: ComparisonRow) -> bool:
    """Say whether the interval of a change leaves out zero."""
    return row.low is not None and row.high is not None and (row.low > 0 or row.high < 0)


def judged(audit: Audit, sensitive: tuple[str, ...]) -> tuple[DisparityRow, ...]:
    """List the criteria of a grouping that have a tolerance.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    tuple of DisparityRow
        The criteria, in the audit's order.
    """
    return tuple(row for row in audit.disparities if row.sensitive == sensitive and row.tolerance is not None)


def left_in_file(shown: int, total: int) -> str:
    """Say where the rows are that a table leaves out.

    Parameters
    ----------
    shown, total : int
        Rows shown, and rows there are.

    Returns
    -------
    str
        A sentence; empty where all are shown.
    """
    if shown >= total:
        return ""
    return f"{count(shown)} of {count(total)} groups are shown; all are in the attached audit.json."


def opportunity(plan: Plan) -> str:
    """Name the rate that equal opportunity compares.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    str
        Id of the true positive rate, or of the true negative rate where the negative decision is the good one.
    """
    return "true_positive_rate" if plan.roles.favourable == "positive" else "true_negative_rate"


def largest(rows: Sequence[MetricRow], most: int = PICTURED) -> list[MetricRow]:
    """Choose the groups that a picture shows: the largest ones, in their own order.

    Parameters
    ----------
    rows : sequence of MetricRow
        One rate of every group.
    most : int, default 12
        How many fit.

    Returns
    -------
    list of MetricRow
        At most as many as fit.
    """
    kept = {id(row) for row in sorted(rows, key=lambda row: -row.n)[:most]}
    return [row for row in rows if id(row) in kept]
