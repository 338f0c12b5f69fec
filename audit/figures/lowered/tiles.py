"""Tiles of a matrix: colours by value, text on them, and the scale beside them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from audit.figures.drawing import Primitive, Rect
from audit.figures.lowered.clipping import Frame, box
from audit.figures.lowered.marks import Panel, readable_on
from audit.figures.lowered.reading import PT_PER_PX, Unsupported, colour, lines, number, pick
from audit.figures.lowered.words import fitted, lettered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.figures.lowered.axes import Axis

_STEPS = 48


def heatmap(trace: Mapping[str, Any], panel: Panel) -> list[Primitive]:
    """Draw a matrix of tiles.

    Parameters
    ----------
    trace : mapping
        The trace.
    panel : Panel
        Where it is drawn.

    Returns
    -------
    list of primitives
        Tiles and the text on them; a missing value leaves its tile out.
    """
    rows = trace.get("z") or []
    n_columns = max((len(row) for row in rows), default=0)
    xs = _edges(trace.get("x") or list(range(n_columns)), panel.x)
    ys = _edges(trace.get("y") or list(range(len(rows))), panel.y)
    low, high = limits(trace)
    gaps = [(number(trace.get(name)) or 0.0) * PT_PER_PX / 2 for name in ("xgap", "ygap")]
    found: list[Primitive] = []
    for j, row in enumerate(rows):
        for k, value in enumerate(row):
            z = number(value)
            if k >= len(xs) or j >= len(ys):
                continue
            corners = (xs[k][0], ys[j][0]), (xs[k][1], ys[j][1])
            kept = box(*corners, panel.frame)
            if kept is None:
                continue
            left, top, right, bottom = kept
            fill = ""
            if z is not None:
                fill = shade(trace, (z - low) / (high - low) if high > low else 0.5)
                wide, tall = right - left - 2 * gaps[0], bottom - top - 2 * gaps[1]
                found.append(
                    Rect(
                        x=left + gaps[0], y=top + gaps[1], width=max(wide, 0), height=max(tall, 0), fill=fill
                    )
                )
            found += _tile_text(trace, (j, k), panel, (left, top, right, bottom), fill)
    return found


def _tile_text(
    trace: Mapping[str, Any], at: tuple[int, int], panel: Panel, tile: Frame, fill: str
) -> list[Primitive]:
    template = trace.get("texttemplate")
    if template is None or trace.get("text") is None:
        return []
    if template != "%{text}":
        raise Unsupported("A figure writes on tiles by a template.", fix="Give the text of each tile.")
    text = trace["text"][at[0]][at[1]]
    if not text:
        return []
    left, top, right, bottom = tile
    size = (number(pick(trace, "textfont.size")) or panel.size) * PT_PER_PX
    rows, bold = lines(text, glyphs=panel.glyphs)
    rows = fitted(rows, right - left - 3, size)
    ink = colour(pick(trace, "textfont.color"), readable_on(fill) if fill else panel.text)
    return list(
        lettered(
            rows, (left + right) / 2, (top + bottom) / 2, size=size, fill=ink, anchor="middle", bold=bold
        )
    )


def limits(trace: Mapping[str, Any]) -> tuple[float, float]:
    """Give the values at the ends of the colour scale.

    Parameters
    ----------
    trace : mapping
        The trace.

    Returns
    -------
    (float, float)
        Low and high.
    """
    found = [z for row in trace.get("z") or [] for z in map(number, row) if z is not None]
    low, high = number(trace.get("zmin")), number(trace.get("zmax"))
    return (
        min(found, default=0.0) if low is None else low,
        max(found, default=1.0) if high is None else high,
    )


def shade(trace: Mapping[str, Any], share: float) -> str:
    """Give the colour at a place of the scale.

    Parameters
    ----------
    trace : mapping
        The trace.
    share : float
        0 for the low end, 1 for the high one.

    Returns
    -------
    str
        The colour.

    Raises
    ------
    Unsupported
        Where the scale is not spelled out.
    """
    scale = trace.get("colorscale")
    if not isinstance(scale, list) or trace.get("coloraxis"):
        raise Unsupported("A figure does not spell out its colour scale.", fix="Give the trace a colorscale.")
    place = min(max(share, 0.0), 1.0)
    if trace.get("reversescale"):
        place = 1.0 - place
    stops = [(float(at), colour(value)) for at, value in scale]
    for (a, one), (b, other) in itertools.pairwise(stops):
        if place <= b:
            return _mixed(one, other, (place - a) / (b - a) if b > a else 0.0)
    return stops[-1][1]


def _mixed(one: str, other: str, share: float) -> str:
    parts = [
        round(int(one[k : k + 2], 16) * (1 - share) + int(other[k : k + 2], 16) * share) for k in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


def _edges(centres: Sequence[Any], axis: Axis) -> list[tuple[float, float]]:
    """Give the two edges of each row or column of tiles."""
    units = [axis.unit(value) for value in centres]
    if any(unit is None for unit in units):
        raise Unsupported("A tile of a figure has no place on its axis.")
    known = [float(unit or 0.0) for unit in units]
    if len(known) == 1:
        bounds = [known[0] - 0.5, known[0] + 0.5]
    else:
        middles = [(a + b) / 2 for a, b in itertools.pairwise(known)]
        bounds = [known[0] - (middles[0] - known[0]), *middles, known[-1] + (known[-1] - middles[-1])]
    return [(axis.place(a), axis.place(b)) for a, b in itertools.pairwise(bounds)]


def scale_bar(trace: Mapping[str, Any], panel: Panel) -> list[Primitive]:
    """Draw the colour scale to the right of the plot.

    Parameters
    ----------
    trace : mapping
        The trace.
    panel : Panel
        Where it is drawn.

    Returns
    -------
    list of primitives
        The scale and its ticks; nothing where the figure hides it.

    Raises
    ------
    Unsupported
        Where it does not say where its ticks are.
    """
    if trace.get("showscale") is False:
        return []
    ticks = pick(trace, "colorbar.tickvals")
    if ticks is None:
        raise Unsupported(
            "A colour scale does not say where its ticks are.", fix="Give it tickvals, or hide it."
        )
    texts = pick(trace, "colorbar.ticktext") or [f"{tick:g}" for tick in ticks]
    low, high = limits(trace)
    _, top, right, bottom = panel.frame
    left, step = right + 10.0, (bottom - top) / _STEPS
    found: list[Primitive] = [
        Rect(
            x=left,
            y=bottom - (k + 1) * step,
            width=8.0,
            height=step + 0.2,
            fill=shade(trace, (k + 0.5) / _STEPS),
        )
        for k in range(_STEPS)
    ]
    size = (number(pick(trace, "colorbar.tickfont.size")) or panel.size) * PT_PER_PX
    for tick, text in zip(ticks, texts, strict=False):
        share = (float(tick) - low) / (high - low) if high > low else 0.5
        rows, _ = lines(text, glyphs=panel.glyphs)
        found += lettered(rows, left + 11.0, bottom - share * (bottom - top), size=size, fill=panel.text)
    return found
