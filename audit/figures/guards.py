"""Gaps beside chance: what was observed, what chance alone would show, and what is left without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.axes import nice_ticks, point_texts, value_axis
from audit.figures.canvas import Row, Sheet, sheet
from audit.figures.marks import band, gap, intervals, marks, upright
from audit.wording import column_title, gap_interval, label, points, short_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.chapters.guards import GapGuardRow
    from audit.figures.theme import Theme
    from audit.plan import Outcome


def guards(
    rows: Sequence[GapGuardRow],
    tolerances: Sequence[float | None] = (),
    *,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw gaps with their intervals, beside the gap by chance alone and the gap without what chance adds.

    Parameters
    ----------
    rows : sequence of GapGuardRow
        The gaps, in the order to show.
    tolerances : sequence of float or None, default ()
        The tolerance of each gap, where it has one.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        One line for each gap, on one axis of points from 0.
    """
    bounds = [*tolerances, *([None] * (len(rows) - len(tolerances)))]
    drawn = sheet(
        [_words(row, favourable) for row in rows],
        theme=theme,
        alt=guards_alt(rows, favourable=favourable),
        title=title,
        caption="Dot: observed, with its interval; ring: debiased; upright mark: chance alone"
        + ("; shaded: within tolerance." if any(bound is not None for bound in bounds) else "."),
    )
    known = [(y, row, row.value) for y, row in enumerate(rows) if row.value is not None]
    ends = [v for _, row, value in known for v in (value, row.high, row.expected) if v is not None]
    ticks = nice_ticks(0.0, max([*ends, *(bound for bound in bounds if bound is not None)], default=0.1))
    for y, (row, bound) in enumerate(zip(rows, bounds, strict=True)):
        if bound is not None:
            band(drawn, (0.0, min(bound, ticks[-1])), (y - 0.36, y + 0.36))
            upright(drawn, bound, (y - 0.36, y + 0.36), width=2)
        if row.value is None:
            gap(drawn, y, row.reason, x=ticks[0])
    intervals(
        drawn, [x for *_, x in known], [y for y, *_ in known], [(row.low, row.high) for _, row, _ in known]
    )
    _draw(drawn, known, favourable, confidence)
    drawn.layout.update(
        xaxis=value_axis(drawn.palette, ticks, point_texts(ticks), title="Gap in percentage points")
    )
    return drawn.finish()


def guards_alt(rows: Sequence[GapGuardRow], *, favourable: Outcome = "positive") -> str:
    """Say what the guards show.

    Parameters
    ----------
    rows : sequence of GapGuardRow
        The gaps.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        Each gap as observed, by chance, and without chance.
    """
    said = [
        f"{short_title(row.metric, favourable)} by {column_title(row.sensitive)}: observed "
        f"{points(row.value, reason=row.reason)}"
        + (
            ""
            if row.value is None
            else f", chance alone {points(row.expected)}, without chance {points(row.debiased)}"
        )
        for row in rows
    ]
    return "; ".join(said) + "." if said else "There is no gap to show."


def _words(row: GapGuardRow, favourable: Outcome) -> Row:
    return Row(
        name=short_title(row.metric, favourable),
        note=column_title(row.sensitive),
        value="" if row.value is None else points(row.value).removesuffix(" points"),
        value_note="" if row.debiased is None else f"debiased {points(row.debiased).removesuffix(' points')}",
    )


def _draw(
    drawn: Sheet, known: Sequence[tuple[int, GapGuardRow, float]], favourable: Outcome, confidence: float
) -> None:
    hover = [_hover(row, favourable, confidence) for _, row, _ in known]
    ys = [y for y, *_ in known]
    for y, row, _ in known:
        if row.expected is not None:
            upright(drawn, row.expected, (y - 0.22, y + 0.22), colour=drawn.palette.text, width=2.5)
    marks(drawn, [x for *_, x in known], ys, colours=drawn.palette.accent, hover=hover, size=12)
    marks(
        drawn,
        [row.debiased or 0.0 for _, row, _ in known],
        ys,
        colours=drawn.palette.accent,
        hover=hover,
        symbol="circle-open",
        size=12,
    )


def _hover(row: GapGuardRow, favourable: Outcome, confidence: float) -> str:
    lines = [
        short_title(row.metric, favourable),
        column_title(row.sensitive),
        f"observed {points(row.value)}",
        gap_interval(row.low, row.high, confidence=confidence),
        f"chance alone {points(row.expected)}",
        f"without chance {points(row.debiased)}",
    ]
    return "<br>".join(label(line) for line in lines if line)
