"""Lines of text in a figure: where their baselines lie, and how much room they take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from audit.figures.drawing import Anchor, Circle, Path, Primitive, Rect, Text
from audit.figures.fonts import width

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE: Final = 1.22
"""Height of a line, as a share of the font size."""

_ASCENT: Final = 0.76
_DESCENT: Final = 0.22
_MIDDLE: Final = 0.33

Upright = Literal["top", "middle", "bottom"]
Box = tuple[float, float, float, float]


def lettered(
    lines: Sequence[str],
    x: float,
    y: float,
    *,
    size: float,
    fill: str,
    anchor: Anchor = "start",
    upright: Upright = "middle",
    bold: bool = False,
    italic: bool = False,
    angle: float = 0.0,
) -> list[Text]:
    """Set lines of text around a point.

    Parameters
    ----------
    lines : sequence of str
        The lines, clean.
    x, y : float
        The point, in points.
    size : float
        Font size in points.
    fill : str
        Colour.
    anchor : {"start", "middle", "end"}, default "start"
        Where the point is across the text.
    upright : {"top", "middle", "bottom"}, default "middle"
        Where the point is in the height of the text.
    bold : bool, default False
        Whether it is semi-bold.
    italic : bool, default False
        Whether it is set in italics.
    angle : float, default 0
        Turn around the point in degrees, clockwise.

    Returns
    -------
    list of Text
        One for each line that is not empty.
    """
    tall = (len(lines) - 1) * LINE * size
    if upright == "top":
        first = _ASCENT * size
    elif upright == "bottom":
        first = -_DESCENT * size - tall
    else:
        first = _MIDDLE * size - tall / 2
    turn = math.radians(angle)
    found = []
    for k, line in enumerate(lines):
        if line:
            down = first + k * LINE * size
            found.append(
                Text(
                    x=x - math.sin(turn) * down,
                    y=y + math.cos(turn) * down,
                    text=line,
                    size=size,
                    fill=fill,
                    anchor=anchor,
                    weight=600 if bold else 400,
                    italic=italic,
                    angle=angle,
                )
            )
    return found


def widest(lines: Sequence[str], size: float, *, bold: bool = False) -> float:
    """Measure the widest of several lines.

    Parameters
    ----------
    lines : sequence of str
        The lines.
    size : float
        Font size in points.
    bold : bool, default False
        Whether they are semi-bold.

    Returns
    -------
    float
        Width in points.
    """
    return max((width(line, size, weight=600 if bold else 400) for line in lines), default=0.0)


def fitted(lines: Sequence[str], room: float, size: float, *, most: int = 2) -> tuple[str, ...]:
    """Fold text into the room there is, and cut what is left over.

    Parameters
    ----------
    lines : sequence of str
        The text, as the figure breaks it.
    room : float
        Width in points.
    size : float
        Font size in points.
    most : int, default 2
        Most lines.

    Returns
    -------
    tuple of str
        Lines that are at most as wide as the room.
    """
    if all(width(line, size) <= room for line in lines):
        return tuple(lines)
    folded: list[str] = []
    for line in lines:
        folded.extend(_folded(line, room, size))
    if len(folded) <= max(most, len(lines)):
        return tuple(cut(line, room, size) for line in folded)
    kept = folded[: max(most, len(lines))]
    kept[-1] = cut(kept[-1] + "…" if width(kept[-1], size) < room else kept[-1] + " …", room, size)
    return tuple(cut(line, room, size) for line in kept)


def _folded(line: str, room: float, size: float) -> list[str]:
    found = [""]
    for word in line.split(" "):
        longer = f"{found[-1]} {word}".strip()
        if width(longer, size) <= room or not found[-1]:
            found[-1] = longer
        else:
            found.append(word)
    return found


def cut(line: str, room: float, size: float) -> str:
    """Cut a line to the room there is.

    Parameters
    ----------
    line : str
        The line.
    room : float
        Width in points.
    size : float
        Font size in points.

    Returns
    -------
    str
        The line, ending in "…" where it was too wide.
    """
    if width(line, size) <= room:
        return line
    kept = line.rstrip("…")
    while kept and width(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def extent(primitive: Primitive) -> Box:
    """Measure the box around a primitive.

    Parameters
    ----------
    primitive : Rect, Circle, Path or Text
        The primitive.

    Returns
    -------
    tuple of float
        Left, top, right and bottom in points.
    """
    if isinstance(primitive, Rect):
        return primitive.x, primitive.y, primitive.x + primitive.width, primitive.y + primitive.height
    if isinstance(primitive, Circle):
        r = primitive.radius + primitive.stroke_width / 2
        return primitive.x - r, primitive.y - r, primitive.x + r, primitive.y + r
    if isinstance(primitive, Path):
        xs, ys = zip(*primitive.points, strict=True)
        return min(xs), min(ys), max(xs), max(ys)
    return _text_extent(primitive)


def _text_extent(text: Text) -> Box:
    wide = width(text.text, text.size, weight=text.weight)
    left = {"start": 0.0, "middle": -wide / 2, "end": -wide}[text.anchor]
    turn = math.radians(text.angle)
    corners = [
        (x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn))
        for x in (left, left + wide)
        for y in (-_ASCENT * text.size, _DESCENT * text.size)
    ]
    xs, ys = zip(*corners, strict=True)
    return text.x + min(xs), text.y + min(ys), text.x + max(xs), text.y + max(ys)
