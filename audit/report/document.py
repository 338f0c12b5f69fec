"""The report as one frozen value: a tree of blocks that knows what is said, not how it looks.

Every verb returns a new document. Texts are plain and printed literally; nothing in the tree is markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from audit.report.blocks import (
    Block,
    Bullets,
    Callout,
    Cell,
    Chip,
    Column,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Run,
    Separator,
    Table,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from audit.figures.drawing import Drawing

RowLike: TypeAlias = Separator | Sequence[Cell | Chip | str]
TextLike: TypeAlias = str | Sequence[Run | str]


def runs(text: TextLike) -> tuple[Run, ...]:
    """Give a text, or texts and runs, as runs.

    Parameters
    ----------
    text : str or sequence of Run or str
        The text.

    Returns
    -------
    tuple of Run
        The same text.
    """
    parts = [text] if isinstance(text, str) else text
    return tuple(part if isinstance(part, Run) else Run(part) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report, before it is put on paper.

    Parameters
    ----------
    title : str
        Its title.
    subtitle : str, default ""
        What it is about.
    language : str, default "en"
        Language of the text.
    meta : tuple of (name, value), default ()
        "author", "running" (the line at the head of the pages), "footer" and "keywords".
    blocks : tuple of blocks, default ()
        What it says.
    """

    title: str
    subtitle: str = ""
    language: str = "en"
    meta: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = ()

    def add(self, *blocks: Block) -> Document:
        """Add blocks at the end.

        Parameters
        ----------
        *blocks : blocks
            What to add.

        Returns
        -------
        Document
            A new document.
        """
        return replace(self, blocks=(*self.blocks, *blocks))

    def extend(self, blocks: Iterable[Block]) -> Document:
        """Add what an iterable gives at the end.

        Parameters
        ----------
        blocks : iterable of blocks
            What to add.

        Returns
        -------
        Document
            A new document.
        """
        return self.add(*blocks)

    def heading(self, text: str, level: int = 1) -> Document:
        """Add a heading.

        Parameters
        ----------
        text : str
            The heading.
        level : int, default 1
            Its depth, 1 to 3.

        Returns
        -------
        Document
            A new document.
        """
        return self.add(Heading(text, level))

    def paragraph(self, text: TextLike, *, lead: bool = False) -> Document:
        """Add a paragraph; an empty text adds nothing.

        Parameters
        ----------
        text : str or sequence of Run or str
            Its text.
        lead : bool, default False
            Whether it is the sentence that answers the section's question.

        Returns
        -------
        Document
            A new document.
        """
        parts = tuple(part for part in runs(text) if part.text)
        return self.add(Paragraph(parts, lead)) if parts else self

    def bullets(self, items: Iterable[TextLike]) -> Document:
        """Add a list; no items add nothing.

        Parameters
        ----------
        items : iterable of text
            Its items.

        Returns
        -------
        Document
            A new document.
        """
        found = tuple(runs(item) for item in items)
        return self.add(Bullets(found)) if found else self

    def table(
        self, columns: Iterable[Column | str], rows: Iterable[RowLike], *, caption: str = "", note: str = ""
    ) -> Document:
        """Add a table.

        Parameters
        ----------
        columns : iterable of Column or str
            Its columns; a text is a column as wide as its content.
        rows : iterable of Separator or sequence of Cell, Chip or str
            Its rows.
        caption, note : str, default ""
            What it shows, and a remark below it.

        Returns
        -------
        Document
            A new document.

        Raises
        ------
        ValueError
            Where a row has another number of cells than there are columns.
        """
        return self.add(table(columns, rows, caption=caption, note=note))

    def figure(
        self, picture: go.Figure | Drawing, *, caption: str, alt: str, height: float | None = None
    ) -> Document:
        """Add a picture.

        Parameters
        ----------
        picture : plotly Figure or Drawing
            The picture.
        caption, alt : str
            What it shows, and what it says.
        height : float or None
            Height in points; None for the figure's own.

        Returns
        -------
        Document
            A new document.
        """
        return self.add(Figure(picture, caption, alt, height))

    def facts(self, items: Iterable[tuple[str, str]], *, code: bool = False) -> Document:
        """Add names and values; nothing is added where every value is empty.

        Parameters
        ----------
        items : iterable of (name, value)
            What is known.
        code : bool, default False
            Whether the values are fingerprints or settings.

        Returns
        -------
        Document
            A new document.
        """
        known = tuple((name, value) for name, value in items if value.strip())
        return self.add(Facts(known, code)) if known else self

    def callout(self, title: str, text: TextLike, *, kind: Literal["info", "caution"] = "info") -> Document:
        """Add a remark that must not be overlooked.

        Parameters
        ----------
        title : str
            Its first words.
        text : str or sequence of Run or str
            The remark.
        kind : {"info", "caution"}, default "info"
            How loud it is.

        Returns
        -------
        Document
            A new document.
        """
        return self.add(Callout(title, runs(text), kind))


def table(
    columns: Iterable[Column | str], rows: Iterable[RowLike], *, caption: str = "", note: str = ""
) -> Table:
    """Make a table from texts, chips and cells.

    Parameters
    ----------
    columns : iterable of Column or str
        Its columns.
    rows : iterable of Separator or sequence of Cell, Chip or str
        Its rows.
    caption, note : str, default ""
        What it shows, and a remark below it.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    ValueError
        Where a row has another number of cells than there are columns.
    """
    heads = tuple(Column(c) if isinstance(c, str) else c for c in columns)
    body = tuple(row if isinstance(row, Separator) else tuple(_cell(c) for c in row) for row in rows)
    for row in body:
        if not isinstance(row, Separator) and len(row) != len(heads):
            raise ValueError(f"A row has {len(row)} cells where the table has {len(heads)} columns.")
    return Table(heads, body, caption, note)


def _cell(value: Cell | Chip | str) -> Cell:
    if isinstance(value, Cell):
        return value
    return Cell(chip=value) if isinstance(value, Chip) else Cell(value)
