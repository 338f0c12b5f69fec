"""The data before a model: shares against the population, gaps in missing values, and what precision would follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.figures.axes import nice_ticks, point_texts, rate_ticks, starts_at, value_axis
from audit.figures.canvas import Row, sheet
from audit.figures.marks import SMALL, gap, intervals, marks
from audit.figures.ordering import MOST, left_out
from audit.figures.theme import Theme, group_colour
from audit.rows import group_name
from audit.wording import (
    cannot_both,
    count,
    gap_interval,
    group_phrase,
    label,
    missing_gap,
    percent,
    points,
    rate_interval,
    represented,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.chapters.impossibility import ImpossibilityRow
    from audit.chapters.missing import MissingGapRow
    from audit.chapters.representation import RepresentationRow

COLUMNS: Final = 15
"""Columns that a picture of missing values shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A value with its interval, and a second value to hold it against."""

    words: Row
    value: float | None
    low: float | None
    high: float | None
    hover: str
    second: float | None = None
    open: bool = False
    colour: str = ""
    reason: str = ""


def shares(
    rows: Sequence[RepresentationRow], *, title: str = "", theme: Theme = "light", confidence: float = 0.95
) -> go.Figure:
    """Draw the share of every group in the data, beside its share of the population.

    Parameters
    ----------
    rows : sequence of RepresentationRow
        The groups of one column, in the audit's order.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        The largest group first; a diamond is the population.
    """
    against = any(row.population is not None for row in rows)
    places = {row.group: k for k, row in enumerate(rows)}
    ranked = sorted(rows, key=lambda row: (row.unknown, -(row.population or 0.0), -(row.value or 0.0)))
    spots = [
        _Spot(
            words=Row(
                name=group_name(row.group),
                note=f"n {count(row.n)}",
                value=percent(row.value) if row.value is not None else "",
                value_note=f"pop. {percent(row.population)}" if row.population is not None else "",
            ),
            value=row.value,
            low=row.low,
            high=row.high,
            second=row.population,
            open=row.n < SMALL,
            colour=group_colour(places[row.group], theme),
            reason=row.reason,
            hover=_lines(
                group_name(row.group),
                f"in the data {percent(row.value)}",
                rate_interval(row.low, row.high, confidence=confidence),
                f"in the population {percent(row.population)}" if row.population is not None else "",
                f"n {count(row.n)}",
            ),
        )
        for row in ranked
    ]
    caption = "Dot: share in the data; line: interval" + ("; diamond: population." if against else ".")
    return _draw(
        spots,
        alt=shares_alt(rows),
        caption=caption,
        axis="Share of people",
        title=title,
        theme=theme,
        zero=True,
    )


def shares_alt(rows: Sequence[RepresentationRow]) -> str:
    """Say how the groups stand to the population.

    Parameters
    ----------
    rows : sequence of RepresentationRow
        The groups of one column.

    Returns
    -------
    str
        The furthest group; without a population, the largest and the smallest share.
    """
    said = represented(rows)
    known = sorted((row for row in rows if row.value is not None), key=lambda row: -(row.value or 0.0))
    if said or not known:
        return said or "There is no group to show."
    ends = f"{percent(known[0].value)} for {group_phrase(known[0].sensitive, known[0].group)}"
    last = f"{percent(known[-1].value)} for {group_phrase(known[-1].sensitive, known[-1].group)}"
    return f"Shares of the people run from {last} to {ends}."


def missing(
    rows: Sequence[MissingGapRow], *, title: str = "", theme: Theme = "light", confidence: float = 0.95
) -> go.Figure:
    """Draw how far the groups are apart in the missing values of every column.

    Parameters
    ----------
    rows : sequence of MissingGapRow
        The columns, the widest gap first.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        A dot with its interval for each of the first columns.
    """
    spots = [
        _Spot(
            words=Row(
                name=row.column,
                note=f"most: {group_name(row.group)}" if row.group else "",
                value=points(row.value).removesuffix(" points") if row.value is not None else "",
            ),
            value=row.value,
            low=row.low,
            high=row.high,
            reason=row.reason,
            hover=_lines(
                row.column,
                f"{points(row.value)} apart",
                gap_interval(row.low, row.high, confidence=confidence),
                f"most: {group_name(row.group)}" if row.group else "",
                f"least: {group_name(row.reference)}" if row.reference else "",
            ),
        )
        for row in rows[:COLUMNS]
    ]
    more = left_out(len(rows), len(spots), "the widest gaps")
    return _draw(
        spots,
        alt=missing_alt(rows, confidence=confidence),
        caption=f"Dot: gap between the groups; line: interval, simultaneous over the groups. {more}".strip(),
        axis="Gap in missing values, points",
        title=title,
        theme=theme,
        in_points=True,
    )


def missing_alt(rows: Sequence[MissingGapRow], *, confidence: float = 0.95) -> str:
    """Say which column is missing most unevenly.

    Parameters
    ----------
    rows : sequence of MissingGapRow
        The columns, the widest gap first.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    str
        One sentence.
    """
    return missing_gap(rows[0], confidence=confidence) if rows else "Nothing is missing."


def limits(
    rows: Sequence[ImpossibilityRow], *, title: str = "", theme: Theme = "light", confidence: float = 0.95
) -> go.Figure:
    """Draw every group's precision beside the one that everybody's error rates would give it.

    Parameters
    ----------
    rows : sequence of ImpossibilityRow
        The groups of one column, in the audit's order.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        Groups by falling base rate; a diamond is what would follow.
    """
    places = {row.group: k for k, row in enumerate(rows)}
    ranked = sorted(rows, key=lambda row: (row.base_rate is None, -(row.base_rate or 0.0)))
    spots = [
        _Spot(
            words=Row(
                name=group_name(row.group),
                note=f"base rate {percent(row.base_rate)}" if row.base_rate is not None else "",
                value=percent(row.observed) if row.observed is not None else "",
                value_note=f"then {percent(row.value)}" if row.value is not None else "",
            ),
            value=row.observed,
            low=row.observed_low,
            high=row.observed_high,
            second=row.value,
            open=row.n < SMALL,
            colour=group_colour(places[row.group], theme),
            reason="no_predicted_positives" if row.observed is None else "",
            hover=_lines(
                group_name(row.group),
                f"precision {percent(row.observed)}",
                rate_interval(row.observed_low, row.observed_high, confidence=confidence),
                f"with everybody's error rates {percent(row.value)}",
                f"n {count(row.n)}",
            ),
        )
        for row in ranked
    ]
    return _draw(
        spots,
        alt=limits_alt(rows),
        caption="Dot: precision; line: interval; diamond: the precision that would follow from everybody's error rates.",
        axis="Positive decisions that are right (precision)",
        title=title,
        theme=theme,
    )


def limits_alt(rows: Sequence[ImpossibilityRow]) -> str:
    """Say what equal error rates would do to the groups' precision.

    Parameters
    ----------
    rows : sequence of ImpossibilityRow
        The groups of one column.

    Returns
    -------
    str
        One sentence.
    """
    return cannot_both(rows) or "Fewer than two groups can be estimated."


def _lines(*texts: str) -> str:
    return "<br>".join(label(text) for text in texts if text)


def _draw(
    spots: Sequence[_Spot],
    *,
    alt: str,
    caption: str,
    axis: str,
    title: str,
    theme: Theme,
    in_points: bool = False,
    zero: bool = False,
) -> go.Figure:
    """Draw dots with intervals in rows, and the values that they are held against."""
    shown = spots if len(spots) <= MOST else [*spots[: MOST // 2], *spots[-(MOST // 2) :]]
    more = left_out(len(spots), len(shown), "the first and the last")
    drawn = sheet(
        [spot.words for spot in shown],
        theme=theme,
        alt=alt,
        title=title,
        caption=f"{caption} {more}".strip(),
    )
    every = [v for spot in shown for v in (spot.value, spot.low, spot.high, spot.second)]
    if in_points:
        ticks = nice_ticks(0.0, max((v for v in every if v is not None), default=0.1))
        texts = point_texts(ticks)
    else:
        ticks, texts = rate_ticks(every, zero=zero)
    known = [(y, spot, spot.value) for y, spot in enumerate(shown) if spot.value is not None]
    colours = [spot.colour or drawn.palette.accent for _, spot, _ in known]
    intervals(
        drawn, [x for *_, x in known], [y for y, *_ in known], [(spot.low, spot.high) for _, spot, _ in known]
    )
    held = [(y, spot.second, spot) for y, spot in enumerate(shown) if spot.second is not None]
    marks(
        drawn,
        [x for _, x, _ in held],
        [y for y, *_ in held],
        colours=drawn.palette.text,
        hover=[spot.hover for *_, spot in held],
        symbol="diamond-open",
        size=12,
    )
    for hollow in (False, True):
        wanted = [k for k, item in enumerate(known) if item[1].open == hollow]
        marks(
            drawn,
            [known[k][2] for k in wanted],
            [known[k][0] for k in wanted],
            colours=[colours[k] for k in wanted],
            hover=[known[k][1].hover for k in wanted],
            symbol="circle-open" if hollow else "circle",
            size=11,
        )
    for y, spot in enumerate(shown):
        if spot.value is None:
            gap(drawn, y, spot.reason, x=ticks[0])
    drawn.layout.update(
        xaxis=value_axis(
            drawn.palette, ticks, texts, title=axis if in_points else f"{axis}{starts_at(ticks)}"
        )
    )
    return drawn.finish()
