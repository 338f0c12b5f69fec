"""One strip for each criterion: the disparity with its interval, the tolerance and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.axes import nice_ticks, point_texts, value_axis
from audit.figures.canvas import Row, Sheet, sheet
from audit.figures.marks import band, gap, intervals, marks, upright
from audit.figures.theme import VERDICT_MARKERS, Palette, Theme, palette
from audit.wording import (
    column_title,
    disparity_title,
    gap_interval,
    label,
    points,
    ratio,
    ratio_interval,
    short_title,
    verdict_sentence,
    verdict_word,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.plan import Outcome
    from audit.rows import DisparityRow

_AXES = (("x", "y"), ("x2", "y2"))


def strips(
    rows: Sequence[DisparityRow],
    *,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw differences and ratios with their intervals against the tolerances.

    Parameters
    ----------
    rows : sequence of DisparityRow
        Differences and ratios, in the order to show; other comparisons are left out.
    title : str, default ""
        A title.
    theme : {"light", "dark"}, default "light"
        Colours.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    plotly.graph_objects.Figure
        Differences above, ratios below, each on its own axis; the shape of a mark is its verdict.
    """
    differences = [row for row in rows if row.comparison == "difference"]
    ratios = [row for row in rows if row.comparison == "ratio"]
    panels = [panel for panel in (differences, ratios) if panel]
    bound = any(row.tolerance is not None for row in rows)
    words = [[_words(row, palette(theme), favourable) for row in panel] for panel in panels]
    drawn = sheet(
        words[0] if words else [],
        words[1] if len(words) > 1 else [],
        theme=theme,
        alt=strips_alt(rows, favourable=favourable),
        title=title,
        caption="Mark: value; line: interval; shaded: within tolerance."
        if bound
        else "Mark: value; line: interval.",
    )
    if not panels:
        ticks = nice_ticks(0.0, 0.1)
        drawn.layout.update(xaxis=value_axis(drawn.palette, ticks, point_texts(ticks)))
    for panel, axes in zip(panels, _AXES, strict=False):
        _panel(drawn, panel, axes, confidence, favourable)
    return drawn.finish()


def strips_alt(rows: Sequence[DisparityRow], *, favourable: Outcome = "positive") -> str:
    """Say what the strips show.

    Parameters
    ----------
    rows : sequence of DisparityRow
        Differences and ratios.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        Each criterion with its value and verdict.
    """
    said = []
    for row in rows:
        if row.comparison not in {"difference", "ratio"}:
            continue
        verdict = f", {verdict_word(row.verdict).lower()}" if row.verdict else ""
        said.append(
            f"{short_title(row.metric, favourable)} by {column_title(row.sensitive)}, "
            f"{'ratio' if row.comparison == 'ratio' else 'gap'}: {_value(row)}{verdict}"
        )
    return "; ".join(said) + "." if said else "There is no criterion to show."


def _words(row: DisparityRow, colours: Palette, favourable: Outcome) -> Row:
    word = {"within": "within", "beyond": "beyond", "cannot_tell": "cannot tell"}.get(row.verdict or "", "")
    return Row(
        name=short_title(row.metric, favourable),
        note=column_title(row.sensitive),
        value="" if row.value is None else _value(row).removesuffix(" points"),
        value_note=word,
        colour=colours.verdict_texts[row.verdict] if row.verdict else "",
    )


def _value(row: DisparityRow) -> str:
    write = ratio if row.comparison == "ratio" else points
    return write(row.value, reason=row.reason)


def _panel(
    drawn: Sheet, rows: Sequence[DisparityRow], axes: tuple[str, str], confidence: float, favourable: Outcome
) -> None:
    """Draw one panel: all differences, or all ratios."""
    is_ratio = rows[0].comparison == "ratio"
    ends = [v for row in rows for v in (row.value, row.high, row.tolerance) if v is not None]
    ticks = (0.0, 0.5, 1.0) if is_ratio else nice_ticks(0.0, max(ends, default=0.1))
    known = [(y, row, row.value) for y, row in enumerate(rows) if row.value is not None]
    for y, row in enumerate(rows):
        _tolerance(drawn, row, y, ticks[-1], axes)
        if row.value is None:
            gap(drawn, y, row.reason, x=ticks[0], axes=axes)
    intervals(
        drawn,
        [x for *_, x in known],
        [y for y, *_ in known],
        [(row.low, row.high) for _, row, _ in known],
        axes=axes,
    )
    for verdict, symbol in (*VERDICT_MARKERS.items(), (None, "circle")):
        wanted = [item for item in known if item[1].verdict == verdict]
        marks(
            drawn,
            [x for *_, x in wanted],
            [y for y, *_ in wanted],
            colours=drawn.palette.verdict_marks[verdict] if verdict else drawn.palette.accent,
            hover=[_hover(row, confidence, favourable) for _, row, _ in wanted],
            symbol=symbol,
            size=13 if verdict == "beyond" else 12,
            axes=axes,
        )
    texts = [f"{tick:.4g}" for tick in ticks] if is_ratio else point_texts(ticks)
    name = "Lowest over highest (1: equal)" if is_ratio else "Gap in percentage points"
    drawn.layout[f"xaxis{axes[0][1:]}"] = value_axis(drawn.palette, ticks, texts, title=name, anchor=axes[1])


def _tolerance(drawn: Sheet, row: DisparityRow, y: int, end: float, axes: tuple[str, str]) -> None:
    """Shade what lies within the tolerance of a row, and mark its edge."""
    if row.tolerance is None:
        return
    span = (row.tolerance, end) if row.comparison == "ratio" else (0.0, row.tolerance)
    band(drawn, span, (y - 0.36, y + 0.36), axes=axes)
    upright(drawn, row.tolerance, (y - 0.36, y + 0.36), width=2, axes=axes)


def _hover(row: DisparityRow, confidence: float, favourable: Outcome) -> str:
    interval = ratio_interval if row.comparison == "ratio" else gap_interval
    lines = [
        disparity_title(row, favourable),
        column_title(row.sensitive),
        _value(row),
        interval(row.low, row.high, confidence=confidence) or "no interval",
        f"over {row.groups_estimable} of {row.groups_total} groups",
        verdict_sentence(row),
    ]
    return "<br>".join(label(line) for line in lines if line)
