"""How scores are spread in each group, one line above the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.figures.axes import nice_ticks, value_axis
from audit.figures.canvas import Row, Sheet, sheet
from audit.figures.marks import SMALL, upright
from audit.figures.ordering import left_out
from audit.figures.theme import Theme, group_colour
from audit.rows import group_name
from audit.wording import count, group_phrase, label, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from audit.tables.scores import ScoreCells

_MOST_ROWS = 20
_FEW_VALUES = 40
_BASE, _HEIGHT = 0.38, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBins:
    """How the scores of one group are spread over bins.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group; None for everybody.
    edges : tuple of float
        Rising edges of the bins, one more than bins; the same for every group.
    share : tuple of float
        Part of the group in each bin; adds up to 1, or is all 0 for a group without scores.
    n : int
        People in the group.
    alone : bool, default False
        Whether each bin holds one score, which lies between its edges.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    edges: tuple[float, ...]
    share: tuple[float, ...]
    n: int
    alone: bool = False


def score_bins(cells: ScoreCells) -> tuple[ScoreBins, ...]:
    """Join the score cells of one grouping to bins that can be drawn.

    Parameters
    ----------
    cells : ScoreCells
        The scores.

    Returns
    -------
    tuple of ScoreBins
        Everybody first, then the groups; a bin for each value where there are few, otherwise forty of equal width.
    """
    edges, into = _joined(cells)
    found = []
    for part, names in ((cells.overall(), (None,)), (cells, cells.groups)):
        weight = np.zeros((len(part.groups), len(edges) - 1))
        np.add.at(weight.T, into, part.w.sum(axis=1).T)
        total = weight.sum(axis=1, keepdims=True)
        share = weight / np.where(total > 0, total, 1.0)
        found += [
            ScoreBins(
                sensitive=cells.sensitive,
                group=name,
                edges=tuple(edges.tolist()),
                share=tuple(share[g].tolist()),
                n=int(part.sizes[g]),
                alone=cells.exact and len(cells.cuts) <= _FEW_VALUES,
            )
            for g, name in enumerate(names)
        ]
    return tuple(found)


def _joined(cells: ScoreCells) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give the edges of the drawn bins, and the drawn bin of each bin of scores."""
    cuts = np.asarray(cells.cuts)
    if cells.exact and len(cuts) <= _FEW_VALUES:
        half = np.diff(cuts).min(initial=1.0 if len(cuts) < 2 else np.inf) / 2
        middle = (cuts[:-1] + cuts[1:]) / 2
        return np.concatenate([[cuts[0] - half], middle, [cuts[-1] + half]]), np.arange(len(cuts))
    held = cells.n.sum(axis=(0, 1)) > 0
    low, high = float(cuts[held].min()), float(max(cells.means[held].max(), cuts[held].max()))
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    edges = np.linspace(low, high, _FEW_VALUES + 1)
    # The mean of a bin says where its people are; what rounding puts beyond an end belongs to it.
    into = np.searchsorted(edges, cells.means, side="right") - 1
    return edges, np.clip(into, 0, _FEW_VALUES - 1)


def scores(
    rows: Sequence[ScoreBins], *, threshold: float | None = None, title: str = "", theme: Theme = "light"
) -> go.Figure:
    """Draw the distribution of scores of every group above a common axis.

    Parameters
    ----------
    rows : sequence of ScoreBins
        The groups in the audit's order; everybody, where given, is drawn in grey behind each.
    threshold : float or None
        A line where decisions turn positive.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.

    Returns
    -------
    plotly.graph_objects.Figure
        One outline for each group, all to the same scale.
    """
    everybody = next((row for row in rows if row.group is None), None)
    groups = [row for row in rows if row.group is not None]
    shown = groups[:_MOST_ROWS]
    parts = ["Height: share of the group's people with that score."]
    if everybody:
        parts.append("Grey: everybody.")
    if threshold is not None:
        parts.append("Dotted: threshold.")
    drawn = sheet(
        [Row(name=group_name(row.group), note=f"n {count(row.n)}") for row in shown],
        theme=theme,
        alt=scores_alt(rows, threshold=threshold),
        title=title,
        caption=" ".join([*parts, left_out(len(groups), len(shown), "the first")]).strip(),
        taller=26,
    )
    # A group of a few people would flatten all others: it is cut off at the top instead.
    many = [row for row in [*shown, *([everybody] if everybody else [])] if row.n >= SMALL]
    peak = max((share for row in many or shown for share in row.share), default=0.0)
    for place, row in enumerate(shown):
        if everybody:
            _outline(drawn, everybody, place, peak, colour=drawn.palette.line, width=1.2, hover=False)
        if any(row.share):
            _outline(drawn, row, place, peak, colour=group_colour(place, theme), width=2.2, hover=True)
    if threshold is not None:
        upright(drawn, _line(shown, threshold), (-0.5, max(len(shown), 1) - 0.5), dash="dot")
    ends = [edge for row in shown for edge in (row.edges[0], row.edges[-1])]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    ticks = [tick for tick in nice_ticks(low, high, most=7) if low <= tick <= high]
    span = [low - 0.015 * (high - low), high + 0.015 * (high - low)]
    texts = [f"{tick:.4g}" for tick in ticks]
    drawn.layout.update(xaxis=value_axis(drawn.palette, ticks, texts, title="Score", range=span))
    return drawn.finish()


def _line(rows: Sequence[ScoreBins], threshold: float) -> float:
    """Place the threshold between the scores below it and those from it on."""
    if not (rows and rows[0].alone):
        return threshold
    middles = [(low + high) / 2 for low, high in zip(rows[0].edges[:-1], rows[0].edges[1:], strict=True)]
    above = [
        low for low, middle in zip(rows[0].edges[:-1], middles, strict=True) if middle >= threshold - 1e-9
    ]
    return above[0] if above else rows[0].edges[-1]


def scores_alt(rows: Sequence[ScoreBins], *, threshold: float | None = None) -> str:
    """Say what the distributions of scores show.

    Parameters
    ----------
    rows : sequence of ScoreBins
        The groups.
    threshold : float or None
        Where decisions turn positive.

    Returns
    -------
    str
        The groups with the highest and the lowest mean score.
    """
    known = [(row, _mean(row)) for row in rows if row.group is not None and any(row.share)]
    if not known:
        return "There are no scores to show."
    top, bottom = max(known, key=lambda item: item[1]), min(known, key=lambda item: item[1])
    text = (
        f"Scores by group: highest on average for {group_phrase(top[0].sensitive, top[0].group)} "
        f"({top[1]:.2f}), lowest for {group_phrase(bottom[0].sensitive, bottom[0].group)} ({bottom[1]:.2f})."
    )
    return text + (f" The threshold is {threshold:.3g}." if threshold is not None else "")


def _mean(row: ScoreBins) -> float:
    pairs = zip(row.edges[:-1], row.edges[1:], row.share, strict=True)
    return sum(share * (low + high) / 2 for low, high, share in pairs)


def _outline(
    drawn: Sheet, row: ScoreBins, place: int, peak: float, *, colour: str, width: float, hover: bool
) -> None:
    """Draw the upper edge of a histogram as a line of steps."""
    xs: list[float] = [row.edges[0]]
    ys: list[float] = [place + _BASE]
    texts = [""]
    for low, high, share in zip(row.edges[:-1], row.edges[1:], row.share, strict=True):
        level = place + _BASE - _HEIGHT * (min(share / peak, 1.0) if peak else 0.0)
        xs += [low, high]
        ys += [level, level]
        texts += [f"{group_name(row.group)}: {percent(share)} from {low:.3g} to {high:.3g}"] * 2
    xs.append(row.edges[-1])
    ys.append(place + _BASE)
    texts.append("")
    drawn.traces.append(
        {
            "type": "scatter",
            "x": xs,
            "y": ys,
            "mode": "lines",
            "line": {"color": colour, "width": width},
            "hovertext": [label(text) if text else "" for text in texts] if hover else None,
            "hoverinfo": "text" if hover else "skip",
            "showlegend": False,
        }
    )
