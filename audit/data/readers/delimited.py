"""CSV, TSV and other delimited texts. What nothing else recognises is tried here last."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from audit.data.readers.encoding import to_utf8
from audit.data.readers.quoting import Text, has_long_cells, scan
from audit.data.readers.spec import Loaded, Reader, too_many_cells, unreadable
from audit.errors import InputError, quote
from audit.text_types import type_texts
from audit.values import MISSING_TEXTS

if TYPE_CHECKING:
    from audit.data.readers.spec import Content

_DELIMITERS: Final = (",", "\t", ";", "|")
_TITLES: Final = {"\t": "tabs", ";": "semicolons", "|": "vertical bars"}
_HEAD: Final = 1_000_000
_ROWS_LOOKED_AT: Final = 200
_BLOCK: Final = 8 * 1024 * 1024
_LARGEST_BLOCK: Final = 2**31 - 1


def _sniff(content: Content) -> bool:
    return len(content.data) > 0


def _read(content: Content) -> Loaded:
    data, notes = to_utf8(content)
    head = _head(data)
    delimiter, skipped = _declared(head)
    head, data = head[skipped:], data[skipped:]
    if not head.strip():
        raise _empty(content)
    delimiter = delimiter or _delimiter(head, content.name)
    names, body = _header(head, delimiter, content)
    if not len(data[body:]) or not _has_rows(data[body:]):
        raise _no_rows(content)
    text = Text(name=content.name, data=data, delimiter=delimiter, n_columns=len(names))
    columns = _columns(text, data[body:], content)
    if delimiter in _TITLES and not content.name.lower().endswith((".tsv", ".tab")):
        notes = (*notes, f"Cells are separated by {_TITLES[delimiter]}.")
    return Loaded(names=names, columns=columns, notes=notes)


def _head(data: memoryview) -> str:
    """Take the beginning of the text, at least its first two lines."""
    size = min(_HEAD, len(data))
    if size < len(data):
        raw = bytes(data[:size])
        if raw.count(b"\n") + raw.count(b"\r") < 2:
            size = len(data)  # one endless line: 5,000 columns with names of 10,000 characters
    return bytes(data[:size]).decode("utf-8", errors="ignore")


def _declared(head: str) -> tuple[str, int]:
    """Read the line "sep=;" that Excel writes, and say how many bytes it takes."""
    first = head[:8].splitlines(keepends=True)[:1]
    if first and first[0].rstrip("\r\n").lower()[:4] == "sep=" and len(first[0].rstrip("\r\n")) == 5:
        return first[0][4], len(first[0].encode())
    return "", 0


def _delimiter(head: str, name: str) -> str:
    """Choose the delimiter that cuts the first rows into equally many cells, more than one."""
    preferred = ("\t", ",", ";", "|") if name.lower().endswith((".tsv", ".tab")) else _DELIMITERS
    best, best_rank = preferred[0], (0.0, 0)
    for delimiter in preferred:
        widths = _widths(head, delimiter)
        if not widths or widths[0] < 2:
            continue
        agreeing = Counter(widths)[widths[0]] / len(widths)
        rank = (round(agreeing, 1), widths[0])
        if rank > best_rank:
            best, best_rank = delimiter, rank
    return best


def _widths(head: str, delimiter: str) -> list[int]:
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    widths: list[int] = []
    try:
        for row in rows:
            if row:
                widths.append(len(row))
            if len(widths) > _ROWS_LOOKED_AT:
                break
    except csv.Error:
        pass
    # the last row may be cut off by the end of the head
    return widths[:-1] if len(widths) > 2 else widths


def _header(head: str, delimiter: str, content: Content) -> tuple[tuple[str, ...], int]:
    """Read the header and say at which byte the rows begin."""
    lines = io.StringIO(head, newline="")
    taken = 0

    def counted() -> Any:
        nonlocal taken
        for line in lines:
            taken += len(line.encode("utf-8"))
            yield line

    try:
        for row in csv.reader(counted(), delimiter=delimiter, strict=True):
            if any(cell.strip() for cell in row):
                return tuple(row), taken
    except csv.Error as error:
        raise InputError(
            f"The header of {quote(content.name)} is broken.",
            why="A quotation mark opens in it and does not close, or a name is longer than 131,072 characters.",
            fix="Mend the first line.",
            code="broken_quoting",
        ) from error
    raise _empty(content)


def _has_rows(body: memoryview) -> bool:
    return any(bytes(body[start : start + 65_536]).strip(b"\r\n\t ") for start in range(0, len(body), 65_536))


def _columns(text: Text, body: memoryview, content: Content) -> tuple[pa.ChunkedArray, ...]:
    """Read every cell as text, then give each column the type that all of its texts share."""
    raw = np.frombuffer(body, dtype=np.uint8)
    lines = sum(int(np.count_nonzero(raw[at : at + _BLOCK] == 10)) for at in range(0, len(raw), _BLOCK))
    too_many_cells(content, lines, text.n_columns)
    long_cells = has_long_cells(text)
    try:
        table = _parse(text, body, long_cells=long_cells, block=_BLOCK)
    except pa.ArrowInvalid as error:
        if "straddl" not in str(error):
            scan(text)
        try:
            table = _parse(text, body, long_cells=long_cells, block=min(len(body) + 1, _LARGEST_BLOCK))
        except pa.ArrowInvalid as again:
            scan(text)
            raise unreadable(
                content, why="Its rows cannot be told apart.", fix="Save the table again as CSV or Parquet."
            ) from again
    return tuple(type_texts(column) for column in table.columns)


def _parse(text: Text, body: memoryview, *, long_cells: bool, block: int) -> pa.Table:
    names = [str(at) for at in range(text.n_columns)]
    return arrow_csv.read_csv(
        pa.BufferReader(pa.py_buffer(body)),
        read_options=arrow_csv.ReadOptions(column_names=names, block_size=block),
        parse_options=arrow_csv.ParseOptions(delimiter=text.delimiter, newlines_in_values=long_cells),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=sorted(MISSING_TEXTS),
            strings_can_be_null=True,
            check_utf8=False,  # checked already
        ),
    )


def _empty(content: Content) -> InputError:
    return InputError(
        f"{quote(content.name)} is empty.",
        why="It holds nothing but blank lines.",
        fix="Check that the table was saved, and open it again.",
        code="empty_file",
    )


def _no_rows(content: Content) -> InputError:
    return InputError(
        f"{quote(content.name)} has a header and no rows.",
        why="There is nobody to audit.",
        fix="Save the table with its rows, and open it again.",
        code="no_rows",
    )


READER = Reader(
    id="delimited",
    title="a delimited text file",
    extensions=(".csv", ".tsv", ".txt", ".tab", ".data", ".dat", ".psv", ".test"),
    sniff=_sniff,
    read=_read,
    rank=100,
)
