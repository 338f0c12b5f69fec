"""What a smaller gap costs in accuracy: each mitigation as a path from before over control to after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from audit.figures.axes import nice_ticks, percent_texts, point_texts, starts_at, value_axis
from audit.figures.canvas import Sheet, heading, plain_sheet
from audit.figures.marks import marks
from audit.figures.theme import Theme, group_colour
from audit.wording import label, percent, points, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

Stage = Literal["before", "control", "after"]

_FEW: Final = 5
"""Most mitigations that are all named and drawn with their paths."""

_LETTERS: Final = 24
"""Longest line of a name beside its point."""

_SYMBOLS: Final[dict[Stage, str]] = {"before": "circle-open", "control": "diamond", "after": "circle"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TradePoint:
    """One model in the picture of accuracy and gap.

    Parameters
    ----------
    title : str
        Name of the mitigation.
    stage : {"before", "control", "after"}
        Which of its models.
    accuracy, gap : float
        Accuracy (0 to 1), and the disparity (0 to 1).
    accuracy_low, accuracy_high, gap_low, gap_high : float or None
        Intervals, drawn for "after".
    front : bool, default False
        Whether no other model has both a higher accuracy and a smaller gap; these are joined by a line.
    """

    title: str
    stage: Stage
    accuracy: float
    gap: float
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None
    front: bool = False


def tradeoff(
    rows: Sequence[TradePoint],
    *,
    gap_title: str = "Gap",
    tolerance: float | None = None,
    opened: str = "",
    title: str = "",
    theme: Theme = "light",
) -> go.Figure:
    """Draw accuracy against the gap for several mitigations.

    Of more than five, only those of which none is better in both, and the one that is open, have names, paths and
    intervals; the others are grey points.

    Parameters
    ----------
    rows : sequence of TradePoint
        The models.
    gap_title : str, default "Gap"
        What the gap is.
    tolerance : float or None
        A line at this gap.
    opened : str, default ""
        Name of the mitigation that is always named.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.

    Returns
    -------
    plotly.graph_objects.Figure
        Left is a smaller gap, up is more accurate; the name stands beside "after".
    """
    drawn = plain_sheet(
        theme=theme, alt=tradeoff_alt(rows, gap_title=gap_title), height=420, left=58, right=24
    )
    names = list(dict.fromkeys(row.title for row in rows))
    others = _others(rows, names, opened)
    every = rows
    heading(
        drawn,
        title,
        "Ring before, diamond control, dot after, grey others. Dashed: none is better in both."
        if others
        else "Ring: before; diamond: control; dot: after. Dashed: none is better in both.",
    )
    rows = [row for row in rows if row.title not in others]
    grey = [row for row in every if row.title in others and row.stage == "after"]
    across = [v for row in rows for v in (row.gap, row.gap_low, row.gap_high, tolerance) if v is not None]
    across += [row.gap for row in grey]
    upward = [v for row in rows for v in (row.accuracy, row.accuracy_low, row.accuracy_high) if v is not None]
    upward += [row.accuracy for row in grey]
    xs = nice_ticks(0.0, max(across, default=0.1))
    ys = nice_ticks(max(min(upward, default=0.0) - 0.01, 0.0), min(max(upward, default=1.0) + 0.01, 1.0))
    if tolerance is not None:
        drawn.shapes.append(
            {
                "type": "line",
                "xref": "x",
                "yref": "y",
                "x0": tolerance,
                "x1": tolerance,
                "y0": ys[0],
                "y1": ys[-1],
                "line": {"color": drawn.palette.muted, "width": 1.5, "dash": "dot"},
                "layer": "below",
            }
        )
    _front(drawn, every)
    _grey(drawn, grey)
    lines_down = _lines_down(rows, xs[-1], (ys[0], ys[-1]))
    for place, name in enumerate(names):
        found = [row for row in rows if row.title == name]
        if not found:
            continue
        _path(drawn, found, group_colour(place, theme), xs[-1], lines_down.get(name, 0))
    _points(drawn, rows, names, theme)
    drawn.layout.update(
        xaxis=value_axis(
            drawn.palette,
            xs,
            point_texts(xs),
            title=f"{gap_title} in points" + (", dotted: tolerance" if tolerance is not None else ""),
        ),
        yaxis=value_axis(drawn.palette, ys, percent_texts(ys), title=f"Accuracy{starts_at(ys)}"),
    )
    return drawn.finish()


def tradeoff_alt(rows: Sequence[TradePoint], *, gap_title: str = "Gap") -> str:
    """Say what each mitigation did to gap and accuracy.

    Parameters
    ----------
    rows : sequence of TradePoint
        The models.
    gap_title : str, default "Gap"
        What the gap is.

    Returns
    -------
    str
        Gap and accuracy before and after, for each mitigation.
    """
    said = []
    for name in dict.fromkeys(row.title for row in rows):
        found = {row.stage: row for row in rows if row.title == name}
        if "before" in found and "after" in found:
            one, two = found["before"], found["after"]
            said.append(
                f"{name}: {gap_title.lower()} from {points(one.gap)} to {points(two.gap)}, accuracy from "
                f"{percent(one.accuracy)} to {percent(two.accuracy)}"
            )
    return "; ".join(said) + "." if said else "There is no mitigation to compare."


def _others(rows: Sequence[TradePoint], names: Sequence[str], opened: str) -> set[str]:
    """Name the mitigations that stay without a name: many names would hide the points."""
    if len(names) <= _FEW:
        return set()
    return set(names) - {row.title for row in rows if row.front and row.stage == "after"} - {opened}


def _grey(drawn: Sheet, rows: Sequence[TradePoint]) -> None:
    marks(
        drawn,
        [row.gap for row in rows],
        [row.accuracy for row in rows],
        colours=[drawn.palette.interval] * len(rows),
        hover=[_told(row) for row in rows],
        symbol="circle",
        size=8,
    )


def _told(row: TradePoint) -> str:
    lines = (row.title, row.stage, f"gap {points(row.gap)}", f"accuracy {percent(row.accuracy)}")
    return "<br>".join(label(line) for line in lines)


def _front(drawn: Sheet, rows: Sequence[TradePoint]) -> None:
    """Join the models of which no other is better in both."""
    front = sorted((row for row in rows if row.front), key=lambda row: (row.gap, row.accuracy))
    if len(front) > 1:
        drawn.traces.append(
            {
                "type": "scatter",
                "x": [row.gap for row in front],
                "y": [row.accuracy for row in front],
                "mode": "lines",
                "line": {"color": drawn.palette.muted, "width": 1.5, "dash": "dash"},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )


def _lines_down(rows: Sequence[TradePoint], wide: float, ends: tuple[float, float]) -> dict[str, int]:
    """Say by how many lines each name is moved down, or up, so that names stay apart and within the picture."""
    after = sorted((row for row in rows if row.stage == "after"), key=lambda row: -row.accuracy)
    placed: list[tuple[float, float, float]] = []
    tall = ends[1] - ends[0]
    bottom = -20 * ends[0] / (tall or 1.0)
    moved = {}
    for row in after:
        # Widths are in names (two fifths of the axis of a narrow screen), heights in lines (a twentieth of it).
        x, y = 2.5 * row.gap / (wide or 1.0), -20 * row.accuracy / (tall or 1.0)
        left = x - 1 if _far(row, wide) else x
        high = len(wrap(row.title, _LETTERS, 2))
        free = (
            lines
            for lines in (0, *(way for step in range(1, 20) for way in (step, -step - high)))
            if y + lines + high <= bottom
            and not any(
                left < other + 1 and other < left + 1 and y + lines < below and above < y + lines + high
                for other, above, below in placed
            )
        )
        lines = next(free, 0)
        placed.append((left, y + lines, y + lines + high))
        moved[row.title] = lines
    return moved


def _far(row: TradePoint, right: float) -> bool:
    """Say whether a name is written to the left of its point."""
    return row.gap > 0.75 * right


def _path(drawn: Sheet, rows: Sequence[TradePoint], colour: str, right: float, lines_down: int) -> None:
    """Join the stages of one mitigation, draw the intervals of after and write its name there."""
    stages = {row.stage: row for row in rows}
    steps = [stages[stage] for stage in _SYMBOLS if stage in stages]
    if len(steps) > 1:
        drawn.traces.append(
            {
                "type": "scatter",
                "x": [row.gap for row in steps],
                "y": [row.accuracy for row in steps],
                "mode": "lines",
                "line": {"color": drawn.palette.line, "width": 2},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    after = stages.get("after")
    if after is None:
        return
    for ends, other, flat in (
        ((after.gap_low, after.gap_high), after.accuracy, True),
        ((after.accuracy_low, after.accuracy_high), after.gap, False),
    ):
        if ends[0] is not None and ends[1] is not None:
            drawn.traces.append(
                {
                    "type": "scatter",
                    "x": list(ends) if flat else [other, other],
                    "y": [other, other] if flat else list(ends),
                    "mode": "lines",
                    "line": {"color": colour, "width": 1.5},
                    "hoverinfo": "skip",
                    "showlegend": False,
                }
            )
    # The way back to the wider gap leads up and to the right: below, the name is clear of it.
    far = _far(after, right)
    drawn.notes.append(
        {
            "text": "<br>".join(label(line) for line in wrap(after.title, _LETTERS, 2)),
            "x": after.gap,
            "xref": "x",
            "yref": "y",
            "y": after.accuracy,
            "xanchor": "right" if far else "left",
            "yanchor": "top",
            "xshift": -8 if far else 8,
            "yshift": -3 - 16 * lines_down,
            "align": "left",
            "showarrow": False,
            "font": {"size": 12, "color": drawn.palette.text},
        }
    )


def _points(drawn: Sheet, rows: Sequence[TradePoint], names: Sequence[str], theme: Theme) -> None:
    for stage, symbol in _SYMBOLS.items():
        wanted = [row for row in rows if row.stage == stage]
        marks(
            drawn,
            [row.gap for row in wanted],
            [row.accuracy for row in wanted],
            colours=[
                group_colour(names.index(row.title), theme) if stage == "after" else drawn.palette.interval
                for row in wanted
            ],
            hover=[_told(row) for row in wanted],
            symbol=symbol,
            size=9 if stage == "control" else 12,
        )
