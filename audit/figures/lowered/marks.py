"""The marks of traces: points with their intervals, lines, areas, bars and tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from audit.figures.drawing import Anchor, Path, Primitive
from audit.figures.lowered.clipping import Frame, Point, polyline, segment
from audit.figures.lowered.reading import PT_PER_PX, Unsupported, colour, dash, each, lines, number, pick
from audit.figures.lowered.symbols import mark
from audit.figures.lowered.words import Upright, lettered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.figures.lowered.axes import Axis

_UPRIGHT: Final[Mapping[str, Upright]] = {"top": "bottom", "middle": "middle", "bottom": "top"}
_ACROSS: Final[Mapping[str, Anchor]] = {"left": "end", "center": "middle", "right": "start"}
_DARK: Final = "#1b2027"
_LIGHT: Final = "#ffffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Where a trace is drawn.

    Parameters
    ----------
    x, y : Axis
        Its axes.
    text : str
        Colour of text that has none of its own.
    size : float
        Font size in pixels of text that has none of its own.
    glyphs : bool
        Whether characters that no font has are spelled out.
    """

    x: Axis
    y: Axis
    text: str
    size: float
    glyphs: bool

    @property
    def frame(self) -> Frame:
        """The edges of the plot."""
        xs, ys = sorted((self.x.start, self.x.end)), sorted((self.y.start, self.y.end))
        return xs[0], ys[0], xs[1], ys[1]

    def point(self, x: Any, y: Any) -> Point | None:
        """Place a point.

        Parameters
        ----------
        x, y : object
            Its values.

        Returns
        -------
        (float, float) or None
            Its place; None where one of the values is missing.
        """
        across, up = self.x.at(x), self.y.at(y)
        return None if across is None or up is None else (across, up)

    def inside(self, point: Point) -> bool:
        """Say whether a place lies in the plot.

        Parameters
        ----------
        point : (float, float)
            The place.

        Returns
        -------
        bool
            True on its edges too.
        """
        return self.x.holds(point[0]) and self.y.holds(point[1])


def values(trace: Mapping[str, Any], name: str, other: str) -> list[Any]:
    """Give the values of a trace along one axis.

    Parameters
    ----------
    trace : mapping
        The trace.
    name, other : {"x", "y"}
        The axis, and the other one.

    Returns
    -------
    list
        Its values, or 0, 1, 2 … where only the other axis has values.
    """
    given = trace.get(name)
    if given is None:
        return list(range(len(trace.get(other) or ())))
    return list(given)


def scatter(
    trace: Mapping[str, Any], panel: Panel, below: list[Point]
) -> tuple[list[Primitive], list[Point]]:
    """Draw a trace of points.

    Parameters
    ----------
    trace : mapping
        The trace.
    panel : Panel
        Where it is drawn.
    below : list of (float, float)
        The points of the trace before it, for areas between the two.

    Returns
    -------
    tuple
        What is drawn, and the trace's own points.
    """
    xs, ys = values(trace, "x", "y"), values(trace, "y", "x")
    points = [panel.point(x, y) for x, y in zip(xs, ys, strict=False)]
    mode = str(trace.get("mode") or ("lines+markers" if len(points) < 20 else "lines"))
    opacity = number(trace.get("opacity")) or 1.0
    base = pick(trace, "marker.color") if isinstance(pick(trace, "marker.color"), str) else None
    ink = colour(pick(trace, "line.color") or base, panel.text, opacity=opacity)
    path = _stepped(points, str(pick(trace, "line.shape", "linear")))
    found: list[Primitive] = list(_area(trace, panel, path, below, ink))
    if "lines" in mode:
        thickness = (number(pick(trace, "line.width")) or 2.0) * PT_PER_PX
        if number(pick(trace, "line.width")) != 0:
            pattern = dash(pick(trace, "line.dash"), thickness)
            found += [
                Path(points=tuple(part), stroke=ink, stroke_width=thickness, dash=pattern)
                for part in polyline(path, panel.frame)
            ]
    for name in ("error_x", "error_y"):
        found += errors(trace, name, (xs, ys), panel, opacity=opacity)
    if "markers" in mode:
        found += _points(trace, points, panel, opacity)
    if "text" in mode:
        found += _labels(trace, points, panel)
    return found, [point for point in path if point]


def _stepped(points: list[Point | None], shape: str) -> list[Point | None]:
    if shape == "linear":
        return points
    if shape not in {"hv", "vh"}:
        raise Unsupported(f"A figure joins points by '{shape}'.")
    found: list[Point | None] = []
    last: Point | None = None
    for point in points:
        if point and last:
            found.append((point[0], last[1]) if shape == "hv" else (last[0], point[1]))
        found.append(point)
        last = point
    return found


def _area(
    trace: Mapping[str, Any], panel: Panel, path: list[Point | None], below: list[Point], ink: str
) -> list[Primitive]:
    kind = trace.get("fill") or "none"
    own = [point for point in path if point]
    if kind == "none" or len(own) < 2:
        return []
    if kind == "toself":
        outline = own
    elif kind in {"tonexty", "tonextx"}:
        outline = own + below[::-1]
    elif kind == "tozeroy":
        floor = panel.y.at(0) or panel.y.start
        outline = [*own, (own[-1][0], floor), (own[0][0], floor)]
    elif kind == "tozerox":
        wall = panel.x.at(0) or panel.x.start
        outline = [*own, (wall, own[-1][1]), (wall, own[0][1])]
    else:
        raise Unsupported(f"A figure fills an area by '{kind}'.")
    left, top, right, bottom = panel.frame
    inside = tuple((min(max(x, left), right), min(max(y, top), bottom)) for x, y in outline)
    shade = colour(trace.get("fillcolor")) or colour(ink[:7], opacity=0.5)
    return [Path(points=inside, closed=True, fill=shade)]


def errors(
    trace: Mapping[str, Any], name: str, at: tuple[list[Any], list[Any]], panel: Panel, *, opacity: float
) -> list[Primitive]:
    """Draw the intervals of a trace along one axis.

    Parameters
    ----------
    trace : mapping
        The trace.
    name : {"error_x", "error_y"}
        Which intervals.
    at : (list, list)
        Where their middles are across and up.
    panel : Panel
        Where they are drawn.
    opacity : float
        How much of them is seen, 0 to 1.

    Returns
    -------
    list of primitives
        Lines with caps; an end outside the plot has no cap.

    Raises
    ------
    Unsupported
        Where they are not given point by point.
    """
    xs, ys = at
    bars = trace.get(name)
    if not bars or bars.get("visible") is False or bars.get("array") is None:
        if (
            bars
            and bars.get("visible") is not False
            and (bars.get("value") or bars.get("type") in {"percent", "sqrt"})
        ):
            raise Unsupported("A figure has intervals that are not given point by point.")
        return []
    n = min(len(xs), len(ys))
    up = each(bars["array"], n)
    down = each(bars.get("arrayminus"), n) if bars.get("symmetric") is False or bars.get("arrayminus") else up
    base = (
        pick(trace, "marker.color")
        if isinstance(pick(trace, "marker.color"), str)
        else pick(trace, "line.color")
    )
    ink = colour(bars.get("color") or base, panel.text, opacity=opacity)
    thickness = (number(bars.get("thickness")) or 2.0) * PT_PER_PX
    given = number(bars.get("width"))
    cap = (4.0 if given is None else given) * PT_PER_PX
    across = name == "error_x"
    axis = panel.x if across else panel.y
    found: list[Primitive] = []
    for k in range(n):
        point = panel.point(xs[k], ys[k])
        middle = axis.unit(xs[k] if across else ys[k])
        high, low = number(up[k]), number(down[k])
        if point is None or middle is None or (high is None and low is None):
            continue
        value = 10**middle if axis.kind == "log" else middle
        ends = [axis.at(value - (low or 0.0)), axis.at(value + (high or 0.0))]
        found += _interval(point, ends, panel, across=across, ink=ink, thickness=thickness, cap=cap)
    return found


def _interval(
    point: Point,
    ends: list[float | None],
    panel: Panel,
    *,
    across: bool,
    ink: str,
    thickness: float,
    cap: float,
) -> list[Primitive]:
    """Draw one interval; an end outside the plot has no cap, so that it is seen to go on."""
    places = [end if end is not None else (panel.x.start if across else panel.y.start) for end in ends]
    a, b = [(p, point[1]) if across else (point[0], p) for p in places]
    kept = segment(a, b, panel.frame)
    if kept is None:
        return []
    found: list[Primitive] = [Path(points=kept, stroke=ink, stroke_width=thickness)]
    for end, place in zip((a, b), ends, strict=True):
        if cap and place is not None and panel.inside(end):
            tip = (
                ((end[0], end[1] - cap), (end[0], end[1] + cap))
                if across
                else ((end[0] - cap, end[1]), (end[0] + cap, end[1]))
            )
            found.append(Path(points=tip, stroke=ink, stroke_width=thickness))
    return found


def _points(
    trace: Mapping[str, Any], points: list[Point | None], panel: Panel, opacity: float
) -> list[Primitive]:
    n = len(points)
    marker = trace.get("marker") or {}
    colours = each(marker.get("color") or pick(trace, "line.color"), n, panel.text)
    if any(isinstance(c, int | float) for c in colours):
        raise Unsupported("A figure colours points by numbers.", fix="Give each point its colour.")
    sizes = each(marker.get("size"), n, 6)
    symbols = each(marker.get("symbol"), n, "circle")
    edges = each(pick(marker, "line.color"), n)
    widths = each(pick(marker, "line.width"), n, 0)
    shades = each(marker.get("opacity"), n, 1.0)
    found: list[Primitive] = []
    for k, point in enumerate(points):
        if point and panel.inside(point):
            seen = opacity * float(shades[k])
            found += mark(
                str(symbols[k]), *point, float(sizes[k]) / 2 * PT_PER_PX,
                fill=colour(colours[k], opacity=seen),
                line=colour(edges[k], colours[k] if widths[k] else "", opacity=seen) if widths[k] else "",
                line_width=float(widths[k]) * PT_PER_PX,
            )  # fmt: skip
    return found


def _labels(trace: Mapping[str, Any], points: list[Point | None], panel: Panel) -> list[Primitive]:
    n = len(points)
    template = trace.get("texttemplate")
    if template not in (None, "%{text}"):
        raise Unsupported("A figure writes labels by a template.", fix="Give the labels as text.")
    texts = each(trace.get("text"), n, "")
    places = each(trace.get("textposition"), n, "middle center")
    sizes = each(pick(trace, "textfont.size"), n, panel.size)
    inks = each(pick(trace, "textfont.color"), n, panel.text)
    radii = each(pick(trace, "marker.size"), n, 6 if "markers" in str(trace.get("mode")) else 0)
    found: list[Primitive] = []
    for k, point in enumerate(points):
        if point is None or not texts[k]:
            continue
        above, _, beside = str(places[k]).partition(" ")
        anchor, upright = _ACROSS[beside or "center"], _UPRIGHT[above]
        gap = float(radii[k]) / 2 * PT_PER_PX + 2.0
        dx = {"start": gap, "middle": 0.0, "end": -gap}[anchor]
        dy = {"top": gap - 1.0, "middle": 0.0, "bottom": 1.0 - gap}[upright]
        rows, bold = lines(texts[k], glyphs=panel.glyphs)
        found += lettered(
            rows, point[0] + dx, point[1] + dy, size=float(sizes[k]) * PT_PER_PX,
            fill=colour(inks[k]), anchor=anchor, upright=upright, bold=bold,
        )  # fmt: skip
    return found


def readable_on(fill: str) -> str:
    """Choose dark or light text for a background.

    Parameters
    ----------
    fill : str
        The background.

    Returns
    -------
    str
        The colour of the text that stands out more.
    """
    if len(fill) < 7:
        return _DARK
    shares = [int(fill[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return _LIGHT if 1.05 / (light + 0.05) > (light + 0.05) / 0.06 else _DARK
