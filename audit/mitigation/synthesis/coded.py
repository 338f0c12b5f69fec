"""Real and made rows in one numbering, ready to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from audit.mitigation.synthesis.values import is_ordered, number_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_COLUMNS: Final = 40
"""Columns that are compared; further ones are left out, because the number of pairs grows with the square."""

_DECILES = 10
_LEVELS = 50
_MOST_CATEGORIES = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coded:
    """Some rows of a comparison.

    Parameters
    ----------
    codes : ndarray of int64 of shape (n, columns)
        Number of each row's value; numbers follow the size of values that have an order, the largest is a missing one.
    bins : ndarray of int64 of shape (n, columns)
        The same in few bins: deciles of the real rows, or the commonest levels.
    raw : ndarray of float64 of shape (n, columns)
        What a model sees: numbers, and levels by how common they are.
    cell : ndarray of int64 of shape (n,)
        Twice the group, plus the label.
    """

    codes: NDArray[np.int64]
    bins: NDArray[np.int64]
    raw: NDArray[np.float64]
    cell: NDArray[np.int64]

    def take(self, rows: NDArray[Any]) -> Coded:
        """Take some of the rows.

        Parameters
        ----------
        rows : ndarray of int or bool
            Which.

        Returns
        -------
        Coded
            Those rows.
        """
        return Coded(codes=self.codes[rows], bins=self.bins[rows], raw=self.raw[rows], cell=self.cell[rows])

    def __len__(self) -> int:
        return len(self.cell)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What rows are compared on.

    Parameters
    ----------
    names : tuple of str
        The columns compared.
    ordered : tuple of bool
        Which of them have an order.
    widths : ndarray of int64
        Values of each column.
    samples : tuple of pandas.Series
        The distinct values of each column, by number.
    """

    names: tuple[str, ...]
    ordered: tuple[bool, ...]
    widths: NDArray[np.int64]
    samples: tuple[pd.Series[Any], ...]


def code_rows(
    frames: Sequence[pd.DataFrame], cells: Sequence[NDArray[np.int64]], columns: Sequence[int]
) -> tuple[Comparison, tuple[Coded, ...]]:
    """Number the values of several tables in one way.

    Parameters
    ----------
    frames : sequence of pandas.DataFrame
        Tables with the same columns; the first two are real rows, by which bins are made.
    cells : sequence of ndarray of int64
        The cells of their rows.
    columns : sequence of int
        Columns to compare; at most :data:`MOST_COLUMNS` of them, spread evenly.

    Returns
    -------
    tuple of Comparison and tuple of Coded
        What is compared, and the rows of each table.
    """
    places = np.asarray(sorted(columns), dtype=np.int64)
    if len(places) > MOST_COLUMNS:
        places = places[np.linspace(0, len(places) - 1, MOST_COLUMNS).astype(np.int64)]
    sizes = [len(frame) for frame in frames]
    real = np.arange(sum(sizes)) < sum(sizes[:2])
    values, bins, raw, ordered, samples = [], [], [], [], []
    for place in places:
        column = pd.concat([frame.iloc[:, place] for frame in frames], ignore_index=True)
        missing = column.isna().to_numpy(dtype=bool)
        in_order = is_ordered(column)
        codes, distinct = number_values(column, missing, sort=in_order)
        codes = np.where(missing, distinct, codes)
        first = np.full(distinct + 1, 0, dtype=np.int64)
        first[codes[::-1]] = np.arange(len(column))[::-1]
        counts = np.bincount(codes[real], minlength=distinct + 1)
        values.append(codes)
        ordered.append(in_order)
        samples.append(column.iloc[first].reset_index(drop=True))
        bins.append(_few(codes, counts, in_order=in_order))
        raw.append(_seen(column, codes, counts, missing, in_order=in_order))
    ends = np.cumsum(sizes)[:-1]
    stacked = [np.column_stack(part) for part in (values, bins, raw)]
    split = [np.split(part, ends) for part in stacked]
    comparison = Comparison(
        names=tuple(str(frames[0].columns[place]) for place in places),
        ordered=tuple(ordered),
        widths=np.array([len(sample) for sample in samples], dtype=np.int64),
        samples=tuple(samples),
    )
    return comparison, tuple(
        Coded(codes=v, bins=b, raw=r, cell=np.asarray(cell, dtype=np.int64))
        for v, b, r, cell in zip(*split, cells, strict=True)
    )


def _few(codes: NDArray[np.int64], counts: NDArray[np.int64], *, in_order: bool) -> NDArray[np.int64]:
    """Put values into deciles of the real rows, or keep the commonest levels; missing values stay apart."""
    if not in_order:
        return np.minimum(_by_count(counts)[codes], _LEVELS)
    known = counts[:-1]
    below = (np.cumsum(known) - known) / max(known.sum(), 1)
    decile = np.append(np.floor(below * _DECILES + 1e-9).astype(np.int64), _DECILES)
    found: NDArray[np.int64] = np.minimum(decile, _DECILES)[codes]
    return found


def _seen(
    column: pd.Series[Any],
    codes: NDArray[np.int64],
    counts: NDArray[np.int64],
    missing: NDArray[np.bool_],
    *,
    in_order: bool,
) -> NDArray[np.float64]:
    """Give what a model sees of a column."""
    if not in_order:
        return np.minimum(_by_count(counts)[codes], _MOST_CATEGORIES).astype(np.float64)
    numbers: NDArray[Any] = codes.astype(np.float64)
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        numbers = np.where(np.isfinite(numbers), numbers, codes)
    return np.where(missing, np.nan, numbers)


def _by_count(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number levels by how common they are."""
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return rank
