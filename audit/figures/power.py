"""The smallest gap that the data could show for each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.figures.axes import nice_ticks, point_texts, value_axis
from audit.figures.canvas import Row, sheet
from audit.figures.marks import SMALL, bars, gap, upright
from audit.figures.ordering import MOST, left_out
from audit.rows import group_name
from audit.wording import count, group_phrase, label, points

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.figures.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """The smallest gap that could be told from chance for one group.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str
        The group.
    gap : float or None
        The gap against the rest, 0 to 1; None where none could be shown.
    n : int
        People in the denominator.
    needed : int or None
        People needed to show a gap as large as the tolerance.
    reason : str
        Code of :data:`audit.rows.REASONS`, or empty.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    gap: float | None
    n: int
    needed: int | None = None
    reason: str = ""


def power(
    rows: Sequence[Detectable], *, tolerance: float | None = None, title: str = "", theme: Theme = "light"
) -> go.Figure:
    """Draw the smallest gap that could be shown for every group.

    Parameters
    ----------
    rows : sequence of Detectable
        The groups.
    tolerance : float or None
        A line at the tolerance.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.

    Returns
    -------
    plotly.graph_objects.Figure
        Short bars first; a bar beyond the tolerance is a group for which a gap of that size can go unseen.
    """
    ranked = sorted(rows, key=lambda row: (row.gap is None, row.gap or 0.0))
    shown = ranked if len(ranked) <= MOST else ranked[: MOST // 2] + ranked[-MOST // 2 :]
    drawn = sheet(
        [_words(row) for row in shown],
        theme=theme,
        alt=power_alt(rows, tolerance=tolerance),
        title=title,
        caption=" ".join(
            (
                "Bar: the smallest gap that these people would show in 8 of 10 samples.",
                "Line: tolerance." if tolerance is not None else "",
                left_out(len(ranked), len(shown)),
            )
        ).strip(),
    )
    known = [(y, row, row.gap) for y, row in enumerate(shown) if row.gap is not None]
    colours = drawn.palette
    bars(
        drawn,
        [0.0] * len(known),
        [x for *_, x in known],
        [float(y) for y, *_ in known],
        colours=[
            colours.accent if tolerance is None or x <= tolerance else colours.interval for *_, x in known
        ],
        hover=[_hover(row) for _, row, _ in known],
        width=0.34,
    )
    ticks = nice_ticks(0.0, max([x for *_, x in known] + [tolerance or 0.0, 0.01]))
    if tolerance is not None:
        upright(drawn, tolerance, (-0.5, max(len(shown), 1) - 0.5), width=2)
    for y, row in enumerate(shown):
        if row.gap is None:
            gap(drawn, y, row.reason, x=0.0)
    drawn.layout.update(
        xaxis=value_axis(colours, ticks, point_texts(ticks), title="Smallest gap to be shown, points")
    )
    return drawn.finish()


def power_alt(rows: Sequence[Detectable], *, tolerance: float | None = None) -> str:
    """Say for which groups the data are too thin.

    Parameters
    ----------
    rows : sequence of Detectable
        The groups.
    tolerance : float or None
        The tolerance.

    Returns
    -------
    str
        The range of detectable gaps, and how many groups could hide a gap beyond the tolerance.
    """
    known = sorted((row for row in rows if row.gap is not None), key=lambda row: row.gap or 0.0)
    if not known:
        return "No gap could be shown for any group."

    def named(row: Detectable) -> str:
        return f"{points(row.gap)} for {group_phrase(row.sensitive, row.group)} (n {count(row.n)})"

    text = f"The smallest gap that could be shown runs from {named(known[0])} to {named(known[-1])}."
    if tolerance is not None:
        thin = sum(row.gap is None or row.gap > tolerance for row in rows)
        text += f" For {thin} of {len(rows)} groups a gap of {points(tolerance)} could go unseen."
    return text


def _words(row: Detectable) -> Row:
    return Row(
        name=group_name(row.group),
        note=f"n {count(row.n)}",
        value=points(row.gap).removesuffix(" points") if row.gap is not None else "",
    )


def _hover(row: Detectable) -> str:
    lines = [
        group_name(row.group),
        f"smallest gap {points(row.gap)}",
        f"n {count(row.n)}" + (f", fewer than {SMALL}" if row.n < SMALL else ""),
        f"{count(row.needed)} people needed for the tolerance" if row.needed else "",
    ]
    return "<br>".join(label(line) for line in lines if line)
