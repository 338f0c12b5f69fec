"""What lies over and under the marks: shapes and annotations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from audit.figures.drawing import Anchor, Circle, Path, Primitive, Rect
from audit.figures.lowered.reading import PT_PER_PX, Unsupported, colour, dash, lines, number, pick
from audit.figures.lowered.words import LINE, Upright, lettered, widest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audit.figures.lowered.axes import Axis
    from audit.figures.lowered.clipping import Frame

_CURVE_POINTS: Final = 48
_ARROW: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The whole plot: its axes and the area they share.

    Parameters
    ----------
    axes : mapping of str to Axis
        The axes by name.
    frame : (left, top, right, bottom)
        The area that figures call "paper", in points.
    ink : str
        Colour of text that has none of its own.
    size : float
        Font size in pixels of text that has none of its own.
    glyphs : bool
        Whether characters that no font has are spelled out.
    """

    axes: Mapping[str, Axis]
    frame: Frame
    ink: str
    size: float
    glyphs: bool

    def place(self, letter: str, reference: str, value: Any) -> float | None:
        """Place a value that refers to an axis, to its domain or to the paper.

        Parameters
        ----------
        letter : {"x", "y"}
            Across or up.
        reference : str
            "paper", the name of an axis, or that name followed by " domain".
        value : object
            The value.

        Returns
        -------
        float or None
            Points from the left or the top; None where there is nothing to place.

        Raises
        ------
        Unsupported
            Where the reference is to something else.
        """
        if reference == "paper":
            start, end = (self.frame[0], self.frame[2]) if letter == "x" else (self.frame[3], self.frame[1])
            return start + float(value) * (end - start)
        name, _, domain = reference.partition(" ")
        axis = self.axes.get(name)
        if axis is None or domain not in {"", "domain"}:
            raise Unsupported(f"A figure refers to '{reference}', which it does not have.")
        return axis.start + float(value) * (axis.end - axis.start) if domain else axis.at(value)


def shape(given: Mapping[str, Any], sheet: Sheet) -> list[Primitive]:
    """Draw a line, a rectangle or a circle.

    Parameters
    ----------
    given : mapping
        The shape.
    sheet : Sheet
        The plot.

    Returns
    -------
    list of primitives
        What is drawn.

    Raises
    ------
    Unsupported
        Where it is another shape, or carries a label.
    """
    if given.get("visible") is False:
        return []
    if pick(given, "label.text"):
        raise Unsupported("A figure writes a label on a shape.", fix="Use an annotation.")
    kind = given.get("type", "rect")
    if kind not in {"line", "rect", "circle"}:
        raise Unsupported(f"A figure draws a shape of kind '{kind}'.")
    xref, yref = str(given.get("xref") or "x"), str(given.get("yref") or "y")
    xs = [sheet.place("x", xref, given.get(name)) for name in ("x0", "x1")]
    ys = [sheet.place("y", yref, given.get(name)) for name in ("y0", "y1")]
    if None in xs or None in ys:
        return []
    (x0, x1), (y0, y1) = (_clamped(xs, xref, sheet), _clamped(ys, yref, sheet))
    opacity = 1.0 if given.get("opacity") is None else float(given["opacity"])
    thickness = _default(pick(given, "line.width"), 2.0) * PT_PER_PX
    stroke = colour(pick(given, "line.color"), "#444444", opacity=opacity) if thickness else ""
    fill = colour(given.get("fillcolor"), opacity=opacity)
    pattern = dash(pick(given, "line.dash"), thickness)
    if kind == "line":
        return [Path(points=((x0, y0), (x1, y1)), stroke=stroke, stroke_width=thickness, dash=pattern)]
    left, top, right, bottom = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    if kind == "rect":
        return [
            Rect(
                x=left, y=top, width=right - left, height=bottom - top, fill=fill, stroke=stroke,
                stroke_width=thickness if stroke else 0,
            )
        ]  # fmt: skip
    return [_ellipse((left, top, right, bottom), fill, stroke, thickness)]


def _clamped(places: list[float | None], reference: str, sheet: Sheet) -> tuple[float, float]:
    """Keep a shape that refers to an axis between its ends."""
    first, last = (float(place or 0.0) for place in places)
    axis = sheet.axes.get(reference)
    if axis is None:
        return first, last
    low, high = sorted((axis.start, axis.end))
    return min(max(first, low), high), min(max(last, low), high)


def _ellipse(frame: Frame, fill: str, stroke: str, thickness: float) -> Primitive:
    left, top, right, bottom = frame
    x, y, rx, ry = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    if abs(rx - ry) < 0.05:
        return Circle(x=x, y=y, radius=rx, fill=fill, stroke=stroke, stroke_width=thickness if stroke else 0)
    turns = [2 * math.pi * k / _CURVE_POINTS for k in range(_CURVE_POINTS)]
    points = tuple((x + rx * math.cos(t), y + ry * math.sin(t)) for t in turns)
    return Path(points=points, closed=True, fill=fill, stroke=stroke, stroke_width=thickness if stroke else 0)


def annotation(given: Mapping[str, Any], sheet: Sheet) -> list[Primitive]:
    """Write a text, with an arrow to its point where the figure asks for one.

    Parameters
    ----------
    given : mapping
        The annotation.
    sheet : Sheet
        The plot.

    Returns
    -------
    list of primitives
        What is drawn.
    """
    if given.get("visible") is False or not given.get("text"):
        return []
    xref, yref = str(given.get("xref") or "x"), str(given.get("yref") or "y")
    x, y = sheet.place("x", xref, given.get("x")), sheet.place("y", yref, given.get("y"))
    if x is None or y is None:
        return []
    x += _default(given.get("xshift"), 0.0) * PT_PER_PX
    y -= _default(given.get("yshift"), 0.0) * PT_PER_PX
    rows, bold = lines(given["text"], glyphs=sheet.glyphs)
    size = _default(pick(given, "font.size"), sheet.size) * PT_PER_PX
    ink = colour(pick(given, "font.color"), sheet.ink, opacity=_default(given.get("opacity"), 1.0))
    bold = bold or heavy(pick(given, "font.weight"))
    found: list[Primitive] = []
    tip = (x, y)
    arrowed = given.get("showarrow", True) is not False
    if arrowed:
        x += _default(given.get("ax"), -10.0) * PT_PER_PX
        y += _default(given.get("ay"), -30.0) * PT_PER_PX
    across = _across(given, xref)
    upright = _upright(given, yref)
    wide = widest(rows, size, bold=bold)
    left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[across]
    if arrowed:
        found += _arrow(_edge((x, y), tip, (wide / 2 + 2, len(rows) * LINE * size / 2)), tip, given, ink)
    found += _background(given, left, y, (wide, len(rows) * LINE * size), upright)
    align: Anchor = {"left": "start", "right": "end"}.get(str(given.get("align")), "middle")  # type: ignore[assignment]
    angle = _default(given.get("textangle"), 0.0)
    spot = x if angle else left + {"start": 0.0, "middle": wide / 2, "end": wide}[align]
    found += lettered(
        rows, spot, y, size=size, fill=ink, anchor=across if angle else align, upright=upright, bold=bold,
        italic=pick(given, "font.style") == "italic", angle=angle,
    )  # fmt: skip
    return found


def heavy(weight: Any) -> bool:
    """Say whether a font weight is bold on paper.

    Parameters
    ----------
    weight : object
        "bold", "normal", a number or None.

    Returns
    -------
    bool
        True from 550 on.
    """
    return weight == "bold" or (number(weight) or 400.0) >= 550


def _default(value: Any, default: float) -> float:
    found = number(value)
    return default if found is None else found


def _across(given: Mapping[str, Any], reference: str) -> Anchor:
    said = str(given.get("xanchor") or "auto")
    if said == "auto" and given.get("showarrow", True) is False and _relative(reference):
        share = float(given.get("x") or 0.0)
        said = "left" if share <= 1 / 3 else "right" if share >= 2 / 3 else "center"
    known: Mapping[str, Anchor] = {"left": "start", "right": "end"}
    return known.get(said, "middle")


def _upright(given: Mapping[str, Any], reference: str) -> Upright:
    said = str(given.get("yanchor") or "auto")
    if said == "auto" and given.get("showarrow", True) is False and _relative(reference):
        share = float(given.get("y") or 0.0)
        said = "bottom" if share <= 1 / 3 else "top" if share >= 2 / 3 else "middle"
    known: Mapping[str, Upright] = {"top": "top", "bottom": "bottom"}
    return known.get(said, "middle")


def _relative(reference: str) -> bool:
    return reference == "paper" or reference.endswith(" domain")


def _background(
    given: Mapping[str, Any], left: float, y: float, extent: tuple[float, float], upright: Upright
) -> list[Primitive]:
    fill, stroke = colour(given.get("bgcolor")), colour(given.get("bordercolor"))
    if not fill and not stroke:
        return []
    pad = _default(given.get("borderpad"), 1.0) * PT_PER_PX + 0.8
    wide, tall = extent
    place: Callable[[float], float] = {
        "top": lambda v: v, "middle": lambda v: v - tall / 2, "bottom": lambda v: v - tall,
    }[upright]  # fmt: skip
    return [
        Rect(
            x=left - pad, y=place(y) - pad, width=wide + 2 * pad, height=tall + 2 * pad, fill=fill, stroke=stroke,
            stroke_width=_default(given.get("borderwidth"), 1.0) * PT_PER_PX if stroke else 0, radius=1.2,
        )
    ]  # fmt: skip


def _edge(
    start: tuple[float, float], tip: tuple[float, float], half: tuple[float, float]
) -> tuple[float, float]:
    """Start an arrow where it leaves the box of its text."""
    dx, dy = tip[0] - start[0], tip[1] - start[1]
    share = min(half[0] / abs(dx) if dx else 1.0, half[1] / abs(dy) if dy else 1.0, 1.0)
    return start[0] + share * dx, start[1] + share * dy


def _arrow(
    start: tuple[float, float], tip: tuple[float, float], given: Mapping[str, Any], ink: str
) -> list[Primitive]:
    stroke = colour(given.get("arrowcolor"), ink)
    thickness = _default(given.get("arrowwidth"), 1.0) * PT_PER_PX
    found: list[Primitive] = [Path(points=(start, tip), stroke=stroke, stroke_width=thickness)]
    if given.get("arrowhead") == 0:
        return found
    turn = math.atan2(tip[1] - start[1], tip[0] - start[0])
    wings = [
        (tip[0] - _ARROW * math.cos(turn + side), tip[1] - _ARROW * math.sin(turn + side))
        for side in (0.4, -0.4)
    ]
    found.append(Path(points=(tip, wings[0], wings[1]), closed=True, fill=stroke))
    return found
