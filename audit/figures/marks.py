"""The marks of figures: dots, intervals, lines of reference, bands of tolerance and labelled gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.wording import label, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.figures.canvas import Sheet

SMALL: Final = 30
"""Below this many people a mark is drawn open."""

_GAPS: Final = {
    "no_positives": "no positive labels",
    "no_negatives": "no negative labels",
    "no_predicted_positives": "nobody selected",
    "no_predicted_negatives": "everybody selected",
    "empty": "nobody here",
    "single_class": "only one label",
    "below_minimum_size": "too few people",
    "zero_reference_rate": "reference rate is 0",
    "fewer_than_two_groups": "fewer than 2 groups",
    "no_scores": "no scores",
    "no_outcome": "no outcome known",
    "not_probabilities": "scores are no probabilities",
    "constant_scores": "all scores equal",
    "separated": "labels fully separated",
    "no_background": "nobody outside the group",
    "single_person": "one person alone",
    "no_false_positives": "no false alarm",
    "zero_benefit": "a benefit is 0",
    "no_benefit": "no benefit above 0",
    "no_common_stratum": "no stratum has both groups",
}


def intervals(
    drawn: Sheet,
    xs: Sequence[float],
    ys: Sequence[float],
    ends: Sequence[tuple[float | None, float | None]],
    *,
    width: float = 2.5,
    colour: str = "",
    axes: tuple[str, str] = ("x", "y"),
) -> None:
    """Draw intervals as plain lines under the marks.

    Parameters
    ----------
    drawn : Sheet
        Where to draw.
    xs, ys : sequence of float
        Centres.
    ends : sequence of (low, high)
        Ends; a pair with None is not drawn.
    width : float, default 2.5
        Width of the line in pixels.
    colour : str, default ""
        Colour; empty for the neutral one.
    axes : tuple of str, default ("x", "y")
        The axes.
    """
    kept = [
        (x, y, low, high)
        for x, y, (low, high) in zip(xs, ys, ends, strict=True)
        if low is not None and high is not None
    ]
    if not kept:
        return
    drawn.traces.append(
        {
            "type": "scatter",
            "x": [x for x, *_ in kept],
            "y": [y for _, y, *_ in kept],
            "mode": "markers",
            "marker": {"size": 1, "color": colour or drawn.palette.interval},
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": [max(high - x, 0.0) for x, _, _, high in kept],
                "arrayminus": [max(x - low, 0.0) for x, _, low, _ in kept],
                "color": colour or drawn.palette.interval,
                "thickness": width,
                "width": 0,
            },
            "hoverinfo": "skip",
            "showlegend": False,
            "xaxis": axes[0],
            "yaxis": axes[1],
        }
    )


def marks(
    drawn: Sheet,
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    colours: Sequence[str] | str,
    hover: Sequence[str],
    symbol: str = "circle",
    size: int = 11,
    axes: tuple[str, str] = ("x", "y"),
) -> None:
    """Draw marks of one shape; nothing where there are none.

    Parameters
    ----------
    drawn : Sheet
        Where to draw.
    xs, ys : sequence of float
        Positions.
    colours : sequence of str or str
        Colours, or one for all.
    hover : sequence of str
        Escaped texts.
    symbol : str, default "circle"
        Shape; one that ends in "-open" is drawn as an outline.
    size : int, default 11
        In pixels.
    axes : tuple of str, default ("x", "y")
        The axes.
    """
    if not xs:
        return
    hollow = symbol.endswith("-open")
    # A hollow mark is filled with the page, so that its own interval does not run through it.
    painted: str | list[str] = colours if isinstance(colours, str) else list(colours)
    drawn.traces.append(
        {
            "type": "scatter",
            "x": list(xs),
            "y": list(ys),
            "mode": "markers",
            "showlegend": False,
            "marker": {
                "symbol": symbol.removesuffix("-open"),
                "size": size - 1 if hollow else size,
                "opacity": 1,
                "color": drawn.palette.background if hollow else painted,
                "line": {"width": 2 if hollow else 0, "color": painted},
            },
            "hovertext": list(hover),
            "hoverinfo": "text",
            "xaxis": axes[0],
            "yaxis": axes[1],
            "cliponaxis": False,
        }
    )


def gap(drawn: Sheet, place: float, reason: str, *, x: float, axes: tuple[str, str] = ("x", "y")) -> None:
    """Say in the place of a mark that there is nothing to draw, and why.

    Parameters
    ----------
    drawn : Sheet
        Where to write.
    place : float
        The row.
    reason : str
        Code of :data:`audit.rows.REASONS`.
    x : float
        Where the text starts, in units of the axis of values.
    axes : tuple of str, default ("x", "y")
        The axes.
    """
    said = _GAPS.get(reason, reason.replace("_", " "))
    drawn.notes.append(
        {
            "text": "<br>".join(["not estimable:", *(label(line) for line in wrap(said, 22, 2))])
            if said
            else "not estimable",
            "x": x,
            "y": place,
            "xref": axes[0],
            "yref": axes[1],
            "xanchor": "left",
            "yanchor": "middle",
            "xshift": 4,
            "align": "left",
            "showarrow": False,
            "font": {"size": 12, "color": drawn.palette.muted, "style": "italic"},
        }
    )


def upright(
    drawn: Sheet,
    x: float,
    ends: tuple[float, float],
    *,
    colour: str = "",
    dash: str = "solid",
    width: float = 1.5,
    axes: tuple[str, str] = ("x", "y"),
) -> None:
    """Draw an upright line of reference.

    Parameters
    ----------
    drawn : Sheet
        Where to draw.
    x : float
        Where it stands.
    ends : tuple of float
        From row to row.
    colour : str, default ""
        Colour; empty for the quiet text colour.
    dash : {"solid", "dash", "dot"}, default "solid"
        Pattern.
    width : float, default 1.5
        In pixels.
    axes : tuple of str, default ("x", "y")
        The axes.
    """
    drawn.shapes.append(
        {
            "type": "line",
            "x0": x,
            "x1": x,
            "y0": ends[0],
            "y1": ends[1],
            "xref": axes[0],
            "yref": axes[1],
            "line": {"color": colour or drawn.palette.muted, "width": width, "dash": dash},
            "layer": "below",
        }
    )


def band(
    drawn: Sheet,
    xs: tuple[float, float],
    ends: tuple[float, float],
    *,
    colour: str = "",
    axes: tuple[str, str] = ("x", "y"),
) -> None:
    """Shade an area, such as what lies within a tolerance.

    Parameters
    ----------
    drawn : Sheet
        Where to draw.
    xs : tuple of float
        From value to value.
    ends : tuple of float
        From row to row.
    colour : str, default ""
        Colour; empty for the band's own.
    axes : tuple of str, default ("x", "y")
        The axes.
    """
    drawn.shapes.append(
        {
            "type": "rect",
            "x0": xs[0],
            "x1": xs[1],
            "y0": ends[0],
            "y1": ends[1],
            "xref": axes[0],
            "yref": axes[1],
            "fillcolor": colour or drawn.palette.band,
            "line": {"width": 0},
            "layer": "below",
        }
    )


def bars(
    drawn: Sheet,
    starts: Sequence[float],
    sizes: Sequence[float],
    ys: Sequence[float],
    *,
    colours: Sequence[str] | str,
    hover: Sequence[str],
    width: float = 0.5,
    axes: tuple[str, str] = ("x", "y"),
) -> None:
    """Draw horizontal bars; nothing where there are none.

    Parameters
    ----------
    drawn : Sheet
        Where to draw.
    starts, sizes, ys : sequence of float
        Where each bar begins, how long it is, and its row.
    colours : sequence of str or str
        Colours, or one for all.
    hover : sequence of str
        Escaped texts.
    width : float, default 0.5
        Thickness as a part of the row.
    axes : tuple of str, default ("x", "y")
        The axes.
    """
    if not ys:
        return
    drawn.traces.append(
        {
            "type": "bar",
            "x": list(sizes),
            "base": list(starts),
            "y": list(ys),
            "orientation": "h",
            "width": width,
            "showlegend": False,
            "marker": {"color": colours if isinstance(colours, str) else list(colours), "line": {"width": 0}},
            "hovertext": list(hover),
            "hoverinfo": "text",
            "xaxis": axes[0],
            "yaxis": axes[1],
        }
    )
