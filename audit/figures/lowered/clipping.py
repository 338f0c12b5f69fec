"""Cutting lines and rectangles at the edge of the plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Point = tuple[float, float]
Frame = tuple[float, float, float, float]
"""Left, top, right and bottom in points."""


def segment(a: Point, b: Point, frame: Frame) -> tuple[Point, Point] | None:
    """Keep the part of a line that lies in a frame.

    Parameters
    ----------
    a, b : (float, float)
        Its ends.
    frame : (left, top, right, bottom)
        The frame.

    Returns
    -------
    tuple or None
        The ends of the part; None where the line misses the frame.
    """
    left, top, right, bottom = frame
    dx, dy = b[0] - a[0], b[1] - a[1]
    enter, leave = 0.0, 1.0
    for slope, room in ((-dx, a[0] - left), (dx, right - a[0]), (-dy, a[1] - top), (dy, bottom - a[1])):
        if slope == 0:
            if room < -1e-9:
                return None
            continue
        at = room / slope
        if slope < 0:
            enter = max(enter, at)
        else:
            leave = min(leave, at)
    if enter > leave:
        return None
    return (a[0] + enter * dx, a[1] + enter * dy), (a[0] + leave * dx, a[1] + leave * dy)


def polyline(points: Iterable[Point | None], frame: Frame) -> list[list[Point]]:
    """Keep the parts of a broken line that lie in a frame.

    Parameters
    ----------
    points : iterable of (float, float) or None
        Its points; None breaks it.
    frame : (left, top, right, bottom)
        The frame.

    Returns
    -------
    list of list of (float, float)
        The parts, each with two points or more.
    """
    parts: list[list[Point]] = []
    last: Point | None = None
    for point in points:
        if point is not None and last is not None:
            kept = segment(last, point, frame)
            if kept:
                if parts and parts[-1] and _same(parts[-1][-1], kept[0]) and _same(kept[0], last):
                    parts[-1].append(kept[1])
                else:
                    parts.append([kept[0], kept[1]])
        elif parts and point is None:
            parts.append([])
        last = point
    return [part for part in parts if len(part) > 1]


def _same(a: Point, b: Point) -> bool:
    return abs(a[0] - b[0]) < 1e-6 and abs(a[1] - b[1]) < 1e-6


def box(a: Point, b: Point, frame: Frame) -> Frame | None:
    """Keep the part of a rectangle that lies in a frame.

    Parameters
    ----------
    a, b : (float, float)
        Two opposite corners.
    frame : (left, top, right, bottom)
        The frame.

    Returns
    -------
    (left, top, right, bottom) or None
        The part; None where the rectangle misses the frame.
    """
    left, right = max(min(a[0], b[0]), frame[0]), min(max(a[0], b[0]), frame[2])
    top, bottom = max(min(a[1], b[1]), frame[1]), min(max(a[1], b[1]), frame[3])
    return (left, top, right, bottom) if left <= right and top <= bottom else None
