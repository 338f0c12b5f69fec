"""What pictures of curves share: their axes, their curves, and names at the right, level with what they name."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from audit.figures.axes import nice_ticks, rate_ticks, value_axis
from audit.figures.canvas import Sheet, heading, plain_sheet
from audit.figures.theme import Theme, group_colour
from audit.rows import group_name
from audit.wording import count, distinct, label, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.disparity.score_lines import Line

_HEIGHT: Final = 400
_TITLE: Final = 28
_NAME_WIDTH: Final = 17
_RIGHT: Final = 142
_ROOMY: Final = 4
_STEP: Final = 0.125
"""Least distance of two names, as a part of the height: two lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What stands at the right of a curve.

    Parameters
    ----------
    group : tuple of str or None
        The group.
    note : str
        A second line, such as its rate.
    colour : str
        Its colour.
    height : float or None
        Where the curve is, 0 to 1; None puts the name last.
    """

    group: tuple[str, ...] | None
    note: str
    colour: str
    height: float | None


def begin(title: str, caption: str, *, theme: Theme, alt: str) -> Sheet:
    """Start a picture of curves between 0 and 1.

    Parameters
    ----------
    title, caption : str
        Words above it.
    theme : {"light", "dark"}
        The theme.
    alt : str
        The takeaway sentence.

    Returns
    -------
    Sheet
        With room for names at the right.
    """
    drawn = plain_sheet(theme=theme, alt=alt, height=_HEIGHT, left=58, right=_RIGHT)
    if not title:
        # Without a title the curves move up to the caption.
        drawn = replace(drawn, top=drawn.top - _TITLE)
        drawn.layout["height"] = _HEIGHT - _TITLE
        drawn.layout["margin"] = {**drawn.layout["margin"], "t": drawn.top}
    heading(drawn, title, caption)
    return drawn


def score_axis(drawn: Sheet, low: float, high: float, title: str) -> dict[str, Any]:
    """Give the settings of an axis of scores, from the lowest to the highest.

    Parameters
    ----------
    drawn : Sheet
        The picture.
    low, high : float
        Its ends.
    title : str
        What it shows.

    Returns
    -------
    dict
        Settings of an axis; ticks are round numbers between the ends.
    """
    span = (high - low) or 1.0
    every = nice_ticks(low, high, most=7)
    ticks = [tick for tick in every if low - 1e-9 * span <= tick <= high + 1e-9 * span] or list(every)
    ends = [low - 0.02 * span, high + 0.02 * span]
    return value_axis(drawn.palette, ticks, [f"{tick:.4g}" for tick in ticks], title=title, range=ends)


def shares(drawn: Sheet, title: str) -> dict[str, Any]:
    """Give the settings of an upright axis from 0 to 100 per cent.

    Parameters
    ----------
    drawn : Sheet
        The picture.
    title : str
        What the axis shows.

    Returns
    -------
    dict
        Settings of an axis.
    """
    ticks, texts = rate_ticks((0.0, 1.0), zero=True)
    return value_axis(drawn.palette, ticks, texts, title=title)


def curve(drawn: Sheet, line: Line, theme: Theme, said: str) -> None:
    """Draw the curve of one group.

    Parameters
    ----------
    drawn : Sheet
        Where to draw.
    line : Line
        The curve.
    theme : {"light", "dark"}
        Colours.
    said : str
        What hovering says before the height of a point; "{x}" stands for its place.
    """
    known = [None if math.isnan(y) else y for y in line.y]
    drawn.traces.append(
        {
            "type": "scatter",
            "x": list(line.x),
            "y": known,
            "mode": "lines",
            "line": {"color": group_colour(line.place, theme), "width": 2},
            "hovertext": [
                reading(line, f"{said.format(x=x)} {percent(y)}") if y is not None else ""
                for x, y in zip(line.x, known, strict=True)
            ],
            "hoverinfo": "text",
            "showlegend": False,
        }
    )


def reading(line: Line, said: str) -> str:
    """Write what hovering over a curve shows.

    Parameters
    ----------
    line : Line
        The curve.
    said : str
        Its value there.

    Returns
    -------
    str
        Escaped lines.
    """
    return "<br>".join((label(group_name(line.group)), label(said), label(f"n {count(line.n)}")))


def name_all(drawn: Sheet, entries: Sequence[Name]) -> None:
    """Write names at the right, from the highest curve to the lowest, each with a stroke of its colour.

    Parameters
    ----------
    drawn : Sheet
        Where to write.
    entries : sequence of Name
        The names.
    """
    lines = 2 if len(entries) <= _ROOMY else 1
    names = distinct([group_name(entry.group) for entry in entries], _NAME_WIDTH, lines)
    heights = [-1.0 if entry.height is None else entry.height for entry in entries]
    order = sorted(range(len(entries)), key=lambda k: -heights[k])
    step = min(_STEP if lines == 1 else 1.5 * _STEP, 1.0 / max(len(entries), 1))
    above = 1.0 + step / 2
    for place, k in enumerate(order):
        # A name is level with its curve where it can be: below the name before it, with room for those after it.
        y = max(min(heights[k], above - step), step * (len(order) - place - 0.5))
        above = y
        entry = entries[k]
        drawn.notes.append(
            {
                "text": "<br>".join(
                    [*(label(line) for line in names[k]), *([label(entry.note)] if entry.note else [])]
                ),
                "x": 1,
                "xref": "paper",
                "y": y,
                "yref": "y",
                "xanchor": "left",
                "yanchor": "middle",
                "xshift": 20,
                "align": "left",
                "showarrow": False,
                "font": {"size": 12, "color": drawn.palette.text},
            }
        )
        straight(drawn, (1.005, 1.02), (y, y), colour=entry.colour, width=4, across="paper", layer="above")


def straight(
    drawn: Sheet,
    xs: tuple[float, float],
    ys: tuple[float, float],
    *,
    colour: str = "",
    dash: str = "solid",
    width: float = 1.5,
    across: str = "x",
    layer: str = "below",
) -> None:
    """Draw a straight line.

    Parameters
    ----------
    drawn : Sheet
        Where to draw.
    xs, ys : tuple of float
        From where to where.
    colour : str, default ""
        Colour; empty for the quiet text colour.
    dash : {"solid", "dash", "dot"}, default "solid"
        Pattern.
    width : float, default 1.5
        In pixels.
    across : {"x", "paper"}, default "x"
        What the places across count in.
    layer : {"below", "above"}, default "below"
        Whether it lies below the marks.
    """
    drawn.shapes.append(
        {
            "type": "line",
            "xref": across,
            "yref": "y",
            "x0": xs[0],
            "x1": xs[1],
            "y0": ys[0],
            "y1": ys[1],
            "line": {"color": colour or drawn.palette.muted, "width": width, "dash": dash},
            "layer": layer,
        }
    )
