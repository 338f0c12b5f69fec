"""Several classes: one square for each class and group, its colour the rate of the class against the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.matrix import matrix, matrix_alt
from audit.rows import MetricRow, group_name
from audit.wording.several import CLASS_TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.chapters.classes import ClassRow
    from audit.figures.theme import Theme


def class_matrix(
    rows: Sequence[ClassRow], *, title: str = "", theme: Theme = "light", confidence: float = 0.95
) -> go.Figure:
    """Draw one rate of every class in every group.

    Parameters
    ----------
    rows : sequence of ClassRow
        One rate by class and group, in the audit's order; rows of everybody are left out.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        A matrix of squares; a list where there are too many classes and groups for one.
    """
    return matrix(as_cells(rows), title=title, theme=theme, confidence=confidence)


def class_matrix_alt(rows: Sequence[ClassRow]) -> str:
    """Say what the matrix shows.

    Parameters
    ----------
    rows : sequence of ClassRow
        One rate by class and group.

    Returns
    -------
    str
        The highest and the lowest pair of group and class, and how many cannot be estimated.
    """
    return matrix_alt(as_cells(rows))


def as_cells(rows: Sequence[ClassRow]) -> tuple[MetricRow, ...]:
    """Give classes and groups as the two sides of a matrix.

    Parameters
    ----------
    rows : sequence of ClassRow
        One rate by class and group.

    Returns
    -------
    tuple of MetricRow
        Groups that are pairs of a group and a class; the metric is its title.
    """
    return tuple(
        MetricRow(
            metric=CLASS_TITLES[row.metric],
            sensitive=(" × ".join(row.sensitive), "class"),
            group=(group_name(row.group), row.of_class),
            value=row.value,
            low=row.low,
            high=row.high,
            n=row.n,
            n_effective=row.n_effective,
            reason=row.reason,
        )
        for row in rows
        if row.group is not None
    )
