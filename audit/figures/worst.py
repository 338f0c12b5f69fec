"""How far the worst group of each rate is from everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.axes import nice_ticks, point_texts, value_axis
from audit.figures.canvas import Row, sheet
from audit.figures.marks import gap, intervals, marks, upright
from audit.wording import gap_interval, group_phrase, label, percent, short_title, signed_points, worst_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.figures.theme import Theme
    from audit.plan import Outcome
    from audit.rows import DisparityRow


def worst(
    rows: Sequence[DisparityRow],
    *,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw the distance of the worst group from everybody, one row for each rate.

    Parameters
    ----------
    rows : sequence of DisparityRow
        Rows with comparison "worst_group"; others are left out.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        The figure; the line at 0 is everybody.
    """
    shown = [row for row in rows if row.comparison == "worst_group"]
    drawn = sheet(
        [_words(row, favourable) for row in shown],
        theme=theme,
        alt=worst_alt(shown, favourable=favourable),
        title=title,
        caption="Mark: the worst group's distance from everybody; line: interval.",
    )
    known = [(y, row, row.distance) for y, row in enumerate(shown) if row.distance is not None]
    drawn_values = [
        v for _, row, d in known for v in (d, row.distance_low, row.distance_high) if v is not None
    ]
    ticks = nice_ticks(min([0.0, *drawn_values]), max([0.0, *drawn_values]), most=4)
    upright(drawn, 0.0, (-0.5, max(len(shown), 1) - 0.5), dash="dot")
    intervals(
        drawn,
        [x for *_, x in known],
        [y for y, *_ in known],
        [(row.distance_low, row.distance_high) for _, row, _ in known],
    )
    marks(
        drawn,
        [x for *_, x in known],
        [y for y, *_ in known],
        colours=drawn.palette.accent,
        hover=[_hover(row, favourable, confidence) for _, row, _ in known],
        size=12,
    )
    for y, row in enumerate(shown):
        if row.distance is None:
            gap(drawn, y, row.reason, x=ticks[0])
    drawn.layout.update(
        xaxis=value_axis(
            drawn.palette, ticks, point_texts(ticks, signed=True), title="Points from everybody's rate (0)"
        )
    )
    return drawn.finish()


def worst_alt(rows: Sequence[DisparityRow], *, favourable: Outcome = "positive") -> str:
    """Say what the figure of worst groups shows.

    Parameters
    ----------
    rows : sequence of DisparityRow
        Rows with comparison "worst_group".
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        The sentence of the rate whose worst group is farthest from everybody.
    """
    known = [row for row in rows if row.distance is not None]
    if not known:
        return "No worst group can be named."
    return worst_group(max(known, key=lambda row: abs(row.distance or 0.0)), favourable)


def _words(row: DisparityRow, favourable: Outcome) -> Row:
    return Row(
        name=short_title(row.metric, favourable),
        note=group_phrase(row.sensitive, row.group) if row.group else "",
        value=signed_points(row.distance).removesuffix(" points") if row.distance is not None else "",
        value_note=percent(row.value) if row.value is not None else "",
    )


def _hover(row: DisparityRow, favourable: Outcome, confidence: float) -> str:
    lines = [
        f"{short_title(row.metric, favourable)}: {group_phrase(row.sensitive, row.group)}",
        f"{percent(row.value)}, everybody {percent(row.overall)}",
        f"{signed_points(row.distance)} from everybody",
        gap_interval(row.distance_low, row.distance_high, confidence=confidence),
    ]
    return "<br>".join(label(line) for line in lines if line)
