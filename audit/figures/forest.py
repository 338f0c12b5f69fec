"""A measure by group: a dot with its interval for each group, against everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.axes import plain_start, plain_ticks, rate_ticks, starts_at, value_axis
from audit.figures.canvas import Row, Sheet, sheet
from audit.figures.marks import SMALL, band, gap, intervals, marks, upright
from audit.figures.ordering import Group, Order, arranged, left_out, places
from audit.figures.theme import Theme, group_colour
from audit.wording import (
    amount,
    amount_interval,
    count,
    group_phrase,
    is_share,
    label,
    metric_title,
    short_title,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.plan import Outcome
    from audit.rows import MetricRow

from audit.rows import group_name


def forest(
    rows: Sequence[MetricRow],
    *,
    overall: MetricRow | None = None,
    tolerance: float | None = None,
    reference: float | None = None,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
    order: Order = "value",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw a measure of every group with its interval, and that of everybody.

    Parameters
    ----------
    rows : sequence of MetricRow
        One rate or other measure of the groups, in the audit's order.
    overall : MetricRow or None
        The measure of everybody, drawn first; by default the row without a group among ``rows``.
    tolerance : float or None
        Half the width of a shaded band around the reference, in the measure's unit; 0 to 1 for rates.
    reference : float or None
        The value the band is drawn around; by default that of everybody.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    order : {"value", "given"}, default "value"
        By falling value, or as given.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        The figure; groups under 30 people are open marks, what cannot be estimated is a labelled gap.
    """
    everybody = overall or next((row for row in rows if row.group is None), None)
    groups = arranged(rows, order=order)
    shown = [everybody, *groups] if everybody else groups
    total = sum(row.group is not None for row in rows)
    metric = shown[0].metric if shown else "selection_rate"
    values = [v for row in shown for v in (row.value, row.low, row.high)]
    ticks, texts = rate_ticks(values) if is_share(metric) else plain_ticks(values)
    start = starts_at(ticks) if is_share(metric) else plain_start(ticks, texts)
    words = [_words(row) for row in shown]
    drawn = sheet(
        words,
        theme=theme,
        alt=forest_alt(rows, overall=everybody, favourable=favourable),
        title=title,
        caption=" ".join(
            part
            for part in (
                _caption(shown, tolerance, around="everybody" if reference is None else "the reference"),
                left_out(total, len(groups)),
            )
            if part
        ),
    )
    middle = reference if reference is not None else (everybody.value if everybody else None)
    _reference(drawn, middle, tolerance, len(shown), (ticks[0], ticks[-1]))
    _draw(drawn, shown, _colours(drawn, shown, places(rows), theme), ticks[0], confidence)
    drawn.layout.update(
        xaxis=value_axis(drawn.palette, ticks, texts, title=f"{metric_title(metric, favourable)}{start}"),
    )
    return drawn.finish()


def forest_alt(
    rows: Sequence[MetricRow], *, overall: MetricRow | None = None, favourable: Outcome = "positive"
) -> str:
    """Say what a forest plot shows.

    Parameters
    ----------
    rows : sequence of MetricRow
        One rate of the groups.
    overall : MetricRow or None
        The rate of everybody.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        The highest and the lowest group, everybody, and how many groups cannot be estimated.
    """
    groups = [row for row in rows if row.group is not None]
    known = sorted((row for row in groups if row.value is not None), key=lambda row: -(row.value or 0.0))
    name = metric_title(groups[0].metric, favourable) if groups else "Rate"
    if not known:
        return f"{name} by group: no group can be estimated."
    ends = f"{_said(known[0])} for {_name(known[0])}"
    if len(known) > 1:
        ends = f"from {_said(known[-1])} for {_name(known[-1])} to {ends}"
    whole = f"; everybody {_said(overall)}" if overall and overall.value is not None else ""
    missing = len(groups) - len(known)
    gaps = f" {missing} of {len(groups)} groups cannot be estimated." if missing else ""
    return f"{name} by group: {ends}{whole}.{gaps}"


def _said(row: MetricRow) -> str:
    return amount(row.metric, row.value)


def _name(row: MetricRow) -> str:
    return group_phrase(row.sensitive, row.group)


def _words(row: MetricRow) -> Row:
    return Row(
        name=group_name(row.group),
        note=f"n {count(row.n)}",
        value=_said(row) if row.value is not None else "",
    )


def _caption(shown: Sequence[MetricRow], tolerance: float | None, *, around: str) -> str:
    small = any(row.n < SMALL and row.value is not None for row in shown)
    share = not shown or is_share(shown[0].metric)
    parts = [f"Dot: {'rate' if share else 'value'}; line: interval"]
    if small:
        parts.append(f"open dot: fewer than {SMALL} people")
    if tolerance is not None:
        width = f"{100 * tolerance:.4g} points" if share else f"{tolerance:.4g}"
        parts.append(f"shaded: {width} either side of {around}")
    return "; ".join(parts) + "."


def _reference(
    drawn: Sheet, middle: float | None, tolerance: float | None, n: int, ends: tuple[float, float]
) -> None:
    if middle is None:
        return
    if tolerance is not None:
        low, high = max(middle - tolerance, ends[0]), min(middle + tolerance, ends[1])
        band(drawn, (low, high), (-0.5, n - 0.5))
    upright(drawn, middle, (-0.5, n - 0.5), dash="dot")


def _colours(drawn: Sheet, shown: Sequence[MetricRow], order: dict[Group, int], theme: Theme) -> list[str]:
    return [
        drawn.palette.text if row.group is None else group_colour(order[row.group], theme) for row in shown
    ]


def _draw(
    drawn: Sheet, shown: Sequence[MetricRow], colours: Sequence[str], left: float, confidence: float
) -> None:
    known = [(y, row, row.value) for y, row in enumerate(shown) if row.value is not None]
    intervals(
        drawn, [x for *_, x in known], [y for y, *_ in known], [(row.low, row.high) for _, row, _ in known]
    )
    for symbol in ("diamond", "circle", "circle-open"):
        wanted = [item for item in known if _symbol(item[1]) == symbol]
        marks(
            drawn,
            [x for *_, x in wanted],
            [y for y, *_ in wanted],
            colours=[colours[y] for y, *_ in wanted],
            hover=[_hover(row, confidence) for _, row, _ in wanted],
            symbol=symbol,
            size=12,
        )
    for y, row in enumerate(shown):
        if row.value is None:
            gap(drawn, y, row.reason, x=left)


def _symbol(row: MetricRow) -> str:
    if row.group is None:
        return "diamond"
    return "circle" if row.n >= SMALL else "circle-open"


def _hover(row: MetricRow, confidence: float) -> str:
    lines = [
        label(group_name(row.group)),
        label(f"{short_title(row.metric)}: {_said(row)}"),
        label(amount_interval(row.metric, row.low, row.high, confidence=confidence) or "no interval"),
        label(f"n {count(row.n)}"),
    ]
    return "<br>".join(lines)
