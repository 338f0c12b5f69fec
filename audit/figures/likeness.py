"""Real and made rows side by side: a column's values, and how easily the rows of each cell are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.axes import nice_ticks, percent_texts, value_axis
from audit.figures.canvas import Row, sheet
from audit.figures.marks import bars, gap, marks, upright
from audit.figures.ordering import MOST, left_out
from audit.figures.theme import Theme, mix
from audit.rows import group_name
from audit.wording import count, escape_plain, label, percent, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.rows.likeness import CellLikeness, ColumnLikeness

_APART = 0.2


def column(found: ColumnLikeness, *, title: str = "", theme: Theme = "light") -> go.Figure:
    """Draw the values of one column among real and among made rows.

    Parameters
    ----------
    found : ColumnLikeness
        The column.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.

    Returns
    -------
    plotly.graph_objects.Figure
        Two bars for each range or level: real rows above, made rows below.
    """
    words = [
        Row(name=name, value=percent(made), value_note=f"real {percent(real)}")
        for name, real, made in zip(found.bins, found.real, found.made, strict=True)
    ]
    drawn = sheet(
        words,
        theme=theme,
        alt=column_alt(found),
        title=title,
        caption="Upper bar: real rows that the generator never saw; lower bar: made rows.",
    )
    accent = drawn.palette.accent
    for shares, offset, colour, what in (
        (found.real, -_APART, mix(accent, drawn.palette.background, 0.55), "real"),
        (found.made, _APART, accent, "made"),
    ):
        bars(
            drawn,
            [0.0] * len(shares),
            list(shares),
            [place + offset for place in range(len(shares))],
            colours=colour,
            hover=[
                label(f"{escape_plain(name, 60)}: {what} {percent(share)}")
                for name, share in zip(found.bins, shares, strict=True)
            ],
            width=0.34,
        )
    ticks = nice_ticks(0.0, max((*found.real, *found.made, 0.01)), most=4)
    drawn.layout.update(
        barmode="overlay",
        xaxis=value_axis(drawn.palette, ticks, percent_texts(ticks), title="Share of rows"),
    )
    return drawn.finish()


def column_alt(found: ColumnLikeness) -> str:
    """Say how far one column differs between real and made rows.

    Parameters
    ----------
    found : ColumnLikeness
        The column.

    Returns
    -------
    str
        The likeness, and the range or level that differs most.
    """
    gaps = [abs(made - real) for real, made in zip(found.real, found.made, strict=True)]
    most = gaps.index(max(gaps))
    return (
        f"{escape_plain(found.column, 60)}, likeness {ratio(found.likeness)} (1 is the same). Furthest apart: "
        f"{escape_plain(found.bins[most], 60)}, {percent(found.real[most])} of real and {percent(found.made[most])} of "
        "made rows."
    )


def detected(rows: Sequence[CellLikeness], *, title: str = "", theme: Theme = "light") -> go.Figure:
    """Draw for each group and label how easily made rows are told from real ones.

    Parameters
    ----------
    rows : sequence of CellLikeness
        One row for each group and label.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.

    Returns
    -------
    plotly.graph_objects.Figure
        One dot for each cell between 0.5, a guess, and 1.
    """
    shown = rows[: 2 * MOST]
    drawn = sheet(
        [_words(row) for row in shown],
        theme=theme,
        alt=detected_alt(rows),
        title=title,
        caption=" ".join(
            (
                "How well gradient boosting tells made rows from real ones. 0.5: it can only guess; 1: it always knows.",
                left_out(len(rows), len(shown), "the first"),
            )
        ).strip(),
    )
    ends = (-0.5, max(len(shown), 1) - 0.5)
    upright(drawn, 0.5, ends, dash="dash")
    known = [(place, row.detection, row) for place, row in enumerate(shown) if row.detection is not None]
    marks(
        drawn,
        [max(value, 0.4) for _, value, _ in known],
        [float(place) for place, *_ in known],
        colours=drawn.palette.accent,
        hover=[
            label(
                f"{group_name(row.group)}: {ratio(value)}, {count(row.n_real)} real and {count(row.n_made)} made rows"
            )
            for _, value, row in known
        ],
    )
    for place, row in enumerate(shown):
        if row.detection is None:
            gap(drawn, place, row.reason, x=0.5)
    ticks = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    drawn.layout.update(
        xaxis=value_axis(
            drawn.palette, ticks, [f"{tick:.1f}" for tick in ticks], title="Told from real rows (AUC)"
        )
    )
    return drawn.finish()


def detected_alt(rows: Sequence[CellLikeness]) -> str:
    """Say for which cells made rows are told from real ones most and least easily.

    Parameters
    ----------
    rows : sequence of CellLikeness
        One row for each group and label.

    Returns
    -------
    str
        Both ends, and how many cells could not be measured.
    """
    known = sorted(
        (row.detection, group_name(row.group), row.label) for row in rows if row.detection is not None
    )
    missing = len(rows) - len(known)
    if not known:
        return "No cell of group and label has enough rows to tell made rows from real ones."
    low, high = known[0], known[-1]
    more = f" {count(missing)} cells have too few rows." if missing else ""
    return (
        f"Made rows are told from real ones with {ratio(low[0])} for {low[1]} (label {low[2]}) to {ratio(high[0])} for "
        f"{high[1]} (label {high[2]}); 0.5 is a guess.{more}"
    )


def _words(row: CellLikeness) -> Row:
    return Row(
        name=group_name(row.group),
        note=f"{'positive' if row.label else 'negative'} label",
        value=ratio(row.detection) if row.detection is not None else "–",
        value_note=f"{count(row.n_made)} made",
    )
