"""What an engine must be able to do, where rows may be, and how a column becomes a key of a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

    import numpy as np
    import pyarrow as pa

    from audit.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of rows that are counted in place.

    Parameters
    ----------
    name : str
        The name by which it is asked for.
    stored : str
        Its name where it is stored.
    dtype : str
        The type in which it is counted, as Arrow names it: a whole number or "float", "double", "bool", "string",
        "date32[day]" or a timestamp.
    written : str or None
        The name in the header of a CSV file, where the engine needs another one to tell columns apart.
    """

    name: str
    stored: str
    dtype: str
    written: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files that are counted where they are, as one table.

    Parameters
    ----------
    paths : tuple of str
        The files, in order; folders and patterns are resolved before.
    format : {"parquet", "csv"}
        What they are.
    columns : tuple of Column
        Columns and their types; empty until :meth:`Engine.look` has found them and seen that the files agree.
    delimiter : str, default ","
        What parts the values of a CSV file; found by the look as well.
    left_out : tuple of Column
        Columns that cannot be counted, each with a word for what it holds instead of a type.
    """

    paths: tuple[str, ...]
    format: Literal["parquet", "csv"]
    columns: tuple[Column, ...] = ()
    delimiter: str = ","
    left_out: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A table that a distributed engine holds.

    Parameters
    ----------
    table : str
        The table's name in the engine's catalogue; empty where the frame is given.
    frame : object or None
        A lazy frame of the engine, such as a Spark or Dask DataFrame.
    columns : tuple of Column
        Columns and their types; empty until :meth:`Engine.look` has found them.
    left_out : tuple of Column
        Columns that cannot be counted, each with a word for what it holds instead of a type.
    """

    table: str = ""
    frame: Any = None
    columns: tuple[Column, ...] = ()
    left_out: tuple[Column, ...] = ()


Source: TypeAlias = "Path | pa.Table | Files | Held"
"""Where rows are: a stored Parquet file, a table in memory, files in place, or a table of a distributed engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedColumn:
    """What a scan says about one column.

    Parameters
    ----------
    column : Column
        The column.
    n_missing : int
        Rows in which nothing is recorded.
    n_distinct : int
        Different values; an estimate where ``values`` is None.
    values : tuple of (value, int) or None
        Every value with its number of rows, the most frequent first; None where there are more than 1,000.
    low, high : float or None
        Smallest and largest finite value of numbers.
    """

    column: Column
    n_missing: int
    n_distinct: int
    values: tuple[tuple[Any, int], ...] | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a scan says about a table.

    Parameters
    ----------
    n_rows : int
        Rows.
    columns : tuple of DescribedColumn
        Its columns, in order.
    """

    n_rows: int
    columns: tuple[DescribedColumn, ...]


MOST_VALUES: Final = 1_000
"""Most values of a column that a description lists and counts exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """How one column becomes one key of a cell.

    Parameters
    ----------
    column : str
        The column's name.
    cuts : tuple of float or None
        Cut points of a numeric column: the key is the number of cuts at or below the value.
    at_least : float or None
        A threshold: the key is 1 for a value at or above it, otherwise 0.
    bins : tuple of (low, width, number) or None
        Bins of equal width: the key is the number of the bin, values beyond the ends in the first and the last. With
        ``at_least`` as well, the bin that holds the threshold is parted there: the key is one more for values at or
        above it.
    """

    column: str
    cuts: tuple[float, ...] | None = None
    at_least: float | None = None
    bins: tuple[float, float, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """The result of one GROUP BY.

    Parameters
    ----------
    keys : list of tuple
        The key values of each cell, None where a value is missing.
    n : ndarray of shape (n_cells,)
        Rows in the cell.
    w, w2 : ndarray of shape (n_cells,)
        Sum of the weights and of their squares; equal to n without weights.
    weightless : ndarray of shape (n_cells,)
        Rows in the cell whose weight is missing (they are counted in n).
    lowest_weight : float
        The smallest weight there is; 1 without weights.
    total : ndarray of shape (n_cells,) or None
        Sum of weight × the column that was asked for; a missing value adds nothing.
    """

    keys: list[tuple[Any, ...]]
    n: np.ndarray
    w: np.ndarray
    w2: np.ndarray
    weightless: np.ndarray
    lowest_weight: float = 1.0
    total: np.ndarray | None = None


MOMENTS: Final = ((1, 0), (2, 0), (4, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (2, 1), (2, 2))
"""Powers of the error and of the label whose products are summed where both are numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Summed:
    """Sums of errors by keys; rows without a label, a prediction or a weight are left out.

    Parameters
    ----------
    keys : list of tuple
        The key values of each entry, None where a value is missing.
    n : ndarray of shape (n_entries,)
        Rows.
    w, w2 : ndarray of shape (n_entries,)
        Sum of the weights and of their squares; equal to n without weights.
    absolute : ndarray of shape (n_entries,)
        Sum of weight × the error without its sign.
    moments : ndarray of shape (n_entries, 10)
        Sums of weight × a power of the error × a power of the label, by the powers of :data:`MOMENTS`.
    """

    keys: list[tuple[Any, ...]]
    n: np.ndarray
    w: np.ndarray
    w2: np.ndarray
    absolute: np.ndarray
    moments: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """How many rows are the same as another one.

    Parameters
    ----------
    rows, distinct : int
        Rows, and how many different ones there are.
    sizes : tuple of int
        Rows of each part.
    in_first : tuple of int
        For each part: its rows that also occur in the first part.
    """

    rows: int
    distinct: int
    sizes: tuple[int, ...] = ()
    in_first: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tabulated:
    """The result of one GROUP BY, as one array for each key.

    Parameters
    ----------
    keys : tuple of pyarrow.ChunkedArray
        The key values of every cell, null where a value is missing.
    n : ndarray of shape (n_cells,)
        Rows in the cell whose weight is known.
    w, w2 : ndarray of shape (n_cells,)
        Sum of the weights and of their squares; equal to n without weights.
    """

    keys: tuple[pa.ChunkedArray, ...]
    n: np.ndarray
    w: np.ndarray
    w2: np.ndarray


class Engine(Protocol):
    """Counts rows by keys, wherever they are."""

    name: str
    """Id of the engine, such as "duckdb"."""

    def watched(self, progress: Progress) -> Self:
        """Give the same engine, whose long scans report to a callable that may raise to stop them."""

    def look(self, source: Source) -> Source:
        """Find the columns and types of rows in place, and refuse files that do not agree; others stay as they are."""

    def describe(self, source: Source) -> Described:
        """Say of every column what values it takes, and how many rows there are."""

    def fingerprint(self, source: Source) -> str:
        """Give 64 hexadecimal digits that stay the same in any order of the rows, and change with any value."""

    def fetch(self, source: Source, columns: Sequence[str], *, most: int | None = None) -> pa.Table:
        """Read columns into memory, at most so many rows."""

    def draw(self, source: Source, columns: Sequence[str], *, rows: int, of: int, seed: int) -> pa.Table:
        """Draw rows by a seed: the same ones each time, as far as the engine keeps their order."""

    def count(
        self, source: Source, keys: Sequence[Key], *, weight: str | None = None, total: str | None = None
    ) -> Counted:
        """Count the rows of every combination of keys that occurs, and sum a column over them."""

    def tabulate(self, source: Source, keys: Sequence[Key], *, weight: str | None = None) -> Tabulated:
        """Count the rows of every combination of keys that occurs, with one array for each key."""

    def quantiles(
        self,
        source: Source,
        column: str,
        levels: Sequence[float],
        *,
        known: Sequence[str] = (),
        among: tuple[str, Sequence[Any]] | None = None,
    ) -> tuple[float, ...]:
        """Give the quantiles of a numeric column, over rows in which other columns are known or hold some values."""

    def moments(
        self,
        source: Source,
        keys: Sequence[Key],
        label: str,
        prediction: str,
        *,
        centre: float = 0.0,
        weight: str | None = None,
    ) -> Summed:
        """Sum powers of the error, prediction − label, and of label − centre, for every combination of keys."""

    def absent(
        self, source: Source, keys: Sequence[Key], columns: Sequence[str], *, weight: str | None = None
    ) -> tuple[Counted, np.ndarray]:
        """Count the rows of every combination of keys, and how many of them miss each of some columns."""

    def repeated(
        self,
        source: Source,
        columns: Sequence[str],
        *,
        split: str | None = None,
        parts: Sequence[Sequence[Any]] = (),
    ) -> Repeated:
        """Count the rows that are the same in some columns, within the table and across its parts."""

    def over(self, source: Source, columns: Sequence[str], limit: float) -> int:
        """Count the rows in which some numbers, missing ones left out, add up to more than a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """An engine as the catalogue lists it.

    Parameters
    ----------
    id : str
        The word that names it.
    title : str
        Its name for people.
    address : str
        What an address of this engine looks like, for help texts; empty where it has none.
    needs : str
        The file of requirements that installs it; empty where it is always there.
    make : callable
        Takes the address, or an empty text, and the data frame that is to be counted, or None, and gives the engine;
        raises EngineError where it cannot be had.
    """

    id: str
    title: str
    address: str
    needs: str
    make: Any
