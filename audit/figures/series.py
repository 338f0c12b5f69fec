"""Curves by group over the epochs of a training or over a setting: one panel for each measure, one below the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from audit.figures.across import Across, short
from audit.figures.axes import (
    nice_ticks,
    plain_ticks,
    point_texts,
    rate_ticks,
    value_axis,
)
from audit.figures.canvas import Sheet, heading, plain_sheet
from audit.figures.curves import MOST_CURVES
from audit.figures.marks import marks
from audit.figures.ordering import left_out
from audit.figures.theme import Theme, group_colour, palette
from audit.rows import group_name
from audit.wording import distinct, label, wrap
from audit.wording.curves import (
    curve_amount,
    curve_title,
    curve_unit,
    curves_sentence,
    held_out,
    place_kept,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import plotly.graph_objects as go

    from audit.figures.ordering import Group
    from audit.plan import Outcome
    from audit.rows.series import Series

_HEIGHT: Final = 132
_BETWEEN: Final = 42
_BOTTOM: Final = 56
_LEFT: Final = 46
_RIGHT: Final = 138
_PANEL_TITLE: Final = 24
_TITLE: Final = 28
_NAME_WIDTH: Final = 17
_NUMBERS: Final = 72
_BELOW_WIDTH: Final = 56
_LINE: Final = 18
_CAPTION_LINES: Final = 3
_STEP: Final = 0.125
_EACH_PANEL: Final = 4


def default_measures(series: Series, favourable: Outcome = "positive") -> tuple[str, ...]:
    """Choose what to draw first.

    Parameters
    ----------
    series : Series
        The curves.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    tuple of str
        Of a training its loss, the selection rate and the chances; of a setting everything.
    """
    if series.kind == "path":
        return series.measures[:_EACH_PANEL]
    chance = "true_positive_rate" if favourable == "positive" else "false_positive_rate"
    wanted = tuple(name for name in series.measures if name in {"log_loss", "loss", "selection_rate", chance})
    return wanted or series.measures[:3]


def curves(
    series: Series,
    *,
    measures: Sequence[str] = (),
    places: Mapping[Group, int] | None = None,
    sizes: Mapping[Group, int] | None = None,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
) -> go.Figure:
    """Draw what was measured for every group, and which place was kept.

    Parameters
    ----------
    series : Series
        The curves.
    measures : sequence of str, default ()
        Which of its measures to draw; :func:`default_measures` by default.
    places : mapping of group to int or None
        The place of each group in the audit's order, which decides its colour; by default that in the series.
    sizes : mapping of group to int or None
        The people of each group: of more than eight groups the largest are drawn, the first ones by default.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel for each measure, with a line for everybody and for each of at most eight groups. Names too long to
        stand beside their lines stand below, by number.
    """
    wanted = [name for name in (measures or default_measures(series, favourable)) if name in series.measures]
    order = places or {
        group: k for k, group in enumerate(group for group in series.groups if group is not None)
    }
    groups = [group for group in series.groups if group is not None]
    kept = _picked(groups, order, sizes or {})
    if any(order.get(group, len(order)) >= MOST_CURVES for group in kept):
        order = {group: k for k, group in enumerate(kept)}  # others have no colours of their own
    shown: list[Group] = [*([None] if None in series.groups and len(groups) != 1 else []), *kept]
    panels = [
        _panel_of(series, name, [_Line(series, name, group, order=order, theme=theme) for group in shown])
        for name in wanted
    ]
    caption = [
        _kept(series),
        *(["Axes do not all start at 0."] if any(panel.ticks[0] > 1e-9 for panel in panels) else []),
        left_out(len(groups), len(kept), "the largest" if sizes else "the first"),
    ]
    below = _named_below(shown)
    drawn = _begin(
        title,
        " ".join(caption).strip(),
        panels=max(len(wanted), 1),
        below=len(below),
        theme=theme,
        alt=curves_sentence(series, wanted, favourable),
    )
    across = Across(series)
    for place in range(max(len(wanted), 1)):
        drawn.layout[_axis("xaxis", place)] = across.axis(drawn, place, last=place >= len(wanted) - 1)
    if not panels:
        ticks, texts = plain_ticks([])
        drawn.layout["yaxis"] = value_axis(drawn.palette, ticks, texts)
    for place, panel in enumerate(panels):
        _draw_panel(
            drawn, place, panel, across, title=curve_title(panel.name, favourable), numbers=list(below)
        )
    for k, (group, said) in enumerate(below.items()):
        _say_below(drawn, k, (group, said), _colour(group, order, theme))
    return drawn.finish()


def _picked(groups: Sequence[Group], order: Mapping[Group, int], sizes: Mapping[Group, int]) -> list[Group]:
    """Choose the groups that are drawn: of too many the largest."""
    ranked = sorted(groups, key=lambda group: (-sizes.get(group, 0), order.get(group, len(order))))
    return sorted(ranked[:MOST_CURVES], key=lambda group: order.get(group, len(order)))


def _named_below(shown: Sequence[Group]) -> dict[Group, tuple[str, ...]]:
    """Fold the names that stand below the panels: none where all are short enough to stand beside their lines."""
    names = [group_name(group) for group in shown]
    if all(len(wrap(name, _NAME_WIDTH, 2)) == 1 for name in names):
        return {}
    return dict(zip(shown, distinct(names, _BELOW_WIDTH, 1), strict=True))


def _kept(series: Series) -> str:
    """Say on which rows it was measured, and what the dotted line is."""
    rows = held_out(series)
    if series.picked is None:
        return f"On {rows}."
    what = "epoch" if series.kind == "training" else "setting"
    named = dict(zip(series.x, short(series.x), strict=True)).get(series.picked, f"{series.picked:g}")
    return f"On {rows}. Dotted: the {what} kept ({named})."


class _Line:
    """One group's values of one measure."""

    def __init__(
        self, series: Series, name: str, group: Group, *, order: Mapping[Group, int], theme: Theme
    ) -> None:
        self.group = group
        self.name = group_name(group)
        self.values = series.values[series.measures.index(name)][series.groups.index(group)]
        self.known = any(value is not None for value in self.values)
        self.colour = _colour(group, order, theme)
        self.at_mark = self.values[place_kept(series)] if series.x else None


def _colour(group: Group, order: Mapping[Group, int], theme: Theme) -> str:
    return palette(theme).muted if group is None else group_colour(order.get(group, len(order)), theme)


def _say_below(drawn: Sheet, place: int, named: tuple[Group, tuple[str, ...]], colour: str) -> None:
    """Write a name below the panels, with the number and the colour of its line."""
    shift = -(_BOTTOM + _LINE * place)
    words = ((f"{place + 1}", 0, colour, 600), (" ".join(named[1]), 20, drawn.palette.text, 400))
    for said, beside, ink, weight in words:
        drawn.notes.append(
            {
                "text": label(said),
                "x": 0,
                "xref": "paper",
                "y": 0,
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "top",
                "xshift": 8 - drawn.left + beside,
                "yshift": shift,
                "align": "left",
                "showarrow": False,
                "font": {"size": 12, "color": ink, "weight": weight},
            }
        )


def _begin(title: str, caption: str, *, panels: int, below: int, theme: Theme, alt: str) -> Sheet:
    """Start a sheet with a panel for each measure, from top to bottom."""
    inner = panels * _HEIGHT + (panels - 1) * _BETWEEN
    right, bottom = (_NUMBERS, _BOTTOM + _LINE * below + 4) if below else (_RIGHT, _BOTTOM)
    drawn = plain_sheet(theme=theme, alt=alt, height=0, left=_LEFT, right=right)
    lines = len(wrap(caption, 48, _CAPTION_LINES)) if caption else 0
    top = (_TITLE if title else 0) + 16 * lines + _PANEL_TITLE + 12
    begun = Sheet(palette=drawn.palette, left=_LEFT, right=right, top=top, layout=drawn.layout)
    begun.layout["height"] = top + inner + bottom
    begun.layout["margin"] = {"l": _LEFT, "r": right, "t": top, "b": bottom, "pad": 0}
    heading(begun, title, caption, lines=_CAPTION_LINES)
    return begun


def _axis(letters: str, panel: int) -> str:
    return f"{letters}{panel + 1 if panel else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """One measure: its lines and its scale."""

    name: str
    lines: list[_Line]
    ticks: tuple[float, ...]
    texts: list[str]


def _panel_of(series: Series, name: str, lines: list[_Line]) -> _Panel:
    """Choose the scale of a measure; what was measured before and after has one scale."""
    family = [one for one in series.measures if one.removesuffix("_before") == name.removesuffix("_before")]
    groups = {line.group for line in lines}
    values = [
        value
        for one in family
        for group, line in zip(series.groups, series.values[series.measures.index(one)], strict=True)
        for value in line
        if group in groups
    ]
    unit = curve_unit(name)
    if unit == "share":
        ticks, texts = rate_ticks(values)
    elif unit == "points":
        ticks = nice_ticks(0.0, max((value for value in values if value is not None), default=0.1), most=4)
        texts = point_texts(ticks)
    else:
        ticks, texts = plain_ticks(values)
    return _Panel(name=name, lines=[line for line in lines if line.known], ticks=ticks, texts=texts)


def _draw_panel(
    drawn: Sheet, place: int, panel: _Panel, across: Across, *, title: str, numbers: list[Group]
) -> None:
    """Draw one measure: its axis, its title, its lines with their names, and the place kept."""
    panels = sum(1 for key in drawn.layout if str(key).startswith("xaxis"))
    inner = panels * _HEIGHT + (panels - 1) * _BETWEEN
    high = 1 - place * (_HEIGHT + _BETWEEN) / inner
    axes = (_axis("x", place), _axis("y", place))
    settings = value_axis(
        drawn.palette,
        panel.ticks,
        panel.texts,
        domain=[max(high - _HEIGHT / inner, 0.0), min(high, 1.0)],
        anchor=axes[0],
    )
    drawn.layout[_axis("yaxis", place)] = settings
    _say_title(drawn, axes[1], title + (", in points" if curve_unit(panel.name) == "points" else ""))
    if across.mark is not None:
        drawn.shapes.append(_upright(drawn, (axes[0], f"{axes[1]} domain"), across.at[across.mark]))
    for line in reversed(panel.lines):
        _draw(drawn, line, panel.name, across, axes)
    _names(drawn, panel.lines, panel.name, (axes[1], settings["range"]), numbers)


def _say_title(drawn: Sheet, axis: str, said: str) -> None:
    drawn.notes.append(
        {
            "text": label(said),
            "x": 0,
            "xref": "paper",
            "y": 1,
            "yref": f"{axis} domain",
            "xanchor": "left",
            "yanchor": "bottom",
            "xshift": 8 - drawn.left,
            "yshift": 5,
            "align": "left",
            "showarrow": False,
            "font": {"size": 13, "color": drawn.palette.text, "weight": 600},
        }
    )


def _upright(drawn: Sheet, axes: tuple[str, str], at: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": axes[0],
        "yref": axes[1],
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "line": {"color": drawn.palette.muted, "width": 1.5, "dash": "dot"},
        "layer": "below",
    }


def _draw(drawn: Sheet, line: _Line, name: str, across: Across, axes: tuple[str, str]) -> None:
    ys = [line.values[k] for k in across.taken]
    known = [k for k, y in enumerate(ys) if y is not None]
    # What is measured every few epochs has no two values side by side: its points are joined, and each is shown.
    sparse = len(known) > 1 and all(b - a > 1 for a, b in pairwise(known))
    drawn_at = known if sparse else range(len(ys))
    hover = [
        "<br>".join((label(line.name), label(f"{said}: {curve_amount(name, y)}"))) if y is not None else ""
        for said, y in zip(across.said, ys, strict=True)
    ]
    drawn.traces.append(
        {
            "type": "scatter",
            "x": [across.at[k] for k in drawn_at],
            "y": [ys[k] for k in drawn_at],
            "mode": "lines",
            "line": {
                "color": line.colour,
                "width": 2,
                "dash": "dash" if line.group is None else "solid",
            },
            "hovertext": [hover[k] for k in drawn_at],
            "hoverinfo": "text",
            "showlegend": False,
            "xaxis": axes[0],
            "yaxis": axes[1],
        }
    )
    # Every point of a setting is a model of its own; of a training only the one that was kept is.
    dots = [k for k in known if across.steps or sparse or k == across.mark or len(ys) == 1]
    marks(
        drawn,
        [across.at[k] for k in dots],
        [float(ys[k] or 0.0) for k in dots],
        colours=line.colour,
        hover=[hover[k] for k in dots],
        size=8,
        axes=axes,
    )


def _names(
    drawn: Sheet, lines: list[_Line], name: str, scale: tuple[str, Sequence[float]], numbers: list[Group]
) -> None:
    """Write the names at the right of a panel, level with the ends of their lines, from the highest to the lowest."""
    axis, span = scale
    only = len(lines) == 1 and lines[0].group is None
    roomy = len(lines) <= _EACH_PANEL - 1 and not numbers
    names = (
        [(str(numbers.index(line.group) + 1),) for line in lines]
        if numbers
        else distinct([line.name for line in lines], _NAME_WIDTH, 1)
    )
    ends = [
        # A single line needs no name: what stands there is the value of the place kept, and stands at its height.
        line.at_mark
        if only and line.at_mark is not None
        else next((value for value in reversed(line.values) if value is not None), span[0]) or 0.0
        for line in lines
    ]
    heights = [(end - span[0]) / ((span[1] - span[0]) or 1.0) for end in ends]
    order = sorted(range(len(lines)), key=lambda k: -heights[k])
    step = min(0.26 if roomy else _STEP, 1.0 / max(len(lines), 1))
    above = 1.0 + step / 2
    for place, k in enumerate(order):
        y = max(min(heights[k], above - step), step * (len(order) - place - 0.5))
        above = y
        value = curve_amount(name, lines[k].at_mark)
        said = [] if only else [label(" ".join(names[k]))]
        if roomy or only:
            said.append(label(value))
        drawn.notes.append(
            {
                "text": "<br>".join(said),
                "x": 1,
                "xref": "paper",
                "y": y,
                "yref": f"{axis} domain",
                "xanchor": "left",
                "yanchor": "middle",
                "xshift": 20,
                "align": "left",
                "showarrow": False,
                "font": {"size": 12, "color": drawn.palette.text},
            }
        )
        drawn.shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "yref": f"{axis} domain",
                "x0": 1.005,
                "x1": 1.02,
                "y0": y,
                "y1": y,
                "line": {"color": lines[k].colour, "width": 4, "dash": "solid"},
                "layer": "above",
            }
        )
