"""The axes of figures: few, round, explicit ticks, written the same on screen and on paper."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from audit.wording import label, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.figures.theme import Palette


def row_axis(n: int, **more: Any) -> dict[str, Any]:
    """Give the settings of the axis that counts rows from the top.

    Parameters
    ----------
    n : int
        Number of rows.
    **more : object
        Further settings of the axis.

    Returns
    -------
    dict
        Settings of a y axis whose names are drawn as annotations.
    """
    return {
        "range": [n - 0.5, -0.5],
        "tickvals": list(range(n)),
        "ticktext": [""] * n,
        "showgrid": False,
        "zeroline": False,
        "showticklabels": False,
        "fixedrange": True,
        **more,
    }


def value_axis(
    colours: Palette, ticks: Sequence[float], texts: Sequence[str], *, title: str = "", **more: Any
) -> dict[str, Any]:
    """Give the settings of an axis of values.

    Parameters
    ----------
    colours : Palette
        The theme's colours.
    ticks : sequence of float
        Where the ticks are; the axis reaches from the first to the last unless a range is given.
    texts : sequence of str
        What they say.
    title : str, default ""
        What the axis shows.
    **more : object
        Further settings of the axis.

    Returns
    -------
    dict
        Settings of an axis.
    """
    span = ticks[-1] - ticks[0] or 1.0
    settings: dict[str, Any] = {
        "range": [ticks[0] - 0.015 * span, ticks[-1] + 0.015 * span],
        "tickvals": list(ticks),
        "ticktext": list(texts),
        "tickfont": {"size": 12, "color": colours.muted},
        "tickangle": 0,
        "gridcolor": colours.grid,
        "gridwidth": 1,
        "showline": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": False,
    }
    if title:
        settings["title"] = {
            "text": "<br>".join(label(line) for line in wrap(title, 34, 2)),
            "font": {"size": 12, "color": colours.muted},
            "standoff": 6,
        }
    return {**settings, **more}


def nice_ticks(low: float, high: float, *, most: int = 5) -> tuple[float, ...]:
    """Choose round tick values that enclose a range.

    Parameters
    ----------
    low, high : float
        The range to enclose.
    most : int, default 5
        About how many ticks at most; few, so that they stay readable on a narrow screen.

    Returns
    -------
    tuple of float
        Rising, evenly spaced values; the first is at most ``low`` and the last at least ``high``.
    """
    if not high > low:
        high = low + 0.01
    for power in range(-4, 12):
        for base in (1.0, 2.0, 2.5, 5.0):
            step = base * 10.0**power
            first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
            if last - first + 1 <= most:
                return tuple(round(k * step, 10) for k in range(first, last + 1))
    return (low, high)


def rate_ticks(values: Sequence[float | None], *, zero: bool = False) -> tuple[tuple[float, ...], list[str]]:
    """Choose ticks for rates between 0 and 1 and write them in per cent.

    Parameters
    ----------
    values : sequence of float or None
        Everything that is drawn on the axis.
    zero : bool, default False
        Whether the axis has to start at 0.

    Returns
    -------
    tuple
        Tick values, and their texts.
    """
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if zero or low < 0.35 * (high or 1.0):
        low = 0.0
    if high - low < 0.04:
        low, high = max(0.0, low - 0.02), min(1.0, high + 0.02)
    ticks = tuple(tick for tick in nice_ticks(low, high) if tick <= 1 + 1e-9)
    if ticks[-1] < high:
        ticks = (*ticks, 1.0)
    return ticks, percent_texts(ticks)


def plain_ticks(values: Sequence[float | None]) -> tuple[tuple[float, ...], list[str]]:
    """Choose ticks for plain numbers and write them.

    Parameters
    ----------
    values : sequence of float or None
        Everything that is drawn on the axis.

    Returns
    -------
    tuple
        Tick values, and their texts; 0 is among them unless all values are far from it.
    """
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if 0 <= low < 0.35 * high:
        low = 0.0
    if 0 >= high > 0.35 * low:
        high = 0.0
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-3):
        low, high = low - 0.05 * (abs(low) or 1.0), high + 0.05 * (abs(high) or 1.0)
    ticks = nice_ticks(low, high)
    return ticks, [f"{tick + 0.0:,.4g}".replace("-", "\N{MINUS SIGN}") for tick in ticks]


def percent_texts(ticks: Sequence[float]) -> list[str]:
    """Write tick values in per cent.

    Parameters
    ----------
    ticks : sequence of float
        Rates.

    Returns
    -------
    list of str
        "25", with the unit on the last one only, so that they fit a narrow screen.
    """
    return [f"{100 * tick:.4g}{' %' if k == len(ticks) - 1 else ''}" for k, tick in enumerate(ticks)]


def point_texts(ticks: Sequence[float], *, signed: bool = False) -> list[str]:
    """Write tick values in points.

    Parameters
    ----------
    ticks : sequence of float
        Differences of rates.
    signed : bool, default False
        Whether a plus stands before positive values.

    Returns
    -------
    list of str
        "10", or "+10" and "−10".
    """
    return [
        f"{'+' if signed and tick > 1e-12 else ''}{100 * tick + 0.0:.4g}".replace("-", "\N{MINUS SIGN}")
        for tick in ticks
    ]


def count_texts(ticks: Sequence[float]) -> list[str]:
    """Write tick values as counts.

    Parameters
    ----------
    ticks : sequence of float
        Counts.

    Returns
    -------
    list of str
        "500", "10k", "2.5M": short, so that they fit a narrow screen.
    """

    def short(tick: float) -> str:
        for size, unit in ((1e6, "M"), (1e3, "k")):
            if abs(tick) >= 10 * size or (abs(tick) >= size and unit == "M"):
                return f"{tick / size:.4g}{unit}"
        return f"{tick:,.4g}" if tick < 10_000 else f"{tick:,.0f}"

    return [f"{round(tick):,}" if abs(tick) < 10_000 else short(tick) for tick in ticks]


def starts_at(ticks: Sequence[float]) -> str:
    """Say where an axis of rates starts, if not at zero.

    Parameters
    ----------
    ticks : sequence of float
        The axis' ticks.

    Returns
    -------
    str
        ", axis from 60 %", or an empty text.
    """
    return f", axis from {100 * ticks[0]:.4g} %" if ticks[0] > 1e-9 else ""


def plain_start(ticks: Sequence[float], texts: Sequence[str]) -> str:
    """Say where an axis of plain numbers starts, if not at zero or below.

    Parameters
    ----------
    ticks : sequence of float
        The axis' ticks.
    texts : sequence of str
        What they say.

    Returns
    -------
    str
        ", axis from 0.6", or an empty text.
    """
    return f", axis from {texts[0]}" if ticks[0] > 1e-9 else ""
