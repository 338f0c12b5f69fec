"""A drawing as an SVG file that stands on its own and can be read aloud."""

from __future__ import annotations

from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from audit.figures.drawing import Circle, Drawing, Path, Primitive, Rect, Text
from audit.figures.lettering import SENTENCE_LIMIT, clean

_FONTS: Final = "'Source Sans 3', 'Source Sans Pro', 'Noto Sans', 'Segoe UI', Helvetica, Arial, sans-serif"


def to_svg(drawing: Drawing, title: str, description: str) -> str:
    """Write a drawing as an SVG file.

    Parameters
    ----------
    drawing : Drawing
        The drawing.
    title, description : str
        What it shows and what it says; readers that speak the text read both.

    Returns
    -------
    str
        The text of the file, the same for the same arguments.
    """
    wide, tall = _n(drawing.width), _n(drawing.height)
    name, words = _words(title), _words(description)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" '
                f'width="{wide}pt" height="{tall}pt" viewBox="0 0 {wide} {tall}">'
            ),
            f'<title id="title">{name}</title>',
            f'<desc id="description">{words}</desc>',
            f'<rect width="{wide}" height="{tall}" fill="#ffffff"/>',
            f'<g font-family="{_FONTS}">',
            *(_element(primitive) for primitive in drawing.primitives),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _element(primitive: Primitive) -> str:
    if isinstance(primitive, Rect):
        corner = {"rx": _n(primitive.radius)} if primitive.radius else {}
        return _tag(
            "rect",
            x=_n(primitive.x),
            y=_n(primitive.y),
            width=_n(primitive.width),
            height=_n(primitive.height),
            **corner,
            **_paint(primitive),
        )
    if isinstance(primitive, Circle):
        return _tag(
            "circle", cx=_n(primitive.x), cy=_n(primitive.y), r=_n(primitive.radius), **_paint(primitive)
        )
    if isinstance(primitive, Path):
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in primitive.points)
        return _tag("polygon" if primitive.closed else "polyline", points=points, **_paint(primitive))
    return _text(primitive)


def _text(text: Text) -> str:
    extra: dict[str, str] = {}
    if text.anchor != "start":
        extra["text-anchor"] = text.anchor
    if text.weight != 400:
        extra["font-weight"] = str(text.weight)
    if text.italic:
        extra["font-style"] = "italic"
    if text.angle:
        extra["transform"] = f"rotate({_n(text.angle)} {_n(text.x)} {_n(text.y)})"
    ink = _colour("fill", text.fill)
    attributes = _attributes({"x": _n(text.x), "y": _n(text.y), "font-size": _n(text.size), **ink, **extra})
    return f"<text {attributes}>{_words(text.text)}</text>"


def _paint(primitive: Rect | Circle | Path) -> dict[str, str]:
    found = _colour("fill", primitive.fill)
    if primitive.stroke and primitive.stroke_width:
        found |= _colour("stroke", primitive.stroke)
        found["stroke-width"] = _n(primitive.stroke_width)
        if isinstance(primitive, Path) and primitive.dash:
            found["stroke-dasharray"] = " ".join(_n(part) for part in primitive.dash)
    return found


def _colour(name: str, value: str) -> dict[str, str]:
    if not value:
        return {name: "none"}
    if len(value) == 9:
        return {name: value[:7], f"{name}-opacity": _n(int(value[7:], 16) / 255)}
    return {name: value}


def _tag(name: str, **attributes: Any) -> str:
    return f"<{name} {_attributes(attributes)}/>"


def _attributes(attributes: dict[str, str]) -> str:
    return " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())


def _words(text: str) -> str:
    return escape(clean(text, limit=SENTENCE_LIMIT, glyphs=False))


def _n(value: float) -> str:
    """Write a number without needless digits."""
    return f"{round(float(value), 3) + 0.0:g}" if abs(value) < 1e4 else f"{value:.0f}"
