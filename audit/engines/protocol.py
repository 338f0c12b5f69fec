"""What an engine must be able to do, and how a column becomes a key of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

Source: TypeAlias = "Path | pa.Table"
"""A Parquet file, or a table in memory."""


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
        Bins of equal width: the key is the number of the bin, values beyond the ends in the first and the last.
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
    """Counts rows by keys."""

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
