"""How much made rows look like real ones: one column at a time, and two at a time.

Made rows are given by their donors: for each row and column, the real row whose value it takes. So no value is
compared twice, and a table of numbers stands for every type of column.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.mitigation.synthesis.codec import is_ordered, number_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

MOST_COLUMNS: Final = 40
"""Columns that are compared; further ones are left out, because the number of pairs grows with the square."""

_DECILES = 10
_LEVELS = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likeness:
    """Real rows, ready to be compared with made ones.

    Parameters
    ----------
    columns : ndarray of int64
        Positions of the columns that are compared.
    values : ndarray of int64 of shape (n, columns)
        Number of each row's value; numbers follow the size of values that have an order.
    bins : ndarray of int64 of shape (n, columns)
        The same in few bins: deciles, or the commonest levels.
    ordered : tuple of bool
        Which columns have an order.
    """

    columns: NDArray[np.int64]
    values: NDArray[np.int64]
    bins: NDArray[np.int64]
    ordered: tuple[bool, ...]

    def marginals(self, donors: NDArray[np.int64], weight: NDArray[np.float64]) -> float:
        """Compare one column at a time.

        Parameters
        ----------
        donors : ndarray of int64 of shape (m, all columns)
            The made rows.
        weight : ndarray of float64 of shape (n,)
            How much each real row counts.

        Returns
        -------
        float
            Mean over columns of 1 minus the largest distance between the distribution functions (numbers, dates) or 1
            minus half the summed difference of shares (levels); 1 is the same.
        """
        made = self._made(self.values, donors)
        shares = []
        for place, ordered in enumerate(self.ordered):
            real, new = _shares(self.values[:, place], weight, made[:, place])
            gap = np.abs(np.cumsum(real - new)).max() if ordered else np.abs(real - new).sum() / 2
            shares.append(1 - float(gap))
        return float(np.mean(shares))

    def pair_trends(self, donors: NDArray[np.int64], weight: NDArray[np.float64]) -> float:
        """Compare two columns at a time.

        Parameters
        ----------
        donors : ndarray of int64 of shape (m, all columns)
            The made rows.
        weight : ndarray of float64 of shape (n,)
            How much each real row counts.

        Returns
        -------
        float
            Mean over all two-way tables of 1 minus half the summed difference of shares; 1 is the same. With one
            column only, that column's table.
        """
        made = self._made(self.bins, donors)
        places = range(len(self.columns))
        pairs: Sequence[tuple[int, int]] = list(combinations(places, 2)) or [(0, 0)]
        shares = []
        for first, second in pairs:
            width = int(self.bins[:, second].max()) + 1
            table = self.bins[:, first] * width + self.bins[:, second]
            real, new = _shares(table, weight, made[:, first] * width + made[:, second])
            shares.append(1 - float(np.abs(real - new).sum()) / 2)
        return float(np.mean(shares))

    def copies(self, donors: NDArray[np.int64]) -> float:
        """Give the share of made rows that equal a real row in every column compared.

        Parameters
        ----------
        donors : ndarray of int64 of shape (m, all columns)
            The made rows.

        Returns
        -------
        float
            Share, 0 to 1.
        """
        return float(np.isin(_row_keys(self._made(self.values, donors)), _row_keys(self.values)).mean())

    def repeats(self) -> float:
        """Give the share of real rows that equal another real row: what to hold the copies against.

        Returns
        -------
        float
            Share, 0 to 1.
        """
        _, place, count = np.unique(_row_keys(self.values), return_inverse=True, return_counts=True)
        return float((count[place] > 1).mean())

    def _made(self, table: NDArray[np.int64], donors: NDArray[np.int64]) -> NDArray[np.int64]:
        return table[donors[:, self.columns], np.arange(len(self.columns))]


def compare_with(frame: pd.DataFrame, columns: Sequence[int]) -> Likeness:
    """Make real rows ready to be compared.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, all columns)
        The real rows.
    columns : sequence of int
        Positions of the columns that were imitated; at most :data:`MOST_COLUMNS` of them are compared, spread evenly.

    Returns
    -------
    Likeness
        What made rows are compared with.
    """
    every = np.asarray(sorted(columns), dtype=np.int64)
    if len(every) > MOST_COLUMNS:
        every = every[np.linspace(0, len(every) - 1, MOST_COLUMNS).astype(np.int64)]
    values, bins, ordered = [], [], []
    for place in every:
        column = frame.iloc[:, place]
        missing = column.isna().to_numpy(dtype=bool)
        ordered.append(is_ordered(column))
        codes, distinct = number_values(column, missing, sort=ordered[-1])
        codes = np.where(missing, distinct, codes)
        values.append(codes)
        bins.append(_few(codes, missing, ordered=ordered[-1]))
    return Likeness(
        columns=every, values=np.column_stack(values), bins=np.column_stack(bins), ordered=tuple(ordered)
    )


def independent_donors(
    cell: NDArray[np.integer], made: NDArray[np.integer], columns: int, *, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Make rows by drawing every column by itself from the real rows of the same cell.

    Parameters
    ----------
    cell : ndarray of int of shape (n,)
        Cells of the real rows.
    made : ndarray of int of shape (m,)
        Cells of the rows to make.
    columns : int
        Number of columns.
    generator : numpy.random.Generator
        Draws the rows.

    Returns
    -------
    ndarray of int64 of shape (m, columns)
        Donors: the yardstick that a network which learned anything must beat.
    """
    donors = np.empty((len(made), columns), dtype=np.int64)
    for code in np.unique(made):
        chosen = np.flatnonzero(made == code)
        donors[chosen] = generator.choice(np.flatnonzero(cell == code), size=(len(chosen), columns))
    return donors


def _few(codes: NDArray[np.int64], missing: NDArray[np.bool_], *, ordered: bool) -> NDArray[np.int64]:
    """Put values into deciles, or keep the commonest levels; missing values stay apart."""
    counts = np.bincount(codes[~missing]) if ordered else np.bincount(codes)
    if not ordered:
        rank = np.empty(len(counts), dtype=np.int64)
        rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
        return np.minimum(rank[codes], _LEVELS)
    below = (np.cumsum(counts) - counts) / max(counts.sum(), 1)
    decile = np.append(np.floor(below * _DECILES).astype(np.int64), _DECILES)
    return decile[codes]


def _shares(
    real: NDArray[np.int64], weight: NDArray[np.float64], made: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count the values of real and of made rows, as shares."""
    width = int(max(real.max(), made.max())) + 1
    first = np.bincount(real, weights=weight, minlength=width)
    second = np.bincount(made, minlength=width)
    return first / first.sum(), second / second.sum()


def _row_keys(values: NDArray[np.int64]) -> NDArray[np.void]:
    """Give each row as one comparable piece of bytes."""
    packed = np.ascontiguousarray(values.astype(np.int32))
    return packed.view(np.dtype((np.void, packed.dtype.itemsize * packed.shape[1]))).ravel()
