"""Where two attributes meet: one square for each group, its colour the rate and its size the number of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.canvas import Row, Sheet, sheet
from audit.figures.forest import forest, forest_alt
from audit.figures.marks import SMALL, marks
from audit.figures.ordering import MOST, Group
from audit.figures.theme import Theme, scale_colour
from audit.rows import group_name
from audit.values import natural_key
from audit.wording import (
    count,
    escape_plain,
    label,
    metric_title,
    percent,
    rate_interval,
    wrap,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.plan import Outcome
    from audit.rows import MetricRow

_MOST_COLUMNS = 6
_LARGEST, _SMALLEST = 28, 6
_HEADER = 38


def matrix(
    rows: Sequence[MetricRow],
    *,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw the groups of two columns as a matrix, or a ranked list where a matrix cannot hold them.

    Parameters
    ----------
    rows : sequence of MetricRow
        One rate of the groups of an intersection, in the audit's order.
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
        Squares: the stronger the colour the higher the rate, the larger the more people; "n.e." with a hatched field
        where a rate is not estimable; an empty field where nobody is. Three or more columns, or too many values for
        a narrow screen, give a forest plot.
    """
    groups = [row for row in rows if row.group is not None]
    table = _table(groups)
    if table is None:
        return forest(rows, title=title, theme=theme, favourable=favourable, confidence=confidence)
    down, across, place = table
    known = [row.value for row in groups if row.value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    drawn = sheet(
        [Row(name=name) for name in down],
        theme=theme,
        alt=matrix_alt(rows, favourable=favourable),
        title=title,
        caption=f"{metric_title(groups[0].metric, favourable)}, from {percent(low)} (weak colour) to {percent(high)} "
        "(strong); larger square: more people; n.e.: not estimable.",
        taller=42,
        axis_title=False,
    )
    _fields(drawn, groups, place, (len(down), len(across)))
    _squares(drawn, groups, place, theme, confidence)
    drawn.layout.update(
        xaxis={
            "range": [-0.5, len(across) - 0.5],
            "tickvals": list(range(len(across))),
            "ticktext": [""] * len(across),
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        margin={**drawn.layout["margin"], "t": drawn.top + _HEADER},
        height=drawn.layout["height"] + _HEADER,
    )
    for note in drawn.notes:
        if note["yref"] == "paper":
            note["yshift"] += _HEADER
    for x, name in enumerate(across):
        _header(drawn, x, name)
    return drawn.finish()


def matrix_alt(rows: Sequence[MetricRow], *, favourable: Outcome = "positive") -> str:
    """Say what the matrix shows.

    Parameters
    ----------
    rows : sequence of MetricRow
        One rate of the groups of an intersection.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        The highest and the lowest group, and how many cannot be estimated.
    """
    overall = next((row for row in rows if row.group is None), None)
    return forest_alt(rows, overall=overall, favourable=favourable)


def _table(
    groups: Sequence[MetricRow],
) -> tuple[list[str], list[str], dict[Group, tuple[int, int]]] | None:
    """Lay the groups out in rows and columns; None where that would not be readable."""
    if not groups or any(row.group is None or len(row.group) != 2 for row in groups):
        return None
    sides = [
        list(dict.fromkeys(row.group[side] for row in groups if row.group is not None)) for side in (0, 1)
    ]
    for side in sides:
        if all(natural_key(value)[0] == 0 for value in side):
            side.sort(key=natural_key)
    turned = len(sides[0]) < len(sides[1])
    down, across = (sides[1], sides[0]) if turned else (sides[0], sides[1])
    if len(across) > _MOST_COLUMNS or len(down) > MOST:
        return None
    place: dict[Group, tuple[int, int]] = {}
    for row in groups:
        if row.group is not None:
            one, other = reversed(row.group) if turned else row.group
            place[row.group] = (down.index(one), across.index(other))
    return down, across, place


def _fields(
    drawn: Sheet,
    groups: Sequence[MetricRow],
    place: dict[Group, tuple[int, int]],
    shape: tuple[int, int],
) -> None:
    """Draw the fields of the matrix, hatched where a rate is not estimable."""
    state = {place[row.group]: row.value is not None for row in groups}
    for y in range(shape[0]):
        for x in range(shape[1]):
            filled = drawn.palette.surface if (y, x) in state else "rgba(0,0,0,0)"
            drawn.shapes.append(
                {
                    "type": "rect",
                    "xref": "x",
                    "yref": "y",
                    "x0": x - 0.48,
                    "x1": x + 0.48,
                    "y0": y - 0.46,
                    "y1": y + 0.46,
                    "fillcolor": filled,
                    "line": {"width": 1, "color": drawn.palette.grid},
                    "layer": "below",
                }
            )
            if state.get((y, x)) is False:
                _hatch(drawn, x, y)


def _hatch(drawn: Sheet, x: int, y: int) -> None:
    for start in (-0.48, -0.16, 0.16):
        drawn.shapes.append(
            {
                "type": "line",
                "xref": "x",
                "yref": "y",
                "x0": x + start,
                "x1": x + start + 0.32,
                "y0": y + 0.46,
                "y1": y - 0.46,
                "line": {"color": drawn.palette.line, "width": 1},
                "layer": "below",
            }
        )


def _squares(
    drawn: Sheet,
    groups: Sequence[MetricRow],
    place: dict[Group, tuple[int, int]],
    theme: Theme,
    confidence: float,
) -> None:
    known = [(row, row.value) for row in groups if row.value is not None]
    low, high = min((v for _, v in known), default=0.0), max((v for _, v in known), default=1.0)
    most = max((row.n for row, _ in known), default=1) or 1
    for row, value in known:
        y, x = place[row.group]
        colour = scale_colour((value - low) / (high - low) if high > low else 0.5, theme)
        marks(
            drawn,
            [x],
            [y - 0.17],
            colours=[colour],
            hover=[_hover(row, confidence)],
            symbol="square" if row.n >= SMALL else "square-open",
            size=round(_SMALLEST + (_LARGEST - _SMALLEST) * (row.n / most) ** 0.5),
        )
        _word(drawn, x, y, percent(value), shift=-10)
        _word(drawn, x, y, f"n {count(row.n)}", shift=-26, quiet=True)
    for row in groups:
        if row.value is None:
            y, x = place[row.group]
            _word(drawn, x, y, "n.e.", shift=8, quiet=True)
            _word(drawn, x, y, f"n {count(row.n)}", shift=-9, quiet=True)


def _word(drawn: Sheet, x: int, y: int, text: str, *, shift: int, quiet: bool = False) -> None:
    drawn.notes.append(
        {
            "text": text,
            "x": x,
            "y": y,
            "xref": "x",
            "yref": "y",
            "xanchor": "center",
            "yanchor": "middle",
            "yshift": shift,
            "showarrow": False,
            "font": {"size": 12, "color": drawn.palette.muted if quiet else drawn.palette.text},
        }
    )


def _header(drawn: Sheet, x: int, name: str) -> None:
    """Write the name of a column above it."""
    drawn.notes.append(
        {
            "text": "<br>".join(label(line) for line in wrap(name, 12, 2)),
            "x": x,
            "y": 1,
            "xref": "x",
            "yref": "paper",
            "xanchor": "center",
            "yanchor": "bottom",
            "yshift": 4,
            "align": "center",
            "showarrow": False,
            "font": {"size": 13, "color": drawn.palette.text},
        }
    )


def _hover(row: MetricRow, confidence: float) -> str:
    lines = [
        escape_plain(group_name(row.group)),
        percent(row.value),
        rate_interval(row.low, row.high, confidence=confidence),
        f"n {count(row.n)}",
    ]
    return "<br>".join(label(line) for line in lines if line)
