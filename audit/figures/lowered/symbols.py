"""Marks of points: the same shapes as on the screen."""

from __future__ import annotations

import math
from typing import Final

from audit.figures.drawing import Circle, Path, Primitive
from audit.figures.lowered.reading import Unsupported

_ROOT: Final = math.sqrt(3)
_X: Final = 0.45
_SHAPES: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "square": ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)),
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "triangle-up": ((-2 / _ROOT, 0.85), (2 / _ROOT, 0.85), (0, -1.15)),
    "triangle-down": ((-2 / _ROOT, -0.85), (2 / _ROOT, -0.85), (0, 1.15)),
    "triangle-left": ((0.85, -2 / _ROOT), (0.85, 2 / _ROOT), (-1.15, 0)),
    "triangle-right": ((-0.85, -2 / _ROOT), (-0.85, 2 / _ROOT), (1.15, 0)),
    "cross": (
        (-_X, -1.1), (_X, -1.1), (_X, -_X), (1.1, -_X), (1.1, _X), (_X, _X), (_X, 1.1), (-_X, 1.1), (-_X, _X),
        (-1.1, _X), (-1.1, -_X), (-_X, -_X),
    ),
}  # fmt: skip
_STROKES: Final[dict[str, tuple[tuple[tuple[float, float], tuple[float, float]], ...]]] = {
    "line-ns": (((0, -1.4), (0, 1.4)),),
    "line-ew": (((-1.4, 0), (1.4, 0)),),
    "x-thin": (((-1, -1), (1, 1)), ((-1, 1), (1, -1))),
    "cross-thin": (((0, -1.2), (0, 1.2)), ((-1.2, 0), (1.2, 0))),
}  # fmt: skip


def mark(
    symbol: str, x: float, y: float, radius: float, *, fill: str, line: str, line_width: float
) -> list[Primitive]:
    """Draw the mark of a point.

    Parameters
    ----------
    symbol : str
        Its name on the screen, such as "circle" or "diamond-open".
    x, y, radius : float
        Where it is and how large, in points.
    fill, line : str
        Colours of its inside and its outline.
    line_width : float
        Width of the outline in points.

    Returns
    -------
    list of primitives
        What is drawn.

    Raises
    ------
    Unsupported
        Where the shape is not drawn on paper.
    """
    name = symbol
    if name.endswith("-open"):
        # On the screen an open mark takes its colour for the outline and shows what lies behind.
        name, line, fill = name.removesuffix("-open"), fill, ""
        line_width = max(line_width, 0.9)
    if name == "circle":
        return [
            Circle(x=x, y=y, radius=radius, fill=fill, stroke=line, stroke_width=line_width if line else 0)
        ]
    if name in _STROKES:
        ink, thickness = line or fill, max(line_width, 0.9)
        return [
            Path(
                points=tuple((x + radius * u, y + radius * v) for u, v in ends),
                stroke=ink,
                stroke_width=thickness,
            )
            for ends in _STROKES[name]
        ]
    if name == "x":
        turned = tuple(((u - v) / math.sqrt(2), (u + v) / math.sqrt(2)) for u, v in _SHAPES["cross"])
    elif name in _SHAPES:
        turned = _SHAPES[name]
    else:
        raise Unsupported(f"A figure marks points with '{symbol}'.")
    points = tuple((x + radius * u, y + radius * v) for u, v in turned)
    return [Path(points=points, closed=True, fill=fill, stroke=line, stroke_width=line_width if line else 0)]
