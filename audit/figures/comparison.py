"""Before, control and after a mitigation, group by group: where they stand, and who gained or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from audit.figures.axes import nice_ticks, point_texts, rate_ticks, starts_at, value_axis
from audit.figures.canvas import Row, Sheet, sheet
from audit.figures.marks import SMALL, gap, intervals, marks, upright
from audit.figures.ordering import MOST, left_out
from audit.figures.theme import palette
from audit.rows import group_name
from audit.wording import (
    count,
    direction,
    gap_interval,
    group_phrase,
    label,
    metric_title,
    percent,
    short_title,
    signed_points,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.figures.theme import Palette, Theme
    from audit.plan import Outcome
    from audit.rows import ComparisonRow, Verdict

Outlook = Literal["gained", "lost", "cannot tell", "rose", "fell"]

_LOOKS: Final[dict[Outlook, tuple[str, Verdict]]] = {
    "gained": ("triangle-up", "within"),
    "lost": ("triangle-down", "beyond"),
    "cannot tell": ("diamond-open", "cannot_tell"),
    "rose": ("circle", "cannot_tell"),
    "fell": ("circle", "cannot_tell"),
}


def dumbbell(
    rows: Sequence[ComparisonRow],
    *,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw a rate of every group before the mitigation, for the control, and after it.

    Parameters
    ----------
    rows : sequence of ComparisonRow
        One rate of the groups (and of everybody) for one mitigation, in the audit's order.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Level of the paired intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        Marks joined by a line; the interval around "after" is the paired interval of the change, laid from "before".
    """
    shown, total = _shown(rows)
    drawn = sheet(
        [_before_after(row) for row in shown],
        theme=theme,
        alt=dumbbell_alt(rows, favourable=favourable),
        title=title,
        caption=" ".join(
            (
                "Ring: before; diamond: control; dot: after, its line the paired interval of the change.",
                left_out(total, sum(row.group is not None for row in shown), "those that changed most"),
            )
        ).strip(),
    )
    values = [v for row in shown for v in (row.before, row.control, row.after, *_after_ends(row))]
    ticks, texts = rate_ticks(values)
    _joins(drawn, shown)
    ends = [(y, row, row.after) for y, row in enumerate(shown) if row.after is not None]
    intervals(
        drawn,
        [x for *_, x in ends],
        [y for y, *_ in ends],
        [_after_ends(row) for _, row, _ in ends],
        colour=drawn.palette.accent,
        width=2,
    )
    for name, symbol, colour, size in (
        ("before", "circle-open", drawn.palette.interval, 11),
        ("control", "diamond", drawn.palette.muted, 9),
        ("after", "circle", drawn.palette.accent, 12),
    ):
        known = [(y, row, getattr(row, name)) for y, row in enumerate(shown)]
        known = [item for item in known if item[2] is not None]
        marks(
            drawn,
            [x for *_, x in known],
            [y for y, *_ in known],
            colours=colour,
            hover=[_hover(row, confidence) for _, row, _ in known],
            symbol=symbol,
            size=size,
        )
    for y, row in enumerate(shown):
        if row.before is None and row.after is None:
            gap(drawn, y, "", x=ticks[0])
    metric = shown[0].metric if shown else "selection_rate"
    drawn.layout.update(
        xaxis=value_axis(
            drawn.palette, ticks, texts, title=f"{metric_title(metric, favourable)}{starts_at(ticks)}"
        )
    )
    return drawn.finish()


def dumbbell_alt(rows: Sequence[ComparisonRow], *, favourable: Outcome = "positive") -> str:
    """Say what the dumbbells show.

    Parameters
    ----------
    rows : sequence of ComparisonRow
        One rate of the groups for one mitigation.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        The range of the groups' rates before and after.
    """
    known = [
        row for row in rows if row.group is not None and row.before is not None and row.after is not None
    ]
    if not known:
        return "No group can be compared before and after."
    before = [row.before or 0.0 for row in known]
    after = [row.after or 0.0 for row in known]
    return (
        f"{metric_title(known[0].metric, favourable)} by group: before, from {percent(min(before))} to "
        f"{percent(max(before))}; after, from {percent(min(after))} to {percent(max(after))}."
    )


def gained_lost(
    rows: Sequence[ComparisonRow],
    *,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw the change of a rate of every group, and say who gained and who lost.

    Parameters
    ----------
    rows : sequence of ComparisonRow
        One rate of the groups for one mitigation.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Level of the paired intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        The largest rise first; "gained" and "lost" only where the interval leaves out no change.
    """
    shown, total = _shown(rows)
    shown = sorted(
        (row for row in shown if row.group is not None),
        key=lambda row: (row.change is None, -(row.change or 0.0)),
    )
    outlooks = [outlook(row, favourable) for row in shown]
    drawn = sheet(
        [_changed(row, said, palette(theme)) for row, said in zip(shown, outlooks, strict=True)],
        theme=theme,
        alt=gained_lost_alt(rows, favourable=favourable),
        title=title,
        caption=" ".join(
            (
                "Mark: change from before to after; line: paired interval.",
                left_out(total, len(shown), "those that changed most"),
            )
        ).strip(),
    )
    known = [(y, row, row.change) for y, row in enumerate(shown) if row.change is not None]
    spread = [v for _, row, c in known for v in (c, row.low, row.high) if v is not None]
    ticks = nice_ticks(min([0.0, *spread]), max([0.0, *spread]), most=4)
    upright(drawn, 0.0, (-0.5, max(len(shown), 1) - 0.5), dash="dot")
    intervals(
        drawn, [x for *_, x in known], [y for y, *_ in known], [(row.low, row.high) for _, row, _ in known]
    )
    for said, (symbol, look) in _LOOKS.items():
        wanted = [item for item in known if outlooks[item[0]] == said]
        marks(
            drawn,
            [x for *_, x in wanted],
            [y for y, *_ in wanted],
            colours=drawn.palette.verdict_marks[look],
            hover=[_hover(row, confidence) for _, row, _ in wanted],
            symbol=symbol,
            size=13,
        )
    for y, row in enumerate(shown):
        if row.change is None:
            gap(drawn, y, "", x=ticks[0])
    metric = short_title(shown[0].metric, favourable) if shown else "Rate"
    drawn.layout.update(
        xaxis=value_axis(
            drawn.palette, ticks, point_texts(ticks, signed=True), title=f"{metric}: change in points"
        )
    )
    return drawn.finish()


def gained_lost_alt(rows: Sequence[ComparisonRow], *, favourable: Outcome = "positive") -> str:
    """Say who gained and who lost.

    Parameters
    ----------
    rows : sequence of ComparisonRow
        One rate of the groups for one mitigation.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        How many groups gained, lost, and neither for sure, with the largest gain and loss.
    """
    groups = [row for row in rows if row.group is not None]
    if not groups:
        return "There is no group to compare."
    by: dict[Outlook, list[ComparisonRow]] = {}
    for row in groups:
        by.setdefault(outlook(row, favourable), []).append(row)
    parts = [f"{short_title(groups[0].metric, favourable)}:"]
    for said in ("gained", "lost", "rose", "fell"):
        found = by.get(said, [])
        if found:
            most = max(found, key=lambda row: abs(row.change or 0.0))
            parts.append(
                f"{len(found)} {said}, most {group_phrase(most.sensitive, most.group)} "
                f"({signed_points(most.change)});"
            )
    unsure = len(by.get("cannot tell", []))
    if unsure:
        parts.append(f"for {unsure} of {len(groups)} groups no change could be shown;")
    return " ".join(parts).rstrip(";") + "."


def outlook(row: ComparisonRow, favourable: Outcome = "positive") -> Outlook:
    """Say whether a group gained or lost, as far as the paired interval shows it.

    Parameters
    ----------
    row : ComparisonRow
        One rate of one group.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        "gained" or "lost"; "rose" or "fell" for a rate without a better side; else "cannot tell".
    """
    if row.low is None or row.high is None or row.low <= 0 <= row.high:
        return "cannot tell"
    rose = row.low > 0
    way = direction(row.metric, favourable)
    if way == 0:
        return "rose" if rose else "fell"
    return "gained" if rose == (way > 0) else "lost"


def _shown(rows: Sequence[ComparisonRow]) -> tuple[list[ComparisonRow], int]:
    """Keep everybody first and the groups that changed most, in their order."""
    whole = [row for row in rows if row.group is None]
    groups = [row for row in rows if row.group is not None]
    kept = sorted(groups, key=lambda row: -abs(row.change or 0.0))[:MOST]
    chosen = {id(row) for row in kept}
    return [*whole[:1], *(row for row in groups if id(row) in chosen)], len(groups)


def _before_after(row: ComparisonRow) -> Row:
    value = signed_points(row.change).removesuffix(" points") if row.change is not None else ""
    return Row(
        name=group_name(row.group),
        note=f"n {count(row.n)}",
        value=percent(row.after) if row.after is not None else "",
        value_note=value,
    )


def _changed(row: ComparisonRow, said: Outlook, colours: Palette) -> Row:
    if row.change is None:
        return Row(name=group_name(row.group), note=f"n {count(row.n)}")
    return Row(
        name=group_name(row.group),
        note=f"n {count(row.n)}",
        value=signed_points(row.change).removesuffix(" points"),
        value_note=said,
        colour=colours.verdict_texts[_LOOKS[said][1]],
    )


def _after_ends(row: ComparisonRow) -> tuple[float | None, float | None]:
    if row.before is None or row.low is None or row.high is None:
        return None, None
    return max(row.before + row.low, 0.0), min(row.before + row.high, 1.0)


def _joins(drawn: Sheet, shown: Sequence[ComparisonRow]) -> None:
    """Join before and after with a quiet line."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for y, row in enumerate(shown):
        if row.before is not None and row.after is not None:
            xs += [row.before, row.after, None]
            ys += [y, y, None]
    if xs:
        drawn.traces.append(
            {
                "type": "scatter",
                "x": xs,
                "y": ys,
                "mode": "lines",
                "line": {"color": drawn.palette.line, "width": 6},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )


def _hover(row: ComparisonRow, confidence: float) -> str:
    lines = [
        group_name(row.group),
        f"before {percent(row.before)}",
        f"control {percent(row.control)}" if row.control is not None else "",
        f"after {percent(row.after)}",
        f"change {signed_points(row.change)}",
        gap_interval(row.low, row.high, confidence=confidence, kind="paired"),
        f"n {count(row.n)}" + (f", fewer than {SMALL}" if row.n < SMALL else ""),
    ]
    return "<br>".join(label(line) for line in lines if line)
