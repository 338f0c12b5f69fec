"""Scores against observed rates by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.figures.axes import percent_texts, value_axis
from audit.figures.keyed import Name, begin, name_all, score_axis, shares, straight
from audit.figures.marks import SMALL, marks
from audit.figures.ordering import left_out
from audit.figures.theme import Theme, group_colour
from audit.rows import group_name
from audit.wording import count, group_phrase, label, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.chapters.calibration import ReliabilityRow
    from audit.figures.canvas import Sheet

MOST_PROMISES: Final = 4
"""Groups in one picture of calibration; more could not be told apart."""


def promises(
    rows: Sequence[ReliabilityRow], *, probabilities: bool = True, title: str = "", theme: Theme = "light"
) -> go.Figure:
    """Draw observed rates over mean scores, with intervals, beside the line on which scores keep their promise.

    Parameters
    ----------
    rows : sequence of ReliabilityRow
        The bins of every group, in the audit's order; rows of everybody are left out.
    probabilities : bool, default True
        Whether scores are probabilities, so that there is such a line.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.

    Returns
    -------
    plotly.graph_objects.Figure
        The four largest groups; bins with few people are open marks.
    """
    bins = _by_group(rows)
    places = {group: place for place, group in enumerate(bins)}
    sizes = {group: sum(row.n for row in part) for group, part in bins.items()}
    shown = sorted(
        sorted(bins, key=lambda group: -sizes[group])[:MOST_PROMISES], key=lambda group: places[group]
    )
    said = ["Dotted: as promised."] if probabilities else []
    said += ["Bars: intervals.", left_out(len(bins), len(shown), "the largest")]
    alt = promises_alt(rows, probabilities=probabilities)
    drawn = begin(title, " ".join(said).strip(), theme=theme, alt=alt)
    if probabilities:
        straight(drawn, (0.0, 1.0), (0.0, 1.0), dash="dot")
    for group in shown:
        _promise(drawn, bins[group], group_colour(places[group], theme))
    name_all(
        drawn,
        [
            Name(
                group=group,
                note=f"n {count(sizes[group])}",
                colour=group_colour(places[group], theme),
                height=next((row.value for row in reversed(bins[group]) if row.value is not None), None),
            )
            for group in shown
        ],
    )
    scores = [row.score for group in shown for row in bins[group] if row.score is not None]
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
    drawn.layout.update(
        xaxis=value_axis(drawn.palette, ticks, percent_texts(ticks), title="Mean score in the bin")
        if probabilities
        else score_axis(drawn, min(scores, default=0.0), max(scores, default=1.0), "Mean score in the bin"),
        yaxis=shares(drawn, "Share with the positive label"),
    )
    return drawn.finish()


def promises_alt(rows: Sequence[ReliabilityRow], *, probabilities: bool = True) -> str:
    """Say where scores and observed rates are furthest apart.

    Parameters
    ----------
    rows : sequence of ReliabilityRow
        The bins of every group.
    probabilities : bool, default True
        Whether scores are probabilities.

    Returns
    -------
    str
        The bin with at least 30 people that is furthest from its promise.
    """
    known = [row for row in rows if row.group is not None and row.value is not None and row.n >= SMALL]
    if not probabilities or not known:
        return "Share with the positive label over the score, by group."
    far = max(known, key=lambda row: abs((row.value or 0.0) - (row.score or 0.0)))
    return (
        f"Scores against observed rates by group: furthest apart for {group_phrase(far.sensitive, far.group)}, where a mean "
        f"score of {percent(far.score)} meets {percent(far.value)} with the positive label (n {count(far.n)})."
    )


def _promise(drawn: Sheet, rows: Sequence[ReliabilityRow], colour: str) -> None:
    known = [row for row in rows if row.value is not None and row.score is not None]
    drawn.traces.append(
        {
            "type": "scatter",
            "x": [row.score for row in known],
            "y": [row.value for row in known],
            "mode": "lines",
            "line": {"color": colour, "width": 1.2},
            "error_y": {
                "type": "data",
                "symmetric": False,
                "array": [max((row.high or 0.0) - (row.value or 0.0), 0.0) for row in known],
                "arrayminus": [max((row.value or 0.0) - (row.low or 0.0), 0.0) for row in known],
                "color": colour,
                "thickness": 1.5,
                "width": 0,
            },
            "hoverinfo": "skip",
            "showlegend": False,
        }
    )
    for symbol in ("circle", "circle-open"):
        part = [row for row in known if (row.n < SMALL) == (symbol == "circle-open")]
        marks(
            drawn,
            [row.score or 0.0 for row in part],
            [row.value or 0.0 for row in part],
            colours=colour,
            hover=[_bin(row) for row in part],
            symbol=symbol,
            size=9,
        )


def _bin(row: ReliabilityRow) -> str:
    lines = [
        group_name(row.group),
        f"mean score {row.score:.3g}",
        f"observed {percent(row.value)} ({percent(row.low)} to {percent(row.high)})",
        f"n {count(row.n)}",
    ]
    return "<br>".join(label(line) for line in lines)


def _by_group(rows: Sequence[ReliabilityRow]) -> dict[tuple[str, ...], list[ReliabilityRow]]:
    found: dict[tuple[str, ...], list[ReliabilityRow]] = {}
    for row in rows:
        if row.group is not None:
            found.setdefault(row.group, []).append(row)
    return found
