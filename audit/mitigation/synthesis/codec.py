"""How a table of mixed columns becomes numbers a network can imitate, and how those become rows again.

Nothing is invented within a column: a generated value is always one that a real row holds, found by its place in the
order of the column (numbers, dates) or by its level (everything else). Types, whole numbers and odd spellings survive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import ndtr

from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_LEVELS: Final = 200
"""Levels of a categorical column that get a place of their own; rarer ones share one."""

SCORE_SCALE: Final = 2.0
"""What normal scores are divided by, so that they are about as large as the marks of levels."""

_FEW_NUMBERS = 10
_ORDERED_OBJECTS = frozenset({"date", "datetime", "datetime64", "decimal", "timedelta", "timedelta64"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NumericPart:
    """A column of numbers or dates, coded by rank.

    Parameters
    ----------
    column : int
        Position in the table.
    order : ndarray of int64
        Rows with a value, from the smallest value to the largest.
    low, high : ndarray of float32 of shape (n,)
        Share of values below, and at or below, the row's value; 0 and 1 where it has none.
    """

    column: int
    order: NDArray[np.int64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelPart:
    """A column of levels, or the mark of which rows of a numeric column hold a value.

    Parameters
    ----------
    column : int
        Position in the table.
    codes : ndarray of int32 of shape (n,)
        Level of each row, the commonest first.
    rows : tuple of ndarray of int64
        The rows of each level.
    """

    column: int
    codes: NDArray[np.int32]
    rows: tuple[NDArray[np.int64], ...]

    @property
    def width(self) -> int:
        """Number of levels."""
        return len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Codec:
    """How the columns of one table are coded.

    Parameters
    ----------
    n_rows, n_columns : int
        Size of the table.
    numeric : tuple of NumericPart
        Columns coded by rank.
    levels : tuple of LevelPart
        Columns coded by level, and marks of missing numbers.
    folded : tuple of int
        Columns of which rare levels share one place.

    Notes
    -----
    A number's rank is spread evenly over the jump that its value makes in the distribution, and becomes the normal
    score of that rank, divided by 2. So spikes, whole numbers and long tails all look the same to the network. Columns
    that hold one value only, or nothing, take no part.
    """

    n_rows: int
    n_columns: int
    numeric: tuple[NumericPart, ...]
    levels: tuple[LevelPart, ...]
    folded: tuple[int, ...]

    @property
    def width(self) -> int:
        """Number of inputs of a network that sees a whole row."""
        return len(self.numeric) + sum(part.width for part in self.levels)

    @property
    def columns(self) -> tuple[int, ...]:
        """Positions of the columns that take part."""
        ranked = {part.column for part in self.numeric}
        return tuple(sorted(ranked | {part.column for part in self.levels}))

    @property
    def bounds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The jump of each number in its distribution: its lower and its upper end, each of shape (n, numeric)."""
        empty = np.empty((self.n_rows, 0), dtype=np.float32)
        low = np.column_stack([empty, *(part.low for part in self.numeric)])
        high = np.column_stack([empty, *(part.high for part in self.numeric)])
        return low.astype(np.float32), high.astype(np.float32)

    @property
    def codes(self) -> NDArray[np.int64]:
        """Levels of each row, of shape (n, levels)."""
        empty = np.empty((self.n_rows, 0), dtype=np.int64)
        return np.column_stack([empty, *(part.codes for part in self.levels)]).astype(np.int64)

    def decode(
        self,
        scores: NDArray[np.floating],
        codes: NDArray[np.integer],
        *,
        generator: np.random.Generator,
    ) -> NDArray[np.int64]:
        """Say from which real row each generated value is taken.

        Parameters
        ----------
        scores : ndarray of float of shape (m, numeric)
            Normal scores divided by :data:`SCORE_SCALE`.
        codes : ndarray of int of shape (m, levels)
            Levels.
        generator : numpy.random.Generator
            Chooses among the rows of a level.

        Returns
        -------
        ndarray of int64 of shape (m, columns)
            Row positions by column; 0 for columns that take no part, because any row serves.
        """
        donors = np.zeros((len(scores), self.n_columns), dtype=np.int64)
        for place, numbers in enumerate(self.numeric):
            share = ndtr(np.asarray(scores[:, place], dtype=np.float64) * SCORE_SCALE)
            rank = np.minimum((share * len(numbers.order)).astype(np.int64), len(numbers.order) - 1)
            donors[:, numbers.column] = numbers.order[rank]
        marks = {part.column for part in self.numeric}
        for place, part in enumerate(self.levels):
            for level, rows in enumerate(part.rows):
                chosen = np.flatnonzero(codes[:, place] == level)
                if part.column in marks and level == 0:
                    continue
                donors[chosen, part.column] = generator.choice(rows, size=len(chosen))
        return donors


def fit_codec(frame: pd.DataFrame, *, skip: Sequence[str] = (), max_levels: int = MAX_LEVELS) -> Codec:
    """Learn how the columns of a table are coded.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, columns)
        The table.
    skip : sequence of str, default ()
        Columns that take no part.
    max_levels : int, default 200
        Levels of a column that get a place of their own.

    Returns
    -------
    Codec
        The coding.
    """
    numeric: list[NumericPart] = []
    levels: list[LevelPart] = []
    folded: list[int] = []
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        missing = column.isna().to_numpy(dtype=bool)
        ordered = is_ordered(column)
        codes, distinct = number_values(column, missing, sort=ordered)
        if name in skip or distinct + missing.any() <= 1:
            continue
        if ordered and distinct > _FEW_NUMBERS:
            numeric.append(_rank(place, codes, missing))
            if missing.any():
                levels.append(_level_part(place, missing.astype(np.int64), max_levels))
            continue
        part = _level_part(place, _commonest_first(np.where(missing, distinct, codes)), max_levels)
        levels.append(part)
        if distinct + missing.any() > max_levels:
            folded.append(place)
    return Codec(
        n_rows=len(frame),
        n_columns=frame.shape[1],
        numeric=tuple(numeric),
        levels=tuple(levels),
        folded=tuple(folded),
    )


def take_values(frame: pd.DataFrame, donors: NDArray[np.int64]) -> pd.DataFrame:
    """Put rows together from values of real rows.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, columns)
        The real rows.
    donors : ndarray of int64 of shape (m, columns)
        For each new row and column, the row to take the value from.

    Returns
    -------
    pandas.DataFrame of shape (m, columns)
        New rows with the same columns and types.
    """
    taken = [
        frame.iloc[:, place].iloc[donors[:, place]].reset_index(drop=True) for place in range(frame.shape[1])
    ]
    return pd.concat(taken, axis=1) if taken else pd.DataFrame(index=pd.RangeIndex(len(donors)))


def is_ordered(column: pd.Series) -> bool:
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
    column: pd.Series, missing: NDArray[np.bool_], *, sort: bool
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


def _commonest_first(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give levels new numbers, the commonest first."""
    counts = np.bincount(codes)
    position = np.empty(len(counts), dtype=np.int64)
    position[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return position[codes]


def _rank(place: int, codes: NDArray[np.int64], missing: NDArray[np.bool_]) -> NumericPart:
    """Find the jump that each value makes in the distribution of its column."""
    present = np.flatnonzero(~missing)
    order = present[np.argsort(codes[present], kind="stable")]
    ordered = codes[order]
    low = np.zeros(len(codes), dtype=np.float32)
    high = np.ones(len(codes), dtype=np.float32)
    low[order] = np.searchsorted(ordered, ordered, side="left") / len(order)
    high[order] = np.searchsorted(ordered, ordered, side="right") / len(order)
    return NumericPart(column=place, order=order, low=low, high=high)


def _level_part(place: int, codes: NDArray[np.int64], max_levels: int) -> LevelPart:
    """Collect the rows of each level; the rarest levels share the last place."""
    folded = np.minimum(codes, max_levels).astype(np.int32)
    order = np.argsort(folded, kind="stable").astype(np.int64)
    cuts = np.flatnonzero(np.diff(folded[order])) + 1
    return LevelPart(column=place, codes=folded, rows=tuple(np.split(order, cuts)))
