"""What stands around the marks: grid, axis lines, tick labels, titles and the legend."""

from __future__ import annotations

import itertools
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from audit.figures.drawing import Path, Primitive, Rect
from audit.figures.lowered.bars import hatched
from audit.figures.lowered.overlays import heavy
from audit.figures.lowered.reading import PT_PER_PX, colour, dash, lines, number, pick
from audit.figures.lowered.symbols import mark
from audit.figures.lowered.words import LINE, extent, fitted, lettered, widest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.figures.lowered.axes import Axis
    from audit.figures.lowered.clipping import Frame

_GRID: Final = "#e6e9ed"
_LINE_INK: Final = "#57606b"
_GAP: Final = 3.5
_LABEL_SHARE: Final = 0.42
_SMALLEST: Final = 5.5
_SAMPLE: Final = 13.0
_ENTRY_GAP: Final = 14.0


def grid(axis: Axis, frame: Frame) -> list[Primitive]:
    """Draw the lines that run from the ticks of an axis through the plot.

    Parameters
    ----------
    axis : Axis
        The axis.
    frame : (left, top, right, bottom)
        The plot of this axis.

    Returns
    -------
    list of primitives
        Lines.
    """
    if not axis.visible:
        return []
    found: list[Primitive] = []
    left, top, right, bottom = frame
    if axis.gridded:
        thickness = (number(axis.settings.get("gridwidth")) or 1.0) * PT_PER_PX
        ink = colour(axis.settings.get("gridcolor"), _GRID)
        pattern = dash(axis.settings.get("griddash"), thickness)
        for place, _ in axis.ticks():
            ends = ((place, top), (place, bottom)) if axis.letter == "x" else ((left, place), (right, place))
            found.append(Path(points=ends, stroke=ink, stroke_width=thickness, dash=pattern))
    zero = axis.at(0) if axis.kind == "linear" and axis.settings.get("zeroline") is True else None
    if zero is not None and axis.holds(zero):
        ends = ((zero, top), (zero, bottom)) if axis.letter == "x" else ((left, zero), (right, zero))
        thickness = (number(axis.settings.get("zerolinewidth")) or 1.0) * PT_PER_PX
        ink = colour(axis.settings.get("zerolinecolor"), _LINE_INK)
        found.append(Path(points=ends, stroke=ink, stroke_width=thickness))
    return found


def scale(
    axis: Axis, frame: Frame, *, ink: str, size: float, sheet_width: float, glyphs: bool
) -> list[Primitive]:
    """Draw an axis: its line, its ticks with their labels, its title.

    Parameters
    ----------
    axis : Axis
        The axis.
    frame : (left, top, right, bottom)
        The plot of this axis.
    ink : str
        Colour of text that has none of its own.
    size : float
        Font size in pixels of text that has none of its own.
    sheet_width : float
        Width of the drawing in points.
    glyphs : bool
        Whether characters that no font has are spelled out.

    Returns
    -------
    list of primitives
        Lines and texts.
    """
    if not axis.visible:
        return []
    settings = axis.settings
    far = settings.get("side") in {"top", "right"}
    left, top, right, bottom = frame
    edge = {("x", False): bottom, ("x", True): top, ("y", False): left, ("y", True): right}[axis.letter, far]
    outward = 1.0 if (axis.letter == "x") != far else -1.0
    found: list[Primitive] = []
    thickness = (number(settings.get("linewidth")) or 1.0) * PT_PER_PX
    line_ink = colour(settings.get("linecolor"), _LINE_INK)
    if settings.get("showline"):
        ends = ((left, edge), (right, edge)) if axis.letter == "x" else ((edge, top), (edge, bottom))
        found.append(Path(points=ends, stroke=line_ink, stroke_width=thickness))
    tick = 0.0
    if settings.get("ticks") in {"outside", "inside"}:
        tick = (number(settings.get("ticklen")) or 5.0) * PT_PER_PX
        reach = edge + outward * tick * (1 if settings["ticks"] == "outside" else -1)
        for place, _ in axis.ticks():
            ends = ((place, edge), (place, reach)) if axis.letter == "x" else ((edge, place), (reach, place))
            found.append(
                Path(points=ends, stroke=colour(settings.get("tickcolor"), line_ink), stroke_width=thickness)
            )
    labels: list[Primitive] = []
    if axis.labelled:
        start = edge + outward * (tick + _GAP)
        draw = _across_labels if axis.letter == "x" else _up_labels
        labels = draw(axis, start, far=far, ink=ink, size=size, sheet_width=sheet_width, glyphs=glyphs)
    return found + labels + _title(axis, frame, edge, outward, labels, ink=ink, size=size, glyphs=glyphs)


def _label_style(axis: Axis, ink: str, size: float) -> tuple[str, float]:
    points = (number(pick(axis.settings, "tickfont.size")) or size) * PT_PER_PX
    return colour(pick(axis.settings, "tickfont.color"), ink), points


def _across_labels(
    axis: Axis, start: float, *, far: bool, ink: str, size: float, sheet_width: float, glyphs: bool
) -> list[Primitive]:
    """Set the labels of an axis that runs across, folded or thinned so that none touches the next."""
    ink, points = _label_style(axis, ink, size)
    ticks = [(place, lines(text, glyphs=glyphs)) for place, text in axis.ticks()]
    if not ticks:
        return []
    places = sorted(place for place, _ in ticks)
    step = min((b - a for a, b in itertools.pairwise(places)), default=sheet_width / 2)
    angle = number(axis.settings.get("tickangle")) or 0.0
    if angle:
        return [
            text
            for place, (rows, bold) in ticks
            for text in lettered(
                fitted(rows, sheet_width * 0.3, points), place, start, size=points, fill=ink,
                anchor="end" if (angle < 0) != far else "start", upright="middle", bold=bold, angle=angle,
            )
        ]  # fmt: skip
    if axis.kind == "category":
        ticks = [(place, (fitted(rows, step - 4.0, points, most=3), bold)) for place, (rows, bold) in ticks]
    else:
        ticks = _thinned(ticks, points)
    upright = "bottom" if far else "top"
    found: list[Primitive] = []
    for place, (rows, bold) in ticks:
        found += lettered(
            rows, place, start, size=points, fill=ink, anchor="middle",
            upright="bottom" if upright == "bottom" else "top", bold=bold,
        )  # fmt: skip
    return found


def _thinned(
    ticks: list[tuple[float, tuple[tuple[str, ...], bool]]], points: float
) -> list[tuple[float, tuple[tuple[str, ...], bool]]]:
    """Leave out every second, third … label until none touches the next; the last one, with the unit, stays."""
    ordered = sorted(ticks, key=lambda tick: -tick[0])
    for every in range(1, len(ordered) + 1):
        kept = ordered[::every]
        halves = [widest(rows, points, bold=bold) / 2 for _, (rows, bold) in kept]
        gaps = [a[0] - b[0] for a, b in pairwise(kept)]
        if all(gap > one + other + 3.0 for gap, (one, other) in zip(gaps, pairwise(halves), strict=True)):
            return kept
    return ordered[:1]


def _up_labels(
    axis: Axis, start: float, *, far: bool, ink: str, size: float, sheet_width: float, glyphs: bool
) -> list[Primitive]:
    """Set the labels of an axis that runs up, smaller where rows are close."""
    ink, points = _label_style(axis, ink, size)
    ticks = [(place, lines(text, glyphs=glyphs)) for place, text in axis.ticks()]
    places = sorted(place for place, _ in ticks)
    step = min((b - a for a, b in itertools.pairwise(places)), default=4 * points)
    points = max(min(points, step / 1.05), _SMALLEST)
    most = max(int(step / (LINE * points)), 1)
    found: list[Primitive] = []
    for place, (rows, bold) in ticks:
        kept = fitted(rows, sheet_width * _LABEL_SHARE, points, most=most)
        found += lettered(
            kept, start, place, size=points, fill=ink, anchor="start" if far else "end", bold=bold
        )
    return found


def _title(
    axis: Axis, frame: Frame, edge: float, outward: float, labels: Sequence[Primitive], *, ink: str, size: float,
    glyphs: bool,
) -> list[Primitive]:  # fmt: skip
    text = pick(axis.settings, "title.text")
    if not text:
        return []
    rows, bold = lines(text, glyphs=glyphs)
    bold = bold or heavy(pick(axis.settings, "title.font.weight"))
    points = (number(pick(axis.settings, "title.font.size")) or size) * PT_PER_PX
    ink = colour(pick(axis.settings, "title.font.color"), ink)
    boxes = [extent(label) for label in labels]
    left, top, right, bottom = frame
    if axis.letter == "x":
        tall = [box[3] if outward > 0 else box[1] for box in boxes] or [edge]
        y = (max(tall) + 4.5) if outward > 0 else (min(tall) - 4.5)
        rows = fitted(rows, right - left + 60, points)
        return list(
            lettered(
                rows, (left + right) / 2, y, size=points, fill=ink, anchor="middle",
                upright="top" if outward > 0 else "bottom", bold=bold,
            )
        )  # fmt: skip
    wide = [box[2] if outward > 0 else box[0] for box in boxes] or [edge]
    x = (max(wide) if outward > 0 else min(wide)) + outward * (5.0 + points * LINE * len(rows) / 2)
    rows = fitted(rows, bottom - top, points)
    return list(
        lettered(rows, x, (top + bottom) / 2, size=points, fill=ink, anchor="middle", bold=bold, angle=-90.0)
    )


def legend(
    entries: Sequence[Mapping[str, Any]], left: float, bottom: float, room: float, *, ink: str, points: float,
    glyphs: bool,
) -> tuple[list[Primitive], float]:  # fmt: skip
    """Draw the legend in rows that end above a height.

    Parameters
    ----------
    entries : sequence of traces
        What is explained.
    left, bottom : float
        Where the first row starts and the last one ends, in points.
    room : float
        Width in points.
    ink : str
        Colour of the text.
    points : float
        Font size in points.
    glyphs : bool
        Whether characters that no font has are spelled out.

    Returns
    -------
    tuple
        What is drawn, and how tall it is.
    """
    named = []
    for trace in entries:
        rows, _ = lines(trace.get("name"), glyphs=glyphs)
        named.append((trace, fitted((" ".join(rows),), room - _SAMPLE - 4, points, most=1)[0]))
    placed: list[tuple[int, float, Mapping[str, Any], str]] = []
    row, x = 0, 0.0
    for trace, name in named:
        wide = _SAMPLE + 4.0 + widest((name,), points)
        if x and x + wide > room:
            row, x = row + 1, 0.0
        placed.append((row, x, trace, name))
        x += wide + _ENTRY_GAP
    step = points * 1.5
    tall = (row + 1) * step if placed else 0.0
    found: list[Primitive] = []
    for at, x, trace, name in placed:
        y = bottom - tall + (at + 0.5) * step
        found += _sample(trace, left + x, y)
        found += lettered((name,), left + x + _SAMPLE + 4.0, y, size=points, fill=ink)
    return found, tall


def _sample(trace: Mapping[str, Any], left: float, y: float) -> list[Primitive]:
    """Draw what a trace looks like, small."""
    first = _first(pick(trace, "marker.color"))
    fill = colour(first or pick(trace, "line.color"), "#78838f")
    if trace["type"] == "bar":
        box = (left + 2.5, y - 3.6, left + _SAMPLE - 1.0, y + 3.6)
        shape = _first(pick(trace, "marker.pattern.shape"))
        tile = Rect(
            x=box[0], y=box[1], width=box[2] - box[0], height=box[3] - box[1], fill="" if shape else fill
        )
        if not shape:
            return [tile]
        return [*hatched(box, fill, step=2.6), replace(tile, stroke=fill, stroke_width=0.6)]
    mode = str(trace.get("mode") or "lines+markers")
    found: list[Primitive] = []
    if "lines" in mode:
        thickness = (number(pick(trace, "line.width")) or 2.0) * PT_PER_PX
        found.append(
            Path(
                points=((left, y), (left + _SAMPLE, y)),
                stroke=colour(pick(trace, "line.color"), fill),
                stroke_width=thickness,
                dash=dash(pick(trace, "line.dash"), thickness),
            )
        )
    if "markers" in mode:
        edge = _first(pick(trace, "marker.line.color"))
        thick = float(_first(pick(trace, "marker.line.width")) or 0) * PT_PER_PX
        found += mark(
            str(_first(pick(trace, "marker.symbol")) or "circle"), left + _SAMPLE / 2, y, 3.4,
            fill=fill, line=colour(edge, fill) if thick else "", line_width=thick,
        )  # fmt: skip
    elif trace.get("fill") not in (None, "none") and "lines" not in mode:
        shade = colour(trace.get("fillcolor"), fill)
        found.append(Rect(x=left, y=y - 3.4, width=_SAMPLE, height=6.8, fill=shade))
    return found


def _first(value: Any) -> Any:
    return (value[0] if value else None) if isinstance(value, list) else value
