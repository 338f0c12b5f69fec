"""Small whole numbers that stand for the values of a column in a stored Parquet file.

A column with few values has a second, narrow column beside it that holds the place of each value among the sorted ones,
counted from 1; 0 is a missing value. Counting reads the narrow columns and puts the values back afterwards, so that
nothing outside sees a code. The values are kept, in their own type, in the footer of the file.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KEY: Final = b"evenhand codes"
"""Where the footer of a stored file keeps the values."""

STORED: Final = b"evenhand"
"""What the footer of every stored file holds besides."""

MOST_CODED: Final = 4_096
"""Most values of a column that is given codes."""

ROWS_PER_VALUE: Final = 16
"""Rows that there have to be for each value of a column with more than 255 of them."""

MOST_COLUMNS: Final = 256
"""Most columns of a table that are given codes."""

FEWEST_ROWS: Final = 1_000
"""Fewest rows of a table that is given codes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coded:
    """The codes of one column.

    Parameters
    ----------
    name : str
        Name of the column of codes in the file.
    levels : pyarrow.Array
        The values, rising; code k stands for value k − 1 and code 0 for a missing value.
    """

    name: str
    levels: pa.Array

    @property
    def size(self) -> int:
        """Number of codes, the one of a missing value included."""
        return len(self.levels) + 1

    @property
    def numbers(self) -> np.ndarray:
        """The values as floating-point numbers, where the column holds numbers."""
        return np.asarray(pc.cast(self.levels, pa.float64(), safe=False).to_numpy(zero_copy_only=False))

    def at_or_above(self, limit: float) -> int:
        """Give the smallest code of a value at or above a limit.

        Parameters
        ----------
        limit : float
            A number; the column holds numbers.

        Returns
        -------
        int
            A code; one more than the last where every value is below.
        """
        return int(np.searchsorted(self.numbers, limit, side="left")) + 1


def values_of(column: pa.ChunkedArray, n_distinct: int) -> pa.Array | None:
    """Give the sorted values of a column that is to have codes.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        The column.
    n_distinct : int
        About how many values it takes.

    Returns
    -------
    pyarrow.Array or None
        None where it is given no codes: too many values, or ones that are equal and not the same, as 0 and −0.
    """
    if not worthwhile(n_distinct, len(column)):
        return None
    return sorted_values(pc.unique(column).drop_null())


def worthwhile(n_distinct: int, n_rows: int) -> bool:
    """Say whether a column has few enough values for codes.

    Parameters
    ----------
    n_distinct : int
        About how many values it takes.
    n_rows : int
        Rows of the table.

    Returns
    -------
    bool
        False for columns of measurements and of names.
    """
    return n_distinct < 256 or (n_distinct <= MOST_CODED and n_rows >= ROWS_PER_VALUE * n_distinct)


def sorted_values(values: pa.Array) -> pa.Array | None:
    """Sort distinct values for codes.

    Parameters
    ----------
    values : pyarrow.Array
        Distinct values without missing ones.

    Returns
    -------
    pyarrow.Array or None
        None where codes cannot stand for them.
    """
    if not 0 < len(values) <= MOST_CODED:
        return None
    if pt.is_floating(values.type):
        numbers = values.to_numpy(zero_copy_only=False)
        if np.isnan(numbers).any() or len(np.unique(numbers)) < len(numbers):
            return None
    if pt.is_boolean(values.type):
        return pa.array(sorted(values.to_pylist()), pa.bool_())
    return values.take(pc.array_sort_indices(values))


def encode(column: pa.ChunkedArray | pa.Array, levels: pa.Array) -> pa.ChunkedArray | pa.Array:
    """Give the codes of a column.

    Parameters
    ----------
    column : pyarrow array
        The column.
    levels : pyarrow.Array
        What :func:`values_of` gave.

    Returns
    -------
    pyarrow array of uint8 or uint16
        No code is missing.
    """
    kind = pa.uint8() if len(levels) < 256 else pa.uint16()
    places = pc.index_in(column, value_set=levels)
    return pc.cast(pc.add(pc.fill_null(places, -1), 1), kind)


def free_names(names: Sequence[str], number: int) -> list[str]:
    """Find names for columns of codes that no column has, in any case of letters.

    Parameters
    ----------
    names : sequence of str
        Names of the table.
    number : int
        How many are needed.

    Returns
    -------
    list of str
        New names.
    """
    taken = {name.casefold() for name in names}
    found: list[str] = []
    i = 0
    while len(found) < number:
        if f"code {i}" not in taken:
            found.append(f"code {i}")
        i += 1
    return found


def packed(coded: Mapping[str, Coded]) -> bytes:
    """Write codes as text for a footer.

    Parameters
    ----------
    coded : mapping of str to Coded
        Columns and their codes.

    Returns
    -------
    bytes
        Base64 of an Arrow stream with one row, whose lists are the values.
    """
    columns = [pa.array([each.levels.to_pylist()], pa.list_(each.levels.type)) for each in coded.values()]
    fields = [
        pa.field(name, column.type, metadata={b"code": each.name.encode()})
        for (name, each), column in zip(coded.items(), columns, strict=True)
    ]
    batch = pa.record_batch(columns, schema=pa.schema(fields))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return base64.b64encode(sink.getvalue().to_pybytes())


def unpacked(text: bytes | None) -> dict[str, Coded]:
    """Read codes from a footer.

    Parameters
    ----------
    text : bytes or None
        What :func:`packed` gave.

    Returns
    -------
    dict of str to Coded
        Empty where there are none, or where they cannot be read.
    """
    if not text:
        return {}
    try:
        table = pa.ipc.open_stream(base64.b64decode(text)).read_all()
        return {
            field.name: Coded(name=(field.metadata or {})[b"code"].decode(), levels=table.column(i)[0].values)
            for i, field in enumerate(table.schema)
        }
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return {}


def codes_of(path: Path) -> Mapping[str, Coded]:
    """Read the codes of a stored file.

    Parameters
    ----------
    path : Path
        A Parquet file.

    Returns
    -------
    mapping of str to Coded
        Columns that have codes; empty for a file of an earlier release or of another program.
    """
    try:
        stat = path.stat()
    except OSError:
        return {}
    return _codes_of(str(path), stat.st_mtime_ns, stat.st_size)


def is_stored(path: Path) -> bool:
    """Say whether this program stored a Parquet file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
        True where its footer says so: what is missing is null, and no number is "not a number".
    """
    try:
        stat = path.stat()
    except OSError:
        return False
    return _is_stored(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _is_stored(path: str, _changed: int, _size: int) -> bool:
    import pyarrow.parquet as pq

    try:
        return STORED in (pq.read_metadata(path).metadata or {})
    except (pa.ArrowException, OSError):
        return False


@lru_cache(maxsize=64)
def _codes_of(path: str, _changed: int, _size: int) -> Mapping[str, Coded]:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            found = unpacked((file.metadata.metadata or {}).get(KEY))
    except (pa.ArrowException, OSError):
        return {}
    return {name: each for name, each in found.items() if {name, each.name} <= names}


def decoded(codes: Any, levels: pa.Array) -> pa.Array:
    """Put the values back in the place of codes.

    Parameters
    ----------
    codes : ndarray of int
        Codes.
    levels : pyarrow.Array
        The values.

    Returns
    -------
    pyarrow.DictionaryArray
        Values; missing ones are null.
    """
    places = np.asarray(codes, dtype=np.int64) - 1
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32), mask=places < 0), levels)
