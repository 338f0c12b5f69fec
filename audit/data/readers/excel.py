"""Excel workbooks (.xlsx): the first sheet, its first row that is not empty as the header."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from audit.data.readers.spec import Loaded, Reader, unpacked_too_large, unreadable
from audit.errors import InputError, quote
from audit.text_types import type_texts
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.data.readers.spec import Content

_MAX_UNPACKED: Final = 1_000_000_000
_MAX_CELLS: Final = 50_000_000
_ERRORS: Final = frozenset({"#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#N/A"})


def _sniff(content: Content) -> bool:
    return content.head(4) == b"PK\x03\x04"  # every other archive has been refused before


def _read(content: Content) -> Loaded:
    file = pa.BufferReader(pa.py_buffer(content.data))
    with zipfile.ZipFile(file) as archive:
        unpacked_too_large(content, sum(part.file_size for part in archive.infolist()), _MAX_UNPACKED)
    try:
        return _load(content, file)
    except InputError:
        raise
    except Exception as error:  # a damaged workbook fails in openpyxl in many ways
        raise unreadable(
            content, why="It is a damaged Excel workbook.", fix="Open it in Excel and save it again."
        ) from error


def _load(content: Content, file: Any) -> Loaded:
    from openpyxl import load_workbook

    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # styles and extensions that openpyxl does not know do not matter here
        book = load_workbook(file, read_only=True, data_only=True)
        try:
            sheets = book.worksheets
            if not sheets:
                raise unreadable(content, why="It has no sheet with cells.", fix="Save the table as CSV.")
            sheets[0].reset_dimensions()  # the size that the file declares may be wrong
            header, rows = _rows(content, sheets[0].iter_rows(values_only=True))
            title, n_sheets = str(sheets[0].title), len(sheets)
        finally:
            book.close()
    notes = []
    if n_sheets > 1:
        notes.append(f"The workbook has {n_sheets:,} sheets; the first one, {quote(title)}, was read.")
    return _loaded(header, rows, notes)


def _rows(content: Content, found: Iterator[tuple[Any, ...]]) -> tuple[list[Any], list[tuple[Any, ...]]]:
    """Take the header and the rows, without rows and trailing cells that are empty."""
    header: list[Any] = []
    rows: list[tuple[Any, ...]] = []
    cells = 0
    for raw in found:
        row = _without_tail(raw)
        if not row:
            continue
        if not header:
            header = list(row)
            continue
        cells += max(len(row), len(header))
        if cells > _MAX_CELLS:
            raise InputError(
                f"{quote(content.name)} has more than {_MAX_CELLS:,} cells.",
                why="That is too many for an Excel workbook to be read here.",
                fix="Save the table as CSV or Parquet.",
                code="too_large",
            )
        rows.append(row)
    if not header:
        raise InputError(
            f"{quote(content.name)} has an empty first sheet.",
            why="The first sheet is the one that is read.",
            fix="Move the table to the first sheet.",
            code="empty_file",
        )
    return header, rows


def _without_tail(row: tuple[Any, ...]) -> tuple[Any, ...]:
    end = len(row)
    while end and (row[end - 1] is None or row[end - 1] == ""):
        end -= 1
    return row[:end]


def _loaded(header: list[Any], rows: list[tuple[Any, ...]], notes: list[str]) -> Loaded:
    width = max([len(header), *(len(row) for row in rows)])
    header = header + [None] * (width - len(header))
    n_errors = 0
    columns = []
    for at in range(width):
        cells = [row[at] if at < len(row) else None for row in rows]
        wrong = [isinstance(cell, str) and cell in _ERRORS for cell in cells]
        if any(wrong):
            n_errors += sum(wrong)
            cells = [None if bad else cell for cell, bad in zip(cells, wrong, strict=True)]
        columns.append(_column(cells))
    if n_errors:
        notes.append(f"{n_errors:,} cells hold an Excel error such as #DIV/0! and count as missing.")
    names = tuple("" if name is None else canonical(name) or "" for name in header)
    return Loaded(names=names, columns=tuple(columns), notes=tuple(notes))


def _column(cells: list[Any]) -> pa.ChunkedArray:
    """Keep numbers, truth values and dates where all cells agree; otherwise look at the cells as texts."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return pa.chunked_array([pa.array(cells, pa.bool_())])
    if kinds and kinds <= {int, float}:
        return _numbers(cells, kinds)
    if kinds and kinds <= {dt.datetime, dt.date}:
        return _dates(cells)
    texts = pa.array([canonical(cell) for cell in cells], pa.string())
    return type_texts(pa.chunked_array([texts]))


def _numbers(cells: list[Any], kinds: set[type]) -> pa.ChunkedArray:
    """Excel stores every number as floating point: whole ones are whole numbers."""
    if float in kinds and any(isinstance(cell, float) and not cell.is_integer() for cell in cells):
        return pa.chunked_array([pa.array([None if c is None else float(c) for c in cells], pa.float64())])
    try:
        return pa.chunked_array([pa.array([None if c is None else int(c) for c in cells], pa.int64())])
    except (OverflowError, pa.ArrowInvalid):
        return pa.chunked_array([pa.array([None if c is None else float(c) for c in cells], pa.float64())])


def _dates(cells: list[Any]) -> pa.ChunkedArray:
    moments = [cell for cell in cells if isinstance(cell, dt.datetime)]
    if all(moment.time() == dt.time() for moment in moments):
        days = [cell.date() if isinstance(cell, dt.datetime) else cell for cell in cells]
        return pa.chunked_array([pa.array(days, pa.date32())])
    full = [
        dt.datetime.combine(cell, dt.time())
        if cell is not None and not isinstance(cell, dt.datetime)
        else cell
        for cell in cells
    ]
    return pa.chunked_array([pa.array(full, pa.timestamp("us"))])


READER = Reader(
    id="excel", title="an Excel workbook", extensions=(".xlsx", ".xlsm"), sniff=_sniff, read=_read
)
