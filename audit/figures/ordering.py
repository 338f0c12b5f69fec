"""The order in which groups stand in a figure, and which ones stand in it when there are too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.rows import MetricRow

Order = Literal["value", "given"]

MOST: Final = 40
"""A figure shows at most this many groups."""

Group = tuple[str, ...] | None


def places(rows: Iterable[MetricRow]) -> dict[Group, int]:
    """Give each group its place in the audit's order, which decides its colour.

    Parameters
    ----------
    rows : iterable of MetricRow
        Rows in the audit's order; everybody is no group.

    Returns
    -------
    dict
        Group and place, from 0.
    """
    groups = dict.fromkeys(row.group for row in rows if row.group is not None)
    return {group: place for place, group in enumerate(groups)}


def arranged(rows: Sequence[MetricRow], *, order: Order = "value") -> list[MetricRow]:
    """Put groups in order, those that cannot be estimated last, and keep the extremes of very many.

    Parameters
    ----------
    rows : sequence of MetricRow
        One rate of the groups, in the audit's order; the row of everybody is left out.
    order : {"value", "given"}, default "value"
        By falling value, or as given.

    Returns
    -------
    list of MetricRow
        At most :data:`MOST` rows: of more, the highest half and the lowest half.
    """
    groups = [row for row in rows if row.group is not None]
    ranked = sorted(groups, key=lambda row: (row.value is None, -(row.value or 0.0)))
    if len(groups) > MOST:
        known = [row for row in ranked if row.value is not None]
        kept = known[: MOST // 2] + known[MOST // 2 :][-(MOST // 2) :]
        ranked = kept + [row for row in ranked if row.value is None][: MOST - len(kept)]
    if order == "value":
        return ranked
    shown = {row.group for row in ranked}
    return [row for row in groups if row.group in shown]


def left_out(total: int, shown: int, which: str = "the highest and the lowest") -> str:
    """Say that a figure does not show every group.

    Parameters
    ----------
    total, shown : int
        Groups there are, and groups drawn.
    which : str, default "the highest and the lowest"
        Which ones are drawn.

    Returns
    -------
    str
        A sentence, or an empty text where all are drawn.
    """
    if shown >= total:
        return ""
    return f"{shown:,} of {total:,} are drawn: {which}; the table has all."
