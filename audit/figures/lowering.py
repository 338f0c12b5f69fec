"""From a plotly figure to a drawing on paper: the same marks at the same values, in points.

The screen and the paper share one definition of every figure. What the paper cannot draw raises an error, so that
nothing is left out in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from audit.figures.drawing import Drawing, Path, Primitive, Rect
from audit.figures.lowered import furniture, overlays
from audit.figures.lowered.axes import Axis, build
from audit.figures.lowered.bars import Slot, bars, runs, slots
from audit.figures.lowered.marks import Panel, scatter, values
from audit.figures.lowered.reading import PT_PER_PX, Unsupported, colour, each, lines, number, pick, read
from audit.figures.lowered.tiles import heatmap, scale_bar
from audit.figures.lowered.words import LINE, extent, fitted, lettered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.figures.lowered.clipping import Frame, Point

DEFAULT_HEIGHT: Final = 230.0
"""Height in points of a figure that has none of its own."""

_TALLEST: Final = 640.0
_PAD: Final = 2.0
_PASSES: Final = 5
_INK: Final = "#1b2027"
_REFUSED: Final = ("images", "sliders", "updatemenus")

Margins = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A figure that has been read, with what does not depend on where things lie."""

    data: tuple[Mapping[str, Any], ...]
    layout: Mapping[str, Any]
    axes: Mapping[str, Axis]
    slots: Mapping[int, Slot]
    width: float
    height: float
    trimmed: bool
    glyphs: bool

    @property
    def ink(self) -> str:
        return colour(pick(self.layout, "font.color"), _INK)

    @property
    def size(self) -> float:
        return number(pick(self.layout, "font.size")) or 12.0


def lower(figure: Any, width: float, height: float | None = None, *, glyphs: bool = True) -> Drawing:
    """Draw a figure on paper.

    Parameters
    ----------
    figure : plotly Figure
        Points, lines, bars and tiles, with the values of its ticks set.
    width : float
        Width in points.
    height : float or None
        Height in points; None for the figure's own, at 0.7 points for a pixel, less what is empty at its foot.
    glyphs : bool, default True
        Whether characters that the report's fonts lack are spelled as code points.

    Returns
    -------
    Drawing
        The figure as rectangles, circles, paths and texts, none of which leaves the sheet.

    Raises
    ------
    AuditError
        Where the figure holds something that is not drawn on paper.

    Notes
    -----
    Margins start at the figure's own and grow until no text is cut.
    """
    raw = read(figure)
    layout = raw["layout"]
    for name in _REFUSED:
        if layout.get(name):
            raise Unsupported(f"A figure has a part '{name}'.")
    data = tuple(trace for trace in raw["data"] if trace.get("visible", True) is True)
    tall = height or min((number(layout.get("height")) or DEFAULT_HEIGHT / PT_PER_PX) * PT_PER_PX, _TALLEST)
    room = slots(data, layout)
    axes = _axes(data, layout, room)
    plan = _Plan(
        data=data,
        layout=layout,
        axes=axes,
        slots=room,
        width=width,
        height=tall,
        trimmed=height is None,
        glyphs=glyphs,
    )
    return _settled(plan)


def _settled(plan: _Plan) -> Drawing:
    """Draw, see what leaves the sheet, give it room, and draw again."""
    given = plan.layout.get("margin") or {}
    sides = [(number(given.get(side)) or 0.0) * PT_PER_PX for side in ("l", "t", "r", "b")]
    margins: Margins = (sides[0], sides[1], sides[2], sides[3])
    primitives = _drawn(plan, margins)
    for _ in range(_PASSES):
        boxes = [extent(p) for p in primitives] or [(0.0, 0.0, plan.width, plan.height)]
        over = (
            _PAD - min(box[0] for box in boxes),
            _PAD - min(box[1] for box in boxes),
            max(box[2] for box in boxes) - plan.width + _PAD,
            max(box[3] for box in boxes) - plan.height + _PAD,
        )
        if all(side <= 0.05 for side in over):
            break
        grown = [max(old + max(extra, 0.0), 0.0) for old, extra in zip(margins, over, strict=True)]
        # However long the labels are, a third of the sheet is left for the marks.
        across = min(1.0, plan.width * 2 / 3 / max(grown[0] + grown[2], 1e-9))
        along = min(1.0, plan.height * 3 / 4 / max(grown[1] + grown[3], 1e-9))
        margins = (grown[0] * across, grown[1] * along, grown[2] * across, grown[3] * along)
        primitives = _drawn(plan, margins)
    tall = plan.height
    if plan.trimmed and primitives:
        tall = min(tall, max(extent(p)[3] for p in primitives) + _PAD)
    return Drawing(width=round(plan.width, 3), height=round(tall, 3), primitives=tuple(primitives))


def _drawn(plan: _Plan, margins: Margins) -> list[Primitive]:
    """Draw everything, from back to front."""
    frame = (margins[0], margins[1], plan.width - margins[2], plan.height - margins[3])
    axes = {name: _placed(axis, frame) for name, axis in plan.axes.items()}
    sheet = overlays.Sheet(axes=axes, frame=frame, ink=plan.ink, size=plan.size, glyphs=plan.glyphs)
    shapes = [shape for shape in plan.layout.get("shapes") or () if shape.get("visible", True) is not False]
    found: list[Primitive] = _backgrounds(plan, axes)
    for shape in shapes:
        if shape.get("layer") == "below":
            found += overlays.shape(shape, sheet)
    for axis in axes.values():
        found += furniture.grid(axis, _frame_of(axis, axes))
    found += _marks(plan, axes)
    for axis in axes.values():
        found += furniture.scale(
            axis,
            _frame_of(axis, axes),
            ink=plan.ink,
            size=plan.size,
            sheet_width=plan.width,
            glyphs=plan.glyphs,
        )
    for shape in shapes:
        if shape.get("layer") != "below":
            found += overlays.shape(shape, sheet)
    for annotation in plan.layout.get("annotations") or ():
        found += overlays.annotation(annotation, sheet)
    return found + _heading(plan, found, frame)


def _backgrounds(plan: _Plan, axes: Mapping[str, Axis]) -> list[Primitive]:
    fill = colour(plan.layout.get("plot_bgcolor"))
    if fill in {"", "#ffffff"}:
        return []
    frames = {_frame_of(axis, axes) for axis in axes.values() if axis.letter == "x"}
    return [Rect(x=f[0], y=f[1], width=f[2] - f[0], height=f[3] - f[1], fill=fill) for f in sorted(frames)]


def _heading(plan: _Plan, drawn: list[Primitive], frame: Frame) -> list[Primitive]:
    """Draw legend and title above what is there already."""
    found: list[Primitive] = []
    top = frame[1] - 4.0
    entries = _entries(plan)
    if entries:
        points = (number(pick(plan.layout, "legend.font.size")) or plan.size) * PT_PER_PX
        above = [extent(p)[1] for p in drawn if isinstance(p, Path | Rect) and extent(p)[1] < top]
        found, tall = furniture.legend(
            entries, frame[0], min([top, *above]), plan.width - frame[0] - _PAD,
            ink=colour(pick(plan.layout, "legend.font.color"), plan.ink), points=points, glyphs=plan.glyphs,
        )  # fmt: skip
        top -= tall + 4.0
    title = pick(plan.layout, "title.text")
    if title:
        rows, _ = lines(title, glyphs=plan.glyphs)
        size = (number(pick(plan.layout, "title.font.size")) or 16.0) * PT_PER_PX
        rows = fitted(rows, plan.width - 2 * _PAD, size)
        ink = colour(pick(plan.layout, "title.font.color"), plan.ink)
        tallest = min([top, *(extent(p)[1] for p in drawn)]) - LINE * size * (len(rows) - 1)
        found += lettered(rows, _PAD, tallest - 4.0, size=size, fill=ink, upright="bottom", bold=True)
    return found


def _entries(plan: _Plan) -> list[Mapping[str, Any]]:
    named = [
        trace
        for trace in plan.data
        if trace.get("name") and trace.get("showlegend") is not False and trace["type"] != "heatmap"
    ]
    shown = plan.layout.get("showlegend")
    if shown is None:
        shown = len(named) > 1
    return named if shown else []


def _marks(plan: _Plan, axes: Mapping[str, Axis]) -> list[Primitive]:
    """Draw tiles, then bars, then points, as the screen does."""
    found: list[Primitive] = []
    panels = [
        Panel(
            x=axes[trace.get("xaxis") or "x"], y=axes[trace.get("yaxis") or "y"], text=plan.ink,
            size=plan.size, glyphs=plan.glyphs,
        )
        for trace in plan.data
    ]  # fmt: skip
    below: list[Point] = []
    for kind in ("heatmap", "bar", "scatter"):
        for k, trace in enumerate(plan.data):
            if trace["type"] != kind:
                continue
            if kind == "heatmap":
                found += heatmap(trace, panels[k]) + scale_bar(trace, panels[k])
            elif kind == "bar":
                found += bars(trace, panels[k], plan.slots[k])
            else:
                drawn, below = scatter(trace, panels[k], below)
                found += drawn
    return found


def _placed(axis: Axis, frame: Frame) -> Axis:
    first, last = (float(end) for end in axis.settings.get("domain") or (0.0, 1.0))
    left, top, right, bottom = frame
    if axis.letter == "x":
        return replace(axis, start=left + first * (right - left), end=left + last * (right - left))
    return replace(axis, start=bottom - first * (bottom - top), end=bottom - last * (bottom - top))


def _frame_of(axis: Axis, axes: Mapping[str, Axis]) -> Frame:
    """Give the plot that an axis belongs to: its own span and that of the axis it is anchored to."""
    other = "y" if axis.letter == "x" else "x"
    anchor = str(axis.settings.get("anchor") or other + axis.name[1:])
    partner = axes.get(anchor) or axes.get(other) or axis
    x, y = (axis, partner) if axis.letter == "x" else (partner, axis)
    return min(x.start, x.end), min(y.start, y.end), max(x.start, x.end), max(y.start, y.end)


def _axes(
    data: tuple[Mapping[str, Any], ...], layout: Mapping[str, Any], slots: Mapping[int, Slot]
) -> dict[str, Axis]:
    """Make every axis that a trace, a shape or a text stands on."""
    names = ["x", "y"]
    names += [name for trace in data for name in (trace.get("xaxis"), trace.get("yaxis")) if name]
    names += [re.sub(r"axis", "", key) for key in layout if re.fullmatch(r"[xy]axis\d*", key)]
    found: dict[str, Axis] = {}
    for name in dict.fromkeys(names):
        settings = layout.get(f"{name[0]}axis{name[1:]}") or {}
        if settings.get("overlaying"):
            raise Unsupported(f"The axis '{name}' of a figure lies over another one.")
        family = _family(name, layout)
        on_axis: list[Any] = []
        zero = marks = tiles = False
        for k, trace in enumerate(data):
            if (trace.get(f"{name[0]}axis") or name[0]) not in family:
                continue
            on_axis += _held(trace, name[0], slots.get(k))
            zero = zero or (trace["type"] == "bar" and runs(trace) == name[0])
            marks = marks or "markers" in str(trace.get("mode") or "")
            tiles = tiles or trace["type"] == "heatmap"
        found[name] = build(name, settings, on_axis, zero=zero, marks=marks, tiles=tiles)
    return found


def _family(name: str, layout: Mapping[str, Any]) -> set[str]:
    """Name the axes that share their range with an axis."""

    def root(one: str) -> str:
        return str((layout.get(f"{one[0]}axis{one[1:]}") or {}).get("matches") or one)

    others = {re.sub("axis", "", key) for key in layout if re.fullmatch(rf"{name[0]}axis\d*", key)} | {name}
    return {other for other in others if root(other) == root(name)} | {name}


def _held(trace: Mapping[str, Any], letter: str, slot: Slot | None) -> list[Any]:
    """List everything of a trace that an axis has to hold."""
    other = "y" if letter == "x" else "x"
    if trace["type"] == "heatmap":
        rows = trace.get("z") or []
        n = len(rows) if letter == "y" else max((len(row) for row in rows), default=0)
        return list(trace.get(letter) or range(n))
    own = values(trace, letter, other)
    found = list(own)
    if slot and runs(trace) == letter:
        sums = [number(v) for v in own]
        found = [b + s for b, s in zip(slot.bases, sums, strict=False) if s is not None] + list(slot.bases)
        own = [None if s is None else b + s for b, s in zip(slot.bases, sums, strict=False)]
    elif slot:
        places = [number(v) for v in own]
        found += [p + slot.offset for p in places if p is not None]
        found += [p + slot.offset + slot.width for p in places if p is not None]
    error = trace.get(f"error_{letter}") or {}
    if error.get("array") is not None and error.get("visible") is not False:
        up = each(error["array"], len(own))
        down = each(error.get("arrayminus"), len(own)) if error.get("arrayminus") else up
        for value, high, low in zip(own, up, down, strict=True):
            middle = number(value)
            if middle is not None:
                found += [middle + (number(high) or 0.0), middle - (number(low) or 0.0)]
    return found
