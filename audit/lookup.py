"""Finds rows among the rows of an audit by what they are about, and names its groupings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.rows import DisparityRow, MetricRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def metric_row(
    rows: Iterable[Any], metric: str, sensitive: Sequence[str], group: Sequence[str] | None
) -> MetricRow:
    """Find one measure of one group.

    Parameters
    ----------
    rows : iterable
        Rows of any kind.
    metric : str
        Id of the measure.
    sensitive : sequence of str
        The columns that make the groups.
    group : sequence of str or None
        The group; None for everybody.

    Returns
    -------
    MetricRow
        The first such row.

    Raises
    ------
    KeyError
        Where there is no such row.
    """
    wanted = (metric, tuple(sensitive), None if group is None else tuple(group))
    for row in rows:
        if isinstance(row, MetricRow) and (row.metric, row.sensitive, row.group) == wanted:
            return row
    raise KeyError(wanted)


def group_rows(rows: Iterable[Any], metric: str, sensitive: Sequence[str]) -> tuple[MetricRow, ...]:
    """Find one measure of every group of a grouping, without everybody.

    Parameters
    ----------
    rows : iterable
        Rows of any kind.
    metric : str
        Id of the measure.
    sensitive : sequence of str
        The columns that make the groups.

    Returns
    -------
    tuple of MetricRow
        In the order of the rows.
    """
    wanted = (metric, tuple(sensitive))
    return tuple(
        row
        for row in rows
        if isinstance(row, MetricRow) and (row.metric, row.sensitive) == wanted and row.group is not None
    )


def disparity_row(
    rows: Iterable[Any], metric: str, comparison: str, sensitive: Sequence[str]
) -> DisparityRow:
    """Find one disparity.

    Parameters
    ----------
    rows : iterable
        Rows of any kind.
    metric : str
        Id of a measure or criterion.
    comparison : {"difference", "ratio", "worst_group"}
        Which comparison.
    sensitive : sequence of str
        The columns that make the groups.

    Returns
    -------
    DisparityRow
        The first such row.

    Raises
    ------
    KeyError
        Where there is no such row.
    """
    wanted = (metric, comparison, tuple(sensitive))
    for row in rows:
        if isinstance(row, DisparityRow) and (row.metric, row.comparison, row.sensitive) == wanted:
            return row
    raise KeyError(wanted)


def groupings(sensitive: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """List the groupings of an audit.

    Parameters
    ----------
    sensitive : sequence of str
        The sensitive columns in order.

    Returns
    -------
    tuple of tuple of str
        Each column by itself, then all of them together.
    """
    single = tuple((column,) for column in sensitive)
    return single if len(single) == 1 else (*single, tuple(sensitive))
