"""The sheet that every figure is drawn on: margins, axes, row names, captions and intervals.

Positions are numbers and never names from the data; names are escaped text beside them. Every axis has its tick values
set, so that the screen and the paper agree. A figure carries its takeaway sentence as ``layout.meta["alt"]``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from unicodedata import east_asian_width

import plotly.graph_objects as go

from audit.figures.axes import row_axis
from audit.figures.theme import FONT, Palette, Theme, palette
from audit.wording import distinct, escape_plain, label, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

TYPES: Final = ("scatter", "bar", "heatmap")
"""The kinds of traces that figures use; paper knows no others."""

_ROW = 38
_LINE = 17
_NAME_WIDTH = 17
_NOTE_WIDTH = 22
_BETWEEN = 66
_CAPTION_WIDTH = 48
_TITLE_WIDTH = 44
_PER_CHARACTER = 7.1
_PAD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The words beside one row of marks.

    Parameters
    ----------
    name : str
        Its name, as in the data.
    note : str, default ""
        A second, quieter line, such as "n 3,412".
    value, value_note : str, default ""
        The value at the right, and a quieter line below it.
    colour : str, default ""
        Colour of the value's note; empty for the quiet one.
    """

    name: str
    note: str = ""
    value: str = ""
    value_note: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A figure being drawn: its palette, its margins and what it holds so far.

    Everything is collected as plain values and checked once at the end: a figure that grows note by note is checked
    again with every note, which takes seconds for eighty rows.

    Parameters
    ----------
    palette : Palette
        The colours.
    left, right, top : int
        Margins in pixels.
    layout : dict
        Settings of the layout.
    traces, notes, shapes : list of dict
        Traces, annotations and shapes, from back to front.
    """

    palette: Palette
    left: int
    right: int
    top: int
    layout: dict[str, Any] = field(default_factory=dict)
    traces: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)

    def finish(self) -> go.Figure:
        """Make the figure.

        Returns
        -------
        plotly.graph_objects.Figure
            With everything that was collected.
        """
        return go.Figure(
            data=self.traces, layout={**self.layout, "annotations": self.notes, "shapes": self.shapes}
        )


def sheet(
    rows: Sequence[Row],
    second: Sequence[Row] = (),
    *,
    theme: Theme,
    alt: str,
    title: str = "",
    caption: str = "",
    taller: int = 0,
    axis_title: bool = True,
) -> Sheet:
    """Start a figure of rows: names at the left, values at the right, marks between them.

    Parameters
    ----------
    rows : sequence of Row
        The rows from top to bottom.
    second : sequence of Row, default ()
        Rows of a second panel below the first, with axes "x2" and "y2".
    theme : {"light", "dark"}
        The theme.
    alt : str
        The takeaway sentence.
    title, caption : str, default ""
        Words above the marks; the caption says how to read them.
    taller : int, default 0
        More height for each row, in pixels.
    axis_title : bool, default True
        Whether the lower axis has a title.

    Returns
    -------
    Sheet
        With names, values, title and caption drawn and the axes of rows set.
    """
    every = [*rows, *second]
    names = distinct([row.name for row in every], _NAME_WIDTH)
    row_height = _ROW + taller + (_LINE + 4) * (max((len(name) for name in names), default=1) - 1)
    notes = [escape_plain(row.note, _NOTE_WIDTH) if row.note else "" for row in every]
    titles = wrap(title, _TITLE_WIDTH, 3) if title else ()
    captions = wrap(caption, _CAPTION_WIDTH, 5) if caption else ()
    begun = Sheet(
        palette=palette(theme),
        left=_margin([line for name in names for line in name] + notes, 64),
        right=_margin([row.value for row in every] + [row.value_note for row in every], 12),
        top=10 + 20 * len(titles) + 16 * len(captions) + (6 if titles or captions else 0),
    )
    bottom = 58 if axis_title else 24
    between = _BETWEEN if rows and second else 0
    drawable = row_height * max(len(every), 1) + between
    begun.layout.update(
        height=begun.top + bottom + drawable,
        margin={"l": begun.left, "r": begun.right, "t": begun.top, "b": bottom, "pad": 0},
        yaxis=row_axis(max(len(rows), 1), domain=[1 - row_height * max(len(rows), 1) / drawable, 1]),
        **base_layout(begun.palette, alt),
    )
    if second:
        begun.layout.update(
            yaxis2=row_axis(len(second), domain=[0, row_height * len(second) / drawable], anchor="x2")
        )
    _headings(begun, titles, captions)
    for place, (row, name, note) in enumerate(zip(every, names, notes, strict=True)):
        below = place >= len(rows)
        _row_words(
            begun, place - len(rows) if below else place, row, name, note=note, axis="y2" if below else "y"
        )
    return begun


def base_layout(colours: Palette, alt: str) -> dict[str, Any]:
    """Give the settings that all figures share.

    Parameters
    ----------
    colours : Palette
        The theme's colours.
    alt : str
        The takeaway sentence.

    Returns
    -------
    dict
        Settings of a layout.
    """
    return {
        "font": {"family": FONT, "size": 13, "color": colours.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": colours.surface,
            "bordercolor": colours.line,
            "font": {"family": FONT, "size": 13, "color": colours.text},
            "align": "left",
        },
        "showlegend": False,
        "dragmode": False,
        "meta": {"alt": alt},
    }


def plain_sheet(*, theme: Theme, alt: str, height: int, left: int, right: int) -> Sheet:
    """Start a figure with two axes of values.

    Parameters
    ----------
    theme : {"light", "dark"}
        The theme.
    alt : str
        The takeaway sentence.
    height, left, right : int
        Height and margins in pixels.

    Returns
    -------
    Sheet
        Empty, with room for a heading.
    """
    colours = palette(theme)
    begun = Sheet(palette=colours, left=left, right=right, top=84)
    begun.layout.update(
        height=height, margin={"l": left, "r": right, "t": 84, "b": 58, "pad": 0}, **base_layout(colours, alt)
    )
    return begun


def heading(begun: Sheet, title: str, caption: str, *, lines: int = 2) -> None:
    """Write a title and a caption above a figure with two axes of values.

    Parameters
    ----------
    begun : Sheet
        Where to write.
    title, caption : str
        Texts; either may be empty.
    lines : int, default 2
        Most lines of the caption.
    """
    _headings(
        begun,
        wrap(title, _TITLE_WIDTH, 1) if title else (),
        wrap(caption, _CAPTION_WIDTH, lines) if caption else (),
    )


def _headings(begun: Sheet, titles: tuple[str, ...], captions: tuple[str, ...]) -> None:
    """Write title and caption flush left above everything."""
    place = begun.top - 4
    for lines, size, colour, weight in (
        (titles, 15, begun.palette.text, 600),
        (captions, 12, begun.palette.muted, 400),
    ):
        if not lines:
            continue
        begun.notes.append(
            {
                "text": "<br>".join(label(line) for line in lines),
                "x": 0,
                "y": 1,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "top",
                "xshift": _PAD - begun.left,
                "yshift": place,
                "align": "left",
                "showarrow": False,
                "font": {"size": size, "color": colour, "weight": weight},
            }
        )
        place -= (20 if size == 15 else 16) * len(lines) + 2


def _row_words(begun: Sheet, place: int, row: Row, name: tuple[str, ...], *, note: str, axis: str) -> None:
    """Write the name and note at the left of a row, and its value at the right."""
    text = "<br>".join(label(line) for line in name)
    say(begun, place, text, side="left", shift=8 if note else 0, axis=axis)
    if note:
        say(
            begun, place, label(note), side="left", shift=-9 if len(name) == 1 else -18, quiet=True, axis=axis
        )
    if row.value:
        say(begun, place, label(row.value), side="right", shift=8 if row.value_note else 0, axis=axis)
    if row.value_note:
        say(
            begun,
            place,
            label(row.value_note),
            side="right",
            shift=-9,
            quiet=True,
            colour=row.colour,
            axis=axis,
        )


def say(
    begun: Sheet,
    place: float,
    text: str,
    *,
    side: str,
    shift: float = 0,
    quiet: bool = False,
    colour: str = "",
    axis: str = "y",
) -> None:
    """Write words in the left or the right margin, level with a row.

    Parameters
    ----------
    begun : Sheet
        Where to write.
    place : float
        The row.
    text : str
        Escaped text.
    side : {"left", "right"}
        The margin.
    shift : float, default 0
        Pixels upwards.
    quiet : bool, default False
        Whether it is read second.
    colour : str, default ""
        Colour; empty for that of the text.
    axis : str, default "y"
        The axis that counts the rows.
    """
    begun.notes.append(
        {
            "text": text,
            "x": 0 if side == "left" else 1,
            "xref": "paper",
            "y": place,
            "yref": axis,
            "xanchor": "left",
            "yanchor": "middle",
            "xshift": _PAD - begun.left if side == "left" else 10,
            "yshift": shift,
            "align": "left",
            "showarrow": False,
            "font": {
                "size": 12 if quiet else 13,
                "color": colour or (begun.palette.muted if quiet else begun.palette.text),
            },
        }
    )


def _margin(lines: Sequence[str], least: int) -> int:
    """Estimate the width that words in a margin need."""
    longest = max((wide(line) for line in lines), default=0)
    return max(round(_PER_CHARACTER * longest) + 20, least) if longest else 12


def wide(text: str) -> int:
    """Count the characters of a text, wide ones twice.

    Parameters
    ----------
    text : str
        Plain text.

    Returns
    -------
    int
        Its width in characters.
    """
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
