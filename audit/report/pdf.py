"""The report as a PDF: tagged for screen readers, made to last, and the same bytes whenever it is made again.

One file meets PDF/UA-1 (accessible) and PDF/A-3a (archivable) and carries the results it was made from.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from audit.errors import AuditError, InputError
from audit.figures.fonts import code_families, folders, text_families, width
from audit.figures.lettering import NAME_LIMIT, clean
from audit.figures.theme import palette
from audit.report.blocks import Cover
from audit.report.lowered import TEXT_WIDTH, Lowering

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.report.document import Document

TEMPLATE: Final = Path(__file__).parent / "typst" / "report.typ"
_STANDARDS: Final = ("a-3a", "ua-1")
_TITLE_SIZES: Final = (27.0, 22.0, 18.0, 15.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that travels inside the PDF.

    Parameters
    ----------
    name : str
        File name, such as "audit.json".
    text : str
        Its content, encoded as UTF-8.
    description : str
        What it is, for a reader.
    mime : str, default "application/json"
        Its media type.
    relationship : {"data", "source", "supplement"}, default "data"
        What it is to the report.
    """

    name: str
    text: str
    description: str
    mime: str = "application/json"
    relationship: Literal["data", "source", "supplement"] = "data"


def render(
    document: Document, *, attachments: Sequence[Attachment] = (), dated: str, limit: int = NAME_LIMIT
) -> bytes:
    """Put a document on paper.

    Parameters
    ----------
    document : Document
        What it says.
    attachments : sequence of Attachment, default ()
        Files that travel inside it.
    dated : str
        Its date in ISO format, such as "2026-11-21"; the only time in the file.
    limit : int, default 200
        Names longer than this many characters are cut.

    Returns
    -------
    bytes
        A PDF; the same bytes for the same arguments.

    Raises
    ------
    InputError
        Where the date is not in ISO format.
    AuditError
        Where the document cannot be set.
    """
    inputs = _inputs(document, attachments, limit)
    made = _compile(inputs, dated, format="pdf", pdf_standards=list(_STANDARDS))
    return _unambiguous(bytes(made))


def _unambiguous(pdf: bytes) -> bytes:
    r"""Mark the end of streams whose last byte is a carriage return by another one.

    The writer ends every stream with a line feed. After a carriage return the two read as one line ending, so that
    the stream seems a byte shorter than it says, which PDF/A forbids. The length of the file does not change.
    """
    return pdf.replace(b"\r\nendstream\nendobj", b"\r\rendstream\nendobj")


def preview(
    document: Document, *, dated: str, limit: int = NAME_LIMIT, pixels_per_inch: float = 96.0
) -> tuple[bytes, ...]:
    """Show what the pages of a document look like.

    Parameters
    ----------
    document : Document
        What it says.
    dated : str
        Its date in ISO format.
    limit : int, default 200
        Names longer than this many characters are cut.
    pixels_per_inch : float, default 96
        Resolution.

    Returns
    -------
    tuple of bytes
        One PNG for each page.

    Raises
    ------
    InputError
        Where the date is not in ISO format.
    AuditError
        Where the document cannot be set.
    """
    made = _compile(_inputs(document, (), limit), dated, format="png", ppi=pixels_per_inch)
    return tuple(made) if isinstance(made, list) else (made,)


def timestamp(dated: str) -> int:
    """Read the date of a report.

    Parameters
    ----------
    dated : str
        A date, or a date and time, in ISO format; without a zone it is taken as UTC.

    Returns
    -------
    int
        Seconds since 1970 in UTC.

    Raises
    ------
    InputError
        Where it is not in ISO format.
    """
    try:
        moment = dt.datetime.fromisoformat(dated)
    except ValueError as error:
        raise InputError(
            "The report's date is not a date in ISO format.",
            why="It is the only time in the report, so that the report can be made again byte for byte.",
            fix="Write it as 2026-11-21.",
            code="report_date",
        ) from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp())


def _inputs(document: Document, attachments: Sequence[Attachment], limit: int) -> dict[str, str]:
    """Give everything the template reads, as texts."""
    lowering = Lowering(limit)
    meta = dict(document.meta)
    title = clean(document.title, limit=limit) or "Report"
    blocks = lowering.blocks(document.blocks)
    if document.blocks and not isinstance(document.blocks[0], Cover):
        # A tagged document starts with its title; without a cover page it stands above the first block.
        blocks.insert(0, {"kind": "title"})
    for block in blocks:
        block["title_size"] = _title_size(title)
    payload: dict[str, Any] = {
        "title": lowering.name(document.title) or "Report",
        "metadata_title": title,
        "subtitle": lowering.sentence(document.subtitle),
        "language": document.language,
        "author": clean(meta.get("author", ""), limit=limit),
        "keywords": clean(meta.get("keywords", ""), limit=limit),
        "running": clean(meta.get("running", document.title), limit=90),
        "running_right": clean(meta.get("running_right", ""), limit=40),
        "footer": clean(meta.get("footer", ""), limit=110),
        "fonts": {"text": list(text_families()), "code": list(code_families())},
        "palette": _palette(),
        "attachments": [_described(at, file) for at, file in enumerate(attachments)],
        "blocks": blocks,
    }
    files = {f"attachment-{at}": file.text for at, file in enumerate(attachments)}
    return {"document": json.dumps(payload, ensure_ascii=False, sort_keys=True), **files}


def _palette() -> dict[str, str]:
    """Give the colours of paper: those of the light screen."""
    light = palette("light")
    verdicts = {name: light.verdict_texts[name] for name in light.verdict_texts}
    return {
        "ink": light.text,
        "muted": light.muted,
        "hairline": light.grid,
        "wash": light.surface,
        "accent": light.accent,
        **{str(name): colour for name, colour in verdicts.items()},
    }


def _described(at: int, file: Attachment) -> Mapping[str, str]:
    return {
        "key": f"attachment-{at}",
        "name": clean(file.name),
        "mime": file.mime,
        "relationship": file.relationship,
        "description": clean(file.description),
    }


def _title_size(title: str) -> float:
    """Choose the largest size at which a title takes at most three lines."""
    for size in _TITLE_SIZES:
        if width(title, size, weight=600) < 2.6 * TEXT_WIDTH:
            return size
    return _TITLE_SIZES[-1]


@cache
def _fonts() -> Any:
    """Read the fonts once; that costs more than setting a page."""
    import typst

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(path) for path in folders()]
    )


def _compile(inputs: dict[str, str], dated: str, **options: Any) -> Any:
    import typst

    try:
        return typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs=inputs,
            timestamp=timestamp(dated),
            **options,
        )
    except typst.TypstError as error:
        raise AuditError(
            "The report could not be set.",
            why=f"{str(error.message).rstrip('.')}.",
            fix="Download the results as JSON instead, and report this.",
            code="report_not_set",
        ) from error
