"""The blocks a report is made of: what is said, not how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from audit.figures.drawing import Drawing

Tone: TypeAlias = Literal["within", "beyond", "cannot_tell", "note"]
"""What a chip says: one of the three verdicts, or a remark."""

Style: TypeAlias = Literal["plain", "strong", "emphasis", "code"]
Align: TypeAlias = Literal["left", "right", "center", "decimal"]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style.

    Parameters
    ----------
    text : str
        The text.
    style : {"plain", "strong", "emphasis", "code"}, default "plain"
        How it is set.
    """

    text: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Chip:
    """A verdict in a word, a symbol and a colour.

    Parameters
    ----------
    tone : {"within", "beyond", "cannot_tell", "note"}
        Which symbol and colour it takes.
    text : str
        The word.
    """

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Parameters
    ----------
    text : str, default ""
        What it says; an empty cell is shown as "–".
    chip : Chip or None
        A verdict shown instead of the text.
    below : str, default ""
        A second, quieter line, such as an interval.
    strong, muted : bool, default False
        Whether it stands out or steps back.
    """

    text: str = ""
    chip: Chip | None = None
    below: str = ""
    strong: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Separator:
    """A line across a table that names the rows below it.

    Parameters
    ----------
    text : str
        The name.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    title : str
        Its heading.
    align : {"left", "right", "center", "decimal"}, default "left"
        Where its cells stand; "decimal" lines up the decimal points.
    weight : float or None
        Its share of the width that is left; None for as wide as its content.
    """

    title: str
    align: Align = "left"
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """The first page, for a reader with one minute.

    Parameters
    ----------
    kicker : str
        What kind of document it is, above the title.
    headline : str
        The one sentence to remember.
    facts : tuple of (name, value)
        What was audited; names without a value are left out.
    verdicts : tuple of (Chip, str)
        Verdicts with their sentences.
    asides : tuple of (title, sentences)
        Short lists below, such as what could not be known and what is recommended.
    signature : tuple of str, default ()
        What a person fills in by hand.
    verdicts_title : str, default "What was found"
        Heading of the verdicts.
    """

    kicker: str
    headline: str
    facts: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[tuple[Chip, str], ...] = ()
    asides: tuple[tuple[str, tuple[str, ...]], ...] = ()
    signature: tuple[str, ...] = ()
    verdicts_title: str = "What was found"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, which is also a bookmark.

    Parameters
    ----------
    text : str
        The heading.
    level : {1, 2, 3}, default 1
        Its depth.
    """

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph.

    Parameters
    ----------
    runs : tuple of Run
        Its text.
    lead : bool, default False
        Whether it is the sentence that answers the section's question.
    """

    runs: tuple[Run, ...]
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list without an order.

    Parameters
    ----------
    items : tuple of tuple of Run
        Its items.
    """

    items: tuple[tuple[Run, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose heading is repeated on every page.

    Parameters
    ----------
    columns : tuple of Column
        Its columns.
    rows : tuple of Separator or tuple of Cell
        Its rows.
    caption : str, default ""
        What it shows.
    note : str, default ""
        A remark below it.
    """

    columns: tuple[Column, ...]
    rows: tuple[Separator | tuple[Cell, ...], ...]
    caption: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption and the sentence that stands for it.

    Parameters
    ----------
    picture : plotly Figure or Drawing
        The picture.
    caption : str
        What it shows.
    alt : str
        What it says, for a reader who cannot see it.
    height : float or None
        Height in points; None for the figure's own.
    """

    picture: go.Figure | Drawing
    caption: str
    alt: str
    height: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures side by side.

    Parameters
    ----------
    left, right : Figure
        The pictures.
    """

    left: Figure
    right: Figure


@dataclass(frozen=True, slots=True)
class Chips:
    """Verdicts in a row.

    Parameters
    ----------
    chips : tuple of Chip
        The verdicts.
    """

    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One finding: how much it matters, what it is, the evidence and what to do.

    Parameters
    ----------
    chip : Chip
        How much it matters.
    title, evidence, advice : str
        The finding in a few words, its numbers, and what to do about it.
    """

    chip: Chip
    title: str
    evidence: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values; a name without a value leaves no line.

    Parameters
    ----------
    items : tuple of (name, value)
        What is known.
    code : bool, default False
        Whether the values are fingerprints or settings.
    """

    items: tuple[tuple[str, str], ...]
    code: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    """A formula from the catalogue of :mod:`audit.report.equations`; never from data.

    Parameters
    ----------
    name : str
        Its name there.
    title, reading : str, default ""
        What it is called and how it is read, to its left.
    """

    name: str
    title: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Callout:
    """A remark that must not be overlooked.

    Parameters
    ----------
    title : str
        Its first words.
    runs : tuple of Run
        The remark.
    kind : {"info", "caution"}, default "info"
        How loud it is.
    """

    title: str
    runs: tuple[Run, ...]
    kind: Literal["info", "caution"] = "info"


@dataclass(frozen=True, slots=True)
class Signature:
    """Lines that a person fills in by hand.

    Parameters
    ----------
    fields : tuple of str
        What is to be filled in.
    """

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """A list of the sections with their pages.

    Parameters
    ----------
    title : str, default "Contents"
        What stands above it.
    """

    title: str = "Contents"


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows starts on a new page."""


@dataclass(frozen=True, slots=True)
class KeepTogether:
    """Blocks that stand on one page.

    Parameters
    ----------
    blocks : tuple of blocks
        What belongs together.
    """

    blocks: tuple[Block, ...]


Block: TypeAlias = (
    Cover | Heading | Paragraph | Bullets | Table | Figure | Chips | Facts | Equation | Callout | Signature
    | Contents | Item | Pair | PageBreak | KeepTogether
)  # fmt: skip
