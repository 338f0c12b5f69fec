"""Reading a figure: its settings with the template's filled in, its colours, its texts."""

from __future__ import annotations

import base64
import html
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from audit.errors import AuditError
from audit.figures.lettering import SENTENCE_LIMIT, clean

PT_PER_PX: Final = 0.7
"""Points on paper for a pixel on the screen: 12 px type is set in 8.4 points."""

KINDS: Final = ("scatter", "bar", "heatmap")

_TAG: Final = re.compile(r"</?(?:b|i|em|strong|sub|sup|span|a)(?:\s[^<>]*)?>", re.IGNORECASE)
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BOLD: Final = re.compile(r"^\s*<(?:b|strong)>", re.IGNORECASE)
_RGB: Final = re.compile(r"rgba?\(([^)]*)\)")
_NAMED: Final = {
    "black": "#000000", "white": "#ffffff", "gray": "#808080", "grey": "#808080", "lightgray": "#d3d3d3",
    "lightgrey": "#d3d3d3", "red": "#ff0000", "blue": "#0000ff", "green": "#008000", "transparent": "", "none": "",
}  # fmt: skip


class Unsupported(AuditError):  # noqa: N818 - it names what is wrong with the figure
    """A figure holds something that cannot be drawn on paper."""

    def __init__(self, what: str, *, fix: str = "Use one of the parts that are drawn on paper.") -> None:
        super().__init__(
            what,
            why="Paper is drawn from a short list of parts, so that it shows the same as the screen.",
            fix=fix,
            code="figure_not_drawable",
        )


def read(figure: Any) -> dict[str, Any]:
    """Give a figure as plain values, with its template filled in.

    Parameters
    ----------
    figure : plotly Figure
        The figure.

    Returns
    -------
    dict
        "data" (list of traces) and "layout".

    Raises
    ------
    Unsupported
        Where a trace is of a kind that is not drawn.
    """
    raw = decoded(figure.to_plotly_json())
    layout = dict(raw.get("layout", {}))
    template = layout.pop("template", None) or {}
    base = dict(template.get("layout", {}))
    layout = _filled(base, layout)
    for name in list(layout):
        if re.fullmatch(r"[xy]axis\d+", name):
            layout[name] = _filled(base.get(name[:5], {}), layout[name])
    for one, defaults in (("annotations", "annotationdefaults"), ("shapes", "shapedefaults")):
        layout[one] = [_filled(base.get(defaults, {}), item) for item in layout.get(one) or ()]
    styles = template.get("data", {})
    data = []
    for trace in raw.get("data", ()):
        kind = trace.get("type", "scatter")
        if kind not in KINDS:
            raise Unsupported(f"A figure holds a trace of kind '{kind}'.")
        style = (styles.get(kind) or [{}])[0]
        data.append({"type": kind, **_filled(style, trace)})
    return {"data": data, "layout": layout}


def decoded(value: Any) -> Any:
    """Turn arrays, also packed ones, into lists.

    Parameters
    ----------
    value : object
        A part of a figure.

    Returns
    -------
    object
        The same part with lists, dicts and plain values.
    """
    if isinstance(value, Mapping):
        if "bdata" in value:
            flat = np.frombuffer(base64.b64decode(value["bdata"]), dtype=np.dtype(value["dtype"]))
            shape = value.get("shape")
            sizes = [int(n) for n in str(shape).split(",")] if shape else [flat.size]
            return flat.reshape(sizes).tolist()
        return {str(key): decoded(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return decoded(value.tolist())
    if isinstance(value, tuple | list):
        return [decoded(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _filled(base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Fill what is not given from the base, all the way down."""
    merged = dict(base)
    for key, value in given.items():
        under = merged.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            merged[key] = _filled(under, value)
        elif value is not None:
            merged[key] = value
    return merged


def pick(source: Mapping[str, Any], path: str, default: Any = None) -> Any:
    """Look up a setting by its dotted path.

    Parameters
    ----------
    source : mapping
        A part of a figure.
    path : str
        Such as "marker.line.color".
    default : object, default None
        What stands where nothing is set.

    Returns
    -------
    object
        The setting.
    """
    at: Any = source
    for name in path.split("."):
        if not isinstance(at, Mapping) or at.get(name) is None:
            return default
        at = at[name]
    return at


def each(value: Any, n: int, default: Any = None) -> list[Any]:
    """Spread a setting over the points of a trace.

    Parameters
    ----------
    value : object
        One setting for all, or a list with one for each.
    n : int
        Number of points.
    default : object, default None
        What stands where nothing is set.

    Returns
    -------
    list
        n settings.
    """
    if isinstance(value, list):
        return [default if v is None else v for v in value[:n]] + [default] * (n - len(value))
    return [default if value is None else value] * n


def number(value: Any) -> float | None:
    """Read a number where there is one.

    Parameters
    ----------
    value : object
        A value of a trace.

    Returns
    -------
    float or None
        The number; None where it is missing or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def colour(value: Any, default: str = "", *, opacity: float = 1.0) -> str:
    """Write a colour as "#rrggbb", or as "#rrggbbaa" where it is translucent.

    Parameters
    ----------
    value : object
        A colour in hexadecimal, as "rgb(…)" or "rgba(…)", or by a common name.
    default : str, default ""
        What stands where nothing is set.
    opacity : float, default 1
        How much of it is seen, 0 to 1.

    Returns
    -------
    str
        The colour; empty for none.

    Raises
    ------
    Unsupported
        Where it is written in another way.
    """
    if value is None or value == "":
        value = default
    if value == "":
        return ""
    text = str(value).strip().lower()
    text = _NAMED.get(text, text)
    if text == "":
        return ""
    match = _RGB.fullmatch(text)
    if match:
        parts = [float(part) for part in match[1].split(",")]
        red, green, blue = (round(part) for part in parts[:3])
        alpha = parts[3] if len(parts) == 4 else 1.0
    elif re.fullmatch(r"#[0-9a-f]{3}", text):
        red, green, blue = (int(c * 2, 16) for c in text[1:])
        alpha = 1.0
    elif re.fullmatch(r"#[0-9a-f]{6}(?:[0-9a-f]{2})?", text):
        red, green, blue = (int(text[k : k + 2], 16) for k in (1, 3, 5))
        alpha = int(text[7:9], 16) / 255 if len(text) == 9 else 1.0
    else:
        raise Unsupported("A figure uses a colour that is not written as #rrggbb or rgba(…).")
    alpha *= opacity
    if alpha <= 0:
        return ""
    tail = "" if alpha >= 0.9999 else f"{round(alpha * 255):02x}"
    return f"#{red:02x}{green:02x}{blue:02x}{tail}"


def lines(text: Any, *, glyphs: bool) -> tuple[tuple[str, ...], bool]:
    """Read a label: its lines as plain text, and whether it is bold.

    Parameters
    ----------
    text : object
        A label of a figure, in which names from data are already escaped.
    glyphs : bool
        Whether characters that no font has are spelled out.

    Returns
    -------
    tuple
        The lines, and whether the label is bold.
    """
    raw = "" if text is None else str(text)
    bold = bool(_BOLD.match(raw))
    parts = [html.unescape(_TAG.sub("", part)) for part in _BREAK.split(raw)]
    return tuple(clean(part, limit=SENTENCE_LIMIT, glyphs=glyphs) for part in parts), bold


def dash(name: Any, thickness: float) -> tuple[float, ...]:
    """Give the lengths of dashes and gaps for a named line.

    Parameters
    ----------
    name : object
        "solid", "dot", "dash", "longdash", "dashdot", or lengths such as "4px,2px".
    thickness : float
        Width of the line in points.

    Returns
    -------
    tuple of float
        Lengths in points; empty for a solid line.
    """
    unit = max(thickness, 0.6)
    known: dict[str, Sequence[float]] = {
        "solid": (), "dot": (1.2, 2.2), "dash": (4, 3), "longdash": (7, 3.5), "dashdot": (5, 2.5, 1.2, 2.5),
    }  # fmt: skip
    text = str(name or "solid")
    if text in known:
        return tuple(round(part * unit, 3) for part in known[text])
    try:
        return tuple(float(part.strip().removesuffix("px")) * PT_PER_PX for part in text.split(","))
    except ValueError:
        raise Unsupported("A figure uses a line that is neither solid nor dashed.") from None
