"""Curves by group: a rate over the threshold, ROC curves, and precision over recall."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from audit.figures.axes import percent_texts, value_axis
from audit.figures.keyed import Name, begin, curve, name_all, reading, score_axis, shares, straight
from audit.figures.marks import marks
from audit.figures.ordering import left_out
from audit.figures.theme import Theme, group_colour
from audit.wording import count, group_phrase, metric_title, percent, points, short_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.disparity.score_lines import Line
    from audit.plan import Outcome
    from audit.rows import MetricRow

MOST_CURVES: Final = 8
"""Groups in one picture of curves: as many as have a colour of their own."""


def threshold_curves(
    lines: Sequence[Line],
    chosen: Sequence[MetricRow],
    *,
    at: Sequence[float],
    present: float | None = None,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
) -> go.Figure:
    """Draw a rate of every group over the threshold, and where the chosen threshold cuts the curves.

    Parameters
    ----------
    lines : sequence of Line
        The rate of every group, in the audit's order.
    chosen : sequence of MetricRow
        The rate of every group at the chosen threshold.
    at : sequence of float
        The chosen threshold of every group.
    present : float or None
        The threshold that is in use.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    plotly.graph_objects.Figure
        One curve for each of the eight largest groups, named at the right with its rate at the chosen threshold.
    """
    rates = {row.group: row for row in chosen if row.group is not None}
    shown = largest(lines)
    metric = chosen[0].metric if chosen else "selection_rate"
    common = len(set(at)) == 1
    said = ["Line: chosen." if common else "Dots: chosen."]
    said += ["Dotted: in use."] if present is not None else []
    drawn = begin(
        title,
        " ".join([*said, left_out(len(lines), len(shown), "the largest")]).strip(),
        theme=theme,
        alt=threshold_alt(chosen, at=at, favourable=favourable),
    )
    ends = [*(x for line in shown for x in (line.x[0], line.x[-1])), *at]
    for line in shown:
        curve(drawn, line, theme, f"threshold {{x:.3g}}: {short_title(metric, favourable).lower()}")
    known = [(line, at[line.place], rates[line.group].value) for line in shown if line.group in rates]
    there = [(line, x, y) for line, x, y in known if y is not None]
    if common and at:
        if len(there) > 1:
            heights = [y for *_, y in there]
            straight(drawn, (at[0], at[0]), (min(heights), max(heights)), colour=drawn.palette.line, width=9)
        straight(drawn, (at[0], at[0]), (0.0, 1.0), colour=drawn.palette.text)
    if present is not None:
        straight(drawn, (present, present), (0.0, 1.0), dash="dot")
    marks(
        drawn,
        [x for _, x, _ in there],
        [y for *_, y in there],
        colours=[group_colour(line.place, theme) for line, *_ in there],
        hover=[reading(line, f"{percent(y)} at {x:.3g}") for line, x, y in there],
        size=10,
    )
    name_all(
        drawn,
        [
            Name(
                group=line.group,
                note=percent(y) if y is not None else "not estimable",
                colour=group_colour(line.place, theme),
                height=y,
            )
            for line, _, y in known
        ],
    )
    drawn.layout.update(
        xaxis=score_axis(drawn, min(ends, default=0.0), max(ends, default=1.0), "Threshold"),
        yaxis=shares(drawn, metric_title(metric, favourable)),
    )
    return drawn.finish()


def threshold_alt(
    chosen: Sequence[MetricRow], *, at: Sequence[float], favourable: Outcome = "positive"
) -> str:
    """Say what a rate is in each group at the chosen threshold.

    Parameters
    ----------
    chosen : sequence of MetricRow
        The rate of every group.
    at : sequence of float
        The chosen threshold of every group.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        The highest and the lowest group and their distance.
    """
    name = metric_title(chosen[0].metric, favourable) if chosen else "Rate"
    known = sorted(
        (row for row in chosen if row.group is not None and row.value is not None),
        key=lambda row: -(row.value or 0.0),
    )
    where = f"at a threshold of {at[0]:.3g}" if len(set(at)) == 1 else "at a threshold for each group"
    if not known:
        return f"{name} by group over the threshold: no group can be estimated {where}."
    top, bottom = known[0], known[-1]
    ends = f"{percent(top.value)} for {group_phrase(top.sensitive, top.group)}"
    if len(known) > 1:
        apart = points((top.value or 0.0) - (bottom.value or 0.0))
        ends += (
            f" and {percent(bottom.value)} for {group_phrase(bottom.sensitive, bottom.group)}, {apart} apart"
        )
    return f"{name} by group over the threshold: {ends}, {where}."


def ranking_curves(
    lines: Sequence[Line],
    *,
    kind: str,
    areas: Sequence[MetricRow] = (),
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
) -> go.Figure:
    """Draw ROC curves, or precision over recall, of every group.

    Parameters
    ----------
    lines : sequence of Line
        The curves in the audit's order.
    kind : {"roc", "precision"}
        Which curves they are.
    areas : sequence of MetricRow, default ()
        AUC of the groups, written beside their names.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    plotly.graph_objects.Figure
        One curve for each of the eight largest groups.
    """
    shown = largest(lines)
    note = "Dotted: a coin." if kind == "roc" else "Each point is a threshold."
    drawn = begin(
        title,
        f"{note} {left_out(len(lines), len(shown), 'the largest')}".strip(),
        theme=theme,
        alt=ranking_alt(lines, kind=kind, areas=areas),
    )
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
    if kind == "roc":
        straight(drawn, (0.0, 1.0), (0.0, 1.0), dash="dot")
    for line in shown:
        curve(drawn, line, theme, "at {x:.1%}:")
    known = {row.group: row.value for row in areas if row.value is not None}
    name_all(
        drawn,
        [
            Name(
                group=line.group,
                note=f"AUC {known[line.group]:.3f}" if line.group in known else "",
                colour=group_colour(line.place, theme),
                height=_middle(line),
            )
            for line in shown
        ],
    )
    rates = ("false_positive_rate", "true_positive_rate")
    across, up = rates if kind == "roc" else ("true_positive_rate", "precision")
    drawn.layout.update(
        xaxis=value_axis(drawn.palette, ticks, percent_texts(ticks), title=metric_title(across, favourable)),
        yaxis=shares(drawn, metric_title(up, favourable)),
    )
    return drawn.finish()


def ranking_alt(lines: Sequence[Line], *, kind: str, areas: Sequence[MetricRow] = ()) -> str:
    """Say which group is ranked best and which worst.

    Parameters
    ----------
    lines : sequence of Line
        The curves.
    kind : {"roc", "precision"}
        Which curves they are.
    areas : sequence of MetricRow, default ()
        AUC of the groups.

    Returns
    -------
    str
        One sentence.
    """
    name = "ROC curves" if kind == "roc" else "Precision over recall"
    known = sorted(
        (row for row in areas if row.group is not None and row.value is not None),
        key=lambda row: -(row.value or 0),
    )
    if len(known) < 2:
        return f"{name} of {count(len(lines))} groups."
    top, bottom = known[0], known[-1]
    return (
        f"{name} by group: the area under the ROC curve is {top.value:.3f} for {group_phrase(top.sensitive, top.group)} "
        f"and {bottom.value:.3f} for {group_phrase(bottom.sensitive, bottom.group)}."
    )


def largest(lines: Sequence[Line]) -> list[Line]:
    """Keep the largest groups, in the audit's order.

    Parameters
    ----------
    lines : sequence of Line
        The curves.

    Returns
    -------
    list of Line
        At most :data:`MOST_CURVES`.
    """
    return sorted(sorted(lines, key=lambda line: -line.n)[:MOST_CURVES], key=lambda line: line.place)


def _middle(line: Line) -> float | None:
    """Height of a curve a quarter across, by which names are put in order."""
    known = [(abs(x - 0.25), y) for x, y in zip(line.x, line.y, strict=True) if not math.isnan(y)]
    return min(known)[1] if known else None
