"""The difference between two groups over everybody, among comparable people, and in every stratum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.figures.axes import nice_ticks, point_texts, value_axis
from audit.figures.canvas import Row, Sheet, sheet
from audit.figures.marks import SMALL, band, gap, intervals, marks, upright
from audit.rows import group_name
from audit.wording import (
    count,
    gap_interval,
    group_phrase,
    label,
    points,
    short_title,
    signed_points,
)
from audit.wording.comparable import PATTERN_WORDS, control_phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.figures.theme import Theme
    from audit.plan import Outcome
    from audit.rows.comparable import AdjustedRow, StratumRow

MOST: Final = 24
"""A figure shows at most this many strata."""


def strata(
    row: AdjustedRow,
    rows: Sequence[StratumRow],
    *,
    tolerance: float | None = None,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw the difference over everybody and among comparable people, and below them one dot for each stratum.

    Parameters
    ----------
    row : AdjustedRow
        The two groups over all strata.
    rows : sequence of StratumRow
        The same two groups in each stratum, with comparison "to_reference".
    tolerance : float or None
        Half the width of a shaded band around 0.
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
        Strata by falling difference, larger dots for more people; what cannot be estimated is a labelled gap.
    """
    shown = _shown(rows)
    first = [
        _Line("Everybody", "not adjusted", (row.crude, row.crude_low, row.crude_high), row.reason, None),
        _Line(
            f"Same {control_phrase(row.control)}",
            f"{row.strata} of {row.strata_total} strata",
            (row.value, row.low, row.high),
            row.reason,
            None,
        ),
    ]
    every = first + [
        _Line(
            group_name(item.stratum),
            f"n {count(item.n)}",
            (item.value, item.low, item.high),
            item.reason,
            item.n,
        )
        for item in shown
    ]
    ticks = _ticks(every, tolerance)
    drawn = sheet(
        [_words(line) for line in every],
        theme=theme,
        alt=strata_alt(row, rows, favourable=favourable),
        title=title,
        caption=_caption(every, tolerance, len(rows), len(shown)),
    )
    if tolerance is not None:
        band(drawn, (max(-tolerance, ticks[0]), min(tolerance, ticks[-1])), (-0.5, len(every) - 0.5))
    upright(drawn, 0.0, (-0.5, len(every) - 0.5), dash="dot")
    _draw(drawn, every, ticks[0], confidence)
    drawn.layout.update(
        xaxis=value_axis(
            drawn.palette,
            ticks,
            point_texts(ticks, signed=True),
            title=f"{short_title(row.metric, favourable)}: {_pair(row)}, points",
        )
    )
    return drawn.finish()


def strata_alt(row: AdjustedRow, rows: Sequence[StratumRow], *, favourable: Outcome = "positive") -> str:
    """Say what the figure shows.

    Parameters
    ----------
    row : AdjustedRow
        The two groups over all strata.
    rows : sequence of StratumRow
        The same two groups in each stratum.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        Both differences, their pattern, and the strata at both ends.
    """
    start = (
        f"{short_title(row.metric, favourable)}, {_pair(row)}: {signed_points(row.crude, reason=row.reason)} over everybody, "
        f"{signed_points(row.value, reason=row.reason)} among people with the same {control_phrase(row.control)}"
    )
    known = sorted((item for item in rows if item.value is not None), key=lambda item: item.value or 0.0)
    start += f": the difference {PATTERN_WORDS[row.pattern]}."
    if not known:
        return f"{start} No stratum can be estimated."
    ends = " to ".join(
        f"{signed_points(item.value)} in {group_phrase(row.control, item.stratum)}"
        for item in (known[0], known[-1])
    )
    missing = len(rows) - len(known)
    return f"{start} By stratum from {ends}." + (
        f" {missing} of {len(rows)} strata cannot be estimated." if missing else ""
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of marks: a comparison over all strata, or one stratum."""

    name: str
    note: str
    ends: tuple[float | None, float | None, float | None]
    reason: str
    n: int | None

    @property
    def value(self) -> float | None:
        return self.ends[0]

    @property
    def low(self) -> float | None:
        return self.ends[1]

    @property
    def high(self) -> float | None:
        return self.ends[2]


def _pair(row: AdjustedRow) -> str:
    return f"{group_phrase(row.sensitive, row.group)} minus {group_phrase(row.sensitive, row.reference)}"


def _shown(rows: Sequence[StratumRow]) -> list[StratumRow]:
    """Choose the largest strata, those with a value first, and put them by falling difference."""
    largest = sorted(rows, key=lambda item: (item.value is None, -item.n))[:MOST]
    return sorted(largest, key=lambda item: (item.value is None, -(item.value or 0.0)))


def _words(line: _Line) -> Row:
    written = signed_points(line.value).removesuffix(" points") if line.value is not None else ""
    return Row(name=line.name, note=line.note, value=written)


def _caption(every: Sequence[_Line], tolerance: float | None, total: int, shown: int) -> str:
    parts = ["Diamond: all strata together; dot: one stratum, larger for more people; line: interval"]
    if any(line.n is not None and line.n < SMALL and line.value is not None for line in every):
        parts.append(f"open dot: fewer than {SMALL} people")
    if tolerance is not None:
        parts.append(f"shaded: {points(tolerance, decimals=0)} either side of 0")
    left = f" The {shown} largest of {total} strata." if shown < total else ""
    return f"{'; '.join(parts)}.{left}"


def _ticks(every: Sequence[_Line], tolerance: float | None) -> tuple[float, ...]:
    ends = [x for line in every for x in (line.value, line.low, line.high) if x is not None]
    reach = tolerance or 0.0
    return nice_ticks(max(min([*ends, -reach, -0.01]), -1.0), min(max([*ends, reach, 0.01]), 1.0))


def _draw(drawn: Sheet, every: Sequence[_Line], left: float, confidence: float) -> None:
    known = [(y, line, line.value) for y, line in enumerate(every) if line.value is not None]
    intervals(
        drawn, [x for *_, x in known], [y for y, *_ in known], [(line.low, line.high) for _, line, _ in known]
    )
    largest = max((line.n or 0 for line in every), default=0)
    kinds: dict[tuple[str, int], list[tuple[int, _Line, float]]] = {}
    for y, line, x in known:
        kinds.setdefault(_mark(line, largest), []).append((y, line, x))
    for (symbol, size), wanted in sorted(kinds.items()):
        marks(
            drawn,
            [x for *_, x in wanted],
            [y for y, *_ in wanted],
            colours=drawn.palette.text if symbol == "diamond" else drawn.palette.accent,
            hover=[_hover(line, confidence) for _, line, _ in wanted],
            symbol=symbol,
            size=size,
        )
    for y, line in enumerate(every):
        if line.value is None:
            gap(drawn, y, line.reason, x=left)


def _mark(line: _Line, largest: int) -> tuple[str, int]:
    """Give shape and size: the area of a dot follows the people in its stratum, within what can be seen."""
    if line.n is None:
        return "diamond", 13
    share = (line.n / largest) ** 0.5 if largest else 0.0
    return ("circle" if line.n >= SMALL else "circle-open"), 7 + round(9 * share)


def _hover(line: _Line, confidence: float) -> str:
    lines = [
        line.name,
        signed_points(line.value),
        gap_interval(line.low, line.high, confidence=confidence) or "no interval",
        line.note,
    ]
    return "<br>".join(label(part) for part in lines if part)
