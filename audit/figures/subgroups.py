"""Subgroups that stand out, as a tree: everybody, then one column, two, three, each against everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.figures.axes import nice_ticks, point_texts, value_axis
from audit.figures.canvas import Row, Sheet, sheet
from audit.figures.marks import intervals, marks, upright
from audit.wording import (
    count,
    escape_plain,
    gap_interval,
    label,
    percent,
    points,
    short_title,
    signed_points,
)
from audit.wording.subgroups import CONFIRMATIONS, subgroup_name, subgroup_parts, subgroup_people

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.figures.theme import Theme
    from audit.plan import Outcome
    from audit.rows.subgroups import SearchRow, SubgroupRow

MOST: Final = 20
"""A tree shows at most this many subgroups unless asked for fewer."""

_NOTE: Final = 22
_INDENT: Final = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


def subgroup_tree(
    rows: Sequence[SubgroupRow],
    search: SearchRow,
    *,
    focus: str = "",
    most: int = MOST,
    title: str = "",
    theme: Theme = "light",
    favourable: Outcome = "positive",
    confidence: float = 0.95,
) -> go.Figure:
    """Draw the subgroups that stand out, each under the one that it is a part of.

    Parameters
    ----------
    rows : sequence of SubgroupRow
        The rows of the chapter, in their order.
    search : SearchRow
        The search they come from.
    focus : str, default ""
        Id of one row: then the way to it is drawn, and what lies below it or is explained by it.
    most : int, default 20
        Most subgroups that are drawn.
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
        A row for each subgroup: its difference from everybody else with the interval, and what was seen at first.
    """
    shown = telling(rows, focus=focus, most=most)
    words = [
        Row(name="Everybody", note=f"n {count(search.n)}", value=percent(search.rate)),
        *(_words(row, level, shown) for row, level in shown),
    ]
    drawn = sheet(
        words,
        theme=theme,
        alt=subgroup_alt(rows, search, focus=focus, most=most, favourable=favourable),
        title=title,
        caption=(
            "Dot: subgroup minus everybody else in the half that confirms, with its interval; open: not confirmed; "
            "grey: explained by another one. Diamond: in the half that found it."
        ),
    )
    every = [v for row, _ in shown for v in (row.low, row.high, row.value, row.seen) if v is not None]
    ticks = nice_ticks(min([*every, 0.0]), max([*every, 0.01]))
    upright(drawn, 0.0, (-0.5, len(words) - 0.5), dash="dot")
    marks(drawn, [0.0], [0.0], colours=drawn.palette.text, hover=["Everybody"], symbol="diamond", size=12)
    _draw(drawn, [row for row, _ in shown], confidence, focus)
    drawn.layout.update(
        xaxis=value_axis(
            drawn.palette,
            ticks,
            point_texts(ticks, signed=True),
            title=f"{short_title(search.metric, favourable)}: points above everybody else",
        )
    )
    return drawn.finish()


def subgroup_alt(
    rows: Sequence[SubgroupRow],
    search: SearchRow,
    *,
    focus: str = "",
    most: int = MOST,
    favourable: Outcome = "positive",
) -> str:
    """Say what the tree shows.

    Parameters
    ----------
    rows : sequence of SubgroupRow
        The rows of the chapter.
    search : SearchRow
        The search they come from.
    focus : str, default ""
        Id of one row.
    most : int, default 20
        Most subgroups that are drawn.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        The subgroup with the largest difference, or the one in focus, and how many are drawn.
    """
    metric = short_title(search.metric, favourable)
    shown = telling(rows, focus=focus, most=most)
    first = next((row for row in rows if row.id == focus), None) or next(
        (row for row in rows if row.discovered and not row.folded), None
    )
    if first is None:
        return f"{metric}: no subgroup stands out."
    lead = f"{signed_points(first.value)} for {subgroup_people(first)} (n {count(first.n)})"
    return f"{metric} against everybody else: {lead}. {count(len(shown))} subgroups are drawn as a tree."


def telling(
    rows: Sequence[SubgroupRow], *, focus: str = "", most: int = MOST
) -> list[tuple[SubgroupRow, int]]:
    """Choose the subgroups that a tree shows, each under its parent.

    Parameters
    ----------
    rows : sequence of SubgroupRow
        The rows of the chapter, in their order.
    focus : str, default ""
        Id of one row.
    most : int, default 20
        Most rows.

    Returns
    -------
    list of (SubgroupRow, int)
        Rows in the order of the tree, with their level from 0.
    """
    known = {row.id: row for row in rows}
    if focus in known:
        wanted = [known[focus], *(row for row in rows if focus in {row.parent, row.folded})]
    else:
        wanted = [row for row in rows if row.discovered and not row.folded]
    kept: dict[str, SubgroupRow] = {}
    for row in wanted:
        chain = _chain(row, known)
        new = [one for one in chain if one.id not in kept]
        if len(kept) + len(new) <= most:
            kept |= {one.id: one for one in new}
    return _branch("", kept, 0, [row.id for row in rows])


def _chain(row: SubgroupRow, known: dict[str, SubgroupRow]) -> list[SubgroupRow]:
    found = [row]
    while found[-1].parent in known:
        found.append(known[found[-1].parent])
    return found[::-1]


def _branch(
    parent: str, kept: dict[str, SubgroupRow], level: int, order: list[str]
) -> list[tuple[SubgroupRow, int]]:
    """Lay out what lies below a subgroup, the branch with the foremost row first."""
    below = {row.id: _branch(row.id, kept, level + 1, order) for row in kept.values() if row.parent == parent}
    place = {name: i for i, name in enumerate(order)}
    first = {name: min([place[name], *(place[row.id] for row, _ in rest)]) for name, rest in below.items()}
    return [
        entry
        for name in sorted(below, key=lambda name: first[name])
        for entry in ((kept[name], level), *below[name])
    ]


def _words(row: SubgroupRow, level: int, shown: Sequence[tuple[SubgroupRow, int]]) -> Row:
    above = next((other.sensitive for other, _ in shown if other.id == row.parent), ())
    own = [(column, value) for column, value in subgroup_parts(row) if column not in above]
    n = f"n {count(row.n)}"
    columns = escape_plain(", ".join(column for column, _ in own), _NOTE - len(n) - 2)
    doubtful = row.confirmed not in {None, "yes"} and not row.folded
    return Row(
        name=f"{_INDENT * level} {' × '.join(value for _, value in own)}".strip(),
        note=f"{columns}, {n}",
        value=signed_points(row.value).removesuffix(" points"),
        value_note=CONFIRMATIONS[row.confirmed] if row.confirmed and doubtful else "",
    )


def _draw(drawn: Sheet, rows: Sequence[SubgroupRow], confidence: float, focus: str) -> None:
    placed = [(y + 1.0, row, row.value) for y, row in enumerate(rows) if row.value is not None]
    intervals(
        drawn, [x for *_, x in placed], [y for y, *_ in placed], [(row.low, row.high) for _, row, _ in placed]
    )
    found = [(y, row, row.seen) for y, row, _ in placed if row.discovered and row.seen is not None]
    marks(
        drawn,
        [x for *_, x in found],
        [y for y, *_ in found],
        colours=drawn.palette.muted,
        hover=[label(f"In the half that found it: {signed_points(x)}") for *_, x in found],
        symbol="diamond-open",
        size=8,
    )
    for symbol in ("circle", "circle-open"):
        wanted = [item for item in placed if _symbol(item[1]) == symbol]
        marks(
            drawn,
            [x for *_, x in wanted],
            [y for y, *_ in wanted],
            colours=[
                drawn.palette.accent if row.id == focus or _stands(row) else drawn.palette.interval
                for _, row, _ in wanted
            ],
            hover=[_hover(row, confidence) for _, row, _ in wanted],
            symbol=symbol,
            size=12,
        )


def _stands(row: SubgroupRow) -> bool:
    return row.discovered and not row.folded


def _symbol(row: SubgroupRow) -> str:
    return "circle" if row.confirmed == "yes" else "circle-open"


def _hover(row: SubgroupRow, confidence: float) -> str:
    lines = [
        subgroup_name(row),
        f"{percent(row.rate)}, everybody else {percent(row.rest)}",
        f"{points(abs(row.value or 0.0))} {'more' if (row.value or 0.0) > 0 else 'less'}",
        gap_interval(row.low, row.high, confidence=confidence) or "no interval",
        f"n {count(row.n)}",
    ]
    return "<br>".join(label(line) for line in lines)
