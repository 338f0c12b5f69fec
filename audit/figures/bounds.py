"""What unknown groups leave open: gaps with their bounds, and rates of groups known by probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.ranges import Range, ranges
from audit.wording import column_title, count, percent, points, short_title
from audit.wording.bounds import probable_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.figures.theme import Theme
    from audit.plan import Outcome
    from audit.rows.comparable import BoundRow, ProbableRow


def unknown(
    rows: Sequence[BoundRow], *, theme: Theme = "light", favourable: Outcome = "positive"
) -> go.Figure:
    """Draw the gaps of one feature with what unknown people could make of them.

    Parameters
    ----------
    rows : sequence of BoundRow
        The bounds over any assignment, one row for each rate.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    plotly.graph_objects.Figure
        A dot for the gap without them, a pale line for its range.
    """
    return ranges(
        [
            Range(
                name=short_title(row.metric, favourable),
                note=f"{count(row.unknown)} unknown",
                value=row.value,
                low=row.low,
                high=row.high,
                limit=row.tolerance,
                reason=row.reason,
            )
            for row in rows
        ],
        alt=unknown_alt(rows, favourable=favourable),
        axis="Gap in percentage points",
        caption="Dot: gap without the unknown; pale line: what they could make of it"
        + ("; upright line: tolerance." if any(row.tolerance is not None for row in rows) else "."),
        theme=theme,
    )


def unknown_alt(rows: Sequence[BoundRow], *, favourable: Outcome = "positive") -> str:
    """Say what the figure shows.

    Parameters
    ----------
    rows : sequence of BoundRow
        The bounds over any assignment.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        Each gap with its range.
    """
    said = [
        f"{short_title(row.metric, favourable)} {points(row.value, reason=row.reason)}"
        + (
            ""
            if row.low is None or row.high is None
            else f", possibly {points(row.low)} to {points(row.high)}"
        )
        for row in rows
    ]
    by = f"Gaps by {column_title(rows[0].sensitive)}: " if rows else ""
    return f"{by}{'; '.join(said)}." if said else "Nobody's group is unknown."


def probable(
    rows: Sequence[ProbableRow], *, theme: Theme = "light", favourable: Outcome = "positive"
) -> go.Figure:
    """Draw one rate of groups known by probability, with what the probabilities leave open.

    Parameters
    ----------
    rows : sequence of ProbableRow
        The groups.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    plotly.graph_objects.Figure
        A dot for the weighted estimate, a pale line for the bounds.
    """
    name = short_title(rows[0].metric, favourable) if rows else "Rate"
    return ranges(
        [
            Range(
                name=probable_group(row),
                note=f"about {count(row.people)} people",
                value=row.value,
                low=row.bound_low,
                high=row.bound_high,
                reason=row.reason,
            )
            for row in rows
        ],
        alt=probable_alt(rows, favourable=favourable),
        axis=name,
        caption="Dot: estimate weighted by the probabilities; pale line: what they allow without further assumptions.",
        rates=True,
        theme=theme,
    )


def probable_alt(rows: Sequence[ProbableRow], *, favourable: Outcome = "positive") -> str:
    """Say what the figure shows.

    Parameters
    ----------
    rows : sequence of ProbableRow
        The groups.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        Each group's estimate with its bounds.
    """
    said = [
        f"{probable_group(row)} {percent(row.value, reason=row.reason)}"
        + (
            ""
            if row.bound_low is None or row.bound_high is None
            else f", possibly {percent(row.bound_low)} to {percent(row.bound_high)}"
        )
        for row in rows
    ]
    name = short_title(rows[0].metric, favourable) if rows else "Rate"
    return f"{name} by groups known by probability: {'; '.join(said)}."
