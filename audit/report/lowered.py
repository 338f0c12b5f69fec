"""A document as plain values: every text made safe to print, every picture drawn, every column measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, Final

from audit.figures.drawing import Circle, Drawing, Path, Primitive, Rect, Text
from audit.figures.fonts import width as measured
from audit.figures.lettering import NAME_LIMIT, SENTENCE_LIMIT, breakable, clean
from audit.report.blocks import (
    Block,
    Bullets,
    Callout,
    Cell,
    Chip,
    Chips,
    Contents,
    Cover,
    Equation,
    Facts,
    Figure,
    Heading,
    Item,
    KeepTogether,
    PageBreak,
    Pair,
    Paragraph,
    Run,
    Separator,
    Signature,
    Table,
)  # fmt: skip
from audit.report.equations import FORMULAS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TEXT_WIDTH: Final = 475.0
"""Width of the text on the page, in points: A4 less its margins."""

HALF_WIDTH: Final = 228.0
"""Width of a picture that has another one beside it."""

_CELL_SIZE: Final = 8.9
_LONG_TABLE: Final = 9
_CLOSING_ROWS: Final = 3
_NUMBER: Final = re.compile(r"([+\-−]?[\d,. ]*\d)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Lowering:
    """Turns blocks into plain values.

    Parameters
    ----------
    limit : int, default 200
        Longest name in characters; sentences may be longer.
    """

    limit: int = NAME_LIMIT

    def name(self, text: str) -> str:
        """Clean a short text.

        Parameters
        ----------
        text : str
            Any text.

        Returns
        -------
        str
            The text, safe to print, with places to break.
        """
        return breakable(clean(text, limit=self.limit))

    def sentence(self, text: str) -> str:
        """Clean a text that may hold several names, keeping the spaces around it.

        Parameters
        ----------
        text : str
            Any text.

        Returns
        -------
        str
            The text, safe to print, with places to break.
        """
        whole = clean(text, limit=max(self.limit, SENTENCE_LIMIT))
        # A name inside a sentence is cut like any other name.
        body = breakable(" ".join(clean(word, limit=self.limit) for word in whole.split(" ")))
        if not body:
            return " " if text else ""
        return f"{' ' if text[:1].isspace() else ''}{body}{' ' if text[-1:].isspace() else ''}"

    def blocks(self, blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
        """Turn blocks into plain values.

        Parameters
        ----------
        blocks : tuple of blocks
            What a document says.

        Returns
        -------
        list of dict
            Ready for JSON.
        """
        return [self.block(block) for block in blocks]

    @singledispatchmethod
    def block(self, block: Any) -> dict[str, Any]:
        """Turn one block into plain values.

        Parameters
        ----------
        block : block
            One of :mod:`audit.report.blocks`.

        Returns
        -------
        dict
            Ready for JSON.

        Raises
        ------
        TypeError
            Where it is not a block.
        """
        raise TypeError(f"{type(block).__name__} is not a block of a document.")

    @block.register
    def _(self, block: Cover) -> dict[str, Any]:
        return {
            "kind": "cover",
            "kicker": self.name(block.kicker),
            "headline": self.sentence(block.headline),
            "facts": self._pairs(block.facts),
            "verdicts_title": self.name(block.verdicts_title),
            "verdicts": [{"chip": self._chip(c), "text": self.sentence(text)} for c, text in block.verdicts],
            "asides": [
                {"title": self.name(title), "items": [self.sentence(item) for item in items]}
                for title, items in block.asides
                if items
            ],
            "signature": [self.name(field) for field in block.signature],
        }

    @block.register
    def _(self, block: Heading) -> dict[str, Any]:
        return {"kind": "heading", "text": self.name(block.text), "level": min(max(block.level, 1), 3)}

    @block.register
    def _(self, block: Paragraph) -> dict[str, Any]:
        return {"kind": "paragraph", "runs": self._runs(block.runs), "lead": block.lead}

    @block.register
    def _(self, block: Bullets) -> dict[str, Any]:
        return {"kind": "bullets", "items": [self._runs(item) for item in block.items]}

    @block.register
    def _(self, block: Chips) -> dict[str, Any]:
        return {"kind": "chips", "chips": [self._chip(chip) for chip in block.chips]}

    @block.register
    def _(self, block: Item) -> dict[str, Any]:
        return {
            "kind": "item",
            "chip": self._chip(block.chip),
            "title": self.sentence(block.title),
            "evidence": self.sentence(block.evidence),
            "advice": self.sentence(block.advice),
        }

    @block.register
    def _(self, block: Facts) -> dict[str, Any]:
        return {"kind": "facts", "items": self._pairs(block.items), "code": block.code}

    @block.register
    def _(self, block: Equation) -> dict[str, Any]:
        formula = FORMULAS[block.name]
        return {
            "kind": "equation",
            "source": formula.source,
            "alt": formula.alt,
            "title": self.name(block.title),
            "reading": self.sentence(block.reading),
        }

    @block.register
    def _(self, block: Callout) -> dict[str, Any]:
        return {
            "kind": "callout",
            "tone": block.kind,
            "title": self.name(block.title),
            "runs": self._runs(block.runs),
        }

    @block.register
    def _(self, block: Signature) -> dict[str, Any]:
        return {"kind": "signature", "fields": [self.name(field) for field in block.fields]}

    @block.register
    def _(self, block: Contents) -> dict[str, Any]:
        return {"kind": "contents", "title": self.name(block.title)}

    @block.register
    def _(self, block: PageBreak) -> dict[str, Any]:  # noqa: ARG002 - the type alone says what it is
        return {"kind": "pagebreak"}

    @block.register
    def _(self, block: KeepTogether) -> dict[str, Any]:
        return {"kind": "together", "blocks": self.blocks(block.blocks)}

    @block.register
    def _(self, block: Pair) -> dict[str, Any]:
        return {
            "kind": "pair",
            "figures": [self._figure(one, HALF_WIDTH) for one in (block.left, block.right)],
        }

    @block.register
    def _(self, block: Figure) -> dict[str, Any]:
        return self._figure(block, TEXT_WIDTH)

    def _figure(self, block: Figure, width: float) -> dict[str, Any]:
        return {
            "kind": "figure",
            "drawing": drawn(_drawing(block, width)),
            "caption": self.sentence(block.caption),
            # A reader that speaks the text has no use for places where a line may end.
            "alt": clean(block.alt, limit=SENTENCE_LIMIT) or clean(block.caption) or "Figure",
        }

    @block.register
    def _(self, block: Table) -> dict[str, Any]:
        pads = [
            _pads([None if isinstance(row, Separator) else row[k] for row in block.rows])
            if column.align == "decimal"
            else {}
            for k, column in enumerate(block.columns)
        ]
        rows = [self._row(row, [pad.get(at, 0.0) for pad in pads]) for at, row in enumerate(block.rows)]
        return {
            "kind": "table",
            "columns": [
                {"title": self.name(c.title), "align": c.align, "weight": c.weight} for c in block.columns
            ],
            "rows": rows,
            "kept": _closing(block.rows),
            "caption": self.sentence(block.caption),
            "note": self.sentence(block.note),
        }

    def _row(self, row: Separator | tuple[Cell, ...], pads: list[float]) -> dict[str, Any]:
        if isinstance(row, Separator):
            return {"kind": "separator", "text": self.name(row.text)}
        return {"kind": "row", "cells": [self._cell(cell, pad) for cell, pad in zip(row, pads, strict=True)]}

    def _cell(self, cell: Cell, pad: float) -> dict[str, Any]:
        text = self.name(cell.text)
        return {
            "text": text or "–",
            "chip": self._chip(cell.chip) if cell.chip else None,
            "below": self.name(cell.below),
            "strong": cell.strong,
            "muted": cell.muted or not text,
            "pad": round(pad, 3),
        }

    def _chip(self, chip: Chip) -> dict[str, str]:
        return {"tone": chip.tone, "text": self.name(chip.text)}

    def _runs(self, runs: tuple[Run, ...]) -> list[dict[str, str]]:
        return [{"text": self.sentence(run.text), "style": run.style} for run in runs]

    def _pairs(self, items: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
        pairs = [{"name": self.name(name), "value": self.sentence(value)} for name, value in items]
        return [pair for pair in pairs if pair["value"].strip()]


def _drawing(block: Figure, width: float) -> Drawing:
    if isinstance(block.picture, Drawing):
        return block.picture
    from audit.figures.lowering import lower

    return lower(block.picture, width, block.height)


def _closing(rows: tuple[Separator | tuple[Cell, ...], ...]) -> int:
    """Count the last rows of a long table that stay on one page, so that none stands alone."""
    if len(rows) <= _LONG_TABLE:
        return 0
    kept = 1
    while kept < _CLOSING_ROWS and not isinstance(rows[-kept - 1], Separator):
        kept += 1
    return kept


def _pads(column: list[Cell | None]) -> dict[int, float]:
    """Measure what to leave free to the right of each number, so that the decimal points stand in line."""
    tails = {}
    for at, cell in enumerate(column):
        match = _NUMBER.fullmatch(cell.text) if cell and not cell.chip else None
        if match:
            _whole, _, fraction = match[1].partition(".")
            tails[at] = _wide(("." + fraction if fraction else "") + match[2])
    widest = max(tails.values(), default=0.0)
    return {at: widest - tail for at, tail in tails.items()}


def _wide(text: str) -> float:
    # Digits in tables are all as wide as a zero.
    return measured(re.sub(r"\d", "0", text), _CELL_SIZE)


def drawn(drawing: Drawing) -> dict[str, Any]:
    """Turn a drawing into plain values.

    Parameters
    ----------
    drawing : Drawing
        The drawing.

    Returns
    -------
    dict
        Ready for JSON; lengths in points.
    """
    shapes = [_SHAPES[type(p)](p) for p in drawing.primitives]
    return {"width": drawing.width, "height": drawing.height, "primitives": shapes}


def _short(value: float) -> float:
    return round(float(value), 3) + 0.0


def _rect(p: Any) -> dict[str, Any]:
    return {
        "kind": "rect", "x": _short(p.x), "y": _short(p.y), "w": _short(p.width), "h": _short(p.height),
        "fill": p.fill, "stroke": p.stroke, "width": p.stroke_width, "radius": p.radius,
    }  # fmt: skip


def _circle(p: Any) -> dict[str, Any]:
    return {
        "kind": "circle", "x": _short(p.x), "y": _short(p.y), "r": _short(p.radius),
        "fill": p.fill, "stroke": p.stroke, "width": p.stroke_width,
    }  # fmt: skip


def _path(p: Any) -> dict[str, Any]:
    return {
        "kind": "path", "points": [[_short(x), _short(y)] for x, y in p.points], "closed": p.closed,
        "fill": p.fill, "stroke": p.stroke, "width": p.stroke_width, "dash": list(p.dash),
    }  # fmt: skip


def _text(p: Any) -> dict[str, Any]:
    return {
        "kind": "text", "x": _short(p.x), "y": _short(p.y), "text": clean(p.text, limit=SENTENCE_LIMIT),
        "size": p.size, "fill": p.fill, "anchor": p.anchor, "weight": p.weight, "italic": p.italic, "angle": p.angle,
    }  # fmt: skip


_SHAPES: Final[Mapping[type[Primitive], Callable[[Any], dict[str, Any]]]] = {
    Rect: _rect, Circle: _circle, Path: _path, Text: _text,
}  # fmt: skip
