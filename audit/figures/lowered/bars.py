"""Bars: the room each has, where it starts, its hatching and its text."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from audit.figures.drawing import Anchor, Path, Primitive, Rect
from audit.figures.lowered.clipping import Frame, box, segment
from audit.figures.lowered.marks import Panel, errors, readable_on, values
from audit.figures.lowered.reading import PT_PER_PX, Unsupported, colour, each, lines, number, pick
from audit.figures.lowered.words import Upright, lettered, widest

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The room of a bar trace, in units of the axis it stands on.

    Parameters
    ----------
    offset, width : float
        From the position to the bar's near edge, and its width.
    bases : tuple of float
        Where each bar starts.
    """

    offset: float
    width: float
    bases: tuple[float, ...]


def bars(trace: Mapping[str, Any], panel: Panel, slot: Slot) -> list[Primitive]:
    """Draw a trace of bars.

    Parameters
    ----------
    trace : mapping
        The trace.
    panel : Panel
        Where it is drawn.
    slot : Slot
        The room it has.

    Returns
    -------
    list of primitives
        What is drawn.
    """
    across = trace.get("orientation") == "h"
    xs, ys = values(trace, "x", "y"), values(trace, "y", "x")
    spots, sizes = (ys, xs) if across else (xs, ys)
    n = min(len(spots), len(sizes))
    opacity = (number(trace.get("opacity")) or 1.0) * (number(pick(trace, "marker.opacity")) or 1.0)
    fills = each(pick(trace, "marker.color"), n, "#78838f")
    edges, widths = each(pick(trace, "marker.line.color"), n), each(pick(trace, "marker.line.width"), n, 0)
    shapes = each(pick(trace, "marker.pattern.shape"), n, "")
    stand, run = (panel.y, panel.x) if across else (panel.x, panel.y)
    found: list[Primitive] = []
    for k in range(n):
        unit, size = stand.unit(spots[k]), number(sizes[k])
        if unit is None or size is None:
            continue
        near, far = stand.place(unit + slot.offset), stand.place(unit + slot.offset + slot.width)
        a, b = run.at(slot.bases[k]), run.at(slot.bases[k] + size)
        if a is None or b is None:
            continue
        corners = ((a, near), (b, far)) if across else ((near, a), (far, b))
        kept = box(*corners, panel.frame)
        if kept is None:
            continue
        fill = colour(fills[k], opacity=opacity)
        edge = colour(edges[k]) if widths[k] else ""
        found += _bar(
            trace, kept, fill=fill, edge=edge, thickness=float(widths[k]) * PT_PER_PX, shape=str(shapes[k])
        )
        found += _bar_text(trace, (k, n), panel, kept, fill=fill, forward=b >= a, across=across)
    middle = slot.offset + slot.width / 2
    tops = [None if number(s) is None else slot.bases[k] + float(s) for k, s in enumerate(sizes[:n])]
    centres = [None if stand.unit(s) is None else (stand.unit(s) or 0.0) + middle for s in spots[:n]]
    moved = (tops, centres) if across else (centres, tops)
    for name in ("error_x", "error_y"):
        found += errors(trace, name, moved, panel, opacity=opacity)
    return found


def _bar(
    trace: Mapping[str, Any], kept: Frame, *, fill: str, edge: str, thickness: float, shape: str
) -> list[Primitive]:
    left, top, right, bottom = kept
    background = colour(pick(trace, "marker.pattern.bgcolor"), "#ffffff") if shape else fill
    found: list[Primitive] = [Rect(x=left, y=top, width=right - left, height=bottom - top, fill=background)]
    if shape:
        ink = colour(pick(trace, "marker.pattern.fgcolor"), fill) or fill
        found += hatched(kept, ink)
        edge, thickness = edge or ink, thickness or 0.6
    if edge:
        found.append(
            Rect(x=left, y=top, width=right - left, height=bottom - top, stroke=edge, stroke_width=thickness)
        )
    return found


def hatched(frame: Frame, ink: str, *, step: float = 3.2) -> list[Primitive]:
    """Hatch a rectangle.

    Parameters
    ----------
    frame : (left, top, right, bottom)
        The rectangle.
    ink : str
        Colour.
    step : float, default 3.2
        From line to line, in points.

    Returns
    -------
    list of primitives
        Slanted lines.
    """
    left, top, right, bottom = frame
    tall = bottom - top
    found: list[Primitive] = []
    at = left - tall + step
    while at < right:
        kept = segment((at, bottom), (at + tall, top), frame)
        if kept:
            found.append(Path(points=kept, stroke=ink, stroke_width=0.6))
        at += step
    return found


def _bar_text(
    trace: Mapping[str, Any],
    at: tuple[int, int],
    panel: Panel,
    kept: Frame,
    *,
    fill: str,
    forward: bool,
    across: bool,
) -> list[Primitive]:
    k, n = at
    text = each(trace.get("text"), n, "")[k]
    place = str(each(trace.get("textposition"), n, "auto")[k])
    if not text or place == "none":
        return []
    rows, bold = lines(text, glyphs=panel.glyphs)
    size = float(each(pick(trace, "textfont.size"), n, panel.size)[k]) * PT_PER_PX
    left, top, right, bottom = kept
    room = (right - left if across else bottom - top) - 6.0
    needed = widest(rows, size, bold=bold) if across else len(rows) * size
    inside = place == "inside" or (place == "auto" and needed <= room)
    given = each(pick(trace, "textfont.color"), n)[k]
    ink = colour(given, readable_on(fill) if inside else panel.text)
    gap = -3.0 if inside else 3.0
    anchor: Anchor
    upright: Upright
    if across:
        x = right + gap if forward else left - gap
        anchor = "start" if forward != inside else "end"
        return list(lettered(rows, x, (top + bottom) / 2, size=size, fill=ink, anchor=anchor, bold=bold))
    y = top - gap if forward else bottom + gap
    upright = "bottom" if forward != inside else "top"
    middle = (left + right) / 2
    return list(lettered(rows, middle, y, size=size, fill=ink, anchor="middle", upright=upright, bold=bold))


def runs(trace: Mapping[str, Any]) -> str:
    """Name the direction in which bars run.

    Parameters
    ----------
    trace : mapping
        The trace.

    Returns
    -------
    str
        "x" or "y".
    """
    return "x" if trace.get("orientation") == "h" else "y"


def slots(data: tuple[Mapping[str, Any], ...], layout: Mapping[str, Any]) -> dict[int, Slot]:
    """Give every bar trace its room beside or on top of the others.

    Parameters
    ----------
    data : tuple of mapping
        The traces.
    layout : mapping
        The figure's settings.

    Returns
    -------
    dict
        The room of each bar trace by its place among the traces.

    Raises
    ------
    Unsupported
        Where bars are put together in a way that is not drawn.
    """
    mode = str(layout.get("barmode") or "group")
    if mode not in {"group", "stack", "relative", "overlay"}:
        raise Unsupported(f"A figure puts bars together by '{mode}'.")
    gap = number(layout.get("bargap"))
    gap, inner = (0.2 if gap is None else gap), number(layout.get("bargroupgap")) or 0.0
    panels: dict[tuple[str, str, str], list[int]] = {}
    for k, trace in enumerate(data):
        if trace["type"] == "bar":
            panels.setdefault((trace.get("xaxis") or "x", trace.get("yaxis") or "y", runs(trace)), []).append(
                k
            )
    found: dict[int, Slot] = {}
    for (_, _, run), members in panels.items():
        found.update(_shared(data, members, run, mode=mode, gap=gap, inner=inner))
    return found


def _shared(
    data: tuple[Mapping[str, Any], ...], members: list[int], run: str, *, mode: str, gap: float, inner: float
) -> dict[int, Slot]:
    stand = "y" if run == "x" else "x"
    spots = sorted({p for k in members for v in values(data[k], stand, run) if (p := number(v)) is not None})
    step = min((b - a for a, b in pairwise(spots)), default=1.0)
    names = [str(data[k].get("offsetgroup") or k) for k in members]
    beside = list(dict.fromkeys(names)) if mode == "group" else [""]
    room = step * (1 - gap) / len(beside)
    heaps: dict[tuple[str, bool], float] = {}
    found: dict[int, Slot] = {}
    for k, name in zip(members, names, strict=True):
        trace = data[k]
        column = beside.index(name) if mode == "group" else 0
        near = -step * (1 - gap) / 2 + column * room + room * inner / 2
        wide = number(_single(trace.get("width"))) or room * (1 - inner)
        given = number(_single(trace.get("offset")))
        offset = given if given is not None else near + (room * (1 - inner) - wide) / 2
        found[k] = Slot(offset=offset, width=wide, bases=_bases(trace, stand, run, mode, heaps))
    return found


def _bases(
    trace: Mapping[str, Any], stand: str, run: str, mode: str, heaps: dict[tuple[str, bool], float]
) -> tuple[float, ...]:
    """Say where each bar starts: at its base, or on top of the bars before it."""
    sizes, spots = values(trace, run, stand), values(trace, stand, run)
    given = [number(b) or 0.0 for b in each(trace.get("base"), len(sizes), 0.0)]
    if mode not in {"stack", "relative"}:
        return tuple(given)
    found = []
    for spot, size, base in zip(spots, sizes, given, strict=False):
        amount = number(size) or 0.0
        key = (str(spot), amount < 0)
        found.append(base + heaps.get(key, 0.0))
        heaps[key] = heaps.get(key, 0.0) + amount
    return tuple(found)


def _single(value: Any) -> Any:
    """Take the one width or offset that all bars of a trace share."""
    if isinstance(value, list):
        if len(set(value)) > 1:
            raise Unsupported("A figure has bars of different widths in one trace.")
        return value[0] if value else None
    return value
