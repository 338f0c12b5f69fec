"""From the Arrow table that an engine gives to the results of the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from audit.engines.codes import decoded
from audit.engines.protocol import Counted, Summed, Tabulated
from audit.engines.queries import SUMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.engines.queries import KeyColumn


def with_values(table: pa.Table, keys: Sequence[KeyColumn], *, joined: bool) -> list[Any]:
    """Give the key columns of a table, with values in the place of codes.

    Parameters
    ----------
    table : pyarrow.Table
        What the engine gave: keys k0, k1, … or one joined key k.
    keys : sequence of KeyColumn
        The keys that were asked for.
    joined : bool
        Whether the keys were joined to one number.

    Returns
    -------
    list of pyarrow arrays
        One for each key, null where a value is missing.
    """
    if joined:
        rest = _whole(table["k"])
        columns: list[Any] = []
        for key in reversed(keys):
            columns.append(rest % key.size)
            rest = rest // key.size
        columns.reverse()
    else:
        columns = [table[f"k{i}"] for i in range(len(keys))]
    return [
        column if key.levels is None else decoded(_whole(column), key.levels)
        for column, key in zip(columns, keys, strict=True)
    ]


def _whole(column: Any) -> np.ndarray:
    values = column.to_numpy() if hasattr(column, "combine_chunks") else column
    return np.asarray(values, dtype=np.int64)


def counted(table: pa.Table, columns: Sequence[Any], *, weighted: bool, total: bool = False) -> Counted:
    """Read counts.

    Parameters
    ----------
    table : pyarrow.Table
        What the engine gave.
    columns : sequence of pyarrow arrays
        The keys.
    weighted, total : bool
        Whether there are weights, and a column that was summed.

    Returns
    -------
    Counted
        The cells.
    """
    n = array(table["n"], np.int64)
    return Counted(
        keys=_tuples(columns, len(n)),
        n=n,
        w=array(table["w"], float) if weighted else n.astype(float),
        w2=array(table["w2"], float) if weighted else n.astype(float),
        weightless=array(table["no_w"], np.int64) if weighted else np.zeros(len(n), dtype=np.int64),
        lowest_weight=_lowest(table) if weighted else 1.0,
        total=array(table["t"], float) if total else None,
    )


def tabulated(table: pa.Table, columns: Sequence[Any], *, weighted: bool) -> Tabulated:
    """Read counts as arrays.

    Parameters
    ----------
    table : pyarrow.Table
        What the engine gave.
    columns : sequence of pyarrow arrays
        The keys.
    weighted : bool
        Whether there are weights.

    Returns
    -------
    Tabulated
        The cells.
    """
    n = array(table["n"], float)
    return Tabulated(
        keys=tuple(columns),
        n=n - array(table["no_w"], float) if weighted else n,
        w=array(table["w"], float) if weighted else n,
        w2=array(table["w2"], float) if weighted else n,
    )


def summed(table: pa.Table, columns: Sequence[Any]) -> Summed:
    """Read sums of powers.

    Parameters
    ----------
    table : pyarrow.Table
        What the engine gave.
    columns : sequence of pyarrow arrays
        The keys.

    Returns
    -------
    Summed
        A sum that is not a number stays so, and its value is not estimable.
    """
    return Summed(
        keys=_tuples(columns, table.num_rows),
        n=array(table["n"], np.int64),
        w=array(table["w"], float),
        w2=array(table["w2"], float),
        absolute=_sum(table["a"]),
        moments=np.column_stack([_sum(table[name]) for name in SUMS]),
    )


def _sum(column: Any) -> np.ndarray:
    return np.asarray(column.to_numpy(), dtype=float)


def _tuples(columns: Sequence[Any], number: int) -> list[tuple[Any, ...]]:
    plain = [_values(column) for column in columns]
    return list(zip(*plain, strict=True)) if plain else [()] * number


def _values(column: Any) -> list[Any]:
    """Read a key; each different value is turned into Python's once, since keys repeat in thousands of cells."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    levels = [*column.dictionary.to_pylist(), None]
    codes = column.indices.fill_null(len(levels) - 1).to_numpy(zero_copy_only=False)
    return [levels[code] for code in codes.tolist()]


def array(column: Any, kind: Any) -> np.ndarray:
    """Read numbers; what is missing is 0.

    Parameters
    ----------
    column : pyarrow array
        Numbers.
    kind : type
        The type wanted.

    Returns
    -------
    ndarray
        The numbers.
    """
    values = (
        column.to_numpy(zero_copy_only=False) if hasattr(column, "combine_chunks") else np.asarray(column)
    )
    numbers = np.asarray(values, dtype=float)
    return np.asarray(np.nan_to_num(numbers, posinf=np.inf, neginf=-np.inf), dtype=kind)


def _lowest(table: pa.Table) -> float:
    found = [value for value in table["lowest"].to_pylist() if value is not None]
    return float(min(found)) if found else 1.0
