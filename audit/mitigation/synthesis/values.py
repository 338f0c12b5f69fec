"""The distinct values of every column, and which of them each row holds.

A generator works on these numbers only. So a made value is always one that a real row holds, and types, whole numbers
and odd spellings survive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from audit.values import canonical

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ORDERED_OBJECTS: Final = frozenset({"date", "datetime", "datetime64", "decimal", "timedelta", "timedelta64"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Values:
    """The vocabulary of a table.

    Parameters
    ----------
    samples : tuple of pandas.Series
        For each column its distinct values, in the order of their numbers: by size where they have one, else as they
        first appear; the missing value last.
    ordered : tuple of bool
        Whether the order of a column's values means something: numbers, dates, durations.
    missing : tuple of bool
        Whether the last number of a column stands for a missing value.
    """

    samples: tuple[pd.Series[Any], ...]
    ordered: tuple[bool, ...]
    missing: tuple[bool, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """How many distinct values each column has, a missing one included."""
        return tuple(len(sample) for sample in self.samples)

    def take(self, codes: NDArray[np.integer[Any]]) -> pd.DataFrame:
        """Turn numbers into rows.

        Parameters
        ----------
        codes : ndarray of int of shape (m, columns)
            For each row and column, which value it holds.

        Returns
        -------
        pandas.DataFrame of shape (m, columns)
            Rows with the names and types of the table that was read.
        """
        taken = [
            sample.iloc[codes[:, place]].reset_index(drop=True) for place, sample in enumerate(self.samples)
        ]
        return pd.concat(taken, axis=1) if taken else pd.DataFrame(index=pd.RangeIndex(len(codes)))


def read_values(frame: pd.DataFrame) -> tuple[Values, NDArray[np.int64]]:
    """Number the values of a table.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, columns)
        The table.

    Returns
    -------
    tuple of Values and ndarray of int64 of shape (n, columns)
        The vocabulary, and which value each row holds.
    """
    samples, ordered, gaps = [], [], []
    codes = np.empty(frame.shape, dtype=np.int64)
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        missing = column.isna().to_numpy(dtype=bool)
        in_order = is_ordered(column)
        numbers, distinct = number_values(column, missing, sort=in_order)
        numbers[missing] = distinct
        first = np.full(distinct + bool(missing.any()), len(column) - 1, dtype=np.int64)
        np.minimum.at(first, numbers, np.arange(len(column)))
        samples.append(column.iloc[first].reset_index(drop=True))
        ordered.append(in_order)
        gaps.append(bool(missing.any()))
        codes[:, place] = numbers
    return Values(samples=tuple(samples), ordered=tuple(ordered), missing=tuple(gaps)), codes


def is_ordered(column: pd.Series[Any]) -> bool:
    """Say whether a column holds numbers or dates, so that the order of its values means something.

    Parameters
    ----------
    column : pandas.Series
        The column.

    Returns
    -------
    bool
        True for numbers, dates and durations; False for truth values, texts and categories.
    """
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_complex_dtype(kind):
        return False
    if pd.api.types.is_object_dtype(kind):
        return pd.api.types.infer_dtype(column, skipna=True) in _ORDERED_OBJECTS
    dates = pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind)
    return bool(dates or pd.api.types.is_numeric_dtype(kind))


def number_values(
    column: pd.Series[Any], missing: NDArray[np.bool_], *, sort: bool
) -> tuple[NDArray[np.int64], int]:
    """Give each distinct value of a column a number.

    Parameters
    ----------
    column : pandas.Series of length n
        The column; what cannot be hashed is compared as text.
    missing : ndarray of bool of shape (n,)
        Rows without a value.
    sort : bool
        Whether the numbers follow the size of the values.

    Returns
    -------
    tuple of ndarray of int64 of shape (n,) and int
        The number of each row's value, -1 where it has none, and how many distinct values there are.
    """
    try:
        codes, values = pd.factorize(column, sort=sort)
        distinct = len(values)
    except TypeError:
        texts = np.array([canonical(value) or "" for value in column], dtype=object)
        texts[missing] = None
        codes, names = pd.factorize(texts)
        distinct = len(names)
    return np.where(missing, -1, codes).astype(np.int64), distinct
