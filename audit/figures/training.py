"""What a mitigation did to the training data, and how rows became an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.figures.axes import count_texts, nice_ticks, value_axis
from audit.figures.canvas import Row, sheet
from audit.figures.marks import bars, marks
from audit.figures.ordering import left_out
from audit.figures.theme import Theme, mix
from audit.rows import group_name
from audit.wording import count, escape_plain, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.rows import DataRecord
    from audit.rows.trials import CellCount


MOST_CELLS: Final = 16
"""A figure shows at most this many cells: more are no picture, but a table."""


def most_changed(rows: Sequence[CellCount], most: int = MOST_CELLS) -> list[CellCount]:
    """Pick the cells of which a mitigation changed most rows, or most weight.

    Parameters
    ----------
    rows : sequence of CellCount
        One row for each group and label.
    most : int, default 16
        How many.

    Returns
    -------
    list of CellCount
        In their order.
    """

    def size(at: int) -> float:
        return -max(abs(rows[at].after - rows[at].before), rows[at].added, rows[at].removed)

    return [rows[at] for at in sorted(sorted(range(len(rows)), key=size)[:most])]


def cells(
    rows: Sequence[CellCount],
    *,
    label_name: str = "label",
    title: str = "",
    theme: Theme = "light",
    most: int = MOST_CELLS,
) -> go.Figure:
    """Draw the training rows of every group and label before and after a mitigation.

    Parameters
    ----------
    rows : sequence of CellCount
        One row for each group and label, in the audit's order.
    label_name : str, default "label"
        Name of the label's column.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    most : int, default 16
        How many cells are drawn, those that changed most.

    Returns
    -------
    plotly.graph_objects.Figure
        Kept rows, added ones in a lighter colour, removed ones in grey; a diamond where weights count differently.
    """
    shown = most_changed(rows, most)
    drawn = sheet(
        [_words(row) for row in shown],
        theme=theme,
        alt=cells_alt(rows),
        title=title,
        caption=" ".join(
            (_caption(shown), left_out(len(rows), len(shown), "those that changed most"))
        ).strip(),
    )
    ys = [float(y) for y in range(len(shown))]
    kept = [max(row.before - row.removed, 0.0) for row in shown]
    added = [float(row.added) for row in shown]
    removed = [float(row.removed) for row in shown]
    weighted = [y for y, row in enumerate(shown) if _weighted(row)]
    hover = [_hover(row, label_name) for row in shown]
    accent, page = drawn.palette.accent, drawn.palette.background
    bars(drawn, [0.0] * len(kept), kept, ys, colours=accent, hover=hover)
    for values, colour, offset in (
        (added, mix(accent, page, 0.5), kept),
        (removed, drawn.palette.line, [a + k for a, k in zip(added, kept, strict=True)]),
    ):
        some = [y for y, value in enumerate(values) if value > 0]
        bars(
            drawn,
            [offset[y] for y in some],
            [values[y] for y in some],
            [float(y) for y in some],
            colours=colour,
            hover=[hover[y] for y in some],
        )
    marks(
        drawn,
        [shown[y].after for y in weighted],
        [float(y) for y in weighted],
        colours=drawn.palette.text,
        hover=[hover[y] for y in weighted],
        symbol="diamond",
    )
    ticks = nice_ticks(0.0, max((max(row.before, row.after) for row in shown), default=1.0), most=4)
    drawn.layout.update(
        barmode="overlay",
        xaxis=value_axis(drawn.palette, ticks, count_texts(ticks), title="Training rows"),
    )
    return drawn.finish()


def cells_alt(rows: Sequence[CellCount]) -> str:
    """Say what happened to the training data.

    Parameters
    ----------
    rows : sequence of CellCount
        One row for each group and label.

    Returns
    -------
    str
        Rows before and after, added and removed.
    """
    before, after = sum(row.before for row in rows), sum(row.after for row in rows)
    added, removed = sum(row.added for row in rows), sum(row.removed for row in rows)
    return (
        f"Training data in {count(len(rows))} cells of group and label: {count(before)} rows before, "
        f"{count(after)} after; {count(added)} added, {count(removed)} removed."
    )


def rowflow(data: DataRecord, *, title: str = "", theme: Theme = "light") -> go.Figure:
    """Draw how the rows that were read became the rows that were audited.

    Parameters
    ----------
    data : DataRecord
        What is remembered of the data.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.

    Returns
    -------
    plotly.graph_objects.Figure
        One bar for the rows read, one for each reason to drop some, one for the rows audited.
    """
    drops = list(data.dropped)
    words = [
        Row(name="Read", value=count(data.read)),
        *(Row(name=drop.reason[:1].upper() + drop.reason[1:], value=f"−{count(drop.n)}") for drop in drops),
        Row(name="Audited", note=data.split, value=count(data.audited)),
    ]
    drawn = sheet(words, theme=theme, alt=rowflow_alt(data), title=title)
    colours = drawn.palette
    starts, sizes, left = [0.0], [float(data.read)], float(data.read)
    for drop in drops:
        left -= drop.n
        starts.append(max(left, 0.0))
        sizes.append(float(drop.n))
    bars(
        drawn,
        [*starts, 0.0],
        [*sizes, float(data.audited)],
        [float(y) for y in range(len(words))],
        colours=[colours.line, *([colours.interval] * len(drops)), colours.accent],
        hover=[label(f"{escape_plain(word.name)}: {word.value}") for word in words],
        width=0.42,
    )
    ticks = nice_ticks(0.0, max(data.read, 1), most=4)
    drawn.layout.update(
        xaxis=value_axis(colours, ticks, count_texts(ticks), title="Rows"),
    )
    return drawn.finish()


def rowflow_alt(data: DataRecord) -> str:
    """Say how many rows were read, dropped and audited.

    Parameters
    ----------
    data : DataRecord
        What is remembered of the data.

    Returns
    -------
    str
        Counts, with the reason of every drop.
    """
    dropped = "".join(f" {count(drop.n)} dropped: {escape_plain(drop.reason)}." for drop in data.dropped)
    return f"{count(data.read)} rows were read and {count(data.audited)} audited.{dropped}"


def _caption(shown: Sequence[CellCount]) -> str:
    """Explain only the marks that are there."""
    parts = ["Strong colour: kept"]
    if any(row.added for row in shown):
        parts.append("weak colour: added")
    if any(row.removed for row in shown):
        parts.append("grey: removed")
    if any(_weighted(row) for row in shown):
        parts.append("diamond: total weight after")
    return "; ".join(parts) + ". At the right: after and, below, before."


def changed(row: CellCount) -> bool:
    """Say whether a mitigation changed the training rows of a cell, or their weight.

    Parameters
    ----------
    row : CellCount
        The cell.

    Returns
    -------
    bool
        False where it has the rows, and the weight, that it had.
    """
    return bool(row.added or row.removed or abs(row.after - row.before) > 0.5)


def _weighted(row: CellCount) -> bool:
    """Tell whether a cell counts for more or less than its rows."""
    return abs(row.after - (row.before - row.removed + row.added)) > 0.5


def _words(row: CellCount) -> Row:
    return Row(
        name=group_name(row.group),
        note=f"{'positive' if row.label else 'negative'} label",
        value=count(row.after),
        value_note=count(row.before),
    )


def _hover(row: CellCount, label_name: str) -> str:
    lines = [
        group_name(row.group),
        f"{escape_plain(label_name, 60)}: {'positive' if row.label else 'negative'}",
        f"before {count(row.before)}, after {count(row.after)}",
        f"added {count(row.added)}, removed {count(row.removed)}",
    ]
    return "<br>".join(label(line) for line in lines)
