"""Values with the range in which they may lie for reasons other than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.figures.axes import nice_ticks, percent_texts, point_texts, value_axis
from audit.figures.canvas import Row, sheet
from audit.figures.marks import gap, intervals, marks, upright
from audit.wording import label, percent, points

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.figures.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """One value and where it may lie.

    Parameters
    ----------
    name, note : str
        Words at the left.
    value, low, high : float or None
        The value and the ends of its range.
    limit : float or None
        A tolerance.
    reason : str
        Code of :data:`audit.rows.REASONS`, or empty.
    """

    name: str
    note: str
    value: float | None
    low: float | None
    high: float | None
    limit: float | None = None
    reason: str = ""


def ranges(
    rows: Sequence[Range],
    *,
    alt: str,
    axis: str,
    caption: str,
    rates: bool = False,
    theme: Theme = "light",
) -> go.Figure:
    """Draw values with the range in which they may lie.

    Parameters
    ----------
    rows : sequence of Range
        From top to bottom.
    alt : str
        The takeaway sentence.
    axis, caption : str
        What the axis shows, and how to read the marks.
    rates : bool, default False
        Whether the values are rates; otherwise they are gaps.
    theme : {"light", "dark"}, default "light"
        Colours.

    Returns
    -------
    plotly.graph_objects.Figure
        A dot and a thick pale line for each row; a tolerance is a short upright line.
    """
    write = percent if rates else points
    drawn = sheet(
        [
            Row(
                name=row.name,
                note=row.note,
                value="" if row.value is None else write(row.value).removesuffix(" points"),
            )
            for row in rows
        ],
        theme=theme,
        alt=alt,
        caption=caption,
    )
    ends = [x for row in rows for x in (row.value, row.high, row.limit) if x is not None]
    ticks = nice_ticks(0.0, max([*ends, 0.01]))
    known = [(y, row, row.value) for y, row in enumerate(rows) if row.value is not None]
    intervals(
        drawn,
        [x for *_, x in known],
        [y for y, *_ in known],
        [(row.low, row.high) for _, row, _ in known],
        width=7,
        colour=drawn.palette.line,
    )
    marks(
        drawn,
        [x for *_, x in known],
        [y for y, *_ in known],
        colours=drawn.palette.accent,
        hover=[_hover(row, rates=rates) for _, row, _ in known],
        size=12,
    )
    for y, row in enumerate(rows):
        if row.value is None:
            gap(drawn, y, row.reason, x=ticks[0])
        if row.limit is not None:
            upright(drawn, row.limit, (y - 0.36, y + 0.36), width=2)
    texts = percent_texts(ticks) if rates else point_texts(ticks)
    drawn.layout.update(xaxis=value_axis(drawn.palette, ticks, texts, title=axis))
    return drawn.finish()


def _hover(row: Range, *, rates: bool) -> str:
    write = percent if rates else points
    between = "" if row.low is None else f"{write(row.low)} to {write(row.high)}"
    return "<br>".join(label(part) for part in (row.name, write(row.value), between, row.note) if part)
