"""What an engine must be able to do, and how a column becomes a key of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

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


class Engine(Protocol):
    """Counts rows by keys."""

    def count(
        self, source: Source, keys: Sequence[Key], *, weight: str | None = None, total: str | None = None
    ) -> Counted:
        """Count the rows of every combination of keys that occurs, and sum a column over them."""

    def quantiles(self, source: Source, column: str, levels: Sequence[float]) -> tuple[float, ...]:
        """Give the quantiles of a numeric column, missing values left out."""
