"""A figure as rectangles, circles, lines, shapes and texts, in points: what paper and SVG files are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Anchor: TypeAlias = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A rectangle with its upper left corner at (x, y).

    Parameters
    ----------
    x, y, width, height : float
        Position and size in points; y grows downwards.
    fill, stroke : str, default ""
        Colours as "#rrggbb" or "#rrggbbaa"; empty for none.
    stroke_width : float, default 0
        Width of the outline in points.
    radius : float, default 0
        Radius of the corners in points.
    """

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 0.0
    radius: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """A circle around (x, y).

    Parameters
    ----------
    x, y, radius : float
        Centre and radius in points.
    fill, stroke : str, default ""
        Colours; empty for none.
    stroke_width : float, default 0
        Width of the outline in points.
    """

    x: float
    y: float
    radius: float
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Straight lines through points; closed, it is a polygon.

    Parameters
    ----------
    points : tuple of (x, y)
        Two points or more, in points of length.
    closed : bool, default False
        Whether the last point is joined to the first.
    fill, stroke : str, default ""
        Colours; empty for none.
    stroke_width : float, default 0
        Width of the line in points.
    dash : tuple of float, default ()
        Lengths of dashes and gaps in points; empty for a solid line.
    """

    points: tuple[tuple[float, float], ...]
    closed: bool = False
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 0.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One line of text whose baseline starts, is centred or ends at (x, y).

    Parameters
    ----------
    x, y : float
        Where the anchor of the baseline is, in points.
    text : str
        The text, printed literally.
    size : float
        Font size in points.
    fill : str
        Colour.
    anchor : {"start", "middle", "end"}, default "start"
        Which part of the text is at x.
    weight : int, default 400
        400 for regular, 600 for semi-bold.
    italic : bool, default False
        Whether it is set in italics.
    angle : float, default 0
        Turn around (x, y) in degrees, clockwise.
    """

    x: float
    y: float
    text: str
    size: float
    fill: str
    anchor: Anchor = "start"
    weight: int = 400
    italic: bool = False
    angle: float = 0.0


Primitive: TypeAlias = Rect | Circle | Path | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture of a given size, ready for paper or a file.

    Parameters
    ----------
    width, height : float
        Size in points.
    primitives : tuple of Rect, Circle, Path or Text
        What is drawn, from back to front.
    """

    width: float
    height: float
    primitives: tuple[Primitive, ...]
