"""Whether the quotation marks of a delimited text are in order, so that no cell swallows the rows after it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.errors import InputError, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

_QUOTE: Final = 34
_NEWLINE: Final = 10
_RETURN: Final = 13
_STEP: Final = 16 * 1024 * 1024
_LONGEST_CELL: Final = 131_072  # also what Python's reader takes
_LOOKED_AT: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A delimited text.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    data : memoryview
        UTF-8 without a byte order mark, header included.
    delimiter : str
        One character.
    n_columns : int
        Cells of the header.
    """

    name: str
    data: memoryview
    delimiter: str
    n_columns: int


def has_long_cells(text: Text) -> bool:
    """Check the quotation marks and say whether cells run over several lines.

    Parameters
    ----------
    text : Text
        The text.

    Returns
    -------
    bool
        Whether a line break may be part of a cell.

    Raises
    ------
    InputError
        With the code "broken_quoting", naming the line where it can be known.
    """
    raw: Bytes = np.frombuffer(text.data, dtype=np.uint8)
    marks = _places(raw, lambda part: part == _QUOTE)
    if not len(marks):
        return False
    if not _in_order(raw, marks, text.delimiter):
        scan(text)  # quotation marks inside unquoted cells are in order; anything else is refused here
        return True
    opening, closing = marks[0::2], marks[1::2]
    if int((closing - opening).max()) > _LONGEST_CELL:
        raise _broken(text.name, "A cell in quotation marks is longer than 131,072 characters.")
    breaks = _places(raw, lambda part: part == _NEWLINE)
    if not len(breaks):
        breaks = _places(raw, lambda part: part == _RETURN)
    inside = np.searchsorted(marks, breaks) % 2 == 1
    if not inside.any():
        return False
    per_cell = np.searchsorted(breaks, closing) - np.searchsorted(breaks, opening)
    for cell in np.argsort(-per_cell, kind="stable")[:_LOOKED_AT].tolist():
        if per_cell[cell] < 2:
            break
        _check_cell(text, int(opening[cell]), int(closing[cell]), breaks)
    return True


def _places(raw: Bytes, wanted: Callable[[Bytes], NDArray[np.bool_]]) -> NDArray[np.int64]:
    """Find bytes piece by piece, so that no mask as large as the file is made."""
    found = [
        np.flatnonzero(wanted(raw[start : start + _STEP])) + start for start in range(0, len(raw), _STEP)
    ]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _in_order(raw: Bytes, marks: NDArray[np.int64], delimiter: str) -> bool:
    """Check that marks open after a delimiter or line end and close before one, or stand doubled."""
    if len(marks) % 2:
        return False
    allowed = np.zeros(256, dtype=bool)
    allowed[[ord(delimiter), _NEWLINE, _RETURN, _QUOTE]] = True
    opening, closing = marks[0::2], marks[1::2]
    before = raw[opening[opening > 0] - 1]
    after = raw[closing[closing < len(raw) - 1] + 1]
    return bool(allowed[before].all() and allowed[after].all())


def _check_cell(text: Text, start: int, end: int, breaks: NDArray[np.int64]) -> None:
    """Refuse a cell whose lines all look like rows: a mark was opened and closed by accident rows later."""
    if text.n_columns < 2:
        return
    above, below = (int(at) for at in np.searchsorted(breaks, [start, end]))
    first = int(breaks[above - 1]) + 1 if above else 0
    last = int(breaks[below]) if below < len(breaks) else len(text.data)
    rows = bytes(text.data[first:last]).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    needed = 3 if text.n_columns > 2 or 2 * len(rows) > len(breaks) else 5
    delimiter = text.delimiter.encode()
    if len(rows) >= needed and all(row.count(delimiter) == text.n_columns - 1 for row in rows):
        raise _broken(
            text.name,
            f"A quotation mark opens on line {above + 1:,} and closes {len(rows) - 1:,} lines later.",
        )


def scan(text: Text) -> None:
    """Read the text row by row and refuse the first row that is not in order, with its line.

    Parameters
    ----------
    text : Text
        The text.

    Raises
    ------
    InputError
        With the code "broken_quoting" or "ragged_rows".
    """
    lines = io.TextIOWrapper(io.BytesIO(bytes(text.data)), encoding="utf-8", newline="")
    rows: Iterator[list[str]] = csv.reader(lines, delimiter=text.delimiter, strict=True)
    line = 1
    try:
        for row in rows:
            if row and len(row) != text.n_columns:
                raise ragged(text, line, len(row))
            line = rows.line_num + 1  # type: ignore[attr-defined]
    except csv.Error as error:
        raise _broken(
            text.name, f"The quotation marks that begin on line {line:,} are not in order."
        ) from error


def ragged(text: Text, line: int, n_cells: int) -> InputError:
    """Build the error for a row with too many or too few cells.

    Parameters
    ----------
    text : Text
        The text.
    line : int
        Where the row begins, 1 for the first line of the file.
    n_cells : int
        Cells of the row.

    Returns
    -------
    InputError
        With the code "ragged_rows".
    """
    return InputError(
        f"Line {line:,} of {quote(text.name)} has {n_cells:,} cell{'s' * (n_cells != 1)}, the header has {text.n_columns:,}.",
        why="A delimiter is missing, or one stands inside a text that has no quotation marks.",
        fix="Mend that line, or save the table again with texts in quotation marks.",
        code="ragged_rows",
    )


def _broken(name: str, why: str) -> InputError:
    return InputError(
        f"The quotation marks in {quote(name)} are broken.",
        why=why,
        fix="Close the quotation mark, and write one inside a text twice.",
        code="broken_quoting",
    )
