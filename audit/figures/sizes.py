"""Who is in the data: how many people each group has, and how many of them have the positive label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.axes import count_texts, nice_ticks, percent_texts, value_axis
from audit.figures.canvas import Row, sheet
from audit.figures.marks import SMALL, bars, gap, intervals, marks
from audit.figures.ordering import MOST, left_out, places
from audit.figures.theme import Theme, group_colour
from audit.rows import group_name
from audit.wording import count, group_phrase, label, percent, rate_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.rows import MetricRow

_RIGHT = ("x2", "y")


def sizes(
    counts: Sequence[MetricRow],
    base_rates: Sequence[MetricRow],
    *,
    title: str = "",
    theme: Theme = "light",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw the size of every group beside its share of positive labels.

    Parameters
    ----------
    counts : sequence of MetricRow
        Rows of "count", in the audit's order; everybody is left out.
    base_rates : sequence of MetricRow
        Rows of "base_rate" for the same groups.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        Bars of people at the left, dots with intervals at the right; the largest group first.
    """
    groups = [row for row in counts if row.group is not None]
    shown = sorted(groups, key=lambda row: -row.n)
    if len(shown) > MOST:
        shown = shown[: MOST // 2] + shown[-MOST // 2 :]
    rates = {row.group: row for row in base_rates}
    order = places(counts)
    found = [rates.get(row.group) for row in shown]
    drawn = sheet(
        [_words(row, rate) for row, rate in zip(shown, found, strict=True)],
        theme=theme,
        alt=sizes_alt(counts, base_rates),
        title=title,
        caption=" ".join(
            (
                "Bar: people; dot: share with the positive label, with its interval.",
                left_out(len(groups), len(shown), "the largest and the smallest"),
            )
        ).strip(),
    )
    colours = [group_colour(order[row.group], theme) for row in shown]
    bars(
        drawn,
        [0.0] * len(shown),
        [float(row.n) for row in shown],
        list(range(len(shown))),
        colours=colours,
        hover=[label(f"{group_name(row.group)}: n {count(row.n)}") for row in shown],
        width=0.46,
    )
    known = [(y, r, r.value) for y, r in enumerate(found) if r is not None and r.value is not None]
    intervals(
        drawn,
        [x for *_, x in known],
        [y for y, *_ in known],
        [(r.low, r.high) for _, r, _ in known],
        axes=_RIGHT,
    )
    for symbol in ("circle", "circle-open"):
        wanted = [item for item in known if (item[1].n >= SMALL) == (symbol == "circle")]
        marks(
            drawn,
            [x for *_, x in wanted],
            [y for y, *_ in wanted],
            colours=[colours[y] for y, *_ in wanted],
            hover=[_hover(r, confidence) for _, r, _ in wanted],
            symbol=symbol,
            axes=_RIGHT,
        )
    for y, rate in enumerate(found):
        if rate is None or rate.value is None:
            gap(drawn, y, rate.reason if rate else "", x=0.0, axes=_RIGHT)
    people = nice_ticks(0.0, max((row.n for row in shown), default=1), most=3)
    shares = (0.0, 0.5, 1.0)
    drawn.layout.update(
        xaxis=value_axis(drawn.palette, people, _ends(count_texts(people)), title="People", domain=[0, 0.42]),
        xaxis2=value_axis(
            drawn.palette, shares, percent_texts(shares), title="Base rate", domain=[0.6, 1], anchor="y"
        ),
    )
    return drawn.finish()


def sizes_alt(counts: Sequence[MetricRow], base_rates: Sequence[MetricRow]) -> str:
    """Say who is in the data.

    Parameters
    ----------
    counts, base_rates : sequence of MetricRow
        Rows of "count" and "base_rate".

    Returns
    -------
    str
        The largest and the smallest group, and the range of base rates.
    """
    groups = sorted((row for row in counts if row.group is not None), key=lambda row: -row.n)
    if not groups:
        return "There is no group to show."

    def named(row: MetricRow) -> str:
        return f"{group_phrase(row.sensitive, row.group)} (n {count(row.n)})"

    text = f"{count(len(groups))} groups, from {named(groups[0])} to {named(groups[-1])}."
    known = [row.value for row in base_rates if row.group is not None and row.value is not None]
    if known:
        text += (
            f" The share with the positive label runs from {percent(min(known))} to {percent(max(known))}."
        )
    return text


def _words(row: MetricRow, rate: MetricRow | None) -> Row:
    known = rate is not None and rate.value is not None
    return Row(
        name=group_name(row.group),
        note=f"n {count(row.n)}",
        value=percent(rate.value) if known and rate else "",
    )


def _hover(row: MetricRow, confidence: float) -> str:
    lines = [
        group_name(row.group),
        f"Positive labels: {percent(row.value)}",
        rate_interval(row.low, row.high, confidence=confidence),
        f"n {count(row.n)}",
    ]
    return "<br>".join(label(line) for line in lines if line)


def _ends(texts: Sequence[str]) -> list[str]:
    """Keep the first and the last text, so that two panels side by side stay readable on a narrow screen."""
    return [text if place in {0, len(texts) - 1} else "" for place, text in enumerate(texts)]
